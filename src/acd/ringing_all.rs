//! Ringing all: several seats ring for one caller, and the first to answer has it.
//!
//! A caller for whom nobody rings comes before one for whom somebody does. So seats are given to those who wait first, and only those
//! that are free after that ring beside others: for the first caller whom they may serve, and no more of them for one caller than the
//! queue allows. Each is reserved by a ring of its own, with its own end. An answer sets the others free in the turn they had, and
//! nothing is held against them. A caller whose longest wait is over is rung for by nobody new.

use super::callers::{Caller, Stage};
use super::distribution::Distribution;
use super::matching::may_serve;
use super::queue::Queue;
use crate::ids::{CallId, SeatId};
use crate::time::Mono;

impl Distribution {
    /// Everybody who waits has been given what there is: the seats that are still free ring beside others. Ends: each ring takes a seat
    /// from the free ones.
    pub(super) fn ring_beside(&mut self, now: Mono) {
        let can_be_more = |queue: &&Queue| queue.rules.at_once() > 1 && queue.free().next().is_some();
        let mut rung_for: Vec<_> =
            self.queues.values().filter(can_be_more).flat_map(Queue::rung_for).collect();
        rung_for.sort_unstable();
        for (_, call) in rung_for {
            while let Some(seat) = self.callers.get(&call).and_then(|caller| self.seat_beside(now, caller)) {
                self.ring(now, &seat, call);
            }
        }
    }

    /// The next free seat to ring for a caller beside those that do.
    fn seat_beside(&self, now: Mono, caller: &Caller) -> Option<SeatId> {
        let Stage::Ringing(rung) = &caller.stage else { return None };
        let queue = self.queues.get(&caller.queue)?;
        let has_room = rung.len() < queue.rules.at_once() && now < caller.deadline;
        let may =
            |id: &&SeatId| self.seats.get(*id).is_some_and(|seat| may_serve(now, seat, id, caller, queue));
        queue.free().filter(|_| has_room).find(may).cloned()
    }

    /// This seat rings for a call beside others, and is not the one that counts for it.
    pub(super) fn rings_beside_others(&self, id: &SeatId, call: CallId) -> bool {
        let stage = self.callers.get(&call).map(|caller| &caller.stage);
        matches!(stage, Some(Stage::Ringing(rung)) if rung.first() != Some(id))
    }
}
