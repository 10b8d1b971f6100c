//! Call-backs: who was promised a call, when it is made, and what is done when it fails.
//!
//! Two kinds are one object. Who *keeps the place* hangs up and goes on waiting; who *books* has chosen a [`Slot`]. Either way a call-back
//! is open from its promise to its end, and in between it waits, stands in the line of its queue, is called, and talks:
//!
//! - **Promised.** One need, one call: a citizen has at most one open call-back about a topic. Slots have a capacity, citizens a limit a
//!   day, and nothing is promised outside the opening hours, too soon or too far ahead ([`booking`](self)).
//! - **Due.** When its time has come it takes a place in its queue like any caller, no better and no worse: who keeps the place, the old
//!   one; who has booked, one that counts from the beginning of the slot. If no operator has come for it after a while it is *escalated*:
//!   it gets some minutes of advantage, and the supervisor hears of it.
//! - **Called.** The operator is asked first and sees what it is about; the citizen's phone rings when somebody is there to talk, and for
//!   one of the citizen's needs at a time. Each attempt is written down before it is made and the talk before it is heard, so that whatever crashes nobody is talked to twice.
//! - **Not reached.** Each way of failing has its own pause and its own limit ([`CallbackRules`]). A trunk that fails is no attempt.
//! - **Over.** Served, cancelled, helped in another way, not reached, or *missed*: its time went by without a call. Nothing else ends it.
//!
//! Beside it the [`RecallList`] holds those who called in vain and were promised nothing.
//!
//! What is on record is the [`Diary`], a fold over [`Change`]s. [`Callbacks`] adds what only matters while the exchange runs: places in
//! line and alarms. Its clock is the one on the wall, which may jump: a jump back takes those out of the line who are early again.

mod booking;
mod change;
mod diary;
mod figures;
mod recall;
mod rules;
mod slot;

#[cfg(test)]
mod tests;

pub use booking::{Refusal, Wanted};
pub use change::{Change, End, Kind, Promise};
pub use diary::{Callback, Diary, Stage};
pub use figures::{Day, Figures};
pub use recall::{Caller, InVain, RecallList};
pub use rules::{CallbackRules, Capacity, First, Retry, Unreached};
pub use slot::Slot;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::flow::hours::Hours;
use crate::ids::{CallbackId, CitizenId, ContactId, QueueId, TopicId};
use crate::planted::{self, Fault};
use crate::time::moment;

/// How soon to look again whether a queue has opened, or has room.
const LOOK_AGAIN_MS: i64 = 60_000;
/// A clock that goes back by less is one that is being set right.
const JITTER_MS: i64 = 2_000;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write this down. It counts already.
    Write {
        /// Of which.
        id: CallbackId,
        /// What.
        change: Change,
    },
    /// Ask for a place in line.
    Enter {
        /// For which.
        id: CallbackId,
        /// Where.
        queue: QueueId,
        /// Its waiting counts since this moment, in milliseconds of the Unix epoch.
        since_ms: i64,
        /// Minutes of advantage.
        ahead: i32,
    },
    /// The one in line is ahead by so many minutes more.
    Advance {
        /// Which.
        id: CallbackId,
        /// Minutes.
        minutes: i32,
    },
    /// Take it out of the line, rung for or not.
    Leave {
        /// Which.
        id: CallbackId,
    },
}

/// The call may not be made (any more).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this call-back is over, is being called already, or its time is not now")]
pub struct NotNow;

/// A place in line.
#[derive(Clone, Copy, Debug)]
struct Line {
    entered_ms: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Callbacks {
    rules: BTreeMap<QueueId, CallbackRules>,
    diary: Diary,
    line: BTreeMap<CallbackId, Line>,
    alarms: BTreeSet<(i64, CallbackId)>,
    alarm_of: BTreeMap<CallbackId, i64>,
    actions: VecDeque<Action>,
    /// As last told.
    now_ms: i64,
}

impl Callbacks {
    /// Goes on from `diary`: calls that a crash cut off count as attempts, talks that it cut off as talks.
    pub fn new(now_ms: i64, rules: BTreeMap<QueueId, CallbackRules>, diary: Diary) -> Callbacks {
        let mut callbacks = Callbacks { rules, diary, now_ms, ..Callbacks::default() };
        let open: Vec<_> = callbacks.diary.open().map(|(id, callback)| (id, callback.stage)).collect();
        for (id, stage) in open {
            match stage {
                Stage::Waiting => callbacks.look_at(id),
                Stage::Talking(_) if !planted::is(Fault::TalkedToAgain) => callbacks.end(id, End::Served),
                Stage::Calling(contact) | Stage::Talking(contact) => {
                    callbacks.on_not_reached(now_ms, id, contact, Unreached::Interrupted);
                }
            }
        }
        callbacks
    }

    /// Go on by other rules; what was promised stays promised.
    pub fn set_rules(&mut self, rules: BTreeMap<QueueId, CallbackRules>) {
        self.rules = rules;
        let open: Vec<_> = self.diary.open().map(|(id, _)| id).collect();
        open.into_iter().for_each(|id| self.look_at(id));
    }

    /// By which rules this queue calls back, if it does.
    pub fn rules(&self, queue: &QueueId) -> Option<&CallbackRules> {
        self.rules.get(queue)
    }

    /// What is on record.
    pub fn diary(&self) -> &Diary {
        &self.diary
    }

    /// What is to be done, in order.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`Callbacks::handle_time`], in milliseconds of the Unix epoch.
    pub fn poll_timeout_ms(&self) -> Option<i64> {
        self.alarms.first().map(|(at, _)| *at)
    }

    /// It is `now_ms` by the clock on the wall.
    pub fn handle_time(&mut self, now_ms: i64) {
        let back = self.now_ms.saturating_sub(now_ms) > JITTER_MS;
        self.now_ms = now_ms;
        if back {
            self.on_clock_set_back();
        }
        // Ends: whoever is looked at is over, or gets an alarm later than `now_ms`.
        while let Some((at, id)) = self.alarms.first().copied()
            && at <= now_ms
        {
            self.look_at(id);
        }
    }

    fn on_clock_set_back(&mut self) {
        let open: Vec<_> = self.diary.open().map(|(id, callback)| (id, callback.next_ms)).collect();
        for (id, next_ms) in open {
            if next_ms > self.now_ms {
                self.leave_line(id);
            } else if let Some(line) = self.line.get_mut(&id) {
                line.entered_ms = line.entered_ms.min(self.now_ms);
            }
            self.set_alarm(id);
        }
    }

    /// Something about it may be due.
    fn look_at(&mut self, id: CallbackId) {
        self.forget_alarm(id);
        let Some(callback) = self.diary.callback(id).filter(|callback| callback.stage == Stage::Waiting)
        else {
            return;
        };
        let (queue, until_ms, next_ms) =
            (callback.promise.queue.clone(), until_ms(callback), callback.next_ms);
        if until_ms <= self.now_ms {
            return self.end(id, in_vain(callback));
        }
        let may_call = next_ms <= self.now_ms && self.is_open(&queue) && !self.is_called_by_another(id);
        match (may_call, self.line.contains_key(&id)) {
            (true, false) => self.enter_line(id),
            (true, true) => self.escalate_if_due(id),
            (false, true) => self.leave_line(id),
            (false, false) => {}
        }
        self.set_alarm(id);
    }

    fn enter_line(&mut self, id: CallbackId) {
        let Some(callback) = self.diary.callback(id) else { return };
        let queue = callback.promise.queue.clone();
        let ahead = if callback.escalated { self.rules_of(&queue).escalate_by } else { 0 };
        let since_ms = callback.since_ms().min(self.now_ms);
        self.line.insert(id, Line { entered_ms: self.now_ms });
        self.actions.push_back(Action::Enter { id, queue, since_ms, ahead });
    }

    fn leave_line(&mut self, id: CallbackId) {
        if self.line.remove(&id).is_some() {
            self.actions.push_back(Action::Leave { id });
        }
    }

    fn escalate_if_due(&mut self, id: CallbackId) {
        if self.escalates_ms(id).is_some_and(|at| at <= self.now_ms)
            && let Some(callback) = self.diary.callback(id)
        {
            let minutes = self.rules_of(&callback.promise.queue).escalate_by;
            self.write(id, Change::Escalated);
            self.actions.push_back(Action::Advance { id, minutes });
        }
    }

    fn escalates_ms(&self, id: CallbackId) -> Option<i64> {
        let callback = self.diary.callback(id).filter(|callback| !callback.escalated)?;
        let line = self.line.get(&id)?;
        Some(line.entered_ms.saturating_add(millis(self.rules_of(&callback.promise.queue).escalate_after)))
    }

    /// The queue had no place for it, or has sent it away: it asks again.
    pub fn on_no_place(&mut self, now_ms: i64, id: CallbackId) {
        self.now_ms = now_ms;
        self.line.remove(&id);
        self.forget_alarm(id);
        if self.is_waiting(id) {
            self.set_alarm_at(id, now_ms.saturating_add(LOOK_AGAIN_MS));
        }
    }

    /// Something about it has changed that the clock does not know of: it may ask for a place again.
    pub fn look_again(&mut self, id: CallbackId) {
        self.look_at(id);
    }

    /// An operator is there and the citizen is to be called, in `contact`. From here on it has no place in line.
    ///
    /// # Errors
    /// It may not be called now; whoever is there has to be told.
    pub fn on_attempt(&mut self, now_ms: i64, id: CallbackId, contact: ContactId) -> Result<(), NotNow> {
        self.now_ms = now_ms;
        let callback = self.diary.callback(id).ok_or(NotNow)?;
        let in_time = (callback.next_ms..until_ms(callback)).contains(&now_ms);
        let may_call = self.is_open(&callback.promise.queue) && !self.is_called_by_another(id);
        let is_due = callback.stage == Stage::Waiting && in_time && may_call;
        self.line.remove(&id);
        if !is_due {
            self.set_alarm(id);
            return Err(NotNow);
        }
        self.forget_alarm(id);
        if planted::is(Fault::AttemptUnwritten) {
            self.diary.apply(now_ms, id, &Change::Attempted { contact });
            return Ok(());
        }
        self.write(id, Change::Attempted { contact });
        Ok(())
    }

    /// The call of `contact` reached nobody; or its talk was written down, and somebody was gone before it began.
    pub fn on_not_reached(&mut self, now_ms: i64, id: CallbackId, contact: ContactId, why: Unreached) {
        self.now_ms = now_ms;
        let Some(callback) = self.diary.callback(id) else { return };
        if ![Stage::Calling(contact), Stage::Talking(contact)].contains(&callback.stage) {
            return;
        }
        let failures: Vec<_> = callback.failures.iter().copied().chain([why]).collect();
        let after = self.rules_of(&callback.promise.queue).next_try(&failures);
        let until_ms = until_ms(callback);
        let next_ms = after.map(|after| now_ms.saturating_add(millis(after))).filter(|next| *next < until_ms);
        self.write(id, Change::NotReached { why, next_ms });
        match (next_ms, self.diary.callback(id)) {
            (None, Some(callback)) => self.end(id, in_vain(callback)),
            _ => self.set_alarm(id),
        }
    }

    /// Citizen and operator are about to hear each other; false: they may not, it has been or is over.
    #[must_use]
    pub fn on_joined(&mut self, now_ms: i64, id: CallbackId, contact: ContactId) -> bool {
        self.now_ms = now_ms;
        let calls = self.diary.callback(id).is_some_and(|callback| callback.stage == Stage::Calling(contact));
        if calls {
            self.write(id, Change::Joined { contact });
        }
        calls
    }

    /// The talk is over.
    pub fn on_talked(&mut self, now_ms: i64, id: CallbackId) {
        self.now_ms = now_ms;
        if self.diary.callback(id).is_some_and(|callback| matches!(callback.stage, Stage::Talking(_))) {
            self.end(id, End::Served);
        }
    }

    /// The citizen was helped about this topic by an operator, or in another way: no need to call any more. One that is being called
    /// already goes on.
    pub fn on_helped(&mut self, now_ms: i64, citizen: CitizenId, topic: Option<&TopicId>) {
        if let Some(id) = self.diary.of_need(citizen, topic) {
            self.on_met(now_ms, id);
        }
    }

    /// The need that this one was promised for is met: no need to call any more. One that is being called already goes on.
    pub fn on_met(&mut self, now_ms: i64, id: CallbackId) {
        self.now_ms = now_ms;
        if self.is_waiting(id) {
            self.end(id, End::Helped);
        }
    }

    fn end(&mut self, id: CallbackId, how: End) {
        self.leave_line(id);
        self.forget_alarm(id);
        self.write(id, Change::Ended { how });
    }

    fn write(&mut self, id: CallbackId, change: Change) {
        let frees_or_takes =
            matches!(change, Change::Attempted { .. } | Change::NotReached { .. } | Change::Ended { .. });
        let citizen = self.diary.callback(id).map(|callback| callback.promise.citizen);
        self.diary.apply(self.now_ms, id, &change);
        self.actions.push_back(Action::Write { id, change });
        if let Some(citizen) = citizen.filter(|_| frees_or_takes) {
            let others: Vec<_> = self.diary.of_citizen(citizen).filter(|other| *other != id).collect();
            others.into_iter().for_each(|other| self.look_at(other));
        }
    }

    /// The citizen is on the phone about another need: two operators would ring one phone, and the second find it engaged.
    fn is_called_by_another(&self, id: CallbackId) -> bool {
        let Some(callback) = self.diary.callback(id) else { return false };
        let others = self.diary.of_citizen(callback.promise.citizen).filter(|other| *other != id);
        others.filter_map(|other| self.diary.callback(other)).any(|other| other.stage != Stage::Waiting)
    }

    fn is_waiting(&self, id: CallbackId) -> bool {
        self.diary.callback(id).is_some_and(|callback| callback.stage == Stage::Waiting)
    }

    fn rules_of(&self, queue: &QueueId) -> CallbackRules {
        self.rules.get(queue).cloned().unwrap_or_default()
    }

    fn is_open(&self, queue: &QueueId) -> bool {
        let hours = self.rules.get(queue).and_then(|rules| rules.hours.as_ref());
        let now = moment(self.now_ms);
        hours.is_none_or(|hours| hours.at(now) == Hours::Open)
    }

    // -- alarms: one for each that waits

    fn set_alarm(&mut self, id: CallbackId) {
        self.forget_alarm(id);
        let Some(callback) = self.diary.callback(id).filter(|callback| callback.stage == Stage::Waiting)
        else {
            return;
        };
        // What closes by its hours or by a supervisor is noticed within the minute.
        let again = if callback.next_ms > self.now_ms {
            callback.next_ms
        } else {
            self.now_ms.saturating_add(LOOK_AGAIN_MS)
        };
        let at = again.min(until_ms(callback)).min(self.escalates_ms(id).unwrap_or(i64::MAX));
        self.set_alarm_at(id, at);
    }

    fn set_alarm_at(&mut self, id: CallbackId, at: i64) {
        self.alarms.insert((at, id));
        self.alarm_of.insert(id, at);
    }

    fn forget_alarm(&mut self, id: CallbackId) {
        if let Some(at) = self.alarm_of.remove(&id) {
            self.alarms.remove(&(at, id));
        }
    }
}

/// Nobody is called later.
fn until_ms(callback: &Callback) -> i64 {
    if planted::is(Fault::WindowIgnored) { i64::MAX } else { callback.promise.until_ms }
}

/// How one ends that nobody will call any more.
fn in_vain(callback: &Callback) -> End {
    let was_called = callback.failures.iter().any(|why| why.counts());
    if was_called { End::NotReached } else { End::Missed }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
