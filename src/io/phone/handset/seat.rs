//! The phone of a seat: registered, it takes the calls that come, one at a time.

use std::time::Duration;

use super::talk::{Call, Stage};
use super::{Handset, Notice, PhoneError};
use crate::io::phone::keys::Pressing;
use crate::io::phone::{Duty, Manner};
use crate::sip::{DialogId, Incoming, Registration};
use crate::time::Mono;

/// How long a registration should last; the exchange may say less.
const EXPIRES: Duration = Duration::from_secs(120);

/// Statuses that stand for silence and for a transport failure, when nothing was ever heard.
const SILENCE: [u16; 2] = [408, 503];

impl Handset {
    pub(super) fn register(&mut self, now: Mono) {
        let Duty::Seat(seat) = &self.duty else { return };
        let (user, password) = (seat.user.clone(), seat.password.clone());
        let registration = Registration { user, password, registrar: self.link, expires: EXPIRES };
        self.registration = Some(self.endpoint.register(now, registration));
    }

    /// A seat that was never registered gives up; one that was goes on trying.
    pub(super) fn on_registration(&mut self, now: Mono, status: u16, registered: bool) {
        let Duty::Seat(seat) = &self.duty else { return };
        let was = std::mem::replace(&mut self.registered, registered);
        let wrong = PhoneError::NotRegistered { seat: seat.user.clone(), status };
        match (self.leaving, registered) {
            (Some(_), _) if was => self.notices.push_back(Notice::Unregistered),
            (Some(_), _) => {}
            (None, true) => {
                self.greeted = true;
                self.notices.push_back(Notice::Registered);
            }
            (None, false) if self.greeted => self.notices.push_back(Notice::RegistrationLost { status }),
            (None, false) if !self.heard && SILENCE.contains(&status) => {
                let error = self.unreachable();
                self.fail(now, error);
            }
            (None, false) => self.fail(now, wrong),
        }
    }

    pub(super) fn on_incoming(&mut self, now: Mono, dialog: DialogId, invite: Incoming) {
        let Duty::Seat(seat) = &self.duty else { return self.endpoint.reject(now, dialog, 480, None) };
        if self.call.is_some() || self.leaving.is_some() {
            return self.endpoint.reject(now, dialog, 486, None);
        }
        let manner = seat.manner;
        self.notices.push_back(Notice::Incoming { display: invite.display, from: invite.from });
        let answer_at = match manner {
            Manner::Answer { after } => Some(now + after),
            Manner::Ring => None,
            Manner::Reject => {
                self.endpoint.reject(now, dialog, 486, None);
                self.notices.push_back(Notice::Rejected);
                return self.count_call(now);
            }
        };
        self.call = Some(self.new_call(Some(dialog), Stage::Ringing { offer: invite.offer, answer_at }));
        self.endpoint.ring(now, dialog);
    }

    /// Takes the call, once it is time and there is a port.
    pub(super) fn answer_when_due(&mut self, now: Mono) {
        let Some(Call { dialog: Some(dialog), local: Some(local), stage, .. }) = &mut self.call else {
            return;
        };
        let dialog = *dialog;
        let offer = match stage {
            Stage::Ringing { offer, answer_at: Some(at) } if *at <= now => offer.take(),
            _ => return,
        };
        let answered = match offer {
            Some(offer) => local.answer(&offer).map(|(sdp, negotiated)| (sdp, Some(negotiated))),
            None => Ok((local.offer(), None)), // theirs is in the ACK
        };
        match answered {
            Ok((sdp, negotiated)) => {
                self.endpoint.answer(now, dialog, sdp);
                self.start_talking(now, Pressing::default());
                negotiated.into_iter().for_each(|negotiated| self.hear(negotiated));
            }
            Err(error) => {
                self.endpoint.reject(now, dialog, error.status(), None);
                self.notices.push_back(Notice::Rejected);
                self.close_call();
                self.count_call(now);
            }
        }
    }

    /// One more call is over, however it went; after the last one the seat is left.
    pub(super) fn count_call(&mut self, now: Mono) {
        let Duty::Seat(seat) = &self.duty else { return self.leave(now) };
        self.over = self.over.saturating_add(1);
        if seat.calls.is_some_and(|calls| calls <= self.over) {
            self.leave(now);
        }
    }
}
