//! Where a leg's packets may come from.
//!
//! The peer's SDP names an address; packets from there are heard, always. A phone behind a router sends from another one: it
//! is learnt, but only from the host that the signalling comes from, only after five packets of one source in a row that
//! came at the pace of speech, and never while the present source is heard. So a stray packet, a forged one or a burst of
//! them changes nothing, even from a host that two phones share. What is learnt also becomes where we send. A new SDP begins
//! anew; one that names the same address (hold, a refresh) keeps what was learnt until another is.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::time::Mono;

/// Packets of one address and SSRC in a row that make another source the peer's.
const CONSISTENT: u8 = 5;
/// What so many packets of 20 ms each take at least; a burst is no phone.
const PACE: Duration = Duration::from_millis(80);
/// A source that was heard more recently than this is in use and keeps its place.
const IN_USE: Duration = Duration::from_millis(500);

/// The source of one leg.
#[derive(Clone, Debug)]
pub struct Source {
    signalling: IpAddr,
    /// By the SDP.
    named: Option<SocketAddr>,
    current: Option<SocketAddr>,
    /// When the current one was heard last.
    heard: Option<Mono>,
    /// Learnt once for each SDP: two sources that take turns do not make the sound jump.
    learnt: bool,
    candidate: Option<Candidate>,
}

/// Another source that may become the peer's.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    address: SocketAddr,
    ssrc: u32,
    count: u8,
    since: Mono,
}

impl Source {
    /// As a new SDP says.
    pub fn new(named: Option<SocketAddr>, signalling: IpAddr) -> Source {
        let named = named.map(canonical);
        Source {
            signalling: signalling.to_canonical(),
            named,
            current: named,
            heard: None,
            learnt: false,
            candidate: None,
        }
    }

    /// A new SDP that names the same address: what was learnt serves on, and another may be learnt.
    pub fn renew(&mut self) {
        (self.learnt, self.candidate) = (false, None);
    }

    /// Where the peer is.
    pub fn current(&self) -> Option<SocketAddr> {
        self.current
    }

    /// Whether a packet from there is the peer's.
    pub fn accepts(&mut self, now: Mono, from: SocketAddr, ssrc: u32) -> bool {
        let from = canonical(from);
        let is_known = self.current == Some(from) || self.named == Some(from);
        if is_known || self.learns(now, from, ssrc) {
            (self.current, self.heard, self.candidate) = (Some(from), Some(now), None);
        }
        self.current == Some(from)
    }

    /// Whether this packet makes another source the peer's.
    fn learns(&mut self, now: Mono, from: SocketAddr, ssrc: u32) -> bool {
        if self.learnt || from.ip() != self.signalling {
            return false;
        }
        let mut candidate = match self.candidate {
            Some(candidate) if (candidate.address, candidate.ssrc) == (from, ssrc) => candidate,
            _ => Candidate { address: from, ssrc, count: 0, since: now },
        };
        candidate.count = candidate.count.saturating_add(1);
        self.candidate = Some(candidate);
        let in_use = self.heard.is_some_and(|heard| now.since(heard) < IN_USE);
        self.learnt = !in_use && candidate.count >= CONSISTENT && now.since(candidate.since) >= PACE;
        self.learnt
    }
}

/// An IPv4 address that came through an IPv6 socket is the same address.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn ms(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    const PHONE: &str = "10.0.0.1:4000";
    const ROUTER: &str = "203.0.113.9:61000";

    fn source() -> Source {
        Source::new(Some(at(PHONE)), at("203.0.113.9:5060").ip())
    }

    /// How many of `count` packets are heard, one each 20 ms.
    fn heard(source: &mut Source, from_ms: u64, address: &str, count: u64) -> usize {
        (0..count).filter(|n| source.accepts(ms(from_ms + n * 20), at(address), 7)).count()
    }

    #[test]
    fn the_address_of_the_sdp_is_heard_at_once() {
        assert!(source().accepts(ms(0), at(PHONE), 1));
        assert!(source().accepts(ms(0), at("[::ffff:10.0.0.1]:4000"), 1));
    }

    #[test]
    fn another_is_learnt_from_the_signalling_host_at_the_fifth_packet_of_one_source() {
        let mut source = source();
        assert_eq!(heard(&mut source, 0, ROUTER, 4), 0);
        assert_eq!(heard(&mut source, 80, ROUTER, 2), 2);
        assert_eq!(source.current(), Some(at(ROUTER)));
        assert_eq!(heard(&mut source, 9_000, "203.0.113.9:62000", 20), 0, "learnt once for each SDP");
        source.renew();
        assert_eq!(heard(&mut source, 19_000, "203.0.113.9:62000", 20), 16, "and again after the next");
    }

    #[test]
    fn a_burst_is_not_learnt_before_it_has_lasted() {
        let mut source = source();
        assert!((0..300).all(|_| !source.accepts(ms(0), at(ROUTER), 7)));
        assert!(!source.accepts(ms(79), at(ROUTER), 7));
        assert!(source.accepts(ms(80), at(ROUTER), 7));
    }

    #[test]
    fn nobody_takes_the_place_of_a_phone_that_sends() {
        let mut source = source();
        let thief = at("203.0.113.9:61002");
        for n in 0..100 {
            assert!(source.accepts(ms(n * 20), at(PHONE), 1));
            assert!((0..6).all(|_| !source.accepts(ms(n * 20 + 1), thief, 7)), "a burst between two packets");
        }
        // The phone falls silent for a moment, and the other goes on.
        assert_eq!(heard(&mut source, 2_000, "203.0.113.9:61002", 24), 0);
        assert_eq!(source.current(), Some(at(PHONE)));
    }

    #[test]
    fn a_phone_whose_port_changes_is_heard_again_after_half_a_second() {
        let mut source = source();
        assert!(source.accepts(ms(0), at(PHONE), 7));
        assert_eq!(heard(&mut source, 20, ROUTER, 24), 0);
        assert_eq!(heard(&mut source, 500, ROUTER, 5), 5);
    }

    #[test]
    fn the_address_of_the_sdp_wins_back_its_place() {
        let mut source = source();
        assert_eq!(heard(&mut source, 0, ROUTER, 10), 6);
        assert!(source.accepts(ms(200), at(PHONE), 1));
        assert_eq!(source.current(), Some(at(PHONE)));
        assert_eq!(heard(&mut source, 9_000, ROUTER, 10), 0, "learnt once for each SDP");
    }

    #[test]
    fn sources_that_change_or_come_from_elsewhere_are_not_learnt() {
        let mut source = source();
        assert!(
            (0..40).all(|n| !source.accepts(ms(u64::from(n) * 20), at(ROUTER), n)),
            "another SSRC each time"
        );
        assert_eq!(heard(&mut source, 1_000, "198.51.100.1:4000", 40), 0, "another host");
    }
}
