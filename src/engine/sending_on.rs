//! Callers whom a queue cannot serve soon enough are sent on, as its `[[queue.overflow]]` says: into a queue of another Ente, to the flow of
//! another line, to a number outside. The distribution says who and when ([`acd::Action::SendOn`]); whoever cannot be taken there waits on.
//!
//! Who is sent to a number leaves the line while it rings, and hears the music go on. If nobody answers, the citizen stands at the old place
//! again, with the time of the ring counted, also where the queue is full by now. After a talk the flow goes on by the queue's `answered`.

use std::time::Duration;

use crate::acd::{self, Entering, Supervised};
use crate::call::{Call, Phase, SentOn, Tags};
use crate::config::SentTo;
use crate::flow::request::Marked;
use crate::ids::{CallId, QueueId};
use crate::journal::entry::{Elsewhere, Fact};
use crate::time::Now;

use super::Engine;

impl Engine {
    /// This caller may be sent on by this of the queue's rules.
    pub(super) fn on_send_on(&mut self, now: Now, id: CallId, queue: &QueueId, rule: usize) {
        let waits = |call: &&Call| call.waits_in() == Some(queue) && call.flow.is_some();
        // Whom an operator has given to the queue goes back to that operator when nobody is there.
        if self.calls.get(&id).filter(waits).is_none_or(|call| call.giver.is_some()) {
            return;
        }
        // A seat that was free at the same moment rings for the citizen.
        let Some(place) = self.acd.place_left(now.mono, id).filter(|place| place.queue == *queue) else {
            return;
        };
        let config = self.config.clone();
        match config.queues.get(queue).and_then(|queue| queue.sent_to(rule)) {
            Some(SentTo::Queue(to)) => self.send_to_queue(now, id, queue, to),
            Some(SentTo::Line(line)) => self.send_to_line(now, id, queue, line),
            Some(SentTo::Number { number, ring_for, at_once }) if self.called_for(queue, rule) < *at_once => {
                self.send_to_number(now, id, (place, rule), number, *ring_for);
            }
            // The office has as many as it takes; or a reload has taken the rule away.
            Some(SentTo::Number { .. }) | None => {}
        }
    }

    /// How many are with the number of this rule: it rings, or they talk.
    fn called_for(&self, queue: &QueueId, rule: usize) -> usize {
        let sent = self.calls.values().filter(|call| call.callee.is_some());
        let sent = sent.filter_map(|call| call.sent_on.as_ref());
        sent.filter(|sent| sent.queue == *queue && sent.rule == rule).count()
    }

    /// Into the line of another queue, with the waiting so far; what the call is about is what that queue says.
    fn send_to_queue(&mut self, now: Now, id: CallId, from: &QueueId, to: &QueueId) {
        let config = self.config.clone();
        let Some(rules) = config.queues.get(to) else { return };
        let Some(before) = self.calls.get(&id).map(|call| call.entity.clone()) else { return };
        let entity = rules.entity.as_ref().unwrap_or(&before);
        let closed = self.switches.close_queue(to, entity, now.wall_ms());
        let wanted = Supervised::Move(to.clone());
        if closed
            || !rules.is_open(&config.calendars, now.wall)
            || self.acd.supervised_fault(now.mono, id, &wanted).is_some()
        {
            return;
        }
        self.tell_sent_on(now, id, from, Elsewhere::Queue(to.clone()));
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(enqueue) = call.enqueue.as_mut() {
            enqueue.queue = to.clone();
        }
        let tags = Tags { entity: rules.entity.clone(), topic: rules.topic.clone(), ..Tags::default() };
        if tags != Tags::default() {
            call.tag(&tags);
            self.tag(now, id, tags);
        }
        self.acd.handle_input(now.mono, acd::Input::Stays(id));
        self.acd.handle_input(now.mono, acd::Input::Supervised(id, wanted));
    }

    /// The flow of another number of ours leads the citizen from now on.
    fn send_to_line(&mut self, now: Now, id: CallId, from: &QueueId, line: &str) {
        let config = self.config.clone();
        let has_flow = config.numbers.get(line).is_some_and(|number| self.flows.contains_key(&number.flow));
        if !has_flow {
            return;
        }
        self.tell_sent_on(now, id, from, Elsewhere::Line(line.to_owned()));
        self.acd.handle_input(now.mono, acd::Input::Leave(id));
        if let Some(call) = self.calls.get_mut(&id) {
            call.story.on_sent_on();
            call.hearing.stop();
        }
        self.lead_by(now, id, line);
    }

    fn send_to_number(
        &mut self,
        now: Now,
        id: CallId,
        (place, rule): (Entering, usize),
        number: &str,
        ring_for: Duration,
    ) {
        let queue = place.queue.clone();
        let marked = Marked { text: number.to_owned(), personal: false };
        let callee = match self.callee(now, id, &marked, ring_for) {
            Ok(callee) => callee,
            Err(why) => {
                return tracing::warn!(%queue, %why, "nobody is sent on to the number of its overflow");
            }
        };
        self.tell_sent_on(now, id, &queue, Elsewhere::Outside);
        self.acd.handle_input(now.mono, acd::Input::Leave(id));
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.callee = Some(callee);
        call.phase = Phase::Calling;
        call.sent_on = Some(SentOn { queue, rule, place, left: now.mono, answered: false });
        self.set_alarm(id);
    }

    /// The number has not taken the citizen, who is at the old place again. False: it was not called for that.
    pub(super) fn back_from_number(&mut self, now: Now, id: CallId) -> bool {
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let Some(SentOn { place, left, .. }) = call.sent_on.take() else { return false };
        let away = now.mono.since(left);
        let max_wait = place.max_wait.map(|wait| wait.saturating_sub(away));
        let prefers = place.prefers.and_then(|(seat, time)| Some((seat, time.checked_sub(away)?)));
        let waited = place.waited.saturating_add(away);
        let entering = Entering { waited, max_wait, prefers, ..place };
        self.acd.handle_input(now.mono, acd::Input::Enter(entering));
        self.settle_distribution(now);
        self.set_alarm(id);
        true
    }

    fn tell_sent_on(&mut self, now: Now, id: CallId, from: &QueueId, to: Elsewhere) {
        let Some(entity) = self.calls.get(&id).map(|call| call.entity.clone()) else { return };
        self.append(now, Fact::SentOn { contact: id.into(), from: from.clone(), to, entity });
    }
}
