//! The phones of the seats: registered, asked whether they are there, gone.

use std::sync::Arc;

use crate::acd;
use crate::ids::SeatId;
use crate::time::Now;

use super::Engine;

impl Engine {
    pub(super) fn on_registered(&mut self, now: Now, user: &str, registered: bool) {
        let seat = SeatId::from(user);
        if registered {
            self.presence.on_registered(now.mono, &seat);
            self.acd.handle_input(now.mono, acd::Input::Reachable(seat));
        } else {
            self.presence.forget(&seat);
            self.acd.handle_input(now.mono, acd::Input::Unreachable(seat));
        }
    }

    pub(super) fn on_present(&mut self, now: Now, user: &str) {
        let seat = SeatId::from(user);
        if self.presence.on_answer(&seat) {
            tracing::info!(%seat, "the phone answers again");
            self.acd.handle_input(now.mono, acd::Input::Reachable(seat));
        }
    }

    pub(super) fn ask_phones(&mut self, now: Now) {
        while let Some((seat, gone)) = self.presence.poll_due(now.mono) {
            if gone {
                tracing::warn!(%seat, "the phone does not answer any more; no calls go there until it does");
                self.acd.handle_input(now.mono, acd::Input::Unreachable(seat.clone()));
            }
            if !self.sip.ask(now.mono, &Arc::from(seat.as_str())) {
                self.presence.forget(&seat);
            }
        }
    }
}
