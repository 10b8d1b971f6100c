//! Calls that no queue gave a seat: somebody wants this very seat (a consultation, a transfer, a colleague), or its operator has
//! dialled.
//!
//! Such a call stands in no line and has no place to go back to: what becomes of it is its owner's affair. The seat is held by it as
//! by any other: one call per seat, the ring ends by an answer or by exactly one [`Action::NotTaken`], and every talk is followed by
//! its wrap-up. One call may hold several seats in this way, beside the one that its queue gave it; each has its own talk and its own
//! wrap-up. A ring that was not taken is not held against the seat, which rests for a moment only: it was not its turn.

use std::time::Duration;

use super::Action;
use super::distribution::Distribution;
use super::seat::{Effect, Event, Terms};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;

/// What is wanted of a seat, for a call that no queue gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// Ring it. Done when it is idle, ready and its phone is there; otherwise answered by [`Action::Engaged`].
    Ring(DirectRules),
    /// Its operator has dialled, or listens already: it talks from now on, whatever its status. Answered by [`Action::Engaged`] while it
    /// rings or talks.
    Dialled(DirectRules),
    /// Ring it no longer: who wanted it has gone.
    CallOff,
    /// What its talk has come to.
    Turn(Turn),
    /// Its talk is to be followed by so much wrap-up: it has become one with a citizen.
    WrapUp(Duration),
}

/// What such a call asks of the seat.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DirectRules {
    /// How long it rings.
    pub ring_for: Duration,
    /// Wrap-up after the talk. One that the call broke into goes on after it, if it is longer.
    pub wrap_up: Duration,
    /// It is the operator's own affair, such as a caller who comes back: rung in a pause too, and in a wrap-up, which goes on after.
    pub own_wish: bool,
}

/// What an operator does in a talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Speaks with whom the call is about.
    #[default]
    Talking,
    /// Has put them on hold.
    Holding,
    /// Asks somebody else meanwhile.
    Consulting,
}

impl Distribution {
    pub(super) fn on_direct(&mut self, now: Mono, id: &SeatId, call: CallId, wanted: Direct) {
        let engaged = || Action::Engaged { seat: id.clone(), call };
        let event = match wanted {
            Direct::CallOff if self.rings_directly(id, call) => Event::CallerLeft(call),
            Direct::CallOff => return,
            Direct::Turn(turn) => Event::Turn(call, turn),
            Direct::WrapUp(wrap_up) => Event::Owe(call, wrap_up),
            Direct::Ring(rules) if self.seats.get(id).is_some_and(|seat| seat.may_ring(rules.own_wish)) => {
                Event::Assign(call, Terms::direct(&rules))
            }
            Direct::Dialled(rules) if self.seats.get(id).is_some_and(|seat| !seat.is_engaged()) => {
                Event::Dial(call, Terms::direct(&rules))
            }
            Direct::Ring(_) | Direct::Dialled(_) => return self.push(engaged()),
        };
        self.on_seat(now, id, event);
    }

    /// The seat would be rung for a call that no queue gives it.
    pub fn may_ring(&self, id: &SeatId, own_wish: bool) -> bool {
        self.seats.get(id).is_some_and(|seat| seat.may_ring(own_wish))
    }

    /// Who is free for this queue, the best first.
    pub fn free_for(&self, queue: &QueueId) -> impl Iterator<Item = &SeatId> {
        self.queues.get(queue).into_iter().flat_map(|queue| queue.free())
    }

    /// The seat rings for this call, which no queue gave it.
    pub(super) fn rings_directly(&self, id: &SeatId, call: CallId) -> bool {
        self.seats.get(id).is_some_and(|seat| seat.is_ringing() && seat.direct() == Some(call))
    }

    /// The seat talks with this call, which no queue gave it.
    pub(super) fn talks_directly(&self, id: &SeatId, call: CallId) -> bool {
        self.seats.get(id).is_some_and(|seat| !seat.is_ringing() && seat.direct() == Some(call))
    }

    pub(super) fn tell_direct(&mut self, seat: &SeatId, effect: Option<Effect>) {
        let seat = seat.clone();
        match effect {
            Some(Effect::Ring(call)) => self.push(Action::RingDirect { seat, call }),
            Some(Effect::NotTaken { call, why, stop }) => {
                if stop {
                    self.push(Action::StopRinging { seat: seat.clone(), call, why });
                }
                self.push(Action::NotTaken { seat, call, why });
            }
            Some(Effect::Joined(_) | Effect::Parted { .. }) | None => {}
        }
    }
}
