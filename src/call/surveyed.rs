//! What a survey after the call must know of it: whom the answers are about, and whether there is to be one at all.

use crate::ids::{OperatorId, QueueId, SeatId};

/// Whom the citizen has talked with last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// At which seat.
    pub seat: SeatId,
    /// Who sat there when the talk ended.
    pub operator: OperatorId,
    /// By which queue.
    pub queue: QueueId,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surveyed {
    served: Option<Served>,
    given_away: bool,
    drawn: Option<bool>,
}

impl Surveyed {
    /// An operator has hung up, and the citizen is still there.
    pub fn on_served(&mut self, served: Served) {
        self.served = Some(served);
    }

    /// An operator has given the citizen to somebody else: whom the answers would be about, the citizen could not tell.
    pub fn on_given_away(&mut self) {
        self.given_away = true;
    }

    /// Whom the answers are about, if an operator served at all.
    pub fn served(&self) -> Option<&Served> {
        self.served.as_ref()
    }

    /// Never asked, whatever the draw.
    pub fn is_left_out(&self) -> bool {
        self.given_away
    }

    /// Drawn before in this call: a flow may ask in several nodes, and the draw is one.
    pub fn drawn(&self) -> Option<bool> {
        self.drawn
    }

    /// The draw.
    pub fn on_drawn(&mut self, asked: bool) {
        self.drawn = Some(asked);
    }
}
