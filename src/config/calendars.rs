//! `calendars.toml`: opening hours. What a schedule may say is for `flow::hours` to know; here its faults get their places.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, name_word};
use crate::flow::hours::{Calendars, ScheduleFault, ScheduleText};
use crate::ids::ScheduleId;

/// Read `[schedule.<name>]`.
pub(super) fn read(table: Table<'_>, names: &mut Names) -> Calendars {
    let mut calendars = Calendars::default();
    if let Some(schedules) = table.table("schedule", "[schedule]") {
        let (mut texts, mut values) = (BTreeMap::new(), BTreeMap::new());
        let mut unread = BTreeSet::new();
        for (name, value) in schedules.entries {
            let name = name_word(name);
            names.add(&table.file, &name);
            values.insert(ScheduleId::from(name.text), value);
            match ScheduleText::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(text) => drop(texts.insert(ScheduleId::from(name.text), text)),
                Err(error) => {
                    let at = error.span().unwrap_or_else(|| value.span());
                    let (name, fault) = (name.text.to_owned(), error.message().to_owned());
                    unread.insert(name.clone());
                    table.file.fault(&at, Fault::Schedule { name, fault });
                }
            }
        }
        match Calendars::compile(&texts) {
            Ok(compiled) => calendars = compiled,
            Err(faults) => {
                for (name, fault) in faults {
                    let Some(value) = values.get(&name) else { continue };
                    // It is there; its own faults are told.
                    if matches!(&fault, ScheduleFault::Parent { name, .. } if unread.contains(name)) {
                        continue;
                    }
                    let at = find(value, culprit(&fault)).unwrap_or_else(|| value.span());
                    table
                        .file
                        .fault(&at, Fault::Schedule { name: name.to_string(), fault: fault.to_string() });
                }
            }
        }
    }
    table.finish();
    calendars
}

/// The text that a fault is about.
fn culprit(fault: &ScheduleFault) -> &str {
    use ScheduleFault as F;
    match fault {
        F::Zone(text)
        | F::Days(text)
        | F::Times(text)
        | F::Holiday(text)
        | F::Date(text)
        | F::Dates(text)
        | F::Circle(text)
        | F::Parent { name: text, .. }
        | F::Exception(text) => text,
    }
}

/// Where `text` stands within a value, as a key or as a text. Schedules are a few levels deep; the parser bounds them.
fn find(value: &Spanned<DeValue<'_>>, text: &str) -> Option<Range<usize>> {
    match value.get_ref() {
        DeValue::String(found) if found == text => Some(value.span()),
        DeValue::Array(items) => items.iter().find_map(|item| find(item, text)),
        DeValue::Table(entries) => {
            entries.iter().find_map(
                |(key, value)| {
                    if key.get_ref() == text { Some(key.span()) } else { find(value, text) }
                },
            )
        }
        _ => None,
    }
}
