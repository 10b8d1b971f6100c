//! What a person does with a journal at rest: check it, repair it, export it.
//!
//! A check and a repair read a segment in the same way (`survey`), to its end, whatever lies between: so one tells before what the
//! other does.

mod check;
mod repair;
mod survey;

#[cfg(test)]
mod tests;

pub use check::{Checked, check};
pub use repair::{Fresh, Repaired, repair};

use serde_json::Value;

use super::Lsn;
use super::disk::Disk;
use super::entry::{Entry, Personal};
use super::log::{LogError, segments};
use super::reader::Reader;
use super::seal::Keys;
use crate::time::rome;

/// The entries as JSON lines. `keys`: with personal fields readable; without: masked. Segments whose first entries were
/// archived away begin where they begin.
pub fn export<D: Disk>(
    disk: &D,
    keys: &Keys,
    clear: bool,
    mut line: impl FnMut(String),
) -> Result<u64, LogError> {
    let first = segments(disk)?.first().map_or(1, |(first, _)| *first);
    let mut count = 0;
    for item in Reader::new(disk.clone(), Lsn(first)) {
        let (lsn, entry) = item?;
        line(export_line(lsn, keys.unseal_entry(entry), clear));
        count += 1;
    }
    Ok(count)
}

fn export_line(lsn: Lsn, mut entry: Entry, clear: bool) -> String {
    let mut shown = None;
    if let Some((_, field, personal)) = entry.fact.personal_mut() {
        let text = match &*personal {
            Personal::Clear(text) if clear => Value::from(text.as_str()),
            Personal::Clear(text) => Value::from(mask(text)),
            Personal::Sealed(_) | Personal::Erased => Value::Null,
        };
        shown = Some((field, text));
    }
    let mut json = serde_json::to_value(&entry).expect("entries are plain data with string keys");
    if let Value::Object(fields) = &mut json {
        fields.insert("lsn".to_owned(), Value::from(lsn.0));
        fields.insert("at".to_owned(), Value::from(rome(entry.at_ms)));
        if let Some((field, text)) = shown {
            fields.insert(field.to_owned(), text);
        }
    }
    json.to_string()
}

/// Enough of a number to tell two apart, not enough to call it; of anything else nothing. `anonymous` is nobody's.
pub fn mask(text: &str) -> String {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || "+ -/.".contains(c));
    match text {
        "anonymous" => text.to_owned(),
        _ if is_number && text.len() > 6 => format!("***{}", &text[text.len() - 3..]),
        _ => "***".to_owned(),
    }
}
