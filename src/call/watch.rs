//! A supervisor who watches over a talk: a leg beside the others, which the citizen and the operator do not depend on.

use super::{Leg, Part, Party};
use crate::ids::SeatId;
use crate::time::Mono;
use crate::words::Watching;

/// Most supervisors in one call: with citizen, operator and a third side they are as many as a mix takes.
pub const MAX_WATCHES: usize = 5;

/// One supervisor, from the moment the phone is rung or has dialled.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The seat that is watched.
    pub seat: SeatId,
    /// The supervisor's own.
    pub by: SeatId,
    /// Heard by whom.
    pub how: Watching,
    /// Is to have the talk as soon as the phone is there.
    pub takes_over: bool,
    /// What for, as the supervisor says.
    pub why: Option<String>,
    /// Until when the phone may ring; `None`: it is there.
    pub rings_until: Option<Mono>,
    /// The SDP of a phone that has dialled, until it is answered.
    pub offer: Option<Vec<u8>>,
    /// SIP and media.
    pub leg: Leg,
}

impl Watch {
    /// The phone is there.
    pub fn is_there(&self) -> bool {
        self.rings_until.is_none()
    }

    /// The supervisor's part in the talk, once the phone is there.
    pub fn party(&self) -> Option<Party> {
        self.is_there().then(|| Party::new(self.leg.media, Part::Supervisor(self.how)))
    }
}
