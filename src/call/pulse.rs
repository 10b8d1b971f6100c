//! Whether the phones of the calls in course are still there.
//!
//! A phone that loses its power says nothing, and one that waits or is muted says nothing either. So each is asked in its dialog
//! (OPTIONS) when its sound stops in a talk, and every [`ASK_EVERY`] whatever it does: it must answer, whatever it answers. SIP itself
//! tells within 64*T1 that no answer came; for an operator, whose citizen hears nothing meanwhile, that is too long, and the question is
//! given a time of its own. Where no answer comes the way of the signalling may be gone (a stream that broke, a NAT that forgot) and not
//! the phone: one whose sound is still heard is asked again after [`ASK_AGAIN`]. No question is asked while another awaits its answer.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::sip::DialogId;
use crate::time::Mono;

/// How long a confirmed dialog may be without any sign: the longest that a call of vanished phones stays in the books. At a thousand
/// calls it costs seven requests a second.
const ASK_EVERY: Duration = Duration::from_secs(300);

/// How soon a phone is asked again that did not answer and is heard all the same: each time may be another connection tried in vain.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// The confirmed dialogs, and when each is asked next.
#[derive(Debug, Default)]
pub struct Pulses {
    dialogs: BTreeMap<DialogId, Pulse>,
    due: BTreeSet<(Mono, DialogId)>,
}

/// What comes next in a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pulse {
    /// It is asked then.
    AsksAt(Mono),
    /// It was asked; the answer is awaited as long as SIP awaits it.
    Asked,
    /// It was asked, or lost its connection, at this moment; the answer is to come by the other.
    Hurried(Mono, Mono),
}

impl Pulse {
    fn due(self) -> Option<Mono> {
        match self {
            Pulse::AsksAt(at) | Pulse::Hurried(_, at) => Some(at),
            Pulse::Asked => None,
        }
    }
}

/// What is to be done now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulseDue {
    /// Ask it.
    Ask(DialogId),
    /// It has not answered in the time that it was given: whether it was heard for so long decides.
    Listen(DialogId, Duration),
}

impl Pulses {
    /// A sign of life: the dialog is confirmed, or its phone has answered.
    pub fn on_alive(&mut self, now: Mono, dialog: DialogId) {
        self.set(dialog, Pulse::AsksAt(now + ASK_EVERY));
    }

    /// It did not answer, and sound comes from its phone.
    pub fn on_heard(&mut self, now: Mono, dialog: DialogId) {
        self.set(dialog, Pulse::AsksAt(now + ASK_AGAIN));
    }

    /// Its sound has stopped, or its connection is closed: true when it is to be asked now.
    pub fn on_silent(&mut self, dialog: DialogId) -> bool {
        let may = matches!(self.dialogs.get(&dialog), Some(Pulse::AsksAt(_)));
        if may {
            self.set(dialog, Pulse::Asked);
        }
        may
    }

    /// The answer that is awaited must come within this time.
    pub fn hurry(&mut self, now: Mono, dialog: DialogId, within: Duration) {
        let is_sooner = match self.dialogs.get(&dialog) {
            Some(Pulse::Asked) => true,
            Some(Pulse::Hurried(_, until)) => now + within < *until,
            Some(Pulse::AsksAt(_)) | None => false,
        };
        if is_sooner {
            self.set(dialog, Pulse::Hurried(now, now + within));
        }
    }

    /// SIP has given up waiting for an answer: true when nobody else waits for one, and it is no answer to a question of before.
    pub fn on_unanswered(&self, dialog: DialogId) -> bool {
        self.dialogs.get(&dialog) == Some(&Pulse::Asked)
    }

    fn set(&mut self, dialog: DialogId, next: Pulse) {
        self.forget(dialog);
        self.dialogs.insert(dialog, next);
        self.due.extend(next.due().map(|at| (at, dialog)));
    }

    /// The dialog is over.
    pub fn forget(&mut self, dialog: DialogId) {
        if let Some(at) = self.dialogs.remove(&dialog).and_then(Pulse::due) {
            self.due.remove(&(at, dialog));
        }
    }

    /// The next thing to be done now.
    pub fn poll_due(&mut self, now: Mono) -> Option<PulseDue> {
        let (_, dialog) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        let before = self.dialogs.get(&dialog).copied()?;
        self.set(dialog, Pulse::Asked);
        Some(match before {
            Pulse::Hurried(since, _) => PulseDue::Listen(dialog, now.since(since)),
            Pulse::AsksAt(_) | Pulse::Asked => PulseDue::Ask(dialog),
        })
    }

    /// When the next thing is to be done.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Dialogs watched.
    pub fn count(&self) -> usize {
        self.dialogs.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIALOG: DialogId = DialogId(7);
    const ASKS: Option<PulseDue> = Some(PulseDue::Ask(DIALOG));

    fn at(s: u64) -> Mono {
        Mono::from_start(Duration::from_secs(s))
    }

    #[test]
    fn silent_phone_is_asked_again_after_each_answer_and_never_twice_at_once() {
        let mut pulses = Pulses::default();
        pulses.on_alive(at(0), DIALOG);
        assert!(pulses.on_silent(DIALOG));
        assert!(!pulses.on_silent(DIALOG), "a question is in course");
        assert_eq!(pulses.poll_timeout(), None);
        pulses.on_alive(at(31), DIALOG);
        assert!(pulses.on_silent(DIALOG));
    }

    #[test]
    fn phone_that_is_heard_but_does_not_answer_is_asked_again_sooner() {
        let mut pulses = Pulses::default();
        pulses.on_alive(at(0), DIALOG);
        assert_eq!(pulses.poll_due(at(300)), ASKS);
        pulses.on_heard(at(304), DIALOG);
        assert_eq!((pulses.poll_due(at(363)), pulses.poll_due(at(364))), (None, ASKS));
    }

    #[test]
    fn operators_phone_is_listened_to_when_it_has_not_answered_in_its_time_and_an_old_question_decides_nothing()
     {
        let mut pulses = Pulses::default();
        pulses.on_alive(at(0), DIALOG);
        assert!(pulses.on_silent(DIALOG));
        pulses.hurry(at(5), DIALOG, Duration::from_secs(4));
        pulses.hurry(at(6), DIALOG, Duration::from_secs(1));
        pulses.hurry(at(6), DIALOG, Duration::from_secs(9));
        assert!(!pulses.on_unanswered(DIALOG), "its own time is not over");
        assert_eq!(pulses.poll_due(at(7)), Some(PulseDue::Listen(DIALOG, Duration::from_secs(1))));
        pulses.on_heard(at(7), DIALOG);
        assert!(!pulses.on_unanswered(DIALOG), "it was heard since");
        pulses.hurry(at(8), DIALOG, Duration::from_secs(1));
        assert_eq!(pulses.poll_timeout(), Some(at(67)), "nothing was asked");
        assert!(pulses.on_silent(DIALOG) && pulses.on_unanswered(DIALOG));
    }

    #[test]
    fn every_dialog_is_asked_every_five_minutes_until_it_is_over() {
        let mut pulses = Pulses::default();
        pulses.on_alive(at(0), DIALOG);
        pulses.on_alive(at(100), DialogId(8));
        assert_eq!((pulses.poll_due(at(299)), pulses.poll_timeout()), (None, Some(at(300))));
        assert_eq!((pulses.poll_due(at(300)), pulses.poll_due(at(300))), (ASKS, None));
        pulses.on_alive(at(301), DIALOG);
        pulses.forget(DialogId(8));
        assert_eq!((pulses.poll_timeout(), pulses.count()), (Some(at(601)), 1));
        assert!(!pulses.on_silent(DialogId(8)));
    }
}
