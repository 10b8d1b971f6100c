//! What can be wrong with a flow file: each fault with its place and its remedy.
//!
//! Parsing goes on after a fault wherever the rest can still be understood, so that a person mends a file in one go.
//! The faults are collected in [`Faults`] and told in the order of the file.

use std::cell::RefCell;
use std::fmt;

use crate::hint::visible;

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

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::Nothing => Ok(()),
            Hint::Near(name) => write!(f, "; did you mean `{name}`?"),
            Hint::Known(names) => write!(f, "; known here: {}", names.join(" ")),
        }
    }
}

/// What is wrong with a flow, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum Fault {
    // The file as YAML.
    #[error("the file is larger than 1 MB; split it into several flows")]
    TooLarge,
    #[error("this is not readable YAML: {0}")]
    Yaml(String),
    #[error(
        "anchors and aliases (`&name`, `*name`) are not used in flows; write the value out where it is needed"
    )]
    Alias,
    #[error("the file is nested too deeply or has too many entries for a flow; split it into several flows")]
    TooComplex,
    #[error("key `{0}` is given twice; remove one")]
    DuplicateKey(String),

    // Shapes.
    #[error("{place} must be a mapping of keys to values, `key: value`")]
    NotMapping { place: String },
    #[error("unknown key `{key}` in {place}{hint}")]
    UnknownKey { key: String, place: String, hint: Hint },
    #[error("{place} lacks `{key}`; add it")]
    MissingKey { key: String, place: String },
    #[error("`{key}` must be {expected}")]
    Shape { key: String, expected: &'static str },
    #[error("schema {0} is not known to this version, which reads schema 1; update the program or the file")]
    Schema(i64),

    // Names.
    #[error("unknown node type `{name}`{hint}")]
    UnknownType { name: String, hint: Hint },
    #[error(
        "node type `{name}` comes with a later version; this one has play menu collect hours bulletin language branch set tag queue hangup"
    )]
    LaterType { name: String },
    #[error("node `{node}` goes to `{target}`, which is not in this flow{hint}")]
    UnknownNode { node: String, target: String, hint: Hint },
    #[error("`{key}` names the node `{target}`, which is not in this flow{hint}")]
    UnknownDefault { key: String, target: String, hint: Hint },
    #[error("node `{node}` has no exit `{exit}`; give it under `exits` of the node or of `defaults.{kind}`")]
    MissingExit { node: String, kind: &'static str, exit: &'static str },
    #[error(
        "prompt `{name}` is not in this flow and has no recording in `{language}`; give its text under `prompts` or add sounds/{language}/{name}.wav{hint}"
    )]
    MissingSound { name: String, language: String, hint: Hint },
    #[error("prompt `{name}` has no text in `{language}`; give it or add sounds/{language}/{name}.wav")]
    MissingText { name: String, language: String },
    #[error("language `{name}` is not among the flow's `languages`; add it there or remove it{hint}")]
    UnknownLanguage { name: String, hint: Hint },
    #[error("no rules for speaking values in `{0}`; use `it` or `en`, or leave values out of this text")]
    UnspokenLanguage(String),
    #[error("queue `{name}` is not in config/queues.toml{hint}")]
    UnknownQueue { name: String, hint: Hint },
    #[error("entity `{name}` is not in config/entities.toml{hint}")]
    UnknownEntity { name: String, hint: Hint },
    #[error("topic `{name}` is not in config/topics.toml{hint}")]
    UnknownTopic { name: String, hint: Hint },
    #[error("schedule `{name}` is neither in this flow nor in config/calendars.toml{hint}")]
    UnknownSchedule { name: String, hint: Hint },
    #[error("schedule `{name}`: {fault}")]
    Schedule { name: String, fault: super::hours::ScheduleFault },
    #[error("music `{name}` is missing; add sounds/music/{name}.wav{hint}")]
    UnknownMusic { name: String, hint: Hint },
    #[error("variable `{name}` is not declared; add it under `vars`{hint}")]
    UnknownVar { name: String, hint: Hint },
    #[error("the flow has {0} nodes; split what is more than 1000 into another flow")]
    TooManyNodes(usize),
    #[error("variable `{0}` cannot keep digits or a name; declare it as string or digits")]
    SaveType(String),
    #[error("`{0}` is not a name; use lower-case letters, digits, `_` and `-`, 64 at most")]
    BadName(String),

    // Keys on the telephone.
    #[error("`{0}` is not a key of a telephone; use one of 0-9 * # A-D, in quotes")]
    BadKey(String),
    #[error("key `{key}` is used twice in node `{node}`; give one of them another key")]
    KeyClash { node: String, key: char },
    #[error("node `{node}` has no keys; add some under `keys` or use a `play` node")]
    NoKeys { node: String },
    #[error(
        "`digits` asks for at least {min} and at most {max}; min must be 1 or more, max at least min and at most 32"
    )]
    DigitCount { min: u64, max: u64 },

    // Computed values.
    #[error("`{text}` opens `${{` and does not close it; add `}}`")]
    Unclosed { text: String },
    #[error("expression `{text}`: {why}")]
    Expression { text: String, why: String },
    #[error(
        "`{text}` cannot be spoken; use digits(), number(), ordinal(), date(), time() or duration(), or a prompt of its own"
    )]
    NotSpoken { text: String },
    #[error(
        "`{name}()` comes with a later version; this one speaks digits, number, ordinal, date, time and duration"
    )]
    LaterFunction { name: String },
    #[error("the default of `{name}` must be {expected}")]
    VarDefault { name: String, expected: &'static str },

    // The graph.
    #[error("node `{0}` cannot be reached from `start`; lead to it or remove it")]
    Unreachable(String),
    #[error(
        "nodes {0} lead round without asking the caller anything; put a `play`, `menu` or `hangup` on the way"
    )]
    IdleLoop(String),
    #[error("`tag` of node `{0}` sets nothing; give it `entity`, `topic` or `record`")]
    EmptyTag(String),
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
        let error = FlowError { file: self.file.clone(), at, fault };
        if list.len() < MAX_FAULTS && !list.contains(&error) {
            list.push(error);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.borrow().is_empty()
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
        list.sort_by_key(|error| error.at);
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

/// Longest name that hints are looked for: names are shorter, and the search costs the product of two lengths.
const MAX_NAME_BYTES: usize = 64;

/// The name among `known` that a person may have meant by `typed`.
pub(super) fn hint<'n>(typed: &str, known: impl IntoIterator<Item = &'n str>) -> Hint {
    let allowed = (typed.chars().count() / 3).clamp(1, 3);
    if typed.len() > MAX_NAME_BYTES {
        return Hint::Nothing;
    }
    let known = known.into_iter().filter(|name| name.len() <= MAX_NAME_BYTES);
    let near = known.map(|name| (edits(typed, name), name)).min();
    match near {
        Some((distance, name)) if distance <= allowed => Hint::Near(name.to_owned()),
        _ => Hint::Nothing,
    }
}

/// The same for lists that the language itself makes: when nothing is near, all of it is told.
pub(super) fn hint_or_all<'n>(typed: &str, known: impl IntoIterator<Item = &'n str> + Clone) -> Hint {
    match hint(typed, known.clone()) {
        Hint::Nothing => Hint::Known(known.into_iter().map(str::to_owned).collect()),
        near => near,
    }
}

/// Insertions, removals, replacements and swaps of neighbours that lead from `a` to `b` (Damerau and Levenshtein,
/// without editing a swapped pair again), row by row.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let replaced = row[j] + usize::from(a[i] != b[j]);
            let mut least = replaced.min(next[j] + 1).min(row[j + 1] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
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
            assert_eq!(hint(typed, known).to_string(), expected, "{typed}");
        }
        assert_eq!(hint("x", []).to_string(), "");
    }

    #[test]
    fn edits_are_counted_in_characters() {
        for (a, b, n) in
            [("", "", 0), ("", "abc", 3), ("però", "pero", 1), ("coda", "cade", 2), ("paly", "play", 1)]
        {
            assert_eq!(edits(a, b), n, "{a} {b}");
        }
    }
}
