//! Call-backs in the running exchange: the machine of [`callback`] is restored, fed with time, and what it wants is done.
//!
//! Everything that changes a call-back goes through here, whoever asks: the flow of a citizen, an operator, a command. What may be
//! promised is the machine's to say; which number may be called is judged here, because only the configuration knows. A change
//! counts at once and goes to the journal as a fact; whoever has to know that it is safe holds on to the [`Lsn`] that is returned.
//!
//! The machine lives by the clock on the wall and we sleep by our own: so it is told the time at every input, and no sleep while
//! anything is open is longer than [`LOOK_EVERY`]. What takes a place in line and is called is in [`recalled`](super).

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::DateTime;

use super::paced::PACE_EVERY;
use super::recall_line::Line;
use super::tasks::HeldBack;
use super::{CallbackReply, Engine, RequestId};
use crate::callback::{
    Action, Callbacks, Change, Diary, End, Kind, Promise, Refusal, Slot, Unreached, Wanted,
};
use crate::config::Config;
use crate::flow::destinations::NoRoute;
use crate::ids::{CallId, CallbackId, CaseId, CitizenId, ContactId, EntityId, Language, QueueId, TopicId};
use crate::journal::Lsn;
use crate::journal::entry::{Fact, Personal};
use crate::journal::recovery::Recovered;
use crate::time::{Mono, Now};

/// How long a clock that was put forward may go unnoticed.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// What the engine keeps of call-backs.
#[derive(Debug, Default)]
pub(super) struct Recalling {
    pub(super) callbacks: Callbacks,
    /// Of each that is open.
    known: BTreeMap<CallbackId, Known>,
    /// Those that have a place in line.
    pub(super) line: Line,
    /// Due, and held back until their queue permits them.
    pub(super) held_back: HeldBack,
    /// When the machine wants to be woken, by both clocks.
    alarm: Option<(i64, Mono)>,
    pub(super) counts: Counts,
    /// Answers that wait until what they say is safe. As many as commands in course.
    pub(super) replies: BTreeMap<RequestId, CallbackReply>,
}

/// What is not the machine's business.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// Whose key seals the number.
    contact: ContactId,
    /// Whom to call.
    pub(super) number: String,
}

/// Since the start, for `/metrics`.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Those that are open.
    pub open: usize,
    /// Over, by how.
    pub ended: BTreeMap<&'static str, u64>,
    /// Ahead of others, because nobody was free for them in time.
    pub escalated: u64,
    /// Times that a citizen was called.
    pub attempts: u64,
    /// Of these, the citizen answered before an operator was there, and none came in time.
    pub abandoned: u64,
}

/// What somebody wants to be promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// Whom to call.
    pub(super) number: String,
    /// Whose operators call.
    pub(super) queue: QueueId,
    /// For which body.
    pub(super) entity: EntityId,
    /// What about.
    pub(super) topic: Option<TopicId>,
    /// Spoken to the citizen.
    pub(super) language: Language,
    /// To keep a place, or which slot.
    pub(super) kind: Kind,
    /// The case that it goes on with.
    pub(super) case: Option<CaseId>,
    /// Who asks, when that is known: limits are counted for this one.
    pub(super) source: Option<CitizenId>,
    /// In which contact; none: nobody is on the line.
    pub(super) contact: Option<ContactId>,
}

/// Why it is not promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotPromised {
    /// The queue promises nothing.
    #[error("queue `{0}` calls nobody back; give it [queue.callback] in queues.toml")]
    NotOffered(QueueId),
    /// The number may not be called.
    #[error(transparent)]
    Number(#[from] NoRoute),
    /// The number is a service's, or that of those who help.
    #[error("short numbers and emergency numbers are not called back; give the citizen's own number")]
    Short,
    /// The number belongs to nobody.
    #[error("this is nobody's number")]
    Nobody,
    /// The machine says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl Recalling {
    /// As it was when the journal ended. Numbers whose key is gone are not to be had back.
    pub(super) fn restored(now: Now, config: &Config, recovered: &Recovered) -> Recalling {
        let rules = config.callback_rules(&config.calendars);
        let sealed = recovered.state.callback_numbers.iter();
        let known = sealed.filter_map(|(id, (contact, number))| {
            let Personal::Clear(number) = recovered.keys.unseal(*contact, "callback", number) else {
                return None;
            };
            Some((*id, Known { contact: *contact, number }))
        });
        let callbacks = Callbacks::new(now.wall_ms(), rules, recovered.state.callbacks.clone());
        Recalling { callbacks, known: known.collect(), ..Recalling::default() }
    }

    /// When to look again.
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.alarm.map(|(_, at)| at)
    }

    /// What is open.
    pub(super) fn diary(&self) -> &Diary {
        self.callbacks.diary()
    }

    /// The number of one that is open.
    pub(super) fn number(&self, id: CallbackId) -> Option<&str> {
        self.known.get(&id).map(|known| known.number.as_str())
    }

    /// Whose operators this call to keep a promise is made for.
    pub(super) fn queue_of(&self, call: CallId) -> Option<&QueueId> {
        let callback = self.line.promise_of(call).filter(|_| self.line.is_called(call))?;
        self.diary().callback(callback).map(|callback| &callback.promise.queue)
    }

    /// For `/metrics`.
    pub(super) fn counts(&self) -> Counts {
        Counts { open: self.diary().open().count(), ..self.counts.clone() }
    }

    /// Wake in time for what is due next.
    pub(super) fn set_alarm(&mut self, now: Now) {
        let next = self.callbacks.poll_timeout_ms();
        let look_every = if self.line.is_paced() { PACE_EVERY } else { LOOK_EVERY };
        let in_time = |at: Mono| now.mono < at && at <= now.mono + look_every;
        if self.alarm.is_some_and(|(ms, at)| next == Some(ms) && in_time(at)) {
            return;
        }
        self.alarm = next.map(|ms| {
            let away = u64::try_from(ms.saturating_sub(now.wall_ms())).unwrap_or_default().max(1);
            (ms, now.mono + Duration::from_millis(away).min(look_every))
        });
    }

    fn count(&mut self, change: &Change) {
        match change {
            Change::Escalated => self.counts.escalated += 1,
            Change::Attempted { .. } => self.counts.attempts += 1,
            Change::NotReached { why: Unreached::Abandoned, .. } => self.counts.abandoned += 1,
            Change::Ended { how } => *self.counts.ended.entry(how.word()).or_default() += 1,
            _ => {}
        }
    }
}

impl Engine {
    // -- what may be asked: by a citizen's flow, by an operator, by command

    /// Promise it: a place that is kept, or a slot. It is safe once the entry that is returned is durable.
    ///
    /// # Errors
    /// The number may not be called, or it may not be promised.
    pub(super) fn promise_callback(
        &mut self,
        now: Now,
        wish: Wish,
        by: Option<&str>,
    ) -> Result<(CallbackId, Lsn), NotPromised> {
        if !self.recalling.callbacks.is_offered(&wish.queue) {
            return Err(NotPromised::NotOffered(wish.queue));
        }
        let number = self.callable(&wish.number)?;
        let id = CallbackId(self.stamps.next_stamp());
        // Where nobody is on the line, the promise has a key of its own.
        let contact = wish.contact.unwrap_or(ContactId(id.0));
        let citizen = self.citizen_of(now, contact, &number).ok_or(NotPromised::Nobody)?;
        let Wish { queue, entity, topic, language, kind, case, source, .. } = wish;
        let wanted = Wanted { citizen, source, queue, entity, topic, language, kind, contact, case };
        self.recalling.callbacks.book(now.wall_ms(), id, wanted)?;
        self.recalling.known.insert(id, Known { contact, number });
        Ok((id, self.write_down(now, by)))
    }

    /// The next slots of this queue that may be promised, at most so many, from `after_ms` on (milliseconds of the Unix epoch).
    pub(super) fn callback_slots(&self, now: Now, queue: &QueueId, after_ms: i64, most: usize) -> Vec<Slot> {
        self.recalling.callbacks.free_slots(now.wall_ms(), queue, after_ms, most)
    }

    /// The slot that begins when the clock on the wall shows this; `None`: the queue has no slots.
    pub(super) fn callback_slot(&self, queue: &QueueId, start: DateTime) -> Option<Slot> {
        self.recalling.callbacks.slot_at(queue, start)
    }

    /// What this citizen has been promised: about the topic, or else anything, the oldest first.
    pub(super) fn callback_of(&self, citizen: CitizenId, topic: Option<&TopicId>) -> Option<CallbackId> {
        let diary = self.recalling.diary();
        diary.of_need(citizen, topic).or_else(|| diary.of_citizen(citizen).min())
    }

    /// Agree on another slot.
    ///
    /// # Errors
    /// It may not be promised, or it is too late.
    pub(super) fn move_callback(
        &mut self,
        now: Now,
        id: CallbackId,
        slot: Slot,
        by: Option<&str>,
    ) -> Result<Lsn, Refusal> {
        self.recalling.callbacks.move_to(now.wall_ms(), id, slot)?;
        Ok(self.write_down(now, by))
    }

    /// Take it back.
    ///
    /// # Errors
    /// There is none, or the citizen is being called.
    pub(super) fn cancel_callback(
        &mut self,
        now: Now,
        id: CallbackId,
        by: Option<&str>,
    ) -> Result<Lsn, Refusal> {
        self.recalling.callbacks.cancel(now.wall_ms(), id)?;
        Ok(self.write_down(now, by))
    }

    /// The citizen of this call talks with an operator: one need, one call. What was promised for the same case is not needed any more,
    /// nor what was promised about the same topic, one below it or one above; where nobody has said what it is about, what the same
    /// operators have promised.
    pub(super) fn on_call_helped(&mut self, now: Now, call: CallId) {
        let Some(call) = self.calls.get(&call) else { return };
        let Some(citizen) = call.citizen_id else { return };
        let queue = call.seat.as_ref().map(|seat| &seat.queue);
        let served = |promise: &Promise| match (&promise.topic, &call.topic) {
            _ if call.case.is_some() && promise.case == call.case => true,
            (Some(promised), Some(topic)) => promised.covers(topic) || topic.covers(promised),
            _ => Some(&promise.queue) == queue,
        };
        let diary = self.recalling.diary();
        let open = diary.of_citizen(citizen);
        let met = open.filter(|id| diary.callback(*id).is_some_and(|open| served(&open.promise))).collect();
        self.in_vain.on_taken_care_of(citizen);
        self.end_callbacks(now, met, None);
    }

    /// A person has closed this case, which these contacts belong to: what was promised for it is not needed any more.
    pub(super) fn on_case_closed(&mut self, now: Now, case: CaseId, contacts: &[ContactId], by: &str) {
        let is_of = |promise: &Promise| promise.case == Some(case) || contacts.contains(&promise.contact);
        let open = self.recalling.diary().open();
        let met = open.filter(|(_, open)| is_of(&open.promise)).map(|(id, _)| id).collect();
        self.end_callbacks(now, met, Some(by));
    }

    fn end_callbacks(&mut self, now: Now, met: Vec<CallbackId>, by: Option<&str>) {
        for id in met {
            self.recalling.callbacks.on_met(now.wall_ms(), id);
        }
        self.settle_callbacks(now, by);
    }

    /// The number as it is called, if a call-back may go there: the numbering plan, what the configuration allows, nobody in need.
    pub(super) fn callable(&self, number: &str) -> Result<String, NotPromised> {
        let route = self.config.route(number)?;
        let is_help = self.config.emergency(number.trim()).is_some();
        if is_help || route.number.is_short() {
            Err(NotPromised::Short)
        } else {
            Ok(route.number.reveal().to_owned())
        }
    }

    // -- the machine

    /// The machine hears what time it is; first of all at every input.
    pub(super) fn tell_callbacks_time(&mut self, now: Now) {
        self.recalling.callbacks.handle_time(now.wall_ms());
    }

    /// Other rules; what was promised stays promised.
    pub(super) fn reload_callbacks(&mut self) {
        let rules = self.config.callback_rules(&self.calendars);
        self.recalling.callbacks.set_rules(rules);
    }

    /// A change that somebody has made goes to the journal.
    fn write_down(&mut self, now: Now, by: Option<&str>) -> Lsn {
        self.settle_callbacks(now, by).expect("a change that was accepted is written")
    }

    /// Do all that the machine wants. The entry of the last change, if there was one.
    pub(super) fn settle_callbacks(&mut self, now: Now, by: Option<&str>) -> Option<Lsn> {
        let mut last = None;
        // Ends: what is done here makes the machine want nothing more.
        while let Some(action) = self.recalling.callbacks.poll_action() {
            last = self.on_callback(now, action, by).or(last);
        }
        last
    }

    /// Do what the machine wants; the entry of a change.
    pub(super) fn on_callback(&mut self, now: Now, action: Action, by: Option<&str>) -> Option<Lsn> {
        match action {
            Action::Write { id, change } => return Some(self.write_change(now, id, change, by)),
            Action::Enter { id, queue, since_ms, ahead } => {
                self.enter_recall(now, id, queue, (since_ms, ahead));
            }
            Action::Advance { id, minutes } => self.advance_recall(now, id, minutes),
            Action::Leave { id } => self.leave_recall(now, id),
        }
        None
    }

    pub(super) fn write_change(&mut self, now: Now, id: CallbackId, what: Change, by: Option<&str>) -> Lsn {
        self.recalling.count(&what);
        self.in_vain.on_change(now.wall_ms(), id, &what);
        tell(id, &what);
        let is_new = matches!(what, Change::Promised { .. });
        let of_promise = match &what {
            Change::Promised { promise } => Some(promise.contact),
            _ => self.recalling.diary().callback(id).map(|callback| callback.promise.contact),
        };
        let known = self.recalling.known.get(&id);
        let contact = of_promise.or(known.map(|known| known.contact)).unwrap_or(ContactId(id.0));
        if let Some((promised, call)) = what.is_promised().zip(self.calls.get_mut(&CallId::from(contact))) {
            call.story.on_promised(promised);
        }
        let number = known.filter(|_| is_new).map(|known| Personal::Clear(known.number.clone()));
        if let Change::Ended { how } = &what {
            self.recalling.held_back.forget(id);
            if !how.is_in_vain() {
                self.recalling.known.remove(&id);
            }
            let Recalling { callbacks, known, .. } = &mut self.recalling;
            callbacks.diary().keep_needed(known, self.in_vain.list());
        }
        let by = by.map(str::to_owned);
        let is_agreed = match what {
            Change::Promised { .. } | Change::Moved { .. } => true,
            Change::Ended { how } => how == End::Cancelled,
            _ => false,
        };
        self.append_as(now, Fact::Callback { callback: id, contact, number, what, by }, is_agreed)
    }
}

/// What a supervisor has to hear of.
fn tell(id: CallbackId, change: &Change) {
    match change {
        Change::Escalated => {
            tracing::warn!(callback = %id, "nobody is free for a call-back that is due; it is ahead of others now")
        }
        Change::Ended { how: End::Missed } => {
            tracing::warn!(callback = %id, "a call-back was missed: its time went by without a call; it is on the recall list");
        }
        Change::Ended { how: End::NotReached } => {
            tracing::warn!(callback = %id, "a citizen who was promised a call could not be reached; see the recall list");
        }
        _ => {}
    }
}
