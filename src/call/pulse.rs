//! Whether the phones of the calls in course are still there.
//!
//! A phone that loses its power says nothing, and one that waits or is muted says nothing either. So each is asked in its dialog
//! (OPTIONS) when its sound stops in a talk, and every [`ASK_EVERY`] whatever it does: it must answer, whatever it answers. A question
//! has one answer or none within 64*T1, which SIP itself tells; until then no other is asked, so that each dialog has one question
//! in course at most. Where none comes the way of the signalling may be gone (a stream that broke, a NAT that forgot) and not the
//! phone: one whose sound is still heard is asked again after [`ASK_AGAIN`].

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
    /// `None`: asked, and the answer is awaited.
    dialogs: BTreeMap<DialogId, Option<Mono>>,
    due: BTreeSet<(Mono, DialogId)>,
}

impl Pulses {
    /// A sign of life: the dialog is confirmed, or its phone has answered.
    pub fn on_alive(&mut self, now: Mono, dialog: DialogId) {
        self.ask_at(now + ASK_EVERY, dialog);
    }

    /// It did not answer, and sound comes from its phone.
    pub fn on_heard(&mut self, now: Mono, dialog: DialogId) {
        self.ask_at(now + ASK_AGAIN, dialog);
    }

    fn ask_at(&mut self, at: Mono, dialog: DialogId) {
        self.forget(dialog);
        self.dialogs.insert(dialog, Some(at));
        self.due.insert((at, dialog));
    }

    /// Its sound has stopped: true when it is to be asked now.
    pub fn on_silent(&mut self, dialog: DialogId) -> bool {
        let Some(next) = self.dialogs.get_mut(&dialog) else { return false };
        let Some(at) = next.take() else { return false };
        self.due.remove(&(at, dialog))
    }

    /// The dialog is over.
    pub fn forget(&mut self, dialog: DialogId) {
        if let Some(Some(at)) = self.dialogs.remove(&dialog) {
            self.due.remove(&(at, dialog));
        }
    }

    /// The next dialog to be asked now.
    pub fn poll_due(&mut self, now: Mono) -> Option<DialogId> {
        let (_, dialog) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.on_silent(dialog).then_some(dialog)
    }

    /// When the next is to be asked.
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
        assert_eq!(pulses.poll_due(at(300)), Some(DIALOG));
        pulses.on_heard(at(304), DIALOG);
        assert_eq!((pulses.poll_due(at(363)), pulses.poll_due(at(364))), (None, Some(DIALOG)));
    }

    #[test]
    fn every_dialog_is_asked_every_five_minutes_until_it_is_over() {
        let mut pulses = Pulses::default();
        pulses.on_alive(at(0), DIALOG);
        pulses.on_alive(at(100), DialogId(8));
        assert_eq!((pulses.poll_due(at(299)), pulses.poll_timeout()), (None, Some(at(300))));
        assert_eq!((pulses.poll_due(at(300)), pulses.poll_due(at(300))), (Some(DIALOG), None));
        pulses.on_alive(at(301), DIALOG);
        pulses.forget(DialogId(8));
        assert_eq!((pulses.poll_timeout(), pulses.count()), (Some(at(601)), 1));
        assert!(!pulses.on_silent(DialogId(8)));
    }
}
