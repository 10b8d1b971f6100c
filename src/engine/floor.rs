//! What people do about a seat: its operator by feature code, a supervisor by command. Both ask for the same acts, and who asked is on
//! record with every change.

use serde::{Deserialize, Serialize};

use crate::acd::{self, WrapUpAct};
use crate::ids::SeatId;
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{StatusChange, WorkView};

use super::{Engine, Reply};

/// What is asked of a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatAct {
    /// Another status; ready ends a wrap-up too.
    Status(StatusChange),
    /// A longer wrap-up.
    Extend,
    /// The end of the wrap-up, whatever it owes.
    Release,
}

/// An act, by whom and what for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatOrder {
    /// What.
    pub act: SeatAct,
    /// Who asks: a name that people know.
    #[serde(default)]
    pub by: Option<String>,
    /// What for.
    #[serde(default)]
    pub why: Option<String>,
}

impl From<StatusChange> for SeatOrder {
    fn from(change: StatusChange) -> SeatOrder {
        SeatOrder { act: SeatAct::Status(change), by: None, why: None }
    }
}

/// Why an act was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SeatRefusal {
    #[error("nobody is logged in; `seat login` comes first")]
    NobodyLoggedIn,
    #[error("there is no wrap-up now")]
    NoWrapUp,
    #[error("the wrap-up cannot be extended once more; `max_extensions` of its queue says how often")]
    NoMoreTime,
    #[error("the outcome of the last call is owed; code it, or end the wrap-up by `seat release`")]
    OwesOutcome,
}

impl SeatRefusal {
    /// What the operator hears.
    pub(super) fn notice(self) -> Notice {
        match self {
            SeatRefusal::NobodyLoggedIn => Notice::NobodyLoggedIn,
            SeatRefusal::NoWrapUp | SeatRefusal::NoMoreTime => Notice::NoMoreTime,
            SeatRefusal::OwesOutcome => Notice::OutcomeOwed,
        }
    }
}

impl Engine {
    pub(super) fn order_seat(&mut self, now: Now, seat: &SeatId, order: SeatOrder) -> Reply {
        if !self.config.seats.contains_key(seat) {
            return Reply::Refused(format!("there is no seat `{seat}`; seats.toml has the list"));
        }
        self.acting_why = order.why;
        let done = self.act_on_seat(now, seat, order.act, order.by.as_deref().unwrap_or("command"));
        self.acting_why = None;
        done.map_or_else(|why| Reply::Refused(format!("{seat}: {why}")), |()| Reply::Done)
    }

    /// Do it; otherwise why not.
    pub(super) fn act_on_seat(
        &mut self,
        now: Now,
        seat: &SeatId,
        act: SeatAct,
        by: &str,
    ) -> Result<(), SeatRefusal> {
        match act {
            SeatAct::Status(change) => self.change_status(now, seat, change, by),
            SeatAct::Extend => self.act_on_wrap_up(now, seat, WrapUpAct::Extend, by),
            SeatAct::Release => self.act_on_wrap_up(now, seat, WrapUpAct::Release, by),
        }
    }

    fn change_status(
        &mut self,
        now: Now,
        seat: &SeatId,
        change: StatusChange,
        by: &str,
    ) -> Result<(), SeatRefusal> {
        if !self.acd.accepts(seat, &change) {
            return Err(SeatRefusal::NobodyLoggedIn);
        }
        if change == StatusChange::Ready {
            self.ask_distribution(now, acd::Input::WrapUpDone(seat.clone()), by);
        }
        let ends_wrap_up = change == StatusChange::Ready;
        self.ask_distribution(now, acd::Input::Status(seat.clone(), change), by);
        let owes = self.acd.seat(seat).is_some_and(|view| view.owes_outcome);
        if ends_wrap_up && owes { Err(SeatRefusal::OwesOutcome) } else { Ok(()) }
    }

    fn act_on_wrap_up(
        &mut self,
        now: Now,
        seat: &SeatId,
        act: WrapUpAct,
        by: &str,
    ) -> Result<(), SeatRefusal> {
        if self.acd.seat(seat).is_none_or(|view| view.work != WorkView::WrapUp) {
            return Err(SeatRefusal::NoWrapUp);
        }
        if act == WrapUpAct::Extend && !self.acd.may_extend(now.mono, seat) {
            return Err(SeatRefusal::NoMoreTime);
        }
        self.ask_distribution(now, acd::Input::WrapUp(seat.clone(), act), by);
        Ok(())
    }
}
