//! The bytes of the messages that we send.
//!
//! Fields go out in the order they are given, Content-Length and the body last. A line end within a value would begin a
//! header of the value's choosing: it becomes a space.

use std::io::Write as _;
use std::net::SocketAddr;

use super::{Message, Method, Name, Via, is_token};

/// Room for a usual message, so that its buffer is allocated once.
const USUAL_SIZE: usize = 1_024;

/// Writes one message.
#[derive(Clone, Debug)]
pub struct Builder {
    bytes: Vec<u8>,
    body: Vec<u8>,
}

impl Builder {
    /// Begins a request; its headers are all up to the caller, except Content-Length.
    pub fn request(method: Method<'_>, uri: impl AsRef<[u8]>) -> Builder {
        let mut builder = Builder { bytes: Vec::with_capacity(USUAL_SIZE), body: Vec::new() };
        builder.bytes.extend_from_slice(method.as_bytes());
        builder.bytes.push(b' ');
        builder.text(uri.as_ref());
        builder.bytes.extend_from_slice(b" SIP/2.0\r\n");
        builder
    }

    /// Begins a response with all that it takes over from its request (RFC 3261 section 8.2.6): every Via in order, From,
    /// To with `to_tag` if it had none, Call-ID, CSeq, and Record-Route, which a dialog needs (section 12.1.1).
    ///
    /// `source` is where the request came from; the top Via is told it as `received` and, if it asked, as `rport`
    /// (sections 18.2.1; RFC 3581 section 4).
    pub fn response(
        request: &Message,
        status: u16,
        reason: impl AsRef<[u8]>,
        source: SocketAddr,
        to_tag: Option<&str>,
    ) -> Builder {
        let mut builder = Builder { bytes: Vec::with_capacity(USUAL_SIZE), body: Vec::new() };
        builder.bytes.extend_from_slice(b"SIP/2.0 ");
        builder.number(status.into());
        builder.bytes.push(b' ');
        builder.text(reason.as_ref());
        builder.bytes.extend_from_slice(b"\r\n");
        for (place, via) in request.headers(Name::Via).enumerate() {
            if place == 0 {
                builder.top_via(via, request.top_via().ok(), source);
            } else {
                builder.field(Name::Via.as_str().as_bytes(), via);
            }
        }
        builder = builder.copy(request, Name::From).to(request, to_tag);
        builder.copy(request, Name::CallId).copy(request, Name::CSeq).copy(request, Name::RecordRoute)
    }

    /// Adds a field.
    pub fn header(mut self, name: Name, value: impl AsRef<[u8]>) -> Builder {
        self.field(name.as_str().as_bytes(), value.as_ref());
        self
    }

    /// Adds a field whose value is formatted: `builder.format_header(Name::CSeq, format_args!("{number} BYE"))`.
    pub fn format_header(mut self, name: Name, value: std::fmt::Arguments<'_>) -> Builder {
        self.bytes.extend_from_slice(name.as_str().as_bytes());
        self.bytes.extend_from_slice(b": ");
        let begin = self.bytes.len();
        self.format(value);
        clean(&mut self.bytes[begin..]);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    /// Adds a field that [`Name`] does not know. A name that is no token is left out with its value.
    pub fn header_other(mut self, name: &str, value: impl AsRef<[u8]>) -> Builder {
        if is_token(name.as_bytes()) {
            self.field(name.as_bytes(), value.as_ref());
        }
        self
    }

    /// Adds every field of this name that `from` has, in order.
    pub fn copy(mut self, from: &Message, name: Name) -> Builder {
        for value in from.fields(name) {
            self.field(name.as_str().as_bytes(), value);
        }
        self
    }

    /// Sets the body and its type.
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Builder {
        let mut builder = self.header(Name::ContentType, content_type);
        builder.body = body.into();
        builder
    }

    /// The message.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(b"Content-Length: ");
        self.number(self.body.len());
        self.bytes.extend_from_slice(b"\r\n\r\n");
        self.bytes.append(&mut self.body);
        self.bytes
    }

    /// `via` is the value taken apart, if it can be.
    fn top_via(&mut self, value: &[u8], via: Option<Via<'_>>, source: SocketAddr) {
        let begin = self.bytes.len();
        let asked = via.is_some_and(|via| via.rport.is_some());
        self.bytes.extend_from_slice(b"Via: ");
        let mut params = value.split(|&byte| byte == b';');
        self.bytes.extend_from_slice(params.next().unwrap_or_default());
        for param in params {
            let name = param.split(|&byte| byte == b'=').next().unwrap_or_default().trim_ascii();
            // Ours replace whatever the sender wrote: it cannot know them.
            if !name.eq_ignore_ascii_case(b"rport") && !name.eq_ignore_ascii_case(b"received") {
                self.bytes.push(b';');
                self.bytes.extend_from_slice(param);
            }
        }
        let address = source.ip().to_canonical();
        if asked || via.and_then(|via| via.host.ip()).map(|ip| ip.to_canonical()) != Some(address) {
            self.format(format_args!(";received={address}"));
        }
        if asked {
            self.bytes.extend_from_slice(b";rport=");
            self.number(source.port().into());
        }
        clean(&mut self.bytes[begin..]);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn to(mut self, request: &Message, tag: Option<&str>) -> Builder {
        let value = request.header(Name::To).unwrap_or_default();
        // What cannot be read has no tag that anybody could read either.
        let has_tag = request.to().is_ok_and(|to| to.tag().is_some());
        match tag.filter(|_| !has_tag && !value.is_empty()) {
            Some(tag) => {
                self.bytes.extend_from_slice(b"To: ");
                self.text(value);
                self.bytes.extend_from_slice(b";tag=");
                self.text(tag.as_bytes());
                self.bytes.extend_from_slice(b"\r\n");
                self
            }
            None => self.copy(request, Name::To),
        }
    }

    fn field(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        self.bytes.extend_from_slice(b": ");
        self.text(value);
        self.bytes.extend_from_slice(b"\r\n");
    }

    fn text(&mut self, text: &[u8]) {
        let begin = self.bytes.len();
        self.bytes.extend_from_slice(text);
        clean(&mut self.bytes[begin..]);
    }

    /// Decimal digits: every message has some, and the machinery of `format` takes longer than the rest of a short field.
    fn number(&mut self, number: usize) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.bytes.push(b"0123456789"[number % 10]);
    }

    fn format(&mut self, text: std::fmt::Arguments<'_>) {
        self.bytes.write_fmt(text).expect("a Vec takes what it is given");
    }
}

/// Line ends become spaces; nearly always there is none.
fn clean(mut text: &mut [u8]) {
    while let Some(at) = memchr::memchr2(b'\r', b'\n', text) {
        text[at] = b' ';
        text = &mut text[at + 1..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(via: &str, to: &str) -> Message {
        let text = format!(
            "INVITE sip:b@a SIP/2.0\r\nVia: {via}, SIP/2.0/TCP c;branch=z9hG4bK2\r\nv: SIP/2.0/UDP d\r\n\
             Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\n\
             f: A <sip:a@a>;tag=1\r\nt: {to}\r\ni: x\r\nCSeq: 7 INVITE\r\n\r\n"
        );
        Message::parse_datagram(text.into_bytes()).expect("a message")
    }

    fn response(via: &str, to: &str, source: &str) -> String {
        let source = source.parse().expect("an address");
        let bytes = Builder::response(&request(via, to), 180, "Ringing", source, Some("t")).finish();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn response_takes_over_what_identifies_the_transaction() {
        assert_eq!(
            response("SIP/2.0/UDP b;branch=z9hG4bK1", "<sip:b@a>", "192.0.2.5:99"),
            "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP b;branch=z9hG4bK1;received=192.0.2.5\r\n\
             Via: SIP/2.0/TCP c;branch=z9hG4bK2\r\nVia: SIP/2.0/UDP d\r\nFrom: A <sip:a@a>;tag=1\r\n\
             To: <sip:b@a>;tag=t\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\n\
             Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3;lr>\r\nContent-Length: 0\r\n\r\n"
        );
    }

    #[test]
    fn top_via_is_told_where_its_request_came_from() {
        for (via, source, expected) in [
            ("SIP/2.0/UDP 192.0.2.5:99", "192.0.2.5:99", "SIP/2.0/UDP 192.0.2.5:99"),
            ("SIP/2.0/UDP 10.0.0.1", "192.0.2.5:99", "SIP/2.0/UDP 10.0.0.1;received=192.0.2.5"),
            ("SIP/2.0/UDP a;rport;x=y", "192.0.2.5:99", "SIP/2.0/UDP a;x=y;received=192.0.2.5;rport=99"),
            (
                "SIP/2.0/UDP a; RPort = 1;received=6.6.6.6",
                "192.0.2.5:99",
                "SIP/2.0/UDP a;received=192.0.2.5;rport=99",
            ),
            ("SIP/2.0/UDP [2001:db8::5]", "[2001:db8::5]:99", "SIP/2.0/UDP [2001:db8::5]"),
            (
                "SIP/2.0/UDP [2001:db8::6]",
                "[2001:db8::5]:99",
                "SIP/2.0/UDP [2001:db8::6];received=2001:db8::5",
            ),
        ] {
            let response = response(via, "<sip:b@a>", source);
            assert_eq!(response.lines().nth(1), Some(format!("Via: {expected}").as_str()));
        }
    }

    #[test]
    fn tag_that_is_there_stays() {
        let response = response("SIP/2.0/UDP b", "<sip:b@a>;tag=theirs", "192.0.2.5:99");
        assert!(response.contains("\r\nTo: <sip:b@a>;tag=theirs\r\n"));
    }

    #[test]
    fn values_cannot_add_headers() {
        let bytes = Builder::request(Method::Options, "sip:a\r\nX: y")
            .header(Name::Subject, "a\r\nX: y")
            .format_header(Name::CSeq, format_args!("1 {}", "BYE\nX: y"))
            .header_other("X Y:\r\n", "z")
            .body("text/plain", *b"a\r\nb")
            .finish();
        assert_eq!(
            String::from_utf8(bytes).expect("text"),
            "OPTIONS sip:a  X: y SIP/2.0\r\nSubject: a  X: y\r\nCSeq: 1 BYE X: y\r\n\
             Content-Type: text/plain\r\nContent-Length: 4\r\n\r\na\r\nb"
        );
    }
}
