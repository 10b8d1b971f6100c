//! What can be wrong with a flow file: each fault with its place and its remedy.
//!
//! Parsing goes on after a fault wherever the rest can still be understood, so that a person mends a file in one go.
//! The faults are collected in [`Faults`] and told in the order of the file.

mod words;

use std::cell::RefCell;
use std::fmt;

use crate::hint::{nearest, visible};

/// A place in a flow file, from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Column in characters, from 1.
    pub column: u64,
}

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowError {
    /// The file as it was named to `Flow::parse`.
    pub file: String,
    /// Where in it.
    pub at: Place,
    /// What is wrong and what to do.
    pub fault: Fault,
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.at.line, self.at.column, visible(&self.fault.to_string()))
    }
}

impl FlowError {
    /// The whole line, in a language.
    pub fn said(&self, tongue: Tongue) -> String {
        match tongue {
            Tongue::English => self.to_string(),
            Tongue::Italian => {
                let told = self.fault.told(tongue);
                format!("{}:{}:{}: {told}", self.file, self.at.line, self.at.column)
            }
        }
    }
}

impl std::error::Error for FlowError {}

/// The end of a message about an unknown name: the nearest known one, or all that are known, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Nothing is near.
    Nothing,
    /// A person may have meant this.
    Near(String),
    /// Few enough to tell all.
    Known(Vec<String>),
}

/// The languages in which people are told what is wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tongue {
    /// English.
    #[default]
    English,
    /// Italian.
    Italian,
}

/// A few words in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub &'static str, pub &'static str);

impl Words {
    fn say(self, tongue: Tongue) -> &'static str {
        match tongue {
            Tongue::English => self.0,
            Tongue::Italian => self.1,
        }
    }
}

/// A sentence in both languages, with names in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// In English.
    pub english: String,
    /// In Italian.
    pub italian: String,
}

impl Said {
    fn say(&self, tongue: Tongue) -> &str {
        match tongue {
            Tongue::English => &self.english,
            Tongue::Italian => &self.italian,
        }
    }
}

/// The mapping that a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is what it is called")]
pub enum Part {
    Flow,
    Node(String),
    Var(String),
    Prompt(String),
    Schedule(String),
    Test(String),
    Key(&'static str),
    ItemOf(&'static str),
}

/// What is wrong with a flow, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's message, in `fault::words`, is its documentation")]
pub enum Fault {
    // The file as YAML.
    TooLarge,
    Indented,
    Tab,
    NotClosed,
    QuoteNotClosed,
    Colon,
    Yaml(String),
    Alias,
    TooComplex,
    DuplicateKey(String),
    Secret(String),

    // Shapes.
    NotMapping { part: Part },
    UnknownKey { key: String, part: Part, hint: Hint },
    MissingKey { key: String, part: Part },
    Shape { key: String, expected: Words },
    NotAmong { key: String, name: String, hint: Hint },
    Schema(i64),

    // Names.
    UnknownType { name: String, hint: Hint },
    UnknownNode { node: String, target: String, hint: Hint },
    UnknownDefault { key: String, target: String, hint: Hint },
    MissingExit { node: String, kind: &'static str, exit: String },
    MissingSound { name: String, language: String, hint: Hint },
    Unrecorded(String),
    RecordedOtherwise(String),
    MissingText { name: String, language: String },
    UnknownLanguage { name: String, hint: Hint },
    UnspokenLanguage { name: String, known: Vec<String> },
    UnknownQueue { name: String, hint: Hint },
    UnknownSkill { name: String, hint: Hint },
    BadSkill(String),
    BadWiden(String),
    UnknownEntity { name: String, hint: Hint },
    UnknownTopic { name: String, hint: Hint },
    UnknownSchedule { name: String, hint: Hint },
    UnknownConnector { name: String, hint: Hint },
    UnknownArticle { name: String, hint: Hint },
    Schedule { name: String, fault: super::hours::ScheduleFault },
    NeverOpens(String),
    UnknownMusic { name: String, hint: Hint },
    UnknownVar { name: String, hint: Hint },
    TooMany { what: Words, count: usize, most: usize },
    SaveType { name: String, expected: Words },
    BadName(String),
    BadSound(String),

    // Keys on the telephone.
    BadKey(String),
    KeyClash { node: String, key: char },
    NoKeys { node: String },
    DigitCount { min: u64, max: u64 },
    TakeSpan { key: &'static str, most_s: u64 },
    BadPattern(String),
    BadRange,
    OnlyForDigits { key: &'static str },

    // Computed values.
    Unclosed { text: String },
    Expression { text: String, why: Said },
    NotSpoken { text: String, hint: Hint },
    VarDefault { name: String, expected: Words },
    Unset { node: String, name: String },
    Leak { name: String },

    // Single types.
    EmptyTag(String),
    Target(String),
    NotANumber(String),
    NotCalled(String),
    OwnNumber(String),
    BadPath(String),
    NoQuestions(String),

    // Sub-flows.
    UnknownSubflow { name: String, hint: Hint },
    SubflowFaulty { name: String, faults: usize },
    SubflowRound(String),
    InterfaceOfNone { key: &'static str },
    NotOutput { name: String, flow: String, hint: Hint },
    NotInput { name: String, flow: String, hint: Hint },
    InputMissing { name: String, flow: String },
    ReturnOutside(String),
    UnknownReturn { name: String, hint: Hint },
    UnusedReturn(String),
    NotASubflow(String),
    SubflowVersion { name: String, says: String },

    // The graph.
    Unreachable(String),
    IdleLoop(String),
    NeverEnds(String),

    // Tests.
    TestNode { name: String, hint: Hint },
    TestExit { node: String, exit: String, hint: Hint },
    TestMoment(String),
    TestMock { node: String },
    TestKeys(String),

    // Warnings.
    ManyChoices { node: String, choices: usize },
    LongMenu { node: String, language: String, seconds: u64 },
    Untested(String),
    BargedNotice(String),
    CallsNobodyBack { node: String, queue: String },
    NoWayOut(String),
    NoTrunk { node: String, number: String },
}

impl Fault {
    /// What is wrong and what to do, marked when it is a warning.
    fn told(&self, tongue: Tongue) -> String {
        let mark = match (self.is_warning(), tongue) {
            (false, _) => "",
            (true, Tongue::English) => "warning: ",
            (true, Tongue::Italian) => "avviso: ",
        };
        format!("{mark}{}", self.said(tongue))
    }

    /// The flow runs all the same.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Fault::ManyChoices { .. }
                | Fault::LongMenu { .. }
                | Fault::Untested(_)
                | Fault::RecordedOtherwise(_)
                | Fault::BargedNotice(_)
                | Fault::CallsNobodyBack { .. }
                | Fault::NoWayOut(_)
                | Fault::NoTrunk { .. }
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(Tongue::English))
    }
}

/// The faults found so far.
#[derive(Debug)]
pub(super) struct Faults {
    file: String,
    list: RefCell<Vec<FlowError>>,
}

/// More faults than a person mends in one go are not told: a broken file must not fill the screen.
const MAX_FAULTS: usize = 200;

impl Faults {
    pub(super) fn of(file: &str) -> Faults {
        Faults { file: file.to_owned(), list: RefCell::default() }
    }

    pub(super) fn add(&self, at: Place, fault: Fault) {
        let mut list = self.list.borrow_mut();
        let told = |error: &FlowError| error.at == at && error.fault == fault && error.file == self.file;
        if list.len() < MAX_FAULTS && !list.iter().any(told) {
            list.push(FlowError { file: self.file.clone(), at, fault });
        }
    }

    /// Something is told of this place already: what many nodes share is looked at once.
    pub(super) fn tells_of(&self, at: Place) -> bool {
        self.list.borrow().iter().any(|error| error.at == at && error.file == self.file)
    }

    /// These, until no more faults are told: what a hostile file costs is bounded by what is said of it.
    pub(super) fn until_full<I: IntoIterator>(&self, items: I) -> impl Iterator<Item = I::Item> {
        items.into_iter().take_while(|_| !self.is_full())
    }

    /// Takes over what another file was found to lack.
    pub(super) fn adopt(&self, errors: Vec<FlowError>) {
        let mut list = self.list.borrow_mut();
        let room = MAX_FAULTS.saturating_sub(list.len());
        list.extend(errors.into_iter().take(room));
    }

    /// No more faults are told.
    pub(super) fn is_full(&self) -> bool {
        self.count() >= MAX_FAULTS
    }

    pub(super) fn count(&self) -> usize {
        self.list.borrow().len()
    }

    /// All of them, in the order of the file.
    pub(super) fn into_list(self) -> Vec<FlowError> {
        let mut list = self.list.into_inner();
        list.sort_by(|a, b| (&a.file, a.at).cmp(&(&b.file, b.at)));
        list
    }
}

/// What an author wrote, short enough for a message.
pub(super) fn shortened(text: &str) -> String {
    if text.len() <= 60 || text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(57).chain("...".chars()).collect()
}

/// The name among `known` that a person may have meant by `typed`.
pub(super) fn hint<'n>(typed: &str, known: impl IntoIterator<Item = &'n str>) -> Hint {
    nearest(typed, known).map_or(Hint::Nothing, |name| Hint::Near(name.to_owned()))
}

/// The same for lists that the language itself makes: when nothing is near, all of it is told.
pub(super) fn hint_or_all<'n>(typed: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> Hint {
    match hint(typed, known.clone()) {
        Hint::Nothing => {
            let all: Vec<String> = known.into_iter().map(str::to_owned).collect();
            if all.is_empty() { Hint::Nothing } else { Hint::Known(all) }
        }
        near => near,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hint_is_the_nearest_name_when_it_is_near() {
        let known = ["anagrafe", "tributi", "polizia-locale", "servizi-sociali", "generale"];
        for (typed, expected) in [
            ("tributti", "; did you mean `tributi`?"),
            ("anagraffe", "; did you mean `anagrafe`?"),
            ("polizia_locale", "; did you mean `polizia-locale`?"),
            ("scuola", ""),
        ] {
            assert_eq!(hint(typed, known).said(Tongue::English), expected, "{typed}");
        }
        assert_eq!(hint("x", []), Hint::Nothing);
    }
}
