//! Who called in vain: the list as it is while the exchange runs, worked by hand or by rule.
//!
//! Somebody comes onto it by hanging up in a queue, by leaving one unserved, by finding the service closed where the flow's `hours` names
//! a queue, or by a promise that was not kept; and leaves it by talking with an operator, by a promise, by a message for operators, or
//! by the word of whoever has taken care. The journal's fold ([`Recovery`](crate::journal::recovery::Recovery)) says the same after a
//! restart: what is changed here is changed there by the same fact.
//!
//! By rule (`recalls` of `[queue.callback]`) they are promised a call at once: now, where the queue is open, or in the next free slot.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::callback::{Caller, Change, InVain, Kind, Promise, RecallList};
use crate::ids::{CallbackId, CitizenId, ContactId, EntityId, Language, QueueId, TopicId};
use crate::journal::entry::Fact;
use crate::journal::recovery::Recovered;
use crate::time::{Now, rome};
use crate::words::Outcome;

use super::recall_orders::{MOST_LISTED, Page};
use super::recalling::Wish;
use super::{Engine, Reply};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct CalledInVain {
    list: RecallList,
    /// What was promised and is not over.
    promises: BTreeMap<CallbackId, Promise>,
}

/// What people ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecallOrder {
    /// Who is on it.
    List(Page),
    /// One of them, with the number to call.
    One(CitizenId),
    /// Somebody has taken care of one.
    Done {
        /// Of whom.
        citizen: CitizenId,
        /// Who says so.
        by: String,
    },
}

/// One on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InVainState {
    /// Who.
    pub citizen: CitizenId,
    /// Whose operators could call.
    pub queue: QueueId,
    /// For which body.
    pub entity: EntityId,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Spoken.
    pub language: Language,
    /// The last contact.
    pub contact: ContactId,
    /// When it was first.
    pub first: String,
    /// When it was last.
    pub last: String,
    /// How often.
    pub times: u32,
    /// Why, the last time.
    pub why: InVain,
    /// The number of the promise that was not kept, if that was it: for whoever calls, and not told.
    #[serde(skip)]
    pub number: Option<String>,
}

impl CalledInVain {
    /// As it was when the journal ended.
    pub(super) fn restored(recovered: &Recovered) -> CalledInVain {
        let open = recovered.state.callbacks.open();
        let promises = open.map(|(id, callback)| (id, callback.promise.clone())).collect();
        CalledInVain { list: recovered.state.recall.clone(), promises }
    }

    /// Something happens to a call-back.
    pub(super) fn on_change(&mut self, at_ms: i64, id: CallbackId, change: &Change) {
        match change {
            Change::Promised { promise } => {
                self.list.on_taken_care_of(promise.citizen);
                self.promises.insert(id, (**promise).clone());
            }
            Change::Joined { .. } => {
                if let Some(promise) = self.promises.get(&id) {
                    self.list.on_taken_care_of(promise.citizen);
                }
            }
            Change::Ended { how } => {
                let Some(promise) = self.promises.remove(&id) else { return };
                if how.is_in_vain() {
                    self.list.on_in_vain(promise.citizen, Caller::promised(id, &promise, at_ms));
                }
            }
            _ => {}
        }
    }

    /// The list.
    pub(super) fn list(&self) -> &RecallList {
        &self.list
    }

    /// Nobody needs to think of this citizen any more.
    pub(super) fn on_taken_care_of(&mut self, citizen: CitizenId) {
        self.list.on_taken_care_of(citizen);
    }

    /// The citizen of this contact has left a message for operators.
    pub(super) fn on_message(&mut self, contact: ContactId) {
        self.list.on_message(contact);
    }

    /// Who is on it, the longest missed first; `number`: of what was promised to them.
    fn states(&self, page: Page, number: impl Fn(CallbackId) -> Option<String>) -> Vec<InVainState> {
        let all = self.list.callers().into_iter().skip(page.skip).take(page.most.min(MOST_LISTED));
        all.map(|(citizen, caller)| in_vain_state(citizen, caller, &number)).collect()
    }
}

impl Engine {
    /// A call has ended like this: who called in vain is on the list from now on, or is promised a call.
    pub(super) fn note_in_vain(&mut self, now: Now, call: &Call, outcome: Outcome, short: bool) {
        let queue = call.enqueue.as_ref().map(|enqueue| enqueue.queue.clone());
        let Some((why, queue)) = InVain::of(outcome, short, queue, call.found_closed.clone()) else { return };
        let Some(citizen) = call.citizen_id else { return };
        let (at_ms, contact) = (now.wall_ms(), call.id.into());
        let (entity, topic, language) = (call.entity.clone(), call.topic.clone(), call.language.clone());
        let (first_ms, last_ms, times) = (at_ms, at_ms, 1);
        let callback = None;
        let caller =
            Caller { queue, entity, topic, language, contact, first_ms, last_ms, times, why, callback };
        self.in_vain.list.on_in_vain(citizen, caller.clone());
        self.recall_by_rule(now, call, caller);
    }

    fn recall_by_rule(&mut self, now: Now, call: &Call, caller: Caller) {
        let queue = self.config.queues.get(&caller.queue);
        let Some(rules) = queue.filter(|queue| queue.callback.as_ref().is_some_and(|rules| rules.recalls))
        else {
            return;
        };
        let is_shut = self.switches.close_queue(&caller.queue, &caller.entity, now.wall_ms());
        let kind = if !is_shut && rules.is_open(&self.config.calendars, now.wall) {
            Kind::Recall
        } else {
            let Some(slot) = self.callback_slots(now, &caller.queue, 0, 1).pop() else { return };
            Kind::Booked(slot)
        };
        let Caller { queue, entity, topic, language, contact, .. } = caller;
        let wish = Wish {
            number: call.from.clone(),
            queue,
            entity,
            topic,
            language,
            kind,
            case: call.case,
            source: None,
            contact: Some(contact),
        };
        if let Err(why) = self.promise_callback(now, wish, Some("rule")) {
            tracing::info!(%contact, %why, "who called in vain is not called back by rule, and stays on the recall list");
        }
    }

    /// The flow has found the service closed.
    pub(super) fn on_found_closed(&mut self, now: Now, id: crate::ids::CallId, queue: QueueId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.found_closed = Some(queue.clone());
        }
        self.append(now, Fact::FoundClosed { contact: id.into(), queue });
    }

    pub(super) fn order_recall(&mut self, now: Now, order: RecallOrder) -> Reply {
        match order {
            RecallOrder::List(page) => {
                let number = |id| self.recalling.number(id).map(str::to_owned);
                Reply::InVain(self.in_vain.states(page, number))
            }
            RecallOrder::One(citizen) => {
                let number = |id| self.recalling.number(id).map(str::to_owned);
                let found = self.in_vain.list.caller(citizen);
                Reply::InVain(
                    found.map(|caller| in_vain_state(citizen, caller, &number)).into_iter().collect(),
                )
            }
            RecallOrder::Done { citizen, by } => {
                self.take_care(now, citizen, by).map_or_else(Reply::Refused, |()| Reply::Done)
            }
        }
    }

    /// The case of these contacts is closed: who is on the list because of one of them needs no call.
    pub(super) fn off_the_recall_list(&mut self, now: Now, contacts: &[ContactId], by: &str) {
        let listed = self.in_vain.list.callers().into_iter();
        let served: Vec<_> =
            listed.filter(|(_, caller)| contacts.contains(&caller.contact)).map(|(who, _)| who).collect();
        for citizen in served {
            self.in_vain.on_taken_care_of(citizen);
            self.append(now, Fact::TakenCareOf { citizen, by: by.to_owned() });
        }
    }

    /// Somebody says that they have taken care of one on the list.
    fn take_care(&mut self, now: Now, citizen: CitizenId, by: String) -> Result<(), String> {
        if self.in_vain.list.caller(citizen).is_none() {
            return Err(format!(
                "citizen {citizen} is not on the recall list; `callback recall list` shows who is"
            ));
        }
        self.in_vain.on_taken_care_of(citizen);
        self.append(now, Fact::TakenCareOf { citizen, by });
        Ok(())
    }
}

fn in_vain_state(
    citizen: CitizenId,
    caller: &Caller,
    number: &impl Fn(CallbackId) -> Option<String>,
) -> InVainState {
    InVainState {
        citizen,
        queue: caller.queue.clone(),
        entity: caller.entity.clone(),
        topic: caller.topic.clone(),
        language: caller.language.clone(),
        contact: caller.contact,
        first: rome(caller.first_ms),
        last: rome(caller.last_ms),
        times: caller.times,
        why: caller.why,
        number: caller.callback.and_then(number),
    }
}
