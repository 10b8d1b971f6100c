//! `centralino queue calibration`: how often the wait that was told was the wait that came.

use super::exchange::Exchange;
use super::failure::Failure;
use super::moment::{End, parse_moment};
use super::out::{self, Column, Format, clock, numbers, words};
use super::records::page_through;
use crate::crm::{Calibration, CalibrationLine};
use crate::io::control::Clock;
use crate::io::records::Wanted;

/// Arguments of `queue calibration`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CalibrationArgs {
    #[command(flatten)]
    exchange: Exchange,
    /// Calls that arrived at this moment or later: 2026-11-22T08:30, 2026-11-22, today, or 7d for seven days ago.
    #[arg(long, visible_alias = "from", value_name = "MOMENT")]
    since: Option<String>,
    /// Calls that arrived before this moment; a day is within.
    #[arg(long, visible_alias = "to", value_name = "MOMENT")]
    until: Option<String>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [Column; 8] = [
    words("queue"),
    words("hour (Rome)"),
    numbers("answered"),
    numbers("within"),
    numbers("width"),
    numbers("wait"),
    numbers("gave up"),
    numbers("not told"),
];

/// Runs it.
pub(super) fn run(args: &CalibrationArgs) -> Result<(), Failure> {
    let now = Clock::start().now().wall;
    let read =
        |text: &Option<String>, end| text.as_deref().map(|text| parse_moment(text, end, now)).transpose();
    let wanted = Wanted {
        from_ms: read(&args.since, End::Since)?,
        to_ms: read(&args.until, End::Until)?,
        ..Wanted::default()
    };
    let records = args.exchange.records()?;
    let mut calibration = Calibration::default();
    let page = |wanted: &Wanted| records.contacts(wanted).map(|page| (page.contacts, page.next));
    page_through(wanted, usize::MAX, page, |contact| {
        calibration.count(&contact);
        Ok(())
    })?;
    let lines = calibration.lines();
    match args.format {
        Format::Json => lines.iter().try_for_each(out::json),
        Format::Table => out::table(&COLUMNS, lines.iter().map(row), "nobody has waited in that time"),
    }
}

fn row(line: &CalibrationLine) -> Vec<String> {
    let dash = || "-".to_owned();
    let seconds = |seconds: u64| u32::try_from(seconds).map_or_else(|_| dash(), |s| clock(f64::from(s)));
    vec![
        line.queue.to_string(),
        line.hour.clone(),
        line.answered.to_string(),
        line.within_percent.map_or_else(dash, |percent| format!("{percent} %")),
        line.median_width_s.map_or_else(dash, seconds),
        line.median_wait_s.map_or_else(dash, clock),
        line.unanswered.to_string(),
        line.not_told.to_string(),
    ]
}
