//! The simulator's disk. A file has a synced part, which a power cut keeps, and writes after it, of which a power cut
//! keeps any prefix, torn in the middle of a record too. A killed process loses neither, except that the write it was in
//! may be torn. Creations and renames last from the next `sync_dir` on; a power cut before it keeps or undoes them.
//!
//! Faults are asked for: an error at the next operation of a kind, or room for only so many more bytes. Nothing is random
//! but [`SimDisk::crash`], and that by the generator given in.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::Rng;

use super::disk::{Disk, DiskError, DiskFault, DiskFile, DiskOp};

/// A disk in memory; clones are the same disk.
#[derive(Clone, Debug, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    /// The directory as a running process sees it: name to content.
    names: BTreeMap<String, u64>,
    /// The directory as a power cut would leave it.
    synced_names: BTreeMap<String, u64>,
    contents: BTreeMap<u64, Content>,
    next_content: u64,
    /// Faults to come, each at the next operation of its kind.
    faults: Vec<(DiskOp, DiskFault)>,
    /// Bytes that still fit; `None`: no limit.
    room: Option<usize>,
    /// The content that was written last, and its length before.
    last_write: Option<(u64, usize)>,
}

#[derive(Clone, Debug, Default)]
struct Content {
    bytes: Vec<u8>,
    /// How many of `bytes` are safe from a power cut.
    synced: usize,
}

/// How the machine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process is killed; the system writes what it was given.
    Kill,
    /// The process is killed inside its last write.
    KillInWrite,
    /// The power goes: unsynced writes survive as any prefix.
    PowerCut,
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> SimDisk {
        SimDisk::default()
    }

    /// The next operation of this kind fails.
    pub fn fail_next(&self, op: DiskOp, fault: DiskFault) {
        self.state().faults.push((op, fault));
    }

    /// Only so many more bytes fit; `None` lifts the limit.
    pub fn limit_room(&self, room: Option<usize>) {
        self.state().room = room;
    }

    /// Stops the machine and gives the disk as the next start finds it. Old handles keep the old disk.
    pub fn crash(&self, how: Crash, rng: &mut impl Rng) -> SimDisk {
        let mut state = self.state().clone();
        state.faults.clear();
        state.room = None;
        match how {
            Crash::Kill => {}
            Crash::KillInWrite => state.tear_last_write(rng),
            Crash::PowerCut => state.cut_power(rng),
        }
        SimDisk(Arc::new(Mutex::new(state)))
    }

    /// Flips one bit, as bad hardware does; for tests of the log's checks.
    pub fn flip_bit(&self, name: &str, offset: usize) {
        let mut state = self.state();
        let State { names, contents, .. } = &mut *state;
        let content = names.get(name).and_then(|id| contents.get_mut(id));
        if let Some(byte) = content.and_then(|content| content.bytes.get_mut(offset)) {
            *byte ^= 1;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tear_last_write(&mut self, rng: &mut impl Rng) {
        let Some((id, before)) = self.last_write else { return };
        if let Some(content) = self.contents.get_mut(&id) {
            let keep = pick(rng, before.max(content.synced), content.bytes.len());
            content.bytes.truncate(keep);
        }
    }

    fn cut_power(&mut self, rng: &mut impl Rng) {
        if self.names != self.synced_names && rng.next_u32().is_multiple_of(2) {
            self.names = self.synced_names.clone();
        }
        for content in self.contents.values_mut() {
            let keep = pick(rng, content.synced, content.bytes.len());
            content.bytes.truncate(keep);
            content.synced = keep;
        }
        self.synced_names = self.names.clone();
    }

    fn fault(&mut self, op: DiskOp, file: &str) -> Result<(), DiskError> {
        match self.faults.iter().position(|(due, _)| *due == op) {
            Some(at) => Err(error(op, file, self.faults.remove(at).1)),
            None => Ok(()),
        }
    }

    fn content(&mut self, op: DiskOp, name: &str) -> Result<&mut Content, DiskError> {
        let found = self.names.get(name).and_then(|id| self.contents.get_mut(id));
        found.ok_or_else(|| error(op, name, DiskFault::NotFound))
    }

    fn append(&mut self, id: u64, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
        self.fault(DiskOp::Write, name)?;
        let fits = self.room.map_or(bytes.len(), |room| room.min(bytes.len()));
        if let Some(room) = &mut self.room {
            *room -= fits;
        }
        let content = self.contents.entry(id).or_default();
        self.last_write = Some((id, content.bytes.len()));
        content.bytes.extend_from_slice(&bytes[..fits]);
        if fits < bytes.len() { Err(error(DiskOp::Write, name, DiskFault::Full)) } else { Ok(()) }
    }

    fn sync(&mut self, id: u64, name: &str) -> Result<(), DiskError> {
        self.fault(DiskOp::Sync, name)?;
        if let Some(content) = self.contents.get_mut(&id) {
            content.synced = content.bytes.len();
        }
        Ok(())
    }
}

/// A number from `low` to `high`, both included.
fn pick(rng: &mut impl Rng, low: usize, high: usize) -> usize {
    let span = u64::try_from(high.saturating_sub(low)).unwrap_or(u64::MAX - 1) + 1;
    low + usize::try_from(rng.next_u64() % span).unwrap_or(0)
}

fn error(op: DiskOp, file: &str, kind: DiskFault) -> DiskError {
    DiskError { op, file: file.to_owned(), kind, detail: String::new() }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::List, "the directory")?;
        Ok(state.names.keys().cloned().collect())
    }

    fn open(&self, name: &str) -> Result<SimFile, DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Open, name)?;
        let id = match state.names.get(name) {
            Some(id) => *id,
            None => {
                state.next_content += 1;
                let id = state.next_content;
                state.names.insert(name.to_owned(), id);
                state.contents.insert(id, Content::default());
                id
            }
        };
        drop(state);
        Ok(SimFile { disk: self.clone(), id, name: name.to_owned() })
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Read, name)?;
        Ok(state.content(DiskOp::Read, name)?.bytes.clone())
    }

    fn truncate(&self, name: &str, len: u64) -> Result<(), DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Change, name)?;
        let content = state.content(DiskOp::Change, name)?;
        content.bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
        content.synced = content.synced.min(content.bytes.len());
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Change, from)?;
        let id = state.names.remove(from).ok_or_else(|| error(DiskOp::Change, from, DiskFault::NotFound))?;
        state.names.insert(to.to_owned(), id);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Change, name)?;
        let gone = state.names.remove(name);
        gone.map(drop).ok_or_else(|| error(DiskOp::Change, name, DiskFault::NotFound))
    }

    fn sync_dir(&self) -> Result<(), DiskError> {
        let mut state = self.state();
        state.fault(DiskOp::Sync, "the directory")?;
        state.synced_names = state.names.clone();
        Ok(())
    }
}

/// A file of a [`SimDisk`].
#[derive(Clone, Debug)]
pub struct SimFile {
    disk: SimDisk,
    id: u64,
    name: String,
}

impl DiskFile for SimFile {
    fn append(&self, bytes: &[u8]) -> Result<(), DiskError> {
        self.disk.state().append(self.id, &self.name, bytes)
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.disk.state().sync(self.id, &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::ChaCha12Rng};

    #[test]
    fn power_cut_keeps_what_was_synced_and_a_prefix_of_the_rest() {
        for seed in 0..50 {
            let disk = SimDisk::new();
            let file = disk.open("a").unwrap();
            file.append(b"safe").unwrap();
            file.sync().unwrap();
            disk.sync_dir().unwrap();
            file.append(b"loose").unwrap();
            let after = disk.crash(Crash::PowerCut, &mut ChaCha12Rng::seed_from_u64(seed)).read("a").unwrap();
            assert!(after.len() >= 4 && b"safeloose".starts_with(&after[..]));
        }
    }

    #[test]
    fn full_disk_takes_what_fits_and_says_so() {
        let disk = SimDisk::new();
        disk.limit_room(Some(3));
        let full = disk.open("a").unwrap().append(b"12345").unwrap_err();
        assert_eq!(full.kind, DiskFault::Full);
        assert_eq!(disk.read("a").unwrap(), b"123");
    }

    #[test]
    fn killed_process_loses_at_most_the_write_it_was_in() {
        let disk = SimDisk::new();
        let file = disk.open("a").unwrap();
        file.append(b"one").unwrap();
        file.append(b"two").unwrap();
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        assert_eq!(disk.crash(Crash::Kill, &mut rng).read("a").unwrap(), b"onetwo");
        assert!(disk.crash(Crash::KillInWrite, &mut rng).read("a").unwrap().starts_with(b"one"));
    }
}
