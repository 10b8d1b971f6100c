//! Seats are rung for a caller: one, or several where the queue rings all. The first to answer becomes the operator's side.

use std::collections::BTreeMap;

use crate::acd;
use crate::call::SeatLeg;
use crate::ids::{CallId, QueueId, SeatId};
use crate::journal::entry::Fact;
use crate::sip::{DialogId, Outgoing, Reason, Target};
use crate::time::Now;
use crate::words::NotTaken;

use super::{Engine, Owner};

impl Engine {
    pub(super) fn ring_seat(&mut self, now: Now, seat: SeatId, id: CallId, queue: QueueId) {
        let link = self.sip.reach(seat.as_str());
        let (Some(link), Some(_)) = (link, self.ringing_of(id)) else {
            return self.acd.handle_input(now.mono, acd::Input::Failed(seat, id));
        };
        // A call-back has no contact yet.
        if self.calls.contains_key(&id) {
            let (contact, direct) = (id.into(), false);
            self.append(now, Fact::SeatRung { contact, seat: seat.clone(), queue: queue.clone(), direct });
        }
        let leg = self.open_leg(None, link, Owner::Ringing(id, seat.clone()));
        if let Some(ringing) = self.ringing_of(id) {
            ringing.insert(seat.clone(), SeatLeg { seat, queue, leg });
        }
    }

    /// The seats that ring for a call, or for a call-back in line; `None`: there is neither.
    fn ringing_of(&mut self, id: CallId) -> Option<&mut BTreeMap<SeatId, SeatLeg>> {
        match self.calls.get_mut(&id) {
            Some(call) => Some(&mut call.ringing),
            None => self.recalling.line.ringing_of(id),
        }
    }

    /// The port for the operator's side is bound: send the INVITE, with Ente and queue before the citizen's number.
    pub(super) fn on_seat_port(&mut self, now: Now, id: CallId, seat: &SeatId, port: u16) {
        let shown = self.shown_to(id, seat);
        let ringing = match self.calls.get_mut(&id) {
            Some(call) => Some(&mut call.ringing),
            None => self.recalling.line.ringing_of(id),
        };
        let Some(SeatLeg { leg, .. }) = ringing.and_then(|ringing| ringing.get_mut(seat)) else { return };
        let offer = leg.on_port(port).offer();
        let (from_user, display) = shown;
        let outgoing = Outgoing {
            to: Target::User(seat.as_str().into()),
            from_display: Some(display),
            from_user,
            offer,
            credentials: None,
        };
        match self.sip.invite(now.mono, outgoing) {
            Ok(dialog) => {
                leg.dialog = Some(dialog);
                self.dialogs.insert(dialog, Owner::Ringing(id, seat.clone()));
            }
            Err(_) => self.fail_seat(now, id, seat),
        }
    }

    /// The citizen's number, and what the call is about.
    fn shown_to(&self, id: CallId, seat: &SeatId) -> (String, String) {
        let led = self.calls.get(&id).filter(|_| !self.recalling.line.is_called(id));
        let Some(call) = led else { return self.recall_shown(id).unwrap_or_default() };
        let queue = call.ringing.get(seat).map(|leg| &leg.queue);
        let name = queue.and_then(|queue| Some(&self.config.queues.get(queue)?.name));
        let name = name.map(String::as_str).or(queue.map(QueueId::as_str)).unwrap_or_default();
        let entity = (!call.is_operators()).then_some(&call.entity);
        (call.from.clone(), self.config.shown(entity, &format!("{name} {}", call.from)))
    }

    /// The first to answer is the operator's side from now on, or whoever the operator asks; the distribution then calls off the others.
    pub(super) fn on_seat_answered(
        &mut self,
        now: Now,
        id: CallId,
        seat: &SeatId,
        dialog: DialogId,
        answer: Option<&[u8]>,
    ) {
        if self.recalling.line.has(id) {
            return self.on_recall_taken(now, id, seat, dialog, answer);
        }
        self.journal_dialog(now, id.into(), Some(dialog));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(leg) = call.ringing.get_mut(seat) else { return };
        let Some(command) = leg.leg.on_answer(answer) else {
            return self.fail_seat(now, id, seat);
        };
        let media = leg.leg.media;
        let answered = call.ringing.remove(seat);
        let third = call.third.as_mut().filter(|third| third.at.as_ref() == Some(seat));
        let is_third = third.is_some();
        *third.map_or(&mut call.seat, |third| &mut third.seat) = answered;
        self.dialogs.insert(dialog, Owner::Seat(id));
        self.legs.insert(media, Owner::Seat(id));
        self.pulses.on_alive(now.mono, dialog);
        self.media(command);
        self.heed(media);
        self.acd.handle_input(now.mono, acd::Input::Answered(seat.clone(), id));
        match is_third {
            true => self.on_third_answered(now, id),
            false if self.recalling.line.waits_for_operator(id) => {
                self.on_operator_there(now, id, seat.clone())
            }
            false => self.join(now, id, seat.clone()),
        }
    }

    pub(super) fn on_seat_refused(&mut self, now: Now, id: CallId, seat: &SeatId, status: u16) {
        let Some(leg) = self.take_ringing(id, seat) else { return };
        let input = match SeatLeg::not_taken(status) {
            NotTaken::Rejected if matches!(status, 486 | 600) => acd::Input::Busy(leg.seat, id),
            NotTaken::Rejected => acd::Input::Rejected(leg.seat, id),
            _ => acd::Input::Failed(leg.seat, id),
        };
        self.acd.handle_input(now.mono, input);
    }

    /// The call to the seat is over before it was answered.
    pub(super) fn on_ringing_over(&mut self, now: Now, id: CallId, seat: &SeatId) {
        if let Some(leg) = self.take_ringing(id, seat) {
            self.acd.handle_input(now.mono, acd::Input::Failed(leg.seat, id));
        }
    }

    /// The seat's side cannot be set up, through no doing of the operator.
    pub(super) fn fail_seat(&mut self, now: Now, id: CallId, seat: &SeatId) {
        let Some(SeatLeg { seat, leg, .. }) = self.take_ringing(id, seat) else { return };
        if let Some(dialog) = leg.dialog {
            self.sip.bye(now.mono, dialog);
            self.journal_dialog_over(now, dialog);
        }
        self.acd.handle_input(now.mono, acd::Input::Blocked(seat, id));
    }

    /// A phone that answers all the same, because its 200 was on its way, is told at once: its dialog has no owner any more.
    pub(super) fn stop_ringing(&mut self, now: Now, seat: &SeatId, id: CallId, why: NotTaken) {
        let reason = (why == NotTaken::Elsewhere).then_some(Reason::CompletedElsewhere);
        if let Some(dialog) = self.take_ringing(id, seat).and_then(|leg| leg.leg.dialog) {
            self.sip.cancel(now.mono, dialog, reason);
        }
    }

    /// Forget a seat that rings and close its port; its dialog is the caller's to end.
    fn take_ringing(&mut self, id: CallId, seat: &SeatId) -> Option<SeatLeg> {
        let leg = self.take_ringing_leg(id, seat)?;
        self.close_leg(&leg.leg);
        Some(leg)
    }

    /// A seat rings no longer; its leg lives on.
    pub(super) fn take_ringing_leg(&mut self, id: CallId, seat: &SeatId) -> Option<SeatLeg> {
        self.ringing_of(id)?.remove(seat)
    }
}
