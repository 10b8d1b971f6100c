//! The endpoint: bytes and moments in, events and bytes out.
//!
//! A datagram, or a message cut out of a [stream](streams), is a request or a response. A request that repeats one that we
//! know goes to its [transaction](servers); a new one passes the [`screen`], which refuses what cannot be served without
//! keeping any state, and then becomes a call ([`incoming`]), a step within a call ([`within`], [`referring`]) or a
//! [registration](registering). A response goes to the [transaction](clients) of the request that it answers and from there
//! to the call that we make ([`outgoing`]) or the registration that we keep up ([`phone`]).
//!
//! The owner drains [`Endpoint::poll_transmit`], [`Endpoint::poll_event`] and [`Endpoint::poll_close`] after every input, and
//! comes back at [`Endpoint::poll_timeout`].

mod alarms;
mod asking;
mod census;
mod clients;
mod incoming;
mod info;
mod outgoing;
mod phone;
mod referring;
mod registering;
mod screen;
mod servers;
mod streams;
mod watch;
mod within;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use rand::rngs::ChaCha12Rng;
use rand::{Rng, SeedableRng};

use self::alarms::{Alarm, Alarms};
use self::clients::{ClientId, ClientTransaction};
use self::phone::Phone;
pub(crate) use self::referring::Refer;
use self::servers::Servers;
use self::streams::Stream;
use self::watch::Watch;
use super::admission::Admission;
use super::dialog::Dialog;
use super::digest::Guard;
use super::message::{Message, ParseError, Reaction};
use super::registrar::Registrar;
use super::settings::{Limits, RegistrationId, Settings};
use super::{DialogId, Event, Link, Transmit, Transport};
use crate::time::{Mono, earliest};

/// A SIP user agent and registrar without sockets or clock.
pub struct Endpoint {
    server: String,
    advertise: Option<IpAddr>,
    limits: Limits,
    rng: ChaCha12Rng,
    /// Makes the To tags of answers that leave no state the same for every copy of a request.
    tag_key: [u8; 32],
    admission: Admission,
    guard: Guard,
    watch: Watch,
    registrar: Registrar,
    streams: BTreeMap<Link, Stream>,
    servers: Servers,
    clients: BTreeMap<ClientId, ClientTransaction>,
    dialogs: BTreeMap<DialogId, Dialog>,
    /// Dialogs by our tag.
    tags: HashMap<u64, DialogId>,
    last_dialog: u64,
    phones: BTreeMap<RegistrationId, Phone>,
    /// Whom we ask whether they are there, by the branch of the question: each ends with its transaction.
    asked: BTreeMap<u64, Arc<str>>,
    last_phone: u64,
    alarms: Alarms,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,
    closes: VecDeque<Link>,
}

impl Endpoint {
    /// An endpoint whose tags, branches and nonces come from `seed`.
    pub fn new(settings: Settings, seed: [u8; 32]) -> Endpoint {
        let mut rng = ChaCha12Rng::from_seed(seed);
        let (mut nonce_key, mut tag_key) = ([0; 32], [0; 32]);
        rng.fill_bytes(&mut nonce_key);
        rng.fill_bytes(&mut tag_key);
        Endpoint {
            admission: Admission::new(settings.users.keys(), settings.trunks),
            guard: Guard::new(settings.realm, settings.users, &nonce_key),
            watch: Watch::default(),
            server: settings.server,
            advertise: settings.advertise,
            limits: settings.limits,
            rng,
            tag_key,
            registrar: Registrar::default(),
            streams: BTreeMap::new(),
            servers: Servers::default(),
            clients: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            tags: HashMap::new(),
            last_dialog: 0,
            phones: BTreeMap::new(),
            asked: BTreeMap::new(),
            last_phone: 0,
            alarms: Alarms::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            closes: VecDeque::new(),
        }
    }

    /// The users and trunks of these settings from now on, and nothing else of them. Dialogs go on; a registration lasts until it is to be refreshed.
    pub fn trust(&mut self, settings: Settings) {
        self.admission = Admission::new(settings.users.keys(), settings.trunks);
        self.guard.know(settings.users);
    }

    /// Takes a datagram.
    pub fn handle_datagram(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        match Message::parse_datagram(bytes) {
            Ok(message) => self.on_message(now, link, message),
            Err(error) => self.on_refused(now, link, &error),
        }
    }

    fn on_message(&mut self, now: Mono, link: Link, message: Message) {
        let checked = message.check();
        if checked.is_ok() && link.transport == Transport::Tcp {
            self.on_sense(link);
        }
        match checked {
            Err(fault) => {
                self.watch.on_bad_message(now, link.remote);
                self.on_fault(link, &message, fault);
            }
            Ok(()) if message.is_request() => self.on_request(now, link, message),
            Ok(()) => self.on_response(now, &message),
        }
    }

    fn on_refused(&mut self, now: Mono, link: Link, error: &ParseError) {
        self.watch.on_bad_message(now, link.remote);
        if let (Reaction::Answer(_), Some(partial)) = (error.reaction(), &error.partial) {
            self.on_fault(link, partial, error.fault);
        }
    }

    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Mono) {
        while let Some(alarm) = self.alarms.take_due(now) {
            match alarm {
                Alarm::Server(id) => self.on_server_timeout(now, id),
                Alarm::Client(id) => self.on_client_timeout(now, id),
                Alarm::Dialog(id) => self.on_dialog_timeout(now, id),
                Alarm::Phone(id) => self.on_phone_timeout(now, id),
                Alarm::Stream(link) => self.on_stream_timeout(now, link),
            }
        }
        self.watch.poll(now);
        for user in self.registrar.handle_timeout(now) {
            self.events.push_back(Event::Unregistered { user, expired: true });
        }
    }

    /// When to call [`Endpoint::handle_timeout`].
    pub fn poll_timeout(&self) -> Option<Mono> {
        earliest([self.alarms.next(), self.registrar.poll_timeout()])
    }

    /// The next bytes for the wire. On TCP, when the owner has no connection for the link, it opens one to `link.remote`
    /// and keeps calling it by this link.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    /// The next thing to know.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next stream that the owner must close, once what was transmitted on it has been written. It need not tell the
    /// endpoint that it has.
    pub fn poll_close(&mut self) -> Option<Link> {
        self.closes.pop_front()
    }

    fn insert_dialog(&mut self, dialog: Dialog) -> DialogId {
        self.last_dialog += 1;
        let id = DialogId(self.last_dialog);
        self.tags.insert(dialog.path.local_tag, id);
        self.dialogs.insert(id, dialog);
        id
    }

    fn remove_dialog(&mut self, id: DialogId) -> Option<Dialog> {
        let dialog = self.dialogs.remove(&id)?;
        self.tags.remove(&dialog.path.local_tag);
        self.alarms.set(Alarm::Dialog(id), None);
        Some(dialog)
    }

    /// Sets the dialog's alarm anew after anything that may have moved it.
    fn rearm_dialog(&mut self, id: DialogId) {
        let at = self.dialogs.get(&id).and_then(Dialog::poll_timeout);
        self.alarms.set(Alarm::Dialog(id), at);
    }

    fn random(&mut self) -> u64 {
        self.rng.next_u64()
    }
}
