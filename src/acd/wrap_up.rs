//! The work after a talk: a time that the operator may lengthen or cut short, and an outcome that may be owed.
//!
//! Where a queue wants the outcome of its calls, the seat stays in wrap-up beyond its time until that is coded. The operator cannot end
//! such a wrap-up; a supervisor can, and so does the queue's limit, if it has one. What was coded during the talk is not owed.

use std::time::Duration;

use crate::ids::CallId;
use crate::time::Mono;

/// What a queue asks of the wrap-up beside its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AfterTalk {
    /// What one extension adds.
    pub extend_by: Duration,
    /// Extensions of one wrap-up: nobody stays away from callers for ever without a pause that says so.
    pub max_extensions: u32,
    /// The outcome must be coded.
    pub outcome_needed: bool,
    /// How long beyond its time a wrap-up waits for the outcome; `None`: until it is there.
    pub outcome_within: Option<Duration>,
}

/// What an operator or a supervisor does about a wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrapUpAct {
    /// Longer, by what the queue grants.
    Extend,
    /// The outcome of this call is coded.
    Coded(CallId),
    /// Over, whatever is owed: a supervisor's doing.
    Release,
}

/// A wrap-up in course.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrapUp {
    call: CallId,
    rules: AfterTalk,
    phase: Phase,
    extensions: u32,
    owes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Timed {
        until: Mono,
    },
    /// The time is over, and the outcome is waited for.
    Owing {
        until: Option<Mono>,
    },
}

impl WrapUp {
    /// After `call`, for so long; `None` when there is nothing to wait for.
    pub(super) fn new(
        now: Mono,
        call: CallId,
        time: Duration,
        rules: AfterTalk,
        owes: bool,
    ) -> Option<WrapUp> {
        let mut wrap_up =
            WrapUp { call, rules, phase: Phase::Timed { until: now + time }, extensions: 0, owes };
        let over = wrap_up.on_timeout(now);
        (!over).then_some(wrap_up)
    }

    /// It has been made longer so often before a restart.
    pub(super) fn extended(self, extensions: u32) -> WrapUp {
        WrapUp { extensions, ..self }
    }

    /// How often it has been made longer.
    pub(super) fn extensions(&self) -> u32 {
        self.extensions
    }

    /// When it ends, or when its time does.
    pub(super) fn alarm(&self) -> Option<Mono> {
        match self.phase {
            Phase::Timed { until } => Some(until),
            Phase::Owing { until } => until,
        }
    }

    pub(super) fn owes(&self) -> bool {
        self.owes
    }

    /// The call whose outcome is owed, and what its queue wants of it.
    pub(super) fn owed(&self) -> Option<(CallId, AfterTalk)> {
        self.owes.then_some((self.call, self.rules))
    }

    /// What is left of its time.
    pub(super) fn left(&self, now: Mono) -> Duration {
        match self.phase {
            Phase::Timed { until } => until.since(now),
            Phase::Owing { .. } => Duration::ZERO,
        }
    }

    /// Time has passed; true when it is over.
    pub(super) fn on_timeout(&mut self, now: Mono) -> bool {
        if let Phase::Timed { until } = self.phase
            && until <= now
        {
            if !self.owes {
                return true;
            }
            self.phase = Phase::Owing { until: self.rules.outcome_within.map(|more| until + more) };
        }
        matches!(self.phase, Phase::Owing { until: Some(until) } if until <= now)
    }

    /// More time; false when there is no more to be had.
    pub(super) fn extend(&mut self, now: Mono) -> bool {
        if self.extensions >= self.rules.max_extensions || self.rules.extend_by.is_zero() {
            return false;
        }
        self.extensions += 1;
        let from = match self.phase {
            Phase::Timed { until } => until,
            Phase::Owing { .. } => now,
        };
        self.phase = Phase::Timed { until: from + self.rules.extend_by };
        true
    }

    /// The outcome of `call` is coded; true when that ends it.
    pub(super) fn on_coded(&mut self, call: CallId) -> bool {
        if call == self.call {
            self.owes = false;
        }
        !self.owes && matches!(self.phase, Phase::Owing { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;

    const S: Duration = Duration::from_secs(1);
    const CALL: CallId = CallId(Stamp { node: 1, epoch: 1, count: 1 });

    fn at(s: u32) -> Mono {
        Mono::ZERO + s * S
    }

    fn wrap_up(rules: AfterTalk, owes: bool) -> WrapUp {
        WrapUp::new(at(0), CALL, 10 * S, rules, owes).expect("it takes ten seconds")
    }

    #[test]
    fn operator_adds_time_as_often_as_the_queue_grants_it() {
        let mut wrap_up =
            wrap_up(AfterTalk { extend_by: 30 * S, max_extensions: 2, ..AfterTalk::default() }, false);
        assert_eq!((wrap_up.extend(at(5)), wrap_up.alarm()), (true, Some(at(40))));
        assert_eq!((wrap_up.extend(at(6)), wrap_up.extend(at(7))), (true, false));
        assert_eq!((wrap_up.on_timeout(at(69)), wrap_up.on_timeout(at(70))), (false, true));
    }

    #[test]
    fn outcome_that_is_owed_is_waited_for_until_it_is_coded_or_the_limit_is_over() {
        for (within, coded, ends) in [(None, Some(500), 500), (Some(60 * S), None, 70), (None, Some(3), 10)] {
            let rules = AfterTalk { outcome_needed: true, outcome_within: within, ..AfterTalk::default() };
            let mut wrap_up = wrap_up(rules, true);
            let over = (0..1_000).find(|s| {
                let by_code = coded == Some(*s) && wrap_up.on_coded(CALL);
                by_code || wrap_up.on_timeout(at(*s))
            });
            assert_eq!(over, Some(ends), "within {within:?}, coded {coded:?}");
        }
    }
}
