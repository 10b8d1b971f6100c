//! The write thread.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::keeper::ToViews;
use super::syncer::{Job, ToSyncer};
use crate::io::disk::RealDisk;
use crate::journal::disk::DiskError;
use crate::journal::entry::Entry;
use crate::journal::file_journal::FileJournal;
use crate::journal::log::LogError;
use crate::journal::{Journal, Lsn, RETRY, StoreEvent, StoreFailure};

/// Least time from one group to the next. A group costs the same whether it holds one entry or fifty, so under load they
/// come together, for a delay that no caller hears.
const PACE: Duration = Duration::from_millis(2);

/// What the write thread is told.
#[derive(Debug)]
pub(super) enum ToWriter {
    /// Write this.
    Append { lsn: Lsn, entry: Entry, durable: bool },
    /// The sync thread has done its work.
    Synced(Lsn),
    /// The sync thread has failed.
    SyncFailed(DiskError),
    /// Write what is queued, then end.
    Close,
}

/// Commits groups.
pub(super) struct Writer {
    journal: FileJournal<RealDisk>,
    inbox: Receiver<ToWriter>,
    report: UnboundedSender<StoreEvent>,
    to_syncer: ToSyncer,
    to_views: ToViews,
    /// The entries to be written next; their first lsn is one after the journal's last. The control loop bounds it: it takes no
    /// new calls when too many facts wait.
    queue: Vec<Entry>,
    /// Somebody waits for the sync of one of them.
    urgent: bool,
    /// Before this moment no group is begun; see [`PACE`].
    next_at: Option<Instant>,
    retry_at: Option<Instant>,
    closing: bool,
    /// Nothing more is written.
    over: bool,
}

impl Writer {
    pub(super) fn new(
        journal: FileJournal<RealDisk>,
        inbox: Receiver<ToWriter>,
        report: UnboundedSender<StoreEvent>,
        to_syncer: ToSyncer,
        to_views: ToViews,
    ) -> Writer {
        let (queue, urgent, next_at, retry_at, closing, over) = (Vec::new(), false, None, None, false, false);
        Writer {
            journal,
            inbox,
            report,
            to_syncer,
            to_views,
            queue,
            urgent,
            next_at,
            retry_at,
            closing,
            over,
        }
    }

    pub(super) fn run(mut self) {
        while self.take_all() {
            if !self.over && !self.queue.is_empty() && self.retry_is_due() {
                self.write();
            }
            // At the end a full disk is not waited for.
            if self.closing || self.over {
                break;
            }
        }
    }

    /// Waits for something, and for the next group's time, then takes all there is. False: nobody is left.
    fn take_all(&mut self) -> bool {
        let first = match self.retry_at {
            None => self.inbox.recv().map_err(RecvTimeoutError::from),
            Some(at) => self.inbox.recv_timeout(at.saturating_duration_since(now())),
        };
        match first {
            Ok(message) => self.take(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        if let Some(at) = self.next_at.take_if(|_| !self.queue.is_empty()) {
            std::thread::sleep(at.saturating_duration_since(now()));
        }
        while let Ok(message) = self.inbox.try_recv() {
            self.take(message);
        }
        true
    }

    fn take(&mut self, message: ToWriter) {
        match message {
            ToWriter::Append { lsn, entry, durable } => {
                let expected = self.journal.last().0 + self.queue.len() as u64 + 1;
                if lsn.0 == expected {
                    self.queue.push(entry);
                    self.urgent |= durable;
                } else {
                    self.fail(LogError::Order { expected, found: lsn.0 });
                }
            }
            ToWriter::Synced(upto) => self.journal.synced(upto),
            ToWriter::SyncFailed(error) => {
                self.journal.poison(error);
                self.over = true;
            }
            ToWriter::Close => self.closing = true,
        }
    }

    fn retry_is_due(&self) -> bool {
        self.retry_at.is_none_or(|at| at <= now())
    }

    fn write(&mut self) {
        let first = Lsn(self.journal.last().0 + 1);
        match self.journal.commit(first, &self.queue) {
            Ok(sealed) => {
                self.queue.clear();
                self.retry_at = None;
                self.next_at = Some(now() + PACE);
                // First, so that whoever hears of it and asks the views finds it there.
                self.to_views.give(sealed);
                self.tell(StoreEvent::Written(self.journal.last()));
                let urgent = std::mem::take(&mut self.urgent);
                self.to_syncer.give(Job { work: self.journal.sync_work(), urgent });
            }
            Err(error) => {
                self.retry_at = Some(now() + RETRY);
                self.fail(error);
            }
        }
    }

    fn fail(&mut self, error: LogError) {
        let failure = StoreFailure::new(error, self.journal.poisoned());
        tracing::error!(%failure, "the journal cannot be written");
        self.over |= failure.lasting;
        self.tell(StoreEvent::Failed(failure));
    }

    fn tell(&self, event: StoreEvent) {
        drop(self.report.send(event)); // nobody listens at the very end
    }
}

#[expect(clippy::disallowed_methods, reason = "a thread of `io` has its own clock")]
fn now() -> Instant {
    Instant::now()
}
