//! A seat is rung, takes the call, and both hear each other; hold; dead media.

use crate::acd;
use crate::call::{Keyed, Phase, SeatLeg};
use crate::ids::{CallId, OperatorId, QueueId, SeatId};
use crate::journal::entry::Fact;
use crate::media::{self, LegId};
use crate::sip::{DialogId, Outgoing, Probe, Target};
use crate::time::Now;
use crate::words::{EndedBy, NotTaken, QueueExit, SeatView, WorkView};

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
        let leg = self.open_leg(None, link, Owner::Seat(id));
        if let Some(call) = self.calls.get_mut(&id) {
            call.seat = Some(SeatLeg { seat, queue, leg });
        }
    }

    /// The port for an operator's side is bound: send the INVITE, with the citizen's number and the queue.
    pub(super) fn on_seat_port(&mut self, now: Now, id: CallId, media: LegId, port: u16) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let number = call.from.clone();
        let Some(SeatLeg { seat, queue, leg }) = call.seat_at(media) else { return };
        let offer = leg.on_port(port).offer();
        let queue = self.config.queues.get(queue).map_or(queue.as_str(), |queue| &queue.name);
        let outgoing = Outgoing {
            to: Target::User(seat.as_str().into()),
            from_display: Some(format!("{queue} {number}")),
            from_user: number,
            offer,
            credentials: None,
        };
        match self.sip.invite(now.mono, outgoing) {
            Ok(dialog) => {
                leg.dialog = Some(dialog);
                self.dialogs.insert(dialog, Owner::Seat(id));
            }
            Err(_) => self.fail_seat(now, id, media),
        }
    }

    /// An INVITE of ours was answered.
    pub(super) fn on_answered(&mut self, now: Now, dialog: DialogId, answer: Option<&[u8]>) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Seat(id)) => self.on_seat_answered(now, id, dialog, answer),
            Some(Owner::Callee(id)) => self.on_callee_answered(now, id, dialog, answer),
            Some(Owner::Watch(id)) => self.on_watch_there(now, id, dialog, answer, true),
            _ => self.sip.bye(now.mono, dialog), // stopped ringing while the 200 was on its way
        }
    }

    fn on_seat_answered(&mut self, now: Now, id: CallId, dialog: DialogId, answer: Option<&[u8]>) {
        self.journal_dialog(now, id.into(), Some(dialog));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let is_third = call.is_third(dialog);
        let Some(SeatLeg { seat, leg, .. }) = call.seat_with(dialog) else { return };
        let (seat, media) = (seat.clone(), leg.media);
        let Some(command) = leg.on_answer(answer) else {
            return self.fail_seat(now, id, media);
        };
        self.pulses.on_alive(now.mono, dialog);
        self.media(command);
        self.acd.handle_input(now.mono, acd::Input::Answered(seat.clone(), id));
        if is_third { self.on_third_answered(now, id) } else { self.join(now, id, seat) }
    }

    pub(super) fn join(&mut self, now: Now, id: CallId, seat: SeatId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(SeatLeg { queue, .. }) = &call.seat else { return };
        let queue = queue.clone();
        let queue_records = self.config.queues.get(&queue).is_some_and(|queue| queue.record);
        let node_records = call.enqueue.as_ref().is_some_and(|enqueue| enqueue.record);
        let recording = call.begin_talk(queue_records && node_records, now.wall);
        call.phase = Phase::Talking(seat.clone());
        (call.giver, call.keeps_wait, call.keyed) = (None, false, Keyed::default());
        call.story.on_joined();
        call.hearing.stop();
        self.rejoin(now, id);
        let operator = OperatorId::from(seat.as_str());
        self.last_contact.insert(seat.clone(), (id.into(), queue.clone()));
        self.append(now, Fact::Joined { contact: id.into(), seat, operator, queue, recording });
    }

    /// An INVITE of ours got a final failure.
    pub(super) fn on_refused(&mut self, now: Now, dialog: DialogId, status: u16) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Seat(id)) => self.on_seat_refused(now, id, dialog, status),
            Some(Owner::Callee(id)) => self.on_callee_refused(now, id, status),
            Some(Owner::Watch(id)) => self.on_watch_over(now, id, dialog),
            _ => {}
        }
    }

    fn on_seat_refused(&mut self, now: Now, id: CallId, dialog: DialogId, status: u16) {
        let Some(leg) = self.take_seat_leg(id, |seat| seat.leg.dialog == Some(dialog)) else { return };
        let input = match SeatLeg::not_taken(status) {
            NotTaken::Rejected if matches!(status, 486 | 600) => acd::Input::Busy(leg.seat, id),
            NotTaken::Rejected => acd::Input::Rejected(leg.seat, id),
            _ => acd::Input::Failed(leg.seat, id),
        };
        self.acd.handle_input(now.mono, input);
    }

    /// The seat's side cannot be set up, through no doing of the operator.
    pub(super) fn fail_seat(&mut self, now: Now, id: CallId, media: LegId) {
        let Some(SeatLeg { seat, leg, .. }) = self.take_seat_leg(id, |seat| seat.leg.media == media) else {
            return;
        };
        if let Some(dialog) = leg.dialog {
            self.sip.bye(now.mono, dialog);
            self.journal_dialog_over(now, dialog);
        }
        self.acd.handle_input(now.mono, acd::Input::Blocked(seat, id));
    }

    pub(super) fn stop_ringing(&mut self, now: Now, seat: &SeatId, id: CallId) {
        if let Some(dialog) = self.take_seat_leg(id, |leg| leg.seat == *seat).and_then(|leg| leg.leg.dialog) {
            self.sip.bye(now.mono, dialog);
        }
    }

    /// Forget an operator's side of a call and close its port; its dialog is the caller's to end.
    pub(super) fn take_seat_leg(&mut self, id: CallId, of: impl Fn(&SeatLeg) -> bool) -> Option<SeatLeg> {
        let leg = self.calls.get_mut(&id)?.take_seat(of)?;
        self.close_leg(&leg.leg);
        Some(leg)
    }

    /// An operator's side is over: the seat goes to wrap-up, the citizen to whoever else is there, or back to the flow.
    pub(super) fn on_seat_over(&mut self, now: Now, id: CallId, dialog: DialogId, how: EndedBy) {
        let Some(call) = self.calls.get(&id) else { return };
        let stage = call.third.as_ref().map(|third| third.stage);
        let (is_third, talking) = (call.is_third(dialog), matches!(call.phase, Phase::Talking(_)));
        match stage {
            Some(stage) if is_third && stage.is_there() => return self.drop_third(now, id),
            Some(_) if !is_third && talking => return self.leave_to_third(now, id),
            _ => {}
        }
        let talking = talking && !is_third;
        let Some(SeatLeg { seat, leg, .. }) = self.take_seat_leg(id, |seat| seat.leg.dialog == Some(dialog))
        else {
            return;
        };
        if let Some(dialog) = leg.dialog {
            self.journal_dialog_over(now, dialog);
        }
        if !talking {
            return self.acd.handle_input(now.mono, acd::Input::Failed(seat, id));
        }
        self.rejoin(now, id);
        self.append(now, Fact::Parted { contact: id.into(), seat: seat.clone() });
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(seat, id));
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = Phase::Flow;
            let by = if how == EndedBy::Network { how } else { EndedBy::Operator };
            call.story.on_parted(by);
            call.story.on_left(QueueExit::Answered);
        }
        self.back_to_flow(now, id, QueueExit::Answered);
    }

    // -- in the talk

    /// A re-INVITE: hold, take back, or a new address. Answered in place (RFC 3261 section 14.2).
    pub(super) fn on_reoffer(&mut self, now: Now, dialog: DialogId, offer: Option<Vec<u8>>) {
        let owner = self.dialogs.get(&dialog).cloned();
        let Some(Owner::Citizen(id) | Owner::Seat(id) | Owner::Callee(id) | Owner::Watch(id)) = owner else {
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
    }

    /// A leg that had been sending is silent: ask its phone whether it is still there.
    pub(super) fn on_silent(&mut self, now: Now, leg: LegId) {
        let dialog = self.dialog_of(leg);
        if let Some(dialog) = dialog.filter(|dialog| self.pulses.on_silent(*dialog)) {
            self.sip.probe(now.mono, dialog);
        }
    }

    pub(super) fn on_probed(&mut self, now: Now, dialog: DialogId, found: Probe) {
        match found {
            Probe::Alive if self.dialogs.contains_key(&dialog) => self.pulses.on_alive(now.mono, dialog),
            Probe::Alive => {}
            Probe::Gone => self.give_up(now, dialog),
            // The signalling may have lost its way and the sound not: the media plane knows.
            Probe::Unanswered => match self.leg_of(dialog) {
                Some(leg) => self.media(media::Command::Listen { leg }),
                None => self.give_up(now, dialog),
            },
        }
    }

    /// The phone behind this leg has not answered; `heard`: its sound comes all the same.
    pub(super) fn on_listened(&mut self, now: Now, leg: LegId, heard: bool) {
        let Some(dialog) = self.dialog_of(leg) else { return };
        if heard {
            self.pulses.on_heard(now.mono, dialog);
        } else {
            self.give_up(now, dialog);
        }
    }

    /// The phone is gone.
    fn give_up(&mut self, now: Now, dialog: DialogId) {
        self.sip.bye(now.mono, dialog);
        self.on_dialog_over(now, dialog, EndedBy::Network);
    }

    fn leg_of(&mut self, dialog: DialogId) -> Option<LegId> {
        let (Owner::Citizen(id) | Owner::Seat(id) | Owner::Callee(id) | Owner::Watch(id)) =
            self.dialogs.get(&dialog)?
        else {
            return None;
        };
        self.calls.get_mut(id)?.leg_with(dialog).map(|leg| leg.media)
    }

    fn dialog_of(&mut self, leg: LegId) -> Option<DialogId> {
        let (Owner::Citizen(id) | Owner::Seat(id) | Owner::Callee(id) | Owner::Watch(id)) =
            self.legs.get(&leg)?
        else {
            return None;
        };
        self.calls.get_mut(id)?.leg_mut(leg)?.dialog
    }

    // -- seats

    pub(super) fn on_registered(&mut self, now: Now, user: &str, registered: bool) {
        let seat = SeatId::from(user);
        let input = if registered { acd::Input::Reachable(seat) } else { acd::Input::Unreachable(seat) };
        self.acd.handle_input(now.mono, input);
    }

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
