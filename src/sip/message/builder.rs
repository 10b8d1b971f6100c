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
        builder.format(format_args!("SIP/2.0 {status} "));
        builder.text(reason.as_ref());
        builder.bytes.extend_from_slice(b"\r\n");
        for (place, via) in request.headers(Name::Via).enumerate() {
            builder = if place == 0 { builder.top_via(via, source) } else { builder.header(Name::Via, via) };
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
        self.format(format_args!("Content-Length: {}\r\n\r\n", self.body.len()));
        self.bytes.append(&mut self.body);
        self.bytes
    }

    fn top_via(mut self, value: &[u8], source: SocketAddr) -> Builder {
        let (begin, via) = (self.bytes.len(), Via::parse(value));
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
            self.format(format_args!(";rport={}", source.port()));
        }
        clean(&mut self.bytes[begin..]);
        self.bytes.extend_from_slice(b"\r\n");
        self
    }

    fn to(self, request: &Message, tag: Option<&str>) -> Builder {
        let value = request.header(Name::To).unwrap_or_default();
        // What cannot be read has no tag that anybody could read either.
        let has_tag = request.to().is_ok_and(|to| to.tag().is_some());
        match tag.filter(|_| !has_tag && !value.is_empty()) {
            Some(tag) => self.header(Name::To, [value, b";tag=", tag.as_bytes()].concat()),
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

    fn format(&mut self, text: std::fmt::Arguments<'_>) {
        self.bytes.write_fmt(text).expect("a Vec takes what it is given");
    }
}

fn clean(text: &mut [u8]) {
    for byte in text {
        if matches!(byte, b'\r' | b'\n') {
            *byte = b' ';
        }
    }
}
