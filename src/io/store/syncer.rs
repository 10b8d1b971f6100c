//! The sync thread.
//!
//! What is to be synced lies on a shelf, where later groups join earlier ones. The thread is woken for the first and for one
//! that somebody waits for, not for each: a wake costs as much as a write.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc::UnboundedSender;

use super::writer::ToWriter;
use crate::io::disk::RealDisk;
use crate::journal::log::{LogError, SyncWork};
use crate::journal::{SYNC_WITHIN, StoreEvent, StoreFailure};

/// A written group to be synced.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) work: SyncWork<RealDisk>,
    /// Somebody waits for it.
    pub(super) urgent: bool,
}

/// The jobs that wait, joined into one.
type Shelf = Arc<Mutex<Option<Job>>>;

/// The write thread's way to the sync thread.
pub(super) struct ToSyncer {
    shelf: Shelf,
    wake: Sender<()>,
}

impl ToSyncer {
    /// Puts a job to the others, and wakes the sync thread if it must know.
    pub(super) fn give(&self, job: Job) {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let news = match &mut *shelf {
            Some(waiting) => {
                waiting.work.merge(job.work);
                let sooner = job.urgent && !waiting.urgent;
                waiting.urgent |= job.urgent;
                sooner
            }
            None => {
                *shelf = Some(job);
                true
            }
        };
        drop(shelf);
        if news {
            // When the sync thread is gone its failure is already with the write thread.
            let _ = self.wake.send(());
        }
    }
}

/// Syncs what was written.
pub(super) struct Syncer {
    shelf: Shelf,
    /// Something on the shelf wants attention; ends with the write thread.
    woken: Receiver<()>,
    report: UnboundedSender<StoreEvent>,
    to_writer: Sender<ToWriter>,
    /// For the view thread: checkpoints tell only of what is durable.
    durable: Arc<AtomicU64>,
}

impl Syncer {
    pub(super) fn new(
        report: UnboundedSender<StoreEvent>,
        to_writer: Sender<ToWriter>,
        durable: Arc<AtomicU64>,
    ) -> (Syncer, ToSyncer) {
        let (wake, woken) = mpsc::channel();
        let shelf = Shelf::default();
        (Syncer { shelf: shelf.clone(), woken, report, to_writer, durable }, ToSyncer { shelf, wake })
    }

    pub(super) fn run(self) {
        while self.woken.recv().is_ok() {
            self.gather();
            let Some(Job { work, .. }) = self.shelf().take() else { continue };
            match work.run() {
                Ok(upto) => {
                    self.durable.store(upto.0, Ordering::Release);
                    drop(self.to_writer.send(ToWriter::Synced(upto)));
                    drop(self.report.send(StoreEvent::Durable(upto)));
                }
                Err(error) => {
                    tracing::error!(%error, "a sync failed: nothing more is written until a restart");
                    drop(self.to_writer.send(ToWriter::SyncFailed(error.clone())));
                    let failure = StoreFailure::new(LogError::Poisoned(error), true);
                    drop(self.report.send(StoreEvent::Failed(failure)));
                    return;
                }
            }
        }
    }

    /// Lets groups come together until one is urgent or the first has waited long enough.
    #[expect(clippy::disallowed_methods, reason = "a thread of `io` has its own clock")]
    fn gather(&self) {
        let until = Instant::now() + SYNC_WITHIN;
        while !self.shelf().as_ref().is_some_and(|job| job.urgent) {
            if self.woken.recv_timeout(until.saturating_duration_since(Instant::now())).is_err() {
                break;
            }
        }
    }

    fn shelf(&self) -> MutexGuard<'_, Option<Job>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
