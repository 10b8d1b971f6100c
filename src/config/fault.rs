//! What can be wrong with the configuration: each fault with its place and its remedy.

use std::fmt;

use crate::flow::destinations::NoRoute;
use crate::hint::{Hint, visible};

/// A place in a file of the configuration. In order of files, then of lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was named to [`Config::parse`](super::Config::parse).
    pub file: String,
    /// Line and column in characters, from 1; `None` when it is the file as a whole.
    pub line: Option<(usize, usize)>,
}

impl Place {
    /// The file as a whole.
    pub fn whole(file: &str) -> Place {
        Place { file: file.to_owned(), line: None }
    }

    /// The place of a byte of `text`.
    pub fn of_byte(file: &str, text: &str, byte: usize) -> Place {
        let before = text.get(..byte).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Place { file: file.to_owned(), line: Some((line, column)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        self.line.map_or(Ok(()), |(line, column)| write!(f, ":{line}:{column}"))
    }
}

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {}", visible(&fault.to_string()))]
pub struct ConfigError {
    /// Where.
    pub at: Place,
    /// What, and what to do.
    pub fault: Fault,
}

/// What is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum Fault {
    // Files.
    #[error("the file is missing; add it (an example of each is in the demo configuration)")]
    MissingFile,
    #[error("this file is not part of a configuration{hint}")]
    UnknownFile { hint: Hint },
    #[error("cannot be read: {0}; check that it is there and may be read")]
    Unreadable(String),
    #[error("this is not TOML: {0}")]
    Syntax(String),

    // Shapes.
    #[error("{table} has no key `{key}`{hint}")]
    UnknownKey { table: &'static str, key: String, hint: Hint },
    #[error("{table} lacks `{key}`; add it")]
    MissingKey { table: &'static str, key: &'static str },
    #[error("`{key}` must be {expected}, not {found}")]
    Shape { key: String, expected: &'static str, found: &'static str },
    #[error("`{key}` must be from {from} to {to}")]
    Range { key: String, from: String, to: String },

    // Values.
    #[error("`{text}` is not {what}; write one like `{like}`")]
    Value { text: String, what: &'static str, like: &'static str },
    #[error("`{text}` is not a name; use lower-case letters, digits, `-` and `_`")]
    Name { text: String },
    #[error("the password is empty; give `{seat}` one that cannot be guessed")]
    EmptyPassword { seat: String },
    #[error(
        "`{network}` is everybody, and everybody there may call without a password; write the networks or addresses of this trunk alone"
    )]
    Everybody { network: String },
    #[error("feature code `{code}` is that of `{other}` already; choose another")]
    SameCode { code: String, other: &'static str },
    #[error("port 0 is no port; write the one where the trunk's server listens, or leave it out for 5060")]
    NoPort,
    #[error(
        "`maddr` would send calls elsewhere than to the host that is named; write that address as the host"
    )]
    Maddr,
    #[error("the range of ports is empty; write the lower port first, as in `[20000, 29999]`")]
    PortOrder,
    #[error(
        "the range holds {legs} legs, and `max_calls` = {max_calls} may need two each; widen it to four ports a call or lower `max_calls`"
    )]
    FewPorts { legs: usize, max_calls: usize },

    #[error(
        "a secret does not belong into `{key}`; write where it is, `credential = \"env:NAME\"` or `\"file:PATH\"`"
    )]
    SecretHere { key: &'static str },
    #[error(
        "`{address}` is asked in the clear, and everybody on the way can read what citizens say; use https, or add `plain = true` \
         when the way is yours"
    )]
    Plain { address: String },
    #[error("more than {most} {what}; take out those that no flow needs")]
    Many { what: &'static str, most: usize },

    // Names of things.
    #[error("{what} `{name}` is given twice; the first is on line {first_line}")]
    Twice { what: &'static str, name: String, first_line: usize },
    #[error("one overflow leads to one place; write another [[queue.overflow]] for the other")]
    OverflowsTwice,
    #[error("queue `{name}` overflows to itself; name another")]
    OverflowsToItself { name: String },
    #[error("`{number}` cannot be called: {why}")]
    NotReached { number: String, why: NoRoute },
    #[error("{what} `{name}` is not in {file}{hint}")]
    Unknown { what: &'static str, name: String, file: &'static str, hint: Hint },
    #[error("topic `{name}` stands under `{parent}`, which is not in topics.toml; add it first")]
    NoParent { name: String, parent: String },
    #[error("flow `{name}` is not among the flows{hint}")]
    UnknownFlow { name: String, hint: Hint },
    #[error("no {what} at all; add at least one")]
    None { what: &'static str },
    #[error("schedule `{name}`: {fault}")]
    Schedule { name: String, fault: String },
}
