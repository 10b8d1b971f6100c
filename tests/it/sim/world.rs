//! The world itself: who is in it, what happens next, and what everybody hears.

mod judging;
mod network;
mod outside;
mod people;
mod promised;
mod recording;
mod seeing;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use centralino::config::Config;
use centralino::engine::{Command, Engine, Files, Input, Output, Reply, RequestId, Setup};
use centralino::flow::published::Version;
use centralino::ids::SeatId;
use centralino::journal::entry::{Entry, Fact, Personal};
use centralino::journal::sim_disk::{Crash, SimDisk};
use centralino::journal::sim_store::{SimDelays, SimStore};
use centralino::journal::{Journal, Lsn, StoreEvent};
use centralino::media::plane::{Pace, Plane};
use centralino::media::{self, LegId};
use centralino::time::{Mono, Now, earliest};
use centralino::words::StatusChange;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::judge::Judge;
use super::net::Weather;
use super::oracle::Oracle;
use super::phone::{Phone, PhoneId};
use super::setting::Setting;
use super::streams::{Side, Streams};

/// Tuesday 24 November 2026, ten in the morning in Florence.
const START: &str = "2026-11-24T10:00:00+01:00[Europe/Rome]";
/// First port that the simulated media plane gives out.
const FIRST_PORT: u16 = 20_000;
/// How long it takes to learn that a connection cannot be had.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// Longest wait of a scenario for something to come about.
const PATIENCE: Duration = Duration::from_secs(600);

struct Packet {
    from: std::net::SocketAddr,
    to: std::net::SocketAddr,
    bytes: Vec<u8>,
}

pub(crate) struct Sim {
    setting: Setting,
    /// Versions of flows that are kept beside the journal.
    pub(crate) versions: Vec<Version>,
    pub(crate) now: Mono,
    start: jiff::Timestamp,
    pub(crate) chance: ChaCha8Rng,
    pub(crate) weather: Weather,
    engine: Option<Engine>,
    plane: Plane,
    ports: BTreeMap<u16, LegId>,
    next_port: u16,
    store: Option<SimStore>,
    disk: Option<SimDisk>,
    delays: SimDelays,
    packets: BTreeMap<(Mono, u64), Packet>,
    last_packet: u64,
    streams: Streams,
    /// How many of a hundred new phones speak SIP over TCP.
    pub(crate) tcp_share: u32,
    pub(crate) phones: BTreeMap<PhoneId, Phone>,
    by_address: BTreeMap<std::net::SocketAddr, PhoneId>,
    alarms: BTreeSet<(Mono, PhoneId)>,
    alarm_of: BTreeMap<PhoneId, Mono>,
    media_events: VecDeque<media::Event>,
    pub(crate) oracle: Oracle,
    /// The configuration that held when an entry was appended, from its number on until the next.
    held: BTreeMap<Lsn, Arc<Config>>,
    judge: Judge,
    pub(crate) facts: Vec<Entry>,
    /// Where the contact of each number that called was opened.
    opened: BTreeMap<String, Lsn>,
    pub(crate) written: Lsn,
    pub(crate) durable: Lsn,
    /// The last entry that the last start found.
    pub(crate) found_at_start: Lsn,
    pub(crate) degraded_ever: bool,
    degraded: bool,
    pub(crate) stopped: bool,
    pub(crate) replies: Vec<Reply>,
    /// Media refuses the next so many ports.
    pub(crate) no_ports: u32,
    /// The world outside, and its answers on their way.
    pub(crate) outside: outside::Outside,
    pub(crate) tapes: recording::Tapes,
    broken: Option<String>,
    /// What must hold is looked at so often at most: at every step, unless a world is long.
    pub(crate) looks_every: Duration,
    looked: Mono,
}

impl Sim {
    /// The demo's exchange in a calm world.
    pub(crate) fn new() -> Sim {
        Sim::with(Setting::demo().with_config(|_| {}), 1)
    }

    pub(crate) fn with(setting: Setting, seed: u64) -> Sim {
        let start: jiff::Zoned = START.parse().expect("a moment");
        let mut sim = Sim {
            setting,
            versions: Vec::new(),
            now: Mono::ZERO,
            start: start.timestamp(),
            chance: ChaCha8Rng::seed_from_u64(seed),
            weather: Weather::CALM,
            engine: None,
            plane: Plane::new(Pace::Events, media::leg::Limits::default(), seed),
            ports: BTreeMap::new(),
            next_port: FIRST_PORT,
            store: None,
            disk: Some(SimDisk::new()),
            delays: SimDelays::default(),
            packets: BTreeMap::new(),
            last_packet: 0,
            streams: Streams::default(),
            tcp_share: 0,
            phones: BTreeMap::new(),
            by_address: BTreeMap::new(),
            alarms: BTreeSet::new(),
            alarm_of: BTreeMap::new(),
            media_events: VecDeque::new(),
            oracle: Oracle::default(),
            held: BTreeMap::new(),
            judge: Judge::default(),
            facts: Vec::new(),
            opened: BTreeMap::new(),
            written: Lsn(0),
            durable: Lsn(0),
            found_at_start: Lsn(0),
            degraded_ever: false,
            degraded: false,
            stopped: false,
            replies: Vec::new(),
            no_ports: 0,
            outside: outside::Outside::default(),
            tapes: recording::Tapes::default(),
            broken: None,
            looks_every: Duration::ZERO,
            looked: Mono::ZERO,
        };
        sim.start_exchange();
        sim
    }

    /// Start the day at another moment.
    pub(crate) fn starting_at(mut self, moment: &str) -> Sim {
        let start: jiff::Zoned = moment.parse().expect("a moment with its zone");
        self.start = start.timestamp();
        self
    }

    // -- the exchange

    /// Start the exchange on what the disk holds, and wait until calls are let in.
    pub(crate) fn start_exchange(&mut self) {
        self.begin_exchange();
        self.until("the exchange lets calls in", |sim| sim.engine().is_ready());
    }

    /// Start the exchange on what the disk holds.
    pub(crate) fn begin_exchange(&mut self) {
        let disk = self.disk.take().expect("the exchange is down");
        let seed = self.chance.random();
        let (store, recovered) =
            SimStore::open(disk, seed, self.delays).expect("the journal opens after any crash");
        (self.found_at_start, self.degraded) = (recovered.last, false);
        (self.written, self.durable) = (recovered.last, recovered.last);
        let seed = self.chance.random();
        let cut_off = recovered.state.recordings.keys().cloned().collect();
        let setup = Setup {
            config: self.setting.config.clone(),
            flows: self.setting.flows.clone(),
            sounds: self.setting.sounds.clone(),
            versions: self.versions.clone(),
            recovered,
            seed,
            watched: true,
        };
        self.retell(&store);
        self.store = Some(store);
        self.engine = Some(Engine::new(self.wall(), setup));
        self.drain();
        self.mend(cut_off);
    }

    /// What the disk lost never happened, for the oracle as for everybody. What is left is judged by what held then.
    fn retell(&mut self, store: &SimStore) {
        self.oracle = Oracle::default();
        self.held.split_off(&Lsn(self.found_at_start.0 + 1));
        for (lsn, entry) in store.entries().expect("the journal can be read") {
            let held = self.held.range(..=lsn).next_back().map(|(_, config)| config);
            let verdict = self.oracle.follow(held.unwrap_or(&self.setting.config), &entry);
            self.hold_against(verdict);
        }
    }

    /// The next fact is judged as it is appended.
    fn judge_appended(&mut self, lsn: Lsn, entry: &Entry) {
        let config = &self.setting.config;
        if self.held.values().next_back().is_none_or(|held| !Arc::ptr_eq(held, config)) {
            self.held.insert(lsn, config.clone());
        }
        let verdict = self.oracle.follow(&config.clone(), entry);
        self.hold_against(verdict);
    }

    /// The process is killed (or the power is cut), and the disk keeps what it must.
    pub(crate) fn crash(&mut self, how: Crash) {
        self.engine = None;
        self.cut_off_tapes();
        self.plane = Plane::new(Pace::Events, media::leg::Limits::default(), self.chance.random());
        self.ports.clear();
        self.media_events.clear();
        self.judge = Judge::default();
        self.outside.exchange_is_gone();
        self.streams.exchange_is_gone(self.now, self.weather);
        if let Some(store) = self.store.take() {
            self.disk = Some(store.crash(how, &mut self.chance));
        }
    }

    /// The running exchange takes other files.
    pub(crate) fn reload(&mut self, setting: Setting) {
        self.publish(setting, None);
    }

    /// The same with a version of a flow that comes into force by it.
    pub(crate) fn publish(&mut self, setting: Setting, published: Option<Version>) {
        self.versions.extend(published.clone());
        let files = Files {
            config: setting.config.clone(),
            flows: setting.flows.clone(),
            sounds: setting.sounds.clone(),
            published,
        };
        self.setting = setting;
        self.command(Command::Reload(Box::new(files)));
    }

    /// The next start finds other files.
    pub(crate) fn change_setting(&mut self, setting: Setting) {
        self.setting = setting;
    }

    /// The store does not keep up, and answers are without promise.
    pub(crate) fn degraded(&self) -> bool {
        self.degraded
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("the exchange is up")
    }

    pub(crate) fn plane(&self) -> &Plane {
        &self.plane
    }

    pub(crate) fn store(&mut self) -> &mut SimStore {
        self.store.as_mut().expect("the exchange is up")
    }

    pub(crate) fn config(&self) -> &Config {
        &self.setting.config
    }

    pub(crate) fn command(&mut self, command: Command) {
        self.feed(Input::Command(RequestId(0), command));
    }

    /// What the exchange answers, once there is something to tell.
    #[track_caller]
    pub(crate) fn ask(&mut self, command: Command) -> Reply {
        self.replies.clear();
        self.command(command);
        self.until("the exchange answers", |sim| !sim.replies.is_empty());
        self.replies.remove(0)
    }

    pub(crate) fn status(&mut self, seat: &str, change: StatusChange) {
        self.command(Command::SeatStatus(SeatId::from(seat), change));
    }

    /// Somebody puts the clock on the wall forward, or back.
    pub(crate) fn set_clock(&mut self, seconds: i64) {
        let by = jiff::SignedDuration::from_secs(seconds);
        self.start = self.start.checked_add(by).expect("a moment of this century");
    }

    /// What the clock on the wall shows.
    pub(crate) fn clock(&self) -> jiff::Timestamp {
        self.wall().wall
    }

    fn wall(&self) -> Now {
        Now { mono: self.now, wall: self.start + self.now.since_start() }
    }

    fn feed(&mut self, input: Input<'_>) {
        let now = self.wall();
        if let Some(engine) = self.engine.as_mut() {
            engine.handle_input(now, input);
            self.drain();
        }
    }

    /// Carry out what the engine wants, and what follows at this very moment.
    fn drain(&mut self) {
        loop {
            while let Some(output) = self.engine.as_mut().and_then(Engine::poll_output) {
                self.on_output(output);
            }
            while let Some(event) = self.plane.poll_event() {
                self.media_events.push_back(event);
            }
            let Some(event) = self.media_events.pop_front() else { break };
            let now = self.wall();
            if let Some(engine) = self.engine.as_mut() {
                engine.handle_input(now, Input::Media(event));
            }
        }
        self.check();
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::Transmit(transmit) => {
                self.judge_answer(&transmit);
                self.send(Side::Exchange, &transmit);
            }
            Output::CloseStream(link) => {
                self.streams.close(self.now, self.weather, Side::Exchange, link);
            }
            Output::Tell(_) => unreachable!("phones here speak SIP"),
            Output::Media(media::Command::Open { leg }) => self.open_port(leg),
            Output::Media(command) => {
                if self.on_tape_command(&command) {
                    return;
                }
                if let media::Command::Close { leg } = &command {
                    self.ports.retain(|_, owner| owner != leg);
                }
                self.plane.handle_command(self.now, command);
            }
            Output::Append { lsn, entry, promised } => {
                if let Fact::Degraded { on, .. } = entry.fact {
                    self.degraded = on;
                    self.degraded_ever |= on;
                }
                self.judge_appended(lsn, &entry);
                if let Fact::ContactOpened { from: Personal::Clear(from), .. } = &entry.fact {
                    self.opened.insert(from.clone(), lsn);
                }
                self.judge.on_append(lsn, &entry);
                self.facts.push((*entry).clone());
                self.store.as_mut().expect("the exchange is up").append(lsn, *entry, promised);
            }
            Output::Reply(_, reply) => self.replies.push(reply),
            Output::Ask(id, question) => self.on_asked(id, &question),
            Output::Speak(id, text) => self.on_speak(id, &text),
            Output::Stopped => self.stopped = true,
        }
    }

    fn open_port(&mut self, leg: LegId) {
        if self.no_ports > 0 {
            self.no_ports -= 1;
            self.media_events
                .push_back(media::Event::OpenFailed { leg, error: "no port is free".to_owned() });
            return;
        }
        let port = self.next_port;
        self.next_port = self.next_port.checked_add(2).unwrap_or(FIRST_PORT);
        self.ports.insert(port, leg);
        self.plane.open(self.now, leg, port);
    }

    // -- time

    fn next_event(&self) -> Option<Mono> {
        earliest([
            self.packets.first_key_value().map(|((at, _), _)| *at),
            self.streams.poll_timeout(),
            self.outside.poll_timeout(),
            self.alarms.first().map(|(at, _)| *at),
            self.engine.as_ref().and_then(Engine::poll_timeout),
            self.engine.as_ref().and_then(|_| self.plane.poll_timeout()),
            self.store.as_ref().and_then(SimStore::poll_timeout),
        ])
    }

    /// Let this much time pass.
    pub(crate) fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(at) = self.next_event().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.step();
        }
        self.now = until;
    }

    /// Let time pass until this is so; not for ever.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, mut so: impl FnMut(&mut Sim) -> bool) {
        let give_up = self.now + PATIENCE;
        while !so(self) {
            let Some(at) = self.next_event().filter(|at| *at <= give_up) else {
                panic!("nothing more happens, and still not: {what}\n{}", self.tale());
            };
            self.now = self.now.max(at);
            self.step();
        }
    }

    /// Everything that is due now.
    fn step(&mut self) {
        while let Some(entry) = self.packets.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let packet = entry.remove();
            self.deliver(&packet);
        }
        self.deliver_streams();
        self.deliver_answers();
        if let Some(store) = self.store.as_mut() {
            for event in store.poll(self.now) {
                self.on_store(&event);
            }
        }
        if self.engine.is_some() && self.plane.poll_timeout().is_some_and(|at| at <= self.now) {
            self.plane.handle_timeout(self.now);
            self.drain();
        }
        if self.engine.as_ref().and_then(Engine::poll_timeout).is_some_and(|at| at <= self.now) {
            self.feed(Input::Timeout);
        }
        while let Some((at, id)) = self.alarms.first().copied().filter(|(at, _)| *at <= self.now) {
            self.alarms.remove(&(at, id));
            self.alarm_of.remove(&id);
            self.with_phone(id, |phone, now| {
                phone.endpoint.handle_timeout(now);
                if phone.acts_at.is_some_and(|at| at <= now) {
                    phone.act(now);
                }
            });
        }
    }

    fn on_store(&mut self, event: &StoreEvent) {
        match event {
            StoreEvent::Written(lsn) => {
                let last = self.store().journal().last();
                if last < *lsn {
                    self.hold_against(Err(format!(
                        "{lsn:?} is told as written, the journal ends at {last:?}"
                    )));
                }
                self.written = *lsn;
                self.feed(Input::Written(*lsn));
            }
            StoreEvent::Durable(lsn) => {
                self.durable = *lsn;
                self.feed(Input::Durable(*lsn));
            }
            StoreEvent::Failed(_) => self.feed(Input::StoreFailed),
        }
    }
}
