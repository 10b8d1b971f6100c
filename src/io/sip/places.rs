//! The places for TCP connections: how many there are, who may have how many, and who goes when they are taken.
//!
//! A connection that nothing was ever sent on has not asked for anything that makes sense: whatever does gets an answer, be it
//! a refusal. When an address, or everybody together, has as many as may be, the oldest such connection goes; when there is
//! none, the newcomer is not taken. A connection that we open we open to send on: it counts as answered from the beginning.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::sip::{Link, host_of};

/// Connections at once: more than there are phones and trunks.
const MOST: usize = 1_024;
/// Connections of one address, or with IPv6 of one network of 64 bits: an office behind one address has fewer phones.
const MOST_OF_HOST: usize = 64;

/// Tells a connection from earlier ones between the same addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Generation(u64);

#[derive(Debug)]
struct Place<S> {
    link: Link,
    generation: Generation,
    is_answered: bool,
    sender: S,
}

/// What came of a wish for a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken {
    /// `None`: there is no room.
    pub(super) generation: Option<Generation>,
    /// Connections that are no more.
    pub(super) displaced: Vec<Link>,
}

/// See the module. `S` is what sends on a connection; it is dropped with the place.
#[derive(Debug)]
pub(super) struct Places<S> {
    by_remote: BTreeMap<SocketAddr, Place<S>>,
    last: u64,
}

impl<S> Default for Places<S> {
    fn default() -> Places<S> {
        Places { by_remote: BTreeMap::new(), last: 0 }
    }
}

impl<S> Places<S> {
    /// A place for a connection that came.
    pub(super) fn take(&mut self, link: Link, sender: S) -> Taken {
        self.give(link, sender, false)
    }

    /// A place for a connection that we open.
    pub(super) fn take_own(&mut self, link: Link, sender: S) -> Taken {
        self.give(link, sender, true)
    }

    fn give(&mut self, link: Link, sender: S, is_answered: bool) -> Taken {
        let mut displaced = Vec::new();
        displaced.extend(self.by_remote.remove(&link.remote).map(|place| place.link));
        let host = host_of(link.remote.ip());
        let is_theirs = |place: &Place<S>| host_of(place.link.remote.ip()) == host;
        let has_room = self.makes_room(MOST_OF_HOST, is_theirs, &mut displaced)
            && self.makes_room(MOST, |_| true, &mut displaced);
        if !has_room {
            return Taken { generation: None, displaced };
        }
        self.last += 1;
        let generation = Generation(self.last);
        self.by_remote.insert(link.remote, Place { link, generation, is_answered, sender });
        Taken { generation: Some(generation), displaced }
    }

    fn makes_room(
        &mut self,
        most: usize,
        counts: impl Fn(&Place<S>) -> bool,
        displaced: &mut Vec<Link>,
    ) -> bool {
        let count = self.by_remote.values().filter(|place| counts(place)).count();
        if count < most {
            return true;
        }
        let idle = self.by_remote.values().filter(|place| counts(place) && !place.is_answered);
        let Some(oldest) = idle.min_by_key(|place| place.generation).map(|place| place.link) else {
            return false;
        };
        displaced.push(oldest);
        self.remove(oldest)
    }

    /// Whether this is the connection that the link names now.
    pub(super) fn holds(&self, link: Link, generation: Generation) -> bool {
        self.by_remote.get(&link.remote).is_some_and(|place| place.generation == generation)
    }

    /// What to send an answer, or a request of ours, with.
    pub(super) fn answer(&mut self, link: Link) -> Option<&S> {
        let place = self.by_remote.get_mut(&link.remote)?;
        place.is_answered = true;
        Some(&place.sender)
    }

    /// Gives up all places, which are named: each connection's task writes what waits and ends.
    pub(super) fn give_up_all(&mut self) -> BTreeSet<(Link, Generation)> {
        std::mem::take(&mut self.by_remote)
            .into_values()
            .map(|place| (place.link, place.generation))
            .collect()
    }

    /// Gives up a place; false when it was given up already.
    pub(super) fn remove(&mut self, link: Link) -> bool {
        self.by_remote.remove(&link.remote).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::Transport;

    fn link(host: [u8; 4], port: u16) -> Link {
        Link { transport: Transport::Tcp, local: ([192, 0, 2, 1], 5060).into(), remote: (host, port).into() }
    }

    fn full(host: [u8; 4], answered: bool) -> Places<()> {
        let mut places = Places::default();
        for port in 0..64 {
            assert!(places.take(link(host, port), ()).generation.is_some());
            if answered {
                places.answer(link(host, port));
            }
        }
        places
    }

    const GREEDY: [u8; 4] = [203, 0, 113, 9];
    const OTHER: [u8; 4] = [192, 0, 2, 7];

    #[test]
    fn one_address_has_sixty_four_places_and_no_more() {
        let mut places = full(GREEDY, true);
        assert_eq!(places.take(link(GREEDY, 99), ()), Taken { generation: None, displaced: vec![] });
        assert!(places.take(link(OTHER, 99), ()).generation.is_some());
    }

    #[test]
    fn the_oldest_connection_that_never_asked_for_anything_makes_room() {
        let mut places = full(GREEDY, false);
        places.answer(link(GREEDY, 0));
        let taken = places.take(link(GREEDY, 99), ());
        assert!(taken.generation.is_some());
        assert_eq!(taken.displaced, [link(GREEDY, 1)]);
        assert_eq!(places.by_remote.len(), 64);
    }

    #[test]
    fn a_connection_that_we_opened_makes_no_room() {
        let mut places = full(OTHER, true);
        places.remove(link(OTHER, 0));
        assert!(places.take_own(link(OTHER, 5060), ()).generation.is_some());
        assert_eq!(places.take(link(OTHER, 99), ()), Taken { generation: None, displaced: vec![] });
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let mut places = Places::default();
        let from = |network: u16, host: u16| Link {
            transport: Transport::Tcp,
            local: ([0u16; 8], 5060).into(),
            remote: ([0x2001, 0xdb8, 0, network, 0, 0, 0, host], 5060).into(),
        };
        for host in 0..64 {
            places.take(from(1, host), ());
            places.answer(from(1, host));
        }
        assert!(places.take(from(1, 99), ()).generation.is_none());
        assert!(places.take(from(2, 99), ()).generation.is_some());
    }

    #[test]
    fn all_places_are_bounded_and_who_is_answered_keeps_its_place() {
        let mut places = Places::default();
        for host in 0..16 {
            for port in 0..64 {
                places.take(link([10, 0, 0, host], port), ());
                places.answer(link([10, 0, 0, host], port));
            }
        }
        assert!(places.take(link(OTHER, 1), ()).generation.is_none());
        places.remove(link([10, 0, 0, 3], 3));
        assert!(places.take(link(OTHER, 1), ()).generation.is_some());
        let taken = places.take(link(OTHER, 2), ());
        assert_eq!(taken.displaced, [link(OTHER, 1)], "it has said nothing yet");
    }

    #[test]
    fn a_late_end_of_an_old_connection_does_not_end_the_new_one() {
        let mut places = Places::default();
        let old = places.take(link(OTHER, 1), ()).generation.unwrap();
        let taken = places.take(link(OTHER, 1), ());
        assert_eq!(taken.displaced, [link(OTHER, 1)], "the endpoint forgets what it had read of the old one");
        assert!(!places.holds(link(OTHER, 1), old));
        assert!(places.holds(link(OTHER, 1), taken.generation.unwrap()));
    }
}
