//! The flow leads the citizen: its actions become plays, places in queues and tags; keys and ends of plays go back to it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::acd;
use crate::call::{Call, Phase, Purpose, Tags};
use crate::flow::{self, CallFacts, Enqueue, FlowRun, World};
use crate::ids::{CallId, QueueId};
use crate::journal::entry::Fact;
use crate::media::{self, LegId, PlayId, Sound};
use crate::time::Now;
use crate::words::{AskedAgain, EndedBy, QueueExit};

use super::command::STOPS;
use super::{AskId, Engine, Owner};

impl Engine {
    pub(super) fn start_flow(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.phase != Phase::Answered {
            return;
        }
        let Some(flow) = call.flow.clone() else { return self.call_out(now, id) };
        call.phase = Phase::Flow;
        call.story.on_flow_began();
        if let Some(dialog) = call.citizen.dialog {
            self.pulses.on_alive(now.mono, dialog);
        }
        let facts = CallFacts {
            from: call.from.clone(),
            to: call.to.clone(),
            entity: call.entity.clone(),
            language: call.language.clone(),
        };
        self.runs.insert(id, FlowRun::new(flow, facts));
        self.run_flow(now, id, None, |run, world| run.start(now, world));
    }

    /// Tell the flow what happened, and do what it wants.
    pub(super) fn step_flow(&mut self, now: Now, id: CallId, input: flow::Input) {
        let why = match input {
            flow::Input::Digit(_) => Some(AskedAgain::WrongKey),
            flow::Input::Timeout => Some(AskedAgain::Silence),
            flow::Input::Played | flow::Input::QueueExit(_) | flow::Input::Answer(..) => None,
        };
        self.run_flow(now, id, why, |run, world| run.handle_input(now, input, world));
    }

    /// One step of one flow. A panic in it ends this call and no other.
    fn run_flow(
        &mut self,
        now: Now,
        id: CallId,
        again: Option<AskedAgain>,
        step: impl FnOnce(&mut FlowRun, &World<'_>) -> Vec<flow::Action>,
    ) {
        self.expire_switches(now);
        if !self.runs.contains_key(&id) {
            return;
        }
        self.look_at_queues(now);
        let Some(run) = self.runs.get_mut(&id) else { return };
        let own = self.calls.get(&id).and_then(|call| self.own_bulletins.get(&call.entity));
        let (bulletins, queues) = (own.unwrap_or(&self.bulletins), &self.queue_facts);
        let world = World { calendars: &self.calendars, bulletins, queues };
        let actions = catch_unwind(AssertUnwindSafe(|| step(run, &world)));
        let Ok(actions) = actions else {
            tracing::error!(call = %id, "a panic in the flow; the call is ended");
            return self.close_call(now, id, EndedBy::Exchange, Some("a fault in the flow's engine".into()));
        };
        let waits = self.calls.get(&id).is_some_and(|call| matches!(call.phase, Phase::Waiting(_)));
        if let Some(why) = again.filter(|_| !waits && flow::asks_again(&actions)) {
            self.append(now, Fact::AskedAgain { contact: id.into(), why });
        }
        for action in actions {
            self.on_flow(now, id, action);
        }
        self.set_alarm(id);
    }

    pub(super) fn set_alarm(&mut self, id: CallId) {
        // A node that keeps a citizen in a queue has nothing to offer meanwhile.
        let is_sent_on = self.calls.get(&id).is_some_and(|call| call.sent_on.is_some());
        let of_flow = || {
            self.runs
                .get(&id)
                .and_then(FlowRun::poll_timeout)
                .filter(|_| !self.is_transferred(id) && !is_sent_on)
        };
        let wanted = self.calls.get(&id).and_then(Call::looks_at).or_else(of_flow);
        let set = self.alarm_of.get(&id).copied();
        if wanted == set {
            return;
        }
        if let Some(old) = set {
            self.alarms.remove(&(old, id));
            self.alarm_of.remove(&id);
        }
        if let Some(at) = wanted {
            self.alarms.insert((at, id));
            self.alarm_of.insert(id, at);
        }
    }

    fn on_flow(&mut self, now: Now, id: CallId, action: flow::Action) {
        use flow::Action as A;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let contact = id.into();
        match action {
            A::Entered { node, info } => {
                call.story.on_node(info);
                self.append(now, Fact::NodeEntered { contact, node, info });
            }
            A::Play { say, barge_in } => {
                call.story.on_play();
                // What is said to those who wait is followed by the music.
                let waits = matches!(call.phase, Phase::Waiting(_));
                let purpose = if waits { Purpose::Announcement } else { Purpose::Flow };
                let sounds = self.sounds_of(now, id, &say);
                let sounds = self.after_word(id, sounds);
                self.play(id, sounds, purpose, barge_in);
            }
            A::StopPlay => {
                call.hearing.stop();
                let leg = call.citizen.media;
                self.media(media::Command::Stop { leg });
            }
            A::Tag { entity, topic, language, record } => {
                let tags = Tags { entity, topic, language, record };
                call.tag(&tags);
                self.tag(now, id, tags);
            }
            A::Enqueue(enqueue) => self.enqueue(now, id, enqueue),
            A::Dequeue(exit) => {
                let queue = call.enqueue.as_ref().map(|enqueue| enqueue.queue.clone());
                self.acd.handle_input(now.mono, acd::Input::Leave(id));
                self.settle_distribution(now);
                if let Some(queue) = queue {
                    self.append(now, Fact::QueueLeft { contact, queue, exit });
                }
                self.leave_queue(id, exit);
                if let Some(call) = self.calls.get_mut(&id).filter(|_| exit == QueueExit::Callback) {
                    call.keeps_wait = true; // whoever cannot be called back after all goes on waiting
                }
                self.forget_giver(id);
            }
            A::Ask(request, wanted) => self.ask(now, id, request, wanted),
            A::StopRecording(request) => self.stop_take(now, AskId { call: id, request }),
            A::KeepRecording { request, queue } => self.keep_take(now, AskId { call: id, request }, queue),
            A::DropRecording(request) => self.drop_take(now, AskId { call: id, request }),
            A::FoundClosed { queue } => self.on_found_closed(now, id, queue),
            A::Surveyed { question, answer, of } => {
                self.append(now, Fact::Surveyed { contact, question, answer, of: Some(of) });
            }
            A::Failed { node, why } => {
                self.append(now, Fact::NodeFailed { contact, node, why });
            }
            A::Hangup => {
                call.story.on_node(false);
                let word = std::mem::take(&mut call.word);
                if !word.is_empty() {
                    return self.play(id, word, Purpose::OwnWord, false);
                }
                let why = self.runs.get(&id).and_then(FlowRun::failure).map(ToString::to_string);
                self.close_call(now, id, EndedBy::Flow, why);
            }
        }
    }

    /// What a supervisor has to say is heard first.
    pub(super) fn after_word(&mut self, id: CallId, sounds: Vec<Arc<Sound>>) -> Vec<Arc<Sound>> {
        let mut word = self.calls.get_mut(&id).map(|call| std::mem::take(&mut call.word)).unwrap_or_default();
        word.extend(sounds);
        word
    }

    // -- the queue

    pub(super) fn enqueue(&mut self, now: Now, id: CallId, enqueue: Enqueue) {
        let queue = enqueue.queue.clone();
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.enqueue = Some(enqueue.clone());
        let config = self.config.clone();
        let Some(rules) = config.queues.get(&queue) else {
            return self.back_to_flow(now, id, QueueExit::Error);
        };
        // The Ente that the queue gives is the one that an emergency must not have closed.
        let given = call.take_defaults(rules.entity.as_ref(), rules.topic.as_ref());
        let closed = self.switches.close_queue(&queue, &call.entity, now.wall_ms());
        if let Some(tags) = given {
            self.tag(now, id, tags);
        }
        if closed || !rules.is_open(&config.calendars, now.wall) {
            return self.on_left_queue(now, id, queue, QueueExit::Closed);
        }
        let entering = self.entering(now, id, enqueue, rules);
        self.acd.handle_input(now.mono, acd::Input::Enter(entering));
    }

    pub(super) fn tag(&mut self, now: Now, id: CallId, tags: Tags) {
        let Tags { entity, topic, language, record } = tags;
        self.append(now, Fact::ContactTagged { contact: id.into(), entity, topic, language, record });
    }

    pub(super) fn on_placed(&mut self, now: Now, id: CallId, queue: &QueueId, position: usize) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.phase = Phase::Waiting(queue.clone());
        call.story.on_queued(now.mono);
        if let Some(fact) = self.queued(now, id, position) {
            self.append(now, fact);
        }
        self.begin_announcing(now, id, queue, position);
    }

    pub(super) fn play_music(&mut self, now: Now, id: CallId) {
        let music = self.music_for(id);
        let sounds = self.music(now, id, &music);
        self.play(id, sounds, Purpose::Music, false);
    }

    pub(super) fn on_left_queue(&mut self, now: Now, id: CallId, queue: QueueId, exit: QueueExit) {
        let word = match exit {
            QueueExit::Closed => self.sounds_of_closed(now, id, &queue),
            _ => Vec::new(),
        };
        self.append(now, Fact::QueueLeft { contact: id.into(), queue, exit });
        self.leave_queue(id, exit);
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.giver.is_some() {
            return self.come_back(now, id);
        }
        call.word = word;
        self.back_to_flow(now, id, exit);
    }

    /// The citizen is back in the hands of the flow.
    fn leave_queue(&mut self, id: CallId, exit: QueueExit) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.story.on_left(exit);
        (call.phase, call.comes_first) = (Phase::Flow, false);
        call.hearing.stop();
        let leg = call.citizen.media;
        self.media(media::Command::Stop { leg });
    }

    // -- what media reports

    pub(super) fn on_digit(&mut self, now: Now, leg: LegId, digit: char) {
        if let Some(id) = self.is_operator(leg) {
            return self.on_operator_key(now, id, leg, digit);
        }
        if let Some(Owner::Watch(id)) = self.legs.get(&leg).cloned() {
            return self.on_supervisor_key(now, id, leg, digit);
        }
        let Some(Owner::Citizen(id)) = self.legs.get(&leg).cloned() else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        if !matches!(call.phase, Phase::Flow | Phase::Waiting(_)) {
            return;
        }
        call.last_key = Some(now.mono);
        if self.runs.get(&id).is_some_and(|run| !run.keys_are_personal()) {
            self.append(now, Fact::KeyPressed { contact: id.into(), key: digit });
        }
        self.step_flow(now, id, flow::Input::Digit(digit));
    }

    pub(super) fn on_played(&mut self, now: Now, leg: LegId, play: PlayId) {
        match self.legs.get(&leg).cloned() {
            Some(Owner::Citizen(id)) => {
                let Some(call) = self.calls.get_mut(&id) else { return };
                match call.hearing.on_played(play) {
                    Some(Purpose::Flow) => {
                        call.story.on_heard();
                        self.step_flow(now, id, flow::Input::Played);
                    }
                    Some(Purpose::Announcement) => self.play_music(now, id),
                    Some(Purpose::Introduction) => self.on_introduced(now, id),
                    Some(Purpose::Tone) => self.on_tone(now, id),
                    Some(Purpose::Farewell) => {
                        self.close_call(now, id, EndedBy::Exchange, Some(STOPS.to_owned()))
                    }
                    Some(Purpose::OwnWord) => self.close_call(now, id, EndedBy::Flow, None),
                    Some(Purpose::LastWord) => self.on_last_word(now, id),
                    Some(Purpose::Music) | None => {}
                }
            }
            Some(Owner::Service(dialog)) => self.on_service_played(now, dialog),
            Some(Owner::Line(id)) => self.on_line_played(now, id, play),
            Some(Owner::Callee(id)) => self.on_told_before(now, id, play),
            Some(Owner::Ringing(..) | Owner::Seat(_) | Owner::Watch(_)) | None => {}
        }
    }
}
