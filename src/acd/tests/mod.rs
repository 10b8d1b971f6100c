//! The rules as sentences, on a small floor whose clock is a variable.

mod audit;
mod callers;
mod direct;
mod expected;
mod growth;
mod history;
mod people;
mod reload;
mod ringing_all;
mod routing;
mod seats;
mod statuses;
mod supervised;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{
    Action, AfterTalk, Direct, DirectRules, Distribution, Entering, Input, Needs, Overflow, PauseRule,
    Pauses, People, Person, Pressure, QueueRules, Restored, SeatRules, Serving, Skills, Strategy, Supervised,
    SupervisedFault, TaskRules, Turn, WrapUpAct, WrapUpLeft,
};
use crate::ids::{CallId, QueueId, SeatId, Stamp};
use crate::time::Mono;
use crate::words::{SeatView, Status, StatusChange, WorkView};

pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);

pub(super) fn rules(id: &str) -> QueueRules {
    QueueRules {
        id: id.into(),
        max_waiting: 5,
        max_wait: 10 * MINUTE,
        ring_for: 15 * SECOND,
        reject_delay: 20 * SECOND,
        busy_delay: 20 * SECOND,
        max_rejects: 3,
        max_misses: 2,
        wrap_up: 10 * SECOND,
        after_talk: AfterTalk::default(),
        announce_every: Duration::ZERO,
        offset: 0,
        strategy: Strategy::LongestIdle,
        ring_at_most: 10,
        needs: Needs::default(),
        overflow: Vec::new(),
        sends_on: Vec::new(),
        tasks: None,
    }
}

pub(super) fn serving(id: &str, queues: &[&str]) -> SeatRules {
    SeatRules {
        id: id.into(),
        queues: queues.iter().map(|queue| (QueueId::from(*queue), Serving::default())).collect(),
        skills: Skills::default(),
        auto_login: true,
        pauses: Arc::default(),
        people: Arc::default(),
        usual: None,
    }
}

pub(super) fn call(count: u32) -> CallId {
    CallId(Stamp { node: 1, epoch: 1, count })
}

pub(super) fn seat(number: usize) -> SeatId {
    format!("seat{number:02}").into()
}

/// A distribution whose promises are checked after every input.
pub(super) struct Floor {
    pub(super) acd: Distribution,
    pub(super) now: Mono,
    seen: Vec<Action>,
}

impl Floor {
    pub(super) fn new(queues: Vec<QueueRules>, seats: Vec<SeatRules>) -> Floor {
        Floor { acd: Distribution::new(queues, seats).watched(), now: Mono::ZERO, seen: Vec::new() }
    }

    /// One queue `a` with these changes to its rules, and so many seats, registered a second apart.
    pub(super) fn with_seats(count: usize, change: impl FnOnce(&mut QueueRules)) -> Floor {
        let mut rules = rules("a");
        change(&mut rules);
        let seats = (1..=count).map(|n| serving(seat(n).as_str(), &["a"])).collect();
        let mut floor = Floor::new(vec![rules], seats);
        for n in 1..=count {
            floor.advance(SECOND);
            floor.input(Input::Reachable(seat(n)));
        }
        floor.seen.clear();
        floor
    }

    pub(super) fn input(&mut self, input: Input) {
        self.acd.handle_input(self.now, input);
        self.seen.extend(std::iter::from_fn(|| self.acd.poll_action()));
        self.acd.invariants(self.now).expect("the promises are kept");
    }

    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(due) = self.acd.poll_timeout().filter(|due| *due <= end) {
            self.now = due;
            self.input(Input::Timeout);
        }
        self.now = end;
    }

    pub(super) fn enter(&mut self, count: u32) {
        self.enter_queue(count, "a", 0);
    }

    pub(super) fn enter_queue(&mut self, count: u32, queue: &str, priority: i32) {
        self.input(Input::Enter(Entering { priority, ..Entering::new(call(count), queue.into()) }));
    }

    /// Caller `count` enters, seat `number` is rung and answers.
    pub(super) fn talk(&mut self, count: u32, number: usize) {
        self.enter(count);
        assert_eq!(self.view(number).call, Some(call(count)));
        self.input(Input::Answered(seat(number), call(count)));
    }

    pub(super) fn end_talk(&mut self, count: u32, number: usize) {
        self.input(Input::TalkEnded(seat(number), call(count)));
    }

    pub(super) fn reject(&mut self, count: u32, number: usize) {
        self.input(Input::Rejected(seat(number), call(count)));
    }

    pub(super) fn status(&mut self, number: usize, change: StatusChange) {
        self.input(Input::Status(seat(number), change));
    }

    pub(super) fn pause(&mut self, number: usize) {
        self.status(number, StatusChange::Pause("lunch".to_owned()));
    }

    pub(super) fn view(&self, number: usize) -> SeatView {
        self.acd.seat(&seat(number)).expect("the seat is on this floor")
    }

    pub(super) fn work(&self, number: usize) -> WorkView {
        self.view(number).work
    }

    pub(super) fn paused(&self, number: usize) -> Option<String> {
        match self.view(number).status {
            Status::Paused(reason) => Some(reason),
            _ => None,
        }
    }

    /// What was done since the last time this was asked, without the changes of seats.
    pub(super) fn done(&mut self) -> Vec<Action> {
        let seen = std::mem::take(&mut self.seen);
        seen.into_iter().filter(|action| !matches!(action, Action::SeatChanged { .. })).collect()
    }

    /// The rings since the last time, as (seat number, caller).
    pub(super) fn rings(&mut self) -> Vec<(SeatId, CallId)> {
        let ring = |action| match action {
            Action::Ring { seat, call, .. } => Some((seat, call)),
            _ => None,
        };
        self.done().into_iter().filter_map(ring).collect()
    }
}
