//! A caller's way through the distribution: enter, wait, be rung for, talk; or leave before that.

use std::collections::BTreeSet;
use std::time::Duration;

use super::distribution::Distribution;
use super::place::Place;
use super::queue::{Class, Queue};
use super::seat::{Event, Terms};
use super::skills::{Needs, Skills};
use super::timers::Alarm;
use super::{Action, Entering, QueueRules};
use crate::ids::{CallId, QueueId, SeatId};
use crate::planted::{self, Fault};
use crate::time::Mono;
use crate::words::{NotTaken, QueueExit};

/// One who waits, is rung for, or talks.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) queue: QueueId,
    pub(super) place: Place,
    pub(super) entered: Mono,
    pub(super) stage: Stage,
    /// Who may serve it, as far as it has come.
    pub(super) class: Class,
    /// Of priority, and of the queue.
    pub(super) minutes: i64,
    /// What counted as waited at entry.
    pub(super) waited: Duration,
    /// What it needs beside what its queue needs.
    pub(super) needs: Needs,
    /// One seat alone until then.
    pub(super) prefers: Option<(SeatId, Mono)>,
    /// When `class`, or who else may serve, changes next.
    widens_at: Option<Mono>,
    /// End of the longest wait.
    pub(super) deadline: Mono,
    /// Next time the place is told.
    announce_at: Option<Mono>,
    /// Is sent on no more.
    pub(super) stays: bool,
}

/// How far a caller has come: in exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    /// These ring: one, or several where the queue rings all. Never none.
    Ringing(BTreeSet<SeatId>),
    Talking(SeatId),
}

impl Stage {
    /// This seat rings for the caller.
    pub(super) fn is_rung_by(&self, seat: &SeatId) -> bool {
        matches!(self, Stage::Ringing(rung) if rung.contains(seat))
    }

    /// This seat rings for the caller, or talks.
    pub(super) fn is_held_by(&self, seat: &SeatId) -> bool {
        self.is_rung_by(seat) || matches!(self, Stage::Talking(with) if with == seat)
    }
}

impl Caller {
    fn is_talking(&self) -> bool {
        matches!(self.stage, Stage::Talking(_))
    }

    /// Who may serve it at `now`.
    fn class_at(&self, now: Mono, rules: &QueueRules) -> Class {
        let waited = self.waited + now.since(self.entered);
        match &self.prefers {
            Some((seat, until)) if now < *until => Class::For(seat.clone()),
            _ => Class::Needs(rules.needs.and(&self.needs).after(waited)),
        }
    }

    /// When more seats may serve it than at `now`, if ever.
    fn widens_after(&self, now: Mono, queue: &Queue) -> Option<Mono> {
        let waivers = queue.rules.needs.waivers.iter().chain(&self.needs.waivers);
        let waived = waivers.map(|(after, _)| self.entered + after.saturating_sub(self.waited));
        let delays = queue.delays.iter().map(|delay| self.place.reaches(*delay, queue.rules.offset));
        let preferred = self.prefers.iter().map(|(_, until)| *until);
        let sent_on = queue.rules.sends_on.iter().filter(|_| !self.stays);
        let sent_on = sent_on.map(|when| self.place.reaches(when.after, queue.rules.offset));
        waived.chain(delays).chain(preferred).chain(sent_on).filter(|at| *at > now).min()
    }
}

impl Distribution {
    pub(super) fn on_enter(&mut self, now: Mono, entering: Entering) {
        if self.callers.contains_key(&entering.call) {
            return;
        }
        match self.would_refuse(now, &entering) {
            None => self.place(now, entering),
            Some(exit) => {
                let Entering { call, queue, .. } = entering;
                self.push(Action::Left { call, queue, exit, waited: Duration::ZERO });
            }
        }
    }

    /// Why a caller who asks for a place now would get none.
    pub fn would_refuse(&self, now: Mono, entering: &Entering) -> Option<QueueExit> {
        match self.queues.get(&entering.queue) {
            None => Some(QueueExit::Error),
            Some(queue) if queue.attended == 0 => Some(QueueExit::NoSeats),
            Some(queue) => {
                let caller = self.caller(now, entering.clone(), queue);
                (!entering.returns && !self.has_room(now, queue, &caller)).then_some(QueueExit::Full)
            }
        }
    }

    /// Whoever would be served at once needs no room.
    fn has_room(&self, now: Mono, queue: &Queue, caller: &Caller) -> bool {
        queue.len() < queue.rules.max_waiting || self.seat_for(now, caller).is_some()
    }

    /// Give the caller a place and set the alarms of waiting.
    pub(super) fn place(&mut self, now: Mono, entering: Entering) {
        let call = entering.call;
        let Some(queue) = self.queues.get(&entering.queue) else { return };
        let caller = self.caller(now, entering, queue);
        self.last_turn += 1;
        let Caller { queue: id, place, deadline, announce_at, .. } = caller.clone();
        if !planted::is(Fault::ForgottenTimeout) {
            self.timers.set(deadline, Alarm::MaxWait(call));
        }
        if let Some(at) = announce_at {
            self.timers.set(at, Alarm::Announce(call));
        }
        let Some(queue) = self.queues.get_mut(&id) else { return };
        queue.wait(place, caller.class.clone(), call);
        let position = queue.position(place);
        let behind = queue.len().saturating_sub(position);
        self.visit(behind + 1);
        self.callers.insert(call, caller);
        self.widen_later(now, call);
        self.push(Action::Placed { call, queue: id.clone(), position });
        self.serve_caller(now, call);
        self.call_helpers(now, &id);
        self.send_on(now, &id);
    }

    /// As it stands when it enters.
    pub(super) fn caller(&self, now: Mono, entering: Entering, queue: &Queue) -> Caller {
        let Entering { queue: id, priority, max_wait, waited, needs, prefers, stays, .. } = entering;
        let rules = &queue.rules;
        let minutes = i64::from(priority) + i64::from(rules.offset);
        let every = rules.announce_every;
        let mut caller = Caller {
            queue: id,
            place: Place::of(now, waited, minutes, self.last_turn + 1),
            entered: now,
            stage: Stage::Waiting,
            class: Class::Needs(Skills::default()),
            minutes,
            waited,
            needs,
            prefers: prefers
                .filter(|(seat, _)| self.sits_there(seat, &rules.id))
                .map(|(seat, time)| (seat, now + time)),
            widens_at: None,
            deadline: now + max_wait.map_or(rules.max_wait, |own| own.min(rules.max_wait)),
            announce_at: (!every.is_zero()).then(|| now + every),
            stays: stays && !planted::is(Fault::SentOnAgain),
        };
        caller.class = caller.class_at(now, rules);
        caller
    }

    /// A seat where nobody sits is not waited for.
    fn sits_there(&self, id: &SeatId, queue: &QueueId) -> bool {
        self.seats.get(id).is_some_and(|seat| seat.is_manned() && seat.serves().contains_key(queue))
    }

    /// By new rules a seat that this caller would wait for may serve it no longer.
    pub(super) fn forget_absent(&mut self, call: CallId) {
        let Some(caller) = self.callers.get(&call).filter(|caller| !caller.is_talking()) else { return };
        let kept = caller.prefers.clone().filter(|(seat, _)| self.sits_there(seat, &caller.queue));
        self.callers.get_mut(&call).into_iter().for_each(|caller| caller.prefers = kept.clone());
    }

    /// Somebody else may serve this caller, who has `more` minutes than before. By new rules all in the queue have, and nobody is overtaken.
    pub(super) fn stand_anew(&mut self, now: Mono, call: CallId, more: i32) {
        let Some(caller) = self.callers.get_mut(&call).filter(|caller| !caller.is_talking()) else { return };
        let Some(queue) = self.queues.get_mut(&caller.queue) else { return };
        queue.remove(caller.place, &caller.class);
        caller.minutes += i64::from(more);
        caller.place = caller.place.advanced(more);
        caller.class = caller.class_at(now, &queue.rules);
        queue.wait(caller.place, caller.class.clone(), call);
        if let Stage::Ringing(_) = caller.stage {
            queue.ring(caller.place, &caller.class, call);
        }
        self.widen_later(now, call);
    }

    /// Set the alarm for the time when more seats may serve a caller; one who is rung for too, since that ring may lead to nothing.
    fn widen_later(&mut self, now: Mono, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get(&caller.queue) else { return };
        if let Some(at) = caller.widens_at {
            self.widenings.remove(&(at, call));
        }
        caller.widens_at = caller.widens_after(now, queue);
        self.widenings.extend(caller.widens_at.map(|at| (at, call)));
    }

    /// More seats may serve some of those who wait: the first of them is served first.
    pub(super) fn widen(&mut self, now: Mono) {
        let (mut widened, mut queues) = (BTreeSet::new(), BTreeSet::new());
        while let Some((_, call)) = self.widenings.first().copied().filter(|(at, _)| *at <= now) {
            self.widenings.pop_first();
            let Some(caller) = self.callers.get_mut(&call) else { continue };
            let Some(queue) = self.queues.get_mut(&caller.queue) else { continue };
            if !planted::is(Fault::NeedsForEver) {
                queue.remove(caller.place, &caller.class);
                caller.class = caller.class_at(now, &queue.rules);
                queue.wait(caller.place, caller.class.clone(), call);
                if let Stage::Ringing(_) = caller.stage {
                    queue.ring(caller.place, &caller.class, call);
                }
            }
            queues.extend((!queue.rules.sends_on.is_empty()).then(|| caller.queue.clone()));
            widened.insert((caller.place, call));
            self.widen_later(now, call);
        }
        for (_, call) in widened {
            self.serve_caller(now, call);
        }
        for queue in queues {
            self.send_on(now, &queue);
        }
    }

    /// Reserve the seat and ring it; others may ring already, where the queue rings all.
    pub(super) fn ring(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        self.ring_on(now, seat, call, |terms| terms);
    }

    /// The same on other terms than the queue's.
    pub(super) fn ring_on(&mut self, now: Mono, seat: &SeatId, call: CallId, of: fn(Terms) -> Terms) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&caller.queue) else { return };
        queue.ring(caller.place, &caller.class, call);
        match &mut caller.stage {
            Stage::Ringing(rung) => _ = rung.insert(seat.clone()),
            stage => *stage = Stage::Ringing(BTreeSet::from([seat.clone()])),
        }
        self.last_ring += 1;
        let terms = of(Terms::of(&queue.rules, self.last_ring));
        self.on_seat(now, seat, Event::Assign(call, terms));
    }

    /// A ring was not taken. Others may ring on; after the last the old place, and the next seat, unless the wait ended meanwhile.
    pub(super) fn back_in_line(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&caller.queue) else { return };
        let Stage::Ringing(rung) = &mut caller.stage else { return };
        rung.remove(seat);
        if !rung.is_empty() {
            return;
        }
        caller.stage = Stage::Waiting;
        if planted::is(Fault::BackOfTheLine) {
            queue.remove(caller.place, &caller.class);
            self.last_turn += 1;
            caller.place = Place::of(now, Duration::ZERO, 0, self.last_turn);
        }
        caller.class = caller.class_at(now, &queue.rules);
        if planted::is(Fault::LostPlace) {
            return queue.remove(caller.place, &caller.class);
        }
        queue.wait(caller.place, caller.class.clone(), call);
        if caller.deadline <= now && !planted::is(Fault::ForgottenTimeout) {
            self.dismiss(now, call, QueueExit::Timeout);
        } else if queue.attended == 0 {
            self.dismiss(now, call, QueueExit::NoSeats);
        } else {
            let queue = caller.queue.clone();
            self.widen_later(now, call);
            self.serve_caller(now, call);
            self.send_on(now, &queue);
        }
    }

    pub(super) fn on_answered(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        if self.rings_directly(seat, call) {
            return self.on_seat(now, seat, Event::Answer(call));
        }
        let stage = self.callers.get(&call).map(|caller| &caller.stage);
        match stage {
            _ if self.talks_directly(seat, call) => {} // told twice
            Some(Stage::Ringing(rung)) if rung.contains(seat) => self.on_seat(now, seat, Event::Answer(call)),
            Some(Stage::Talking(with)) if with == seat => {} // told twice
            still_here => {
                let why = if still_here.is_some() { NotTaken::Missed } else { NotTaken::CallerLeft };
                self.push(Action::StopRinging { seat: seat.clone(), call, why });
            }
        }
    }

    /// Out of the line, into the talk.
    pub(super) fn joined(&mut self, now: Mono, call: CallId, seat: &SeatId) {
        self.step_out(call);
        self.waited(now, call, false);
        let Some(caller) = self.callers.get_mut(&call) else { return };
        if let Stage::Ringing(mut rung) = std::mem::replace(&mut caller.stage, Stage::Talking(seat.clone())) {
            rung.remove(seat);
            for other in rung {
                self.on_seat(now, &other, Event::Elsewhere(call));
            }
        }
    }

    pub(super) fn on_leave(&mut self, now: Mono, call: CallId) {
        let rung = match self.callers.get(&call).map(|caller| &caller.stage) {
            Some(Stage::Waiting) => BTreeSet::new(),
            Some(Stage::Ringing(rung)) => rung.clone(),
            Some(Stage::Talking(_)) | None => return,
        };
        self.step_out(call);
        self.waited(now, call, true);
        self.callers.remove(&call);
        for seat in rung {
            self.on_seat(now, &seat, Event::CallerLeft(call));
        }
    }

    /// A wait is over; for what later callers may expect.
    pub(super) fn waited(&mut self, now: Mono, call: CallId, gave_up: bool) {
        let Some(caller) = self.callers.get(&call) else { return };
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            queue.habits.on_waited(now.since(caller.entered), gave_up);
        }
    }

    /// Send a waiting caller out by an exit.
    pub(super) fn dismiss(&mut self, now: Mono, call: CallId, exit: QueueExit) {
        self.step_out(call);
        if let Some(Caller { queue, entered, .. }) = self.callers.remove(&call) {
            self.push(Action::Left { call, queue, exit, waited: now.since(entered) });
        }
    }

    /// Out of the line, with the alarms that belong to waiting.
    pub(super) fn step_out(&mut self, call: CallId) {
        let Some(caller) = self.callers.get(&call) else { return };
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            queue.remove(caller.place, &caller.class);
        }
        if let Some(at) = caller.widens_at {
            self.widenings.remove(&(at, call));
        }
        self.timers.cancel(caller.deadline, Alarm::MaxWait(call));
        if let Some(at) = caller.announce_at {
            self.timers.cancel(at, Alarm::Announce(call));
        }
    }

    pub(super) fn is_waiting(&self, call: CallId) -> bool {
        self.callers.get(&call).is_some_and(|caller| caller.stage == Stage::Waiting)
    }

    /// Tell the place, and set the next time: in step with the first, but never in the past.
    pub(super) fn announce(&mut self, now: Mono, at: Mono, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get(&caller.queue) else { return };
        let every = queue.rules.announce_every;
        if every.is_zero() {
            caller.announce_at = None; // by rules that are newer than this alarm
            return;
        }
        let next = if at + every > now { at + every } else { now + every };
        caller.announce_at = Some(next);
        self.timers.set(next, Alarm::Announce(call));
        if caller.stage == Stage::Waiting {
            let position = queue.position(caller.place);
            self.push(Action::Announce { call, position });
        }
    }
}
