//! What a supervisor does with one caller who waits: into another queue, further on in the line, to one seat.
//!
//! The wait goes on through all of it: who is moved stands in the new line as if the whole wait had been there, and the longest wait of
//! that queue counts from the move. A ring in course is left to end first, so nobody is moved or taken while a phone rings for them.
//! A seat that takes a caller need not serve the queue, nor be ready; otherwise it is a ring of that queue like any other.

use std::time::Duration;

use super::callers::{Caller, Stage};
use super::distribution::Distribution;
use super::seat::{Seat, Terms};
use super::{Entering, Skills, TaskRules};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::QueueExit;

/// What is wanted of a caller who waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Supervised {
    /// In this queue, with the waiting time that the caller has.
    Move(QueueId),
    /// So many minutes further on, or back.
    Advance(i32),
    /// With this seat, which is rung at once.
    Take(SeatId),
}

/// Why it cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SupervisedFault {
    /// The call waits in no queue.
    NotWaiting,
    /// These seats ring for it.
    Rings(SeatId),
    /// It is in that queue.
    SameQueue,
    /// The queue would let it out by this exit at once.
    TurnedAway(QueueExit),
    /// The seat has a call, rests, or nobody is there.
    SeatNotFree,
}

impl Distribution {
    /// Why this cannot be done now, if it cannot.
    pub fn supervised_fault(&self, now: Mono, call: CallId, wanted: &Supervised) -> Option<SupervisedFault> {
        let Some(caller) = self.callers.get(&call) else { return Some(SupervisedFault::NotWaiting) };
        match (&caller.stage, wanted) {
            (Stage::Talking(_), _) => return Some(SupervisedFault::NotWaiting),
            (_, Supervised::Advance(_)) => return None,
            (Stage::Ringing(rung), _) => return rung.first().cloned().map(SupervisedFault::Rings),
            (Stage::Waiting, _) => {}
        }
        match wanted {
            Supervised::Move(queue) if *queue == caller.queue => Some(SupervisedFault::SameQueue),
            Supervised::Move(queue) => {
                let exit = self.would_refuse(now, &self.moving(now, call, caller, queue));
                exit.map(SupervisedFault::TurnedAway)
            }
            Supervised::Take(seat) => (!self.may_ring(seat, true)).then_some(SupervisedFault::SeatNotFree),
            Supervised::Advance(_) => None,
        }
    }

    pub(super) fn on_supervised(&mut self, now: Mono, call: CallId, wanted: Supervised) {
        if self.supervised_fault(now, call, &wanted).is_some() {
            return;
        }
        match wanted {
            Supervised::Move(queue) => self.move_to(now, call, &queue),
            Supervised::Advance(minutes) => {
                self.stand_anew(now, call, minutes);
                self.serve_caller(now, call);
            }
            Supervised::Take(seat) => self.ring_on(now, &seat, call, Terms::wished),
        }
    }

    /// As it asks for a place in another queue: without the minutes of the old one, with the wait of before.
    pub(super) fn moving(&self, now: Mono, call: CallId, caller: &Caller, queue: &QueueId) -> Entering {
        let offset = self.queues.get(&caller.queue).map_or(0, |old| old.rules.offset);
        let own = caller.minutes.saturating_sub(i64::from(offset));
        let bound = |minutes: i64| minutes.clamp(i32::MIN.into(), i32::MAX.into());
        Entering {
            priority: i32::try_from(bound(own)).unwrap_or(0),
            waited: caller.waited + now.since(caller.entered),
            needs: caller.needs.clone(),
            stays: caller.stays,
            prefers: caller.prefers.clone().and_then(|(seat, until)| {
                let left = until.since(now);
                (left > Duration::ZERO).then_some((seat, left))
            }),
            ..Entering::new(call, queue.clone())
        }
    }

    fn move_to(&mut self, now: Mono, call: CallId, queue: &QueueId) {
        let Some(caller) = self.callers.get(&call) else { return };
        let entering = self.moving(now, call, caller, queue);
        self.step_out(call);
        self.waited(now, call, false);
        self.callers.remove(&call);
        self.place(now, entering);
    }

    /// A caller as others see it who waits or is rung for: the place in line, what counts as waited, and what is needed now.
    pub fn wait_of(&self, now: Mono, call: CallId) -> Option<Wait> {
        let caller = self.callers.get(&call).filter(|caller| !matches!(caller.stage, Stage::Talking(_)))?;
        let queue = self.queues.get(&caller.queue)?;
        Some(Wait {
            position: queue.position(caller.place),
            waited: caller.waited + now.since(caller.entered),
            minutes: caller.minutes,
            needs: queue.rules.needs.and(&caller.needs).after(caller.waited + now.since(caller.entered)),
            prefers: caller.prefers.as_ref().filter(|(_, until)| now < *until).map(|(seat, _)| seat.clone()),
        })
    }

    /// Whether somebody who asks for this place now is expected to be answered within so long; `None`: that is not known.
    pub fn answers_within(&self, now: Mono, entering: &Entering, within: Duration) -> Option<bool> {
        let queue = self.queues.get(&entering.queue);
        let Some(queue) = queue.filter(|_| self.would_refuse(now, entering).is_none()) else {
            return Some(false);
        };
        let rung = self.seat_for(now, &self.caller(now, entering.clone(), queue));
        if rung.is_some() { Some(true) } else { queue.expected.map(|wait| wait <= within) }
    }

    /// A task that is no call may be given to a seat of this queue: enough of them are free, and few enough wait; or its rules say nothing of it.
    pub fn may_give_task(&self, queue: &QueueId) -> bool {
        self.queues.get(queue).is_some_and(|queue| {
            queue.rules.tasks.is_none_or(|TaskRules { at_most_waiting, free_seats }| {
                queue.len() <= at_most_waiting && queue.ranks().len() >= free_seats.max(1)
            })
        })
    }

    /// Seats that serve this queue in some way.
    pub fn seats_serving(&self, queue: &QueueId) -> impl Iterator<Item = &SeatId> {
        self.seats.iter().filter(|(_, seat)| seat.serves().contains_key(queue)).map(|(id, _)| id)
    }

    /// Of these, who is free, or will be within so long.
    pub fn free_within(&self, now: Mono, queue: &QueueId, within: Duration) -> impl Iterator<Item = &SeatId> {
        let serving = self.seats.iter().filter(move |(_, seat)| seat.serves().contains_key(queue));
        let free = move |seat: &Seat| matches!(seat.free_in(now), Some(Ok(left)) if left <= within);
        serving.filter(move |(_, seat)| free(seat)).map(|(id, _)| id)
    }

    /// Who waits in this queue and has no seat that rings for them.
    pub fn unserved_in(&self, queue: &QueueId) -> impl Iterator<Item = CallId> {
        let waiting = self.queues.get(queue).into_iter().flat_map(|queue| queue.in_order());
        waiting.filter(|call| {
            self.callers.get(call).is_some_and(|caller| matches!(caller.stage, Stage::Waiting))
        })
    }
}

/// A wait in course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// 1 is the next to be served.
    pub position: usize,
    /// What counts as waited: here, and before.
    pub waited: Duration,
    /// Minutes of priority and of the queue.
    pub minutes: i64,
    /// What is still needed of a seat.
    pub needs: Skills,
    /// This seat alone may serve it now.
    pub prefers: Option<SeatId>,
}
