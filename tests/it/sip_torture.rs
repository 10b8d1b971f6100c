//! The torture messages of RFC 4475 and RFC 5118 against a whole endpoint, over UDP and TCP: it reacts as the manifest says, is silent only
//! where silence is due, sends nothing to anybody but the sender, and leaves nothing behind.

use std::time::Duration;

use centralino::sip::{Endpoint, Event, Link, Settings, Transport};
use centralino::time::Mono;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::sip_world::{addr, exchange_settings};
use crate::torture::cases;

/// What came of a message: statuses of the answers, whether the stream is to be closed.
#[derive(Debug, Default)]
struct Reaction {
    statuses: Vec<u16>,
    closed: bool,
    answers: String,
}

fn endpoint() -> Endpoint {
    let trunks = vec![("world".into(), "0.0.0.0/0".parse().expect("a range"))];
    Endpoint::new(Settings { trunks, ..exchange_settings() }, [1; 32])
}

fn link(transport: Transport) -> Link {
    Link { transport, local: addr("192.0.2.1:5060"), remote: addr("203.0.113.5:40000") }
}

fn drain(endpoint: &mut Endpoint, link: Link, reaction: &mut Reaction) -> Vec<Event> {
    while let Some(transmit) = endpoint.poll_transmit() {
        assert_eq!(transmit.link, link, "an answer went astray");
        let text = String::from_utf8_lossy(&transmit.bytes).into_owned();
        if let Some(rest) = text.strip_prefix("SIP/2.0 ") {
            reaction.statuses.push(rest[..3].parse().expect("a status"));
        }
        reaction.answers.push_str(&text);
    }
    while let Some(closed) = endpoint.poll_close() {
        assert_eq!(closed, link);
        reaction.closed = true;
    }
    std::iter::from_fn(|| endpoint.poll_event()).collect()
}

/// Feeds one file, byte by byte on a stream, and refuses the calls that come of it.
fn react(transport: Transport, bytes: &[u8]) -> Reaction {
    let (mut endpoint, link, mut reaction) = (endpoint(), link(transport), Reaction::default());
    let now = Mono::from_start(Duration::from_secs(1));
    match transport {
        Transport::Udp => endpoint.handle_datagram(now, link, bytes),
        Transport::Tcp => bytes.chunks(7).for_each(|piece| endpoint.handle_stream(now, link, piece)),
    }
    for event in drain(&mut endpoint, link, &mut reaction) {
        if let Event::Incoming { dialog, .. } = event {
            endpoint.reject(now, dialog, 404, None);
        }
    }
    drain(&mut endpoint, link, &mut reaction);
    while let Some(at) = endpoint.poll_timeout() {
        endpoint.handle_timeout(at);
        let mut later = Reaction::default();
        drain(&mut endpoint, link, &mut later);
        reaction.closed |= later.closed;
        if at > now + Duration::from_secs(700) {
            panic!("it does not come to rest");
        }
    }
    let census = endpoint.census();
    assert_eq!((census.server_transactions, census.dialogs, census.client_transactions), (0, 0, 0));
    reaction
}

impl Reaction {
    /// Well-formed and dealt with: by any answer but one that says that it could not be read.
    fn is_acceptance(&self) -> bool {
        !self.statuses.is_empty()
            && self.statuses.iter().all(|status| !matches!(status, 400 | 500 | 505 | 513))
    }

    fn fits(&self, expected: &str) -> bool {
        match expected {
            "any" => true,
            "absorb" | "drop" => self.statuses.is_empty(),
            "accept" => self.is_acceptance(),
            "close" => self.closed,
            status => self.statuses.last() == status.parse().ok().as_ref(),
        }
    }
}

#[test]
fn every_torture_datagram_gets_the_reaction_it_deserves() {
    for case in cases() {
        let reaction = react(Transport::Udp, &case.bytes);
        let fits = case.expected.iter().any(|expected| reaction.fits(expected));
        assert!(fits, "{}: expected {:?}, got {reaction:?}", case.file, case.expected);
        if case.expected == ["absorb"] {
            assert!(reaction.statuses.is_empty(), "{}: a response was answered", case.file);
        }
    }
}

/// On a stream some files mean something else: without a usable Content-Length the message has no end (400 and close), with one
/// that is too large it is waited for in vain.
#[test]
fn every_torture_stream_gets_the_reaction_it_deserves() {
    for case in cases() {
        let reaction = react(Transport::Tcp, &case.bytes);
        let lacks_length = {
            let text = String::from_utf8_lossy(&case.bytes).to_ascii_lowercase();
            !text.contains("\r\ncontent-length") && !text.contains("\r\nl:") && !text.contains("\r\nl :")
        };
        let fits = case.expected.iter().any(|expected| reaction.fits(expected));
        let is_cut = matches!(case.file.as_str(), "rfc4475/clerr.dat" | "rfc4475/baddn.dat");
        assert!(
            fits || ((lacks_length || is_cut) && reaction.closed),
            "{}: expected {:?}, got {reaction:?}",
            case.file,
            case.expected
        );
        if case.expected == ["absorb"] {
            assert!(reaction.statuses.is_empty(), "{}: a response was answered", case.file);
        }
    }
}

#[test]
fn refusals_say_what_would_have_been_right() {
    let answer = |file: &str| {
        let bytes = std::fs::read(format!("tests/data/torture/rfc4475/{file}")).unwrap();
        react(Transport::Udp, &bytes).answers
    };
    for (file, line) in [
        ("bext01.dat", "Unsupported: nothingSupportsThis, nothingSupportsThisEither\r\n"),
        ("invut.dat", "Accept: application/sdp\r\n"),
        ("intmeth.dat", "Allow: INVITE, ACK, "),
        ("regaut01.dat", "WWW-Authenticate: Digest realm=\"firenze\""),
        ("lwsdisp.dat", "Supported: "),
    ] {
        assert!(answer(file).contains(line), "{file}: {}", answer(file));
    }
}

/// Bytes changed, lost, repeated or swapped anywhere: no panic, no answer astray, nothing left behind.
#[test]
fn damaged_messages_never_break_the_endpoint() {
    let mut rng = ChaCha8Rng::seed_from_u64(4475);
    for case in cases() {
        for _ in 0..60 {
            let mut bytes = case.bytes.clone();
            for _ in 0..rng.random_range(1..6) {
                damage(&mut rng, &mut bytes);
            }
            react(Transport::Udp, &bytes);
            react(Transport::Tcp, &bytes);
        }
    }
}

fn damage(rng: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let end = (at + rng.random_range(1..40)).min(bytes.len());
    match rng.random_range(0..5) {
        0 => bytes[at] = rng.random(),
        1 => bytes[at] = b"\r\n\0 ;,<>\"@:%=*-0"[rng.random_range(0..16)],
        2 => drop(bytes.drain(at..end)),
        3 => {
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
        _ => bytes.truncate(at),
    }
}
