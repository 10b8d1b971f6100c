//! `centralino journal`: the journal of a data directory at rest, looked at and mended.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::out;
use crate::io::chance;
use crate::io::disk::RealDisk;
use crate::io::store::{DirLock, OpenError, journal_at_rest};
use crate::journal::log::LogError;
use crate::journal::parts::keys_at_rest;
use crate::journal::tools::{self, Checked, Fresh, Repaired};

/// Lines exported between two looks at the clock face: often enough to be alive, rare enough to cost nothing.
const PROGRESS_EVERY: u64 = 10_000;

/// Arguments of `journal`.
#[derive(Debug, clap::Args)]
pub(super) struct JournalArgs {
    #[command(subcommand)]
    command: JournalCommand,
}

#[derive(Debug, clap::Subcommand)]
enum JournalCommand {
    /// Write every entry as a line of JSON on standard output, numbers masked.
    ///
    /// Examples:
    ///   centralino journal export --data data > journal.jsonl
    ///   centralino journal export --data data --clear | jq 'select(.fact == "contact_opened")'
    #[command(verbatim_doc_comment)]
    Export {
        #[command(flatten)]
        at: AtRest,
        /// Numbers and other personal fields readable: what comes out is then to be kept as carefully as the data directory.
        #[arg(long)]
        clear: bool,
    },
    /// Read every entry and every key. Exits with 0 when all is well, with 1 when something is damaged or missing.
    Check(AtRest),
    /// Keep what can be read of a damaged journal; the damaged files are kept aside.
    ///
    /// Entries that cannot be read are marked as lost, in their places. `journal check` tells before how many that would be.
    Repair {
        #[command(flatten)]
        at: AtRest,
        /// Go on although the file `keys` is gone: the numbers on record can never be read again.
        #[arg(long)]
        without_keys: bool,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct AtRest {
    /// The data directory; no exchange may be running on it.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

/// Runs it.
pub(super) fn run(args: &JournalArgs) -> Result<(), Failure> {
    match &args.command {
        JournalCommand::Export { at, clear } => export(&at.data, *clear),
        JournalCommand::Check(at) => check(&at.data),
        JournalCommand::Repair { at, without_keys } => repair(&at.data, *without_keys),
    }
}

/// The journal, with the directory kept from everybody else meanwhile.
fn open(data: &Path) -> Result<(RealDisk, DirLock), Failure> {
    journal_at_rest(data).map_err(|error| match error {
        OpenError::InUse { dir } => Failure::other(format_args!(
            "the data directory {dir} is in use by a running exchange; stop that one first"
        )),
        other => Failure::of_data(data, other),
    })
}

fn export(data: &Path, clear: bool) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let keys = keys_at_rest(&disk).map_err(|error| Failure::of_data(data, &error))?;
    let mut to = BufWriter::new(std::io::stdout().lock());
    let (mut written, mut count, mut progress) = (Ok(()), 0, Progress::new());
    let exported = tools::export(&disk, &keys, clear, |line| {
        if written.is_ok() {
            written = writeln!(to, "{line}");
        }
        count += 1;
        if count % PROGRESS_EVERY == 0 {
            progress.show(&format!("{count} entries"));
        }
    });
    progress.show("");
    match written.and_then(|()| to.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Err(Failure::enough()),
        Err(error) => return Err(Failure::other(format_args!("standard output cannot be written: {error}"))),
        Ok(()) => {}
    }
    let count = exported.map_err(|error| Failure::of_data(data, &error))?;
    eprintln!("{count} entries");
    Ok(())
}

fn check(data: &Path) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let keys = keys_at_rest(&disk).map_err(|error| Failure::of_data(data, &error))?;
    let mut progress = Progress::new();
    progress.show("reading the journal ...");
    let checked = tools::check(&disk, &keys);
    progress.show("");
    let checked = checked.map_err(|error| Failure::of_data(data, &error))?;
    out::line(&found(&checked))?;
    checked.problem.as_ref().map_or(Ok(()), |problem| Err(Failure::of_data(data, problem)))
}

fn found(checked: &Checked) -> String {
    let erased = match checked.erased {
        0 => String::new(),
        n => format!(", {n} personal fields are erased"),
    };
    let keyless = match checked.keyless {
        0 => String::new(),
        n => format!(", the keys of {n} personal fields are lost"),
    };
    let Checked { entries, before, lost, unread, .. } = checked;
    let state = match &checked.problem {
        None if checked.torn => format!(
            "all is well but for the last {unread} bytes, which a crash tore; the next start cuts them off and keeps a copy"
        ),
        None => "all is well".to_owned(),
        Some(_) if entries == before && *lost == 0 && *unread == 0 => "every entry can be read".to_owned(),
        Some(_) => format!(
            "{before} before the first damage, {} behind it; {lost} lost between them, {unread} bytes are no entries",
            entries - before
        ),
    };
    let files =
        if checked.segments == 1 { "1 file".to_owned() } else { format!("{} files", checked.segments) };
    format!("{entries} entries in {files}, the last is {}{erased}{keyless}: {state}", checked.last.0)
}

fn repair(data: &Path, without_keys: bool) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let fresh = Fresh { secret: chance::draw().map_err(Failure::other)?, keys: without_keys };
    let mut progress = Progress::new();
    progress.show("mending the journal ...");
    let repaired = tools::repair(&disk, &fresh);
    progress.show("");
    let repaired = repaired.map_err(|error| match error {
        LogError::Disk(error) => Failure::other(format_args!(
            "{error}; nothing was thrown away: make room or see to the disk, then run it again"
        )),
        error => Failure::of_data(data, &error),
    })?;
    done(&repaired).iter().try_for_each(|line| out::line(line))
}

fn done(repaired: &Repaired) -> Vec<String> {
    let Repaired { kept, lost, aside, made } = repaired;
    let mut lines = Vec::new();
    if !aside.is_empty() || *lost > 0 {
        lines.push(format!(
            "{kept} entries kept, {lost} lost; what was damaged is kept as {}",
            aside.join(", ")
        ));
    }
    lines.extend(made.iter().map(|name| format!("`{name}` was missing; there is a new one")));
    if lines.is_empty() {
        lines.push(format!("{kept} entries, all whole: nothing to mend"));
    }
    lines
}

/// One line on a terminal that shows that something goes on; nothing in a file or a pipe.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new() -> Progress {
        Progress { shown: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, text: &str) {
        if self.shown {
            // A terminal that is gone must not stop the work.
            let _gone = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Lsn;

    #[test]
    fn findings_are_told_in_one_line() {
        let whole =
            Checked { segments: 2, entries: 30, before: 30, last: Lsn(30), erased: 1, ..Checked::default() };
        let cases = [
            (whole.clone(), "1 personal fields are erased: all is well"),
            (
                Checked { torn: true, unread: 41, ..whole.clone() },
                "all is well but for the last 41 bytes, which a crash tore; the next start cuts them off and keeps a copy",
            ),
            (
                Checked {
                    before: 12,
                    lost: 1,
                    unread: 90,
                    problem: Some(LogError::Order { expected: 1, found: 2 }),
                    ..whole
                },
                "12 before the first damage, 18 behind it; 1 lost between them, 90 bytes are no entries",
            ),
        ];
        for (checked, told) in cases {
            let line = found(&checked);
            assert!(
                line.starts_with("30 entries in 2 files, the last is 30, ") && line.ends_with(told),
                "{line}"
            );
        }
    }

    #[test]
    fn repairs_are_told_with_what_became_of_the_damaged_files() {
        let mended =
            Repaired { kept: 29, lost: 1, aside: vec!["keys.damaged".to_owned()], made: vec!["secret"] };
        assert_eq!(
            done(&mended),
            [
                "29 entries kept, 1 lost; what was damaged is kept as keys.damaged",
                "`secret` was missing; there is a new one"
            ]
        );
        let whole = Repaired { kept: 3, ..Repaired::default() };
        assert_eq!(done(&whole), ["3 entries, all whole: nothing to mend"]);
    }

    #[test]
    fn directory_without_a_journal_is_told_with_a_hint() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(check(dir.path()).map_err(|failure| failure.code()), Err(1));
        assert!(!dir.path().join("lock").exists(), "looking leaves nothing behind");
    }
}
