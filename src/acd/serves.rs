//! Which queues a seat serves, and when: its own by its profile, others' when they overflow.

use std::collections::BTreeMap;
use std::time::Duration;

use super::place::Place;
use super::queue::Queue;
use super::rules::{Overflow, QueueRules, SeatRules};
use crate::ids::QueueId;
use crate::time::Mono;

/// How a seat serves one queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Serves {
    /// Minutes of advantage of its callers at this seat.
    pub(super) priority: i32,
    /// Any of them will do.
    ways: Vec<Way>,
}

/// When a seat takes a queue's callers.
#[derive(Clone, Debug)]
struct Way {
    /// Those whose score has come to this much.
    delay: Duration,
    over_waiting: Option<usize>,
    over_wait: Option<Duration>,
}

impl From<&Overflow> for Way {
    fn from(overflow: &Overflow) -> Way {
        let Overflow { after, over_waiting, over_wait, .. } = *overflow;
        Way { delay: after, over_waiting, over_wait }
    }
}

impl Way {
    fn is_open(&self, queue: &Queue) -> bool {
        self.over_waiting.is_none_or(|many| queue.len() > many)
            && self.over_wait.is_none_or(|long| queue.expected.is_some_and(|wait| wait > long))
    }

    fn is_always_open(&self) -> bool {
        self.over_waiting.is_none() && self.over_wait.is_none()
    }
}

impl Serves {
    /// Takes the caller at this place of the queue now.
    pub(super) fn takes(&self, now: Mono, queue: &Queue, place: Place) -> bool {
        let reached = |way: &Way| place.reaches(way.delay, queue.rules.offset) <= now;
        self.ways.iter().any(|way| reached(way) && way.is_open(queue))
    }

    /// Scores at which it begins to serve.
    pub(super) fn delays(&self) -> impl Iterator<Item = Duration> {
        self.ways.iter().map(|way| way.delay)
    }

    /// Takes whoever has just come.
    pub(super) fn is_at_once(&self) -> bool {
        self.ways.iter().any(|way| way.is_always_open() && way.delay.is_zero())
    }

    /// May serve a caller while many wait, or long, that it may not serve otherwise yet.
    pub(super) fn helps(&self) -> bool {
        !self.ways.iter().all(Way::is_always_open)
    }

    /// Helps only while many wait, or long.
    pub(super) fn is_reserve(&self) -> bool {
        !self.ways.iter().any(Way::is_always_open)
    }
}

/// All the queues that a seat serves.
pub(super) fn of<'q>(
    seat: &SeatRules,
    queues: impl Iterator<Item = &'q QueueRules>,
) -> BTreeMap<QueueId, Serves> {
    let mut serves: BTreeMap<QueueId, Serves> = BTreeMap::new();
    for (id, serving) in &seat.queues {
        let own = Way { delay: serving.delay, over_waiting: None, over_wait: None };
        serves.insert(id.clone(), Serves { priority: serving.priority, ways: vec![own] });
    }
    for queue in queues {
        let helps = queue.overflow.iter().filter(|overflow| seat.queues.contains_key(&overflow.to));
        for overflow in helps {
            serves.entry(queue.id.clone()).or_default().ways.push(Way::from(overflow));
        }
    }
    serves
}
