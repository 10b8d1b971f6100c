//! A simulated phone: a real SIP endpoint with a person behind it. Its media is told, not packed: which port it sends to.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use centralino::media::Codec;
use centralino::sdp::Local;
use centralino::sip::{
    self, DialogId, Endpoint, Event, Link, Outgoing, Registration, Settings, Target, Transport,
};
use centralino::time::Mono;

/// Where the exchange listens.
pub(crate) const EXCHANGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);

/// Name of the phone behind the trunk that calls go out by.
pub(crate) const GATEWAY: &str = "gateway";

/// Which phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PhoneId(pub(crate) u16);

/// What the person at a seat does when it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Take the call after so long.
    Answers(Duration),
    /// Refuse it after so long.
    Rejects(Duration),
    /// It is refused at once with this status.
    Refused(u16),
    /// Let it ring.
    Ignores,
}

/// The one call that a phone has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// None.
    Free,
    /// Dialled, not answered.
    Calling(DialogId),
    /// Rings.
    Ringing(DialogId),
    /// Up; the port of the exchange that its SDP named.
    Up(DialogId, u16),
}

impl Line {
    /// The port of the exchange, when the call is up.
    pub(crate) fn port(self) -> Option<u16> {
        match self {
            Line::Up(_, port) => Some(port),
            Line::Free | Line::Calling(_) | Line::Ringing(_) => None,
        }
    }
}

/// What a phone has lived through, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Its call was answered.
    Answered,
    /// Its call was refused with this status.
    Refused(u16),
    /// It rang, showing this user and display.
    Rang { from: String, display: String },
    /// The other side hung up, or gave up ringing.
    Ended,
    /// It is registered.
    Registered,
    /// Registration was refused.
    NotRegistered(u16),
}

pub(crate) struct Phone {
    pub(crate) id: PhoneId,
    pub(crate) endpoint: Endpoint,
    pub(crate) address: SocketAddr,
    /// Number of a citizen, name of a seat.
    pub(crate) name: Arc<str>,
    pub(crate) manner: Manner,
    pub(crate) line: Line,
    /// The call that it has put aside for a second line, and its SDP.
    pub(crate) aside: Option<(Line, Local)>,
    /// A header that it adds to the calls that it makes.
    pub(crate) adds: Option<String>,
    pub(crate) seen: Vec<Seen>,
    /// Its plug is pulled: it neither sends nor hears.
    pub(crate) unplugged: bool,
    /// The number that its last caller dialled.
    pub(crate) dialled: String,
    /// When the person does what the manner says.
    pub(crate) acts_at: Option<Mono>,
    /// How it speaks SIP.
    pub(crate) transport: Transport,
    /// Over TCP: others may connect to it.
    pub(crate) listens: bool,
    offer: Option<Vec<u8>>,
    registration: Option<sip::RegistrationId>,
    sdp: Local,
}

impl Phone {
    /// Where the phone with this number is.
    pub(crate) fn address_of(id: PhoneId) -> SocketAddr {
        let [high, low] = id.0.to_be_bytes();
        SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 1, high, low)), 5060)
    }

    /// `users`: callers whom it asks for their password.
    pub(crate) fn new(
        id: PhoneId,
        name: &str,
        transport: Transport,
        users: BTreeMap<Arc<str>, String>,
        seed: [u8; 32],
    ) -> Phone {
        let address = Phone::address_of(id);
        let settings = Settings {
            server: "simulated phone".to_owned(),
            users,
            trunks: vec![("exchange".into(), EXCHANGE.ip().into())],
            ..Settings::default()
        };
        Phone {
            id,
            endpoint: Endpoint::new(settings, seed),
            address,
            name: name.into(),
            manner: Manner::Answers(Duration::from_secs(1)),
            line: Line::Free,
            aside: None,
            adds: None,
            seen: Vec::new(),
            unplugged: false,
            dialled: String::new(),
            acts_at: None,
            transport,
            listens: true,
            offer: None,
            registration: None,
            sdp: Local::new(address.ip(), 4000, 1),
        }
    }

    /// Where this phone wants to hear.
    pub(crate) fn rtp(&self) -> SocketAddr {
        SocketAddr::new(self.address.ip(), 4000)
    }

    fn link(&self) -> Link {
        Link { transport: self.transport, local: self.address, remote: EXCHANGE }
    }

    pub(crate) fn dial(&mut self, now: Mono, number: &str) {
        let outgoing = Outgoing {
            to: Target::Uri { uri: format!("sip:{number}@{EXCHANGE}"), link: self.link() },
            from_user: self.name.as_ref().to_owned(),
            from_display: None,
            offer: self.sdp.offer(),
            credentials: self.credentials(),
        };
        let dialog = self.endpoint.invite(now, outgoing).expect("a phone may always dial");
        self.line = Line::Calling(dialog);
    }

    /// Hold the call, as phones do, and dial on a second line.
    pub(crate) fn open_line(&mut self, now: Mono, number: &str) {
        self.hold(now, true);
        let sdp = std::mem::replace(&mut self.sdp, Local::new(self.address.ip(), 4000, 2));
        self.aside = Some((self.line, sdp));
        self.dial(now, number);
    }

    /// To the other line, without holding or taking back any.
    pub(crate) fn swap_lines(&mut self) {
        if let Some((line, sdp)) = &mut self.aside {
            std::mem::swap(&mut self.line, line);
            std::mem::swap(&mut self.sdp, sdp);
        }
    }

    fn credentials(&self) -> Option<(String, String)> {
        self.name.starts_with("seat").then(|| (self.name.as_ref().to_owned(), format!("demo-{}", self.name)))
    }

    pub(crate) fn register(&mut self, now: Mono, password: &str) {
        let registration = Registration {
            user: self.name.as_ref().to_owned(),
            password: password.to_owned(),
            registrar: self.link(),
            expires: Duration::from_secs(120),
        };
        self.registration = Some(self.endpoint.register(now, registration));
    }

    pub(crate) fn unregister(&mut self, now: Mono) {
        if let Some(registration) = self.registration.take() {
            self.endpoint.unregister(now, registration);
        }
    }

    pub(crate) fn hang_up(&mut self, now: Mono) {
        let (Line::Calling(dialog) | Line::Ringing(dialog) | Line::Up(dialog, _)) = self.line else { return };
        match self.line {
            Line::Ringing(_) => self.endpoint.reject(now, dialog, 486, None),
            _ => self.endpoint.bye(now, dialog),
        }
        self.acts_at = None;
        self.free();
    }

    /// Hold (or take back) with a re-INVITE.
    pub(crate) fn hold(&mut self, now: Mono, on: bool) {
        let Line::Up(dialog, _) = self.line else { return };
        let offer = String::from_utf8(self.sdp.offer()).expect("our own SDP is text");
        let offer = if on { offer.replace("a=sendrecv", "a=sendonly") } else { offer };
        self.endpoint.reoffer(now, dialog, offer.into_bytes());
    }

    /// The person does what the manner says.
    pub(crate) fn act(&mut self, now: Mono) {
        self.acts_at = None;
        let Line::Ringing(dialog) = self.line else { return };
        match self.manner {
            Manner::Answers(_) => self.answer(now, dialog),
            Manner::Rejects(_) => {
                self.endpoint.reject(now, dialog, 486, None);
                self.line = Line::Free;
            }
            Manner::Refused(_) | Manner::Ignores => {}
        }
    }

    fn answer(&mut self, now: Mono, dialog: DialogId) {
        let Some(offer) = self.offer.take() else { return };
        let (answer, agreed) = self.sdp.answer(&offer).expect("the exchange offers what we speak");
        assert_eq!(agreed.codec, Codec::Pcma, "the offer to a seat has PCMA first");
        self.endpoint.answer(now, dialog, answer);
        let port = agreed.addr.expect("the exchange has a port").port();
        self.line = Line::Up(dialog, port);
    }

    /// Live through what the endpoint tells.
    pub(crate) fn handle_events(&mut self, now: Mono) {
        while let Some(event) = self.endpoint.poll_event() {
            match event {
                Event::Incoming { dialog, invite } => {
                    if let Manner::Refused(status) = self.manner {
                        self.endpoint.reject(now, dialog, status, None);
                        continue;
                    }
                    if self.line != Line::Free {
                        self.endpoint.reject(now, dialog, 486, None);
                        continue;
                    }
                    self.line = Line::Ringing(dialog);
                    self.offer = invite.offer;
                    let display = invite.display.unwrap_or_default();
                    self.seen.push(Seen::Rang { from: invite.from, display });
                    self.dialled = invite.to;
                    self.endpoint.ring(now, dialog);
                    self.acts_at = match self.manner {
                        Manner::Answers(after) | Manner::Rejects(after) => Some(now + after),
                        Manner::Refused(_) | Manner::Ignores => None,
                    };
                }
                Event::Answered { dialog, answer } => {
                    let agreed =
                        self.sdp.read_answer(&answer.expect("a 200 has SDP")).expect("and it can be read");
                    let port = agreed.addr.expect("the exchange has a port").port();
                    self.line = Line::Up(dialog, port);
                    self.seen.push(Seen::Answered);
                }
                Event::Ended { dialog, .. } if self.is_aside(dialog) => self.aside = None,
                Event::Rejected { dialog, status } if self.is(dialog) => {
                    self.free();
                    self.seen.push(Seen::Refused(status));
                }
                Event::Cancelled { dialog } | Event::Ended { dialog, .. } if self.is(dialog) => {
                    self.free();
                    self.acts_at = None;
                    self.seen.push(Seen::Ended);
                }
                Event::Reoffer { dialog, offer: Some(offer) } if !self.is_aside(dialog) => {
                    let (answer, _) = self.sdp.answer(&offer).expect("what was offered before");
                    self.endpoint.accept_offer(now, dialog, answer);
                }
                Event::RegistrationChanged { status, .. } => {
                    self.seen.push(if status == 200 {
                        Seen::Registered
                    } else {
                        Seen::NotRegistered(status)
                    });
                }
                _ => {}
            }
        }
    }

    /// The call is over; one that was put aside is the phone's only one again.
    fn free(&mut self) {
        self.line = Line::Free;
        if let Some((line, sdp)) = self.aside.take() {
            (self.line, self.sdp) = (line, sdp);
        }
    }

    /// How the other side is told which call is meant, as in Replaces.
    pub(crate) fn replaces(&self, line: Line) -> Option<String> {
        let Line::Up(dialog, _) = line else { return None };
        let record = self.endpoint.record(dialog)?;
        let tag = |value: &str| value.rsplit_once(";tag=").map(|(_, tag)| tag.to_owned());
        Some(format!("{};to-tag={};from-tag={}", record.call_id, tag(&record.remote)?, tag(&record.local)?))
    }

    /// The transfer key, with two calls up: join their other ends.
    pub(crate) fn joins_lines(&mut self, now: Mono) {
        let Some(other) = self.aside.as_ref().and_then(|(line, _)| self.replaces(*line)) else { return };
        let Line::Up(dialog, _) = self.line else { return };
        let other = other.replace(';', "%3B").replace('=', "%3D");
        self.endpoint.refer(now, dialog, &format!("<sip:202@192.0.2.1?Replaces={other}>"));
    }

    fn is_aside(&self, dialog: DialogId) -> bool {
        self.aside.as_ref().is_some_and(|(line, _)| matches!(line, Line::Up(d, _) if *d == dialog))
    }

    fn is(&self, dialog: DialogId) -> bool {
        matches!(self.line, Line::Calling(d) | Line::Ringing(d) | Line::Up(d, _) if d == dialog)
    }
}
