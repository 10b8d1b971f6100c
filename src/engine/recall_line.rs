//! Which call-backs have a place in line, which wait until their citizen may be called first, and which are called.

use std::collections::{BTreeMap, BTreeSet};

use crate::call::SeatLeg;
use crate::ids::{CallId, CallbackId, QueueId, SeatId};

/// A minute of advantage, in the milliseconds of a rank.
const MINUTE_MS: i64 = 60_000;

/// Those that have a place in line, and those that are called.
#[derive(Debug, Default)]
pub(super) struct Line {
    places: BTreeMap<CallId, Place>,
    pub(super) call_of: BTreeMap<CallbackId, CallId>,
    /// Whose citizen is called first, by queue and rank: seats are not rung for them.
    paced: BTreeMap<QueueId, BTreeSet<(i64, CallId)>>,
    /// The citizen is called.
    pub(super) taken: BTreeMap<CallId, Taken>,
}

/// A place in line.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) callback: CallbackId,
    /// The seats that ring for it.
    ringing: BTreeMap<SeatId, SeatLeg>,
    /// The citizen is called first: for which queue, and since when it waits.
    paced: Option<(QueueId, i64)>,
}

/// The citizen is called.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) callback: CallbackId,
    /// The citizen has answered.
    pub(super) answered: bool,
    /// The talk is on the disk, and the two hear each other.
    pub(super) bridged: bool,
    /// Before an operator was: for this queue.
    pub(super) first: Option<QueueId>,
}

impl Taken {
    /// The citizen's phone is about to ring; `first`: before an operator is there.
    pub(super) fn of(callback: CallbackId, first: Option<QueueId>) -> Taken {
        Taken { callback, answered: false, bridged: false, first }
    }
}

impl Line {
    /// A place for it.
    pub(super) fn enter(&mut self, call: CallId, callback: CallbackId) {
        self.places.insert(call, Place { callback, ringing: BTreeMap::new(), paced: None });
        self.call_of.insert(callback, call);
    }

    /// Its citizen is called first, those of the lowest rank before others.
    pub(super) fn pace(&mut self, call: CallId, queue: QueueId, rank_ms: i64) {
        if let Some(place) = self.places.get_mut(&call) {
            self.paced.entry(queue.clone()).or_default().insert((rank_ms, call));
            place.paced = Some((queue, rank_ms));
        }
    }

    /// It is ahead of others by so many minutes more, if its citizen is called first.
    pub(super) fn advance(&mut self, call: CallId, minutes: i32) {
        let paced = self.places.get_mut(&call).and_then(|place| place.paced.take());
        if let Some((queue, rank_ms)) = paced {
            self.unpace(call, &queue, rank_ms);
            self.pace(call, queue, rank_ms.saturating_sub(i64::from(minutes).saturating_mul(MINUTE_MS)));
        }
    }

    /// Who is next of each queue that calls citizens first.
    pub(super) fn next_paced(&self) -> Vec<(QueueId, CallId)> {
        let first = |(queue, ranks): (&QueueId, &BTreeSet<(i64, CallId)>)| {
            ranks.first().map(|(_, call)| (queue.clone(), *call))
        };
        self.paced.iter().filter_map(first).collect()
    }

    /// Somebody waits until an operator is free, to be called first.
    pub(super) fn is_paced(&self) -> bool {
        !self.paced.is_empty()
    }

    fn unpace(&mut self, call: CallId, queue: &QueueId, rank_ms: i64) {
        let Some(ranks) = self.paced.get_mut(queue) else { return };
        ranks.remove(&(rank_ms, call));
        if ranks.is_empty() {
            self.paced.remove(queue);
        }
    }

    /// Calls that were begun before an operator was there and with whom none talks yet, and for which queue.
    pub(super) fn unbridged(&self) -> impl Iterator<Item = (CallId, &QueueId)> {
        let unbridged = self.taken.iter().filter(|(_, taken)| !taken.bridged);
        unbridged.filter_map(|(call, taken)| Some((*call, taken.first.as_ref()?)))
    }

    /// This call is a place in line, and not more yet.
    pub(super) fn has(&self, call: CallId) -> bool {
        self.places.contains_key(&call)
    }

    /// This call is made to keep a promise.
    pub(super) fn is_called(&self, call: CallId) -> bool {
        self.taken.contains_key(&call)
    }

    /// The same, and the citizen is called before an operator is there.
    pub(super) fn is_first(&self, call: CallId) -> bool {
        self.taken.get(&call).is_some_and(|taken| taken.first.is_some())
    }

    /// The same, and the citizen has not answered yet: whom the call may be given to later is somebody else.
    pub(super) fn rings_first(&self, call: CallId) -> bool {
        self.taken.get(&call).is_some_and(|taken| taken.first.is_some() && !taken.answered)
    }

    /// The citizen is on the line, and no operator has talked with them yet.
    pub(super) fn waits_for_operator(&self, call: CallId) -> bool {
        self.taken.get(&call).is_some_and(|taken| taken.first.is_some() && !taken.bridged)
    }

    /// The seats that ring for it.
    pub(super) fn ringing_of(&mut self, call: CallId) -> Option<&mut BTreeMap<SeatId, SeatLeg>> {
        self.places.get_mut(&call).map(|place| &mut place.ringing)
    }

    /// How far one is that waits, in a word, and the seats that ring for it.
    pub(super) fn stage(&self, id: CallbackId) -> (&'static str, Vec<SeatId>) {
        let place = self.call_of.get(&id).and_then(|call| self.places.get(call));
        match place {
            None => ("waiting", Vec::new()),
            Some(place) if place.ringing.is_empty() => ("in_line", Vec::new()),
            Some(place) => ("ringing", place.ringing.keys().cloned().collect()),
        }
    }

    /// What has this place in line.
    pub(super) fn callback(&self, call: CallId) -> Option<CallbackId> {
        self.places.get(&call).map(|place| place.callback)
    }

    /// What this call is for: in line, or made.
    pub(super) fn promise_of(&self, call: CallId) -> Option<CallbackId> {
        self.callback(call).or_else(|| self.taken.get(&call).map(|taken| taken.callback))
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Place> {
        let place = self.places.remove(&call)?;
        self.call_of.remove(&place.callback);
        if let Some((queue, rank_ms)) = &place.paced {
            self.unpace(call, queue, *rank_ms);
        }
        Some(place)
    }
}
