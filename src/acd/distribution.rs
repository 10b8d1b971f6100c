//! The machine itself: seats, queues and callers under one writer, with an index for every question asked per event.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::callers::Caller;
use super::queue::Queue;
use super::rank::{Rank, Standing};
use super::seat::{Effect, Event, Seat};
use super::serves;
use super::timers::{Alarm, Timers};
use super::watch::Watch;
use super::{Action, Input, QueueRules, SeatRules};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::{Mono, earliest};
use crate::words::{QueueExit, SeatView, StatusChange};

/// Gives free seats to waiting callers.
#[derive(Debug, Default)]
pub struct Distribution {
    pub(super) queues: BTreeMap<QueueId, Queue>,
    pub(super) seats: BTreeMap<SeatId, Seat>,
    /// Bounded by the queues' `max_waiting` plus one talk per seat.
    pub(super) callers: BTreeMap<CallId, Caller>,
    pub(super) timers: Timers,
    /// When more seats than now may serve a waiting caller.
    pub(super) widenings: BTreeSet<(Mono, CallId)>,
    pub(super) watch: Option<Box<Watch>>,
    /// Drained after every input.
    actions: VecDeque<Action>,
    /// Number of the last entry.
    pub(super) last_turn: u64,
    /// Number of the last ring.
    pub(super) last_ring: u64,
    /// Seats, classes and places that decisions have looked at.
    pub(super) visits: Cell<u64>,
    /// How often waits have been estimated.
    pub(super) estimates: u64,
}

/// What the indexes know of a seat, to be compared before and after an event.
pub(super) struct Mark {
    pub(super) view: SeatView,
    pub(super) standing: Option<Standing>,
    pub(super) alarm: Option<Mono>,
    pub(super) attends: bool,
}

impl Mark {
    pub(super) fn of(seat: &Seat) -> Mark {
        Mark { view: seat.view(), standing: seat.standing(), alarm: seat.alarm(), attends: seat.attends() }
    }
}

impl Distribution {
    /// These queues and seats, all seats logged out and unreachable. A seat's queue that is not among `queues` is never served.
    pub fn new(queues: Vec<QueueRules>, seats: Vec<SeatRules>) -> Distribution {
        let mut lines: BTreeMap<_, _> =
            queues.into_iter().map(|rules| (rules.id.clone(), Queue::new(rules))).collect();
        let mut floor = BTreeMap::new();
        for (order, rules) in seats.into_iter().enumerate() {
            let held = rules.held_by(rules.usual.as_ref());
            let serves = serves::of(&held, lines.values().map(|queue| &queue.rules));
            for (queue, serves) in &serves {
                if let Some(queue) = lines.get_mut(queue) {
                    queue.count_on(&rules.id, serves);
                }
            }
            floor.insert(rules.id.clone(), Seat::new(order, rules, serves));
        }
        Distribution { queues: lines, seats: floor, ..Distribution::default() }
    }

    /// Take one input at `now`, then whatever else is due. (In this order: an answer in time is not lost to a late wake-up.)
    pub fn handle_input(&mut self, now: Mono, input: Input) {
        if let Some(watch) = &mut self.watch {
            watch.on_time(now);
        }
        self.widen(now);
        if let Some(watch) = &mut self.watch {
            watch.on_input(&input);
        }
        match input {
            Input::Reachable(seat) => {
                self.expect_usual(now, &seat);
                self.on_seat(now, &seat, Event::Reachable);
            }
            Input::Unreachable(seat) => self.on_seat(now, &seat, Event::Unreachable),
            Input::Status(seat, change) => {
                if change == StatusChange::LogIn {
                    self.expect_usual(now, &seat);
                }
                self.on_seat(now, &seat, Event::Status(change));
            }
            Input::SignIn(seat, operator) => self.on_sign_in(now, &seat, operator),
            Input::Restored(seat, before) => self.on_restored(now, &seat, before),
            Input::Enter(entering) => self.on_enter(now, entering),
            Input::Leave(call) => self.on_leave(now, call),
            Input::Answered(seat, call) => self.on_answered(now, &seat, call),
            Input::Rejected(seat, call) => self.on_seat(now, &seat, Event::Reject(call)),
            Input::Busy(seat, call) => self.on_seat(now, &seat, Event::Busy(call)),
            Input::Failed(seat, call) => self.on_seat(now, &seat, Event::Fail(call)),
            Input::Blocked(seat, call) => self.on_seat(now, &seat, Event::Block(call)),
            Input::TalkEnded(seat, call) => self.on_seat(now, &seat, Event::TalkEnded(call)),
            Input::Direct(seat, call, wanted) => self.on_direct(now, &seat, call, wanted),
            Input::Expected(queue, wait) => self.on_expected(now, &queue, wait),
            Input::Stays(call) => self.on_stays(call),
            Input::Supervised(call, wanted) => self.on_supervised(now, call, wanted),
            Input::WrapUpDone(seat) => self.on_seat(now, &seat, Event::WrapUpDone),
            Input::WrapUp(seat, act) => self.on_seat(now, &seat, Event::WrapUp(act)),
            Input::Rules(queues, seats) => self.on_rules(now, queues, seats),
            Input::Timeout => {}
        }
        // Ends: an alarm that rings only ever sets others later than `now`.
        while let Some((at, alarm)) = self.timers.pop_due(now) {
            self.on_alarm(now, at, alarm);
        }
        self.ring_beside(now);
    }

    /// How many seats, classes of callers and places have been looked at since the start: what decisions cost, whatever the machine. Each
    /// is found in an ordered map, so that one visit is a logarithm of comparisons at most.
    pub fn visits(&self) -> u64 {
        self.visits.get()
    }

    pub(super) fn visit(&self, many: usize) {
        let many = u64::try_from(many).unwrap_or(u64::MAX);
        self.visits.set(self.visits.get().saturating_add(many));
    }

    /// What is to be done, in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to come back with [`Input::Timeout`].
    pub fn poll_timeout(&self) -> Option<Mono> {
        earliest([self.timers.next(), self.widenings.first().map(|(at, _)| *at)])
    }

    /// Have an independent observer compare every action with the rules; what it finds is told by [`Self::invariants`].
    pub fn watched(mut self) -> Distribution {
        let rules = self.queues.values().map(|queue| &queue.rules);
        let seats = self.seats.values().map(|seat| (seat.order(), seat.own()));
        self.watch = Some(Box::new(Watch::new(rules, seats)));
        self
    }

    pub(super) fn push(&mut self, action: Action) {
        if let Some(watch) = &mut self.watch {
            watch.on_action(&action);
        }
        self.actions.push_back(action);
    }

    fn on_alarm(&mut self, now: Mono, at: Mono, alarm: Alarm) {
        match alarm {
            Alarm::Seat(seat) => self.on_seat(now, &seat, Event::Timeout),
            // A caller who is rung for right now is dismissed at the end of that ring, if it is not taken.
            Alarm::MaxWait(call) if self.is_waiting(call) => self.dismiss(now, call, QueueExit::Timeout),
            Alarm::MaxWait(_) => {}
            Alarm::Announce(call) => self.announce(now, at, call),
            Alarm::SendOn(queue) => self.send_on_again(now, &queue),
        }
    }

    /// Everything that happens to a seat goes through here, so that the indexes and the caller always follow.
    pub(super) fn on_seat(&mut self, now: Mono, id: &SeatId, event: Event) {
        let Some(seat) = self.seats.get_mut(id) else { return };
        let (before, was_direct) = (Mark::of(seat), seat.direct());
        let Ok(effect) = seat.handle(now, event) else { return };
        let after = Mark::of(seat);
        let direct = was_direct.or(seat.direct()).is_some();
        if direct {
            self.tell_direct(id, effect)
        } else {
            self.tell(id, effect)
        }
        self.reindex(now, id, &before, after);
        match effect.filter(|_| !direct) {
            Some(Effect::Joined(call)) => self.joined(now, call, id),
            Some(Effect::Parted { call, rang, held }) => {
                let queue = self.callers.remove(&call).and_then(|caller| self.queues.get_mut(&caller.queue));
                if let Some(queue) = queue {
                    queue.habits.on_talk(rang, held);
                }
            }
            Some(Effect::NotTaken { call, .. }) => self.back_in_line(now, id, call),
            Some(Effect::Ring(_)) | None => {}
        }
        self.serve_seat(now, id);
    }

    pub(super) fn tell(&mut self, seat: &SeatId, effect: Option<Effect>) {
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
            Some(Effect::Joined(_) | Effect::Parted { .. }) | None => {}
        }
    }

    /// Bring alarms, free seats and head counts in line with the seat as it is now.
    pub(super) fn reindex(&mut self, now: Mono, id: &SeatId, before: &Mark, after: Mark) {
        if before.alarm != after.alarm {
            if let Some(at) = before.alarm {
                self.timers.cancel(at, Alarm::Seat(id.clone()));
            }
            if let Some(at) = after.alarm {
                self.timers.set(at, Alarm::Seat(id.clone()));
            }
        }
        if before.standing != after.standing {
            self.each_queue_of(id, |seat, queue| {
                let rank = |standing| Rank::of(standing, seat.skills(), &queue.rules);
                let (old, new) = (before.standing.map(rank), after.standing.map(rank));
                if let Some(rank) = old {
                    queue.remove_free(rank, id);
                }
                if let Some(rank) = new {
                    queue.add_free(rank, id.clone());
                }
            });
        }
        if before.view != after.view {
            self.push(Action::SeatChanged { seat: id.clone(), now: after.view });
        }
        match (before.attends, after.attends) {
            (false, true) => self.each_queue_attended(id, |queue| queue.attended += 1),
            (true, false) => {
                self.each_queue_attended(id, |queue| queue.attended = queue.attended.saturating_sub(1));
                self.close_unattended(now, id);
            }
            _ => {}
        }
    }

    pub(super) fn each_queue_of(&mut self, id: &SeatId, mut change: impl FnMut(&Seat, &mut Queue)) {
        let Some(seat) = self.seats.get(id) else { return };
        for name in seat.serves().keys() {
            if let Some(queue) = self.queues.get_mut(name) {
                change(seat, queue);
            }
        }
    }

    /// Whoever helps only while many wait does not attend a queue.
    fn each_queue_attended(&mut self, id: &SeatId, mut change: impl FnMut(&mut Queue)) {
        self.each_queue_of(id, |_, queue| {
            if !queue.reserve.contains(id) {
                change(queue);
            }
        });
    }

    /// The last one who served a queue has gone home, or the last phone is gone: nobody waits there in vain.
    fn close_unattended(&mut self, now: Mono, id: &SeatId) {
        let mut stranded = Vec::new();
        self.each_queue_of(id, |_, queue| {
            if queue.attended == 0 {
                stranded.extend(queue.waiting().map(|(_, call)| call));
            }
        });
        for call in stranded {
            self.dismiss(now, call, QueueExit::NoSeats);
        }
    }
}
