//! A look at everything, once a second, in an exchange at work: what cannot be is mended, so that a fault of ours costs a caller a
//! second and not the day.
//!
//! The simulator's [`Distribution::invariants`] are asked after every step and mend nothing. The audit goes once over seats and
//! callers and compares what each of them says of the other, then the indexes with a count made anew. It mends in the direction
//! that serves somebody: a seat that is held for nobody is released, a caller who stands nowhere stands at the old place again, one
//! whose wait is over leaves. It never parts a talk of which seat and caller agree. Each thing mended is told in words: it is a fault of the
//! program, and one found in a simulation fails it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::callers::Stage;
use super::distribution::{Distribution, Mark};
use super::queue::Queue;
use super::rank::Rank;
use super::seat::Event;
use super::timers::Alarm;
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::QueueExit;

/// A wait is over so long ago that nobody will end it any more: alarms are late by less when the machine is busy.
const OVERDUE: Duration = Duration::from_secs(5);

/// How many are free for a queue, and how many attend it.
#[derive(Clone, Copy, Default)]
struct Count {
    free: usize,
    attended: usize,
}

impl Distribution {
    /// Somebody waits, or a seat has a call: there is something to look at.
    pub fn is_busy(&self) -> bool {
        !self.callers.is_empty() || self.seats.values().any(|seat| seat.is_engaged())
    }

    /// Mends what cannot be, and tells what it was. To be called when nothing is due any more at `now`.
    pub fn audit(&mut self, now: Mono) -> Vec<String> {
        let mut found = Vec::new();
        self.audit_places(&mut found);
        self.audit_seats(now, &mut found);
        self.audit_callers(now, &mut found);
        self.audit_indexes(&mut found);
        self.audit_waits(now, &mut found);
        found
    }

    /// Every caller who waits or is rung for stands in line once, and nobody else does.
    fn audit_places(&mut self, found: &mut Vec<String>) {
        let mut standing: BTreeMap<&QueueId, usize> = BTreeMap::new();
        for (call, caller) in &self.callers {
            let rings = match caller.stage {
                Stage::Waiting => false,
                Stage::Ringing(_) => true,
                Stage::Talking(_) => continue,
            };
            let Some(queue) = self.queues.get_mut(&caller.queue) else { continue };
            *standing.entry(&caller.queue).or_default() += 1;
            if !queue.has(caller.place, &caller.class, *call, rings) {
                found.push(format!("{call} stood nowhere in queue {}", caller.queue));
                queue.wait(caller.place, caller.class.clone(), *call);
                if rings {
                    queue.ring(caller.place, &caller.class, *call);
                }
            }
        }
        for (id, queue) in &mut self.queues {
            if queue.len() == standing.get(id).copied().unwrap_or(0) {
                continue;
            }
            let is_here = |call: &CallId| {
                let caller = self.callers.get(call).filter(|caller| caller.queue == *id);
                caller.is_some_and(|caller| !matches!(caller.stage, Stage::Talking(_)))
            };
            found.extend(queue.retain(is_here).map(|call| format!("{call} left its place in queue {id}")));
        }
    }

    /// A seat that a queue gave a call has a caller who says the same.
    fn audit_seats(&mut self, now: Mono, found: &mut Vec<String>) {
        let is_idle_talk = |(id, seat): (&SeatId, &super::seat::Seat)| {
            let call = seat.view().call.filter(|_| seat.direct().is_none())?;
            let stage = self.callers.get(&call).map(|caller| &caller.stage);
            let agrees =
                stage.is_some_and(|stage| stage.is_held_by(id) && stage.is_rung_by(id) == seat.is_ringing());
            (!agrees).then(|| (id.clone(), call))
        };
        for (seat, call) in self.seats.iter().filter_map(is_idle_talk).collect::<Vec<_>>() {
            found.push(format!("{seat} was held for {call}, which is elsewhere"));
            self.release(now, &seat, call);
        }
        for (id, seat) in &self.seats {
            let Some(at) = seat.alarm().filter(|at| !self.timers.has(*at, &Alarm::Seat(id.clone()))) else {
                continue;
            };
            found.push(format!("{id} would not have been woken"));
            self.timers.set(at.max(now), Alarm::Seat(id.clone()));
        }
    }

    /// The seat has nobody any more. Its caller, if there is one, belongs to somebody else and is not touched.
    fn release(&mut self, now: Mono, id: &SeatId, call: CallId) {
        let Some(seat) = self.seats.get_mut(id) else { return };
        let before = Mark::of(seat);
        let event = if seat.is_ringing() { Event::CallerLeft(call) } else { Event::TalkEnded(call) };
        let Ok(effect) = seat.handle(now, event) else { return };
        let after = Mark::of(seat);
        self.tell(id, effect);
        self.reindex(now, id, &before, after);
        self.serve_seat(now, id);
    }

    /// A caller who is rung for or talks has a seat that says the same; one who waits does not wait for ever.
    fn audit_callers(&mut self, now: Mono, found: &mut Vec<String>) {
        let holds = |seat: &SeatId, call: &CallId| {
            let seat = self.seats.get(seat).filter(|seat| seat.direct().is_none());
            seat.and_then(|seat| seat.view().call) == Some(*call)
        };
        let (mut overdue, mut unrung, mut parted) = (Vec::new(), Vec::new(), Vec::new());
        for (call, caller) in &self.callers {
            match &caller.stage {
                Stage::Waiting => {
                    let is_over =
                        caller.deadline + OVERDUE <= now || !self.queues.contains_key(&caller.queue);
                    overdue.extend(is_over.then_some(*call));
                }
                Stage::Ringing(rung) => {
                    unrung.extend(
                        rung.iter().filter(|seat| !holds(seat, call)).map(|seat| (seat.clone(), *call)),
                    );
                }
                Stage::Talking(seat) => parted.extend((!holds(seat, call)).then(|| (seat.clone(), *call))),
            }
        }
        for call in overdue {
            found.push(format!("{call} waited beyond its longest wait"));
            self.dismiss(now, call, QueueExit::Timeout);
        }
        for (seat, call) in unrung {
            found.push(format!("{call} waited for {seat}, which did not ring for it"));
            self.back_in_line(now, &seat, call);
        }
        for (seat, call) in parted {
            found.push(format!("{call} was with {seat}, which had another call or none"));
            self.callers.remove(&call);
        }
    }

    /// Who is free for a queue, and how many attend it, is what a count of all seats finds.
    fn audit_indexes(&mut self, found: &mut Vec<String>) {
        if let Some(id) = self.miscounted() {
            found.push(format!("who is free for queue {id} was counted wrongly"));
            self.count_seats();
        }
    }

    /// A queue that knows wrongly who is free for it, or how many attend it.
    pub(super) fn miscounted(&self) -> Option<&QueueId> {
        let mut counted: BTreeMap<&QueueId, Count> = BTreeMap::new();
        for (id, seat) in &self.seats {
            let standing = seat.standing();
            for (name, serves) in seat.serves() {
                let Some(queue) = self.queues.get(name) else { continue };
                let count = counted.entry(name).or_default();
                count.attended += usize::from(seat.attends() && !serves.is_reserve());
                let Some(at) = standing else { continue };
                count.free += 1;
                if !queue.ranks().contains(&(Rank::of(at, seat.skills(), &queue.rules), id.clone())) {
                    return Some(name);
                }
            }
        }
        let differs = |(id, queue): &(&QueueId, &Queue)| {
            let count = counted.get(id).copied().unwrap_or_default();
            (count.free, count.attended) != (queue.ranks().len(), queue.attended)
        };
        self.queues.iter().find(differs).map(|(id, _)| id)
    }

    /// No free seat stands beside a caller whom it may serve.
    fn audit_waits(&mut self, now: Mono, found: &mut Vec<String>) {
        if let Some((seat, call)) = self.idle(now) {
            found.push(format!("{call} waited although {seat} was free"));
            self.serve_everybody(now);
        }
    }

    /// A free seat, and one whom it may serve and who waits all the same.
    pub(super) fn idle(&self, now: Mono) -> Option<(&SeatId, CallId)> {
        self.seats.keys().find_map(|seat| Some((seat, self.first_for(now, seat)?)))
    }
}
