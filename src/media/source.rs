//! Where a leg's packets may come from.
//!
//! The peer's SDP names an address; packets from there are heard. A phone behind a router sends from another one: it is
//! learnt, but only from the host that the signalling comes from, and only after five packets of one source in a row, so
//! that a stray or forged packet changes nothing. What is learnt also becomes where we send. A new SDP begins anew; one that
//! names the same address (hold, a refresh) keeps what was learnt until another is.

use std::net::{IpAddr, SocketAddr};

/// Packets of one address and SSRC in a row that make another source the peer's.
const CONSISTENT: u8 = 5;

/// The source of one leg.
#[derive(Clone, Debug)]
pub struct Source {
    signalling: IpAddr,
    current: Option<SocketAddr>,
    /// Learnt once for each SDP: two sources that take turns do not make the sound jump.
    learnt: bool,
    candidate: Option<(SocketAddr, u32, u8)>,
}

impl Source {
    /// As a new SDP says.
    pub fn new(named: Option<SocketAddr>, signalling: IpAddr) -> Source {
        Source {
            signalling: signalling.to_canonical(),
            current: named.map(canonical),
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
    pub fn accepts(&mut self, from: SocketAddr, ssrc: u32) -> bool {
        let from = canonical(from);
        if self.current == Some(from) {
            self.candidate = None;
            return true;
        }
        if self.learnt || from.ip() != self.signalling {
            return false;
        }
        let count = match self.candidate {
            Some((address, id, count)) if (address, id) == (from, ssrc) => count + 1,
            _ => 1,
        };
        if count < CONSISTENT {
            self.candidate = Some((from, ssrc, count));
            return false;
        }
        (self.current, self.learnt, self.candidate) = (Some(from), true, None);
        true
    }
}

/// An IPv4 address that came through an IPv6 socket is the same address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn source() -> Source {
        Source::new(Some(at("10.0.0.1:4000")), at("203.0.113.9:5060").ip())
    }

    #[test]
    fn the_address_of_the_sdp_is_heard_at_once() {
        assert!(source().accepts(at("10.0.0.1:4000"), 1));
        assert!(source().accepts(at("[::ffff:10.0.0.1]:4000"), 1));
    }

    #[test]
    fn another_is_learnt_from_the_signalling_host_at_the_fifth_packet_of_one_source() {
        let mut source = source();
        let router = at("203.0.113.9:61000");
        assert_eq!(
            (1..=6).map(|_| source.accepts(router, 7)).collect::<Vec<_>>(),
            [false, false, false, false, true, true]
        );
        assert_eq!(source.current(), Some(router));
        assert!((0..20).all(|_| !source.accepts(at("203.0.113.9:62000"), 7)), "learnt once for each SDP");
    }

    #[test]
    fn sources_that_change_or_come_from_elsewhere_are_not_learnt() {
        let mut source = source();
        let router = at("203.0.113.9:61000");
        assert!((0..40).all(|ssrc| !source.accepts(router, ssrc)), "another SSRC each time");
        assert!((0..40).all(|_| !source.accepts(at("198.51.100.1:4000"), 7)), "another host");
        for _ in 0..10 {
            assert!((0..4).all(|_| !source.accepts(router, 7)));
            assert!(source.accepts(at("10.0.0.1:4000"), 1), "the peer itself still sends");
        }
    }
}
