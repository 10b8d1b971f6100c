//! Chores of the project, each one command: `cargo xtask run | test | fuzz-sim | soak | load`.
//!
//! `run` is the first thing that a newcomer types, `test` is what CI runs. Only the standard library is used, so that the
//! first output comes within seconds of a fresh clone.

#![expect(clippy::disallowed_methods, reason = "chores live in real time")]

mod ears;
mod fuzz;
mod load;
mod packages;
mod proc;
mod run;
mod soak;
mod steps;
mod suite;

use std::process::ExitCode;

const USAGE: &str = "\
Chores of centralino.

  cargo xtask run [OPTIONS]        build the exchange and start it with the demo center; options are those of `serve`,
                                   such as `--sip 127.0.0.1:5070` where another telephone exchange has the port
  cargo xtask test                 everything that CI checks
  cargo xtask fuzz-sim --seeds N [--first S] [--fault NAME]
                                   random histories in the simulator, from seed S (default 0)
  cargo xtask soak [--calls N] [--first S]
                                   calls through the distribution alone (default 1 000 000), on floors of all sizes
  cargo xtask load [queue|calls|storm|seat]
                                   200 callers in queue, 400 short calls a second, twice as many as are let in, and how
                                   soon a seat that is free is rung: measured
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["run", options @ ..] => run::run(options),
        ["test"] => suite::test(),
        ["fuzz-sim", options @ ..] => fuzz::Seeds::parse(options).and_then(|seeds| fuzz::fuzz(&seeds)),
        ["soak", options @ ..] => soak::Soak::parse(options).and_then(|wanted| soak::soak(&wanted)),
        ["load", loads @ ..] => load::load(loads),
        [] | ["help" | "-h" | "--help"] => {
            print!("{USAGE}");
            Ok(())
        }
        [other, ..] => Err(format!("`{other}` is not a chore, or has options it does not know\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
