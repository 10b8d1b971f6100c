//! Words that several modules of the domain share: why a caller left a queue, what a seat is doing, how a contact ended.
//!
//! Closed lists: what is written into the journal in these words must be readable for ever, so a word may be added and
//! none may change its meaning.

use serde::{Deserialize, Serialize};

use crate::ids::{CallId, OperatorId};

/// What is needed of an operator as people write it: `inglese`, or `inglese 3` with the level from 1 (a little) to 9.
pub fn skill_and_level(text: &str) -> Option<(&str, u8)> {
    let (name, level) = text.split_once(' ').unwrap_or((text, "1"));
    let level = level.trim().parse::<u8>().ok().filter(|level| (1..=9).contains(level))?;
    Some((name, level))
}

/// What is done without later, as people write it: `after 30s drop inglese`; the span as it is written, and the skill.
pub fn waiver(text: &str) -> Option<(&str, &str)> {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        ["after", span, "drop", skill] => Some((span, skill)),
        _ => None,
    }
}

/// Why a caller left a queue, other than by hanging up: the exits of the flow's `queue` node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueExit {
    /// Joined to an operator, and the operator hung up or left.
    Answered,
    /// The queue is closed (its hours, or a supervisor).
    Closed,
    /// Too many wait.
    Full,
    /// No seat that serves the queue is logged in with its phone in reach.
    NoSeats,
    /// Waited too long.
    Timeout,
    /// Pressed a key that leads out of the queue.
    Key,
    /// Asked to be called back.
    Callback,
    /// Something failed on our side.
    Error,
}

/// What a citizen wants of a case, other than to hear how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plea {
    /// To be quick (*sollecito*).
    Reminder,
    /// To do better (*reclamo*).
    Complaint,
}

/// By which way something is sent to a citizen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// To a mobile phone.
    Sms,
    /// To a mailbox.
    Email,
}

/// What an operator may do about the own status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusChange {
    /// Sit down; ready.
    LogIn,
    /// Go home. A talk or wrap-up in course goes on.
    LogOut,
    /// Take no calls for a while.
    Pause(String),
    /// Take calls again.
    Ready,
    /// Take one call, then none.
    OneCall,
    /// This, once the call in course and its wrap-up are over; at once where there is none.
    Next(Status),
}

/// Reason of the pause that follows the one call that a seat has asked for.
pub const AFTER_ONE_CALL: &str = "one_call";

/// Why a ring led to nothing, at a seat or at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// Rang until the limit.
    Missed,
    /// Refused by the operator.
    Rejected,
    /// The phone could not be reached or vanished.
    Unreachable,
    /// The caller hung up or left by a key.
    CallerLeft,
    /// Another seat that rang for the same caller answered first.
    Elsewhere,
}

/// How a supervisor takes part in a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    /// Hears all, heard by nobody.
    Listens,
    /// Heard by the operator alone.
    Whispers,
    /// Heard by everybody.
    JoinsIn,
}

/// Why a caller was asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedAgain {
    /// No key came in time, or too few.
    Silence,
    /// A key that means nothing there.
    WrongKey,
}

/// A seat as others see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatView {
    /// Its phone is registered.
    pub reachable: bool,
    /// The person's doing.
    pub status: Status,
    /// The calls' doing.
    pub work: WorkView,
    /// The call it is reserved for, rings for or talks with.
    pub call: Option<CallId>,
    /// The status that follows when the call in course and its wrap-up are over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Status>,
    /// Who sits there, when it is known by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// The pause lasts longer than its reason grants.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub over_time: bool,
    /// The wrap-up goes on until the outcome of its call is coded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owes_outcome: bool,
}

/// The person's doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody sits there.
    #[default]
    LoggedOut,
    /// Takes calls.
    Ready,
    /// Logged in, takes no calls, for this reason (`missed`: put there by the exchange after misses; `rejects` likewise).
    Paused(String),
    /// Takes one call, and is paused when that is over.
    OneCall,
}

impl Status {
    /// Calls may come.
    pub fn takes_calls(&self) -> bool {
        matches!(self, Status::Ready | Status::OneCall)
    }
}

/// The calls' doing, without its data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkView {
    /// Free.
    #[default]
    Idle,
    /// Reserved and rung.
    Ringing,
    /// Joined with a caller.
    Talking,
    /// Joined with a caller, who is on hold.
    Holding,
    /// Joined with a caller, who hears music while somebody else is asked.
    Consulting,
    /// After a talk.
    WrapUp,
    /// A short rest after a reject, a miss or a failure.
    Resting,
}

impl WorkView {
    /// Joined with a caller, whatever is done in the talk.
    pub fn is_talk(self) -> bool {
        matches!(self, WorkView::Talking | WorkView::Holding | WorkView::Consulting)
    }

    /// Reserved or joined: it has a call.
    pub fn is_engaged(self) -> bool {
        self == WorkView::Ringing || self.is_talk()
    }
}

/// Who began a contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody called the exchange.
    #[default]
    In,
    /// An operator called a number outside.
    Out,
    /// An operator called another seat.
    Internal,
}

/// How a contact ended, seen from the service: the first of these that applies. Contacts that an operator began are `Answered`,
/// `Unreached`, `Refused` or `Interrupted`; those that citizens began are never `Unreached`, so that each word counts one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Joined to an operator.
    Answered,
    /// Joined to somebody at a number outside.
    Transferred,
    /// A call-back was promised.
    Callback,
    /// Left a queue by its closed, full, no-seats or timeout exit, or the number called did not take the call, and ended.
    Unserved,
    /// Hung up while waiting for an operator, or for a number to answer.
    Abandoned,
    /// Ended in the IVR after a node that answers a request for information.
    Contained,
    /// Ended in the IVR otherwise.
    Left,
    /// Not let in: no such number, not allowed, no room.
    Refused,
    /// Failed on our side or on the way before the flow began.
    Failed,
    /// The exchange died before any of these.
    Interrupted,
    /// Called by an operator and not reached: busy, no answer, no way there, or the operator hung up first.
    Unreached,
}

/// How a version of a flow came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowChange {
    /// A supervisor published a text.
    Published,
    /// An earlier version's text was published again.
    RolledBack {
        /// Which.
        to: u32,
    },
    /// The file beside the configuration counts again.
    Retired,
}

/// Who ended a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The citizen hung up.
    Citizen,
    /// The operator hung up.
    Operator,
    /// Whoever was called for the citizen hung up.
    Callee,
    /// The flow came to its end.
    Flow,
    /// The exchange: refused, shut down, gave up.
    Exchange,
    /// A leg died without a word.
    Network,
    /// The exchange itself died.
    Crash,
}
