//! Bytes to a [`Message`]: one pass that notes where things are.
//!
//! The head is read to its end even when something in it is wrong, so that the sender can be answered; the first fault is
//! what it is told. Folded lines are made one by overwriting their line ends with spaces, which is what they mean
//! (RFC 3261 section 7.3.1), so every value is one slice ever after.

use super::fault::{Fault, ParseError};
use super::known::Known;
use super::text::{cut, is_token, number};
use super::{Field, Length, MAX_HEADERS, MAX_MESSAGE, Message, Name, Span, Start};

/// Header fields that most messages stay below: one allocation.
const USUAL_HEADERS: usize = 24;

impl Message {
    /// Reads a datagram. What follows the body is ignored; a missing Content-Length means all the rest
    /// (RFC 3261 section 18.3).
    pub fn parse_datagram(bytes: impl Into<Vec<u8>>) -> Result<Message, ParseError> {
        let bytes = bytes.into();
        if bytes.len() > MAX_MESSAGE {
            return Err(ParseError::new(Fault::TooLarge, None));
        }
        let begin = bytes.iter().position(|byte| !b"\r\n".contains(byte));
        let begin = begin.ok_or_else(|| ParseError::new(Fault::Empty, None))?;
        let (mut message, fault) = Message::parse_head(bytes, begin)?;
        let available = message.bytes.len() - message.body.start();
        let fault = fault.or(match message.length {
            Length::Bad => Some(Fault::ContentLength),
            Length::Given(length) if length > available => Some(Fault::BodyCut),
            Length::Given(length) => {
                message.body = Span::new(message.body.start(), message.body.start() + length);
                None
            }
            Length::Absent => None,
        });
        match fault {
            None => Ok(message),
            Some(fault) => Err(ParseError::new(fault, Some(message))),
        }
    }

    /// Reads start line and headers from `begin` on. The body is what follows them, for the caller to bound. `bytes` must
    /// not be longer than [`MAX_MESSAGE`].
    pub(super) fn parse_head(bytes: Vec<u8>, begin: usize) -> Result<(Message, Option<Fault>), ParseError> {
        let mut head = Head { bytes, at: begin, fault: None };
        let line = head.line().ok_or_else(|| ParseError::new(Fault::NotSip, None))?;
        let start = head.start_line(line).ok_or_else(|| ParseError::new(Fault::NotSip, None))?;
        let (fields, length) = head.fields();
        let body = Span::new(head.at, head.bytes.len());
        let known = Known::default();
        Ok((Message { bytes: head.bytes, start, fields, length, body, known }, head.fault))
    }
}

impl Length {
    /// Two of them are wrong even when they agree: somebody on the way may have gone by another one.
    fn and(self, value: &[u8]) -> Length {
        match (self, number(value).map(usize::try_from)) {
            (Length::Absent, Some(length)) => Length::Given(length.unwrap_or(usize::MAX)),
            _ => Length::Bad,
        }
    }
}

/// Reads a head line by line.
struct Head {
    bytes: Vec<u8>,
    at: usize,
    fault: Option<Fault>,
}

impl Head {
    /// The first fault is the one that is told.
    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The next line without its end. A line feed without its carriage return ends it too, but is a fault: others
    /// on the way may see the lines differently.
    fn line(&mut self) -> Option<Span> {
        let begin = self.at;
        let end = begin + memchr::memchr(b'\n', &self.bytes[begin..])?;
        self.at = end + 1;
        if end > begin && self.bytes[end - 1] == b'\r' {
            return Some(Span::new(begin, end - 1));
        }
        self.note(Fault::LineFeed);
        Some(Span::new(begin, end))
    }

    /// Joins the lines that continue this one.
    fn unfold(&mut self, mut line: Span) -> Span {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t')) {
            let joint = line.end()..self.at;
            let Some(next) = self.line() else { break };
            self.bytes[joint].fill(b' ');
            line = Span::new(line.start(), next.end());
        }
        line
    }

    /// `None` when it is not SIP at all.
    fn start_line(&mut self, line: Span) -> Option<Start> {
        let text = &self.bytes[line.range()];
        if let Some(rest) = text.strip_prefix(b"SIP/") {
            return self.status_line(line, rest.iter().position(|&byte| byte == b' ')? + 4);
        }
        let trimmed = text.trim_ascii_end();
        let first = trimmed.iter().position(|&byte| byte == b' ')?;
        let last = trimmed.iter().rposition(|&byte| byte == b' ')?;
        let (method, version) = (&trimmed[..first], &trimmed[last + 1..]);
        if !is_token(method) || !version.get(..4)?.eq_ignore_ascii_case(b"SIP/") {
            return None;
        }
        let uri = trimmed.get(first + 1..last).unwrap_or_default();
        let fault = match version.eq_ignore_ascii_case(b"SIP/2.0") {
            false => Some(Fault::Version),
            true if uri.is_empty() || uri.contains(&b' ') || trimmed.len() < text.len() => {
                Some(Fault::RequestLine)
            }
            true => None,
        };
        let at = |offset| line.start() + offset;
        let start = Start::Request {
            method: Span::new(line.start(), at(first)),
            uri: Span::new(at(first + 1), at(first + 1 + uri.len())),
        };
        if let Some(fault) = fault {
            self.note(fault);
        }
        Some(start)
    }

    /// `line` begins with the version, which ends at `version_end`.
    fn status_line(&mut self, line: Span, version_end: usize) -> Option<Start> {
        let text = &self.bytes[line.range()];
        let (code, reason) = cut(&text[version_end + 1..], b' ');
        let status = number(code).filter(|status| code.len() == 3 && (100..700).contains(status));
        let status = status.and_then(|status| u16::try_from(status).ok());
        let start = Start::Response {
            status: status.unwrap_or(0),
            reason: Span::new(line.end() - reason.map_or(0, <[u8]>::len), line.end()),
        };
        if !text[..version_end].eq_ignore_ascii_case(b"SIP/2.0") {
            self.note(Fault::Version);
        } else if status.is_none() {
            self.note(Fault::StatusLine);
        }
        Some(start)
    }

    /// All fields up to the empty line, and what Content-Length says.
    fn fields(&mut self) -> (Vec<Field>, Length) {
        let mut fields = Vec::with_capacity(USUAL_HEADERS);
        let mut length = Length::Absent;
        loop {
            let Some(line) = self.line() else {
                self.note(Fault::NoEnd);
                break;
            };
            if line.is_empty() {
                break;
            }
            let line = self.unfold(line);
            if fields.len() == MAX_HEADERS {
                self.note(Fault::TooManyHeaders);
                continue;
            }
            let Some(field) = self.field(line) else {
                self.note(Fault::HeaderLine);
                continue;
            };
            if field.name == Name::ContentLength {
                length = length.and(&self.bytes[field.value.range()]);
            }
            fields.push(field);
        }
        (fields, length)
    }

    /// Name, colon, value, with spaces around both.
    fn field(&self, line: Span) -> Option<Field> {
        let text = &self.bytes[line.range()];
        let colon = text.iter().position(|&byte| byte == b':')?;
        let name_text = text[..colon].trim_ascii_end();
        let name = Name::from_bytes(name_text);
        if name == Name::Other && !is_token(name_text) {
            return None;
        }
        let value = &text[colon + 1..];
        let lead = value.len() - value.trim_ascii_start().len();
        let begin = line.start() + colon + 1 + lead;
        Some(Field {
            name,
            written: Span::new(line.start(), line.start() + name_text.len()),
            value: Span::new(begin, begin + value.trim_ascii().len()),
        })
    }
}
