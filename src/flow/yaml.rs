//! A flow file as a tree in which every key and value knows its place.
//!
//! Serde's structs stop at the first fault and forget places inside enums; a flow's author should see all faults at once,
//! each with line and column. So the file becomes this small tree first, within stated bounds, and `fields` reads it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Spanned};

use super::fault::{Fault, Faults, Place};

/// Largest file read: far above any flow made by people, far below what would hurt.
const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting read; a flow needs six levels. It bounds the stack.
const MAX_DEPTH: usize = 32;
/// Most keys and values in one file. It bounds memory.
const MAX_NODES: usize = 100_000;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Yaml {
    pub(super) at: Place,
    pub(super) value: Value,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float,
    Text(String),
    List(Vec<Yaml>),
    Map(Vec<(Key, Yaml)>),
}

/// A key and its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) at: Place,
    pub(super) name: String,
}

impl Yaml {
    /// Reads `text`; `None` when it is no YAML at all, which is then among the faults.
    pub(super) fn parse(text: &str, faults: &Faults) -> Option<Yaml> {
        if text.len() > MAX_BYTES {
            faults.add(Place { line: 1, column: 1 }, Fault::TooLarge);
            return None;
        }
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: MAX_DEPTH,
                max_nodes: MAX_NODES,
                max_documents: 1,
                max_anchors: 0,
                max_aliases: 0,
            },
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            merge_keys: MergeKeyPolicy::AsOrdinary,
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
            with_snippet: false,
        };
        match serde_saphyr::from_str_with_options::<Yaml>(text, options) {
            Ok(yaml) => Some(yaml),
            Err(error) => {
                let at = error.location().map_or(Place { line: 1, column: 1 }, place);
                faults.add(at, fault(error.without_snippet()));
                None
            }
        }
    }
}

fn place(location: serde_saphyr::Location) -> Place {
    Place { line: location.line(), column: location.column() }
}

fn fault(error: &serde_saphyr::Error) -> Fault {
    match error {
        serde_saphyr::Error::Budget {
            breach: BudgetBreach::Anchors { .. } | BudgetBreach::Aliases { .. },
            ..
        } => Fault::Alias,
        serde_saphyr::Error::Budget { .. } => Fault::TooComplex,
        other => unreadable(&first_line(&other.to_string())),
    }
}

/// What the parser says most often, told with a remedy; all else in its own words.
fn unreadable(why: &str) -> Fault {
    match why {
        _ if why.contains("tabs disallowed") || why.contains("tab character") => Fault::Tab,
        _ if why.contains("quoted scalar") => Fault::QuoteNotClosed,
        _ if why.contains("mapping values are not allowed") => Fault::Colon,
        _ if why.contains("flow mapping") || why.contains("flow sequence") => Fault::NotClosed,
        _ if why.contains("block mapping")
            || why.contains("block sequence")
            || why.contains("block collection")
            || why.contains("indentation") =>
        {
            Fault::Indented
        }
        _ => Fault::Yaml(why.to_owned()),
    }
}

/// The parser's message without the place that it repeats at its end.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ").map_or(line, |(what, _)| what).to_owned()
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Yaml, D::Error> {
        let spanned = Spanned::<Value>::deserialize(from)?;
        Ok(Yaml { at: place(spanned.referenced), value: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        from.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        Value::deserialize(from)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float, Value::Int))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Float)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Float)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Float)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = from.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = from.next_key::<Spanned<String>>()? {
            map.push((Key { at: place(key.referenced), name: key.value }, from.next_value()?));
        }
        Ok(Value::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(text: &str) -> String {
        let faults = Faults::of("f.yaml");
        assert!(Yaml::parse(text, &faults).is_none(), "{text}");
        faults.into_list().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_key_and_value_knows_its_place() {
        let faults = Faults::of("f.yaml");
        let yaml = Yaml::parse("a: 055\nb:\n  - {c: true, \"1\": x}\n", &faults).unwrap();
        let Value::Map(top) = &yaml.value else { panic!("{yaml:?}") };
        assert_eq!((top[0].0.at, top[0].1.at), (Place { line: 1, column: 1 }, Place { line: 1, column: 4 }));
        assert!(matches!(&top[0].1.value, Value::Text(text) if text == "055"), "{:?}", top[0].1);
        let Value::List(list) = &top[1].1.value else { panic!("{yaml:?}") };
        let Value::Map(inner) = &list[0].value else { panic!("{yaml:?}") };
        assert_eq!((inner[1].0.name.as_str(), inner[1].0.at), ("1", Place { line: 3, column: 15 }));
    }

    #[test]
    fn deep_nesting_aliases_and_size_are_refused_not_followed() {
        assert!(faults_of(&"[".repeat(100_000)).contains("recursion limit"));
        assert!(faults_of(&"- ".repeat(200)).contains("nested too deeply"));
        assert!(faults_of("a: &x [1]\nb: [*x, *x]\n").contains("anchors and aliases"));
        assert!(faults_of(&"#".repeat(MAX_BYTES + 1)).contains("larger than 1 MB"));
    }
}
