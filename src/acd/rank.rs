//! In which order the free seats of a queue are rung: its strategy.

use std::time::Duration;

use super::rules::{QueueRules, Strategy};
use super::skills::Skills;
use crate::time::Mono;

/// What a free seat is compared by. Nothing of it changes while the seat is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Since when it is free.
    pub(super) since: Mono,
    /// Number of its last ring, over all seats.
    pub(super) last_ring: u64,
    /// Calls since log-in.
    pub(super) calls: u64,
    /// Talk since log-in.
    pub(super) talked: Duration,
    /// Its number in the list of seats.
    pub(super) order: usize,
}

/// Where a free seat stands in one queue: the least is rung first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    by_strategy: u128,
    since: Mono,
}

impl Rank {
    pub(super) fn of(standing: Standing, known: &Skills, rules: &QueueRules) -> Rank {
        let by_strategy = match rules.strategy {
            Strategy::LongestIdle | Strategy::RingAll => 0,
            Strategy::RoundRobin => standing.last_ring.into(),
            Strategy::FewestCalls => standing.calls.into(),
            Strategy::LeastTalkTime => standing.talked.as_nanos(),
            Strategy::Linear => u128::try_from(standing.order).unwrap_or(u128::MAX),
            Strategy::SkillLevel => u128::from(u64::MAX - known.levels_of(&rules.needs.skills)),
        };
        Rank { by_strategy, since: standing.since }
    }
}
