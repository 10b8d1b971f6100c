//! What happened to a citizen, as far as it decides the outcome.

use std::time::Duration;

use crate::time::Mono;
use crate::words::{EndedBy, Outcome, QueueExit};

/// Collected while the call lives; asked once, at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    made: bool,
    flow_began: bool,
    joined: bool,
    transferred: bool,
    promised: bool,
    parted_by: Option<EndedBy>,
    waiting_since: Option<Mono>,
    turned_away: bool,
    informing: Informing,
    informed: bool,
}

/// What a node that answers a request for information has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Informing {
    /// The flow is at no such node, or the citizen did not hear it out.
    #[default]
    No,
    /// It has said nothing so far.
    Silent,
    /// It is being heard.
    Heard,
}

impl Story {
    /// The story of a call that a crash cut off, from what the journal kept.
    pub fn recovered(
        (joined, transferred, promised): (bool, bool, bool),
        left: Option<QueueExit>,
        informed: bool,
    ) -> Story {
        let mut story =
            Story { flow_began: true, joined, transferred, promised, informed, ..Story::default() };
        if let Some(exit) = left {
            story.on_left(exit);
        }
        story
    }

    /// The story of a call that an operator makes.
    pub fn made() -> Story {
        Story { made: true, ..Story::default() }
    }

    /// The flow has begun to lead the citizen.
    pub fn on_flow_began(&mut self) {
        self.flow_began = true;
    }

    /// The flow comes to a node; `info`: it answers a request for information. One that says nothing has answered by what it did,
    /// such as to send a message.
    pub fn on_node(&mut self, info: bool) {
        self.informed |= self.informing == Informing::Silent;
        self.informing = if info { Informing::Silent } else { Informing::No };
    }

    /// The node begins to say something.
    pub fn on_play(&mut self) {
        if self.informing == Informing::Silent {
            self.informing = Informing::Heard;
        }
    }

    /// What was said was heard to its end: only then has it informed.
    pub fn on_heard(&mut self) {
        self.informed |= self.informing == Informing::Heard;
    }

    /// Entered a queue, or waits for a number to answer.
    pub fn on_queued(&mut self, now: Mono) {
        self.waiting_since = Some(now);
        self.turned_away = false;
    }

    /// Led by another flow from now on, out of the queue.
    pub fn on_sent_on(&mut self) {
        self.waiting_since = None;
    }

    /// Left a queue by an exit.
    pub fn on_left(&mut self, exit: QueueExit) {
        self.waiting_since = None;
        self.turned_away =
            matches!(exit, QueueExit::Closed | QueueExit::Full | QueueExit::NoSeats | QueueExit::Timeout);
    }

    /// The number called did not take the call; `turned_away`: through its own doing, and not through ours.
    pub fn on_not_taken(&mut self, turned_away: bool) {
        self.waiting_since = None;
        self.turned_away = turned_away;
    }

    /// Joined to whoever answered at a number outside.
    pub fn on_transferred(&mut self) {
        self.transferred = true;
        self.waiting_since = None;
        self.parted_by = None;
    }

    /// Joined to an operator.
    pub fn on_joined(&mut self) {
        self.joined = true;
        self.waiting_since = None;
        self.parted_by = None;
    }

    /// A call-back was promised; or, `kept` being false, it was taken back.
    pub fn on_promised(&mut self, kept: bool) {
        self.promised = kept;
    }

    /// The other side went first: the operator or whoever was called hung up, or the network took the phone away.
    pub fn on_parted(&mut self, by: EndedBy) {
        self.parted_by = Some(by);
    }

    /// The outcome when the call ends now by `ended_by`: the first that applies, in the order of [`Outcome`].
    pub fn outcome(&self, ended_by: EndedBy) -> Outcome {
        match ended_by {
            _ if self.joined => Outcome::Answered,
            _ if self.transferred => Outcome::Transferred,
            _ if self.promised => Outcome::Callback,
            _ if self.made => Outcome::Unreached,
            _ if self.turned_away => Outcome::Unserved,
            EndedBy::Crash => Outcome::Interrupted,
            EndedBy::Citizen | EndedBy::Network if self.waiting_since.is_some() => Outcome::Abandoned,
            _ if self.waiting_since.is_some() => Outcome::Unserved,
            _ if self.informed => Outcome::Contained,
            _ if self.flow_began || ended_by == EndedBy::Citizen => Outcome::Left,
            _ => Outcome::Failed,
        }
    }

    /// Who ended it: whoever took the other side away did, whatever the flow still said to the citizen.
    pub fn ended_by(&self, last: EndedBy) -> EndedBy {
        self.parted_by.filter(|_| matches!(last, EndedBy::Flow | EndedBy::Citizen)).unwrap_or(last)
    }

    /// A hang-up at `now` comes so soon after entering the queue that it is a short abandon.
    pub fn is_short(&self, now: Mono, threshold: Duration) -> bool {
        self.waiting_since.is_some_and(|since| now.since(since) <= threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_is_the_first_that_applies() {
        let s = Story { flow_began: true, ..Story::default() };
        let waiting = Story { waiting_since: Some(Mono::ZERO), ..s.clone() };
        let informed = Story { informed: true, ..s.clone() };
        let turned_away = Story { turned_away: true, informed: true, ..s.clone() };
        let joined = Story { joined: true, turned_away: true, ..s.clone() };
        let transferred = Story { transferred: true, turned_away: true, ..s.clone() };
        for (story, ended_by, outcome) in [
            (&s, EndedBy::Citizen, Outcome::Left),
            (&s, EndedBy::Flow, Outcome::Left),
            (&Story::default(), EndedBy::Network, Outcome::Failed),
            (&Story::default(), EndedBy::Citizen, Outcome::Left),
            (&informed, EndedBy::Flow, Outcome::Contained),
            (&waiting, EndedBy::Citizen, Outcome::Abandoned),
            (&waiting, EndedBy::Network, Outcome::Abandoned),
            (&waiting, EndedBy::Exchange, Outcome::Unserved),
            (&waiting, EndedBy::Crash, Outcome::Interrupted),
            (&turned_away, EndedBy::Flow, Outcome::Unserved),
            (&turned_away, EndedBy::Crash, Outcome::Unserved),
            (&joined, EndedBy::Crash, Outcome::Answered),
            (&transferred, EndedBy::Crash, Outcome::Transferred),
            (&Story { promised: true, ..turned_away.clone() }, EndedBy::Citizen, Outcome::Callback),
            (&Story::made(), EndedBy::Callee, Outcome::Unreached),
            (&Story { joined: true, ..Story::made() }, EndedBy::Operator, Outcome::Answered),
            (&Story { joined: true, ..transferred.clone() }, EndedBy::Flow, Outcome::Answered),
        ] {
            assert_eq!(story.outcome(ended_by), outcome, "{story:?} ended by {ended_by:?}");
        }
    }

    #[test]
    fn information_counts_when_it_was_heard_to_its_end() {
        type Step = fn(&mut Story);
        let outcome = |steps: &[Step]| {
            let mut story = Story::default();
            story.on_flow_began();
            steps.iter().for_each(|step| step(&mut story));
            story.outcome(EndedBy::Citizen)
        };
        let (enters, plays): (Step, Step) = (|story| story.on_node(true), Story::on_play);
        let (hears, goes_on): (Step, Step) = (Story::on_heard, |story| story.on_node(false));
        for (steps, expected) in [
            (&[enters, plays][..], Outcome::Left),
            (&[enters, plays, hears], Outcome::Contained),
            (&[enters, plays, goes_on, plays, hears], Outcome::Left),
            (&[enters, goes_on], Outcome::Contained),
            (&[goes_on, plays, hears], Outcome::Left),
        ] {
            assert_eq!(outcome(steps), expected);
        }
    }

    #[test]
    fn operator_who_hung_up_first_ended_it() {
        let mut story = Story::default();
        story.on_joined();
        assert_eq!(story.ended_by(EndedBy::Citizen), EndedBy::Citizen);
        story.on_parted(EndedBy::Operator);
        assert_eq!(story.ended_by(EndedBy::Flow), EndedBy::Operator);
    }
}
