//! A rehearsal: one person plays the caller, and the world too.
//!
//! The run is the one that leads citizens; what is wanted of a person at each moment is a [`Cue`], and what the person
//! types goes back with [`Rehearsal::answer`]. Personal variables are shown masked. What the caller would hear is told twice: as words
//! to be read, and as [`Heard`] for whoever makes it sound.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::hours::Calendars;
use super::model::{Flow, Step};
use super::request::Answer;
use super::run::{Bulletin, CallFacts, FlowRun, QueueFacts, Waiting, World};
use super::value::Value;
use super::{Action, Enqueue, Input, Request, Say, USUAL_MUSIC, said};
use crate::ids::{Language, QueueId};
use crate::time::{Mono, Now};
use crate::words::QueueExit;

/// A call that nobody makes.
#[derive(Debug)]
pub struct Rehearsal {
    flow: Arc<Flow>,
    run: FlowRun,
    now: Now,
    calendars: Calendars,
    bulletins: BTreeMap<String, Bulletin>,
    queues: BTreeMap<QueueId, QueueFacts>,
}

/// What is wanted of the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cue {
    /// Keys, or nothing for a silence.
    Keys,
    /// One of these exits.
    Exit(Vec<&'static str>),
    /// Nothing: the call is over.
    Over,
}

/// A line to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The caller comes to a node.
    Node(String),
    /// The caller hears this.
    Said(String),
    /// Something else happens.
    Note(String),
    /// What the caller hears of it: nothing to be shown.
    Heard(Heard),
}

/// What reaches the caller's ear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Prompts and pieces; a key stops them where `barge_in` says so.
    Words {
        /// In order.
        say: Vec<Say>,
        /// A key stops them at once.
        barge_in: bool,
    },
    /// The place in the queue: first, as nobody else is there.
    Place(Language),
    /// Music of this name, until something else happens.
    Music(String),
    /// The tone before a recording.
    Tone,
    /// Nothing, for so long.
    Silence(Duration),
}

impl Rehearsal {
    /// A call to the flow.
    pub fn new(flow: Arc<Flow>, calendars: Calendars, now: Now, from: &str) -> Rehearsal {
        let call = CallFacts {
            from: from.to_owned(),
            to: flow.id.to_string(),
            language: flow.languages.first().cloned().unwrap_or_else(|| "it".into()),
            entity: "prova".into(),
        };
        let run = FlowRun::new(Arc::clone(&flow), call);
        Rehearsal { flow, run, now, calendars, bulletins: BTreeMap::new(), queues: BTreeMap::new() }
    }

    /// The time zone of the flow's clock.
    pub fn zone(flow: &Flow) -> &jiff::tz::TimeZone {
        &flow.zone
    }

    /// The exchange answers.
    pub fn start(&mut self) -> Vec<Line> {
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.start(self.now, &world);
        let mut lines = self.tell(actions);
        self.listen(&mut lines);
        lines
    }

    /// What is wanted now.
    pub fn cue(&self) -> Cue {
        match self.run.waiting() {
            Waiting::Nothing => Cue::Over,
            Waiting::Queue => Cue::Exit(vec!["answered", "closed", "full", "no_seats", "timeout", "error"]),
            Waiting::World(_) => Cue::Exit(self.exits_of_world()),
            Waiting::Hears { .. } | Waiting::Key => Cue::Keys,
        }
    }

    /// What the person typed: keys, nothing, or the name of an exit.
    pub fn answer(&mut self, typed: &str) -> Vec<Line> {
        let mut lines = Vec::new();
        match self.run.waiting() {
            Waiting::Queue => {
                let exit = match typed {
                    "closed" => QueueExit::Closed,
                    "full" => QueueExit::Full,
                    "no_seats" => QueueExit::NoSeats,
                    "timeout" => QueueExit::Timeout,
                    "error" => QueueExit::Error,
                    _ => QueueExit::Answered,
                };
                self.input(Input::QueueExit(exit), &mut lines);
            }
            Waiting::World(request) => {
                let answer = match typed {
                    "not_found" => Answer::NotFound,
                    "declined" => Answer::Declined,
                    "full" => Answer::Full,
                    "busy" => Answer::Busy,
                    "no_answer" => Answer::NoAnswer,
                    "empty" => Answer::Empty,
                    "error" => Answer::Error("as rehearsed".to_owned()),
                    _ => Answer::Ok(Value::from_json(typed).ok()),
                };
                self.input(Input::Answer(request, answer), &mut lines);
            }
            _ if typed.is_empty() => self.is_silent(&mut lines),
            _ => typed.chars().for_each(|key| self.input(Input::Digit(key), &mut lines)),
        }
        self.listen(&mut lines);
        lines
    }

    /// The variables, those about a person masked.
    pub fn vars(&self) -> Vec<(String, String)> {
        let show = |(name, value): (&String, &Value)| {
            let personal = self.flow.vars.get(name).is_some_and(|var| var.personal);
            let shown = if personal { "(personal)".to_owned() } else { value.to_json().to_string() };
            (name.clone(), shown)
        };
        self.run.vars().iter().map(show).collect()
    }

    fn exits_of_world(&self) -> Vec<&'static str> {
        let node = self.flow.nodes.iter().find(|node| node.id == self.run.node());
        let exits = node.map(|node| node.kind.written().exits.iter().map(|exit| exit.name).collect());
        exits.unwrap_or_else(|| vec!["ok", "not_found", "error"])
    }

    /// What only has to be heard is heard to its end.
    fn listen(&mut self, lines: &mut Vec<Line>) {
        // A flow that never asks is bounded by the run itself.
        while self.run.waiting() == (Waiting::Hears { asks: false }) && !self.has_keys() {
            self.input(Input::Played, lines);
        }
    }

    /// A key may be pressed while this is heard.
    fn has_keys(&self) -> bool {
        let node = self.flow.nodes.iter().find(|node| node.id == self.run.node());
        node.is_some_and(|node| matches!(node.step, Step::Play { .. }) && node.ways.len() > 1)
    }

    fn is_silent(&mut self, lines: &mut Vec<Line>) {
        if self.run.waiting() != Waiting::Key {
            self.input(Input::Played, lines);
        }
        if self.run.waiting() == Waiting::Key
            && let Some(due) = self.run.poll_timeout()
        {
            lines.push(Line::Heard(Heard::Silence(due.since(self.now.mono))));
            self.now = Now { mono: due.max(Mono::ZERO), wall: self.now.wall };
            self.input(Input::Timeout, lines);
        }
    }

    fn input(&mut self, input: Input, lines: &mut Vec<Line>) {
        let world = World { calendars: &self.calendars, bulletins: &self.bulletins, queues: &self.queues };
        let actions = self.run.handle_input(self.now, input, &world);
        lines.extend(self.tell(actions));
    }

    fn tell(&self, actions: Vec<Action>) -> Vec<Line> {
        let mut lines = Vec::new();
        for action in actions {
            let heard = self.heard(&action);
            lines.extend(self.line(action));
            lines.extend(heard.into_iter().map(Line::Heard));
        }
        lines
    }

    /// What the caller hears of it.
    fn heard(&self, action: &Action) -> Vec<Heard> {
        match action {
            Action::Play { say, barge_in } => {
                vec![Heard::Words { say: say.clone(), barge_in: *barge_in }]
            }
            Action::Enqueue(Enqueue { music, announce, .. }) => {
                let place = announce.then(|| Heard::Place(self.run.language().clone()));
                place
                    .into_iter()
                    .chain([Heard::Music(music.clone().unwrap_or_else(|| USUAL_MUSIC.to_owned()))])
                    .collect()
            }
            Action::Ask(_, Request::Record { .. }) => vec![Heard::Tone],
            _ => Vec::new(),
        }
    }

    fn line(&self, action: Action) -> Option<Line> {
        Some(match action {
            Action::Entered { node, .. } => Line::Node(node.to_string()),
            Action::Play { say, .. } => Line::Said(said::text(&self.flow, &say)),
            Action::Tag { entity, topic, language, record } => {
                let names = [entity.map(|of| of.to_string()), topic.map(|of| of.to_string())];
                let names = names.into_iter().chain([language.map(|of| of.to_string())]).flatten();
                let record = record.map(|record| if record { "recorded" } else { "not recorded" }.to_owned());
                Line::Note(format!("tagged: {}", names.chain(record).collect::<Vec<_>>().join(", ")))
            }
            Action::Enqueue(place) => Line::Note(format!("waits in queue {}", place.queue)),
            Action::Dequeue(_) => Line::Note("leaves the queue by a key".to_owned()),
            Action::Ask(_, request) => Line::Note(format!("asks: {request:?}")),
            Action::KeepRecording { .. } => Line::Note("the recording is kept".to_owned()),
            Action::DropRecording(_) => Line::Note("the recording is thrown away".to_owned()),
            Action::FoundClosed { queue } => Line::Note(format!("finds it closed; {queue} could call back")),
            Action::Surveyed { question, answer, .. } => Line::Note(format!("{question}: {answer}")),
            Action::Failed { node, why } => Line::Note(format!("{node} failed: {why}")),
            Action::Hangup => Line::Note("the exchange hangs up".to_owned()),
            Action::StopPlay | Action::StopRecording(_) => return None,
        })
    }
}
