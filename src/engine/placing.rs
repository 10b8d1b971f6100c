//! What is known of a caller who asks for a place: since when the waiting counts, and whether the number is served otherwise than others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::acd::{self, CutOff, Entering, Needs};
use crate::call::Phase;
use crate::config::{Config, Queue, WaitsSince};
use crate::flow::{Enqueue, Flow};
use crate::ids::{CallId, FlowId, QueueId};
use crate::journal::entry::Fact;
use crate::time::Now;

use super::Engine;

impl Engine {
    /// The place that this call asks for.
    pub(super) fn entering(&mut self, now: Now, id: CallId, enqueue: Enqueue, queue: &Queue) -> Entering {
        let Enqueue { queue: name, priority, max_wait, skills, widen, announce, .. } = enqueue;
        let needs = Needs { skills: skills.into_iter().collect(), waivers: widen };
        let plain = Entering { priority, max_wait, needs, ..Entering::new(id, name.clone()) };
        if announce && queue.announce.tells_wait {
            self.expect(now, &name);
        }
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
        &mut self,
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
        self.expect(now, queue);
        self.acd.answers_within(now.mono, &Entering::new(id, queue.clone()), within)
    }

    /// Find out how long the wait in this queue will be, because somebody is about to ask; unless that is known from a moment ago.
    pub(super) fn expect(&mut self, now: Now, queue: &QueueId) {
        let Some(wait) = self.acd.estimate(now.mono, queue) else { return };
        let middle = wait.map(|wait| wait.middle);
        if let Some(facts) = self.queue_facts.get_mut(queue) {
            facts.ewt_s = middle.map_or(0, |middle| u32::try_from(middle.as_secs()).unwrap_or(u32::MAX));
        }
        self.acd.handle_input(now.mono, acd::Input::Expected(queue.clone(), middle));
    }

    /// What flows may ask of queues, and what sends callers on, is brought up to date.
    pub(super) fn look_at_queues(&mut self, now: Now) {
        let asked = Arc::clone(&self.asked_queues);
        asked.waits.iter().for_each(|queue| self.expect(now, queue));
        for queue in &asked.lengths {
            if let Some(facts) = self.queue_facts.get_mut(queue) {
                facts.waiting = u32::try_from(self.acd.waiting_in(queue)).unwrap_or(u32::MAX);
            }
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
        let expected = self.acd.expected_wait(now.mono, queue);
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

/// Queues of which something is asked whenever a flow runs; nobody counts and estimates for the others.
#[derive(Debug, Default)]
pub(super) struct AskedQueues {
    /// How long the wait will be: rules of overflow go by it, or conditions of flows.
    waits: BTreeSet<QueueId>,
    /// How many wait: conditions of flows.
    lengths: BTreeSet<QueueId>,
}

impl AskedQueues {
    pub(super) fn of(config: &Config, flows: &BTreeMap<FlowId, Arc<Flow>>) -> Arc<AskedQueues> {
        let by_rule = config.queues.iter().filter(|(_, queue)| queue.rules.goes_by_wait()).map(|(id, _)| id);
        let by_flow = flows.values().flat_map(|flow| flow.waits_asked());
        let lengths = flows.values().flat_map(|flow| flow.lengths_asked());
        Arc::new(AskedQueues {
            waits: by_rule.chain(by_flow).cloned().collect(),
            lengths: lengths.cloned().collect(),
        })
    }

    /// These, and those of before.
    pub(super) fn beside(&self, before: &AskedQueues) -> Arc<AskedQueues> {
        Arc::new(AskedQueues { waits: &self.waits | &before.waits, lengths: &self.lengths | &before.lengths })
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
