//! The flow as a whole: nodes that nothing leads to, and rounds in which nobody is ever asked anything.
//!
//! Every look at it costs as much as there are nodes and ways, however they are wired.

use super::super::fault::{Fault, Faults, Place};
use super::super::model::NodeRef;

/// Most nodes named in one message.
const MAX_NAMES: usize = 8;

/// Nodes and the ways between them.
#[derive(Debug, Default)]
pub(super) struct Graph<'y> {
    /// In the order of the file, as a [`NodeRef`] counts them.
    nodes: Vec<Spot<'y>>,
    /// A way leads to a name that is none, or from a node that is not understood: more may be reached than is seen.
    gap: bool,
}

/// A node as the graph sees it.
#[derive(Debug)]
struct Spot<'y> {
    name: &'y str,
    at: Place,
    ways: Vec<NodeRef>,
    /// Those taken without the caller hearing or doing anything.
    instant: Vec<NodeRef>,
    /// The call is over here, or the sub-flow.
    ends: bool,
}

impl<'y> Graph<'y> {
    /// The next node of the file.
    pub(super) fn node(&mut self, name: &'y str, at: Place) -> NodeRef {
        self.nodes.push(Spot { name, at, ways: Vec::new(), instant: Vec::new(), ends: false });
        NodeRef(self.nodes.len() - 1)
    }

    pub(super) fn edge(&mut self, from: NodeRef, to: NodeRef, instant: bool) {
        let Some(from) = self.nodes.get_mut(from.0) else { return };
        from.ways.push(to);
        if instant {
            from.instant.push(to);
        }
    }

    pub(super) fn end(&mut self, node: NodeRef) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.ends = true;
        }
    }

    pub(super) fn has_gap(&mut self) {
        self.gap = true;
    }

    pub(super) fn check(&self, start: NodeRef, default_error: Option<NodeRef>, faults: &Faults) {
        if !self.gap {
            let reached = reach(&self.ways(), [start].into_iter().chain(default_error));
            for (node, _) in self.nodes.iter().zip(&reached).filter(|(_, reached)| !**reached) {
                faults.add(node.at, Fault::Unreachable(node.name.to_owned()));
            }
            self.tell_endless(&reached, faults);
        }
        for round in rounds(&self.nodes.iter().map(|node| node.instant.as_slice()).collect::<Vec<_>>()) {
            faults.add(self.place(&round), Fault::IdleLoop(self.names(&round)));
        }
    }

    fn ways(&self) -> Vec<&[NodeRef]> {
        self.nodes.iter().map(|node| node.ways.as_slice()).collect()
    }

    /// Nodes that a caller can come to and from which no way leads to an end.
    fn tell_endless(&self, reached: &[bool], faults: &Faults) {
        let ends = (0..self.nodes.len()).filter(|at| self.nodes[*at].ends).map(NodeRef);
        let ending = reach(&reversed(&self.ways()), ends);
        let endless: Vec<NodeRef> =
            (0..self.nodes.len()).filter(|at| reached[*at] && !ending[*at]).map(NodeRef).collect();
        if !endless.is_empty() {
            faults.add(self.place(&endless), Fault::NeverEnds(self.names(&endless)));
        }
    }

    /// Where the first of these nodes is.
    fn place(&self, nodes: &[NodeRef]) -> Place {
        nodes.first().and_then(|node| self.nodes.get(node.0)).map(|node| node.at).unwrap_or_default()
    }

    /// The names of these nodes for a message; of many only the first.
    fn names(&self, nodes: &[NodeRef]) -> String {
        let names = nodes.iter().filter_map(|node| self.nodes.get(node.0));
        let mut told: Vec<String> = names.map(|node| format!("`{}`", node.name)).take(MAX_NAMES).collect();
        if nodes.len() > MAX_NAMES {
            told.push("...".to_owned());
        }
        told.join(", ")
    }
}

/// For each node whether it can be reached from `from`, which can.
fn reach<E: AsRef<[NodeRef]>>(edges: &[E], from: impl IntoIterator<Item = NodeRef>) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut open: Vec<NodeRef> = from.into_iter().collect();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut reached[node.0], true) {
            open.extend(edges[node.0].as_ref().iter().filter(|to| !reached[to.0]));
        }
    }
    reached
}

fn reversed(edges: &[&[NodeRef]]) -> Vec<Vec<NodeRef>> {
    let mut back = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        targets.iter().for_each(|to| back[to.0].push(NodeRef(from)));
    }
    back
}

/// The rounds: sets of nodes each of which leads to all of its set, itself included.
///
/// By Kosaraju: seen from the node that a depth-first walk leaves last, what leads back to it is its set; then the same among the
/// rest.
fn rounds(edges: &[&[NodeRef]]) -> Vec<Vec<NodeRef>> {
    let back = reversed(edges);
    let mut taken = vec![false; edges.len()];
    let mut rounds = Vec::new();
    for last in left_in_order(edges).into_iter().rev() {
        let mut round = Vec::new();
        let mut open = vec![last];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut taken[node.0], true) {
                round.push(node);
                open.extend(back[node.0].iter().filter(|from| !taken[from.0]));
            }
        }
        if round.len() > 1 || edges[last.0].contains(&last) && !round.is_empty() {
            round.sort_unstable();
            rounds.push(round);
        }
    }
    rounds
}

/// The nodes in the order in which a depth-first walk leaves them.
fn left_in_order(edges: &[&[NodeRef]]) -> Vec<NodeRef> {
    enum Visit {
        Enter(NodeRef),
        Leave(NodeRef),
    }
    let mut entered = vec![false; edges.len()];
    let mut left = Vec::new();
    let mut open: Vec<Visit> = (0..edges.len()).map(|at| Visit::Enter(NodeRef(at))).collect();
    while let Some(visit) = open.pop() {
        match visit {
            Visit::Leave(node) => left.push(node),
            Visit::Enter(node) if std::mem::replace(&mut entered[node.0], true) => {}
            Visit::Enter(node) => {
                open.push(Visit::Leave(node));
                open.extend(edges[node.0].iter().map(|to| Visit::Enter(*to)));
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_round_is_found_once_and_what_only_leads_to_it_is_not_in_it() {
        for (edges, expected) in [
            (vec![vec![1], vec![2], vec![]], vec![]),
            (vec![vec![0], vec![0]], vec![vec![0]]),
            (vec![vec![1], vec![2, 3], vec![0], vec![]], vec![vec![0, 1, 2]]),
            (vec![vec![1], vec![0, 2], vec![3], vec![2, 3]], vec![vec![0, 1], vec![2, 3]]),
            (vec![vec![2], vec![3], vec![0], vec![1]], vec![vec![0, 2], vec![1, 3]]),
        ] {
            let edges: Vec<Vec<NodeRef>> =
                edges.into_iter().map(|to: Vec<usize>| to.into_iter().map(NodeRef).collect()).collect();
            let mut found = rounds(&edges.iter().map(Vec::as_slice).collect::<Vec<_>>());
            found.sort();
            let found: Vec<Vec<usize>> =
                found.into_iter().map(|round| round.into_iter().map(|node| node.0).collect()).collect();
            assert_eq!(found, expected, "{edges:?}");
        }
    }
}
