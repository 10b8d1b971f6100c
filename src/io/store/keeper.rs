//! The view thread: keeps the views and the checkpoint.
//!
//! What was written is put on a backlog. The thread is woken for the first of it, lets more come together, and is not woken
//! for that; a question is answered at once, after all that is on the backlog.
//!
//! Nothing is taken in beyond a hole: what is not on the backlog is read from the journal first, and when that fails nothing more is
//! taken in until it goes. A checkpoint would vouch for entries that nobody has seen.
//!
//! Views that fail (a full disk, a damaged row) are dropped, and made anew from the journal as soon as that goes: it is tried after
//! a second, then less and less often. Meanwhile they are *behind*, which [`Health`] tells, and nothing can be listed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::io::disk::RealDisk;
use crate::io::health::Health;
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

/// How long after views failed they are made anew; doubled with each failure, up to [`MAX_PATIENCE`].
const FIRST_PATIENCE: Duration = Duration::from_secs(1);

/// Making them anew reads the whole journal: on a disk that stays full, not more often than this.
const MAX_PATIENCE: Duration = Duration::from_secs(60);

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

/// Where things are kept, and whom to tell.
pub(super) struct Keeping {
    /// The views' directory.
    pub(super) dir: PathBuf,
    /// The journal's.
    pub(super) disk: RealDisk,
    /// What is durable: checkpoints tell only of that.
    pub(super) durable: Arc<AtomicU64>,
    pub(super) health: Arc<Health>,
    /// The exchange stops, and does not wait until a long journal has been read.
    pub(super) stopping: Arc<AtomicBool>,
}

/// Keeps the views and the checkpoint.
pub(super) struct Keeper {
    at: Keeping,
    keys: Keys,
    /// `None`: they cannot be used.
    views: Option<SledViews>,
    /// When views that cannot be used are made anew, and how long to wait after that.
    retry_at: Instant,
    patience: Duration,
    state: Recovery,
    /// The lsn of the last checkpoint made.
    checkpointed: Lsn,
    /// A checkpoint that waits for its lsn to be durable.
    pending: Option<(Lsn, Vec<u8>)>,
    backlog: Arc<Mutex<Backlog>>,
}

impl Keeper {
    /// `wake` leads to the inbox that [`Keeper::run`] will be given.
    pub(super) fn new(at: Keeping, found: &Recovered, wake: SyncSender<ToKeeper>) -> (Keeper, ToViews) {
        let backlog = Arc::<Mutex<Backlog>>::default();
        let to_views = ToViews { backlog: backlog.clone(), wake };
        let keeper = Keeper {
            at,
            keys: found.keys.clone(),
            views: None,
            retry_at: now(),
            patience: FIRST_PATIENCE,
            state: found.state.clone(),
            // Where the checkpoint on the disk stands is not known here: one more does no harm.
            checkpointed: Lsn(0),
            pending: None,
            backlog,
        };
        (keeper, to_views)
    }

    pub(super) fn run(mut self, inbox: &Receiver<ToKeeper>) {
        self.open();
        loop {
            if self.views.is_none() && self.retry_at <= now() {
                self.make_anew();
            }
            let mut message = match self.wait(inbox) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
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

    fn wait(&self, inbox: &Receiver<ToKeeper>) -> Result<ToKeeper, RecvTimeoutError> {
        match self.views {
            Some(_) => inbox.recv().map_err(RecvTimeoutError::from),
            None => inbox.recv_timeout(self.retry_at.saturating_duration_since(now())),
        }
    }

    fn open(&mut self) {
        match SledViews::open(&self.at.dir, self.state.lsn, &self.keys) {
            Ok(views) => self.views = Some(views),
            Err(error) => self.give_up(&error),
        }
        self.read_on(self.state.lsn);
        self.checkpoint(CHECKPOINT_EVERY);
    }

    /// The views cannot be used, for now.
    fn give_up(&mut self, problem: &ViewError) {
        if self.views.is_none() && self.retry_at > now() {
            return; // that was told, and when it is tried again stands
        }
        let again_s = self.patience.as_secs();
        tracing::error!(%problem, again_s, "contacts and cases cannot be listed for now");
        self.views = None;
        self.at.health.views_are_behind(true);
        self.retry_at = now() + self.patience;
        self.patience = (2 * self.patience).min(MAX_PATIENCE);
    }

    /// Makes the views anew from the whole journal.
    fn make_anew(&mut self) {
        match SledViews::anew(&self.at.dir, &self.keys) {
            Ok(views) => self.views = Some(views),
            Err(error) => return self.give_up(&error),
        }
        if self.read_on(self.state.lsn) && self.views.is_some() {
            tracing::info!("the views were made anew: contacts and cases can be listed");
            self.at.health.views_are_behind(false);
            self.patience = FIRST_PATIENCE;
        }
    }

    /// Takes in what was written, in parts that fit in memory; before and after it what is not on the backlog. What cannot be taken
    /// in now is read from the journal the next time.
    fn take_backlog(&mut self) {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        let (entries, upto) = (std::mem::take(&mut backlog.entries), backlog.upto);
        drop(backlog);
        let before = entries.first().map_or(upto, |(first, _)| Lsn(first.0.saturating_sub(1)));
        if self.read_on(before) {
            entries.chunks(CATCH_UP).for_each(|part| self.feed(part));
            self.read_on(upto);
        }
    }

    /// The last entry up to which everything was taken in.
    fn taken_in(&self) -> Lsn {
        self.views.as_ref().map_or(self.state.lsn, |views| views.applied().min(self.state.lsn))
    }

    fn is_stopping(&self) -> bool {
        self.at.stopping.load(Ordering::Relaxed)
    }

    /// Reads the journal when `upto` is further than what was taken in. False: that could not be read, or a stop came in between;
    /// then the next start reads on from there.
    fn read_on(&mut self, upto: Lsn) -> bool {
        if self.taken_in() >= upto {
            return true;
        }
        let mut reader = Reader::new(self.at.disk.clone(), Lsn(self.taken_in().0 + 1));
        loop {
            let read: Result<Vec<_>, _> = reader.by_ref().take(CATCH_UP).collect();
            match read {
                Ok(entries) if entries.is_empty() => return self.has_taken_in(upto),
                Ok(entries) => {
                    self.feed(&entries);
                    if self.is_stopping() {
                        return self.taken_in() >= upto;
                    }
                }
                Err(error) => {
                    self.give_up(&error.into());
                    return false;
                }
            }
        }
    }

    /// Whether everything up to `upto` was taken in; if not, nothing behind it may be.
    fn has_taken_in(&mut self, upto: Lsn) -> bool {
        let there = self.taken_in();
        if there < upto {
            let problem = format!("after entry {} those up to entry {} cannot be found", there.0, upto.0);
            self.give_up(&ViewError::Store(problem));
        }
        there >= upto
    }

    /// Takes in entries without a hole among them, nor before them.
    fn feed(&mut self, entries: &[(Lsn, Entry)]) {
        let Some((first, _)) = entries.first() else { return };
        if !self.has_taken_in(Lsn(first.0.saturating_sub(1))) {
            return;
        }
        for (lsn, entry) in entries {
            if lsn.0 == self.state.lsn.0 + 1 {
                self.state.apply(*lsn, entry, &self.keys);
            }
        }
        let Some(views) = &mut self.views else { return };
        if let Err(error) = guarded(|| views.apply(entries, &self.keys)).and_then(|applied| applied) {
            self.give_up(&error);
        }
    }

    fn answer(&mut self, question: Question) {
        if self.is_stopping() {
            return; // they may not have taken in everything
        }
        let Some(views) = &self.views else { return }; // whoever asked sees it
        let problem = match guarded(|| question(views, &self.keys)) {
            Ok(()) if !views.is_damaged() => return,
            Ok(()) => ViewError::Store("something in them cannot be read".to_owned()),
            Err(problem) => problem,
        };
        self.give_up(&problem);
    }

    /// Makes a checkpoint when there are `every` new entries, and writes it once it is durable.
    fn checkpoint(&mut self, every: u64) {
        if self.state.lsn.0 - self.checkpointed.0.min(self.state.lsn.0) >= every {
            self.pending = Some((self.state.lsn, self.state.to_checkpoint(&self.keys)));
            self.checkpointed = self.state.lsn;
        }
        let durable = Lsn(self.at.durable.load(Ordering::Acquire));
        if let Some((_, bytes)) = self.pending.take_if(|(lsn, _)| *lsn <= durable)
            && let Err(error) = write_checkpoint(&self.at.disk, &bytes)
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

/// Damaged files make sled panic in places; that must not end the thread, and nobody be told.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ViewError> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    done.map_err(|_| ViewError::Store("the store gave up".to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "a thread of `io` has its own clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use crate::journal::conformance::sample;
    use crate::journal::file_journal::FileJournal;
    use crate::views::conformance::{answered, contact};
    use rand::{SeedableRng, rngs::ChaCha20Rng};
    use std::path::Path;

    /// A keeper in `dir`, which lies on a new journal there, and has not opened its views.
    fn keeper(dir: &Path) -> (FileJournal<RealDisk>, Keeper, ToViews) {
        let disk = RealDisk::new(dir.join("journal")).unwrap();
        let (journal, cuts) =
            FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 1 << 20).unwrap();
        let (keys, state) = (journal.keys(), Recovery::default());
        let found = Recovered { last: Lsn(0), cuts, state, keys };
        let (durable, health, stopping) = Default::default();
        let at = Keeping { dir: dir.join("views"), disk, durable, health, stopping };
        // Nobody listens: the tests call the keeper themselves.
        let (keeper, to_views) = Keeper::new(at, &found, std::sync::mpsc::sync_channel(8).0);
        (journal, keeper, to_views)
    }

    #[test]
    fn nothing_is_taken_in_beyond_what_cannot_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, mut keeper, to_views) = keeper(dir.path());
        keeper.open();
        let lost = journal.commit(Lsn(1), &answered(1, 0, "0552768224")).unwrap().len() as u64;
        let given = journal.commit(Lsn(lost + 1), &answered(2, 100_000, "anonymous")).unwrap();
        let log = dir.path().join("journal/journal-00000000000000000001.log");
        let away = dir.path().join("away");
        std::fs::rename(&log, &away).unwrap();
        // The first group found no room on the backlog.
        to_views.give(given.clone());
        keeper.take_backlog();
        assert_eq!(keeper.state.lsn, Lsn(0), "no checkpoint may vouch for what was not seen");
        assert!(keeper.views.is_none() && keeper.at.health.views_behind());
        keeper.feed(&given);
        assert_eq!(keeper.state.lsn, Lsn(0), "whoever feeds it");

        std::fs::rename(&away, &log).unwrap();
        keeper.take_backlog();
        assert_eq!(keeper.state.lsn, journal.last(), "what is missing is read first");
        keeper.make_anew();
        assert_eq!(keeper.views.as_ref().map(Views::applied), Some(journal.last()));
    }

    #[test]
    fn stop_does_not_wait_until_a_long_journal_has_been_read() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, keeper, to_views) = keeper(dir.path());
        let mut given = journal.commit(Lsn(1), &sample(u32::try_from(2 * CATCH_UP).unwrap())).unwrap();
        keeper.at.durable.store(journal.last().0, Ordering::Relaxed);
        to_views.give(given.split_off(2 * CATCH_UP - 1));
        keeper.at.stopping.store(true, Ordering::Relaxed);
        let (to_keeper, inbox) = std::sync::mpsc::sync_channel(8);
        to_keeper.send(ToKeeper::Close).unwrap();
        keeper.run(&inbox);
        let views = SledViews::open(&dir.path().join("views"), journal.last(), &journal.keys()).unwrap();
        assert_eq!(views.applied(), Lsn(CATCH_UP as u64), "one part was read, and the next start reads on");
    }

    #[test]
    fn views_that_failed_are_behind_until_they_could_be_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, mut keeper, to_views) = keeper(dir.path());
        let health = keeper.at.health.clone();
        // No view can be kept where a file stands.
        let views = dir.path().join("views");
        std::fs::write(&views, "x").unwrap();
        keeper.open();
        let sealed = journal.commit(Lsn(1), &answered(1, 0, "0552768224")).unwrap();
        to_views.give(sealed);
        keeper.take_backlog();
        assert!(health.views_behind());

        keeper.make_anew();
        assert!(health.views_behind(), "the file is still there");
        std::fs::remove_file(&views).unwrap();
        keeper.make_anew();
        assert!(!health.views_behind());
        let views = keeper.views.as_ref().expect("they were made anew");
        assert_eq!(views.applied(), journal.last());
        assert!(views.contact(contact(1)).unwrap().is_some(), "what was written meanwhile is there");

        keeper.answer(Box::new(|_, _| panic!("sled does so on some damaged files")));
        assert!(health.views_behind() && keeper.views.is_none());
        keeper.make_anew();
        assert!(!health.views_behind());
    }
}
