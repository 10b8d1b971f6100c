//! Variables: what each may hold, and whether that tells something about a person.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};

use super::fault::Words;
use super::value::Value;

/// A variable as declared.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) kind: VarKind,
    /// What it holds at first.
    pub(super) default: Value,
    /// The author gave that value, so it may be read at once.
    pub(super) given: bool,
    /// What is in it is about a person: masked wherever it is shown, sealed where it is written.
    pub(super) personal: bool,
}

/// The type of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VarKind {
    Text,
    Digits,
    Number,
    Flag,
    Date,
    Time,
    DateTime,
    Money,
    Phone,
    List,
    Object,
}

/// Every type: its name in flows, itself, what it holds in words.
const KINDS: [(&str, VarKind, Words); 11] = [
    ("string", VarKind::Text, Words("a text", "un testo")),
    ("digits", VarKind::Digits, Words("digits in quotes", "cifre tra virgolette")),
    ("number", VarKind::Number, Words("a whole number", "un numero intero")),
    ("bool", VarKind::Flag, Words("true or false", "true o false")),
    ("date", VarKind::Date, Words("a date such as \"2026-11-24\"", "una data come \"2026-11-24\"")),
    ("time", VarKind::Time, Words("a time such as \"10:30\"", "un'ora come \"10:30\"")),
    (
        "datetime",
        VarKind::DateTime,
        Words("a moment such as \"2026-11-24T10:30\"", "un momento come \"2026-11-24T10:30\""),
    ),
    ("money", VarKind::Money, Words("an amount such as \"12.50\"", "un importo come \"12.50\"")),
    ("phone", VarKind::Phone, Words("a telephone number in quotes", "un numero di telefono tra virgolette")),
    ("list", VarKind::List, Words("a list of values", "un elenco di valori")),
    ("object", VarKind::Object, Words("a mapping of values", "una mappa di valori")),
];

impl VarKind {
    pub(super) fn by_name(name: &str) -> Option<VarKind> {
        KINDS.into_iter().find(|(known, ..)| *known == name).map(|(_, kind, _)| kind)
    }

    pub(super) fn names() -> impl Iterator<Item = &'static str> + Clone {
        KINDS.into_iter().map(|(name, ..)| name)
    }

    pub(super) fn words(self) -> Words {
        KINDS.into_iter().find(|(_, kind, _)| *kind == self).map_or(Words::TEXT, |(.., words)| words)
    }

    /// How it is declared.
    pub(super) fn declared(self) -> Words {
        match self {
            VarKind::Digits => Words("digits or string", "digits o string"),
            VarKind::Text => Words("string", "string"),
            VarKind::Date => Words("date or string", "date o string"),
            VarKind::Phone => Words("phone or string", "phone o string"),
            VarKind::Object => Words("object", "object"),
            other => other.words(),
        }
    }

    /// What a variable without a default holds until it is set.
    pub(super) fn empty(self) -> Value {
        match self {
            VarKind::Number => Value::Number(0),
            VarKind::Flag => Value::Flag(false),
            VarKind::List => Value::List(Vec::new()),
            VarKind::Object => Value::Object(BTreeMap::new()),
            _ => Value::Text(String::new()),
        }
    }

    /// Digits that a caller keyed in, telephone numbers and what other systems know are about a person unless declared otherwise.
    pub(super) fn is_personal(self) -> bool {
        matches!(self, VarKind::Digits | VarKind::Phone | VarKind::Object)
    }

    pub(super) fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (VarKind::Number, Value::Number(_))
            | (VarKind::Flag, Value::Flag(_))
            | (VarKind::List, Value::List(_))
            | (VarKind::Object, Value::Object(_))
            | (VarKind::Text, Value::Text(_)) => true,
            (VarKind::Digits, Value::Text(text)) => text.bytes().all(|b| b.is_ascii_digit()),
            (VarKind::Date, Value::Text(text)) => text.parse::<Date>().is_ok(),
            (VarKind::Time, Value::Text(text)) => text.parse::<Time>().is_ok(),
            (VarKind::DateTime, Value::Text(text)) => text.parse::<DateTime>().is_ok(),
            (VarKind::Money, Value::Text(text)) => is_amount(text),
            (VarKind::Phone, Value::Text(text)) => {
                text.strip_prefix('+').unwrap_or(text).bytes().all(|b| b.is_ascii_digit())
            }
            _ => false,
        }
    }
}

/// `12`, `12.5`, `12.50`.
fn is_amount(text: &str) -> bool {
    let (whole, parts) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole.strip_prefix('-').unwrap_or(whole)) && digits(parts) && parts.len() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_holds_its_own_and_refuses_the_rest() {
        for (name, good, bad) in [
            ("digits", "055", "12a"),
            ("date", "2026-11-24", "24/11/2026"),
            ("time", "10:30", "10 e 30"),
            ("datetime", "2026-11-24T10:30", "domani"),
            ("money", "12.50", "12,50"),
            ("phone", "+390552768224", "zero"),
        ] {
            let kind = VarKind::by_name(name).unwrap();
            assert!(kind.fits(&Value::Text(good.to_owned())), "{name}");
            assert!(!kind.fits(&Value::Text(bad.to_owned())), "{name}");
            assert!(!kind.fits(&Value::Number(1)), "{name}");
        }
        for name in VarKind::names() {
            let kind = VarKind::by_name(name).unwrap();
            let starts_right = kind.fits(&kind.empty()) || matches!(kind.empty(), Value::Text(_));
            assert!(starts_right, "{name}");
        }
    }
}
