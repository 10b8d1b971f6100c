//! Registrations (RFC 3261 section 10.3): under which contacts, and over which links, a user can be reached.
//!
//! A REGISTER that has proved its user is applied whole or not at all. What is granted lasts one to two minutes, so that
//! registrations need not survive a restart: phones come back by themselves before anybody misses them. Each binding keeps
//! the link of its REGISTER, and calls go out over that link: a phone behind NAT or on a stream is reachable no other way.
//! A binding goes when it is taken back, runs out, or its stream closes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Link, Transport};
use crate::time::{Mono, earliest};

/// Shorter wishes are refused with 423: a refresh costs a digest.
pub(crate) const SHORTEST_S: u32 = 60;

/// Longer wishes are cut to this: the longest that a phone may be lost after a restart. Also the default.
pub(crate) const LONGEST_S: u32 = 120;

/// Phones of one user. One more, and the one that was refreshed least recently is forgotten.
const MOST_BINDINGS: usize = 4;

/// Contacts looked at in one REGISTER.
pub(crate) const MOST_CONTACTS: usize = 8;

/// One Contact of a REGISTER.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contact {
    /// The URI as it came, whatever it holds.
    pub(crate) uri: Vec<u8>,
    /// Parameters of the header but `expires`, each with its semicolon, to be echoed.
    pub(crate) params: Vec<u8>,
    /// Its own `expires`.
    pub(crate) expires_s: Option<u32>,
}

/// What a REGISTER asks for.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    /// Tell which bindings there are.
    Query,
    /// Take back all of them (`Contact: *`).
    Clear,
    /// Set, refresh or (with zero seconds) take back these.
    Set(Vec<Contact>),
}

/// A REGISTER, as far as the registrar needs it.
#[derive(Clone, Debug)]
pub(crate) struct Update<'a> {
    pub(crate) link: Link,
    pub(crate) call_id: &'a [u8],
    pub(crate) cseq: u32,
    /// The Expires header.
    pub(crate) expires_s: Option<u32>,
    pub(crate) wish: Wish,
}

/// Why a REGISTER changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("less than {SHORTEST_S} s wanted; ask for more")]
    TooBrief,
    #[error("CSeq not above the last one of this Call-ID; register with a fresh one")]
    OutOfOrder,
    #[error("Contact: * stands only alone and with Expires: 0")]
    BadStar,
}

/// What has become of a user's bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// Reachable, and was not before.
    First,
    /// Reachable, as before.
    Refreshed,
    /// No longer reachable.
    Gone,
}

/// One way to reach a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) contact: Contact,
    pub(crate) link: Link,
    until: Mono,
    /// Order of refreshing: the highest is the newest.
    order: u64,
    call_id: Vec<u8>,
    cseq: u32,
}

/// Who is reachable, and how.
#[derive(Debug, Default)]
pub(crate) struct Registrar {
    /// Never an empty list. Only proved users are in it.
    bindings: BTreeMap<Arc<str>, Vec<Binding>>,
    orders: u64,
    /// The first binding to run out.
    next: Option<Mono>,
}

impl Registrar {
    /// Applies a REGISTER of this (proved) user.
    pub(crate) fn handle_register(
        &mut self,
        now: Mono,
        user: &Arc<str>,
        update: &Update<'_>,
    ) -> Result<Change, Refusal> {
        let old = self.bindings.get(user).map(Vec::as_slice).unwrap_or_default();
        let mut new = old.to_vec();
        match &update.wish {
            Wish::Query => return Ok(Change::Nothing),
            Wish::Clear if update.expires_s != Some(0) => return Err(Refusal::BadStar),
            Wish::Clear => {
                if old.iter().any(|binding| binding.is_ahead_of(update)) {
                    return Err(Refusal::OutOfOrder);
                }
                new.clear();
            }
            Wish::Set(contacts) => {
                for contact in contacts {
                    self.orders += 1;
                    apply(&mut new, now, contact, update, self.orders)?;
                }
            }
        }
        let change = match (old.is_empty(), new.is_empty()) {
            (true, true) => Change::Nothing,
            (true, false) => Change::First,
            (false, false) => Change::Refreshed,
            (false, true) => Change::Gone,
        };
        self.replace(user, new);
        Ok(change)
    }

    fn replace(&mut self, user: &Arc<str>, bindings: Vec<Binding>) {
        if bindings.is_empty() {
            self.bindings.remove(user);
        } else {
            self.bindings.insert(user.clone(), bindings);
        }
        self.find_next();
    }

    fn find_next(&mut self) {
        self.next = earliest(self.bindings.values().flatten().map(|binding| Some(binding.until)));
    }

    /// Drops what has run out; these users are no longer reachable.
    pub(crate) fn handle_timeout(&mut self, now: Mono) -> Vec<Arc<str>> {
        if self.next.is_none_or(|next| now < next) {
            return Vec::new();
        }
        self.keep(|binding| binding.until > now)
    }

    /// Drops what was reachable over this stream only.
    pub(crate) fn handle_stream_closed(&mut self, link: Link) -> Vec<Arc<str>> {
        if link.transport != Transport::Tcp {
            return Vec::new();
        }
        self.keep(|binding| binding.link != link)
    }

    fn keep(&mut self, good: impl Fn(&Binding) -> bool) -> Vec<Arc<str>> {
        let mut gone = Vec::new();
        self.bindings.retain(|user, bindings| {
            bindings.retain(&good);
            if bindings.is_empty() {
                gone.push(user.clone());
            }
            !bindings.is_empty()
        });
        self.find_next();
        gone
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        self.next
    }

    /// The user's bindings, in no particular order.
    pub(crate) fn bindings(&self, user: &str) -> &[Binding] {
        self.bindings.get(user).map(Vec::as_slice).unwrap_or_default()
    }

    /// Where to ring the user: the binding that was refreshed last.
    pub(crate) fn newest(&self, user: &str) -> Option<&Binding> {
        self.bindings(user).iter().max_by_key(|binding| binding.order)
    }

    /// Whether somebody is reached over this link.
    pub(crate) fn uses(&self, link: Link) -> bool {
        self.bindings.values().flatten().any(|binding| binding.link == link)
    }

    /// Bindings held.
    pub(crate) fn count(&self) -> usize {
        self.bindings.values().map(Vec::len).sum()
    }
}

/// Sets, refreshes or takes back one contact (RFC 3261 section 10.3, step 7).
fn apply(
    bindings: &mut Vec<Binding>,
    now: Mono,
    contact: &Contact,
    update: &Update<'_>,
    order: u64,
) -> Result<(), Refusal> {
    let known = bindings.iter().position(|binding| binding.contact.uri == contact.uri);
    if known.is_some_and(|index| bindings[index].is_ahead_of(update)) {
        return Err(Refusal::OutOfOrder);
    }
    let wanted_s = contact.expires_s.or(update.expires_s).unwrap_or(LONGEST_S);
    if (1..SHORTEST_S).contains(&wanted_s) {
        return Err(Refusal::TooBrief);
    }
    if let Some(index) = known {
        bindings.swap_remove(index);
    }
    if wanted_s == 0 {
        return Ok(());
    }
    if bindings.len() == MOST_BINDINGS {
        let oldest = bindings.iter().enumerate().min_by_key(|(_, binding)| binding.order);
        bindings.swap_remove(oldest.map_or(0, |(index, _)| index));
    }
    bindings.push(Binding {
        contact: contact.clone(),
        link: update.link,
        until: now + Duration::from_secs(u64::from(wanted_s.min(LONGEST_S))),
        order,
        call_id: update.call_id.to_vec(),
        cseq: update.cseq,
    });
    Ok(())
}

impl Binding {
    /// This binding was made by a later request of the same phone than `update`.
    fn is_ahead_of(&self, update: &Update<'_>) -> bool {
        self.call_id == update.call_id && self.cseq >= update.cseq
    }

    /// Value for the Contact header of the answer: what is a parameter of the URI stays within the brackets, and what is one
    /// of the header outside.
    pub(crate) fn as_contact(&self, now: Mono) -> Vec<u8> {
        let left = self.until.since(now).as_secs();
        let mut value = Vec::with_capacity(self.contact.uri.len() + self.contact.params.len() + 16);
        value.push(b'<');
        value.extend_from_slice(&self.contact.uri);
        value.push(b'>');
        value.extend_from_slice(&self.contact.params);
        value.extend_from_slice(format!(";expires={left}").as_bytes());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESK: &str = "sip:seat01@192.0.2.7:5060";
    const START: Mono = Mono::from_start(Duration::from_secs(9));

    fn link(transport: Transport, port: u16) -> Link {
        Link { transport, local: ([192, 0, 2, 1], 5060).into(), remote: ([192, 0, 2, 7], port).into() }
    }

    fn set(uri: &str, expires_s: Option<u32>) -> Wish {
        Wish::Set(vec![Contact { uri: uri.into(), params: Vec::new(), expires_s }])
    }

    struct World {
        registrar: Registrar,
        now: Mono,
        cseq: u32,
    }

    impl World {
        fn new() -> World {
            World { registrar: Registrar::default(), now: START, cseq: 0 }
        }

        fn register(&mut self, wish: Wish, expires_s: Option<u32>) -> Result<Change, Refusal> {
            self.cseq += 1;
            let link = link(Transport::Udp, 5060);
            let update = Update { link, call_id: b"desk", cseq: self.cseq, expires_s, wish };
            self.registrar.handle_register(self.now, &"seat01".into(), &update)
        }
    }

    #[test]
    fn a_seat_registers_refreshes_and_leaves() {
        let mut world = World::new();
        assert_eq!(world.register(Wish::Query, None), Ok(Change::Nothing));
        assert_eq!(world.register(set(DESK, None), Some(90)), Ok(Change::First));
        assert_eq!(world.register(set(DESK, Some(90)), None), Ok(Change::Refreshed));
        assert_eq!(world.registrar.count(), 1);
        assert_eq!(world.register(set(DESK, Some(0)), None), Ok(Change::Gone));
        assert_eq!(world.registrar.poll_timeout(), None);
    }

    #[test]
    fn expiry_is_held_between_one_and_two_minutes() {
        let mut world = World::new();
        for (wanted, granted) in [(Some(60), 60), (Some(3600), 120), (None, 120), (Some(u32::MAX), 120)] {
            world.register(set(DESK, None), wanted).unwrap();
            let expected = format!("<{DESK}>;expires={granted}");
            let binding = world.registrar.newest("seat01").unwrap();
            assert_eq!(binding.as_contact(START), expected.as_bytes());
        }
        assert_eq!(world.register(set(DESK, None), Some(59)), Err(Refusal::TooBrief));
        assert_eq!(world.register(set(DESK, Some(1)), None), Err(Refusal::TooBrief));
    }

    #[test]
    fn a_phone_that_does_not_come_back_is_gone_when_its_time_is_over() {
        let mut world = World::new();
        world.register(set(DESK, None), Some(60)).unwrap();
        let end = START + Duration::from_secs(60);
        assert_eq!(world.registrar.poll_timeout(), Some(end));
        assert!(world.registrar.handle_timeout(end - Duration::from_millis(1)).is_empty());
        assert_eq!(world.registrar.handle_timeout(end), [Arc::from("seat01")]);
        assert!(world.registrar.newest("seat01").is_none());
    }

    #[test]
    fn an_old_request_that_arrives_late_changes_nothing() {
        let mut world = World::new();
        world.register(set(DESK, None), None).unwrap();
        world.cseq = 0;
        assert_eq!(world.register(set(DESK, Some(0)), None), Err(Refusal::OutOfOrder));
        world.cseq = 0;
        assert_eq!(world.register(Wish::Clear, Some(0)), Err(Refusal::OutOfOrder));
        assert_eq!(world.registrar.count(), 1);
    }

    #[test]
    fn a_star_takes_back_everything_but_only_with_zero_expiry() {
        let mut world = World::new();
        world.register(set(DESK, None), None).unwrap();
        world.register(set("sip:seat01@192.0.2.8", None), None).unwrap();
        assert_eq!(world.register(Wish::Clear, None), Err(Refusal::BadStar));
        assert_eq!(world.register(Wish::Clear, Some(0)), Ok(Change::Gone));
    }

    #[test]
    fn the_fifth_phone_displaces_the_one_refreshed_least_recently() {
        let mut world = World::new();
        for phone in [1, 2, 3, 4, 1, 5] {
            world.register(set(&format!("sip:seat01@192.0.2.{phone}"), None), None).unwrap();
        }
        let uris: Vec<_> = world.registrar.bindings("seat01").iter().map(|b| b.contact.uri.clone()).collect();
        assert_eq!(uris.len(), MOST_BINDINGS);
        assert!(!uris.contains(&b"sip:seat01@192.0.2.2".to_vec()));
        assert_eq!(world.registrar.newest("seat01").unwrap().contact.uri, b"sip:seat01@192.0.2.5");
    }

    #[test]
    fn a_refused_contact_takes_the_whole_request_with_it() {
        let mut world = World::new();
        let [Wish::Set(mut good), Wish::Set(bad)] = [set(DESK, None), set("sip:x@192.0.2.9", Some(5))] else {
            unreachable!()
        };
        good.extend(bad);
        assert_eq!(world.register(Wish::Set(good), None), Err(Refusal::TooBrief));
        assert_eq!(world.registrar.count(), 0);
    }

    #[test]
    fn a_closed_stream_takes_its_bindings_with_it() {
        let mut registrar = Registrar::default();
        let stream = link(Transport::Tcp, 40_000);
        let update = Update { link: stream, call_id: b"c", cseq: 1, expires_s: None, wish: set(DESK, None) };
        registrar.handle_register(START, &"seat01".into(), &update).unwrap();
        assert!(registrar.handle_stream_closed(link(Transport::Tcp, 40_001)).is_empty());
        assert_eq!(registrar.handle_stream_closed(stream), [Arc::from("seat01")]);
    }
}
