//! `calendars.toml`: opening hours. What a schedule may say is for `flow::hours` to know; here its faults get their places.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::fault::Fault;
use super::names::Names;
use super::reader::{File, Table, name_word};
use crate::flow::hours::{Calendars, ScheduleFault, ScheduleText};
use crate::ids::ScheduleId;

/// Read `[schedule.<name>]`.
pub(super) fn read(table: Table<'_>, names: &mut Names) -> Calendars {
    let mut written = Written::default();
    if let Some(schedules) = table.table("schedule", "[schedule]") {
        for (name, value) in schedules.entries {
            let name = name_word(name);
            names.add(&table.file, &name);
            written.read(&table.file, name.text, value);
        }
    }
    let compiled = Calendars::compile(&written.texts).unwrap_or_else(|faults| {
        faults.into_iter().for_each(|(name, fault)| written.tell(&table.file, &name, &fault));
        Calendars::default()
    });
    table.finish();
    compiled
}

/// The schedules as written, each with its place.
#[derive(Default)]
struct Written<'v> {
    texts: BTreeMap<ScheduleId, ScheduleText>,
    values: BTreeMap<ScheduleId, &'v Spanned<DeValue<'v>>>,
    /// Those whose form is wrong. What extends them is not at fault.
    unread: BTreeSet<String>,
}

impl<'v> Written<'v> {
    fn read(&mut self, file: &File<'_>, name: &str, value: &'v Spanned<DeValue<'v>>) {
        self.values.insert(name.into(), value);
        match ScheduleText::deserialize(ValueDeserializer::from(value.clone())) {
            Ok(text) => drop(self.texts.insert(name.into(), text)),
            Err(error) => {
                self.unread.insert(name.to_owned());
                let at = error.span().unwrap_or_else(|| value.span());
                let (name, fault) = (name.to_owned(), error.message().to_owned());
                file.fault(&at, Fault::Schedule { name, fault });
            }
        }
    }

    fn tell(&self, file: &File<'_>, name: &ScheduleId, fault: &ScheduleFault) {
        let told_already = matches!(fault, ScheduleFault::Parent { name, .. } if self.unread.contains(name));
        let Some(value) = self.values.get(name).filter(|_| !told_already) else { return };
        let at = find(value, culprit(fault)).unwrap_or_else(|| value.span());
        file.fault(&at, Fault::Schedule { name: name.to_string(), fault: fault.to_string() });
    }
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
        | F::TooManyDays(text)
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
