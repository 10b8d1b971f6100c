//! What is said to a caller: recordings, and between them values spoken from pieces.
//!
//! A prompt without computed parts is one recording, `sounds/<language>/<prompt>.wav`. One with `${...}` is cut there: the
//! texts between become recordings `<prompt>.1`, `<prompt>.2` and so on, and each `${...}` names how its value is spoken.

use std::collections::{BTreeMap, BTreeSet};

use super::Say;
use super::expression::{EvaluationError, Expression, Facts, Scope, Type};
use super::fault::{Fault, Hint, Place, hint, shortened};
use super::spoken::pieces;
use super::template::{Part, parts};
use crate::ids::Language;

/// A prompt in every language of its flow.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    /// Where its name is in the file, the first time.
    pub(super) at: Place,
    pub(super) spoken: BTreeMap<Language, Vec<Segment>>,
}

/// A part of a prompt.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    /// A recording; its text when the flow has it.
    Sound { sound: String, text: Option<String> },
    /// A value, counting or placing things of this gender.
    Value { how: Spoken, gender: Option<Gender>, of: Expression },
}

/// How a value is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Digits,
    Number,
    Ordinal,
    Date,
    Time,
    Duration,
    Money,
    Phone,
    Slot,
}

/// Every way to speak a value, by its name.
const SPOKEN: [(&str, Spoken); 9] = [
    ("digits", Spoken::Digits),
    ("number", Spoken::Number),
    ("ordinal", Spoken::Ordinal),
    ("date", Spoken::Date),
    ("time", Spoken::Time),
    ("duration", Spoken::Duration),
    ("money", Spoken::Money),
    ("phone_number", Spoken::Phone),
    ("slot", Spoken::Slot),
];

/// The gender of what is counted, `ordinal(vars.n, 'f')`: the form of numbers that a grammar records under this letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gender(pub(super) &'static str);

/// What a text may say of it. A language that has no such form says what it always says.
const GENDERS: [(&str, Gender); 3] = [("'m'", Gender("m")), ("'f'", Gender("f")), ("'n'", Gender("n"))];

impl Spoken {
    /// The name of each way to speak a value.
    pub(super) fn names() -> [&'static str; SPOKEN.len()] {
        SPOKEN.map(|(name, _)| name)
    }

    fn by_name(name: &str) -> Option<Spoken> {
        SPOKEN.into_iter().find(|(known, _)| *known == name).map(|(_, spoken)| spoken)
    }

    /// What it is said from, and the gender when it has one and one is given: `vars.n, 'f'`.
    fn argument(self, text: &str) -> (&str, Option<Gender>) {
        let has_gender = matches!(self, Spoken::Number | Spoken::Ordinal);
        let given = text.rsplit_once(',').filter(|_| has_gender);
        let known = |said: &str| GENDERS.into_iter().find(|(name, _)| *name == said.trim());
        match given.and_then(|(of, said)| Some((of, known(said)?))) {
            Some((of, (_, gender))) => (of, Some(gender)),
            None => (text, None),
        }
    }

    /// It is said from values of this type.
    fn takes(self, kind: Type) -> bool {
        match self {
            Spoken::Number | Spoken::Ordinal | Spoken::Duration | Spoken::Digits | Spoken::Money => {
                kind.may_be(Type::Number) || kind.may_be(Type::Text)
            }
            Spoken::Date | Spoken::Time | Spoken::Phone | Spoken::Slot => kind.may_be(Type::Text),
        }
    }
}

impl Segment {
    /// A recording that the flow has no text for.
    pub(super) fn recorded(sound: &str) -> Segment {
        Segment::Sound { sound: sound.to_owned(), text: None }
    }

    /// Cuts the text of prompt `name`.
    pub(super) fn cut(name: &str, text: &str, scope: Scope<'_>) -> Result<Vec<Segment>, Fault> {
        let parts = parts(text)?;
        if let [] | [Part::Literal(_)] = parts.as_slice() {
            return Ok(vec![Segment::Sound { sound: name.to_owned(), text: Some(text.trim().to_owned()) }]);
        }
        let mut segments = Vec::new();
        let mut recordings = 0;
        for part in parts {
            match part {
                Part::Computed(of) => segments.push(Segment::value(of, scope)?),
                // What has no letter or digit is not heard: a full stop after a value needs no recording.
                Part::Literal(literal) if !literal.contains(char::is_alphanumeric) => {}
                Part::Literal(literal) => {
                    recordings += 1;
                    segments.push(Segment::Sound {
                        sound: format!("{name}.{recordings}"),
                        text: Some(spoken_part(literal).to_owned()),
                    });
                }
            }
        }
        Ok(segments)
    }

    fn value(text: &str, scope: Scope<'_>) -> Result<Segment, Fault> {
        let called = Expression::call_of_one(text);
        let not_spoken = || {
            let hint = called.map_or(Hint::Nothing, |(name, _)| hint(name, Spoken::names()));
            Fault::NotSpoken { text: shortened(text.trim()), hint }
        };
        let (name, argument) = called.ok_or_else(not_spoken)?;
        let how = Spoken::by_name(name).ok_or_else(not_spoken)?;
        let (argument, gender) = how.argument(argument);
        let of = Expression::compile(argument, scope)?;
        if how.takes(of.kind) { Ok(Segment::Value { how, gender, of }) } else { Err(not_spoken()) }
    }
}

/// The text without the punctuation that ended what was said before it.
fn spoken_part(literal: &str) -> &str {
    literal.trim_start_matches(|c: char| !c.is_alphanumeric()).trim_end()
}

impl Prompt {
    /// What to say now, in `language`.
    pub(super) fn say(&self, language: &Language, facts: &Facts<'_>) -> Result<Vec<Say>, EvaluationError> {
        let mut say = Vec::new();
        for segment in self.spoken.get(language).into_iter().flatten() {
            match segment {
                Segment::Sound { sound, .. } => say.push(Say::Prompt(language.clone(), sound.clone())),
                Segment::Value { how, gender, of } => {
                    let pieces = pieces(language, *how, *gender, of.evaluate(facts)?)?;
                    say.extend(pieces.into_iter().map(|piece| Say::Piece(language.clone(), piece)));
                }
            }
        }
        Ok(say)
    }

    /// Names of the recordings that saying it needs.
    pub(super) fn sounds<'p>(&'p self) -> impl Iterator<Item = (&'p Language, &'p str, Option<&'p str>)> {
        let recording = |segment: &'p Segment| match segment {
            Segment::Sound { sound, text } => Some((sound.as_str(), text.as_deref())),
            Segment::Value { .. } => None,
        };
        self.spoken.iter().flat_map(move |(language, segments)| {
            segments.iter().filter_map(recording).map(move |(sound, text)| (language, sound, text))
        })
    }

    /// What is computed in it.
    pub(super) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.spoken.values().flatten().filter_map(|segment| match segment {
            Segment::Value { of, .. } => Some(of),
            Segment::Sound { .. } => None,
        })
    }

    /// The languages in which a value is spoken.
    pub(super) fn languages_of_values(&self) -> BTreeSet<&Language> {
        let has_value =
            |segments: &[Segment]| segments.iter().any(|segment| matches!(segment, Segment::Value { .. }));
        self.spoken.iter().filter(|(_, segments)| has_value(segments)).map(|(language, _)| language).collect()
    }
}
