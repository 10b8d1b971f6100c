//! What is spoken from pieces: numbers, ordinals, dates, times, durations, money, digits, each by the grammar of its language.
//!
//! A value becomes a list of [`Piece`]s; each piece is one recording `sounds/<language>/pezzi/<piece>.wav`. Pieces are
//! chosen by ear: what a person says in one breath is one recording ("ventuno", "le otto", "il terzo"), so that two joints
//! at most fall inside a number below a thousand. The same inventory is what `prompts build` synthesises, so nothing
//! spoken lacks a sound. Beside the values stand the [`notice`]s: the few sentences that the exchange says by itself.
//!
//! A language is a file, `sounds/<language>/grammar.toml`: `reading` makes a `grammar` of it or tells all its faults.
//! Italian, English and Spanish are compiled in as they are shipped; whoever starts the exchange [`install`]s what lies in `sounds/`,
//! once, before anything is spoken.

mod grammar;
pub mod notice;
mod reading;
mod template;
mod trial;
mod writing;
mod written;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use jiff::civil::{Date, Time};

use self::grammar::Grammar;
pub use self::reading::GrammarFault;

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

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Day,
    Hour,
    Minute,
    Second,
    Euro,
    Cent,
}

impl Unit {
    const ALL: [Unit; 6] = [Unit::Day, Unit::Hour, Unit::Minute, Unit::Second, Unit::Euro, Unit::Cent];
}

/// A language that can be spoken from pieces.
#[derive(Clone)]
pub struct Speech(Arc<Grammar>);

/// The grammars that are compiled in: what the exchange always speaks, tried by a test and not at every start.
const SHIPPED: [(&str, &str); 3] = [
    ("it", include_str!("../../sounds/it/grammar.toml")),
    ("en", include_str!("../../sounds/en/grammar.toml")),
    ("es", include_str!("../../sounds/es/grammar.toml")),
];

static SHIPPED_SPEECH: LazyLock<Vec<Speech>> = LazyLock::new(|| {
    let read = |(language, text)| reading::read(language, "grammar.toml", text).ok();
    SHIPPED.into_iter().filter_map(read).map(|grammar| Speech(Arc::new(grammar))).collect()
});

/// What this process speaks. Settled once: a language that came or went in the middle of a call would leave it with pieces
/// that nobody has recorded.
static INSTALLED: OnceLock<Vec<Speech>> = OnceLock::new();

/// From now on these languages are spoken, in the place of those compiled in where they have the same name. Only the first
/// call counts, and it must come before anything is spoken.
pub fn install(languages: &[Speech]) {
    let own: Vec<String> = languages.iter().map(|speech| speech.language().to_owned()).collect();
    let shipped = SHIPPED_SPEECH.iter().filter(|speech| !own.iter().any(|name| name == speech.language()));
    let all = shipped.cloned().chain(languages.iter().cloned()).collect();
    let _settled = INSTALLED.set(all);
}

impl Speech {
    /// The grammar of `language` as written, after every kind of value was said with it; `file` is its name in messages.
    pub fn read(language: &str, file: &str, text: &str) -> Result<Speech, Vec<GrammarFault>> {
        // Almost always the file is as it is shipped, which is tried by a test.
        if SHIPPED.contains(&(language, text))
            && let Some(shipped) = SHIPPED_SPEECH.iter().find(|speech| speech.language() == language)
        {
            return Ok(shipped.clone());
        }
        let grammar = reading::read(language, file, text)?;
        let fault = |what| GrammarFault { file: file.to_owned(), at: None, what };
        let faults: Vec<GrammarFault> = trial::holes(&grammar).into_iter().map(fault).collect();
        if faults.is_empty() { Ok(Speech(Arc::new(grammar))) } else { Err(faults) }
    }

    /// One of those shipped, or another that was installed; `None` for a language that has no grammar.
    pub fn for_language(language: &str) -> Option<Speech> {
        Speech::all().find(|speech| speech.language() == language)
    }

    /// Every language there is.
    pub fn all() -> impl Iterator<Item = Speech> {
        INSTALLED.get().unwrap_or(&SHIPPED_SPEECH).iter().cloned()
    }

    /// Its name, as flows and `sounds/` have it.
    pub fn language(&self) -> &str {
        &self.0.language
    }

    /// "duemilaventisei". Beyond [`MAX_NUMBER`] the digits one by one.
    pub fn number(&self, n: i64) -> Vec<Piece> {
        self.number_in_form(n, None)
    }

    /// "veintiuna", when `form` is how things of that gender are counted. A form that this language does not have changes nothing.
    pub fn number_in_form(&self, n: i64, form: Option<&str>) -> Vec<Piece> {
        pieces(&self.signed(n, |magnitude| self.0.number(magnitude, form)))
    }

    /// "meno" and what `say` makes of the rest.
    fn signed(&self, n: i64, say: impl Fn(u64) -> Vec<String>) -> Vec<String> {
        let magnitude = n.unsigned_abs();
        let mut names =
            if magnitude > MAX_NUMBER { digits_of(&magnitude.to_string()) } else { say(magnitude) };
        if n < 0 {
            names.insert(0, self.0.minus.clone());
        }
        names
    }

    /// "terzo". Beyond [`MAX_ORDINAL`] "più di cento"; there is no ordinal for zero, which is said as the first.
    pub fn ordinal(&self, n: u32) -> Vec<Piece> {
        self.ordinal_in_form(n, None)
    }

    /// "terza", in the form of that gender.
    pub fn ordinal_in_form(&self, n: u32, form: Option<&str>) -> Vec<Piece> {
        pieces(&self.0.ordinal(within_ordinals(n), form))
    }

    /// One by one: a case number. `+`, `*` and `#` are named; other characters are passed over.
    pub fn digits(&self, text: &str) -> Vec<Piece> {
        text.chars().filter_map(|key| self.0.key(key)).take(MAX_DIGITS).map(Piece::named).collect()
    }

    /// "zero cinque cinque, due sette sei, otto due due quattro": in groups, without the country's own prefix.
    pub fn phone_number(&self, number: &str) -> Vec<Piece> {
        let number: String =
            number.chars().filter(|key| self.0.key(*key).is_some()).take(MAX_DIGITS).collect();
        pieces(&self.0.phone_number(&number))
    }

    /// "dodici euro e cinquanta centesimi", of an amount in cents.
    pub fn money(&self, cents: i64) -> Vec<Piece> {
        pieces(&self.signed(cents, |cents| {
            let parts = [(Unit::Euro, cents / 100), (Unit::Cent, cents % 100)];
            let said: Vec<_> = parts.into_iter().filter(|(_, n)| *n > 0).collect();
            self.0.row(if said.is_empty() { &parts[..1] } else { &said })
        }))
    }

    /// "due giugno duemilaventisei".
    pub fn date(&self, date: Date) -> Vec<Piece> {
        pieces(&self.0.date(date))
    }

    /// "le otto e trenta". Seconds are not said.
    pub fn time(&self, time: Time) -> Vec<Piece> {
        pieces(&self.0.time(time))
    }

    /// "due giugno alle ore nove", or with an end "dalle ore nove alle ore dieci": an appointment, without the year.
    pub fn slot(&self, date: Date, from: Time, to: Option<Time>) -> Vec<Piece> {
        pieces(&self.0.slot(date, from, to))
    }

    /// "due minuti e trenta secondi". Parts of a second are not said.
    pub fn duration(&self, duration: Duration) -> Vec<Piece> {
        pieces(&self.0.row(&units_of(duration)))
    }

    /// "Lei è il terzo in attesa", of a place counted from one.
    pub fn position(&self, place: usize) -> Vec<Piece> {
        pieces(&self.0.position(within_ordinals(u32::try_from(place).unwrap_or(u32::MAX))))
    }

    /// "Ci sono più di dieci persone in attesa": of a place far behind. Nothing, where the language has no words for it.
    pub fn more_waiting(&self, places: usize) -> Vec<Piece> {
        pieces(&self.0.more_waiting(u64::try_from(places).unwrap_or(MAX_NUMBER).min(MAX_NUMBER)))
    }

    /// "Il tempo di attesa previsto è tra tre e cinque minuti". Nothing, where the language has no words for it.
    pub fn wait(&self, low_min: u64, high_min: u64) -> Vec<Piece> {
        pieces(&self.0.wait(low_min.min(MAX_NUMBER), high_min.min(MAX_NUMBER)))
    }

    /// What the pieces say, written as a person would. A piece that this language does not have shows its name.
    pub fn text(&self, said: &[Piece]) -> String {
        let names: Vec<&str> = said.iter().map(Piece::name).collect();
        self.0.writing.join(&self.0.texts, &names)
    }

    /// Every recording that it needs and the text to record or synthesise: pieces and notices, named below
    /// `sounds/<language>/`.
    pub fn recordings(&self) -> impl Iterator<Item = (Cow<'static, str>, &str)> {
        let pieces = self.0.texts.iter().map(|(name, text)| (Piece::named(name).0, text.as_str()));
        let notices = notice::Notice::ALL.into_iter().filter_map(|notice| {
            Some((Cow::Borrowed(notice.sound()), self.0.notices.get(notice.key())?.as_str()))
        });
        pieces.chain(notices)
    }
}

impl std::fmt::Debug for Speech {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Speech({})", self.language())
    }
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
