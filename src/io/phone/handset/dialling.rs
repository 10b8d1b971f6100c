//! A call that the phone makes: offered once there is a port, answered or refused, and perhaps given up.

use std::time::Duration;

use super::talk::{Call, Stage};
use super::{Handset, Notice, PhoneError};
use crate::io::phone::Duty;
use crate::io::phone::keys::Pressing;
use crate::sdp::{Negotiated, SdpError};
use crate::sip::{Outgoing, Target};
use crate::time::Mono;

/// Longest ringing of a call that this phone makes; after as long proxies give up too (timer C, RFC 3261 section 16.6).
const RING_AT_MOST: Duration = Duration::from_secs(180);

impl Handset {
    pub(super) fn dial(&mut self, now: Mono) {
        let (Duty::Dial(dial), Some(Call { local: Some(local), .. })) = (&self.duty, &mut self.call) else {
            return;
        };
        let outgoing = Outgoing {
            to: Target::Uri { uri: format!("sip:{}@{}", dial.number, self.link.remote), link: self.link },
            from_user: dial.from.clone(),
            from_display: None,
            offer: local.offer(),
            credentials: dial.password.clone().map(|password| (dial.from.clone(), password)),
        };
        match self.endpoint.invite(now, outgoing) {
            Ok(dialog) => {
                if let Some(call) = &mut self.call {
                    call.dialog = Some(dialog);
                    call.stage = Stage::Calling { until: now + RING_AT_MOST, rings: false };
                }
            }
            Err(error) => self.fail(now, error.into()),
        }
    }

    pub(super) fn on_ringing(&mut self) {
        if let Some(Call { stage: Stage::Calling { rings: rings @ false, .. }, .. }) = &mut self.call {
            *rings = true;
            self.notices.push_back(Notice::Ringing);
        }
    }

    pub(super) fn on_answered(&mut self, now: Mono, answer: Option<&[u8]>) {
        let Duty::Dial(dial) = &self.duty else { return };
        let pressing = Pressing::new(now, &dial.keys);
        match self.read(answer) {
            Ok(negotiated) => {
                self.start_talking(now, pressing);
                self.hear(negotiated);
            }
            Err(error) => self.fail(now, error.into()),
        }
    }

    fn read(&self, answer: Option<&[u8]>) -> Result<Negotiated, SdpError> {
        let local = self.call.as_ref().and_then(|call| call.local.as_ref());
        local.zip(answer).map_or(Err(SdpError::NoAudio), |(local, answer)| local.read_answer(answer))
    }

    pub(super) fn on_rejected(&mut self, now: Mono, status: u16) {
        self.close_call();
        let error = if self.heard { PhoneError::Refused { status } } else { self.unreachable() };
        self.fail(now, error);
    }

    pub(super) fn give_up(&mut self, now: Mono) {
        let after = now.since(self.started);
        self.fail(now, PhoneError::GivenUp { after });
    }
}
