//! The world itself: who is in it, what happens next, and what everybody hears.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use centralino::config::Config;
use centralino::crm::ContactLine;
use centralino::engine::{Command, Engine, Input, Orphan, Output, Reply, RequestId, Setup};
use centralino::flow::Flow;
use centralino::ids::{FlowId, SeatId};
use centralino::journal::entry::{Entry, Fact, Personal};
use centralino::journal::sim_disk::{Crash, SimDisk};
use centralino::journal::sim_store::{SimDelays, SimStore};
use centralino::journal::{Lsn, StoreEvent};
use centralino::media::library::SoundLibrary;
use centralino::media::plane::{Hears, Pace, Plane};
use centralino::media::{self, LegId};
use centralino::sip::{Holding, Link, Transmit, Transport};
use centralino::time::{Mono, Now, earliest};
use centralino::views::memory::MemoryViews;
use centralino::views::{ContactFilter, Page, Views, catch_up};
use centralino::words::StatusChange;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::judge::Judge;
use super::net::Weather;
use super::oracle::Oracle;
use super::phone::{EXCHANGE, Line, Phone, PhoneId, Seen};
use super::streams::{Arrival, LATE_NEWS, RESET, Side, Streams};

/// Tuesday 24 November 2026, ten in the morning in Florence.
const START: &str = "2026-11-24T10:00:00+01:00[Europe/Rome]";
/// First port that the simulated media plane gives out.
const FIRST_PORT: u16 = 20_000;
/// How long it takes to learn that a connection cannot be had.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// Longest wait of a scenario for something to come about.
const PATIENCE: Duration = Duration::from_secs(600);

/// What every world is made of: the demo's own configuration, flows and sounds, read once.
pub(crate) struct Setting {
    pub(crate) config: Arc<Config>,
    pub(crate) flows: BTreeMap<FlowId, Arc<Flow>>,
    pub(crate) sounds: Arc<SoundLibrary>,
}

impl Setting {
    /// `config/`, `ivr-flows/` and `sounds/` of the project.
    pub(crate) fn demo() -> &'static Setting {
        static DEMO: OnceLock<Setting> = OnceLock::new();
        DEMO.get_or_init(|| {
            let root = Path::new(env!("CARGO_MANIFEST_DIR"));
            let loaded = centralino::io::setup::load(&root.join("config")).expect("the demo has no fault");
            Setting { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) }
        })
    }

    /// The same, with another flow behind 055055.
    pub(crate) fn with_flow(&self, text: &str) -> Setting {
        let environment = centralino::io::setup::environment(&self.config, &self.sounds);
        let flow = Flow::parse(text, "scenario.yaml", &environment);
        let flow = flow.unwrap_or_else(|faults| {
            panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>())
        });
        let mut flows = self.flows.clone();
        flows.insert(flow.id().clone(), Arc::new(flow));
        Setting { config: self.config.clone(), flows, sounds: self.sounds.clone() }
    }

    /// The same, with another configuration.
    pub(crate) fn with_config(&self, change: impl FnOnce(&mut Config)) -> Setting {
        let mut config = (*self.config).clone();
        change(&mut config);
        Setting { config: Arc::new(config), flows: self.flows.clone(), sounds: self.sounds.clone() }
    }
}

struct Packet {
    from: std::net::SocketAddr,
    to: std::net::SocketAddr,
    bytes: Vec<u8>,
}

pub(crate) struct Sim {
    setting: Setting,
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
    broken: Option<String>,
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
            broken: None,
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

    /// Start the exchange on what the disk holds.
    pub(crate) fn start_exchange(&mut self) {
        let disk = self.disk.take().expect("the exchange is down");
        let seed = self.chance.random();
        let (store, recovered) =
            SimStore::open(disk, seed, self.delays).expect("the journal opens after any crash");
        (self.found_at_start, self.degraded) = (recovered.last, false);
        (self.written, self.durable) = (recovered.last, recovered.last);
        let seed = self.chance.random();
        let setup = Setup {
            config: self.setting.config.clone(),
            flows: self.setting.flows.clone(),
            sounds: self.setting.sounds.clone(),
            recovered,
            seed,
            watched: true,
        };
        self.retell(&store);
        self.store = Some(store);
        self.engine = Some(Engine::new(self.wall(), setup));
        self.drain();
        self.until("the exchange lets calls in", |sim| sim.engine().is_ready());
    }

    /// What the disk lost never happened, for the oracle as for everybody.
    fn retell(&mut self, store: &SimStore) {
        self.oracle = Oracle::default();
        for (_, entry) in store.entries().expect("the journal can be read") {
            if let Err(broken) = self.oracle.follow(&self.setting.config, &entry) {
                self.broken.get_or_insert(broken);
            }
        }
    }

    /// The process is killed (or the power is cut), and the disk keeps what it must.
    pub(crate) fn crash(&mut self, how: Crash) {
        self.engine = None;
        self.plane = Plane::new(Pace::Events, media::leg::Limits::default(), self.chance.random());
        self.ports.clear();
        self.media_events.clear();
        self.judge = Judge::default();
        self.streams.exchange_is_gone(self.now, self.weather);
        if let Some(store) = self.store.take() {
            self.disk = Some(store.crash(how, &mut self.chance));
        }
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

    pub(crate) fn status(&mut self, seat: &str, change: StatusChange) {
        self.command(Command::SeatStatus(SeatId::from(seat), change));
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
            Output::Media(media::Command::Open { leg }) => self.open_port(leg),
            Output::Media(command) => {
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
                if let Err(broken) = self.oracle.follow(&self.setting.config, &entry) {
                    self.broken.get_or_insert(broken);
                }
                if let Fact::ContactOpened { from: Personal::Clear(from), .. } = &entry.fact {
                    self.opened.insert(from.clone(), lsn);
                }
                self.judge.on_append(lsn, &entry);
                self.facts.push((*entry).clone());
                self.store.as_mut().expect("the exchange is up").append(lsn, *entry, promised);
            }
            Output::Reply(_, reply) => self.replies.push(reply),
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

    fn send(&mut self, from: Side, transmit: &Transmit) {
        let Transmit { link, bytes } = transmit;
        if link.transport == Transport::Tcp {
            return self.send_stream(from, *link, bytes);
        }
        for delay in self.weather.fate(&mut self.chance, transmit) {
            self.last_packet += 1;
            let packet = Packet { from: link.local, to: link.remote, bytes: bytes.clone() };
            self.packets.insert((self.now + delay, self.last_packet), packet);
        }
    }

    /// Over the connection of this name, or over a new one, if the other side takes it.
    fn send_stream(&mut self, from: Side, link: Link, bytes: &[u8]) {
        let (now, weather) = (self.now, self.weather);
        if self.streams.send(now, (weather, &mut self.chance), (from, link), bytes).is_some() {
            return;
        }
        let called = match from {
            Side::Exchange => self.by_address.get(&link.remote).copied(),
            Side::Phone(id) => Some(id).filter(|_| self.engine.is_some()),
        };
        let takes = |phone: &Phone| from != Side::Exchange || (phone.listens && !phone.unplugged);
        match called.and_then(|id| self.phones.get(&id)).filter(|phone| takes(phone)) {
            Some(phone) => {
                self.streams.open(from, link, phone.id, phone.address);
                self.streams.send(now, (weather, &mut self.chance), (from, link), bytes);
            }
            None => self.streams.refuse(now, CONNECT_PATIENCE, from, link),
        }
    }

    // -- time

    fn next_event(&self) -> Option<Mono> {
        earliest([
            self.packets.first_key_value().map(|((at, _), _)| *at),
            self.streams.poll_timeout(),
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
        if let Some(store) = self.store.as_mut() {
            for event in store.poll(self.now) {
                self.on_store(event);
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

    fn on_store(&mut self, event: StoreEvent) {
        match event {
            StoreEvent::Written(lsn) => {
                self.written = lsn;
                self.feed(Input::Written(lsn));
            }
            StoreEvent::Durable(lsn) => {
                self.durable = lsn;
                self.feed(Input::Durable(lsn));
            }
            StoreEvent::Failed(failure) => self.feed(Input::StoreFailed(failure.to_string())),
        }
    }

    fn deliver(&mut self, packet: &Packet) {
        if packet.to == EXCHANGE {
            let link = Link { transport: Transport::Udp, local: EXCHANGE, remote: packet.from };
            return self.feed(Input::Datagram(link, &packet.bytes));
        }
        let Some(id) = self.by_address.get(&packet.to).copied() else { return };
        if self.phones.get(&id).is_some_and(|phone| phone.unplugged) {
            return;
        }
        let link = Link { transport: Transport::Udp, local: packet.to, remote: packet.from };
        self.with_phone(id, |phone, now| phone.endpoint.handle_datagram(now, link, &packet.bytes));
    }

    fn deliver_streams(&mut self) {
        loop {
            let phones = &self.phones;
            let unplugged = |id| phones.get(&id).is_some_and(|phone| phone.unplugged);
            let Some((to, arrival)) = self.streams.poll(self.now, &mut self.chance, unplugged) else {
                return;
            };
            match (to, arrival) {
                (Side::Exchange, Arrival::Bytes(link, bytes)) => self.feed(Input::Stream(link, &bytes)),
                (Side::Exchange, Arrival::Closed(link)) => self.feed(Input::StreamClosed(link)),
                (Side::Phone(id), Arrival::Bytes(link, bytes)) => {
                    self.with_phone(id, |phone, now| phone.endpoint.handle_stream(now, link, &bytes));
                }
                (Side::Phone(id), Arrival::Closed(link)) => {
                    self.with_phone(id, |phone, now| phone.endpoint.handle_stream_closed(now, link));
                }
            }
        }
    }

    /// The connections of this phone break; each side learns of it sooner or later.
    pub(crate) fn break_streams(&mut self, id: PhoneId) {
        self.streams.break_all(self.now, &mut self.chance, id, LATE_NEWS);
    }

    /// The connections of this phone are reset, and both sides know it.
    pub(crate) fn reset_streams(&mut self, id: PhoneId) {
        self.streams.break_all(self.now, &mut self.chance, id, RESET);
    }

    // -- phones

    /// Do something with a phone, then let it say what it has to say.
    pub(crate) fn with_phone<T>(&mut self, id: PhoneId, act: impl FnOnce(&mut Phone, Mono) -> T) -> T {
        let now = self.now;
        let phone = self.phones.get_mut(&id).expect("a phone of this world");
        let was_up = matches!(phone.line, Line::Up(..));
        let done = act(phone, now);
        phone.handle_events(now);
        let comes_up = !was_up && !phone.unplugged && matches!(phone.line, Line::Up(..));
        let mut out = Vec::new();
        while let Some(transmit) = phone.endpoint.poll_transmit() {
            out.push(transmit);
        }
        let closed: Vec<Link> = std::iter::from_fn(|| phone.endpoint.poll_close()).collect();
        let wake = earliest([phone.endpoint.poll_timeout(), phone.acts_at]);
        let unplugged = phone.unplugged;
        if let Some(old) = self.alarm_of.remove(&id) {
            self.alarms.remove(&(old, id));
        }
        if let Some(at) = wake {
            self.alarms.insert((at, id));
            self.alarm_of.insert(id, at);
        }
        if !unplugged {
            out.iter().for_each(|transmit| self.send(Side::Phone(id), transmit));
        } else if !out.is_empty() {
            self.break_streams(id); // what was said into them is lost
        }
        closed.iter().for_each(|link| self.streams.close(self.now, self.weather, Side::Phone(id), *link));
        if comes_up {
            self.tell_sending(id, true); // a phone in a call sends sound
        }
        done
    }

    fn add_phone(&mut self, name: &str) -> PhoneId {
        let id = PhoneId(u16::try_from(self.phones.len()).expect("a small world") + 1);
        let by_tcp = self.tcp_share > 0 && self.chance.random_range(0..100) < self.tcp_share;
        let transport = if by_tcp { Transport::Tcp } else { Transport::Udp };
        let phone = Phone::new(id, name, transport, self.chance.random());
        self.by_address.insert(phone.address, id);
        self.phones.insert(id, phone);
        id
    }

    /// A seat's phone registers and is answered.
    pub(crate) fn seat(&mut self, name: &str) -> PhoneId {
        let id = self.seat_phone(name);
        self.until("the seat is registered", |sim| sim.phones[&id].seen.contains(&Seen::Registered));
        id
    }

    /// A seat's phone begins to register.
    pub(crate) fn seat_phone(&mut self, name: &str) -> PhoneId {
        let id = self.add_phone(name);
        let password = self.config().seats[name].password.reveal().to_owned();
        self.with_phone(id, |phone, now| phone.register(now, &password));
        id
    }

    /// Pull or put back the plug of a phone.
    pub(crate) fn unplug(&mut self, id: PhoneId, unplugged: bool) {
        if let Some(phone) = self.phones.get_mut(&id) {
            phone.unplugged = unplugged;
        }
        self.tell_sending(id, !unplugged);
    }

    /// A citizen with this number dials.
    pub(crate) fn dial_from(&mut self, from: &str, number: &str) -> PhoneId {
        let id = self.add_phone(from);
        self.with_phone(id, |phone, now| phone.dial(now, number));
        id
    }

    /// A citizen dials, from a number of the own.
    pub(crate) fn dial(&mut self, number: &str) -> PhoneId {
        let from = format!("+39055{:07}", 2_000_000 + self.phones.len());
        self.dial_from(&from, number)
    }

    /// A citizen dials and is answered.
    pub(crate) fn call(&mut self, number: &str) -> PhoneId {
        let id = self.dial(number);
        self.until("the call is answered", |sim| sim.phones[&id].seen.contains(&Seen::Answered));
        id
    }

    pub(crate) fn hang_up(&mut self, id: PhoneId) {
        self.with_phone(id, |phone, now| phone.hang_up(now));
    }

    /// The leg of the exchange that this phone's SDP names.
    fn leg_of(&self, id: PhoneId) -> Option<LegId> {
        match self.phones.get(&id)?.line {
            Line::Up(_, port) => self.ports.get(&port).copied(),
            _ => None,
        }
    }

    /// The phone begins or stops to send sound.
    pub(crate) fn tell_sending(&mut self, id: PhoneId, sending: bool) {
        if let Some(leg) = self.leg_of(id) {
            self.plane.handle_sending(self.now, leg, sending);
        }
    }

    /// Press keys, one after another.
    pub(crate) fn press(&mut self, id: PhoneId, keys: &str) {
        for key in keys.chars() {
            if let Some(leg) = self.leg_of(id) {
                self.plane.handle_digit(leg, key);
                self.drain();
            }
        }
    }

    // -- what there is to hear and see

    /// Names of the sounds that this phone is being played.
    pub(crate) fn plays(&self, id: PhoneId) -> Vec<String> {
        let Some(leg) = self.leg_of(id) else { return Vec::new() };
        match self.plane.hears(leg) {
            Hears::Sounds(player) => player.sounds().iter().map(|sound| sound.name.to_string()).collect(),
            Hears::Nothing | Hears::Leg(_) => Vec::new(),
        }
    }

    /// Whether this phone is being played this sound (`language/name`).
    pub(crate) fn hears(&self, id: PhoneId, sound: &str) -> bool {
        self.plays(id).iter().any(|name| name == sound)
    }

    /// Both hear each other, each at the address that its phone listens on.
    pub(crate) fn talk_together(&self, a: PhoneId, b: PhoneId) -> bool {
        let (Some(a_leg), Some(b_leg)) = (self.leg_of(a), self.leg_of(b)) else { return false };
        let hears = |one, other| matches!(self.plane.hears(one), Hears::Leg(leg) if leg == other);
        let sent_to = |id: PhoneId, leg| {
            self.plane.remote(leg).and_then(|remote| remote.addr) == Some(self.phones[&id].rtp())
        };
        hears(a_leg, b_leg) && hears(b_leg, a_leg) && sent_to(a, a_leg) && sent_to(b, b_leg)
    }

    /// The seat that this citizen talks with.
    pub(crate) fn partner(&self, citizen: PhoneId) -> Option<PhoneId> {
        self.phones.keys().copied().find(|other| *other != citizen && self.talk_together(citizen, *other))
    }

    pub(crate) fn line(&self, id: PhoneId) -> Line {
        self.phones[&id].line
    }

    pub(crate) fn is_up_on(&self, id: PhoneId) -> bool {
        matches!(self.line(id), Line::Up(..))
    }

    /// Every contact on record, as scripts read them, oldest first.
    pub(crate) fn contacts(&mut self) -> Vec<ContactLine> {
        let mut views = MemoryViews::default();
        catch_up(&mut views, self.store().journal()).expect("memory does not fail");
        let keys = self.store().journal().keys();
        let page = Page { limit: usize::MAX, after: None };
        let listing = views.contacts(&ContactFilter::default(), &page).expect("memory does not fail");
        listing.contacts.iter().rev().map(|contact| contact.line(&keys)).collect()
    }

    /// The contact of this citizen's call.
    #[track_caller]
    pub(crate) fn contact(&mut self, citizen: PhoneId) -> ContactLine {
        let from = self.phones[&citizen].name.clone();
        self.advance(Duration::from_millis(300)); // everything is written
        let contacts = self.contacts();
        let mut found = contacts.into_iter().filter(|line| line.from.as_deref() == Some(&*from));
        let contact = found.next().unwrap_or_else(|| panic!("no contact of {from}\n{}", self.tale()));
        assert!(found.next().is_none(), "two contacts of {from}");
        contact
    }

    /// The entry that opened this citizen's contact.
    pub(crate) fn opened_at(&self, citizen: PhoneId) -> Option<Lsn> {
        self.opened.get(&*self.phones[&citizen].name).copied()
    }

    /// What must hold after every step.
    fn check(&mut self) {
        // What is due at this very moment may still be on its turn.
        let before = self.now - Duration::from_nanos(1);
        if let Some(engine) = &self.engine
            && let Err(broken) = engine.distribution().invariants(before)
        {
            self.broken.get_or_insert(broken);
        }
        if let Some(engine) = self.engine.as_ref().filter(|_| self.judge.is_due(self.now)) {
            let mut orphans = engine.orphans();
            orphans.retain(|orphan| !self.is_open(orphan));
            let legs = self.plane.legs().chain(self.ports.values().copied());
            orphans.extend(legs.filter(|leg| !engine.holds_leg(*leg)).map(Orphan::Leg));
            if let Err(broken) = self.judge.on_orphans(self.now, orphans) {
                self.broken.get_or_insert(broken);
            }
        }
    }

    /// A connection that is there: it needs no call.
    fn is_open(&self, orphan: &Orphan) -> bool {
        matches!(orphan, Orphan::Sip(Holding::Stream(link)) if self.streams.exchange_has(*link))
    }

    fn judge_answer(&mut self, transmit: &Transmit) {
        let to = self.phones.values().find(|phone| phone.address.ip() == transmit.link.remote.ip());
        let is_citizen = to.is_some_and(|phone| !phone.name.starts_with("seat"));
        if is_citizen
            && !self.degraded
            && let Err(broken) = self.judge.on_transmit(&transmit.bytes, self.written)
        {
            self.broken.get_or_insert(broken);
        }
    }

    /// The first promise that was broken, if any.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// The last facts, for a failure's message.
    pub(crate) fn tale(&self) -> String {
        self.tale_of(40)
    }

    pub(crate) fn tale_of(&self, most: usize) -> String {
        let last = self.facts.iter().rev().take(most).rev();
        last.map(|entry| format!("  {} {:?}\n", entry.at_ms - self.start.as_millisecond(), entry.fact))
            .collect()
    }
}
