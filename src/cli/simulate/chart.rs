//! A day in a terminal: the mean wait of each half hour as a bar, beside the seats and the calls.

use crate::simulate::{DayFigures, Line, minutes};

/// Widest bar.
const WIDE: f64 = 40.0;
/// Eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// One line for each half hour.
pub(super) fn of(figures: &DayFigures) -> String {
    let most = figures.half_hours(None).map(|line| line.mean_wait_s.value).fold(0.0, f64::max);
    let row = |line: &Line| {
        let wait = line.mean_wait_s.value;
        let from = line.from.as_deref().unwrap_or_default();
        let bar = bar(if most > 0.0 { wait / most * WIDE } else { 0.0 });
        format!("{from}  {bar} {}", minutes(wait))
    };
    let rows: Vec<String> = figures.half_hours(None).map(row).collect();
    format!("mean wait\n{}", rows.join("\n"))
}

/// So many cells, to an eighth.
fn bar(cells: f64) -> String {
    let eighths = (cells * 8.0).round();
    let (whole, rest) = ((eighths / 8.0).floor(), eighths % 8.0);
    let count = (0..400_u32).take_while(|cell| f64::from(*cell) < whole).count();
    let part =
        (0_u32..).zip(EIGHTHS).find(|(eighth, _)| f64::from(*eighth) >= rest).map_or("", |(_, part)| part);
    format!("{}{part}", "█".repeat(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_what_they_show() {
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(2.5), "██▌");
        assert_eq!(bar(3.0), "███");
    }
}
