//! The simulator's store: the same [committing machine](super::commit) as the exchange's, driven in virtual time on a
//! [`SimDisk`]. A write and a sync each take a given time. Both stand still while the store is stalled, or the syncs alone.

use std::time::Duration;

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

use super::commit::{Act, Committer};
use super::disk::DiskError;
use super::entry::Entry;
use super::file_journal::FileJournal;
use super::log::LogError;
use super::recovery::Recovered;
use super::sim_disk::{Crash, SimDisk};
use super::{Journal, Lsn, StoreEvent};
use crate::time::{Mono, earliest};

/// Segments of simulated journals: small, so that histories cross their borders.
const SEGMENT_BYTES: u64 = 16 << 10;

/// How long the simulated disk takes.
#[derive(Clone, Copy, Debug)]
pub struct SimDelays {
    /// For a group's write.
    pub write: Duration,
    /// For a sync.
    pub sync: Duration,
}

impl Default for SimDelays {
    fn default() -> SimDelays {
        SimDelays { write: Duration::from_micros(200), sync: Duration::from_millis(5) }
    }
}

/// A store in virtual time.
#[derive(Debug)]
pub struct SimStore {
    journal: FileJournal<SimDisk>,
    committer: Committer,
    delays: SimDelays,
    now: Mono,
    stalled_until: Mono,
    syncs_stalled_until: Mono,
    /// When the group in course reaches the disk.
    writing: Option<Mono>,
    syncing: Option<Syncing>,
}

#[derive(Debug)]
struct Syncing {
    done: Mono,
    result: Result<Lsn, DiskError>,
}

impl SimStore {
    /// Opens the journal on `disk`; `seed` feeds keys and nonces.
    pub fn open(disk: SimDisk, seed: u64, delays: SimDelays) -> Result<(SimStore, Recovered), LogError> {
        let rng = ChaCha20Rng::seed_from_u64(seed);
        let (journal, recovered) = FileJournal::start(disk, rng, SEGMENT_BYTES)?;
        let store = SimStore {
            committer: Committer::new(journal.last()),
            journal,
            delays,
            now: Mono::ZERO,
            stalled_until: Mono::ZERO,
            syncs_stalled_until: Mono::ZERO,
            writing: None,
            syncing: None,
        };
        Ok((store, recovered))
    }

    /// Takes an entry; `durable`: somebody waits for its sync. Call [`SimStore::poll`] afterwards.
    pub fn append(&mut self, lsn: Lsn, entry: Entry, durable: bool) {
        self.committer.append(lsn, entry, durable);
    }

    /// Nothing completes before `until`.
    pub fn stall(&mut self, until: Mono) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// No sync completes before `until`; writes go on.
    pub fn stall_syncs(&mut self, until: Mono) {
        self.syncs_stalled_until = self.syncs_stalled_until.max(until);
    }

    /// When to poll next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let synced = self.syncing.as_ref().map(|it| it.done.max(self.syncs_stalled_until));
        let due = earliest([self.committer.poll_timeout(), self.writing, synced])?;
        Some(due.max(self.stalled_until).max(self.now))
    }

    /// Does what is due and tells what came of it.
    pub fn poll(&mut self, now: Mono) -> Vec<StoreEvent> {
        self.now = self.now.max(now);
        let mut events = Vec::new();
        if self.now < self.stalled_until {
            return events;
        }
        self.end_write();
        self.end_sync();
        while let Some(act) = self.committer.poll(self.now) {
            match act {
                Act::Tell(event) => events.push(event),
                Act::Write => self.writing = Some(self.now + self.delays.write),
                Act::Sync => {
                    let result = self.journal.sync_work().run();
                    self.syncing = Some(Syncing { done: self.now + self.delays.sync, result });
                }
            }
        }
        events
    }

    /// Everything that was reported as written so far or is in the file, readable.
    pub fn entries(&self) -> Result<Vec<(Lsn, Entry)>, LogError> {
        let keys = self.journal.keys();
        self.journal
            .reader(Lsn(1))
            .map(|item| item.map(|(lsn, entry)| (lsn, keys.unseal_entry(entry))))
            .collect()
    }

    /// The journal, for views that are made anew from it.
    pub fn journal(&self) -> &FileJournal<SimDisk> {
        &self.journal
    }

    /// The disk, to ask for faults.
    pub fn disk(&self) -> &SimDisk {
        self.journal.disk()
    }

    /// The machine stops; gives the disk that the next start finds. The group in course may have been written, in part
    /// ([`Crash::KillInWrite`], [`Crash::PowerCut`]) or as a whole, or not at all; what is reported is safe from a kill.
    pub fn crash(mut self, how: Crash, rng: &mut impl Rng) -> SimDisk {
        let how = match how {
            Crash::KillInWrite if self.writing.is_none() => Crash::Kill,
            how => how,
        };
        let reached = how != Crash::Kill || rng.next_u32().is_multiple_of(2);
        if self.writing.take().is_some() && reached {
            drop(self.commit()); // nobody hears of it any more
        }
        self.journal.disk().crash(how, rng)
    }

    fn commit(&mut self) -> Result<(), LogError> {
        let (first, group) = self.committer.group();
        self.journal.commit(first, group).map(drop)
    }

    fn end_write(&mut self) {
        if self.writing.take_if(|done| *done <= self.now).is_some() {
            match self.commit() {
                Ok(()) => self.committer.on_written(self.now),
                Err(error) => self.committer.on_write_failed(self.now, error, self.journal.poisoned()),
            }
        }
    }

    fn end_sync(&mut self) {
        if self.now < self.syncs_stalled_until {
            return;
        }
        match self.syncing.take_if(|it| it.done <= self.now).map(|it| it.result) {
            Some(Ok(upto)) => {
                self.journal.synced(upto);
                self.committer.on_synced(upto);
            }
            Some(Err(error)) => {
                self.journal.poison(error.clone());
                self.committer.on_sync_failed(error);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::sample;

    /// Entries go in at random, faults and stalls happen, then the machine stops in some way.
    fn history(seed: u64, how: Crash) {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let (mut store, _) = SimStore::open(SimDisk::new(), seed, SimDelays::default()).unwrap();
        let entries = sample(120);
        // As in an exchange, a first entry without a key is durable before anybody is let in.
        store.append(Lsn(1), entries[0].clone(), true);
        store.poll(Mono::ZERO);
        while let Some(at) = store.poll_timeout() {
            store.poll(at);
        }
        let (mut now, mut sent, mut written, mut durable) = (store.now, 1, 1, 1);
        for _ in 0..rng.next_u64() % 400 {
            match rng.next_u64() % 13 {
                0 => store.stall(now + Duration::from_millis(rng.next_u64() % 300)),
                12 => store.stall_syncs(now + Duration::from_millis(rng.next_u64() % 300)),
                1 => store.disk().limit_room(Some(usize::try_from(rng.next_u64() % 500).unwrap())),
                2 | 3 => store.disk().limit_room(None),
                _ => {
                    if let Some(entry) = entries.get(sent) {
                        sent += 1;
                        store.append(Lsn(sent as u64), entry.clone(), rng.next_u64().is_multiple_of(5));
                    }
                }
            }
            now = now + Duration::from_micros(rng.next_u64() % 20_000);
            for event in store.poll(now) {
                match event {
                    StoreEvent::Written(lsn) => written = written.max(lsn.0),
                    StoreEvent::Durable(lsn) => {
                        assert!(lsn.0 <= written, "durable before written");
                        durable = durable.max(lsn.0);
                    }
                    StoreEvent::Failed(failure) => assert!(!failure.lasting, "{failure}"),
                }
            }
        }
        let disk = store.crash(how, &mut rng);
        let (store, recovered) = SimStore::open(disk, seed + 1, SimDelays::default()).unwrap();
        let kept = if how == Crash::PowerCut { durable } else { written };
        assert!(
            recovered.last.0 >= kept,
            "{how:?}, seed {seed}: promised {kept}, found {}",
            recovered.last.0
        );
        let found: Vec<Entry> = store.entries().unwrap().into_iter().map(|(_, entry)| entry).collect();
        assert_eq!(found.len() as u64, recovered.last.0);
        let promised = usize::try_from(kept).unwrap();
        assert_eq!(found[..promised], entries[..promised], "{how:?}, seed {seed}");
    }

    #[test]
    fn nothing_reported_written_is_lost_by_a_killed_process() {
        (0..300).for_each(|seed| history(seed, Crash::Kill));
        (0..300).for_each(|seed| history(seed, Crash::KillInWrite));
    }

    #[test]
    fn nothing_reported_durable_is_lost_by_a_power_cut() {
        (0..600).for_each(|seed| history(seed, Crash::PowerCut));
    }

    #[test]
    fn entry_somebody_waits_for_is_synced_at_once_and_others_within_50_ms() {
        for (waiting, within) in [(true, Duration::from_millis(10)), (false, Duration::from_millis(60))] {
            let (mut store, _) = SimStore::open(SimDisk::new(), 1, SimDelays::default()).unwrap();
            store.append(Lsn(1), sample(1).remove(0), waiting);
            let mut events = store.poll(Mono::ZERO);
            while let Some(at) = store.poll_timeout() {
                assert!(at.since_start() <= within);
                events.extend(store.poll(at));
            }
            assert_eq!(events, [StoreEvent::Written(Lsn(1)), StoreEvent::Durable(Lsn(1))]);
        }
    }
}
