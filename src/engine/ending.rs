//! A call ends: whoever is left is told, ports and dialogs are given back, and the contact is closed exactly once.

use crate::acd;
use crate::call::Phase;
use crate::ids::{CallId, ContactId};
use crate::journal::entry::{Fact, Personal};
use crate::sip::{DialogId, Ended};
use crate::time::Now;
use crate::words::{Direction, EndedBy, Outcome};

use super::{Engine, Owner};

/// Whom the end of a dialog is put down to, when the peer was a citizen.
pub(super) fn ended_by(how: Ended) -> EndedBy {
    match how {
        Ended::Bye => EndedBy::Citizen,
        Ended::NoAck | Ended::Lost => EndedBy::Network,
    }
}

impl Engine {
    /// The peer has ended its dialog, or is gone.
    pub(super) fn on_dialog_over(&mut self, now: Now, dialog: DialogId, how: EndedBy) {
        match self.dialogs.get(&dialog).cloned() {
            Some(Owner::Citizen(id)) => self.close_call(now, id, self.blamed(id, how), None),
            Some(Owner::Ringing(id, seat)) => self.on_ringing_over(now, id, &seat),
            Some(Owner::Seat(id)) => self.on_seat_over(now, id, dialog, how),
            Some(Owner::Line(id)) => self.on_line_over(now, id, how),
            Some(Owner::Callee(id)) => self.on_callee_over(now, id, how),
            Some(Owner::Service(dialog)) => self.end_service(now, dialog),
            Some(Owner::Watch(id)) => self.on_watch_over(now, id, dialog),
            None => {}
        }
    }

    /// End a call, whatever it is doing.
    pub(super) fn close_call(&mut self, now: Now, id: CallId, ended_by: EndedBy, why: Option<String>) {
        self.keep_place(now, id);
        self.end_recall(now, id);
        self.end_all_watches(now, id);
        self.part(now, id);
        let Some(call) = self.calls.remove(&id) else { return };
        self.runs.remove(&id);
        self.asked.remove(&id);
        self.end_takes(now, id);
        if let Some(at) = self.alarm_of.remove(&id) {
            self.alarms.remove(&(at, id));
        }
        if let Some(dialog) = call.citizen.dialog {
            self.sip.bye(now.mono, dialog); // nothing, when the citizen's side is over already
            self.journal_dialog_over(now, dialog);
        }
        self.close_leg(&call.citizen);
        if let Some(made) = &call.made {
            self.release_maker(now, id, made);
        }
        let outcome = call.story.outcome(ended_by);
        let hasty = call.story.is_short(now.mono, self.config.engine.short_abandon);
        let short = outcome == Outcome::Abandoned && hasty;
        let ended_by = call.story.ended_by(ended_by);
        self.close_contact(now, id.into(), (call.direction(), outcome), ended_by, short, why);
        self.note_in_vain(now, &call, outcome, short);
    }

    /// The one place where a contact of this start is closed.
    pub(super) fn close_contact(
        &mut self,
        now: Now,
        contact: ContactId,
        (direction, outcome): (Direction, Outcome),
        ended_by: EndedBy,
        short: bool,
        why: Option<String>,
    ) {
        self.counters.on_closed(direction, outcome);
        self.append(now, Fact::ContactClosed { contact, outcome, ended_by, short, why });
    }

    /// Take the other side away from a call that ends, and the call out of its queue.
    fn part(&mut self, now: Now, id: CallId) {
        let talking = self.calls.get(&id).is_some_and(|call| matches!(call.phase, Phase::Talking(_)));
        self.drop_third(now, id); // before its seat is called off, or that would be a ring that nobody took
        self.call_off(now, id);
        self.part_callee(now, id);
        if !talking {
            self.acd.handle_input(now.mono, acd::Input::Leave(id));
            return self.settle_distribution(now); // a seat that rings for it is stopped by this
        }
        self.part_operator(now, id);
    }

    /// Write down enough of a dialog to end it after a crash.
    pub(super) fn journal_dialog(&mut self, now: Now, contact: ContactId, dialog: Option<DialogId>) {
        let Some(dialog) = dialog else { return };
        let Some(record) = self.sip.record(dialog) else { return };
        let json = serde_json::to_string(&record).expect("strings, numbers and addresses become JSON");
        self.journalled.insert(dialog);
        let dialog = self.first_dialog + dialog.0;
        self.append(now, Fact::DialogOpened { contact, dialog, record: Personal::Clear(json) });
    }

    /// The dialog needs no BYE after a crash any more.
    pub(super) fn journal_dialog_over(&mut self, now: Now, dialog: DialogId) {
        if self.journalled.remove(&dialog) {
            self.append(now, Fact::DialogClosed { dialog: self.first_dialog + dialog.0 });
        }
    }
}
