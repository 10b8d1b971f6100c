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
mod steps;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use self::facts::{Bulletin, CallFacts, QueueFacts, World};
use self::keys::TypeAhead;
use super::expression::EvaluationError;
use super::model::{Flow, NodeRef, Step};
use super::value::Value;
use super::{Action, Input};
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
            Input::Answer(..) => None,
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
