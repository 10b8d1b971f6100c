//! Distribution (ACD): which free seat gets which waiting caller.
//!
//! A caller enters one queue and waits; a seat is reachable or not, logged in or not, ready or paused (its *status*, the
//! person's doing) and idle, ringing, talking, in wrap-up or resting (its *work*, the calls' doing). When a caller waits and a seat that
//! serves the queue is idle and ready, the seat idle for longest is reserved and rung. Everything is memory: no assignment
//! waits for a disk. The owner feeds [`Input`]s and drains [`Action`]s.

use std::time::Duration;

use crate::ids::{CallId, QueueId, SeatId};
use crate::words::{NotTaken, QueueExit, SeatView, StatusChange};

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
    /// Rest of a seat after it rejected a call.
    pub reject_delay: Duration,
    /// Rejects in a row after which the seat is paused.
    pub max_rejects: u32,
    /// Rings in a row not taken after which the seat is paused (status away).
    pub max_misses: u32,
    /// Wrap-up after a call of this queue.
    pub wrap_up: Duration,
    /// Position is announced this often; zero: never.
    pub announce_every: Duration,
}

/// What a seat is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatRules {
    /// Its name.
    pub id: SeatId,
    /// The queues it serves.
    pub queues: Vec<QueueId>,
    /// Logs in and is ready at its first registration.
    pub auto_login: bool,
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
}

/// What happens to seats and callers.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The seat's phone is registered.
    Reachable(SeatId),
    /// The seat's phone is gone.
    Unreachable(SeatId),
    /// The operator's own doing, by command or feature code.
    Status(SeatId, StatusChange),
    /// A caller asks for a place. Answered by `Placed` or `Left` at once.
    Enter(Entering),
    /// A waiting (or ringing-for) caller hung up, or pressed a key that leads out of the queue.
    Leave(CallId),
    /// The rung seat took the call.
    Answered(SeatId, CallId),
    /// The rung seat refused (486, 603, ...).
    Rejected(SeatId, CallId),
    /// The rung seat could not be reached (408 from the transport, 480, 503, no binding).
    Failed(SeatId, CallId),
    /// The talk is over, whoever hung up.
    TalkEnded(SeatId, CallId),
    /// The operator ends the wrap-up early.
    WrapUpDone(SeatId),
    /// Nothing but time has passed.
    Timeout,
}

/// What the distribution wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The caller has a place; 1 is the next to be served.
    Placed {
        /// The call.
        call: CallId,
        /// Its queue.
        queue: QueueId,
        /// Place at entry.
        position: usize,
    },
    /// Tell the caller the place now.
    Announce {
        /// The call.
        call: CallId,
        /// 1 is the next to be served.
        position: usize,
    },
    /// Ring this seat for this caller. Followed by `Answered`, `Rejected` or `Failed`, or stopped by `StopRinging`.
    Ring {
        /// The seat.
        seat: SeatId,
        /// The caller.
        call: CallId,
        /// The queue that the caller waits in.
        queue: QueueId,
    },
    /// Stop ringing the seat.
    StopRinging {
        /// The seat.
        seat: SeatId,
        /// The caller it was rung for.
        call: CallId,
        /// Why.
        why: NotTaken,
    },
    /// A ring led to nothing (also one that the seat refused itself); the caller, if still there, is back at the old place.
    NotTaken {
        /// The seat.
        seat: SeatId,
        /// The caller.
        call: CallId,
        /// Why.
        why: NotTaken,
    },
    /// The caller leaves the queue by this exit.
    Left {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// `Full`, `NoSeats`, `Timeout`.
        exit: QueueExit,
        /// Time in the queue.
        waited: Duration,
    },
    /// A seat's status or work changed, for the journal and the wallboard.
    SeatChanged {
        /// The seat.
        seat: SeatId,
        /// As it is now.
        now: SeatView,
    },
}
