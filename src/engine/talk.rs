//! A seat has taken the call, and both hear each other; hold; the end of an operator's side.

use crate::acd;
use crate::call::{Keyed, Phase, SeatLeg, Served};
use crate::ids::{CallId, SeatId};
use crate::journal::entry::Fact;
use crate::sip::DialogId;
use crate::time::Now;
use crate::words::{EndedBy, QueueExit, SeatView, WorkView};

use super::{Engine, Owner};

impl Engine {
    /// An INVITE of ours was answered.
    pub(super) fn on_answered(&mut self, now: Now, dialog: DialogId, answer: Option<&[u8]>) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Ringing(id, seat)) => self.on_seat_answered(now, id, &seat, dialog, answer),
            Some(Owner::Callee(id)) => self.on_callee_answered(now, id, dialog, answer),
            Some(Owner::Citizen(id)) => self.on_maker_answered(now, id, dialog, answer),
            Some(Owner::Watch(id)) => self.on_watch_there(now, id, dialog, answer, true),
            _ => self.sip.bye(now.mono, dialog), // stopped ringing while the 200 was on its way
        }
    }

    pub(super) fn join(&mut self, now: Now, id: CallId, seat: SeatId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(SeatLeg { queue, .. }) = &call.seat else { return };
        let queue = queue.clone();
        let queue_records = self.config.queues.get(&queue).is_some_and(|queue| queue.record);
        let recording = call.begin_talk(queue_records && call.lets_record(), now.wall);
        call.phase = Phase::Talking(seat.clone());
        (call.giver, call.keyed) = (None, Keyed::default());
        (call.keeps_wait, call.comes_first) = (false, false);
        call.story.on_joined();
        call.hearing.stop();
        self.rejoin(now, id);
        let operator = self.acd.operator_at(&seat);
        self.last_contact.insert(seat.clone(), (id.into(), queue.clone()));
        self.append(now, Fact::Joined { contact: id.into(), seat, operator, queue, recording });
        self.on_call_helped(now, id);
    }

    /// An INVITE of ours got a final failure.
    pub(super) fn on_refused(&mut self, now: Now, dialog: DialogId, status: u16) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Ringing(id, seat)) => self.on_seat_refused(now, id, &seat, status),
            Some(Owner::Callee(id)) => self.on_callee_refused(now, id, status),
            Some(Owner::Citizen(id)) => self.on_maker_refused(now, id, status),
            Some(Owner::Watch(id)) => self.on_watch_over(now, id, dialog),
            _ => {}
        }
    }

    /// Forget the operator's side of a call and close its port; its dialog is the caller's to end.
    pub(super) fn take_seat_leg(&mut self, id: CallId) -> Option<SeatLeg> {
        let leg = self.calls.get_mut(&id)?.seat.take()?;
        self.close_leg(&leg.leg);
        Some(leg)
    }

    /// An operator's side is over: the seat goes to wrap-up, the citizen to whoever else is there, back to the flow, or to
    /// the queue again where the operator's phone is gone.
    pub(super) fn on_seat_over(&mut self, now: Now, id: CallId, dialog: DialogId, how: EndedBy) {
        match self.calls.get(&id) {
            Some(call) if call.is_third(dialog) => return self.drop_third(now, id),
            Some(call) if call.third.is_some() => return self.leave_to_third(now, id),
            _ => {}
        }
        self.end_line(now, id);
        let Some(SeatLeg { seat, queue, leg }) = self.take_seat_leg(id) else { return };
        if let Some(dialog) = leg.dialog {
            self.journal_dialog_over(now, dialog);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            // Whoever was on hold is not any more: the recording would go on with the citizen alone.
            (call.is_apart, call.is_parked) = (false, false);
        }
        self.rejoin(now, id);
        let operator = self.acd.operator_at(&seat);
        self.append(now, Fact::Parted { contact: id.into(), seat: seat.clone() });
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(seat.clone(), id));
        if let Some(call) = self.calls.get_mut(&id) {
            call.surveyed.on_served(Served { seat: seat.clone(), operator, queue });
            call.phase = Phase::Flow;
            let by = if how == EndedBy::Network { how } else { EndedBy::Operator };
            call.story.on_parted(by);
            call.story.on_left(QueueExit::Answered);
        }
        if how != EndedBy::Network || !self.serve_again(now, id, seat) {
            self.back_to_flow(now, id, QueueExit::Answered);
        }
    }

    // -- in the talk

    /// A re-INVITE: hold, take back, or a new address. Answered in place (RFC 3261 section 14.2).
    pub(super) fn on_reoffer(&mut self, now: Now, dialog: DialogId, offer: Option<Vec<u8>>) {
        let owner = self.dialogs.get(&dialog).cloned();
        let Some(id) = owner.as_ref().and_then(Owner::call_of_leg) else {
            return self.sip.refuse_offer(now.mono, dialog, 488);
        };
        let source = self.sip.link(dialog).map(|link| link.remote.ip());
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_citizen = call.citizen.dialog == Some(dialog);
        let Some((leg, mut local)) =
            call.leg_with(dialog).and_then(|leg| leg.local.take().map(|local| (leg, local)))
        else {
            return self.sip.refuse_offer(now.mono, dialog, 488);
        };
        let Some(offer) = offer else {
            let offer = local.offer();
            leg.local = Some(local);
            return self.sip.accept_offer(now.mono, dialog, offer);
        };
        let answered = local.answer(&offer);
        leg.local = Some(local);
        leg.signalling = source.unwrap_or(leg.signalling); // the phone may have moved with its offer
        match answered {
            Ok((answer, agreed)) => {
                let command = leg.set_remote(&agreed);
                self.media(command);
                self.sip.accept_offer(now.mono, dialog, answer);
                self.on_hold(now, id, is_citizen);
            }
            Err(error) => self.sip.refuse_offer(now.mono, dialog, error.status()),
        }
    }

    /// The SDP of one side is new. Whoever is put on hold by the other side hears music.
    pub(super) fn on_hold(&mut self, now: Now, id: CallId, by_citizen: bool) {
        let Some(call) = self.calls.get(&id) else { return };
        if !call.talks() {
            return;
        }
        let (keeps, has_music) = (by_citizen || call.is_apart, call.has_hold_music());
        self.tell_hold(now, id);
        match has_music {
            _ if keeps => {} // the citizen's own doing, or music already
            true => self.play_hold_music(now, id),
            false => self.stop_hold_music(id),
        }
        self.on_line_hold(now, id);
    }

    // -- seats

    pub(super) fn on_seat_changed(&mut self, now: Now, seat: SeatId, view: SeatView) {
        let before = self.seats_seen.insert(seat.clone(), view.clone());
        let wrapped_up =
            before.is_some_and(|before| before.work == WorkView::WrapUp) && view.work != WorkView::WrapUp;
        let (by, why) = (self.acting.clone(), self.acting_why.clone());
        self.append(now, Fact::SeatChanged { seat: seat.clone(), now: view, by, why });
        if let Some((contact, _)) = self.last_contact.get(&seat).cloned().filter(|_| wrapped_up) {
            self.append(now, Fact::WrappedUp { contact, seat });
        }
    }
}
