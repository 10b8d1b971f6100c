//! SIP messages: one buffer and a table of where things are in it.
//!
//! Bytes arrive as a datagram ([`Message::parse_datagram`]) or as pieces of a stream ([`StreamFramer`]). The buffer is kept
//! as it came, apart from folded lines, which become one line; every accessor borrows from it and reads its
//! header only when asked, and those that everybody asks for only once (`known`), so a message costs one allocation beside
//! its buffer. Nothing is lost: unknown methods and headers, repeated ones, odd spelling and bytes that are no UTF-8 are all
//! still there.
//!
//! [`Message::check`] then holds a message against what a transaction needs. A message that fails, there or before, comes
//! back as a [`Fault`] with the [`Reaction`] that is due: an answer, silence, or the end of the stream.
//!
//! [`Builder`] makes the bytes that we send: requests from parts, responses from the request that they answer.

mod address;
mod builder;
mod check;
mod fault;
mod known;
mod method;
mod name;
mod parse;
mod stream;
#[cfg(test)]
mod tests;
mod text;
mod uri;
mod via;

use std::cell::Cell;
use std::fmt;
use std::ops::Range;

pub use address::NameAddr;
pub use builder::Builder;
pub use fault::{Fault, ParseError, Reaction};
use known::Known;
pub use method::Method;
pub use name::Name;
pub use stream::{Frame, StreamFramer};
pub use text::{Params, escape_user, is_token, quote, unescape, unquote};
pub use uri::{Host, Scheme, Uri};
pub use via::{MAGIC_COOKIE, Via};

/// Largest message taken or sent: what one UDP datagram may hold, and what two bytes can count.
pub const MAX_MESSAGE: usize = 65_535;

/// Most header fields taken. Real messages have below forty; each costs a row of the table.
pub const MAX_HEADERS: usize = 256;

/// A request or a response.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    start: Start,
    fields: Vec<Field>,
    length: Length,
    body: Span,
    known: Known,
}

/// A piece of the buffer, which is at most [`MAX_MESSAGE`] long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u16,
    end: u16,
}

impl Span {
    fn new(start: usize, end: usize) -> Span {
        let fit = |at| u16::try_from(at).expect("the buffer is at most MAX_MESSAGE long");
        Span { start: fit(start), end: fit(end) }
    }

    fn start(self) -> usize {
        usize::from(self.start)
    }

    fn end(self) -> usize {
        usize::from(self.end)
    }

    fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Request { method: Span, uri: Span },
    Response { status: u16, reason: Span },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Field {
    name: Name,
    written: Span,
    value: Span,
}

/// What Content-Length says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    Absent,
    Given(usize),
    Bad,
}

/// Number and method of a CSeq.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'a> {
    /// Below 2^31.
    pub number: u32,
    /// The method that it counts.
    pub method: Method<'a>,
}

impl Message {
    /// A request, rather than a response.
    pub fn is_request(&self) -> bool {
        matches!(self.start, Start::Request { .. })
    }

    /// The method of a request; of a response, the one that its CSeq names.
    pub fn method(&self) -> Method<'_> {
        match self.start {
            Start::Request { method, .. } => Method::from_bytes(&self.bytes[method.range()]),
            Start::Response { .. } => self.cseq().map_or(Method::Other(b""), |cseq| cseq.method),
        }
    }

    /// The Request-URI as it came; empty in a response.
    pub fn request_uri(&self) -> &[u8] {
        match self.start {
            Start::Request { uri, .. } => &self.bytes[uri.range()],
            Start::Response { .. } => b"",
        }
    }

    /// The status of a response, 100 to 699; 0 in a request.
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Request { .. } => 0,
            Start::Response { status, .. } => status,
        }
    }

    /// The reason phrase of a response; empty in a request.
    pub fn reason(&self) -> &[u8] {
        match self.start {
            Start::Request { .. } => b"",
            Start::Response { reason, .. } => &self.bytes[reason.range()],
        }
    }

    /// The body; empty when there is none.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body.range()]
    }

    /// The whole buffer as it is kept: folded lines joined, and perhaps with bytes before and after the message.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text of the first field of this name, commas and all.
    pub fn header(&self, name: Name) -> Option<&[u8]> {
        self.fields(name).next()
    }

    /// The text of every field of this name, in order, each as it stands on its line.
    pub fn fields(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name == name)
            .map(|field| &self.bytes[field.value.range()])
    }

    /// Every value of this name, in order: lines with several are parted at their commas where the grammar says so
    /// ([`Name::is_list`]). Empty values are left out.
    pub fn headers(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.fields(name).flat_map(move |field| {
            let mut rest = Some(field);
            std::iter::from_fn(move || {
                let (value, after) =
                    if name.is_list() { text::cut_outside_quotes(rest?, b',') } else { (rest?, None) };
                rest = after;
                Some(value.trim_ascii())
            })
            .filter(|value| !value.is_empty())
        })
    }

    /// The text of the first field under a name that [`Name`] does not know, in any case.
    pub fn header_other(&self, name: &str) -> Option<&[u8]> {
        let named = |field: &&Field| self.bytes[field.written.range()].eq_ignore_ascii_case(name.as_bytes());
        self.fields.iter().find(named).map(|field| &self.bytes[field.value.range()])
    }

    /// Every field in order: its kind, its name as written, its text.
    pub fn all_fields(&self) -> impl Iterator<Item = (Name, &[u8], &[u8])> {
        self.fields
            .iter()
            .map(|field| (field.name, &self.bytes[field.written.range()], &self.bytes[field.value.range()]))
    }

    /// The first Via: the last hop before us.
    pub fn top_via(&self) -> Result<Via<'_>, Fault> {
        if let Some(hop) = self.known.via.get() {
            return Ok(hop.read(&self.bytes));
        }
        let value = self.headers(Name::Via).next().ok_or(Fault::Missing(Name::Via))?;
        let via = Via::parse(value).ok_or(Fault::Malformed(Name::Via))?;
        self.known.via.set(Some(known::Hop::of(&self.bytes, &via)));
        Ok(via)
    }

    /// Who sent the request.
    pub fn from(&self) -> Result<NameAddr<'_>, Fault> {
        self.known_address(&self.known.from, || self.address(Name::From))
    }

    /// Whom the request was meant for.
    pub fn to(&self) -> Result<NameAddr<'_>, Fault> {
        self.known_address(&self.known.to, || self.address(Name::To))
    }

    /// The first Contact.
    pub fn contact(&self) -> Result<NameAddr<'_>, Fault> {
        self.known_address(&self.known.contact, || {
            self.addresses(Name::Contact).next().unwrap_or(Err(Fault::Missing(Name::Contact)))
        })
    }

    fn known_address<'m>(
        &'m self,
        known: &Cell<Option<known::Address>>,
        read: impl FnOnce() -> Result<NameAddr<'m>, Fault>,
    ) -> Result<NameAddr<'m>, Fault> {
        if let Some(address) = known.get() {
            return Ok(address.read(&self.bytes));
        }
        let address = read()?;
        known.set(Some(known::Address::of(&self.bytes, &address)));
        Ok(address)
    }

    /// Every address of a header that lists them: Contact, Route, Record-Route, P-Asserted-Identity.
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = Result<NameAddr<'_>, Fault>> {
        self.headers(name).map(move |value| NameAddr::parse(value).ok_or(Fault::Malformed(name)))
    }

    /// The address in a header that has one, such as From or Refer-To.
    pub fn address(&self, name: Name) -> Result<NameAddr<'_>, Fault> {
        let value = self.header(name).ok_or(Fault::Missing(name))?;
        NameAddr::parse(value).ok_or(Fault::Malformed(name))
    }

    /// Call-ID: one word, to be compared byte by byte.
    pub fn call_id(&self) -> Result<&[u8], Fault> {
        let value = self.header(Name::CallId).ok_or(Fault::Missing(Name::CallId))?;
        let is_word = !value.is_empty() && !value.iter().any(|byte| byte.is_ascii_whitespace());
        if is_word { Ok(value) } else { Err(Fault::Malformed(Name::CallId)) }
    }

    /// CSeq. Its number must be below 2^31 (RFC 3261 section 8.1.1.5).
    pub fn cseq(&self) -> Result<CSeq<'_>, Fault> {
        if let Some(known) = self.known.cseq.get() {
            return Ok(known::cseq(&self.bytes, known));
        }
        let value = self.header(Name::CSeq).ok_or(Fault::Missing(Name::CSeq))?;
        let read = || {
            let (digits, method) = value.split_at(value.iter().position(|byte| b" \t".contains(byte))?);
            let number = u32::try_from(text::number(digits)?).ok().filter(|&number| number < 1 << 31)?;
            let method = method.trim_ascii();
            is_token(method).then_some((number, method))
        };
        let (number, method) = read().ok_or(Fault::Malformed(Name::CSeq))?;
        self.known.cseq.set(Some((number, known::place(&self.bytes, method))));
        Ok(CSeq { number, method: Method::from_bytes(method) })
    }

    /// Max-Forwards, 0 to 255, if given.
    pub fn max_forwards(&self) -> Result<Option<u8>, Fault> {
        let Some(value) = self.header(Name::MaxForwards) else { return Ok(None) };
        let hops = text::number(value).and_then(|hops| u8::try_from(hops).ok());
        hops.map(Some).ok_or(Fault::Malformed(Name::MaxForwards))
    }

    /// Expires in seconds; nonsense counts as absent, too large a number as the largest (section 20.19).
    pub fn expires(&self) -> Option<u32> {
        self.header(Name::Expires).and_then(text::seconds)
    }

    /// Seconds of a header that begins with a number of them: Retry-After, Min-Expires, Session-Expires.
    pub fn seconds(&self, name: Name) -> Option<u32> {
        let value = self.header(name)?;
        let end = value.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(value.len());
        text::seconds(&value[..end])
    }

    /// Content-Length as given. [`Message::body`] is bounded by it already.
    pub fn content_length(&self) -> Option<usize> {
        match self.length {
            Length::Given(length) => Some(length),
            Length::Absent | Length::Bad => None,
        }
    }

    /// Content-Type without its parameters, as it came; compare without case.
    pub fn content_type(&self) -> Option<&[u8]> {
        self.header(Name::ContentType).map(|value| text::cut(value, b';').0.trim_ascii_end())
    }
}

/// Says what it is, not what is in it: bodies and credentials do not belong in a log.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.start {
            Start::Request { .. } => write!(f, "Message({}", self.method())?,
            Start::Response { status, .. } => write!(f, "Message({status} to {}", self.method())?,
        }
        write!(f, ", {} header fields, body of {} bytes)", self.fields.len(), self.body().len())
    }
}
