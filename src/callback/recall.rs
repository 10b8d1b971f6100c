//! Who called in vain: gave up waiting, found the service closed, or was promised a call that never came.
//!
//! One line a person, however often they tried; whoever is served in whatever way is off the list. It is worked by hand or by rule, the
//! longest missed first, and forgets those of whom nobody has taken care for days: they have found another way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::Promise;
use crate::ids::{CallbackId, CitizenId, ContactId, EntityId, Language, QueueId, TopicId};
use crate::words::Outcome;

/// Most that are remembered.
const MOST: usize = 10_000;
/// For how long after the last attempt, in milliseconds: three days.
const KEPT_MS: i64 = 3 * 24 * HOUR_MS;
/// An hour.
const HOUR_MS: i64 = 3_600_000;

/// Why somebody is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InVain {
    /// Hung up while waiting.
    Abandoned,
    /// Left the queue unserved: closed, full, nobody there, too long.
    Unserved,
    /// Was promised a call that was never made.
    Missed,
    /// Found the service closed.
    Closed,
}

impl InVain {
    /// Whether a contact that has ended like this was in vain, and whose operators could call: of the queue that it was in, or of the one
    /// that its flow names where it finds the service `closed`. A `short` abandon nobody meant.
    pub fn of(
        outcome: Outcome,
        short: bool,
        queue: Option<QueueId>,
        closed: Option<QueueId>,
    ) -> Option<(InVain, QueueId)> {
        let (why, queue) = match outcome {
            Outcome::Abandoned if !short => (InVain::Abandoned, queue),
            Outcome::Unserved => (InVain::Unserved, queue),
            Outcome::Left | Outcome::Contained => (InVain::Closed, closed),
            _ => return None,
        };
        queue.map(|queue| (why, queue))
    }

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            InVain::Abandoned => "abandoned",
            InVain::Unserved => "unserved",
            InVain::Missed => "missed",
            InVain::Closed => "closed",
        }
    }
}

/// One who called in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Whose operators could call.
    pub queue: QueueId,
    /// For which body.
    pub entity: EntityId,
    /// What about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// Spoken.
    pub language: Language,
    /// The last contact; its key seals the number.
    pub contact: ContactId,
    /// When it was first, in milliseconds of the Unix epoch.
    pub first_ms: i64,
    /// When it was last.
    pub last_ms: i64,
    /// How often.
    pub times: u32,
    /// Why, the last time.
    pub why: InVain,
    /// What was promised, if that was it: at the number of this promise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackId>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallList {
    callers: BTreeMap<CitizenId, Caller>,
    /// When old ones were last looked for.
    forgot_ms: i64,
}

impl Caller {
    /// Who was promised a call that had not come by `at_ms`.
    pub fn promised(id: CallbackId, promise: &Promise, at_ms: i64) -> Caller {
        let Promise { queue, entity, topic, language, contact, .. } = promise.clone();
        let (first_ms, last_ms, times, why) = (at_ms, at_ms, 1, InVain::Missed);
        Caller { queue, entity, topic, language, contact, first_ms, last_ms, times, why, callback: Some(id) }
    }
}

impl RecallList {
    /// Somebody called in vain (once more).
    pub fn on_in_vain(&mut self, citizen: CitizenId, caller: Caller) {
        self.forget(caller.last_ms);
        if let Some(before) = self.callers.get_mut(&citizen) {
            let (first_ms, times) = (before.first_ms, before.times.saturating_add(1));
            *before = Caller { first_ms, times, ..caller };
        } else if self.callers.len() < MOST {
            self.callers.insert(citizen, caller);
        }
    }

    /// Once in an hour, those of days ago.
    fn forget(&mut self, now_ms: i64) {
        if now_ms.saturating_sub(self.forgot_ms) >= HOUR_MS {
            self.forgot_ms = now_ms;
            self.callers.retain(|_, caller| now_ms.saturating_sub(caller.last_ms) < KEPT_MS);
        }
    }

    /// Somebody was served, or has been promised a call: nobody needs to think of it any more.
    pub fn on_taken_care_of(&mut self, citizen: CitizenId) {
        self.callers.remove(&citizen);
    }

    /// Whoever called in this contact has left a message, and somebody listens to that.
    pub fn on_message(&mut self, contact: ContactId) {
        self.callers.retain(|_, caller| caller.contact != contact);
    }

    /// Who is on it, the longest missed first.
    pub fn callers(&self) -> Vec<(CitizenId, &Caller)> {
        let mut callers: Vec<_> = self.callers.iter().map(|(citizen, caller)| (*citizen, caller)).collect();
        callers.sort_by_key(|(citizen, caller)| (caller.first_ms, *citizen));
        callers
    }

    /// How many are on it.
    pub fn len(&self) -> usize {
        self.callers.len()
    }

    /// Nobody is.
    pub fn is_empty(&self) -> bool {
        self.callers.is_empty()
    }

    /// What was promised to those on it, in vain.
    pub fn promises(&self) -> impl Iterator<Item = CallbackId> {
        self.callers.values().filter_map(|caller| caller.callback)
    }

    /// One of them.
    pub fn caller(&self, citizen: CitizenId) -> Option<&Caller> {
        self.callers.get(&citizen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;

    fn citizen(count: u32) -> CitizenId {
        CitizenId(Stamp { node: 1, epoch: 1, count })
    }

    fn caller(at_ms: i64, why: InVain) -> Caller {
        Caller {
            queue: "tributi".into(),
            entity: "firenze".into(),
            topic: None,
            language: "it".into(),
            contact: ContactId(Stamp { node: 1, epoch: 1, count: 1 }),
            first_ms: at_ms,
            last_ms: at_ms,
            times: 1,
            why,
            callback: None,
        }
    }

    #[test]
    fn one_who_calls_in_vain_again_has_one_line_and_keeps_the_place() {
        let mut list = RecallList::default();
        list.on_in_vain(citizen(1), caller(10, InVain::Abandoned));
        list.on_in_vain(citizen(2), caller(20, InVain::Unserved));
        list.on_in_vain(citizen(1), caller(30, InVain::Unserved));
        let lines: Vec<_> = list.callers().iter().map(|(who, line)| (*who, line.times, line.why)).collect();
        assert_eq!(lines, [(citizen(1), 2, InVain::Unserved), (citizen(2), 1, InVain::Unserved)]);
        list.on_taken_care_of(citizen(1));
        assert_eq!(list.callers().len(), 1);
    }

    #[test]
    fn contact_in_vain_is_one_that_was_not_served_by_a_queue_or_found_it_closed() {
        let queues = || (Some(QueueId::from("tributi")), Some(QueueId::from("anagrafe")));
        for (outcome, short, expected) in [
            (Outcome::Abandoned, false, Some((InVain::Abandoned, "tributi"))),
            (Outcome::Abandoned, true, None),
            (Outcome::Unserved, false, Some((InVain::Unserved, "tributi"))),
            (Outcome::Left, false, Some((InVain::Closed, "anagrafe"))),
            (Outcome::Contained, false, Some((InVain::Closed, "anagrafe"))),
            (Outcome::Answered, false, None),
            (Outcome::Callback, false, None),
        ] {
            let (queue, closed) = queues();
            let found = InVain::of(outcome, short, queue, closed);
            let expected = expected.map(|(why, queue)| (why, QueueId::from(queue)));
            assert_eq!(found, expected, "{outcome:?}, {short}");
            assert_eq!(InVain::of(outcome, short, None, None), None);
        }
    }

    #[test]
    fn list_forgets_after_days_and_never_outgrows_its_room() {
        let mut list = RecallList::default();
        list.on_in_vain(citizen(0), caller(0, InVain::Abandoned));
        (1..=20_000).for_each(|count| list.on_in_vain(citizen(count), caller(KEPT_MS, InVain::Abandoned)));
        assert_eq!((list.callers().len(), list.caller(citizen(0))), (MOST, None));
    }
}
