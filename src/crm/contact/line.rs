//! A contact as people and scripts read it: one JSON object.

use serde::{Deserialize, Serialize};

use super::{Contact, Stopwatch, Talk, TalkLine, ToldWait, ToldWaitLine};
use crate::crm::{NoteLine, Survey, Take, TakeLine};
use crate::ids::{
    CaseId, CitizenId, ContactId, EntityId, FlowId, Language, NodeId, OperatorId, QueueId, SeatId, TopicId,
};
use crate::journal::entry::{Destination, Personal};
use crate::journal::seal::Keys;
use crate::time::rome;
use crate::words::{Direction, EndedBy, Outcome};

/// One line of `contact list --format json`. Durations are seconds, 0 when the thing did not happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactLine {
    /// Which.
    pub contact: ContactId,
    /// Its case; none when it was refused, or when a seat made the call.
    pub case: Option<CaseId>,
    /// When it arrived, RFC 3339 in Rome's time.
    pub opened: String,
    /// When it ended.
    pub closed: Option<String>,
    /// `in`: it came from outside; `out`: an operator called a number; `internal`: an operator called another seat.
    #[serde(default)]
    pub direction: Direction,
    /// Who called: the number as received, or `anonymous`, or the seat; nothing when it was erased.
    pub from: Option<String>,
    /// What was dialled, as received; nothing when it was erased.
    pub to: Option<String>,
    /// Who, when the number is known.
    pub citizen: Option<CitizenId>,
    /// `phone`.
    pub channel: String,
    /// The body answered for.
    pub entity: EntityId,
    /// What it is about.
    pub topic: Option<TopicId>,
    /// The queue it was in last.
    pub queue: Option<QueueId>,
    /// The operator it was joined to last.
    pub operator: Option<OperatorId>,
    /// The seat it was joined to last.
    pub seat: Option<SeatId>,
    /// The number that it was transferred to.
    #[serde(default)]
    pub transferred_to: Option<String>,
    /// How it ended; nothing while it lasts.
    pub outcome: Option<Outcome>,
    /// Who ended it.
    pub ended_by: Option<EndedBy>,
    /// Seats rung.
    pub ring_s: f64,
    /// Waited in queues.
    pub wait_s: f64,
    /// The first expected wait that was told, and what it came to.
    #[serde(default)]
    pub told_wait: Option<ToldWaitLine>,
    /// Talked, without hold.
    pub talk_s: f64,
    /// On hold.
    pub hold_s: f64,
    /// The operator's work afterwards.
    pub wrap_up_s: f64,
    /// Each operator's part.
    #[serde(default)]
    pub talks: Vec<TalkLine>,
    /// Nodes of the flow.
    pub path: Vec<NodeId>,
    /// Recording, below the data directory.
    pub recording: Option<String>,
    /// What the citizen said to the exchange itself, and is kept.
    #[serde(default)]
    pub takes: Vec<TakeLine>,
    /// What the citizen was asked after the call, and said to it.
    #[serde(default)]
    pub survey: Option<Survey>,
    /// The flow that led it; none when an operator began it.
    pub flow: Option<FlowId>,
    /// Spoken last.
    pub language: Language,
    /// Keys pressed.
    pub keys: String,
    /// Hung up within the threshold of a short abandon.
    pub short: bool,
    /// Arrived while the store did not answer.
    pub degraded: bool,
    /// How the operator coded it.
    pub disposition: Option<String>,
    /// What people wrote down about it.
    #[serde(default)]
    pub notes: Vec<NoteLine>,
    /// What went wrong.
    pub why: Option<String>,
}

impl Contact {
    /// As people and scripts read it; `keys` open the number.
    pub fn line(&self, keys: &Keys) -> ContactLine {
        let unsealed = |field: &str, personal: &Personal| match keys.unseal(self.contact, field, personal) {
            Personal::Clear(number) => Some(number),
            Personal::Sealed(_) | Personal::Erased => None,
        };
        let from = unsealed("from", &self.from);
        let called = |number: &Destination| match number {
            Destination::Public(number) => Some(number.clone()),
            Destination::Personal(number) => unsealed("called", number),
        };
        let transferred_to = self.transferred_to.as_ref().and_then(called);
        let times = &self.times;
        ContactLine {
            contact: self.contact,
            case: self.case,
            opened: rome(self.opened_ms),
            closed: self.closed_ms.map(rome),
            direction: self.direction,
            from,
            to: called(&self.to),
            citizen: self.citizen,
            channel: "phone".to_owned(),
            entity: self.entity.clone(),
            topic: self.topic.clone(),
            queue: self.queue.clone(),
            operator: self.operator.clone(),
            seat: self.seat.clone(),
            transferred_to,
            outcome: self.outcome,
            ended_by: self.ended_by,
            ring_s: seconds(times.ring.ms),
            wait_s: seconds(times.wait.ms),
            told_wait: self.told_wait.as_ref().map(ToldWait::line),
            talk_s: seconds(talk_ms(&times.joined, &times.hold)),
            hold_s: seconds(times.hold.ms),
            wrap_up_s: seconds(times.wrap_up.ms),
            talks: self.talks.iter().map(Talk::line).collect(),
            path: self.path.clone(),
            recording: self.recording.as_ref().map(|file| format!("recordings/{file}")),
            takes: self.takes.iter().map(Take::line).collect(),
            survey: self.survey.clone(),
            flow: self.flow.clone(),
            language: self.language.clone(),
            keys: self.keys.clone(),
            short: self.short,
            degraded: self.degraded,
            disposition: self.disposition.clone(),
            notes: self.notes.iter().map(|note| note.line(keys)).collect(),
            why: self.why.clone(),
        }
    }
}

pub(super) fn talk_ms(joined: &Stopwatch, hold: &Stopwatch) -> i64 {
    joined.ms.saturating_sub(hold.ms).max(0)
}

/// Milliseconds as seconds with three decimals.
pub(in crate::crm) fn seconds(ms: i64) -> f64 {
    std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0)).as_secs_f64()
}
