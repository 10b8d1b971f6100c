//! Operators are persons: who sits at which seat, and what the seat is while they do.
//!
//! A person is at one seat at a time. While they are, their skills and their routing profile are the seat's; when they log out the seat is
//! itself again with the next log-in. Who logs in elsewhere moves, and takes along status and counters: a pause is lifted by the one who
//! pauses, and by nobody's log-in. A call or a wrap-up is finished where it began, so nobody moves out of one. A seat that logs in without
//! a name is its usual operator's, if it has one who is nowhere else.

use std::collections::BTreeMap;
use std::time::Duration;

use super::distribution::{Distribution, Mark};
use super::pauses::PauseEnd;
use super::rank::Rank;
use super::rules::{SeatRules, Serving};
use super::seat::{Event, Seat};
use super::skills::Skills;
use super::timers::Alarm;
use super::{Action, Restored, serves};
use crate::ids::{OperatorId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::{Status, StatusChange};

/// By name.
pub type People = BTreeMap<OperatorId, Person>;

/// What a person brings to the seat; what is left out is the seat's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The queues served, and how: the routing profile.
    pub queues: Option<BTreeMap<QueueId, Serving>>,
    /// What the person knows.
    pub skills: Option<Skills>,
}

/// Why a person cannot log in at a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInFault {
    /// There is no such seat.
    NoSeat,
    /// The person has a call or a wrap-up at this seat.
    BusyAt(SeatId),
    /// Somebody else has a call or a wrap-up at the seat.
    Occupied,
}

/// What a person takes along to another seat.
#[derive(Clone, Debug)]
pub(super) struct Luggage {
    pub(super) status: Status,
    pub(super) pause_end: PauseEnd,
    pub(super) calls: u64,
    pub(super) talked: Duration,
}

impl SeatRules {
    /// The seat while this person sits there.
    pub(super) fn held_by(&self, operator: Option<&OperatorId>) -> SeatRules {
        let person = operator.and_then(|operator| self.people.get(operator));
        let mut held = self.clone();
        if let Some(queues) = person.and_then(|person| person.queues.clone()) {
            held.queues = queues;
        }
        if let Some(skills) = person.and_then(|person| person.skills.clone()) {
            held.skills = skills;
        }
        held
    }
}

impl Distribution {
    /// Where this person is logged in.
    pub fn seat_of(&self, operator: &OperatorId) -> Option<&SeatId> {
        let sits = |seat: &Seat| seat.sitting() == Some(operator);
        self.seats.iter().find(|(_, seat)| sits(seat)).map(|(id, _)| id)
    }

    /// In whose name a seat works: its operator's, or its own.
    pub fn operator_at(&self, id: &SeatId) -> OperatorId {
        let operator = self.seats.get(id).and_then(Seat::operator).cloned();
        operator.unwrap_or_else(|| id.as_str().into())
    }

    /// Why this person cannot log in here now.
    pub fn sign_in_fault(&self, id: &SeatId, operator: &OperatorId) -> Option<SignInFault> {
        let Some(seat) = self.seats.get(id) else { return Some(SignInFault::NoSeat) };
        let elsewhere = self.seat_of(operator).filter(|other| *other != id);
        let busy = elsewhere.and_then(|other| self.seats.get_key_value(other));
        if let Some((other, _)) = busy.filter(|(_, other)| other.has_call_or_wrap_up()) {
            return Some(SignInFault::BusyAt(other.clone()));
        }
        let others = seat.sitting() != Some(operator) && seat.has_call_or_wrap_up();
        others.then_some(SignInFault::Occupied)
    }

    pub(super) fn on_sign_in(&mut self, now: Mono, id: &SeatId, operator: OperatorId) {
        if self.sign_in_fault(id, &operator).is_some() {
            return;
        }
        let here = self.seats.get(id).is_some_and(|seat| seat.sitting() == Some(&operator));
        if here {
            return self.on_seat(now, id, Event::Status(StatusChange::LogIn));
        }
        let old = self.seat_of(&operator).cloned();
        let luggage = old.as_ref().and_then(|old| self.seats.get(old)).map(Seat::luggage);
        self.reseat(now, id, |seat| seat.sit_down(now, operator, luggage));
        if let Some(old) = old {
            self.on_seat(now, &old, Event::Status(StatusChange::LogOut));
        }
    }

    /// Who logs in without a name is whoever usually sits there, unless that person is elsewhere.
    pub(super) fn expect_usual(&mut self, now: Mono, id: &SeatId) {
        let Some(seat) = self.seats.get(id).filter(|seat| seat.is_logged_out()) else { return };
        let usual = seat.own().usual.clone().filter(|usual| self.seat_of(usual).is_none());
        self.ready_for(now, id, usual);
    }

    /// The person of before a restart, unless two seats claim the same.
    pub(super) fn on_restored(&mut self, now: Mono, id: &SeatId, before: Restored) {
        let operator = before.operator.clone().filter(|operator| self.seat_of(operator).is_none());
        self.ready_for(now, id, operator);
        self.on_seat(now, id, Event::Restored(before));
    }

    /// The seat of somebody who is about to log in.
    fn ready_for(&mut self, now: Mono, id: &SeatId, operator: Option<OperatorId>) {
        if self.seats.get(id).is_some_and(|seat| seat.operator() != operator.as_ref()) {
            self.reseat(now, id, |seat| seat.expect(operator));
        }
    }

    /// Change who a seat is: out of every index, and in again.
    fn reseat(&mut self, now: Mono, id: &SeatId, change: impl FnOnce(&mut Seat)) {
        let Some(before) = self.seats.get(id).map(Mark::of) else { return };
        self.unlist(id, &before);
        let Some(seat) = self.seats.get_mut(id) else { return };
        change(seat);
        let serves = serves::of(seat.rules(), self.queues.values().map(|queue| &queue.rules));
        seat.set_serves(serves);
        let after = Mark::of(seat);
        self.list(now, id, &after);
        if before.view != after.view {
            self.push(Action::SeatChanged { seat: id.clone(), now: after.view });
        }
        self.close_what_nobody_attends(now);
        self.serve_seat(now, id);
    }

    fn unlist(&mut self, id: &SeatId, before: &Mark) {
        if let Some(at) = before.alarm {
            self.timers.cancel(at, Alarm::Seat(id.clone()));
        }
        self.each_queue_of(id, |seat, queue| {
            if let Some(standing) = before.standing {
                queue.remove_free(Rank::of(standing, seat.skills(), &queue.rules), id);
            }
            if before.attends && !queue.reserve.contains(id) {
                queue.attended = queue.attended.saturating_sub(1);
            }
            queue.count_off(id);
        });
    }

    fn list(&mut self, now: Mono, id: &SeatId, after: &Mark) {
        if let Some(at) = after.alarm {
            self.timers.set(at, Alarm::Seat(id.clone()));
        }
        let mut later = Vec::new();
        self.each_queue_of(id, |seat, queue| {
            let delays = queue.delays.len();
            if let Some(serves) = seat.serves().get(&queue.rules.id) {
                queue.count_on(id, serves);
            }
            if let Some(standing) = after.standing {
                queue.add_free(Rank::of(standing, seat.skills(), &queue.rules), id.clone());
            }
            queue.attended += usize::from(after.attends && !queue.reserve.contains(id));
            if queue.delays.len() > delays {
                later.extend(queue.waiting().map(|(_, call)| call));
            }
        });
        // This seat joins in for some who wait already.
        later.into_iter().for_each(|call| self.stand_anew(now, call, 0));
    }
}
