//! Which queues a seat serves, and when: its own by its profile, others' when they overflow.

use std::collections::BTreeMap;
use std::time::Duration;

use super::place::Place;
use super::queue::Queue;
use super::rules::{Pressure, QueueRules, SeatRules};
use crate::ids::QueueId;
use crate::time::Mono;

/// How a seat serves one queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Serves {
    /// Minutes of advantage of its callers at this seat.
    pub(super) priority: i32,
    /// Any of them will do.
    ways: Vec<Pressure>,
}

impl Pressure {
    /// The queue is long enough, whoever it is about.
    pub(super) fn is_open(&self, queue: &Queue) -> bool {
        self.over_waiting.is_none_or(|many| queue.len() > many)
            && self.over_wait.is_none_or(|long| queue.expected.is_some_and(|wait| wait > long))
    }

    /// And this place has waited enough.
    pub(super) fn reached(&self, now: Mono, queue: &Queue, place: Place) -> bool {
        place.reaches(self.after, queue.rules.offset) <= now && self.is_open(queue)
    }

    fn is_always_open(&self) -> bool {
        self.over_waiting.is_none() && self.over_wait.is_none()
    }
}

impl Serves {
    /// Takes the caller at this place of the queue now.
    pub(super) fn takes(&self, now: Mono, queue: &Queue, place: Place) -> bool {
        self.ways.iter().any(|way| way.reached(now, queue, place))
    }

    /// Scores at which it begins to serve.
    pub(super) fn delays(&self) -> impl Iterator<Item = Duration> {
        self.ways.iter().map(|way| way.after)
    }

    /// Takes whoever has just come.
    pub(super) fn is_at_once(&self) -> bool {
        self.ways.iter().any(|way| way.is_always_open() && way.after.is_zero())
    }

    /// May serve a caller while many wait, or long, that it may not serve otherwise yet.
    pub(super) fn helps(&self) -> bool {
        !self.ways.iter().all(Pressure::is_always_open)
    }

    /// Helps only while many wait, or long.
    pub(super) fn is_reserve(&self) -> bool {
        !self.ways.iter().any(Pressure::is_always_open)
    }
}

/// All the queues that a seat serves.
pub(super) fn of<'q>(
    seat: &SeatRules,
    queues: impl Iterator<Item = &'q QueueRules>,
) -> BTreeMap<QueueId, Serves> {
    let mut serves: BTreeMap<QueueId, Serves> = BTreeMap::new();
    for (id, serving) in &seat.queues {
        let own = Pressure { after: serving.delay, ..Pressure::default() };
        serves.insert(id.clone(), Serves { priority: serving.priority, ways: vec![own] });
    }
    for queue in queues {
        let helps = queue.overflow.iter().filter(|overflow| seat.queues.contains_key(&overflow.to));
        for overflow in helps {
            serves.entry(queue.id.clone()).or_default().ways.push(overflow.when);
        }
    }
    serves
}
