//! What a run is told of the world outside its flow.

use std::collections::BTreeMap;

use super::super::hours::Calendars;
use crate::ids::{EntityId, Language, QueueId};

/// The call as it began. Language and entity change along the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFacts {
    /// The caller's number as received, or `anonymous`.
    pub from: String,
    /// The number dialled.
    pub to: String,
    /// Spoken at first; another than the flow's languages becomes the flow's first.
    pub language: Language,
    /// The body answered for.
    pub entity: EntityId,
}

/// What a run may look at: as it is at the moment of the input.
#[derive(Clone, Copy, Debug)]
pub struct World<'w> {
    /// Opening hours.
    pub calendars: &'w Calendars,
    /// Bulletins switched on, by slot.
    pub bulletins: &'w BTreeMap<String, Bulletin>,
    /// What expressions may ask about queues.
    pub queues: &'w BTreeMap<QueueId, QueueFacts>,
}

/// A message that a supervisor has switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bulletin {
    /// `sounds/<language>/<sound>.wav`; `None`: the node's own prompt, or `bollettini/<slot>`.
    pub sound: Option<String>,
    /// The call ends after it.
    pub closing: bool,
}

/// What expressions may ask about a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFacts {
    /// Callers waiting.
    pub waiting: u32,
    /// Expected waiting time.
    pub ewt_s: u32,
}
