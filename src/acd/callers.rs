//! A caller's way through the distribution: enter, wait, be rung for, talk; or leave before that.

use std::time::Duration;

use super::distribution::Distribution;
use super::place::Place;
use super::queue::Queue;
use super::seat::{Event, Terms};
use super::timers::Alarm;
use super::{Action, Entering};
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
    /// End of the longest wait.
    deadline: Mono,
    /// Next time the place is told.
    announce_at: Option<Mono>,
}

/// How far a caller has come: in exactly one of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Waiting,
    Ringing(SeatId),
    Talking(SeatId),
}

impl Distribution {
    pub(super) fn on_enter(&mut self, now: Mono, entering: Entering) {
        if self.callers.contains_key(&entering.call) {
            return;
        }
        match self.refusal(&entering.queue) {
            Some(exit) => {
                let Entering { call, queue, .. } = entering;
                self.push(Action::Left { call, queue, exit, waited: Duration::ZERO });
            }
            None => self.place(now, entering),
        }
    }

    /// Why nobody may enter this queue now, if so.
    fn refusal(&self, queue: &QueueId) -> Option<QueueExit> {
        match self.queues.get(queue) {
            None => Some(QueueExit::Error),
            Some(queue) if queue.attended == 0 => Some(QueueExit::NoSeats),
            Some(queue) if queue.is_full() => Some(QueueExit::Full),
            Some(_) => None,
        }
    }

    /// Give the caller a place and set the alarms of waiting.
    fn place(&mut self, now: Mono, entering: Entering) {
        let Entering { call, queue: id, priority, max_wait } = entering;
        let Some(queue) = self.queues.get_mut(&id) else { return };
        self.last_turn += 1;
        let place = Place::of(now, priority, self.last_turn);
        let deadline = now + max_wait.map_or(queue.rules.max_wait, |own| own.min(queue.rules.max_wait));
        let every = queue.rules.announce_every;
        let announce_at = (!every.is_zero()).then(|| now + every);
        queue.wait(place, call);
        let position = queue.position(place);
        if !planted::is(Fault::ForgottenTimeout) {
            self.timers.set(deadline, Alarm::MaxWait(call));
        }
        if let Some(at) = announce_at {
            self.timers.set(at, Alarm::Announce(call));
        }
        let (queue, entered, stage) = (id.clone(), now, Stage::Waiting);
        self.callers.insert(call, Caller { queue, place, entered, stage, deadline, announce_at });
        self.push(Action::Placed { call, queue: id, position });
        self.serve_caller(now, call);
    }

    /// Ring the seat that is free for longest among those who serve the caller's queue.
    pub(super) fn serve_caller(&mut self, now: Mono, call: CallId) {
        let queue = self.callers.get(&call).and_then(|caller| self.queues.get(&caller.queue));
        if let Some(seat) = queue.and_then(Queue::longest_free) {
            self.ring(now, &seat, call);
        }
    }

    /// Give a free seat the first caller over all its queues.
    pub(super) fn serve_seat(&mut self, now: Mono, id: &SeatId) {
        let Some(seat) = self.seats.get(id).filter(|seat| seat.free_since().is_some()) else { return };
        let lines = seat.queues().iter().filter_map(|queue| self.queues.get(queue)?.first_waiting());
        if let Some((_, call)) = lines.min() {
            self.ring(now, id, call);
        }
    }

    /// Reserve the seat and ring it.
    fn ring(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&caller.queue) else { return };
        queue.ring(caller.place, call);
        caller.stage = Stage::Ringing(seat.clone());
        let terms = Terms::from(&queue.rules);
        self.on_seat(now, seat, Event::Assign(call, terms));
    }

    /// A ring was not taken. The old place, and the next seat; unless the wait ended meanwhile.
    pub(super) fn back_in_line(&mut self, now: Mono, call: CallId) {
        let Some(caller) = self.callers.get_mut(&call) else { return };
        let Some(queue) = self.queues.get_mut(&caller.queue) else { return };
        caller.stage = Stage::Waiting;
        if planted::is(Fault::BackOfTheLine) {
            queue.remove(caller.place);
            self.last_turn += 1;
            caller.place = Place::of(now, 0, self.last_turn);
        }
        queue.wait(caller.place, call);
        if caller.deadline <= now && !planted::is(Fault::ForgottenTimeout) {
            self.dismiss(now, call, QueueExit::Timeout);
        } else if queue.attended == 0 {
            self.dismiss(now, call, QueueExit::NoSeats);
        } else {
            self.serve_caller(now, call);
        }
    }

    pub(super) fn on_answered(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        let stage = self.callers.get(&call).map(|caller| &caller.stage);
        match stage {
            Some(Stage::Ringing(rung)) if rung == seat => self.on_seat(now, seat, Event::Answer(call)),
            Some(Stage::Talking(with)) if with == seat => {} // told twice
            still_here => {
                let why = if still_here.is_some() { NotTaken::Missed } else { NotTaken::CallerLeft };
                self.push(Action::StopRinging { seat: seat.clone(), call, why });
            }
        }
    }

    /// Out of the line, into the talk.
    pub(super) fn joined(&mut self, call: CallId, seat: &SeatId) {
        self.step_out(call);
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.stage = Stage::Talking(seat.clone());
        }
    }

    pub(super) fn on_leave(&mut self, now: Mono, call: CallId) {
        let rung = match self.callers.get(&call).map(|caller| &caller.stage) {
            Some(Stage::Waiting) => None,
            Some(Stage::Ringing(seat)) => Some(seat.clone()),
            Some(Stage::Talking(_)) | None => return,
        };
        self.step_out(call);
        self.callers.remove(&call);
        if let Some(seat) = rung {
            self.on_seat(now, &seat, Event::CallerLeft(call));
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
    fn step_out(&mut self, call: CallId) {
        let Some(caller) = self.callers.get(&call) else { return };
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            queue.remove(caller.place);
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
        let next = if at + every > now { at + every } else { now + every };
        caller.announce_at = Some(next);
        self.timers.set(next, Alarm::Announce(call));
        if caller.stage == Stage::Waiting {
            let position = queue.position(caller.place);
            self.push(Action::Announce { call, position });
        }
    }
}
