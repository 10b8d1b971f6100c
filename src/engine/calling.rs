//! A flow gives the citizen to a number outside: it is called by a trunk, and whoever answers hears the citizen. We stay between the
//! two, so that the talk is recorded and told like any other.
//!
//! The number is judged first ([`Config::route`](crate::config::Config::route)). Its port is bound while the citizen hears music;
//! the INVITE waits until it is written down who is called, because calls cost money and disturb people. Then it rings for the node's time:
//! the flow goes on by `busy`, `no_answer` or `error`, or the two talk, and when the other side hangs up it goes on by `done`. All this
//! by the way out as it was when the number was judged: a reload meanwhile is for the next call.

use std::time::Duration;

use crate::call::{Call, Callee, Phase, Purpose, SeatLeg, Way};
use crate::config::Gateway;
use crate::flow::Answer;
use crate::flow::request::Marked;
use crate::ids::CallId;
use crate::journal::entry::{Destination, Fact, Personal};
use crate::media::{self, LegId};
use crate::sip::{DialogId, Outgoing, Target};
use crate::time::Now;
use crate::words::{EndedBy, NotTaken, QueueExit};

use super::gate::Held;
use super::{Engine, Owner};

/// How long a trunk may say nothing at all: over UDP the INVITE has gone out five times by then (RFC 3261 section 17.1.1.2).
const MOST_SILENCE: Duration = Duration::from_secs(8);

/// The same for a call for help, which another trunk may carry: the INVITE has gone out four times by then.
const HELP_SILENCE: Duration = Duration::from_secs(4);

/// How trunks tell that nobody answers (RFC 3261 sections 21.4.9 and 21.4.18).
const NOBODY_ANSWERS: [u16; 2] = [408, 480];

impl Engine {
    /// The flow wants the citizen joined with this number.
    pub(super) fn call_number(&mut self, now: Now, id: CallId, number: &Marked, ring_for: Duration) {
        let callee = match self.callee(now, id, number, ring_for) {
            Ok(callee) => callee,
            Err(why) => return self.end_transfer(now, id, Answer::Error(why)),
        };
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callee = Some(callee);
        call.phase = Phase::Calling;
        call.story.on_queued(now.mono);
        let music = self.music_for(id);
        let sounds = self.music(now, id, &music);
        self.play(id, sounds, Purpose::Music, false);
    }

    /// Whom to call, with a leg whose port is being bound; or why nobody.
    pub(super) fn callee(
        &mut self,
        now: Now,
        id: CallId,
        number: &Marked,
        ring_for: Duration,
    ) -> Result<Callee, String> {
        let config = self.config.clone();
        let route = config.route(&number.text).map_err(|why| why.to_string())?;
        self.callee_by(now, id, Way::from(&route), number.personal, ring_for)
    }

    /// The same by a way that is known.
    pub(super) fn callee_by(
        &mut self,
        now: Now,
        id: CallId,
        way: Way,
        personal: bool,
        ring_for: Duration,
    ) -> Result<Callee, String> {
        let Way { dialled, trunk, gateway, media } = way;
        let no_address =
            || format!("the address of trunk `{trunk}` was not found at the start or the last reload");
        let link = gateway.link.ok_or_else(no_address)?;
        let mut leg = self.open_leg(None, link, Owner::Callee(id));
        leg.media_networks = media;
        let for_help = self.calls.get(&id).is_some_and(Call::is_for_help);
        let silence = if for_help { HELP_SILENCE } else { MOST_SILENCE };
        let (rings_until, look_at) = (now.mono + ring_for, Some(now.mono + ring_for.min(silence)));
        Ok(Callee { dialled, personal, trunk, gateway, rings_until, look_at, leg })
    }

    /// The port is bound: write down who is called, and call once that is safe.
    pub(super) fn on_callee_port(&mut self, now: Now, id: CallId, port: u16) {
        let Some(callee) = self.calls.get_mut(&id).and_then(|call| call.callee.as_mut()) else { return };
        callee.leg.on_port(port);
        let (leg, number, trunk) = (callee.leg.media, destination(callee), callee.trunk.to_string());
        let lsn = self.append(now, Fact::NumberCalled { contact: id.into(), number, trunk });
        self.gate.hold_until_written(lsn, Held::Call(leg));
    }

    /// The INVITE may go out, unless the citizen has gone or it has taken too long.
    pub(super) fn invite_callee(&mut self, now: Now, leg: LegId) {
        let Some(Owner::Callee(id)) = self.legs.get(&leg).cloned() else { return };
        let Some(outgoing) = self.outgoing(id) else {
            return self.fail_callee(now, id, "the call has no port or no address".to_owned());
        };
        match self.sip.invite(now.mono, outgoing) {
            Ok(dialog) => {
                self.dialogs.insert(dialog, Owner::Callee(id));
                if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.leg_mut(leg)) {
                    leg.dialog = Some(dialog);
                }
            }
            Err(error) => self.fail_callee(now, id, error.to_string()),
        }
    }

    fn outgoing(&mut self, id: CallId) -> Option<Outgoing> {
        let callee = self.calls.get_mut(&id)?.callee.as_mut()?;
        let gateway = &callee.gateway;
        let uri = format!("sip:{}@{}:{}", callee.dialled, gateway.host, gateway.port);
        Some(Outgoing {
            to: Target::Uri { uri, link: gateway.link? },
            from_user: gateway.number.clone(),
            from_display: gateway.display.clone(),
            offer: callee.leg.local.as_mut()?.offer(),
            credentials: credentials(gateway),
        })
    }

    /// It has rung for long enough, or the trunk should have said something by now.
    pub(super) fn look_at_callee(&mut self, now: Now, id: CallId) {
        let Some(callee) = self.calls.get_mut(&id).and_then(|call| call.callee.as_mut()) else { return };
        if !callee.leg.dialog.is_some_and(|dialog| self.sip.is_heard(dialog)) {
            return self.fail_callee(now, id, "the trunk does not answer".to_owned());
        }
        if callee.rings_until > now.mono {
            callee.look_at = Some(callee.rings_until);
            return self.set_alarm(id);
        }
        self.callee_not_taken(now, id, (NotTaken::Missed, None), Answer::NoAnswer);
    }

    /// Our INVITE got a final failure. A redirection is one: whom we call is not for others to say.
    pub(super) fn on_callee_refused(&mut self, now: Now, id: CallId, status: u16) {
        let (why, answer) = match (SeatLeg::not_taken(status), status) {
            (NotTaken::Rejected, _) => (NotTaken::Rejected, Answer::Busy),
            (_, status) if NOBODY_ANSWERS.contains(&status) => (NotTaken::Missed, Answer::NoAnswer),
            _ => (NotTaken::Unreachable, Answer::Error(format!("the trunk refuses the call: SIP {status}"))),
        };
        self.callee_not_taken(now, id, (why, Some(status)), answer);
    }

    /// The call cannot be made, through no doing of whoever is called.
    pub(super) fn fail_callee(&mut self, now: Now, id: CallId, why: String) {
        self.callee_not_taken(now, id, (NotTaken::Unreachable, None), Answer::Error(why));
    }

    /// Back to the flow without a talk.
    fn callee_not_taken(&mut self, now: Now, id: CallId, why: (NotTaken, Option<u16>), answer: Answer) {
        self.drop_callee(now, id, why);
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.third.is_some() {
            return self.on_third_not_taken(now, id, None);
        }
        if self.recalling.line.rings_first(id) {
            return self.on_citizen_not_there(now, id, why.0, why.1);
        }
        if call.is_operators() && call.flow.is_none() {
            self.on_recall_unreached(now, id, why.0, why.1);
            return self.on_number_not_taken(now, id, why.0);
        }
        if self.back_from_number(now, id) {
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.story.on_not_taken(why.0 != NotTaken::Unreachable);
        call.phase = Phase::Flow;
        call.hearing.stop();
        let leg = call.citizen.media;
        self.media(media::Command::Stop { leg });
        self.end_transfer(now, id, answer);
    }

    /// Take away a side that rings. What had been written down as called is written down as not taken.
    pub(super) fn drop_callee(&mut self, now: Now, id: CallId, (why, status): (NotTaken, Option<u16>)) {
        let Some(callee) = self.take_callee(id) else { return };
        if let Some(dialog) = callee.leg.dialog {
            self.sip.bye(now.mono, dialog);
            self.journal_dialog_over(now, dialog);
        }
        if callee.leg.local.is_some() {
            self.append(now, Fact::NumberNotTaken { contact: id.into(), why, status });
        }
    }

    /// Forget the side of whoever is called and close its port; its dialog is the caller's to end.
    fn take_callee(&mut self, id: CallId) -> Option<Callee> {
        let callee = self.calls.get_mut(&id)?.callee.take()?;
        self.close_leg(&callee.leg);
        Some(callee)
    }

    pub(super) fn on_callee_answered(
        &mut self,
        now: Now,
        id: CallId,
        dialog: DialogId,
        answer: Option<&[u8]>,
    ) {
        self.journal_dialog(now, id.into(), Some(dialog));
        let Some(callee) = self.calls.get_mut(&id).and_then(|call| call.callee.as_mut()) else { return };
        let Some(command) = callee.leg.on_answer(answer) else {
            let why = "the trunk's answer has no sound that we understand".to_owned();
            return self.fail_callee(now, id, why);
        };
        self.media(command);
        self.pulses.on_alive(now.mono, dialog);
        if self.calls.get(&id).is_some_and(|call| call.is_third(dialog)) {
            return self.on_third_answered(now, id);
        }
        if self.recalling.line.waits_for_operator(id) {
            return self.on_citizen_there(now, id);
        }
        // An operator whom a flow leads is called for as any caller is.
        match self.calls.get(&id).is_some_and(|call| call.is_operators() && call.flow.is_none()) {
            true => self.on_number_answered(now, id),
            false => self.join_callee(now, id),
        }
    }

    pub(super) fn join_callee(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(callee) = call.callee.as_mut() else { return };
        callee.look_at = None;
        let (number, records) = (destination(callee), callee.gateway.record);
        let recording = call.begin_talk(records, now.wall);
        call.phase = Phase::Transferred;
        call.giver = None;
        call.sent_on.iter_mut().for_each(|sent| sent.answered = true);
        call.story.on_transferred();
        call.hearing.stop();
        self.rejoin(now, id);
        self.append(now, Fact::Transferred { contact: id.into(), number, recording });
        self.set_alarm(id);
    }

    /// The other side is over: the citizen goes back to the flow.
    pub(super) fn on_callee_over(&mut self, now: Now, id: CallId, how: EndedBy) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.third.as_ref().is_some_and(|third| third.at.is_none() && third.stage.is_there()) {
            return self.drop_third(now, id);
        }
        let talked = call.phase == Phase::Transferred;
        if !talked {
            return self.fail_callee(now, id, "the call was lost before it was answered".to_owned());
        }
        self.part_callee(now, id);
        self.rejoin(now, id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        (call.phase, call.sent_on) = (Phase::Flow, None);
        call.story.on_parted(if how == EndedBy::Network { how } else { EndedBy::Callee });
        self.back_to_flow(now, id, QueueExit::Answered);
    }

    /// Take the other side away, whatever it is doing: the call ends.
    pub(super) fn part_callee(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if call.phase != Phase::Transferred {
            return self.drop_callee(now, id, (NotTaken::CallerLeft, None));
        }
        let Some(callee) = self.take_callee(id) else { return };
        if let Some(dialog) = callee.leg.dialog {
            self.sip.bye(now.mono, dialog);
            self.journal_dialog_over(now, dialog);
        }
        self.append(now, Fact::TransferEnded { contact: id.into() });
    }
}

pub(super) fn destination(callee: &Callee) -> Destination {
    let number = callee.dialled.clone();
    if callee.personal { Destination::Personal(Personal::Clear(number)) } else { Destination::Public(number) }
}

fn credentials(gateway: &Gateway) -> Option<(String, String)> {
    let (user, password) = gateway.credentials.as_ref()?;
    Some((user.clone(), password.reveal().to_owned()))
}
