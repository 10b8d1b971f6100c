//! What each type of node does when a caller comes to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::expression::{EvaluationError, Expression, Facts};
use super::super::hours::Hours;
use super::super::model::{Flow, NodeRef, PromptRef, QueueStep, Step};
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
        actions.push(Action::Entered { node: node.id.clone(), info });
        Ok(match &node.step {
            Step::Play { prompt, barge_in, keys, to } => {
                let waiting_keys = !self.type_ahead.is_empty();
                if *barge_in && waiting_keys && !node.info {
                    return Ok(Next::Go(self.type_ahead.take_of(keys).unwrap_or(*to)));
                }
                let say = self.say(*prompt)?;
                play(say, *barge_in, *to, now, actions)
            }
            Step::Menu { ask, .. } | Step::Collect { ask, .. } => match self.answer_ahead(now) {
                Some(next) => next,
                None => self.ask(ask, None, ask.retries, now, actions)?,
            },
            Step::Hours { schedule, open, closed, holiday, emergency } => {
                let hours = self.hours(schedule, now, world)?;
                Next::Go(match hours {
                    Hours::Open => *open,
                    Hours::Closed => *closed,
                    Hours::Holiday => *holiday,
                    Hours::Emergency => *emergency,
                })
            }
            Step::Bulletin { slot, prompt, none, played, closing } => match world.bulletins.get(slot) {
                None => Next::Go(*none),
                Some(bulletin) => {
                    let say = self.bulletin(slot, bulletin, *prompt)?;
                    play(say, true, if bulletin.closing { *closing } else { *played }, now, actions)
                }
            },
            Step::Language { set, to } => {
                self.call.language = set.clone();
                actions.push(Action::Tag {
                    entity: None,
                    topic: None,
                    language: Some(set.clone()),
                    record: None,
                });
                Next::Go(*to)
            }
            Step::Branch { when, otherwise } => Next::Go(self.branch(when)?.unwrap_or(*otherwise)),
            Step::Set { values, to } => {
                for (name, template) in values {
                    let value = template.evaluate(&self.facts(QueueFacts::default()))?;
                    self.set_var(name, value)?;
                }
                Next::Go(*to)
            }
            Step::Tag { entity, topic, record, to } => {
                let entity = self.known(entity.as_ref(), "entity", &flow.known.entities)?;
                let topic = self.known(topic.as_ref(), "topic", &flow.known.topics)?;
                if let Some(entity) = &entity {
                    self.call.entity = entity.clone();
                }
                actions.push(Action::Tag { entity, topic, language: None, record: *record });
                Next::Go(*to)
            }
            Step::Queue(step) => {
                let enqueue = self.enqueue(step, &flow)?;
                actions.push(Action::Enqueue(enqueue));
                Next::Wait(Wait::Queue { since: now.mono })
            }
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
        self.flow.prompt(prompt).say(&self.call.language, &self.facts(QueueFacts::default()))
    }

    /// The way of the first condition that is true.
    fn branch(&self, when: &[(Expression, NodeRef)]) -> Result<Option<NodeRef>, EvaluationError> {
        let facts = self.facts(QueueFacts::default());
        for (condition, to) in when {
            match condition.evaluate(&facts)? {
                Value::Flag(true) => return Ok(Some(*to)),
                Value::Flag(false) => {}
                _ => return Err(EvaluationError("the condition is neither true nor false".to_owned())),
            }
        }
        Ok(None)
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
        match self.vars.get_mut(name) {
            Some(var) if std::mem::discriminant(var) == std::mem::discriminant(&value) => {
                *var = value;
                Ok(())
            }
            _ => Err(EvaluationError(format!("the value does not have the type of `{name}`"))),
        }
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
        let name = N::from(text.clone());
        if known.contains(&name) {
            Ok(Some(name))
        } else {
            Err(EvaluationError(format!("there is no {kind} `{text}`")))
        }
    }

    fn enqueue(&mut self, step: &QueueStep, flow: &Flow) -> Result<Enqueue, EvaluationError> {
        let queue = self.known(Some(&step.queue), "queue", &flow.known.queues)?;
        let queue = queue.ok_or_else(|| EvaluationError("no queue".to_owned()))?;
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
            announce: step.announce,
            record: step.record,
        })
    }
}

/// Plays, and goes on to `to` at its end. What is silent needs no waiting.
fn play(say: Vec<Say>, barge_in: bool, to: NodeRef, now: Now, actions: &mut Vec<Action>) -> Next {
    if say.is_empty() {
        return Next::Go(to);
    }
    actions.push(Action::Play { say, barge_in });
    Next::Wait(Wait::Heard { until: now.mono + MAX_PROMPT, to })
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
