//! The write thread: it drives the [committing machine](crate::journal::commit) and makes its writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use super::keeper::ToViews;
use super::syncer;
use crate::flood::Flood;
use crate::io::disk::RealDisk;
use crate::journal::commit::{Act, Committer};
use crate::journal::disk::DiskError;
use crate::journal::entry::Entry;
use crate::journal::file_journal::FileJournal;
use crate::journal::log::SyncWork;
use crate::journal::{Journal, Lsn, StoreEvent};
use crate::time::Mono;

/// What the write thread is told.
#[derive(Debug)]
pub(super) enum ToWriter {
    /// Write this.
    Append { lsn: Lsn, entry: Box<Entry>, durable: bool },
    /// How the sync in course went.
    Synced(Result<Lsn, DiskError>),
    /// Write and sync what is queued, then end.
    Close,
}

/// Where the write thread hands things on to.
pub(super) struct Outlets {
    pub(super) report: UnboundedSender<StoreEvent>,
    pub(super) to_syncer: Sender<SyncWork<RealDisk>>,
    pub(super) to_views: ToViews,
    /// For the view thread: checkpoints tell only of what is durable.
    pub(super) durable: Arc<AtomicU64>,
}

/// Commits groups.
pub(super) struct Writer {
    journal: FileJournal<RealDisk>,
    committer: Committer,
    inbox: Receiver<ToWriter>,
    outlets: Outlets,
    outage: Outage,
    began: Instant,
}

impl Writer {
    #[expect(clippy::disallowed_methods, reason = "a thread of `io` has its own clock")]
    pub(super) fn new(journal: FileJournal<RealDisk>, inbox: Receiver<ToWriter>, outlets: Outlets) -> Writer {
        let committer = Committer::new(journal.last());
        Writer { journal, committer, inbox, outlets, outage: Outage::default(), began: Instant::now() }
    }

    pub(super) fn run(mut self) {
        loop {
            while let Some(act) = self.committer.poll(self.now()) {
                self.carry_out(act);
            }
            if self.committer.is_done() || !self.take_all() {
                return;
            }
        }
    }

    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Write => self.write(),
            Act::Sync => {
                if self.outlets.to_syncer.send(self.journal.sync_work()).is_err() {
                    self.take(ToWriter::Synced(Err(syncer::gone())));
                }
            }
            Act::Tell(event) => self.tell(event),
        }
    }

    fn write(&mut self) {
        let (first, group) = self.committer.group();
        match self.journal.commit(first, group) {
            Ok(sealed) => {
                // Before it is told, so that whoever hears of it and asks the views finds it there.
                self.outlets.to_views.give(sealed);
                self.committer.on_written(self.now());
            }
            Err(error) => self.committer.on_write_failed(self.now(), error, self.journal.poisoned()),
        }
    }

    fn tell(&mut self, event: StoreEvent) {
        match &event {
            StoreEvent::Written(_) if self.outage.on_written() => {
                tracing::info!("the journal is written again")
            }
            StoreEvent::Written(_) => {}
            StoreEvent::Durable(upto) => self.outlets.durable.store(upto.0, Ordering::Release),
            StoreEvent::Failed(failure) => {
                if let Some(count) = self.outage.on_failed(self.now(), failure.lasting) {
                    tracing::error!(%failure, count, "the journal cannot be written; calls go on, nothing is promised");
                }
            }
        }
        drop(self.outlets.report.send(event)); // nobody listens at the very end
    }

    /// Waits for news, or for the machine's next moment, then takes all there is. False: nobody is left.
    fn take_all(&mut self) -> bool {
        let wait = self.committer.poll_timeout().map(|at| at.since(self.now()));
        let first = match wait {
            None => self.inbox.recv().map_err(RecvTimeoutError::from),
            // What comes during the pace goes with the group in any case: to be woken for it costs as much as a write.
            Some(wait) if self.committer.is_pacing(self.now()) => {
                std::thread::sleep(wait);
                self.inbox.recv_timeout(std::time::Duration::ZERO)
            }
            Some(wait) => self.inbox.recv_timeout(wait),
        };
        match first {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        while let Ok(message) = self.inbox.try_recv() {
            self.take(message);
        }
        true
    }

    fn take(&mut self, message: ToWriter) {
        match message {
            ToWriter::Append { lsn, entry, durable } => self.committer.append(lsn, *entry, durable),
            ToWriter::Synced(Ok(upto)) => {
                self.journal.synced(upto);
                self.committer.on_synced(upto);
            }
            ToWriter::Synced(Err(error)) => {
                self.journal.poison(error.clone());
                self.committer.on_sync_failed(error);
            }
            ToWriter::Close => self.committer.close(self.now()),
        }
    }

    fn now(&self) -> Mono {
        Mono::from_start(self.began.elapsed())
    }
}

/// Writes that fail: a full disk is tried twice a second, and the log hears of it once a minute, and when it is over.
#[derive(Default)]
struct Outage {
    failures: Flood,
    is_told: bool,
}

impl Outage {
    /// How many failures are to be told, if any. One that lasts is told at once: no other comes after it.
    fn on_failed(&mut self, now: Mono, lasting: bool) -> Option<u64> {
        let count = self.failures.add(now).or(lasting.then_some(1));
        self.is_told |= count.is_some();
        count
    }

    /// Whether it is news that something was written.
    fn on_written(&mut self) -> bool {
        std::mem::take(&mut self.is_told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn full_disk_is_told_once_a_minute_and_when_it_is_over() {
        let at = |half_s: u64| Mono::from_start(Duration::from_millis(500 * half_s));
        let mut outage = Outage::default();
        assert!(!outage.on_written(), "all is well");
        let told: Vec<u64> = (0..=240).filter_map(|half_s| outage.on_failed(at(half_s), false)).collect();
        assert_eq!(told, [1, 120, 120]);
        assert_eq!((outage.on_written(), outage.on_written()), (true, false));
        assert_eq!(outage.on_failed(at(250), false), None, "again within the minute");
        assert!(!outage.on_written(), "nothing was told that would be over");
        assert_eq!(outage.on_failed(at(252), true), Some(1), "nothing is written any more");
    }
}
