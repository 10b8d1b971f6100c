//! A contact: one call, from its arrival to the end of the operator's wrap-up.
//!
//! `from` and `to` mean the same whoever began it: who called, and what was dialled, as it came. So a contact that an operator began
//! is from the seat, and to a number, an office or another seat; it is found by the number that was called.
//!
//! How its times are measured:
//! - *wait*: from entering a queue to the operator's answer, or to leaving the queue; all stays added up.
//! - *ring*: how long seats were rung for it, in all.
//! - *talk*: from joined to parted, without hold. *Hold*: within the talk, while either side held.
//! - *wrap-up*: from parted until the seat's work on it was over.
//!
//! What several operators do at the same time counts once here; each one's part is told by [`Talk`].
//!
//! Times still running when the contact ends, end with it; wrap-up alone goes on.

use serde::{Deserialize, Serialize};

use crate::ids::{
    CallbackId, CaseId, CitizenId, ContactId, EntityId, FlowId, Language, NodeId, OperatorId, QueueId,
    SeatId, TopicId,
};
use crate::journal::entry::{Destination, Elsewhere, Entry, Fact, Handing, Personal};
use crate::journal::seal::{Keys, NumberHash};
use crate::words::{Direction, EndedBy, Outcome};

use super::{Note, Survey, Take};

mod line;
mod talks;
mod told;

pub use line::ContactLine;
pub(super) use line::seconds;
use line::talk_ms;
pub use talks::{Talk, TalkLine};
pub use told::{ToldWait, ToldWaitLine};

/// Most facts kept in a contact's story; a caller who presses keys for hours must not grow it without end.
pub const MOST_STEPS: usize = 500;
/// From where a call-back is made whose citizen is called before an operator is there.
const EXCHANGE: &str = "exchange";

/// One call, as the facts so far tell it. What is as at the beginning is left out of its row: rows are written often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Which.
    pub contact: ContactId,
    /// Its case, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Who, when the number is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen: Option<CitizenId>,
    /// Who began it.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub direction: Direction,
    /// Number as received, or `anonymous`; sealed. An operator's seat.
    pub from: Personal,
    /// Finds the contact by the number of whoever is not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberHash>,
    /// Number dialled. A person's, which an operator called, is sealed.
    pub to: Destination,
    /// The body answered for.
    pub entity: EntityId,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Spoken last.
    pub language: Language,
    /// The flow that led it; none: an operator began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowId>,
    /// The promise that this call keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackId>,
    /// Arrived while the store did not answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub degraded: bool,
    /// When it arrived.
    pub opened_ms: i64,
    /// When the exchange answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_ms: Option<i64>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_ms: Option<i64>,
    /// The queue it was in last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// The seat it was joined to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// The operator it was joined to last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// The number that it was transferred to last; sealed when it is a person's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transferred_to: Option<Destination>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<EndedBy>,
    /// Hung up at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub short: bool,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How the operator coded it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// What people wrote down about it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// False: the citizen refused to be recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<bool>,
    /// Recording, below the recordings directory; none once it is deleted or has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<String>,
    /// The first expected wait that was told, and what it came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_wait: Option<ToldWait>,
    /// What the citizen said to the exchange itself, and is kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Take>,
    /// What the citizen was asked after the call, and said to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survey: Option<Survey>,
    /// Nodes of the flow, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<NodeId>,
    /// Keys pressed, in order.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keys: String,
    /// The operators' parts, in the order in which they joined.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub talks: Vec<Talk>,
    /// Talks with a number outside now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub outside: bool,
    /// How long things took.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub times: Times,
    /// The whole story, personal fields sealed.
    pub story: Vec<Entry>,
}

/// How long things took, and what is still running.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// Waiting in queues.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub wait: Stopwatch,
    /// How many seats ring: several, where a queue rings all.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub ringing: u32,
    /// Seats being rung.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub ring: Stopwatch,
    /// Joined, hold included.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub joined: Stopwatch,
    /// On hold.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub hold: Stopwatch,
    /// The operator's work afterwards.
    #[serde(default, skip_serializing_if = "is_unused")]
    pub wrap_up: Stopwatch,
}

/// Adds up spans of time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopwatch {
    /// Spans that are over.
    pub ms: i64,
    /// When the span in course began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
}

fn is_unused<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Stopwatch {
    fn start(&mut self, at_ms: i64) {
        self.since_ms.get_or_insert(at_ms);
    }

    /// A clock that was set back gives no negative span.
    fn stop(&mut self, at_ms: i64) {
        if let Some(since) = self.since_ms.take() {
            self.ms = self.ms.saturating_add(at_ms.saturating_sub(since).max(0));
        }
    }
}

impl Contact {
    /// The contact that `entry` opens, if it does; `keys` find its number.
    pub fn opened(entry: &Entry, keys: &Keys) -> Option<Contact> {
        let number_of = |number: Personal| match number {
            Personal::Clear(number) if number != "anonymous" => Some(keys.hash(&number)),
            _ => None,
        };
        Some(match entry.fact.clone() {
            Fact::ContactOpened {
                contact,
                case,
                citizen,
                from,
                to,
                entity,
                topic,
                language,
                flow,
                degraded,
            } => {
                let number = number_of(keys.unseal(contact, "from", &from));
                let (to, flow) = (Destination::Public(to), Some(flow));
                let begun = Contact::begun(entry, contact, from, to, entity, language);
                Contact { case, citizen, number, topic, flow, degraded, ..begun }
            }
            Fact::Dialled {
                contact,
                seat,
                operator,
                direction,
                case,
                citizen,
                to,
                entity,
                topic,
                language,
                queue,
                degraded,
                callback,
                ..
            } => {
                let number = match &to {
                    Destination::Public(number) if direction == Direction::Out => Some(keys.hash(number)),
                    Destination::Public(_) => None,
                    Destination::Personal(number) => number_of(keys.unseal(contact, "called", number)),
                };
                let from = seat.as_ref().map_or_else(|| EXCHANGE.to_owned(), ToString::to_string);
                let begun = Contact::begun(entry, contact, Personal::Clear(from), to, entity, language);
                let begun = Contact { queue, seat, operator, callback, ..begun };
                Contact { direction, case, citizen, number, topic, degraded, ..begun }
            }
            _ => return None,
        })
    }

    /// A contact of which nothing more is known.
    fn begun(
        entry: &Entry,
        contact: ContactId,
        from: Personal,
        to: Destination,
        entity: EntityId,
        language: Language,
    ) -> Contact {
        Contact {
            contact,
            case: None,
            citizen: None,
            direction: Direction::In,
            from,
            number: None,
            to,
            entity,
            topic: None,
            language,
            flow: None,
            callback: None,
            degraded: false,
            opened_ms: entry.at_ms,
            answered_ms: None,
            closed_ms: None,
            queue: None,
            seat: None,
            operator: None,
            transferred_to: None,
            outcome: None,
            ended_by: None,
            short: false,
            why: None,
            disposition: None,
            notes: Vec::new(),
            told_wait: None,
            record: None,
            recording: None,
            takes: Vec::new(),
            survey: None,
            path: Vec::new(),
            keys: String::new(),
            talks: Vec::new(),
            outside: false,
            times: Times::default(),
            story: vec![entry.clone()],
        }
    }

    /// Takes in a fact about this contact.
    pub fn apply(&mut self, entry: &Entry) {
        Talk::follow(&mut self.talks, entry.at_ms, &entry.fact);
        self.on_fact(entry.at_ms, &entry.fact);
        Take::follow(&mut self.takes, entry);
        Survey::follow(&mut self.survey, entry);
        if !matches!(entry.fact, Fact::Noted { case: Some(_), .. }) {
            Note::follow(&mut self.notes, entry);
        }
        if self.story.len() < MOST_STEPS && !matches!(entry.fact, Fact::DialogOpened { .. }) {
            self.story.push(entry.clone());
        }
    }

    fn on_told(&mut self, at_ms: i64, low_s: u64, high_s: u64) {
        let Some(queue) = self.queue.clone() else { return };
        self.told_wait.get_or_insert(ToldWait { queue, at_ms, low_s, high_s, came_to_ms: None });
    }

    fn on_fact(&mut self, at_ms: i64, fact: &Fact) {
        match fact {
            Fact::ContactAnswered { .. } => drop(self.answered_ms.get_or_insert(at_ms)),
            Fact::NodeEntered { node, .. } if self.path.len() < MOST_STEPS => self.path.push(node.clone()),
            Fact::KeyPressed { key, .. } if self.keys.len() < MOST_STEPS => self.keys.push(*key),
            Fact::ContactTagged { entity, topic, language, record, .. } => {
                take(&mut self.entity, entity);
                take(&mut self.language, language);
                self.topic = topic.clone().or(self.topic.take());
                self.record = record.or(self.record);
            }
            Fact::Queued { queue, .. } => {
                self.queue = Some(queue.clone());
                self.times.wait.start(at_ms);
            }
            Fact::QueueLeft { queue, .. } => {
                self.queue = Some(queue.clone()); // turned away at the door, it was never `Queued`
                self.times.wait.stop(at_ms);
                self.times.ring.stop(at_ms);
            }
            Fact::Announced { told_s: Some((low_s, high_s)), .. } => {
                self.on_told(at_ms, *low_s, *high_s);
            }
            // What was told before is not the wait that comes.
            Fact::WaitChanged { .. } => self.told_wait = None,
            Fact::SentOn { to, .. } => {
                self.told_wait = None;
                if matches!(to, Elsewhere::Line(_)) {
                    self.times.wait.stop(at_ms);
                }
            }
            Fact::SeatRung { .. } => {
                self.times.ringing = self.times.ringing.saturating_add(1);
                self.times.ring.start(at_ms);
            }
            Fact::SeatNotTaken { .. } => {
                self.times.ringing = self.times.ringing.saturating_sub(1);
                if self.times.ringing == 0 {
                    self.times.ring.stop(at_ms);
                }
            }
            Fact::Joined { seat, operator, queue, recording, .. } => {
                self.seat = Some(seat.clone());
                self.told_wait.iter_mut().for_each(|told| told.on_joined(at_ms));
                self.operator = Some(operator.clone());
                self.queue = Some(queue.clone());
                self.recording = recording.clone().or(self.recording.take());
                self.times.wait.stop(at_ms);
                self.times.ringing = self.times.ringing.saturating_sub(1);
                self.times.ring.stop(at_ms);
                self.times.joined.start(at_ms);
            }
            Fact::NumberCalled { .. } => self.times.ring.start(at_ms),
            Fact::NumberNotTaken { .. } => self.times.ring.stop(at_ms),
            Fact::Transferred { number, recording, .. } => {
                self.outside = true;
                self.transferred_to = Some(number.clone());
                self.times.wait.stop(at_ms);
                self.recording = recording.clone().or(self.recording.take());
                self.times.ring.stop(at_ms);
                self.times.joined.start(at_ms);
            }
            Fact::TransferEnded { .. } => {
                self.outside = false;
                if !self.is_joined() {
                    self.times.joined.stop(at_ms);
                    self.times.hold.stop(at_ms);
                }
            }
            // Whoever was asked, and never talked with the citizen, has been rung.
            Fact::Handling { step: Handing::Speaks { .. }, .. } => self.times.ring.stop(at_ms),
            Fact::Held { on: true, .. } if self.times.joined.since_ms.is_some() => {
                self.times.hold.start(at_ms)
            }
            Fact::Held { .. } => self.times.hold.stop(at_ms),
            Fact::Parted { .. } => self.on_parted(at_ms),
            Fact::WrappedUp { .. } if self.talks.iter().any(|talk| talk.wrap_up.since_ms.is_some()) => {}
            Fact::WrappedUp { .. } => self.times.wrap_up.stop(at_ms),
            Fact::Coded { topic, disposition, .. } => {
                self.topic = topic.clone().or(self.topic.take());
                self.disposition = disposition.clone().or(self.disposition.take());
            }
            Fact::RecordingDeleted { file } | Fact::RecordingFailed { file, .. } => {
                self.recording.take_if(|recording| recording == file);
            }
            Fact::ContactClosed { outcome, ended_by, short, why, .. } => {
                (self.outcome, self.ended_by) = (Some(*outcome), Some(*ended_by));
                (self.short, self.why, self.closed_ms) = (*short, why.clone(), Some(at_ms));
                self.on_closed(at_ms);
            }
            Fact::Erased { .. } => {
                self.number = None;
                if self.direction == Direction::In {
                    self.from = Personal::Erased; // seats are nobody's secret
                }
                if matches!(self.to, Destination::Personal(_)) {
                    self.to = Destination::Personal(Personal::Erased);
                }
                self.transferred_to.take_if(|number| matches!(number, Destination::Personal(_)));
            }
            _ => {}
        }
    }

    /// Somebody talks with the citizen.
    fn is_joined(&self) -> bool {
        self.outside || self.talks.iter().any(Talk::is_open)
    }

    fn on_parted(&mut self, at_ms: i64) {
        if self.is_joined() {
            return self.times.wrap_up.start(at_ms); // others talk on
        }
        let talked = self.times.joined.since_ms.is_some();
        self.times.joined.stop(at_ms);
        self.times.hold.stop(at_ms);
        if talked {
            self.times.wrap_up.start(at_ms);
        }
    }

    fn on_closed(&mut self, at_ms: i64) {
        self.times.wait.stop(at_ms);
        self.times.ring.stop(at_ms);
        self.outside = false;
        self.on_parted(at_ms);
        if self.ended_by == Some(EndedBy::Crash) {
            let over = |watch: &mut Stopwatch| watch.since_ms = None;
            over(&mut self.times.wrap_up);
            self.talks.iter_mut().for_each(|talk| over(&mut talk.wrap_up));
        }
    }
}

fn take<T: Clone>(field: &mut T, told: &Option<T>) {
    if let Some(told) = told {
        *field = told.clone();
    }
}
