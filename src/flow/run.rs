//! One caller's way through a flow.
//!
//! A run enters nodes one after another until one of them has to wait: for a prompt to end, for a key, for the queue, for an
//! answer of the world. What happened is told with [`FlowRun::handle_input`]; what is wanted comes back as [`Action`]s. Keys
//! that come before they are asked for are kept ([`TypeAhead`]) for the next node that asks. A failure (an expression without a
//! value, a request that could not be done) leads to the node's `error` exit, or ends the call when there is none. A sub-flow is
//! gone through with variables of its own, on a stack of bounded depth. However the flow is written, an input is answered
//! after a bounded number of nodes, and a call passes a bounded number of them.

mod asking;
mod facts;
mod foreseen;
mod keys;
mod recording;
mod requests;
mod steps;
mod subflows;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use self::facts::{Bulletin, CallFacts, QueueFacts, World};
use self::foreseen::Foreseen;
pub(super) use self::foreseen::Ways;
use self::keys::TypeAhead;
use super::expression::EvaluationError;
use super::grammar::Way;
use super::model::{Flow, Node, NodeRef, Step};
use super::request::RequestId;
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
    /// The places in the flows that lead through this one, the outermost first.
    users: Vec<Frame>,
    wait: Wait,
    type_ahead: TypeAhead,
    nodes_left_in_call: u32,
    last_request: RequestId,
    failure: Option<RunError>,
    /// Ways taken in the outermost flow, for whoever tests it.
    taken: Option<Vec<(NodeId, Way)>>,
    /// What is known beforehand, when it repeats a call.
    foreseen: Option<Foreseen>,
}

/// A place in a flow, left for a sub-flow.
#[derive(Debug)]
struct Frame {
    flow: Arc<Flow>,
    vars: BTreeMap<String, Value>,
    node: NodeRef,
}

/// What the run waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wait {
    /// `start` has not been called.
    Start,
    /// The end of a `play` or bulletin; then on by this way.
    Heard { until: Mono, way: Way },
    /// The end of a question, or a key before it.
    Question { until: Mono, asked: Asked },
    /// The first key of an answer.
    Answer { until: Mono, asked: Asked },
    /// The next digit of a collect.
    Digits { until: Mono, asked: Asked, so_far: String },
    /// The queue; at `offer_at` whether a call-back can be offered.
    Queue { since: Mono, offer_at: Option<Mono> },
    /// The end of the words before a recording.
    BeforeRecording { until: Mono },
    /// The world's answer to this request; `filler` plays meanwhile.
    World { until: Mono, request: RequestId, filler: bool },
    /// The end of the last words.
    LastWords { until: Mono },
    /// Nothing: the flow has ended.
    Over,
}

/// What the caller has been asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked {
    question: Question,
    tries_left: u32,
}

/// A question of a node that asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// The node's own.
    Own,
    /// Whether what was collected is right.
    Confirm,
    /// This question of a survey.
    Survey(usize),
    /// What to do with what this request recorded.
    Review(RequestId),
}

/// What a run waits for, as whoever tests a flow must know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    /// Something is heard; `asks`: keys answer it.
    Hears { asks: bool },
    /// A key.
    Key,
    /// The queue.
    Queue,
    /// The answer to a request.
    World(RequestId),
    /// Nothing.
    Nothing,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Something computed had no value, or the world could not do what was asked.
    #[error("node `{node}`: {why}")]
    NoValue {
        /// Where.
        node: NodeId,
        /// What the expression or the world said.
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
    /// Another node.
    Go(Way),
    /// A node of another flow, which has taken the place of this one.
    Enter,
    /// Nothing before something happens.
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
        FlowRun {
            vars: first_values(&flow),
            node: flow.start,
            flow,
            call,
            users: Vec::new(),
            wait: Wait::Start,
            type_ahead: TypeAhead::default(),
            nodes_left_in_call: MAX_NODES_PER_CALL,
            last_request: RequestId::default(),
            failure: None,
            taken: None,
            foreseen: None,
        }
    }

    /// Remembers the ways that it takes.
    pub(super) fn traced(mut self) -> FlowRun {
        self.taken = Some(Vec::new());
        self
    }

    /// The caller has been answered: enters the first node.
    pub fn start(&mut self, now: Now, world: &World<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.wait == Wait::Start {
            self.enter_all(now, world, &mut actions);
        }
        actions
    }

    /// Something happened. Inputs that do not fit the moment change nothing.
    pub fn handle_input(&mut self, now: Now, input: Input, world: &World<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        let way = match input {
            Input::Played => self.on_played(now, &mut actions),
            Input::Digit(key) => self.on_key(key, now, world, &mut actions),
            Input::QueueExit(exit) => self.on_queue_exit(exit),
            Input::Answer(request, answer) => self.on_world(request, answer, now, &mut actions),
            Input::Timeout => self.on_timeout(now, world, &mut actions),
        };
        if let Some(way) = way {
            self.go(&way, now, world, &mut actions);
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
            | Wait::BeforeRecording { until }
            | Wait::World { until, .. }
            | Wait::LastWords { until } => Some(until),
            Wait::Queue { offer_at, .. } => offer_at,
            Wait::Start | Wait::Over => None,
        }
    }

    /// The node that the caller is at.
    pub fn node(&self) -> NodeId {
        self.name_of(self.at())
    }

    /// Spoken now.
    pub fn language(&self) -> &Language {
        &self.call.language
    }

    /// Keys pressed now tell something about a person: they are not to be written down.
    pub fn keys_are_personal(&self) -> bool {
        match &self.at().step {
            Step::Collect { collect, .. } => {
                self.flow.vars.get(&collect.save).is_some_and(|var| var.personal)
            }
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

    /// What it waits for.
    pub(super) fn waiting(&self) -> Waiting {
        match &self.wait {
            Wait::Start | Wait::Over => Waiting::Nothing,
            Wait::Heard { .. } | Wait::BeforeRecording { .. } | Wait::LastWords { .. } => {
                Waiting::Hears { asks: false }
            }
            Wait::Question { .. } => Waiting::Hears { asks: true },
            Wait::Answer { .. } | Wait::Digits { .. } => Waiting::Key,
            Wait::Queue { .. } => Waiting::Queue,
            Wait::World { request, .. } => Waiting::World(*request),
        }
    }

    /// Digits were pressed, and more may come.
    pub(super) fn has_digits(&self) -> bool {
        matches!(self.wait, Wait::Digits { .. })
    }

    /// What plays has to be heard to its end: keys are kept until then.
    pub(super) fn keeps_keys(&self) -> bool {
        match &self.at().step {
            Step::Menu { ask } | Step::Collect { ask, .. } | Step::Survey { ask, .. } => !ask.barge_in,
            _ => false,
        }
    }

    /// The variables of the outermost flow.
    pub(super) fn vars(&self) -> &BTreeMap<String, Value> {
        self.users.first().map_or(&self.vars, |user| &user.vars)
    }

    /// Gives a variable its value before the start.
    pub(super) fn give(&mut self, name: &str, value: Value) {
        self.vars.insert(name.to_owned(), value);
    }

    /// The ways taken so far.
    pub(super) fn taken(&self) -> &[(NodeId, Way)] {
        self.taken.as_deref().unwrap_or_default()
    }

    fn at(&self) -> &Node {
        self.flow.node(self.node)
    }

    /// As journal and path have it: within a sub-flow after its name.
    fn name_of(&self, node: &Node) -> NodeId {
        if self.users.is_empty() { node.id.clone() } else { format!("{}/{}", self.flow.id, node.id).into() }
    }

    /// Leaves the node by `way` and enters what is there.
    fn go(&mut self, way: &Way, now: Now, world: &World<'_>, actions: &mut Vec<Action>) {
        if self.step_to(way, actions) {
            self.enter_all(now, world, actions);
        }
    }

    /// Moves to where the way leads. False: it leads nowhere, and the call ends.
    fn step_to(&mut self, way: &Way, actions: &mut Vec<Action>) -> bool {
        let node = self.at();
        // An exit that was not wired is taken as a failure is.
        let target = node.way(way).map(|to| (way.clone(), to));
        let target = target.or_else(|| node.way(&Way::ERROR).map(|to| (Way::ERROR, to)));
        let target = target.or_else(|| {
            let to = self.flow.error.filter(|to| *to != self.node)?;
            Some((Way::ERROR, to))
        });
        let Some((way, to)) = target else {
            self.hang_up(actions);
            return false;
        };
        if self.users.is_empty() && self.taken.is_some() {
            let id = self.at().id.clone();
            self.taken.iter_mut().for_each(|taken| taken.push((id.clone(), way.clone())));
        }
        self.node = to;
        true
    }

    /// Enters the node and the nodes after it until one waits.
    fn enter_all(&mut self, now: Now, world: &World<'_>, actions: &mut Vec<Action>) {
        for _ in 0..MAX_NODES_PER_INPUT {
            let Some(left) = self.nodes_left_in_call.checked_sub(1) else {
                let node = self.node();
                return self.give_up(RunError::TooLong { node }, actions);
            };
            self.nodes_left_in_call = left;
            let way = match self.enter_foreseen(now, world, actions) {
                Ok(Next::Go(way)) => way,
                Ok(Next::Enter) => continue,
                Ok(Next::Wait(wait)) => {
                    self.wait = wait;
                    return;
                }
                Err(EvaluationError(why)) => {
                    self.fail(why, actions);
                    Way::ERROR
                }
            };
            if !self.step_to(&way, actions) {
                return;
            }
        }
        let node = self.node();
        self.give_up(RunError::IdleLoop { node }, actions);
    }

    /// Tells the journal what went wrong at this node.
    fn fail(&mut self, why: String, actions: &mut Vec<Action>) {
        let node = self.node();
        actions.push(Action::Failed { node: node.clone(), why: why.clone() });
        self.failure = Some(RunError::NoValue { node, why });
    }

    fn give_up(&mut self, error: RunError, actions: &mut Vec<Action>) {
        let node = self.node();
        actions.push(Action::Failed { node, why: error.to_string() });
        self.failure = Some(error);
        self.hang_up(actions);
    }

    fn hang_up(&mut self, actions: &mut Vec<Action>) {
        self.wait = Wait::Over;
        actions.push(Action::Hangup);
    }

    fn on_queue_exit(&mut self, exit: QueueExit) -> Option<Way> {
        let Wait::Queue { .. } = self.wait else { return None };
        Some(Way::Exit(exit_name(exit)))
    }
}

/// What variables hold before anything is set.
fn first_values(flow: &Flow) -> BTreeMap<String, Value> {
    flow.vars.iter().map(|(name, var)| (name.clone(), var.default.clone())).collect()
}

/// As flows call it.
pub(super) fn exit_name(exit: QueueExit) -> &'static str {
    match exit {
        QueueExit::Answered => "answered",
        QueueExit::Closed => "closed",
        QueueExit::Full => "full",
        QueueExit::NoSeats => "no_seats",
        QueueExit::Timeout => "timeout",
        QueueExit::Key => "key",
        QueueExit::Callback => "callback",
        QueueExit::Error => "error",
    }
}
