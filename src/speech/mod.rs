//! What is spoken from pieces: numbers, ordinals, dates, times, durations, digits, each by the grammar of its language.
//!
//! A value becomes a list of [`Piece`]s; each piece is one recording `sounds/<language>/pezzi/<piece>.wav`. Pieces are
//! chosen by ear: what a person says in one breath is one recording ("ventuno", "le otto", "il terzo"), so that two joints
//! at most fall inside a number below a thousand. The same inventory is what `prompts build` synthesises, so nothing
//! spoken lacks a sound. Beside the values stand the [`notice`]s: the few sentences that the exchange says by itself.

mod english;
mod italian;
pub mod notice;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::civil::{Date, Time};

/// The name of one recording below `sounds/<language>/`, such as `pezzi/21` or `pezzi/maggio`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece(pub Cow<'static, str>);

/// The folder of the pieces, in every language.
const FOLDER: &str = "pezzi/";

/// The largest number said as a number; beyond it nobody listens, so the digits are read out.
pub const MAX_NUMBER: u64 = 999_999_999;

/// The last ordinal that has a recording.
pub const MAX_ORDINAL: u32 = 100;

/// The longest string of digits read out: a longer one (a peer may send anything) is cut, not spoken for minutes.
pub const MAX_DIGITS: usize = 64;

impl Piece {
    fn named(name: impl AsRef<str>) -> Piece {
        Piece(Cow::Owned(format!("{FOLDER}{}", name.as_ref())))
    }

    /// The name without its folder.
    fn name(&self) -> &str {
        self.0.strip_prefix(FOLDER).unwrap_or(&self.0)
    }
}

/// One language's way of saying values. Implementations name pieces without their folder.
trait Grammar: Sync {
    fn language(&self) -> &'static str;
    /// `n` is at most [`MAX_NUMBER`].
    fn count(&self, n: u64) -> Vec<String>;
    fn minus(&self) -> &'static str;
    /// The name of a key that is not a digit.
    fn symbol(&self, key: char) -> Option<&'static str>;
    /// `None`: beyond [`MAX_ORDINAL`].
    fn ordinal(&self, n: Option<u32>) -> Vec<String>;
    fn date(&self, date: Date) -> Vec<String>;
    fn time(&self, hour: i8, minute: i8) -> Vec<String>;
    fn unit(&self, unit: Unit, n: u64) -> Vec<String>;
    fn and(&self) -> &'static str;
    /// `None`: beyond [`MAX_ORDINAL`].
    fn position(&self, place: Option<u32>) -> Vec<String>;
    /// Every piece and its text.
    fn texts(&self) -> &BTreeMap<String, String>;
    /// The pieces as a person would write them; one that is not known shows its name.
    fn join(&self, names: &[&str]) -> String;
}

/// What a duration is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Day,
    Hour,
    Minute,
    Second,
}

/// A language that can be spoken from pieces.
#[derive(Clone, Copy)]
pub struct Speech(&'static dyn Grammar);

static ALL: [Speech; 2] = [Speech(&italian::Italian), Speech(&english::English)];

impl Speech {
    /// `it` or `en`; `None` for a language that has no grammar here.
    pub fn for_language(language: &str) -> Option<Speech> {
        ALL.iter().copied().find(|speech| speech.language() == language)
    }

    /// Every language there is.
    pub fn all() -> impl Iterator<Item = Speech> {
        ALL.iter().copied()
    }

    /// Its name, as flows and `sounds/` have it.
    pub fn language(self) -> &'static str {
        self.0.language()
    }

    /// "duemilaventisei". Beyond [`MAX_NUMBER`] the digits one by one.
    pub fn number(self, n: i64) -> Vec<Piece> {
        let magnitude = n.unsigned_abs();
        let mut names =
            if magnitude > MAX_NUMBER { digits_of(&magnitude.to_string()) } else { self.0.count(magnitude) };
        if n < 0 {
            names.insert(0, self.0.minus().to_owned());
        }
        pieces(&names)
    }

    /// "terzo". Beyond [`MAX_ORDINAL`] "più di cento"; there is no ordinal for zero, which is said as the first.
    pub fn ordinal(self, n: u32) -> Vec<Piece> {
        pieces(&self.0.ordinal(within_ordinals(n)))
    }

    /// One by one: a case number, a telephone number. `+`, `*` and `#` are named; other characters are passed over.
    pub fn digits(self, text: &str) -> Vec<Piece> {
        let name = |key: char| match key {
            '0'..='9' => Some(Piece::named(key.to_string())),
            _ => self.0.symbol(key).map(Piece::named),
        };
        text.chars().filter_map(name).take(MAX_DIGITS).collect()
    }

    /// "due giugno duemilaventisei".
    pub fn date(self, date: Date) -> Vec<Piece> {
        pieces(&self.0.date(date))
    }

    /// "le otto e trenta". Seconds are not said.
    pub fn time(self, time: Time) -> Vec<Piece> {
        pieces(&self.0.time(time.hour(), time.minute()))
    }

    /// "due minuti e trenta secondi". Parts of a second are not said.
    pub fn duration(self, duration: Duration) -> Vec<Piece> {
        let parts = units_of(duration);
        let last = parts.len().saturating_sub(1);
        let mut names = Vec::new();
        for (at, &(unit, n)) in parts.iter().enumerate() {
            if at == last && at > 0 {
                names.push(self.0.and().to_owned());
            }
            names.extend(self.0.unit(unit, n));
        }
        pieces(&names)
    }

    /// "Lei è il terzo in attesa", of a place counted from one.
    pub fn position(self, place: usize) -> Vec<Piece> {
        pieces(&self.0.position(within_ordinals(u32::try_from(place).unwrap_or(u32::MAX))))
    }

    /// What the pieces say, written as a person would. A piece that this language does not have shows its name.
    pub fn text(self, said: &[Piece]) -> String {
        let names: Vec<&str> = said.iter().map(Piece::name).collect();
        self.0.join(&names)
    }
}

impl std::fmt::Debug for Speech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Speech({})", self.language())
    }
}

/// Every piece that can come out of any value: language, piece, text to record or synthesise.
pub fn inventory() -> impl Iterator<Item = (&'static str, Piece, &'static str)> {
    ALL.iter().flat_map(|speech| {
        let texts = speech.0.texts();
        texts.iter().map(|(name, text)| (speech.language(), Piece::named(name), text.as_str()))
    })
}

fn pieces(names: &[String]) -> Vec<Piece> {
    names.iter().map(Piece::named).collect()
}

fn digits_of(text: &str) -> Vec<String> {
    text.chars().map(String::from).collect()
}

fn within_ordinals(n: u32) -> Option<u32> {
    (n <= MAX_ORDINAL).then_some(n.max(1))
}

/// Days, hours, minutes and seconds, without those that are zero; a length of nothing is zero seconds.
fn units_of(duration: Duration) -> Vec<(Unit, u64)> {
    let seconds = duration.as_secs();
    // Bounded so that the days can be said as a number.
    let days = (seconds / 86_400).min(MAX_NUMBER);
    let all = [
        (Unit::Day, days),
        (Unit::Hour, seconds / 3600 % 24),
        (Unit::Minute, seconds / 60 % 60),
        (Unit::Second, seconds % 60),
    ];
    let mut parts: Vec<_> = all.into_iter().filter(|&(_, n)| n > 0).collect();
    if parts.is_empty() {
        parts.push((Unit::Second, 0));
    }
    parts
}

#[cfg(test)]
mod tests;
