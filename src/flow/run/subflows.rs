//! Going into a sub-flow and coming back.

use std::sync::Arc;

use super::super::Action;
use super::super::expression::EvaluationError;
use super::super::grammar::Way;
use super::super::model::{Step, SubflowStep};
use super::{FlowRun, Frame, Next, QueueFacts, Wait, first_values};

/// Deepest nesting; the compiler holds flows to less.
const MAX_DEPTH: usize = 8;

impl FlowRun {
    /// Enters the sub-flow with the values of its inputs.
    pub(super) fn go_into(&mut self, step: &SubflowStep) -> Result<Next, EvaluationError> {
        if self.users.len() >= MAX_DEPTH {
            return Err(EvaluationError(format!("sub-flows lie more than {MAX_DEPTH} deep")));
        }
        let mut vars = first_values(&step.flow);
        for (name, form) in &step.with {
            let value = match form.evaluate(&self.facts(QueueFacts::default())) {
                Err(_) if self.repeats() => {
                    vars.remove(name);
                    continue;
                }
                value => value?,
            };
            let fits = step.flow.vars.get(name).is_some_and(|var| var.kind.fits(&value));
            if !fits || !value.is_bounded() {
                return Err(EvaluationError(format!(
                    "the value does not have the type of the input `{name}`, or is larger than it may hold"
                )));
            }
            vars.insert(name.clone(), value);
        }
        if !step.flow.languages.contains(&self.call.language) {
            return Err(EvaluationError(format!("sub-flow `{}` does not speak this language", step.flow.id)));
        }
        self.users.push(Frame {
            flow: std::mem::replace(&mut self.flow, Arc::clone(&step.flow)),
            vars: std::mem::replace(&mut self.vars, vars),
            node: std::mem::replace(&mut self.node, step.flow.start),
        });
        Ok(Next::Enter)
    }

    /// Comes back to the flow that leads through this one, by the named return.
    pub(super) fn come_back(&mut self, name: &str, actions: &mut Vec<Action>) -> Next {
        let Some(user) = self.users.pop() else {
            // A sub-flow that is tested by itself ends here.
            self.hang_up(actions);
            return Next::Wait(Wait::Over);
        };
        let given = std::mem::replace(&mut self.vars, user.vars);
        (self.flow, self.node) = (user.flow, user.node);
        let flow = Arc::clone(&self.flow);
        if let Step::Subflow(step) = &flow.node(self.node).step {
            for (own, theirs) in &step.save {
                if !step.flow.gives(name, theirs) {
                    continue;
                }
                match given.get(theirs) {
                    Some(value) => drop(self.vars.insert(own.clone(), value.clone())),
                    None => drop(self.vars.remove(own)), // forgotten in there
                }
            }
        }
        Next::Go(Way::Returned(name.to_owned()))
    }
}
