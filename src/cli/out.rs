//! What goes to standard output: tables for people, one JSON object a line for scripts.

use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle};
use serde::Serialize;

use super::failure::Failure;
use crate::io::control::Clock;
use crate::letters::is_steering;
use crate::time::rome;

/// How a list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For scripts: one object a line.
    Json,
}

/// What a column holds, which says how it gives way on a narrow terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// Cut when long, never broken over lines.
    Words,
    /// To the right.
    Numbers,
    /// As `moment` writes it; told shorter when there is little room.
    Moment,
    /// Goes on over several lines.
    Prose,
}

/// A column: its title and what it holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    title: &'static str,
    holds: Holds,
    /// Left out when the terminal is narrow, the highest first; 0 stays.
    spare: u8,
}

impl Column {
    /// Left out when the terminal is narrow, the highest rank first; `--format json` and `show` still have it.
    pub(super) const fn spare(self, rank: u8) -> Column {
        Column { spare: rank, ..self }
    }

    const fn new(title: &'static str, holds: Holds) -> Column {
        Column { title, holds, spare: 0 }
    }
}

/// A column of words.
pub(super) const fn words(title: &'static str) -> Column {
    Column::new(title, Holds::Words)
}

/// A column of numbers.
pub(super) const fn numbers(title: &'static str) -> Column {
    Column::new(title, Holds::Numbers)
}

/// A column of moments.
pub(super) const fn moments(title: &'static str) -> Column {
    Column::new(title, Holds::Moment)
}

/// A column of sentences.
pub(super) const fn prose(title: &'static str) -> Column {
    Column::new(title, Holds::Prose)
}

/// A line under the titles and nothing else: rows can be searched and cut.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));
/// Longest cell, and longest word of a sentence: a caller's 128 digits must not widen the table.
const LONGEST: usize = 32;
/// A cell is not cut below this, however narrow the terminal.
const SHORTEST: usize = 8;
/// Sentences want at least this much.
const PROSE: usize = 32;
/// Between two columns.
const GAP: usize = 2;

/// Prints a table, as wide as the terminal; `nothing` when it has no rows.
pub(super) fn table(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
    nothing: &str,
) -> Result<(), Failure> {
    line(&table_text(columns, rows, nothing))
}

/// The same as text.
pub(super) fn table_text(
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<String>>,
    nothing: &str,
) -> String {
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let width = Table::new().width();
    let today = now();
    drawn(columns, &rows, width, today.get(..10).unwrap_or_default())
}

/// This moment in Rome: `2026-11-22 08:30:00`.
pub(super) fn now() -> String {
    moment(&rome(Clock::start().now().wall.as_millisecond()))
}

/// Shows a page in the place of the one before; on what is no terminal, below it.
pub(super) fn page(text: &str) -> Result<(), Failure> {
    if !io::stdout().is_terminal() {
        return line(text);
    }
    // A page longer than the terminal would scroll, and stand there twice.
    let rows = rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_row));
    let text = &cropped(text, rows);
    // Line by line over the old page, so that nothing flickers; then the rest of it is wiped.
    let lines = text.lines().map(|line| format!("{line}\x1b[K\n")).collect::<String>();
    line(&format!("\x1b[H{lines}\x1b[J"))
}

/// No more lines than `rows` of a terminal have room for, with the cursor's; the last tells how many are left out. 0: nobody knows.
fn cropped(text: &str, rows: usize) -> String {
    let count = text.lines().count();
    if rows < 4 || count < rows {
        return text.to_owned();
    }
    let shown = rows - 2;
    let left = count - shown;
    let lines: Vec<&str> = text.lines().take(shown).collect();
    format!("{}\n… and {left} more lines; a higher terminal shows them", lines.join("\n"))
}

/// The table as text, in a terminal of `width` or without end.
fn drawn(columns: &[Column], rows: &[Vec<String>], width: Option<u16>, today: &str) -> String {
    let (columns, rows) = fitted(columns, rows, width.map_or(usize::MAX, usize::from), today);
    let mut table = Table::new();
    table.load_style(STYLE).set_header(columns.iter().map(|column| column.title));
    if columns.iter().any(|column| column.holds == Holds::Prose) {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if let Some(width) = width {
            table.set_width(width);
        }
    } else {
        table.set_content_arrangement(ContentArrangement::Disabled); // it fits, or cannot be made to
    }
    for row in rows {
        table.add_row(row);
    }
    for (column, drawn) in columns.iter().zip(table.column_iter_mut()) {
        drawn.set_padding((0, 1)); // and the style has a blank between columns
        if column.holds == Holds::Numbers {
            drawn.set_cell_alignment(CellAlignment::Right);
        }
        if column.holds != Holds::Prose {
            drawn.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.trim_fmt()
}

/// Columns and cells that fit into `width`: moments get shorter, then spare columns go, then the widest cells are cut.
fn fitted(
    columns: &[Column],
    rows: &[Vec<String>],
    width: usize,
    today: &str,
) -> (Vec<Column>, Vec<Vec<String>>) {
    let mut columns = columns.to_vec();
    let cells =
        |row: &Vec<String>| columns.iter().zip(row).map(|(column, text)| cell(*column, text)).collect();
    let mut rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    if total(&columns, &rows) > width {
        for (place, _) in columns.iter().enumerate().filter(|(_, column)| column.holds == Holds::Moment) {
            rows.iter_mut().filter_map(|row| row.get_mut(place)).for_each(|text| shorten(text, today));
        }
    }
    while total(&columns, &rows) > width {
        let spare = (0..columns.len()).filter(|place| columns[*place].spare > 0);
        let Some(place) = spare.max_by_key(|place| columns[*place].spare) else { break };
        columns.remove(place);
        for row in &mut rows {
            row.remove(place);
        }
    }
    while let over @ 1.. = total(&columns, &rows).saturating_sub(width) {
        let can_give = (0..columns.len()).filter(|place| columns[*place].holds == Holds::Words);
        let Some(place) = can_give.max_by_key(|place| widest(&columns, &rows, *place)) else { break };
        let now = widest(&columns, &rows, place);
        let title = columns[place].title.chars().count();
        let next = now.saturating_sub(over.min(4)).max(title).max(SHORTEST);
        if next >= now {
            break;
        }
        rows.iter_mut().filter_map(|row| row.get_mut(place)).for_each(|text| *text = cut(text, next));
    }
    (columns, rows)
}

fn total(columns: &[Column], rows: &[Vec<String>]) -> usize {
    let cells: usize = (0..columns.len()).map(|place| widest(columns, rows, place)).sum();
    // The gap after the last column is drawn too.
    cells + GAP * columns.len()
}

/// The width that a column takes.
fn widest(columns: &[Column], rows: &[Vec<String>], place: usize) -> usize {
    let longest = rows.iter().filter_map(|row| row.get(place)).map(|text| text.chars().count()).max();
    let longest = longest.unwrap_or_default().max(columns[place].title.chars().count());
    if columns[place].holds == Holds::Prose { longest.min(PROSE) } else { longest }
}

/// A text as it may stand in a cell.
fn cell(column: Column, text: &str) -> String {
    let text = printable(text);
    match column.holds {
        Holds::Prose => text.split(' ').map(|word| cut(word, LONGEST)).collect::<Vec<_>>().join(" "),
        _ => cut(&text, LONGEST),
    }
}

/// At most `longest` characters; the last is `…` when there were more.
fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// `2026-11-22 08:30:00` without seconds, and without the date if that is `today`.
fn shorten(moment: &mut String, today: &str) {
    let minutes = moment.get(..16).unwrap_or(moment);
    *moment = minutes.strip_prefix(today).unwrap_or(minutes).trim_start().to_owned();
}

/// Prints an object on a line of its own.
pub(super) fn json(row: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(row).map_err(Failure::other)?;
    line(&text)
}

/// What a command has done: a sentence, or one object.
pub(super) fn done(format: Format, what: &impl Serialize, sentence: &str) -> Result<(), Failure> {
    match format {
        Format::Json => json(what),
        Format::Table => line(&printable(sentence)),
    }
}

/// Prints a text as it is. A reader who has had enough is no fault.
pub(super) fn exactly(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    told(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// Prints a line. A reader who has had enough (`| head`) is no fault: the command ends there, and well.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    told(writeln!(out, "{text}").and_then(|()| out.flush()))
}

fn told(printed: io::Result<()>) -> Result<(), Failure> {
    match printed {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Failure::enough()),
        Err(error) => Err(Failure::other(format_args!("standard output cannot be written: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Without control and format characters: what a caller sent must not move the cursor of whoever reads it, nor turn the line
/// round, nor hide in it.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_steering(c) { '\u{fffd}' } else { c }).collect()
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
    fn page_has_no_more_lines_than_the_terminal() {
        let text: Vec<String> = (1..=30).map(|line| line.to_string()).collect();
        let text = text.join("\n");
        for (rows, expected) in [(0, 30), (31, 30), (30, 29), (10, 9), (4, 3)] {
            assert_eq!(cropped(&text, rows).lines().count(), expected, "{rows}");
        }
        assert!(cropped(&text, 10).ends_with("8\n… and 22 more lines; a higher terminal shows them"));
    }

    #[test]
    fn what_callers_sent_cannot_move_the_cursor() {
        assert_eq!(printable("+39\u{1b}[2J055\n"), "+39\u{fffd}[2J055\u{fffd}");
        for hidden in ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{2028}', '\u{e0041}'] {
            assert_eq!(printable(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
        assert_eq!(printable("Perché no? 東京"), "Perché no? 東京");
    }

    const COLUMNS: [Column; 6] = [
        words("contact"),
        words("case").spare(2),
        moments("opened"),
        words("from"),
        words("to").spare(1),
        numbers("wait"),
    ];

    fn contact(from: &str) -> Vec<String> {
        ["1.1.1", "100001", "2026-11-22 08:30:00", from, "055055", "0:07"].map(str::to_owned).to_vec()
    }

    #[test]
    fn table_gives_way_to_a_narrow_terminal_and_never_breaks_words() {
        for (width, titles) in [
            (None, "contact case opened from to wait"),
            (Some(80), "contact case opened from to wait"),
            (Some(50), "contact opened from to wait"),
            (Some(37), "contact opened from wait"),
            (Some(10), "contact opened from wait"),
        ] {
            let text = drawn(&COLUMNS, &[contact("+390552768224")], width, "2026-11-22");
            let first = text.lines().next().expect("titles");
            assert_eq!(first.split_whitespace().collect::<Vec<_>>().join(" "), titles, "{width:?}\n{text}");
            assert_eq!(text.lines().count(), 3, "{text}");
            let wide = width.map_or(usize::MAX, usize::from).max(37);
            assert!(text.lines().all(|line| line.chars().count() <= wide), "{width:?}\n{text}");
        }
    }

    #[test]
    fn moments_get_shorter_before_columns_go() {
        let rows = [contact("anonymous")];
        let opened = |width, today| fitted(&COLUMNS, &rows, width, today).1[0][2].clone();
        assert_eq!(opened(usize::MAX, "2026-11-22"), "2026-11-22 08:30:00");
        assert_eq!(opened(60, "2026-11-22"), "08:30");
        assert_eq!(opened(60, "2026-11-23"), "2026-11-22 08:30");
    }

    #[test]
    fn number_of_128_digits_does_not_widen_the_table() {
        let number = "7".repeat(128);
        let text = drawn(&COLUMNS, &[contact(&number)], None, "2026-11-22");
        assert!(text.contains(&format!("{}…", "7".repeat(31))) && !text.contains(&"7".repeat(32)), "{text}");
        let story = [prose("what happened")];
        let told = vec![format!("call from {number} to 055055, for firenze, and so on and so forth")];
        let text = drawn(&story, &[told], Some(40), "2026-11-22");
        assert!(text.contains("7…") && text.contains("firenze,"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 40), "{text}");
    }

    #[test]
    fn words_and_gaps_print_as_themselves() {
        assert_eq!(word(&Outcome::Abandoned), "abandoned");
        assert_eq!(word(&None::<Outcome>), "-");
        assert_eq!(or_dash(None::<u64>), "-");
        assert_eq!(moment("2026-11-22T08:30:00.123+01:00"), "2026-11-22 08:30:00");
    }
}
