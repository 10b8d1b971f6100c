//! A dialog (RFC 3261 section 12): what both sides must remember to speak to each other.
//!
//! The [`Path`] holds addresses, tags, counts and the way; it is made from the INVITE that we receive, or from ours and
//! completed by the 200. The rest of a [`Dialog`] says how far it is: an INVITE that waits for our owner, one of ours that
//! waits for the other side, or both sides agreed; beside it a 200 that nobody has acknowledged yet, and an offer within
//! the dialog that waits for our owner.

use std::net::{IpAddr, SocketAddr};

use super::endpoint::Refer;
use super::message::{Builder, Message, Method, Name, NameAddr, Scheme, Uri};
use super::transaction::{GIVE_UP, Resend, T1};
use super::{DialogRecord, Link, Reason, Transport};
use crate::time::{Mono, earliest};

/// Route headers kept of one dialog: more proxies than any call passes.
const MOST_ROUTES: usize = 16;

/// How far above the last known CSeq a BYE after a crash is: what may have been sent and not been recorded.
const RECORDED_GAP: u32 = 1_000;

/// Port of SIP where none is given.
const DEFAULT_PORT: u16 = 5060;

/// One dialog, from its INVITE on.
#[derive(Debug)]
pub(crate) struct Dialog {
    pub(crate) path: Path,
    pub(crate) phase: Phase,
    /// Our latest 200 to an INVITE, until the ACK comes.
    pub(crate) unacked: Option<Unacked>,
    /// An offer within the dialog is with our owner; its server transaction.
    pub(crate) reoffer: Option<u64>,
    /// A REFER of theirs is with our owner.
    pub(crate) refer: Option<Refer>,
    /// Our owner is done with it: what remains is to say BYE as soon as it may be said, and nothing is told any more.
    pub(crate) is_abandoned: bool,
}

/// How far a dialog is.
#[derive(Debug)]
pub(crate) enum Phase {
    /// Their INVITE is with our owner; its server transaction.
    Incoming { server: u64 },
    /// Our INVITE is with them.
    Calling(Box<Calling>),
    /// A 200 has been sent or received.
    Confirmed,
}

/// Our INVITE, and what is needed to make it again with credentials.
#[derive(Debug)]
pub(crate) struct Calling {
    /// Branch of its client transaction.
    pub(crate) branch: u64,
    /// What the CANCEL is to say, should there be one.
    pub(crate) reason: Option<Reason>,
    pub(crate) offer: Vec<u8>,
    pub(crate) credentials: Option<(String, String)>,
    /// Challenges answered so far.
    pub(crate) answered: u8,
}

/// A 200 to INVITE is repeated by the dialog until its ACK comes (RFC 3261 section 13.3.1.4), on streams too: the
/// connection says nothing about what lies behind it.
#[derive(Debug)]
pub(crate) struct Unacked {
    pub(crate) bytes: Vec<u8>,
    pub(crate) resend: Resend,
    pub(crate) until: Mono,
    pub(crate) cseq: u32,
    /// It answers the INVITE that began the dialog.
    pub(crate) is_first: bool,
}

impl Unacked {
    pub(crate) fn new(now: Mono, bytes: Vec<u8>, cseq: u32, is_first: bool) -> Unacked {
        Unacked { bytes, resend: Resend::after(now, T1), until: now + GIVE_UP, cseq, is_first }
    }
}

impl Dialog {
    pub(crate) fn new(path: Path, phase: Phase) -> Dialog {
        Dialog { path, phase, unacked: None, reoffer: None, refer: None, is_abandoned: false }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Mono> {
        let unacked = self.unacked.as_ref()?;
        earliest([Some(unacked.resend.at), Some(unacked.until)])
    }
}

/// Addresses, tags, counts and the way.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub(crate) call_id: Vec<u8>,
    /// Our tag; sixteen hexadecimal digits on the wire.
    pub(crate) local_tag: u64,
    /// Value of our From (their To), tag included.
    local: Vec<u8>,
    /// Value of our To (their From), tag included once known.
    remote: Vec<u8>,
    pub(crate) remote_tag: Option<Vec<u8>>,
    /// Their Contact: the Request-URI of what we send.
    target: Vec<u8>,
    /// Route headers of what we send.
    routes: Vec<Vec<u8>>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    pub(crate) link: Link,
    /// Value of our Contact.
    pub(crate) contact: Vec<u8>,
}

/// A tag or the random part of a branch, on the wire.
pub(crate) fn hex64(number: u64) -> String {
    let digit = |place: u32| {
        char::from(b"0123456789abcdef"[usize::from((number >> (60 - 4 * place)).to_le_bytes()[0] & 15)])
    };
    (0..16).map(digit).collect()
}

/// The number behind [`hex64`], if that is what it is.
pub(crate) fn unhex64(text: &[u8]) -> Option<u64> {
    if text.len() != 16 || !text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    u64::from_str_radix(str::from_utf8(text).ok()?, 16).ok()
}

/// The address by which the far side of `link` is to know us.
pub(crate) fn own_address(advertise: Option<IpAddr>, link: Link) -> SocketAddr {
    SocketAddr::new(advertise.unwrap_or_else(|| link.local.ip().to_canonical()), link.local.port())
}

/// Value of a Via that we write.
pub(crate) fn via(own: SocketAddr, transport: Transport, branch: u64) -> String {
    let transport = match transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    };
    format!("SIP/2.0/{transport} {own};branch=z9hG4bK{branch:016x};rport")
}

/// Value of a Contact that we write. `user` is escaped already.
pub(crate) fn contact(user: &[u8], own: SocketAddr, transport: Transport) -> Vec<u8> {
    let at = if user.is_empty() { "" } else { "@" };
    let transport = match transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
    };
    [b"<sip:", user, at.as_bytes(), own.to_string().as_bytes(), transport.as_bytes(), b">"].concat()
}

impl Path {
    /// The side that receives the INVITE (RFC 3261 section 12.1.1).
    pub(crate) fn of_request(invite: &Message, link: Link, local_tag: u64, contact: Vec<u8>) -> Path {
        let value = |name| invite.header(name).unwrap_or_default();
        let from = invite.from().ok();
        let local = [value(Name::To), b";tag=", hex64(local_tag).as_bytes()].concat();
        let target = invite.contact().map(|contact| contact.uri.to_vec());
        // Without Contact, as before RFC 3261, the caller is at its own address.
        let target = target.unwrap_or_else(|_| from.map(|from| from.uri.to_vec()).unwrap_or_default());
        let routes = invite.headers(Name::RecordRoute).take(MOST_ROUTES).map(<[u8]>::to_vec).collect();
        Path {
            call_id: value(Name::CallId).to_vec(),
            local_tag,
            local,
            remote: value(Name::From).to_vec(),
            remote_tag: from.and_then(|from| from.tag()).map(<[u8]>::to_vec),
            target,
            routes,
            local_cseq: 0,
            remote_cseq: invite.cseq().ok().map(|cseq| cseq.number),
            link,
            contact,
        }
    }

    /// The side that sends it; `from` and `target` without tags and brackets.
    pub(crate) fn to_target(
        call_id: Vec<u8>,
        local_tag: u64,
        from: &[u8],
        target: &[u8],
        link: Link,
        contact: Vec<u8>,
    ) -> Path {
        Path {
            call_id,
            local_tag,
            local: [from, b";tag=", hex64(local_tag).as_bytes()].concat(),
            remote: [b"<", target, b">"].concat(),
            remote_tag: None,
            target: target.to_vec(),
            routes: Vec::new(),
            local_cseq: 1,
            remote_cseq: None,
            link,
            contact,
        }
    }

    /// Completes our side with the 200 (RFC 3261 section 12.1.2).
    pub(crate) fn on_answer(&mut self, answer: &Message) {
        self.remote = answer.header(Name::To).unwrap_or_default().to_vec();
        self.remote_tag = answer.to().ok().and_then(|to| to.tag()).map(<[u8]>::to_vec);
        let mut routes: Vec<_> =
            answer.headers(Name::RecordRoute).take(MOST_ROUTES).map(<[u8]>::to_vec).collect();
        routes.reverse();
        self.routes = routes;
        self.refresh_target(answer);
    }

    /// A re-INVITE, UPDATE or its answer may move the far end (RFC 3261 section 12.2).
    pub(crate) fn refresh_target(&mut self, message: &Message) {
        if let Ok(contact) = message.contact() {
            self.target = contact.uri.to_vec();
        }
    }

    /// Whether a request with our tag really belongs here.
    pub(crate) fn owns(&self, request: &Message) -> bool {
        let from_tag = request.from().ok().and_then(|from| from.tag());
        request.call_id().is_ok_and(|call_id| call_id == self.call_id)
            && (self.remote_tag.is_none() || self.remote_tag.as_deref() == from_tag)
    }

    /// Begins a request within the dialog (RFC 3261 section 12.2.1.1), with `cseq` as its count.
    pub(crate) fn request(&self, method: Method<'_>, cseq: u32, own: SocketAddr, branch: u64) -> Builder {
        let (uri, routes) = self.way();
        let mut builder = Builder::request(method, uri)
            .header(Name::Via, via(own, self.link.transport, branch))
            .header(Name::MaxForwards, "70");
        for route in routes {
            builder = builder.header(Name::Route, route);
        }
        builder
            .header(Name::From, &self.local)
            .header(Name::To, &self.remote)
            .header(Name::CallId, &self.call_id)
            .format_header(Name::CSeq, format_args!("{cseq} {method}"))
    }

    /// Request-URI and Route headers. A first proxy without `lr` wants to be the Request-URI itself.
    pub(crate) fn way(&self) -> (Vec<u8>, Vec<Vec<u8>>) {
        let target = without_headers(&self.target);
        let strict = self.routes.first().and_then(|route| NameAddr::parse(route)?.uri());
        let Some(first) = strict.filter(|uri| !uri.params.has("lr")) else {
            return (target.to_vec(), self.routes.clone());
        };
        let last = [b"<", target, b">"].concat();
        let routes = self.routes.iter().skip(1).cloned().chain([last]).collect();
        (without_headers(first.text).to_vec(), routes)
    }

    /// Where to connect when the stream that the dialog used is gone: the first proxy, or the far end itself. `None` for
    /// names: the endpoint resolves none.
    pub(crate) fn next_hop(&self) -> Option<SocketAddr> {
        let uri = match self.routes.first() {
            Some(route) => NameAddr::parse(route)?.uri()?,
            None => Uri::parse(&self.target)?,
        };
        let ip = uri.host.and_then(|host| host.ip())?;
        Some(SocketAddr::new(ip, uri.port.unwrap_or(DEFAULT_PORT)))
    }

    /// What a journal needs to end the dialog after a crash.
    pub(crate) fn to_record(&self) -> DialogRecord {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        DialogRecord {
            call_id: text(&self.call_id),
            local: text(&self.local),
            remote: text(&self.remote),
            target: text(&self.target),
            routes: self.routes.iter().map(|route| text(route)).collect(),
            cseq: self.local_cseq,
            link: self.link,
        }
    }

    /// A path of before a crash, good for one request.
    pub(crate) fn of_record(record: &DialogRecord) -> Path {
        Path {
            call_id: record.call_id.clone().into(),
            local_tag: 0,
            local: record.local.clone().into(),
            remote: record.remote.clone().into(),
            remote_tag: None,
            target: record.target.clone().into(),
            routes: record.routes.iter().map(|route| route.clone().into()).collect(),
            local_cseq: record.cseq.saturating_add(RECORDED_GAP),
            remote_cseq: None,
            link: record.link,
            contact: Vec::new(),
        }
    }
}

/// A Request-URI carries no header fields (RFC 3261 section 19.1.1); those that a Contact asks for are never obeyed.
pub(crate) fn without_headers(uri: &[u8]) -> &[u8] {
    match Uri::parse(uri) {
        Some(Uri { scheme: Scheme::Sip | Scheme::Sips, headers: Some(headers), .. }) => {
            &uri[..uri.len().saturating_sub(headers.len() + 1)]
        }
        _ => uri,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: Link = Link {
        transport: Transport::Tcp,
        local: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 5060),
        remote: SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 7)), 40_000),
    };

    fn path(record_routes: &str) -> Path {
        let invite = format!(
            "INVITE sip:055055@x SIP/2.0\r\nVia: SIP/2.0/TCP p;branch=z9hG4bK1\r\nFrom: \"A\" <sip:1@x>;tag=f\r\n\
             To: <sip:055055@x>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\nContact: <sip:1@198.51.100.8:5070?Route=%3Csip:evil%3E>\r\n\
             {record_routes}Content-Length: 0\r\n\r\n"
        );
        let invite = Message::parse_datagram(invite).unwrap();
        Path::of_request(&invite, LINK, 0xabc, contact(b"055055", LINK.local, LINK.transport))
    }

    fn bye(path: &Path) -> String {
        let builder = path.request(Method::Bye, 1, LINK.local, 2);
        String::from_utf8(builder.finish()).unwrap()
    }

    #[test]
    fn requests_go_to_the_contact_without_the_headers_it_asks_for() {
        let bye = bye(&path(""));
        assert!(bye.starts_with("BYE sip:1@198.51.100.8:5070 SIP/2.0\r\n"), "{bye}");
        assert!(
            bye.contains("From: <sip:055055@x>;tag=0000000000000abc\r\nTo: \"A\" <sip:1@x>;tag=f\r\n"),
            "{bye}"
        );
        assert!(!bye.contains("Route"), "{bye}");
    }

    #[test]
    fn requests_pass_the_proxies_that_recorded_themselves() {
        let loose = path("Record-Route: <sip:192.0.2.9;lr>, <sip:192.0.2.10:5080;lr>\r\n");
        assert!(bye(&loose).contains("Route: <sip:192.0.2.9;lr>\r\nRoute: <sip:192.0.2.10:5080;lr>\r\n"));
        assert_eq!(loose.next_hop(), Some(([192, 0, 2, 9], 5060).into()));
        let strict = bye(&path("Record-Route: <sip:192.0.2.9>\r\n"));
        assert!(strict.starts_with("BYE sip:192.0.2.9 SIP/2.0\r\n"), "{strict}");
        assert!(strict.contains("Route: <sip:1@198.51.100.8:5070>\r\n"), "{strict}");
    }

    #[test]
    fn a_record_ends_the_dialog_with_a_count_well_above() {
        let path = path("");
        let after = Path::of_record(&path.to_record());
        assert_eq!(after.local_cseq, RECORDED_GAP);
        assert_eq!(bye(&after), bye(&path));
    }

    #[test]
    fn only_our_own_tags_are_read_as_numbers() {
        assert_eq!(unhex64(hex64(0xabc).as_bytes()), Some(0xabc));
        for foreign in ["", "abc", "0000000000000ABC", "+000000000000abc", "00000000000000abc"] {
            assert_eq!(unhex64(foreign.as_bytes()), None, "{foreign}");
        }
    }
}
