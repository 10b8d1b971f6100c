//! The store: the journal's threads, and the handle by which the control loop reaches them.
//!
//! ```text
//! append -> [ write thread ] -- entries as written --> [ view thread ] <- questions
//!                |   ^
//!     what to sync   synced
//!                v   |
//!           [ sync thread ]
//! ```
//!
//! The write thread drives the machine that decides what is written, synced and told when ([`crate::journal::commit`]); it
//! never waits for a sync, and reports to `events`. The view thread lags behind on purpose: it folds many entries at a time, but
//! has all of them before it answers a question.
//!
//! One process owns a data directory (`data_dir`). The journal, the keys and the secret are below `journal`, the disposable
//! views in `views`.

mod data_dir;
mod keeper;
mod syncer;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;

use super::disk::RealDisk;
use super::health::Health;
use super::views_sled::SledViews;
use crate::journal::disk::DiskError;
use crate::journal::entry::Entry;
use crate::journal::file_journal::FileJournal;
use crate::journal::log::{LogError, SEGMENT_BYTES};
use crate::journal::recovery::Recovered;
use crate::journal::seal::Keys;
use crate::journal::{Journal, Lsn, StoreEvent};
use crate::views::{ViewError, catch_up};
pub use data_dir::DirLock;
use data_dir::{journal_dir, lock};
use keeper::{Keeper, Question, ToKeeper};
use writer::{Outlets, ToWriter, Writer};

/// Questions that may wait for the view thread; a further one is refused.
const MAX_QUESTIONS: usize = 4096;

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns it.
    #[error("the data directory {dir} is in use by another process; stop that one first")]
    InUse {
        /// The directory.
        dir: String,
    },
    /// There is none.
    #[error("there is no data directory {dir}; `centralino serve --data {dir}` makes one")]
    Missing {
        /// The directory.
        dir: String,
    },
    /// It belongs to another user.
    #[error(
        "the data directory {dir} belongs to the user with the id {owner}, and this is {us}: what is written there now, that \
         user could not open; run it as that user, or give it to this one by `chown -R {us} {dir}`"
    )]
    NotOurs {
        /// The directory.
        dir: String,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        us: u32,
    },
    /// Something else lies among the journal's files.
    #[error(
        "{path} is not a file: the files of the journal must lie in that directory themselves; put the file in the place of a \
         link, and move away what does not belong there"
    )]
    Odd {
        /// What.
        path: String,
    },
    /// The disk does not allow it.
    #[error("the data directory cannot be used: {0}")]
    Disk(#[from] DiskError),
    /// The journal cannot be opened.
    #[error("the data directory cannot be used: {0}")]
    Journal(#[from] LogError),
    /// The views cannot be made.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// The system gives no thread or no randomness.
    #[error("the store cannot start: {0}")]
    System(String),
}

/// The store of a running exchange.
#[derive(Debug)]
pub struct Store {
    /// What the store reports; await it beside the control loop's other inputs.
    pub events: UnboundedReceiver<StoreEvent>,
    to_writer: mpsc::Sender<ToWriter>,
    views: ViewsHandle,
    health: Arc<Health>,
    threads: Vec<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
    stopping: Arc<AtomicBool>,
    /// Keeps `events` open when the threads have ended after a lasting failure: silence, not an end.
    _report: UnboundedSender<StoreEvent>,
    _lock: DirLock,
}

impl Store {
    /// Opens the data directory, makes it when it is not there, and gives what a start needs to know.
    pub fn open(dir: &Path) -> Result<(Store, Recovered), OpenError> {
        data_dir::make(dir)?;
        let (journal, recovered, lock) = open_journal(dir)?;
        warn_of_a_clock_set_back(recovered.state.last_ms);
        let store = Store::start(dir, journal, &recovered, lock)?;
        Ok((store, recovered))
    }

    fn start(
        dir: &Path,
        journal: FileJournal<RealDisk>,
        found: &Recovered,
        lock: DirLock,
    ) -> Result<Store, OpenError> {
        let (report, events) = tokio::sync::mpsc::unbounded_channel();
        let (to_writer, from_all) = mpsc::channel();
        let (to_keeper, for_keeper) = mpsc::sync_channel(MAX_QUESTIONS);
        let durable = Arc::new(AtomicU64::new(found.last.0));
        let disk = journal.disk().clone();
        let (health, stopping) = (Arc::<Health>::default(), Arc::<AtomicBool>::default());
        let keeping = keeper::Keeping {
            dir: dir.join("views"),
            disk,
            durable: durable.clone(),
            health: health.clone(),
            stopping: stopping.clone(),
        };
        let (keeper, to_views) = Keeper::new(keeping, found, to_keeper.clone());
        let (to_syncer, work) = mpsc::channel();
        let outlets = Outlets { report: report.clone(), to_syncer, to_views, durable };
        let writer = Writer::new(journal, from_all, outlets);
        let back = to_writer.clone();
        let threads = vec![
            spawn("journal-write", move || writer.run())?,
            spawn("journal-sync", move || syncer::run(&work, &back))?,
        ];
        let keeper = Some(spawn("views", move || keeper.run(&for_keeper))?);
        let views = ViewsHandle { to_keeper };
        Ok(Store {
            events,
            to_writer,
            views,
            health,
            threads,
            keeper,
            stopping,
            _report: report,
            _lock: lock,
        })
    }

    /// Queues an entry and returns at once. Entries come in order, from one after [`Recovered::last`] on. `durable`: somebody
    /// waits for its sync.
    pub fn append(&self, lsn: Lsn, entry: impl Into<Box<Entry>>, durable: bool) {
        // The write thread is gone only after a lasting failure, which it has reported.
        drop(self.to_writer.send(ToWriter::Append { lsn, entry: entry.into(), durable }));
    }

    /// The views, to be asked from any thread.
    pub fn views(&self) -> ViewsHandle {
        self.views.clone()
    }

    /// How the store and, once it runs, the exchange are.
    pub fn health(&self) -> Arc<Health> {
        self.health.clone()
    }

    /// Writes and syncs what is queued, brings the views and the checkpoint up to it, and ends the threads. An orderly end: a
    /// killed process loses nothing either, but the next start has more to read. So it has when the views were being made anew
    /// from a long journal: that is not waited for.
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        drop(self.to_writer.send(ToWriter::Close));
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
        drop(self.views.to_keeper.send(ToKeeper::Close));
        drop(self.keeper.take().map(JoinHandle::join));
    }
}

/// Asks the view thread.
#[derive(Clone, Debug)]
pub struct ViewsHandle {
    to_keeper: mpsc::SyncSender<ToKeeper>,
}

impl ViewsHandle {
    /// Has the view thread work out an answer, with everything written so far taken in. The receiver can be awaited, or waited for
    /// with `blocking_recv`; it fails when the views cannot be used or too many questions wait.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&SledViews, &Keys) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (reply, answer) = oneshot::channel();
        let question: Question = Box::new(move |views, keys| drop(reply.send(question(views, keys))));
        if self.to_keeper.try_send(ToKeeper::Ask(question)).is_err() {
            tracing::warn!("the views are asked more than they can answer");
        }
        answer
    }
}

/// A data directory that no exchange is running on.
#[derive(Debug)]
pub struct AtRest {
    /// The journal.
    pub journal: FileJournal<RealDisk>,
    /// The views, caught up with it.
    pub views: SledViews,
    /// To read personal fields.
    pub keys: Keys,
    _lock: DirLock,
}

/// Opens a data directory at rest, with its views caught up.
pub fn open_at_rest(dir: &Path) -> Result<AtRest, OpenError> {
    must_be_there(dir)?;
    let (journal, Recovered { keys, .. }, lock) = open_journal(dir)?;
    let mut views = SledViews::open(&dir.join("views"), journal.last(), &keys)?;
    if let Err(problem) = catch_up(&mut views, &journal) {
        tracing::warn!(%problem, "the views are dropped");
        drop(views);
        views = SledViews::anew(&dir.join("views"), &keys)?;
        catch_up(&mut views, &journal)?;
    }
    Ok(AtRest { journal, views, keys, _lock: lock })
}

/// The files of a journal at rest, for tools that look at them as they are.
pub fn journal_at_rest(dir: &Path) -> Result<(RealDisk, DirLock), OpenError> {
    must_be_there(dir)?;
    let lock = lock(dir)?;
    Ok((RealDisk::existing(journal_dir(dir)), lock))
}

/// A question must not make a data directory.
fn must_be_there(dir: &Path) -> Result<(), OpenError> {
    if dir.exists() {
        data_dir::refuse_what_is_odd(dir)?;
    }
    if journal_dir(dir).is_dir() {
        Ok(())
    } else {
        Err(OpenError::Missing { dir: dir.display().to_string() })
    }
}

/// Opens the journal of the data directory, which must be there, and reads what a start needs to know.
fn open_journal(dir: &Path) -> Result<(FileJournal<RealDisk>, Recovered, DirLock), OpenError> {
    let lock = lock(dir)?;
    data_dir::refuse_what_is_odd(dir)?;
    data_dir::tighten(dir)?;
    let disk = RealDisk::new(journal_dir(dir))?;
    let (journal, recovered) = FileJournal::start(disk, seeded()?, SEGMENT_BYTES)?;
    if recovered.last == Lsn(0) {
        data_dir::refuse_recordings_without_entries(dir)?;
    }
    Ok((journal, recovered, lock))
}

/// How far the clock may be behind the last entry without a word: no more than clocks are set by.
const CLOCK_TOLERANCE_MS: i64 = 60_000;

#[expect(clippy::disallowed_methods, reason = "`io` reads clocks")]
fn warn_of_a_clock_set_back(last_ms: i64) {
    let behind_ms = last_ms.saturating_sub(jiff::Timestamp::now().as_millisecond());
    if behind_ms > CLOCK_TOLERANCE_MS {
        tracing::warn!(
            behind_s = behind_ms / 1000,
            "the clock stands before the journal's last entry: times on record will not be in order; set it right, with NTP"
        );
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| OpenError::System(error.to_string()))
}

/// A generator for keys and nonces, seeded by the system.
#[expect(clippy::disallowed_methods, reason = "`io` draws the seeds")]
fn seeded() -> Result<ChaCha20Rng, OpenError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| OpenError::System(error.to_string()))?;
    Ok(ChaCha20Rng::from_seed(seed))
}
