//! Who may be sent on: away from a queue whose own seats do not suffice, to another Ente or to a number outside.
//!
//! Here is only when, and who: the first in line of those who have waited as long as the rule wants, while its conditions hold. Looked at when
//! somebody enters, when somebody has waited so long, when a ring led to nothing, when waits are estimated anew, and again some seconds after
//! somebody could be; each look tells one caller a rule, so that a queue drains as fast as it is looked at and never all at once. The owner carries it out, or lets it be; then the
//! caller waits on. Who has been sent on once stays.

use std::time::Duration;

use super::callers::Stage;
use super::distribution::Distribution;
use super::timers::Alarm;
use super::{Action, Entering};
use crate::ids::{CallId, QueueId};
use crate::time::Mono;

/// How soon a queue is looked at again where somebody may be sent on: as often as waits are estimated.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Distribution {
    /// Tell whom of this queue each rule would send on now.
    pub(super) fn send_on(&mut self, now: Mono, id: &QueueId) {
        let Some(queue) = self.queues.get(id).filter(|queue| !queue.rules.sends_on.is_empty()) else {
            return;
        };
        let first = |rule: usize| {
            let when = queue.rules.sends_on.get(rule).filter(|when| when.is_open(queue))?;
            queue.in_order().find(|call| {
                self.visit(1);
                let caller = self.callers.get(call);
                let caller = caller.filter(|caller| caller.stage == Stage::Waiting && !caller.stays);
                caller.is_some_and(|caller| when.reached(now, queue, caller.place))
            })
        };
        let rules = 0..queue.rules.sends_on.len();
        let told: Vec<_> = rules.filter_map(|rule| Some((first(rule)?, rule))).collect();
        if told.is_empty() {
            return;
        }
        if let Some(queue) = self.queues.get_mut(id).filter(|queue| !queue.looks_again) {
            queue.looks_again = true;
            self.timers.set(now + LOOK_AGAIN, Alarm::SendOn(id.clone()));
        }
        for (call, rule) in told {
            self.push(Action::SendOn { call, queue: id.clone(), rule });
        }
    }

    /// Whoever could not be taken may be now; otherwise the next in line is told.
    pub(super) fn send_on_again(&mut self, now: Mono, id: &QueueId) {
        if let Some(queue) = self.queues.get_mut(id) {
            queue.looks_again = false;
        }
        self.send_on(now, id);
    }

    pub(super) fn on_stays(&mut self, call: CallId) {
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.stays = true;
        }
    }

    /// How a caller who waits asks for the very place that it leaves now, with what is left of its longest wait. Time that goes by until
    /// then is the owner's to add.
    pub fn place_left(&self, now: Mono, call: CallId) -> Option<Entering> {
        let caller = self.callers.get(&call).filter(|caller| caller.stage == Stage::Waiting)?;
        let max_wait = Some(caller.deadline.since(now));
        let moving = self.moving(now, call, caller, &caller.queue);
        Some(Entering { max_wait, stays: true, returns: true, ..moving })
    }
}
