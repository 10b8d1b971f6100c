//! New rules for queues and seats, while callers wait and operators talk.
//!
//! What there is stays as it is: places, statuses, counters, wrap-ups, and the terms under which a seat was rung. Only who serves
//! whom is found out anew, and how far a queue's callers are ahead of those of others; within a queue nobody is overtaken. A queue
//! that is gone lets its callers out as one that is closed, and stays until the last seat has rung for it; a seat that is gone is
//! logged out, and stays until its talk is over and rules come again.

use std::collections::{BTreeMap, BTreeSet};

use super::distribution::Distribution;
use super::queue::Queue;
use super::rank::Rank;
use super::seat::{Event, Seat};
use super::timers::Alarm;
use super::{QueueRules, SeatRules, serves};
use crate::ids::{QueueId, SeatId};
use crate::time::Mono;
use crate::words::{QueueExit, StatusChange};

impl Distribution {
    pub(super) fn on_rules(&mut self, now: Mono, queues: Vec<QueueRules>, seats: Vec<SeatRules>) {
        let (gone, ahead) = self.take_queues(queues);
        let left = self.take_seats(seats, &gone);
        self.count_seats();
        let callers = self.callers.iter().map(|(call, caller)| (*call, ahead.get(&caller.queue).copied()));
        for (call, more) in callers.collect::<Vec<_>>() {
            self.forget_absent(call);
            self.stand_anew(now, call, more.unwrap_or(0));
        }

        for id in gone {
            let waiting: Vec<_> = self.queues.get(&id).into_iter().flat_map(Queue::waiting).collect();
            for (_, call) in waiting {
                self.dismiss(now, call, QueueExit::Closed);
            }
            self.queues.retain(|other, queue| *other != id || queue.len() > 0);
        }
        for seat in left {
            self.send_home(now, &seat);
        }
        self.close_what_nobody_attends(now);
        self.serve_everybody(now);
        for queue in self.queues.keys().cloned().collect::<Vec<_>>() {
            self.send_on(now, &queue);
        }
    }

    /// Queues that are new, queues that are otherwise now. Returns those that are gone, and how many minutes more than before the others
    /// are ahead.
    fn take_queues(&mut self, queues: Vec<QueueRules>) -> (BTreeSet<QueueId>, BTreeMap<QueueId, i32>) {
        let mut kept: BTreeMap<_, _> = queues.into_iter().map(|rules| (rules.id.clone(), rules)).collect();
        let (mut gone, mut ahead) = (BTreeSet::new(), BTreeMap::new());
        for (id, queue) in &mut self.queues {
            match kept.remove(id) {
                Some(rules) => {
                    ahead.insert(id.clone(), rules.offset.saturating_sub(queue.rules.offset));
                    (queue.rules, queue.is_gone) = (rules, false);
                }
                None => {
                    (queue.expected, queue.estimated, queue.is_gone) = (None, None, true);
                    queue.rules.overflow.clear();
                    queue.rules.sends_on.clear();
                    gone.insert(id.clone());
                }
            }
        }
        self.queues.extend(kept.into_iter().map(|(id, rules)| (id, Queue::new(rules))));
        (gone, ahead)
    }

    /// Seats that are new, seats that serve otherwise now; those that are gone serve nothing, and are returned. Nobody helps a queue that is
    /// gone.
    fn take_seats(&mut self, seats: Vec<SeatRules>, gone: &BTreeSet<QueueId>) -> BTreeSet<SeatId> {
        let mut left: BTreeSet<_> = self.seats.keys().cloned().collect();
        for (order, rules) in seats.into_iter().enumerate() {
            left.remove(&rules.id);
            let queues = self.queues.iter().filter(|(id, _)| !gone.contains(*id));
            let sits = self.seats.get(&rules.id).map_or(rules.usual.as_ref(), Seat::operator);
            let serves = serves::of(&rules.held_by(sits), queues.map(|(_, queue)| &queue.rules));
            match self.seats.get_mut(&rules.id) {
                Some(seat) => seat.serve(order, rules, serves),
                None => drop(self.seats.insert(rules.id.clone(), Seat::new(order, rules, serves))),
            }
        }
        self.seats.iter_mut().filter(|(id, _)| left.contains(*id)).for_each(|(_, seat)| seat.serve_nothing());
        left
    }

    /// Who serves what, who is free for it, and how many attend it.
    pub(super) fn count_seats(&mut self) {
        for queue in self.queues.values_mut() {
            queue.forget_seats();
        }
        for (id, seat) in &self.seats {
            for (name, serves) in seat.serves() {
                let Some(queue) = self.queues.get_mut(name) else { continue };
                queue.count_on(id, serves);
                queue.attended += usize::from(seat.attends() && !serves.is_reserve());
                if let Some(standing) = seat.standing() {
                    queue.add_free(Rank::of(standing, seat.skills(), &queue.rules), id.clone());
                }
            }
        }
    }

    fn send_home(&mut self, now: Mono, id: &SeatId) {
        self.on_seat(now, id, Event::Status(StatusChange::LogOut));
        let Some(seat) = self.seats.get(id).filter(|seat| seat.view().call.is_none()) else { return };
        if let Some(at) = seat.alarm() {
            self.timers.cancel(at, Alarm::Seat(id.clone()));
        }
        self.seats.remove(id);
    }

    /// Seats that have been free may serve callers who have been waiting: the first in line is served first.
    pub(super) fn serve_everybody(&mut self, now: Mono) {
        let mut waiting: Vec<_> = self.queues.values().flat_map(Queue::waiting).collect();
        waiting.sort_unstable();
        for (_, call) in waiting {
            self.serve_caller(now, call);
        }
    }

    pub(super) fn close_what_nobody_attends(&mut self, now: Mono) {
        let unattended = self.queues.values().filter(|queue| queue.attended == 0);
        let stranded: Vec<_> = unattended.flat_map(Queue::waiting).collect();
        for (_, call) in stranded {
            self.dismiss(now, call, QueueExit::NoSeats);
        }
    }
}
