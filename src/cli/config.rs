//! `centralino config check` and `centralino reload`: new configuration is looked at, and taken by the running exchange.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::exchange::Exchange;
use super::failure::Failure;
use super::flow::{self, counted};
use super::out::{self, Format, numbers, prose, words};
use crate::io::client::AskError;
use crate::io::connectors::Connectors;
use crate::io::reload::Reloaded;
use crate::io::setup::{Loaded, Surroundings};
use crate::io::versions::Versions;

/// Arguments of `config`.
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ConfigCommand {
    /// Check everything that a start or a reload reads: configuration, flows, grammars, recordings. Changes nothing.
    ///
    /// Exits with 0 when there is no fault, with 1 when there are some, with 2 when there is no such directory.
    ///
    /// Examples:
    ///   centralino config check
    ///   centralino config check --config /etc/centralino/config --format json
    #[command(verbatim_doc_comment)]
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
struct CheckArgs {
    /// The configuration; flows and sounds lie beside it, in `ivr-flows` and `sounds`.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The data directory, whose published flows count in the place of the files beside the configuration.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Let the running exchange read configuration, flows and recordings again.
///
/// Calls in course go on as they are, each on the flow that it began with; log-ins, wrap-ups, counters and places in the line stay.
/// With a fault in any file nothing changes, all faults are told, and the command exits with 2. What `engine.toml` says is taken at the
/// next start. SIGHUP does the same and tells the log.
///
/// Examples:
///   centralino config check && centralino reload
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct ReloadArgs {
    #[command(flatten)]
    exchange: Exchange,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Runs `config`.
pub(super) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let ConfigCommand::Check(args) = &args.command;
    if !args.config.is_dir() {
        return Err(Failure::misuse(format_args!(
            "there is no directory {}; give --config the one that `serve` is given",
            args.config.display()
        )));
    }
    let mut warning = None;
    let mut faults = match load(args) {
        Ok(loaded) => {
            warning = lost_seats(&loaded);
            let faults = Connectors::open(&loaded.config).err().unwrap_or_default();
            if args.format == Format::Table && faults.is_empty() {
                tell_what_is_there(&loaded)?;
            }
            faults
        }
        Err(faults) => faults,
    };
    let told: BTreeSet<String> = faults.iter().cloned().collect();
    // Where the configuration itself is faulty, nothing can be said of flows.
    let of_flows = flow::faults(&args.config).unwrap_or_default();
    faults.extend(of_flows.into_iter().filter(|fault| !told.contains(fault)));
    if let Some(warning) = warning.filter(|_| faults.is_empty()) {
        eprintln!("{warning}");
    }
    if faults.is_empty() {
        return if args.format == Format::Table { out::line("no faults") } else { Ok(()) };
    }
    let faults: Vec<Found> = faults.iter().map(|fault| Found::read(fault)).collect();
    match args.format {
        Format::Json => faults.iter().try_for_each(out::json)?,
        Format::Table => {
            let columns = [words("file"), numbers("line"), prose("what, and what to do")];
            out::table(&columns, faults.iter().map(Found::row), "no faults")?;
        }
    }
    eprintln!("{}", counted(faults.len(), "fault"));
    Err(Failure::found())
}

fn load(args: &CheckArgs) -> Result<Loaded, Vec<String>> {
    Surroundings::read(&args.config, Versions::of(&args.data).in_force()?)?.compile()
}

fn tell_what_is_there(loaded: &Loaded) -> Result<(), Failure> {
    let Loaded { config, flows, .. } = loaded;
    let there = [
        counted(config.numbers.len(), "number"),
        counted(flows.len(), "flow") + " that they lead to",
        counted(config.queues.len(), "queue"),
        counted(config.seats.len(), "seat"),
    ];
    out::line(&there.join(", "))
}

/// Who comes to help must be told where; that nobody can is told by a warning, because the call itself goes out.
fn lost_seats(loaded: &Loaded) -> Option<String> {
    let lost = loaded.config.seats_without_location();
    let names: Vec<_> = lost.iter().take(5).map(ToString::to_string).collect();
    let more = if lost.len() > names.len() { ", ..." } else { "" };
    (!lost.is_empty()).then(|| {
        format!(
            "warning: {} without `location` in seats.toml ({}{more}): whoever comes after an emergency call from there is not told where",
            counted(lost.len(), "seat"),
            names.join(", "),
        )
    })
}

/// One fault, taken apart.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
struct Found {
    /// None: it is about no file in particular.
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    what: String,
}

impl Found {
    /// Faults are written as editors understand them: `file:line:column: what`, as far as each is known.
    fn read(fault: &str) -> Found {
        let Some((place, what)) = fault.split_once(": ") else { return Found::without_place(fault) };
        let mut parts = place.splitn(3, ':');
        let file = parts.next().unwrap_or_default();
        if file.contains(' ') || !file.contains(['/', '.']) {
            return Found::without_place(fault);
        }
        let mut number = || parts.next().and_then(|text| text.parse().ok());
        let (line, column) = (number(), number());
        Found { file: Some(file.to_owned()), line, column, what: what.to_owned() }
    }

    fn without_place(fault: &str) -> Found {
        Found { file: None, line: None, column: None, what: fault.to_owned() }
    }

    fn row(&self) -> Vec<String> {
        // A long path tells itself by its end.
        let name = |file: &String| file.rsplit('/').next().unwrap_or(file).to_owned();
        vec![out::or_dash(self.file.as_ref().map(name)), out::or_dash(self.line), out::printable(&self.what)]
    }
}

/// Runs `reload`.
pub(super) fn reload(args: &ReloadArgs) -> Result<(), Failure> {
    let reloaded: Reloaded = args.exchange.client()?.reload().map_err(|error| match error {
        AskError::Refused { status: 422, said, .. } => {
            let mut lines: Vec<String> = said.lines().map(out::printable).collect();
            lines.push("not reloaded: what was in use goes on".to_owned());
            Failure::faults(lines)
        }
        error => Failure::other(error),
    })?;
    if args.format == Format::Json {
        return out::json(&reloaded);
    }
    let Reloaded { flows, queues, seats, at_next_start } = reloaded;
    for file in at_next_start {
        eprintln!("{file} has changed too, and is taken at the next start");
    }
    let (flows, queues, seats) = (counted(flows, "flow"), counted(queues, "queue"), counted(seats, "seat"));
    out::line(&format!("reloaded: {flows}, {queues}, {seats}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_taken_apart_as_they_are_written() {
        for (fault, file, line, what) in [
            (
                "config/queues.toml:7:3: no such schedule",
                Some("config/queues.toml"),
                Some(7),
                "no such schedule",
            ),
            (
                "ivr-flows/x.yaml: cannot be read (gone)",
                Some("ivr-flows/x.yaml"),
                None,
                "cannot be read (gone)",
            ),
            (
                "flow 055055: sounds/it/x.wav is missing",
                None,
                None,
                "flow 055055: sounds/it/x.wav is missing",
            ),
            ("nothing more is known", None, None, "nothing more is known"),
        ] {
            let found = Found::read(fault);
            let told = (found.file.as_deref(), found.line, found.what.as_str());
            assert_eq!(told, (file, line, what), "{fault}");
        }
    }
}
