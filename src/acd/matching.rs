//! Who is rung for whom: the first caller for a seat, the best seat for a caller, and how the two are brought together.

use std::collections::BTreeSet;
use std::time::Duration;

use super::callers::Caller;
use super::distribution::Distribution;
use super::queue::{Class, Queue};
use super::seat::Seat;
use crate::ids::{CallId, QueueId, SeatId};
use crate::planted::{self, Fault};
use crate::time::Mono;

impl Distribution {
    /// The first caller whom this free seat may serve, over all its queues.
    pub(super) fn first_for(&self, now: Mono, id: &SeatId) -> Option<CallId> {
        let seat = self.seats.get(id).filter(|seat| seat.free_since().is_some())?;
        let mut first = None;
        for (name, serves) in seat.serves() {
            let Some(queue) = self.queues.get(name) else { continue };
            self.visit(queue.class_count().max(1));
            let served =
                queue.firsts_for(id, seat.skills()).filter(|(place, _)| serves.takes(now, queue, *place));
            let of_queue = served.min().map(|(place, call)| (place.advanced(serves.priority), call));
            first = first.into_iter().chain(of_queue).min();
        }
        first.map(|(_, call)| call)
    }

    /// The free seat that the queue's strategy gives this caller.
    pub(super) fn seat_for(&self, now: Mono, caller: &Caller) -> Option<SeatId> {
        let queue = self.queues.get(&caller.queue)?;
        let may = |id: &&SeatId| {
            self.visit(1);
            self.seats.get(*id).is_some_and(|seat| may_serve(now, seat, id, caller, queue))
        };
        match &caller.class {
            Class::For(seat) => {
                let free = self.seats.get(seat).is_some_and(|seat| seat.free_since().is_some());
                Some(seat).filter(|seat| free && may(seat)).cloned()
            }
            Class::Needs(_) => queue.free().find(may).cloned(),
        }
    }

    /// Ring the best seat for a caller who waits; unless somebody else comes first there, who is then served first. A seat that comes
    /// up twice is rung for its first caller: seats and callers may prefer one another in a circle.
    pub(super) fn serve_caller(&mut self, now: Mono, call: CallId) {
        while self.is_waiting(call) {
            let (mut asked, mut due) = (BTreeSet::new(), call);
            loop {
                let Some(seat) = self.callers.get(&due).and_then(|caller| self.seat_for(now, caller)) else {
                    return;
                };
                let Some(first) = self.first_for(now, &seat) else { return };
                if first == due || !asked.insert(seat.clone()) {
                    self.ring(now, &seat, first);
                    break;
                }
                due = first;
            }
        }
    }

    /// Give a free seat the first caller over all its queues.
    pub(super) fn serve_seat(&mut self, now: Mono, id: &SeatId) {
        if let Some(call) = self.first_for(now, id) {
            self.serve_caller(now, call);
        }
    }

    /// How long the wait will be is known anew.
    pub(super) fn on_expected(&mut self, now: Mono, id: &QueueId, wait: Option<Duration>) {
        if let Some(queue) = self.queues.get_mut(id).filter(|queue| !queue.is_gone) {
            queue.expected = wait;
        }
        self.call_helpers(now, id);
        self.send_on(now, id);
    }

    /// More wait, or longer: those who help only then, or who serve the queue later otherwise, may have to.
    pub(super) fn call_helpers(&mut self, now: Mono, id: &QueueId) {
        let Some(queue) = self.queues.get(id).filter(|queue| !queue.helpers.is_empty()) else { return };
        let free: Vec<SeatId> = queue.free().filter(|seat| queue.helpers.contains(*seat)).cloned().collect();
        for seat in free {
            self.serve_seat(now, &seat);
        }
    }
}

/// Whether this seat, when it is free, may be rung for this caller.
pub(super) fn may_serve(now: Mono, seat: &Seat, id: &SeatId, caller: &Caller, queue: &Queue) -> bool {
    let fits = match &caller.class {
        Class::For(only) => only == id,
        Class::Needs(needed) => seat.skills().meet(needed) || planted::is(Fault::SkillsIgnored),
    };
    fits && seat.serves().get(&caller.queue).is_some_and(|serves| serves.takes(now, queue, caller.place))
}
