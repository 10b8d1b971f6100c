//! The log: entries in segments, `journal-<first lsn>.log`, each a row of [`record`]s.
//!
//! **Open.** The last segment is read; a torn tail is kept aside as `<segment>.cut-<offset>`, cut, and that is told. Damage is
//! a refusal that names the place and the remedy. **Append.** A group goes to the file in one write. A write that fails is cut off again, so that it may
//! be tried again; when even that fails the log is *poisoned* and takes nothing more until it is opened anew. **Sync.** What
//! is to be synced is handed out as [`SyncWork`], so that another thread may run it while groups go on being written. A failed
//! sync poisons: a second try would report a success that means nothing. **Turn.** A full segment is left only once
//! all of it is durable; so only the last segment can ever be torn. Should syncs lag, it grows beyond its size for a while.

use super::Lsn;
use super::disk::{Disk, DiskError, DiskFile, keep_aside};
use super::record::{self, BadRecord};
use crate::journal::entry::Entry;
use crate::planted::{self, Fault};

/// How large a segment grows before the next is begun: small enough to be read at once.
pub const SEGMENT_BYTES: u64 = 32 << 20;

/// The log cannot be opened, read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Entries that had been safe cannot be read.
    #[error(
        "the journal is damaged: {file}, offset {offset}: {why}; stop the exchange, keep a copy of the data directory, then \
         run `centralino journal repair --data DIR`, which keeps the damaged file aside"
    )]
    Damaged {
        /// The file.
        file: String,
        /// Where in it.
        offset: usize,
        /// What is wrong there.
        why: String,
    },
    /// What is written there is whole, but only a later program knows it.
    #[error(
        "the journal was written by a newer program: {file}, offset {offset}: {why}; open it with that program, or a newer one"
    )]
    Newer {
        /// The file.
        file: String,
        /// Where in it.
        offset: usize,
        /// What is not understood.
        why: String,
    },
    /// A part of it is not there.
    #[error("the journal is not whole: {what}; {remedy}")]
    Incomplete {
        /// What is missing, and how that is known.
        what: String,
        /// What to do.
        remedy: &'static str,
    },
    /// An earlier failure made it unsafe to go on.
    #[error(
        "the journal takes nothing more since a failure that cannot be undone ({0}); restart the exchange"
    )]
    Poisoned(DiskError),
    /// The caller's numbering and the journal's differ.
    #[error("entry {found} was given to the journal where {expected} was due")]
    Order {
        /// The next lsn of the journal.
        expected: u64,
        /// The one that came.
        found: u64,
    },
}

/// A torn tail that was cut off at opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub file: String,
    /// Its length now.
    pub offset: usize,
    /// How much was cut.
    pub bytes: usize,
    /// The file beside it that holds what was cut.
    pub kept: String,
}

/// Cuts `name`, which holds `bytes`, at `offset`. What is cut is kept aside first: a crash left it, and a person may want to see it.
pub(super) fn cut_off<D: Disk>(disk: &D, name: &str, bytes: &[u8], offset: usize) -> Result<Cut, DiskError> {
    let tail = bytes.get(offset..).unwrap_or_default();
    let kept = keep_aside(disk, &format!("{name}.cut-{offset}"), tail)?;
    disk.truncate(name, u64::try_from(offset).expect("a length in memory fits 64 bits"))?;
    Ok(Cut { file: name.to_owned(), offset, bytes: tail.len(), kept })
}

/// The refusal of an unreadable place.
pub(super) fn unreadable(file: &str, offset: usize, problem: BadRecord) -> LogError {
    let (file, why) = (file.to_owned(), problem.to_string());
    match problem {
        BadRecord::Version(_) => LogError::Newer { file, offset, why },
        _ => LogError::Damaged { file, offset, why },
    }
}

/// The log, open for appending.
#[derive(Debug)]
pub struct Log<D: Disk> {
    disk: D,
    segment_bytes: u64,
    segment: Segment<D::File>,
    last: Lsn,
    durable: Lsn,
    /// Created since the directory was last handed out to be synced.
    new_file: bool,
    poisoned: Option<DiskError>,
}

#[derive(Debug)]
struct Segment<F> {
    name: String,
    file: F,
    len: u64,
}

/// What must reach the platter for everything up to [`SyncWork::upto`] to be durable.
#[derive(Debug)]
pub struct SyncWork<D: Disk> {
    disk: D,
    /// In the order in which they must be synced.
    files: Vec<(String, D::File)>,
    directory: bool,
    upto: Lsn,
}

impl<D: Disk> SyncWork<D> {
    /// What will be durable afterwards.
    pub fn upto(&self) -> Lsn {
        self.upto
    }

    /// Adds a file that must be safe before those already there.
    pub fn first(&mut self, name: &str, file: D::File) {
        self.files.insert(0, (name.to_owned(), file));
    }

    /// Does it.
    pub fn run(&self) -> Result<Lsn, DiskError> {
        for (_, file) in &self.files {
            file.sync()?;
        }
        if self.directory {
            self.disk.sync_dir()?;
        }
        Ok(self.upto)
    }
}

impl<D: Disk> Log<D> {
    /// Opens the log on `disk`, or begins one. What is found is synced, so that all of it is durable from here on. Up to `safe` it
    /// is known to have been so before: nothing of that is cut.
    pub fn open(disk: D, segment_bytes: u64, safe: Lsn) -> Result<(Log<D>, Option<Cut>), LogError> {
        let newest = segments(&disk)?.pop();
        let new_file = newest.is_none();
        let (first, name) = newest.unwrap_or_else(|| (1, segment_name(1)));
        let file = disk.open(&name)?;
        let (last, len, cut) = mend_tail(&disk, &name, first, safe)?;
        file.sync()?;
        disk.sync_dir()?;
        let last = Lsn(last);
        let segment = Segment { name, file, len };
        let log = Log { disk, segment_bytes, segment, last, durable: last, new_file, poisoned: None };
        Ok((log, cut))
    }

    /// The last entry.
    pub fn last(&self) -> Lsn {
        self.last
    }

    /// The last entry that is known to be durable.
    pub fn durable(&self) -> Lsn {
        self.durable
    }

    /// Writes the entries as one group and gives the lsn of the last. An error that leaves the log open may be answered by
    /// trying again: nothing of the group is in the file then.
    pub fn append_group(&mut self, entries: &[Entry]) -> Result<Lsn, LogError> {
        if let Some(cause) = &self.poisoned {
            return Err(LogError::Poisoned(cause.clone()));
        }
        self.turn()?;
        let mut bytes = Vec::with_capacity(entries.len() * 256);
        let mut lsn = self.last.0;
        let mut json = Vec::with_capacity(1024);
        for entry in entries {
            lsn += 1;
            payload(&mut json, entry);
            record::encode(&mut bytes, lsn, self.durable.0, &json);
        }
        if let Err(error) = self.segment.file.append(&bytes) {
            return Err(self.undo_write(error));
        }
        self.segment.len += u64::try_from(bytes.len()).expect("a length in memory fits 64 bits");
        self.last = Lsn(lsn);
        Ok(self.last)
    }

    /// Cuts off what a failed write may have left.
    fn undo_write(&mut self, error: DiskError) -> LogError {
        if let Err(stuck) = self.disk.truncate(&self.segment.name, self.segment.len) {
            self.poisoned = Some(stuck);
        }
        LogError::Disk(error)
    }

    /// Begins the next segment when this one is full and wholly durable.
    fn turn(&mut self) -> Result<(), LogError> {
        if self.segment.len < self.segment_bytes || self.durable < self.last {
            return Ok(());
        }
        let name = segment_name(self.last.0 + 1);
        let file = self.disk.open(&name)?;
        self.segment = Segment { name, file, len: 0 };
        self.new_file = true;
        Ok(())
    }

    /// What to sync for everything written so far to be durable. Report back by [`Log::synced`] or [`Log::poison`].
    pub fn sync_work(&mut self) -> SyncWork<D> {
        SyncWork {
            disk: self.disk.clone(),
            files: vec![(self.segment.name.clone(), self.segment.file.clone())],
            directory: std::mem::take(&mut self.new_file),
            upto: self.last,
        }
    }

    /// Everything up to `upto` has become durable.
    pub fn synced(&mut self, upto: Lsn) {
        self.durable = self.durable.max(upto.min(self.last));
    }

    /// A sync failed: what is on the disk is not known any more.
    pub fn poison(&mut self, cause: DiskError) {
        self.poisoned.get_or_insert(cause);
    }

    /// Why the log takes nothing more, when it does not.
    pub fn poisoned(&self) -> Option<&DiskError> {
        self.poisoned.as_ref()
    }
}

/// An entry as it is written. Longer than a record may be, it is replaced by a mark of its loss: a fact of that
/// size cannot come from a call, and one entry must not stop the journal.
fn payload(json: &mut Vec<u8>, entry: &Entry) {
    let mut write = |entry: &Entry| {
        json.clear();
        serde_json::to_writer(&mut *json, entry).expect("entries are plain data with string keys");
        json.len()
    };
    if write(entry) > record::MAX_PAYLOAD {
        write(&Entry { at_ms: entry.at_ms, fact: super::entry::Fact::Lost });
    }
}

/// Finds the end of the last segment: its last lsn and its length, cut where it was torn.
fn mend_tail<D: Disk>(
    disk: &D,
    name: &str,
    first: u64,
    safe: Lsn,
) -> Result<(u64, u64, Option<Cut>), LogError> {
    let bytes = disk.read(name)?;
    let (mut before, mut at, mut next) = (0, 0, first);
    let problem = loop {
        match record::decode_as(&bytes, at, next) {
            Ok(Some(record)) => (before, at, next) = (at, record.end, next + 1),
            Ok(None) => break None,
            Err(problem) => break Some(problem),
        }
    };
    if planted::is(Fault::LostTail) && next > first {
        next -= 1;
        at = before;
        disk.truncate(name, at as u64)?;
    }
    let len = u64::try_from(at).expect("a length in memory fits 64 bits");
    let Some(problem) = problem else { return Ok((next - 1, len, None)) };
    if next <= safe.0 || !record::is_torn(&bytes, at, next, problem) {
        return Err(unreadable(name, at, problem));
    }
    Ok((next - 1, len, Some(cut_off(disk, name, &bytes, at)?)))
}

/// The segments there are, oldest first, each with its first lsn.
pub(super) fn segments<D: Disk>(disk: &D) -> Result<Vec<(u64, String)>, DiskError> {
    let first = |name: &String| name.strip_prefix("journal-")?.strip_suffix(".log")?.parse().ok();
    let mut found: Vec<(u64, String)> =
        disk.list()?.into_iter().filter_map(|name| first(&name).map(|first| (first, name))).collect();
    found.sort();
    Ok(found)
}

pub(super) fn segment_name(first: u64) -> String {
    format!("journal-{first:020}.log")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::sample;
    use crate::journal::disk::{DiskFault, DiskOp};
    use crate::journal::reader::Reader;
    use crate::journal::sim_disk::SimDisk;

    fn open(disk: &SimDisk) -> Log<SimDisk> {
        Log::open(disk.clone(), 1000, Lsn(0)).unwrap().0
    }

    fn sync(log: &mut Log<SimDisk>) {
        let upto = log.sync_work().run().unwrap();
        log.synced(upto);
    }

    fn read(disk: &SimDisk) -> Result<Vec<Entry>, LogError> {
        Reader::new(disk.clone(), Lsn(1)).map(|item| item.map(|(_, entry)| entry)).collect()
    }

    #[test]
    fn commit_torn_at_any_byte_leaves_the_groups_before_and_a_prefix_of_it() {
        let entries = sample(9);
        let whole = SimDisk::new();
        let mut log = open(&whole);
        log.append_group(&entries[..4]).unwrap();
        sync(&mut log);
        let before = log.segment.len;
        log.append_group(&entries[4..]).unwrap();
        for cut in before..=log.segment.len {
            let disk = SimDisk::new();
            disk.open(&log.segment.name).unwrap().append(&whole.read(&log.segment.name).unwrap()).unwrap();
            disk.truncate(&log.segment.name, cut).unwrap();
            let mut torn = open(&disk);
            let last = usize::try_from(torn.last().0).unwrap();
            assert!(last >= 4);
            torn.append_group(&entries[last..]).unwrap();
            assert_eq!(read(&disk).unwrap(), entries, "cut at {cut}");
        }
    }

    #[test]
    fn damage_to_what_was_durable_is_refused_with_place_and_remedy() {
        let disk = SimDisk::new();
        let mut log = open(&disk);
        for entry in sample(4) {
            log.append_group(&[entry]).unwrap();
            sync(&mut log);
        }
        disk.flip_bit(&segment_name(1), 60);
        let refusal = Log::open(disk, 1000, Lsn(0)).unwrap_err().to_string();
        for told in ["journal-00000000000000000001.log", "offset 0", "checksum", "centralino journal repair"]
        {
            assert!(refusal.contains(told), "{refusal}");
        }
    }

    #[test]
    fn segment_turns_when_full_and_reading_goes_on_across() {
        let disk = SimDisk::new();
        let mut log = open(&disk);
        let entries = sample(60);
        for group in entries.chunks(3) {
            log.append_group(group).unwrap();
            sync(&mut log);
        }
        assert!(segments(&disk).unwrap().len() > 3);
        assert_eq!(read(&disk).unwrap(), entries);
        assert_eq!(open(&disk).last(), Lsn(60));
        disk.remove(&segments(&disk).unwrap()[1].1).unwrap();
        assert!(matches!(read(&disk), Err(LogError::Damaged { .. })), "a missing segment is told");
    }

    #[test]
    fn full_disk_loses_nothing_and_the_group_can_be_tried_again() {
        let disk = SimDisk::new();
        let mut log = open(&disk);
        disk.limit_room(Some(100));
        assert!(
            matches!(log.append_group(&sample(5)), Err(LogError::Disk(error)) if error.kind == DiskFault::Full)
        );
        disk.limit_room(None);
        log.append_group(&sample(5)).unwrap();
        assert_eq!(read(&disk).unwrap(), sample(5));
    }

    #[test]
    fn failed_write_that_cannot_be_undone_poisons() {
        let disk = SimDisk::new();
        let mut log = open(&disk);
        disk.fail_next(DiskOp::Write, DiskFault::Failed);
        disk.fail_next(DiskOp::Change, DiskFault::Failed);
        assert!(matches!(log.append_group(&sample(1)), Err(LogError::Disk(_))));
        assert!(matches!(log.append_group(&sample(1)), Err(LogError::Poisoned(_))));
    }
}
