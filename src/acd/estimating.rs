//! The floor as it is, put into the words of [`expected_wait`](super::expected_wait).

use std::collections::BTreeMap;
use std::time::Duration;

use super::distribution::Distribution;
use super::expected_wait::{ExpectedWait, Group, Server, Until, estimate, foresee};
use super::place::Place;
use super::queue::{Class, Queue};
use super::seat::Seat;
use super::serves::Serves;
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;

/// How long an estimate is good for.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// Which group a class of a queue's callers is.
type Numbers<'d> = BTreeMap<(&'d QueueId, Class), usize>;

impl Distribution {
    /// How long somebody who enters each queue now will wait, if that is known; nothing when the last estimate is still good.
    pub fn estimate(&mut self, now: Mono) -> Option<BTreeMap<QueueId, Option<ExpectedWait>>> {
        let (last, count) = self.estimated.map_or((None, 0), |(at, count)| (Some(at), count));
        if last.is_some_and(|at| now < at + GOOD_FOR) {
            return None;
        }
        self.estimated = Some((now, count + 1));
        let (groups, numbers) = self.groups(now);
        let servers: Vec<Server> =
            self.seats.iter().filter_map(|(id, seat)| self.server(now, id, seat, &numbers)).collect();
        let waits = estimate(&groups, &servers, count);
        let of_queue = |id: &QueueId| {
            let last = groups.iter().zip(&waits).zip(numbers_in_order(&numbers));
            last.filter(|((group, _), queue)| group.last.is_some() && ***queue == *id)
                .find_map(|((_, wait), _)| *wait)
        };
        Some(self.queues.keys().map(|id| (id.clone(), of_queue(id))).collect())
    }

    /// How long those who wait in a queue will wait from now on, as far as that is known: for people who look, a few milliseconds of work.
    pub fn foresee(&self, now: Mono, id: &QueueId) -> BTreeMap<CallId, Duration> {
        let (groups, numbers) = self.groups(now);
        let servers: Vec<Server> =
            self.seats.iter().filter_map(|(id, seat)| self.server(now, id, seat, &numbers)).collect();
        let waits = foresee(&groups, &servers, self.estimated.map_or(0, |(_, count)| count));
        let waiting = self.queues.get(id).into_iter().flat_map(Queue::waiting);
        let wait = |(place, call): (Place, CallId)| {
            let class = self.callers.get(&call)?.class.clone();
            let group = numbers.get(&(id, class))?;
            Some((call, *waits.get(&(*group, place))?))
        };
        waiting.filter_map(wait).collect()
    }

    /// Everybody who waits, by queue and class; and in each queue one who enters now.
    fn groups(&self, now: Mono) -> (Vec<Group<'_>>, Numbers<'_>) {
        let (mut groups, mut numbers) = (Vec::new(), Numbers::new());
        for (id, queue) in &self.queues {
            let new = Class::Needs(queue.rules.needs.after(Duration::ZERO));
            let last = Place::of(now, Duration::ZERO, queue.rules.offset.into(), self.last_turn + 1);
            let mut lines: BTreeMap<Class, Vec<Place>> =
                queue.classes().map(|(class, line)| (class.clone(), line.collect())).collect();
            lines.entry(new.clone()).or_default();
            for (class, waiting) in lines {
                let last = (class == new).then_some(last);
                numbers.insert((id, class), groups.len());
                groups.push(Group { habits: &queue.habits, wrap_up: queue.rules.wrap_up, waiting, last });
            }
        }
        (groups, numbers)
    }

    fn server(&self, now: Mono, id: &SeatId, seat: &Seat, numbers: &Numbers<'_>) -> Option<Server> {
        let until = match seat.free_in(now)? {
            Ok(known) => Until::Known(known),
            // Only one of those that ring will have the call; the others are as good as free.
            Err((call, _)) if self.rings_beside_others(id, call) => Until::Known(Duration::ZERO),
            Err((call, held)) => {
                let queue = &self.callers.get(&call)?.queue;
                let group =
                    numbers.iter().find(|((name, _), _)| *name == queue).map(|(_, number)| *number)?;
                Until::Talk { group, held }
            }
        };
        let serves = |(queue, class): &(&QueueId, Class)| {
            let own = seat.serves().get(*queue).is_some_and(Serves::is_at_once);
            own && match class {
                Class::For(only) => only == id,
                Class::Needs(needed) => seat.skills().meet(needed),
            }
        };
        let groups = numbers.iter().filter(|(key, _)| serves(key)).map(|(_, number)| *number).collect();
        Some(Server { until, groups })
    }
}

fn numbers_in_order<'n, 'd>(numbers: &'n Numbers<'d>) -> impl Iterator<Item = &'n &'d QueueId> {
    // Groups are numbered in the order of their keys.
    numbers.keys().map(|(queue, _)| queue)
}
