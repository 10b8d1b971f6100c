//! A schedule as a person writes it, in `calendars.toml` or in a flow, and its way to a checked [`Schedule`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{Holidays, Opening, Schedule};

/// The days of the week as schedules name them, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A schedule as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleText {
    /// `Europe/Rome` when not given.
    pub zone: Option<String>,
    /// Days (`mon`, `mon-sat`, `mon,wed`) to times (`08:00-20:00`).
    #[serde(default)]
    pub open: BTreeMap<String, Vec<String>>,
    /// `it-national`, a day of every year (`06-24`) or one date (`2026-12-31`).
    #[serde(default)]
    pub closed: Vec<String>,
    /// Dates that differ, stronger than all the rest.
    #[serde(default)]
    pub exception: Vec<ExceptionText>,
}

/// One date that differs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExceptionText {
    /// `2026-12-24`.
    pub date: String,
    /// The times of that date.
    #[serde(default)]
    pub open: Vec<String>,
    /// True: closed all day.
    #[serde(default)]
    pub closed: bool,
    /// For people: why.
    pub title: Option<String>,
}

/// What is wrong with a schedule as written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleFault {
    /// Not in the time zone database.
    #[error("`{0}` is not a time zone; write one like `Europe/Rome`")]
    Zone(String),
    /// Not a day or range of days.
    #[error("`{0}` is not a day; write `mon` to `sun`, a range like `mon-sat` or a list like `mon,wed`")]
    Days(String),
    /// Not a span of the day.
    #[error(
        "`{0}` is not a time span; write one like `08:00-20:00`, ending by 24:00, and split what passes midnight"
    )]
    Times(String),
    /// Not a holiday.
    #[error(
        "`{0}` is not a holiday; write `it-national`, a day of every year like `06-24` or a date like `2026-12-31`"
    )]
    Holiday(String),
    /// Not a date.
    #[error("`{0}` is not a date; write one like `2026-12-24`")]
    Date(String),
    /// An exception that says nothing, or two things.
    #[error("the exception of {0} must have either `open` times or `closed = true`")]
    Exception(String),
}

/// All that is wrong with one schedule, one after another: what serde shows.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct ScheduleFaults(Vec<ScheduleFault>);

impl TryFrom<ScheduleText> for Schedule {
    type Error = ScheduleFaults;
    fn try_from(text: ScheduleText) -> Result<Schedule, ScheduleFaults> {
        text.compile().map_err(ScheduleFaults)
    }
}

impl ScheduleText {
    /// The schedule, or everything that is wrong with it.
    pub fn compile(&self) -> Result<Schedule, Vec<ScheduleFault>> {
        let mut faults = Vec::new();
        let mut schedule = Schedule { zone: zone(self.zone.as_deref(), &mut faults), ..Schedule::default() };
        for (days, times) in &self.open {
            let openings = openings(times, &mut faults);
            match parse_days(days) {
                Some(indices) => {
                    indices.into_iter().for_each(|day| schedule.weekly[day].extend_from_slice(&openings));
                }
                None => faults.push(ScheduleFault::Days(days.clone())),
            }
        }
        for closed in &self.closed {
            if !add_holiday(&mut schedule.holidays, closed) {
                faults.push(ScheduleFault::Holiday(closed.clone()));
            }
        }
        for exception in &self.exception {
            let openings = openings(&exception.open, &mut faults);
            if exception.closed != exception.open.is_empty() {
                faults.push(ScheduleFault::Exception(exception.date.clone()));
            }
            match exception.date.parse::<Date>() {
                Ok(date) => drop(schedule.exceptions.insert(date, openings)),
                Err(_) => faults.push(ScheduleFault::Date(exception.date.clone())),
            }
        }
        if faults.is_empty() { Ok(schedule) } else { Err(faults) }
    }
}

fn zone(name: Option<&str>, faults: &mut Vec<ScheduleFault>) -> TimeZone {
    let name = name.unwrap_or("Europe/Rome");
    TimeZone::get(name).unwrap_or_else(|_| {
        faults.push(ScheduleFault::Zone(name.to_owned()));
        TimeZone::UTC
    })
}

fn openings(times: &[String], faults: &mut Vec<ScheduleFault>) -> Vec<Opening> {
    let mut openings = Vec::new();
    for text in times {
        match parse_opening(text) {
            Some(opening) => openings.push(opening),
            None => faults.push(ScheduleFault::Times(text.clone())),
        }
    }
    openings
}

fn parse_opening(text: &str) -> Option<Opening> {
    let (from, to) = text.split_once('-')?;
    let opening = Opening { from_minute: parse_minute(from.trim())?, to_minute: parse_minute(to.trim())? };
    (opening.from_minute < opening.to_minute).then_some(opening)
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= 24 * 60).then_some(total)
}

/// `mon`, `mon-sat` (also round the week, `sat-mon`), `mon,wed`; indices from Monday.
fn parse_days(text: &str) -> Option<Vec<usize>> {
    let index = |name: &str| DAYS.iter().position(|day| *day == name.trim());
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (index(first)?, index(last)?);
        let count = (last + 7 - first) % 7 + 1;
        days.extend((first..first + count).map(|day| day % 7));
    }
    Some(days)
}

fn add_holiday(holidays: &mut Holidays, text: &str) -> bool {
    if text == "it-national" {
        holidays.national = true;
        return true;
    }
    // A leap year, so that 29 February may be named.
    if text.len() == 5
        && let Ok(day) = format!("2024-{text}").parse::<Date>()
    {
        holidays.yearly.insert((day.month(), day.day()));
        return true;
    }
    text.parse::<Date>().map(|date| holidays.dates.insert(date)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_single_ranged_listed_or_round_the_week() {
        for (text, days) in [
            ("mon", vec![0]),
            ("mon-sat", vec![0, 1, 2, 3, 4, 5]),
            ("mon,wed", vec![0, 2]),
            ("sat-mon", vec![5, 6, 0]),
        ] {
            assert_eq!(parse_days(text), Some(days), "{text}");
        }
        for bad in ["", "lun", "mon-", "mon-xxx", "monday"] {
            assert_eq!(parse_days(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_end_by_midnight_and_run_forward() {
        assert_eq!(parse_opening("00:00-24:00"), Some(Opening { from_minute: 0, to_minute: 1440 }));
        for bad in
            ["8-20", "08:00", "20:00-08:00", "08:00-24:01", "08:60-09:00", "+8:00-09:00", "08:00-08:00"]
        {
            assert_eq!(parse_opening(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_fault_of_a_schedule_is_told_at_once() {
        let text = r#"
            zone = "Europe/Roma"
            open = { lun = ["08:00-20:00"], mon = ["8-20"] }
            closed = ["natale"]
            exception = [{ date = "24/12/2026", closed = true }, { date = "2026-12-31" }]
        "#;
        let text: ScheduleText = toml::from_str(text).unwrap();
        let faults: Vec<String> = text.compile().unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            faults,
            [
                "`Europe/Roma` is not a time zone; write one like `Europe/Rome`",
                "`lun` is not a day; write `mon` to `sun`, a range like `mon-sat` or a list like `mon,wed`",
                "`8-20` is not a time span; write one like `08:00-20:00`, ending by 24:00, and split what passes midnight",
                "`natale` is not a holiday; write `it-national`, a day of every year like `06-24` or a date like `2026-12-31`",
                "`24/12/2026` is not a date; write one like `2026-12-24`",
                "the exception of 2026-12-31 must have either `open` times or `closed = true`",
            ]
        );
    }
}
