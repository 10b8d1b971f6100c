//! The one call of a phone, and what happens while both sides talk.

use super::{Handset, Notice, Side};
use crate::io::phone::Duty;
use crate::io::phone::keys::Pressing;
use crate::media::{Command, LegId, PlayId, Recording};
use crate::sdp::{Local, Negotiated};
use crate::sip::DialogId;
use crate::time::{Mono, earliest};

/// A call, from the first sign to the last.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) leg: LegId,
    pub(super) dialog: Option<DialogId>,
    /// Our side of the sound, once there is a port.
    pub(super) local: Option<Local>,
    pub(super) stage: Stage,
    /// The other side understands telephone-event.
    takes_keys: bool,
}

#[derive(Debug)]
pub(super) enum Stage {
    /// To be dialled once there is a port.
    Opening,
    /// Dialled.
    Calling {
        /// When it is given up.
        until: Mono,
        /// The person knows that it rings.
        rings: bool,
    },
    /// It came and rings here.
    Ringing {
        /// Their SDP, unless they want ours.
        offer: Option<Vec<u8>>,
        /// Answered then, or never.
        answer_at: Option<Mono>,
    },
    /// Answered.
    Talking {
        /// Since then.
        since: Mono,
        /// Keys to press.
        pressing: Pressing,
        /// Hung up then.
        until: Option<Mono>,
    },
}

impl Call {
    pub(super) fn new(leg: LegId, dialog: Option<DialogId>, stage: Stage) -> Call {
        Call { leg, dialog, local: None, stage, takes_keys: false }
    }

    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        match &self.stage {
            Stage::Opening => None,
            Stage::Calling { until, .. } => Some(*until),
            // Before there is a port, its coming is what is waited for.
            Stage::Ringing { answer_at, .. } => answer_at.filter(|_| self.local.is_some()),
            Stage::Talking { pressing, until, .. } => earliest([pressing.poll_timeout(), *until]),
        }
    }
}

impl Handset {
    /// Does what the call has become due for.
    pub(super) fn move_on(&mut self, now: Mono) {
        match self.call.as_ref().map(|call| &call.stage) {
            Some(Stage::Calling { until, .. }) if *until <= now => self.give_up(now),
            Some(Stage::Ringing { .. }) => self.answer_when_due(now),
            Some(Stage::Talking { until: Some(until), .. }) if *until <= now => self.hang_up(now),
            Some(Stage::Talking { .. }) => self.press_due(now),
            _ => {}
        }
    }

    pub(super) fn start_talking(&mut self, now: Mono, pressing: Pressing) {
        let Some(call) = &mut self.call else { return };
        let until = self.setup.hang_up_after.map(|after| now + after);
        call.stage = Stage::Talking { since: now, pressing, until };
        self.notices.push_back(Notice::Answered);
        let (leg, play) = (call.leg, PlayId(call.leg.0));
        if let Some(file) = self.setup.recording_name(self.legs) {
            self.tapes += 1;
            self.orders.push_back(Command::Record { leg, recording: Recording { file: file.into() } });
        }
        let sounds = vec![self.setup.play.clone()];
        self.orders.push_back(Command::Play { leg, play, sounds, repeat: true, barge_in: false });
    }

    /// What was agreed on, at first or anew.
    pub(super) fn hear(&mut self, negotiated: Negotiated) {
        let Some(call) = &mut self.call else { return };
        call.takes_keys = negotiated.dtmf.is_some();
        let remote = negotiated.remote(self.link.remote.ip(), true);
        self.orders.push_back(Command::SetRemote { leg: call.leg, remote });
    }

    /// Their answer to an offer of ours came with the ACK.
    pub(super) fn on_late_answer(&mut self, now: Mono, answer: &[u8]) {
        let Some(local) = self.call.as_ref().and_then(|call| call.local.as_ref()) else { return };
        match local.read_answer(answer) {
            Ok(negotiated) => self.hear(negotiated),
            Err(_) => self.hang_up(now),
        }
    }

    /// The other side offers anew, as for hold.
    pub(super) fn on_reoffer(&mut self, now: Mono, dialog: DialogId, offer: Option<&[u8]>) {
        let Some(local) = self.call.as_mut().and_then(|call| call.local.as_mut()) else { return };
        match offer.map(|offer| local.answer(offer)) {
            None => {
                let sdp = local.offer();
                self.endpoint.accept_offer(now, dialog, sdp);
            }
            Some(Ok((sdp, negotiated))) => {
                self.endpoint.accept_offer(now, dialog, sdp);
                self.hear(negotiated);
            }
            Some(Err(error)) => self.endpoint.refuse_offer(now, dialog, error.status()),
        }
    }

    fn press_due(&mut self, now: Mono) {
        let Some(Call { leg, takes_keys, stage: Stage::Talking { pressing, .. }, .. }) = &mut self.call
        else {
            return;
        };
        while let Some(digit) = pressing.take_due(now) {
            if *takes_keys {
                self.orders.push_back(Command::SendDigit { leg: *leg, digit });
            }
            self.notices.push_back(if *takes_keys {
                Notice::Pressed(digit)
            } else {
                Notice::CannotPress(digit)
            });
        }
    }

    /// Ends the call from this side, whatever its stage.
    pub(super) fn hang_up(&mut self, now: Mono) {
        let Some(call) = &self.call else { return };
        if let Some(dialog) = call.dialog {
            self.endpoint.bye(now, dialog);
        }
        self.end_call(now, Side::Here);
    }

    /// The dialog is over: says so, and gives the leg back.
    pub(super) fn end_call(&mut self, now: Mono, by: Side) {
        let Some(Call { stage, .. }) = &self.call else { return };
        if let Stage::Talking { since, .. } = stage {
            let after = now.since(*since);
            self.notices.push_back(match self.duty {
                Duty::Dial(_) => Notice::HungUp { by, after },
                Duty::Seat(_) => Notice::Ended { by, after },
            });
        }
        self.close_call();
        self.count_call(now);
    }

    pub(super) fn close_call(&mut self) {
        if let Some(call) = self.call.take() {
            self.orders.push_back(Command::Close { leg: call.leg });
        }
    }
}
