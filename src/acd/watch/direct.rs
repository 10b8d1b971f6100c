//! Calls that no queue gave a seat: what was asked for was done, or could not be.

use std::time::Duration;

use super::{Served, Watch, Watched};
use crate::acd::{AfterTalk, Direct, DirectRules};
use crate::ids::{CallId, SeatId};
use crate::time::Mono;
use crate::words::{Status, WorkView};

impl Watch {
    pub(super) fn on_wanted(&mut self, id: &SeatId, call: CallId, wanted: Direct) {
        self.wanted = Some((id.clone(), call, wanted));
        let now = self.now;
        let Some(seat) = self.seats.get_mut(id) else { return };
        match wanted {
            Direct::Dialled(rules) if !seat.view.work.is_engaged() => seat.take_direct(now, call, &rules),
            Direct::WrapUp(wrap_up) if seat.view.work.is_talk() && seat.view.call == Some(call) => {
                seat.served.wrap_up = seat.served.wrap_up.max(wrap_up);
            }
            _ => {}
        }
    }

    pub(super) fn on_ring_direct(&mut self, id: &SeatId, call: CallId) {
        let rules = match self.wanted.take() {
            Some((seat, by, Direct::Ring(rules))) if seat == *id && by == call => rules,
            other => return self.broken(&format!("{id} was rung for {call}, but {other:?} was wanted")),
        };
        let now = self.now;
        match self.seats.get_mut(id) {
            Some(seat) if seat.may_ring(&rules) => {
                seat.take_direct(now, call, &rules);
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
        self.may_be_rung(rules.own_wish)
    }

    pub(super) fn may_be_rung(&self, own_wish: bool) -> bool {
        let free = self.view.work == WorkView::Idle && self.view.status.takes_calls();
        let wraps_up = self.view.work == WorkView::WrapUp && !self.view.owes_outcome;
        let wished = own_wish && (self.view.work == WorkView::Idle || wraps_up);
        self.view.reachable && (free || (wished && self.view.status != Status::LoggedOut))
    }

    /// What is left of the wrap-up that a call of the operator's own breaks into.
    pub(super) fn wrap_up_owed(&self, now: Mono) -> Duration {
        match self.view.work {
            WorkView::WrapUp => self.wrap_up().saturating_sub(now.since(self.work_since)),
            _ => Duration::ZERO,
        }
    }

    /// A wrap-up that it breaks into goes on after it.
    fn take_direct(&mut self, now: Mono, call: CallId, rules: &DirectRules) {
        let left = self.wrap_up_owed(now);
        self.wrap_up_left = None;
        let after_talk = if self.view.owes_outcome { self.served.after_talk } else { AfterTalk::default() };
        let wrap_up = rules.wrap_up.max(left);
        self.served = Served { wrap_up, after_talk, owed: left, ..Served::of(rules) };
        self.extended = (Duration::ZERO, 0);
        (self.direct, self.let_go) = (Some(call), false);
    }
}
