//! Calls that a person asks for by a command: the seat's phone is rung first, also in a pause, and once it is answered the call goes
//! on like one that was dialled there. What is refused is told to whoever asks; an emergency is for the phone, where nothing is between.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd::{self, Direct, DirectRules};
use crate::call::{Call, Made, Phase, SeatLeg};
use crate::ids::{CallId, CaseId, SeatId};
use crate::journal::entry::Fact;
use crate::sip::{DialogId, Outgoing, Target};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{EndedBy, NotTaken, WorkView};

use super::dialling::Wish;
use super::{Engine, Owner, Reply};

/// How long the seat's own phone rings: somebody sits there and has asked for it.
const SEAT_RINGS_FOR: Duration = Duration::from_secs(20);

/// Whom a seat is to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DialOrder {
    /// The seat.
    pub seat: SeatId,
    /// What would be dialled there.
    pub number: String,
    /// About this case of before.
    #[serde(default)]
    pub case: Option<CaseId>,
    /// Who asks: a name that people know.
    #[serde(default)]
    pub by: Option<String>,
}

impl Engine {
    pub(super) fn order_call(&mut self, now: Now, order: DialOrder) -> Reply {
        match self.click(now, order) {
            Ok(id) => Reply::Calling(id),
            Err(why) => Reply::Refused(why),
        }
    }

    fn click(&mut self, now: Now, order: DialOrder) -> Result<CallId, String> {
        let DialOrder { seat, number, case, by } = order;
        if !self.config.seats.contains_key(&seat) {
            return Err(format!("there is no seat `{seat}`; seats.toml has the list"));
        }
        let wish = Wish::new(case, number);
        let plan = self.plan(&seat, &wish.digits).map_err(|why| why.to_string())?;
        let plan = plan.filter(|plan| !plan.emergency);
        let plan = plan.ok_or("this number is dialled at the seat's own phone, and not by a command")?;
        if let Some(notice) = self.obstacle(&seat, &wish) {
            return Err(match notice {
                Notice::NobodyLoggedIn => format!("nobody is logged in at {seat}; `seat login` comes first"),
                Notice::NoSuchCase => "there is no such case; `case list` has them".to_owned(),
                _ => format!("{seat} has a call; ask again when it is over"),
            });
        }
        let idle = self.acd.seat(&seat).is_some_and(|view| view.work == WorkView::Idle);
        let may_ring = idle && self.acd.may_ring(&seat, true);
        let link = self.sip.reach(seat.as_str()).filter(|_| may_ring);
        let link =
            link.ok_or_else(|| format!("{seat} is not idle with its phone in reach; `seat list` tells"))?;
        if !self.has_room(now) {
            return Err("the exchange takes no more calls now; ask again".to_owned());
        }
        let id = CallId(self.stamps.next_stamp());
        let leg = self.open_leg(None, link, Owner::Citizen(id));
        let by = by.unwrap_or_else(|| "command".to_owned());
        let (made, about) = self.open_made(now, id, &seat, &wish, plan, Some(by));
        let wrap_up = self.wrap_up_after(&made);
        let made = Made { clicked: true, ..made };
        let begun = about.told_to(self.begun(now, id, leg, &seat));
        self.calls.insert(id, Call { to: wish.digits, made: Some(made), ..begun });
        let rules = DirectRules { ring_for: SEAT_RINGS_FOR, wrap_up, own_wish: true };
        self.acd.handle_input(now.mono, acd::Input::Direct(seat, id, Direct::Ring(rules)));
        Ok(id)
    }

    /// The port for the operator's side is bound: ring the seat, which sees whom it is about to call.
    pub(super) fn ring_maker(&mut self, now: Now, id: CallId, port: u16) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(seat) = call.made.as_ref().map(|made| made.seat.clone()) else { return };
        let offer = call.citizen.on_port(port).offer();
        let outgoing = Outgoing {
            to: Target::User(seat.as_str().into()),
            from_display: Some(self.config.shown(Some(&call.entity), &format!("Chiama {}", call.to))),
            from_user: call.to.clone(),
            offer,
            credentials: None,
        };
        match self.sip.invite(now.mono, outgoing) {
            Ok(dialog) => {
                call.citizen.dialog = Some(dialog);
                self.dialogs.insert(dialog, Owner::Citizen(id));
            }
            Err(error) => self.close_call(now, id, EndedBy::Exchange, Some(error.to_string())),
        }
    }

    /// The operator has taken the phone: now whoever is wanted is called.
    pub(super) fn on_maker_answered(
        &mut self,
        now: Now,
        id: CallId,
        dialog: DialogId,
        answer: Option<&[u8]>,
    ) {
        self.journal_dialog(now, id.into(), Some(dialog));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(made) = call.made.clone() else { return };
        let Some(command) = call.citizen.on_answer(answer) else {
            let why = "the seat's answer has no sound that we understand".to_owned();
            return self.close_call(now, id, EndedBy::Exchange, Some(why));
        };
        self.media(command);
        self.acd.handle_input(now.mono, acd::Input::Answered(made.seat.clone(), id));
        self.settle_distribution(now);
        self.last_contact.insert(made.seat, (id.into(), made.queue));
        self.append(now, Fact::ContactAnswered { contact: id.into() });
        self.call_out(now, id);
    }

    /// The seat's phone has refused to be rung for its own call.
    pub(super) fn on_maker_refused(&mut self, now: Now, id: CallId, status: u16) {
        let Some(call) = self.calls.get(&id) else { return };
        let Some(seat) = call.made.as_ref().map(|made| made.seat.clone()) else { return };
        let input = match SeatLeg::not_taken(status) {
            NotTaken::Rejected => acd::Input::Rejected(seat, id),
            _ => acd::Input::Failed(seat, id),
        };
        self.acd.handle_input(now.mono, input);
        self.settle_distribution(now);
        self.close_call(now, id, EndedBy::Operator, Some("the seat did not take its own call".to_owned()));
    }

    /// The distribution rings this seat no longer; true: it was for a call of its own, which is over with that.
    pub(super) fn stop_ringing_maker(&mut self, now: Now, seat: &SeatId, id: CallId) -> bool {
        let call = self.calls.get(&id).filter(|call| call.phase == Phase::Arriving);
        let made = call.and_then(|call| call.made.as_ref()).filter(|made| made.clicked && made.seat == *seat);
        if made.is_none() {
            return false;
        }
        let why = Some("the seat did not take its own call".to_owned());
        self.close_call(now, id, EndedBy::Operator, why);
        true
    }
}
