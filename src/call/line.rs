//! A second line that an operator's phone opens during a talk: it belongs to the talk.
//!
//! Phones hold their first call, dial on a second line, and then transfer, go back and forth, or hang up one of the two. Whom the
//! operator dials there is the third side of the talk ([`Third`](super::Third)), and the line is where the operator hears them: nothing is
//! called twice, the seat is busy once, and the phone's own transfer (REFER with Replaces) completes what a key would. Which of the
//! two the phone has put on hold says with whom the operator speaks.
//!
//! A line may also come to take the place of the operator's first one (INVITE with Replaces, RFC 3891): from another phone of the seat.

use crate::media::PlayId;
use crate::sip::DialogId;

use super::{Leg, Stage};

/// The operator's second line.
#[derive(Clone, Debug)]
pub struct Line {
    /// SIP and media.
    pub leg: Leg,
    /// The SDP offer of its INVITE, until it is answered.
    pub offer: Option<Vec<u8>>,
    /// What it is for, until that has begun.
    pub wants: Option<Wants>,
    /// Why nobody is asked; when it has been heard, the line is over.
    pub last_word: Option<PlayId>,
}

/// What a second line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wants {
    /// To ask whom the operator has dialled.
    Consult(String),
    /// To be the operator's side in the place of this dialog.
    Replace(DialogId),
}

/// How far the third side is by what the phone has put on hold: the line with the citizen, or the one with the third. Both, or before the
/// third has answered: as it was.
pub fn stage_by_holds(stage: Stage, with_citizen: bool, with_third: bool) -> Stage {
    match (with_citizen, with_third) {
        _ if stage.rings() => stage,
        (true, true) => stage,
        (true, false) => Stage::Asked,
        (false, true) => Stage::Waits,
        (false, false) => Stage::Joined,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_speaks_with_whom_the_phone_does_not_hold() {
        use Stage as S;
        // Held: none, the third's line, the citizen's, both.
        for (stage, expected) in [
            (S::Rings, [S::Rings; 4]),
            (S::Given, [S::Given; 4]),
            (S::Asked, [S::Joined, S::Waits, S::Asked, S::Asked]),
            (S::Waits, [S::Joined, S::Waits, S::Asked, S::Waits]),
            (S::Joined, [S::Joined, S::Waits, S::Asked, S::Joined]),
        ] {
            let holds = [(false, false), (false, true), (true, false), (true, true)];
            assert_eq!(
                holds.map(|(citizen, third)| stage_by_holds(stage, citizen, third)),
                expected,
                "{stage:?}"
            );
        }
    }
}
