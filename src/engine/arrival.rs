//! A call arrives: who it is for, a port, the first facts, the 200.

use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::call::{Call, Phase};
use crate::config::DialledNumber;
use crate::crm::Who;
use crate::ids::{CallId, CaseId, CitizenId, ContactId, Language};
use crate::journal::entry::{Fact, Personal};
use crate::media;
use crate::phone_number::Caller;
use crate::sip::{DialogId, Incoming, Peer};
use crate::time::Now;
use crate::words::{Direction, EndedBy, Outcome};

use super::gate::Held;
use super::{Engine, Owner};

/// What a caller who finds no room is told to wait before trying again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// The number as received; one word for all the ways of withholding it.
fn shown(from: &str) -> &str {
    if Caller::parse(from) == Caller::Anonymous { "anonymous" } else { from }
}

impl Engine {
    pub(super) fn on_incoming(&mut self, now: Now, dialog: DialogId, invite: Incoming) {
        if let Some(old) = invite.replaces {
            return self.on_replacing(now, dialog, old, invite);
        }
        if let Peer::User(seat) = &invite.peer {
            let seat = seat.as_ref().into();
            return self.on_seat_dials(now, dialog, seat, invite);
        }
        self.on_call(now, dialog, invite);
    }

    /// Somebody calls one of our numbers, if there is room.
    pub(super) fn on_call(&mut self, now: Now, dialog: DialogId, invite: Incoming) {
        if !self.has_room(now) {
            return self.shed(now, dialog);
        }
        self.on_call_in(now, dialog, invite);
    }

    /// There is no room.
    pub(super) fn shed(&mut self, now: Now, dialog: DialogId) {
        self.counters.on_shed(now.mono);
        self.sip.reject(now.mono, dialog, 503, Some(RETRY_AFTER));
    }

    /// Somebody calls one of our numbers, and there is room.
    pub(super) fn on_call_in(&mut self, now: Now, dialog: DialogId, invite: Incoming) {
        match self.config.numbers.get(&invite.to).cloned() {
            Some(number) => self.let_in(now, dialog, invite, &number),
            None => self.turn_away(now, dialog, &invite),
        }
    }

    pub(super) fn has_room(&mut self, now: Now) -> bool {
        let ready = self.is_ready();
        let limits = &self.config.engine;
        self.stopping.is_none()
            && ready
            && !self.gate.is_full()
            && self.arrivals.admit(now.mono, limits.max_calls_per_second)
            && (self.calls.len() < self.config.engine.max_calls || self.drop_half_open(now))
    }

    /// Takes the place of the oldest call whose phone has not acknowledged our 200 in time.
    fn drop_half_open(&mut self, now: Now) -> bool {
        let calls = &self.calls;
        let is_half_open = |id| {
            let call = calls.get(&id).filter(|call| call.phase == Phase::Answered);
            call.is_some_and(|call| !call.is_for_help())
        };
        let Some(id) = self.arrivals.late(now.mono, is_half_open) else { return false };
        let why = "the 200 was not acknowledged, and another call needed the place".to_owned();
        self.close_call(now, id, EndedBy::Network, Some(why));
        true
    }

    fn let_in(&mut self, now: Now, dialog: DialogId, invite: Incoming, number: &DialledNumber) {
        let id = CallId(self.stamps.next_stamp());
        let Some(flow) = self.flows.get(&number.flow).cloned() else {
            // `Config` and the flows are checked against each other before the start.
            return self.sip.reject(now.mono, dialog, 500, None);
        };
        let spoken = number.language.clone().or_else(|| flow.languages().first().cloned());
        let language = spoken.unwrap_or_else(|| "it".into());
        // Who calls from a seat is no citizen with a need: that is on record, and no case.
        let case = matches!(invite.peer, Peer::Trunk(_)).then(|| self.next_case(now));
        let citizen_id = self.open_contact(now, id, &invite, number, &language, case);
        let mut citizen = self.open_leg(Some(dialog), invite.link, Owner::Citizen(id));
        citizen.media_networks = self.media_networks(&invite.peer);
        let spoken_for = (number.entity.clone(), language);
        let call = Call {
            from: shown(&invite.from).to_owned(),
            to: invite.to,
            topic: number.topic.clone(),
            offer: invite.offer,
            flow: Some(flow),
            citizen_id,
            case,
            waits_since_ms: now.wall_ms(),
            ..Call::begun(id, citizen, self.sounds.clone(), spoken_for, now.mono)
        };
        self.calls.insert(id, call);
    }

    /// Where a trunk says that its media servers are. A user's phone is where it says it is, or sends from there.
    fn media_networks(&self, peer: &Peer) -> Arc<[IpNet]> {
        let Peer::Trunk(name) = peer else { return Arc::default() };
        let trunk = self.config.trunks.iter().find(|trunk| trunk.name == *name);
        trunk.map(|trunk| trunk.media.clone()).unwrap_or_default()
    }

    /// A number that nobody answers here: a contact all the same, so that it is seen.
    fn turn_away(&mut self, now: Now, dialog: DialogId, invite: &Incoming) {
        let id = CallId(self.stamps.next_stamp());
        if let Some(number) = self.config.stranger().cloned() {
            let language = number.language.clone().unwrap_or_else(|| "it".into());
            self.open_contact(now, id, invite, &number, &language, None);
            let why = Some("the number dialled is not in numbers.toml".to_owned());
            self.close_contact(
                now,
                id.into(),
                (Direction::In, Outcome::Refused),
                EndedBy::Exchange,
                false,
                why,
            );
        }
        self.sip.reject(now.mono, dialog, 404, None);
    }

    fn open_contact(
        &mut self,
        now: Now,
        id: CallId,
        invite: &Incoming,
        number: &DialledNumber,
        language: &Language,
        case: Option<CaseId>,
    ) -> Option<CitizenId> {
        let contact = ContactId::from(id);
        let citizen = self.citizen_of(now, contact, &invite.from);
        self.append(
            now,
            Fact::ContactOpened {
                contact,
                case,
                citizen,
                from: Personal::Clear(shown(&invite.from).to_owned()),
                to: invite.to.clone(),
                entity: number.entity.clone(),
                topic: number.topic.clone(),
                language: language.clone(),
                flow: number.flow.clone(),
                degraded: self.gate.is_degraded(),
            },
        );
        citizen
    }

    /// The citizen with this number; one whose number is new is written down.
    pub(super) fn citizen_of(&mut self, now: Now, contact: ContactId, from: &str) -> Option<CitizenId> {
        let stamps = &mut self.stamps;
        match self.citizens.meet(&self.keys, from, || CitizenId(stamps.next_stamp())) {
            Who::Nobody => None,
            Who::Known(citizen) => Some(citizen),
            Who::New(citizen, number) => {
                let number = Personal::Clear(number);
                self.append(now, Fact::CitizenFound { citizen, number, contact });
                Some(citizen)
            }
        }
    }

    /// The port is bound: write down that the call is answered, and answer once that is safe.
    pub(super) fn on_citizen_port(&mut self, now: Now, id: CallId, port: u16) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.made.as_ref().is_some_and(|made| made.clicked) {
            return self.ring_maker(now, id, port);
        }
        call.citizen.on_port(port);
        let dialog = call.citizen.dialog;
        self.journal_dialog(now, id.into(), dialog);
        let lsn = self.append(now, Fact::ContactAnswered { contact: id.into() });
        self.gate.hold_until_written(lsn, Held::Answer(id));
    }

    /// The 200 may go out, unless the caller has gone meanwhile.
    pub(super) fn answer_citizen(&mut self, now: Now, id: CallId) {
        self.arrivals.on_answered(now.mono, id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(dialog), Some(local)) = (call.citizen.dialog, call.citizen.local.as_mut()) else { return };
        let Some(offer) = call.offer.take() else {
            call.phase = Phase::Answered;
            return self.sip.answer(now.mono, dialog, local.offer());
        };
        match local.answer(&offer) {
            Ok((answer, agreed)) => {
                call.phase = Phase::Answered;
                let command = call.citizen.set_remote(&agreed);
                self.media(command);
                self.sip.answer(now.mono, dialog, answer);
            }
            Err(error) => {
                self.sip.reject(now.mono, dialog, error.status(), None);
                self.close_call(now, id, EndedBy::Exchange, Some(error.to_string()));
            }
        }
    }

    /// The ACK has come: the flow begins. It may carry the answer to an offer of ours, in the first INVITE or a later one.
    pub(super) fn on_established(&mut self, now: Now, dialog: DialogId, answer: Option<Vec<u8>>) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Citizen(id) | Owner::Seat(id) | Owner::Callee(id)) => {
                let begins = self.calls.get(&id).is_some_and(|call| call.phase == Phase::Answered);
                match self.take_late_answer(now, id, dialog, answer) {
                    Err(why) if begins => self.close_call(now, id, EndedBy::Exchange, Some(why)),
                    Err(why) => {
                        tracing::warn!(call = %id, %why, "an answer within the call cannot be used; all stays as it was")
                    }
                    Ok(()) => self.start_flow(now, id),
                }
            }
            Some(Owner::Line(id)) => match self.take_late_answer(now, id, dialog, answer) {
                Ok(()) => self.on_line_established(now, id, dialog),
                Err(_) => self.end_line(now, id),
            },
            Some(Owner::Service(_)) => self.on_service_established(now, dialog, answer),
            Some(Owner::Watch(id)) => self.on_watch_there(now, id, dialog, answer.as_deref(), false),
            Some(Owner::Ringing(..)) | None => {}
        }
    }

    /// When the INVITE had no offer, ours was in the 200 and the answer is in the ACK (RFC 3261 section 13.2.1).
    fn take_late_answer(
        &mut self,
        now: Now,
        id: CallId,
        dialog: DialogId,
        answer: Option<Vec<u8>>,
    ) -> Result<(), String> {
        let (Some(call), Some(answer)) = (self.calls.get_mut(&id), answer) else { return Ok(()) };
        let is_citizen = call.citizen.dialog == Some(dialog);
        let Some(leg) = call.leg_with(dialog) else { return Ok(()) };
        let Some(local) = leg.local.as_mut() else { return Ok(()) };
        let agreed = local.read_answer(&answer).map_err(|error| error.to_string())?;
        let command = leg.set_remote(&agreed);
        self.media(command);
        self.on_hold(now, id, is_citizen);
        Ok(())
    }

    pub(super) fn on_no_port(&mut self, now: Now, leg: media::LegId, error: &str) {
        tracing::error!(error, "no RTP port; widen `rtp_ports` in engine.toml or free some");
        match self.legs.get(&leg).cloned() {
            Some(Owner::Citizen(id)) => {
                if let Some(dialog) = self.calls.get(&id).and_then(|call| call.citizen.dialog) {
                    self.sip.reject(now.mono, dialog, 503, Some(RETRY_AFTER));
                }
                self.close_call(now, id, EndedBy::Exchange, Some(format!("no RTP port: {error}")));
            }
            Some(Owner::Ringing(id, seat)) => self.fail_seat(now, id, &seat),
            Some(Owner::Callee(id)) => self.fail_callee(now, id, format!("no RTP port: {error}")),
            Some(Owner::Service(dialog)) => self.end_service(now, dialog),
            Some(Owner::Line(id)) => self.end_line(now, id),
            Some(Owner::Watch(id)) => self.end_watch(now, id, leg),
            Some(Owner::Seat(_)) | None => {}
        }
    }
}
