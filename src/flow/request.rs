//! What a flow asks of the world outside it, and how the world answers: the nodes that cannot be done with words and keys alone.
//!
//! A node that asks sends [`Action::Ask`](super::Action::Ask) with a [`Request`] and waits. Whoever can do it answers with
//! [`Input::Answer`](super::Input::Answer) and the same [`RequestId`]; an answer to an older request is old news and changes
//! nothing. Each request has a longest time ([`Request::patience`]), past which the run leaves by `error` by itself. Whoever
//! cannot do it answers [`Answer::Error`] with the reason in words: the caller leaves by the node's `error` exit and the reason
//! comes back as [`Action::Failed`](super::Action::Failed), for the journal.
//!
//! Texts made from values know whether they tell something about a person ([`Marked`]): they print masked, and whoever writes
//! them down seals them.

use std::fmt;
use std::time::Duration;

use super::value::Value;
use crate::ids::{Language, QueueId};

/// Tells the requests of one run apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// A text made during the call.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Marked {
    /// As it is used.
    pub text: String,
    /// It tells something about a person: it is sealed in the journal and masked everywhere else.
    pub personal: bool,
}

impl fmt::Debug for Marked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.personal { "(personal)" } else { &self.text })
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Promise a call-back, or ask about one: `Ok` with `slot`, the moment booked (`2026-11-24T10:30`), or with `first second third`,
    /// the next that are free; or `Declined`, `Full`, `NotFound`.
    Callback {
        /// What is wanted of it.
        act: CallbackAct,
        /// Whom to call.
        number: Marked,
        /// Whose operators call.
        queue: QueueId,
        /// At which moment; the next free one when left out.
        slot: Option<Marked>,
    },
    /// Whether a queue would answer the caller in time: `Ok`; or `Declined`, it would not; or `NotFound`, that is not known.
    AnswersWithin {
        /// Which.
        queue: QueueId,
        /// The longest wait.
        within: Duration,
    },
    /// Join the caller with somebody else, without an operator: `Ok` when the talk is over; or `Busy`, `NoAnswer`.
    Transfer {
        /// With whom.
        to: Target,
        /// How long it may ring.
        ring_for: Duration,
    },
    /// Queue a message for sending: `Ok` when it is written down.
    Message {
        /// By which way.
        channel: Channel,
        /// To which number or address.
        to: Marked,
        /// What it says.
        text: Marked,
        /// In which language it is.
        language: Language,
    },
    /// Ask a connector of the configuration: `Ok` with what it said, or `NotFound`.
    Http {
        /// Its name.
        connector: String,
        /// How.
        method: Method,
        /// Below the connector's address, beginning with `/`. Values in it are percent-encoded already.
        path: Marked,
        /// JSON to send.
        body: Option<Marked>,
        /// For each try.
        timeout: Duration,
        /// Tries after the first.
        retries: u32,
    },
    /// Ask a store by key: `Ok` with what it has, or `NotFound`.
    Lookup {
        /// Which.
        store: Store,
        /// Under which name or number.
        key: Marked,
        /// Spoken now.
        language: Language,
    },
    /// Read a case, or write to it: `Ok` with `number status opened` and what else is known, or `NotFound`.
    Case {
        /// What to do with it.
        act: CaseAct,
        /// The number as the caller gave it.
        number: Marked,
    },
    /// Whether this caller is asked in a survey now: `Ok`, or `Declined`.
    Survey,
    /// Record the caller, until a silence, `Action::StopRecording` or the limit: `Ok` with `seconds`, or `Empty` when nothing was
    /// said. What has been recorded is kept or dropped by later actions with the same id. When neither comes because the
    /// caller hung up, a message is kept (people hang up when they have said it) and all else dropped.
    Record {
        /// At most so long.
        max: Duration,
        /// So much silence ends it.
        silence: Duration,
        /// It is a message for the operators of this queue.
        message_for: Option<QueueId>,
        /// The caller may want to hear it: [`Say::Recording`](super::Say::Recording).
        review: bool,
    },
}

/// Whom a caller is given to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A telephone number.
    Number(Marked),
    /// A queue, for good: the flow is over, unless nobody there takes the call.
    Queue(QueueId),
}

/// What is wanted of a call-back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallbackAct {
    /// To be called as if still waiting.
    Keep,
    /// To be called at a moment.
    Book,
    /// To hear which moments are free.
    Slots,
    /// To hear whether one is promised already.
    Find,
    /// Another moment for the one that is promised.
    Move,
    /// Not to be called any more.
    Cancel,
}

impl CallbackAct {
    /// As flows write them.
    pub(super) const WORDS: [&'static str; 6] = ["keep", "book", "slots", "find", "move", "cancel"];

    /// By its word.
    pub(super) fn of(word: &str) -> Option<CallbackAct> {
        Some(match word {
            "keep" => CallbackAct::Keep,
            "book" => CallbackAct::Book,
            "slots" => CallbackAct::Slots,
            "find" => CallbackAct::Find,
            "move" => CallbackAct::Move,
            "cancel" => CallbackAct::Cancel,
            _ => return None,
        })
    }

    /// The exits that it needs, the one of success first.
    pub(super) fn exits(self) -> &'static [&'static str] {
        match self {
            CallbackAct::Keep | CallbackAct::Book => &["booked", "declined", "full"],
            CallbackAct::Slots => &["ok", "full"],
            CallbackAct::Find | CallbackAct::Cancel => &["ok", "not_found"],
            CallbackAct::Move => &["booked", "full", "not_found"],
        }
    }
}

/// How a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// To a mobile phone.
    Sms,
    /// To a mailbox.
    Email,
}

/// How a connector is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Adds; it is sent again after a failure only when `retries` says so.
    Post,
    /// Replaces.
    Put,
}

/// What can be asked by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// What the Enti have written down for everybody: `title text` and the article's fields.
    Knowledge,
    /// Cases, by number.
    Cases,
}

/// What a caller does about a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseAct {
    /// Hears how far it is.
    Status,
    /// Asks to be quick (*sollecito*).
    Remind,
    /// Complains (*reclamo*).
    Complain,
}

/// How the world answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// Done; what the node may keep.
    Ok(Option<Value>),
    /// There is no such thing.
    NotFound,
    /// The caller did not want it.
    Declined,
    /// No room.
    Full,
    /// The other side is in a talk.
    Busy,
    /// The other side did not answer.
    NoAnswer,
    /// Nothing was said.
    Empty,
    /// It could not be done, and why: for the journal, without anything personal.
    Error(String),
}

/// Added to the limits that a request itself names: for the way there and back.
const SLACK: Duration = Duration::from_secs(2);
/// The same for a recording: the tone before it, and a disk that takes its time to close it.
const TAKE_SLACK: Duration = Duration::from_secs(6);
/// Longest wait for a store of our own.
const STORE_PATIENCE: Duration = Duration::from_secs(5);
/// Longest talk with somebody to whom a flow transferred.
const LONGEST_TALK: Duration = Duration::from_secs(4 * 3600);

impl Request {
    /// Its name in words, as the node types have it.
    pub fn name(&self) -> &'static str {
        match self {
            Request::AnswersWithin { .. } => "answers_within",
            Request::Callback { .. } => "callback",
            Request::Transfer { .. } => "transfer",
            Request::Message { .. } => "message",
            Request::Http { .. } => "http",
            Request::Lookup { .. } => "lookup",
            Request::Case { .. } => "case",
            Request::Survey => "survey",
            Request::Record { .. } => "record",
        }
    }

    /// The longest that a run waits for the answer. It bounds the harm of one that was lost.
    pub fn patience(&self) -> Duration {
        match self {
            Request::AnswersWithin { .. }
            | Request::Callback { .. }
            | Request::Survey
            | Request::Lookup { .. }
            | Request::Case { .. }
            | Request::Message { .. } => STORE_PATIENCE,
            Request::Http { timeout, retries, .. } => {
                timeout.saturating_mul(retries.saturating_add(1)) + SLACK
            }
            Request::Record { max, .. } => *max + TAKE_SLACK,
            Request::Transfer { ring_for, .. } => *ring_for + LONGEST_TALK,
        }
    }
}
