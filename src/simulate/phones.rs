//! All phones of a day: the citizens', by a trunk, and those of the seats. They speak with the exchange at the level of calls, or by
//! real SIP bytes; either way they are one side of the conversation, and tell the same events.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Input;
use crate::ids::SeatId;
use crate::sdp::Local;
use crate::sip::{
    self, DialogId, Endpoint, Event, Link, Outgoing, Peer, Registration, Signalling, Target, Tell, Told,
    Transmit, Transport,
};
use crate::time::Mono;

/// Where the exchange is.
pub(super) const EXCHANGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5060);
/// Registrations are refreshed before they run out.
const EXPIRES: Duration = Duration::from_secs(120);

/// Something for the exchange to hear.
pub(super) enum Said {
    Tell(Tell),
    Bytes(Transmit),
}

impl Said {
    /// As the exchange takes it.
    pub(super) fn input(&self) -> Input<'_> {
        match self {
            Said::Tell(tell) => Input::Tell(tell.clone()),
            Said::Bytes(Transmit { link, bytes }) => {
                Input::Datagram(Link { local: link.remote, remote: link.local, ..*link }, bytes)
            }
        }
    }
}

/// See the module.
pub(super) struct Phones {
    line: Signalling,
    /// Where the phones are: an address of the trunk.
    address: SocketAddr,
    trunk: Arc<str>,
    sdp: Local,
    offer: Vec<u8>,
    /// The exchange offers the same to every phone, so the answer is the same.
    answer: Option<Vec<u8>>,
}

impl Phones {
    /// Phones behind this trunk, whose calls come from this address; `by_sip`: with real bytes.
    pub(super) fn new(trunk: Arc<str>, address: IpAddr, by_sip: bool, seed: [u8; 32]) -> Phones {
        let address = SocketAddr::new(address, 5060);
        let settings = sip::Settings {
            server: "simulated phones".to_owned(),
            trunks: vec![("exchange".into(), EXCHANGE.ip().into())],
            ..sip::Settings::default()
        };
        let line = match by_sip {
            true => Signalling::Wire(Box::new(Endpoint::new(settings, seed))),
            false => Signalling::Told(Told::phones()),
        };
        let mut sdp = Local::new(address.ip(), 4000, 1);
        let offer = sdp.offer();
        Phones { line, address, trunk, sdp, offer, answer: None }
    }

    pub(super) fn link(&self) -> Link {
        Link { transport: Transport::Udp, local: self.address, remote: EXCHANGE }
    }

    /// A citizen calls.
    pub(super) fn call(&mut self, now: Mono, to: &str, from: &str) -> Option<DialogId> {
        let link = self.link();
        match &mut self.line {
            Signalling::Told(told) => {
                Some(told.call(Peer::Trunk(self.trunk.clone()), to, from, self.offer.clone()))
            }
            Signalling::Wire(sip) => {
                let call = Outgoing {
                    to: Target::Uri { uri: format!("sip:{to}@{EXCHANGE}"), link },
                    from_user: from.to_owned(),
                    from_display: None,
                    offer: self.offer.clone(),
                    credentials: None,
                };
                sip.invite(now, call).ok()
            }
        }
    }

    /// Somebody takes a call that came in with this offer.
    pub(super) fn answer(&mut self, now: Mono, dialog: DialogId, offer: Option<&[u8]>) {
        if self.answer.is_none() {
            let answer = offer.and_then(|offer| self.sdp.answer(offer).ok());
            self.answer = answer.map(|(answer, _)| answer);
        }
        self.line.answer(now, dialog, self.answer.clone().unwrap_or_default());
    }

    pub(super) fn ring(&mut self, now: Mono, dialog: DialogId) {
        self.line.ring(now, dialog);
    }

    pub(super) fn hang_up(&mut self, now: Mono, dialog: DialogId) {
        self.line.bye(now, dialog);
    }

    /// The phone of a seat is switched on.
    pub(super) fn switch_on(&mut self, now: Mono, seat: &SeatId, password: &str) {
        let (user, registrar): (Arc<str>, _) = (seat.as_str().into(), self.link());
        match &mut self.line {
            Signalling::Told(told) => told.reachable(&user, true),
            Signalling::Wire(sip) => {
                let password = password.to_owned();
                let wanted = Registration { user: seat.to_string(), password, registrar, expires: EXPIRES };
                sip.register(now, wanted);
            }
        }
    }

    /// The port of the exchange that an answer names.
    pub(super) fn port_of(&self, answer: &[u8]) -> Option<u16> {
        Some(self.sdp.read_answer(answer).ok()?.addr?.port())
    }

    /// The exchange says something.
    pub(super) fn hear(&mut self, now: Mono, said: Said) {
        match said {
            Said::Tell(tell) => self.line.hear(tell),
            Said::Bytes(Transmit { link, bytes }) => {
                let link = Link { local: link.remote, remote: link.local, ..link };
                self.line.handle_datagram(now, link, &bytes);
            }
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Mono) {
        self.line.handle_timeout(now);
    }

    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.line.poll_timeout()
    }

    pub(super) fn poll_event(&mut self) -> Option<Event> {
        self.line.poll_event()
    }

    /// What the exchange is to hear.
    pub(super) fn poll_said(&mut self) -> Option<Said> {
        self.line.poll_tell().map(Said::Tell).or_else(|| self.line.poll_transmit().map(Said::Bytes))
    }
}
