//! The floor as it is, put into the words of [`expected_wait`](super::expected_wait); and when that is worth the work: only when somebody
//! asks, only anew when the last answer is old, and without a single draw when a seat is free.

use std::collections::BTreeMap;
use std::time::Duration;

use super::distribution::Distribution;
use super::expected_wait::{ExpectedWait, Floor, Group, Line, Server, Until, estimate, foresee};
use super::place::Place;
use super::queue::{Class, Queue};
use super::seat::Seat;
use super::serves::Serves;
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;

/// How long an estimate is good for.
const GOOD_FOR: Duration = Duration::from_secs(5);

/// An estimate of a queue's wait, which may be that nothing is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimated {
    at: Mono,
    wait: Option<ExpectedWait>,
}

impl Estimated {
    fn is_good(self, now: Mono) -> bool {
        now < self.at + GOOD_FOR
    }
}

/// Which group a class of a queue's callers is.
type Numbers<'d> = BTreeMap<(&'d QueueId, Class), usize>;

impl Distribution {
    /// Find out how long somebody who enters this queue now will wait, which may not be known; nothing when the last estimate is still good.
    pub fn estimate(&mut self, now: Mono, id: &QueueId) -> Option<Option<ExpectedWait>> {
        if self.queues.get(id)?.estimated.is_some_and(|last| last.is_good(now)) {
            return None;
        }
        self.estimates += 1;
        let wait = self.foresee_newcomer(now, id);
        self.queues.get_mut(id)?.estimated = Some(Estimated { at: now, wait });
        Some(wait)
    }

    /// The wait as it was found out last, while that is good.
    pub fn expected_wait(&self, now: Mono, id: &QueueId) -> Option<ExpectedWait> {
        self.queues.get(id)?.estimated.filter(|last| last.is_good(now))?.wait
    }

    fn foresee_newcomer(&self, now: Mono, id: &QueueId) -> Option<ExpectedWait> {
        let queue = self.queues.get(id).filter(|queue| queue.habits.is_known())?;
        let needed = queue.rules.needs.after(Duration::ZERO);
        let place = Place::of(now, Duration::ZERO, queue.rules.offset.into(), self.last_turn + 1);
        let takes = |seat: &Seat| {
            seat.skills().meet(&needed)
                && seat.serves().get(id).is_some_and(|serves| serves.takes(now, queue, place))
        };
        if queue.free().any(|free| self.seats.get(free).is_some_and(takes)) {
            return ExpectedWait::of_ring(&queue.habits);
        }
        let class = Class::Needs(needed);
        let (floor, numbers) = self.floor(now, Some((id, &class)));
        estimate(&floor, (*numbers.get(&(id, class))?, place), self.estimates)
    }

    /// How long those who wait in a queue will wait from now on, as far as that is known: for people who look, a few milliseconds of work.
    pub fn foresee(&self, now: Mono, id: &QueueId) -> BTreeMap<CallId, Duration> {
        let (floor, numbers) = self.floor(now, None);
        let waits = foresee(&floor, self.estimates);
        let waiting = self.queues.get(id).into_iter().flat_map(Queue::waiting);
        let wait = |(place, call): (Place, CallId)| {
            let class = self.callers.get(&call)?.class.clone();
            let group = numbers.get(&(id, class))?;
            Some((call, *waits.get(&(*group, place))?))
        };
        waiting.filter_map(wait).collect()
    }

    /// Everybody who waits, by queue and class, with the class of somebody who may come; and the seats that will take calls of theirs.
    fn floor(&self, now: Mono, new: Option<(&QueueId, &Class)>) -> (Floor<'_>, Numbers<'_>) {
        let (mut groups, mut numbers, mut queues) = (Vec::new(), Numbers::new(), Vec::new());
        for (id, queue) in &self.queues {
            let mut add = |class: &Class, waiting| {
                numbers.insert((id, class.clone()), groups.len());
                groups.push(Group { queue: queues.len(), waiting });
            };
            let new = new.filter(|(of, class)| *of == id && !queue.has_class(class));
            new.into_iter().for_each(|(_, class)| add(class, Vec::new()));
            queue.classes().for_each(|(class, line)| add(class, line.collect()));
            queues.push(Line { habits: &queue.habits, wrap_up: queue.rules.wrap_up });
        }
        let server = |(id, seat)| self.server(now, id, seat, &numbers);
        let servers = self.seats.iter().filter_map(server).collect();
        (Floor { queues, groups, servers }, numbers)
    }

    /// A seat that will take calls of these groups.
    fn server(&self, now: Mono, id: &SeatId, seat: &Seat, numbers: &Numbers<'_>) -> Option<Server> {
        let serves = |(queue, class): &(&QueueId, Class)| {
            let own = seat.serves().get(*queue).is_some_and(Serves::is_at_once);
            own && match class {
                Class::For(only) => only == id,
                Class::Needs(needed) => seat.skills().meet(needed),
            }
        };
        let until = match seat.free_in(now)? {
            Ok(known) => Until::Known(known),
            // Only one of those that ring will have the call; the others are as good as free.
            Err((call, _)) if self.rings_beside_others(id, call) => Until::Known(Duration::ZERO),
            Err((call, held)) => {
                let of = &self.callers.get(&call)?.queue;
                Until::Talk { queue: self.queues.keys().position(|id| id == of)?, held }
            }
        };
        let groups: Vec<_> =
            numbers.iter().filter(|(key, _)| serves(key)).map(|(_, number)| *number).collect();
        (!groups.is_empty()).then_some(Server { until, groups })
    }
}
