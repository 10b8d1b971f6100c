//! The reasons of pauses, and how long each may last.
//!
//! A pause begins when the status becomes one: one that was asked for after the call begins when the wrap-up is over. A reason that is
//! not in the list has no end of its own, as have the pauses that the exchange imposes. A pause keeps the end that it began with,
//! whatever a reload says.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::time::Mono;

/// By reason.
pub type Pauses = BTreeMap<String, PauseRule>;

/// What a reason grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PauseRule {
    /// Longest time.
    pub max: Duration,
    /// What follows at its end: ready again, or the pause goes on and is shown as over its time.
    pub then_ready: bool,
}

/// The end of the pause in course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PauseEnd {
    /// There is none.
    Open,
    At {
        until: Mono,
        then_ready: bool,
    },
    /// It is past, and the pause goes on.
    Over,
}

impl PauseEnd {
    /// Of a pause that has lasted for `already`.
    pub(super) fn of(pauses: &Pauses, reason: &str, now: Mono, already: Duration) -> PauseEnd {
        pauses.get(reason).map_or(PauseEnd::Open, |rule| PauseEnd::At {
            until: now + rule.max.saturating_sub(already),
            then_ready: rule.then_ready,
        })
    }

    pub(super) fn alarm(self) -> Option<Mono> {
        match self {
            PauseEnd::At { until, .. } => Some(until),
            PauseEnd::Open | PauseEnd::Over => None,
        }
    }

    /// Time has passed: true when the seat is to be ready now.
    pub(super) fn on_timeout(&mut self, now: Mono) -> bool {
        match *self {
            PauseEnd::At { until, then_ready } if until <= now => {
                *self = if then_ready { PauseEnd::Open } else { PauseEnd::Over };
                then_ready
            }
            _ => false,
        }
    }
}
