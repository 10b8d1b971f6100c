//! A queue: who waits in it, in order, and which free seats serve it.

use std::collections::{BTreeMap, BTreeSet};

use super::QueueRules;
use super::place::Place;
use crate::ids::{CallId, SeatId};
use crate::planted::{self, Fault};
use crate::time::Mono;

/// One waiting line. A caller is in `waiting` or in `ringing`, never in both.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) rules: QueueRules,
    waiting: BTreeMap<Place, CallId>,
    ringing: BTreeMap<Place, CallId>,
    /// Free seats that serve this queue, the longest free first.
    free: BTreeSet<(Mono, SeatId)>,
    /// Seats that serve this queue and attend it, paused ones too.
    pub(super) attended: usize,
}

impl Queue {
    pub(super) fn new(rules: QueueRules) -> Queue {
        Queue {
            rules,
            waiting: BTreeMap::new(),
            ringing: BTreeMap::new(),
            free: BTreeSet::new(),
            attended: 0,
        }
    }

    /// Callers in the queue, with those whom a seat rings for.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.ringing.len()
    }

    /// No room; but whoever would be served at once needs none.
    pub(super) fn is_full(&self) -> bool {
        self.free.is_empty() && self.len() >= self.rules.max_waiting
    }

    /// Stand in line: at entry, or again when a ring led to nothing.
    pub(super) fn wait(&mut self, place: Place, call: CallId) {
        self.ringing.remove(&place);
        self.waiting.insert(place, call);
    }

    /// A seat rings for this caller from now on.
    pub(super) fn ring(&mut self, place: Place, call: CallId) {
        if !planted::is(Fault::DoubleReservation) {
            self.waiting.remove(&place);
        }
        self.ringing.insert(place, call);
    }

    pub(super) fn remove(&mut self, place: Place) {
        self.waiting.remove(&place);
        self.ringing.remove(&place);
    }

    /// The caller to be served next: the first whom no seat rings for.
    pub(super) fn first_waiting(&self) -> Option<(Place, CallId)> {
        self.waiting.first_key_value().map(|(place, call)| (*place, *call))
    }

    /// 1 for the caller to be served next. Counts from the end, where those who have just entered stand.
    pub(super) fn position(&self, place: Place) -> usize {
        let from_here = self.waiting.range(place..).count() + self.ringing.range(place..).count();
        self.len() - from_here + 1
    }

    /// Callers whom no seat rings for, in order.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Place, CallId)> {
        self.waiting.iter().map(|(place, call)| (*place, *call))
    }

    /// All callers in the order in which they will be served.
    pub(super) fn in_order(&self) -> Vec<CallId> {
        let all: BTreeMap<_, _> = self.waiting.iter().chain(&self.ringing).collect();
        all.into_values().copied().collect()
    }

    pub(super) fn add_free(&mut self, since: Mono, seat: SeatId) {
        self.free.insert((since, seat));
    }

    pub(super) fn remove_free(&mut self, since: Mono, seat: &SeatId) {
        self.free.remove(&(since, seat.clone()));
    }

    /// As if no seat served it.
    pub(super) fn forget_seats(&mut self) {
        self.free.clear();
        self.attended = 0;
    }

    pub(super) fn longest_free(&self) -> Option<SeatId> {
        let pick = if planted::is(Fault::ShortestIdle) { self.free.last() } else { self.free.first() };
        pick.map(|(_, seat)| seat.clone())
    }

    pub(super) fn free(&self) -> &BTreeSet<(Mono, SeatId)> {
        &self.free
    }
}
