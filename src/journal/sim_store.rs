//! The simulator's store: groups, writes and syncs as in `io::store`, but in virtual time and on a [`SimDisk`]. A write and a
//! sync each take a given time, and both stand still while the store is stalled.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

use super::disk::DiskError;
use super::entry::Entry;
use super::file_journal::FileJournal;
use super::log::{LogError, SyncWork};
use super::recovery::{Recovered, Recovery};
use super::sim_disk::{Crash, SimDisk};
use super::{Journal, Lsn, RETRY, SYNC_WITHIN, StoreEvent, StoreFailure};
use crate::planted::{self, Fault};
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
    delays: SimDelays,
    now: Mono,
    stalled_until: Mono,
    queue: VecDeque<Queued>,
    writing: Option<Writing>,
    /// Not before this moment, after a failure.
    retry_at: Mono,
    to_sync: Option<ToSync>,
    syncing: Option<Syncing>,
    stopped: bool,
}

#[derive(Debug)]
struct Queued {
    lsn: Lsn,
    entry: Entry,
    durable: bool,
}

#[derive(Debug)]
struct Writing {
    done: Mono,
    group: Vec<Queued>,
    /// `None`: written only when it is done, a planted fault.
    result: Option<Result<(), LogError>>,
}

#[derive(Debug)]
struct ToSync {
    work: SyncWork<SimDisk>,
    at: Mono,
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
        let (mut journal, cuts) = FileJournal::open(disk, rng, SEGMENT_BYTES)?;
        let keys = journal.keys();
        let state = Recovery::read(journal.disk(), &keys, journal.last())?;
        journal.erase(state.erased.iter().copied())?;
        let recovered = Recovered { last: journal.last(), cuts, state, keys };
        let store = SimStore {
            journal,
            delays,
            now: Mono::ZERO,
            stalled_until: Mono::ZERO,
            queue: VecDeque::new(),
            writing: None,
            retry_at: Mono::ZERO,
            to_sync: None,
            syncing: None,
            stopped: false,
        };
        Ok((store, recovered))
    }

    /// Takes an entry; `durable`: somebody waits for its sync. Call [`SimStore::poll`] afterwards.
    pub fn append(&mut self, lsn: Lsn, entry: Entry, durable: bool) {
        self.queue.push_back(Queued { lsn, entry, durable });
    }

    /// Nothing completes before `until`.
    pub fn stall(&mut self, until: Mono) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// When to poll next.
    pub fn poll_timeout(&self) -> Option<Mono> {
        let next_write =
            (!self.queue.is_empty() && self.writing.is_none() && !self.stopped).then_some(self.retry_at);
        let next_sync = self.to_sync.as_ref().filter(|_| self.syncing.is_none()).map(|due| due.at);
        let done = [self.writing.as_ref().map(|it| it.done), self.syncing.as_ref().map(|it| it.done)];
        let due = earliest([next_write, next_sync, done[0], done[1]])?;
        Some(due.max(self.stalled_until).max(self.now))
    }

    /// Does what is due and tells what came of it.
    pub fn poll(&mut self, now: Mono) -> Vec<StoreEvent> {
        self.now = self.now.max(now);
        let mut events = Vec::new();
        if self.now < self.stalled_until {
            return events;
        }
        while self.end_write(&mut events)
            || self.end_sync(&mut events)
            || self.begin_sync()
            || self.begin_write(&mut events)
        {}
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

    /// The machine stops; gives the disk that the next start finds. A kill tears only a write that was not yet reported.
    pub fn crash(self, how: Crash, rng: &mut impl Rng) -> SimDisk {
        let how = match how {
            Crash::KillInWrite if self.writing.is_none() => Crash::Kill,
            how => how,
        };
        self.journal.disk().crash(how, rng)
    }

    fn begin_write(&mut self, events: &mut Vec<StoreEvent>) -> bool {
        if self.writing.is_some() || self.queue.is_empty() || self.stopped || self.now < self.retry_at {
            return false;
        }
        let group: Vec<Queued> = self.queue.drain(..).collect();
        let result = if planted::is(Fault::ReportedBeforeWritten) {
            events.extend(group.last().map(|queued| StoreEvent::Written(queued.lsn)));
            None
        } else {
            Some(self.commit(&group))
        };
        self.writing = Some(Writing { done: self.now + self.delays.write, group, result });
        true
    }

    fn commit(&mut self, group: &[Queued]) -> Result<(), LogError> {
        let entries: Vec<Entry> = group.iter().map(|queued| queued.entry.clone()).collect();
        let first = group.first().map_or(Lsn(0), |queued| queued.lsn);
        self.journal.commit(first, &entries).map(drop)
    }

    fn end_write(&mut self, events: &mut Vec<StoreEvent>) -> bool {
        let Some(Writing { group, result, .. }) = self.writing.take_if(|it| it.done <= self.now) else {
            return false;
        };
        match result.unwrap_or_else(|| self.commit(&group)) {
            Ok(()) => {
                events.push(StoreEvent::Written(self.journal.last()));
                self.ask_sync(group.iter().any(|queued| queued.durable));
            }
            Err(error) => {
                let failure = StoreFailure::new(error, self.journal.poisoned());
                self.stopped = failure.lasting;
                self.retry_at = self.now + RETRY;
                events.push(StoreEvent::Failed(failure));
                group.into_iter().rev().for_each(|queued| self.queue.push_front(queued));
            }
        }
        true
    }

    fn ask_sync(&mut self, urgent: bool) {
        let at = if urgent { self.now } else { self.now + SYNC_WITHIN };
        let work = self.journal.sync_work();
        match &mut self.to_sync {
            Some(due) => {
                due.work.merge(work);
                due.at = due.at.min(at);
            }
            None => self.to_sync = Some(ToSync { work, at }),
        }
    }

    fn begin_sync(&mut self) -> bool {
        if self.syncing.is_some() || self.stopped {
            return false;
        }
        let Some(due) = self.to_sync.take_if(|due| due.at <= self.now) else { return false };
        let result = if planted::is(Fault::SkippedSync) { Ok(due.work.upto()) } else { due.work.run() };
        self.syncing = Some(Syncing { done: self.now + self.delays.sync, result });
        true
    }

    fn end_sync(&mut self, events: &mut Vec<StoreEvent>) -> bool {
        let Some(Syncing { result, .. }) = self.syncing.take_if(|it| it.done <= self.now) else {
            return false;
        };
        match result {
            Ok(upto) => {
                self.journal.synced(upto);
                events.push(StoreEvent::Durable(upto));
            }
            Err(error) => {
                self.journal.poison(error.clone());
                self.stopped = true;
                events.push(StoreEvent::Failed(StoreFailure::new(LogError::Poisoned(error), true)));
            }
        }
        true
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
        let (mut now, mut sent, mut written, mut durable) = (Mono::ZERO, 0, 0, 0);
        for _ in 0..rng.next_u64() % 400 {
            match rng.next_u64() % 12 {
                0 => store.stall(now + Duration::from_millis(rng.next_u64() % 300)),
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
