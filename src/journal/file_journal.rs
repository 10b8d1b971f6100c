//! The embedded journal: the log, the keys file and the secret together on one [`Disk`].
//!
//! A group is committed in this order: keys that its entries need, then its entries. Either may be torn by a crash; an entry
//! without its key reads as erased, and had not been durable. A sync takes the keys first for the same reason.
//! Before any of it the [`parts`](super::parts) are looked at: one that is missing is not made anew.

use rand::rngs::ChaCha20Rng;

use super::disk::{Disk, DiskError};
use super::entry::{Entry, Fact};
use super::keys_file::KeysFile;
use super::log::{Cut, Log, LogError, SyncWork};
use super::parts::{RESTORE_OR_BEGIN, There, secret};
use super::reader::Reader;
use super::recovery::{Recovered, Recovery};
use super::seal::{Key, Keys, Sealer};
use super::{Journal, Lsn};
use crate::ids::ContactId;

/// The journal of one data directory.
#[derive(Debug)]
pub struct FileJournal<D: Disk> {
    disk: D,
    log: Log<D>,
    keys_file: KeysFile<D>,
    sealer: Sealer,
}

impl<D: Disk> FileJournal<D> {
    /// Opens the journal on `disk`, or begins one. `rng` makes keys and nonces. Torn tails that were cut are told.
    pub fn open(
        disk: D,
        rng: ChaCha20Rng,
        segment_bytes: u64,
    ) -> Result<(FileJournal<D>, Vec<Cut>), LogError> {
        let there = There::look(&disk)?;
        there.refuse_lost_log()?;
        let (log, cut) = Log::open(disk.clone(), segment_bytes, there.safe())?;
        there.refuse_lost_files(log.last())?;
        let (keys_file, ring, cut_keys) = KeysFile::open(&disk)?;
        let mut sealer = Sealer { keys: Keys::new(ring, [0; 32]), rng };
        let secret = secret(&disk, &mut sealer)?;
        sealer.keys = Keys::new(sealer.keys.all(), secret);
        let cuts = cut.into_iter().chain(cut_keys).collect();
        Ok((FileJournal { disk, log, keys_file, sealer }, cuts))
    }

    /// Opens the journal of an exchange, with what its start needs to know.
    pub fn start(
        disk: D,
        rng: ChaCha20Rng,
        segment_bytes: u64,
    ) -> Result<(FileJournal<D>, Recovered), LogError> {
        let (mut journal, cuts) = FileJournal::open(disk, rng, segment_bytes)?;
        // Before anything is refused: the next start finds nothing to cut.
        cuts.iter().for_each(warn_of_cut);
        if journal.is_emptied() {
            let what = "there are keys, and not one entry".to_owned();
            return Err(LogError::Incomplete { what, remedy: RESTORE_OR_BEGIN });
        }
        let keys = journal.keys();
        let state = Recovery::read(&journal.disk, &keys, journal.last())?;
        // In a restored backup the keys of erased contacts are back.
        journal.erase(state.erased.iter().copied())?;
        let recovered = Recovered { last: journal.last(), cuts, state, keys };
        Ok((journal, recovered))
    }

    /// It holds keys and not one entry. A crash within the first group leaves that; in a journal in which a start is durable
    /// before its first contact, as the exchange's is, it was emptied.
    fn is_emptied(&self) -> bool {
        self.log.last() == Lsn(0) && !self.sealer.keys.all().is_empty()
    }

    /// The keys, to read personal fields and find numbers.
    pub fn keys(&self) -> Keys {
        self.sealer.keys.clone()
    }

    /// The disk it lies on.
    pub fn disk(&self) -> &D {
        &self.disk
    }

    /// Commits a group whose first entry is to be `first`, and gives the entries as written, sealed. After an error nothing
    /// of the group is in the journal; unless it is poisoned the group may be tried again.
    pub fn commit(&mut self, first: Lsn, group: &[Entry]) -> Result<Vec<(Lsn, Entry)>, LogError> {
        let expected = self.log.last().0 + 1;
        if first.0 != expected {
            return Err(LogError::Order { expected, found: first.0 });
        }
        if let Some(cause) = self.log.poisoned() {
            return Err(LogError::Poisoned(cause.clone()));
        }
        let mut made = Vec::new();
        let sealed: Vec<Entry> = group.iter().map(|entry| self.seal(entry.clone(), &mut made)).collect();
        self.write_keys(&made)?;
        self.log.append_group(&sealed)?;
        self.erase_as_told(group);
        Ok((first.0..).map(Lsn).zip(sealed).collect())
    }

    fn seal(&mut self, entry: Entry, made: &mut Vec<(ContactId, Key)>) -> Entry {
        let (entry, key) = self.sealer.seal(entry);
        made.extend(key);
        entry
    }

    fn write_keys(&mut self, made: &[(ContactId, Key)]) -> Result<(), LogError> {
        let written = self.keys_file.append(&self.disk, made);
        if written.is_err() {
            // The retry makes them anew: a key that is not in the file must not seal anything.
            for (contact, _) in made {
                self.sealer.keys.remove(*contact);
            }
        }
        written.inspect_err(|error| {
            if self.keys_file.stuck() {
                self.log.poison(error.clone());
            }
        })?;
        Ok(())
    }

    fn erase_as_told(&mut self, group: &[Entry]) {
        let told = group.iter().filter_map(|entry| match entry.fact {
            Fact::Erased { contact } => Some(contact),
            _ => None,
        });
        let told: Vec<ContactId> = told.collect();
        // The group is in the log already: a failure here must not have it written twice. The next start drops the keys.
        if let Err(error) = self.erase(told) {
            self.log.poison(error);
        }
    }

    /// Drops the keys of these contacts for good.
    pub fn erase(&mut self, contacts: impl IntoIterator<Item = ContactId>) -> Result<(), DiskError> {
        let gone = contacts.into_iter().filter(|contact| self.sealer.keys.remove(*contact)).count();
        if gone > 0 {
            self.keys_file.rewrite(&self.disk, &self.sealer.keys.all())?;
        }
        Ok(())
    }

    /// What to sync for everything committed so far to be durable.
    pub fn sync_work(&mut self) -> SyncWork<D> {
        let mut work = self.log.sync_work();
        work.first(KeysFile::<D>::NAME, self.keys_file.sync_work());
        work
    }

    /// Everything up to `upto` has become durable. One sync at a time: it is the one whose work was handed out last.
    pub fn synced(&mut self, upto: Lsn) {
        self.keys_file.synced();
        self.log.synced(upto);
    }

    /// A sync failed: nothing more is taken.
    pub fn poison(&mut self, cause: DiskError) {
        self.log.poison(cause);
    }

    /// Nothing more is taken.
    pub fn poisoned(&self) -> bool {
        self.log.poisoned().is_some()
    }

    /// Reads from `from` on. Personal fields are sealed.
    pub fn reader(&self, from: Lsn) -> Reader<D> {
        Reader::new(self.disk.clone(), from)
    }
}

fn warn_of_cut(cut: &Cut) {
    tracing::warn!(
        file = %cut.file, offset = cut.offset, bytes = cut.bytes, kept = %cut.kept,
        "an end that a crash tore is cut off; what was cut is kept beside it"
    );
}

impl<D: Disk> Journal for FileJournal<D> {
    fn last(&self) -> Lsn {
        self.log.last()
    }

    fn durable(&self) -> Lsn {
        self.log.durable()
    }

    fn append_group(&mut self, group: &[Entry]) -> Result<Lsn, LogError> {
        self.commit(Lsn(self.log.last().0 + 1), group)?;
        Ok(self.log.last())
    }

    fn sync(&mut self) -> Result<Lsn, LogError> {
        if let Some(cause) = self.log.poisoned() {
            return Err(LogError::Poisoned(cause.clone()));
        }
        match self.sync_work().run() {
            Ok(upto) => self.synced(upto),
            Err(error) => {
                self.poison(error.clone());
                return Err(LogError::Disk(error));
            }
        }
        Ok(self.durable())
    }

    fn read_from(&self, from: Lsn, most: usize) -> Result<Vec<(Lsn, Entry)>, LogError> {
        self.reader(from).take(most).collect()
    }

    fn keys(&self) -> Keys {
        FileJournal::keys(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::{sample, suite};
    use crate::journal::disk::{DiskFault, DiskOp};
    use crate::journal::log::segments;
    use crate::journal::sim_disk::{Crash, SimDisk};
    use rand::SeedableRng;

    fn open(disk: &SimDisk) -> FileJournal<SimDisk> {
        FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 2000).unwrap().0
    }

    #[test]
    fn conforms_on_the_simulated_disk() {
        let disk = SimDisk::new();
        suite(|| open(&disk));
    }

    #[test]
    fn failed_sync_is_never_taken_for_a_success_later() {
        let disk = SimDisk::new();
        let mut journal = open(&disk);
        journal.append_group(&sample(3)).unwrap();
        disk.fail_next(DiskOp::Sync, DiskFault::Failed);
        assert!(journal.sync().is_err());
        assert!(matches!(journal.sync(), Err(LogError::Poisoned(_))));
        assert!(matches!(journal.append_group(&sample(1)), Err(LogError::Poisoned(_))));
        assert_eq!(journal.durable(), Lsn(0));
    }

    #[test]
    fn key_that_could_not_be_written_seals_nothing() {
        let disk = SimDisk::new();
        let mut journal = open(&disk);
        disk.limit_room(Some(10));
        assert!(journal.append_group(&sample(6)).is_err());
        disk.limit_room(None);
        journal.append_group(&sample(6)).unwrap();
        let disk = disk.crash(Crash::Kill, &mut ChaCha20Rng::seed_from_u64(1));
        let journal = open(&disk);
        let read = journal.read_from(Lsn(1), 10).unwrap();
        let clear: Vec<Entry> =
            read.into_iter().map(|(_, entry)| journal.keys().unseal_entry(entry)).collect();
        assert_eq!(clear, sample(6));
    }

    #[test]
    fn erasure_cut_by_a_crash_leaves_all_other_keys() {
        for seed in 0..40 {
            let disk = SimDisk::new();
            let mut journal = open(&disk);
            journal.append_group(&sample(12)).unwrap();
            journal.sync().unwrap();
            journal.erase([ContactId(crate::ids::Stamp { node: 1, epoch: 1, count: 2 })]).unwrap();
            let journal = open(&disk.crash(Crash::PowerCut, &mut ChaCha20Rng::seed_from_u64(seed)));
            assert_eq!(journal.keys().all().len(), 3);
        }
    }

    /// A journal of twelve durable entries, with a checkpoint.
    fn stopped() -> SimDisk {
        let disk = SimDisk::new();
        let mut journal = open(&disk);
        journal.append_group(&sample(12)).unwrap();
        journal.sync().unwrap();
        let keys = journal.keys();
        let state = crate::journal::recovery::Recovery::read(&disk, &keys, journal.last()).unwrap();
        crate::journal::recovery::write_checkpoint(&disk, &state.to_checkpoint(&keys)).unwrap();
        disk
    }

    fn log(disk: &SimDisk) -> String {
        segments(disk).unwrap().pop().unwrap().1
    }

    #[test]
    fn journal_of_which_a_part_is_missing_is_refused_and_not_begun_anew() {
        type Spoil = fn(&SimDisk);
        let table: [(&str, Spoil, &[&str]); 7] = [
            ("no log", |disk| disk.remove(&log(disk)).unwrap(), &["`keys`", "backup"]),
            (
                "a checkpoint alone",
                |disk| [&log(disk), "keys"].iter().for_each(|name| disk.remove(name).unwrap()),
                &["`checkpoint`", "backup"],
            ),
            (
                "an emptied log",
                |disk| disk.truncate(&log(disk), 0).unwrap(),
                &["ends with entry 0", "entry 12", "journal repair"],
            ),
            (
                "an end cut short that had been safe",
                |disk| disk.truncate(&log(disk), 1300).unwrap(),
                &["offset", "ends within a record", "journal repair"],
            ),
            (
                "no keys",
                |disk| disk.remove("keys").unwrap(),
                &["`keys` is missing", "numbers", "--without-keys"],
            ),
            ("no secret", |disk| disk.remove("secret").unwrap(), &["`secret` is missing", "journal repair"]),
            ("half a secret", |disk| disk.truncate("secret", 9).unwrap(), &["has 9 bytes", "journal repair"]),
        ];
        for (what, spoil, told) in table {
            let disk = stopped();
            spoil(&disk);
            let before = disk.list().unwrap();
            let refusal = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 2000).unwrap_err();
            for word in told {
                assert!(refusal.to_string().contains(word), "{what}: {refusal}");
            }
            assert_eq!(disk.list().unwrap(), before, "{what}: nothing is made");
        }
    }

    #[test]
    fn emptied_log_beside_keys_is_seen_without_a_checkpoint_too() {
        let start = |disk: &SimDisk| {
            let started = FileJournal::start(disk.clone(), ChaCha20Rng::seed_from_u64(1), 2000);
            started.map(|(_, recovered)| recovered.last)
        };
        let disk = stopped();
        assert_eq!(start(&disk), Ok(Lsn(12)));
        disk.remove("checkpoint").unwrap();
        disk.truncate(&log(&disk), 0).unwrap();
        assert!(matches!(start(&disk), Err(LogError::Incomplete { .. })));
        assert_eq!(start(&SimDisk::new()), Ok(Lsn(0)));
    }
}
