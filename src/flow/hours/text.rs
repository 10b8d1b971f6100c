//! A schedule as a person writes it, in `calendars.toml` or in a flow, and its way to a checked [`Schedule`].

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::holidays::UNNAMED;
use super::{Exception, Holidays, Opening, Schedule};
use crate::hint::Hint;

/// Most days that one exception may cover, so that a slip in the year makes no table of centuries.
const MAX_EXCEPTION_DAYS: usize = 366;
/// Most days that all exceptions of a schedule cover: ten years. It bounds the table.
const MAX_DAYS: usize = 3_660;

/// The days of the week as schedules name them, Monday first.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A schedule as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleText {
    /// The schedule that says what this one does not say itself: its days of the week hold unless this one names them, its
    /// holidays are added to, its exceptions hold unless this one has the date.
    pub extends: Option<String>,
    /// That of the schedule extended, or `Europe/Rome`.
    pub zone: Option<String>,
    /// Days (`mon`, `mon-sat`, `mon,wed`) to times (`08:00-20:00`).
    #[serde(default)]
    pub open: BTreeMap<String, Vec<String>>,
    /// `it-national`, a day of every year (`06-24`) or one date (`2026-12-31`); after a day its name: `06-24 San Giovanni`.
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
    /// `2026-12-24`, or the first and last date: `2026-08-10..2026-08-21`.
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
    /// Not a range of dates.
    #[error(
        "`{0}` is not a range of dates; write one like `2026-08-10..2026-08-21`, forward and of a year at most"
    )]
    Dates(String),
    /// It extends one that is not there.
    #[error("there is no schedule `{name}` to extend{hint}")]
    Parent {
        /// As written.
        name: String,
        /// The nearest that is there.
        hint: Hint,
    },
    /// It extends itself, directly or by way of others; or the row of those it stands on has no near end.
    #[error("it extends `{0}`, which leads back to it or over more than 8 others; let `{0}` stand alone")]
    Circle(String),
    /// More than the table of exceptions holds.
    #[error("with `{0}` its exceptions cover more than {MAX_DAYS} days; take out those that are over")]
    TooManyDays(String),
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
    /// The schedule, or everything that is wrong with it. Alone: what it extends is looked for by [`super::Calendars`].
    pub fn compile(&self) -> Result<Schedule, Vec<ScheduleFault>> {
        match &self.extends {
            None => self.compile_over(Schedule::default()),
            Some(name) => Err(vec![ScheduleFault::Parent { name: name.clone(), hint: Hint::default() }]),
        }
    }

    /// The schedule where `parent` says what it does not say itself, or everything that is wrong with it.
    pub(in crate::flow) fn compile_over(&self, parent: Schedule) -> Result<Schedule, Vec<ScheduleFault>> {
        let mut faults = Vec::new();
        let mut schedule = parent;
        if self.extends.is_none() || self.zone.is_some() {
            schedule.zone = zone(self.zone.as_deref(), &mut faults);
        }
        self.add_week(&mut schedule, &mut faults);
        for closed in &self.closed {
            if !add_holiday(&mut schedule.holidays, closed) {
                faults.push(ScheduleFault::Holiday(closed.clone()));
            }
        }
        for exception in &self.exception {
            exception.add(&mut schedule.exceptions, &mut faults);
            if schedule.exceptions.len() > MAX_DAYS {
                faults.push(ScheduleFault::TooManyDays(exception.date.clone()));
                break;
            }
        }
        if faults.is_empty() { Ok(schedule) } else { Err(faults) }
    }

    /// A day that is named has these times alone, those of all keys that name it.
    fn add_week(&self, schedule: &mut Schedule, faults: &mut Vec<ScheduleFault>) {
        let mut own: [Option<Vec<Opening>>; 7] = Default::default();
        for (days, times) in &self.open {
            let openings = openings(times, faults);
            match parse_days(days) {
                Some(indices) => indices.into_iter().for_each(|day| {
                    own[day].get_or_insert_default().extend_from_slice(&openings);
                }),
                None => faults.push(ScheduleFault::Days(days.clone())),
            }
        }
        for (day, own) in schedule.weekly.iter_mut().zip(own) {
            if let Some(openings) = own {
                *day = merged(openings);
            }
        }
    }
}

impl ExceptionText {
    fn add(&self, exceptions: &mut BTreeMap<Date, Exception>, faults: &mut Vec<ScheduleFault>) {
        let exception =
            Exception { openings: merged(openings(&self.open, faults)), title: self.title.clone() };
        if self.closed != self.open.is_empty() {
            faults.push(ScheduleFault::Exception(self.date.clone()));
        }
        match parse_dates(&self.date) {
            Ok(dates) => exceptions.extend(dates.into_iter().map(|date| (date, exception.clone()))),
            Err(fault) => faults.push(fault),
        }
    }
}

/// `2026-12-24`, or `2026-08-10..2026-08-21`.
fn parse_dates(text: &str) -> Result<Vec<Date>, ScheduleFault> {
    let Some((first, last)) = text.split_once("..") else {
        return text.parse().map(|date| vec![date]).map_err(|_| ScheduleFault::Date(text.to_owned()));
    };
    let bad = || ScheduleFault::Dates(text.to_owned());
    let parse = |text: &str| text.trim().parse::<Date>().map_err(|_| bad());
    let (first, last) = (parse(first)?, parse(last)?);
    let days = first.series(jiff::Span::new().days(1)).take_while(|date| *date <= last);
    let dates: Vec<Date> = days.take(MAX_EXCEPTION_DAYS + 1).collect();
    if (1..=MAX_EXCEPTION_DAYS).contains(&dates.len()) { Ok(dates) } else { Err(bad()) }
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

/// In order of the day, and what overlaps or touches as one.
fn merged(mut openings: Vec<Opening>) -> Vec<Opening> {
    openings.sort_unstable();
    openings.dedup_by(|next, last| {
        let joins = next.from_minute <= last.to_minute;
        if joins {
            last.to_minute = last.to_minute.max(next.to_minute);
        }
        joins
    });
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
        for day in (first..first + count).map(|day| day % 7) {
            // Once is enough, however often it is named.
            if !days.contains(&day) {
                days.push(day);
            }
        }
    }
    Some(days)
}

/// False: it is none.
fn add_holiday(holidays: &mut Holidays, text: &str) -> bool {
    if text == "it-national" {
        holidays.national = true;
        return true;
    }
    let (day, name) = text.split_once(' ').unwrap_or((text, UNNAMED));
    let name = name.trim().to_owned();
    // A leap year, so that 29 February may be named.
    if day.len() == 5
        && let Ok(day) = format!("2024-{day}").parse::<Date>()
    {
        holidays.yearly.insert((day.month(), day.day()), name);
        return true;
    }
    day.parse::<Date>().map(|date| holidays.dates.insert(date, name)).is_ok()
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
    fn times_that_overlap_are_one() {
        let text =
            "open = { mon-fri = ['14:00-18:00', '08:00-12:00'], mon = ['12:00-13:00', '17:00-17:30'] }";
        let schedule = toml::from_str::<ScheduleText>(text).unwrap().compile().unwrap();
        let monday: Vec<String> = schedule.weekly[0].iter().map(ToString::to_string).collect();
        assert_eq!(monday, ["08:00-13:00", "14:00-18:00"]);
    }

    #[test]
    fn exception_may_cover_a_holiday_season() {
        let text = "exception = [{ date = '2026-08-10..2026-08-14', open = ['08:00-13:00'] }]";
        let text: ScheduleText = toml::from_str(text).unwrap();
        let schedule = text.compile().unwrap();
        let days: Vec<i8> = schedule.exceptions.keys().map(|date| date.day()).collect();
        assert_eq!(days, [10, 11, 12, 13, 14]);
    }

    #[test]
    fn every_fault_of_a_schedule_is_told_at_once() {
        let text = r#"
            zone = "Europe/Roma"
            open = { lun = ["08:00-20:00"], mon = ["8-20"] }
            closed = ["natale"]
            exception = [
                { date = "24/12/2026", closed = true },
                { date = "2026-12-31" },
                { date = "2026-08-21..2026-08-10", closed = true },
                { date = "2026-08-10..2036-08-21", closed = true },
            ]
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
                "`2026-08-21..2026-08-10` is not a range of dates; write one like `2026-08-10..2026-08-21`, forward and of a year at most",
                "`2026-08-10..2036-08-21` is not a range of dates; write one like `2026-08-10..2026-08-21`, forward and of a year at most",
            ]
        );
    }
}
