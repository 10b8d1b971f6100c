//! What a flow asks about call-backs: which moments are free, a promise, what is promised already, another moment, an end.
//!
//! The flow goes on by `booked` or `ok` once what was agreed is safe from a power cut ("we ring you back" is said to nobody before): the
//! gate holds the answer. If the store does not answer in time, what was agreed is undone as far as that can be, and the flow leaves by
//! `error`. Whoever has hung up meanwhile is told nothing of that: what they asked for stands.
//!
//! A number can be typed in, so that those who withhold theirs can be called; but what is promised to a number is told, moved and
//! cancelled only for whoever calls from it. Limits count against the caller, and against the number that is called where the caller is
//! not known.

use jiff::civil::DateTime;

use crate::callback::{Kind, Promise, Refusal, Slot};
use crate::flow::request::CallbackAct;
use crate::flow::{Answer, Marked};
use crate::ids::{CallId, CallbackId, QueueId};
use crate::journal::Lsn;
use crate::time::Now;

use super::asking::object;
use super::gate::Held;
use super::recalling::{NotPromised, Wish};
use super::{AskId, Engine};

/// Moments told at once: more nobody keeps in mind.
const TOLD: usize = 3;
/// A place in line keeps the minutes that its queue node put it ahead, in milliseconds each.
const MINUTE_MS: i64 = 60_000;

/// What waits for the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    callback: CallbackId,
    /// Told to the flow.
    slot: Option<Slot>,
    /// When it cannot be kept.
    undo: Undo,
}

/// How it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Undo {
    /// There was no promise.
    Cancel,
    /// It was for this slot.
    MoveTo(Slot),
    /// This had been promised.
    Promise(Box<Wish>),
    /// It was a place in line, which is left for good once a slot was agreed.
    Nothing,
}

/// What is asked of call-backs.
pub(super) struct Plea {
    pub(super) act: CallbackAct,
    pub(super) number: Marked,
    pub(super) queue: QueueId,
    pub(super) slot: Option<Marked>,
}

impl Engine {
    /// A flow asks.
    pub(super) fn ask_callback(&mut self, now: Now, id: AskId, plea: Plea) {
        let done = match plea.act {
            CallbackAct::Slots => return self.tell_slots(now, id, &plea),
            CallbackAct::Find => {
                let answer = self.found(id.call, &plea).unwrap_or(Answer::NotFound);
                return self.answer_flow(now, id, answer);
            }
            CallbackAct::Keep | CallbackAct::Book => self.promise(now, id.call, plea),
            CallbackAct::Move => self.move_promise(now, id.call, &plea),
            CallbackAct::Cancel => self.cancel_promise(now, id.call, &plea),
        };
        match done {
            Ok((agreed, lsn)) => {
                self.agreed.insert(id, agreed);
                self.gate.hold_until_durable(now.mono, lsn, Held::Promise(id));
            }
            Err(answer) => self.answer_flow(now, id, answer),
        }
    }

    /// What was agreed is safe, or the store does not answer.
    pub(super) fn on_agreed(&mut self, now: Now, id: AskId, kept: bool) {
        let Some(Agreed { callback, slot, undo }) = self.agreed.remove(&id) else { return };
        if kept {
            let told = slot.map(|slot| object([("slot", Some(written(&slot)))]));
            return self.answer_flow(now, id, Answer::Ok(told));
        }
        if !self.calls.contains_key(&id.call) {
            tracing::warn!(%callback, "what was agreed of a call-back is not safe yet, and the citizen has hung up: it stands");
            return;
        }
        if !self.undo(now, callback, undo) {
            tracing::warn!(%callback, "what was agreed of a call-back was not confirmed to the citizen, and could not be undone");
        }
        self.answer_flow(now, id, Answer::Error("the store did not keep the call-back in time".to_owned()));
    }

    /// As it was before; false: that cannot be any more.
    fn undo(&mut self, now: Now, callback: CallbackId, undo: Undo) -> bool {
        match undo {
            Undo::Cancel => self.cancel_callback(now, callback, None).is_ok(),
            Undo::MoveTo(slot) => self.move_callback(now, callback, slot, None).is_ok(),
            Undo::Promise(wish) => self.promise_callback(now, *wish, None).is_ok(),
            Undo::Nothing => false,
        }
    }

    fn tell_slots(&mut self, now: Now, id: AskId, plea: &Plea) {
        let after_ms = match plea.slot.as_ref().map(|slot| self.slot_of(&plea.queue, slot)) {
            None => 0,
            Some(Ok(slot)) => slot.from_ms().saturating_add(1),
            Some(Err(answer)) => return self.answer_flow(now, id, answer),
        };
        let slots = self.callback_slots(now, &plea.queue, after_ms, TOLD);
        let mut slots = slots.iter().map(written);
        let answer = match slots.next() {
            None => Answer::Full,
            first => {
                let told = object([("first", first), ("second", slots.next()), ("third", slots.next())]);
                Answer::Ok(Some(told))
            }
        };
        self.answer_flow(now, id, answer);
    }

    fn promise(&mut self, now: Now, call: CallId, plea: Plea) -> Result<(Agreed, Lsn), Answer> {
        let kind = match plea.act {
            CallbackAct::Keep => Kind::Place(self.place_of(now, call)),
            _ => Kind::Booked(self.wanted_slot(now, &plea)?),
        };
        let slot = match &kind {
            Kind::Booked(slot) => Some(slot.clone()),
            _ => None,
        };
        let Some(call) = self.calls.get(&call) else { return Err(Answer::NotFound) };
        let wish = Wish {
            number: plea.number.text,
            queue: plea.queue,
            entity: call.entity.clone(),
            topic: call.topic.clone(),
            language: call.language.clone(),
            kind,
            case: call.case,
            source: call.citizen_id,
            contact: Some(call.id.into()),
        };
        let (callback, lsn) = self.promise_callback(now, wish, None).map_err(|why| refused(&why))?;
        Ok((Agreed { callback, slot, undo: Undo::Cancel }, lsn))
    }

    /// Since when a citizen who leaves the queue has waited, with what the queue's node gave.
    fn place_of(&self, now: Now, call: CallId) -> i64 {
        let Some(call) = self.calls.get(&call) else { return now.wall_ms() };
        let ahead = call.enqueue.as_ref().map_or(0, |enqueue| i64::from(enqueue.priority));
        call.waits_since_ms.min(now.wall_ms()).saturating_sub(ahead.saturating_mul(MINUTE_MS))
    }

    fn move_promise(&mut self, now: Now, call: CallId, plea: &Plea) -> Result<(Agreed, Lsn), Answer> {
        let callback = self.own_callback(call, plea).ok_or(Answer::NotFound)?;
        let slot = self.wanted_slot(now, plea)?;
        let before = self.recalling.diary().callback(callback).map(|callback| &callback.promise.kind);
        let undo = match before {
            Some(Kind::Booked(slot)) => Undo::MoveTo(slot.clone()),
            _ => Undo::Nothing,
        };
        let lsn =
            self.move_callback(now, callback, slot.clone(), None).map_err(|why| refused(&why.into()))?;
        Ok((Agreed { callback, slot: Some(slot), undo }, lsn))
    }

    fn cancel_promise(&mut self, now: Now, call: CallId, plea: &Plea) -> Result<(Agreed, Lsn), Answer> {
        let callback = self.own_callback(call, plea).ok_or(Answer::NotFound)?;
        let undo = self.again(callback).map_or(Undo::Nothing, |wish| Undo::Promise(Box::new(wish)));
        let lsn = self.cancel_callback(now, callback, None).map_err(|_| Answer::NotFound)?;
        Ok((Agreed { callback, slot: None, undo }, lsn))
    }

    /// What would promise the same once more.
    fn again(&self, id: CallbackId) -> Option<Wish> {
        let number = self.recalling.number(id)?.to_owned();
        let promise = self.recalling.diary().callback(id)?.promise.clone();
        let Promise { source, queue, entity, topic, language, kind, case, contact, .. } = promise;
        let contact = Some(contact);
        Some(Wish { number, queue, entity, topic, language, kind, case, source, contact })
    }

    fn found(&self, call: CallId, plea: &Plea) -> Option<Answer> {
        let id = self.own_callback(call, plea)?;
        let promise = &self.recalling.diary().callback(id)?.promise;
        let (kind, slot) = match &promise.kind {
            Kind::Booked(slot) => ("booked", Some(written(slot))),
            Kind::Place(_) | Kind::Recall => ("place", None),
        };
        let queue = Some(promise.queue.to_string());
        Some(Answer::Ok(Some(object([("kind", Some(kind.to_owned())), ("slot", slot), ("queue", queue)]))))
    }

    /// What is promised to the number, if the caller calls from it.
    fn own_callback(&self, call: CallId, plea: &Plea) -> Option<CallbackId> {
        let call = self.calls.get(&call)?;
        let citizen = self.citizens.find(&self.keys, &plea.number.text)?;
        (call.citizen_id == Some(citizen)).then(|| self.callback_of(citizen, call.topic.as_ref()))?
    }

    /// The moment that was chosen, or the next free one.
    fn wanted_slot(&self, now: Now, plea: &Plea) -> Result<Slot, Answer> {
        match &plea.slot {
            Some(slot) => self.slot_of(&plea.queue, slot),
            None => self.callback_slots(now, &plea.queue, 0, 1).pop().ok_or(Answer::Full),
        }
    }

    fn slot_of(&self, queue: &QueueId, slot: &Marked) -> Result<Slot, Answer> {
        let none = || Answer::Error("the slot is no moment as `slots` tells them".to_owned());
        let start: DateTime = slot.text.parse().map_err(|_| none())?;
        self.callback_slot(queue, start).ok_or_else(none)
    }
}

/// As `slot()` speaks it.
fn written(slot: &Slot) -> String {
    slot.start.strftime("%Y-%m-%dT%H:%M").to_string()
}

/// By which exit whoever was refused leaves.
fn refused(why: &NotPromised) -> Answer {
    match why {
        NotPromised::NotOffered(_) => Answer::Error(why.to_string()),
        NotPromised::Number(_) | NotPromised::Short | NotPromised::Nobody => Answer::Declined,
        NotPromised::Refused(Refusal::Known(_) | Refusal::TooMany) => Answer::Declined,
        NotPromised::Refused(Refusal::Unknown(_) | Refusal::UnderWay(_)) => Answer::NotFound,
        NotPromised::Refused(_) => Answer::Full,
    }
}
