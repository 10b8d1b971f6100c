//! One queue: callers come at random, are served in order by seats that are all alike, and give up when they have waited for too long.
//!
//! No flow, no announcements, no longest wait; ringing and wrap-up take no time. It runs on [`Distribution`] itself, with a caller who
//! rings and is answered in the same moment. Each replication begins with an empty service and is left alone until that is forgotten;
//! callers who come after that count, for as long as the replication lasts, and each is followed to the end.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use super::{Estimate, Length};
use crate::acd::{Action, Distribution, Entering, Input, QueueRules, SeatRules};
use crate::ids::{CallId, QueueId, SeatId, Stamp};
use crate::time::Mono;
use crate::words::StatusChange;

/// Replications of one run: enough for intervals, and long enough each.
pub const REPLICATIONS: u32 = 20;
/// A beginning is forgotten after so many times the service's own memory.
const FORGOTTEN_AFTER: f64 = 6.0;
/// Most callers in one run: they are numbered within each replication.
const MOST_CALLERS: f64 = 1e9;
/// Answered within this many seconds: the level that the figures speak of.
const LEVEL_S: f64 = 20.0;

/// What is run.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainModel {
    /// Callers an hour, coming at random.
    pub arrivals_per_hour: f64,
    /// Of a talk.
    pub talk: Length,
    /// How long callers wait before they give up; none: for ever.
    pub patience: Option<Length>,
    /// Operators.
    pub seats: u32,
    /// Hours in all, over all replications.
    pub hours: f64,
    /// Repeats a run.
    pub seed: u64,
}

/// The model cannot be run.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum PlainError {
    /// Nothing would ever be in balance.
    #[error(
        "{offered:.2} operators' worth of work comes in and {seats} are there: without patience the line grows without end; add seats, or say how long callers wait, like `--patience exp:180s`"
    )]
    Unstable {
        /// Mean talk times arrivals.
        offered: f64,
        /// Operators.
        seats: u32,
    },
    /// Nobody would wait for the end of the run.
    #[error(
        "{callers:.0} callers are too many for one run, those included who come before the beginning is forgotten; take fewer `--hours`, or a load that is less near to what the seats can do"
    )]
    TooLong {
        /// Over all replications.
        callers: f64,
    },
}

/// What one replication counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Replication {
    offered: f64,
    answered: f64,
    abandoned: f64,
    waited_s: f64,
    delayed: f64,
    within_level: f64,
    abandoned_within_level: f64,
    busy_s: f64,
    seats_s: f64,
}

/// What comes out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Callers.
    pub offered: Estimate,
    /// Of them, those who talked.
    pub answered: Estimate,
    /// Of them, those who gave up, however soon.
    pub abandoned: Estimate,
    /// Mean wait of those who were answered, those who did not wait included, in seconds.
    pub mean_wait_s: Estimate,
    /// Share of callers who found no free seat.
    pub p_wait: Estimate,
    /// Share answered within 20 s, of all but those who gave up within 20 s.
    pub service_level_20s: Estimate,
    /// Share of their time that operators talk.
    pub occupancy: Estimate,
}

impl Figures {
    /// Of these replications.
    pub fn of(runs: &[Replication]) -> Figures {
        let each = |of: fn(&Replication) -> f64| runs.iter().map(of).collect::<Vec<_>>();
        let ratio = |part, whole| Estimate::of_ratio(&each(part), &each(whole));
        Figures {
            offered: Estimate::of_total(&each(|run| run.offered)),
            answered: Estimate::of_total(&each(|run| run.answered)),
            abandoned: Estimate::of_total(&each(|run| run.abandoned)),
            mean_wait_s: ratio(|run| run.waited_s, |run| run.answered),
            p_wait: ratio(|run| run.delayed, |run| run.offered),
            service_level_20s: ratio(|run| run.within_level, |run| run.offered - run.abandoned_within_level),
            occupancy: ratio(|run| run.busy_s, |run| run.seats_s),
        }
    }
}

impl PlainModel {
    /// Whether it can be run.
    ///
    /// # Errors
    /// More work comes in than can be done, and nobody gives up; or the run would have no end.
    pub fn check(&self) -> Result<(), PlainError> {
        let (offered, seats) = (self.offered_load(), self.seats);
        if self.patience.is_none() && offered >= f64::from(seats) {
            return Err(PlainError::Unstable { offered, seats });
        }
        let hours = self.hours + f64::from(REPLICATIONS) * self.warm_up_s() / 3600.0;
        let callers = hours * self.arrivals_per_hour;
        if callers <= MOST_CALLERS { Ok(()) } else { Err(PlainError::TooLong { callers }) }
    }

    /// Work that comes in, in operators (erlang).
    fn offered_load(&self) -> f64 {
        self.arrivals_per_hour / 3600.0 * self.talk.mean()
    }

    /// After how long the empty beginning is forgotten. A line of callers who wait for ever remembers for the longer the nearer its load
    /// is to what can be done; one that people leave, for no longer than they talk and wait.
    fn warm_up_s(&self) -> f64 {
        let (arrive, serve) = (self.arrivals_per_hour / 3600.0, f64::from(self.seats) / self.talk.mean());
        let distance = (serve.sqrt() - arrive.sqrt()).powi(2);
        let in_line = if arrive < serve { 1.0 / distance.max(1e-12) } else { f64::INFINITY };
        let leaving =
            self.patience.map_or(f64::INFINITY, |patience| 3.0 * patience.mean().max(self.talk.mean()));
        FORGOTTEN_AFTER * in_line.min(leaving).max(self.talk.mean())
    }

    /// One of the [`REPLICATIONS`], by its number. The same number gives the same replication.
    pub fn replicate(&self, number: u32) -> Replication {
        let chance =
            ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(u64::from(number)));
        let begins = Mono::ZERO + Duration::from_secs_f64(self.warm_up_s());
        let ends = begins + Duration::from_secs_f64(self.hours * 3600.0 / f64::from(REPLICATIONS));
        let mut service = Service::new(self, chance, begins, ends);
        service.run();
        service.counted
    }
}

/// What happens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Arrival,
    GivesUp(CallId),
    Parts(CallId),
}

/// A caller in the service.
struct Caller {
    came: Mono,
    counts: bool,
    /// With whom.
    talks: Option<SeatId>,
}

/// One replication under way.
struct Service<'m> {
    model: &'m PlainModel,
    chance: ChaCha8Rng,
    distribution: Distribution,
    queue: QueueId,
    events: BinaryHeap<Reverse<(Mono, Event)>>,
    callers: BTreeMap<CallId, Caller>,
    last: u32,
    /// The time that counts.
    begins: Mono,
    ends: Mono,
    /// Callers who count and are still here.
    followed: u64,
    counted: Replication,
}

impl<'m> Service<'m> {
    fn new(model: &'m PlainModel, chance: ChaCha8Rng, begins: Mono, ends: Mono) -> Service<'m> {
        let queue = QueueId::from("one");
        let seats = (1..=model.seats).map(|number| seat(number, &queue));
        let mut distribution = Distribution::new(vec![rules(&queue)], seats.collect());
        for number in 1..=model.seats {
            let id = SeatId::from(format!("seat{number:05}").as_str());
            distribution.handle_input(Mono::ZERO, Input::Reachable(id.clone()));
            distribution.handle_input(Mono::ZERO, Input::Status(id, StatusChange::LogIn));
        }
        while distribution.poll_action().is_some() {}
        let seats_s = f64::from(model.seats) * ends.since(begins).as_secs_f64();
        Service {
            model,
            chance,
            distribution,
            queue,
            events: BinaryHeap::new(),
            callers: BTreeMap::new(),
            last: 0,
            begins,
            ends,
            followed: 0,
            counted: Replication { seats_s, ..Replication::default() },
        }
    }

    fn run(&mut self) {
        self.next_arrival(Mono::ZERO);
        while let Some(Reverse((now, event))) = self.events.pop() {
            match event {
                Event::Arrival if now >= self.ends => {
                    // Nobody new counts; others still come, or the last ones would find an emptier service.
                    if self.followed == 0 {
                        break;
                    }
                    self.arrive(now);
                }
                Event::Arrival => self.arrive(now),
                Event::GivesUp(call) => self.give_up(now, call),
                Event::Parts(call) => self.part(now, call),
            }
        }
    }

    fn next_arrival(&mut self, now: Mono) {
        let gap = Length::Exponential(3600.0 / self.model.arrivals_per_hour).quantile(self.chance.random());
        self.events.push(Reverse((now + gap, Event::Arrival)));
    }

    fn arrive(&mut self, now: Mono) {
        self.next_arrival(now);
        self.last += 1;
        let call = CallId(Stamp { node: 1, epoch: 1, count: self.last });
        let counts = (self.begins..self.ends).contains(&now);
        self.callers.insert(call, Caller { came: now, counts, talks: None });
        if counts {
            self.followed += 1;
            self.counted.offered += 1.0;
        }
        self.distribution.handle_input(now, Input::Enter(Entering::new(call, self.queue.clone())));
        self.settle(now);
        let waits = self.callers.get(&call).is_some_and(|caller| caller.talks.is_none());
        if !waits {
            return;
        }
        self.counted.delayed += f64::from(u8::from(counts));
        if let Some(patience) = self.model.patience {
            let patience = patience.quantile(self.chance.random());
            self.events.push(Reverse((now + patience, Event::GivesUp(call))));
        }
    }

    /// Whoever is rung answers at once.
    fn settle(&mut self, now: Mono) {
        while let Some(action) = self.distribution.poll_action() {
            if let Action::Ring { seat, call, .. } = action {
                self.distribution.handle_input(now, Input::Answered(seat.clone(), call));
                self.answer(now, call, seat);
            }
        }
    }

    fn answer(&mut self, now: Mono, call: CallId, seat: SeatId) {
        let talk = self.model.talk.quantile(self.chance.random());
        self.events.push(Reverse((now + talk, Event::Parts(call))));
        // A talk counts as far as it lies in the time that counts, whenever its caller came.
        let (from, to) = (now.max(self.begins), (now + talk).min(self.ends));
        self.counted.busy_s += to.since(from).as_secs_f64();
        let Some(caller) = self.callers.get_mut(&call) else { return };
        caller.talks = Some(seat);
        if caller.counts {
            let waited = now.since(caller.came).as_secs_f64();
            self.followed -= 1;
            self.counted.answered += 1.0;
            self.counted.waited_s += waited;
            self.counted.within_level += f64::from(u8::from(waited <= LEVEL_S));
        }
    }

    fn give_up(&mut self, now: Mono, call: CallId) {
        let Some(caller) = self.callers.get(&call).filter(|caller| caller.talks.is_none()) else { return };
        if caller.counts {
            let soon = now.since(caller.came).as_secs_f64() <= LEVEL_S;
            self.followed -= 1;
            self.counted.abandoned += 1.0;
            self.counted.abandoned_within_level += f64::from(u8::from(soon));
        }
        self.callers.remove(&call);
        self.distribution.handle_input(now, Input::Leave(call));
        self.settle(now);
    }

    fn part(&mut self, now: Mono, call: CallId) {
        let Some(Caller { talks: Some(seat), .. }) = self.callers.remove(&call) else { return };
        self.distribution.handle_input(now, Input::TalkEnded(seat, call));
        self.settle(now);
    }
}

fn rules(queue: &QueueId) -> QueueRules {
    let for_ever = Duration::from_secs(u64::from(u32::MAX));
    QueueRules {
        max_waiting: usize::MAX,
        max_wait: for_ever,
        ring_for: for_ever,
        wrap_up: Duration::ZERO,
        announce_every: Duration::ZERO,
        ..QueueRules::plain(queue.clone())
    }
}

fn seat(number: u32, queue: &QueueId) -> SeatRules {
    let id = SeatId::from(format!("seat{number:05}").as_str());
    SeatRules { queues: [(queue.clone(), crate::acd::Serving::default())].into(), ..SeatRules::plain(id) }
}

#[cfg(test)]
mod tests;
