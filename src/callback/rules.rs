//! What a queue promises to those whom it calls back, and by which rules it keeps it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Kind, Promise, millis, slot};
use crate::flow::hours::Schedule;
use crate::words::NotTaken;

/// A queue that opens later than this opens for no place that is kept now.
const MOST_CLOSED: Duration = Duration::from_secs(14 * 24 * 3600);

/// Why a citizen was not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreached {
    /// The line was busy.
    Busy,
    /// It rang, and nobody answered.
    NoAnswer,
    /// A machine answered.
    Machine,
    /// The citizen refused the call.
    Refused,
    /// The network knows no way to the number.
    Unreachable,
    /// Our trunk could not carry the call: no doing of the citizen, and no attempt.
    TrunkFailure,
    /// The exchange died while it rang.
    Interrupted,
    /// The citizen answered before an operator was there, and none came in time.
    Abandoned,
}

impl Unreached {
    /// Every one.
    pub const ALL: [Unreached; 8] = [
        Unreached::Busy,
        Unreached::NoAnswer,
        Unreached::Machine,
        Unreached::Refused,
        Unreached::Unreachable,
        Unreached::TrunkFailure,
        Unreached::Interrupted,
        Unreached::Abandoned,
    ];

    /// What became of a call, by the final status of SIP (RFC 3261 section 21), or what we found out ourselves.
    pub fn of(why: NotTaken, status: Option<u16>) -> Unreached {
        match (status, why) {
            (Some(486 | 600), _) => Unreached::Busy,
            (Some(408 | 480), _) | (None, NotTaken::Missed) => Unreached::NoAnswer,
            (Some(603), _) => Unreached::Refused,
            // What we asked was wrong, or the trunk cannot now: no doing of the citizen.
            (
                Some(400 | 401 | 402 | 403 | 405 | 406 | 407 | 415 | 420 | 423 | 488 | 491 | 493 | 500..=599),
                _,
            ) => Unreached::TrunkFailure,
            (Some(_), _) => Unreached::Unreachable,
            (None, NotTaken::CallerLeft | NotTaken::Elsewhere) => Unreached::Interrupted,
            (None, NotTaken::Rejected) => Unreached::Refused,
            (None, NotTaken::Unreachable) => Unreached::TrunkFailure,
        }
    }

    /// The citizen's phone may have rung: it counts among the attempts.
    pub fn counts(self) -> bool {
        self != Unreached::TrunkFailure
    }
}

/// What follows a call that did not reach the citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Not before so long.
    pub after: Duration,
    /// Attempts that may end in this way.
    pub most: u32,
}

/// How many may be promised for one slot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Capacity {
    /// As many.
    Fixed(u32),
    /// What these seats can call in a slot, if they give this share of their time to call-backs.
    Share {
        /// Seats that serve the queue.
        seats: u32,
        /// From 0 to 1.
        share: f64,
        /// Of talk and wrap-up.
        handle: Duration,
    },
}

impl Capacity {
    /// For a slot of so many minutes. At least one when anybody serves at all: a queue that offers call-backs means it.
    pub fn of_slot(self, minutes: u16) -> u32 {
        match self {
            Capacity::Fixed(most) => most,
            Capacity::Share { seats: 0, .. } => 0,
            Capacity::Share { seats, share, handle } => {
                let seconds =
                    f64::from(minutes) * 60.0 * f64::from(seconds_of(seats)) * share.clamp(0.0, 1.0);
                let calls = (seconds / handle.as_secs_f64().max(1.0)).floor().clamp(1.0, f64::from(u16::MAX));
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "from 1 to 65 535"
                )]
                let calls = calls as u32;
                calls
            }
        }
    }
}

fn seconds_of(seats: u32) -> u32 {
    seats.min(u32::from(u16::MAX))
}

/// Who is called first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum First {
    /// An operator, who then hears the citizen's phone ring.
    #[default]
    Operator,
    /// The citizen, while an operator is free or about to be; whoever answers is the first in the queue.
    Citizen,
}

/// The rules of one queue.
#[derive(Clone, Debug)]
pub struct CallbackRules {
    /// When citizens are called, and slots can be chosen; none: at any time.
    pub hours: Option<Schedule>,
    /// Who is called first.
    pub first: First,
    /// Length of a slot, in minutes.
    pub slot_minutes: u16,
    /// How many are promised for one slot.
    pub capacity: Capacity,
    /// No slot begins earlier than so long from now.
    pub lead: Duration,
    /// No slot begins later.
    pub horizon: Duration,
    /// For how long after its slot a citizen may still be called.
    pub grace: Duration,
    /// For how long the place of somebody is kept who chose to keep it.
    pub keep_for: Duration,
    /// What follows each kind of failure; what is not named is tried once.
    pub retries: BTreeMap<Unreached, Retry>,
    /// Attempts in all.
    pub most_attempts: u32,
    /// Minutes of advantage of those who have waited for so long for an operator after the time agreed.
    pub escalate_after: Duration,
    /// How many minutes that is.
    pub escalate_by: i32,
    /// Who called in vain is promised a call by rule.
    pub recalls: bool,
    /// Call-backs that one citizen may have booked in one day, served or not.
    pub most_a_day: u32,
    /// So many free seats are left to those who call, as long as a call-back can wait.
    pub spare_seats: u32,
}

impl Default for CallbackRules {
    fn default() -> CallbackRules {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let retry = |after: u64, most| Retry { after: minutes(after), most };
        CallbackRules {
            hours: None,
            first: First::default(),
            slot_minutes: 15,
            capacity: Capacity::Fixed(2),
            lead: minutes(15),
            horizon: minutes(7 * 24 * 60),
            grace: minutes(120),
            keep_for: minutes(240),
            retries: [
                (Unreached::Busy, retry(5, 4)),
                (Unreached::NoAnswer, retry(60, 3)),
                (Unreached::Machine, retry(60, 2)),
                (Unreached::Refused, retry(60, 1)),
                (Unreached::Unreachable, retry(15, 2)),
                (Unreached::TrunkFailure, retry(1, 30)),
                (Unreached::Interrupted, retry(5, 3)),
                (Unreached::Abandoned, retry(5, 2)),
            ]
            .into(),
            most_attempts: 5,
            escalate_after: minutes(2),
            escalate_by: 5,
            recalls: false,
            most_a_day: 3,
            spare_seats: 0,
        }
    }
}

impl CallbackRules {
    /// From when on a call-back does not wait for quiet any more: so long before its slot ends that it is still called within it; one
    /// without a slot so long after it was due.
    pub fn presses_ms(&self, promise: &Promise, next_ms: i64) -> i64 {
        match &promise.kind {
            Kind::Booked(slot) => slot.to_ms().saturating_sub(millis(self.escalate_after)),
            Kind::Place(_) | Kind::Recall => next_ms.saturating_add(millis(self.escalate_after)),
        }
    }

    /// Until when a place is kept that is given now. A night does not use it up: where the opening ends before it does, it lasts into the
    /// next one as long as it may.
    pub(super) fn kept_until_ms(&self, now_ms: i64) -> i64 {
        let until_ms = now_ms.saturating_add(millis(self.keep_for));
        let Some(hours) = &self.hours else { return until_ms };
        let to_ms = now_ms.saturating_add(millis(MOST_CLOSED));
        // Its beginning, where it is later: of one that is open now, only its end matters.
        let enough = |(from_ms, end_ms): (i64, i64)| match from_ms <= now_ms {
            true => (until_ms <= end_ms).then_some(until_ms),
            false => Some(until_ms.max(from_ms.saturating_add(millis(self.keep_for)))),
        };
        slot::openings(hours, now_ms, to_ms).find_map(enough).unwrap_or(until_ms)
    }

    /// When to try again after the last of these failures; `None`: enough has been tried.
    pub fn next_try(&self, failures: &[Unreached]) -> Option<Duration> {
        let last = *failures.last()?;
        let same = failures.iter().filter(|why| **why == last).count();
        let counted = failures.iter().filter(|why| why.counts()).count();
        let retry = self.retries.get(&last)?;
        let more = same < count(retry.most) && counted < count(self.most_attempts);
        more.then_some(retry.after)
    }
}

fn count(most: u32) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Unreached::{Busy, NoAnswer, Refused, TrunkFailure};

    #[test]
    fn capacity_is_what_the_seats_can_call_in_their_share_of_the_slot() {
        let share =
            |seats, share, handle| Capacity::Share { seats, share, handle: Duration::from_secs(handle) };
        for (capacity, minutes, expected) in [
            (Capacity::Fixed(3), 15, 3),
            (share(17, 0.2, 240), 15, 12), // 17 x 0.2 x 900 / 240 = 12.75
            (share(1, 0.1, 600), 15, 1),
            (share(0, 0.5, 240), 15, 0),
            (share(10, 9.0, 60), 1, 10),
        ] {
            assert_eq!(capacity.of_slot(minutes), expected, "{capacity:?}");
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_spacing_and_its_end() {
        let rules = CallbackRules::default();
        let minutes = |failures: &[Unreached]| rules.next_try(failures).map(|after| after.as_secs() / 60);
        for (failures, expected) in [
            (&[Busy][..], Some(5)),
            (&[Busy, Busy, Busy], Some(5)),
            (&[Busy, Busy, Busy, Busy], None),
            (&[NoAnswer], Some(60)),
            (&[Busy, NoAnswer], Some(60)),
            (&[NoAnswer, Busy, NoAnswer, Busy, Busy], None), // five in all
            (&[Refused], None),
            (&[TrunkFailure; 29], Some(1)),
            (&[TrunkFailure; 30], None),
            (&[], None),
        ] {
            assert_eq!(minutes(failures), expected, "{failures:?}");
        }
    }

    #[test]
    fn outcome_is_told_by_what_the_trunk_answers() {
        use Unreached::{Interrupted, Unreachable};
        for (status, expected) in [
            (486, Busy),
            (600, Busy),
            (408, NoAnswer),
            (480, NoAnswer),
            (603, Refused),
            (404, Unreachable),
            (410, Unreachable),
            (484, Unreachable),
            (604, Unreachable),
            (302, Unreachable),
            (403, TrunkFailure),
            (407, TrunkFailure),
            (500, TrunkFailure),
            (503, TrunkFailure),
        ] {
            assert_eq!(Unreached::of(NotTaken::Unreachable, Some(status)), expected, "{status}");
        }
        for (why, expected) in [
            (NotTaken::Missed, NoAnswer),
            (NotTaken::Unreachable, TrunkFailure),
            (NotTaken::CallerLeft, Interrupted),
        ] {
            assert_eq!(Unreached::of(why, None), expected, "{why:?}");
        }
    }
}
