//! A handset against an endpoint that stands for the exchange, in virtual time on a network that loses nothing.

use std::path::PathBuf;

use super::*;
use crate::io::phone::{Dial, Keys, Manner, Seat};
use crate::media::Command;
use crate::sip::{Outgoing, Target, Transport};

const LINK: &str = "127.0.0.1:4000";
const EXCHANGE: &str = "127.0.0.1:5060";
const SECOND: Duration = Duration::from_secs(1);

struct World {
    now: Mono,
    handset: Handset,
    exchange: Endpoint,
    /// The exchange's machine is there.
    reachable: bool,
    events: VecDeque<Event>,
    /// What the person was told, and the media plane, in order.
    said: Vec<String>,
    orders: Vec<Command>,
}

fn link(transport: Transport) -> Link {
    let address = |text: &str| text.parse().expect("an address");
    Link { transport, local: address(LINK), remote: address(EXCHANGE) }
}

fn setup() -> Setup {
    Setup {
        exchange: link(Transport::Udp).remote,
        transport: Transport::Udp,
        play: Setup::silence(),
        record: None,
        hang_up_after: None,
    }
}

fn dial(keys: &str) -> Duty {
    let keys = Keys::parse(keys, |_| Ok(2 * SECOND)).expect("keys");
    Duty::Dial(Dial { number: "055055".into(), from: "0552768224".into(), password: None, keys })
}

fn seat(password: &str, manner: Manner) -> Duty {
    Duty::Seat(Seat { user: "seat01".into(), password: password.into(), manner, calls: None })
}

const AT_ONCE: Manner = Manner::Answer { after: SECOND };

impl World {
    fn new(setup: Setup, duty: Duty) -> World {
        World::over(Transport::Udp, setup, duty)
    }

    fn over(transport: Transport, setup: Setup, duty: Duty) -> World {
        let settings = Settings {
            users: [("seat01".into(), "uno".to_owned())].into(),
            trunks: vec![("world".into(), "127.0.0.0/8".parse().expect("a range"))],
            ..Settings::default()
        };
        let mut world = World {
            now: Mono::ZERO,
            handset: Handset::new(Mono::ZERO, setup, duty, link(transport), [7; 32]),
            exchange: Endpoint::new(settings, [8; 32]),
            reachable: true,
            events: VecDeque::new(),
            said: Vec::new(),
            orders: Vec::new(),
        };
        world.settle();
        world
    }

    /// Carries everything until nothing moves.
    fn settle(&mut self) {
        loop {
            let before = (self.said.len(), self.orders.len());
            let mut moved = false;
            while let Some(order) = self.handset.poll_order() {
                if let Command::Open { leg } = order {
                    self.handset.handle_media(self.now, media::Event::Opened { leg, port: 12_000 });
                }
                self.orders.push(order);
            }
            while let Some(Transmit { link, bytes }) = self.handset.poll_transmit() {
                moved = true;
                let link = Link { local: link.remote, remote: link.local, ..link };
                match link.transport {
                    _ if !self.reachable => {}
                    Transport::Udp => self.exchange.handle_datagram(self.now, link, &bytes),
                    Transport::Tcp => self.exchange.handle_stream(self.now, link, &bytes),
                }
            }
            while let Some(Transmit { link, bytes }) = self.exchange.poll_transmit() {
                moved = true;
                let link = Link { local: link.remote, remote: link.local, ..link };
                match link.transport {
                    Transport::Udp => self.handset.handle_datagram(self.now, link, &bytes),
                    Transport::Tcp => self.handset.handle_stream(self.now, link, &bytes),
                }
            }
            self.events.extend(std::iter::from_fn(|| self.exchange.poll_event()));
            while let Some(notice) = self.handset.poll_notice() {
                self.said.push(notice.to_string());
            }
            if !moved && before == (self.said.len(), self.orders.len()) {
                break;
            }
        }
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(at) = earliest([self.handset.poll_timeout(), self.exchange.poll_timeout()])
            && at <= end
            && !self.is_over()
        {
            self.now = self.now.max(at);
            self.handset.handle_timeout(self.now);
            self.exchange.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    fn incoming(&mut self) -> DialogId {
        self.events
            .iter()
            .find_map(|event| match event {
                Event::Incoming { dialog, .. } => Some(*dialog),
                _ => None,
            })
            .expect("a call came")
    }

    /// The exchange answers the call that came.
    fn answer(&mut self) -> DialogId {
        let dialog = self.incoming();
        let offer = self.events.iter().find_map(|event| match event {
            Event::Incoming { invite, .. } => invite.offer.clone(),
            _ => None,
        });
        let local = &mut Local::new([127, 0, 0, 1].into(), 20_000, 9);
        let (sdp, _) = local.answer(&offer.expect("a phone offers")).expect("a phone's offer is good");
        self.exchange.ring(self.now, dialog);
        self.exchange.answer(self.now, dialog, sdp);
        self.settle();
        dialog
    }

    /// The exchange calls the seat.
    fn call(&mut self) -> DialogId {
        let outgoing = Outgoing {
            to: Target::User("seat01".into()),
            from_user: "0552768224".into(),
            from_display: Some("Anagrafe 0552768224".into()),
            offer: Local::new([127, 0, 0, 1].into(), 20_000, 9).offer(),
            credentials: None,
        };
        let dialog = self.exchange.invite(self.now, outgoing).expect("it is registered");
        self.settle();
        dialog
    }

    fn is_over(&self) -> bool {
        self.handset.is_over(self.now)
    }

    fn pressed(&self) -> String {
        let digit = |order: &Command| match order {
            Command::SendDigit { digit, .. } => Some(*digit),
            _ => None,
        };
        self.orders.iter().filter_map(digit).collect()
    }
}

#[test]
fn caller_who_is_answered_presses_keys_until_the_other_side_hangs_up() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let mut world = World::over(transport, setup(), dial("1,wait:2s,2"));
        let dialog = world.answer();
        assert_eq!(world.said, ["ringing", "answered"]);
        world.advance(SECOND);
        assert_eq!(world.pressed(), "1");
        world.advance(2 * SECOND);
        assert_eq!(world.pressed(), "12");
        world.exchange.bye(world.now, dialog);
        world.settle();
        assert_eq!(world.said[2..], ["pressed 1", "pressed 2", "hung up by the other side after 3.0 s"]);
        assert!(world.is_over(), "{transport:?}");
        assert!(world.handset.into_result().is_ok());
    }
}

#[test]
fn caller_hangs_up_when_it_is_time_and_waits_until_the_exchange_knows() {
    let mut world = World::new(Setup { hang_up_after: Some(5 * SECOND), ..setup() }, dial(""));
    world.answer();
    world.reachable = false;
    world.advance(5 * SECOND);
    assert_eq!(world.said.last().map(String::as_str), Some("hung up after 5.0 s"));
    assert!(!world.is_over(), "the BYE was lost");
    world.reachable = true;
    world.advance(SECOND);
    assert!(world.is_over());
    assert!(world.events.iter().any(|event| matches!(event, Event::Ended { how: Ended::Bye, .. })));
}

#[test]
fn caller_who_is_refused_learns_the_status_in_words() {
    let mut world = World::new(setup(), dial("1"));
    let dialog = world.incoming();
    world.exchange.reject(world.now, dialog, 404, None);
    world.settle();
    assert!(world.is_over());
    let error = world.handset.into_result().expect_err("not answered").to_string();
    assert_eq!(error, "not answered: 404 nobody has this number");
}

#[test]
fn caller_of_nobody_is_told_early_and_gives_up_late() {
    let mut world = World::new(setup(), dial(""));
    world.reachable = false;
    world.handset = Handset::new(world.now, setup(), dial(""), link(Transport::Udp), [9; 32]);
    world.settle();
    world.advance(3 * SECOND);
    assert_eq!(world.said, ["no word from 127.0.0.1:5060 yet; does `centralino serve` run there?"]);
    world.advance(40 * SECOND);
    assert!(world.is_over());
    let error = world.handset.into_result().expect_err("not answered").to_string();
    assert!(error.starts_with("not answered: nobody speaks SIP over UDP at 127.0.0.1:5060"), "{error}");
}

#[test]
fn caller_who_gives_up_while_it_rings_cancels() {
    let mut world = World::new(setup(), dial(""));
    let dialog = world.incoming();
    world.exchange.ring(world.now, dialog);
    world.settle();
    assert!(world.handset.interrupt(world.now));
    world.settle();
    assert!(world.events.iter().any(|event| matches!(event, Event::Cancelled { .. })));
    assert!(world.is_over());
    assert!(!world.handset.interrupt(world.now), "a second wish ends at once");
    assert!(matches!(world.handset.into_result(), Err(PhoneError::GivenUp { .. })));
}

#[test]
fn seat_answers_after_its_time_and_stays_for_the_next_call() {
    let mut world = World::new(setup(), seat("uno", AT_ONCE));
    assert_eq!(world.said, ["registered"]);
    for _ in 0..2 {
        world.said.clear();
        let dialog = world.call();
        world.advance(SECOND);
        assert_eq!(world.said, ["ringing: \"Anagrafe 0552768224\" <0552768224>", "answered"]);
        world.advance(2 * SECOND);
        world.exchange.bye(world.now, dialog);
        world.settle();
        assert_eq!(world.said.last().map(String::as_str), Some("ended after 2.0 s by the other side"));
        assert!(!world.is_over());
    }
    assert!(world.handset.interrupt(world.now));
    world.settle();
    assert_eq!(world.said.last().map(String::as_str), Some("unregistered"));
    assert!(world.is_over());
}

#[test]
fn seat_that_is_left_in_a_call_hangs_up_and_unregisters() {
    let mut world =
        World::new(Setup { record: Some(PathBuf::from("op.wav")), ..setup() }, seat("uno", AT_ONCE));
    world.call();
    world.advance(SECOND);
    assert!(world.handset.interrupt(world.now));
    world.settle();
    assert!(world.events.iter().any(|event| matches!(event, Event::Ended { how: Ended::Bye, .. })));
    assert!(world.events.iter().any(|event| matches!(event, Event::Unregistered { expired: false, .. })));
    assert!(!world.is_over(), "the recording is not closed yet");
    world.handset.handle_media(
        world.now,
        media::Event::Recorded { file: "op.wav".into(), length: SECOND, said: None },
    );
    assert!(world.is_over());
}

#[test]
fn seat_leaves_after_the_calls_it_came_for() {
    let duty = Duty::Seat(Seat {
        user: "seat01".into(),
        password: "uno".into(),
        manner: Manner::Reject,
        calls: Some(1),
    });
    let mut world = World::new(setup(), duty);
    world.call();
    assert!(world.events.iter().any(|event| matches!(event, Event::Rejected { status: 486, .. })));
    assert_eq!(world.said[2..], ["rejected", "unregistered"]);
    assert!(world.is_over());
}

#[test]
fn seat_that_does_not_answer_rings_until_the_caller_is_gone() {
    let mut world = World::new(setup(), seat("uno", Manner::Ring));
    let dialog = world.call();
    world.advance(60 * SECOND);
    assert_eq!(world.said.len(), 2);
    world.exchange.bye(world.now, dialog);
    world.settle();
    assert_eq!(world.said.last().map(String::as_str), Some("stopped ringing"));
}

#[test]
fn seat_with_a_wrong_password_says_so_and_ends() {
    let mut world = World::new(setup(), seat("due", AT_ONCE));
    assert!(world.is_over());
    world.settle();
    let error = world.handset.into_result().expect_err("it cannot register").to_string();
    assert!(error.starts_with("seat01 cannot register: 401 wrong password, or no such seat"), "{error}");
}

#[test]
fn second_caller_of_a_seat_finds_it_busy() {
    let mut world = World::new(setup(), seat("uno", AT_ONCE));
    world.call();
    world.advance(SECOND);
    world.call();
    assert!(world.events.iter().any(|event| matches!(event, Event::Rejected { status: 486, .. })));
    let ringing = world.said.iter().filter(|line| line.starts_with("ringing")).count();
    assert_eq!(ringing, 1);
}

#[test]
fn peer_that_takes_no_keys_gets_none() {
    let mut world = World::new(setup(), dial("1"));
    let dialog = world.incoming();
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 20000 RTP/AVP 8\r\n";
    world.exchange.answer(world.now, dialog, sdp.as_bytes().to_vec());
    world.settle();
    world.advance(SECOND);
    assert_eq!(world.pressed(), "");
    assert_eq!(
        world.said.last().map(String::as_str),
        Some("1 was not pressed: the other side takes no keys")
    );
}
