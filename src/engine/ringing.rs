//! Seats are rung for a caller: one, or several where the queue rings all. The first to answer becomes the operator's side.

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
        let (Some(link), true) = (link, self.calls.contains_key(&id)) else {
            return self.acd.handle_input(now.mono, acd::Input::Failed(seat, id));
        };
        self.append(
            now,
            Fact::SeatRung { contact: id.into(), seat: seat.clone(), queue: queue.clone(), direct: false },
        );
        let leg = self.open_leg(None, link, Owner::Ringing(id, seat.clone()));
        if let Some(call) = self.calls.get_mut(&id) {
            call.ringing.insert(seat.clone(), SeatLeg { seat, queue, leg });
        }
    }

    /// The port for the operator's side is bound: send the INVITE, with Ente and queue before the citizen's number.
    pub(super) fn on_seat_port(&mut self, now: Now, id: CallId, seat: &SeatId, port: u16) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let number = call.from.clone();
        let entity = (!call.is_operators()).then(|| call.entity.clone());
        let Some(SeatLeg { queue, leg, .. }) = call.ringing.get_mut(seat) else { return };
        let offer = leg.on_port(port).offer();
        let queue = self.config.queues.get(queue).map_or(queue.as_str(), |queue| &queue.name);
        let outgoing = Outgoing {
            to: Target::User(seat.as_str().into()),
            from_display: Some(self.config.shown(entity.as_ref(), &format!("{queue} {number}"))),
            from_user: number,
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

    /// The first to answer is the operator's side from now on, or whoever the operator asks; the distribution then calls off the others.
    pub(super) fn on_seat_answered(
        &mut self,
        now: Now,
        id: CallId,
        seat: &SeatId,
        dialog: DialogId,
        answer: Option<&[u8]>,
    ) {
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
        if is_third { self.on_third_answered(now, id) } else { self.join(now, id, seat.clone()) }
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
        let leg = self.calls.get_mut(&id)?.ringing.remove(seat)?;
        self.close_leg(&leg.leg);
        Some(leg)
    }
}
