//! The third side of a talk: whoever an operator asks for advice, calls into the talk, or gives the citizen to.
//!
//! The operator *asks*: the third rings, then the two speak alone while the citizen hears music. From there the operator may go
//! back and forth between the two (*swap*), bring all three together (*merge*), *complete*: leave, so that citizen and third go on,
//! or go *back* to the citizen alone. Or the operator *gives* the citizen away: leaves at once, and whoever takes the ring has the
//! talk. Nobody who leaves takes the citizen along: an operator who hangs up has completed, or given.

use std::collections::VecDeque;

use crate::flow::Enqueue;
use crate::ids::{QueueId, SeatId};

use super::SeatLeg;

/// The third side, from the moment it is to be rung.
#[derive(Clone, Debug)]
pub struct Third {
    /// The seat that is asked; `None`: it is a number, and the call's `callee`.
    pub at: Option<SeatId>,
    /// That seat's side, once it has answered.
    pub seat: Option<SeatLeg>,
    /// Who is rung next when this one does not answer: a queue was asked.
    pub others: VecDeque<SeatId>,
    /// The queue that the call came by.
    pub queue: QueueId,
    /// How far it is.
    pub stage: Stage,
    /// It has talked with the citizen.
    pub joined: bool,
}

/// The operator who gave the citizen away, until somebody has the talk: to whom, and to which queue, the citizen comes back whom
/// nobody takes.
#[derive(Clone, Debug)]
pub struct Giver {
    /// The operator's seat.
    pub seat: SeatId,
    /// The queue that the call came by.
    pub queue: QueueId,
    /// The place that the flow had asked for there.
    pub place: Option<Enqueue>,
    /// That operator has been asked to take the citizen back.
    pub asked: bool,
}

/// How far a third side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Rings for the operator, who listens to that.
    Rings,
    /// Rings for the citizen, who was given away.
    Given,
    /// Whom the citizen was given to has not taken the call: the one who gave it is rung.
    Returns,
    /// Speaks with the operator alone.
    Asked,
    /// Hears music, while the operator is with the citizen.
    Waits,
    /// All three hear each other.
    Joined,
}

/// What an operator may do with a third side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Leave: citizen and third go on.
    Complete,
    /// Bring all three together.
    Merge,
    /// From the one to the other.
    Swap,
    /// Alone with the citizen again.
    Back,
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The third side is this from now on.
    Stage(Stage),
    /// The operator leaves, and the third has the talk.
    Handed,
    /// The third leaves.
    Dropped,
}

impl Stage {
    /// Not answered yet.
    pub fn rings(self) -> bool {
        matches!(self, Stage::Rings | Stage::Given | Stage::Returns)
    }

    /// Hears the operator, or all.
    pub fn is_there(self) -> bool {
        !self.rings()
    }

    /// The citizen hears music meanwhile.
    pub fn keeps_citizen_waiting(self) -> bool {
        matches!(self, Stage::Rings | Stage::Asked)
    }

    /// What a move of the operator makes of it; `None`: it makes no sense now.
    pub fn after(self, wanted: Move) -> Option<Next> {
        use Stage as S;
        match (self, wanted) {
            (S::Given | S::Returns, _) => None, // no operator is there
            (_, Move::Back) => Some(Next::Dropped),
            (S::Rings, Move::Complete) => Some(Next::Stage(S::Given)),
            (S::Rings, _) => None,
            (_, Move::Complete) => Some(Next::Handed),
            (S::Joined, Move::Merge) => None,
            (_, Move::Merge) => Some(Next::Stage(S::Joined)),
            (S::Asked, Move::Swap) => Some(Next::Stage(S::Waits)),
            (_, Move::Swap) => Some(Next::Stage(S::Asked)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_of_an_operator_follow_the_table() {
        use Stage as S;
        let to = |stage| Some(Next::Stage(stage));
        let (handed, dropped) = (Some(Next::Handed), Some(Next::Dropped));
        // Complete, merge, swap, back.
        for (stage, expected) in [
            (S::Rings, [to(S::Given), None, None, dropped]),
            (S::Given, [None; 4]),
            (S::Returns, [None; 4]),
            (S::Asked, [handed, to(S::Joined), to(S::Waits), dropped]),
            (S::Waits, [handed, to(S::Joined), to(S::Asked), dropped]),
            (S::Joined, [handed, None, to(S::Asked), dropped]),
        ] {
            let moves = [Move::Complete, Move::Merge, Move::Swap, Move::Back];
            assert_eq!(moves.map(|wanted| stage.after(wanted)), expected, "{stage:?}");
        }
    }
}
