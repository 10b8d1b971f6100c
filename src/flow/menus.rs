//! Which keys a flow takes where, for those who bring callers of their own: a simulated day, a recorded one.

use std::collections::BTreeMap;

use super::grammar::Way;
use super::model::{Flow, Node, Step};
use crate::ids::NodeId;

impl Flow {
    /// The keys of the menu of this name, and the node that each leads to; `None`: it is no menu, or there is no such node.
    pub fn menu(&self, node: &str) -> Option<BTreeMap<char, NodeId>> {
        let (flow, node) = self.find(node)?;
        let Step::Menu { .. } = node.step else { return None };
        let led = node.ways.iter().filter_map(|(way, to)| match way {
            Way::Key(key) => Some((*key, flow.node(*to).id.clone())),
            _ => None,
        });
        Some(led.collect())
    }

    /// The name of every node; one of a sub-flow as the journal has it, after the sub-flow's.
    pub fn node_names(&self) -> Vec<String> {
        let own = self.nodes.iter().map(|node| node.id.to_string());
        let within = |sub: &Flow| {
            let names = sub.node_names().into_iter();
            // A sub-flow within a sub-flow is named by itself.
            names
                .map(|name| if name.contains('/') { name } else { format!("{}/{name}", sub.id) })
                .collect::<Vec<_>>()
        };
        own.chain(self.subflows().flat_map(within)).collect()
    }

    /// The node of this name, within a sub-flow after its name; and the flow that it belongs to.
    pub(super) fn find(&self, name: &str) -> Option<(&Flow, &Node)> {
        match name.split_once('/') {
            None => Some((self, self.nodes.iter().find(|node| node.id.as_str() == name)?)),
            Some((sub, node)) => {
                let own = self.subflows().filter(|flow| flow.id.as_str() == sub);
                let here = own.filter_map(|flow| {
                    Some((flow, flow.nodes.iter().find(|known| known.id.as_str() == node)?))
                });
                here.chain(self.subflows().filter_map(|flow| flow.find(name))).next()
            }
        }
    }
}
