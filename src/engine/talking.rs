//! What an operator wants done with a talk: ask somebody, bring all together, hand over, hold. By keys, by command, by the phone.
//!
//! Whatever cannot be done is refused before anything has changed, so that the operator still has the citizen and hears why.

use std::collections::VecDeque;
use std::time::Duration;

use thiserror::Error;

use crate::acd::{self, Direct, Turn};
use crate::call::{Giver, KeyedAct, Move, Phase, SeatLeg, Stage};
use crate::config::Target;
use crate::flow::Enqueue;
use crate::flow::destinations::NoRoute;
use crate::flow::request::Marked;
use crate::ids::{CallId, QueueId, SeatId};
use crate::journal::entry::{Fact, Handing, Whom};
use crate::media::library::ring_back;
use crate::media::{self, LegId, PlayId};
use crate::sip::{DialogId, Referral};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::QueueExit;

use super::command::Reply;
use super::service::LANGUAGE;
use super::{Engine, Owner};

/// How long a number outside rings for an operator: long enough for an office to come to the phone.
const NUMBER_RINGS_FOR: Duration = Duration::from_secs(30);

/// Most seats of a queue that are asked one after another: the citizen hears music meanwhile.
const MOST_ASKED: usize = 5;

/// What may be done with a talk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TalkAct {
    /// Give the citizen to this target, at once.
    Give(String),
    /// Ask this target, while the citizen hears music.
    Consult(String),
    /// Go on with who was asked.
    Move(Move),
    /// Put the citizen on hold, or take back.
    Hold(bool),
}

/// A talk, and what somebody wants done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkOrder {
    /// Which call.
    pub call: CallId,
    /// What.
    pub act: TalkAct,
    /// Who wants it, for the journal.
    pub by: String,
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum TalkError {
    #[error("call {0} talks with no operator now; `call list` shows those that do")]
    NoTalk(CallId),
    #[error("somebody is asked already; complete, merge or return first")]
    Asking,
    #[error("nobody is asked; `call consult` comes first")]
    NobodyAsked,
    #[error("that makes no sense before whoever is asked has answered, or twice")]
    NotNow,
    #[error("the operator is at this seat already")]
    OwnSeat,
    #[error("{0} has a call, is paused or away; `seat list` shows who is free")]
    Engaged(SeatId),
    #[error("a number of ours can be given the call, and not asked")]
    NobodyToAsk,
    #[error("nobody of queue {0} is free; give it the call, or ask again")]
    NobodyFree(QueueId),
    #[error("queue {0} is closed")]
    Closed(QueueId),
    #[error("queue {0} is full, or nobody attends it")]
    Full(QueueId),
    #[error("`{to}` is no extension, and cannot be called: {why}")]
    NoTarget { to: String, why: NoRoute },
    #[error("the number cannot be called: {0}")]
    NoWay(String),
}

impl TalkError {
    /// The same for a phone, as the status of a call there.
    fn status(&self) -> u16 {
        match self {
            TalkError::Engaged(_) | TalkError::NobodyFree(_) | TalkError::Asking | TalkError::NotNow => 486,
            TalkError::Closed(_) | TalkError::Full(_) | TalkError::NoWay(_) => 480,
            TalkError::NoTarget { .. } => 404,
            _ => 603,
        }
    }

    /// The same for an operator who listens.
    pub(super) fn notice(&self) -> Notice {
        match self {
            TalkError::Engaged(_) | TalkError::NobodyFree(_) => Notice::ColleagueEngaged,
            TalkError::Closed(_) | TalkError::Full(_) => Notice::QueueShut,
            TalkError::NoTarget { .. } | TalkError::NoWay(_) => Notice::NoSuchTarget,
            _ => Notice::BadCode,
        }
    }
}

impl Engine {
    // -- by which way it is asked for

    pub(super) fn command_talk(&mut self, now: Now, order: &TalkOrder) -> Reply {
        match self.obey_talk(now, order.call, &order.act, &order.by) {
            Ok(()) => Reply::Done,
            Err(why) => Reply::Refused(why.to_string()),
        }
    }

    /// A phone asks by REFER (RFC 3515) that its talk go on elsewhere: the operator gives the citizen away. With Replaces (RFC 3891, and
    /// RFC 5589 section 7) it joins the ends of its two lines: the operator has asked, and leaves. Other talks are not put in each other's
    /// place: whom an operator asks belongs to the same call.
    pub(super) fn on_referred(&mut self, now: Now, dialog: DialogId, referral: &Referral) {
        if let Some(id) = referral.replaces.and_then(|other| self.are_lines_of(dialog, other)) {
            return self.join_lines(now, id, dialog);
        }
        let owner = self.dialogs.get(&dialog).cloned();
        let leads = |id: &CallId| self.calls.get(id).is_some_and(|call| !call.is_third(dialog));
        let (Some(Owner::Seat(id)), None) = (owner, referral.replaces) else {
            return self.sip.tell_refer(now.mono, dialog, 603);
        };
        if !leads(&id) {
            return self.sip.tell_refer(now.mono, dialog, 603);
        }
        self.sip.tell_refer(now.mono, dialog, 100); // before its dialog ends with the transfer
        if let Err(why) = self.obey_talk(now, id, &TalkAct::Give(referral.to.clone()), "phone") {
            self.sip.tell_refer(now.mono, dialog, why.status());
            self.tell_operator(now, id, why.notice());
        }
    }

    /// Citizen and third go on together; one that still rings will have the citizen when it answers.
    fn join_lines(&mut self, now: Now, id: CallId, dialog: DialogId) {
        let rings = self.calls.get(&id).is_some_and(|call| call.is_stage(Stage::Rings));
        self.sip.tell_refer(now.mono, dialog, if rings { 100 } else { 200 }); // before its dialog ends with the transfer
        if let Err(why) = self.obey_talk(now, id, &TalkAct::Move(Move::Complete), "phone") {
            tracing::warn!(call = %id, %why, "a phone's transfer could not be completed");
        }
    }

    /// The operator has pressed a key.
    pub(super) fn on_operator_key(&mut self, now: Now, id: CallId, leg: LegId, key: char) {
        let codes = self.config.engine.talk_codes.clone();
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.talks()) else { return };
        let is_line = call.second_line().is_some_and(|line| line.leg.media == leg);
        if !is_line && call.seat.as_ref().is_none_or(|seat| seat.leg.media != leg) {
            return; // whoever is asked does not lead the talk
        }
        let Some(keyed) = call.keyed.press(now.mono, key, &codes) else { return };
        let act = match keyed {
            KeyedAct::Give(to) => TalkAct::Give(to),
            KeyedAct::Consult(to) => TalkAct::Consult(to),
            KeyedAct::Move(wanted) => TalkAct::Move(wanted),
            KeyedAct::Mistake => return self.tell_operator(now, id, Notice::BadCode),
        };
        if let Err(why) = self.obey_talk(now, id, &act, "keys") {
            self.tell_operator(now, id, why.notice());
        }
    }

    /// Say something to the operator, who hears nobody else meanwhile.
    pub(super) fn tell_operator(&mut self, _now: Now, id: CallId, notice: Notice) {
        let (Some(leg), Some(sound)) = (self.operators_ear(id), self.sound(LANGUAGE, notice.sound())) else {
            return;
        };
        self.last_play += 1;
        let play = PlayId(self.last_play);
        self.media(media::Command::Play { leg, play, sounds: vec![sound], repeat: false, barge_in: true });
    }

    pub(super) fn obey_talk(
        &mut self,
        now: Now,
        id: CallId,
        act: &TalkAct,
        by: &str,
    ) -> Result<(), TalkError> {
        let call = self.calls.get(&id).filter(|call| matches!(call.phase, Phase::Talking(_)));
        let Some(SeatLeg { seat, queue, .. }) = call.and_then(|call| call.seat.as_ref()) else {
            return Err(TalkError::NoTalk(id));
        };
        let (seat, queue) = (seat.clone(), queue.clone());
        let stage = call.and_then(|call| call.third.as_ref()).map(|third| third.stage);
        match act {
            TalkAct::Give(_) | TalkAct::Consult(_) if stage.is_some() => Err(TalkError::Asking),
            TalkAct::Give(to) => self.give(now, id, (seat, queue), to, by),
            TalkAct::Consult(to) => self.consult(now, id, (seat, queue), to, by),
            TalkAct::Move(wanted) => {
                let next = stage.ok_or(TalkError::NobodyAsked)?.after(*wanted).ok_or(TalkError::NotNow)?;
                self.move_third(now, id, next);
                Ok(())
            }
            TalkAct::Hold(on) => {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.is_parked = *on;
                }
                self.arrange(now, id);
                Ok(())
            }
        }
    }

    // -- asking and giving

    fn consult(
        &mut self,
        now: Now,
        id: CallId,
        (seat, queue): (SeatId, QueueId),
        to: &str,
        by: &str,
    ) -> Result<(), TalkError> {
        let whom = self.whom(&seat, to)?;
        let consults = Handing::Consults { whom: whom.clone(), by: by.to_owned() };
        self.reach_third(now, id, (seat, queue), (whom, to), consults)?;
        self.arrange(now, id);
        self.play_ring_back(id);
        Ok(())
    }

    /// Ring a third side, and write down why, once it is sure that it can be rung.
    fn reach_third(
        &mut self,
        now: Now,
        id: CallId,
        (seat, queue): (SeatId, QueueId),
        (whom, to): (Whom, &str),
        step: Handing,
    ) -> Result<(), TalkError> {
        match whom {
            Whom::Seat(at) => {
                self.check_seat(&seat, &at)?;
                self.tell_handing(now, id, seat, step);
                self.ring_third(now, id, at, queue, Stage::Rings);
            }
            Whom::Outside => {
                let callee =
                    self.callee(now, id, &outside(to), NUMBER_RINGS_FOR).map_err(TalkError::NoWay)?;
                self.tell_handing(now, id, seat, step);
                self.call_third(id, callee, queue);
            }
            Whom::Queue(asked) => {
                let free = self.free_to_ask(&seat, &asked);
                if free.is_empty() {
                    return Err(TalkError::NobodyFree(asked));
                }
                self.tell_handing(now, id, seat, step);
                self.ring_first(now, id, free, (queue, Stage::Rings));
            }
            Whom::Number(_) => return Err(TalkError::NobodyToAsk),
        }
        Ok(())
    }

    fn give(
        &mut self,
        now: Now,
        id: CallId,
        (seat, queue): (SeatId, QueueId),
        to: &str,
        by: &str,
    ) -> Result<(), TalkError> {
        let whom = self.whom(&seat, to)?;
        let gives = Handing::Gives { whom: whom.clone(), by: by.to_owned() };
        match whom {
            Whom::Seat(_) | Whom::Outside => {
                self.reach_third(now, id, (seat, queue), (whom, to), gives)?;
                self.leave_to_third(now, id);
            }
            Whom::Queue(next) => {
                let place = self.place_in(now, id, next)?;
                self.tell_handing(now, id, seat.clone(), gives);
                self.queue_anew(now, id, (seat, queue), place);
            }
            Whom::Number(number) => {
                self.tell_handing(now, id, seat, gives);
                self.lead_anew(now, id, &number);
            }
        }
        Ok(())
    }

    /// Outside the operator reaches by a talk whom the seat may call, and nobody else.
    fn whom(&self, seat: &SeatId, to: &str) -> Result<Whom, TalkError> {
        if self.config.emergency(to).is_some() {
            let why = "help is called from the phone itself, so that nothing is in between";
            return Err(TalkError::NoWay(why.to_owned()));
        }
        match self.config.target(to) {
            Ok(Target::Seat(seat)) => Ok(Whom::Seat(seat)),
            Ok(Target::Queue(queue)) => Ok(Whom::Queue(queue)),
            Ok(Target::Number(number)) => Ok(Whom::Number(number.to_owned())),
            Ok(Target::Outside(route)) => {
                let may = self.config.check_may_call(seat, self.config.callable(&route.number));
                may.map(|()| Whom::Outside).map_err(|why| TalkError::NoWay(why.to_string()))
            }
            Err(why) => Err(TalkError::NoTarget { to: to.to_owned(), why }),
        }
    }

    /// Who can be asked of those who serve a queue, in its own order. It is not waited for who is not free: the citizen waits already.
    fn free_to_ask(&self, own: &SeatId, queue: &QueueId) -> VecDeque<SeatId> {
        let free = self.acd.free_for(queue).filter(|at| *at != own && self.sip.reach(at.as_str()).is_some());
        free.take(MOST_ASKED).cloned().collect()
    }

    fn check_seat(&self, own: &SeatId, at: &SeatId) -> Result<(), TalkError> {
        if own == at {
            return Err(TalkError::OwnSeat);
        }
        let free = self.acd.may_ring(at, false) && self.sip.reach(at.as_str()).is_some();
        if free { Ok(()) } else { Err(TalkError::Engaged(at.clone())) }
    }

    fn tell_handing(&mut self, now: Now, id: CallId, seat: SeatId, step: Handing) {
        if let (Handing::Gives { .. }, Some(call)) = (&step, self.calls.get_mut(&id)) {
            call.surveyed.on_given_away();
        }
        self.append(now, Fact::Handling { contact: id.into(), seat, step });
    }

    // -- to a queue, to a flow

    /// The place that the citizen would have in another queue, with the waiting counted so far.
    fn place_in(&mut self, now: Now, id: CallId, queue: QueueId) -> Result<Enqueue, TalkError> {
        let config = self.config.clone();
        let Some(rules) = config.queues.get(&queue) else { return Err(TalkError::Closed(queue)) };
        let Some(call) = self.calls.get_mut(&id) else { return Err(TalkError::NoTalk(id)) };
        let place = match &call.enqueue {
            Some(before) => Enqueue { queue: queue.clone(), max_wait: None, ..before.clone() },
            None => Enqueue::plain(queue.clone()),
        };
        let closed = self.switches.close_queue(&queue, &call.entity, now.wall_ms());
        if closed || !rules.is_open(&config.calendars, now.wall) {
            return Err(TalkError::Closed(queue));
        }
        let kept_before = std::mem::replace(&mut call.keeps_wait, true);
        let entering = self.entering(now, id, place.clone(), rules);
        let refused = match self.acd.would_refuse(now.mono, &entering) {
            None => return Ok(place),
            Some(QueueExit::Full | QueueExit::NoSeats) => Err(TalkError::Full(queue)),
            Some(_) => Err(TalkError::Closed(queue)),
        };
        if let Some(call) = self.calls.get_mut(&id) {
            call.keeps_wait = kept_before;
        }
        refused
    }

    fn queue_anew(&mut self, now: Now, id: CallId, (seat, queue): (SeatId, QueueId), place: Enqueue) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.giver = Some(Giver { seat, queue, place: call.enqueue.clone(), asked: false });
        self.part_operator(now, id);
        self.wait_to_music(now, id);
        self.enqueue(now, id, place);
    }

    /// The flow of another number of ours leads the citizen from now on, as if that had been dialled.
    fn lead_anew(&mut self, now: Now, id: CallId, number: &str) {
        let has_flow =
            self.config.numbers.get(number).is_some_and(|number| self.flows.contains_key(&number.flow));
        if has_flow {
            self.part_operator(now, id);
            self.wait_to_music(now, id);
            self.lead_by(now, id, number);
        }
    }

    /// The same for a citizen with whom nobody talks.
    pub(super) fn lead_by(&mut self, now: Now, id: CallId, number: &str) {
        let config = self.config.clone();
        let Some(number) = config.numbers.get(number) else { return };
        let Some(flow) = self.flows.get(&number.flow).cloned() else { return };
        self.runs.remove(&id);
        self.asked.remove(&id);
        let sounds = self.sounds.clone();
        let Some(call) = self.calls.get_mut(&id) else { return };
        (call.flow, call.sounds) = (Some(flow), sounds);
        let tags = call.take_number(number);
        call.phase = Phase::Answered;
        self.tag(now, id, tags);
        self.start_flow(now, id);
    }

    // -- everybody hears whom they should, and everybody knows who does what

    /// Something has changed in a talk.
    pub(super) fn arrange(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.talks()) else { return };
        call.is_apart = call.keeps_waiting();
        let third = call.guest().map(|leg| leg.media);
        let waited = third.is_some_and(|leg| call.joined.is_apart(leg));
        self.rejoin(now, id);
        let waits = third.filter(|leg| self.calls.get(&id).is_some_and(|call| call.joined.is_apart(*leg)));
        match (third, waited, waits) {
            (_, false, Some(leg)) => self.play_music_to(now, id, leg),
            (Some(leg), true, None) => self.media(media::Command::Stop { leg }),
            _ => {}
        }
        self.tell_hold(now, id);
    }

    /// Write down that the talk stands still from now on, or no longer, and let the floor know who does what.
    pub(super) fn tell_hold(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id).filter(|call| call.talks()) else { return };
        let on = call.is_held();
        let turned = std::mem::replace(&mut call.is_told_held, on) != on;
        let asks = call.third.as_ref().is_some_and(|third| third.stage.keeps_citizen_waiting());
        let turn = if asks {
            Turn::Consulting
        } else if on {
            Turn::Holding
        } else {
            Turn::Talking
        };
        let own = call.seat.as_ref().map(|operator| (operator.seat.clone(), turn));
        let waits = if call.is_stage(Stage::Waits) { Turn::Holding } else { Turn::Talking };
        let third =
            call.third.as_ref().and_then(|third| third.seat.as_ref()).map(|leg| (leg.seat.clone(), waits));
        if turned {
            self.append(now, Fact::Held { contact: id.into(), on });
        }
        for (seat, turn) in own.into_iter().chain(third) {
            self.acd.handle_input(now.mono, acd::Input::Direct(seat, id, Direct::Turn(turn)));
        }
    }

    fn play_music_to(&mut self, now: Now, id: CallId, leg: LegId) {
        let music = self.music_for(id);
        let sounds = self.music(now, id, &music);
        self.last_play += 1;
        let play = PlayId(self.last_play);
        self.media(media::Command::Play { leg, play, sounds, repeat: true, barge_in: false });
    }

    /// Whoever is asked rings no longer.
    pub(super) fn stop_ring_back(&mut self, id: CallId) {
        if let Some(leg) = self.operators_ear(id) {
            self.media(media::Command::Stop { leg });
        }
    }

    /// The operator hears that it rings, as long as it does.
    fn play_ring_back(&mut self, id: CallId) {
        let rings = self.calls.get(&id).is_some_and(|call| call.is_stage(Stage::Rings));
        let Some(leg) = self.operators_ear(id).filter(|_| rings) else { return };
        self.last_play += 1;
        let (play, sounds) = (PlayId(self.last_play), vec![ring_back().clone()]);
        self.media(media::Command::Play { leg, play, sounds, repeat: true, barge_in: false });
    }

    /// This leg is an operator's.
    pub(super) fn is_operator(&self, leg: LegId) -> Option<CallId> {
        match self.legs.get(&leg) {
            Some(Owner::Seat(id) | Owner::Line(id)) => Some(*id),
            _ => None,
        }
    }
}

/// What an operator dials may be anybody's number: it is kept as a personal one.
fn outside(to: &str) -> Marked {
    Marked { text: to.to_owned(), personal: true }
}
