//! Reading one mapping of a flow file: each key is asked for once, by type, and whatever was not asked for is unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use super::fault::{Fault, Faults, Part, Place, Words, hint_or_all, shortened};
use super::grammar::Key as Allowed;
use super::yaml::{Key, Value, Yaml};

/// A mapping being read. Wrong shapes and unknown keys become faults; the reader goes on without them.
pub(super) struct Fields<'y> {
    /// Of the mapping.
    pub(super) at: Place,
    /// Of equal keys only the first.
    entries: Vec<&'y (Key, Yaml)>,
    /// Looked at for keys that are not there: the defaults of a node's type.
    fallback: Option<&'y Yaml>,
    /// As messages call it.
    part: Part,
    faults: &'y Faults,
    asked: RefCell<Vec<&'static str>>,
}

/// A text and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'y> {
    pub(super) at: Place,
    pub(super) text: &'y str,
}

impl<'y> Fields<'y> {
    /// Reads `yaml` as a mapping; a fault and `None` when it is none.
    pub(super) fn of(yaml: &'y Yaml, part: Part, faults: &'y Faults) -> Option<Fields<'y>> {
        let Value::Map(entries) = &yaml.value else {
            faults.add(yaml.at, Fault::NotMapping { part });
            return None;
        };
        let mut seen = BTreeSet::new();
        let (entries, repeated): (Vec<_>, Vec<_>) =
            entries.iter().partition(|(key, _)| seen.insert(key.name.as_str()));
        for (key, _) in repeated {
            faults.add(key.at, Fault::DuplicateKey(shortened(&key.name)));
        }
        Some(Fields { at: yaml.at, entries, fallback: None, part, faults, asked: RefCell::default() })
    }

    /// What is not given here is looked for there.
    pub(super) fn or_else(mut self, fallback: Option<&'y Yaml>) -> Fields<'y> {
        self.fallback = fallback;
        self
    }

    /// Where its faults are collected.
    pub(super) fn faults(&self) -> &'y Faults {
        self.faults
    }

    /// The text of an entry whose name the author chose.
    pub(super) fn text_of_name(&self, name: &str) -> Option<Text<'y>> {
        let (_, yaml) = self.entries.iter().find(|(given, _)| given.name == name)?;
        text_of(yaml, name, self.faults)
    }

    /// All entries: for mappings whose keys are names that the author chose.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Text<'y>, &'y Yaml)> {
        let entries = self.faults.until_full(&self.entries);
        entries.map(|(key, value)| (Text { at: key.at, text: &key.name }, value))
    }

    /// The value of `key`, if it is given and not empty.
    pub(super) fn value(&self, key: &'static str) -> Option<&'y Yaml> {
        self.asked.borrow_mut().push(key);
        let own = self.entries.iter().find(|(given, _)| given.name == key).map(|(_, value)| value);
        let value = own.or_else(|| match &self.fallback?.value {
            Value::Map(entries) => {
                entries.iter().find(|(given, _)| given.name == key).map(|(_, value)| value)
            }
            _ => None,
        })?;
        (!matches!(value.value, Value::Null)).then_some(value)
    }

    fn shape(&self, at: Place, key: &str, expected: Words) {
        self.faults.add(at, Fault::Shape { key: key.to_owned(), expected });
    }

    fn shaped<T>(
        &self,
        key: &'static str,
        expected: Words,
        read: impl FnOnce(&'y Value) -> Option<T>,
    ) -> Option<T> {
        let yaml = self.value(key)?;
        let value = read(&yaml.value);
        if value.is_none() {
            self.shape(yaml.at, key, expected);
        }
        value
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Text<'y>> {
        let at = self.value(key)?.at;
        let text = self.shaped(key, Words::TEXT, |value| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })?;
        Some(Text { at, text })
    }

    /// A text that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<Text<'y>> {
        if self.value(key).is_none() {
            self.missing(key);
        }
        self.text(key)
    }

    pub(super) fn missing(&self, key: &'static str) {
        self.faults.add(self.at, Fault::MissingKey { key: key.to_owned(), part: self.part.clone() });
    }

    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.shaped(key, Words::FLAG, |value| match value {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        })
    }

    pub(super) fn number(&self, key: &'static str) -> Option<i64> {
        self.shaped(key, Words::NUMBER, |value| match value {
            Value::Int(number) => Some(*number),
            _ => None,
        })
    }

    pub(super) fn count(&self, key: &'static str) -> Option<u32> {
        self.shaped(key, Words::COUNT, |value| match value {
            Value::Int(number) => u32::try_from(*number).ok().filter(|number| *number <= 1000),
            _ => None,
        })
    }

    pub(super) fn duration(&self, key: &'static str) -> Option<Duration> {
        self.shaped(key, Words::SPAN, |value| match value {
            Value::Text(text) => parse_duration(text),
            _ => None,
        })
    }

    pub(super) fn list(&self, key: &'static str) -> &'y [Yaml] {
        let list = self.shaped(key, Words::LIST, |value| match value {
            Value::List(list) => Some(list.as_slice()),
            _ => None,
        });
        list.unwrap_or_default()
    }

    /// A list of texts; what is no text is a fault and left out.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Text<'y>> {
        let items = self.faults.until_full(self.list(key));
        items.filter_map(|item| text_of(item, key, self.faults)).collect()
    }

    pub(super) fn fields(&self, key: &'static str) -> Option<Fields<'y>> {
        Fields::of(self.value(key)?, Part::Key(key), self.faults)
    }

    /// These keys may be there, whoever reads them; every other is a fault, and so is a needed one that is missing.
    pub(super) fn hold_to(&self, allowed: &'static [Allowed]) {
        self.hold_to_names(allowed.iter().map(|key| key.name).collect());
    }

    /// The same for keys that are not in a table, or not in one alone.
    pub(super) fn hold_to_names(&self, mut names: Vec<&'static str>) {
        debug_assert!(
            self.asked.borrow().iter().all(|asked| names.contains(asked)),
            "the grammar has {names:?} for {:?}, the compiler asks for {:?}",
            self.part,
            self.asked.borrow()
        );
        for (key, _) in self.faults.until_full(&self.entries) {
            if !names.contains(&key.name.as_str()) {
                names.sort_unstable();
                names.dedup();
                let hint = hint_or_all(&key.name, names.iter().copied());
                let (key_name, part) = (shortened(&key.name), self.part.clone());
                self.faults.add(key.at, Fault::UnknownKey { key: key_name, part, hint });
            }
        }
    }
}

/// The text of one item of the list `key`.
pub(super) fn text_of<'y>(item: &'y Yaml, key: &str, faults: &Faults) -> Option<Text<'y>> {
    if let Value::Text(text) = &item.value {
        return Some(Text { at: item.at, text });
    }
    faults.add(item.at, Fault::Shape { key: key.to_owned(), expected: Words::TEXT });
    None
}

/// `500ms`, `6s`, `15m`, `1h`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let count: u64 = count.parse().ok()?;
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    let ms = count.checked_mul(unit_ms)?;
    (ms <= 86_400_000).then_some(Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_have_a_unit_and_an_end() {
        for (text, ms) in [
            ("500ms", Some(500)),
            ("6s", Some(6_000)),
            ("15m", Some(900_000)),
            ("24h", Some(86_400_000)),
            ("25h", None),
            ("6", None),
            ("s", None),
            ("-6s", None),
            ("99999999999999999999h", None),
            ("9999999999999999h", None),
        ] {
            assert_eq!(parse_duration(text), ms.map(Duration::from_millis), "{text}");
        }
    }
}
