//! From the end of a seat's wrap-up to the INVITE for it, while 1 000 callers wait and 100 seats work:
//! `cargo bench --bench seat_free`. The port for the operator's side is there at once, so this is the control thread's own time;
//! the budget of 5 ms p99 (ARCHITECTURE.md) is for the wire.

mod support;

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use centralino::acd::{SeatRules, Serving, Skills};
use centralino::config::{Callable, Config, Seat, Secret};
use centralino::ids::SeatId;
use centralino::sdp::Local;
use centralino::sip::{DialogId, Endpoint, Event, Link, Registration, Settings, Transport};
use divan::{AllocProfiler, Bencher};
use support::{Citizen, EXCHANGE, Entries, Exchange};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const WAITING: u64 = 1_000;
const SEATS: u8 = 100;
/// Short, so that nobody waits for longer than the flow allows and no registration runs out.
const WRAP_UP: Duration = Duration::from_millis(100);

fn main() {
    divan::main();
}

/// An operator's phone: a real endpoint, so that it can prove its password and keep its dialog.
struct Desk {
    endpoint: Endpoint,
    address: SocketAddr,
    sdp: Local,
    talking: Option<DialogId>,
}

/// A floor where every seat is busy and the queue stays as long as it is.
struct Floor {
    exchange: Exchange,
    desks: Vec<Desk>,
    citizens: u64,
}

fn seat_name(number: u8) -> String {
    format!("desk{number:03}")
}

fn enlarge(config: &mut Config) {
    let queues: Vec<_> = config.queues.keys().cloned().collect();
    for queue in config.queues.values_mut() {
        queue.rules.max_waiting = 10_000;
        queue.rules.wrap_up = WRAP_UP;
    }
    config.engine.max_calls = 10_000;
    config.seats = (0..SEATS)
        .map(|number| SeatId::from(&*seat_name(number)))
        .map(|id| {
            let queues = queues.iter().map(|queue| (queue.clone(), Serving::default())).collect();
            let (skills, pauses, people) = (Skills::default(), Arc::default(), Arc::default());
            let rules =
                SeatRules { id: id.clone(), queues, skills, auto_login: true, pauses, people, usual: None };
            let password = Secret::new("secret".to_owned());
            (
                id,
                Seat {
                    password,
                    extension: None,
                    rules,
                    location: None,
                    supervisor: false,
                    may_call: Callable::ALL.into(),
                },
            )
        })
        .collect();
}

impl Floor {
    fn busy() -> Floor {
        let mut exchange = Exchange::start(Entries::Written, enlarge);
        exchange.prompts_end_at_once = true;
        let mut floor = Floor { exchange, desks: (0..SEATS).map(Desk::new).collect(), citizens: 0 };
        for number in 0..SEATS {
            floor.desks[usize::from(number)].register(number, &floor.exchange);
            floor.settle();
        }
        for _ in 0..WAITING + u64::from(SEATS) {
            floor.citizen_enters();
        }
        assert!(floor.desks.iter().all(|desk| desk.talking.is_some()), "every seat is busy");
        floor
    }

    /// A citizen calls and chooses the registry office.
    fn citizen_enters(&mut self) {
        self.citizens += 1;
        let citizen = Citizen::new(self.citizens);
        self.exchange.hear(Citizen::TRUNK, &citizen.invite());
        let answer = self.exchange.sent.pop_back().expect("the call is answered");
        let leg = self.exchange.newest_leg();
        self.exchange.hear(Citizen::TRUNK, &citizen.ack(&Citizen::to_of(&answer.bytes)));
        self.exchange.press(leg, '1');
        self.settle();
    }

    /// What the exchange says reaches the desks, and what they say reaches the exchange, until all is said.
    fn settle(&mut self) {
        loop {
            while let Some(transmit) = self.exchange.sent.pop_front() {
                let desk = self.desks.iter_mut().find(|desk| desk.address == transmit.link.remote);
                if let Some(desk) = desk {
                    desk.hear(&self.exchange, &transmit.bytes);
                }
            }
            let mut quiet = true;
            for desk in &mut self.desks {
                while let Some(transmit) = desk.endpoint.poll_transmit() {
                    self.exchange.hear(desk.address, &transmit.bytes);
                    quiet = false;
                }
            }
            if quiet && self.exchange.sent.is_empty() {
                return;
            }
        }
    }

    /// One talk ends, a citizen more comes, and time stands just before the end of the wrap-up.
    fn one_wraps_up(&mut self) {
        self.settle();
        let now = self.exchange.now();
        let desk = self.desks.iter_mut().find(|desk| desk.talking.is_some()).expect("somebody talks");
        let dialog = desk.talking.take().expect("just looked");
        desk.endpoint.bye(now, dialog);
        self.settle();
        self.citizen_enters();
        let until = now + WRAP_UP;
        while let Some(due) = self.exchange.wakes_at().filter(|due| *due < until) {
            self.exchange.wake(due);
        }
        self.settle();
    }

    /// The wrap-up is over: the INVITE is out.
    fn seat_is_free(&mut self) {
        let due = self.exchange.wakes_at().expect("the end of the wrap-up");
        self.exchange.wake(due);
        assert!(self.exchange.sent.iter().any(|sent| sent.bytes.starts_with(b"INVITE ")), "a seat is rung");
    }
}

impl Desk {
    fn new(number: u8) -> Desk {
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 2, 0, number)), 5060);
        let settings =
            Settings { trunks: vec![("exchange".into(), EXCHANGE.ip().into())], ..Settings::default() };
        let sdp = Local::new(address.ip(), 4000, 1);
        Desk { endpoint: Endpoint::new(settings, [number; 32]), address, sdp, talking: None }
    }

    fn link(&self) -> Link {
        Link { transport: Transport::Udp, local: self.address, remote: EXCHANGE }
    }

    fn register(&mut self, number: u8, exchange: &Exchange) {
        let registration = Registration {
            user: seat_name(number),
            password: "secret".to_owned(),
            registrar: self.link(),
            expires: Duration::from_secs(120),
        };
        self.endpoint.register(exchange.now(), registration);
    }

    /// Takes every call at once.
    fn hear(&mut self, exchange: &Exchange, bytes: &[u8]) {
        let now = exchange.now();
        self.endpoint.handle_datagram(now, self.link(), bytes);
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Incoming { dialog, invite } => {
                    let offer = invite.offer.expect("the exchange offers");
                    let (answer, _) = self.sdp.answer(&offer).expect("what we speak");
                    self.endpoint.answer(now, dialog, answer);
                    self.talking = Some(dialog);
                }
                Event::Ended { dialog, .. } if self.talking == Some(dialog) => self.talking = None,
                _ => {}
            }
        }
    }
}

/// Nothing but the end of one wrap-up, until the INVITE is out.
#[divan::bench(sample_size = 1, sample_count = 300)]
fn seat_free_to_invite(bencher: Bencher<'_, '_>) {
    let floor = RefCell::new(Floor::busy());
    let ready = || floor.borrow_mut().one_wraps_up();
    bencher.with_inputs(ready).bench_local_values(|()| floor.borrow_mut().seat_is_free());
}
