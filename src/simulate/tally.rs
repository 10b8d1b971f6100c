//! What one replication of a day counted, folded from the journal's facts as they are written.
//!
//! The indicators are those of every report: a call counts for a queue in the half hour in which it entered it, and for the service, which
//! is no queue, in the half hour in which it first entered any. A wait is that in the queue; for the service it is that in all queues
//! together, as the contact has it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::scenario::{HALF_HOURS, begin_of};
use crate::ids::{ContactId, QueueId, SeatId};
use crate::journal::entry::Fact;
use crate::words::{Outcome, QueueExit, SeatView, WorkView};

/// Counts of a half hour, for a queue or the service.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Count {
    /// Calls that came; for the service alone.
    pub(super) arrived: f64,
    pub(super) contained: f64,
    pub(super) offered: f64,
    pub(super) answered: f64,
    pub(super) abandoned: f64,
    pub(super) short: f64,
    pub(super) unserved: f64,
    pub(super) callbacks: f64,
    pub(super) within: f64,
    pub(super) abandoned_within: f64,
    /// Waits of those who were answered, in seconds.
    pub(super) waits: Vec<f32>,
    pub(super) handled_s: f64,
    pub(super) ready_s: f64,
}

impl Count {
    /// Calls that the service level is a share of: all but those who gave up within it.
    pub(super) fn measured(&self) -> f64 {
        self.offered - self.abandoned_within
    }

    /// The time that occupancy is a share of.
    pub(super) fn on_duty_s(&self) -> f64 {
        self.handled_s + self.ready_s
    }

    pub(super) fn add(&mut self, other: &Count) {
        self.arrived += other.arrived;
        self.contained += other.contained;
        self.offered += other.offered;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.short += other.short;
        self.unserved += other.unserved;
        self.callbacks += other.callbacks;
        self.within += other.within;
        self.abandoned_within += other.abandoned_within;
        self.waits.extend(&other.waits);
        self.handled_s += other.handled_s;
        self.ready_s += other.ready_s;
    }
}

/// How a stay in a queue ended.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Answered,
    Abandoned { short: bool },
    Unserved,
    Callback,
}

/// One contact, until it is over.
#[derive(Debug, Default)]
struct Stay {
    half_hour: usize,
    /// Queues entered, with the moment.
    entered: Vec<(QueueId, f64)>,
    /// Since when, while it waits; and for how long in the queues before.
    waits_since: Option<f64>,
    waited_before_s: f64,
    /// By the last queue's entry.
    end: Option<End>,
    /// For how long, once it is answered.
    answered: Option<Waited>,
}

/// Seconds in the last queue, and in all of them.
#[derive(Clone, Copy, Debug)]
struct Waited {
    last_s: f64,
    in_all_s: f64,
}

impl Stay {
    fn enter(&mut self, at_s: f64, queue: &QueueId) {
        self.leave(at_s);
        self.entered.push((queue.clone(), at_s));
        (self.waits_since, self.end) = (Some(at_s), None);
    }

    fn leave(&mut self, at_s: f64) {
        self.waited_before_s += self.waits_since.take().map_or(0.0, |since| at_s - since);
    }

    fn waited(&self, at_s: f64) -> Waited {
        let last_s = self.waits_since.map_or(0.0, |since| at_s - since);
        Waited { last_s, in_all_s: self.waited_before_s + last_s }
    }
}

/// See the module.
#[derive(Debug)]
pub struct Tally {
    level_s: f64,
    cells: BTreeMap<(Option<QueueId>, usize), Count>,
    stays: BTreeMap<ContactId, Stay>,
    seats: BTreeMap<SeatId, (Doing, f64)>,
    /// Calls that the day could not hold.
    pub(super) refused: u64,
    /// Citizens who were called back and have talked.
    pub(super) called_back: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Away,
    Ready,
    Handling,
}

impl Doing {
    fn of(view: &SeatView) -> Doing {
        match view.work {
            work if work.is_talk() || work == WorkView::WrapUp => Doing::Handling,
            _ if view.reachable && view.status.takes_calls() => Doing::Ready,
            _ => Doing::Away,
        }
    }
}

/// The half hour of a moment, in seconds since midnight.
pub(super) fn half_hour_of(at_s: f64) -> usize {
    let mut half_hour = 0;
    while half_hour + 1 < HALF_HOURS && at_s >= f64::from(begin_of(half_hour + 1)) {
        half_hour += 1;
    }
    half_hour
}

impl Tally {
    /// Nothing yet; `level`: who is answered within it is answered soon.
    pub(super) fn new(level: Duration) -> Tally {
        Tally {
            level_s: level.as_secs_f64(),
            cells: BTreeMap::new(),
            stays: BTreeMap::new(),
            seats: BTreeMap::new(),
            refused: 0,
            called_back: 0,
        }
    }

    fn cell(&mut self, queue: Option<&QueueId>, half_hour: usize) -> &mut Count {
        self.cells.entry((queue.cloned(), half_hour)).or_default()
    }

    /// The counts of these half hours, for a queue or the service.
    pub(super) fn sum(&self, queue: Option<&QueueId>, half_hours: impl Fn(usize) -> bool) -> Count {
        let mut sum = Count::default();
        let of =
            self.cells.iter().filter(|((of, half_hour), _)| of.as_ref() == queue && half_hours(*half_hour));
        of.for_each(|(_, count)| sum.add(count));
        sum
    }

    /// Every queue that somebody entered.
    pub(super) fn queues(&self) -> impl Iterator<Item = &QueueId> {
        self.cells.keys().filter_map(|(queue, _)| queue.as_ref())
    }

    /// Every half hour in which anything was counted.
    pub(super) fn half_hours(&self) -> impl Iterator<Item = usize> {
        self.cells.keys().map(|(_, half_hour)| *half_hour)
    }

    /// A fact is written at this moment, in seconds since midnight.
    pub(super) fn note(&mut self, at_s: f64, fact: &Fact) {
        match fact {
            Fact::Joined { contact, .. } if !self.stays.contains_key(contact) => self.called_back += 1,
            Fact::ContactOpened { contact, .. } => {
                let half_hour = half_hour_of(at_s);
                self.cell(None, half_hour).arrived += 1.0;
                self.stays.insert(*contact, Stay { half_hour, ..Stay::default() });
            }
            Fact::Queued { contact, queue, .. } => {
                if let Some(stay) = self.stays.get_mut(contact) {
                    stay.enter(at_s, queue);
                }
            }
            Fact::QueueLeft { contact, exit, .. } => {
                let end = match exit {
                    QueueExit::Callback => End::Callback,
                    QueueExit::Answered => return,
                    _ => End::Unserved,
                };
                if let Some(stay) = self.stays.get_mut(contact) {
                    stay.leave(at_s);
                    stay.end = Some(end);
                }
            }
            Fact::Joined { contact, .. } => self.on_joined(at_s, *contact),
            Fact::ContactClosed { contact, outcome, short, .. } => {
                self.on_closed(at_s, *contact, *outcome, *short)
            }
            Fact::SeatChanged { seat, now, .. } => self.on_seat(at_s, seat, Doing::of(now)),
            _ => {}
        }
    }

    fn on_joined(&mut self, at_s: f64, contact: ContactId) {
        let stay = self.stays.get_mut(&contact);
        let Some(stay) = stay.filter(|stay| stay.answered.is_none() && !stay.entered.is_empty()) else {
            return;
        };
        stay.answered = Some(stay.waited(at_s));
        stay.end = Some(End::Answered);
    }

    fn on_closed(&mut self, at_s: f64, contact: ContactId, outcome: Outcome, short: bool) {
        let Some(stay) = self.stays.remove(&contact) else { return };
        let Some((_, first)) = stay.entered.first() else {
            let contained = f64::from(u8::from(outcome == Outcome::Contained));
            self.cell(None, stay.half_hour).contained += contained;
            return;
        };
        let abandoned = outcome == Outcome::Abandoned;
        let end = match stay.end {
            None if abandoned => Some(End::Abandoned { short }),
            end => end,
        };
        let waited = stay.answered.unwrap_or_else(|| stay.waited(at_s));
        let last = stay.entered.len() - 1;
        for (place, (queue, since)) in stay.entered.iter().enumerate() {
            let end = end.filter(|_| place == last);
            self.count(Some(queue), half_hour_of(*since), end, waited.last_s);
        }
        self.count(None, half_hour_of(*first), end, waited.in_all_s);
    }

    fn count(&mut self, queue: Option<&QueueId>, half_hour: usize, end: Option<End>, waited_s: f64) {
        let level_s = self.level_s;
        let cell = self.cell(queue, half_hour);
        cell.offered += 1.0;
        match end {
            Some(End::Answered) => {
                cell.answered += 1.0;
                cell.within += f64::from(u8::from(waited_s <= level_s));
                #[expect(clippy::cast_possible_truncation, reason = "a wait in seconds, to the millisecond")]
                cell.waits.push(waited_s as f32);
            }
            Some(End::Abandoned { short }) => {
                cell.abandoned += f64::from(u8::from(!short));
                cell.short += f64::from(u8::from(short));
                cell.abandoned_within += f64::from(u8::from(waited_s <= level_s));
            }
            Some(End::Unserved) => cell.unserved += 1.0,
            Some(End::Callback) => cell.callbacks += 1.0,
            None => {}
        }
    }

    fn on_seat(&mut self, at_s: f64, seat: &SeatId, doing: Doing) {
        let before = self.seats.insert(seat.clone(), (doing, at_s));
        let Some((did, since)) = before.filter(|(did, _)| *did != Doing::Away) else { return };
        self.spend(did, since, at_s);
    }

    /// Time of a seat, put down to the half hours that it lies in.
    fn spend(&mut self, doing: Doing, mut from: f64, to: f64) {
        while from < to {
            let half_hour = half_hour_of(from);
            let end = if half_hour + 1 < HALF_HOURS { to.min(begin_of(half_hour + 1).into()) } else { to };
            let cell = self.cell(None, half_hour);
            match doing {
                Doing::Handling => cell.handled_s += end - from,
                Doing::Ready => cell.ready_s += end - from,
                Doing::Away => {}
            }
            from = end;
        }
    }

    /// The day is over.
    pub(super) fn finish(&mut self, at_s: f64) {
        for (seat, _) in self.seats.clone() {
            self.on_seat(at_s, &seat, Doing::Away);
        }
        let open: Vec<ContactId> = self.stays.keys().copied().collect();
        open.into_iter().for_each(|contact| self.on_closed(at_s, contact, Outcome::Left, false));
    }
}

#[cfg(test)]
mod tests;
