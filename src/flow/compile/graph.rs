//! The flow as a whole: nodes that nothing leads to, and rounds in which nobody is ever asked anything.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fault::{Fault, Faults, Place};
use super::super::model::NodeRef;

/// Most nodes named in one message.
const MAX_NAMES: usize = 8;

/// Nodes and the ways between them.
#[derive(Debug, Default)]
pub(super) struct Graph<'y> {
    nodes: BTreeMap<NodeRef, (&'y str, Place)>,
    edges: BTreeMap<NodeRef, BTreeSet<NodeRef>>,
    /// Ways taken without the caller hearing or doing anything.
    instant: BTreeMap<NodeRef, BTreeSet<NodeRef>>,
    /// Nodes at which the call is over, or the sub-flow.
    ends: BTreeSet<NodeRef>,
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

    pub(super) fn end(&mut self, node: NodeRef) {
        self.ends.insert(node);
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
        if !self.gap {
            self.tell_endless(&reached, faults);
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

    /// Nodes that a caller can come to and from which no way leads to an end.
    fn tell_endless(&self, reached: &BTreeSet<NodeRef>, faults: &Faults) {
        let mut back: BTreeMap<NodeRef, BTreeSet<NodeRef>> = BTreeMap::new();
        for (from, targets) in &self.edges {
            for to in targets {
                back.entry(*to).or_default().insert(*from);
            }
        }
        let ending = reach(&back, self.ends.iter().copied());
        let endless: BTreeSet<NodeRef> = reached.difference(&ending).copied().collect();
        if let Some(first) = endless.first() {
            let at = self.nodes.get(first).map(|(_, at)| *at).unwrap_or_default();
            faults.add(at, Fault::NeverEnds(self.names(&endless)));
        }
    }

    /// The names of these nodes for a message; of many only the first.
    fn names(&self, nodes: &BTreeSet<NodeRef>) -> String {
        let names = nodes.iter().filter_map(|node| self.nodes.get(node));
        let mut told: Vec<String> = names.map(|(name, _)| format!("`{name}`")).take(MAX_NAMES).collect();
        if nodes.len() > MAX_NAMES {
            told.push("...".to_owned());
        }
        told.join(", ")
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
        let first = round.first().and_then(|node| self.nodes.get(node));
        faults.add(first.map_or_else(Place::default, |(_, at)| *at), Fault::IdleLoop(self.names(round)));
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
