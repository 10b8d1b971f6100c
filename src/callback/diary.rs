//! Every call-back that is not over: a fold over what is written down, the same after a restart as before it.
//!
//! Whatever is asked at each event has an index: who is called about what, how much of a slot is taken, how much one citizen has booked
//! today. A change that fits nothing is borne, as every fold bears it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::change::{Change, Kind, Promise};
use super::figures::Figures;
use super::recall::RecallList;
use super::rules::Unreached;
use crate::ids::{CallbackId, CitizenId, ContactId, QueueId, TopicId};

/// Most call-backs that may be open at once: a week of slots of a large city, many times over.
pub(super) const MOST_OPEN: usize = 20_000;
/// Numbers kept that nobody needs any more, before they are looked for.
const MOST_SPARE: usize = 256;
/// Bookings older than this count for no limit any more.
const A_DAY_MS: i64 = 24 * 3_600_000;

/// How far a call-back is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody is calling.
    Waiting,
    /// The citizen's phone rings, in this contact.
    Calling(ContactId),
    /// Citizen and operator talk, in this contact.
    Talking(ContactId),
}

/// One that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    /// What was promised.
    pub promise: Promise,
    /// When, in milliseconds of the Unix epoch.
    pub booked_ms: i64,
    /// The citizen is called not before this.
    pub next_ms: i64,
    /// It is ahead of others.
    pub escalated: bool,
    /// When the citizen was called first, by a trunk that carried it; for this slot.
    #[serde(default)]
    pub called_ms: Option<i64>,
    /// Calls that reached nobody, the last one last; bounded by the rules of retries.
    pub failures: Vec<Unreached>,
    /// How far it is.
    pub stage: Stage,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Diary {
    open: BTreeMap<CallbackId, Callback>,
    /// When each citizen has booked, within the last day.
    booked: BTreeMap<CitizenId, Vec<i64>>,
    by_need: BTreeMap<(CitizenId, Option<TopicId>), CallbackId>,
    by_slot: BTreeMap<(QueueId, i64), u32>,
    figures: Figures,
}

/// What a checkpoint keeps; the rest is made of it.
#[derive(Serialize, Deserialize)]
struct Kept {
    open: BTreeMap<CallbackId, Callback>,
    booked: BTreeMap<CitizenId, Vec<i64>>,
    #[serde(default)]
    figures: Figures,
}

impl From<Kept> for Diary {
    fn from(kept: Kept) -> Diary {
        let mut diary = Diary { booked: kept.booked, figures: kept.figures, ..Diary::default() };
        for (id, callback) in kept.open {
            diary.insert(id, callback);
        }
        diary
    }
}

impl From<Diary> for Kept {
    fn from(diary: Diary) -> Kept {
        Kept { open: diary.open, booked: diary.booked, figures: diary.figures }
    }
}

impl Diary {
    /// Take in what was written down at `at_ms`.
    pub fn apply(&mut self, at_ms: i64, id: CallbackId, change: &Change) {
        self.figures.count(at_ms, self.open.get(&id), change);
        match change {
            Change::Promised { promise } => self.on_promised(at_ms, id, promise),
            Change::Moved { slot, until_ms } => {
                let Some(mut callback) = self.remove(id) else { return };
                callback.next_ms = slot.from_ms();
                callback.promise.kind = Kind::Booked(slot.clone());
                callback.promise.until_ms = *until_ms;
                (callback.escalated, callback.called_ms) = (false, None);
                self.insert(id, callback);
            }
            Change::Ended { .. } => drop(self.remove(id)),
            change => {
                if let Some(callback) = self.open.get_mut(&id) {
                    callback.apply(at_ms, change);
                }
            }
        }
    }

    fn on_promised(&mut self, at_ms: i64, id: CallbackId, promise: &Promise) {
        if self.open.len() >= MOST_OPEN {
            return;
        }
        let booked = self.booked.entry(promise.source.unwrap_or(promise.citizen)).or_default();
        booked.retain(|before| at_ms.saturating_sub(*before) < A_DAY_MS);
        booked.push(at_ms);
        let callback = Callback {
            next_ms: promise.from_ms(at_ms),
            promise: promise.clone(),
            booked_ms: at_ms,
            escalated: false,
            called_ms: None,
            failures: Vec::new(),
            stage: Stage::Waiting,
        };
        self.insert(id, callback);
        if self.booked.len() > MOST_OPEN {
            self.booked
                .retain(|_, moments| moments.iter().any(|before| at_ms.saturating_sub(*before) < A_DAY_MS));
        }
    }

    fn insert(&mut self, id: CallbackId, callback: Callback) {
        self.by_need.insert(callback.need(), id);
        if let Some(place) = callback.place() {
            *self.by_slot.entry(place).or_default() += 1;
        }
        self.open.insert(id, callback);
    }

    fn remove(&mut self, id: CallbackId) -> Option<Callback> {
        let callback = self.open.remove(&id)?;
        self.by_need.remove(&callback.need());
        if let Some(place) = callback.place()
            && let Some(taken) = self.by_slot.get_mut(&place)
        {
            *taken -= 1;
            if *taken == 0 {
                self.by_slot.remove(&place);
            }
        }
        Some(callback)
    }

    /// What became of all that there have been.
    pub fn figures(&self) -> &Figures {
        &self.figures
    }

    /// One that is not over.
    pub fn callback(&self, id: CallbackId) -> Option<&Callback> {
        self.open.get(&id)
    }

    /// All that are not over, the oldest first.
    pub fn open(&self) -> impl Iterator<Item = (CallbackId, &Callback)> {
        self.open.iter().map(|(id, callback)| (*id, callback))
    }

    /// The one that this citizen has about this topic.
    pub fn of_need(&self, citizen: CitizenId, topic: Option<&TopicId>) -> Option<CallbackId> {
        self.by_need.get(&(citizen, topic.cloned())).copied()
    }

    /// All that this citizen has.
    pub fn of_citizen(&self, citizen: CitizenId) -> impl Iterator<Item = CallbackId> {
        self.by_need
            .range((citizen, None)..)
            .take_while(move |((who, _), _)| *who == citizen)
            .map(|(_, id)| *id)
    }

    /// How many are promised for the slot of `queue` that begins at `from_ms`.
    pub fn taken(&self, queue: &QueueId, from_ms: i64) -> u32 {
        self.by_slot.get(&(queue.clone(), from_ms)).copied().unwrap_or(0)
    }

    /// How many this citizen has booked within the day before `now_ms`.
    pub fn booked_by(&self, citizen: CitizenId, now_ms: i64) -> usize {
        let recent = |before: &&i64| now_ms.saturating_sub(**before) < A_DAY_MS;
        self.booked.get(&citizen).map_or(0, |moments| moments.iter().filter(recent).count())
    }

    /// The number of each whose promise is open or whose citizen is on the recall list is needed, and no other.
    pub fn keep_needed<N>(&self, numbers: &mut BTreeMap<CallbackId, N>, list: &RecallList) {
        // Not at every end: what is looked through is bounded by what may be there.
        if numbers.len() > self.open.len() + list.len() + MOST_SPARE {
            let promised: BTreeSet<_> = list.promises().collect();
            numbers.retain(|id, _| self.open.contains_key(id) || promised.contains(id));
        }
    }

    /// There is room for one more.
    pub fn has_room(&self) -> bool {
        self.open.len() < MOST_OPEN
    }
}

impl Callback {
    fn apply(&mut self, at_ms: i64, change: &Change) {
        match change {
            Change::Escalated => self.escalated = true,
            Change::Attempted { contact } => {
                self.stage = Stage::Calling(*contact);
                self.called_ms.get_or_insert(at_ms);
            }
            Change::Joined { contact } => self.stage = Stage::Talking(*contact),
            Change::NotReached { why, next_ms } => {
                self.stage = Stage::Waiting;
                self.failures.push(*why);
                if !self.failures.iter().any(|why| why.counts()) {
                    self.called_ms = None;
                }
                self.next_ms = next_ms.unwrap_or(self.promise.until_ms);
            }
            Change::Promised { .. }
            | Change::Moved { .. }
            | Change::Declined { .. }
            | Change::Ended { .. } => {}
        }
    }

    /// Who is called, what about.
    pub fn need(&self) -> (CitizenId, Option<TopicId>) {
        (self.promise.citizen, self.promise.topic.clone())
    }

    fn place(&self) -> Option<(QueueId, i64)> {
        let Kind::Booked(slot) = &self.promise.kind else { return None };
        Some((self.promise.queue.clone(), slot.from_ms()))
    }

    /// Since when it waits for an operator, as far as its place in the queue is concerned.
    pub fn since_ms(&self) -> i64 {
        match self.promise.kind {
            Kind::Place(since_ms) => since_ms,
            Kind::Booked(_) | Kind::Recall => self.promise.from_ms(self.booked_ms),
        }
    }
}
