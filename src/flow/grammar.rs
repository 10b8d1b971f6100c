//! The grammar of flow files: every type of node with its keys and exits, once, for all who need to know.
//!
//! The compiler takes from here which keys a node may have and which exits must lead somewhere, the JSON Schema is made from
//! it, and so is the table of the documentation. A key that is not in here is unknown everywhere; a test holds the compiler to
//! asking for no others.

mod types;

use std::fmt;

pub(super) use self::types::{DEFAULTS, INPUT, TEST, TOP, TYPES, VAR};

/// The types of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Play,
    Menu,
    Collect,
    Hours,
    Bulletin,
    Language,
    Branch,
    Set,
    Tag,
    Queue,
    AnswersWithin,
    Callback,
    Survey,
    Voicemail,
    Record,
    Transfer,
    Message,
    Http,
    Lookup,
    Case,
    Subflow,
    Return,
    Hangup,
}

/// A type of node as written.
#[derive(Debug)]
pub(super) struct Type {
    pub(super) kind: Kind,
    pub(super) name: &'static str,
    /// What it does, for people.
    pub(super) about: &'static str,
    /// Beside `type`, `info` and `exits`.
    pub(super) keys: &'static [Key],
    pub(super) exits: &'static [Exit],
}

/// A key of a mapping.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) needed: bool,
    pub(super) about: &'static str,
}

/// What may stand behind a key.
#[derive(Debug)]
pub(super) enum Shape {
    /// A text.
    Text,
    /// A text that may hold `${...}`.
    Computed,
    /// One `${...}` and nothing else.
    Expression,
    /// A name of the flow: a prompt, a node, a variable.
    Name,
    /// One name or several in a list.
    Names,
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A number from 0 to 1000.
    Count,
    /// `500ms`, `6s`, `15m`, `1h`.
    Time,
    /// One key of the telephone.
    Digit,
    /// A list of keys of the telephone.
    Digits,
    /// Keys of the telephone and the nodes they lead to.
    KeyPlan,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A list of these.
    List(&'static Shape),
    /// A mapping with these keys.
    Of(&'static [Key]),
    /// A mapping from names that the author chooses.
    Map(&'static Shape),
    /// A whole number from the one to the other, as `[1, 5]`.
    Range,
    /// A value: a text, a number, true or false, or a list or mapping of values.
    Value,
    /// Whatever: it is read elsewhere.
    Any,
}

/// An exit of a type of node.
#[derive(Debug)]
pub(super) struct Exit {
    pub(super) name: &'static str,
    /// It must lead somewhere; else the `error` exit is taken in its place.
    pub(super) needed: bool,
    /// It can be taken without the caller hearing or doing anything.
    pub(super) instant: bool,
}

/// By which way a node is left.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    /// The only way on.
    To,
    /// The first, second... condition of a `branch`, from 1.
    When(usize),
    /// None of them.
    Else,
    /// A key.
    Key(char),
    /// An exit of the type.
    Exit(&'static str),
    /// The named return of a sub-flow.
    Returned(String),
}

impl Way {
    /// Where a failure leads.
    pub(super) const ERROR: Way = Way::Exit("error");
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::To => f.write_str("to"),
            Way::When(at) => write!(f, "when {at}"),
            Way::Else => f.write_str("else"),
            Way::Key(key) => write!(f, "{key}"),
            Way::Exit(name) => f.write_str(name),
            Way::Returned(name) => f.write_str(name),
        }
    }
}

impl Kind {
    pub(super) fn by_name(name: &str) -> Option<Kind> {
        TYPES.iter().find(|known| known.name == name).map(|known| known.kind)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
        TYPES.iter().map(|known| known.name)
    }

    /// All that is written about it.
    pub(super) fn written(self) -> &'static Type {
        TYPES
            .iter()
            .find(|known| known.kind == self)
            .expect("every kind has its line in TYPES, which a test looks at")
    }

    pub(super) fn name(self) -> &'static str {
        self.written().name
    }

    /// The exit can be taken without the caller hearing or doing anything.
    pub(super) fn is_instant(self, way: &Way) -> bool {
        match way {
            Way::Exit(name) => self.written().exits.iter().any(|exit| exit.name == *name && exit.instant),
            Way::Key(_) => false,
            Way::Returned(_) => false,
            Way::To | Way::When(_) | Way::Else => {
                matches!(self, Kind::Language | Kind::Branch | Kind::Set | Kind::Tag)
            }
        }
    }

    /// The node ends the call or the sub-flow.
    pub(super) fn ends(self) -> bool {
        matches!(self, Kind::Hangup | Kind::Return)
    }

    /// The world outside the flow decides how it ends, so that `error` is one of its ends and not only a mishap.
    pub(super) fn asks_the_world(self) -> bool {
        matches!(
            self,
            Kind::Queue
                | Kind::AnswersWithin
                | Kind::Callback
                | Kind::Voicemail
                | Kind::Record
                | Kind::Transfer
                | Kind::Message
                | Kind::Http
                | Kind::Lookup
                | Kind::Case
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_a_name_and_an_error_exit_of_its_own() {
        let names: std::collections::BTreeSet<_> = Kind::names().collect();
        assert_eq!((names.len(), TYPES.len()), (23, 23));
        for known in &TYPES {
            assert_eq!(known.kind.name(), known.name);
            assert!(
                !known.about.is_empty() && known.keys.iter().all(|key| !key.about.is_empty()),
                "{}",
                known.name
            );
            assert!(known.exits.iter().any(|exit| exit.name == "error" && !exit.needed), "{}", known.name);
        }
    }
}
