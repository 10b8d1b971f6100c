//! What can be wrong with a message, and what is due to its sender.

use super::{MAX_HEADERS, MAX_MESSAGE, Message, Method, Name};

/// What is wrong. Its text is fit for the reason phrase of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing but line ends: a keep-alive.
    #[error("Empty message")]
    Empty,
    /// The first line is neither a request line nor a status line.
    #[error("Not SIP")]
    NotSip,
    /// A request line that is not three words with single spaces between.
    #[error("Malformed request line")]
    RequestLine,
    /// A status line without a code from 100 to 699.
    #[error("Malformed status line")]
    StatusLine,
    /// Another version than SIP/2.0.
    #[error("Version Not Supported")]
    Version,
    /// A Request-URI that is no URI.
    #[error("Malformed Request-URI")]
    RequestUri,
    /// A line among the headers without a name and a colon.
    #[error("Malformed header line")]
    HeaderLine,
    /// A line that ends with a line feed alone: others on the way may see other lines.
    #[error("Line feed without carriage return")]
    LineFeed,
    /// The headers do not end with an empty line.
    #[error("Headers do not end")]
    NoEnd,
    /// More header fields than [`MAX_HEADERS`].
    #[error("More than {MAX_HEADERS} header fields")]
    TooManyHeaders,
    /// More bytes than [`MAX_MESSAGE`].
    #[error("Message larger than {MAX_MESSAGE} bytes")]
    TooLarge,
    /// A Content-Length that is no number, or two of them.
    #[error("Malformed or repeated Content-Length")]
    ContentLength,
    /// No Content-Length on a stream, where it alone tells where the message ends (RFC 3261 section 18.3).
    #[error("Content-Length is required here")]
    NoContentLength,
    /// A Content-Length beyond the end of the datagram.
    #[error("Body is shorter than Content-Length")]
    BodyCut,
    /// A header field that must be there is not.
    #[error("Missing {0}")]
    Missing(Name),
    /// A header field that must stand once stands twice.
    #[error("Repeated {0}")]
    Repeated(Name),
    /// A header field that cannot be read.
    #[error("Malformed {0}")]
    Malformed(Name),
    /// The method in CSeq is not the one of the request line.
    #[error("CSeq names another method")]
    MethodMismatch,
}

impl Fault {
    /// The status of the response that tells the sender.
    pub fn status(self) -> u16 {
        match self {
            Fault::Version => 505,
            Fault::TooLarge | Fault::TooManyHeaders => 513,
            _ => 400,
        }
    }

    /// After this, where the next message of a stream begins is anybody's guess.
    pub fn loses_framing(self) -> bool {
        matches!(
            self,
            Fault::NotSip
                | Fault::LineFeed
                | Fault::NoEnd
                | Fault::TooManyHeaders
                | Fault::TooLarge
                | Fault::ContentLength
                | Fault::NoContentLength
        )
    }
}

/// What is due to the sender of a faulty message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Answer with this status; the fault's text is the reason phrase.
    Answer(u16),
    /// Nothing: it is a response, an ACK, or cannot be answered.
    Drop,
}

/// A message was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{fault}")]
pub struct ParseError {
    /// The first thing that is wrong.
    pub fault: Fault,
    /// The stream it came on has lost its framing: close it, after the answer if one is due.
    pub close: bool,
    /// What could be read of it: for [`super::Builder::response`].
    pub partial: Option<Box<Message>>,
}

impl ParseError {
    pub(super) fn new(fault: Fault, partial: Option<Message>) -> ParseError {
        ParseError { fault, close: fault.loses_framing(), partial: partial.map(Box::new) }
    }

    /// What is due to the sender.
    pub fn reaction(&self) -> Reaction {
        self.partial.as_ref().map_or(Reaction::Drop, |partial| partial.reaction_to(self.fault))
    }
}

impl Message {
    /// What is due to the sender of this message for `fault`. Only a request that says where the answer goes and which
    /// transaction it belongs to can be answered, and an ACK never is (RFC 3261 section 17).
    pub fn reaction_to(&self, fault: Fault) -> Reaction {
        let identified = [Name::Via, Name::From, Name::To, Name::CallId, Name::CSeq];
        let answerable = self.is_request() && self.method() != Method::Ack;
        if answerable && identified.into_iter().all(|name| self.header(name).is_some()) {
            Reaction::Answer(fault.status())
        } else {
            Reaction::Drop
        }
    }
}
