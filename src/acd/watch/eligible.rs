//! Who may serve whom, worked out from the rules anew each time.

use std::time::Duration;

use super::{Waiting, Watch, Watched};
use crate::acd::{Entering, Overflow, Pressure, QueueRules, Strategy};
use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;
use crate::words::Status;

pub(super) const MINUTE_NS: i128 = 60_000_000_000;

impl Watch {
    /// A preference for a seat where nobody sits is none.
    pub(super) fn without_absent(&self, mut asked: Entering) -> Entering {
        let sits_there = |seat: &Watched| {
            let serves = seat.rules.queues.contains_key(&asked.queue)
                || self.helps(seat, &asked.queue).next().is_some();
            serves && seat.view.reachable && seat.view.status != Status::LoggedOut
        };
        let kept = asked.prefers.take().filter(|(seat, _)| self.seats.get(seat).is_some_and(sits_there));
        Entering { prefers: kept, ..asked }
    }

    /// By which overflows of a queue a seat serves it.
    fn helps(&self, seat: &Watched, queue: &QueueId) -> impl Iterator<Item = &Overflow> {
        let overflow = self.rules.get(queue).map(|rules| rules.overflow.iter());
        let serves = seat.rules.queues.clone();
        overflow.into_iter().flatten().filter(move |overflow| serves.contains_key(&overflow.to))
    }

    /// This seat, were it free, may be rung for this caller now.
    pub(super) fn may(&self, seat: &Watched, caller: &Waiting) -> bool {
        let Some(rules) = self.rules.get(&caller.queue) else { return false };
        let in_queue = self.now.since(caller.entered);
        let waited = in_queue + caller.asked.waited;
        let fits = match &caller.asked.prefers {
            Some((only, how_long)) if in_queue < *how_long => *only == seat.rules.id,
            _ => knows_enough(seat, caller, rules, waited),
        };
        let score = nanos(waited) + i128::from(caller.asked.priority) * MINUTE_NS;
        let own = seat.rules.queues.get(&caller.queue);
        let own = own.is_some_and(|serving| nanos(serving.delay) <= score);
        fits && (own
            || self
                .helps(seat, &caller.queue)
                .any(|help| nanos(help.when.after) <= score && self.is_open(help.when, &caller.queue)))
    }

    pub(super) fn is_open(&self, help: Pressure, queue: &QueueId) -> bool {
        let many = self.waiting.values().filter(|other| other.queue == *queue).count();
        let wait = self.expected.get(queue);
        help.over_waiting.is_none_or(|limit| many > limit)
            && help.over_wait.is_none_or(|limit| wait.is_some_and(|wait| *wait > limit))
    }

    /// Somebody whom this seat must serve before this caller.
    pub(super) fn ahead_of(&self, seat: &Watched, call: CallId, caller: &Waiting) -> Option<CallId> {
        let at_seat = |other: &Waiting| {
            let priority = seat.rules.queues.get(&other.queue).map_or(0, |serving| serving.priority);
            other.place.advanced(priority)
        };
        let own = at_seat(caller);
        let ahead = self.waiting.iter().find(|(other, waiting)| {
            **other != call && waiting.rung_by.is_empty() && at_seat(waiting) < own && self.may(seat, waiting)
        });
        ahead.map(|(other, _)| *other)
    }

    /// A free seat that should be rung for this caller rather than this one, and where nobody comes before.
    pub(super) fn better_than(
        &self,
        id: &SeatId,
        seat: &Watched,
        call: CallId,
        caller: &Waiting,
    ) -> Option<SeatId> {
        let rules = self.rules.get(&caller.queue)?;
        let own = rank(seat, rules)?;
        let better = self.seats.iter().find(|(other, free)| {
            *other != id
                && rank(free, rules).is_some_and(|rank| rank < own)
                && self.may(free, caller)
                && self.ahead_of(free, call, caller).is_none()
        });
        better.map(|(other, _)| other.clone())
    }

    /// Some seats ring for this caller, and one more may.
    fn has_room(&self, caller: &Waiting) -> bool {
        let most = self.rules.get(&caller.queue).filter(|rules| rules.strategy == Strategy::RingAll);
        most.is_some_and(|rules| caller.rung_by.len() < rules.ring_at_most) && self.now < caller.deadline
    }

    /// This seat may ring beside those that ring for the caller: nobody waits whom it could serve alone.
    pub(super) fn may_ring_beside(&self, seat: &Watched, caller: &Waiting) -> bool {
        let mut alone = self.waiting.values().filter(|other| other.rung_by.is_empty());
        self.has_room(caller) && !alone.any(|other| self.may(seat, other))
    }

    /// Nobody waits beside a free seat that may serve.
    pub(super) fn check_served(&self) -> Result<(), String> {
        for (id, seat) in self.seats.iter().filter(|(_, seat)| seat.free_since().is_some()) {
            let left = self.waiting.iter().find(|(_, caller)| {
                self.may(seat, caller) && (caller.rung_by.is_empty() || self.has_room(caller))
            });
            if let Some((call, _)) = left {
                return Err(format!("{call} waits at {:?} although {id} is free and may serve", self.now));
            }
        }
        Ok(())
    }
}

/// What is needed is known, or done without by now.
fn knows_enough(seat: &Watched, caller: &Waiting, rules: &QueueRules, waited: Duration) -> bool {
    let waivers = rules.needs.waivers.iter().chain(&caller.asked.needs.waivers);
    let waived = |skill| waivers.clone().any(|(after, name)| name == skill && *after <= waited);
    let known =
        |skill| seat.rules.skills.iter().find(|(known, _)| *known == skill).map_or(0, |(_, level)| level);
    let needed = rules.needs.skills.iter().chain(caller.asked.needs.skills.iter());
    needed.into_iter().all(|(skill, level)| waived(skill) || known(skill) >= level)
}

/// The least is rung first; `None` when it cannot be rung.
fn rank(seat: &Watched, rules: &QueueRules) -> Option<(u128, Mono)> {
    let since = seat.free_since()?;
    let knows =
        |skill| seat.rules.skills.iter().find(|(known, _)| *known == skill).map_or(0, |(_, level)| level);
    let first = match rules.strategy {
        Strategy::LongestIdle | Strategy::RingAll => 0,
        Strategy::RoundRobin => seat.last_ring.into(),
        Strategy::FewestCalls => seat.calls.into(),
        Strategy::LeastTalkTime => seat.talked.as_nanos(),
        Strategy::Linear => u128::try_from(seat.order).unwrap_or(u128::MAX),
        Strategy::SkillLevel => {
            let levels = rules.needs.skills.iter().map(|(skill, _)| u32::from(knows(skill))).sum::<u32>();
            (u32::MAX - levels).into()
        }
    };
    Some((first, since))
}

pub(super) fn nanos(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX)
}
