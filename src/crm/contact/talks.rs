//! The operators' parts in a contact: each who talks with the citizen has a talk of the own, from joined to parted, and a wrap-up
//! of the own. Two may talk at the same time.

use serde::{Deserialize, Serialize};

use super::{Stopwatch, is_unused, talk_ms};
use crate::ids::{OperatorId, SeatId};
use crate::journal::entry::Fact;

use super::seconds;

/// Most talks that are told apart; who is handed on and on must not let a contact grow without end.
const MOST_TALKS: usize = 50;

/// One operator's part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Talk {
    /// Where.
    pub seat: SeatId,
    /// Who.
    pub operator: OperatorId,
    /// Joined, hold included.
    pub joined: Stopwatch,
    /// On hold.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub hold: Stopwatch,
    /// The work afterwards.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub wrap_up: Stopwatch,
}

/// The same for people and scripts, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TalkLine {
    /// Where.
    pub seat: SeatId,
    /// Who.
    pub operator: OperatorId,
    /// Talked, without hold.
    pub talk_s: f64,
    /// On hold.
    pub hold_s: f64,
    /// The work afterwards.
    pub wrap_up_s: f64,
}

impl Talk {
    /// Takes in a fact about the contact.
    pub(super) fn follow(talks: &mut Vec<Talk>, at_ms: i64, fact: &Fact) {
        match fact {
            Fact::Joined { seat, operator, .. } if talks.len() < MOST_TALKS => {
                let joined = Stopwatch { ms: 0, since_ms: Some(at_ms) };
                let (seat, operator) = (seat.clone(), operator.clone());
                let (hold, wrap_up) = (Stopwatch::default(), Stopwatch::default());
                talks.push(Talk { seat, operator, joined, hold, wrap_up });
            }
            Fact::Held { on, .. } => {
                let open = talks.iter_mut().filter(|talk| talk.is_open());
                open.for_each(|talk| if *on { talk.hold.start(at_ms) } else { talk.hold.stop(at_ms) });
            }
            Fact::Parted { seat, .. } => {
                let ends = talks.iter_mut().filter(|talk| talk.is_open() && talk.seat == *seat);
                ends.for_each(|talk| talk.end(at_ms));
            }
            Fact::WrappedUp { seat, .. } => {
                talks.iter_mut().filter(|talk| talk.seat == *seat).for_each(|talk| talk.wrap_up.stop(at_ms));
            }
            Fact::ContactClosed { .. } => {
                talks.iter_mut().filter(|talk| talk.is_open()).for_each(|talk| talk.end(at_ms));
            }
            _ => {}
        }
    }

    fn end(&mut self, at_ms: i64) {
        self.joined.stop(at_ms);
        self.hold.stop(at_ms);
        self.wrap_up.start(at_ms);
    }

    /// They talk now.
    pub(super) fn is_open(&self) -> bool {
        self.joined.since_ms.is_some()
    }

    /// As people and scripts read it.
    pub(super) fn line(&self) -> TalkLine {
        TalkLine {
            seat: self.seat.clone(),
            operator: self.operator.clone(),
            talk_s: seconds(talk_ms(&self.joined, &self.hold)),
            hold_s: seconds(self.hold.ms),
            wrap_up_s: seconds(self.wrap_up.ms),
        }
    }
}
