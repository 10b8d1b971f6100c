//! Calls that we make, and the end of all calls.

use super::Endpoint;
use super::clients::{ClientId, News, Purpose, cancel_of};
use super::screen::{self, sdp_of};
use crate::sip::dialog::{Calling, Dialog, Path, Phase, contact, hex64, own_address, without_headers};
use crate::sip::digest::{Answering, answer};
use crate::sip::message::{Message, Method, Name, Scheme, Uri};
use crate::sip::settings::{InviteError, Outgoing, Target};
use crate::sip::{DialogId, DialogRecord, Event, Link, Reason, Transport};
use crate::time::Mono;

/// Challenges answered for one request: the first, and one more when only the nonce was at fault.
pub(super) const MOST_CHALLENGES: u8 = 2;

impl Endpoint {
    /// Makes a call.
    pub fn invite(&mut self, now: Mono, call: Outgoing) -> Result<DialogId, InviteError> {
        if self.dialogs.len() >= self.limits.dialogs {
            return Err(InviteError::NoRoom);
        }
        let (uri, link) = self.locate(&call.to)?;
        let own = own_address(self.advertise, link);
        let user = escaped(&call.from_user);
        let display = call.from_display.as_deref().map(quoted).unwrap_or_default();
        let at = if user.is_empty() { "" } else { "@" };
        let from = format!("{display}<sip:{user}{at}{}>", host(own));
        let (call_id, tag) = (hex64(self.random()) + &hex64(self.random()), self.random());
        let contact = contact(user.as_bytes(), own, link.transport);
        let path = Path::to_target(call_id.into(), tag, from.as_bytes(), &uri, link, contact);
        let calling = Calling {
            branch: 0,
            reason: None,
            offer: call.offer,
            credentials: call.credentials,
            answered: 0,
        };
        let id = self.insert_dialog(Dialog::new(path, Phase::Calling(Box::new(calling))));
        self.send_invite(now, id, None);
        Ok(id)
    }

    pub(super) fn locate(&self, target: &Target) -> Result<(Vec<u8>, Link), InviteError> {
        let (uri, link) = match target {
            Target::User(user) => {
                let binding = self.registrar.newest(user).ok_or(InviteError::NotRegistered)?;
                (binding.contact.uri.as_slice(), binding.link)
            }
            Target::Uri { uri, link } => (uri.as_bytes(), *link),
        };
        let scheme = Uri::parse(uri).ok_or(InviteError::BadUri)?.scheme;
        match scheme {
            Scheme::Sip | Scheme::Sips | Scheme::Tel => Ok((without_headers(uri).to_vec(), link)),
            Scheme::Other(_) => Err(InviteError::BadUri),
        }
    }

    fn send_invite(&mut self, now: Mono, id: DialogId, authorization: Option<(Name, String)>) {
        let branch = self.random();
        let Some(Dialog { path, phase: Phase::Calling(calling), .. }) = self.dialogs.get_mut(&id) else {
            return;
        };
        calling.branch = branch;
        let own = own_address(self.advertise, path.link);
        let mut builder = path
            .request(Method::Invite, path.local_cseq, own, branch)
            .header(Name::Contact, &path.contact)
            .header(Name::Allow, screen::ALLOW)
            .header(Name::Supported, screen::SUPPORTED)
            .header(Name::UserAgent, &self.server);
        if let Some((name, value)) = authorization {
            builder = builder.header(name, value);
        }
        let bytes = builder.body("application/sdp", calling.offer.clone()).finish();
        let link = path.link;
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Call(id));
    }

    pub(super) fn on_call_outcome(
        &mut self,
        now: Mono,
        id: DialogId,
        status: u16,
        response: Option<&Message>,
    ) {
        let Some(dialog) = self.dialogs.get(&id) else { return };
        let is_calling = matches!(dialog.phase, Phase::Calling(_));
        match (status, response) {
            (100..200, _) if dialog.is_abandoned => self.send_cancel(now, id),
            (101..200, _) if is_calling => self.events.push_back(Event::Ringing { dialog: id }),
            (100..200, _) => {}
            (200..300, Some(response)) if is_calling => self.on_answer(now, id, response),
            (200..300, Some(response)) => self.on_second_answer(now, id, response),
            _ if is_calling => self.on_refusal(now, id, status, response),
            _ => {}
        }
    }

    fn on_answer(&mut self, now: Mono, id: DialogId, response: &Message) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        dialog.path.on_answer(response);
        dialog.phase = Phase::Confirmed;
        let (path, is_abandoned) = (dialog.path.clone(), dialog.is_abandoned);
        self.send_ack(now, &path, response);
        if is_abandoned {
            self.end(now, id);
        } else {
            self.events.push_back(Event::Answered { dialog: id, answer: sdp_of(response) });
        }
    }

    /// A copy of the 200 wants its ACK again; another branch of a forked INVITE, which also answered, is taken leave of
    /// (RFC 3261 section 13.2.2.4).
    fn on_second_answer(&mut self, now: Mono, id: DialogId, response: &Message) {
        let Some(dialog) = self.dialogs.get(&id) else { return };
        let mut path = dialog.path.clone();
        let tag = response.to().ok().and_then(|to| to.tag());
        if tag == path.remote_tag.as_deref() {
            return self.send_ack(now, &path, response);
        }
        path.on_answer(response);
        self.send_ack(now, &path, response);
        self.send_bye(now, path);
    }

    fn send_ack(&mut self, now: Mono, path: &Path, response: &Message) {
        let cseq = response.cseq().map_or(path.local_cseq, |cseq| cseq.number);
        let (link, branch) = (self.link_of(path), self.random());
        let ack = path.request(Method::Ack, cseq, own_address(self.advertise, link), branch).finish();
        if link.transport == Transport::Udp || self.open_stream(now, link) {
            self.send(link, ack);
        }
    }

    fn on_refusal(&mut self, now: Mono, id: DialogId, status: u16, response: Option<&Message>) {
        if let Some(authorization) = response.and_then(|response| self.credentials_for(id, response)) {
            return self.send_invite(now, id, Some(authorization));
        }
        let is_told = self.remove_dialog(id).is_some_and(|dialog| !dialog.is_abandoned);
        if is_told {
            self.events.push_back(Event::Rejected { dialog: id, status });
        }
    }

    /// The header that answers a challenge to our INVITE, when there is one worth answering.
    fn credentials_for(&mut self, id: DialogId, response: &Message) -> Option<(Name, String)> {
        let cnonce = hex64(self.random());
        let dialog = self.dialogs.get_mut(&id).filter(|dialog| !dialog.is_abandoned)?;
        let Phase::Calling(calling) = &mut dialog.phase else { return None };
        let (user, password) = calling.credentials.as_ref()?;
        let challenge = Challenge { answered: calling.answered, user, password, method: b"INVITE" };
        let (way, _) = dialog.path.way();
        let found = challenge.answer(response, &way, &cnonce)?;
        calling.answered += 1;
        dialog.path.local_cseq += 1;
        Some(found)
    }

    /// Whether the other side has said anything to our INVITE yet.
    pub fn is_heard(&self, id: DialogId) -> bool {
        let Some(Dialog { phase: Phase::Calling(calling), .. }) = self.dialogs.get(&id) else { return true };
        let invite = ClientId { branch: calling.branch, is_cancel: false };
        self.clients.get(&invite).is_none_or(|known| known.can_cancel())
    }

    /// Ends a dialog in any state: CANCEL before the final answer (and BYE should a 200 cross it), BYE after, a refusal for a
    /// call that came in. No more events come of it.
    pub fn bye(&mut self, now: Mono, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        match &dialog.phase {
            Phase::Incoming { .. } => self.reject(now, id, 480, None),
            Phase::Calling(_) => {
                dialog.is_abandoned = true;
                self.send_cancel(now, id);
            }
            // The callee's BYE has to wait for the ACK (RFC 3261 section 15).
            Phase::Confirmed if dialog.unacked.as_ref().is_some_and(|unacked| unacked.is_first) => {
                dialog.is_abandoned = true;
            }
            Phase::Confirmed => self.end(now, id),
        }
    }

    /// Takes a call of ours back as [`Endpoint::bye`] does; a phone that still rings is told why, and shows no missed call.
    pub fn cancel(&mut self, now: Mono, id: DialogId, reason: Option<Reason>) {
        if let Some(Dialog { phase: Phase::Calling(calling), .. }) = self.dialogs.get_mut(&id) {
            calling.reason = reason;
        }
        self.bye(now, id);
    }

    /// Sends the CANCEL, once the other side has shown that it knows the INVITE (RFC 3261 section 9.1).
    pub(super) fn send_cancel(&mut self, now: Mono, id: DialogId) {
        let Some(Dialog { phase: Phase::Calling(calling), .. }) = self.dialogs.get(&id) else { return };
        let invite = ClientId { branch: calling.branch, is_cancel: false };
        let cancel = ClientId { is_cancel: true, ..invite };
        let Some(transaction) = self.clients.get(&invite).filter(|known| known.can_cancel()) else { return };
        if self.clients.contains_key(&cancel) {
            return;
        }
        let link = transaction.link;
        let Some(bytes) = cancel_of(&transaction.request, calling.reason) else { return };
        self.tell_client(now, invite, News::Cancel, None);
        self.begin_client(now, cancel, link, bytes, Purpose::Farewell);
    }

    /// Takes leave and forgets the dialog.
    pub(super) fn end(&mut self, now: Mono, id: DialogId) {
        let Some(dialog) = self.remove_dialog(id) else { return };
        if let Some(server) = dialog.reoffer {
            self.respond(now, server, 487, |builder| builder);
        }
        self.drop_refer(now, dialog.refer);
        self.send_bye(now, dialog.path);
    }

    fn send_bye(&mut self, now: Mono, mut path: Path) {
        path.local_cseq = path.local_cseq.saturating_add(1);
        self.send_within(now, &path, Method::Bye, Purpose::Farewell);
    }

    /// Sends a request within a dialog, with the path's count.
    pub(super) fn send_within(&mut self, now: Mono, path: &Path, method: Method<'_>, purpose: Purpose) {
        let (link, branch) = (self.link_of(path), self.random());
        let request = path.request(method, path.local_cseq, own_address(self.advertise, link), branch);
        let bytes = request.header(Name::UserAgent, &self.server).finish();
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, purpose);
    }

    /// The link that the dialog came by, while it lives; else a new connection.
    pub(super) fn link_of(&self, path: &Path) -> Link {
        if self.is_alive(path.link) {
            return path.link;
        }
        Link { remote: path.next_hop().unwrap_or(path.link.remote), ..path.link }
    }

    /// Ends a dialog of before a crash.
    pub fn end_recorded(&mut self, now: Mono, record: &DialogRecord) {
        self.send_bye(now, Path::of_record(record));
    }
}

/// What is needed to answer a challenge to a request of ours.
pub(super) struct Challenge<'a> {
    pub(super) answered: u8,
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) method: &'a [u8],
}

impl Challenge<'_> {
    /// Header and value of the credentials. `None` when it is no challenge, cannot be answered, or the last answer was wrong.
    pub(super) fn answer(&self, response: &Message, uri: &[u8], cnonce: &str) -> Option<(Name, String)> {
        let (asked, given) = match response.status() {
            401 => (Name::WwwAuthenticate, Name::Authorization),
            407 => (Name::ProxyAuthenticate, Name::ProxyAuthorization),
            _ => return None,
        };
        let answering =
            Answering { user: self.user, password: self.password, method: self.method, uri, nc: 1, cnonce };
        let found = answer(response.fields(asked), &answering)?;
        let may = self.answered == 0 || (found.stale && self.answered < MOST_CHALLENGES);
        may.then_some((given, found.value))
    }
}

/// A host as it stands in a URI.
pub(super) fn host(own: std::net::SocketAddr) -> String {
    match own.ip() {
        std::net::IpAddr::V6(ip) => format!("[{ip}]"),
        ip => ip.to_string(),
    }
}

/// A user part: what the grammar does not allow there is escaped (RFC 3261 section 25.1).
pub(super) fn escaped(user: &str) -> String {
    let mut text = String::with_capacity(user.len());
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// A display name in quotes, with the space that parts it from the URI.
fn quoted(display: &str) -> String {
    let clean: String = display.chars().filter(|c| !c.is_control()).collect();
    format!("\"{}\" ", clean.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_outside_cannot_break_a_header() {
        assert_eq!(escaped("+39055"), "+39055");
        assert_eq!(escaped("a>\r\nX: \u{e8}"), "a%3E%0D%0AX%3A%20%C3%A8");
        assert_eq!(quoted("Coda \"tributi\"\r\n"), "\"Coda \\\"tributi\\\"\" ");
    }
}
