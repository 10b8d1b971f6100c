//! Calls that no queue gave a seat: what was asked for was done, or could not be.

use std::time::Duration;

use super::{Served, Watch, Watched};
use crate::acd::{AfterTalk, Direct, DirectRules};
use crate::ids::{CallId, SeatId};
use crate::words::{Status, WorkView};

impl Watch {
    pub(super) fn on_wanted(&mut self, id: &SeatId, call: CallId, wanted: Direct) {
        self.wanted = Some((id.clone(), call, wanted));
        let now = self.now;
        let Some(seat) = self.seats.get_mut(id).filter(|seat| !seat.view.work.is_engaged()) else { return };
        if let Direct::Dialled(rules) = wanted {
            // A wrap-up that it breaks into goes on after it.
            let left = match seat.view.work {
                WorkView::WrapUp => seat.wrap_up().saturating_sub(now.since(seat.work_since)),
                _ => Duration::ZERO,
            };
            seat.wrap_up_left = None;
            let after_talk =
                if seat.view.owes_outcome { seat.served.after_talk } else { AfterTalk::default() };
            seat.served = Served { wrap_up: rules.wrap_up.max(left), after_talk, ..Served::of(&rules) };
            seat.extended = (Duration::ZERO, 0);
            (seat.direct, seat.let_go) = (Some(call), false);
        }
    }

    pub(super) fn on_ring_direct(&mut self, id: &SeatId, call: CallId) {
        let rules = match self.wanted.take() {
            Some((seat, by, Direct::Ring(rules))) if seat == *id && by == call => rules,
            other => return self.broken(&format!("{id} was rung for {call}, but {other:?} was wanted")),
        };
        match self.seats.get_mut(id) {
            Some(seat) if seat.may_ring(&rules) => {
                (seat.served, seat.let_go, seat.direct) = (Served::of(&rules), false, Some(call));
                seat.ring = seat.last_ring;
            }
            other => {
                let why = format!("{id} was rung for {call}, but it is {:?}", other.map(|seat| &seat.view));
                self.broken(&why);
            }
        }
    }

    pub(super) fn on_engaged(&mut self, id: &SeatId, call: CallId) {
        let wanted = self.wanted.take().filter(|(seat, by, _)| seat == id && *by == call);
        let seat = self.seats.get(id);
        let refused = match &wanted {
            Some((_, _, Direct::Ring(rules))) => seat.is_none_or(|seat| !seat.may_ring(rules)),
            Some((_, _, Direct::Dialled(_))) => seat.is_none_or(|seat| seat.view.work.is_engaged()),
            _ => false,
        };
        if !refused {
            let view = seat.map(|seat| &seat.view);
            self.broken(&format!("{id} is engaged for {call}, but {wanted:?} was wanted of {view:?}"));
        }
    }
}

impl Served {
    fn of(rules: &DirectRules) -> Served {
        Served { ring_for: rules.ring_for, wrap_up: rules.wrap_up, ..Served::default() }
    }
}

impl Watched {
    fn may_ring(&self, rules: &DirectRules) -> bool {
        let wished = rules.own_wish && matches!(self.view.status, Status::Paused(_));
        let idle = self.view.work == WorkView::Idle && self.view.reachable;
        idle && (wished || self.view.status.takes_calls())
    }
}
