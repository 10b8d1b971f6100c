//! What people ask about call-backs by command: which there are, which slots are free, a promise, another time, an end.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use super::gate::Held;
use super::recalling::Wish;
use super::{Engine, Output, Reply, RequestId};
use crate::callback::{Callback, Day, Kind, Slot, Stage, Unreached};
use crate::config::{Config, DialledNumber};
use crate::hint::Hint;
use crate::ids::{CallbackId, CaseId, CitizenId, ContactId, EntityId, Language, QueueId, SeatId, TopicId};
use crate::journal::Lsn;
use crate::time::{Now, rome};

/// Most slots told at once: a week of quarters of an hour.
pub const MOST_SLOTS: usize = 700;

/// Most call-backs, or people on the recall list, told at once: telling them holds up whoever calls meanwhile.
pub const MOST_LISTED: usize = 500;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CallbackOrder {
    /// Those that are open, the oldest first.
    List(Page),
    /// One of them.
    Show(CallbackId),
    /// What was promised to a citizen.
    Find {
        /// The citizen's number.
        number: String,
        /// About this; left out, or nothing promised about it: about anything.
        #[serde(default)]
        topic: Option<TopicId>,
    },
    /// The next free slots of a queue.
    Slots {
        /// Which.
        queue: QueueId,
        /// From then on, in milliseconds of the Unix epoch; left out: from now on.
        #[serde(default)]
        after_ms: i64,
        /// At most so many.
        most: usize,
    },
    /// A promise.
    Book(Box<BookOrder>),
    /// Another slot for one.
    Move(CallbackId, MoveOrder),
    /// It is not wanted any more.
    Cancel {
        /// Which.
        id: CallbackId,
        /// Who asks.
        #[serde(default)]
        by: Option<String>,
    },
    /// What became of all of these days.
    Report {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
}

/// Which of many: so many, after so many that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Page {
    /// The first of all are left out.
    pub skip: usize,
    /// At most so many are told.
    pub most: usize,
}

impl Default for Page {
    fn default() -> Page {
        Page { skip: 0, most: MOST_LISTED }
    }
}

/// Who is to be called, when and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookOrder {
    /// Whom to call.
    pub number: String,
    /// Whose operators call.
    pub queue: QueueId,
    /// When the slot begins, by the clock on the wall; left out: as soon as may be.
    #[serde(default)]
    pub slot: Option<DateTime>,
    /// For which body; left out: the queue's own, or that of the first number whose flow leads to the queue.
    #[serde(default)]
    pub entity: Option<EntityId>,
    /// What about; left out: the queue's own.
    #[serde(default)]
    pub topic: Option<TopicId>,
    /// Spoken to the citizen; left out: Italian.
    #[serde(default)]
    pub language: Option<Language>,
    /// The case that it goes on with.
    #[serde(default)]
    pub case: Option<CaseId>,
    /// Who asks.
    #[serde(default)]
    pub by: Option<String>,
}

impl BookOrder {
    /// As soon as may be, and nothing more is known about it.
    pub fn new(number: impl Into<String>, queue: impl Into<QueueId>) -> BookOrder {
        let (number, queue) = (number.into(), queue.into());
        let (slot, entity, topic, language, case, by) = (None, None, None, None, None, None);
        BookOrder { number, queue, slot, entity, topic, language, case, by }
    }
}

/// To which slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveOrder {
    /// When it begins, by the clock on the wall.
    pub slot: DateTime,
    /// Who asks: a name that people know.
    #[serde(default)]
    pub by: Option<String>,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackReply {
    /// These are open.
    Open(Vec<CallbackState>),
    /// This one.
    One(Box<CallbackState>),
    /// These slots are free, by their beginning.
    Slots(Vec<FreeSlot>),
    /// This is what became of them.
    Report(CallbackReport),
}

/// What became of call-backs in some days.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallbackReport {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Slots in which the citizen was called, of a hundred that came; none came: nothing.
    pub kept_percent: Option<f64>,
    /// Citizens who answered before an operator was there and for whom none came in time, of a hundred who answered.
    #[serde(default)]
    pub abandoned_percent: Option<f64>,
    /// Calls until a citizen was reached, on average.
    pub attempts_to_reach: Option<f64>,
    /// From the promise until the beginning of its slot, on average, in hours.
    pub lead_hours: Option<f64>,
    /// The counts that these are made of, and others.
    #[serde(flatten)]
    pub counts: Day,
}

impl CallbackReport {
    fn of(from: Date, to: Date, counts: Day) -> CallbackReport {
        let share = |part: f64, whole: u64| (whole > 0).then(|| round(part / count(whole)));
        CallbackReport {
            from,
            to,
            kept_percent: share(100.0 * count(counts.kept), counts.due),
            abandoned_percent: share(100.0 * count(counts.abandoned), counts.served + counts.abandoned),
            attempts_to_reach: share(count(counts.served_attempts), counts.served),
            lead_hours: share(count(u64::try_from(counts.lead_ms).unwrap_or(0)) / 3_600_000.0, counts.booked),
            counts,
        }
    }
}

/// To two places.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn count(count: u64) -> f64 {
    count as f64
}

/// A slot that may be promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSlot {
    /// When it begins, with the zone's offset.
    pub from: String,
    /// Its length, in minutes.
    pub minutes: u16,
}

/// A call-back that is not over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallbackState {
    /// Its id.
    pub id: CallbackId,
    /// Whom to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Who that is.
    pub citizen: CitizenId,
    /// Whose operators call.
    pub queue: QueueId,
    /// For which body.
    pub entity: EntityId,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// The case that it goes on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// In which contact it was asked for.
    pub contact: ContactId,
    /// `place`, `booked` or `recall`.
    pub kind: String,
    /// When it was promised.
    pub booked: String,
    /// Its slot, if it has one: when that begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<String>,
    /// The citizen is called not before this.
    pub next: String,
    /// Nor later than this.
    pub until: String,
    /// `waiting`, `in_line`, `ringing`, `calling`, `talking`.
    pub stage: String,
    /// The seats that ring for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seats: Vec<SeatId>,
    /// It is ahead of others, because nobody was free in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub escalated: bool,
    /// Calls that reached nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Unreached>,
}

impl Engine {
    /// A promise is told once it is safe from a power cut.
    pub(super) fn order_callback(&mut self, now: Now, request: RequestId, order: CallbackOrder) {
        match self.do_callback(now, order) {
            Err(why) => self.outputs.push_back(Output::Reply(request, Reply::Refused(why))),
            Ok((told, None)) => self.outputs.push_back(Output::Reply(request, Reply::Callbacks(told))),
            Ok((told, Some(lsn))) => {
                self.recalling.replies.insert(request, told);
                self.gate.hold_until_durable(now.mono, lsn, Held::Callback(request));
            }
        }
    }

    /// It is safe, or the store does not answer: then it counts all the same, and a crash may undo it.
    pub(super) fn on_callback_kept(&mut self, request: RequestId, kept: bool) {
        let Some(told) = self.recalling.replies.remove(&request) else { return };
        let reply = if kept { Reply::Callbacks(told) } else { Reply::Unwritten };
        self.outputs.push_back(Output::Reply(request, reply));
    }

    fn do_callback(
        &mut self,
        now: Now,
        order: CallbackOrder,
    ) -> Result<(CallbackReply, Option<Lsn>), String> {
        let told = |told: CallbackReply| (told, None);
        match order {
            CallbackOrder::List(page) => {
                let open = self.recalling.diary().open().skip(page.skip).take(page.most.min(MOST_LISTED));
                let open = open.map(|(id, callback)| self.callback_state(id, callback));
                Ok(told(CallbackReply::Open(open.collect())))
            }
            CallbackOrder::Show(id) => self.one(id).map(told),
            CallbackOrder::Find { number, topic } => {
                let citizen = self.citizens.find(&self.keys, &number);
                let found = citizen.and_then(|citizen| self.callback_of(citizen, topic.as_ref()));
                let found = found.ok_or("nothing is promised to this number")?;
                self.one(found).map(told)
            }
            CallbackOrder::Slots { queue, after_ms, most } => {
                self.told_slots(now, &queue, after_ms, most).map(told)
            }
            CallbackOrder::Report { from, to } => {
                let counts = self.recalling.diary().figures().between(from, to);
                Ok(told(CallbackReply::Report(CallbackReport::of(from, to, counts))))
            }
            CallbackOrder::Book(order) => {
                let by = order.by.clone().unwrap_or_else(|| "command".to_owned());
                let wish = self.wish_of(now, *order)?;
                let promised = self.promise_callback(now, wish, Some(&by));
                let (id, lsn) = promised.map_err(|why| why.to_string())?;
                Ok((self.one(id)?, Some(lsn)))
            }
            CallbackOrder::Move(id, MoveOrder { slot, by }) => {
                let open = self.recalling.diary().callback(id);
                let queue = open.map(|callback| callback.promise.queue.clone());
                let queue = queue.ok_or_else(|| no_such(id))?;
                let slot = self.callback_slot(&queue, slot).ok_or_else(|| no_slots(&queue))?;
                let by = by.unwrap_or_else(|| "command".to_owned());
                let lsn = self.move_callback(now, id, slot, Some(&by)).map_err(|why| why.to_string())?;
                Ok((self.one(id)?, Some(lsn)))
            }
            CallbackOrder::Cancel { id, by } => {
                let before = self.one(id)?;
                let by = by.unwrap_or_else(|| "command".to_owned());
                let lsn = self.cancel_callback(now, id, Some(&by)).map_err(|why| why.to_string())?;
                Ok((before, Some(lsn)))
            }
        }
    }

    fn one(&self, id: CallbackId) -> Result<CallbackReply, String> {
        let callback = self.recalling.diary().callback(id).ok_or_else(|| no_such(id))?;
        Ok(CallbackReply::One(Box::new(self.callback_state(id, callback))))
    }

    fn told_slots(
        &self,
        now: Now,
        queue: &QueueId,
        after_ms: i64,
        most: usize,
    ) -> Result<CallbackReply, String> {
        if !self.config.queues.contains_key(queue) {
            return Err(self.no_queue(queue));
        }
        if !self.recalling.callbacks.is_offered(queue) {
            return Err(format!(
                "queue `{queue}` calls nobody back; give it [queue.callback] in queues.toml"
            ));
        }
        let slots = self.callback_slots(now, queue, after_ms, most.min(MOST_SLOTS));
        let told = |slot: Slot| FreeSlot { from: rome(slot.from_ms()), minutes: slot.minutes };
        Ok(CallbackReply::Slots(slots.into_iter().map(told).collect()))
    }

    fn wish_of(&self, now: Now, order: BookOrder) -> Result<Wish, String> {
        let BookOrder { number, queue, slot, entity, topic, language, case, .. } = order;
        let known = self.config.queues.get(&queue);
        let known = known.ok_or_else(|| self.no_queue(&queue))?;
        let kind = match slot {
            None => Kind::Place(now.wall_ms()),
            Some(start) => Kind::Booked(self.callback_slot(&queue, start).ok_or_else(|| no_slots(&queue))?),
        };
        if case.is_some_and(|case| !self.cases.has_given(case)) {
            return Err("there is no such case; `case list` has them".to_owned());
        }
        self.check_names(entity.as_ref(), topic.as_ref(), language.as_ref())?;
        let entity = entity.or_else(|| known.entity.clone()).or_else(|| self.entity_that_calls(&queue));
        let entity = entity.unwrap_or_else(|| "none".into());
        let topic = topic.or_else(|| known.topic.clone());
        let language = language.unwrap_or_else(|| "it".into());
        Ok(Wish { number, queue, entity, topic, language, kind, case, source: None, contact: None })
    }

    /// In whose name a queue that belongs to no Ente calls: that of the first number whose flow leads to it, or else of the first of all.
    fn entity_that_calls(&self, queue: &QueueId) -> Option<EntityId> {
        let leads =
            |number: &&DialledNumber| self.flows.get(&number.flow).is_some_and(|flow| flow.leads_to(queue));
        let number = self.config.numbers.values().find(leads).or_else(|| self.config.stranger());
        number.map(|number| number.entity.clone())
    }

    fn no_queue(&self, queue: &QueueId) -> String {
        let hint = Hint::nearest(queue.as_str(), self.config.queues.keys().map(QueueId::as_str));
        format!("there is no queue `{queue}`; queues.toml has the list{hint}")
    }

    /// What is written on record for ever is known.
    pub(super) fn check_names(
        &self,
        entity: Option<&EntityId>,
        topic: Option<&TopicId>,
        language: Option<&Language>,
    ) -> Result<(), String> {
        let Config { entities, topics, .. } = &*self.config;
        if let Some(entity) = entity.filter(|entity| !entities.contains_key(*entity)) {
            let hint = Hint::nearest(entity.as_str(), entities.keys().map(EntityId::as_str));
            return Err(format!("there is no Ente `{entity}`; entities.toml has the list{hint}"));
        }
        if let Some(topic) = topic.filter(|topic| !topics.contains_key(*topic)) {
            let hint = Hint::nearest(topic.as_str(), topics.keys().map(TopicId::as_str));
            return Err(format!("there is no topic `{topic}`; topics.toml has the list{hint}"));
        }
        let spoken: BTreeSet<_> = self.flows.values().flat_map(|flow| flow.languages()).collect();
        if let Some(language) = language.filter(|language| !spoken.contains(language)) {
            let spoken: Vec<_> = spoken.into_iter().map(Language::as_str).collect();
            return Err(format!("no flow speaks `{language}`; they speak {}", spoken.join(", ")));
        }
        Ok(())
    }

    fn callback_state(&self, id: CallbackId, callback: &Callback) -> CallbackState {
        let promise = &callback.promise;
        let (kind, slot) = match &promise.kind {
            Kind::Place(_) => ("place", None),
            Kind::Booked(slot) => ("booked", Some(rome(slot.from_ms()))),
            Kind::Recall => ("recall", None),
        };
        let (stage, seats) = match callback.stage {
            Stage::Waiting => self.recalling.line.stage(id),
            Stage::Calling(_) => ("calling", Vec::new()),
            Stage::Talking(_) => ("talking", Vec::new()),
        };
        CallbackState {
            id,
            number: self.recalling.number(id).map(str::to_owned),
            citizen: promise.citizen,
            queue: promise.queue.clone(),
            entity: promise.entity.clone(),
            topic: promise.topic.clone(),
            case: promise.case,
            contact: promise.contact,
            kind: kind.to_owned(),
            booked: rome(callback.booked_ms),
            slot,
            next: rome(callback.next_ms),
            until: rome(promise.until_ms),
            stage: stage.to_owned(),
            seats,
            escalated: callback.escalated,
            failures: callback.failures.clone(),
        }
    }
}

fn no_such(id: CallbackId) -> String {
    format!("there is no open call-back {id}; `callback list` shows those that are open")
}

fn no_slots(queue: &QueueId) -> String {
    format!("queue `{queue}` has no slots; it needs [queue.callback] and a schedule in queues.toml")
}
