//! The committing machine: which entries are written together and when, when they are synced, what may be said of them, and
//! what follows from a failure. It has no thread, clock or disk: `io::store` drives it with threads, the simulator
//! ([`super::sim_store`]) in virtual time.
//!
//! **Write.** All that is queued becomes one group; there is one at a time, and a new one not before [`PACE`] has gone by. When
//! it is written that is told at once: no sync is ever waited for. A group that could not be written stays in front of the queue
//! and is tried again after [`RETRY`]. **Sync.** What was written is synced at once when somebody waits for it, within
//! [`SYNC_WITHIN`] otherwise; groups that are written meanwhile share the next sync. **Failure.** After a failed sync, or a
//! failed write that could not be undone, nothing more is begun. **Close.** What is queued is tried once and synced without delay.

use std::collections::VecDeque;
use std::time::Duration;

use super::disk::DiskError;
use super::entry::Entry;
use super::log::LogError;
use super::{Lsn, RETRY, SYNC_WITHIN, StoreEvent, StoreFailure};
use crate::planted::{self, Fault};
use crate::time::{Mono, earliest};

/// Least time from the end of one group to the next. A group costs the same whether it holds one entry or fifty, so under
/// load they come together, for a delay that no caller hears.
pub const PACE: Duration = Duration::from_millis(2);

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Write [`Committer::group`]; then [`Committer::on_written`] or [`Committer::on_write_failed`].
    Write,
    /// Sync all that is written; then [`Committer::on_synced`] or [`Committer::on_sync_failed`].
    Sync,
    /// Report this.
    Tell(StoreEvent),
}

/// Decides what a store does next.
#[derive(Debug)]
pub struct Committer {
    /// Entries that are not written, the group in course first. The gate of the exchange bounds them: it lets no call in when
    /// too many wait.
    queue: Vec<Entry>,
    /// Somebody waits for the sync of one of the queue.
    urgent: bool,
    /// How many of the queue are being written.
    writing: Option<usize>,
    written: Lsn,
    /// No group is begun before this moment.
    next_group: Mono,
    /// What is written and not given to a sync is to be synced by then.
    sync_at: Option<Mono>,
    syncing: bool,
    telling: VecDeque<StoreEvent>,
    closing: bool,
    over: bool,
}

impl Committer {
    /// For a journal whose last entry is `last`.
    pub fn new(last: Lsn) -> Committer {
        Committer {
            queue: Vec::new(),
            urgent: false,
            writing: None,
            written: last,
            next_group: Mono::ZERO,
            sync_at: None,
            syncing: false,
            telling: VecDeque::new(),
            closing: false,
            over: false,
        }
    }

    /// Takes an entry; `durable`: somebody waits for its sync.
    pub fn append(&mut self, lsn: Lsn, entry: Entry, durable: bool) {
        let expected = self.written.0 + self.queue.len() as u64 + 1;
        if self.over {
            return; // that has been told
        }
        if lsn.0 != expected {
            return self.fail(LogError::Order { expected, found: lsn.0 }, false);
        }
        self.queue.push(entry);
        self.urgent |= durable;
    }

    /// No more entries come. A full disk is not waited for.
    pub fn close(&mut self, now: Mono) {
        self.closing = true;
        self.next_group = Mono::ZERO;
        self.sync_at = self.sync_at.map(|at| at.min(now));
    }

    /// What is to be done now; ask until there is nothing.
    pub fn poll(&mut self, now: Mono) -> Option<Act> {
        if self.telling.is_empty() && self.sync_due().is_some_and(|at| at <= now) {
            self.sync_at = None;
            self.syncing = true;
            if !planted::is(Fault::SkippedSync) {
                return Some(Act::Sync);
            }
            self.on_synced(self.written);
        }
        if self.telling.is_empty() && self.group_due().is_some_and(|at| at <= now) {
            self.writing = Some(self.queue.len());
            if planted::is(Fault::ReportedBeforeWritten) {
                let upto = Lsn(self.written.0 + self.queue.len() as u64);
                self.telling.push_back(StoreEvent::Written(upto));
            }
            return Some(Act::Write);
        }
        self.telling.pop_front().map(Act::Tell)
    }

    /// When to ask again, though nothing has come.
    pub fn poll_timeout(&self) -> Option<Mono> {
        earliest([self.group_due(), self.sync_due()])
    }

    fn group_due(&self) -> Option<Mono> {
        (self.writing.is_none() && !self.queue.is_empty() && !self.over).then_some(self.next_group)
    }

    fn sync_due(&self) -> Option<Mono> {
        self.sync_at.filter(|_| !self.syncing && !self.over)
    }

    /// The group in course: the lsn of its first entry, and the entries.
    pub fn group(&self) -> (Lsn, &[Entry]) {
        (Lsn(self.written.0 + 1), self.queue.get(..self.writing.unwrap_or(0)).unwrap_or_default())
    }

    /// The group was written.
    pub fn on_written(&mut self, now: Mono) {
        let count = self.writing.take().unwrap_or(0);
        self.queue.drain(..count);
        self.written.0 += count as u64;
        self.telling.push_back(StoreEvent::Written(self.written));
        self.next_group = if self.closing { now } else { now + PACE };
        let at = if self.urgent || self.closing { now } else { now + SYNC_WITHIN };
        self.sync_at = earliest([self.sync_at, Some(at)]);
        // Who came while the group was written waits for the next one; a sync that comes too soon for it does no harm.
        self.urgent &= !self.queue.is_empty();
    }

    /// The group was not written, and nothing of it is in the journal. `poisoned`: nothing ever will be.
    pub fn on_write_failed(&mut self, now: Mono, error: LogError, poisoned: bool) {
        self.writing = None;
        self.next_group = now + RETRY;
        self.fail(error, poisoned);
        if self.closing {
            self.queue.clear();
        }
    }

    /// Everything up to `upto` is durable.
    pub fn on_synced(&mut self, upto: Lsn) {
        self.syncing = false;
        self.telling.push_back(StoreEvent::Durable(upto));
    }

    /// What is on the disk is not known any more: a second try would report a success that means nothing.
    pub fn on_sync_failed(&mut self, error: DiskError) {
        self.syncing = false;
        self.fail(LogError::Poisoned(error), true);
    }

    fn fail(&mut self, error: LogError, poisoned: bool) {
        let failure = StoreFailure::new(error, poisoned);
        if failure.lasting {
            self.over = true;
            self.queue.truncate(self.writing.unwrap_or(0));
        }
        self.telling.push_back(StoreEvent::Failed(failure));
    }

    /// A group waits for nothing but its pace.
    pub fn is_pacing(&self, now: Mono) -> bool {
        self.group_due().is_some_and(|at| at.since(now) <= PACE)
    }

    /// Nothing is in course, and nothing will be.
    pub fn is_done(&self) -> bool {
        let is_quiet = self.writing.is_none() && !self.syncing && self.telling.is_empty();
        is_quiet && (self.over || (self.closing && self.queue.is_empty() && self.sync_at.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::sample;
    use crate::journal::disk::{DiskFault, DiskOp};

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    /// A machine that was given so many entries, the last of them urgent or not.
    fn given(count: u64, urgent: bool) -> Committer {
        let mut committer = Committer::new(Lsn(0));
        for (entry, lsn) in sample(9).into_iter().zip(1..=count) {
            committer.append(Lsn(lsn), entry, urgent && lsn == count);
        }
        committer
    }

    fn broken() -> DiskError {
        DiskError { op: DiskOp::Sync, file: "a".into(), kind: DiskFault::Full, detail: String::new() }
    }

    #[test]
    fn what_is_queued_is_one_group_and_what_comes_meanwhile_the_next() {
        let mut committer = given(3, false);
        assert_eq!(committer.poll(at(0)), Some(Act::Write));
        committer.append(Lsn(4), sample(1).remove(0), false);
        assert_eq!((committer.group().0, committer.group().1.len()), (Lsn(1), 3));
        assert_eq!(committer.poll(at(1)), None, "one group at a time");
        committer.on_written(at(1));
        assert_eq!(committer.poll(at(1)), Some(Act::Tell(StoreEvent::Written(Lsn(3)))));
        assert_eq!((committer.poll(at(1)), committer.poll_timeout()), (None, Some(at(3))));
        assert_eq!(committer.poll(at(3)), Some(Act::Write));
        assert_eq!((committer.group().0, committer.group().1.len()), (Lsn(4), 1));
    }

    #[test]
    fn written_is_told_while_a_sync_lasts_and_the_groups_share_the_next_sync() {
        let mut committer = given(1, true);
        committer.poll(at(0));
        committer.on_written(at(0));
        let told = Act::Tell(StoreEvent::Written(Lsn(1)));
        assert_eq!([committer.poll(at(0)), committer.poll(at(0))], [Some(told), Some(Act::Sync)]);
        for lsn in 2..5 {
            committer.append(Lsn(lsn), sample(1).remove(0), true);
            assert_eq!(committer.poll(at(lsn * 10)), Some(Act::Write));
            committer.on_written(at(lsn * 10));
            assert_eq!(committer.poll(at(lsn * 10)), Some(Act::Tell(StoreEvent::Written(Lsn(lsn)))));
            assert_eq!(committer.poll(at(lsn * 10)), None, "the sync is in course");
        }
        committer.on_synced(Lsn(1));
        assert_eq!(committer.poll(at(90)), Some(Act::Tell(StoreEvent::Durable(Lsn(1)))));
        assert_eq!((committer.poll(at(90)), committer.poll(at(90))), (Some(Act::Sync), None));
    }

    #[test]
    fn failed_group_is_tried_again_with_what_came_after_it() {
        let mut committer = given(2, false);
        committer.poll(at(0));
        committer.append(Lsn(3), sample(1).remove(0), false);
        committer.on_write_failed(at(1), LogError::Disk(broken()), false);
        let Some(Act::Tell(StoreEvent::Failed(failure))) = committer.poll(at(1)) else { panic!("a failure") };
        assert!(!failure.lasting);
        assert_eq!((committer.poll(at(500)), committer.poll_timeout()), (None, Some(at(501))));
        assert_eq!(committer.poll(at(501)), Some(Act::Write));
        assert_eq!((committer.group().0, committer.group().1.len()), (Lsn(1), 3));
    }

    #[test]
    fn nothing_is_begun_after_a_failed_sync_and_the_machine_is_done() {
        let mut committer = given(1, true);
        committer.poll(at(0));
        committer.on_written(at(0));
        committer.poll(at(0));
        assert_eq!(committer.poll(at(0)), Some(Act::Sync));
        committer.append(Lsn(2), sample(1).remove(0), true);
        committer.on_sync_failed(broken());
        let Some(Act::Tell(StoreEvent::Failed(failure))) = committer.poll(at(5)) else { panic!("a failure") };
        assert!(failure.lasting && committer.is_done());
        committer.append(Lsn(3), sample(1).remove(0), true);
        assert_eq!((committer.poll(at(900)), committer.poll_timeout()), (None, None));
    }

    #[test]
    fn closing_writes_and_syncs_what_is_queued_but_waits_for_no_full_disk() {
        for full in [false, true] {
            let mut committer = given(1, false);
            committer.close(at(0));
            assert_eq!(committer.poll(at(0)), Some(Act::Write));
            if full {
                committer.on_write_failed(at(0), LogError::Disk(broken()), false);
            } else {
                committer.on_written(at(0));
            }
            assert!(matches!(committer.poll(at(0)), Some(Act::Tell(_))));
            if !full {
                assert_eq!((committer.poll(at(0)), committer.is_done()), (Some(Act::Sync), false));
                committer.on_synced(Lsn(1));
                assert!(committer.poll(at(0)).is_some());
            }
            assert!(committer.is_done(), "full: {full}");
        }
    }
}
