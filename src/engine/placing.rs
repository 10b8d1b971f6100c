//! What is known of a caller who asks for a place: since when the waiting counts, and whether the number is served otherwise than others.

use std::time::Duration;

use crate::acd::{self, CutOff, Entering, Needs};
use crate::call::Phase;
use crate::config::{Queue, WaitsSince};
use crate::flow::Enqueue;
use crate::ids::{CallId, QueueId};
use crate::journal::entry::Fact;
use crate::time::Now;

use super::Engine;

impl Engine {
    /// The place that this call asks for.
    pub(super) fn entering(&mut self, now: Now, id: CallId, enqueue: Enqueue, queue: &Queue) -> Entering {
        let Enqueue { queue: name, priority, max_wait, skills, widen, .. } = enqueue;
        let needs = Needs { skills: skills.into_iter().collect(), waivers: widen };
        let plain = Entering { priority, max_wait, needs, ..Entering::new(id, name.clone()) };
        let Some(call) = self.calls.get_mut(&id) else { return plain };
        let since = match queue.waits_since {
            WaitsSince::Entry => now.mono,
            WaitsSince::Arrival => call.arrived,
            WaitsSince::Key => call.last_key.unwrap_or(call.arrived),
        };
        let back = call
            .citizen_id
            .and_then(|citizen| self.returning.since(citizen, &name, now.wall_ms(), queue.keeps_place));
        // A clock that was set back gives no credit.
        let away = back.map_or(0, |since_ms| now.wall_ms().saturating_sub(since_ms));
        if call.keeps_wait {
            let waited = now.wall_ms().saturating_sub(call.waits_since_ms);
            let waited = Duration::from_millis(u64::try_from(waited).unwrap_or(0));
            let plain = Entering { waited, ..plain };
            return if call.comes_first { plain.returning() } else { plain };
        }
        let waited = now.mono.since(since).max(Duration::from_millis(u64::try_from(away).unwrap_or(0)));
        call.waits_since_ms = now.wall_ms().saturating_sub(millis(waited));
        let listed = self.config.callers.get(&call.from);
        Entering {
            waited,
            priority: priority.saturating_add(listed.map_or(0, |listed| listed.priority)),
            prefers: listed.and_then(|listed| listed.prefers.clone()),
            ..plain
        }
    }

    /// Whether a queue is expected to answer this citizen within so long; `None`: that is not known.
    pub(super) fn answers_within(
        &self,
        now: Now,
        id: CallId,
        queue: &QueueId,
        within: Duration,
    ) -> Option<bool> {
        let (rules, call) = (self.config.queues.get(queue)?, self.calls.get(&id)?);
        let entity = rules.entity.as_ref().filter(|_| !call.tagged).unwrap_or(&call.entity);
        let closed = self.switches.close_queue(queue, entity, now.wall_ms());
        if closed || !rules.is_open(&self.calendars, now.wall) {
            return Some(false);
        }
        self.acd.answers_within(now.mono, &Entering::new(id, queue.clone()), within)
    }

    /// How long the waits will be, for flows, for overflow and for the record; every few seconds.
    pub(super) fn estimate(&mut self, now: Now) {
        let Some(waits) = self.acd.estimate(now.mono) else { return };
        for (queue, wait) in waits {
            let middle = wait.map(|wait| wait.middle);
            if let Some(facts) = self.queue_facts.get_mut(&queue) {
                facts.ewt_s = middle.map_or(0, |middle| u32::try_from(middle.as_secs()).unwrap_or(u32::MAX));
            }
            self.acd.handle_input(now.mono, acd::Input::Expected(queue.clone(), middle));
            self.expected.insert(queue, wait);
        }
    }

    /// The fact that a call has a place, which is to be had back after a crash.
    pub(super) fn queued(&mut self, now: Now, id: CallId, position: usize) -> Option<Fact> {
        let call = self.calls.get(&id)?;
        let Phase::Waiting(queue) = &call.phase else { return None };
        if let Some(citizen) = call.citizen_id {
            self.returning.on_placed(citizen, queue);
        }
        let since_ms = Some(call.waits_since_ms).filter(|since_ms| *since_ms != now.wall_ms());
        let ahead_min = self.acd.minutes_ahead(id);
        let expected = self.expected.get(queue).copied().flatten();
        let expected_s = expected.map(|wait| (wait.low.as_secs(), wait.high.as_secs()));
        let queue = queue.clone();
        Some(Fact::Queued { contact: id.into(), queue, position, since_ms, ahead_min, expected_s })
    }

    /// A call ends: if it waited, who calls again soon gets the place back.
    pub(super) fn keep_place(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let queue = match &call.phase {
            Phase::Waiting(queue) => Some(queue),
            _ => call.sent_on.as_ref().filter(|sent| !sent.answered).map(|sent| &sent.queue),
        };
        if let (Some(queue), Some(citizen)) = (queue, call.citizen_id) {
            let (queue, since_ms, left_ms) = (queue.clone(), call.waits_since_ms, now.wall_ms());
            self.returning.on_cut_off(CutOff { citizen, queue, since_ms, left_ms });
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
