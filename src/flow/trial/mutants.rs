//! The test of the tests: the flow is spoilt in one place at a time, and a test has to notice.
//!
//! Each way is led to another node, and each node is left out, so that whoever was led to it comes to where it leads first. A mutant that
//! every test still passes is a change that nobody would notice before citizens do.

use crate::flow::hours::Calendars;
use crate::flow::model::{Flow, NodeRef};

/// What came of the mutants of a flow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutants {
    /// How many were made.
    pub tried: usize,
    /// Those that no test noticed.
    pub survivors: Vec<Survivor>,
}

/// A change that no test noticed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survivor {
    /// The node.
    pub node: String,
    /// The change, in words.
    pub change: String,
}

impl Flow {
    /// Spoils the flow in every place in turn. A flow whose tests fail as it is has nothing to say here.
    pub fn mutate(&self, calendars: &Calendars) -> Mutants {
        let mut mutants = Mutants::default();
        for at in 0..self.nodes.len() {
            for way in 0..self.nodes[at].ways.len() {
                let Some((mutant, change)) = self.led_elsewhere(at, way) else { continue };
                mutants.note(self, at, change, &mutant, calendars);
            }
            let mutant = self.without(at);
            mutants.note(self, at, "left out".to_owned(), &mutant, calendars);
        }
        mutants
    }

    /// One way leads to another node: an end if there is another, because that is the worst.
    fn led_elsewhere(&self, at: usize, way: usize) -> Option<(Flow, String)> {
        let (name, to) = self.nodes.get(at)?.ways.get(way)?;
        let others = || (0..self.nodes.len()).filter(|other| *other != to.0 && *other != at);
        let end = others().find(|other| self.nodes[*other].kind.ends());
        let elsewhere = end.or_else(|| others().next())?;
        let change =
            format!("{name} leads to `{}` instead of `{}`", self.nodes[elsewhere].id, self.node(*to).id);
        let mut mutant = self.clone();
        mutant.nodes[at].ways[way].1 = NodeRef(elsewhere);
        Some((mutant, change))
    }

    /// Whoever was led to the node comes to where it leads first, or, at an end, nowhere.
    fn without(&self, at: usize) -> Flow {
        let next = self.nodes[at].ways.first().map(|(_, to)| *to).filter(|to| to.0 != at);
        let mut mutant = self.clone();
        for node in &mut mutant.nodes {
            match next {
                Some(next) => {
                    node.ways.iter_mut().filter(|(_, to)| to.0 == at).for_each(|(_, to)| *to = next)
                }
                None => node.ways.retain(|(_, to)| to.0 != at),
            }
        }
        if mutant.start.0 == at
            && let Some(next) = next
        {
            mutant.start = next;
        }
        if mutant.error == Some(NodeRef(at)) {
            mutant.error = next;
        }
        mutant
    }
}

impl Mutants {
    fn note(&mut self, flow: &Flow, at: usize, change: String, mutant: &Flow, calendars: &Calendars) {
        self.tried += 1;
        if mutant.passes(calendars) {
            self.survivors.push(Survivor { node: flow.nodes[at].id.to_string(), change });
        }
    }
}
