//! One replication of a day: the exchange itself, and everybody who has to do with it, in virtual time.
//!
//! The world steps from event to event. The engine gets what its phones say, what media plays and what the store has written, the last
//! two at once; what it wants done is done at the same moment. Each fact that it writes is counted ([`Tally`]), and tells the people where
//! they are: a caller comes to a node and presses a key, waits and gives up, talks and hangs up ([`people`]).

mod people;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;

use super::chance::Chance;
use super::phones::{Phones, Said};
use super::scenario::{HALF_HOUR_S, HALF_HOURS, Scenario, begin_of};
use super::service::{Service, trunk_of};
use super::tally::Tally;
use crate::engine::{Command, Engine, Input, Output, RequestId, Setup};
use crate::ids::{ContactId, SeatId};
use crate::journal::Lsn;
use crate::journal::entry::{Entry, Fact};
use crate::journal::recovery::Recovered;
use crate::media::plane::{Pace, Plane};
use crate::media::{self, LegId};
use crate::sip::{DialogId, Event as Sip};
use crate::time::{Mono, Now, earliest, rome_zone};
use people::Caller;

/// The exchange is up for so long before the first caller.
const BEFORE: u32 = 120;
/// When everybody has gone home, those who are still on the line have so long.
const AFTER: Duration = Duration::from_secs(4 * 3_600);

/// How a day is run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Which day.
    pub date: Date,
    /// Repeats a run.
    pub seed: u64,
    /// Phones speak real SIP bytes.
    pub by_sip: bool,
    /// Who is answered within this is answered soon.
    pub level: Duration,
}

/// A scenario on a service, ready to be repeated.
pub struct Day {
    scenario: Scenario,
    service: Service,
    run: Run,
}

impl Day {
    /// The scenario has been [checked](Scenario::check) against the service's configuration.
    pub fn new(scenario: Scenario, service: &Service, run: Run) -> Day {
        let service = service.fitted(&scenario);
        Day { scenario, service, run }
    }

    /// What is run.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// One replication, by its number. The same number gives the same one.
    pub fn replicate(&self, number: u32) -> Tally {
        let mut world = World::new(self, number, None);
        world.run();
        world.tally
    }

    /// The journal that this replication would leave.
    pub fn history(&self, number: u32) -> Vec<Entry> {
        let mut world = World::new(self, number, Some(Vec::new()));
        world.run();
        world.history.unwrap_or_default()
    }
}

/// What happens by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Arrives(usize),
    Presses { caller: usize, step: u32, keys: String },
    GivesUp(usize),
    WantsRecall(usize),
    TalkOver(usize),
    PicksUp(DialogId),
    WrapUpOver(SeatId),
    SeatOn(usize),
    SeatOff(usize),
    Break(usize),
    Back(usize),
}

/// An event in its order: by time, then as it was planned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Planned {
    at: Mono,
    number: u64,
    event: Event,
}

impl Ord for Planned {
    fn cmp(&self, other: &Planned) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Planned) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// One replication under way.
struct World<'d> {
    day: &'d Day,
    chance: Chance,
    now: Mono,
    /// The wall at the world's beginning, and its seconds since midnight.
    start: Timestamp,
    begin_s: u32,
    until: Mono,
    engine: Engine,
    plane: Plane,
    next_port: u16,
    ports: BTreeMap<u16, LegId>,
    phones: Phones,
    events: BinaryHeap<Reverse<Planned>>,
    planned: u64,
    callers: Vec<Caller>,
    by_number: BTreeMap<Arc<str>, usize>,
    by_contact: BTreeMap<ContactId, usize>,
    by_dialog: BTreeMap<DialogId, usize>,
    /// The call that a seat's phone rings with, or has.
    at_seat: BTreeMap<SeatId, DialogId>,
    /// What rings somewhere, and was offered.
    ringing: BTreeMap<DialogId, Option<Vec<u8>>>,
    appended: Lsn,
    safe: Lsn,
    tally: Tally,
    /// Every entry of the journal, where somebody wants to read them.
    history: Option<Vec<Entry>>,
}

impl<'d> World<'d> {
    fn new(day: &'d Day, number: u32, history: Option<Vec<Entry>>) -> World<'d> {
        let (scenario, config) = (&day.scenario, &day.service.config);
        let chance = Chance::new(day.run.seed, number);
        let first_call = scenario.arrivals.iter().position(|calls| *calls > 0.0).unwrap_or(HALF_HOURS - 1);
        let first_call = begin_of(first_call);
        let first_duty = scenario.duties.iter().map(|duty| duty.span.0).min().unwrap_or(first_call);
        let begin_s = first_call.min(first_duty).saturating_sub(BEFORE);
        let minute = |minutes: u32| i8::try_from(minutes).unwrap_or(0);
        let begin = day.run.date.at(minute(begin_s / 3_600), minute(begin_s / 60 % 60), 0, 0);
        let start = begin.to_zoned(rome_zone()).map_or(Timestamp::UNIX_EPOCH, |begin| begin.timestamp());
        let seed = seed_bytes(chance);
        let (address, trunk) = trunk_of(config);
        let setup = Setup {
            config: config.clone(),
            flows: day.service.flows.clone(),
            sounds: day.service.sounds.clone(),
            versions: Vec::new(),
            recovered: Recovered::nothing(seed),
            seed,
            watched: false,
        };
        let now = Now { mono: Mono::ZERO, wall: start };
        let by_sip = day.run.by_sip;
        let engine = if by_sip { Engine::new(now, setup) } else { Engine::rehearsing(now, setup) };
        let mut world = World {
            day,
            chance,
            now: Mono::ZERO,
            start,
            begin_s,
            until: Mono::ZERO,
            engine,
            plane: Plane::new(Pace::Events, media::leg::Limits::default(), chance.number()),
            next_port: 20_000,
            ports: BTreeMap::new(),
            phones: Phones::new(trunk, address, by_sip, seed_bytes(chance.of(1))),
            events: BinaryHeap::new(),
            planned: 0,
            callers: Vec::new(),
            by_number: BTreeMap::new(),
            by_contact: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            at_seat: BTreeMap::new(),
            ringing: BTreeMap::new(),
            appended: Lsn(0),
            safe: Lsn(0),
            tally: Tally::new(day.run.level),
            history,
        };
        world.drain();
        world.plan();
        world
    }

    // -- what is planned

    /// Everybody who calls, and every shift.
    fn plan(&mut self) {
        let day = self.day;
        for (half_hour, calls) in day.scenario.arrivals.iter().enumerate() {
            self.plan_arrivals(half_hour, *calls);
        }
        for (place, duty) in day.scenario.duties.iter().enumerate() {
            self.at(duty.span.0, Event::SeatOn(place));
            self.at(duty.span.1, Event::SeatOff(place));
            for (from, to) in &duty.breaks {
                self.at(*from, Event::Break(place));
                self.at(*to, Event::Back(place));
            }
        }
        self.until = self.until + AFTER;
    }

    /// Callers of a half hour come at random. With more of them expected, the same ones come sooner after one another.
    fn plan_arrivals(&mut self, half_hour: usize, calls: f64) {
        if calls <= 0.0 {
            return;
        }
        let chance = self.chance.named("arrivals").of(half_hour as u64);
        let (mut at, mut number) = (0.0, 0_u64);
        loop {
            at += -(1.0 - chance.of(number).share()).ln() / calls * f64::from(HALF_HOUR_S);
            if at >= f64::from(HALF_HOUR_S)
                || f64::from(u32::try_from(number).unwrap_or(u32::MAX)) >= 2.0 * super::scenario::MOST_CALLS
            {
                return;
            }
            let id = half_hour as u64 * 100_000 + number;
            let from: Arc<str> = format!("+39055{:07}", 1_000_000 + id).into();
            let caller = self.callers.len();
            self.callers.push(Caller::new(self.chance.named("caller").of(id), from.clone()));
            self.by_number.insert(from, caller);
            let due = f64::from(begin_of(half_hour)) + at - f64::from(self.begin_s);
            self.schedule(Mono::ZERO + Duration::from_secs_f64(due.max(0.0)), Event::Arrives(caller));
            number += 1;
        }
    }

    /// At this moment of the day.
    fn at(&mut self, seconds: u32, event: Event) {
        let after = Duration::from_secs(u64::from(seconds.saturating_sub(self.begin_s)));
        self.schedule(Mono::ZERO + after, event);
    }

    fn after(&mut self, time: Duration, event: Event) {
        self.schedule(self.now + time, event);
    }

    fn schedule(&mut self, at: Mono, event: Event) {
        self.planned += 1;
        if matches!(event, Event::Arrives(_) | Event::SeatOff(_)) {
            self.until = self.until.max(at);
        }
        self.events.push(Reverse(Planned { at, number: self.planned, event }));
    }

    // -- time

    fn run(&mut self) {
        while let Some(at) = self.next_event().filter(|at| *at <= self.until) {
            self.now = self.now.max(at);
            self.step();
            if self.events.is_empty() && self.by_dialog.is_empty() {
                break;
            }
        }
        let end_s = self.second();
        self.tally.finish(end_s);
    }

    fn next_event(&self) -> Option<Mono> {
        earliest([
            self.events.peek().map(|Reverse(planned)| planned.at),
            self.engine.poll_timeout(),
            self.plane.poll_timeout(),
            self.phones.poll_timeout(),
        ])
    }

    fn step(&mut self) {
        if self.plane.poll_timeout().is_some_and(|at| at <= self.now) {
            self.plane.handle_timeout(self.now);
            self.drain();
        }
        if self.phones.poll_timeout().is_some_and(|at| at <= self.now) {
            self.phones.handle_timeout(self.now);
            self.drain();
        }
        if self.engine.poll_timeout().is_some_and(|at| at <= self.now) {
            self.feed(Input::Timeout);
        }
        while let Some(Reverse(planned)) = self.events.peek().filter(|next| next.0.at <= self.now) {
            let event = planned.event.clone();
            self.events.pop();
            self.on_event(event);
            self.drain();
        }
    }

    fn wall(&self) -> Now {
        Now { mono: self.now, wall: self.start + self.now.since_start() }
    }

    /// Seconds since midnight.
    fn second(&self) -> f64 {
        f64::from(self.begin_s) + self.now.since_start().as_secs_f64()
    }

    // -- between the exchange and the world

    fn command(&mut self, command: Command) {
        self.feed(Input::Command(RequestId(0), command));
    }

    fn feed(&mut self, input: Input<'_>) {
        self.engine.handle_input(self.wall(), input);
        self.drain();
    }

    /// Until nobody has anything more to say at this moment.
    fn drain(&mut self) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                self.on_output(output);
            }
            if let Some(said) = self.phones.poll_said() {
                self.engine.handle_input(self.wall(), said.input());
            } else if let Some(event) = self.plane.poll_event() {
                self.engine.handle_input(self.wall(), Input::Media(event));
            } else if let Some(event) = self.phones.poll_event() {
                self.on_phone(event);
            } else if self.safe < self.appended {
                self.safe = self.appended;
                self.engine.handle_input(self.wall(), Input::Written(self.safe));
                self.engine.handle_input(self.wall(), Input::Durable(self.safe));
            } else {
                return;
            }
        }
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::Transmit(transmit) => self.phones.hear(self.now, Said::Bytes(transmit)),
            Output::Tell(tell) => self.phones.hear(self.now, Said::Tell(tell)),
            Output::Media(media::Command::Open { leg }) => {
                self.ports.insert(self.next_port, leg);
                self.plane.open(self.now, leg, self.next_port);
                self.next_port = self.next_port.checked_add(2).unwrap_or(20_000);
            }
            Output::Media(command) => self.plane.handle_command(self.now, command),
            Output::Append { lsn, entry, .. } => {
                self.appended = lsn;
                self.tally.note(self.second(), &entry.fact);
                self.on_fact(&entry.fact);
                if let Some(history) = &mut self.history {
                    history.push(*entry);
                }
            }
            // Nobody reads replies; the world outside and the voice say nothing, which flows are ready for.
            Output::CloseStream(_)
            | Output::Reply(..)
            | Output::Ask(..)
            | Output::Speak(..)
            | Output::Stopped => {}
        }
    }

    fn on_phone(&mut self, event: Sip) {
        match event {
            Sip::Incoming { dialog, invite } => self.on_ringing(dialog, *invite),
            Sip::Answered { dialog, answer } => {
                let port = answer.and_then(|answer| self.phones.port_of(&answer));
                let leg = port.and_then(|port| self.ports.get(&port).copied());
                if let Some(caller) = self.by_dialog.get(&dialog) {
                    self.callers[*caller].leg = leg;
                }
            }
            Sip::Rejected { dialog, status } => {
                self.tally.refused += u64::from(status == 503);
                self.on_over(dialog);
            }
            Sip::Cancelled { dialog } | Sip::Ended { dialog, .. } => self.on_over(dialog),
            _ => {}
        }
    }

    fn on_over(&mut self, dialog: DialogId) {
        self.ringing.remove(&dialog);
        if let Some(caller) = self.by_dialog.remove(&dialog) {
            self.callers[caller].gone();
        }
    }

    fn caller_of(&self, fact: &Fact) -> Option<usize> {
        self.by_contact.get(&fact.contact()?).copied()
    }
}

fn seed_bytes(chance: Chance) -> [u8; 32] {
    let mut seed = [0; 32];
    for (place, bytes) in seed.chunks_exact_mut(8).enumerate() {
        bytes.copy_from_slice(&chance.of(place as u64).number().to_le_bytes());
    }
    seed
}

#[cfg(test)]
mod tests;
