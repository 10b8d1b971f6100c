//! A call that was made once, led through a flow again: the one it came to, or a draft of another.
//!
//! What the caller did is known by where it was done ([`Visit`]): keys, silences and hanging up belong to the question at which they
//! came. What the world did is known by the way that the call then took in the flow of its day (`ways`). Both are given to the
//! interpreter that leads citizens, with a clock that stands where the recorded one stood:
//! - at a node of the same name, the caller does what was done there, as often as it was done;
//! - a question that the draft no longer has is answered where the draft puts one that the caller never heard;
//! - hours, bulletins and answers of the world are as they were wherever the draft asks the same of them; queues end for the caller
//!   as they did, also another queue, because nobody knows what the wait there would have been;
//! - where the caller would have to do what the record does not tell, the call *falls off*; where the world would, it is *not known*
//!   how it goes on.
//!
//! So a draft that is the flow in force leads every call the way it went, whatever is on record of it and whatever is not.

mod caller;
mod ways;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::hours::Calendars;
use super::model::Flow;
use super::run::CallFacts;
use crate::ids::{NodeId, QueueId};
use crate::words::{EndedBy, QueueExit};

/// A call as it is on record.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// How it began.
    pub call: CallFacts,
    /// When the flow began.
    pub at: Timestamp,
    /// Where it came, in order.
    pub visits: Vec<Visit>,
}

/// One stay at one node.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Which.
    pub node: NodeId,
    /// Since the beginning of the flow.
    pub after: Duration,
    /// What the caller did there, each since the beginning of the visit.
    pub acts: Vec<(Duration, Act)>,
    /// The node could not do its work.
    pub failed: bool,
    /// The draw of a survey fell on the caller.
    pub surveyed: bool,
    /// The queue that the flow asked for.
    pub queue: Option<QueueId>,
    /// How the last queue let the caller go.
    pub exit: Option<QueueExit>,
    /// Who answered.
    pub talked: Option<With>,
    /// The call ended here, by whom.
    pub ended: Option<EndedBy>,
}

impl Visit {
    /// Nothing has happened yet.
    pub fn at(node: NodeId, after: Duration) -> Visit {
        let (failed, surveyed) = (false, false);
        Visit {
            node,
            after,
            acts: Vec::new(),
            failed,
            surveyed,
            queue: None,
            exit: None,
            talked: None,
            ended: None,
        }
    }
}

/// What a caller does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Presses this.
    Key(char),
    /// Lets the time for a key pass.
    Silence,
}

/// Who answered a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// An operator.
    Operator,
    /// Somebody at a number.
    Number,
}

/// What became of the call this time.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Everything of it that matters, in order.
    pub events: Vec<Event>,
    /// How it ended.
    pub end: End,
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It came to a node, which answers a request for information or not.
    Node(NodeId, bool),
    /// Something is said.
    Plays,
    /// It was heard to its end.
    Heard,
    /// It asked for a place in this queue.
    Queued(QueueId),
    /// The queue let it go.
    Left(QueueExit),
    /// Somebody answered.
    Talked(With),
    /// A call-back was promised.
    Promised,
}

/// How a call that is gone through again ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// As on record, or by the flow.
    Over(EndedBy),
    /// The caller would have to do what is not on record.
    FellOff(NodeId, Why),
    /// What follows depends on what nobody wrote down.
    Unknown(NodeId),
}

/// Why a call falls off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The question was never put to the caller.
    NeverAsked,
    /// It is put more often than the caller answered it.
    KeysRanOut,
    /// The key that the caller pressed means nothing there.
    WrongKey(char),
}

/// Leads the call through `draft`; `then` is the flow that it came to on its day.
pub fn replay(recorded: &Recorded, then: &Flow, draft: &Arc<Flow>, calendars: &Calendars) -> Replayed {
    caller::follow(recorded, then, draft, calendars)
}
