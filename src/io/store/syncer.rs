//! The sync thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
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

/// Syncs what was written.
pub(super) struct Syncer {
    pub(super) jobs: Receiver<Job>,
    pub(super) report: UnboundedSender<StoreEvent>,
    pub(super) to_writer: Sender<ToWriter>,
    /// For the view thread: checkpoints tell only of what is durable.
    pub(super) durable: Arc<AtomicU64>,
}

impl Syncer {
    pub(super) fn run(self) {
        while let Ok(job) = self.jobs.recv() {
            let work = self.gather(job);
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
    fn gather(&self, first: Job) -> SyncWork<RealDisk> {
        let until = Instant::now() + SYNC_WITHIN;
        let Job { mut work, mut urgent } = first;
        while !urgent {
            let Ok(more) = self.jobs.recv_timeout(until.saturating_duration_since(Instant::now())) else {
                break;
            };
            work.merge(more.work);
            urgent = more.urgent;
        }
        for more in self.jobs.try_iter() {
            work.merge(more.work);
        }
        work
    }
}
