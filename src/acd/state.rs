//! The distribution as others see it: pages of state, and the promises it keeps after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::callers::{Caller, Stage};
use super::distribution::Distribution;
use super::queue::Queue;
use super::seat::{Event, Seat};
use super::status;
use super::wrap_up::WrapUpAct;
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::{SeatView, StatusChange, WorkView};

/// One who waits, as seen by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingState {
    /// The call.
    pub call: CallId,
    /// When it entered the queue.
    pub entered: Mono,
    /// The seats that ring for it.
    pub ringing: Vec<SeatId>,
}

/// A queue, as seen by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueState {
    /// Its name.
    pub id: QueueId,
    /// In the order in which they will be served.
    pub waiting: Vec<WaitingState>,
    /// Seats that serve it and attend it (logged in, the phone there or expected back), paused ones too.
    pub attended: usize,
    /// Seats that serve it and could be rung.
    pub free: usize,
}

/// A seat, as seen by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatState {
    /// Its name.
    pub id: SeatId,
    /// What it is doing.
    pub view: SeatView,
    /// Since when it has this status.
    pub status_since: Mono,
    /// Since when it has this work.
    pub work_since: Mono,
    /// Since when its phone is there, or is not.
    pub phone_since: Mono,
}

impl SeatState {
    fn of(id: &SeatId, seat: &Seat) -> SeatState {
        SeatState {
            id: id.clone(),
            view: seat.view(),
            status_since: seat.status_since,
            work_since: seat.work_since,
            phone_since: seat.phone_since,
        }
    }
}

impl Distribution {
    /// All queues by name.
    pub fn queues(&self) -> impl Iterator<Item = QueueState> {
        self.queues.iter().map(|(id, queue)| QueueState {
            id: id.clone(),
            waiting: queue.in_order().filter_map(|call| self.waiting_state(call)).collect(),
            attended: queue.attended,
            free: queue.ranks().len(),
        })
    }

    fn waiting_state(&self, call: CallId) -> Option<WaitingState> {
        let caller = self.callers.get(&call)?;
        let ringing = match &caller.stage {
            Stage::Ringing(rung) => rung.iter().cloned().collect(),
            Stage::Waiting | Stage::Talking(_) => Vec::new(),
        };
        Some(WaitingState { call, entered: caller.entered, ringing })
    }

    /// How many wait in a queue now, with those whom a seat rings for.
    pub fn waiting_in(&self, queue: &QueueId) -> usize {
        self.queues.get(queue).map_or(0, Queue::len)
    }

    /// Minutes of priority and of its queue that a caller was given.
    pub fn minutes_ahead(&self, call: CallId) -> i64 {
        self.callers.get(&call).map_or(0, |caller| caller.minutes)
    }

    /// All seats by name.
    pub fn seats(&self) -> impl Iterator<Item = SeatState> {
        self.seats.iter().map(|(id, seat)| SeatState::of(id, seat))
    }

    /// One seat, with since when.
    pub fn seat_state(&self, id: &SeatId) -> Option<SeatState> {
        self.seats.get(id).map(|seat| SeatState::of(id, seat))
    }

    /// One seat.
    pub fn seat(&self, id: &SeatId) -> Option<SeatView> {
        self.seats.get(id).map(Seat::view)
    }

    /// There is such a seat, and its status can become this: nobody who is logged out can pause or be ready.
    pub fn accepts(&self, id: &SeatId, change: &StatusChange) -> bool {
        self.seats.get(id).is_some_and(|seat| status::after(&seat.view().status, change.clone()).is_some())
    }

    /// The wrap-up of this seat can be extended once more.
    pub fn may_extend(&self, now: Mono, id: &SeatId) -> bool {
        let tried =
            self.seats.get(id).cloned().map(|mut seat| seat.handle(now, Event::WrapUp(WrapUpAct::Extend)));
        matches!(tried, Some(Ok(_)))
    }

    /// What is left of the time of this seat's wrap-up, and how often that was made longer.
    pub fn wrap_up_left(&self, now: Mono, id: &SeatId) -> Option<(Duration, u32)> {
        self.seats.get(id)?.lengthened(now)
    }

    /// What must hold after every step; otherwise the first promise that is broken. Slow: for tests and the simulator.
    pub fn invariants(&self, now: Mono) -> Result<(), String> {
        self.check_seats()?;
        self.check_queues(now)?;
        self.check_callers()?;
        if let Some((at, alarm)) = self.timers.iter().find(|(at, _)| *at <= now) {
            return Err(format!("{alarm:?} was due at {at:?} and is still set at {now:?}"));
        }
        self.watch.as_ref().map_or(Ok(()), |watch| watch.verdict())
    }

    /// A seat's call is this seat's, and no other seat's.
    fn check_seats(&self) -> Result<(), String> {
        let mut sitting = BTreeSet::new();
        let twice = self.seats.values().filter_map(Seat::sitting).find(|operator| !sitting.insert(*operator));
        if let Some(operator) = twice {
            return Err(format!("{operator} sits at two seats"));
        }
        for (id, seat) in &self.seats {
            let view = seat.view();
            let stage = view.call.and_then(|call| self.callers.get(&call)).map(|caller| &caller.stage);
            let agreed = match (view.work, stage) {
                (_, Some(stage)) if seat.direct().is_some() => !stage.is_held_by(id),
                (work, _) if seat.direct().is_some() => work.is_engaged() && view.call == seat.direct(),
                (WorkView::Ringing, Some(stage @ Stage::Ringing(_))) => stage.is_rung_by(id),
                (work, Some(Stage::Talking(with))) if work.is_talk() => with == id,
                (work, _) if work.is_engaged() => false,
                _ => view.call.is_none(),
            };
            if !agreed {
                return Err(format!("{id} is {view:?}, but its caller is {stage:?}"));
            }
        }
        Ok(())
    }

    /// No free seat beside a caller it may serve; the indexes are what a search of all seats finds.
    fn check_queues(&self, now: Mono) -> Result<(), String> {
        if let Some(id) = self.miscounted() {
            let queue = self.queues.get(id).map(|queue| (queue.ranks(), queue.attended));
            return Err(format!("queue {id} knows wrongly who is free and how many attend it: {queue:?}"));
        }
        if let Some((seat, call)) = self.idle(now) {
            return Err(format!("{call} waits at {now:?} although {seat} is free"));
        }
        let forsaken = |queue: &Queue| queue.attended == 0 && queue.waiting().next().is_some();
        match self.queues.iter().find(|(_, queue)| forsaken(queue)) {
            Some((id, _)) => Err(format!("queue {id}: somebody waits and nobody attends it")),
            None => Ok(()),
        }
    }

    /// Every caller stands in one queue, and where the stage says.
    fn check_callers(&self) -> Result<(), String> {
        // In how many queues, and whether as one who waits.
        let mut places: BTreeMap<CallId, (usize, bool)> = BTreeMap::new();
        for queue in self.queues.values() {
            queue.in_order().for_each(|call| places.entry(call).or_default().0 += 1);
            queue.waiting().for_each(|(_, call)| places.entry(call).or_default().1 = true);
        }
        for (call, caller) in &self.callers {
            let place = places.remove(call).unwrap_or_default();
            let right = match caller.stage {
                Stage::Waiting => place == (1, true),
                Stage::Ringing(_) => place == (1, false) && self.holds(call, caller),
                Stage::Talking(_) => place == (0, false) && self.holds(call, caller),
            };
            if !right {
                return Err(format!("{call} is {:?}, but stands in {} queues", caller.stage, place.0));
            }
        }
        match places.first_key_value() {
            Some((call, _)) => Err(format!("{call} has a place in line and is nobody's call")),
            None => Ok(()),
        }
    }

    fn holds(&self, call: &CallId, caller: &Caller) -> bool {
        let holds = |seat| self.seats.get(seat).is_some_and(|seat: &Seat| seat.view().call == Some(*call));
        match &caller.stage {
            Stage::Waiting => false,
            Stage::Ringing(rung) => !rung.is_empty() && rung.iter().all(holds),
            Stage::Talking(seat) => holds(seat),
        }
    }
}
