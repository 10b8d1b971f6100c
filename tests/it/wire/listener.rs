//! A citizen who listens before pressing: at which moment of the call each key of a flow's test is due.
//!
//! The flow is gone through once in virtual time, with the sounds as long as they are and an operator who answers at once. What
//! is pressed, and where, is the test's; what is found out is only when. A person needs a moment before a key and between two.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use centralino::flow::hours::Calendars;
use centralino::flow::{Action, CallFacts, Flow, FlowRun, Input, Say, World};
use centralino::time::{Mono, Now};
use centralino::words::QueueExit;
use serde_json::Value;

use crate::sim::Setting;

/// From the beginning of a question to the key that answers it.
const REACTION: Duration = Duration::from_millis(600);
/// Between the keys of a number.
const BETWEEN: Duration = Duration::from_millis(400);
/// The call of one test takes no more inputs: a flow that turns round must end.
const MAX_INPUTS: usize = 1_000;

/// What comes of a test's keys when they are pressed in time.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The keys, and when from the answer on.
    pub(super) presses: Vec<(Duration, char)>,
    /// The nodes passed.
    pub(super) path: Vec<String>,
    /// The whole call, but for the operator.
    pub(super) length: Duration,
}

/// What a test presses next: keys or a silence to a question, or keys at a node.
#[derive(Debug)]
enum Act {
    Keys(String),
    Silence,
    At(String, String),
}

/// Plans the calls of one flow.
pub(super) struct Listener<'l> {
    /// As written.
    file: &'l Value,
    flow: Arc<Flow>,
    setting: &'static Setting,
    calendars: Calendars,
}

impl Listener<'_> {
    /// Of the flow that `file` says.
    pub(super) fn of<'l>(file: &'l Value, flow: &Arc<Flow>) -> Listener<'l> {
        let setting = Setting::demo();
        let calendars = Calendars { always_open: true, ..setting.config.calendars.clone() };
        Listener { file, flow: Arc::clone(flow), setting, calendars }
    }

    /// When to press what `test` presses.
    pub(super) fn plan(&self, test: &Value) -> Plan {
        let call = CallFacts {
            from: "0552768224".to_owned(),
            to: self.flow.id().to_string(),
            language: "it".into(),
            entity: "firenze".into(),
        };
        let mut call = Call {
            listener: self,
            run: FlowRun::new(Arc::clone(&self.flow), call),
            at: Mono::ZERO,
            played: None,
            queued: false,
            asks: false,
            acts: acts(test),
            due: VecDeque::new(),
            plan: Plan::default(),
        };
        call.go_through();
        call.plan
    }

    /// Its keys answer a question.
    fn asks(&self, node: &str) -> bool {
        matches!(self.file["nodes"][node]["type"].as_str(), Some("menu" | "collect"))
    }

    fn length(&self, say: &[Say]) -> Duration {
        let samples = |say: &Say| match say {
            Say::Prompt(language, name) => {
                self.setting.sounds.find(&format!("{language}/{name}")).map_or(0, |sound| sound.pcma.len())
            }
            Say::Piece(..) | Say::Recording(_) => 0,
        };
        Duration::from_micros(say.iter().map(samples).map(|samples| samples as u64 * 125).sum())
    }
}

struct Call<'l> {
    listener: &'l Listener<'l>,
    run: FlowRun,
    at: Mono,
    /// When what plays has been heard.
    played: Option<Mono>,
    queued: bool,
    /// The node asks a question.
    asks: bool,
    acts: VecDeque<Act>,
    /// Keys about to be pressed.
    due: VecDeque<(Mono, char)>,
    plan: Plan,
}

impl Call<'_> {
    fn go_through(&mut self) {
        self.with_world(|run, now, world| run.start(now, world));
        for _ in 0..MAX_INPUTS {
            if self.run.is_over() {
                break;
            }
            let next = self.next();
            self.with_world(|run, now, world| run.handle_input(now, next, world));
        }
        self.plan.length = self.at.since_start();
    }

    /// What happens next, with the time that passes until then.
    fn next(&mut self) -> Input {
        if std::mem::take(&mut self.queued) {
            return Input::QueueExit(QueueExit::Answered);
        }
        let pressed = self.due.front().map(|(at, _)| *at);
        let end = [self.played, self.run.poll_timeout()].into_iter().flatten().min();
        match (pressed, end) {
            (Some(pressed), end) if end.is_none_or(|end| pressed <= end) => {
                self.at = pressed;
                let (_, key) = self.due.pop_front().expect("it was seen");
                self.plan.presses.push((pressed.since_start(), key));
                Input::Digit(key)
            }
            (_, Some(end)) => {
                self.at = end;
                if self.played.take_if(|played| *played == end).is_some() {
                    Input::Played
                } else {
                    Input::Timeout
                }
            }
            (_, None) => Input::Timeout,
        }
    }

    fn with_world(&mut self, input: impl FnOnce(&mut FlowRun, Now, &World<'_>) -> Vec<Action>) {
        let (bulletins, queues) = (BTreeMap::new(), BTreeMap::new());
        let world = World { calendars: &self.listener.calendars, bulletins: &bulletins, queues: &queues };
        let now = Now { mono: self.at, wall: jiff::Timestamp::UNIX_EPOCH };
        for action in input(&mut self.run, now, &world) {
            self.on_action(action);
        }
    }

    fn on_action(&mut self, action: Action) {
        match action {
            Action::Entered { node, .. } => {
                self.asks = self.listener.asks(node.as_str());
                self.played = None;
                if let Some(Act::At(_, keys)) =
                    self.acts.pop_front_if(|act| matches!(act, Act::At(at, _) if at == node.as_str()))
                {
                    self.press(&keys);
                }
                self.plan.path.push(node.to_string());
            }
            Action::Play { say, .. } => {
                self.played = Some(self.at + self.listener.length(&say));
                if self.asks
                    && let Some(Act::Keys(keys)) =
                        self.acts.pop_front_if(|act| matches!(act, Act::Keys(_) | Act::Silence))
                {
                    self.press(&keys);
                }
            }
            Action::StopPlay => self.played = None,
            Action::Enqueue(_) => self.queued = true,
            _ => {}
        }
    }

    fn press(&mut self, keys: &str) {
        let mut at = self.at + REACTION;
        for key in keys.chars() {
            self.due.push_back((at, key));
            at = at + BETWEEN;
        }
    }
}

fn acts(test: &Value) -> VecDeque<Act> {
    let act = |act: &Value| match act {
        Value::String(text) if text == "silence" => Act::Silence,
        Value::String(keys) => Act::Keys(keys.clone()),
        at => {
            let (node, keys) = at.as_object().and_then(|at| at.iter().next()).expect("a node and its keys");
            Act::At(node.clone(), keys.as_str().expect("keys are text").to_owned())
        }
    };
    test["keys"].as_array().into_iter().flatten().map(act).collect()
}
