//! A second opinion: follows inputs and actions from outside and compares them with the rules.
//!
//! It shares no index and no state machine with the distribution, only the words of the contract. What it knows of a caller
//! comes from `Enter`, `Placed` and `Left`; of a seat, from `SeatChanged`. The first broken rule is kept. Slow by intention (it
//! searches everything): for tests and the simulator.

mod direct;
mod eligible;
mod supervised;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use super::place::Place;
use super::seat::{REST_AFTER_FAILURE, SHORTEST_REST};
use super::{Action, AfterTalk, Direct, Entering, Input, QueueRules, SeatRules, WrapUpAct};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::{NotTaken, QueueExit, SeatView, Status, WorkView};

/// One caller in a queue.
#[derive(Clone, Debug)]
struct Waiting {
    queue: QueueId,
    place: Place,
    entered: Mono,
    asked: Entering,
    deadline: Mono,
    rung_by: BTreeSet<SeatId>,
}

/// One seat, as its changes tell.
#[derive(Clone, Debug)]
struct Watched {
    own: SeatRules,
    /// With the operator who sits there.
    rules: SeatRules,
    view: SeatView,
    /// Its number in the list of seats.
    order: usize,
    /// Number of the ring in course.
    ring: u64,
    /// Number of the last ring that ended otherwise than by the caller's leaving.
    last_ring: u64,
    /// Since log-in.
    calls: u64,
    talked: Duration,
    /// Since when the work is what it is; a ring whose caller left does not count.
    idle_since: Mono,
    work_since: Mono,
    available_since: Mono,
    /// What the last call asked of it, by the rules as they were then.
    served: Served,
    /// The call that it has and no queue gave it.
    direct: Option<CallId>,
    /// The last ring ended because the caller left.
    let_go: bool,
    /// The operator ended the wrap-up in this step.
    wrap_up_done: bool,
    /// What a restart left of a wrap-up, until it is over.
    wrap_up_left: Option<Duration>,
    /// What the operator has added to the wrap-up in course, and how often.
    extended: (Duration, u32),
    /// The last call whose outcome was coded here.
    coded: Option<CallId>,
    /// A supervisor ended the wrap-up in this step.
    released: bool,
    /// The call of the last talk.
    last_call: Option<CallId>,
    /// Calls and talk of before a restart, in this step.
    restored: Option<(u64, Duration)>,
}

/// What a call asks of the seat that has it.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    ring_for: Duration,
    rest: Duration,
    wrap_up: Duration,
    /// What was left of the wrap-up that it broke into.
    owed: Duration,
    after_talk: AfterTalk,
}

impl From<&QueueRules> for Served {
    fn from(rules: &QueueRules) -> Served {
        let QueueRules { ring_for, wrap_up, after_talk, .. } = *rules;
        let (rest, owed) = (rules.reject_delay.max(rules.busy_delay), Duration::ZERO);
        Served { ring_for, rest, wrap_up, after_talk, owed }
    }
}

/// The observer.
#[derive(Debug, Default)]
pub(super) struct Watch {
    rules: BTreeMap<QueueId, QueueRules>,
    seats: BTreeMap<SeatId, Watched>,
    waiting: BTreeMap<CallId, Waiting>,
    entering: Option<Entering>,
    wanted: Option<(SeatId, CallId, Direct)>,
    /// A supervisor wants this seat to have this caller, in this step.
    taken: Option<(SeatId, CallId)>,
    now: Mono,
    turn: u64,
    rings: u64,
    expected: BTreeMap<QueueId, Duration>,
    /// Queues that a reload has removed.
    gone: BTreeSet<QueueId>,
    broken: Option<String>,
}

impl Watch {
    pub(super) fn new<'a>(
        rules: impl Iterator<Item = &'a QueueRules>,
        seats: impl Iterator<Item = (usize, &'a SeatRules)>,
    ) -> Watch {
        Watch {
            rules: rules.map(|rules| (rules.id.clone(), rules.clone())).collect(),
            seats: seats
                .map(|(order, rules)| (rules.id.clone(), Watched::new(order, rules.clone())))
                .collect(),
            ..Watch::default()
        }
    }

    pub(super) fn on_time(&mut self, now: Mono) {
        self.now = now;
    }

    pub(super) fn on_input(&mut self, input: &Input) {
        for seat in self.seats.values_mut() {
            (seat.wrap_up_done, seat.released) = (false, false);
            seat.restored = None; // nobody sits there: whoever logs in later begins at nought
        }
        self.taken = None;
        match input {
            Input::Direct(seat, call, wanted) => self.on_wanted(seat, *call, *wanted),
            Input::Supervised(call, wanted) => self.on_supervised(*call, wanted),
            Input::Stays(call) => _ = self.waiting.get_mut(call).map(|caller| caller.asked.stays = true),
            Input::Enter(entering) => self.entering = Some(entering.clone()),
            Input::Leave(call) => {
                self.waiting.remove(call);
            }
            Input::Answered(seat, call) => {
                let answered = self.waiting.remove(call);
                // Too late, or not the seat that rings: the caller waits on.
                if let Some(caller) = answered.filter(|caller| !caller.rung_by.contains(seat)) {
                    self.waiting.insert(*call, caller);
                }
            }
            Input::Restored(seat, before) => {
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.wrap_up_left = Some(before.wrap_up.map_or(Duration::ZERO, |left| left.time));
                    seat.last_call = before.wrap_up.map(|left| left.call);
                    seat.extended = (Duration::ZERO, before.wrap_up.map_or(0, |left| left.extensions));
                    seat.served.after_talk = before.wrap_up.map(|left| left.rules).unwrap_or_default();
                    let counts = (before.calls, before.talked);
                    seat.restored = Some(counts).filter(|_| before.status != Status::LoggedOut);
                }
            }
            // Of a queue that a reload has removed nothing is known when it comes again.
            Input::Expected(queue, wait) if !self.gone.contains(queue) => {
                self.expected.remove(queue);
                self.expected.extend(wait.map(|wait| (queue.clone(), wait)));
            }
            Input::WrapUpDone(seat) => {
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.wrap_up_done = true;
                }
            }
            Input::WrapUp(seat, act) => {
                if let Some(seat) = self.seats.get_mut(seat) {
                    seat.on_wrap_up(self.now, *act);
                }
            }
            Input::Rules(queues, seats) => self.on_rules(queues, seats),
            _ => {}
        }
    }

    /// A queue that is gone keeps its rules, since a seat may ring for it still, but nobody helps it. A seat that is gone serves
    /// none, and is forgotten unless it has a call.
    fn on_rules(&mut self, queues: &[QueueRules], seats: &[SeatRules]) {
        let offset =
            |rules: &BTreeMap<QueueId, QueueRules>, id| rules.get(id).map_or(0, |rules| rules.offset);
        let before = self.rules.clone();
        self.rules.values_mut().for_each(|rules| {
            rules.overflow.clear();
            rules.sends_on.clear();
        });
        self.rules.extend(queues.iter().map(|rules| (rules.id.clone(), rules.clone())));
        let is_gone = |id: &&QueueId| !queues.iter().any(|rules| rules.id == **id);
        self.gone = self.rules.keys().filter(is_gone).cloned().collect();
        self.expected.retain(|id, _| queues.iter().any(|rules| rules.id == *id));
        self.seats.retain(|id, seat| seat.view.call.is_some() || seats.iter().any(|rules| rules.id == *id));
        for seat in self.seats.values_mut() {
            seat.own.queues.clear();
            seat.own.people = Arc::default();
            seat.rules = seat.own.clone();
        }
        for (order, rules) in seats.iter().enumerate() {
            let new = || Watched::new(order, rules.clone());
            let seat = self.seats.entry(rules.id.clone()).or_insert_with(new);
            (seat.order, seat.own) = (order, rules.clone());
            seat.rules = rules.held_by(seat.view.operator.as_ref());
        }
        for caller in self.waiting.values_mut() {
            let more = offset(&self.rules, &caller.queue) - offset(&before, &caller.queue);
            caller.place = caller.place.advanced(more);
        }
        let asked = |caller: &Waiting| self.without_absent(caller.asked.clone());
        let asked: Vec<_> = self.waiting.iter().map(|(call, caller)| (*call, asked(caller))).collect();
        for (call, asked) in asked {
            self.waiting.entry(call).and_modify(|caller| caller.asked = asked);
        }
    }

    pub(super) fn on_action(&mut self, action: &Action) {
        match action {
            Action::Placed { call, queue, .. } => self.on_placed(*call, queue),
            Action::SendOn { call, queue, rule } => self.on_send_on(*call, queue, *rule),
            Action::Announce { call, .. } => self.on_announce(*call),
            Action::Ring { seat, call, queue } => self.on_ring(seat, *call, queue),
            Action::RingDirect { seat, call } => self.on_ring_direct(seat, *call),
            Action::Engaged { seat, call } => self.on_engaged(seat, *call),
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
        self.check_served()?;
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
        let Some(rules) = self.rules.get(queue) else {
            return self.broken(&format!("{call} was placed in {queue}, which is not there"));
        };
        let deadline = self.now + entering.max_wait.unwrap_or(rules.max_wait).min(rules.max_wait);
        self.turn += 1;
        let minutes = i64::from(entering.priority) + i64::from(rules.offset);
        let place = Place::of(self.now, entering.waited, minutes, self.turn);
        let asked = self.without_absent(entering);
        let (queue, entered) = (queue.clone(), self.now);
        self.waiting
            .insert(call, Waiting { queue, place, entered, asked, deadline, rung_by: BTreeSet::new() });
    }

    fn on_announce(&mut self, call: CallId) {
        match self.waiting.get(&call) {
            Some(caller) if caller.rung_by.is_empty() => {}
            other => self.broken(&format!("{call} was told its place, but it is {other:?}")),
        }
    }

    /// The right seat for the right caller, and both were free for it.
    fn on_ring(&mut self, id: &SeatId, call: CallId, queue: &QueueId) {
        let (Some(seat), Some(caller)) = (self.seats.get(id), self.waiting.get(&call)) else {
            return self.broken(&format!("{id} was rung for {call}; one of them is unknown"));
        };
        if self.taken.take_if(|taken| (&taken.0, taken.1) == (id, call)).is_some() {
            return self.on_taken(id, call, queue);
        }
        if !caller.rung_by.is_empty() && !self.may_ring_beside(seat, caller) {
            return self.broken(&format!("{id} was rung for {call}, for whom {:?} ring", caller.rung_by));
        }
        if seat.free_since().is_none() || caller.queue != *queue || !self.may(seat, caller) {
            return self.broken(&format!("{id} was rung for {call} of {queue}, but it is {:?}", seat.view));
        }
        if let Some(other) = self.ahead_of(seat, call, caller) {
            return self.broken(&format!("{id} was rung for {call}, but {other} comes before"));
        }
        if let Some(other) = self.better_than(id, seat, call, caller) {
            return self.broken(&format!("{id} was rung for {call}, but {other} should be"));
        }
        let served = self.rules.get(queue).map(Served::from).unwrap_or_default();
        self.rings_for(id, call, served);
    }

    fn rings_for(&mut self, id: &SeatId, call: CallId, served: Served) {
        self.rings += 1;
        let ring = self.rings;
        if let Some(caller) = self.waiting.get_mut(&call) {
            caller.rung_by.insert(id.clone());
        }
        if let Some(seat) = self.seats.get_mut(id) {
            (seat.served, seat.let_go, seat.ring) = (served, false, ring);
        }
    }

    fn on_not_taken(&mut self, id: &SeatId, call: CallId, why: NotTaken) {
        let mut was_let_go = false;
        if let Some(seat) = self.seats.get_mut(id) {
            seat.let_go = matches!(why, NotTaken::CallerLeft | NotTaken::Elsewhere);
            if !seat.let_go {
                seat.last_ring = seat.ring;
            }
            if seat.direct.take_if(|direct| *direct == call).is_some() {
                seat.served.wrap_up = seat.served.owed;
                return;
            }
            if !seat.served.owed.is_zero() {
                seat.served.wrap_up = seat.served.owed;
            }
            was_let_go = seat.let_go && seat.view.call == Some(call);
        }
        let was_rung = self.waiting.get_mut(&call).map(|caller| caller.rung_by.remove(id));
        match was_rung {
            Some(true) if why != NotTaken::Elsewhere => {}
            None if was_let_go => {}
            _ => self.broken(&format!("{id} did not take {call}, which it was not rung for")),
        }
    }

    fn on_left(&mut self, call: CallId, exit: QueueExit) {
        let turned_away = self.entering.take().is_some_and(|entering| entering.call == call);
        match self.waiting.remove(&call) {
            None if turned_away => {}
            Some(Waiting { rung_by, deadline, .. })
                if rung_by.is_empty() && (exit != QueueExit::Timeout || deadline <= self.now) => {}
            other => self.broken(&format!("{call} left by {exit:?}, but it was {other:?}")),
        }
    }

    /// Wrap-up follows every talk and lasts as long as it should.
    fn on_seat_changed(&mut self, id: &SeatId, view: &SeatView) {
        let now = self.now;
        let came = view
            .operator
            .as_ref()
            .filter(|_| self.seats.get(id).is_some_and(|seat| seat.view.operator != view.operator));
        let moved = came.and_then(|operator| {
            let from = self.seats.values().find(|seat| seat.view.operator.as_ref() == Some(operator))?;
            Some((from.calls, from.talked))
        });
        let came = came.is_some();
        let Some(seat) = self.seats.get_mut(id) else { return };
        let wrap_up = seat.wrap_up();
        let (was, is) = (seat.view.work, view.work);
        let skipped = was.is_talk() && !is.is_talk() && is != WorkView::WrapUp;
        let short = was == WorkView::WrapUp
            && is != WorkView::WrapUp
            && now.since(seat.work_since) < wrap_up
            && !is.is_engaged() // the operator's own affair
            && !seat.wrap_up_done
            && !seat.released;
        let unpaid = was == WorkView::WrapUp
            && is != WorkView::WrapUp
            && !is.is_engaged()
            && seat.view.owes_outcome
            && seat.last_call != seat.coded
            && seat.bound().is_none_or(|bound| now.since(seat.work_since) < bound)
            && !seat.released;
        let forgotten = view.next.is_some() && matches!(is, WorkView::Idle | WorkView::Resting);
        if was != is {
            match (was, is) {
                (WorkView::Ringing, is) if is.is_talk() => {
                    (seat.calls, seat.last_ring) = (seat.calls + 1, seat.ring);
                    (seat.last_call, seat.extended) = (view.call, (Duration::ZERO, 0));
                }
                (was, _) if was.is_talk() => seat.talked += now.since(seat.work_since),
                _ => {}
            }
            seat.work_since = now;
            if is == WorkView::Idle && !seat.let_go {
                seat.idle_since = now;
            }
            seat.let_go = false;
            seat.direct.take_if(|_| !is.is_engaged());
            seat.wrap_up_left.take_if(|_| is != WorkView::WrapUp);
        }
        if !is_available(&seat.view) && is_available(view) {
            seat.available_since = now;
        }
        if seat.view.status == Status::LoggedOut && view.status != Status::LoggedOut {
            (seat.calls, seat.talked) = (0, Duration::ZERO);
        }
        if came {
            (seat.calls, seat.talked) = moved.unwrap_or_default();
        }
        (seat.calls, seat.talked) = seat.restored.take().unwrap_or((seat.calls, seat.talked));
        seat.view = view.clone();
        if view.status != Status::LoggedOut {
            seat.rules = seat.own.held_by(view.operator.as_ref());
        }
        if (skipped && !wrap_up.is_zero()) || short {
            self.broken(&format!("{id} went from {was:?} to {is:?} without its wrap-up of {wrap_up:?}"));
        }
        if unpaid {
            self.broken(&format!("{id} left its wrap-up owing an outcome"));
        }
        if forgotten {
            self.broken(&format!("{id} has no call, and its next status did not follow: {view:?}"));
        }
    }

    /// Nobody waits beyond the limit, unless rung for at this moment.
    fn check_waiting(&self) -> Result<(), String> {
        let mut unserved = self.waiting.iter().filter(|(_, caller)| caller.rung_by.is_empty());
        match unserved.find(|(_, caller)| caller.deadline <= self.now) {
            Some((call, caller)) => Err(format!("{call} waits at {:?}: {caller:?}", self.now)),
            None => Ok(()),
        }
    }

    /// No seat rings, rests or wraps up for longer than the rules say.
    fn check_time(&self, id: &SeatId, seat: &Watched) -> Result<(), String> {
        let limit = match seat.view.work {
            WorkView::Idle | WorkView::Talking | WorkView::Holding | WorkView::Consulting => return Ok(()),
            WorkView::Ringing => seat.served.ring_for,
            WorkView::WrapUp if seat.view.owes_outcome => match seat.bound() {
                Some(bound) => bound,
                None => return Ok(()),
            },
            WorkView::WrapUp => seat.wrap_up(),
            WorkView::Resting => seat.served.rest.max(REST_AFTER_FAILURE).max(SHORTEST_REST),
        };
        if self.now.since(seat.work_since) < limit {
            return Ok(());
        }
        Err(format!("{id} is {:?} since {:?} at {:?}", seat.view.work, seat.work_since, self.now))
    }
}

impl Watched {
    fn new(order: usize, rules: SeatRules) -> Watched {
        let view = SeatView::default();
        Watched {
            own: rules.clone(),
            rules,
            view,
            order,
            ring: 0,
            last_ring: 0,
            calls: 0,
            talked: Duration::ZERO,
            idle_since: Mono::ZERO,
            work_since: Mono::ZERO,
            available_since: Mono::ZERO,
            served: Served::default(),
            direct: None,
            let_go: false,
            wrap_up_done: false,
            wrap_up_left: None,
            extended: (Duration::ZERO, 0),
            coded: None,
            released: false,
            last_call: None,
            restored: None,
        }
    }

    fn wrap_up(&self) -> Duration {
        self.wrap_up_left.unwrap_or(self.served.wrap_up) + self.extended.0
    }

    /// The longest that a wrap-up which owes an outcome lasts.
    fn bound(&self) -> Option<Duration> {
        Some(self.wrap_up() + self.served.after_talk.outcome_within?)
    }

    /// Time is only ever added while there is a wrap-up, and so often.
    fn on_wrap_up(&mut self, now: Mono, act: WrapUpAct) {
        let in_wrap_up = self.view.work == WorkView::WrapUp;
        match act {
            WrapUpAct::Coded(call) => self.coded = Some(call),
            WrapUpAct::Release => self.released = true,
            WrapUpAct::Extend if in_wrap_up => {
                let AfterTalk { extend_by, max_extensions, .. } = self.served.after_talk;
                if self.extended.1 < max_extensions && !extend_by.is_zero() {
                    // Time that was over while the outcome was owed counts as used.
                    let before = self.wrap_up().saturating_sub(self.extended.0);
                    let lasted = now.since(self.work_since).max(self.wrap_up());
                    self.extended = (lasted.saturating_sub(before) + extend_by, self.extended.1 + 1);
                }
            }
            WrapUpAct::Extend => {}
        }
    }

    fn free_since(&self) -> Option<Mono> {
        let free = is_available(&self.view) && self.view.work == WorkView::Idle;
        free.then(|| self.idle_since.max(self.available_since))
    }
}

/// Ready, and its phone is there.
fn is_available(view: &SeatView) -> bool {
    view.reachable && view.status.takes_calls()
}
