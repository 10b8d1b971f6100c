//! Running all tests of a flow: what fails, and what no test passes.

use std::collections::BTreeSet;

use super::caller::{Story, follow};
use super::{TestFailure, TestReport, Trial};
use crate::flow::fault::{Fault, FlowError};
use crate::flow::grammar::Way;
use crate::flow::hours::Calendars;
use crate::flow::model::Flow;
use crate::flow::said;
use crate::flow::value::Value;
use crate::ids::NodeId;

/// What the tests of a flow pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Nodes of the flow.
    pub nodes: usize,
    /// Nodes that no test enters, in the order of the file.
    pub missed_nodes: Vec<String>,
    /// Ways out of all nodes.
    pub exits: usize,
    /// Ways that no test takes: `node: exit`.
    pub missed_exits: Vec<String>,
}

impl Coverage {
    /// Nodes that some test enters.
    pub fn nodes_covered(&self) -> usize {
        self.nodes - self.missed_nodes.len()
    }

    /// Ways that some test takes.
    pub fn exits_covered(&self) -> usize {
        self.exits - self.missed_exits.len()
    }
}

impl Flow {
    /// Runs the tests of the flow. `calendars` are the schedules that it names outside itself.
    pub fn test(&self, calendars: &Calendars) -> TestReport {
        let mut entered = BTreeSet::new();
        let mut taken = BTreeSet::new();
        let mut failures = Vec::new();
        for trial in &self.tests {
            let story = follow(trial, self, calendars);
            let why = judge(trial, self, &story);
            if !why.is_empty() {
                failures.push(TestFailure { name: trial.name.clone(), at: trial.at, why });
            }
            entered.extend(story.path);
            taken.extend(story.taken);
        }
        TestReport { failures, tests: self.tests.len(), coverage: self.coverage(&entered, &taken) }
    }

    /// Every test goes as it is written.
    pub(super) fn passes(&self, calendars: &Calendars) -> bool {
        self.tests.iter().all(|trial| judge(trial, self, &follow(trial, self, calendars)).is_empty())
    }

    /// A warning for each node that no test enters.
    pub fn untested(&self, file: &str, calendars: &Calendars) -> Vec<FlowError> {
        let missed = self.test(calendars).coverage.missed_nodes;
        let warning = |node: String| {
            let at = self.place(&node);
            FlowError { file: file.to_owned(), at, fault: Fault::Untested(node) }
        };
        missed.into_iter().map(warning).collect()
    }

    fn coverage(&self, entered: &BTreeSet<NodeId>, taken: &BTreeSet<(NodeId, Way)>) -> Coverage {
        let mut coverage = Coverage { nodes: self.nodes.len(), ..Coverage::default() };
        for node in &self.nodes {
            if !entered.contains(&node.id) {
                coverage.missed_nodes.push(node.id.to_string());
            }
            let mut ways: Vec<&Way> = node.ways.iter().map(|(way, _)| way).collect();
            // Where the world decides, failing is an end like any other, by whatever way it leads on.
            if node.kind.asks_the_world() && self.error.is_some() && node.way(&Way::ERROR).is_none() {
                ways.push(&Way::ERROR);
            }
            for way in ways {
                coverage.exits += 1;
                if !taken.contains(&(node.id.clone(), way.clone())) {
                    coverage.missed_exits.push(format!("{}: {way}", node.id));
                }
            }
        }
        coverage
    }
}

/// What was not as the test says.
fn judge(trial: &Trial, flow: &Flow, story: &Story) -> Vec<String> {
    let mut why = story.lacks.clone();
    if let Some(at) = differs_at(&trial.path, &story.path) {
        let name = |path: &[NodeId]| path.get(at).map_or("the end".to_owned(), |node| format!("`{node}`"));
        let came: Vec<&str> = story.path.iter().map(NodeId::as_str).collect();
        why.push(format!(
            "path: step {} should be {}, and was {}; the caller came by [{}]",
            at + 1,
            name(&trial.path),
            name(&story.path),
            came.join(", ")
        ));
    }
    for (name, expected) in &trial.vars {
        let held = story.vars.get(name);
        if held != Some(expected) {
            let personal = flow.vars.get(name).is_some_and(|var| var.personal);
            let show = |value: Option<&Value>| match value {
                None => "nothing".to_owned(),
                Some(_) if personal => "(personal)".to_owned(),
                Some(value) => value.to_json().to_string(),
            };
            why.push(format!("vars.{name} should be {}, and is {}", show(Some(expected)), show(held)));
        }
    }
    let heard: Vec<String> = story.said.iter().map(|said| said::plain(said)).collect();
    let mut from = 0;
    for expected in &trial.says {
        let wanted = said::plain(expected);
        match heard.iter().skip(from).position(|said| said.contains(&wanted)) {
            Some(at) => from += at,
            None => why.push(format!("never heard: \"{expected}\"; said was: {}", story.said.join(" | "))),
        }
    }
    why
}

fn differs_at(expected: &[NodeId], came: &[NodeId]) -> Option<usize> {
    let longest = expected.len().max(came.len());
    (0..longest).find(|at| expected.get(*at) != came.get(*at))
}
