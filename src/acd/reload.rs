//! New rules for queues and seats, while callers wait and operators talk.
//!
//! What there is stays as it is: places, statuses, counters, wrap-ups, and the terms under which a seat was rung. Only who serves
//! what is found out anew. A queue that is gone lets its callers out as one that is closed, and stays until the last seat has rung
//! for it; a seat that is gone is logged out, and stays until its talk is over and rules come again.

use std::collections::BTreeMap;

use super::distribution::Distribution;
use super::queue::Queue;
use super::seat::{Event, Seat};
use super::timers::Alarm;
use super::{QueueRules, SeatRules};
use crate::ids::SeatId;
use crate::time::Mono;
use crate::words::{QueueExit, StatusChange};

impl Distribution {
    pub(super) fn on_rules(&mut self, now: Mono, queues: Vec<QueueRules>, seats: Vec<SeatRules>) {
        let mut kept: BTreeMap<_, _> = queues.into_iter().map(|rules| (rules.id.clone(), rules)).collect();
        let gone: Vec<_> = self.queues.keys().filter(|id| !kept.contains_key(*id)).cloned().collect();
        for (id, queue) in &mut self.queues {
            if let Some(rules) = kept.remove(id) {
                queue.rules = rules;
            }
        }
        self.queues.extend(kept.into_iter().map(|(id, rules)| (id, Queue::new(rules))));
        let left = self.take_seats(seats);
        self.count_seats();

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
    }

    /// Seats that are new, seats that serve other queues now; those that are gone serve none, and are returned.
    fn take_seats(&mut self, seats: Vec<SeatRules>) -> Vec<SeatId> {
        let mut kept: BTreeMap<_, _> = seats.into_iter().map(|rules| (rules.id.clone(), rules)).collect();
        let mut left = Vec::new();
        for (id, seat) in &mut self.seats {
            match kept.remove(id) {
                Some(rules) => seat.serve(rules.queues),
                None => {
                    seat.serve(Vec::new());
                    left.push(id.clone());
                }
            }
        }
        self.seats.extend(kept.into_iter().map(|(id, rules)| (id, Seat::new(rules))));
        left
    }

    /// Who is free for what, and how many attend it.
    fn count_seats(&mut self) {
        for queue in self.queues.values_mut() {
            queue.forget_seats();
        }
        for (id, seat) in &self.seats {
            for name in seat.queues() {
                let Some(queue) = self.queues.get_mut(name) else { continue };
                queue.attended += usize::from(seat.attends());
                if let Some(since) = seat.free_since() {
                    queue.add_free(since, id.clone());
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

    /// Seats that have been free may serve callers who have been waiting: the first in line gets the seat that is free for longest.
    fn serve_everybody(&mut self, now: Mono) {
        let mut waiting: Vec<_> = self.queues.values().flat_map(Queue::waiting).collect();
        waiting.sort_unstable();
        for (_, call) in waiting {
            self.serve_caller(now, call);
        }
    }

    fn close_what_nobody_attends(&mut self, now: Mono) {
        let unattended = self.queues.values().filter(|queue| queue.attended == 0);
        let stranded: Vec<_> = unattended.flat_map(Queue::waiting).collect();
        for (_, call) in stranded {
            self.dismiss(now, call, QueueExit::NoSeats);
        }
    }
}
