//! Call-backs of queues that call the citizen first: how many are called at once, and what becomes of a citizen who answers.
//!
//! Nobody is called for whom no operator would be there: the calls in course with whose citizens no operator talks yet are never more than
//! the seats that are free or will be within [`ABOUT_TO_BE`], less those who wait in the queue for them already. It is looked at
//! whenever anything happens, and every [`PACE_EVERY`] while somebody is to be called.
//!
//! The citizen who answers hears who calls, while a machine is told from a person, and is the first in the queue then, like one whose
//! operator's phone has died. From there on the call is like one that came in, but for two things: the talk is on the disk before it is
//! heard, and nothing leads the citizen on when the queue lets go. Who hangs up in the queue, or for whom nobody comes, is *abandoned*:
//! a failure of its own kind, which is counted, and tried again by its own rule.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::call::{Call, Phase, Purpose, Story, Way};
use crate::callback::Unreached;
use crate::flow::Enqueue;
use crate::ids::{CallId, CallbackId, QueueId, SeatId};
use crate::journal::entry::Fact;
use crate::media;
use crate::time::Now;
use crate::words::{EndedBy, NotTaken};

use super::recall_line::Taken;
use super::{Engine, Owner};

/// A seat that will be free within this is there by the time that a citizen has answered and heard who calls.
const ABOUT_TO_BE: Duration = Duration::from_secs(10);
/// How often to look whether a seat is about to be free.
pub(super) const PACE_EVERY: Duration = Duration::from_secs(1);

impl Engine {
    /// Call the next citizen for whom an operator is free or about to be; true: there was one.
    pub(super) fn pace(&mut self, now: Now) -> bool {
        if self.stopping.is_some() || self.gate.is_degraded() {
            return false;
        }
        let next = self.recalling.line.next_paced();
        let may_be = next.into_iter().find(|(queue, call)| self.has_operator_for(now, queue, *call));
        let Some((queue, call)) = may_be else { return false };
        self.dial_citizen(now, call, queue); // takes it out of the line in any case
        true
    }

    /// More seats are free for this one, or about to be, than are spoken for.
    fn has_operator_for(&self, now: Now, queue: &QueueId, call: CallId) -> bool {
        let line = &self.recalling.line;
        let callback = line.callback(call).and_then(|id| self.recalling.diary().callback(id));
        let rules = self.recalling.callbacks.rules(queue);
        let spared = match (callback, rules) {
            (Some(callback), Some(rules)) if !callback.escalated => rules.spare_seats,
            _ => 0,
        };
        let free: BTreeSet<&SeatId> = self.acd.free_within(now.mono, queue, ABOUT_TO_BE).collect();
        let shares = |other: &QueueId| self.acd.seats_serving(other).any(|seat| free.contains(seat));
        let is_alone = |call: CallId| self.calls.get(&call).is_some_and(|call| call.ringing.is_empty());
        let called = line.unbridged().filter(|(call, other)| is_alone(*call) && shares(other)).count();
        let waiting = self.acd.unserved_in(queue).filter(|call| !line.is_first(*call)).count();
        let spared = usize::try_from(spared).unwrap_or(usize::MAX);
        free.len() > called.saturating_add(waiting).saturating_add(spared)
    }

    fn dial_citizen(&mut self, now: Now, id: CallId, queue: QueueId) {
        let Some(callback) = self.recalling.line.callback(id) else { return };
        let Some(way) = self.way_to_citizen(now, callback) else { return self.drop_place(now, id) };
        let Some(call) = self.citizens_call(now, id, callback, &queue, way) else {
            return self.drop_place(now, id);
        };
        if self.recalling.callbacks.on_attempt(now.wall_ms(), callback, id.into()).is_err() {
            call.callee.iter().for_each(|callee| self.close_leg(&callee.leg));
            return self.drop_place(now, id);
        }
        self.append_recall(now, id, callback, None, &queue);
        self.settle_callbacks(now, None); // the attempt
        self.recalling.line.remove(id);
        self.recalling.line.taken.insert(id, Taken::of(callback, Some(queue)));
        self.calls.insert(id, call);
        self.set_alarm(id);
    }

    /// The call as it is before the citizen has answered, whose side is the one that is called.
    fn citizens_call(
        &mut self,
        now: Now,
        id: CallId,
        callback: CallbackId,
        queue: &QueueId,
        way: Way,
    ) -> Option<Call> {
        let promise = self.recalling.diary().callback(callback)?.promise.clone();
        let number = self.recalling.number(callback)?.to_owned();
        let callee = self.callee_by(now, id, way, true, self.config.dialling.ring_for);
        let callee = callee.inspect_err(|why| tracing::error!(%callback, %why, "a citizen cannot be called"));
        let callee = callee.ok()?;
        let about = (promise.entity, promise.language);
        let begun = Call::begun(id, callee.leg.of_nobody(), self.sounds.clone(), about, now.mono);
        Some(Call {
            from: number,
            to: callee.gateway.number.clone(),
            topic: promise.topic,
            story: Story::made(),
            phase: Phase::Calling,
            enqueue: Some(Enqueue { record: callee.gateway.record, ..Enqueue::plain(queue.clone()) }),
            citizen_id: Some(promise.citizen),
            recalled: true,
            callee: Some(callee),
            ..begun
        })
    }

    /// Nobody has answered.
    pub(super) fn on_citizen_not_there(&mut self, now: Now, id: CallId, why: NotTaken, status: Option<u16>) {
        self.on_recall_unreached(now, id, why, status);
        let (_, by, words) = Engine::why_unreached(why);
        self.close_call(now, id, by, Some(words.to_owned()));
    }

    /// The citizen has answered, and hears who calls; meanwhile a machine is told from a person.
    pub(super) fn on_citizen_there(&mut self, now: Now, id: CallId) {
        let Some(taken) = self.recalling.line.taken.get_mut(&id) else { return };
        taken.answered = true;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(callee) = call.callee.take() else { return };
        call.citizen = callee.leg;
        (call.phase, call.waits_since_ms) = (Phase::Answered, now.wall_ms());
        let (leg, dialog) = (call.citizen.media, call.citizen.dialog);
        self.legs.insert(leg, Owner::Citizen(id));
        if let Some(dialog) = dialog {
            self.dialogs.insert(dialog, Owner::Citizen(id));
        }
        self.set_alarm(id);
        self.append(now, Fact::ContactAnswered { contact: id.into() });
        self.media(media::Command::Identify { leg });
        let sounds = self.introduction(id);
        if sounds.is_empty() {
            return self.on_introduced(now, id);
        }
        self.play(id, sounds, Purpose::Introduction, false);
    }

    /// A machine hears the introduction.
    pub(super) fn on_machine_first(&mut self, now: Now, id: CallId) {
        let hears = self.calls.get(&id).and_then(|call| call.hearing.purpose());
        if hears != Some(Purpose::Introduction) {
            return; // in the queue, or talks already
        }
        self.fail_first(now, id, Unreached::Machine);
        self.close_call(now, id, EndedBy::Exchange, Some("an answering machine".to_owned()));
    }

    /// The citizen knows who calls, and is the first in the queue.
    pub(super) fn on_introduced(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(enqueue) = call.enqueue.clone() else { return };
        (call.keeps_wait, call.comes_first) = (true, true);
        self.enqueue(now, id, enqueue);
    }

    /// An operator has taken the call: it is written that the two talk, and then they do.
    pub(super) fn on_operator_there(&mut self, now: Now, id: CallId, seat: SeatId) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.phase = Phase::Talking(seat); // whoever hangs up meanwhile leaves a talk
        }
        self.bridge_recall(now, id);
    }

    /// It ends before anybody has talked with the citizen, who was on the line.
    pub(super) fn fail_first(&mut self, now: Now, id: CallId, why: Unreached) {
        let Some(Taken { callback, .. }) = self.recalling.line.taken.remove(&id) else { return };
        self.recalling.callbacks.on_not_reached(now.wall_ms(), callback, id.into(), why);
        self.settle_callbacks(now, None);
    }
}
