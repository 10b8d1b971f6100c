//! What goes to standard output: tables for people, one JSON object a line for scripts.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

use super::failure::Failure;

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For scripts: one object a line.
    Json,
}

/// A column: its title, and whether it holds numbers, which stand to the right.
pub(super) struct Column(pub(super) &'static str, pub(super) bool);

/// A column of words.
pub(super) const fn words(title: &'static str) -> Column {
    Column(title, false)
}

/// A column of numbers.
pub(super) const fn numbers(title: &'static str) -> Column {
    Column(title, true)
}

/// A line under the titles and nothing else: rows can be searched and cut.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// Prints a table, as wide as the terminal; `nothing` when it has no rows.
pub(super) fn table(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
    nothing: &str,
) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|Column(title, _)| *title));
    for (index, Column(_, is_number)) in columns.iter().enumerate() {
        if *is_number && let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for row in rows {
        table.add_row(row.iter().map(|text| printable(text)));
    }
    if table.is_empty() { line(nothing) } else { line(&table.trim_fmt()) }
}

/// Prints an object on a line of its own.
pub(super) fn json(row: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(row).map_err(Failure::other)?;
    line(&text)
}

/// Prints a line. A reader who has had enough (`| head`) is no fault: the command ends there, and well.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::enough()),
        Err(error) => Err(Failure::other(format_args!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Without control characters: what a caller sent must not move the cursor of whoever reads it.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// What is not there.
pub(super) fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| text.to_string())
}

/// A word of a closed list as scripts see it.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(serde_json::Value::Null) | Err(_) => "-".to_owned(),
        Ok(other) => other.to_string(),
    }
}

/// Seconds as a person reads them: `0:07`, `12:30`, `1:02:03`; a dash for none.
pub(super) fn clock(seconds: f64) -> String {
    let duration = std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let whole = duration.as_secs() + u64::from(duration.subsec_millis() >= 500);
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        _ if duration.is_zero() => "-".to_owned(),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// `2026-11-22T08:30:00.123+01:00` as `2026-11-22 08:30:00`.
pub(super) fn moment(rfc3339: &str) -> String {
    rfc3339.get(..19).map_or_else(|| rfc3339.to_owned(), |text| text.replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Outcome;

    #[test]
    fn seconds_are_read_as_on_a_clock() {
        for (seconds, expected) in [
            (0.0, "-"),
            (0.2, "0:00"),
            (7.4, "0:07"),
            (59.6, "1:00"),
            (750.0, "12:30"),
            (3723.0, "1:02:03"),
            (-1.0, "-"),
        ] {
            assert_eq!(clock(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn what_callers_sent_cannot_move_the_cursor() {
        assert_eq!(printable("+39\u{1b}[2J055\n"), "+39\u{fffd}[2J055\u{fffd}");
    }

    #[test]
    fn words_and_gaps_print_as_themselves() {
        assert_eq!(word(&Outcome::Abandoned), "abandoned");
        assert_eq!(word(&None::<Outcome>), "-");
        assert_eq!(or_dash(None::<u64>), "-");
        assert_eq!(moment("2026-11-22T08:30:00.123+01:00"), "2026-11-22 08:30:00");
    }
}
