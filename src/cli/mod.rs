//! What a person types: one file for each command.
//!
//! A command reads its arguments, asks the exchange or a data directory, and prints a table for people or JSON for scripts on
//! standard output; everything else goes to standard error. It ends with 0, with 1 when it could not be done, and with 2 when
//! the arguments or the configuration are wrong, always with a line that says what to do.

mod failure;
mod serve;
mod span;

pub mod phone;
pub mod prompts;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

/// The open telephone exchange for city contact centers.
///
/// Examples:
///   centralino serve --always-open
///   centralino contact list --data data --http 127.0.0.1:8080
///   centralino flow check ivr-flows/055055.yaml
#[derive(Debug, Parser)]
#[command(name = "centralino", version, verbatim_doc_comment, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    /// The built-in phones: to try the exchange, and to test it.
    Phone(phone::PhoneArgs),
    /// Recordings made from texts.
    Prompts(prompts::PromptsArgs),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Serve(args) => {
            log_to_stderr("info,sled=warn");
            serve::run(&args)
        }
        Command::Phone(args) => {
            log_to_stderr("warn");
            return phone::run(args);
        }
        Command::Prompts(args) => {
            log_to_stderr("warn");
            return prompts::run(args, std::iter::empty());
        }
    };
    result.map_or_else(|failure| failure.tell(), |()| ExitCode::SUCCESS)
}

/// Logs go to standard error, as much as `RUST_LOG` asks for.
fn log_to_stderr(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
}
