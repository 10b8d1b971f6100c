//! The third side of a talk: rung, answered, gone; and who goes on when somebody leaves. Nobody who leaves takes the citizen along.
//!
//! Whom nobody takes goes back to the operator who gave the citizen away, if that one can be rung; else to the old place in the queue
//! that the call came by; and where even that is shut, to the flow, by the queue's exit.

use std::collections::VecDeque;
use std::time::Duration;

use crate::acd::{self, Direct, DirectRules};
use crate::call::{Callee, Giver, Next, Phase, SeatLeg, Stage, Third};
use crate::ids::{CallId, QueueId, SeatId};
use crate::journal::entry::{Fact, Handing};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{NotTaken, QueueExit};

use super::Engine;
use super::calling::destination;

/// How long a seat rings for a call whose queue is gone.
const RING_FOR: Duration = Duration::from_secs(15);
/// Wrap-up after a talk whose queue a reload has removed: what a queue has that says nothing.
const WRAP_UP: Duration = Duration::from_secs(10);

impl Engine {
    // -- it is rung

    /// Ring this seat as the third side. Where it cannot be had, that is told as a ring that was not taken.
    pub(super) fn ring_third(&mut self, now: Now, id: CallId, at: SeatId, queue: QueueId, stage: Stage) {
        self.ring_first(now, id, VecDeque::from([at]), (queue, stage));
    }

    /// The same, and the others after it until one answers. False: there is none.
    pub(super) fn ring_first(
        &mut self,
        now: Now,
        id: CallId,
        mut seats: VecDeque<SeatId>,
        (queue, stage): (QueueId, Stage),
    ) -> bool {
        let Some(at) = seats.pop_front() else { return false };
        let ring_for = self.config.queues.get(&queue).map_or(RING_FOR, |queue| queue.rules.ring_for);
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let third = Third { at: Some(at.clone()), seat: None, others: seats, queue, stage, joined: false };
        call.third = Some(third);
        // Only who comes to talk with the citizen has something to wrap up: that is told when it is so.
        let own_wish = stage == Stage::Returns;
        let ring = Direct::Ring(DirectRules { ring_for, wrap_up: Duration::ZERO, own_wish });
        self.acd.handle_input(now.mono, acd::Input::Direct(at, id, ring));
        self.settle_distribution(now);
        true
    }

    /// Call this number as the third side.
    pub(super) fn call_third(&mut self, id: CallId, callee: Callee, queue: QueueId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callee = Some(callee);
        call.third = Some(Third {
            at: None,
            seat: None,
            others: VecDeque::new(),
            queue,
            stage: Stage::Rings,
            joined: false,
        });
        self.set_alarm(id);
    }

    // -- it has answered

    /// For the operator, who speaks with it first; or for a citizen whose operator is gone.
    pub(super) fn on_third_answered(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(third), operator) = (call.third.as_mut(), call.seat.as_ref()) else { return };
        let Some(operator) = operator.filter(|_| third.stage == Stage::Rings) else {
            return self.give_talk(now, id);
        };
        third.stage = Stage::Asked;
        let (seat, at) = (operator.seat.clone(), third.at.clone());
        if let Some(callee) = call.callee.as_mut() {
            callee.look_at = None;
        }
        self.set_alarm(id);
        self.append(now, Fact::Handling { contact: id.into(), seat, step: Handing::Speaks { seat: at } });
        self.stop_ring_back(id);
        self.arrange(now, id);
    }

    fn give_talk(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(third) = call.third.take() else { return };
        let Some(leg) = third.seat else { return self.join_callee(now, id) };
        let (seat, queue) = (leg.seat.clone(), leg.queue.clone());
        call.seat = Some(leg);
        self.owes_wrap_up(now, id, &seat, &queue);
        self.join(now, id, seat);
    }

    // -- it has not

    /// The ring of this seat, or of the number, led to nothing.
    pub(super) fn on_third_not_taken(&mut self, now: Now, id: CallId, at: Option<&SeatId>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let rung = |third: &mut Third| third.stage.rings() && third.at.as_ref() == at;
        let Some(third) = call.third.take_if(rung) else { return };
        if self.ring_first(now, id, third.others, (third.queue, third.stage)) {
            return;
        }
        if third.stage != Stage::Rings {
            return self.come_back(now, id);
        }
        self.set_alarm(id);
        self.arrange(now, id);
        match self.calls.get(&id).is_some_and(|call| call.second_line().is_some()) {
            true => self.say_on_line(now, id, Notice::NobodyAnswers),
            false => self.tell_operator(now, id, Notice::NobodyAnswers),
        }
    }

    /// Nobody has taken a citizen who was given away.
    pub(super) fn come_back(&mut self, now: Now, id: CallId) {
        let Some(giver) = self.calls.get_mut(&id).and_then(|call| call.giver.as_mut()) else {
            return self.back_to_flow(now, id, QueueExit::Answered);
        };
        let asked = std::mem::replace(&mut giver.asked, true);
        let (seat, queue) = (giver.seat.clone(), giver.queue.clone());
        if asked || !self.acd.may_ring(&seat, true) || self.sip.reach(seat.as_str()).is_none() {
            return self.back_in_queue(now, id);
        }
        self.append(now, Fact::Handling { contact: id.into(), seat: seat.clone(), step: Handing::ComesBack });
        self.wait_to_music(now, id);
        self.ring_third(now, id, seat, queue, Stage::Returns);
    }

    /// The citizen has left the queue to which it was given by a key: the flow goes on.
    pub(super) fn forget_giver(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            (call.giver, call.keeps_wait, call.comes_first) = (None, false, false);
        }
    }

    /// To the old place in the queue that the call came by, also after its hours: this citizen has been let in before.
    fn back_in_queue(&mut self, now: Now, id: CallId) {
        let config = self.config.clone();
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.phase = Phase::Flow;
        let Some(Giver { seat, place, .. }) = call.giver.take() else { return };
        let Some((queue, place)) = place.and_then(|place| Some((config.queues.get(&place.queue)?, place)))
        else {
            return self.back_to_flow(now, id, QueueExit::Answered);
        };
        call.keeps_wait = true;
        call.enqueue = Some(place.clone());
        self.append(now, Fact::Handling { contact: id.into(), seat, step: Handing::Queues });
        let entering = self.entering(now, id, place, queue);
        self.acd.handle_input(now.mono, acd::Input::Enter(entering));
    }

    /// The citizen waits for whoever is rung now.
    pub(super) fn wait_to_music(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.phase = Phase::Calling;
        (call.is_apart, call.is_parked, call.is_told_held) = (false, false, false);
        self.rejoin(now, id);
        self.play_hold_music(now, id);
    }

    // -- what the operator makes of it

    pub(super) fn move_third(&mut self, now: Now, id: CallId, next: Next) {
        let stage = match next {
            Next::Stage(Stage::Given) | Next::Handed => return self.leave_to_third(now, id),
            Next::Dropped => return self.drop_third(now, id),
            Next::Stage(stage) => stage,
        };
        if let Some(third) = self.calls.get_mut(&id).and_then(|call| call.third.as_mut()) {
            third.stage = stage;
        }
        if stage == Stage::Joined {
            self.third_joins(now, id);
        }
        self.arrange(now, id);
    }

    /// The operator goes, or has gone: the third has the talk, or will have it when it answers.
    pub(super) fn leave_to_third(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.surveyed.on_given_away();
        let (Some(third), Some(operator)) = (call.third.as_mut(), call.seat.as_ref()) else { return };
        if third.stage == Stage::Rings {
            third.stage = Stage::Given;
            let (seat, queue) = (operator.seat.clone(), operator.queue.clone());
            call.giver = Some(Giver { seat, queue, place: call.enqueue.clone(), asked: false });
            self.part_operator(now, id);
            return self.wait_to_music(now, id);
        }
        self.third_joins(now, id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let leaving = call.seat.take();
        call.is_parked = false;
        call.seat = call.third.take().and_then(|third| third.seat);
        call.phase = match &call.seat {
            Some(leg) => Phase::Talking(leg.seat.clone()),
            None => Phase::Transferred,
        };
        self.arrange(now, id); // before the leg is closed: the recording goes on
        if let Some(leg) = leaving {
            self.end_operator(now, id, leg);
        }
    }

    /// Citizen and third hear each other, if they have not before.
    fn third_joins(&mut self, now: Now, id: CallId) {
        let contact = id.into();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(third) = call.third.as_mut() else { return };
        if std::mem::replace(&mut third.joined, true) {
            return;
        }
        if let Some(SeatLeg { seat, queue, .. }) = &third.seat {
            let (seat, queue) = (seat.clone(), queue.clone());
            self.owes_wrap_up(now, id, &seat, &queue);
            let operator = self.acd.operator_at(&seat);
            self.append(now, Fact::Joined { contact, seat, operator, queue, recording: None });
            return;
        }
        let Some(callee) = &call.callee else { return };
        if !callee.gateway.record {
            call.recording = None; // for the rest of this talk
        }
        let number = destination(callee);
        call.story.on_transferred();
        self.append(now, Fact::Transferred { contact, number, recording: None });
    }

    /// An operator who talks with a citizen has something to wrap up, and to code.
    pub(super) fn owes_wrap_up(&mut self, now: Now, id: CallId, seat: &SeatId, queue: &QueueId) {
        self.last_contact.insert(seat.clone(), (id.into(), queue.clone()));
        let wrap_up = self.config.queues.get(queue).map_or(WRAP_UP, |queue| queue.rules.wrap_up);
        self.acd.handle_input(now.mono, acd::Input::Direct(seat.clone(), id, Direct::WrapUp(wrap_up)));
    }

    // -- somebody ends

    /// The operator's side ends; the call goes on without.
    pub(super) fn part_operator(&mut self, now: Now, id: CallId) {
        if let Some(leg) = self.calls.get_mut(&id).and_then(|call| call.seat.take()) {
            self.end_operator(now, id, leg);
        }
    }

    pub(super) fn end_operator(&mut self, now: Now, id: CallId, operator: SeatLeg) {
        let SeatLeg { seat, leg, .. } = operator;
        if let Some(dialog) = leg.dialog {
            self.sip.bye(now.mono, dialog); // nothing, when the operator has hung up
            self.journal_dialog_over(now, dialog);
        }
        self.close_leg(&leg);
        self.end_line(now, id);
        self.append(now, Fact::Parted { contact: id.into(), seat: seat.clone() });
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(seat, id));
    }

    /// The third leaves, by the operator's wish or by its own: the operator is alone with the citizen again.
    pub(super) fn drop_third(&mut self, now: Now, id: CallId) {
        let Some(third) = self.calls.get_mut(&id).and_then(|call| call.third.take()) else { return };
        let callee = match third.at {
            Some(_) => None,
            None => self.calls.get_mut(&id).and_then(|call| call.callee.take()),
        };
        self.set_alarm(id);
        if third.stage == Stage::Rings {
            self.stop_ring_back(id);
        }
        self.arrange(now, id); // before the leg is closed: the recording goes on
        match (third.at, callee) {
            (Some(at), _) => self.end_third_seat(now, id, at, third.seat, (third.stage, third.joined)),
            (None, Some(callee)) => self.end_third_number(now, id, &callee, (third.stage, third.joined)),
            (None, None) => {}
        }
        self.end_line(now, id);
    }

    fn end_third_seat(
        &mut self,
        now: Now,
        id: CallId,
        at: SeatId,
        leg: Option<SeatLeg>,
        (stage, joined): (Stage, bool),
    ) {
        if let Some(SeatLeg { leg, .. }) = leg {
            if let Some(dialog) = leg.dialog {
                self.sip.bye(now.mono, dialog);
                self.journal_dialog_over(now, dialog);
            }
            self.close_leg(&leg);
        }
        if stage.rings() {
            self.acd.handle_input(now.mono, acd::Input::Direct(at, id, Direct::CallOff));
            return self.settle_distribution(now);
        }
        let contact = id.into();
        let fact = match joined {
            true => Fact::Parted { contact, seat: at.clone() },
            false => {
                let step = Handing::Ended { seat: Some(at.clone()) };
                Fact::Handling { contact, seat: self.seat_of(id).unwrap_or(at.clone()), step }
            }
        };
        self.append(now, fact);
        self.acd.handle_input(now.mono, acd::Input::TalkEnded(at, id));
    }

    fn end_third_number(&mut self, now: Now, id: CallId, callee: &Callee, (stage, joined): (Stage, bool)) {
        let contact = id.into();
        if let Some(dialog) = callee.leg.dialog {
            self.sip.bye(now.mono, dialog);
            self.journal_dialog_over(now, dialog);
        }
        self.close_leg(&callee.leg);
        let why = NotTaken::CallerLeft;
        let fact = match (stage.rings(), joined, self.seat_of(id)) {
            (true, ..) if callee.leg.local.is_none() => return, // it had not been written down as called
            (true, ..) => Fact::NumberNotTaken { contact, why, status: None },
            (false, false, Some(seat)) => {
                Fact::Handling { contact, seat, step: Handing::Ended { seat: None } }
            }
            (false, ..) => Fact::TransferEnded { contact },
        };
        self.append(now, fact);
    }

    fn seat_of(&self, id: CallId) -> Option<SeatId> {
        self.calls.get(&id)?.seat.as_ref().map(|operator| operator.seat.clone())
    }
}
