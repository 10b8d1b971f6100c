//! Distribution (ACD): which free seat gets which waiting caller.
//!
//! A caller enters one queue and waits; a seat is reachable or not, logged in or not, ready or paused (its *status*, the
//! person's doing) and idle, ringing, talking, in wrap-up or resting (its *work*, the calls' doing). Everything is memory: no
//! assignment waits for a disk. The owner feeds [`Input`]s, drains [`Action`]s and wakes [`Distribution`] when it asks.
//!
//! - **A caller** stands at a *place* fixed at entry: the moment since which it waits (in this queue, in this call, or in an
//!   earlier one that was cut off), moved back by the minutes of priority and of the queue. A place never changes, so a caller
//!   whom a seat did not take is still the next in line.
//! - **A seat** that is reachable, ready and idle is *free*. When a caller enters, the queue's strategy chooses among the free
//!   seats that may serve it; when a seat becomes free, it gets the first of those whom it may serve, over all its queues. So no
//!   free seat and no caller it serves ever wait side by side, and several seats ring for several callers at once.
//! - **Who may serve whom** widens with time and never narrows: a preferred seat is alone for a while, needed skills are done without, seats
//!   with a delay join, other queues help. Each such moment is an alarm of the caller's.
//! - **A ring** ends by an answer, or is *not taken*: missed, rejected, unreachable, the caller left, or, where a queue rings all its
//!   free seats, another seat was first. After its last ring the caller goes back to the old place and is offered elsewhere at once,
//!   while the seat rests; too many in a row pause the seat.
//! - **A caller who is sent on** ([`Action::SendOn`]) leaves this queue for another, or the exchange for a number outside: where to is the
//!   owner's to know, and whether there is room. Who comes back stands at the old place, and stays.
//! - **A talk** is always followed by its wrap-up, whatever the operator or the phone does meanwhile: statuses never touch work. A status
//!   may be asked for that follows the call (`next`): it waits until the work is over.
//! - **A call that no queue gave** a seat ([`Direct`]) holds it in the same way, and stands in no line.
//! - **The queue** lets a caller go by itself when it is full or nobody attends it, and after the longest wait. A seat *attends* its
//!   queues while it is logged in and its phone is there, or was a moment ago and is expected back. A ring in
//!   course is always left to end first: a caller who is about to be answered is not turned away.
//!
//! An input that fits nothing (a late answer, an unknown seat) changes nothing.

mod audit;
mod callers;
mod direct;
mod distribution;
mod estimating;
mod expected_wait;
mod live_skills;
mod matching;
mod pauses;
mod people;
mod place;
mod queue;
mod rank;
mod reload;
mod restored;
mod returning;
mod ringing_all;
mod rules;
mod seat;
mod sending_on;
mod serves;
mod skills;
mod state;
mod status;
mod supervised;
mod timers;
mod watch;
mod wrap_up;

#[cfg(test)]
mod tests;

pub use direct::{Direct, DirectRules, Turn};
pub use distribution::Distribution;
pub use expected_wait::ExpectedWait;
pub use live_skills::{Knower, Levels, LiveSkills};
pub use pauses::{PauseRule, Pauses};
pub use people::{People, Person, SignInFault};
pub use restored::{LastCall, Lasted, Restored, WrapUpLeft};
pub use returning::{CutOff, LONGEST_KEPT, Returning};
pub use rules::{Entering, Overflow, Pressure, QueueRules, SeatRules, Serving, Strategy, TaskRules};
pub use skills::{Needs, Skills};
pub use state::{QueueState, SeatState, WaitingState};
pub use supervised::{Supervised, SupervisedFault, Wait};
pub use wrap_up::{AfterTalk, WrapUpAct};

use std::time::Duration;

use crate::ids::{CallId, OperatorId, QueueId, SeatId};
use crate::words::{NotTaken, QueueExit, SeatView, StatusChange};

/// What happens to seats and callers.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The seat's phone is registered.
    Reachable(SeatId),
    /// The seat's phone is gone.
    Unreachable(SeatId),
    /// The operator's own doing, by command or feature code.
    Status(SeatId, StatusChange),
    /// This person logs in at the seat.
    SignIn(SeatId, OperatorId),
    /// The seat as it was before a restart; first of all that is told of it.
    Restored(SeatId, Restored),
    /// A caller asks for a place. Answered by `Placed` or `Left` at once.
    Enter(Entering),
    /// A waiting (or ringing-for) caller hung up, or pressed a key that leads out of the queue.
    Leave(CallId),
    /// The rung seat took the call.
    Answered(SeatId, CallId),
    /// The rung seat refused (603, ...).
    Rejected(SeatId, CallId),
    /// The rung seat's phone is busy (486, 600): a refusal with a rest of its own.
    Busy(SeatId, CallId),
    /// The rung seat could not be reached (408 from the transport, 480, 503, no binding).
    Failed(SeatId, CallId),
    /// The seat could not be rung through a fault of ours (no port, no room): it rests, and nothing is held against it.
    Blocked(SeatId, CallId),
    /// The talk is over, whoever hung up.
    TalkEnded(SeatId, CallId),
    /// A call that no queue gives this seat: ring it, or the operator has dialled; and what a talk has come to.
    Direct(SeatId, CallId, Direct),
    /// How long somebody who enters this queue now will wait, if that is known: for overflow.
    Expected(QueueId, Option<Duration>),
    /// This caller has been sent on, and is so no more.
    Stays(CallId),
    /// A supervisor's wish about a caller who waits; nothing, when it cannot be done ([`Distribution::supervised_fault`]).
    Supervised(CallId, Supervised),
    /// The operator ends the wrap-up early; one that owes an outcome goes on.
    WrapUpDone(SeatId),
    /// Something else about a wrap-up.
    WrapUp(SeatId, WrapUpAct),
    /// Queues and seats are to be these from now on; whoever waits, talks or wraps up goes on.
    Rules(Vec<QueueRules>, Vec<SeatRules>),
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
    /// The caller, who waits, may be sent on by this of the queue's rules. Waits on if nothing comes of it.
    SendOn {
        /// The call.
        call: CallId,
        /// Its queue.
        queue: QueueId,
        /// Number of the rule in `sends_on`.
        rule: usize,
    },
    /// Tell the caller the place now.
    Announce {
        /// The call.
        call: CallId,
        /// 1 is the next to be served.
        position: usize,
    },
    /// Ring this seat for this caller. Ends either by the input `Answered` or by exactly one `NotTaken`. Where
    /// the queue rings all, several seats may ring for one caller.
    Ring {
        /// The seat.
        seat: SeatId,
        /// The caller.
        call: CallId,
        /// The queue that the caller waits in.
        queue: QueueId,
    },
    /// Ring this seat for a call that no queue gave it. Ends as a ring for a queue does.
    RingDirect {
        /// The seat.
        seat: SeatId,
        /// Who wants it.
        call: CallId,
    },
    /// The seat cannot be had for a call that no queue gave it: it has another, or nobody takes calls there now.
    Engaged {
        /// The seat.
        seat: SeatId,
        /// Who wanted it.
        call: CallId,
    },
    /// Stop ringing the seat; a leg that was answered too late is hung up.
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
        /// `Full`, `NoSeats`, `Timeout`; `Error` when there is no such queue.
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
