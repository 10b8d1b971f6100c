//! An operator's second line during a talk, and one that takes the place of the first; see [`Line`].

use crate::call::{Call, Line, Phase, SeatLeg, Stage, Wants, stage_by_holds};
use crate::ids::{CallId, SeatId};
use crate::media::{self, LegId, PlayId};
use crate::sip::{DialogId, Incoming, Peer};
use crate::speech::notice::Notice;
use crate::time::Now;
use crate::words::EndedBy;

use super::service::LANGUAGE;
use super::talking::TalkAct;
use super::{Engine, Owner};

impl Engine {
    // -- it is opened

    /// The talk that this seat leads, if a second line may be opened in it.
    pub(super) fn talk_led_by(&self, seat: &SeatId) -> Option<CallId> {
        let call = self.calls.get(&self.acd.seat(seat)?.call?)?;
        let leads = matches!(&call.phase, Phase::Talking(own) if own == seat)
            && call.seat.as_ref().is_some_and(|operator| operator.seat == *seat);
        (leads && call.third.is_none() && call.line.is_none()).then_some(call.id)
    }

    /// The seat dials during its talk.
    pub(super) fn open_line(&mut self, dialog: DialogId, id: CallId, invite: Incoming, wants: Wants) {
        let leg = self.open_leg(Some(dialog), invite.link, Owner::Line(id));
        let line = Line { leg, offer: invite.offer, wants: Some(wants), last_word: None };
        if let Some(call) = self.calls.get_mut(&id) {
            call.line = Some(line);
        }
    }

    /// A phone wants its call to take the place of a dialog of ours (RFC 3891): of its own seat's, in a talk. Others' are no affair of it.
    pub(super) fn on_replacing(&mut self, now: Now, dialog: DialogId, old: DialogId, invite: Incoming) {
        let status = match (&invite.peer, self.dialogs.get(&old)) {
            (Peer::User(user), Some(Owner::Seat(id))) => {
                let id = *id;
                let seat = SeatId::from(user.as_ref());
                let call = self.calls.get(&id);
                let is_own = call
                    .and_then(|call| call.operator_with(old))
                    .is_some_and(|operator| operator.seat == seat);
                match call.is_some_and(|call| call.line.is_some()) {
                    _ if !is_own => 403,
                    true => 486,
                    false => return self.open_line(dialog, id, invite, Wants::Replace(old)),
                }
            }
            (Peer::User(_), Some(_)) => 403,
            (Peer::User(_), None) => 481,
            (Peer::Trunk(_), _) => 403,
        };
        self.sip.reject(now.mono, dialog, status, None);
    }

    /// Its port is bound: answered at once, so that the operator hears how it goes on.
    pub(super) fn on_line_port(&mut self, now: Now, id: CallId, port: u16) {
        let Some(line) = self.calls.get_mut(&id).and_then(|call| call.line.as_mut()) else { return };
        let Some(dialog) = line.leg.dialog else { return };
        let local = line.leg.on_port(port);
        let Some(offer) = line.offer.take() else {
            return self.sip.answer(now.mono, dialog, local.offer());
        };
        match local.answer(&offer) {
            Ok((answer, agreed)) => {
                let command = line.leg.set_remote(&agreed);
                self.media(command);
                self.sip.answer(now.mono, dialog, answer);
            }
            Err(error) => {
                self.sip.reject(now.mono, dialog, error.status(), None);
                self.end_line(now, id);
            }
        }
    }

    /// The phone has acknowledged: what the line is for begins.
    pub(super) fn on_line_established(&mut self, now: Now, id: CallId, dialog: DialogId) {
        let Some(line) = self.calls.get_mut(&id).and_then(|call| call.line.as_mut()) else { return };
        let (Some(wants), leg) = (line.wants.take(), line.leg.media) else { return };
        self.pulses.on_alive(now.mono, dialog);
        self.journal_dialog(now, id.into(), Some(dialog));
        self.heed(leg);
        match wants {
            Wants::Replace(old) => self.replace_leg(now, id, old),
            Wants::Consult(to) => {
                self.rejoin(now, id);
                if let Err(why) = self.obey_talk(now, id, &TalkAct::Consult(to), "phone") {
                    self.say_on_line(now, id, why.notice());
                }
            }
        }
    }

    /// The line is the operator's side from now on, and the one before is over.
    fn replace_leg(&mut self, now: Now, id: CallId, old: DialogId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(line) = call.line.take() else { return };
        let (dialog, media) = (line.leg.dialog, line.leg.media);
        let Some(operator) = call.operator_with_mut(old) else {
            call.line = Some(line); // the talk was over before
            return self.end_line(now, id);
        };
        let before = std::mem::replace(&mut operator.leg, line.leg);
        self.legs.insert(media, Owner::Seat(id));
        if let Some(dialog) = dialog {
            self.dialogs.insert(dialog, Owner::Seat(id));
        }
        self.arrange(now, id); // before the leg is closed: the recording goes on
        self.sip.bye(now.mono, old);
        self.journal_dialog_over(now, old);
        self.close_leg(&before);
    }

    // -- it goes on

    /// The phone has put one of its two lines on hold, or taken it back.
    pub(super) fn on_line_hold(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (Some(line), Some(operator)) = (call.second_line(), &call.seat) else { return };
        let (with_citizen, with_third) = (operator.leg.held, line.leg.held);
        let Some(third) = call.third.as_ref() else { return };
        let stage = stage_by_holds(third.stage, with_citizen, with_third);
        if stage != third.stage {
            self.move_third(now, id, crate::call::Next::Stage(stage));
        }
    }

    /// Where the operator hears whoever is asked: the second line, or the only one.
    pub(super) fn operators_ear(&self, id: CallId) -> Option<LegId> {
        let call = self.calls.get(&id)?;
        let line = call.second_line().map(|line| line.leg.media);
        line.or(call.seat.as_ref().map(|operator| operator.leg.media))
    }

    // -- it ends

    /// The operator hears why nobody is asked any more; then the line is over.
    pub(super) fn say_on_line(&mut self, now: Now, id: CallId, notice: Notice) {
        let Some(sound) = self.sound(LANGUAGE, notice.sound()) else { return self.end_line(now, id) };
        let Some(line) = self.calls.get_mut(&id).and_then(|call| call.line.as_mut()) else { return };
        self.last_play += 1;
        let (leg, play) = (line.leg.media, PlayId(self.last_play));
        line.last_word = Some(play);
        self.media(media::Command::Play { leg, play, sounds: vec![sound], repeat: false, barge_in: false });
    }

    pub(super) fn on_line_played(&mut self, now: Now, id: CallId, play: PlayId) {
        let line = self.calls.get(&id).and_then(|call| call.line.as_ref());
        if line.is_some_and(|line| line.last_word == Some(play)) {
            self.end_line(now, id);
        }
    }

    /// The phone has hung up its second line: the operator is alone with the citizen again. A phone that is gone leaves citizen and third
    /// together. One that has not begun what it is for has no part in the talk, and takes nothing with it.
    pub(super) fn on_line_over(&mut self, now: Now, id: CallId, how: EndedBy) {
        let is_pending = |call: &Call| call.line.is_some() && call.second_line().is_none();
        let asks = self.calls.get(&id).is_some_and(|call| call.third.is_some() && !is_pending(call));
        match how {
            EndedBy::Network if asks => self.leave_to_third(now, id),
            _ if asks => self.drop_third(now, id),
            _ => self.end_line(now, id),
        }
    }

    /// Nothing, when there is none.
    pub(super) fn end_line(&mut self, now: Now, id: CallId) {
        let Some(line) = self.calls.get_mut(&id).and_then(|call| call.line.take()) else { return };
        self.rejoin(now, id);
        if let Some(dialog) = line.leg.dialog {
            self.sip.bye(now.mono, dialog); // nothing, when the phone has hung up
            self.journal_dialog_over(now, dialog);
        }
        self.close_leg(&line.leg);
    }

    // -- the phone's own transfer

    /// These two dialogs are the two lines of one operator, with citizen and third at their ends.
    pub(super) fn are_lines_of(&self, one: DialogId, other: DialogId) -> Option<CallId> {
        let Some(Owner::Seat(id) | Owner::Line(id)) = self.dialogs.get(&one) else { return None };
        let call = self.calls.get(id)?;
        let line = call.second_line()?.leg.dialog?;
        let SeatLeg { leg, .. } = call.seat.as_ref()?;
        let own = [leg.dialog?, line];
        let may =
            call.third.as_ref().is_some_and(|third| third.stage == Stage::Rings || third.stage.is_there());
        (may && one != other && own.contains(&one) && own.contains(&other)).then_some(*id)
    }
}
