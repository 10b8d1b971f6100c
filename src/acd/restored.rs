//! What a restart gives back to a seat.

use std::time::Duration;

use super::rules::QueueRules;
use super::wrap_up::AfterTalk;
use crate::ids::{CallId, OperatorId};
use crate::words::{SeatView, Status, WorkView};

/// A seat as it was before a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// The person's doing: a pause outlives a restart, so does a log-out.
    pub status: Status,
    /// Who sat there.
    pub operator: Option<OperatorId>,
    /// How long it had been that.
    pub status_for: Duration,
    /// The status that was to follow the call.
    pub next: Option<Status>,
    /// Its phone was registered, and is expected to be so again.
    pub had_phone: bool,
    /// What is left of the wrap-up.
    pub wrap_up: Option<WrapUpLeft>,
    /// Calls since log-in.
    pub calls: u64,
    /// Talk since log-in.
    pub talked: Duration,
}

/// The last call of a seat, as a restart finds it on record.
#[derive(Clone, Copy, Debug)]
pub struct LastCall<'q> {
    /// Which.
    pub call: CallId,
    /// Its queue's rules as they are now.
    pub rules: &'q QueueRules,
    /// Its outcome is coded.
    pub coded: bool,
    /// Its wrap-up was made longer: what was left of it when the exchange started again, and how often.
    pub lengthened: Option<(Duration, u32)>,
}

/// What is left of a wrap-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrapUpLeft {
    /// After this call.
    pub call: CallId,
    /// For so long.
    pub time: Duration,
    /// By these rules.
    pub rules: AfterTalk,
    /// The outcome is not coded yet.
    pub owes: bool,
    /// How often it has been made longer.
    pub extensions: u32,
}

/// When the last that is known of a seat was so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lasted {
    /// How long its status had lasted when the exchange stopped.
    pub status: Duration,
    /// How long its work had.
    pub work: Duration,
    /// How long ago the exchange stopped.
    pub down: Duration,
}

impl Restored {
    /// From the last that was known of it and of its last call. A talk that the stop cut off was over then, and has its wrap-up like any
    /// other.
    pub fn of(view: &SeatView, lasted: Lasted, last: Option<LastCall<'_>>) -> Restored {
        let wrapped_up = match view.work {
            WorkView::WrapUp => Some(lasted.work.saturating_add(lasted.down)),
            WorkView::Talking | WorkView::Holding | WorkView::Consulting => Some(lasted.down),
            WorkView::Idle | WorkView::Ringing | WorkView::Resting => None,
        };
        let left = wrapped_up.zip(last).map(|(already, last)| {
            let LastCall { call, rules: QueueRules { wrap_up, after_talk: rules, .. }, coded, .. } = last;
            let lengthened = last.lengthened.filter(|_| view.work == WorkView::WrapUp);
            let (time, extensions) = lengthened.unwrap_or((wrap_up.saturating_sub(already), 0));
            let owes = rules.outcome_needed && !coded;
            WrapUpLeft { call, time, rules: *rules, owes, extensions }
        });
        Restored {
            status: view.status.clone(),
            operator: view.operator.clone(),
            status_for: lasted.status.saturating_add(lasted.down),
            next: view.next.clone(),
            had_phone: view.reachable,
            wrap_up: left.filter(|left| left.owes || !left.time.is_zero()),
            ..Restored::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{call, rules};
    use super::*;

    fn last(rules: &QueueRules, coded: bool, lengthened: Option<(Duration, u32)>) -> LastCall<'_> {
        LastCall { call: call(1), rules, coded, lengthened }
    }

    #[test]
    fn wrap_up_that_was_made_longer_is_so_still_and_no_talk_is_taken_for_one() {
        let long = Some((Duration::from_secs(40), 2));
        for (work, left) in [(WorkView::WrapUp, Some((40, 2))), (WorkView::Talking, Some((10, 0)))] {
            let view = SeatView { work, ..SeatView::default() };
            let restored = Restored::of(&view, Lasted::default(), Some(last(&rules("a"), false, long)));
            assert_eq!(restored.wrap_up.map(|left| (left.time.as_secs(), left.extensions)), left, "{work:?}");
        }
    }

    #[test]
    fn wrap_up_goes_on_where_the_stop_found_it() {
        let s = Duration::from_secs;
        for (work, worked, down, left) in [
            (WorkView::WrapUp, 4, 3, 3),
            (WorkView::WrapUp, 4, 60, 0),
            (WorkView::Talking, 300, 4, 6),
            (WorkView::Idle, 1, 1, 0),
            (WorkView::Ringing, 1, 1, 0),
        ] {
            let view = SeatView { reachable: true, status: Status::Ready, work, ..SeatView::default() };
            let lasted = Lasted { status: s(0), work: s(worked), down: s(down) };
            let restored = Restored::of(&view, lasted, Some(last(&rules("a"), false, None)));
            let time = restored.wrap_up.map_or(Duration::ZERO, |left| left.time);
            assert_eq!(time, s(left), "{work:?} for {worked} s, down for {down} s");
        }
    }

    #[test]
    fn outcome_that_was_owed_is_owed_still() {
        let view = SeatView { work: WorkView::WrapUp, owes_outcome: true, ..SeatView::default() };
        let long_ago = Lasted { down: Duration::from_secs(9_000), ..Lasted::default() };
        let mut rules = rules("a");
        rules.after_talk.outcome_needed = true;
        let owes = |coded| Restored::of(&view, long_ago, Some(last(&rules, coded, None))).wrap_up.is_some();
        assert_eq!((owes(false), owes(true)), (true, false));
    }
}
