//! `calendars.toml`: opening hours. What a schedule may say is for `flow::hours` to know; here its faults get their places.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, name_word};
use crate::flow::hours::{Calendars, ScheduleFault, ScheduleText};

/// Read `[schedule.<name>]`.
pub(super) fn read(table: Table<'_>, names: &mut Names) -> Calendars {
    let mut calendars = Calendars::default();
    if let Some(schedules) = table.table("schedule", "[schedule]") {
        for (name, value) in schedules.entries {
            let name = name_word(name);
            names.add(&table.file, &name);
            let text = match ScheduleText::deserialize(ValueDeserializer::from(value.clone())) {
                Ok(text) => text,
                Err(error) => {
                    let (at, fault) =
                        (error.span().unwrap_or_else(|| value.span()), error.message().to_owned());
                    table.file.fault(&at, Fault::Schedule { name: name.text.to_owned(), fault });
                    continue;
                }
            };
            match text.compile() {
                Ok(schedule) => drop(calendars.schedules.insert(name.text.into(), schedule)),
                Err(faults) => faults.into_iter().for_each(|fault| {
                    let at = find(value, culprit(&fault)).unwrap_or_else(|| value.span());
                    let (name, fault) = (name.text.to_owned(), fault.to_string());
                    table.file.fault(&at, Fault::Schedule { name, fault });
                }),
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
