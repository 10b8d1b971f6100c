//! A call that an operator makes: whom it is for, and by which ways it is tried.
//!
//! Until somebody answers, the operator is the caller: hears the ring-back, or why nobody comes. At the answer the two change places.
//! Whoever was called outside is the call's citizen from then on and the operator has its seat's side, so that all that follows (hold,
//! transfers, recordings, the end) is as in a call that came in. A colleague who is called has the seat's side, and the operator who
//! called stays the caller.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::config::{Gateway, Route};
use crate::ids::{QueueId, SeatId};
use crate::media::PlayId;
use crate::words::EndedBy;

/// The operator's part in a call that an operator makes.
#[derive(Clone, Debug)]
pub struct Made {
    /// From this seat.
    pub seat: SeatId,
    /// Whose rules it follows.
    pub queue: QueueId,
    /// Whom it is for.
    pub whom: Whom,
    /// The seat's phone is rung first: a person asked by command.
    pub clicked: bool,
    /// It goes to an emergency number: nothing that spares others may stop it.
    pub emergency: bool,
    /// The talk may be recorded, if its queue's are.
    pub records: bool,
    /// Operator and whoever was called have changed places.
    pub turned: bool,
    /// What whoever is called hears before the talk, while it is heard.
    pub telling: Option<PlayId>,
    /// Why nobody was reached, and through whom.
    pub failed: Option<(EndedBy, String)>,
}

/// Whom an operator calls.
#[derive(Clone, Debug)]
pub enum Whom {
    /// A number outside.
    Outside {
        /// The ways that are still to be tried, the best first.
        ways: VecDeque<Way>,
        /// The number tells something about a person.
        personal: bool,
        /// How long it is rung.
        ring_for: Duration,
    },
    /// A colleague.
    Seat(SeatId),
    /// Whoever serves this queue.
    Queue(QueueId),
}

/// A way to a number, as it was when the number was judged: a reload meanwhile is for the next call.
#[derive(Clone, Debug)]
pub struct Way {
    /// As the trunk wants it dialled.
    pub dialled: String,
    /// By which trunk.
    pub trunk: Arc<str>,
    /// The way out by it.
    pub gateway: Arc<Gateway>,
    /// Where its media servers are.
    pub media: Arc<[IpNet]>,
}

impl From<&Route<'_>> for Way {
    fn from(route: &Route<'_>) -> Way {
        Way {
            dialled: route.dialled(),
            trunk: route.trunk.name.clone(),
            gateway: Arc::new(route.gateway.clone()),
            media: route.trunk.media.clone(),
        }
    }
}

impl Made {
    /// The next way to the number outside.
    pub fn next_way(&mut self) -> Option<Way> {
        match &mut self.whom {
            Whom::Outside { ways, .. } => ways.pop_front(),
            Whom::Seat(_) | Whom::Queue(_) => None,
        }
    }
}
