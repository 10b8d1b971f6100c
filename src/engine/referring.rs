//! A phone asks by REFER (RFC 3515) what its operator may ask by keys: to give the citizen to somebody.
//!
//! The phone is told that we try, and then sees its call ended, because whoever gives the citizen away has left; or it is told why
//! not, and the talk goes on. Nobody but the operator whose talk it is may refer. To replace another call of the phone's own
//! (`Replaces`) is declined: whom the operator wants to ask first is asked by keys, within the call.

use crate::sip::{DialogId, Referral};
use crate::time::Now;

use super::talking::{TalkAct, TalkError};
use super::{Engine, Owner};

/// It is understood, and not done (RFC 3261 section 21.6.2).
const DECLINE: u16 = 603;

impl Engine {
    pub(super) fn on_referred(&mut self, now: Now, dialog: DialogId, referral: Referral) {
        let operators = match self.dialogs.get(&dialog) {
            Some(Owner::Seat(id)) => Some(*id),
            _ => None,
        };
        let own = |id: &_| {
            let seat = self.calls.get(id).filter(|call| call.talks()).and_then(|call| call.seat.as_ref());
            seat.is_some_and(|seat| seat.leg.dialog == Some(dialog))
        };
        let Some(id) = operators.filter(own).filter(|_| referral.replaces.is_none()) else {
            return self.sip.tell_refer(now.mono, dialog, DECLINE);
        };
        self.sip.tell_refer(now.mono, dialog, 100);
        if let Err(why) = self.obey_talk(now, id, &TalkAct::Give(referral.to), "phone") {
            self.sip.tell_refer(now.mono, dialog, status_of(&why));
        }
    }
}

/// What a call to there would have been answered.
fn status_of(why: &TalkError) -> u16 {
    match why {
        TalkError::NoTarget { .. } => 404,
        TalkError::Engaged(_) => 486,
        TalkError::Closed(_) | TalkError::Full(_) => 480,
        TalkError::NoWay(_) => 503,
        _ => DECLINE,
    }
}
