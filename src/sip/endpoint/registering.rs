//! The registrar's door: proof first, then the bindings.

use super::Endpoint;
use crate::sip::admission::user_of;
use crate::sip::message::{Builder, Message, Name, NameAddr};
use crate::sip::registrar::{Change, Contact, MOST_CONTACTS, Refusal, SHORTEST_S, Update, Wish};
use crate::sip::{Event, Link};
use crate::time::Mono;

impl Endpoint {
    pub(super) fn on_register(&mut self, now: Mono, link: Link, request: Message) {
        let is_sip = request.to().ok().and_then(|to| to.uri()).is_some_and(|uri| uri.is_sip());
        if !is_sip {
            return self.answer_stateless(link, &request, 416, |builder| builder);
        }
        let Some(wish) = wish_of(&request) else {
            return self.answer_stateless(link, &request, 400, |builder| builder);
        };
        if !self.has_room() {
            return self.answer_busy(now, link, &request);
        }
        let user = request.to().ok().and_then(|to| user_of(&to.uri()?)).unwrap_or_default();
        let Some(user) = self.prove(now, link, &request, &user) else { return };
        let update = Update {
            link,
            call_id: request.call_id().unwrap_or_default(),
            cseq: request.cseq().map_or(0, |cseq| cseq.number),
            expires_s: request.expires(),
            wish,
        };
        let outcome = self.registrar.handle_register(now, &user, &update);
        let tag = self.random();
        let server = self.begin_server(link, request, tag, None);
        match outcome {
            Err(Refusal::TooBrief) => {
                let shortest =
                    |builder: Builder| builder.format_header(Name::MinExpires, format_args!("{SHORTEST_S}"));
                self.respond(now, server, 423, shortest);
            }
            Err(Refusal::OutOfOrder) => drop(self.respond(now, server, 500, |builder| builder)),
            Err(Refusal::BadStar) => drop(self.respond(now, server, 400, |builder| builder)),
            Ok(change) => {
                let contacts: Vec<_> =
                    self.registrar.bindings(&user).iter().map(|binding| binding.as_contact(now)).collect();
                self.respond(now, server, 200, |builder| {
                    contacts.iter().fold(builder, |builder, value| builder.header(Name::Contact, value))
                });
                match change {
                    Change::Nothing => {}
                    Change::First => self.events.push_back(Event::Registered { user, first: true }),
                    Change::Refreshed => self.events.push_back(Event::Registered { user, first: false }),
                    Change::Gone => self.events.push_back(Event::Unregistered { user, expired: false }),
                }
            }
        }
    }

    /// Whether a phone of this user can be called.
    pub fn is_registered(&self, user: &str) -> bool {
        self.registrar.newest(user).is_some()
    }

    /// The way to a registered user's phone, the one refreshed last.
    pub fn reach(&self, user: &str) -> Option<Link> {
        self.registrar.newest(user).map(|binding| binding.link)
    }
}

/// What a REGISTER asks for. `None` for what makes no sense: a star among others, or too many contacts.
fn wish_of(request: &Message) -> Option<Wish> {
    let addresses: Vec<_> =
        request.addresses(Name::Contact).filter_map(Result::ok).take(MOST_CONTACTS + 1).collect();
    match addresses.as_slice() {
        [] => Some(Wish::Query),
        [star] if star.is_star() => Some(Wish::Clear),
        all if all.len() > MOST_CONTACTS || all.iter().any(NameAddr::is_star) => None,
        all => Some(Wish::Set(all.iter().map(contact_of).collect())),
    }
}

fn contact_of(address: &NameAddr<'_>) -> Contact {
    let mut params = Vec::new();
    for (name, value) in address.params.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(b"expires")) {
        params.push(b';');
        params.extend_from_slice(name);
        if let Some(value) = value {
            params.push(b'=');
            params.extend_from_slice(value);
        }
    }
    Contact { uri: address.uri.to_vec(), params, expires_s: address.expires() }
}
