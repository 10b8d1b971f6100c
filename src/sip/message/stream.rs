//! Messages out of a stream of bytes (RFC 3261 section 18.3).
//!
//! Pieces go in as they come; messages, keep-alives and faults come out. The head is looked for without going twice over
//! the same bytes, parsed once when it is whole, and then only its body is waited for.

use super::{Fault, Length, MAX_MESSAGE, Message, ParseError, Span};

/// Longest start line and headers together that are waited for: a peer that never ends them holds this much memory.
const MAX_HEAD: usize = 32 * 1024;

/// What came out of a stream.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A message.
    Message(Message),
    /// Two empty lines between messages: the peer asks whether we live. Answer with [`StreamFramer::PONG`]
    /// (RFC 5626 section 4.4.1).
    Ping,
    /// A message that cannot be taken. With `close` the stream has lost its framing, and nothing follows.
    Refused(ParseError),
}

/// Cuts one stream into messages. Give it bytes with [`StreamFramer::push`], then take frames until there is none.
#[derive(Debug, Default)]
pub struct StreamFramer {
    /// What has come and is not a message yet.
    bytes: Vec<u8>,
    /// Up to here no end of the head has been found.
    searched: usize,
    /// A head that waits for its body, and its fault.
    head: Option<(Message, Option<Fault>)>,
    closed: bool,
}

impl StreamFramer {
    /// The answer to a ping: one empty line.
    pub const PONG: &[u8] = b"\r\n";

    /// A stream's beginning.
    pub fn new() -> StreamFramer {
        StreamFramer::default()
    }

    /// Takes what has come.
    pub fn push(&mut self, bytes: &[u8]) {
        if !self.closed {
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// Bytes held for a message that is not whole yet.
    pub fn held(&self) -> usize {
        self.bytes.len() + self.head.as_ref().map_or(0, |(head, _)| head.bytes.len())
    }

    /// The next frame, if one is whole.
    pub fn poll(&mut self) -> Option<Frame> {
        if self.closed {
            return None;
        }
        let told = if self.head.is_none() { self.poll_head() } else { None };
        told.or_else(|| self.poll_body())
    }

    /// Looks for the end of a head; gives a frame when there is something to tell already.
    fn poll_head(&mut self) -> Option<Frame> {
        loop {
            match self.bytes.get(..4) {
                Some(b"\r\n\r\n") => {
                    // A row of pings is one question: to take them one by one would move what follows each time.
                    let lines = self.bytes.chunks_exact(2).take_while(|pair| *pair == b"\r\n").count();
                    self.bytes.drain(..lines / 2 * 4);
                    return Some(Frame::Ping);
                }
                // Three bytes may still become a ping; a single line end before a message is skipped (section 7.5).
                _ if b"\r\n\r\n".starts_with(&self.bytes) => return None,
                _ if self.bytes.starts_with(b"\r\n") => drop(self.bytes.drain(..2)),
                _ => break,
            }
        }
        let from = self.searched.saturating_sub(3);
        let found = memchr::memmem::find(&self.bytes[from..], b"\r\n\r\n");
        let Some(end) = found.map(|at| from + at + 4).filter(|&end| end <= MAX_HEAD) else {
            self.searched = self.bytes.len();
            return (self.bytes.len() > MAX_HEAD)
                .then(|| self.refuse(ParseError::new(Fault::TooLarge, None)));
        };
        let rest = self.bytes.split_off(end);
        let head = std::mem::replace(&mut self.bytes, rest);
        self.searched = 0;
        match Message::parse_head(head, 0) {
            Err(error) => Some(self.refuse(error)),
            Ok((head, fault)) => match framing_fault(&head, fault) {
                Some(fault) => Some(self.refuse(ParseError::new(fault, Some(head)))),
                None => {
                    self.head = Some((head, fault));
                    None
                }
            },
        }
    }

    /// Gives the message when its body has come.
    fn poll_body(&mut self) -> Option<Frame> {
        let length = self.head.as_ref()?.0.content_length()?;
        if self.bytes.len() < length {
            return None;
        }
        let (mut message, fault) = self.head.take()?;
        let begin = message.bytes.len();
        message.bytes.extend(self.bytes.drain(..length));
        message.body = Span::new(begin, message.bytes.len());
        Some(match fault {
            None => Frame::Message(message),
            Some(fault) => self.refuse(ParseError::new(fault, Some(message))),
        })
    }

    fn refuse(&mut self, error: ParseError) -> Frame {
        if error.close {
            self.closed = true;
            self.bytes = Vec::new();
        }
        Frame::Refused(error)
    }
}

/// The fault of a head after which the stream cannot be followed.
fn framing_fault(head: &Message, fault: Option<Fault>) -> Option<Fault> {
    match head.length {
        Length::Bad => Some(Fault::ContentLength),
        Length::Absent => Some(Fault::NoContentLength),
        Length::Given(length) if length > MAX_MESSAGE.saturating_sub(head.bytes.len()) => {
            Some(Fault::TooLarge)
        }
        Length::Given(_) => fault.filter(|fault| fault.loses_framing()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::message::Reaction;

    const BYE: &str = "BYE sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: <sip:a@a>;tag=1\r\nTo: <sip:a@a>;tag=2\r\n\
        Call-ID: 1\r\nCSeq: 1 BYE\r\nContent-Length: 4\r\n\r\nbody";

    /// What comes out, in a word each.
    fn frames(text: &str) -> Vec<String> {
        let mut framer = StreamFramer::new();
        framer.push(text.as_bytes());
        let frames = std::iter::from_fn(|| framer.poll());
        let word = |frame| match frame {
            Frame::Message(message) => String::from_utf8_lossy(message.body()).into_owned(),
            Frame::Ping => "ping".to_owned(),
            Frame::Refused(error) => {
                let answer = if error.reaction() == Reaction::Drop { "dropped" } else { "answered" };
                format!("{}, {answer}{}", error.fault, if error.close { ", close" } else { "" })
            }
        };
        frames.map(word).collect()
    }

    #[test]
    fn messages_and_pings_come_out_in_order() {
        let stream = ["\r\n", BYE, "\r\n\r\n", "\r\n\r\n", BYE, "\r\n", BYE, "\r\n\r"].concat();
        assert_eq!(frames(&stream), ["body", "ping", "body", "body"], "a row of pings is one question");
    }

    #[test]
    fn a_stream_of_nothing_but_line_ends_is_one_ping_and_nothing_held() {
        let mut framer = StreamFramer::new();
        framer.push("\r\n".repeat(100_001).as_bytes());
        assert!(matches!(framer.poll(), Some(Frame::Ping)));
        assert!(framer.poll().is_none());
        assert_eq!(framer.held(), 2);
    }

    #[test]
    fn faulty_message_is_answered_and_the_next_one_read() {
        let stream = BYE.replace("Call-ID: 1", "Call-ID: 1\r\nno colon") + BYE;
        assert_eq!(frames(&stream), ["Malformed header line, answered", "body"]);
    }

    #[test]
    fn stream_that_cannot_be_framed_is_closed() {
        for (spoilt, word) in [
            (BYE.replace("Content-Length: 4", "X: y"), "Content-Length is required here, answered, close"),
            (BYE.replace("Length: 4", "Length: -4"), "Malformed or repeated Content-Length, answered, close"),
            (BYE.replace("Length: 4", "Length: 99999"), "Message larger than 65535 bytes, answered, close"),
            (
                BYE.replace("Call-ID: 1\r\n", "Call-ID: 1\n"),
                "Line feed without carriage return, answered, close",
            ),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), "Not SIP, dropped, close"),
            ("x".repeat(MAX_HEAD + 1), "Message larger than 65535 bytes, dropped, close"),
        ] {
            assert_eq!(frames(&(spoilt + BYE)), [word]);
        }
    }

    #[test]
    fn nothing_is_held_after_the_end() {
        let mut framer = StreamFramer::new();
        framer.push(b"GET / HTTP/1.1\r\n\r\n");
        assert!(matches!(framer.poll(), Some(Frame::Refused(_))));
        framer.push(BYE.as_bytes());
        assert!(framer.poll().is_none());
        assert_eq!(framer.held(), 0);
    }
}
