//! A seat: what calls make of it (its *work*), beside its status and its phone.
//!
//! The work holds at most one call, and each deadline lives in the state that waits for it. Neither a status nor a phone that comes
//! and goes touches the work, with one exception: a phone that vanishes while it rings cannot be answered any more.

use std::collections::BTreeMap;
use std::time::Duration;

use super::direct::{DirectRules, Turn};
use super::rank::Standing;
use super::restored::Restored;
use super::rules::{QueueRules, SeatRules};
use super::serves::Serves;
use super::skills::Skills;
use super::status::{self, MISSED, REJECTS};
use crate::ids::{CallId, QueueId};
use crate::planted::{self, Fault};
use crate::time::{Mono, earliest};
use crate::words::{NotTaken, SeatView, Status, StatusChange, WorkView};

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
    wrap_up: Duration,
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
            wrap_up: rules.wrap_up,
            max_rejects: rules.max_rejects,
            max_misses: rules.max_misses,
            ring: Some(ring),
            own_wish: false,
            owed: Duration::ZERO,
        }
    }

    /// With what the ring breaks into.
    fn owing(self, owed: Duration) -> Terms {
        Terms { owed, wrap_up: self.wrap_up.max(owed), ..self }
    }

    pub(super) fn direct(rules: &DirectRules) -> Terms {
        Terms {
            ring_for: rules.ring_for,
            rest: SHORTEST_REST,
            wrap_up: rules.wrap_up,
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
    WrapUp { until: Mono },
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
    Fail(CallId),
    Block(CallId),
    CallerLeft(CallId),
    TalkEnded(CallId),
    /// The operator has dialled.
    Dial(CallId, Terms),
    Turn(CallId, Turn),
    /// More wrap-up than was asked for.
    Owe(CallId, Duration),
    WrapUpDone,
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
    rules: SeatRules,
    serves: BTreeMap<QueueId, Serves>,
    /// Its number in the list of seats.
    order: usize,
    /// To be logged in at the next registration: the first one of a seat that logs in by itself.
    login_pending: bool,
    phone: Phone,
    status: Status,
    work: Work,
    /// Since when it is both ready and reachable, if it is.
    available_since: Mono,
    pub(super) status_since: Mono,
    pub(super) work_since: Mono,
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
            rules,
            serves,
            order,
            phone: Phone::Gone,
            status: Status::LoggedOut,
            work: Work::Idle { since: Mono::ZERO },
            available_since: Mono::ZERO,
            status_since: Mono::ZERO,
            work_since: Mono::ZERO,
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
                    self.phone = Phone::Expected { until: now + GRACE };
                }
                // Only a ring ends with the phone; whether a talk goes on is for the media to say.
                if self.is_ringing() { self.on_work(now, Event::Unreachable) } else { Ok(None) }
            }
            Event::Timeout => {
                if matches!(self.phone, Phone::Expected { until } if until <= now) {
                    self.phone = Phone::Gone;
                }
                self.on_work(now, event)
            }
            event => self.on_work(now, event),
        }
    }

    /// A restart takes nobody's pause, log-out or wrap-up away: a seat on record has had its first registration.
    fn on_restored(&mut self, now: Mono, before: Restored) {
        self.login_pending = false;
        self.set_status(now, before.status);
        if before.had_phone {
            self.phone = Phone::Expected { until: now + GRACE };
        }
        if !before.wrap_up_left.is_zero() {
            self.work = Work::WrapUp { until: now + before.wrap_up_left };
            self.work_since = now;
        }
    }

    fn on_reachable(&mut self, now: Mono) {
        if self.is_reachable() {
            return; // a refresh changes neither status nor work
        }
        self.phone = Phone::Registered;
        self.available_since = now;
        if std::mem::take(&mut self.login_pending) && self.status == Status::LoggedOut {
            self.set_status(now, Status::Ready);
        }
    }

    fn on_status(&mut self, now: Mono, change: StatusChange) -> Result<Option<Effect>, Misplaced> {
        if planted::is(Fault::WrapUpCutByPause)
            && matches!((&change, &self.work), (StatusChange::Pause(_), Work::WrapUp { .. }))
        {
            self.work = Work::Idle { since: now };
        }
        let next = status::after(&self.status, change).ok_or(Misplaced)?;
        self.login_pending = false; // the person has spoken
        (self.misses, self.rejects) = (0, 0);
        self.set_status(now, next);
        Ok(None)
    }

    fn set_status(&mut self, now: Mono, next: Status) {
        if next == self.status {
            return;
        }
        if next == Status::Ready {
            self.available_since = now;
        }
        if self.status == Status::LoggedOut {
            (self.calls, self.talked) = (0, Duration::ZERO);
        }
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
            (&W::Ringing { call, until, terms, .. }, E::Timeout) if until <= now => {
                (rest(now, terms.rest), not_taken(call, NotTaken::Missed, true))
            }
            (&W::Talking { call, terms, rung, since, .. }, E::TalkEnded(ended)) if ended == call => {
                self.talked += now.since(since);
                let (rang, held) = (since.since(rung), now.since(rung));
                (after_talk(now, terms), Some(Effect::Parted { call, rang, held }))
            }
            (W::WrapUp { .. }, E::WrapUpDone) => (W::Idle { since: now }, None),
            (&W::WrapUp { until } | &W::Resting { until }, E::Timeout) if until <= now => {
                (W::Idle { since: now }, None)
            }
            (_, E::Timeout) => return Ok(None), // not due yet
            _ => return Err(Misplaced),
        };
        let next = match (&self.work, effect) {
            (Work::Ringing { terms, .. }, Some(Effect::NotTaken { .. })) if !terms.owed.is_zero() => {
                Work::WrapUp { until: now + terms.owed }
            }
            _ => next,
        };
        let before = std::mem::replace(&mut self.work, next);
        self.work_since = now;
        if let (Work::Ringing { terms, .. }, Some(effect)) = (before, effect) {
            self.count(now, terms, effect);
        }
        Ok(effect)
    }

    /// Keep count of the rings in a row that this seat did not take; too many pause it.
    fn count(&mut self, now: Mono, terms: Terms, effect: Effect) {
        if !matches!(effect, Effect::NotTaken { why: NotTaken::CallerLeft, .. }) {
            self.last_ring = terms.ring.unwrap_or(self.last_ring);
        }
        match effect {
            Effect::Joined(_) => {
                (self.misses, self.rejects) = (0, 0);
                self.calls += 1;
            }
            Effect::NotTaken { .. } if terms.ring.is_none() => return,
            Effect::NotTaken { why: NotTaken::Rejected, .. } => self.rejects = self.rejects.saturating_add(1),
            Effect::NotTaken { why: NotTaken::Missed, .. }
            | Effect::NotTaken { why: NotTaken::Unreachable, stop: false, .. } => {
                self.misses = self.misses.saturating_add(1);
            }
            _ => return,
        }
        if self.status != Status::Ready {
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
            Work::Idle { since } if self.is_reachable() && self.status == Status::Ready => {
                Some(since.max(self.available_since))
            }
            _ => None,
        }
    }

    /// When something changes by itself: the work, or the hope for the phone.
    pub(super) fn alarm(&self) -> Option<Mono> {
        let work = match self.work {
            Work::Ringing { until, .. } | Work::WrapUp { until } | Work::Resting { until } => Some(until),
            Work::Idle { .. } | Work::Talking { .. } => None,
        };
        let phone = match self.phone {
            Phone::Expected { until } => Some(until),
            Phone::Registered | Phone::Gone => None,
        };
        earliest([work, phone])
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

    pub(super) fn is_ringing(&self) -> bool {
        matches!(self.work, Work::Ringing { .. })
    }

    /// It has a call.
    pub(super) fn is_engaged(&self) -> bool {
        matches!(self.work, Work::Ringing { .. } | Work::Talking { .. })
    }

    /// It can be rung; in a pause or a wrap-up only by the operator's `own_wish`.
    pub(super) fn may_ring(&self, own_wish: bool) -> bool {
        let wished = own_wish && matches!(self.work, Work::Idle { .. } | Work::WrapUp { .. });
        self.free_since().is_some() || (wished && self.is_manned())
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
            Work::WrapUp { until } => until.since(now),
            _ => Duration::ZERO,
        }
    }

    /// When it will take a call, if its operator and its phone are there for more: in so long, or when a call has ended that has
    /// been held for so long.
    pub(super) fn free_in(&self, now: Mono) -> Option<Result<Duration, (CallId, Duration)>> {
        if !self.is_reachable() || self.status != Status::Ready {
            return None;
        }
        Some(match self.work {
            Work::Idle { .. } => Ok(Duration::ZERO),
            Work::WrapUp { until } | Work::Resting { until } => Ok(until.since(now)),
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
        (self.order, self.rules, self.serves) = (order, rules, serves);
    }

    /// Serve nothing: there is no such seat any more.
    pub(super) fn serve_nothing(&mut self) {
        self.rules.queues.clear();
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
            Work::WrapUp { .. } => (WorkView::WrapUp, None),
            Work::Resting { .. } => (WorkView::Resting, None),
        };
        SeatView { reachable: self.is_reachable(), status: self.status.clone(), work, call }
    }
}

fn rest(now: Mono, how_long: Duration) -> Work {
    Work::Resting { until: now + how_long }
}

fn after_reject(now: Mono, terms: Terms) -> Work {
    if planted::is(Fault::NeverFreedAfterReject) { rest(now, Duration::MAX) } else { rest(now, terms.rest) }
}

fn after_talk(now: Mono, terms: Terms) -> Work {
    if terms.wrap_up.is_zero() || planted::is(Fault::LostWrapUp) {
        return Work::Idle { since: now };
    }
    Work::WrapUp { until: now + terms.wrap_up }
}
