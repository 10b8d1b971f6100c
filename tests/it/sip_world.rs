//! Endpoints on a simulated network: datagrams are lost, repeated and late as a seed decides, streams are not; time jumps from
//! one alarm to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use centralino::sip::{Endpoint, Event, Limits, Link, Settings, Transport};
use centralino::time::Mono;
use rand::rngs::ChaCha12Rng;
use rand::{Rng, SeedableRng};

pub(crate) const EXCHANGE: &str = "192.0.2.1:5060";
pub(crate) const SEAT: &str = "192.0.2.11:5060";
pub(crate) const CITIZEN: &str = "198.51.100.7:5060";

/// What the network does to datagrams, in percent.
#[derive(Clone, Copy, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    pub(crate) longest_delay_ms: u64,
}

pub(crate) struct World {
    pub(crate) now: Mono,
    pub(crate) faults: Faults,
    endpoints: BTreeMap<SocketAddr, Endpoint>,
    events: BTreeMap<SocketAddr, Vec<Event>>,
    /// By arrival and order of sending.
    flying: BTreeMap<(Mono, u64), (Link, Vec<u8>)>,
    /// Streams that are cut: what is sent on them is told to be undeliverable.
    cut: BTreeSet<Link>,
    /// When the latest piece of a stream arrives, so that none overtakes.
    latest: BTreeMap<Link, Mono>,
    sent: u64,
    rng: ChaCha12Rng,
    /// First lines of all that was sent, in order.
    pub(crate) log: Vec<String>,
    /// All that was sent, in order.
    pub(crate) sent_in_full: Vec<String>,
}

pub(crate) fn addr(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(crate) fn link(transport: Transport, local: &str, remote: &str) -> Link {
    Link { transport, local: addr(local), remote: addr(remote) }
}

fn mirrored(link: Link) -> Link {
    Link { local: link.remote, remote: link.local, ..link }
}

pub(crate) fn exchange_settings() -> Settings {
    let users = [("seat01", "uno"), ("seat02", "due")];
    Settings {
        realm: "firenze".into(),
        server: "centralino".into(),
        users: users.map(|(user, password)| (user.into(), password.into())).into(),
        trunks: vec![("world".into(), "198.51.100.0/24".parse().expect("a range"))],
        advertise: None,
        limits: Limits::default(),
    }
}

pub(crate) fn phone_settings() -> Settings {
    Settings {
        users: BTreeMap::new(),
        trunks: vec![("any".into(), "0.0.0.0/0".parse().expect("a range"))],
        ..exchange_settings()
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> World {
        let mut world = World {
            now: Mono::from_start(Duration::from_secs(1)),
            faults: Faults::default(),
            endpoints: BTreeMap::new(),
            events: BTreeMap::new(),
            flying: BTreeMap::new(),
            cut: BTreeSet::new(),
            latest: BTreeMap::new(),
            sent: 0,
            rng: ChaCha12Rng::seed_from_u64(seed),
            log: Vec::new(),
            sent_in_full: Vec::new(),
        };
        world.add(EXCHANGE, exchange_settings());
        world.add(SEAT, phone_settings());
        world.add(CITIZEN, phone_settings());
        world
    }

    pub(crate) fn add(&mut self, at: &str, settings: Settings) {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        self.endpoints.insert(addr(at), Endpoint::new(settings, seed));
    }

    pub(crate) fn at(&mut self, at: &str) -> &mut Endpoint {
        self.endpoints.get_mut(&addr(at)).expect("somebody is there")
    }

    /// Does something at an endpoint, and lets the network take what comes of it.
    pub(crate) fn act<T>(&mut self, at: &str, act: impl FnOnce(&mut Endpoint, Mono) -> T) -> T {
        let now = self.now;
        let result = act(self.at(at), now);
        self.drain(addr(at));
        result
    }

    fn drain(&mut self, at: SocketAddr) {
        let endpoint = self.endpoints.get_mut(&at).expect("somebody is there");
        let mut sent = Vec::new();
        while let Some(transmit) = endpoint.poll_transmit() {
            sent.push(transmit);
        }
        while let Some(event) = endpoint.poll_event() {
            self.events.entry(at).or_default().push(event);
        }
        for transmit in sent {
            assert_eq!(transmit.link.local, at, "sent from a foreign socket");
            let line = transmit.bytes.split(|&b| b == b'\r').next().unwrap_or_default();
            self.log.push(format!("{at} {}", String::from_utf8_lossy(line)));
            self.sent_in_full.push(String::from_utf8_lossy(&transmit.bytes).into_owned());
            self.fly(transmit.link, &transmit.bytes);
        }
    }

    fn fly(&mut self, link: Link, bytes: &[u8]) {
        let stream = link.transport == Transport::Tcp;
        if !stream && self.chance(self.faults.lost) {
            return;
        }
        let copies = if !stream && self.chance(self.faults.repeated) { 2 } else { 1 };
        for _ in 0..copies {
            let delay = 1 + self.rng.next_u64() % (self.faults.longest_delay_ms + 1);
            let mut arrival = self.now + Duration::from_millis(delay);
            if stream {
                let latest = self.latest.entry(link).or_default();
                arrival = arrival.max(*latest);
                *latest = arrival;
            }
            self.sent += 1;
            self.flying.insert((arrival, self.sent), (link, bytes.to_vec()));
        }
    }

    fn chance(&mut self, percent: u64) -> bool {
        percent > 0 && self.rng.next_u64() % 100 < percent
    }

    /// Puts bytes of our own making on the wire.
    pub(crate) fn inject(&mut self, link: Link, bytes: &[u8]) {
        self.sent += 1;
        self.flying.insert((self.now, self.sent), (link, bytes.to_vec()));
    }

    /// Cuts a stream: both ends are told.
    pub(crate) fn cut(&mut self, one: Link) {
        for end in [one, mirrored(one)] {
            let now = self.now;
            self.cut.insert(end);
            if let Some(endpoint) = self.endpoints.get_mut(&end.local) {
                endpoint.handle_stream_closed(now, end);
                self.drain(end.local);
            }
        }
    }

    /// Lets time pass, alarm by alarm and packet by packet.
    pub(crate) fn run(&mut self, time: Duration) {
        let end = self.now + time;
        for _ in 0..100_000 {
            let packet = self.flying.keys().next().map(|(at, _)| *at);
            let alarm = self.endpoints.values().filter_map(Endpoint::poll_timeout).min();
            let Some(next) = packet.into_iter().chain(alarm).min().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if packet == Some(next) {
                let (_, (link, bytes)) = self.flying.pop_first().expect("one is due");
                self.deliver(mirrored(link), &bytes);
            } else {
                let due: Vec<_> = self.endpoints.keys().copied().collect();
                for at in due {
                    self.endpoints.get_mut(&at).expect("somebody is there").handle_timeout(self.now);
                    self.drain(at);
                }
            }
        }
        panic!("the world does not come to rest");
    }

    fn deliver(&mut self, link: Link, bytes: &[u8]) {
        let now = self.now;
        if self.cut.contains(&link) {
            return;
        }
        let Some(endpoint) = self.endpoints.get_mut(&link.local) else {
            return; // nobody listens there
        };
        match link.transport {
            Transport::Udp => endpoint.handle_datagram(now, link, bytes),
            Transport::Tcp => endpoint.handle_stream(now, link, bytes),
        }
        self.drain(link.local);
    }

    /// What an endpoint has told since it was last asked.
    pub(crate) fn events(&mut self, at: &str) -> Vec<Event> {
        self.events.remove(&addr(at)).unwrap_or_default()
    }

    /// How many sent messages begin like this.
    pub(crate) fn count(&self, from: &str, line: &str) -> usize {
        self.log
            .iter()
            .filter(|entry| entry.strip_prefix(from).is_some_and(|rest| rest.trim().starts_with(line)))
            .count()
    }
}
