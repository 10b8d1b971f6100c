//! The phone's side of registration: asks, answers the challenge, comes back in time, and tries again after a failure.

use std::net::IpAddr;
use std::time::Duration;

use super::Endpoint;
use super::alarms::Alarm;
use super::clients::{ClientId, Purpose};
use super::outgoing::{Challenge, escaped, host};
use crate::sip::dialog::{contact, hex64, own_address, via};
use crate::sip::message::{Builder, Message, Method, Name, NameAddr};
use crate::sip::settings::{Registration, RegistrationId};
use crate::sip::{Event, Link, Transport};
use crate::time::Mono;

/// After a failure.
const RETRY: Duration = Duration::from_secs(30);

/// After the stream to the registrar closed: soon, but not in a loop.
const RECONNECT: Duration = Duration::from_secs(2);

/// No registration is taken to be shorter, whatever the registrar says.
const SHORTEST: Duration = Duration::from_secs(10);

/// One registration that we keep up.
#[derive(Debug)]
pub(super) struct Phone {
    registration: Registration,
    call_id: String,
    tag: u64,
    cseq: u32,
    /// Challenges answered for the request in progress.
    answered: u8,
    is_registered: bool,
    /// To be taken back.
    is_leaving: bool,
    /// The request on its way.
    asking: Option<Asking>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    ToRegister,
    ToTakeBack,
}

impl Phone {
    pub(super) fn uses(&self, link: Link) -> bool {
        self.registration.registrar == link
    }

    fn uri(&self) -> String {
        format!("sip:{}", self.registration.registrar.remote)
    }

    fn contact(&self, advertise: Option<IpAddr>) -> Vec<u8> {
        let link = self.registration.registrar;
        let user = escaped(&self.registration.user);
        contact(user.as_bytes(), own_address(advertise, link), link.transport)
    }

    /// For how long the registrar says that our contact is good.
    fn granted(&self, response: &Message, contact: &[u8]) -> Duration {
        let bindings = response.addresses(Name::Contact).filter_map(Result::ok);
        let ours =
            bindings.filter(|binding| NameAddr::parse(contact).is_some_and(|ours| ours.uri == binding.uri));
        let granted_s = ours.filter_map(|binding| binding.expires()).next().or(response.expires());
        granted_s.map_or(self.registration.expires, |granted_s| Duration::from_secs(u64::from(granted_s)))
    }
}

impl Endpoint {
    /// Registers, and stays registered until [`Endpoint::unregister`].
    pub fn register(&mut self, now: Mono, registration: Registration) -> RegistrationId {
        self.last_phone += 1;
        let id = RegistrationId(self.last_phone);
        let (call_id, tag) = (hex64(self.random()), self.random());
        let phone = Phone {
            registration,
            call_id,
            tag,
            cseq: 0,
            answered: 0,
            is_registered: false,
            is_leaving: false,
            asking: None,
        };
        self.phones.insert(id, phone);
        self.send_register(now, id, None);
        id
    }

    /// Takes a registration back; the last [`Event::RegistrationChanged`] tells when that is done.
    pub fn unregister(&mut self, now: Mono, id: RegistrationId) {
        let Some(phone) = self.phones.get_mut(&id).filter(|phone| !phone.is_leaving) else { return };
        phone.is_leaving = true;
        if phone.asking.is_none() {
            phone.answered = 0;
            self.send_register(now, id, None);
        }
    }

    fn send_register(&mut self, now: Mono, id: RegistrationId, authorization: Option<(Name, String)>) {
        let branch = self.random();
        let Some(phone) = self.phones.get_mut(&id) else { return };
        phone.cseq += 1;
        phone.asking = Some(if phone.is_leaving { Asking::ToTakeBack } else { Asking::ToRegister });
        let link = phone.registration.registrar;
        let own = own_address(self.advertise, link);
        let address = format!("<sip:{}@{}>", escaped(&phone.registration.user), host(link.remote));
        let expires_s = if phone.is_leaving { 0 } else { phone.registration.expires.as_secs() };
        let mut builder = Builder::request(Method::Register, phone.uri())
            .header(Name::Via, via(own, link.transport, branch))
            .header(Name::MaxForwards, "70")
            .format_header(Name::From, format_args!("{address};tag={:016x}", phone.tag))
            .header(Name::To, &address)
            .header(Name::CallId, &phone.call_id)
            .format_header(Name::CSeq, format_args!("{} REGISTER", phone.cseq))
            .header(Name::Contact, phone.contact(self.advertise))
            .format_header(Name::Expires, format_args!("{expires_s}"))
            .header(Name::UserAgent, &self.server);
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        let bytes = builder.finish();
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Register(id));
    }

    pub(super) fn on_register_outcome(
        &mut self,
        now: Mono,
        id: RegistrationId,
        status: u16,
        response: Option<&Message>,
    ) {
        if let Some(authorization) = response.and_then(|response| self.register_credentials(id, response)) {
            return self.send_register(now, id, Some(authorization));
        }
        let Some(phone) = self.phones.get_mut(&id) else { return };
        phone.answered = 0;
        let asked = phone.asking.take();
        if phone.is_leaving {
            return self.on_leaving(now, id, status, asked);
        }
        let was_registered = phone.is_registered;
        phone.is_registered = (200..300).contains(&status);
        let again = match response {
            // Time for a few repeats before it runs out.
            Some(response) if phone.is_registered => {
                phone.granted(response, &phone.contact(self.advertise)).max(SHORTEST) * 3 / 4
            }
            Some(response) if status == 423 => {
                let least_s = response.seconds(Name::MinExpires).unwrap_or_default();
                phone.registration.expires = Duration::from_secs(u64::from(least_s)).max(SHORTEST);
                RECONNECT
            }
            _ => RETRY,
        };
        let registered = phone.is_registered;
        self.alarms.set(Alarm::Phone(id), Some(now + again));
        if !registered || !was_registered {
            self.events.push_back(Event::RegistrationChanged { registration: id, status, registered });
        }
    }

    /// What was on its way when it had to be taken back has had its answer, or the taking back itself.
    fn on_leaving(&mut self, now: Mono, id: RegistrationId, status: u16, asked: Option<Asking>) {
        if asked == Some(Asking::ToRegister) {
            return self.send_register(now, id, None);
        }
        self.phones.remove(&id);
        self.alarms.set(Alarm::Phone(id), None);
        let change = Event::RegistrationChanged { registration: id, status, registered: false };
        self.events.push_back(change);
    }

    fn register_credentials(&mut self, id: RegistrationId, response: &Message) -> Option<(Name, String)> {
        let cnonce = hex64(self.random());
        let phone = self.phones.get_mut(&id)?;
        let challenge = Challenge {
            answered: phone.answered,
            user: &phone.registration.user,
            password: &phone.registration.password,
            method: b"REGISTER",
        };
        let found = challenge.answer(response, phone.uri().as_bytes(), &cnonce)?;
        phone.answered += 1;
        Some(found)
    }

    pub(super) fn on_phone_timeout(&mut self, now: Mono, id: RegistrationId) {
        if self.phones.get(&id).is_some_and(|phone| phone.asking.is_none()) {
            self.send_register(now, id, None);
        }
    }

    /// The registrar reaches us over the stream that we registered on: without it we are not registered.
    pub(super) fn wake_phones(&mut self, now: Mono, link: Link) {
        let idle =
            |phone: &Phone| link.transport == Transport::Tcp && phone.uses(link) && phone.asking.is_none();
        let woken: Vec<_> = self.phones.iter().filter(|(_, phone)| idle(phone)).map(|(id, _)| *id).collect();
        for id in woken {
            self.alarms.set(Alarm::Phone(id), Some(now + RECONNECT));
        }
    }
}
