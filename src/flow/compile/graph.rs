//! The flow as a whole: nodes that nothing leads to, and rounds in which nobody is ever asked anything.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fault::{Fault, Faults, Place};
use super::super::model::NodeRef;

/// Nodes and the ways between them.
#[derive(Debug, Default)]
pub(super) struct Graph<'y> {
    nodes: BTreeMap<NodeRef, (&'y str, Place)>,
    edges: BTreeMap<NodeRef, BTreeSet<NodeRef>>,
    /// Ways taken without the caller hearing or doing anything.
    instant: BTreeMap<NodeRef, BTreeSet<NodeRef>>,
    /// A way leads to a name that is none, or from a node that is not understood: more may be reached than is seen.
    gap: bool,
}

impl<'y> Graph<'y> {
    pub(super) fn node(&mut self, node: NodeRef, name: &'y str, at: Place) {
        self.nodes.insert(node, (name, at));
    }

    pub(super) fn edge(&mut self, from: NodeRef, to: NodeRef, instant: bool) {
        self.edges.entry(from).or_default().insert(to);
        if instant {
            self.instant.entry(from).or_default().insert(to);
        }
    }

    pub(super) fn has_gap(&mut self) {
        self.gap = true;
    }

    pub(super) fn check(&self, start: NodeRef, default_error: Option<NodeRef>, faults: &Faults) {
        let reached = reach(&self.edges, [start].into_iter().chain(default_error));
        for (node, (name, at)) in &self.nodes {
            if !self.gap && !reached.contains(node) {
                faults.add(*at, Fault::Unreachable((*name).to_owned()));
            }
        }
        let mut told = BTreeSet::new();
        for node in self.nodes.keys() {
            if told.contains(node) {
                continue;
            }
            let round = self.round_of(*node);
            if round.contains(node) {
                self.tell(&round, faults);
                told.extend(round);
            }
        }
    }

    /// The nodes that `node` leads to and that lead back to it, all instantly; itself among them when there is a round.
    fn round_of(&self, node: NodeRef) -> BTreeSet<NodeRef> {
        let after = reach(&self.instant, self.instant.get(&node).into_iter().flatten().copied());
        let leads_back = |other: &NodeRef| {
            *other == node
                || reach(&self.instant, self.instant.get(other).into_iter().flatten().copied())
                    .contains(&node)
        };
        if !after.contains(&node) {
            return BTreeSet::new();
        }
        after.into_iter().filter(leads_back).collect()
    }

    fn tell(&self, round: &BTreeSet<NodeRef>, faults: &Faults) {
        let names: Vec<String> = round
            .iter()
            .filter_map(|node| self.nodes.get(node))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        let first = round.first().and_then(|node| self.nodes.get(node));
        faults.add(first.map_or_else(Place::default, |(_, at)| *at), Fault::IdleLoop(names.join(", ")));
    }
}

/// All that can be reached from `from`, itself included.
fn reach(
    edges: &BTreeMap<NodeRef, BTreeSet<NodeRef>>,
    from: impl IntoIterator<Item = NodeRef>,
) -> BTreeSet<NodeRef> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<NodeRef> = from.into_iter().collect();
    while let Some(node) = open.pop() {
        if reached.insert(node) {
            open.extend(edges.get(&node).into_iter().flatten());
        }
    }
    reached
}
