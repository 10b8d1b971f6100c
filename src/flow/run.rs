//! One caller's way through a flow.
//!
//! A run enters nodes one after another until one of them has to wait: for a prompt to end, for a key, for the queue. What
//! happened is told with [`FlowRun::handle_input`]; what is wanted comes back as [`Action`]s. Keys that come before they are
//! asked for are kept ([`TypeAhead`]) for the next node that asks. A failure (an expression without a value)
//! leads to the node's `error` exit, or ends the call when there is none. However the flow is written, an input is
//! answered after a bounded number of nodes, and a call passes a bounded number of them.

mod asking;
mod facts;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use self::facts::{Bulletin, CallFacts, QueueFacts, World};
use self::keys::TypeAhead;
use super::expression::{EvaluationError, Facts, Value};
use super::hours::Hours;
use super::model::{Flow, NodeRef, PromptRef, QueueStep, Step};
use super::template::Template;
use super::{Action, Enqueue, Input, Say};
use crate::ids::{Language, NodeId};
use crate::time::{Mono, Now};
use crate::words::QueueExit;

/// Nodes passed for one input without waiting: more means that the flow turns round.
const MAX_NODES_PER_INPUT: u32 = 100;
/// Nodes passed in one call: a phone left off the hook must not turn round in menus for days.
const MAX_NODES_PER_CALL: u32 = 1_000;
/// Longest wait for the end of a prompt. It bounds the harm of a lost `Played`.
const MAX_PROMPT: Duration = Duration::from_secs(600);

/// One caller's way through a flow.
#[derive(Debug)]
pub struct FlowRun {
    flow: Arc<Flow>,
    call: CallFacts,
    vars: BTreeMap<String, Value>,
    node: NodeRef,
    wait: Wait,
    type_ahead: TypeAhead,
    nodes_left_in_call: u32,
    failure: Option<RunError>,
}

/// What the run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wait {
    /// `start` has not been called.
    Start,
    /// The end of a `play` or bulletin; then on to `to`.
    Heard { until: Mono, to: NodeRef },
    /// The end of the question of a menu or collect, or a key before it.
    Question { until: Mono, tries_left: u32 },
    /// A key of a menu, or the first of a collect.
    Answer { until: Mono, tries_left: u32 },
    /// The next digit of a collect.
    Digits { until: Mono, tries_left: u32, so_far: String },
    /// The queue.
    Queue { since: Mono },
    /// The end of the last words.
    LastWords { until: Mono },
    /// Nothing: the flow has ended.
    Over,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Something computed had no value.
    #[error("node `{node}`: {why}")]
    NoValue {
        /// Where.
        node: NodeId,
        /// What the expression said.
        why: String,
    },
    /// The flow turned round without asking the caller.
    #[error("node `{node}`: passed {MAX_NODES_PER_INPUT} nodes without waiting for the caller")]
    IdleLoop {
        /// Where it was stopped.
        node: NodeId,
    },
    /// The caller was led round for too long.
    #[error("node `{node}`: passed {MAX_NODES_PER_CALL} nodes in one call")]
    TooLong {
        /// Where it was stopped.
        node: NodeId,
    },
}

/// What follows a node that has been entered.
enum Next {
    Go(NodeRef),
    Wait(Wait),
}

impl FlowRun {
    /// A run of `flow` for one call; nothing happens before `start`.
    pub fn new(flow: Arc<Flow>, mut call: CallFacts) -> FlowRun {
        if !flow.languages.contains(&call.language)
            && let Some(first) = flow.languages.first()
        {
            call.language = first.clone();
        }
        let vars = flow.vars.iter().map(|(name, var)| (name.clone(), var.default.clone())).collect();
        let node = flow.start;
        FlowRun {
            flow,
            call,
            vars,
            node,
            wait: Wait::Start,
            type_ahead: TypeAhead::default(),
            nodes_left_in_call: MAX_NODES_PER_CALL,
            failure: None,
        }
    }

    /// The caller has been answered: enters the first node.
    pub fn start(&mut self, now: Now, world: &World<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.wait == Wait::Start {
            self.go(self.flow.start, now, world, &mut actions);
        }
        actions
    }

    /// Something happened. Inputs that do not fit the moment change nothing.
    pub fn handle_input(&mut self, now: Now, input: Input, world: &World<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        let next = match input {
            Input::Played => self.on_played(now, &mut actions),
            Input::Digit(key) => self.on_key(key, now, world, &mut actions),
            Input::QueueExit(exit) => self.on_queue_exit(exit, &mut actions),
            Input::Timeout => self.on_timeout(now, &mut actions),
        };
        if let Some(node) = next {
            self.go(node, now, world, &mut actions);
        }
        actions
    }

    /// When `Input::Timeout` is due.
    pub fn poll_timeout(&self) -> Option<Mono> {
        match self.wait {
            Wait::Heard { until, .. }
            | Wait::Question { until, .. }
            | Wait::Answer { until, .. }
            | Wait::Digits { until, .. }
            | Wait::LastWords { until } => Some(until),
            Wait::Start | Wait::Queue { .. } | Wait::Over => None,
        }
    }

    /// The node that the caller is at.
    pub fn node(&self) -> &NodeId {
        &self.flow.node(self.node).id
    }

    /// Spoken now.
    pub fn language(&self) -> &Language {
        &self.call.language
    }

    /// Keys pressed now tell something about a person: they are not to be written down.
    pub fn keys_are_personal(&self) -> bool {
        match &self.flow.node(self.node).step {
            Step::Collect { save, .. } => self.flow.vars.get(save).is_some_and(|var| var.personal),
            _ => false,
        }
    }

    /// `Hangup` has been asked for.
    pub fn is_over(&self) -> bool {
        self.wait == Wait::Over
    }

    /// The last thing that went wrong, for the log and, when it ended the call, for the contact.
    pub fn failure(&self) -> Option<&RunError> {
        self.failure.as_ref()
    }

    /// Enters `node` and the nodes after it until one waits.
    fn go(&mut self, mut node: NodeRef, now: Now, world: &World<'_>, actions: &mut Vec<Action>) {
        for _ in 0..MAX_NODES_PER_INPUT {
            self.node = node;
            let Some(left) = self.nodes_left_in_call.checked_sub(1) else {
                let node = self.node().clone();
                return self.give_up(RunError::TooLong { node }, actions);
            };
            self.nodes_left_in_call = left;
            match self.enter(now, world, actions) {
                Ok(Next::Go(next)) => node = next,
                Ok(Next::Wait(wait)) => {
                    self.wait = wait;
                    return;
                }
                Err(EvaluationError(why)) => {
                    let error = RunError::NoValue { node: self.node().clone(), why };
                    match self.flow.node(node).error.filter(|next| *next != node) {
                        Some(next) => {
                            self.failure = Some(error);
                            node = next;
                        }
                        None => return self.give_up(error, actions),
                    }
                }
            }
        }
        let node = self.node().clone();
        self.give_up(RunError::IdleLoop { node }, actions);
    }

    fn give_up(&mut self, error: RunError, actions: &mut Vec<Action>) {
        self.failure = Some(error);
        self.hang_up(actions);
    }

    fn hang_up(&mut self, actions: &mut Vec<Action>) {
        self.wait = Wait::Over;
        actions.push(Action::Hangup);
    }

    fn enter(
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
            Step::Branch { when, otherwise } => {
                for (condition, to) in when {
                    match condition.evaluate(&self.facts((0, 0)))? {
                        Value::Flag(true) => return Ok(Next::Go(*to)),
                        Value::Flag(false) => {}
                        _ => {
                            return Err(EvaluationError(
                                "the condition is neither true nor false".to_owned(),
                            ));
                        }
                    }
                }
                Next::Go(*otherwise)
            }
            Step::Set { values, to } => {
                for (name, template) in values {
                    let value = template.evaluate(&self.facts((0, 0)))?;
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
                if say.is_empty() {
                    actions.push(Action::Hangup);
                    return Ok(Next::Wait(Wait::Over));
                }
                actions.push(Action::Play { say, barge_in: false });
                Next::Wait(Wait::LastWords { until: now.mono + MAX_PROMPT })
            }
        })
    }

    fn facts(&self, queue: (i64, i64)) -> Facts<'_> {
        Facts { vars: &self.vars, call: &self.call, queue }
    }

    fn say(&self, prompt: PromptRef) -> Result<Vec<Say>, EvaluationError> {
        self.flow.prompt(prompt).say(&self.call.language, &self.facts((0, 0)))
    }

    /// The flow's own schedules come before the exchange's. `--always-open` opens both.
    fn hours(
        &self,
        name: &crate::ids::ScheduleId,
        now: Now,
        world: &World<'_>,
    ) -> Result<Hours, EvaluationError> {
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
    fn set_var(&mut self, name: &str, value: Value) -> Result<(), EvaluationError> {
        match self.vars.get_mut(name) {
            Some(var) if std::mem::discriminant(var) == std::mem::discriminant(&value) => {
                *var = value;
                Ok(())
            }
            _ => Err(EvaluationError(format!("the value does not have the type of `{name}`"))),
        }
    }

    /// A name that may be computed and must be among `known`.
    fn known<N: Clone + Ord + From<String>>(
        &self,
        template: Option<&Template>,
        kind: &str,
        known: &BTreeSet<N>,
    ) -> Result<Option<N>, EvaluationError> {
        let Some(template) = template else { return Ok(None) };
        let text = template.evaluate(&self.facts((0, 0)))?.into_text();
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

    fn on_queue_exit(&mut self, exit: QueueExit, actions: &mut Vec<Action>) -> Option<NodeRef> {
        let (Wait::Queue { .. }, Step::Queue(step)) = (&self.wait, &self.flow.node(self.node).step) else {
            return None;
        };
        let next = step.exits.get(&exit).copied().or(self.flow.node(self.node).error);
        if next.is_none() {
            self.hang_up(actions);
        }
        next
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
