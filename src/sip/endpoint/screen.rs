//! The screen: where new requests are sorted, and refused without leaving a trace when they cannot be served
//! (RFC 3261 sections 8.2 and 8.2.7).
//!
//! Such an answer depends on nothing but the request, its To tag included, so that every copy of the request gets the same.
//!
//! Responses go back over the link that the request came by, to the very address it came from, whatever Via says: phones
//! behind NAT that forgot `rport` are served too (RFC 3581), and nobody can have us send to a third party.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::Endpoint;
use super::servers::server_key;
use crate::sip::dialog::hex64;
use crate::sip::digest::algorithms_for;
use crate::sip::message::{Builder, Fault, Message, Method, Name, Reaction, Scheme, Uri};
use crate::sip::{Link, host_of};
use crate::time::Mono;

/// The methods that are served.
pub(super) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, REFER";

/// The extensions that a peer may require (RFC 3891, RFC 4488).
pub(super) const SUPPORTED: &str = "replaces, norefersub";

/// The bodies that are understood.
const ACCEPT: &str = "application/sdp";

/// When to try again after "too much at once": long enough for a burst to pass, short enough for a caller to wait.
const RETRY_AFTER_S: u32 = 10;

/// A request that is not served, with the header that says why.
pub(super) struct Refusal {
    status: u16,
    because: Option<(Name, Cow<'static, [u8]>)>,
}

impl Refusal {
    fn new(status: u16) -> Refusal {
        Refusal { status, because: None }
    }

    fn because(status: u16, name: Name, value: &'static str) -> Refusal {
        Refusal { status, because: Some((name, Cow::Borrowed(value.as_bytes()))) }
    }
}

/// Begins the response to a request.
pub(super) fn response(request: &Message, link: Link, status: u16, tag: Option<u64>) -> Builder {
    let tag = tag.map(hex64);
    Builder::response(request, status, reason(status), link.remote, tag.as_deref())
}

/// The body of a message, if it is SDP.
pub(super) fn sdp_of(message: &Message) -> Option<Vec<u8>> {
    let is_sdp = message.content_type().is_none_or(|kind| kind.eq_ignore_ascii_case(ACCEPT.as_bytes()));
    (is_sdp && !message.body().is_empty()).then(|| message.body().to_vec())
}

impl Endpoint {
    /// Tells the sender what is wrong with a message, if it can be told.
    pub(super) fn on_fault(&mut self, link: Link, message: &Message, fault: Fault) {
        let Reaction::Answer(status) = message.reaction_to(fault) else { return };
        let tag = hex64(self.stateless_tag(message));
        let builder = Builder::response(message, status, fault.to_string(), link.remote, Some(&tag));
        let bytes = builder.header(Name::Server, &self.server).finish();
        self.send(link, bytes);
    }

    /// Answers a request without keeping any state.
    pub(super) fn answer_stateless(
        &mut self,
        link: Link,
        request: &Message,
        status: u16,
        add: impl FnOnce(Builder) -> Builder,
    ) {
        let tag = self.stateless_tag(request);
        let builder = response(request, link, status, Some(tag)).header(Name::Server, &self.server);
        self.send(link, add(builder).finish());
    }

    /// As many as may be are at it; this one should try again.
    pub(super) fn answer_busy(&mut self, now: Mono, link: Link, request: &Message) {
        self.watch.on_busy(now, link.remote);
        self.answer_stateless(link, request, 503, |builder| {
            builder.format_header(Name::RetryAfter, format_args!("{RETRY_AFTER_S}"))
        });
    }

    /// Asks for proof, with one challenge per algorithm.
    pub(super) fn challenge(&mut self, now: Mono, link: Link, request: &Message, stale: bool) {
        let algorithms = algorithms_for(request.header(Name::UserAgent));
        let challenges = self.guard.challenges(now, host_of(link.remote.ip()), stale, algorithms);
        self.answer_stateless(link, request, 401, |builder| {
            challenges.iter().fold(builder, |builder, value| builder.header(Name::WwwAuthenticate, value))
        });
    }

    /// The same for every copy of a request, and not to be guessed.
    fn stateless_tag(&self, request: &Message) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.tag_key);
        hash.update(server_key(request));
        hash.update(request.call_id().unwrap_or_default());
        let hash = hash.finalize();
        hash.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    pub(super) fn on_request(&mut self, now: Mono, link: Link, request: Message) {
        let method = request.method();
        let known = self.servers.find(&server_key(&request));
        match (method, known) {
            (Method::Cancel, Some(id)) => self.on_cancel(now, link, &request, id),
            (Method::Cancel, None) => self.answer_stateless(link, &request, 481, |builder| builder),
            (method, Some(id)) => {
                if self.on_copy(now, id, method == Method::Ack) {
                    self.on_ack(now, &request);
                }
            }
            (Method::Ack, None) => self.on_ack(now, &request),
            (_, None) => match refusal_of(&request) {
                Some(refusal) => self.refuse(link, &request, refusal),
                None => self.on_new_request(now, link, request),
            },
        }
    }

    fn refuse(&mut self, link: Link, request: &Message, refusal: Refusal) {
        self.answer_stateless(link, request, refusal.status, |builder| match refusal.because {
            Some((name, value)) => builder.header(name, value),
            None => builder,
        });
    }

    fn on_new_request(&mut self, now: Mono, link: Link, request: Message) {
        let is_within = request.to().is_ok_and(|to| to.tag().is_some());
        match request.method() {
            Method::Register => self.on_register(now, link, request),
            _ if is_within => self.on_within(now, link, request),
            Method::Invite => self.on_invite(now, link, request),
            Method::Options => self.answer_stateless(link, &request, 200, capabilities),
            Method::Refer => self.answer_stateless(link, &request, 403, |builder| builder),
            _ => self.answer_stateless(link, &request, 481, |builder| builder),
        }
    }
}

/// What an OPTIONS is answered with (RFC 3261 section 11.2).
pub(super) fn capabilities(builder: Builder) -> Builder {
    builder
        .header(Name::Allow, ALLOW)
        .header(Name::Accept, ACCEPT)
        .header(Name::Supported, SUPPORTED)
        .header_other("Accept-Encoding", "identity")
        .header_other("Accept-Language", "it, en")
}

/// Why a request is not served whoever sends it, in the order of RFC 3261 section 8.2.
fn refusal_of(request: &Message) -> Option<Refusal> {
    refusal_by_method(request.method())
        .or_else(|| refusal_by_scheme(request))
        .or_else(|| refusal_by_extension(request))
        .or_else(|| refusal_by_content(request))
}

fn refusal_by_method(method: Method<'_>) -> Option<Refusal> {
    use Method as M;
    match method {
        M::Invite | M::Ack | M::Bye | M::Cancel | M::Options | M::Register | M::Info | M::Update => None,
        M::Refer => None,
        M::Other(_) => Some(Refusal::because(501, Name::Allow, ALLOW)),
        _ => Some(Refusal::because(405, Name::Allow, ALLOW)),
    }
}

fn refusal_by_scheme(request: &Message) -> Option<Refusal> {
    match Uri::parse(request.request_uri()).map(|uri| uri.scheme) {
        Some(Scheme::Sip | Scheme::Sips | Scheme::Tel) => None,
        _ => Some(Refusal::new(416)),
    }
}

/// Every extension that is required and not supported is listed.
fn refusal_by_extension(request: &Message) -> Option<Refusal> {
    let is_known =
        |tag: &&[u8]| SUPPORTED.split(", ").any(|known| tag.eq_ignore_ascii_case(known.as_bytes()));
    let required: Vec<_> = request.headers(Name::Require).filter(|tag| !is_known(tag)).collect();
    let because = Some((Name::Unsupported, Cow::Owned(required.join(&b", "[..]))));
    (!required.is_empty()).then_some(Refusal { status: 420, because })
}

fn refusal_by_content(request: &Message) -> Option<Refusal> {
    if request.body().is_empty() && request.method() != Method::Invite {
        return None;
    }
    let is_encoded =
        request.headers(Name::ContentEncoding).any(|encoding| !encoding.eq_ignore_ascii_case(b"identity"));
    let carries_sdp = matches!(request.method(), Method::Invite | Method::Update);
    if !request.body().is_empty() && (is_encoded || (carries_sdp && sdp_of(request).is_none())) {
        return Some(Refusal::because(415, Name::Accept, ACCEPT));
    }
    (request.method() == Method::Invite && !takes_sdp(request))
        .then(|| Refusal::because(406, Name::Accept, ACCEPT))
}

/// Whether SDP may be in the answer. Without Accept it may (RFC 3261 section 20.1).
fn takes_sdp(request: &Message) -> bool {
    let mut ranges = request.headers(Name::Accept).map(|range| {
        let end = range.iter().position(|&byte| byte == b';').unwrap_or(range.len());
        range[..end].trim_ascii().to_ascii_lowercase()
    });
    let takes = |range: &Vec<u8>| matches!(range.as_slice(), b"application/sdp" | b"application/*" | b"*/*");
    ranges.by_ref().any(|range| takes(&range)) || request.headers(Name::Accept).next().is_none()
}

/// Usual reason phrases (RFC 3261 section 21 and the extensions that are served).
pub(super) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        484 => "Address Incomplete",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        _ => "Refused",
    }
}
