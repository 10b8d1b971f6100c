//! What is no call and wants an operator: call-backs, so far. `[queue.tasks]` of a queue says when its seats may be given one, and whatever
//! must not wait any longer is given all the same ([`CallbackRules::presses_ms`](crate::callback::CallbackRules)).
//!
//! One that is due and held back is asked again as soon as the distribution permits it: after every input, the one that has been due for
//! longest first, one at a time, because each takes a seat.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::acd::Distribution;
use crate::callback::{Callback, Callbacks, First, Kind, Stage};
use crate::ids::{CallbackId, QueueId, SeatId};
use crate::time::Now;

use super::Engine;
use super::recalling::Recalling;

/// Held back, by queue, with the moment since when each is due. As many as there are open call-backs at most.
#[derive(Debug, Default)]
pub(super) struct HeldBack(BTreeMap<QueueId, BTreeSet<(i64, CallbackId)>>);

impl HeldBack {
    fn hold(&mut self, queue: &QueueId, due_ms: i64, id: CallbackId) {
        self.0.entry(queue.clone()).or_default().insert((due_ms, id));
    }

    /// It is over, or has a place.
    pub(super) fn forget(&mut self, id: CallbackId) {
        self.0.values_mut().for_each(|held| held.retain(|(_, other)| *other != id));
        self.0.retain(|_, held| !held.is_empty());
    }

    fn next(&mut self, permits: impl Fn(&QueueId) -> bool) -> Option<CallbackId> {
        let (queue, held) = self.0.iter_mut().find(|(queue, _)| permits(queue))?;
        let (queue, next) = (queue.clone(), held.pop_first());
        if held.is_empty() {
            self.0.remove(&queue);
        }
        next.map(|(_, id)| id)
    }
}

/// A task that waits for an operator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskState {
    /// Which call-back.
    pub callback: CallbackId,
    /// `booked`, `place` or `recall`.
    pub kind: String,
    /// How long it has been due, in seconds.
    pub due_s: f64,
    /// `waiting` until the queue permits it, `in_line`, `ringing`.
    pub stage: String,
    /// The seats that ring for it.
    pub ringing: Vec<SeatId>,
}

/// The queue's thresholds hold, and seats are left to those who call. Where the citizen is called first, pacing sees to these.
fn permits(acd: &Distribution, callbacks: &Callbacks, queue: &QueueId) -> bool {
    let operator_first = callbacks.rules(queue).filter(|rules| rules.first == First::Operator);
    let spared = operator_first.map_or(0, |rules| usize::try_from(rules.spare_seats).unwrap_or(usize::MAX));
    acd.may_give_task(queue) && (spared == 0 || acd.free_for(queue).count() > spared)
}

impl Engine {
    /// This call-back, which is due, may take a place in line now. Otherwise it is held back.
    pub(super) fn may_take_seat(&mut self, now: Now, id: CallbackId, queue: &QueueId) -> bool {
        let Some(callback) = self.recalling.diary().callback(id) else { return false };
        let Some(rules) = self.recalling.callbacks.rules(queue) else { return false };
        let presses = rules.presses_ms(&callback.promise, callback.next_ms) <= now.wall_ms();
        let due_ms = callback.next_ms;
        let may = presses || permits(&self.acd, &self.recalling.callbacks, queue);
        match may {
            true => self.recalling.held_back.forget(id),
            false => self.recalling.held_back.hold(queue, due_ms, id),
        }
        may
    }

    /// The distribution permits a task that was held back: it asks for its place again. False: there is none.
    pub(super) fn give_task(&mut self) -> bool {
        let Recalling { held_back, callbacks, .. } = &mut self.recalling;
        let acd = &self.acd;
        let next = held_back.next(|queue| permits(acd, callbacks, queue));
        if let Some(id) = next {
            self.recalling.callbacks.look_again(id);
        }
        next.is_some()
    }

    /// What waits for an operator of this queue and is no call, the longest due first.
    pub(super) fn tasks_of(&self, now: Now, queue: &QueueId) -> Vec<TaskState> {
        let due = |(_, callback): &(CallbackId, &Callback)| {
            let waits = callback.stage == Stage::Waiting && callback.promise.queue == *queue;
            waits && callback.next_ms <= now.wall_ms()
        };
        let mut due: Vec<_> = self.recalling.diary().open().filter(due).collect();
        due.sort_by_key(|(id, callback)| (callback.next_ms, *id));
        let state = |(id, callback): (CallbackId, &Callback)| {
            let (stage, ringing) = self.recalling.line.stage(id);
            let kind = match callback.promise.kind {
                Kind::Booked(_) => "booked",
                Kind::Place(_) => "place",
                Kind::Recall => "recall",
            };
            let due_ms = u32::try_from(now.wall_ms().saturating_sub(callback.next_ms)).unwrap_or(u32::MAX);
            let (kind, stage) = (kind.to_owned(), stage.to_owned());
            TaskState { callback: id, kind, due_s: f64::from(due_ms) / 1000.0, stage, ringing }
        };
        due.into_iter().map(state).collect()
    }
}
