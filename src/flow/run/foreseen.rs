//! What is known beforehand of a call that is gone through again: by which ways it left the nodes that it came to.
//!
//! A run that leads a citizen foresees nothing. One that repeats a call takes the recorded way where the world decided (hours,
//! bulletins, answers that nobody wrote down), and where what decides has no value any more: a variable that was filled by such an answer
//! is *forgotten*, and whatever would have to be computed of it is left by the recorded way too. Words that cannot be made are
//! left out: nobody hears them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::super::expression::EvaluationError;
use super::super::grammar::Way;
use super::super::model::{Node, Step};
use super::super::{Action, Say};
use super::{FlowRun, MAX_PROMPT, Next, Wait, World};
use crate::ids::NodeId;
use crate::time::Now;

/// The ways by which nodes were left, visit by visit; `None`: that is not known.
pub(in crate::flow) type Ways = BTreeMap<NodeId, VecDeque<Option<Way>>>;

/// What a run knows beforehand.
#[derive(Debug)]
pub(super) struct Foreseen {
    ways: Ways,
    /// The way out of the node that the call is at.
    here: Option<Way>,
}

impl FlowRun {
    /// Repeats a call that took these ways.
    pub(in crate::flow) fn foreseeing(mut self, ways: Ways) -> FlowRun {
        self.foreseen = Some(Foreseen { ways, here: None });
        self
    }

    /// By which way the call left this node, if it is known.
    pub(in crate::flow) fn foreseen_way(&self) -> Option<&Way> {
        self.foreseen.as_ref()?.here.as_ref()
    }

    /// The call left this node by `way`; what the node would keep is known to nobody.
    pub(in crate::flow) fn leave_by(&mut self, way: &Way, now: Now, world: &World<'_>) -> Vec<Action> {
        let mut actions = Vec::new();
        self.forget_saved(way);
        self.go(way, now, world, &mut actions);
        actions
    }

    /// Enters the node as the call did.
    pub(super) fn enter_foreseen(
        &mut self,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        let node = self.node();
        if let Some(foreseen) = &mut self.foreseen {
            foreseen.here = foreseen.ways.get_mut(&node).and_then(VecDeque::pop_front).flatten();
        }
        let Some(way) = self.foreseen_way().cloned() else { return self.enter(now, world, actions) };
        let flow = Arc::clone(&self.flow);
        if let Some(next) = self.as_decided(flow.node(self.node), &way, now, actions) {
            return Ok(next);
        }
        self.enter(now, world, actions).or_else(|_| {
            self.forget_saved(&way);
            Ok(Next::Go(way))
        })
    }

    /// What the world decided is as it was.
    fn as_decided(&self, node: &Node, way: &Way, now: Now, actions: &mut Vec<Action>) -> Option<Next> {
        let plays = match (&node.step, way) {
            (Step::Hours { .. }, _) | (Step::Bulletin { .. }, Way::Exit("none")) => None,
            (Step::Bulletin { slot, .. }, Way::Exit("played" | "closing")) => Some(slot),
            _ => return None,
        };
        actions.push(Action::Entered { node: self.name_of(node), info: node.info && plays.is_some() });
        let Some(slot) = plays else { return Some(Next::Go(way.clone())) };
        let say = vec![Say::Prompt(self.call.language.clone(), slot.clone())];
        actions.push(Action::Play { say, barge_in: true });
        Some(Next::Wait(Wait::Heard { until: now.mono + MAX_PROMPT, way: way.clone() }))
    }

    fn forget_saved(&mut self, way: &Way) {
        let flow = Arc::clone(&self.flow);
        for name in kept_at(&flow.node(self.node).step, way) {
            self.vars.remove(name);
        }
    }

    /// Some variable has no value, because nobody wrote it down.
    pub(in crate::flow) fn has_forgotten(&self) -> bool {
        self.vars.len() < self.flow.vars.len()
    }

    /// It repeats a call.
    pub(super) fn repeats(&self) -> bool {
        self.foreseen.is_some()
    }
}

/// The variables that a node fills when it is left by this way.
fn kept_at<'s>(step: &'s Step, way: &Way) -> Vec<&'s str> {
    let fills = matches!(way, Way::Exit("ok" | "booked" | "recorded" | "done"));
    match step {
        Step::Set { values } => values.iter().map(|(name, _)| name.as_str()).collect(),
        Step::Collect { collect, .. } if fills => vec![&collect.save],
        Step::Request(step) if fills => step.save.as_deref().into_iter().collect(),
        Step::Record(step) if fills => step.save.as_deref().into_iter().collect(),
        Step::Queue(step) => step.save.as_deref().into_iter().collect(),
        _ => Vec::new(),
    }
}
