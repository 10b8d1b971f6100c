//! Supervisors and those who wait: who waits where and for how long, and a wait that is changed by command: into another queue, further
//! on, to one seat. Each change is on record with who asked and what for. A queue is closed by a switch ([`switching`](super)), whose
//! message those who wait and those who come hear before their flow goes on by `closed`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::acd::{self, Supervised, SupervisedFault};
use crate::ids::{CallId, EntityId, QueueId, SeatId, SkillId};
use crate::journal::entry::{Fact, WaitChange};
use crate::journal::tools::mask;
use crate::letters::{LONGEST_REASON, is_line};
use crate::switches::{Closing, Scope};
use crate::time::Now;
use crate::words::QueueExit;

use super::command::seat_state;
use super::{ClosingState, Engine, Reply, SeatState, TaskState};

/// Minutes by which somebody may be advanced or put back at once: a working day.
const MOST_MINUTES: i32 = 480;

/// What a supervisor wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingOrder {
    /// To see a queue; answered by [`Reply::Queue`].
    Show(QueueId),
    /// Something of one who waits.
    Change {
        /// Who waits.
        call: CallId,
        /// What.
        act: WaitingAct,
        /// Who asks: a name that people know.
        by: Option<String>,
        /// What for.
        why: Option<String>,
    },
}

/// What is wanted of one who waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingAct {
    /// In this queue, with the waiting time.
    Move(QueueId),
    /// So many minutes further on, or back.
    Advance(i32),
    /// To this seat, by name or extension.
    Take(String),
}

/// A queue, and who waits in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueuePage {
    /// Its id.
    pub id: QueueId,
    /// Its name.
    pub name: String,
    /// Its hours let callers in now.
    pub open: bool,
    /// What closes it beside its hours.
    pub closings: Vec<ClosingState>,
    /// What somebody who comes now will wait, in seconds: hardly less, as likely more as less, hardly more. `None`: not known.
    pub expected_s: Option<[u64; 3]>,
    /// The next to be served first.
    pub waiting: Vec<WaitState>,
    /// What waits for its operators and is no call, the longest due first.
    #[serde(default)]
    pub tasks: Vec<TaskState>,
    /// The seats that serve it.
    pub seats: Vec<SeatState>,
}

/// One who waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WaitState {
    /// The call, also the contact.
    pub call: CallId,
    /// Number as received, masked.
    pub from: String,
    /// The body answered for.
    pub entity: EntityId,
    /// 1 is the next to be served.
    pub position: usize,
    /// What counts as waited, in seconds.
    pub waited_s: f64,
    /// Minutes of priority and of the queue.
    pub minutes: i64,
    /// What is still needed of a seat, with levels.
    pub needs: BTreeMap<SkillId, u8>,
    /// The only seat that may serve it for now.
    pub prefers: Option<SeatId>,
    /// What is still to be waited, as likely more as less, in seconds; `None`: not known, or a seat rings.
    pub expected_s: Option<u64>,
    /// The seats that ring for it.
    pub ringing: Vec<SeatId>,
}

/// Why it was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
enum WaitingError {
    #[error("there is no queue `{0}`; `queue list` shows them")]
    NoQueue(QueueId),
    #[error("there is no seat `{0}`; seats.toml has the list, with the extensions")]
    NoSeat(String),
    #[error("call {0} waits in no queue; `queue show` tells who does")]
    NotWaiting(CallId),
    #[error("{0} rings for this call already; wait until that is over")]
    Rings(SeatId),
    #[error("the call waits in queue {0} already")]
    SameQueue(QueueId),
    #[error("queue {0} is closed; `queue show {0}` tells by what")]
    Closed(QueueId),
    #[error("queue {0} is full")]
    Full(QueueId),
    #[error("nobody attends queue {0}; `seat list` shows who is there")]
    Unattended(QueueId),
    #[error("{0} has a call, rests, owes an outcome, or nobody is there; `seat list` shows who is free")]
    SeatNotFree(SeatId),
    #[error("a wait is advanced by 1 to {MOST_MINUTES} minutes, or put back by as many")]
    BadMinutes,
    #[error("a reason or a name is at most {LONGEST_REASON} letters on one line")]
    LongWords,
}

impl Engine {
    pub(super) fn order_waiting(&mut self, now: Now, order: WaitingOrder) -> Reply {
        let done = match order {
            WaitingOrder::Show(queue) => self.queue_page(now, queue).map(|page| Reply::Queue(Box::new(page))),
            WaitingOrder::Change { call, act, by, why } => {
                let by = by.as_deref().unwrap_or("command");
                self.change_wait(now, call, act, by, why).map(|()| Reply::Done)
            }
        };
        done.unwrap_or_else(|error| Reply::Refused(error.to_string()))
    }

    fn change_wait(
        &mut self,
        now: Now,
        call: CallId,
        act: WaitingAct,
        by: &str,
        why: Option<String>,
    ) -> Result<(), WaitingError> {
        if [by].into_iter().chain(why.as_deref()).any(|text| !is_line(text, LONGEST_REASON)) {
            return Err(WaitingError::LongWords);
        }
        let from = self.calls.get(&call).and_then(|call| call.waits_in().cloned());
        let from = from.ok_or(WaitingError::NotWaiting(call))?;
        let (wanted, how) = self.wanted(now, call, from, act)?;
        if let Some(fault) = self.acd.supervised_fault(now.mono, call, &wanted) {
            return Err(error_of(fault, call, &wanted));
        }
        self.append(now, Fact::WaitChanged { contact: call.into(), how, by: by.to_owned(), why });
        if let Supervised::Move(queue) = &wanted
            && let Some(enqueue) = self.calls.get_mut(&call).and_then(|call| call.enqueue.as_mut())
        {
            enqueue.queue = queue.clone();
        }
        self.ask_distribution(now, acd::Input::Supervised(call, wanted), by);
        Ok(())
    }

    /// The act in the words of the distribution and of the journal.
    fn wanted(
        &self,
        now: Now,
        call: CallId,
        from: QueueId,
        act: WaitingAct,
    ) -> Result<(Supervised, WaitChange), WaitingError> {
        match act {
            WaitingAct::Move(to) => {
                self.may_receive(now, call, &to)?;
                Ok((Supervised::Move(to.clone()), WaitChange::Moved { from, to }))
            }
            WaitingAct::Advance(minutes)
                if minutes == 0 || !(-MOST_MINUTES..=MOST_MINUTES).contains(&minutes) =>
            {
                Err(WaitingError::BadMinutes)
            }
            WaitingAct::Advance(minutes) => {
                Ok((Supervised::Advance(minutes), WaitChange::Advanced { minutes }))
            }
            WaitingAct::Take(name) => {
                let seat = self.config.seat_named(&name).cloned().ok_or(WaitingError::NoSeat(name))?;
                Ok((Supervised::Take(seat.clone()), WaitChange::Taken { seat }))
            }
        }
    }

    /// The queue is there and open, for this call's Ente too.
    fn may_receive(&self, now: Now, call: CallId, to: &QueueId) -> Result<(), WaitingError> {
        let queue = self.config.queues.get(to).ok_or_else(|| WaitingError::NoQueue(to.clone()))?;
        let entity = self.calls.get(&call).map(|call| &call.entity);
        let closed = entity.is_some_and(|entity| self.switches.close_queue(to, entity, now.wall_ms()));
        if closed || !queue.is_open(&self.calendars, now.wall) {
            return Err(WaitingError::Closed(to.clone()));
        }
        Ok(())
    }

    /// What closes a queue, now or later, beside its hours.
    pub(super) fn closings_of(&self, id: &QueueId) -> impl Iterator<Item = &Closing> {
        let entity = self.config.queues.get(id).and_then(|queue| queue.entity.as_ref());
        self.switches.closings.iter().filter(move |closing| match &closing.scope {
            Scope::Everything => true,
            Scope::Queue(closed) => closed == id,
            Scope::Entity(closed) => entity == Some(closed),
        })
    }

    fn queue_page(&mut self, now: Now, id: QueueId) -> Result<QueuePage, WaitingError> {
        self.expire_switches(now);
        self.expect(now, &id);
        let queue = self.config.queues.get(&id).ok_or_else(|| WaitingError::NoQueue(id.clone()))?;
        let waits = self.acd.foresee(now.mono, &id);
        let closings = self.closings_of(&id);
        let expected = self.acd.expected_wait(now.mono, &id);
        let line =
            self.acd.queues().find(|state| state.id == id).map_or_else(Vec::new, |state| state.waiting);
        let state = |waiting: acd::WaitingState| {
            let (call, wait) = (self.calls.get(&waiting.call)?, self.acd.wait_of(now.mono, waiting.call)?);
            Some(WaitState {
                call: waiting.call,
                from: mask(&call.from),
                entity: call.entity.clone(),
                position: wait.position,
                waited_s: wait.waited.as_secs_f64(),
                minutes: wait.minutes,
                needs: wait.needs.iter().map(|(skill, level)| (skill.clone(), level)).collect(),
                prefers: wait.prefers,
                expected_s: waits.get(&waiting.call).map(std::time::Duration::as_secs),
                ringing: waiting.ringing,
            })
        };
        let seats = self.acd.seats_serving(&id).filter_map(|seat| self.acd.seat_state(seat));
        Ok(QueuePage {
            name: queue.name.clone(),
            open: queue.is_open(&self.calendars, now.wall),
            closings: closings.map(ClosingState::from).collect(),
            expected_s: expected.map(|wait| [wait.low, wait.middle, wait.high].map(|wait| wait.as_secs())),
            waiting: line.into_iter().filter_map(state).collect(),
            tasks: self.tasks_of(now, &id),
            seats: seats.map(|seat| seat_state(now, seat)).collect(),
            id,
        })
    }
}

fn error_of(fault: SupervisedFault, call: CallId, wanted: &Supervised) -> WaitingError {
    match (fault, wanted) {
        (SupervisedFault::Rings(seat), _) => WaitingError::Rings(seat),
        (SupervisedFault::SameQueue, Supervised::Move(queue)) => WaitingError::SameQueue(queue.clone()),
        (SupervisedFault::TurnedAway(QueueExit::Full), Supervised::Move(queue)) => {
            WaitingError::Full(queue.clone())
        }
        (SupervisedFault::TurnedAway(QueueExit::NoSeats), Supervised::Move(queue)) => {
            WaitingError::Unattended(queue.clone())
        }
        (SupervisedFault::TurnedAway(_), Supervised::Move(queue)) => WaitingError::NoQueue(queue.clone()),
        (SupervisedFault::SeatNotFree, Supervised::Take(seat)) => WaitingError::SeatNotFree(seat.clone()),
        _ => WaitingError::NotWaiting(call),
    }
}
