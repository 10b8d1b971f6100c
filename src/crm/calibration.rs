//! How often the expected wait was right: of those who were told a range and were then answered, how many waited within it, by queue
//! and by hour of the day; and how wide the range was. Who gave up tells nothing about the truth, and is counted apart.

use std::collections::BTreeMap;

use serde::Serialize;

use super::ContactLine;
use crate::ids::QueueId;

/// What was told in one queue in one hour of the day.
#[derive(Clone, Debug, Default)]
struct Cell {
    /// Width of the range and truth of each who was answered, in seconds.
    answered: Vec<(u64, f64)>,
    within: usize,
    unanswered: usize,
    not_told: usize,
}

/// All that was told.
#[derive(Clone, Debug, Default)]
pub struct Calibration(BTreeMap<(QueueId, String), Cell>);

/// One line of `queue calibration`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationLine {
    /// The queue.
    pub queue: QueueId,
    /// The hour of the day in Rome: `09`.
    pub hour: String,
    /// Were told a range, and then answered.
    pub answered: usize,
    /// So many of them within the range.
    pub within: usize,
    /// The same of a hundred; nothing, if there was none.
    pub within_percent: Option<u64>,
    /// Width of the range in the middle of them all, in seconds.
    pub median_width_s: Option<u64>,
    /// What they waited, in the middle of them all.
    pub median_wait_s: Option<f64>,
    /// Were told a range, and were not answered.
    pub unanswered: usize,
    /// Waited and were told no range: it was not known, or too wide.
    pub not_told: usize,
}

impl Calibration {
    /// One more contact.
    pub fn count(&mut self, contact: &ContactLine) {
        let Some(told) = &contact.told_wait else {
            if let Some(queue) = contact.queue.clone().filter(|_| contact.wait_s > 0.0) {
                self.cell(queue, &contact.opened).not_told += 1;
            }
            return;
        };
        let cell = self.cell(told.queue.clone(), &told.at);
        match told.came_to_s {
            Some(truth) => {
                let seconds = |bound: u64| u32::try_from(bound).map_or(f64::MAX, f64::from);
                cell.answered.push((told.high_s.saturating_sub(told.low_s), truth));
                cell.within += usize::from((seconds(told.low_s)..=seconds(told.high_s)).contains(&truth));
            }
            None => cell.unanswered += 1,
        }
    }

    /// The hour is that of the moment as it is written: `2026-11-24T10:00:00+01:00`.
    fn cell(&mut self, queue: QueueId, moment: &str) -> &mut Cell {
        let hour = moment.get(11..13).unwrap_or("-").to_owned();
        self.0.entry((queue, hour)).or_default()
    }

    /// By queue and hour.
    pub fn lines(&self) -> Vec<CalibrationLine> {
        self.0.iter().map(|((queue, hour), cell)| cell.line(queue, hour)).collect()
    }
}

impl Cell {
    fn line(&self, queue: &QueueId, hour: &str) -> CalibrationLine {
        let answered = self.answered.len();
        let middle = answered / 2;
        let mut widths: Vec<u64> = self.answered.iter().map(|(width, _)| *width).collect();
        widths.sort_unstable();
        let mut truths: Vec<f64> = self.answered.iter().map(|(_, truth)| *truth).collect();
        truths.sort_by(f64::total_cmp);
        let percent = (self.within * 100).checked_div(answered);
        CalibrationLine {
            queue: queue.clone(),
            hour: hour.to_owned(),
            answered,
            within: self.within,
            within_percent: percent.and_then(|percent| u64::try_from(percent).ok()),
            median_width_s: widths.get(middle).copied(),
            median_wait_s: truths.get(middle).copied(),
            unanswered: self.unanswered,
            not_told: self.not_told,
        }
    }
}
