//! A flow as people look at it: a drawing (Mermaid, SVG) and sentences.
//!
//! The SVG is laid out here: nodes in columns by their distance from the start, in each column near those that lead to them.
//! Ways that go forward are curves; ways back, and ways into ends that many lead to, are told beside their node, because a drawing of
//! all of them is read by nobody. Several ways between two nodes are one line with all their names.

mod mermaid;
mod sentences;
mod svg;

use std::collections::{BTreeMap, VecDeque};

use super::grammar::Kind;
use super::model::{Flow, Node, NodeRef, Step};
use crate::ids::NodeId;

/// What many calls did in a flow, to be drawn over it: boxes are the redder the more came, lines the wider the more took them.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// What was counted at each node.
    pub nodes: BTreeMap<NodeId, Passage>,
    /// How many went from one node to another.
    pub ways: BTreeMap<(NodeId, NodeId), usize>,
}

/// What was counted at a node.
#[derive(Clone, Debug, Default)]
pub struct Passage {
    /// How many came.
    pub entered: usize,
    /// The rest in few words: it stands in the box.
    pub note: String,
}

impl Traffic {
    /// The part of the calls that came to this node, of those that came to the one where most came: 0 to 1.
    fn share(&self, entered: usize) -> f64 {
        let most = self.nodes.values().map(|passage| passage.entered).max().unwrap_or_default();
        let float = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        if most == 0 { 0.0 } else { float(entered) / float(most) }
    }

    fn came(&self, node: &Node) -> usize {
        self.nodes.get(&node.id).map_or(0, |passage| passage.entered)
    }

    fn went(&self, from: &Node, to: &Node) -> usize {
        self.ways.get(&(from.id.clone(), to.id.clone())).copied().unwrap_or_default()
    }
}

impl Flow {
    /// As Mermaid, for documents.
    pub fn mermaid(&self) -> String {
        mermaid::draw(self)
    }

    /// As SVG.
    pub fn svg(&self) -> String {
        svg::draw(self, None)
    }

    /// As SVG, with what was counted of calls.
    pub fn svg_with(&self, traffic: &Traffic) -> String {
        svg::draw(self, Some(traffic))
    }

    /// As indented sentences.
    pub fn explained(&self) -> String {
        sentences::tell(self)
    }

    /// What is said at a node, for people: the first words of its prompt in the first language.
    fn words_of(&self, node: &Node) -> String {
        let prompt = match &node.step {
            Step::Play { prompt, .. } => Some(*prompt),
            Step::Menu { ask } | Step::Collect { ask, .. } | Step::Survey { ask, .. } => Some(ask.prompt),
            Step::Bulletin { prompt, .. } | Step::Hangup { prompt } => *prompt,
            Step::Record(record) => record.prompt,
            _ => None,
        };
        let text = prompt.zip(self.languages.first()).map(|(prompt, language)| {
            let say = self.prompt(prompt).sounds().filter(|(spoken, ..)| *spoken == language);
            say.filter_map(|(.., text)| text).collect::<Vec<_>>().join(" ... ")
        });
        text.unwrap_or_default()
    }

    /// What the node is about, in a few words.
    fn about(&self, node: &Node) -> String {
        match &node.step {
            Step::Hours { schedule, .. } => schedule.to_string(),
            Step::Bulletin { slot, .. } => slot.clone(),
            Step::Language { set } => set.to_string(),
            Step::Collect { collect, .. } => collect.save.clone(),
            Step::Set { values } => {
                values.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
            }
            Step::Queue(queue) => queue.queue.fixed_text().unwrap_or("...").to_owned(),
            Step::Subflow(step) => step.flow.name.clone(),
            Step::Return { name } => name.clone(),
            Step::Tag { entity, topic, record } => {
                let names = [entity, topic].into_iter().flatten().map(|of| of.fixed_text().unwrap_or("..."));
                let mut names: Vec<&str> = names.collect();
                match record {
                    Some(false) => names.push("no recording"),
                    Some(true) => names.push("recording"),
                    None => {}
                }
                names.join(", ")
            }
            _ => String::new(),
        }
    }
}

/// The ways between two nodes, their names together.
fn lines(flow: &Flow) -> Vec<(NodeRef, NodeRef, String)> {
    let mut lines: Vec<(NodeRef, NodeRef, Vec<String>)> = Vec::new();
    for (at, node) in flow.nodes.iter().enumerate() {
        for (way, to) in &node.ways {
            let name = match way {
                super::grammar::Way::To => String::new(),
                way => way.to_string(),
            };
            match lines.iter_mut().find(|(from, target, _)| from.0 == at && target == to) {
                Some((.., names)) => names.push(name),
                None => lines.push((NodeRef(at), *to, vec![name])),
            }
        }
    }
    lines.into_iter().map(|(from, to, names)| (from, to, names.join(", "))).collect()
}

/// Steps from the start to each node; nodes that only failures lead to come last.
fn distances(flow: &Flow) -> BTreeMap<NodeRef, usize> {
    let mut distances = BTreeMap::from([(flow.start, 0)]);
    let mut open = VecDeque::from([flow.start]);
    while let Some(at) = open.pop_front() {
        let next = distances.get(&at).copied().unwrap_or_default() + 1;
        for (_, to) in &flow.node(at).ways {
            if !distances.contains_key(to) {
                distances.insert(*to, next);
                open.push_back(*to);
            }
        }
    }
    let last = distances.values().copied().max().unwrap_or_default() + 1;
    for at in 0..flow.nodes.len() {
        distances.entry(NodeRef(at)).or_insert(last);
    }
    distances
}

/// The color and form of a type: what speaks, what asks, what decides by itself, who waits, what ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Speaks,
    Asks,
    Decides,
    Waits,
    Ends,
}

fn look(kind: Kind) -> Look {
    match kind {
        Kind::Play | Kind::Bulletin | Kind::Language => Look::Speaks,
        Kind::Menu | Kind::Collect | Kind::Survey | Kind::Record | Kind::Voicemail => Look::Asks,
        Kind::Hours | Kind::Branch | Kind::Set | Kind::Tag => Look::Decides,
        Kind::Hangup | Kind::Return => Look::Ends,
        _ => Look::Waits,
    }
}

/// The text, cut to so many characters.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}
