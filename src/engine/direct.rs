//! Seats that are rung for calls that no queue gave them: who wanted the seat is told what became of it.

use crate::acd::{self, Direct};
use crate::ids::{CallId, SeatId};
use crate::time::Now;

use super::Engine;

impl Engine {
    /// The seat is reserved: ring it for whoever asked.
    pub(super) fn ring_direct(&mut self, now: Now, seat: SeatId, id: CallId) {
        // Nobody asks yet; a ring that nobody carries out must not hold the seat.
        self.acd.handle_input(now.mono, acd::Input::Direct(seat, id, Direct::CallOff));
    }

    /// The seat cannot be had.
    pub(super) fn on_engaged(&mut self, _now: Now, _seat: &SeatId, _id: CallId) {}
}
