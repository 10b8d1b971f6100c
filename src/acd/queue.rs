//! A queue: who waits in it, in order, and which free seats serve it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::estimating::Estimated;
use super::expected_wait::Habits;
use super::place::Place;
use super::rank::Rank;
use super::rules::QueueRules;
use super::serves::Serves;
use super::skills::Skills;
use crate::ids::{CallId, SeatId};
use crate::planted::{self, Fault};

/// Who may serve a caller. Callers of one class differ in nothing but their places, so only the first of each is ever looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// This seat alone.
    For(SeatId),
    /// Whoever knows this.
    Needs(Skills),
}

/// One waiting line. A caller is in `waiting` or in `ringing`, never in both.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    pub(super) rules: QueueRules,
    /// By class; no class is kept without a caller.
    waiting: BTreeMap<Class, BTreeMap<Place, CallId>>,
    ringing: BTreeMap<Place, CallId>,
    /// Everybody, for the positions.
    line: BTreeMap<Place, CallId>,
    /// Free seats that serve this queue, the next to be rung first.
    free: BTreeSet<(Rank, SeatId)>,
    /// Scores at which further seats begin to serve, all seats together.
    pub(super) delays: BTreeSet<Duration>,
    /// Seats that help only while many wait, or long.
    pub(super) reserve: BTreeSet<SeatId>,
    /// These, and those that serve it sooner then.
    pub(super) helpers: BTreeSet<SeatId>,
    /// Seats that serve this queue and attend it, paused ones too.
    pub(super) attended: usize,
    /// A reload has removed it; it stays until those whom seats ring for have left.
    pub(super) is_gone: bool,
    /// How long somebody who enters now will wait, when that is known.
    pub(super) expected: Option<Duration>,
    /// The last estimate of it.
    pub(super) estimated: Option<Estimated>,
    /// An alarm is set to look again who may be sent on.
    pub(super) looks_again: bool,
    /// What its last calls were like.
    pub(super) habits: Habits,
}

impl Queue {
    pub(super) fn new(rules: QueueRules) -> Queue {
        Queue {
            rules,
            waiting: BTreeMap::new(),
            ringing: BTreeMap::new(),
            line: BTreeMap::new(),
            free: BTreeSet::new(),
            delays: BTreeSet::new(),
            reserve: BTreeSet::new(),
            helpers: BTreeSet::new(),
            attended: 0,
            is_gone: false,
            expected: None,
            estimated: None,
            looks_again: false,
            habits: Habits::default(),
        }
    }

    /// Callers in the queue, with those whom a seat rings for.
    pub(super) fn len(&self) -> usize {
        self.line.len()
    }

    /// Stand in line: at entry, or again when a ring led to nothing.
    pub(super) fn wait(&mut self, place: Place, class: Class, call: CallId) {
        self.ringing.remove(&place);
        self.waiting.entry(class).or_default().insert(place, call);
        self.line.insert(place, call);
    }

    /// A seat rings for this caller from now on.
    pub(super) fn ring(&mut self, place: Place, class: &Class, call: CallId) {
        if !planted::is(Fault::DoubleReservation) {
            self.unclass(place, class);
        }
        self.ringing.insert(place, call);
    }

    pub(super) fn remove(&mut self, place: Place, class: &Class) {
        self.unclass(place, class);
        self.ringing.remove(&place);
        self.line.remove(&place);
    }

    fn unclass(&mut self, place: Place, class: &Class) {
        let Some(line) = self.waiting.get_mut(class) else { return };
        line.remove(&place);
        if line.is_empty() {
            self.waiting.remove(class);
        }
    }

    /// This caller stands here, and is rung for or not.
    pub(super) fn has(&self, place: Place, class: &Class, call: CallId, rings: bool) -> bool {
        let waits = self.waiting.get(class).and_then(|line| line.get(&place)) == Some(&call);
        let is_rung = self.ringing.get(&place) == Some(&call);
        self.line.get(&place) == Some(&call) && (waits, is_rung) == (!rings, rings)
    }

    /// Only these stay in line; gives the others.
    pub(super) fn retain(&mut self, stays: impl Fn(&CallId) -> bool) -> impl Iterator<Item = CallId> {
        let gone: Vec<_> = self.line.extract_if(.., |_, call| !stays(call)).map(|(_, call)| call).collect();
        self.ringing.retain(|_, call| !gone.contains(call));
        self.waiting.values_mut().for_each(|line| line.retain(|_, call| !gone.contains(call)));
        self.waiting.retain(|_, line| !line.is_empty());
        gone.into_iter()
    }

    /// The first of each class that this seat, which knows so much, may serve.
    pub(super) fn firsts_for(&self, seat: &SeatId, known: &Skills) -> impl Iterator<Item = (Place, CallId)> {
        let own = self.waiting.get(&Class::For(seat.clone()));
        let any = self.waiting.range(Class::Needs(Skills::default())..);
        let any = any.filter(|(class, _)| match class {
            Class::Needs(needed) => known.meet(needed) || planted::is(Fault::SkillsIgnored),
            Class::For(_) => false,
        });
        let lines = own.into_iter().chain(any.map(|(_, line)| line));
        lines.filter_map(|line| line.first_key_value()).map(|(place, call)| (*place, *call))
    }

    /// How many classes of callers wait.
    pub(super) fn class_count(&self) -> usize {
        self.waiting.len()
    }

    /// 1 for the caller to be served next. Counts from the end, where those who have just entered stand.
    pub(super) fn position(&self, place: Place) -> usize {
        self.len() - self.line.range(place..).count() + 1
    }

    pub(super) fn has_class(&self, class: &Class) -> bool {
        self.waiting.contains_key(class)
    }

    /// The classes of those who wait, each with its places in order.
    pub(super) fn classes(&self) -> impl Iterator<Item = (&Class, impl Iterator<Item = Place>)> {
        self.waiting.iter().map(|(class, line)| (class, line.keys().copied()))
    }

    /// Callers whom no seat rings for.
    pub(super) fn waiting(&self) -> impl Iterator<Item = (Place, CallId)> {
        self.waiting.values().flatten().map(|(place, call)| (*place, *call))
    }

    /// Callers whom a seat rings for.
    pub(super) fn rung_for(&self) -> impl Iterator<Item = (Place, CallId)> {
        self.ringing.iter().map(|(place, call)| (*place, *call))
    }

    /// All callers in the order in which they will be served.
    pub(super) fn in_order(&self) -> impl Iterator<Item = CallId> {
        self.line.values().copied()
    }

    pub(super) fn add_free(&mut self, rank: Rank, seat: SeatId) {
        self.free.insert((rank, seat));
    }

    pub(super) fn remove_free(&mut self, rank: Rank, seat: &SeatId) {
        self.free.remove(&(rank, seat.clone()));
    }

    /// As if no seat served it.
    pub(super) fn forget_seats(&mut self) {
        self.free.clear();
        self.delays.clear();
        self.reserve.clear();
        self.helpers.clear();
        self.attended = 0;
    }

    /// A seat serves it, in this way.
    pub(super) fn count_on(&mut self, seat: &SeatId, serves: &Serves) {
        self.delays.extend(serves.delays());
        self.reserve.extend(serves.is_reserve().then(|| seat.clone()));
        self.helpers.extend(serves.helps().then(|| seat.clone()));
    }

    /// A seat is about to serve it otherwise, or not at all.
    pub(super) fn count_off(&mut self, seat: &SeatId) {
        self.reserve.remove(seat);
        self.helpers.remove(seat);
    }

    /// Free seats, the next to be rung first.
    pub(super) fn free(&self) -> impl Iterator<Item = &SeatId> {
        let (first, last) = if planted::is(Fault::ShortestIdle) {
            (None, Some(self.free.iter().rev()))
        } else {
            (Some(self.free.iter()), None)
        };
        first.into_iter().flatten().chain(last.into_iter().flatten()).map(|(_, seat)| seat)
    }

    pub(super) fn ranks(&self) -> &BTreeSet<(Rank, SeatId)> {
        &self.free
    }
}
