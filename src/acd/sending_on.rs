//! Who may be sent on: away from a queue whose own seats do not suffice, to another Ente or to a number outside.
//!
//! Here is only when, and who: the first in line of those who have waited as long as the rule wants, while its conditions hold. Looked at when
//! somebody enters, when somebody has waited so long, when a ring led to nothing, and whenever waits are estimated anew; each look tells one
//! caller a rule, so that a queue drains as fast as it is looked at and never all at once. The owner carries it out, or lets it be; then the
//! caller waits on. Who has been sent on once stays.

use super::callers::Stage;
use super::distribution::Distribution;
use super::{Action, Entering};
use crate::ids::{CallId, QueueId};
use crate::time::Mono;

impl Distribution {
    /// Tell whom of this queue each rule would send on now.
    pub(super) fn send_on(&mut self, now: Mono, id: &QueueId) {
        let Some(queue) = self.queues.get(id).filter(|queue| !queue.rules.sends_on.is_empty()) else {
            return;
        };
        let first = |rule: usize| {
            let when = queue.rules.sends_on.get(rule).filter(|when| when.is_open(queue))?;
            queue.in_order().find(|call| {
                let caller = self.callers.get(call);
                let caller = caller.filter(|caller| caller.stage == Stage::Waiting && !caller.stays);
                caller.is_some_and(|caller| when.reached(now, queue, caller.place))
            })
        };
        let rules = 0..queue.rules.sends_on.len();
        let told: Vec<_> = rules.filter_map(|rule| Some((first(rule)?, rule))).collect();
        for (call, rule) in told {
            self.push(Action::SendOn { call, queue: id.clone(), rule });
        }
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
