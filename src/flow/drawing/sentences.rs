//! A flow as indented sentences: what happens, and where each way leads, told once for each node, nearest to the start first.

use std::collections::BTreeSet;

use crate::flow::grammar::Way;
use crate::flow::model::{Flow, Node, NodeRef};

/// Deepest indentation; what lies deeper is told apart.
const MAX_DEPTH: usize = 6;

/// Tells it.
pub(super) fn tell(flow: &Flow) -> String {
    let mut telling = Telling { flow, told: BTreeSet::new(), later: Vec::new(), text: String::new() };
    telling.text += &format!("{} ({})\n", flow.name, flow.id);
    telling.node(flow.start, 0, "");
    while let Some(at) = telling.later.pop() {
        if !telling.told.contains(&at) {
            telling.text.push('\n');
            telling.node(at, 0, "");
        }
    }
    if let Some(error) = flow.error {
        telling.text += &format!("\nAny failure leads to `{}`.\n", flow.node(error).id);
        if !telling.told.contains(&error) {
            telling.node(error, 0, "");
        }
    }
    telling.text
}

struct Telling<'f> {
    flow: &'f Flow,
    told: BTreeSet<NodeRef>,
    /// Too deep to be told where they were met.
    later: Vec<NodeRef>,
    text: String,
}

impl Telling<'_> {
    fn node(&mut self, at: NodeRef, depth: usize, before: &str) {
        let node = self.flow.node(at);
        let blanks = "  ".repeat(depth);
        if !self.told.insert(at) {
            self.text += &format!("{blanks}{before}on to `{}`, told above.\n", node.id);
            return;
        }
        self.text += &format!("{blanks}{before}`{}` {}\n", node.id, self.sentence(node));
        for (way, to) in &node.ways {
            let before = condition(way);
            if depth >= MAX_DEPTH && !self.told.contains(to) {
                let blanks = "  ".repeat(depth + 1);
                self.text += &format!("{blanks}{before}on to `{}`, told below.\n", self.flow.node(*to).id);
                self.later.push(*to);
            } else {
                // A node with one way on goes on at the same depth.
                let deeper = if node.ways.len() == 1 { depth } else { depth + 1 };
                self.node(*to, deeper.min(MAX_DEPTH + 1), &before);
            }
        }
    }

    fn sentence(&self, node: &Node) -> String {
        let (about, words) = (self.flow.about(node), self.flow.words_of(node));
        let about = if about.is_empty() { String::new() } else { format!(" {about}") };
        let words =
            if words.is_empty() { String::new() } else { format!(": «{}»", super::cut(&words, 90)) };
        let info = if node.info { " (information)" } else { "" };
        format!("{}{about}{info}{words}", node.kind.name())
    }
}

fn condition(way: &Way) -> String {
    match way {
        Way::To => "then ".to_owned(),
        Way::When(at) => format!("if condition {at} holds, "),
        Way::Else => "otherwise ".to_owned(),
        Way::Key(key) => format!("key {key}: "),
        Way::Exit(_) | Way::Returned(_) => format!("{way}: "),
    }
}
