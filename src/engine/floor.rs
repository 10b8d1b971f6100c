//! What people do about a seat: its operator by feature code, a supervisor by command. Both ask for the same acts, and who asked is on
//! record with every change.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd::{self, SignInFault, WrapUpAct};
use crate::ids::{OperatorId, SeatId};
use crate::journal::entry::Fact;
use crate::speech::notice::Notice;
use crate::time::{Mono, Now};
use crate::words::{StatusChange, WorkView};

use super::{Engine, Reply};

/// What is asked of a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatAct {
    /// Another status; ready ends a wrap-up too.
    Status(StatusChange),
    /// This person logs in there, and moves if logged in elsewhere.
    SignIn(OperatorId),
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

/// Somebody of operators.toml at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorState {
    /// Id.
    pub id: OperatorId,
    /// Name.
    pub name: String,
    /// Where they are logged in.
    pub seat: Option<SeatId>,
    /// May be asked to decide.
    pub supervisor: bool,
}

/// Why an act was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SeatRefusal {
    #[error("there is no operator `{0}`; operators.toml has the list")]
    NoOperator(OperatorId),
    #[error("`{operator}` has a call or a wrap-up at {at}, which has to end first")]
    BusyAt { operator: OperatorId, at: SeatId },
    #[error("somebody else has a call or a wrap-up there, which has to end first")]
    Occupied,
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
            SeatRefusal::NoOperator(_) => Notice::BadLogIn,
            SeatRefusal::BusyAt { .. } | SeatRefusal::Occupied => Notice::Error,
            SeatRefusal::NobodyLoggedIn => Notice::NobodyLoggedIn,
            SeatRefusal::NoWrapUp | SeatRefusal::NoMoreTime => Notice::NoMoreTime,
            SeatRefusal::OwesOutcome => Notice::OutcomeOwed,
        }
    }
}

/// Wrong codes that a seat may dial within [`GUESSES_WITHIN`]: enough for a hurried hand, and four digits last a day.
const MOST_GUESSES: u32 = 5;
const GUESSES_WITHIN: Duration = Duration::from_secs(60);

/// Wrong log-in codes by seat: one entry for each seat at most.
#[derive(Debug, Default)]
pub(super) struct Guesses(BTreeMap<SeatId, (u32, Mono)>);

impl Guesses {
    fn may_try(&mut self, now: Mono, seat: &SeatId) -> bool {
        self.0.retain(|_, (_, since)| now.since(*since) < GUESSES_WITHIN);
        self.0.get(seat).is_none_or(|(count, _)| *count < MOST_GUESSES)
    }

    /// Tells the log: a line for each that was looked at, so [`MOST_GUESSES`] at most.
    fn on_wrong(&mut self, now: Mono, seat: &SeatId) {
        let (count, _) = self.0.entry(seat.clone()).or_insert((0, now));
        *count += 1;
        let left = MOST_GUESSES.saturating_sub(*count);
        tracing::warn!(%seat, left, "wrong log-in code; with none left, no code is looked at here for a minute");
    }

    fn on_right(&mut self, seat: &SeatId) {
        self.0.remove(seat);
    }
}

impl Engine {
    pub(super) fn operator_states(&self) -> Vec<OperatorState> {
        let people = self.config.operators.people.iter().map(|(id, operator)| OperatorState {
            id: id.clone(),
            name: operator.name.clone(),
            seat: self.acd.seat_of(id).cloned(),
            supervisor: operator.supervisor,
        });
        people.collect()
    }

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
            SeatAct::SignIn(operator) => self.sign_in(now, seat, operator, by),
            SeatAct::Extend => self.act_on_wrap_up(now, seat, WrapUpAct::Extend, by),
            SeatAct::Release => self.act_on_wrap_up(now, seat, WrapUpAct::Release, by),
        }
    }

    fn sign_in(
        &mut self,
        now: Now,
        seat: &SeatId,
        operator: OperatorId,
        by: &str,
    ) -> Result<(), SeatRefusal> {
        if !self.config.operators.people.contains_key(&operator) {
            return Err(SeatRefusal::NoOperator(operator));
        }
        match self.acd.sign_in_fault(seat, &operator) {
            Some(SignInFault::BusyAt(at)) => return Err(SeatRefusal::BusyAt { operator, at }),
            Some(SignInFault::NoSeat | SignInFault::Occupied) => return Err(SeatRefusal::Occupied),
            None => {}
        }
        self.ask_distribution(now, acd::Input::SignIn(seat.clone(), operator), by);
        Ok(())
    }

    /// The digits that follow the code for logging in; a `#` at their end may be dialled or not.
    pub(super) fn log_in_digits(&self, code: &str) -> Option<String> {
        let digits = code.strip_prefix(&self.config.engine.feature_codes.log_in)?;
        let digits = digits.strip_suffix('#').or(digits.strip_suffix("%23")).unwrap_or(digits);
        (!digits.is_empty()).then(|| digits.to_owned())
    }

    /// A person logs in by dialling. Nobody learns whether a code is wrong or was not looked at.
    pub(super) fn log_in_by_code(&mut self, now: Now, seat: &SeatId, digits: &str) -> Notice {
        if !self.guesses.may_try(now.mono, seat) {
            return Notice::BadLogIn;
        }
        let Some(operator) = self.config.operator_of_code(digits).cloned() else {
            self.guesses.on_wrong(now.mono, seat);
            return Notice::BadLogIn;
        };
        self.guesses.on_right(seat);
        match self.sign_in(now, seat, operator, "phone") {
            Err(why) => why.notice(),
            Ok(()) if self.acd.seat(seat).is_some_and(|view| view.status.takes_calls()) => Notice::LoggedIn,
            Ok(()) => Notice::Paused,
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
        if act == WrapUpAct::Extend {
            self.tell_lengthened(now, seat, by);
        }
        Ok(())
    }

    /// A restart must find it.
    fn tell_lengthened(&mut self, now: Now, seat: &SeatId, by: &str) {
        let Some((left, times)) = self.acd.wrap_up_left(now.mono, seat) else { return };
        let Some((contact, _)) = self.last_contact.get(seat) else { return };
        let (contact, seat, by) = (*contact, seat.clone(), by.to_owned());
        let left_ms = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        let why = self.acting_why.clone();
        self.append(now, Fact::WrapUpExtended { contact, seat, left_ms, times, by, why });
    }
}
