//! What a person types: one file for each command.
//!
//! A command reads its arguments, asks the exchange or a data directory, and prints a table for people or JSON for scripts on
//! standard output; everything else goes to standard error. It ends with 0, with 1 when it could not be done, and with 2 when
//! the arguments or the configuration are wrong, always with a line that says what to do.

mod address;
mod beside;
mod calendar;
mod calibration;
mod callback;
mod case;
mod coding;
mod config;
mod contact;
mod dial;
mod exchange;
mod failure;
mod floor;
mod flow;
mod journal;
mod moment;
mod monitor;
mod out;
mod outbox;
mod period;
mod phone;
mod prompts;
mod recall_list;
mod records;
mod report;
mod seat;
mod serve;
mod simulate;
mod skills;
mod span;
mod story;
mod switches;
mod talking;
mod waiting;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use failure::Failure;

/// The open telephone exchange for city contact centers.
///
/// Examples:
///   centralino serve --always-open
///   centralino contact list --since today
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
    Reload(config::ReloadArgs),
    /// The files that a start reads.
    Config(config::ConfigArgs),
    /// The calls on record.
    Contact(contact::ContactArgs),
    /// The needs of citizens, each with its contacts.
    Case(case::CaseArgs),
    /// Figures over a period.
    Report(report::ReportArgs),
    /// The messages that wait to be sent to citizens.
    Outbox(outbox::OutboxArgs),
    /// The operators' seats of a running exchange.
    Seat(seat::SeatArgs),
    /// The people who answer.
    Operator(seat::OperatorArgs),
    /// The queues of a running exchange.
    Queue(floor::QueueArgs),
    /// The calls in course.
    Call(floor::CallArgs),
    /// The citizens who were promised a call.
    Callback(callback::CallbackArgs),
    /// A supervisor listens to a talk, whispers to its operator, joins in, or takes it over.
    Monitor(monitor::MonitorArgs),
    /// Messages that callers hear for a while, where flows have a slot for them.
    Bulletin(switches::BulletinArgs),
    /// An Ente, a queue or everything closed for a while, whatever the calendar says.
    Emergency(switches::EmergencyArgs),
    /// The flows that lead callers.
    Flow(flow::FlowArgs),
    /// The built-in phones: to try the exchange, and to test it.
    Phone(phone::PhoneArgs),
    /// The recordings made from texts.
    Prompts(prompts::PromptsArgs),
    /// The opening hours of the days ahead.
    Calendar(calendar::CalendarArgs),
    Simulate(simulate::SimulateArgs),
    /// The journal of a data directory at rest.
    Journal(journal::JournalArgs),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    log_to_stderr(match command {
        Command::Serve(_) => "info,sled=warn",
        Command::Simulate(_) => "error", // what an exchange of nobody's would tell its people
        _ => "warn",
    });
    run(command).map_or_else(Failure::tell, |()| ExitCode::SUCCESS)
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Reload(args) => config::reload(&args),
        Command::Config(args) => config::run(&args),
        Command::Contact(args) => contact::run(&args),
        Command::Case(args) => case::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Outbox(args) => outbox::run(&args),
        Command::Seat(args) => seat::seat(&args),
        Command::Operator(args) => seat::operator(&args),
        Command::Queue(args) => floor::queue(&args),
        Command::Call(args) => floor::call(&args),
        Command::Callback(args) => callback::run(&args),
        Command::Monitor(args) => monitor::run(&args),
        Command::Bulletin(args) => switches::bulletin(&args),
        Command::Emergency(args) => switches::emergency(&args),
        Command::Flow(args) => flow::run(&args),
        Command::Phone(args) => phone::run(args),
        Command::Prompts(args) => {
            let texts = flow::prompts(args.texts())?;
            prompts::run(args, texts)
        }
        Command::Calendar(args) => calendar::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Journal(args) => journal::run(&args),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_scripts_rely_on_is_understood() {
        for line in [
            "serve --config c --data d --sip 127.0.0.1:0 --http 127.0.0.1:0 --always-open --drain 30s",
            "contact list --format json --data d --http 127.0.0.1:1 --since today --until 2h --queue q --outcome left --number 055 --limit 3",
            "contact show 1.2.3 --data d",
            "contact code 1.2.3 --topic tributi/tari --outcome risolto --note testo --by ada --data d",
            "contact note 1.2.3 testo --by ada --format json",
            "seat code seat01 --outcome risolto",
            "case close 17 --outcome risolto --note testo --by ada --data d",
            "case reopen 17 --by ada --format json",
            "case note 17 testo --by ada",
            "case list --data d --status new --format json",
            "case show 17 --http [::1]:8080 --data d",
            "outbox list --http 127.0.0.1:1 --data d --limit 3 --format json",
            "report survey --by operator --since 7d --until today --format json --data d",
            "seat pause seat01 --reason riunione --http 127.0.0.1:1",
            "seat login seat01",
            "config check --config c --format json",
            "reload --data d --http 127.0.0.1:1 --format json",
            "queue list --format json",
            "call list",
            "seat list --watch --format json",
            "queue list --watch",
            "queue show tributi --format json",
            "queue close tributi --text it=Chiuso. --for 2h --why guasto --by ada",
            "queue open tributi",
            "queue move 1.2.3 anagrafe --why sovraccarico --data d",
            "queue advance 1.2.3 -5",
            "queue take 1.2.3 217 --by ada",
            "call list --watch --data d",
            "monitor seat01 --from 217 --whisper --why prova --data d",
            "callback list --data d",
            "callback list --number 3331234567 --format json",
            "callback show 1.4.17 --data d",
            "callback slots tributi --from 2026-11-24 --limit 3",
            "callback book 3331234567 tributi --slot 2026-11-24T15:15 --topic tari --case 17 --by ada",
            "callback move 1.4.17 2026-11-24T15:30",
            "callback cancel 1.4.17 --by ada",
            "callback report --from 2026-11-01 --to 2026-11-30 --format json",
            "bulletin list --format json",
            "bulletin on neve --sound neve --closing --for 2h",
            "bulletin off neve --http 127.0.0.1:1",
            "emergency list",
            "emergency close --everything --until 18:00 --reason sciopero",
            "emergency open --queue tributi",
            "flow check a.yaml b.yaml --config c",
            "flow publish a.yaml --comment orari --by anna --after 3 --data d --format json",
            "flow history 055055 --data d --format json",
            "flow history",
            "flow show segnalazione@1 --version 2 --plain --data d",
            "flow diff 055055 1 2 --data d",
            "flow diff a.yaml",
            "flow rollback 055055 1 --comment prova --data d",
            "flow retire 055055 --comment prova --http 127.0.0.1:1",
            "prompts build --language it",
            "calendar preview sportello --from 2026-12-20 --days 20 --format json --config c",
            "journal export --data d --clear",
            "journal check --data d",
            "journal repair --data d",
        ] {
            let words = std::iter::once("centralino").chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
    }

    #[test]
    fn wrong_use_is_refused_before_anything_is_done() {
        for line in [
            "",
            "serve --sip nowhere",
            "serve --drain soon",
            "contact list --outcome lost",
            "contact show seventeen",
            "seat login ../x",
            "flow check",
            "flow publish a.yaml",
            "flow rollback 055055 --comment prova",
            "monitor seat01 --from 217 --whisper --barge",
            "monitor seat01",
            "bulletin on neve --for 2h --until 18:00",
            "emergency close",
            "queue close tributi --sound a --text it=b",
            "queue advance 1.2.3 0x",
            "queue move tributi anagrafe",
            "emergency close --everything --queue tributi",
            "case show x",
            "case close x",
            "case note 17",
            "contact code 1.2.3 --by ada",
            "seat code ../x --outcome risolto",
            "calendar preview --from 20/12",
            "calendar preview --days 0",
        ] {
            let words = std::iter::once("centralino").chain(line.split_whitespace());
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
