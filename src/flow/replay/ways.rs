//! By which way a recorded call left each node: what is on record is where it went, and the flow of its day tells the way there.

use super::{Recorded, Visit};
use crate::flow::grammar::Way;
use crate::flow::model::{Flow, Node, Step};
use crate::flow::run::{Ways, exit_name};
use crate::ids::NodeId;

/// The ways that the call took, as far as they are known and hold in the draft: at nodes that ask the same there.
pub(super) fn foreseen(recorded: &Recorded, then: &Flow, draft: &Flow) -> Ways {
    let mut ways = Ways::new();
    for (at, visit) in recorded.visits.iter().enumerate() {
        let next = recorded.visits.get(at + 1);
        let way = way_in(visit, next, then, draft);
        ways.entry(visit.node.clone()).or_default().push_back(way);
    }
    ways
}

fn way_in(visit: &Visit, next: Option<&Visit>, then: &Flow, draft: &Flow) -> Option<Way> {
    let ((flow, node), (other, now)) = (then.find(visit.node.as_str())?, draft.find(visit.node.as_str())?);
    if asks(flow, node) != asks(other, now) {
        return None;
    }
    let mut candidates = taken(flow, node, visit, next?).into_iter();
    let first = candidates.next()?;
    // Several ways led to where the call went. They are as good as one where they still lead to one place.
    let same = |way: &Way| now.way(way) == now.way(&first);
    candidates.all(|way| same(&way)).then_some(first)
}

/// The ways by which the call can have left the node.
fn taken(flow: &Flow, node: &Node, visit: &Visit, next: &Visit) -> Vec<Way> {
    let leads_there = |to| flow.node(to).id.as_str() == plain(&next.node);
    if visit.failed && node.way(&Way::ERROR).or(flow.error).is_some_and(leads_there) {
        return vec![Way::ERROR];
    }
    if let Step::Queue(_) = node.step {
        let exit = visit.exit.map(exit_name).or(visit.talked.map(|_| "answered"));
        return exit.map(Way::Exit).into_iter().collect();
    }
    let there = node.ways.iter().filter(|(_, to)| leads_there(*to));
    let mut ways: Vec<Way> = there.map(|(way, _)| way.clone()).collect();
    if ways.is_empty() && flow.error.is_some_and(leads_there) {
        return vec![Way::ERROR];
    }
    if let (Step::Bulletin { .. }, 2..) = (&node.step, ways.len()) {
        // One that took no time was off.
        let was_off = visit.acts.is_empty() && next.after == visit.after;
        ways.retain(|way| (*way == Way::Exit("none")) == was_off);
    }
    ways
}

/// Without the name of the sub-flow that it lies in.
pub(super) fn plain(node: &NodeId) -> &str {
    node.as_str().rsplit('/').next().unwrap_or_default()
}

/// What the node asks of the world, or of the caller without a word in the journal: where two nodes ask the same, what was answered to
/// one holds for the other.
pub(super) fn asks(flow: &Flow, node: &Node) -> String {
    let kind = node.kind.name();
    match &node.step {
        Step::Hours { schedule, .. } => format!("{kind} {schedule} {:?}", flow.schedules.get(schedule)),
        Step::Bulletin { slot, .. } => format!("{kind} {slot}"),
        Step::Branch { when } => format!("{kind} {when:?}"),
        Step::Set { values } => format!("{kind} {values:?}"),
        Step::Queue(step) => format!("{kind} {:?}", step.queue),
        Step::Collect { collect, .. } => format!("{kind} {:?} {}", collect.kind, collect.save),
        Step::Request(step) => format!("{kind} {:?}", step.asked),
        _ => kind.to_owned(),
    }
}
