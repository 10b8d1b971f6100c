//! Two sides of telephone calls without the bytes between them: what one does, the other is told.
//!
//! Phones of a rehearsal need no parser, no transaction and no timer, because nothing is lost on the way to them. [`Told`] does for its
//! owner what [`Endpoint`](super::Endpoint) does, by the same methods and [`Event`]s, and its [`Tell`]s go to another `Told`, which
//! stands for all phones there are. Both name a dialog by the same number: the exchange gives out odd ones, the phones even ones.
//!
//! What SIP has for the sake of the network (challenges, acknowledgements, offers within a call, REFER, probes) is left out: an answer
//! counts as acknowledged at once, and whoever is probed is there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::message::Uri;
use super::settings::{InviteError, Outgoing, Target};
use super::{DialogId, DialogRecord, Ended, Event, Incoming, Link, Peer, Probe, Transport};

/// Between exchange and phones, where something asks for a way: addresses for documentation (RFC 5737).
const WAY: Link = Link { transport: Transport::Udp, local: documentation(1), remote: documentation(2) };

const fn documentation(host: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)), 5060)
}

/// What one side tells the other.
#[derive(Clone, Debug)]
pub enum Tell {
    /// A new call.
    Invite {
        /// By this number from now on.
        dialog: DialogId,
        /// What for.
        invite: Box<Incoming>,
    },
    /// It rings.
    Ringing(DialogId),
    /// The call is taken, with this SDP.
    Answer(DialogId, Vec<u8>),
    /// The call is refused with this status.
    Refuse(DialogId, u16),
    /// Whoever called gives up, or whoever talks hangs up.
    Bye(DialogId),
    /// The phone of this user can be reached, or no longer.
    Reachable(Arc<str>, bool),
}

/// How far a dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Incoming,
    Calling,
    Up,
}

/// One of the two sides.
#[derive(Debug, Default)]
pub struct Told {
    last: u64,
    dialogs: BTreeMap<DialogId, Stage>,
    users: BTreeSet<Arc<str>>,
    tells: VecDeque<Tell>,
    events: VecDeque<Event>,
}

impl Told {
    /// The side of the exchange.
    pub fn exchange() -> Told {
        Told { last: 1, ..Told::default() }
    }

    /// The side of all phones.
    pub fn phones() -> Told {
        Told::default()
    }

    fn begin(&mut self, invite: Incoming) -> DialogId {
        self.last += 2;
        let dialog = DialogId(self.last);
        self.dialogs.insert(dialog, Stage::Calling);
        self.tells.push_back(Tell::Invite { dialog, invite: Box::new(invite) });
        dialog
    }

    /// A phone calls the exchange.
    pub fn call(&mut self, peer: Peer, to: &str, from: &str, offer: Vec<u8>) -> DialogId {
        let (to, from) = (to.to_owned(), from.to_owned());
        self.begin(Incoming { peer, link: WAY, to, from, display: None, offer: Some(offer), replaces: None })
    }

    /// The exchange calls a phone.
    ///
    /// # Errors
    /// The phone cannot be reached, or the address is none.
    pub fn invite(&mut self, call: Outgoing) -> Result<DialogId, InviteError> {
        let to = match call.to {
            Target::User(user) if !self.users.contains(&user) => return Err(InviteError::NotRegistered),
            Target::User(user) => user.as_ref().to_owned(),
            Target::Uri { uri, .. } => {
                let uri = Uri::parse(uri.as_bytes()).ok_or(InviteError::BadUri)?;
                uri.user_unescaped()
                    .map(|user| String::from_utf8_lossy(&user).into_owned())
                    .unwrap_or_default()
            }
        };
        Ok(self.begin(Incoming {
            peer: Peer::Trunk("exchange".into()),
            link: WAY,
            to,
            from: call.from_user,
            display: call.from_display,
            offer: Some(call.offer),
            replaces: None,
        }))
    }

    /// The phone of a user can be reached, or no longer.
    pub fn reachable(&mut self, user: &Arc<str>, there: bool) {
        self.tells.push_back(Tell::Reachable(user.clone(), there));
    }

    /// The way to a user's phone, if it can be reached.
    pub fn reach(&self, user: &str) -> Option<Link> {
        self.users.contains(user).then_some(WAY)
    }

    /// Whether a user's phone is there; the answer comes at once.
    pub fn ask(&mut self, user: &Arc<str>) -> bool {
        let there = self.users.contains(user);
        if there {
            self.events.push_back(Event::Present { user: user.clone() });
        }
        there
    }

    /// Tells the caller that it rings.
    pub fn ring(&mut self, id: DialogId) {
        if self.dialogs.get(&id) == Some(&Stage::Incoming) {
            self.tells.push_back(Tell::Ringing(id));
        }
    }

    /// Takes the call.
    pub fn answer(&mut self, id: DialogId, sdp: Vec<u8>) {
        let Some(stage) = self.dialogs.get_mut(&id).filter(|stage| **stage == Stage::Incoming) else {
            return;
        };
        *stage = Stage::Up;
        self.tells.push_back(Tell::Answer(id, sdp));
        self.events.push_back(Event::Established { dialog: id, answer: None });
    }

    /// Refuses the call.
    pub fn reject(&mut self, id: DialogId, status: u16) {
        if self.dialogs.get(&id) == Some(&Stage::Incoming) {
            self.dialogs.remove(&id);
            self.tells.push_back(Tell::Refuse(id, status));
        }
    }

    /// Ends a dialog in any state. No more events come of it.
    pub fn bye(&mut self, id: DialogId) {
        match self.dialogs.get(&id) {
            Some(Stage::Incoming) => self.reject(id, 480),
            Some(Stage::Calling | Stage::Up) => {
                self.dialogs.remove(&id);
                self.tells.push_back(Tell::Bye(id));
            }
            None => {}
        }
    }

    /// Whether the far end still knows the dialog: it does.
    pub fn probe(&mut self, id: DialogId) {
        if self.dialogs.contains_key(&id) {
            self.events.push_back(Event::Probed { dialog: id, found: Probe::Alive });
        }
    }

    /// The way to the far end of a dialog.
    pub fn link(&self, id: DialogId) -> Option<Link> {
        self.dialogs.contains_key(&id).then_some(WAY)
    }

    /// What would be written down of a dialog, to end it after a crash: where an endpoint has one.
    pub fn record(&self, id: DialogId) -> Option<DialogRecord> {
        let stage = self.dialogs.get(&id)?;
        matches!(stage, Stage::Incoming | Stage::Up).then(|| DialogRecord {
            call_id: format!("told-{}", id.0),
            local: String::new(),
            remote: String::new(),
            target: String::new(),
            routes: Vec::new(),
            cseq: 0,
            link: WAY,
        })
    }

    /// The dialogs that there are.
    pub fn dialogs(&self) -> impl Iterator<Item = DialogId> {
        self.dialogs.keys().copied()
    }

    /// The other side has done something. What has crossed the end of its dialog is passed over.
    pub fn hear(&mut self, tell: Tell) {
        let event = match tell {
            Tell::Invite { dialog, invite } => {
                self.dialogs.insert(dialog, Stage::Incoming);
                Event::Incoming { dialog, invite }
            }
            Tell::Reachable(user, true) => {
                let first = self.users.insert(user.clone());
                Event::Registered { user, first }
            }
            Tell::Reachable(user, false) => {
                self.users.remove(&user);
                Event::Unregistered { user, expired: false }
            }
            Tell::Ringing(dialog) if self.dialogs.contains_key(&dialog) => Event::Ringing { dialog },
            Tell::Answer(dialog, sdp) if self.dialogs.contains_key(&dialog) => {
                self.dialogs.insert(dialog, Stage::Up);
                Event::Answered { dialog, answer: Some(sdp) }
            }
            Tell::Refuse(dialog, status) if self.dialogs.remove(&dialog).is_some() => {
                Event::Rejected { dialog, status }
            }
            Tell::Bye(dialog) => match self.dialogs.remove(&dialog) {
                Some(Stage::Up) => Event::Ended { dialog, how: Ended::Bye },
                Some(Stage::Incoming | Stage::Calling) => Event::Cancelled { dialog },
                None => return,
            },
            Tell::Ringing(_) | Tell::Answer(..) | Tell::Refuse(..) => return,
        };
        self.events.push_back(event);
    }

    /// What the other side is to be told.
    pub fn poll_tell(&mut self) -> Option<Tell> {
        self.tells.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until both have said everything.
    fn exchange_words(a: &mut Told, b: &mut Told) {
        loop {
            match (a.poll_tell(), b.poll_tell()) {
                (None, None) => return,
                (from_a, from_b) => {
                    from_a.into_iter().for_each(|tell| b.hear(tell));
                    from_b.into_iter().for_each(|tell| a.hear(tell));
                }
            }
        }
    }

    fn names(side: &mut Told) -> Vec<String> {
        let name = |event: Event| format!("{event:?}").split([' ', '{']).next().map(str::to_owned);
        std::iter::from_fn(|| side.poll_event()).filter_map(name).collect()
    }

    fn caller(phones: &mut Told) -> DialogId {
        phones.call(Peer::Trunk("demo".into()), "055055", "+390552768224", Vec::new())
    }

    #[test]
    fn both_sides_live_through_a_call_as_sip_would_tell_it() {
        let (mut exchange, mut phones) = (Told::exchange(), Told::phones());
        let id = caller(&mut phones);
        exchange_words(&mut exchange, &mut phones);
        assert_eq!(names(&mut exchange), ["Incoming"]);
        exchange.answer(id, Vec::new());
        exchange_words(&mut exchange, &mut phones);
        assert_eq!(
            (names(&mut exchange), names(&mut phones)),
            (vec!["Established".into()], vec!["Answered".into()])
        );
        phones.bye(id);
        exchange_words(&mut exchange, &mut phones);
        assert_eq!(names(&mut exchange), ["Ended"]);
        assert_eq!(exchange.dialogs().count() + phones.dialogs().count(), 0);
    }

    #[test]
    fn who_gives_up_before_the_answer_has_cancelled() {
        let (mut exchange, mut phones) = (Told::exchange(), Told::phones());
        let id = caller(&mut phones);
        exchange_words(&mut exchange, &mut phones);
        phones.bye(id);
        exchange.answer(id, Vec::new()); // crosses
        exchange_words(&mut exchange, &mut phones);
        assert_eq!(phones.dialogs().count() + exchange.dialogs().count(), 0);
        assert!(names(&mut phones).is_empty(), "an answer to nobody is passed over");
    }

    #[test]
    fn phone_that_is_not_reachable_is_not_called() {
        let (mut exchange, mut phones) = (Told::exchange(), Told::phones());
        let call = || Outgoing {
            to: Target::User("seat01".into()),
            from_user: String::new(),
            from_display: None,
            offer: Vec::new(),
            credentials: None,
        };
        assert!(exchange.invite(call()).is_err());
        phones.reachable(&"seat01".into(), true);
        exchange_words(&mut exchange, &mut phones);
        assert!(exchange.invite(call()).is_ok());
        exchange_words(&mut exchange, &mut phones);
        assert_eq!(names(&mut phones), ["Incoming"]);
    }
}
