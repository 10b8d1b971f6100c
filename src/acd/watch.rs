//! A second opinion: follows inputs and actions from outside and compares them with the rules.
//!
//! It shares no index and no state machine with the distribution, only the words of the contract. What it knows of a caller
//! comes from `Enter`, `Placed` and `Left`; of a seat, from `SeatChanged`. The first broken rule is kept. Slow by intention (it
//! searches everything): for tests and the simulator.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::place::Place;
use super::seat::{REST_AFTER_FAILURE, SHORTEST_REST};
use super::{Action, Entering, Input, QueueRules, SeatRules};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::{NotTaken, QueueExit, SeatView, Status, WorkView};

/// One caller in a queue.
#[derive(Clone, Debug)]
struct Waiting {
    queue: QueueId,
    place: Place,
    deadline: Mono,
    rung_by: Option<SeatId>,
}

/// One seat, as its changes tell.
#[derive(Clone, Debug)]
struct Watched {
    queues: BTreeSet<QueueId>,
    view: SeatView,
    /// Since when the work is what it is; a ring whose caller left does not count.
    idle_since: Mono,
    work_since: Mono,
    available_since: Mono,
    /// Rules of the queue of the last ring, as they were then: they hold for ring, rest and wrap-up.
    served: Option<QueueRules>,
    /// The last ring ended because the caller left.
    let_go: bool,
    /// The operator ended the wrap-up in this step.
    wrap_up_done: bool,
    /// What a restart left of a wrap-up, until it is over.
    wrap_up_left: Option<Duration>,
}

/// The observer.
#[derive(Debug, Default)]
pub(super) struct Watch {
    rules: BTreeMap<QueueId, QueueRules>,
    seats: BTreeMap<SeatId, Watched>,
    waiting: BTreeMap<CallId, Waiting>,
    entering: Option<Entering>,
    now: Mono,
    turn: u64,
    broken: Option<String>,
}

impl Watch {
    pub(super) fn new<'a>(
        rules: impl Iterator<Item = &'a QueueRules>,
        seats: impl Iterator<Item = (SeatId, BTreeSet<QueueId>)>,
    ) -> Watch {
        Watch {
            rules: rules.map(|rules| (rules.id.clone(), rules.clone())).collect(),
            seats: seats.map(|(id, queues)| (id, Watched::new(queues))).collect(),
            ..Watch::default()
        }
    }

    pub(super) fn on_input(&mut self, now: Mono, input: &Input) {
        self.now = now;
        for seat in self.seats.values_mut() {
            seat.wrap_up_done = false;
        }
        match input {
            Input::Enter(entering) => self.entering = Some(entering.clone()),
            Input::Leave(call) => {
                self.waiting.remove(call);
            }
            Input::Answered(seat, call) => {
                let answered = self.waiting.remove(call);
                // Too late, or not the seat that rings: the caller waits on.
                if let Some(caller) = answered.filter(|caller| caller.rung_by.as_ref() != Some(seat)) {
                    self.waiting.insert(*call, caller);
                }
            }
            Input::Restored(seat, before) => {
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.wrap_up_left = Some(before.wrap_up_left);
                }
            }
            Input::WrapUpDone(seat) => {
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.wrap_up_done = true;
                }
            }
            Input::Rules(queues, seats) => self.on_rules(queues, seats),
            _ => {}
        }
    }

    /// A queue that is gone keeps its rules: a seat may ring for it still. A seat that is gone serves none.
    fn on_rules(&mut self, queues: &[QueueRules], seats: &[SeatRules]) {
        self.rules.extend(queues.iter().map(|rules| (rules.id.clone(), rules.clone())));
        self.seats.values_mut().for_each(|seat| seat.queues.clear());
        for rules in seats {
            let seat = self.seats.entry(rules.id.clone()).or_insert_with(|| Watched::new(BTreeSet::new()));
            seat.queues = rules.queues.iter().cloned().collect();
        }
    }

    pub(super) fn on_action(&mut self, action: &Action) {
        match action {
            Action::Placed { call, queue, .. } => self.on_placed(*call, queue),
            Action::Announce { call, .. } => self.on_announce(*call),
            Action::Ring { seat, call, queue } => self.on_ring(seat, *call, queue),
            Action::StopRinging { .. } => {}
            Action::NotTaken { seat, call, why } => self.on_not_taken(seat, *call, *why),
            Action::Left { call, exit, .. } => self.on_left(*call, *exit),
            Action::SeatChanged { seat, now } => self.on_seat_changed(seat, now),
        }
    }

    /// The first rule found broken.
    pub(super) fn verdict(&self) -> Result<(), String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        self.check_waiting()?;
        self.seats.iter().try_for_each(|(id, seat)| self.check_time(id, seat))
    }

    fn broken(&mut self, what: &str) {
        let now = self.now;
        self.broken.get_or_insert_with(|| format!("at {now:?}: {what}"));
    }

    fn on_placed(&mut self, call: CallId, queue: &QueueId) {
        let Some(entering) = self.entering.take().filter(|entering| entering.call == call) else {
            return self.broken(&format!("{call} was placed without asking"));
        };
        let longest = self.rules.get(queue).map_or(Duration::ZERO, |rules| rules.max_wait);
        let deadline = self.now + entering.max_wait.unwrap_or(longest).min(longest);
        self.turn += 1;
        let place = Place::of(self.now, entering.priority, self.turn);
        self.waiting.insert(call, Waiting { queue: queue.clone(), place, deadline, rung_by: None });
    }

    fn on_announce(&mut self, call: CallId) {
        match self.waiting.get(&call) {
            Some(caller) if caller.rung_by.is_none() => {}
            other => self.broken(&format!("{call} was told its place, but it is {other:?}")),
        }
    }

    /// The right seat for the right caller, and both were free for it.
    fn on_ring(&mut self, id: &SeatId, call: CallId, queue: &QueueId) {
        let (Some(seat), Some(caller)) = (self.seats.get(id), self.waiting.get(&call)) else {
            return self.broken(&format!("{id} was rung for {call}; one of them is unknown"));
        };
        let (place, since) = (caller.place, seat.free_since());
        if let Some(other) = &caller.rung_by {
            return self.broken(&format!("{id} was rung for {call}, for whom {other} rings"));
        }
        if since.is_none() || !seat.queues.contains(queue) || caller.queue != *queue {
            return self.broken(&format!("{id} was rung for {call} of {queue}, but it is {:?}", seat.view));
        }
        let before = self.waiting.iter().find(|(_, other)| {
            other.rung_by.is_none() && seat.queues.contains(&other.queue) && other.place < place
        });
        if let Some((other, _)) = before {
            return self.broken(&format!("{id} was rung for {call}, but {other} comes before"));
        }
        let mut serving = self.seats.iter().filter(|(_, other)| other.queues.contains(queue));
        if let Some((other, _)) =
            serving.find(|(_, other)| other.free_since().is_some_and(|s| Some(s) < since))
        {
            return self.broken(&format!("{id} was rung for {call}, but {other} is free for longer"));
        }
        if let Some(caller) = self.waiting.get_mut(&call) {
            caller.rung_by = Some(id.clone());
        }
        if let Some(seat) = self.seats.get_mut(id) {
            (seat.served, seat.let_go) = (self.rules.get(queue).cloned(), false);
        }
    }

    fn on_not_taken(&mut self, id: &SeatId, call: CallId, why: NotTaken) {
        if let Some(seat) = self.seats.get_mut(id) {
            seat.let_go = why == NotTaken::CallerLeft;
        }
        match self.waiting.get_mut(&call) {
            Some(caller) if caller.rung_by.as_ref() == Some(id) => caller.rung_by = None,
            None if why == NotTaken::CallerLeft => {}
            _ => self.broken(&format!("{id} did not take {call}, which it was not rung for")),
        }
    }

    fn on_left(&mut self, call: CallId, exit: QueueExit) {
        let turned_away = self.entering.take().is_some_and(|entering| entering.call == call);
        match self.waiting.remove(&call) {
            None if turned_away => {}
            Some(Waiting { rung_by: None, deadline, .. })
                if exit != QueueExit::Timeout || deadline <= self.now => {}
            other => self.broken(&format!("{call} left by {exit:?}, but it was {other:?}")),
        }
    }

    /// Wrap-up follows every talk and lasts as long as it should.
    fn on_seat_changed(&mut self, id: &SeatId, view: &SeatView) {
        let now = self.now;
        let Some(seat) = self.seats.get_mut(id) else { return };
        let wrap_up = seat.wrap_up();
        let (was, is) = (seat.view.work, view.work);
        let skipped = was == WorkView::Talking && is != WorkView::Talking && is != WorkView::WrapUp;
        let short = was == WorkView::WrapUp
            && is != WorkView::WrapUp
            && now.since(seat.work_since) < wrap_up
            && !seat.wrap_up_done;
        if was != is {
            seat.work_since = now;
            if is == WorkView::Idle && !seat.let_go {
                seat.idle_since = now;
            }
            seat.let_go = false;
            seat.wrap_up_left.take_if(|_| is != WorkView::WrapUp);
        }
        if !is_available(&seat.view) && is_available(view) {
            seat.available_since = now;
        }
        seat.view = view.clone();
        if (skipped && !wrap_up.is_zero()) || short {
            self.broken(&format!("{id} went from {was:?} to {is:?} without its wrap-up of {wrap_up:?}"));
        }
    }

    /// Nobody waits beyond the limit, unless rung for at this moment.
    fn check_waiting(&self) -> Result<(), String> {
        let mut unserved = self.waiting.iter().filter(|(_, caller)| caller.rung_by.is_none());
        match unserved.find(|(_, caller)| caller.deadline <= self.now) {
            Some((call, caller)) => Err(format!("{call} waits at {:?}: {caller:?}", self.now)),
            None => Ok(()),
        }
    }

    /// No seat rings, rests or wraps up for longer than the rules say.
    fn check_time(&self, id: &SeatId, seat: &Watched) -> Result<(), String> {
        let of_served = |pick: fn(&QueueRules) -> Duration| seat.served.as_ref().map_or(Duration::ZERO, pick);
        let limit = match seat.view.work {
            WorkView::Idle | WorkView::Talking => return Ok(()),
            WorkView::Ringing => of_served(|rules| rules.ring_for),
            WorkView::WrapUp => seat.wrap_up(),
            WorkView::Resting => {
                of_served(|rules| rules.reject_delay).max(REST_AFTER_FAILURE).max(SHORTEST_REST)
            }
        };
        if self.now.since(seat.work_since) < limit {
            return Ok(());
        }
        Err(format!("{id} is {:?} since {:?} at {:?}", seat.view.work, seat.work_since, self.now))
    }
}

impl Watched {
    fn new(queues: BTreeSet<QueueId>) -> Watched {
        let view = SeatView { reachable: false, status: Status::LoggedOut, work: WorkView::Idle, call: None };
        Watched {
            queues,
            view,
            idle_since: Mono::ZERO,
            work_since: Mono::ZERO,
            available_since: Mono::ZERO,
            served: None,
            let_go: false,
            wrap_up_done: false,
            wrap_up_left: None,
        }
    }

    fn wrap_up(&self) -> Duration {
        let served = self.served.as_ref().map_or(Duration::ZERO, |rules| rules.wrap_up);
        self.wrap_up_left.unwrap_or(served)
    }

    fn free_since(&self) -> Option<Mono> {
        let free = is_available(&self.view) && self.view.work == WorkView::Idle;
        free.then(|| self.idle_since.max(self.available_since))
    }
}

/// Ready, and its phone is there.
fn is_available(view: &SeatView) -> bool {
    view.reachable && view.status == Status::Ready
}
