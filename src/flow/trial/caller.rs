//! The caller of a test: leads a run through virtual time, and notes where it came and what it heard.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::{Act, Mock, Trial};
use crate::flow::grammar::Way;
use crate::flow::hours::Calendars;
use crate::flow::model::{Asked, Flow, Node, Step};
use crate::flow::request::{Answer, CallbackAct, RequestId};
use crate::flow::run::{Bulletin, CallFacts, FlowRun, QueueFacts, Waiting, World};
use crate::flow::said;
use crate::flow::value::Value;
use crate::flow::{Action, Input};
use crate::ids::{NodeId, QueueId};
use crate::time::{Mono, Now};
use crate::words::QueueExit;

/// Most steps of one test: no caller presses so many keys. It bounds a flow that turns round.
const MAX_STEPS: usize = 10_000;

/// What happened in a test.
#[derive(Debug, Default)]
pub(super) struct Story {
    pub(super) path: Vec<NodeId>,
    pub(super) said: Vec<String>,
    pub(super) vars: BTreeMap<String, Value>,
    pub(super) taken: Vec<(NodeId, Way)>,
    /// What the test itself lacks.
    pub(super) lacks: Vec<String>,
}

/// Leads the test's caller through the flow.
pub(super) fn follow(trial: &Trial, flow: &Flow, calendars: &Calendars) -> Story {
    let mut caller = Caller::new(trial, flow, calendars);
    caller.call();
    let mut story = caller.story;
    story.vars = caller.run.vars().clone();
    story.taken = caller.run.taken().to_vec();
    if let Some(act) = caller.acts.front() {
        story.lacks.push(format!("the call was over before the caller could do {act:?}"));
    }
    story
}

struct Caller<'t> {
    trial: &'t Trial,
    flow: Arc<Flow>,
    run: FlowRun,
    now: Now,
    calendars: Calendars,
    bulletins: BTreeMap<String, Bulletin>,
    queues: BTreeMap<QueueId, QueueFacts>,
    acts: VecDeque<Act>,
    visits: BTreeMap<NodeId, usize>,
    /// Prompts begun so far.
    plays: usize,
    story: Story,
}

impl<'t> Caller<'t> {
    fn new(trial: &'t Trial, flow: &Flow, calendars: &Calendars) -> Caller<'t> {
        let (mut flow, mut calendars) = (flow.clone(), calendars.clone());
        let bulletins = switched(trial, &mut flow, &mut calendars);
        let call = CallFacts {
            from: trial.from.clone(),
            to: trial.to.clone(),
            language: flow.languages.first().cloned().unwrap_or_else(|| "it".into()),
            entity: trial.entity.clone(),
        };
        let wall = flow.zone.to_timestamp(trial.moment).unwrap_or_default();
        let flow = Arc::new(flow);
        let mut run = FlowRun::new(Arc::clone(&flow), call).traced();
        for (name, value) in &trial.inputs {
            run.give(name, value.clone());
        }
        Caller {
            trial,
            flow,
            run,
            now: Now { mono: Mono::ZERO, wall },
            calendars,
            bulletins,
            queues: trial.queues.clone(),
            acts: trial.acts.iter().cloned().collect(),
            visits: BTreeMap::new(),
            plays: 0,
            story: Story::default(),
        }
    }

    fn call(&mut self) {
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.start(self.now, &world);
        self.note(actions);
        for _ in 0..MAX_STEPS {
            match self.run.waiting() {
                Waiting::Nothing => return,
                Waiting::Hears { asks: false } => {
                    if !self.acts_here() {
                        self.input(Input::Played);
                    }
                }
                Waiting::Hears { asks: true } | Waiting::Key => self.answer(),
                Waiting::Queue => {
                    if !self.acts_here() {
                        self.leave_queue();
                    }
                }
                Waiting::World(request) => self.answer_for_the_world(request),
            }
        }
        self.story.lacks.push("the call does not come to an end".to_owned());
    }

    fn input(&mut self, input: Input) {
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.handle_input(self.now, input, &world);
        self.note(actions);
    }

    fn note(&mut self, actions: Vec<Action>) {
        for action in actions {
            match action {
                Action::Entered { node, .. } => {
                    *self.visits.entry(node.clone()).or_default() += 1;
                    self.story.path.push(node);
                }
                Action::Play { say, .. } => {
                    self.plays += 1;
                    self.story.said.push(said::text(&self.flow, &say));
                }
                _ => {}
            }
        }
    }

    /// Presses what the test presses at this node, if it is the next thing that it does.
    fn acts_here(&mut self) -> bool {
        let here = self.run.node();
        let Some(Act::At { node, .. }) = self.acts.front() else { return false };
        if *node != here {
            return false;
        }
        let Some(Act::At { keys, after, .. }) = self.acts.pop_front() else { return false };
        self.pass(after);
        if self.run.poll_timeout().is_some_and(|due| due <= self.now.mono)
            && self.run.waiting() == Waiting::Queue
        {
            self.input(Input::Timeout);
        }
        self.press(&keys);
        true
    }

    /// The flow asks: the next keys, or a silence.
    fn answer(&mut self) {
        if self.acts_here() {
            return self.settle();
        }
        match self.acts.front() {
            Some(Act::Keys(_)) => {
                let Some(Act::Keys(keys)) = self.acts.pop_front() else { return };
                self.press(&keys);
                self.settle();
            }
            Some(Act::Silence) => {
                self.acts.pop_front();
                self.is_silent();
            }
            Some(Act::At { .. }) | None => self.is_silent(),
        }
    }

    fn press(&mut self, keys: &str) {
        for key in keys.chars() {
            self.input(Input::Digit(key));
        }
    }

    /// The caller has pressed and waits for what comes of it: a prompt that must be heard, the pause after a number.
    fn settle(&mut self) {
        let plays = self.plays;
        if self.run.waiting() == (Waiting::Hears { asks: true }) && self.run.keeps_keys() {
            self.input(Input::Played);
        }
        if self.plays == plays && self.run.waiting() == Waiting::Key {
            self.wait();
        }
    }

    /// Silence to one question.
    fn is_silent(&mut self) {
        if self.run.waiting() != Waiting::Key {
            self.input(Input::Played);
        }
        if self.run.waiting() == Waiting::Key {
            self.wait();
        }
    }

    /// Time passes until the run's own alarm.
    fn wait(&mut self) {
        if let Some(due) = self.run.poll_timeout() {
            self.pass(due.since(self.now.mono));
            self.input(Input::Timeout);
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now.mono = self.now.mono + time;
        self.now.wall = self.now.wall.checked_add(time).unwrap_or(self.now.wall);
    }

    /// How this visit of the node ends by the test; the last mock holds for later visits too.
    fn mock(&self) -> Option<&'t Mock> {
        let here = self.run.node();
        let mocks = self.trial.mocks.get(&here)?;
        let visit = self.visits.get(&here).copied().unwrap_or(1).max(1);
        mocks.get(visit - 1).or(mocks.last())
    }

    /// The node asks what is promised already.
    fn finds_callback(&self) -> bool {
        let Some(Step::Request(step)) = self.node_here().map(|node| &node.step) else { return false };
        matches!(step.asked, Asked::Callback { act: CallbackAct::Find, .. })
    }

    fn node_here(&self) -> Option<&Node> {
        let here = self.run.node();
        self.flow.nodes.iter().find(|node| node.id == here)
    }

    fn leave_queue(&mut self) {
        // Whoever says nothing of a queue means an operator who answers.
        let exit = self.mock().map_or("answered", |mock| mock.exit.as_str());
        let exit = match exit {
            "closed" => QueueExit::Closed,
            "full" => QueueExit::Full,
            "no_seats" => QueueExit::NoSeats,
            "timeout" => QueueExit::Timeout,
            "key" => QueueExit::Key,
            "callback" => QueueExit::Callback,
            "error" => QueueExit::Error,
            _ => QueueExit::Answered,
        };
        self.input(Input::QueueExit(exit));
    }

    fn answer_for_the_world(&mut self, request: RequestId) {
        let is_survey = matches!(self.node_here().map(|node| &node.step), Some(Step::Survey { .. }));
        if is_survey && self.mock().is_none() {
            return self.input(Input::Answer(request, Answer::Ok(None))); // the draw falls on the test's caller
        }
        if self.finds_callback() && self.mock().is_none() {
            return self.input(Input::Answer(request, Answer::NotFound)); // nobody has promised the test's caller anything
        }
        let Some(mock) = self.mock() else {
            let node = self.run.node();
            self.story.lacks.push(format!("the test does not say how `{node}` ends; add it under `mock`"));
            return self.input(Input::Answer(request, Answer::Error("not mocked".to_owned())));
        };
        let answer = match mock.exit.as_str() {
            "ok" | "booked" | "done" | "recorded" | "yes" => Answer::Ok(mock.save.clone()),
            "not_found" | "unknown" => Answer::NotFound,
            "declined" | "skipped" | "no" => Answer::Declined,
            "full" => Answer::Full,
            "busy" => Answer::Busy,
            "no_answer" => Answer::NoAnswer,
            "empty" => Answer::Empty,
            _ => Answer::Error("as the test says".to_owned()),
        };
        self.input(Input::Answer(request, answer));
    }
}

/// What supervisors have switched on in the test: bulletins by slot, emergencies in the schedules of the flow and of the exchange.
fn switched(trial: &Trial, flow: &mut Flow, calendars: &mut Calendars) -> BTreeMap<String, Bulletin> {
    let mut bulletins = BTreeMap::new();
    let mut closed = Vec::new();
    let mocked = |node: &Node| trial.mocks.get(&node.id).and_then(|mocks| mocks.first());
    for (node, mock) in flow.nodes.iter().filter_map(|node| Some((node, mocked(node)?))) {
        match (&node.step, mock.exit.as_str()) {
            (Step::Bulletin { slot, .. }, "played" | "closing") => {
                let closing = mock.exit == "closing";
                bulletins.insert(slot.clone(), Bulletin { sound: None, closing });
            }
            (Step::Hours { schedule, .. }, "emergency") => closed.push(schedule.clone()),
            _ => {}
        }
    }
    for name in closed {
        let of_flow = flow.schedules.get_mut(&name);
        if let Some(schedule) = of_flow.or_else(|| calendars.schedules.get_mut(&name)) {
            schedule.set_emergency(true);
        }
    }
    bulletins
}
