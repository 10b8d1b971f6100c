//! The view thread: keeps the views and the checkpoint.
//!
//! What was written is put on a backlog. The thread is woken for the first of it, lets more come together, and is not woken
//! for that; a question is answered at once, after all that is on the backlog.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::io::disk::RealDisk;
use crate::io::views_sled::SledViews;
use crate::journal::Lsn;
use crate::journal::entry::Entry;
use crate::journal::reader::Reader;
use crate::journal::recovery::{Recovered, Recovery, write_checkpoint};
use crate::journal::seal::Keys;
use crate::views::{CATCH_UP, ViewError, Views};

/// How long entries are gathered before the views take them in: most short calls lie within one such span, and their rows are
/// written once. Nobody sees it, because a question has all that is written taken in first.
const GATHER: Duration = Duration::from_secs(1);

/// How many entries a start reads beside the checkpoint, at most: a fifth of a second.
const CHECKPOINT_EVERY: u64 = 50_000;

/// Something to be worked out on the views.
pub(super) type Question = Box<dyn FnOnce(&SledViews, &Keys) + Send>;

/// What the view thread is told.
pub(super) enum ToKeeper {
    /// Something is on the backlog.
    Written,
    /// Answer this.
    Ask(Question),
    /// Take in what is left, then end.
    Close,
}

/// Entries that may wait for the view thread: some ten seconds of a busy day. What comes beyond is read from the journal.
const MAX_BACKLOG: usize = 65_536;

/// What was written and not yet taken in.
#[derive(Default)]
struct Backlog {
    entries: Vec<(Lsn, Entry)>,
    /// The last entry written, on the backlog or not.
    upto: Lsn,
}

/// The write thread's way to the view thread.
pub(super) struct ToViews {
    backlog: Arc<Mutex<Backlog>>,
    wake: SyncSender<ToKeeper>,
}

impl ToViews {
    /// Puts a group as written on the backlog.
    pub(super) fn give(&self, group: Vec<(Lsn, Entry)>) {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        let first = backlog.entries.is_empty();
        backlog.upto = group.last().map_or(backlog.upto, |(lsn, _)| *lsn);
        if backlog.entries.len() < MAX_BACKLOG {
            backlog.entries.extend(group);
        }
        drop(backlog);
        if first {
            // No room among the questions: each of them has the backlog taken in first.
            drop(self.wake.try_send(ToKeeper::Written));
        }
    }
}

/// Keeps the views and the checkpoint.
pub(super) struct Keeper {
    dir: PathBuf,
    disk: RealDisk,
    keys: Keys,
    /// `None`: they cannot be used.
    views: Option<SledViews>,
    state: Recovery,
    /// The lsn of the last checkpoint made.
    checkpointed: Lsn,
    /// A checkpoint that waits for its lsn to be durable.
    pending: Option<(Lsn, Vec<u8>)>,
    durable: Arc<AtomicU64>,
    backlog: Arc<Mutex<Backlog>>,
}

impl Keeper {
    /// `wake` leads to the inbox that [`Keeper::run`] will be given.
    pub(super) fn new(
        dir: PathBuf,
        disk: RealDisk,
        found: &Recovered,
        durable: Arc<AtomicU64>,
        wake: SyncSender<ToKeeper>,
    ) -> (Keeper, ToViews) {
        let (keys, state) = (found.keys.clone(), found.state.clone());
        let backlog = Arc::<Mutex<Backlog>>::default();
        let to_views = ToViews { backlog: backlog.clone(), wake };
        // Where the checkpoint on the disk stands is not known here: one more does no harm.
        let (views, checkpointed, pending) = (None, Lsn(0), None);
        (Keeper { dir, disk, keys, views, state, checkpointed, pending, durable, backlog }, to_views)
    }

    pub(super) fn run(mut self, inbox: &Receiver<ToKeeper>) {
        self.open();
        while let Ok(mut message) = inbox.recv() {
            if let ToKeeper::Written = message
                && let Ok(sooner) = inbox.recv_timeout(GATHER)
            {
                message = sooner;
            }
            self.take_backlog();
            match message {
                ToKeeper::Written => self.checkpoint(CHECKPOINT_EVERY),
                ToKeeper::Ask(question) => self.answer(question),
                ToKeeper::Close => {
                    self.checkpoint(1);
                    return self.close();
                }
            }
        }
    }

    fn open(&mut self) {
        match SledViews::open(&self.dir, self.state.lsn, &self.keys) {
            Ok(views) => self.views = Some(views),
            Err(error) => tracing::error!(%error, "contacts and cases cannot be listed"),
        }
        self.read_on(self.state.lsn);
        self.checkpoint(CHECKPOINT_EVERY);
    }

    /// Takes in what was written, in parts that fit in memory; before and after it what is not on the backlog.
    fn take_backlog(&mut self) {
        let taken = std::mem::take(&mut *self.backlog.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some((first, _)) = taken.entries.first() {
            self.read_on(Lsn(first.0.saturating_sub(1)));
        }
        taken.entries.chunks(CATCH_UP).for_each(|part| self.feed(part));
        self.read_on(taken.upto);
    }

    /// Reads the journal up to `upto` when it is further than what was taken in.
    fn read_on(&mut self, upto: Lsn) {
        let views_at = self.views.as_ref().map_or(upto, Views::applied);
        let from = Lsn(views_at.min(self.state.lsn).0 + 1);
        if from > upto {
            return;
        }
        let mut reader = Reader::new(self.disk.clone(), from);
        loop {
            let read: Result<Vec<_>, _> = reader.by_ref().take(CATCH_UP).collect();
            match read {
                Ok(entries) if entries.is_empty() => return,
                Ok(entries) => self.feed(&entries),
                Err(error) => {
                    tracing::error!(%error, "contacts and cases cannot be listed");
                    self.views = None;
                    return;
                }
            }
        }
    }

    fn feed(&mut self, entries: &[(Lsn, Entry)]) {
        for (lsn, entry) in entries {
            if *lsn > self.state.lsn {
                self.state.apply(*lsn, entry, &self.keys);
            }
        }
        let applied = self.views.as_mut().map_or(Ok(()), |views| views.apply(entries, &self.keys));
        if let Err(error) = applied {
            self.begin_anew(&error);
        }
    }

    /// Drops views that failed, and makes them anew once. When that fails too they stay closed until the next start.
    fn begin_anew(&mut self, problem: &ViewError) {
        tracing::warn!(%problem, "the views are dropped and made anew from the journal");
        let Some(mut views) = self.views.take() else { return };
        let remade = views.clear().and_then(|()| {
            let mut reader = Reader::new(self.disk.clone(), Lsn(1));
            loop {
                let entries: Vec<_> = reader.by_ref().take(CATCH_UP).collect::<Result<_, _>>()?;
                if entries.is_empty() {
                    return Ok(());
                }
                views.apply(&entries, &self.keys)?;
            }
        });
        match remade {
            Ok(()) => self.views = Some(views),
            Err(error) => tracing::error!(%error, "contacts and cases cannot be listed until the next start"),
        }
    }

    fn answer(&self, question: Question) {
        match &self.views {
            Some(views) => question(views, &self.keys),
            None => drop(question), // whoever asked sees it
        }
    }

    /// Makes a checkpoint when there are `every` new entries, and writes it once it is durable.
    fn checkpoint(&mut self, every: u64) {
        if self.state.lsn.0 - self.checkpointed.0.min(self.state.lsn.0) >= every {
            self.pending = Some((self.state.lsn, self.state.to_checkpoint(&self.keys)));
            self.checkpointed = self.state.lsn;
        }
        let durable = Lsn(self.durable.load(Ordering::Acquire));
        if let Some((_, bytes)) = self.pending.take_if(|(lsn, _)| *lsn <= durable)
            && let Err(error) = write_checkpoint(&self.disk, &bytes)
        {
            tracing::warn!(%error, "no checkpoint: the next start reads more of the journal");
        }
    }

    fn close(self) {
        if let Some(Err(error)) = self.views.map(|views| views.flush()) {
            tracing::warn!(%error, "the views are made anew at the next start");
        }
    }
}
