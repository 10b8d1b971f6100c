//! Asking a registered phone outside of any call whether it is there (OPTIONS, RFC 3261 section 11.1).

use std::sync::Arc;

use super::Endpoint;
use super::clients::{ClientId, Purpose};
use super::outgoing::{escaped, host};
use crate::sip::dialog::{hex64, own_address, via};
use crate::sip::message::{Builder, Message, Method, Name};
use crate::sip::{Event, Target};
use crate::time::Mono;

impl Endpoint {
    /// Asks the phone of a registered user; [`Event::Present`] tells if it answers. False: nobody is registered, or it cannot be asked.
    pub fn ask(&mut self, now: Mono, user: &Arc<str>) -> bool {
        let Ok((uri, link)) = self.locate(&Target::User(user.clone())) else { return false };
        let (branch, tag, call_id) = (self.random(), self.random(), hex64(self.random()));
        let own = own_address(self.advertise, link);
        let bytes = Builder::request(Method::Options, uri)
            .header(Name::Via, via(own, link.transport, branch))
            .header(Name::MaxForwards, "70")
            .format_header(Name::From, format_args!("<sip:{}>;tag={tag:016x}", own))
            .format_header(Name::To, format_args!("<sip:{}@{}>", escaped(user), host(link.remote)))
            .header(Name::CallId, &call_id)
            .header(Name::CSeq, "1 OPTIONS")
            .header(Name::UserAgent, &self.server)
            .finish();
        self.asked.insert(branch, user.clone());
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Presence(branch));
        true
    }

    pub(super) fn on_presence_outcome(&mut self, branch: u64, response: Option<&Message>) {
        let Some(user) = self.asked.remove(&branch) else { return };
        // A proxy says 408 for the phone behind it.
        if response.is_some_and(|response| response.status() != 408) {
            self.events.push_back(Event::Present { user });
        }
    }
}
