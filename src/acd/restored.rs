//! What a restart gives back to a seat.

use std::time::Duration;

use crate::words::{SeatView, Status, WorkView};

/// A seat as it was before a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The person's doing: a pause outlives a restart, so does a log-out.
    pub status: Status,
    /// Its phone was registered, and is expected to be so again.
    pub had_phone: bool,
    /// What is left of the wrap-up.
    pub wrap_up_left: Duration,
}

impl Restored {
    /// From the last that was known of it: its work had lasted for `worked` when the exchange stopped, which is `down` ago, and the
    /// queue of its last call grants `wrap_up`. A talk that the stop cut off was over then, and has its wrap-up like any other.
    pub fn of(view: &SeatView, worked: Duration, down: Duration, wrap_up: Duration) -> Restored {
        let wrapped_up = match view.work {
            WorkView::WrapUp => worked.saturating_add(down),
            WorkView::Talking | WorkView::Holding | WorkView::Consulting => down,
            WorkView::Idle | WorkView::Ringing | WorkView::Resting => Duration::MAX,
        };
        Restored {
            status: view.status.clone(),
            had_phone: view.reachable,
            wrap_up_left: wrap_up.saturating_sub(wrapped_up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let view = SeatView { reachable: true, status: Status::Ready, work, call: None };
            let restored = Restored::of(&view, s(worked), s(down), s(10));
            assert_eq!(restored.wrap_up_left, s(left), "{work:?} for {worked} s, down for {down} s");
        }
    }
}
