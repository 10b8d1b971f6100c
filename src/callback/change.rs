//! What is written down of a call-back. Names are the format: they are added to, never changed.

use serde::{Deserialize, Serialize};

use super::rules::Unreached;
use super::slot::Slot;
use crate::ids::{CaseId, CitizenId, ContactId, EntityId, Language, QueueId, SeatId, TopicId};
use crate::words::NotTaken;

/// What the citizen was promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To be called as if still waiting, since this moment (milliseconds of the Unix epoch).
    Place(i64),
    /// To be called in this slot.
    Booked(Slot),
    /// Nothing: somebody of the recall list is called as soon as may be.
    Recall,
}

/// A promise, without the number: that is personal and stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Who is called.
    pub citizen: CitizenId,
    /// Who asked for it, when that is known: not always the one who is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CitizenId>,
    /// Whose operators call.
    pub queue: QueueId,
    /// For which body.
    pub entity: EntityId,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Spoken to the citizen.
    pub language: Language,
    /// What was promised.
    pub kind: Kind,
    /// Nobody is called later, in milliseconds of the Unix epoch.
    pub until_ms: i64,
    /// In which contact it was asked for.
    pub contact: ContactId,
    /// The case that it goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

impl Promise {
    /// When the citizen may be called first; `booked_ms`: when it was promised.
    pub fn from_ms(&self, booked_ms: i64) -> i64 {
        match &self.kind {
            Kind::Place(_) | Kind::Recall => booked_ms,
            Kind::Booked(slot) => slot.from_ms(),
        }
    }
}

/// How a call-back ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Citizen and operator have talked.
    Served,
    /// Its time went by without a call that could have reached the citizen.
    Missed,
    /// Called as often as may be, and not reached.
    NotReached,
    /// The citizen does not want it any more, or whoever may say so.
    Cancelled,
    /// The citizen was helped in another way.
    Helped,
}

impl End {
    /// Nobody has called, or nobody was reached: the citizen is on the recall list.
    pub fn is_in_vain(self) -> bool {
        matches!(self, End::Missed | End::NotReached)
    }

    /// Its name, as it is written.
    pub fn word(self) -> &'static str {
        match self {
            End::Served => "served",
            End::Missed => "missed",
            End::NotReached => "not_reached",
            End::Cancelled => "cancelled",
            End::Helped => "helped",
        }
    }
}

/// What happened to a call-back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It was promised.
    Promised {
        /// What.
        promise: Box<Promise>,
    },
    /// Another time was agreed.
    Moved {
        /// From now on.
        slot: Slot,
        /// Nobody is called later.
        until_ms: i64,
    },
    /// Nobody was free for too long: it is ahead of others now, and the supervisor knows.
    Escalated,
    /// An operator was asked to take it and did not: no attempt, and no doing of the citizen.
    Declined {
        /// Where.
        seat: SeatId,
        /// Why.
        why: NotTaken,
    },
    /// The citizen is called. Written before the INVITE.
    Attempted {
        /// The contact that this call is.
        contact: ContactId,
    },
    /// The call reached nobody.
    NotReached {
        /// Why.
        why: Unreached,
        /// The next one comes not before this; none: it was the last.
        next_ms: Option<i64>,
    },
    /// Citizen and operator hear each other. Written before they do.
    Joined {
        /// In this contact.
        contact: ContactId,
    },
    /// It is over.
    Ended {
        /// How.
        how: End,
    },
}

impl Change {
    /// Whether the contact in which it was asked for has its promise from now on; `None`: as before.
    pub fn is_promised(&self) -> Option<bool> {
        match self {
            Change::Promised { .. } => Some(true),
            Change::Ended { how: End::Cancelled } => Some(false),
            _ => None,
        }
    }
}
