//! `centralino queue calibration`: how often the wait that was told was the wait that came.

use super::failure::Failure;
use super::out::{Column, clock, numbers, words};
use super::period::Period;
use crate::crm::{Calibration, CalibrationLine};

/// Arguments of `queue calibration`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CalibrationArgs {
    #[command(flatten)]
    period: Period,
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
    let mut calibration = Calibration::default();
    args.period.count(|contact| calibration.count(contact))?;
    args.period.tell(&COLUMNS, &calibration.lines(), row, "nobody has waited in that time")
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
