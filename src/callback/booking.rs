//! A promise is made, moved and taken back: what may be promised, and why not.

use jiff::civil::DateTime;

use super::change::{Change, End, Kind, Promise};
use super::slot::{self, Slot};
use super::{Callbacks, Stage, millis};
use crate::ids::{CallbackId, CaseId, CitizenId, ContactId, EntityId, Language, QueueId, TopicId};

/// Most call-backs of one slot that one caller may book for others: who books for many numbers plays tricks on somebody.
const MOST_OF_A_SLOT: usize = 2;
/// Most slots looked at in one search: a year of quarters of an hour.
const MOST_LOOKED_AT: usize = 35_040;

/// What somebody wants to be promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Who is to be called.
    pub citizen: CitizenId,
    /// Who asks, when that is known.
    pub source: Option<CitizenId>,
    /// Whose operators call.
    pub queue: QueueId,
    /// For which body.
    pub entity: EntityId,
    /// What about.
    pub topic: Option<TopicId>,
    /// Spoken to the citizen.
    pub language: Language,
    /// What is wanted.
    pub kind: Kind,
    /// In which contact it is asked for.
    pub contact: ContactId,
    /// The case that it goes on with.
    pub case: Option<CaseId>,
}

/// Why it cannot be promised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One need, one call.
    #[error("this citizen has call-back {0} about this topic already; move or cancel that one")]
    Known(CallbackId),
    /// There is none, or it is over.
    #[error("there is no open call-back {0}; `callback list` shows those that are open")]
    Unknown(CallbackId),
    /// It cannot be changed any more.
    #[error("call-back {0} is being called right now")]
    UnderWay(CallbackId),
    /// Outside the opening hours, or not one of the slots.
    #[error("{0} is none of the queue's slots; `callback slots` shows them")]
    NoSlot(String),
    /// Too soon, or too far ahead.
    #[error("{0} is too soon or too far ahead to be promised")]
    OutOfReach(String),
    /// Everything of it is promised.
    #[error("nothing is left of the slot at {0}; `callback slots` shows which are free")]
    Full(String),
    /// More than a person needs.
    #[error("as many call-backs as one citizen may book within a day are booked")]
    TooMany,
    /// The exchange can keep no more.
    #[error("there are as many open call-backs as can be kept")]
    NoRoom,
}

impl Callbacks {
    /// The next slots of `queue` that can still be promised, at most `most`, from `after_ms` on (milliseconds of the Unix epoch).
    pub fn free_slots(&self, now_ms: i64, queue: &QueueId, after_ms: i64, most: usize) -> Vec<Slot> {
        let rules = self.rules_of(queue);
        let Some(hours) = &rules.hours else { return Vec::new() };
        let from_ms = now_ms.saturating_add(millis(rules.lead)).max(after_ms);
        let to_ms = now_ms.saturating_add(millis(rules.horizon));
        let capacity = rules.capacity.of_slot(rules.slot_minutes);
        slot::between(hours, rules.slot_minutes, from_ms, to_ms)
            .take(MOST_LOOKED_AT)
            .filter(|slot| self.diary.taken(queue, slot.from_ms()) < capacity)
            .take(most)
            .collect()
    }

    /// The slot of `queue` that begins when the clock on the wall shows `start`; whether there is such a one is another question.
    pub fn slot_at(&self, queue: &QueueId, start: DateTime) -> Option<Slot> {
        let rules = self.rules.get(queue)?;
        let zone = rules.hours.as_ref()?.zone().iana_name().unwrap_or("UTC").to_owned();
        Some(Slot { start, minutes: rules.slot_minutes, zone })
    }

    /// This queue calls back.
    pub fn is_offered(&self, queue: &QueueId) -> bool {
        self.rules.contains_key(queue)
    }

    /// Promise it.
    ///
    /// # Errors
    /// It may not be promised.
    pub fn book(&mut self, now_ms: i64, id: CallbackId, wanted: Wanted) -> Result<(), Refusal> {
        self.now_ms = now_ms;
        if let Some(known) = self.diary.of_need(wanted.citizen, wanted.topic.as_ref()) {
            return Err(Refusal::Known(known));
        }
        if !self.diary.has_room() {
            return Err(Refusal::NoRoom);
        }
        let rules = self.rules_of(&wanted.queue);
        let books = wanted.source.unwrap_or(wanted.citizen);
        if self.diary.booked_by(books, now_ms) >= usize::try_from(rules.most_a_day).unwrap_or(usize::MAX) {
            return Err(Refusal::TooMany);
        }
        let until_ms = match &wanted.kind {
            Kind::Place(_) | Kind::Recall => rules.kept_until_ms(now_ms),
            Kind::Booked(slot) => {
                self.check_slot(now_ms, &wanted.queue, slot)?;
                self.check_source(books, slot)?;
                slot.to_ms().saturating_add(millis(rules.grace))
            }
        };
        let Wanted { citizen, source, queue, entity, topic, language, kind, contact, case } = wanted;
        let promise =
            Promise { citizen, source, queue, entity, topic, language, kind, until_ms, contact, case };
        self.write(id, Change::Promised { promise: Box::new(promise) });
        self.look_at(id);
        Ok(())
    }

    /// Agree on another slot.
    ///
    /// # Errors
    /// It may not be promised, or it is too late to change anything.
    pub fn move_to(&mut self, now_ms: i64, id: CallbackId, slot: Slot) -> Result<(), Refusal> {
        self.now_ms = now_ms;
        let queue = self.to_be_changed(id)?;
        self.check_slot(now_ms, &queue, &slot)?;
        let until_ms = slot.to_ms().saturating_add(millis(self.rules_of(&queue).grace));
        self.leave_line(id);
        self.write(id, Change::Moved { slot, until_ms });
        self.look_at(id);
        Ok(())
    }

    /// Take it back.
    ///
    /// # Errors
    /// It is over, or being called.
    pub fn cancel(&mut self, now_ms: i64, id: CallbackId) -> Result<(), Refusal> {
        self.now_ms = now_ms;
        self.to_be_changed(id)?;
        self.end(id, End::Cancelled);
        Ok(())
    }

    /// The queue of one that waits.
    fn to_be_changed(&self, id: CallbackId) -> Result<QueueId, Refusal> {
        let callback = self.diary.callback(id).ok_or(Refusal::Unknown(id))?;
        if callback.stage != Stage::Waiting {
            return Err(Refusal::UnderWay(id));
        }
        Ok(callback.promise.queue.clone())
    }

    fn check_slot(&self, now_ms: i64, queue: &QueueId, slot: &Slot) -> Result<(), Refusal> {
        let rules = self.rules_of(queue);
        let hours = rules.hours.as_ref().ok_or_else(|| Refusal::NoSlot(slot.wall()))?;
        let from_ms = slot.from_ms();
        let soonest = now_ms.saturating_add(millis(rules.lead));
        let latest = now_ms.saturating_add(millis(rules.horizon));
        if !(soonest..=latest).contains(&from_ms) {
            return Err(Refusal::OutOfReach(slot.wall()));
        }
        let same = |offered: &Slot| offered.from_ms() == from_ms && offered.minutes == slot.minutes;
        if !slot::on(hours, slot.start.date(), rules.slot_minutes).iter().any(same) {
            return Err(Refusal::NoSlot(slot.wall()));
        }
        if self.diary.taken(queue, from_ms) >= rules.capacity.of_slot(rules.slot_minutes) {
            return Err(Refusal::Full(slot.wall()));
        }
        Ok(())
    }

    fn check_source(&self, books: CitizenId, slot: &Slot) -> Result<(), Refusal> {
        let from_ms = slot.from_ms();
        let same = self.diary.open().filter(|(_, callback)| {
            let promise = &callback.promise;
            promise.source.unwrap_or(promise.citizen) == books
                && matches!(&promise.kind, Kind::Booked(other) if other.from_ms() == from_ms)
        });
        if same.take(MOST_OF_A_SLOT).count() < MOST_OF_A_SLOT { Ok(()) } else { Err(Refusal::TooMany) }
    }
}
