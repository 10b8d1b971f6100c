//! What can be switched: only what exists, only for a time to come. What is on can always be switched off.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bulletin, Scope, Switch, Switches, Turned, queue_of_slot};
use crate::ids::{EntityId, Language, QueueId};
use crate::letters::{LONGEST_REASON, is_line};

/// Longest text of a bulletin in one language: a minute of speech, more than anybody listens to before a menu.
const MAX_TEXT: usize = 800;

/// The names that there are, told by whoever has the configuration, the flows and the sounds.
pub trait Known {
    /// Slots for bulletins that flows have.
    fn slots(&self) -> BTreeSet<&str>;
    /// The languages in which the callers who pass this slot are spoken to.
    fn languages(&self, slot: &str) -> BTreeSet<&Language>;
    /// There is such a body.
    fn has_entity(&self, entity: &EntityId) -> bool;
    /// There is such a queue.
    fn has_queue(&self, queue: &QueueId) -> bool;
    /// There is such a sound in this language.
    fn has_sound(&self, language: &Language, sound: &str) -> bool;
}

/// Why a switch cannot be turned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchFault {
    /// Nobody would hear it.
    #[error(
        "no flow has a bulletin slot `{slot}`; there is: {known}, and every queue is one, queue:NAME, and closed:NAME for those whom it lets out"
    )]
    NoSlot {
        /// As asked for.
        slot: String,
        /// Those that there are.
        known: String,
    },
    /// Somebody would hear nothing.
    #[error("there is no sounds/{language}/{sound}.wav among the sounds that were read")]
    NoSound {
        /// Where it is missing.
        language: Language,
        /// As asked for.
        sound: String,
    },
    /// Somebody would hear nothing.
    #[error(
        "callers of slot `{slot}` may be spoken to in `{language}`, and there is no text for them; add --text {language}=\"...\""
    )]
    NoText {
        /// As asked for.
        slot: String,
        /// Where it is missing.
        language: Language,
    },
    /// Nobody would hear it.
    #[error("no flow with slot `{slot}` speaks `{language}`; leave that text out; they speak: {known}")]
    NoLanguage {
        /// As asked for.
        slot: String,
        /// As asked for.
        language: Language,
        /// Those that there are.
        known: String,
    },
    /// Nothing to say, or too much.
    #[error(
        "the text in `{language}` has {letters} letters; between 1 and {MAX_TEXT} are spoken, without control characters"
    )]
    TextLength {
        /// In this language.
        language: Language,
        /// It has so many.
        letters: usize,
    },
    /// One or the other.
    #[error("a bulletin is a recording or a text; give --sound or --text")]
    SoundAndText,
    /// A queue says nothing by itself.
    #[error("a queue has no words of its own for a bulletin; give --text or --sound")]
    NoWords,
    /// What ends calls there is an emergency.
    #[error("a bulletin in a queue does not end calls; `emergency close --queue {0}` does")]
    ClosingInQueue(QueueId),
    /// No such body.
    #[error("there is no Ente `{0}`; entities.toml has the list")]
    NoEntity(EntityId),
    /// No such queue.
    #[error("there is no queue `{0}`; queues.toml has the list")]
    NoQueue(QueueId),
    /// Too long for a list.
    #[error("a reason or a name is at most {LONGEST_REASON} letters on one line")]
    LongWords,
    /// It would be over before it begins.
    #[error("that time is over already")]
    Over,
    /// It would never hold.
    #[error("it would end before it begins; give an end after the begin")]
    Backwards,
    /// There is nothing to open.
    #[error("{0} is not closed by an emergency; `emergency list` shows what is")]
    NotClosed(Scope),
}

impl Switches {
    /// Only what exists can be switched on, and only for a time to come; what is on can always be switched off.
    ///
    /// # Errors
    /// Why not, and what there is.
    pub fn check(&self, now_ms: i64, switch: &Switch, known: &impl Known) -> Result<(), SwitchFault> {
        match switch {
            Switch::BulletinOn { slot, bulletin } => {
                check_slot(slot, known)?;
                check_in_queue(slot, bulletin)?;
                check_entity(bulletin.entity.as_ref(), known)?;
                check_sound(slot, bulletin, known)?;
                check_turned(&bulletin.turned)?;
                check_span(now_ms, bulletin.from_ms, bulletin.until_ms)
            }
            Switch::BulletinOff { slot, .. } if self.all_bulletins().any(|(on, _)| on == slot) => Ok(()),
            Switch::BulletinOff { slot, .. } => check_slot(slot, known),
            Switch::Close(closing) => {
                check_scope(&closing.scope, known)?;
                check_words(closing.reason.as_deref())?;
                check_turned(&closing.turned)?;
                check_span(now_ms, closing.from_ms, closing.until_ms)
            }
            Switch::Open { scope, by, reason }
                if self.closings.iter().any(|closing| closing.scope == *scope) =>
            {
                check_words(by.as_deref())?;
                check_words(reason.as_deref())
            }
            Switch::Open { scope, .. } => Err(SwitchFault::NotClosed(scope.clone())),
        }
    }
}

fn check_slot(slot: &str, known: &impl Known) -> Result<(), SwitchFault> {
    let slots = known.slots();
    match queue_of_slot(slot) {
        Some(queue) if !known.has_queue(&queue) => return Err(SwitchFault::NoQueue(queue)),
        Some(_) => return Ok(()),
        None if slots.contains(slot) => return Ok(()),
        None => {}
    }
    let known = slots.into_iter().collect::<Vec<_>>().join(", ");
    Err(SwitchFault::NoSlot { slot: slot.to_owned(), known })
}

fn check_in_queue(slot: &str, bulletin: &Bulletin) -> Result<(), SwitchFault> {
    match queue_of_slot(slot) {
        Some(queue) if bulletin.closing => Err(SwitchFault::ClosingInQueue(queue)),
        Some(_) if bulletin.sound(slot).is_none() => Err(SwitchFault::NoWords),
        _ => Ok(()),
    }
}

/// A sound or a text must be there in every language that is spoken.
fn check_sound(slot: &str, bulletin: &Bulletin, known: &impl Known) -> Result<(), SwitchFault> {
    let languages = known.languages(slot);
    match &bulletin.sound {
        Some(_) if !bulletin.text.is_empty() => Err(SwitchFault::SoundAndText),
        Some(sound) => match languages.into_iter().find(|language| !known.has_sound(language, sound)) {
            Some(language) => Err(SwitchFault::NoSound { language: language.clone(), sound: sound.clone() }),
            None => Ok(()),
        },
        None if bulletin.text.is_empty() => Ok(()),
        None => check_texts(slot, &bulletin.text, &languages),
    }
}

fn check_texts(
    slot: &str,
    texts: &BTreeMap<Language, String>,
    languages: &BTreeSet<&Language>,
) -> Result<(), SwitchFault> {
    for (language, text) in texts {
        if !languages.contains(language) {
            let known = languages.iter().map(|known| known.as_str()).collect::<Vec<_>>().join(", ");
            return Err(SwitchFault::NoLanguage { slot: slot.to_owned(), language: language.clone(), known });
        }
        let letters = text.chars().count();
        let is_said = text.contains(char::is_alphanumeric) && !text.contains(char::is_control);
        if !is_said || letters > MAX_TEXT {
            return Err(SwitchFault::TextLength { language: language.clone(), letters });
        }
    }
    match languages.iter().find(|language| !texts.contains_key(**language)) {
        Some(language) => Err(SwitchFault::NoText { slot: slot.to_owned(), language: (*language).clone() }),
        None => Ok(()),
    }
}

fn check_entity(entity: Option<&EntityId>, known: &impl Known) -> Result<(), SwitchFault> {
    match entity {
        Some(entity) if !known.has_entity(entity) => Err(SwitchFault::NoEntity(entity.clone())),
        _ => Ok(()),
    }
}

fn check_scope(scope: &Scope, known: &impl Known) -> Result<(), SwitchFault> {
    match scope {
        Scope::Entity(entity) => check_entity(Some(entity), known),
        Scope::Queue(queue) if !known.has_queue(queue) => Err(SwitchFault::NoQueue(queue.clone())),
        _ => Ok(()),
    }
}

fn check_turned(turned: &Turned) -> Result<(), SwitchFault> {
    check_words(turned.by.as_deref())
}

fn check_words(words: Option<&str>) -> Result<(), SwitchFault> {
    let words = words.unwrap_or_default();
    if is_line(words, LONGEST_REASON) { Ok(()) } else { Err(SwitchFault::LongWords) }
}

fn check_span(now_ms: i64, from_ms: Option<i64>, until_ms: Option<i64>) -> Result<(), SwitchFault> {
    let Some(until) = until_ms else { return Ok(()) };
    if until <= now_ms {
        return Err(SwitchFault::Over);
    }
    if from_ms.is_some_and(|from| until <= from) { Err(SwitchFault::Backwards) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::Closing;
    use super::*;

    /// One slot, one body, one queue, one sound, and two languages.
    struct OneOfEach([Language; 2]);

    fn one_of_each() -> OneOfEach {
        OneOfEach(["it".into(), "en".into()])
    }

    impl Known for OneOfEach {
        fn slots(&self) -> BTreeSet<&str> {
            ["neve"].into()
        }

        fn has_entity(&self, entity: &EntityId) -> bool {
            entity.as_str() == "empoli"
        }

        fn has_queue(&self, queue: &QueueId) -> bool {
            queue.as_str() == "tributi"
        }

        fn languages(&self, _: &str) -> BTreeSet<&Language> {
            self.0.iter().collect()
        }

        fn has_sound(&self, language: &Language, sound: &str) -> bool {
            sound == "neve" || language.as_str() == "it"
        }
    }

    #[test]
    fn only_what_exists_is_switched_on_and_whatever_is_on_can_be_switched_off() {
        let mut switches = Switches::default();
        let on = |slot: &str, sound: &str| Switch::BulletinOn {
            slot: slot.to_owned(),
            bulletin: Bulletin { sound: Some(sound.to_owned()), ..Bulletin::default() },
        };
        let off = |slot: &str| Switch::BulletinOff { slot: slot.to_owned(), entity: None };
        let why = |reason: &str| {
            let reason = Some(reason.to_owned());
            Switch::Close(Closing { reason, ..Closing::default() })
        };
        switches.apply(&on("grandine", "neve")); // its slot is gone since
        let no_slot = || SwitchFault::NoSlot { slot: "sole".to_owned(), known: "neve".to_owned() };
        let in_queue = |queue: &str, closing: bool, sound: Option<&str>| Switch::BulletinOn {
            slot: format!("queue:{queue}"),
            bulletin: Bulletin { closing, sound: sound.map(str::to_owned), ..Bulletin::default() },
        };
        let no_sound = SwitchFault::NoSound { language: "en".into(), sound: "sole".to_owned() };
        for (switch, expected) in [
            (on("neve", "neve"), Ok(())),
            (on("sole", "neve"), Err(no_slot())),
            (on("neve", "sole"), Err(no_sound)),
            (in_queue("tributi", false, Some("neve")), Ok(())),
            (in_queue("tributi", false, None), Err(SwitchFault::NoWords)),
            (in_queue("tributi", true, Some("neve")), Err(SwitchFault::ClosingInQueue("tributi".into()))),
            (in_queue("altro", false, Some("neve")), Err(SwitchFault::NoQueue("altro".into()))),
            (off("grandine"), Ok(())),
            (off("neve"), Ok(())),
            (off("sole"), Err(no_slot())),
            (close(Scope::Queue("tributi".into()), Some(11)), Ok(())),
            (close(Scope::Queue("altro".into()), None), Err(SwitchFault::NoQueue("altro".into()))),
            (close(Scope::Entity("siena".into()), None), Err(SwitchFault::NoEntity("siena".into()))),
            (close(Scope::Everything, Some(10)), Err(SwitchFault::Over)),
            (planned(11, Some(12)), Ok(())),
            (planned(12, Some(12)), Err(SwitchFault::Backwards)),
            (planned(12, None), Ok(())),
            (why(&"x".repeat(LONGEST_REASON)), Ok(())),
            (why(&"x".repeat(LONGEST_REASON + 1)), Err(SwitchFault::LongWords)),
            (why("one\ntwo"), Err(SwitchFault::LongWords)),
            (
                Switch::Open { scope: Scope::Everything, by: None, reason: None },
                Err(SwitchFault::NotClosed(Scope::Everything)),
            ),
        ] {
            assert_eq!(switches.check(10, &switch, &one_of_each()), expected, "{switch:?}");
        }
        let known = one_of_each();
        assert_eq!(switches.slots(&known).into_iter().collect::<Vec<_>>(), ["grandine", "neve"]);
    }

    fn close(scope: Scope, until_ms: Option<i64>) -> Switch {
        Switch::Close(Closing { scope, until_ms, ..Closing::default() })
    }

    fn planned(from_ms: i64, until_ms: Option<i64>) -> Switch {
        Switch::Close(Closing { from_ms: Some(from_ms), until_ms, ..Closing::default() })
    }

    #[test]
    fn text_is_there_in_every_language_in_which_callers_are_spoken_to_and_in_no_other() {
        let on = |texts: &[(&str, &str)], sound: Option<&str>| Switch::BulletinOn {
            slot: "neve".to_owned(),
            bulletin: Bulletin {
                text: texts.iter().map(|(language, text)| ((*language).into(), (*text).to_owned())).collect(),
                sound: sound.map(str::to_owned),
                ..Bulletin::default()
            },
        };
        let long = "a".repeat(MAX_TEXT + 1);
        for (texts, expected) in [
            (&[("it", "Nevica."), ("en", "Snow.")][..], None),
            (&[("it", "Nevica.")], Some("callers of slot `neve` may be spoken to in `en`")),
            (
                &[("it", "Nevica."), ("en", "Snow."), ("fr", "Neige.")],
                Some("no flow with slot `neve` speaks `fr`; leave that text out; they speak: en, it"),
            ),
            (&[("it", "Nevica."), ("en", "...")], Some("the text in `en` has 3 letters")),
            (&[("it", &long), ("en", "Snow.")], Some("the text in `it` has 801 letters")),
            (&[("it", "a\nb"), ("en", "Snow.")], Some("the text in `it` has 3 letters")),
        ] {
            let told = Switches::default().check(10, &on(texts, None), &one_of_each());
            let told = told.err().map(|fault| fault.to_string());
            assert!(
                match expected {
                    Some(expected) => told.as_ref().is_some_and(|told| told.starts_with(expected)),
                    None => told.is_none(),
                },
                "{told:?}"
            );
        }
        let both = on(&[("it", "Nevica."), ("en", "Snow.")], Some("neve"));
        assert_eq!(Switches::default().check(10, &both, &one_of_each()), Err(SwitchFault::SoundAndText));
    }
}
