//! A seat: what calls make of it (its *work*), beside its status and its phone.
//!
//! The work holds at most one call, and each deadline lives in the state that waits for it. Neither a status nor a phone that comes
//! and goes touches the work, with one exception: a phone that vanishes while it rings cannot be answered any more.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::direct::{DirectRules, Turn};
use super::pauses::PauseEnd;
use super::people::Luggage;
use super::rank::Standing;
use super::restored::Restored;
use super::rules::{QueueRules, SeatRules};
use super::serves::Serves;
use super::skills::Skills;
use super::status::{self, MISSED, REJECTS};
use super::wrap_up::{AfterTalk, WrapUp, WrapUpAct};
use crate::ids::{CallId, OperatorId, QueueId};
use crate::planted::{self, Fault};
use crate::time::{Mono, earliest};
use crate::words::{AFTER_ONE_CALL, NotTaken, SeatView, Status, StatusChange, WorkView};

/// Rest of a seat whose phone could not be reached: time for a registration to be renewed or to lapse.
pub(super) const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Shortest rest, whatever the rules say: a seat that refuses at once must not be asked in a loop.
pub(super) const SHORTEST_REST: Duration = Duration::from_secs(1);

/// How long a phone that was there may be away and is still expected back: a phone that lives registers again within this, the longest
/// that a registration is granted for.
pub(super) const GRACE: Duration = Duration::from_secs(120);

/// What the rules of a caller's queue ask of the seat that is rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Terms {
    ring_for: Duration,
    rest: Duration,
    busy_rest: Duration,
    wrap_up: Duration,
    after_talk: AfterTalk,
    max_rejects: u32,
    max_misses: u32,
    /// Number of the ring, over all seats; none for a call that no queue gave.
    ring: Option<u64>,
    /// Rung in a pause and in a wrap-up too.
    own_wish: bool,
    /// What was left of the wrap-up that the ring has broken into.
    owed: Duration,
}

impl Terms {
    pub(super) fn of(rules: &QueueRules, ring: u64) -> Terms {
        Terms {
            ring_for: rules.ring_for,
            rest: rules.reject_delay.max(SHORTEST_REST),
            busy_rest: rules.busy_delay.max(SHORTEST_REST),
            wrap_up: rules.wrap_up,
            after_talk: rules.after_talk,
            max_rejects: rules.max_rejects,
            max_misses: rules.max_misses,
            ring: Some(ring),
            own_wish: false,
            owed: Duration::ZERO,
        }
    }

    /// Somebody wants this very seat for it.
    pub(super) fn wished(self) -> Terms {
        Terms { own_wish: true, ..self }
    }

    /// With what the ring breaks into.
    fn owing(self, owed: Duration) -> Terms {
        Terms { owed, wrap_up: self.wrap_up.max(owed), ..self }
    }

    pub(super) fn direct(rules: &DirectRules) -> Terms {
        Terms {
            ring_for: rules.ring_for,
            rest: SHORTEST_REST,
            busy_rest: SHORTEST_REST,
            wrap_up: rules.wrap_up,
            after_talk: AfterTalk::default(),
            max_rejects: u32::MAX,
            max_misses: u32::MAX,
            ring: None,
            own_wish: rules.own_wish,
            owed: Duration::ZERO,
        }
    }
}

/// The calls' doing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Work {
    Idle { since: Mono },
    Ringing { call: CallId, until: Mono, terms: Terms, idle_since: Mono },
    Talking { call: CallId, terms: Terms, rung: Mono, since: Mono, turn: Turn },
    WrapUp(WrapUp),
    Resting { until: Mono },
}

/// Whether the phone is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phone {
    Registered,
    /// It was, and may come back until this moment.
    Expected {
        until: Mono,
    },
    Gone,
}

/// What happens to a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    Reachable,
    Unreachable,
    Status(StatusChange),
    Restored(Restored),
    Assign(CallId, Terms),
    Answer(CallId),
    Reject(CallId),
    Busy(CallId),
    Fail(CallId),
    Block(CallId),
    CallerLeft(CallId),
    /// Another seat that rang too has the caller.
    Elsewhere(CallId),
    TalkEnded(CallId),
    /// The operator has dialled.
    Dial(CallId, Terms),
    Turn(CallId, Turn),
    /// More wrap-up than was asked for.
    Owe(CallId, Duration),
    WrapUpDone,
    WrapUp(WrapUpAct),
    Timeout,
}

/// What follows for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Ring the phone.
    Ring(CallId),
    /// The caller has an operator.
    Joined(CallId),
    /// The ring led to nothing; `stop` when the phone has to be told.
    NotTaken { call: CallId, why: NotTaken, stop: bool },
    /// The caller has no operator any more.
    Parted { call: CallId, rang: Duration, held: Duration },
}

/// The event does not fit what the seat is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misplaced;

/// One workplace.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    /// As the configuration has it.
    own: SeatRules,
    /// As it is with its operator.
    rules: SeatRules,
    /// Who sits there, or did last.
    operator: Option<OperatorId>,
    serves: BTreeMap<QueueId, Serves>,
    /// Its number in the list of seats.
    order: usize,
    /// To be logged in at the next registration: the first one of a seat that logs in by itself.
    login_pending: bool,
    phone: Phone,
    status: Status,
    /// The status that follows when the work in course is over.
    next: Option<Status>,
    pause_end: PauseEnd,
    work: Work,
    /// A wrap-up that owed an outcome was broken into by a call of the operator's own.
    owed: Option<(CallId, AfterTalk)>,
    /// The last call whose outcome was coded here.
    coded: Option<CallId>,
    /// Since when it is both ready and reachable, if it is.
    available_since: Mono,
    pub(super) status_since: Mono,
    pub(super) work_since: Mono,
    pub(super) phone_since: Mono,
    /// In a row.
    misses: u32,
    /// In a row.
    rejects: u32,
    /// Number of the last ring that was the seat's to take.
    last_ring: u64,
    /// Since log-in.
    calls: u64,
    /// Since log-in.
    talked: Duration,
}

impl Seat {
    pub(super) fn new(order: usize, rules: SeatRules, serves: BTreeMap<QueueId, Serves>) -> Seat {
        Seat {
            login_pending: rules.auto_login,
            rules: rules.held_by(rules.usual.as_ref()),
            operator: rules.usual.clone(),
            own: rules,
            serves,
            order,
            phone: Phone::Gone,
            status: Status::LoggedOut,
            next: None,
            pause_end: PauseEnd::Open,
            work: Work::Idle { since: Mono::ZERO },
            owed: None,
            coded: None,
            available_since: Mono::ZERO,
            status_since: Mono::ZERO,
            work_since: Mono::ZERO,
            phone_since: Mono::ZERO,
            misses: 0,
            rejects: 0,
            last_ring: 0,
            calls: 0,
            talked: Duration::ZERO,
        }
    }

    /// Take an event; an event that does not fit changes nothing.
    pub(super) fn handle(&mut self, now: Mono, event: Event) -> Result<Option<Effect>, Misplaced> {
        match event {
            Event::Reachable => {
                self.on_reachable(now);
                Ok(None)
            }
            Event::Status(change) => self.on_status(now, change),
            Event::Restored(before) => {
                self.on_restored(now, before);
                Ok(None)
            }
            Event::Unreachable => {
                if self.is_reachable() {
                    (self.phone, self.phone_since) = (Phone::Expected { until: now + GRACE }, now);
                }
                // Only a ring ends with the phone; whether a talk goes on is for the media to say.
                if self.is_ringing() { self.on_work(now, Event::Unreachable) } else { Ok(None) }
            }
            Event::Timeout => {
                if matches!(self.phone, Phone::Expected { until } if until <= now) {
                    self.phone = Phone::Gone;
                }
                if self.pause_end.on_timeout(now) {
                    self.set_status(now, Status::Ready);
                }
                if let Work::WrapUp(wrap_up) = &mut self.work {
                    if wrap_up.on_timeout(now) {
                        self.end_wrap_up(now);
                    }
                    return Ok(None);
                }
                self.on_work(now, event)
            }
            Event::WrapUp(act) => self.on_wrap_up(now, act),
            event => self.on_work(now, event),
        }
    }

    /// A restart takes nobody's pause, log-out or wrap-up away: a seat on record has had its first registration.
    fn on_restored(&mut self, now: Mono, before: Restored) {
        self.login_pending = false;
        self.set_status(now, before.status);
        if let Status::Paused(reason) = &self.status {
            self.pause_end = PauseEnd::of(&self.rules.pauses, reason, now, before.status_for);
        }
        self.next = before.next;
        if before.had_phone {
            self.phone = Phone::Expected { until: now + GRACE };
        }
        if !self.is_logged_out() {
            (self.calls, self.talked) = (before.calls, before.talked);
        }
        let wrap_up = before.wrap_up.and_then(|left| {
            let wrap_up = WrapUp::new(now, left.call, left.time, left.rules, left.owes)?;
            Some(wrap_up.extended(left.extensions))
        });
        match wrap_up {
            Some(wrap_up) => (self.work, self.work_since) = (Work::WrapUp(wrap_up), now),
            None => self.follow_up(now),
        }
    }

    fn on_reachable(&mut self, now: Mono) {
        if self.is_reachable() {
            return; // a refresh changes neither status nor work
        }
        (self.phone, self.phone_since) = (Phone::Registered, now);
        self.available_since = now;
        if std::mem::take(&mut self.login_pending) && self.status == Status::LoggedOut {
            self.set_status(now, Status::Ready);
        }
    }

    fn on_status(&mut self, now: Mono, change: StatusChange) -> Result<Option<Effect>, Misplaced> {
        if planted::is(Fault::WrapUpCutByPause)
            && matches!((&change, &self.work), (StatusChange::Pause(_), Work::WrapUp(_)))
        {
            self.work = Work::Idle { since: now };
        }
        let waits = matches!(change, StatusChange::Next(_)) && self.has_call_or_wrap_up();
        let next = status::after(&self.status, change).ok_or(Misplaced)?;
        self.login_pending = false; // the person has spoken
        if waits {
            self.next = Some(next);
            return Ok(None);
        }
        (self.misses, self.rejects) = (0, 0);
        self.next = None;
        self.set_status(now, next);
        Ok(None)
    }

    /// The work in course is over: the status that was to follow follows.
    fn follow_up(&mut self, now: Mono) {
        if let Some(next) = self.next.take() {
            self.set_status(now, next);
        }
    }

    fn on_wrap_up(&mut self, now: Mono, act: WrapUpAct) -> Result<Option<Effect>, Misplaced> {
        if let WrapUpAct::Coded(call) = act {
            self.coded = Some(call);
        }
        let Work::WrapUp(wrap_up) = &mut self.work else {
            return if matches!(act, WrapUpAct::Coded(_)) { Ok(None) } else { Err(Misplaced) };
        };
        let over = match act {
            WrapUpAct::Extend => return wrap_up.extend(now).then_some(None).ok_or(Misplaced),
            WrapUpAct::Coded(call) => wrap_up.on_coded(call),
            WrapUpAct::Release => true,
        };
        if over {
            self.end_wrap_up(now);
        }
        Ok(None)
    }

    fn end_wrap_up(&mut self, now: Mono) {
        (self.work, self.work_since) = (Work::Idle { since: now }, now);
        self.follow_up(now);
    }

    fn set_status(&mut self, now: Mono, next: Status) {
        if next == self.status {
            return;
        }
        if next.takes_calls() && !self.status.takes_calls() {
            self.available_since = now;
        }
        if self.status == Status::LoggedOut {
            (self.calls, self.talked) = (0, Duration::ZERO);
        }
        self.pause_end = match &next {
            Status::Paused(reason) => PauseEnd::of(&self.rules.pauses, reason, now, Duration::ZERO),
            Status::LoggedOut | Status::Ready | Status::OneCall => PauseEnd::Open,
        };
        self.status = next;
        self.status_since = now;
    }

    /// The whole diagram of the work.
    fn on_work(&mut self, now: Mono, event: Event) -> Result<Option<Effect>, Misplaced> {
        use Event as E;
        use Work as W;
        let not_taken = |call, why, stop| Some(Effect::NotTaken { call, why, stop });
        let (next, effect) = match (&self.work, event) {
            (work, E::Assign(call, terms)) if self.may_ring(terms.own_wish) => {
                let idle_since = if let W::Idle { since } = work { *since } else { now };
                let (until, terms) = (now + terms.ring_for, terms.owing(self.wrap_up_left(now)));
                (W::Ringing { call, until, terms, idle_since }, Some(Effect::Ring(call)))
            }
            (&W::Ringing { call, terms, .. }, E::Answer(answered)) if answered == call => {
                let (rung, turn) = (self.work_since, Turn::Talking);
                (W::Talking { call, terms, rung, since: now, turn }, Some(Effect::Joined(call)))
            }
            (_, E::Dial(call, terms)) if !self.is_engaged() => {
                let (terms, turn) = (terms.owing(self.wrap_up_left(now)), Turn::Talking);
                (W::Talking { call, terms, rung: now, since: now, turn }, Some(Effect::Joined(call)))
            }
            (&W::Talking { call, terms, rung, since, turn: was }, E::Turn(turned, turn))
                if turned == call =>
            {
                if turn == was {
                    return Ok(None);
                }
                (W::Talking { call, terms, rung, since, turn }, None)
            }
            (W::Talking { call, terms, .. }, E::Owe(owing, wrap_up)) if owing == *call => {
                let terms = Terms { wrap_up: terms.wrap_up.max(wrap_up), ..*terms };
                if let W::Talking { terms: own, .. } = &mut self.work {
                    *own = terms;
                }
                return Ok(None);
            }
            (&W::Ringing { call, terms, .. }, E::Reject(rejected)) if rejected == call => {
                (after_reject(now, terms), not_taken(call, NotTaken::Rejected, false))
            }
            (&W::Ringing { call, terms, .. }, E::Busy(busy)) if busy == call => {
                (rest(now, terms.busy_rest), not_taken(call, NotTaken::Rejected, false))
            }
            (&W::Ringing { call, .. }, E::Fail(failed)) if failed == call => {
                (rest(now, REST_AFTER_FAILURE), not_taken(call, NotTaken::Unreachable, false))
            }
            (&W::Ringing { call, .. }, E::Block(blocked)) if blocked == call => {
                (rest(now, REST_AFTER_FAILURE), not_taken(call, NotTaken::Unreachable, true))
            }
            (&W::Ringing { call, .. }, E::Unreachable) => {
                (rest(now, REST_AFTER_FAILURE), not_taken(call, NotTaken::Unreachable, true))
            }
            // No fault of the seat: it keeps its turn among the idle.
            (&W::Ringing { call, idle_since, .. }, E::CallerLeft(left)) if left == call => {
                (W::Idle { since: idle_since }, not_taken(call, NotTaken::CallerLeft, true))
            }
            (&W::Ringing { call, idle_since, .. }, E::Elsewhere(taken)) if taken == call => {
                (W::Idle { since: idle_since }, not_taken(call, NotTaken::Elsewhere, true))
            }
            (&W::Ringing { call, until, terms, .. }, E::Timeout) if until <= now => {
                (rest(now, terms.rest), not_taken(call, NotTaken::Missed, true))
            }
            (&W::Talking { call, terms, rung, since, .. }, E::TalkEnded(ended)) if ended == call => {
                self.talked += now.since(since);
                let (rang, held) = (since.since(rung), now.since(rung));
                (self.after_talk(now, call, terms), Some(Effect::Parted { call, rang, held }))
            }
            (W::WrapUp(wrap_up), E::WrapUpDone) if !wrap_up.owes() => (W::Idle { since: now }, None),
            (&W::Resting { until }, E::Timeout) if until <= now => (W::Idle { since: now }, None),
            (_, E::Timeout) => return Ok(None), // not due yet
            _ => return Err(Misplaced),
        };
        let next = match (&self.work, effect) {
            (&Work::Ringing { call, terms, .. }, Some(Effect::NotTaken { .. })) => {
                let left = WrapUp::new(now, call, terms.owed, AfterTalk::default(), false);
                left.map_or(next, Work::WrapUp)
            }
            _ => next,
        };
        let before = std::mem::replace(&mut self.work, next);
        self.work_since = now;
        match (before, effect) {
            (Work::Ringing { terms, .. }, Some(effect)) => self.count(now, terms, effect),
            (Work::WrapUp(wrap_up), Some(Effect::Joined(_))) => self.owed = wrap_up.owed(),
            _ => {}
        }
        if !self.has_call_or_wrap_up() {
            self.follow_up(now);
        }
        Ok(effect)
    }

    fn after_talk(&mut self, now: Mono, call: CallId, terms: Terms) -> Work {
        let (call, rules) = self.owed.take().unwrap_or((call, terms.after_talk));
        let owes = rules.outcome_needed && self.coded != Some(call);
        let wrap_up = WrapUp::new(now, call, terms.wrap_up, rules, owes);
        let idle = Work::Idle { since: now };
        if planted::is(Fault::LostWrapUp) { idle } else { wrap_up.map_or(idle, Work::WrapUp) }
    }

    /// Keep count of the rings in a row that this seat did not take; too many pause it.
    fn count(&mut self, now: Mono, terms: Terms, effect: Effect) {
        if !matches!(effect, Effect::NotTaken { why: NotTaken::CallerLeft | NotTaken::Elsewhere, .. }) {
            self.last_ring = terms.ring.unwrap_or(self.last_ring);
        }
        match effect {
            Effect::Joined(_) => {
                (self.misses, self.rejects) = (0, 0);
                self.calls += 1;
                if self.status == Status::OneCall && terms.ring.is_some() {
                    self.next.get_or_insert(Status::Paused(AFTER_ONE_CALL.to_owned()));
                }
            }
            Effect::NotTaken { .. } if terms.ring.is_none() => return,
            Effect::NotTaken { why: NotTaken::Rejected, .. } => self.rejects = self.rejects.saturating_add(1),
            Effect::NotTaken { why: NotTaken::Missed, .. }
            | Effect::NotTaken { why: NotTaken::Unreachable, stop: false, .. } => {
                self.misses = self.misses.saturating_add(1);
            }
            _ => return,
        }
        if !self.status.takes_calls() {
            return;
        }
        if self.misses >= terms.max_misses.max(1) {
            self.set_status(now, Status::Paused(MISSED.to_owned()));
        } else if self.rejects >= terms.max_rejects.max(1) {
            self.set_status(now, Status::Paused(REJECTS.to_owned()));
        }
    }

    /// Since when it can be rung; `None` when it cannot.
    pub(super) fn free_since(&self) -> Option<Mono> {
        match self.work {
            Work::Idle { since } if self.is_reachable() && self.status.takes_calls() => {
                Some(since.max(self.available_since))
            }
            _ => None,
        }
    }

    /// When something changes by itself: the work, the hope for the phone, or a pause.
    pub(super) fn alarm(&self) -> Option<Mono> {
        let work = match self.work {
            Work::Ringing { until, .. } | Work::Resting { until } => Some(until),
            Work::WrapUp(ref wrap_up) => wrap_up.alarm(),
            Work::Idle { .. } | Work::Talking { .. } => None,
        };
        let phone = match self.phone {
            Phone::Expected { until } => Some(until),
            Phone::Registered | Phone::Gone => None,
        };
        earliest([work, phone, self.pause_end.alarm()])
    }

    /// Somebody sits there whom callers may wait for: logged in, paused or not, and the phone there or expected back.
    pub(super) fn attends(&self) -> bool {
        self.status != Status::LoggedOut && self.phone != Phone::Gone
    }

    /// Somebody is logged in, and the phone is there.
    pub(super) fn is_manned(&self) -> bool {
        self.status != Status::LoggedOut && self.is_reachable()
    }

    fn is_reachable(&self) -> bool {
        self.phone == Phone::Registered
    }

    pub(super) fn has_call_or_wrap_up(&self) -> bool {
        !matches!(self.work, Work::Idle { .. } | Work::Resting { .. })
    }

    pub(super) fn is_ringing(&self) -> bool {
        matches!(self.work, Work::Ringing { .. })
    }

    /// It has a call.
    pub(super) fn is_engaged(&self) -> bool {
        matches!(self.work, Work::Ringing { .. } | Work::Talking { .. })
    }

    /// It can be rung; in a pause or a wrap-up only by the operator's `own_wish`.
    pub(super) fn may_ring(&self, own_wish: bool) -> bool {
        let has_time = match &self.work {
            Work::Idle { .. } => true,
            Work::WrapUp(wrap_up) => !wrap_up.owes(),
            Work::Ringing { .. } | Work::Talking { .. } | Work::Resting { .. } => false,
        };
        self.free_since().is_some() || (own_wish && has_time && self.is_manned())
    }

    /// The call that it has and no queue gave it.
    pub(super) fn direct(&self) -> Option<CallId> {
        match self.work {
            Work::Ringing { call, terms, .. } | Work::Talking { call, terms, .. } => {
                terms.ring.is_none().then_some(call)
            }
            _ => None,
        }
    }

    fn wrap_up_left(&self, now: Mono) -> Duration {
        match self.work {
            Work::WrapUp(ref wrap_up) => wrap_up.left(now),
            _ => Duration::ZERO,
        }
    }

    /// What is left of the time of its wrap-up, and how often that was made longer.
    pub(super) fn lengthened(&self, now: Mono) -> Option<(Duration, u32)> {
        match &self.work {
            Work::WrapUp(wrap_up) => Some((wrap_up.left(now), wrap_up.extensions())),
            _ => None,
        }
    }

    /// When it will take a call, if its operator and its phone are there for more: in so long, or when a call has ended that has
    /// been held for so long.
    pub(super) fn free_in(&self, now: Mono) -> Option<Result<Duration, (CallId, Duration)>> {
        if !self.is_reachable() || !self.status.takes_calls() || self.next.is_some() {
            return None;
        }
        Some(match self.work {
            Work::Idle { .. } => Ok(Duration::ZERO),
            Work::WrapUp(ref wrap_up) => Ok(wrap_up.alarm()?.since(now)),
            Work::Resting { until } => Ok(until.since(now)),
            Work::Ringing { call, .. } => Err((call, now.since(self.work_since))),
            Work::Talking { call, rung, .. } => Err((call, now.since(rung))),
        })
    }

    /// What a queue's strategy compares; `None` when it cannot be rung.
    pub(super) fn standing(&self) -> Option<Standing> {
        let (last_ring, calls, talked, order) = (self.last_ring, self.calls, self.talked, self.order);
        self.free_since().map(|since| Standing { since, last_ring, calls, talked, order })
    }

    /// Serve by these rules from now on; the indexes are the caller's to mend.
    pub(super) fn serve(&mut self, order: usize, rules: SeatRules, serves: BTreeMap<QueueId, Serves>) {
        self.rules = rules.held_by(self.operator.as_ref());
        (self.order, self.own, self.serves) = (order, rules, serves);
    }

    pub(super) fn set_serves(&mut self, serves: BTreeMap<QueueId, Serves>) {
        self.serves = serves;
    }

    /// This person sits down, with what was brought from another seat.
    pub(super) fn sit_down(&mut self, now: Mono, operator: OperatorId, luggage: Option<Luggage>) {
        self.expect(Some(operator));
        self.login_pending = false;
        (self.misses, self.rejects, self.next) = (0, 0, None);
        self.set_status(now, luggage.as_ref().map_or(Status::Ready, |luggage| luggage.status.clone()));
        (self.calls, self.talked) = (0, Duration::ZERO);
        if let Some(luggage) = luggage {
            (self.calls, self.talked, self.pause_end) = (luggage.calls, luggage.talked, luggage.pause_end);
        }
    }

    /// Whoever logs in next is this person.
    pub(super) fn expect(&mut self, operator: Option<OperatorId>) {
        self.rules = self.own.held_by(operator.as_ref());
        self.operator = operator;
    }

    pub(super) fn luggage(&self) -> Luggage {
        let (status, pause_end) = (self.status.clone(), self.pause_end);
        Luggage { status, pause_end, calls: self.calls, talked: self.talked }
    }

    pub(super) fn operator(&self) -> Option<&OperatorId> {
        self.operator.as_ref()
    }

    /// Who is logged in.
    pub(super) fn sitting(&self) -> Option<&OperatorId> {
        self.operator.as_ref().filter(|_| !self.is_logged_out())
    }

    pub(super) fn is_logged_out(&self) -> bool {
        self.status == Status::LoggedOut
    }

    pub(super) fn own(&self) -> &SeatRules {
        &self.own
    }

    /// Serve nothing, whoever sits there: there is no such seat any more.
    pub(super) fn serve_nothing(&mut self) {
        self.own.queues.clear();
        self.own.people = Arc::default();
        self.rules = self.own.clone();
        self.serves.clear();
    }

    pub(super) fn serves(&self) -> &BTreeMap<QueueId, Serves> {
        &self.serves
    }

    pub(super) fn order(&self) -> usize {
        self.order
    }

    pub(super) fn rules(&self) -> &SeatRules {
        &self.rules
    }

    pub(super) fn skills(&self) -> &Skills {
        &self.rules.skills
    }

    pub(super) fn view(&self) -> SeatView {
        let (work, call) = match self.work {
            Work::Idle { .. } => (WorkView::Idle, None),
            Work::Ringing { call, .. } => (WorkView::Ringing, Some(call)),
            Work::Talking { call, turn: Turn::Talking, .. } => (WorkView::Talking, Some(call)),
            Work::Talking { call, turn: Turn::Holding, .. } => (WorkView::Holding, Some(call)),
            Work::Talking { call, turn: Turn::Consulting, .. } => (WorkView::Consulting, Some(call)),
            Work::WrapUp(_) => (WorkView::WrapUp, None),
            Work::Resting { .. } => (WorkView::Resting, None),
        };
        SeatView {
            reachable: self.is_reachable(),
            status: self.status.clone(),
            work,
            call,
            next: self.next.clone(),
            operator: self.sitting().cloned(),
            over_time: self.pause_end == PauseEnd::Over,
            owes_outcome: matches!(&self.work, Work::WrapUp(wrap_up) if wrap_up.owes()),
        }
    }
}

fn rest(now: Mono, how_long: Duration) -> Work {
    Work::Resting { until: now + how_long }
}

fn after_reject(now: Mono, terms: Terms) -> Work {
    if planted::is(Fault::NeverFreedAfterReject) { rest(now, Duration::MAX) } else { rest(now, terms.rest) }
}
