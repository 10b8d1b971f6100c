//! What a seat has done since its operator logged in, as its changes on record tell: so that `fewest_calls` and `least_talk_time` stay fair
//! over a restart.

use serde::{Deserialize, Serialize};

use crate::words::{SeatView, Status, WorkView};

/// See the module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatCounts {
    /// Calls that were answered.
    pub calls: u64,
    /// Talk, hold included, in milliseconds.
    pub talked_ms: i64,
    /// Since when the operator talks now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
}

impl SeatCounts {
    /// The seat was `before`, and is `now` from `at_ms` on. `brought`: what whoever sits down there had done at another seat.
    pub(super) fn after(
        self,
        before: &SeatView,
        now: &SeatView,
        at_ms: i64,
        brought: Option<SeatCounts>,
    ) -> SeatCounts {
        let sits_down = now.operator.is_some() && now.operator != before.operator;
        if sits_down {
            return brought.map(|brought| brought.parted(at_ms)).unwrap_or_default();
        }
        if before.status == Status::LoggedOut && now.status != Status::LoggedOut {
            return SeatCounts::default();
        }
        match (before.work.is_talk(), now.work.is_talk()) {
            (false, true) => {
                let calls = self.calls + u64::from(before.work == WorkView::Ringing);
                SeatCounts { calls, since_ms: Some(at_ms), ..self }
            }
            (true, false) => self.parted(at_ms),
            _ => self,
        }
    }

    /// The talk in course, if there is one, is over.
    pub fn parted(self, at_ms: i64) -> SeatCounts {
        let talk = self.since_ms.map_or(0, |since| at_ms.saturating_sub(since).max(0));
        SeatCounts { talked_ms: self.talked_ms.saturating_add(talk), since_ms: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(work: WorkView) -> SeatView {
        SeatView { work, status: Status::Ready, reachable: true, ..SeatView::default() }
    }

    #[test]
    fn calls_and_talk_are_counted_by_what_the_seat_does() {
        use WorkView::{Holding, Idle, Ringing, Talking, WrapUp};
        let steps = [(1_000, Ringing), (2_000, Talking), (5_000, Holding), (7_000, WrapUp), (9_000, Idle)];
        // A call of the operator's own is talk, and was not given by any queue.
        let steps =
            steps.into_iter().chain([(10_000, Talking), (11_000, WrapUp), (12_000, Ringing), (13_000, Idle)]);
        let mut counts = SeatCounts::default();
        let mut before = view(Idle);
        for (at_ms, work) in steps {
            counts = counts.after(&before, &view(work), at_ms, None);
            before = view(work);
        }
        assert_eq!(counts, SeatCounts { calls: 1, talked_ms: 6_000, since_ms: None });
    }

    #[test]
    fn counts_begin_at_log_in_and_go_with_a_person_who_moves() {
        let counts = SeatCounts { calls: 5, talked_ms: 9, since_ms: None };
        let gone = SeatView { status: Status::LoggedOut, ..SeatView::default() };
        let ready = view(WorkView::Idle);
        assert_eq!(counts.after(&gone, &ready, 1, None), SeatCounts::default());
        assert_eq!(counts.after(&ready, &ready, 1, None), counts);
        let anna = SeatView { operator: Some("anna".into()), ..ready };
        assert_eq!(SeatCounts::default().after(&gone, &anna, 1, Some(counts)), counts);
        assert_eq!(counts.after(&gone, &anna, 1, None), SeatCounts::default());
    }
}
