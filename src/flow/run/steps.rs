//! What each type of node does when a caller comes to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::expression::{EvaluationError, Expression, Facts};
use super::super::grammar::Way;
use super::super::hours::Hours;
use super::super::model::{Flow, PromptRef, QueueStep, Step};
use super::super::template::Template;
use super::super::value::Value;
use super::super::{Action, Enqueue, Say};
use super::{Bulletin, FlowRun, MAX_PROMPT, Next, QueueFacts, Wait, World};
use crate::ids::ScheduleId;
use crate::time::Now;

impl FlowRun {
    /// Does what the node does on entry, and says what follows.
    pub(super) fn enter(
        &mut self,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        let flow = Arc::clone(&self.flow);
        let node = flow.node(self.node);
        let bulletin_is_off =
            matches!(&node.step, Step::Bulletin { slot, .. } if !world.bulletins.contains_key(slot));
        let info = node.info && !bulletin_is_off;
        actions.push(Action::Entered { node: self.name_of(node), info });
        Ok(match &node.step {
            Step::Play { prompt, barge_in, .. } => {
                if *barge_in && !self.type_ahead.is_empty() && !node.info {
                    return Ok(Next::Go(self.key_before_play().unwrap_or(Way::To)));
                }
                let say = self.say(*prompt)?;
                play(say, *barge_in, Way::To, now, actions)
            }
            Step::Menu { .. } | Step::Collect { .. } | Step::Survey { .. } => {
                self.enter_asking(now, actions)?
            }
            Step::Hours { schedule, queue } => {
                let hours = self.hours(schedule, now, world)?;
                if let (Hours::Closed | Hours::Holiday, Some(queue)) = (hours, queue) {
                    let queue = self.must_be_known(queue, "queue", &flow.known.queues)?;
                    actions.push(Action::FoundClosed { queue });
                }
                Next::Go(Way::Exit(match hours {
                    Hours::Open => "open",
                    Hours::Closed => "closed",
                    Hours::Holiday => "holiday",
                    Hours::Emergency => "emergency",
                }))
            }
            Step::Bulletin { slot, prompt } => match world.bulletins.get(slot) {
                None => Next::Go(Way::Exit("none")),
                Some(bulletin) => {
                    let say = self.bulletin(slot, bulletin, *prompt)?;
                    let way = Way::Exit(if bulletin.closing { "closing" } else { "played" });
                    play(say, true, way, now, actions)
                }
            },
            Step::Language { set } => {
                self.call.language = set.clone();
                actions.push(Action::Tag {
                    entity: None,
                    topic: None,
                    language: Some(set.clone()),
                    record: None,
                });
                Next::Go(Way::To)
            }
            Step::Branch { when } => Next::Go(self.branch(when)?),
            Step::Set { values } => {
                for (name, form) in values {
                    let value = form.evaluate(&self.facts(QueueFacts::default()))?;
                    self.set_var(name, value)?;
                }
                Next::Go(Way::To)
            }
            Step::Tag { entity, topic, record } => {
                let entity = self.known(entity.as_ref(), "entity", &flow.known.entities)?;
                let topic = self.known(topic.as_ref(), "topic", &flow.known.topics)?;
                if let Some(entity) = &entity {
                    self.call.entity = entity.clone();
                }
                actions.push(Action::Tag { entity, topic, language: None, record: *record });
                Next::Go(Way::To)
            }
            Step::Queue(step) => {
                let enqueue = self.enqueue(step, &flow)?;
                actions.push(Action::Enqueue(enqueue));
                let offer = step.callback.as_ref().filter(|offer| offer.prompt.is_some());
                let offer_at = offer.map(|offer| now.mono + offer.after);
                Next::Wait(Wait::Queue { since: now.mono, offer_at })
            }
            Step::Record(step) => self.enter_recording(step, now, actions)?,
            Step::Request(step) => self.ask_world(step, now, actions)?,
            Step::Subflow(step) => self.go_into(step)?,
            Step::Return { name } => self.come_back(name, actions),
            Step::Hangup { prompt } => {
                let say = prompt.map_or(Ok(Vec::new()), |prompt| self.say(prompt))?;
                Next::Wait(last_words(say, now, actions))
            }
        })
    }

    /// What expressions can see now.
    pub(super) fn facts(&self, queue: QueueFacts) -> Facts<'_> {
        Facts { vars: &self.vars, call: &self.call, queue }
    }

    pub(super) fn say(&self, prompt: PromptRef) -> Result<Vec<Say>, EvaluationError> {
        let said = self.flow.prompt(prompt).say(&self.call.language, &self.facts(QueueFacts::default()));
        if self.repeats() { Ok(said.unwrap_or_default()) } else { said }
    }

    /// The way of the first condition that is true.
    fn branch(&self, when: &[Expression]) -> Result<Way, EvaluationError> {
        let facts = self.facts(QueueFacts::default());
        for (at, condition) in when.iter().enumerate() {
            match condition.evaluate(&facts)? {
                Value::Flag(true) => return Ok(Way::When(at + 1)),
                Value::Flag(false) => {}
                _ => return Err(EvaluationError("the condition is neither true nor false".to_owned())),
            }
        }
        Ok(Way::Else)
    }

    /// An emergency comes before every schedule, the flow's own schedules before the exchange's. `--always-open` opens both.
    fn hours(&self, name: &ScheduleId, now: Now, world: &World<'_>) -> Result<Hours, EvaluationError> {
        if world.calendars.emergencies.close(&self.call.entity) {
            return Ok(Hours::Emergency);
        }
        match self.flow.schedules.get(name) {
            Some(_) if world.calendars.always_open => Ok(Hours::Open),
            Some(own) => Ok(own.at(now.wall)),
            None => (world.calendars.at(name, now.wall)).ok_or_else(|| {
                EvaluationError(format!("schedule `{name}` is no longer in config/calendars.toml"))
            }),
        }
    }

    fn bulletin(
        &self,
        slot: &str,
        bulletin: &Bulletin,
        prompt: Option<PromptRef>,
    ) -> Result<Vec<Say>, EvaluationError> {
        let recorded = |sound: String| vec![Say::Prompt(self.call.language.clone(), sound)];
        match (&bulletin.sound, prompt) {
            (Some(sound), _) => Ok(recorded(sound.clone())),
            (None, Some(prompt)) => self.say(prompt),
            (None, None) => Ok(recorded(format!("bollettini/{slot}"))),
        }
    }

    /// A variable keeps its type.
    pub(super) fn set_var(&mut self, name: &str, value: Value) -> Result<(), EvaluationError> {
        let fits = self.flow.vars.get(name).is_some_and(|var| var.kind.fits(&value));
        if !fits {
            return Err(EvaluationError(format!("the value does not have the type of `{name}`")));
        }
        if !value.is_bounded() {
            return Err(EvaluationError(format!("the value is larger than `{name}` may hold")));
        }
        self.vars.insert(name.to_owned(), value);
        Ok(())
    }

    /// A name that may be computed and must be among `known`.
    pub(super) fn known<N: Clone + Ord + From<String>>(
        &self,
        template: Option<&Template>,
        kind: &str,
        known: &BTreeSet<N>,
    ) -> Result<Option<N>, EvaluationError> {
        let Some(template) = template else { return Ok(None) };
        let text = template.evaluate(&self.facts(QueueFacts::default()))?.into_text();
        let name = N::from(text);
        if known.contains(&name) {
            Ok(Some(name))
        } else {
            Err(EvaluationError(format!("there is no {kind} of that name")))
        }
    }

    /// The same for a name that must be there.
    pub(super) fn must_be_known<N: Clone + Ord + From<String>>(
        &self,
        template: &Template,
        kind: &str,
        known: &BTreeSet<N>,
    ) -> Result<N, EvaluationError> {
        self.known(Some(template), kind, known)?.ok_or_else(|| EvaluationError(format!("there is no {kind}")))
    }

    fn enqueue(&mut self, step: &QueueStep, flow: &Flow) -> Result<Enqueue, EvaluationError> {
        let queue = self.must_be_known(&step.queue, "queue", &flow.known.queues)?;
        if let Some(save) = &step.save {
            self.set_var(save, Value::Text(queue.as_str().to_owned()))?;
        }
        // A key pressed for a menu long ago must not lead out of the queue.
        self.type_ahead.clear();
        Ok(Enqueue {
            queue,
            priority: step.priority,
            max_wait: step.max_wait,
            music: step.music.clone(),
            skills: step.skills.clone(),
            widen: step.widen.clone(),
            announce: step.announce,
            record: step.record,
        })
    }
}

/// Plays, and goes on at its end. What is silent needs no waiting.
fn play(say: Vec<Say>, barge_in: bool, way: Way, now: Now, actions: &mut Vec<Action>) -> Next {
    if say.is_empty() {
        return Next::Go(way);
    }
    actions.push(Action::Play { say, barge_in });
    Next::Wait(Wait::Heard { until: now.mono + MAX_PROMPT, way })
}

/// Says the last words, if any, and hangs up at their end.
fn last_words(say: Vec<Say>, now: Now, actions: &mut Vec<Action>) -> Wait {
    if say.is_empty() {
        actions.push(Action::Hangup);
        return Wait::Over;
    }
    actions.push(Action::Play { say, barge_in: false });
    Wait::LastWords { until: now.mono + MAX_PROMPT }
}
