//! What queues and seats are, apart from who waits and who works: what a configuration says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::pauses::Pauses;
use super::people::People;
use super::skills::{Needs, Skills};
use super::wrap_up::AfterTalk;
use crate::ids::{CallId, OperatorId, QueueId, SeatId};

/// What a queue is, apart from who waits in it.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueRules {
    /// Its name.
    pub id: QueueId,
    /// More callers than this are sent to the `full` exit.
    pub max_waiting: usize,
    /// Longest wait; the flow's node may shorten it.
    pub max_wait: Duration,
    /// How long one seat rings.
    pub ring_for: Duration,
    /// Rest of a seat after it rejected or missed a call; at least a second.
    pub reject_delay: Duration,
    /// The same of a seat whose phone says that it is busy.
    pub busy_delay: Duration,
    /// Rejects in a row after which the seat is paused.
    pub max_rejects: u32,
    /// Rings in a row missed (or failed) after which the seat is paused (status away).
    pub max_misses: u32,
    /// Wrap-up after a call of this queue.
    pub wrap_up: Duration,
    /// How it may be lengthened, and what it must bring.
    pub after_talk: AfterTalk,
    /// Position is announced this often; zero: never.
    pub announce_every: Duration,
    /// Minutes of advantage of all its callers over those of other queues.
    pub offset: i32,
    /// Which of the free seats is rung.
    pub strategy: Strategy,
    /// Most seats that ring for one caller, where all are rung: a hundred phones that ring for one and fall silent together are no help.
    pub ring_at_most: usize,
    /// What its callers need of a seat.
    pub needs: Needs,
    /// Who else serves its callers when its own seats do not suffice.
    pub overflow: Vec<Overflow>,
    /// When callers may be sent on, away from these seats; where to is not the distribution's business.
    pub sends_on: Vec<Pressure>,
    /// When its seats may do something else than take calls; none: what is no call stands in line like a caller.
    pub tasks: Option<TaskRules>,
}

/// When a queue permits that a task which is no call is given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaskRules {
    /// While no more callers than these are in it.
    pub at_most_waiting: usize,
    /// While at least so many of its seats are free.
    pub free_seats: usize,
}

impl Default for TaskRules {
    /// Somebody is free, and nobody waits.
    fn default() -> TaskRules {
        TaskRules { at_most_waiting: 0, free_seats: 1 }
    }
}

impl QueueRules {
    /// A queue without anything special: whoever comes waits in order, as long as need be.
    pub fn plain(id: QueueId) -> QueueRules {
        let second = Duration::from_secs(1);
        QueueRules {
            id,
            max_waiting: usize::MAX,
            max_wait: 86_400 * second,
            ring_for: 15 * second,
            reject_delay: second,
            busy_delay: second,
            max_rejects: u32::MAX,
            max_misses: u32::MAX,
            wrap_up: Duration::ZERO,
            after_talk: AfterTalk::default(),
            announce_every: Duration::ZERO,
            offset: 0,
            strategy: Strategy::default(),
            ring_at_most: 1,
            needs: Needs::default(),
            overflow: Vec::new(),
            sends_on: Vec::new(),
            tasks: None,
        }
    }

    /// Somebody helps, or is sent on, by the expected wait.
    pub fn goes_by_wait(&self) -> bool {
        let helps = self.overflow.iter().map(|overflow| &overflow.when);
        helps.chain(&self.sends_on).any(|when| when.over_wait.is_some())
    }

    /// Most seats that ring for one caller.
    pub(super) fn at_once(&self) -> usize {
        if self.strategy == Strategy::RingAll { self.ring_at_most.max(1) } else { 1 }
    }
}

/// Which of the free seats is rung. Whoever is left equal is taken in the order of idleness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Free for longest.
    #[default]
    LongestIdle,
    /// Whose last ring is longest ago.
    RoundRobin,
    /// Fewest calls since log-in.
    FewestCalls,
    /// Least talk since log-in.
    LeastTalkTime,
    /// First in the list of seats.
    Linear,
    /// Who knows most of what the queue needs.
    SkillLevel,
    /// All of them, as many as the queue allows; the first to answer has the caller.
    RingAll,
}

impl Strategy {
    /// Every one.
    pub const ALL: [Strategy; 7] = [
        Strategy::LongestIdle,
        Strategy::RoundRobin,
        Strategy::FewestCalls,
        Strategy::LeastTalkTime,
        Strategy::Linear,
        Strategy::SkillLevel,
        Strategy::RingAll,
    ];
}

/// The seats of another queue help; those who wait keep their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overflow {
    /// Whose seats.
    pub to: QueueId,
    /// From when on.
    pub when: Pressure,
}

/// When a queue's own seats do not suffice: each condition must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Callers whose score is at least this.
    pub after: Duration,
    /// Only while more than this many wait.
    pub over_waiting: Option<usize>,
    /// Only while the expected wait is longer than this.
    pub over_wait: Option<Duration>,
}

/// What a seat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRules {
    /// Its name.
    pub id: SeatId,
    /// The queues it serves, and how: its routing profile.
    pub queues: BTreeMap<QueueId, Serving>,
    /// What its operator knows.
    pub skills: Skills,
    /// Logs in and is ready at its first registration.
    pub auto_login: bool,
    /// Reasons of pauses, the same for all seats.
    pub pauses: Arc<Pauses>,
    /// Who may sit there, the same for all seats.
    pub people: Arc<People>,
    /// Who logs in there without saying a name.
    pub usual: Option<OperatorId>,
}

impl SeatRules {
    /// A seat that serves nothing yet and knows nothing special.
    pub fn plain(id: SeatId) -> SeatRules {
        let (queues, skills, pauses, people) =
            (BTreeMap::new(), Skills::default(), Arc::default(), Arc::default());
        SeatRules { id, queues, skills, auto_login: false, pauses, people, usual: None }
    }
}

/// How a seat serves one of its queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Serving {
    /// Minutes that this queue's callers are ahead of others at this seat.
    pub priority: i32,
    /// Takes those whose score has come to this much.
    pub delay: Duration,
}

/// A caller who asks for a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Entering {
    /// The call.
    pub call: CallId,
    /// The queue.
    pub queue: QueueId,
    /// Minutes of advantage over others.
    pub priority: i32,
    /// Shortens the queue's own maximum wait.
    pub max_wait: Option<Duration>,
    /// What counts as waited already: since the call arrived, or in an earlier call.
    pub waited: Duration,
    /// What this caller needs beside what the queue needs.
    pub needs: Needs,
    /// This seat alone, for so long; then anyone.
    pub prefers: Option<(SeatId, Duration)>,
    /// Let in also where there is no room: was being served, or has been sent on in vain. As many as seats, and as calls to numbers outside.
    pub returns: bool,
    /// Is sent on no more.
    pub stays: bool,
}

/// Minutes of advantage of those who were being served when the operator's phone died: a hundred years, more than any list gives.
const RETURNS_AHEAD: i32 = 52_560_000;

impl Entering {
    /// At the end of this queue, without anything special.
    pub fn new(call: CallId, queue: QueueId) -> Entering {
        Entering {
            call,
            queue,
            priority: 0,
            max_wait: None,
            waited: Duration::ZERO,
            needs: Needs::default(),
            prefers: None,
            returns: false,
            stays: false,
        }
    }

    /// Was being served: comes before everybody who waits.
    pub fn returning(self) -> Entering {
        Entering { priority: self.priority.saturating_add(RETURNS_AHEAD), returns: true, ..self }
    }
}
