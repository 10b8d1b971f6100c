//! What supervisors do with callers who wait.

use super::eligible::{MINUTE_NS, nanos};
use super::{Served, Waiting, Watch};
use crate::acd::{Entering, Supervised};
use crate::ids::{CallId, QueueId, SeatId};

impl Watch {
    pub(super) fn on_supervised(&mut self, call: CallId, wanted: &Supervised) {
        let now = self.now;
        let Some(caller) = self.waiting.get_mut(&call) else { return };
        match wanted {
            Supervised::Advance(minutes) => {
                caller.asked.priority = caller.asked.priority.saturating_add(*minutes);
                caller.place = caller.place.advanced(*minutes);
            }
            Supervised::Take(seat) => self.taken = Some((seat.clone(), call)),
            Supervised::Move(queue) => {
                let here = now.since(caller.entered);
                let prefers = caller.asked.prefers.clone().filter(|(_, time)| here < *time);
                let prefers = prefers.map(|(seat, time)| (seat, time.saturating_sub(here)));
                let (queue, waited, max_wait) = (queue.clone(), caller.asked.waited + here, None);
                self.entering = Some(Entering { queue, waited, max_wait, prefers, ..caller.asked.clone() });
            }
        }
    }

    /// Whoever waits and has not been sent on before, by a rule that holds, and nobody before who could be.
    pub(super) fn on_send_on(&mut self, call: CallId, queue: &QueueId, rule: usize) {
        let may = |caller: &Waiting| {
            let when = self.rules.get(queue).and_then(|rules| rules.sends_on.get(rule));
            let score = nanos(self.now.since(caller.entered) + caller.asked.waited)
                + i128::from(caller.asked.priority) * MINUTE_NS;
            let waits = caller.queue == *queue && caller.rung_by.is_empty() && !caller.asked.stays;
            waits && when.is_some_and(|when| nanos(when.after) <= score && self.is_open(*when, queue))
        };
        let first =
            self.waiting.iter().filter(|(_, caller)| may(caller)).min_by_key(|(_, caller)| caller.place);
        let first = first.map(|(first, _)| *first);
        if first != Some(call) {
            self.broken(&format!("{call} was sent on out of {queue}, and not {first:?}"));
        }
    }

    /// Whatever it serves and knows: it is there, and has time. A wrap-up that it breaks into goes on after it.
    pub(super) fn on_taken(&mut self, id: &SeatId, call: CallId, queue: &QueueId) {
        let served = self.rules.get(queue).map(Served::from).unwrap_or_default();
        let waits = self.waiting.get(&call).is_some_and(|caller| caller.rung_by.is_empty());
        let now = self.now;
        let Some(seat) = self.seats.get_mut(id).filter(|seat| waits && seat.may_be_rung(true)) else {
            return self.broken(&format!("{id} was to take {call}, and one of them has no time"));
        };
        let owed = seat.wrap_up_owed(now);
        (seat.wrap_up_left, seat.extended) = (None, Default::default());
        self.rings_for(id, call, Served { wrap_up: served.wrap_up.max(owed), owed, ..served });
    }
}
