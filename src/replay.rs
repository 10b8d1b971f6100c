//! Yesterday's calls on today's draft: what a change of a flow would have changed.
//!
//! Each call on record ([`recorded`]) is led through the draft by the interpreter itself (`flow::replay`), and what becomes of it is
//! compared with what became of it then: the nodes it came to, the last queue it asked for, whether it was served by the flow alone. A call
//! has one [`Effect`], the gravest that applies, so that the counts add up to the calls. What a record cannot tell is said and not
//! guessed: how long the wait in another queue would have been, what a caller would have pressed at a question that nobody heard, what
//! a connector would have answered.

mod recorded;
mod report;

pub use self::recorded::{NotReplayed, recorded};
pub use self::report::{Report, ReportLine};

use crate::call::Story;
use crate::flow::replay::{End, Event, Recorded, Replayed, Why, With};
use crate::ids::{NodeId, QueueId};
use crate::time::Mono;
use crate::words::{EndedBy, Outcome};

/// What the draft would have changed for a call: the first that applies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: the same nodes, the same end.
    Same,
    /// It comes to a node at which what follows depends on what nobody wrote down.
    Unknown(NodeId),
    /// It comes to a question that its caller has no answer to on record.
    FallsOff(NodeId, Why),
    /// The flow alone serves it, and did not then: it asked for this queue, or none.
    Contained(Option<QueueId>),
    /// The flow alone served it, and does not now: it asks for this queue, or none.
    NoLongerContained(Option<QueueId>),
    /// The last queue that it asks for is another; or none.
    OtherQueue(Option<QueueId>, Option<QueueId>),
    /// It comes by another way to the same end.
    OtherWay,
}

/// Compares what became of a call with what becomes of it now.
pub fn effect(then: &Recorded, outcome: Outcome, now: &Replayed) -> Effect {
    match &now.end {
        End::Unknown(node) => return Effect::Unknown(node.clone()),
        End::FellOff(node, why) => return Effect::FallsOff(node.clone(), *why),
        End::Over(_) => {}
    }
    let asked = then.visits.iter().rev().find_map(|visit| visit.queue.clone());
    let asks = now.events.iter().rev().find_map(|event| match event {
        Event::Queued(queue) => Some(queue.clone()),
        _ => None,
    });
    let (was, is) = (outcome == Outcome::Contained, outcome_of(now) == Some(Outcome::Contained));
    if is && !was {
        Effect::Contained(asked)
    } else if was && !is {
        Effect::NoLongerContained(asks)
    } else if asked != asks {
        Effect::OtherQueue(asked, asks)
    } else if then.visits.iter().map(|visit| &visit.node).eq(path(now)) {
        Effect::Same
    } else {
        Effect::OtherWay
    }
}

/// Where the call comes.
fn path(now: &Replayed) -> impl Iterator<Item = &NodeId> {
    now.events.iter().filter_map(|event| match event {
        Event::Node(node, _) => Some(node),
        _ => None,
    })
}

/// The outcome by the rules that calls are judged by; none, where it is not known how it goes on.
pub fn outcome_of(now: &Replayed) -> Option<Outcome> {
    let End::Over(ended_by) = &now.end else { return None };
    let mut story = Story::default();
    story.on_flow_began();
    for event in &now.events {
        match event {
            Event::Node(_, info) => story.on_node(*info),
            Event::Plays => story.on_play(),
            Event::Heard => story.on_heard(),
            Event::Queued(_) => story.on_queued(Mono::ZERO),
            Event::Left(exit) => story.on_left(*exit),
            Event::Talked(With::Operator) => story.on_joined(),
            Event::Talked(With::Number) => story.on_transferred(),
            Event::Promised => story.on_promised(true),
        }
    }
    if *ended_by == EndedBy::Flow {
        story.on_node(false);
    }
    Some(story.outcome(*ended_by))
}
