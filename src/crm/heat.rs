//! Where citizens go in a flow, where they stay and where they give up: figures for each node over many calls.
//!
//! A *visit* is one stay of one call at one node. It ends when the flow comes to another node, when the citizen hangs up there, or
//! with the call for any other reason. A talk is no time in the flow: the stay at a queue is measured to the moment in which
//! somebody answers. A node that goes through a sub-flow is visited until the sub-flow comes back, and what happens in there is counted
//! twice: at that node, and at the nodes within (`segnalazione/numero`).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::NodeId;
use crate::journal::entry::{Fact, Handing, Whom};
use crate::words::EndedBy;

/// What is counted of a flow's nodes.
#[derive(Clone, Debug, Default)]
pub struct Heat {
    calls: usize,
    nodes: BTreeMap<NodeId, Cell>,
}

/// What is counted of one node.
#[derive(Clone, Debug, Default)]
struct Cell {
    went_on: usize,
    hung_up: usize,
    ended: usize,
    in_course: usize,
    talked: usize,
    asked_again: usize,
    failed: usize,
    stays_ms: Vec<i64>,
    to: BTreeMap<NodeId, usize>,
}

/// One node's figures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatLine {
    /// The node; within a sub-flow after its name.
    pub node: NodeId,
    /// Visits.
    pub entered: usize,
    /// So many led on to another node.
    pub went_on: usize,
    /// In so many the citizen hung up, having spoken with nobody there.
    pub hung_up: usize,
    /// So many ended otherwise: with a talk, or by the exchange.
    pub ended: usize,
    /// So many last.
    pub in_course: usize,
    /// In so many somebody answered.
    pub talked: usize,
    /// How often the question was put again.
    pub asked_again: usize,
    /// How often the node could not do its work.
    pub failed: usize,
    /// How long a visit lasted that is over, on average, in seconds.
    pub mean_s: Option<f64>,
    /// The same in the middle of them all.
    pub median_s: Option<f64>,
    /// Where they led, and how many.
    pub to: BTreeMap<NodeId, usize>,
}

/// A visit in course.
struct Visit {
    node: NodeId,
    since_ms: i64,
    answered_ms: Option<i64>,
}

/// How a visit ends.
enum End<'n> {
    On(&'n NodeId),
    HungUp,
    Over,
}

/// One call as it is followed: where it is in the flow, and where in the sub-flow.
#[derive(Default)]
struct Walk {
    outer: Option<Visit>,
    inner: Option<Visit>,
}

impl Heat {
    /// One more call, by its facts with their moments in milliseconds.
    pub fn count<'f>(&mut self, story: impl IntoIterator<Item = (i64, &'f Fact)>) {
        let mut walk = Walk::default();
        self.calls += 1;
        for (at_ms, fact) in story {
            match fact {
                Fact::NodeEntered { node, .. } => self.on_node(&mut walk, at_ms, node),
                Fact::Joined { .. } | Fact::Transferred { .. } => {
                    for visit in walk.visits() {
                        visit.answered_ms.get_or_insert(at_ms);
                    }
                }
                Fact::AskedAgain { .. } => self.each(&mut walk, |cell| cell.asked_again += 1),
                Fact::NodeFailed { .. } => self.each(&mut walk, |cell| cell.failed += 1),
                // What follows are the nodes of another flow.
                Fact::Handling { step: Handing::Gives { whom: Whom::Number(_), .. }, .. } => {
                    return self.end_all(&mut walk, at_ms, &End::Over);
                }
                Fact::ContactClosed { ended_by, .. } => {
                    let left = matches!(ended_by, EndedBy::Citizen | EndedBy::Network);
                    return self.end_all(&mut walk, at_ms, if left { &End::HungUp } else { &End::Over });
                }
                _ => {}
            }
        }
        self.each(&mut walk, |cell| cell.in_course += 1);
    }

    /// Calls counted.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// Every node, the one with the most visits first.
    pub fn lines(&self) -> Vec<HeatLine> {
        let mut lines: Vec<HeatLine> = self.nodes.iter().map(|(node, cell)| cell.line(node)).collect();
        lines.sort_by(|a, b| b.entered.cmp(&a.entered).then_with(|| a.node.cmp(&b.node)));
        lines
    }

    fn on_node(&mut self, walk: &mut Walk, at_ms: i64, node: &NodeId) {
        let visit = Visit { node: node.clone(), since_ms: at_ms, answered_ms: None };
        self.end(walk.inner.take(), at_ms, &End::On(node));
        if is_within_subflow(node) {
            walk.inner = Some(visit);
        } else {
            self.end(walk.outer.take(), at_ms, &End::On(node));
            walk.outer = Some(visit);
        }
    }

    fn end_all(&mut self, walk: &mut Walk, at_ms: i64, end: &End<'_>) {
        self.end(walk.inner.take(), at_ms, end);
        self.end(walk.outer.take(), at_ms, end);
    }

    fn end(&mut self, visit: Option<Visit>, at_ms: i64, end: &End<'_>) {
        let Some(visit) = visit else { return };
        let cell = self.nodes.entry(visit.node).or_default();
        // A clock that was set back gives no negative stay.
        cell.stays_ms.push(visit.answered_ms.unwrap_or(at_ms).saturating_sub(visit.since_ms).max(0));
        cell.talked += usize::from(visit.answered_ms.is_some());
        match end {
            End::On(node) => {
                cell.went_on += 1;
                *cell.to.entry((*node).clone()).or_default() += 1;
            }
            End::HungUp if visit.answered_ms.is_none() => cell.hung_up += 1,
            End::HungUp | End::Over => cell.ended += 1,
        }
    }

    fn each(&mut self, walk: &mut Walk, count: impl Fn(&mut Cell)) {
        for visit in walk.visits() {
            count(self.nodes.entry(visit.node.clone()).or_default());
        }
    }
}

impl Walk {
    fn visits(&mut self) -> impl Iterator<Item = &mut Visit> {
        self.outer.iter_mut().chain(&mut self.inner)
    }
}

impl Cell {
    fn line(&self, node: &NodeId) -> HeatLine {
        let mut stays = self.stays_ms.clone();
        stays.sort_unstable();
        let count = i64::try_from(stays.len()).ok().filter(|count| *count > 0);
        let mean = count.map(|count| stays.iter().sum::<i64>() / count);
        HeatLine {
            node: node.clone(),
            entered: self.went_on + self.hung_up + self.ended + self.in_course,
            went_on: self.went_on,
            hung_up: self.hung_up,
            ended: self.ended,
            in_course: self.in_course,
            talked: self.talked,
            asked_again: self.asked_again,
            failed: self.failed,
            mean_s: mean.map(super::contact::seconds),
            median_s: stays.get(stays.len() / 2).copied().map(super::contact::seconds),
            to: self.to.clone(),
        }
    }
}

fn is_within_subflow(node: &NodeId) -> bool {
    node.as_str().contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ContactId;
    use crate::views::conformance::contact;
    use crate::words::{AskedAgain, Outcome};

    const CONTACT: fn() -> ContactId = || contact(1);

    fn at(node: &str) -> Fact {
        Fact::NodeEntered { contact: CONTACT(), node: node.into(), info: false }
    }

    fn closed(ended_by: EndedBy) -> Fact {
        Fact::ContactClosed { contact: CONTACT(), outcome: Outcome::Left, ended_by, short: false, why: None }
    }

    fn joined() -> Fact {
        let (seat, operator, queue) = ("seat01".into(), "anna".into(), "tributi".into());
        Fact::Joined { contact: CONTACT(), seat, operator, queue, recording: None }
    }

    /// What was counted of this node in these calls, a second from fact to fact.
    fn counted(calls: &[&[Fact]], node: &str) -> HeatLine {
        let mut heat = Heat::default();
        for call in calls {
            heat.count((0..).step_by(1000).zip(*call));
        }
        assert_eq!(heat.calls(), calls.len());
        heat.lines().into_iter().find(|line| line.node.as_str() == node).expect("it was visited")
    }

    #[test]
    fn visits_are_divided_by_how_they_end() {
        let on = [at("menu"), at("coda"), joined(), closed(EndedBy::Citizen)];
        let gone = [at("menu"), closed(EndedBy::Citizen)];
        let ended = [at("menu"), closed(EndedBy::Exchange)];
        let lasts = [at("menu")];
        let calls = [&on[..], &gone, &ended, &lasts];
        let menu = counted(&calls, "menu");
        assert_eq!((menu.entered, menu.went_on, menu.hung_up, menu.ended, menu.in_course), (4, 1, 1, 1, 1));
        assert_eq!(menu.to, BTreeMap::from([("coda".into(), 1)]));
        let queue = counted(&calls, "coda");
        assert_eq!(
            (queue.talked, queue.hung_up, queue.ended),
            (1, 0, 1),
            "who hangs up in a talk was served"
        );
        assert_eq!(queue.mean_s, Some(1.0), "a talk is no time in the flow");
    }

    #[test]
    fn question_put_again_is_counted_where_it_is_put() {
        let again = Fact::AskedAgain { contact: CONTACT(), why: AskedAgain::Silence };
        let call = [at("saluto"), at("menu"), again.clone(), again, closed(EndedBy::Flow)];
        assert_eq!(counted(&[&call], "menu").asked_again, 2);
        assert_eq!(counted(&[&call], "saluto").asked_again, 0);
    }

    #[test]
    fn subflow_is_one_visit_of_its_node_and_each_of_the_nodes_within() {
        let back = [at("pratica"), at("sub/chiedi"), at("sub/dice"), at("fine"), closed(EndedBy::Flow)];
        let gone = [at("pratica"), at("sub/chiedi"), closed(EndedBy::Citizen)];
        let calls = [&back[..], &gone];
        let node = counted(&calls, "pratica");
        assert_eq!((node.entered, node.went_on, node.hung_up), (2, 1, 1));
        assert_eq!(node.to, BTreeMap::from([("fine".into(), 1)]));
        assert_eq!((node.mean_s, node.median_s), (Some(2.5), Some(3.0)), "3 s and 2 s");
        let within = counted(&calls, "sub/chiedi");
        assert_eq!((within.went_on, within.hung_up), (1, 1));
        assert_eq!(counted(&calls, "sub/dice").to, BTreeMap::from([("fine".into(), 1)]));
    }

    #[test]
    fn flow_of_another_number_to_which_a_call_was_given_is_not_counted() {
        let given = Fact::Handling {
            contact: CONTACT(),
            seat: "seat01".into(),
            step: Handing::Gives { whom: Whom::Number("020202".to_owned()), by: "keys".to_owned() },
        };
        let call = [at("coda"), joined(), given, at("saluto"), closed(EndedBy::Flow)];
        let mut heat = Heat::default();
        heat.count((0..).zip(&call));
        assert_eq!(heat.lines().len(), 1);
    }
}
