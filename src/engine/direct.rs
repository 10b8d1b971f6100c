//! Seats that are rung for calls that no queue gave them: who wanted the seat is told what became of it.

use crate::acd;
use crate::call::SeatLeg;
use crate::ids::{CallId, SeatId};
use crate::journal::entry::Fact;
use crate::time::Now;
use crate::words::NotTaken;

use super::{Engine, Owner};

impl Engine {
    /// The seat is reserved: ring it for whoever asked.
    pub(super) fn ring_direct(&mut self, now: Now, seat: SeatId, id: CallId) {
        let third = self.calls.get(&id).and_then(|call| call.third.as_ref());
        let queue = third.filter(|third| third.at.as_ref() == Some(&seat)).map(|third| third.queue.clone());
        let (Some(queue), Some(link)) = (queue, self.sip.reach(seat.as_str())) else {
            return self.acd.handle_input(now.mono, acd::Input::Failed(seat, id));
        };
        let (contact, direct) = (id.into(), true);
        self.append(now, Fact::SeatRung { contact, seat: seat.clone(), queue: queue.clone(), direct });
        let leg = self.open_leg(None, link, Owner::Ringing(id, seat.clone()));
        if let Some(call) = self.calls.get_mut(&id) {
            call.ringing.insert(seat.clone(), SeatLeg { seat, queue, leg });
        }
    }

    /// The seat cannot be had.
    pub(super) fn on_engaged(&mut self, now: Now, seat: &SeatId, id: CallId) {
        self.on_third_not_taken(now, id, Some(seat));
    }

    /// A ring led to nothing.
    pub(super) fn on_not_taken(&mut self, now: Now, seat: &SeatId, id: CallId, why: NotTaken) {
        self.append(now, Fact::SeatNotTaken { contact: id.into(), seat: seat.clone(), why });
        self.on_third_not_taken(now, id, Some(seat));
    }
}
