//! The machine itself: seats, queues and callers under one writer, with an index for every question asked per event.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::place::Place;
use super::queue::Queue;
use super::seat::{Effect, Event, Seat, Terms};
use super::timers::{Alarm, Timers};
use super::watch::Watch;
use super::{Action, Entering, Input, QueueRules, SeatRules};
use crate::ids::{CallId, QueueId, SeatId};
use crate::planted::{self, Fault};
use crate::time::Mono;
use crate::words::{NotTaken, QueueExit, SeatView};

/// Gives free seats to waiting callers.
#[derive(Debug, Default)]
pub struct Distribution {
    pub(super) queues: BTreeMap<QueueId, Queue>,
    pub(super) seats: BTreeMap<SeatId, Seat>,
    /// Bounded by the queues' `max_waiting` plus one talk per seat.
    pub(super) callers: BTreeMap<CallId, Caller>,
    pub(super) timers: Timers,
    pub(super) watch: Option<Box<Watch>>,
    /// Drained after every input.
    actions: VecDeque<Action>,
    /// Number of the last entry.
    last_turn: u64,
    /// Inputs that fitted nothing.
    ignored: u64,
}

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

/// What the indexes know of a seat, to be compared before and after an event.
struct Mark {
    view: SeatView,
    free_since: Option<Mono>,
    alarm: Option<Mono>,
    logged_in: bool,
}

impl Mark {
    fn of(seat: &Seat) -> Mark {
        Mark {
            view: seat.view(),
            free_since: seat.free_since(),
            alarm: seat.alarm(),
            logged_in: seat.is_logged_in(),
        }
    }
}

impl Distribution {
    /// These queues and seats, all seats logged out and unreachable. A seat's queue that is not among `queues` is never served.
    pub fn new(queues: Vec<QueueRules>, seats: Vec<SeatRules>) -> Distribution {
        Distribution {
            queues: queues.into_iter().map(|rules| (rules.id.clone(), Queue::new(rules))).collect(),
            seats: seats.into_iter().map(|rules| (rules.id.clone(), Seat::new(rules))).collect(),
            ..Distribution::default()
        }
    }

    /// Take one input at `now`, then whatever else is due. (In this order: an answer in time is not lost to a late wake-up.)
    pub fn handle_input(&mut self, now: Mono, input: Input) {
        if let Some(watch) = &mut self.watch {
            watch.on_input(now, &input);
        }
        match input {
            Input::Reachable(seat) => self.on_seat(now, &seat, Event::Reachable),
            Input::Unreachable(seat) => self.on_seat(now, &seat, Event::Unreachable),
            Input::Status(seat, change) => self.on_seat(now, &seat, Event::Status(change)),
            Input::Enter(entering) => self.on_enter(now, entering),
            Input::Leave(call) => self.on_leave(now, call),
            Input::Answered(seat, call) => self.on_answered(now, &seat, call),
            Input::Rejected(seat, call) => self.on_seat(now, &seat, Event::Reject(call)),
            Input::Failed(seat, call) => self.on_seat(now, &seat, Event::Fail(call)),
            Input::TalkEnded(seat, call) => self.on_seat(now, &seat, Event::TalkEnded(call)),
            Input::WrapUpDone(seat) => self.on_seat(now, &seat, Event::WrapUpDone),
            Input::Timeout => {}
        }
        // Ends: an alarm that rings only ever sets others later than `now`.
        while let Some((at, alarm)) = self.timers.pop_due(now) {
            self.on_alarm(now, at, alarm);
        }
    }

    /// What is to be done, in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to come back with [`Input::Timeout`].
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timers.next()
    }

    /// How many inputs fitted nothing and were ignored: late answers, unknown seats, a caller who enters twice.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Have a [`Watch`] compare every action with the rules; what it finds is told by [`Self::invariants`].
    pub fn watched(mut self) -> Distribution {
        let seats = self.seats.iter().map(|(id, seat)| (id.clone(), seat.queues().clone()));
        self.watch = Some(Box::new(Watch::new(self.queues.values().map(|queue| &queue.rules), seats)));
        self
    }

    fn push(&mut self, action: Action) {
        if let Some(watch) = &mut self.watch {
            watch.on_action(&action);
        }
        self.actions.push_back(action);
    }

    // ---- callers, in the order of their way ----

    fn on_enter(&mut self, now: Mono, entering: Entering) {
        let Entering { call, queue: id, priority, max_wait } = entering;
        if self.callers.contains_key(&call) {
            self.ignored += 1;
            return;
        }
        let turned_away = match self.queues.get(&id) {
            None => Some(QueueExit::Error),
            Some(queue) if queue.logged_in == 0 => Some(QueueExit::NoSeats),
            Some(queue) if queue.is_full() => Some(QueueExit::Full),
            Some(_) => None,
        };
        if let Some(exit) = turned_away {
            self.push(Action::Left { call, queue: id, exit, waited: Duration::ZERO });
            return;
        }
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
    fn serve_caller(&mut self, now: Mono, call: CallId) {
        let queue = self.callers.get(&call).and_then(|caller| self.queues.get(&caller.queue));
        if let Some(seat) = queue.and_then(Queue::longest_free) {
            self.ring(now, &seat, call);
        }
    }

    /// Give a free seat the first caller over all its queues.
    fn serve_seat(&mut self, now: Mono, id: &SeatId) {
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
    fn back_in_line(&mut self, now: Mono, call: CallId) {
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
        } else if queue.logged_in == 0 {
            self.dismiss(now, call, QueueExit::NoSeats);
        } else {
            self.serve_caller(now, call);
        }
    }

    fn on_answered(&mut self, now: Mono, seat: &SeatId, call: CallId) {
        let stage = self.callers.get(&call).map(|caller| &caller.stage);
        match stage {
            Some(Stage::Ringing(rung)) if rung == seat => self.on_seat(now, seat, Event::Answer(call)),
            Some(Stage::Talking(with)) if with == seat => self.ignored += 1, // told twice
            still_here => {
                let why = if still_here.is_some() { NotTaken::Missed } else { NotTaken::CallerLeft };
                self.ignored += 1;
                self.push(Action::StopRinging { seat: seat.clone(), call, why });
            }
        }
    }

    /// Out of the line, into the talk.
    fn joined(&mut self, call: CallId, seat: &SeatId) {
        self.step_out(call);
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.stage = Stage::Talking(seat.clone());
        }
    }

    fn on_leave(&mut self, now: Mono, call: CallId) {
        let rung = match self.callers.get(&call).map(|caller| &caller.stage) {
            Some(Stage::Waiting) => None,
            Some(Stage::Ringing(seat)) => Some(seat.clone()),
            Some(Stage::Talking(_)) | None => {
                self.ignored += 1;
                return;
            }
        };
        self.step_out(call);
        self.callers.remove(&call);
        if let Some(seat) = rung {
            self.on_seat(now, &seat, Event::CallerLeft(call));
        }
    }

    /// Send a waiting caller out by an exit.
    fn dismiss(&mut self, now: Mono, call: CallId, exit: QueueExit) {
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

    // ---- time ----

    fn on_alarm(&mut self, now: Mono, at: Mono, alarm: Alarm) {
        match alarm {
            Alarm::Seat(seat) => self.on_seat(now, &seat, Event::Timeout),
            // A caller who is rung for right now is dismissed at the end of that ring, if it is not taken.
            Alarm::MaxWait(call) if self.is_waiting(call) => self.dismiss(now, call, QueueExit::Timeout),
            Alarm::MaxWait(_) => {}
            Alarm::Announce(call) => self.announce(now, at, call),
        }
    }

    fn is_waiting(&self, call: CallId) -> bool {
        self.callers.get(&call).is_some_and(|caller| caller.stage == Stage::Waiting)
    }

    /// Tell the place, and set the next time: in step with the first, but never in the past.
    fn announce(&mut self, now: Mono, at: Mono, call: CallId) {
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

    // ---- seats ----

    /// Everything that happens to a seat goes through here, so that the indexes and the caller always follow.
    fn on_seat(&mut self, now: Mono, id: &SeatId, event: Event) {
        let Some(seat) = self.seats.get_mut(id) else {
            self.ignored += 1;
            return;
        };
        let before = Mark::of(seat);
        let Ok(effect) = seat.handle(now, event) else {
            self.ignored += 1;
            return;
        };
        let after = Mark::of(seat);
        self.tell(id, effect);
        self.reindex(now, id, &before, after);
        match effect {
            Some(Effect::Joined(call)) => self.joined(call, id),
            Some(Effect::Parted(call)) => {
                self.callers.remove(&call);
            }
            Some(Effect::NotTaken { call, .. }) => self.back_in_line(now, call),
            Some(Effect::Ring(_)) | None => {}
        }
        self.serve_seat(now, id);
    }

    fn tell(&mut self, seat: &SeatId, effect: Option<Effect>) {
        let seat = seat.clone();
        match effect {
            Some(Effect::Ring(call)) => {
                if let Some(queue) = self.callers.get(&call).map(|caller| caller.queue.clone()) {
                    self.push(Action::Ring { seat, call, queue });
                }
            }
            Some(Effect::NotTaken { call, why, stop }) => {
                if stop {
                    self.push(Action::StopRinging { seat: seat.clone(), call, why });
                }
                self.push(Action::NotTaken { seat, call, why });
            }
            Some(Effect::Joined(_) | Effect::Parted(_)) | None => {}
        }
    }

    /// Bring alarms, free seats and head counts in line with the seat as it is now.
    fn reindex(&mut self, now: Mono, id: &SeatId, before: &Mark, after: Mark) {
        if before.alarm != after.alarm {
            if let Some(at) = before.alarm {
                self.timers.cancel(at, Alarm::Seat(id.clone()));
            }
            if let Some(at) = after.alarm {
                self.timers.set(at, Alarm::Seat(id.clone()));
            }
        }
        if before.free_since != after.free_since {
            self.each_queue_of(id, |queue| {
                if let Some(since) = before.free_since {
                    queue.remove_free(since, id);
                }
                if let Some(since) = after.free_since {
                    queue.add_free(since, id.clone());
                }
            });
        }
        if before.view != after.view {
            self.push(Action::SeatChanged { seat: id.clone(), now: after.view });
        }
        match (before.logged_in, after.logged_in) {
            (false, true) => self.each_queue_of(id, |queue| queue.logged_in += 1),
            (true, false) => {
                self.each_queue_of(id, |queue| queue.logged_in = queue.logged_in.saturating_sub(1));
                self.close_unattended(now, id);
            }
            _ => {}
        }
    }

    fn each_queue_of(&mut self, id: &SeatId, mut change: impl FnMut(&mut Queue)) {
        let Some(seat) = self.seats.get(id) else { return };
        for name in seat.queues() {
            if let Some(queue) = self.queues.get_mut(name) {
                change(queue);
            }
        }
    }

    /// The last one who served a queue has gone home: nobody waits there in vain.
    fn close_unattended(&mut self, now: Mono, id: &SeatId) {
        let mut stranded = Vec::new();
        self.each_queue_of(id, |queue| {
            if queue.logged_in == 0 {
                stranded.extend(queue.waiting().map(|(_, call)| call));
            }
        });
        for call in stranded {
            self.dismiss(now, call, QueueExit::NoSeats);
        }
    }
}
