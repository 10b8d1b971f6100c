//! Phones that fall silent in a call: asked whether they are there, listened to, given up; and what becomes of a citizen whose
//! operator's phone is gone.
//!
//! A citizen's phone is given the times of SIP: nobody waits for it but an operator who hears that the line is dead. Behind an
//! operator's phone there is a citizen in silence, so it is asked after [`SEAT_SILENT`] without sound, and has [`ANSWERS_WITHIN`] to answer;
//! one whose connection is closed has [`BACK_WITHIN`] to be heard, or to answer by another. One that is muted answers, and keeps its
//! talk; one that has put the citizen on hold sends nothing with good reason, and has a citizen's times in both cases. The citizen then is the first in
//! the queue that gave the call, and the seat out of reach until its phone answers or registers again.

use std::time::Duration;

use crate::acd;
use crate::call::{Call, PulseDue, SeatLeg};
use crate::flow::Enqueue;
use crate::ids::{CallId, SeatId};
use crate::journal::entry::{Fact, Handing};
use crate::media::{self, LegId};
use crate::sip::{DialogId, Probe};
use crate::time::Now;
use crate::words::{EndedBy, QueueExit};

use super::{Engine, Owner};

/// No sound from an operator's phone for so long, and it is asked.
const SEAT_SILENT: Duration = Duration::from_secs(5);
/// How long it has to answer: the question is sent four times in this (RFC 3261 section 17.1.2.2), so that one that is lost decides nothing.
const ANSWERS_WITHIN: Duration = Duration::from_secs(4);
/// How long it has when its connection is closed.
const BACK_WITHIN: Duration = Duration::from_secs(1);
/// What counts as heard from a phone that SIP has waited for in vain.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

impl Engine {
    /// This leg is an operator's from now on.
    pub(super) fn heed(&mut self, leg: LegId) {
        self.media(media::Command::Heed { leg, silent_after: SEAT_SILENT });
    }

    /// A leg that had been sending is silent: ask its phone whether it is still there.
    pub(super) fn on_silent(&mut self, now: Now, leg: LegId) {
        let Some(dialog) = self.dialog_of(leg).filter(|dialog| self.pulses.on_silent(*dialog)) else {
            return;
        };
        self.sip.probe(now.mono, dialog);
        if self.operators_leg(dialog).is_some() && !self.holds_us(dialog) {
            self.pulses.hurry(now.mono, dialog, ANSWERS_WITHIN);
        }
    }

    /// The connection that a dialog goes by is closed.
    pub(super) fn on_unlinked(&mut self, now: Now, dialog: DialogId) {
        if self.operators_leg(dialog).is_none() {
            return;
        }
        if self.pulses.on_silent(dialog) {
            self.sip.probe(now.mono, dialog);
        }
        if !self.holds_us(dialog) {
            self.pulses.hurry(now.mono, dialog, BACK_WITHIN);
        }
    }

    pub(super) fn on_pulses_timeout(&mut self, now: Now) {
        while let Some(due) = self.pulses.poll_due(now.mono) {
            match due {
                PulseDue::Ask(dialog) => self.sip.probe(now.mono, dialog),
                PulseDue::Listen(dialog, within) => self.listen(now, dialog, within),
            }
        }
    }

    pub(super) fn on_probed(&mut self, now: Now, dialog: DialogId, found: Probe) {
        match found {
            Probe::Alive if self.dialogs.contains_key(&dialog) => self.pulses.on_alive(now.mono, dialog),
            Probe::Alive => {}
            Probe::Gone => self.give_up(now, dialog),
            Probe::Unanswered if self.pulses.on_unanswered(dialog) => self.listen(now, dialog, HEARD_WITHIN),
            Probe::Unanswered => {}
        }
    }

    /// The signalling may have lost its way and the sound not: the media plane knows.
    fn listen(&mut self, now: Now, dialog: DialogId, within: Duration) {
        match self.leg_of(dialog) {
            Some(leg) => self.media(media::Command::Listen { leg, within }),
            None => self.give_up(now, dialog),
        }
    }

    /// The phone behind this leg has not answered; `heard`: its sound comes all the same.
    pub(super) fn on_listened(&mut self, now: Now, leg: LegId, heard: bool) {
        let Some(dialog) = self.dialog_of(leg) else { return };
        if heard {
            return self.pulses.on_heard(now.mono, dialog);
        }
        if let Some(seat) = self.operators_leg(dialog).map(|operator| operator.seat.clone()) {
            tracing::warn!(%seat, "the phone is gone in a talk; no calls go there until it answers or registers again");
            self.presence.on_gone(&seat);
            // Before its talk ends: it must not be rung with the next.
            self.acd.handle_input(now.mono, acd::Input::Unreachable(seat));
        }
        self.give_up(now, dialog);
    }

    /// The phone is gone, or knows nothing of the call any more.
    fn give_up(&mut self, now: Now, dialog: DialogId) {
        self.sip.bye(now.mono, dialog);
        self.on_dialog_over(now, dialog, EndedBy::Network);
    }

    /// The citizen has done nothing to lose the place: the first in the queue that gave the call. False: none did, or it takes nobody.
    pub(super) fn serve_again(&mut self, now: Now, id: CallId, seat: SeatId) -> bool {
        let config = self.config.clone();
        let recalled = self.recalling.queue_of(id).cloned();
        let led = self.calls.get_mut(&id).filter(|call| call.flow.is_some() || recalled.is_some());
        let Some(call) = led.filter(|_| self.stopping.is_none()) else { return false };
        let place = call.enqueue.clone().or_else(|| recalled.map(Enqueue::plain));
        let Some((queue, place)) = place.and_then(|place| Some((config.queues.get(&place.queue)?, place)))
        else {
            return false;
        };
        (call.giver, call.keeps_wait, call.comes_first) = (None, true, true);
        self.append(now, Fact::Handling { contact: id.into(), seat, step: Handing::Lost });
        if let Some(call) = self.calls.get_mut(&id) {
            call.enqueue = Some(place.clone()); // a call-back has had none
        }
        let entity = self.calls.get(&id).map(|call| call.entity.clone());
        if entity.is_some_and(|entity| self.switches.close_queue(&place.queue, &entity, now.wall_ms())) {
            self.on_left_queue(now, id, place.queue, QueueExit::Closed);
            return true;
        }
        let entering = self.entering(now, id, place, queue);
        self.acd.handle_input(now.mono, acd::Input::Enter(entering));
        true
    }

    /// The operator's side of a talk that has this dialog, or has it as its second line.
    fn operators_leg(&self, dialog: DialogId) -> Option<&SeatLeg> {
        match self.dialogs.get(&dialog)? {
            Owner::Seat(id) => self.calls.get(id)?.operator_with(dialog),
            Owner::Line(id) => self.calls.get(id)?.seat.as_ref(),
            _ => None,
        }
    }

    /// A key that a phone tells by INFO is one like any other, if its keys do not come in its sound.
    pub(super) fn on_key_told(&mut self, dialog: DialogId, digit: char) {
        if let Some(leg) = self.leg_of(dialog) {
            self.media(media::Command::Key { leg, digit });
        }
    }

    /// The phone has put this dialog on hold.
    fn holds_us(&self, dialog: DialogId) -> bool {
        let call = self.dialogs.get(&dialog).and_then(|owner| self.call_of(owner));
        call.is_some_and(|call| call.legs().any(|leg| leg.dialog == Some(dialog) && leg.held))
    }

    fn leg_of(&self, dialog: DialogId) -> Option<LegId> {
        let call = self.call_of(self.dialogs.get(&dialog)?)?;
        call.legs().find(|leg| leg.dialog == Some(dialog)).map(|leg| leg.media)
    }

    fn dialog_of(&self, leg: LegId) -> Option<DialogId> {
        self.call_of(self.legs.get(&leg)?)?.legs().find(|own| own.media == leg)?.dialog
    }

    fn call_of(&self, owner: &Owner) -> Option<&Call> {
        self.calls.get(&owner.call_of_leg()?)
    }
}
