//! A call-back is due: it takes its place in the line of its queue, an operator is rung for it, and the citizen is called.
//!
//! Its place is a caller's like any other, under the id that its call will have; nobody is on the line yet, so nothing is played
//! and nothing is on record of a contact. Seats ring for it as for a citizen, and whoever does not take it is written down as that and
//! as no attempt. When an operator answers, the contact begins: like a call that a seat was asked to make
//! ([`clicking`](super)), the operator hears our ring-back while the citizen is called.
//!
//! What must never happen twice is written first. The attempt and the number are on the disk before the INVITE goes out, and while
//! the store does not answer nobody is called back at all. The citizen who answers hears who calls; then it is written that the two
//! talk, and then they do. Should the store fall silent in this very moment, they talk all the same: somebody is on the line.
//!
//! However the call ends, the machine is told once: reached or why not. Where the queue calls the citizen first, no seat is rung for the
//! place, and the rest is in [`paced`](super).

use std::time::Duration;

use crate::acd::{self, Entering, Supervised};
use crate::call::{Call, Leg, Made, Phase, Purpose, Story, Way, Whom};
use crate::callback::{Change, First, Unreached};
use crate::ids::{CallId, CallbackId, QueueId, SeatId};
use crate::journal::entry::{Destination, Fact, Personal};
use crate::media::answerer::AnsweredBy;
use crate::media::{self, PlayId, Sound};
use crate::sip::DialogId;
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::{Direction, EndedBy, NotTaken, QueueExit};

use super::gate::Held;
use super::recall_line::Taken;
use super::{Engine, Owner};

impl Engine {
    // -- in line

    /// One is due: it takes its place, unless nobody may be called now.
    pub(super) fn enter_recall(
        &mut self,
        now: Now,
        id: CallbackId,
        queue: QueueId,
        (since_ms, ahead): (i64, i32),
    ) {
        if !self.may_recall(now, id, &queue) {
            return self.recalling.callbacks.on_no_place(now.wall_ms(), id);
        }
        let call = CallId(self.stamps.next_stamp());
        self.recalling.line.enter(call, id);
        if self.recalling.callbacks.rules(&queue).is_some_and(|rules| rules.first == First::Citizen) {
            self.recalling.line.pace(call, queue, since_ms);
            return self.recalling.line.advance(call, ahead);
        }
        // A clock that was set back gives no credit.
        let waited = u64::try_from(now.wall_ms().saturating_sub(since_ms)).unwrap_or(0);
        let (waited, plain) = (Duration::from_millis(waited), Entering::new(call, queue));
        // Nobody is on the line who could be sent on.
        let entering = Entering { priority: ahead, waited, stays: true, ..plain };
        self.acd.handle_input(now.mono, acd::Input::Enter(entering));
    }

    /// The exchange can keep promises now: it is not ending, its store answers, and the queue is not closed and permits it.
    fn may_recall(&mut self, now: Now, id: CallbackId, queue: &QueueId) -> bool {
        let is_up = self.stopping.is_none() && self.is_ready() && !self.gate.is_degraded();
        let is_shut = self.is_shut(now, id);
        let has_way = self.recalling.number(id).is_some_and(|number| self.config.route(number).is_ok());
        let is_served = self.config.queues.contains_key(queue);
        is_up && !is_shut && has_way && is_served && self.may_take_seat(now, id, queue)
    }

    /// It is ahead of others by so many minutes more.
    pub(super) fn advance_recall(&mut self, now: Now, id: CallbackId, minutes: i32) {
        let Some(call) = self.recalling.line.call_of.get(&id).copied() else { return };
        self.recalling.line.advance(call, minutes);
        let wanted = Supervised::Advance(minutes);
        self.acd.handle_input(now.mono, acd::Input::Supervised(call, wanted));
    }

    /// It leaves the line; seats that ring for it fall silent.
    pub(super) fn leave_recall(&mut self, now: Now, id: CallbackId) {
        let Some(call) = self.recalling.line.call_of.get(&id).copied() else { return };
        self.acd.handle_input(now.mono, acd::Input::Leave(call));
        self.settle_distribution(now);
        self.recalling.line.remove(call);
    }

    /// The queue has let it go: it asks again. After the longest wait at once, since that is for people on the line.
    pub(super) fn on_recall_left(&mut self, now: Now, call: CallId, exit: QueueExit) {
        let Some(place) = self.recalling.line.remove(call) else { return };
        self.recalling.callbacks.on_no_place(now.wall_ms(), place.callback);
        if exit == QueueExit::Timeout {
            self.recalling.callbacks.look_again(place.callback);
        }
    }

    /// The exchange ends: nobody is called any more.
    pub(super) fn clear_line(&mut self, now: Now) {
        let waiting = self.recalling.line.call_of.keys().copied().collect();
        self.take_out(now, waiting);
    }

    /// Nobody is called for what a supervisor has closed: not those in line either.
    pub(super) fn clear_closed(&mut self, now: Now) {
        let waiting = self.recalling.line.call_of.keys().copied();
        let closed = waiting.filter(|id| self.is_shut(now, *id)).collect();
        self.take_out(now, closed);
    }

    fn take_out(&mut self, now: Now, waiting: Vec<CallbackId>) {
        for id in waiting {
            self.leave_recall(now, id);
            self.recalling.callbacks.on_no_place(now.wall_ms(), id);
        }
    }

    /// A supervisor has closed the queue of this one.
    fn is_shut(&self, now: Now, id: CallbackId) -> bool {
        let promise = self.recalling.diary().callback(id).map(|callback| &callback.promise);
        promise
            .is_some_and(|promise| self.switches.close_queue(&promise.queue, &promise.entity, now.wall_ms()))
    }

    // -- an operator is rung

    /// What a seat that rings for it shows: that it is a call-back, by whom it was wanted and about what.
    pub(super) fn recall_shown(&self, call: CallId) -> Option<(String, String)> {
        let id = self.recalling.line.promise_of(call)?;
        let number = self.recalling.number(id)?.to_owned();
        let promise = &self.recalling.diary().callback(id)?.promise;
        let about =
            self.config.queues.get(&promise.queue).map_or(promise.queue.as_str(), |queue| &queue.name);
        let case = promise.case.map_or_else(String::new, |case| format!(" pratica {case}"));
        Some((number.clone(), format!("Richiamata {about} {number}{case}")))
    }

    /// A seat did not take it: no attempt, and the next seat is rung.
    pub(super) fn on_recall_not_taken(&mut self, now: Now, seat: &SeatId, call: CallId, why: NotTaken) {
        let Some(id) = self.recalling.line.callback(call) else { return };
        if matches!(why, NotTaken::Missed | NotTaken::Rejected | NotTaken::Unreachable) {
            self.write_change(now, id, Change::Declined { seat: seat.clone(), why }, None);
        }
    }

    /// An operator is there: the contact begins, and the citizen is called.
    pub(super) fn on_recall_taken(
        &mut self,
        now: Now,
        id: CallId,
        seat: &SeatId,
        dialog: DialogId,
        answer: Option<&[u8]>,
    ) {
        let line = &mut self.recalling.line;
        let Some(callback) = line.callback(id) else { return };
        let Some(leg) = line.ringing_of(id).and_then(|ringing| ringing.get_mut(seat)) else { return };
        let Some(command) = leg.leg.on_answer(answer) else { return self.fail_seat(now, id, seat) };
        let Some(leg) = self.take_ringing_leg(id, seat) else { return };
        let Some(made) = self.begin_attempt(now, id, callback, seat) else {
            self.sip.bye(now.mono, dialog);
            self.close_leg(&leg.leg);
            return self.drop_place(now, id);
        };
        self.media(command);
        self.open_recall(now, id, callback, leg.leg, made);
        self.acd.handle_input(now.mono, acd::Input::Answered(seat.clone(), id));
        self.settle_distribution(now); // others that ring are told that it was taken
        self.recalling.line.remove(id);
        self.recalling.line.taken.insert(id, Taken::of(callback, None));
        self.journal_dialog(now, id.into(), Some(dialog));
        self.call_out(now, id);
    }

    /// How the citizen is to be called, if nobody has closed the queue.
    pub(super) fn way_to_citizen(&self, now: Now, callback: CallbackId) -> Option<Way> {
        if self.is_shut(now, callback) {
            return None;
        }
        let route = self.config.route(self.recalling.number(callback)?).inspect_err(|why| {
            tracing::error!(%callback, %why, "a citizen who was promised a call cannot be called");
        });
        Some(Way::from(&route.ok()?))
    }

    /// The machine lets the citizen be called, and there is a way.
    fn begin_attempt(&mut self, now: Now, id: CallId, callback: CallbackId, seat: &SeatId) -> Option<Made> {
        let way = self.way_to_citizen(now, callback)?;
        let queue = self.recalling.diary().callback(callback)?.promise.queue.clone();
        self.recalling.callbacks.on_attempt(now.wall_ms(), callback, id.into()).ok()?;
        let ring_for = self.config.dialling.ring_for;
        Some(Made {
            seat: seat.clone(),
            queue,
            whom: Whom::Outside { ways: [way].into(), personal: true, ring_for },
            clicked: false,
            emergency: false,
            records: false,
            turned: false,
            telling: None,
            failed: None,
        })
    }

    /// It may not be called any more: whoever is there hears nothing but the end.
    pub(super) fn drop_place(&mut self, now: Now, call: CallId) {
        self.acd.handle_input(now.mono, acd::Input::Leave(call));
        self.settle_distribution(now);
        if let Some(place) = self.recalling.line.remove(call) {
            self.recalling.callbacks.on_no_place(now.wall_ms(), place.callback);
        }
    }

    fn open_recall(&mut self, now: Now, id: CallId, callback: CallbackId, leg: Leg, made: Made) {
        let (Some(open), Some(number)) =
            (self.recalling.diary().callback(callback), self.recalling.number(callback))
        else {
            return;
        };
        let (promise, number) = (open.promise.clone(), number.to_owned());
        self.append_recall(now, id, callback, Some(&made.seat), &made.queue);
        self.settle_callbacks(now, None); // the attempt
        self.legs.insert(leg.media, Owner::Citizen(id));
        if let Some(dialog) = leg.dialog {
            self.dialogs.insert(dialog, Owner::Citizen(id));
        }
        self.last_contact.insert(made.seat.clone(), (id.into(), made.queue.clone()));
        self.append(now, Fact::ContactAnswered { contact: id.into() });
        let begun = Call::begun(id, leg, self.sounds.clone(), (promise.entity, promise.language), now.mono);
        // Others that still ring are the call's from now on, which calls them off.
        let ringing = self.recalling.line.ringing_of(id).map(std::mem::take).unwrap_or_default();
        let call = Call {
            ringing,
            from: made.seat.to_string(),
            to: number,
            topic: promise.topic,
            story: Story::made(),
            phase: Phase::Answered,
            waits_since_ms: now.wall_ms(),
            case: promise.case,
            citizen_id: Some(promise.citizen),
            made: Some(made),
            ..begun
        };
        self.calls.insert(id, call);
    }

    /// The contact that the attempt is; `seat`: where an operator is there already.
    pub(super) fn append_recall(
        &mut self,
        now: Now,
        id: CallId,
        callback: CallbackId,
        seat: Option<&SeatId>,
        queue: &QueueId,
    ) {
        let (Some(open), Some(number)) =
            (self.recalling.diary().callback(callback), self.recalling.number(callback))
        else {
            return;
        };
        let (promise, number) = (open.promise.clone(), number.to_owned());
        let case = promise.case.unwrap_or_else(|| self.next_case(now));
        let fact = Fact::Dialled {
            contact: id.into(),
            seat: seat.cloned(),
            operator: seat.map(|seat| self.acd.operator_at(seat)),
            direction: Direction::Out,
            case: Some(case),
            continues: promise.case.is_some(),
            citizen: Some(promise.citizen),
            to: Destination::Personal(Personal::Clear(number)),
            entity: promise.entity,
            topic: promise.topic,
            language: promise.language,
            queue: Some(queue.clone()),
            emergency: false,
            location: None,
            by: None,
            degraded: self.gate.is_degraded(),
            callback: Some(callback),
        };
        self.append(now, fact);
    }

    // -- the citizen is called

    /// The store does not answer: what is not on the disk is not done, or it might be done again.
    pub(super) fn on_recall_unwritten(&mut self, now: Now, leg: media::LegId) -> bool {
        let Some(Owner::Callee(id)) = self.legs.get(&leg).cloned() else { return false };
        // Whom the operator asks during the talk is called all the same.
        let is_citizens = self.calls.get(&id).is_some_and(|call| call.third.is_none());
        let is_called = is_citizens && self.recalling.line.is_called(id);
        if is_called {
            self.fail_callee(now, id, "the store does not answer".to_owned());
        }
        is_called
    }

    /// The call did not reach the citizen.
    pub(super) fn on_recall_unreached(&mut self, now: Now, id: CallId, why: NotTaken, status: Option<u16>) {
        let Some(Taken { callback, answered, .. }) = self.recalling.line.taken.remove(&id) else { return };
        // Who has answered and hung up before the talk does not want it now.
        let why = if answered { Unreached::Refused } else { Unreached::of(why, status) };
        self.recalling.callbacks.on_not_reached(now.wall_ms(), callback, id.into(), why);
        self.settle_callbacks(now, None);
    }

    /// The citizen has answered, and hears who calls before anybody speaks. Meanwhile a
    /// machine is told from a person.
    pub(super) fn introduce(&mut self, now: Now, id: CallId) {
        let Some(taken) = self.recalling.line.taken.get_mut(&id) else { return };
        taken.answered = true;
        let sounds = self.introduction(id);
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(made), Some(callee)) = (&mut call.made, &mut call.callee) else { return };
        callee.look_at = None;
        self.last_play += 1;
        let (leg, play) = (callee.leg.media, PlayId(self.last_play));
        made.telling = Some(play);
        self.set_alarm(id);
        self.media(media::Command::Identify { leg });
        if sounds.is_empty() {
            return self.on_told_before(now, id, play);
        }
        self.media(media::Command::Play { leg, play, sounds, repeat: false, barge_in: false });
    }

    /// A machine has answered, and hears the introduction: the call ends before anybody is joined with it, and the operator hears that
    /// nobody answers. Once the two talk, it is the operator's to judge.
    pub(super) fn on_answered_by(&mut self, now: Now, leg: media::LegId, by: AnsweredBy) {
        let Some(Owner::Callee(id) | Owner::Citizen(id)) = self.legs.get(&leg).cloned() else { return };
        if by == AnsweredBy::Person || !self.recalling.line.is_called(id) {
            return;
        }
        if self.recalling.line.is_first(id) {
            return self.on_machine_first(now, id);
        }
        let made = self.calls.get_mut(&id).and_then(|call| call.made.as_mut());
        if made.is_none_or(|made| made.telling.take().is_none()) {
            return; // they talk already, or are about to
        }
        let Some(Taken { callback, .. }) = self.recalling.line.taken.remove(&id) else { return };
        self.recalling.callbacks.on_not_reached(now.wall_ms(), callback, id.into(), Unreached::Machine);
        self.settle_callbacks(now, None);
        self.drop_callee(now, id, (NotTaken::Missed, None));
        self.tell_unreached(now, id, NotTaken::Missed);
    }

    /// In whose name, which an Ente may have recorded itself; and that the talk is recorded, where the city wants that told.
    pub(super) fn introduction(&self, id: CallId) -> Vec<std::sync::Arc<Sound>> {
        let Some(call) = self.calls.get(&id) else { return Vec::new() };
        let language = call.language.as_str();
        let general = Notice::CallsBack.sound();
        let own = call.sounds.find(&format!("{language}/{general}_{}", call.entity)).cloned();
        let who = own.or_else(|| self.sound_for(id, language, general));
        let (queue, may_record) = match (&call.made, &call.callee, &call.enqueue) {
            (Some(made), Some(callee), _) => (Some(&made.queue), callee.gateway.record),
            (.., Some(enqueue)) => (Some(&enqueue.queue), enqueue.record),
            _ => (None, false),
        };
        let queue = queue.and_then(|queue| self.config.queues.get(queue));
        let records = may_record && queue.is_some_and(|queue| queue.record);
        let tells = records && self.config.dialling.tells_recording;
        let recorded = tells.then(|| self.sound_for(id, language, Notice::IsRecorded.sound())).flatten();
        who.into_iter().chain(recorded).collect()
    }

    /// The introduction was heard: it is written that the two talk, and then they do.
    pub(super) fn bridge_recall(&mut self, now: Now, id: CallId) {
        let Some(callback) = self.recalling.line.taken.get(&id).map(|taken| taken.callback) else { return };
        if !self.recalling.callbacks.on_joined(now.wall_ms(), callback, id.into()) {
            let why = Some("this call-back is over, or was made before".to_owned());
            return self.close_call(now, id, EndedBy::Exchange, why);
        }
        if let Some(lsn) = self.settle_callbacks(now, None) {
            self.gate.hold_until_written(lsn, Held::Bridge(id));
        }
    }

    /// It is written that the two talk, or the store does not answer.
    pub(super) fn on_recall_written(&mut self, now: Now, id: CallId) {
        if let Some(taken) = self.recalling.line.taken.get_mut(&id) {
            taken.bridged = true;
        }
        if !self.recalling.line.is_first(id) {
            return self.change_places(now, id);
        }
        let seat = self.calls.get(&id).and_then(|call| call.seat.as_ref()).map(|seat| seat.seat.clone());
        if let Some(seat) = seat {
            self.join(now, id, seat);
        }
    }

    /// The call that was to keep the promise is over, whatever it has come to. The citizen's end before the talk is told elsewhere
    /// ([`Engine::on_recall_unreached`]): here it was the operator's, or ours.
    pub(super) fn end_recall(&mut self, now: Now, id: CallId) {
        let Some(taken) = self.recalling.line.taken.remove(&id) else { return };
        let Taken { callback, answered, bridged, first } = taken;
        let hears = self.calls.get(&id).and_then(|call| call.hearing.purpose());
        let why = match (first.is_some() && answered, hears) {
            (false, _) => Unreached::Interrupted,
            (true, Some(Purpose::Introduction)) => Unreached::Refused,
            (true, _) => Unreached::Abandoned,
        };
        let (machine, at_ms) = (&mut self.recalling.callbacks, now.wall_ms());
        match bridged {
            true => machine.on_talked(at_ms, callback),
            false => machine.on_not_reached(at_ms, callback, id.into(), why),
        }
        self.settle_callbacks(now, None);
    }
}
