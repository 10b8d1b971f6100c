//! Feature codes: what an operator tells the exchange by dialling from the seat.
//!
//! The code is obeyed at once; the call only says so. Coding of a contact is a promise: "saved" is spoken when it is durable.

use crate::call::Leg;
use crate::config::CodingMistake;
use crate::ids::SeatId;
use crate::media::{self, PlayId};
use crate::sip::{DialogId, Incoming};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{Status, StatusChange};

use super::floor::{SeatAct, SeatRefusal};
use super::gate::Held;
use super::{Engine, Owner};

/// Language of what operators hear.
pub(super) const LANGUAGE: &str = "it";

/// One feature code being answered.
#[derive(Debug)]
pub(super) struct Service {
    leg: Leg,
    offer: Option<Vec<u8>>,
    /// `None` until it is known how the coding went.
    say: Option<Notice>,
    established: bool,
}

impl Engine {
    pub(super) fn on_feature_code(&mut self, now: Now, dialog: DialogId, seat: &SeatId, invite: &Incoming) {
        if self.dial_watch(now, dialog, seat, invite) {
            return;
        }
        let leg = self.open_leg(Some(dialog), invite.link, Owner::Service(dialog));
        let service = Service { leg, offer: invite.offer.clone(), say: None, established: false };
        self.services.insert(dialog, service);
        let say = self.obey(now, dialog, seat, &invite.to);
        if let Some(service) = self.services.get_mut(&dialog) {
            service.say = say;
        }
    }

    /// Answer a seat that dials, only to say this.
    pub(super) fn say_only(&mut self, dialog: DialogId, invite: &Incoming, notice: Notice) {
        let leg = self.open_leg(Some(dialog), invite.link, Owner::Service(dialog));
        let service = Service { leg, offer: invite.offer.clone(), say: Some(notice), established: false };
        self.services.insert(dialog, service);
    }

    /// Do what the code asks; what to say, unless that must wait for the disk.
    fn obey(&mut self, now: Now, dialog: DialogId, seat: &SeatId, code: &str) -> Option<Notice> {
        if let Some(digits) = self.log_in_digits(code) {
            return Some(self.log_in_by_code(now, seat, &digits));
        }
        if let Some((act, say)) = self.act_of_code(code) {
            return Some(self.act_on_seat(now, seat, act, "phone").err().map_or(say, SeatRefusal::notice));
        }
        match code.strip_prefix(&self.config.engine.feature_codes.code) {
            Some(digits) => self.code(now, dialog, seat, digits).err(),
            None => Some(Notice::BadCode),
        }
    }

    /// The act that a code asks for, and what is said when it is done.
    fn act_of_code(&self, code: &str) -> Option<(SeatAct, Notice)> {
        let codes = &self.config.engine.feature_codes;
        let reason = |prefix: &str| {
            let digits = code.strip_prefix(prefix)?;
            if digits.is_empty() { Some("phone") } else { self.config.pause_of_code(digits) }
        };
        let (change, say) = match code {
            _ if code == codes.extend => return Some((SeatAct::Extend, Notice::Extended)),
            _ if code == codes.log_in => (StatusChange::LogIn, Notice::LoggedIn),
            _ if code == codes.log_out => (StatusChange::LogOut, Notice::LoggedOut),
            _ if code == codes.ready => (StatusChange::Ready, Notice::Ready),
            _ if code == codes.one_call => (StatusChange::OneCall, Notice::OneCall),
            _ => match (reason(&codes.pause), reason(&codes.next)) {
                (Some(why), _) => (StatusChange::Pause(why.to_owned()), Notice::Paused),
                (None, Some(why)) => (StatusChange::Next(Status::Paused(why.to_owned())), Notice::Later),
                (None, None) => return None,
            },
        };
        Some((SeatAct::Status(change), say))
    }

    /// Code the seat's last contact; otherwise what to say instead.
    fn code(&mut self, now: Now, dialog: DialogId, seat: &SeatId, digits: &str) -> Result<(), Notice> {
        let (contact, queue) = self.last_contact.get(seat).cloned().ok_or(Notice::NothingToCode)?;
        let (topic, disposition) = self.config.coding(&queue, digits).map_err(|mistake| match mistake {
            CodingMistake::Nothing => Notice::BadCode,
            CodingMistake::Topic => Notice::BadTopic,
            CodingMistake::Outcome => Notice::BadOutcome,
        })?;
        let coder = (self.acd.operator_at(seat), "phone");
        let lsn = self.write_coding(now, contact, (topic, disposition), vec![seat.clone()], coder);
        self.gate.hold_until_durable(now.mono, lsn, Held::Confirm(dialog));
        Ok(())
    }

    /// The coding is durable, or the store does not answer.
    pub(super) fn on_coding_kept(&mut self, now: Now, dialog: DialogId, kept: bool) {
        if let Some(service) = self.services.get_mut(&dialog) {
            service.say = Some(if kept { Notice::Coded } else { Notice::Error });
            self.speak(now, dialog);
        }
    }

    pub(super) fn on_service_port(&mut self, now: Now, dialog: DialogId, port: u16) {
        let Some(service) = self.services.get_mut(&dialog) else { return };
        let local = service.leg.on_port(port);
        let Some(offer) = service.offer.take() else {
            return self.sip.answer(now.mono, dialog, local.offer());
        };
        match local.answer(&offer) {
            Ok((answer, agreed)) => {
                let command = service.leg.set_remote(&agreed);
                self.media(command);
                self.sip.answer(now.mono, dialog, answer);
            }
            Err(error) => {
                self.sip.reject(now.mono, dialog, error.status(), None);
                self.end_service(now, dialog);
            }
        }
    }

    pub(super) fn on_service_established(&mut self, now: Now, dialog: DialogId, answer: Option<Vec<u8>>) {
        let Some(service) = self.services.get_mut(&dialog) else { return };
        service.established = true;
        let late = service.leg.local.as_mut().zip(answer).map(|(local, answer)| local.read_answer(&answer));
        if let Some(Ok(agreed)) = late {
            let command = service.leg.set_remote(&agreed);
            self.media(command);
        }
        self.speak(now, dialog);
    }

    fn speak(&mut self, now: Now, dialog: DialogId) {
        let Some(service) = self.services.get(&dialog) else { return };
        let (Some(notice), true) = (service.say, service.established) else { return };
        let leg = service.leg.media;
        let Some(sound) = self.sound(LANGUAGE, notice.sound()) else { return self.end_service(now, dialog) };
        self.last_play += 1;
        let play = PlayId(self.last_play);
        self.media(media::Command::Play { leg, play, sounds: vec![sound], repeat: false, barge_in: false });
    }

    pub(super) fn on_service_played(&mut self, now: Now, dialog: DialogId) {
        self.end_service(now, dialog);
    }

    pub(super) fn end_service(&mut self, now: Now, dialog: DialogId) {
        let Some(service) = self.services.remove(&dialog) else { return };
        self.sip.bye(now.mono, dialog);
        self.close_leg(&service.leg);
    }
}
