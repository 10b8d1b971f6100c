//! A contact's facts as a call that can be made again.

use std::time::Duration;

use jiff::Timestamp;

use crate::flow::CallFacts;
use crate::flow::replay::{Act, Recorded, Visit, With};
use crate::journal::entry::{Fact, Handing, Personal, Whom};
use crate::words::{AskedAgain, EndedBy, Outcome};

/// Why a call cannot be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NotReplayed {
    /// No flow led it.
    NoFlow,
    /// It is not over.
    InCourse,
    /// More happened than a contact keeps.
    Cut,
}

/// The call of these facts, and its outcome.
///
/// # Errors
/// It cannot be made again, and why.
pub fn recorded<'f>(
    facts: impl IntoIterator<Item = (i64, &'f Fact)>,
    outcome: Option<Outcome>,
) -> Result<(Recorded, Outcome), NotReplayed> {
    let outcome = outcome.ok_or(NotReplayed::InCourse)?;
    let mut reading = Reading::default();
    for (at_ms, fact) in facts {
        reading.take(at_ms, fact);
    }
    let (Some(call), Some(begun_ms)) = (reading.call, reading.begun_ms) else {
        return Err(NotReplayed::NoFlow);
    };
    if !reading.over {
        return Err(NotReplayed::Cut);
    }
    let at = Timestamp::from_millisecond(begun_ms).map_err(|_| NotReplayed::NoFlow)?;
    Ok((Recorded { call, at, visits: reading.visits }, outcome))
}

#[derive(Default)]
struct Reading {
    call: Option<CallFacts>,
    begun_ms: Option<i64>,
    visits: Vec<Visit>,
    over: bool,
}

impl Reading {
    fn take(&mut self, at_ms: i64, fact: &Fact) {
        if self.over {
            return; // wrap-up, recordings
        }
        if let Fact::NodeEntered { node, .. } = fact {
            let after = since(*self.begun_ms.get_or_insert(at_ms), at_ms);
            return self.visits.push(Visit::at(node.clone(), after));
        }
        if let Fact::ContactOpened { from, to, entity, language, .. } = fact {
            let from = match from {
                Personal::Clear(number) => number.clone(),
                Personal::Sealed(_) | Personal::Erased => "anonymous".to_owned(),
            };
            let (to, entity, language) = (to.clone(), entity.clone(), language.clone());
            self.call = Some(CallFacts { from, to, language, entity });
        }
        let begun_ms = self.begun_ms.unwrap_or(at_ms);
        if let Some(visit) = self.visits.last_mut() {
            let after = since(begun_ms, at_ms).saturating_sub(visit.after);
            self.over = follow(visit, after, fact);
        }
    }
}

/// A clock that was set back gives no negative span.
fn since(begun_ms: i64, at_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(at_ms.saturating_sub(begun_ms)).unwrap_or(0))
}

/// Takes in what happened during the visit; true: the flow has no more to do with the call.
fn follow(visit: &mut Visit, after: Duration, fact: &Fact) -> bool {
    match fact {
        Fact::KeyPressed { key, .. } => visit.acts.push((after, Act::Key(*key))),
        Fact::AskedAgain { why: AskedAgain::Silence, .. } => visit.acts.push((after, Act::Silence)),
        Fact::NodeFailed { .. } => visit.failed = true,
        Fact::SurveyAsked { .. } => visit.surveyed = true,
        Fact::Queued { queue, .. } => visit.queue = visit.queue.take().or(Some(queue.clone())),
        Fact::QueueLeft { queue, exit, .. } => {
            visit.queue = visit.queue.take().or(Some(queue.clone()));
            visit.exit = Some(*exit);
        }
        Fact::Joined { .. } => (visit.talked, visit.exit) = (Some(With::Operator), None),
        Fact::Transferred { .. } => visit.talked = Some(With::Number),
        // What follows are the nodes of another flow.
        Fact::Handling { step: Handing::Gives { whom: Whom::Number(_), .. }, .. } => {
            visit.ended = Some(EndedBy::Operator);
            return true;
        }
        Fact::ContactClosed { ended_by, .. } => {
            visit.ended = Some(*ended_by);
            return true;
        }
        _ => {}
    }
    false
}
