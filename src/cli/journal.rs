//! `centralino journal`: the journal of a data directory at rest, looked at and mended.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::out;
use crate::io::disk::RealDisk;
use crate::io::store::{DirLock, OpenError, journal_dir, lock};
use crate::journal::file_journal::keys_at_rest;
use crate::journal::log::LogError;
use crate::journal::tools::{self, Checked, Repaired};

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
    /// Read every entry. Exits with 0 when all is well, with 1 when something is damaged.
    Check(AtRest),
    /// Keep what can be read of a damaged journal; the damaged files are kept aside.
    Repair(AtRest),
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
        JournalCommand::Repair(at) => repair(&at.data),
    }
}

/// The journal, with the directory kept from everybody else meanwhile.
fn open(data: &Path) -> Result<(RealDisk, DirLock), Failure> {
    if !journal_dir(data).is_dir() {
        return Err(Failure::other(OpenError::Missing { dir: data.display().to_string() }));
    }
    let lock = lock(data).map_err(|error| match error {
        OpenError::InUse { dir } => Failure::other(format_args!(
            "the data directory {dir} is in use by a running exchange; stop that one first"
        )),
        other => Failure::other(other),
    })?;
    Ok((RealDisk::existing(journal_dir(data)), lock))
}

fn damaged(data: &Path, error: &LogError) -> Failure {
    let data = data.display();
    Failure::other(format_args!("{error}; `centralino journal repair --data {data}` keeps what can be read"))
}

fn export(data: &Path, clear: bool) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let keys = keys_at_rest(&disk).map_err(|error| damaged(data, &error))?;
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
    let count = exported.map_err(|error| damaged(data, &error))?;
    eprintln!("{count} entries");
    Ok(())
}

fn check(data: &Path) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let keys = keys_at_rest(&disk).map_err(|error| damaged(data, &error))?;
    let mut progress = Progress::new();
    progress.show("reading the journal ...");
    let checked = tools::check(&disk, &keys);
    progress.show("");
    let checked = checked.map_err(|error| damaged(data, &error))?;
    out::line(&found(&checked))?;
    checked.problem.as_ref().map_or(Ok(()), |problem| Err(damaged(data, problem)))
}

fn found(checked: &Checked) -> String {
    let erased = match checked.erased {
        0 => String::new(),
        n => format!(", {n} personal fields erased"),
    };
    let whole = if checked.problem.is_none() { "all is well" } else { "readable up to there" };
    format!(
        "{} entries in {} segments, the last is {}{erased}: {whole}",
        checked.entries, checked.segments, checked.last.0
    )
}

fn repair(data: &Path) -> Result<(), Failure> {
    let (disk, _lock) = open(data)?;
    let mut progress = Progress::new();
    progress.show("mending the journal ...");
    let repaired = tools::repair(&disk);
    progress.show("");
    let repaired = repaired.map_err(|error| {
        Failure::other(format_args!(
            "{error}; nothing was thrown away: make room or see to the disk, then run it again"
        ))
    })?;
    out::line(&done(&repaired))
}

fn done(repaired: &Repaired) -> String {
    match repaired.aside.as_slice() {
        [] => format!("{} entries, all whole: nothing to mend", repaired.kept),
        aside => format!(
            "{} entries kept, {} lost; the damaged files are kept as {}",
            repaired.kept,
            repaired.lost,
            aside.join(", ")
        ),
    }
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
        let checked = Checked { segments: 2, entries: 30, last: Lsn(30), erased: 1, problem: None };
        assert_eq!(
            found(&checked),
            "30 entries in 2 segments, the last is 30, 1 personal fields erased: all is well"
        );
        let repaired = Repaired { kept: 29, lost: 1, aside: vec!["keys.damaged".to_owned()] };
        assert_eq!(done(&repaired), "29 entries kept, 1 lost; the damaged files are kept as keys.damaged");
        assert_eq!(
            done(&Repaired { kept: 3, ..Repaired::default() }),
            "3 entries, all whole: nothing to mend"
        );
    }

    #[test]
    fn directory_without_a_journal_is_told_with_a_hint() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(check(dir.path()).map_err(|failure| failure.code()), Err(1));
        assert!(!dir.path().join("lock").exists(), "looking leaves nothing behind");
    }
}
