//! The view thread: keeps the views and the checkpoint.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crate::io::disk::RealDisk;
use crate::io::views_sled::SledViews;
use crate::journal::Lsn;
use crate::journal::entry::Entry;
use crate::journal::reader::Reader;
use crate::journal::recovery::{Recovered, Recovery, write_checkpoint};
use crate::journal::seal::Keys;
use crate::views::{CATCH_UP, ViewError, Views};

/// How long entries are gathered before the views take them in: a short call is over by then, and its rows are written once.
const GATHER: Duration = Duration::from_millis(250);

/// How many entries a start reads beside the checkpoint, at most: a fifth of a second.
const CHECKPOINT_EVERY: u64 = 50_000;

/// Something to be worked out on the views.
pub(super) type Question = Box<dyn FnOnce(&SledViews, &Keys) + Send>;

/// What the view thread is told.
pub(super) enum ToKeeper {
    /// A group as written.
    Batch(Vec<(Lsn, Entry)>),
    /// Answer this.
    Ask(Question),
    /// Take in what is left, then end.
    Close,
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
}

impl Keeper {
    pub(super) fn new(dir: PathBuf, disk: RealDisk, found: &Recovered, durable: Arc<AtomicU64>) -> Keeper {
        let (keys, state) = (found.keys.clone(), found.state.clone());
        // Where the checkpoint on the disk stands is not known here: one more does no harm.
        Keeper { dir, disk, keys, views: None, state, checkpointed: Lsn(0), pending: None, durable }
    }

    pub(super) fn run(mut self, inbox: &Receiver<ToKeeper>) {
        self.open();
        while let Ok(message) = inbox.recv() {
            let mut next = Some(message);
            let mut batch = Vec::new();
            let until = now() + GATHER;
            let closing = loop {
                match next.take() {
                    Some(ToKeeper::Batch(more)) => batch.extend(more),
                    Some(ToKeeper::Ask(question)) => {
                        self.take(&std::mem::take(&mut batch));
                        self.answer(question);
                        break false;
                    }
                    Some(ToKeeper::Close) => break true,
                    None => break false,
                }
                if batch.len() < CATCH_UP {
                    next = inbox.recv_timeout(until.saturating_duration_since(now())).ok();
                }
            };
            self.take(&batch);
            self.checkpoint(if closing { 1 } else { CHECKPOINT_EVERY });
            if closing {
                return self.close();
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

    /// Takes in a batch, and before it what it does not join on to.
    fn take(&mut self, batch: &[(Lsn, Entry)]) {
        let Some((first, _)) = batch.first() else { return };
        self.read_on(Lsn(first.0.saturating_sub(1)));
        self.feed(batch);
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

#[expect(clippy::disallowed_methods, reason = "a thread of `io` has its own clock")]
fn now() -> Instant {
    Instant::now()
}
