//! Opening hours: weekly times, Italian holidays by rule, exceptions by date; `open`, `closed`, `holiday` or `emergency`.
//!
//! A [`Schedule`] is written as a person would say it: open Monday to Saturday from 8 to 20, closed on national holidays
//! and on 24 June, and on one date otherwise ([`ScheduleText`]). It is asked about a moment and answers by the clock on the
//! wall of its own time zone, so the hour that daylight saving skips or repeats needs no rule here. The strongest word wins:
//! a supervisor's emergency, then an exception for the date, then a holiday, then the weekly hours. What nobody
//! declared open is closed.

mod holidays;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use serde::Deserialize;

use self::holidays::Holidays;
pub use self::text::{ExceptionText, ScheduleFault, ScheduleText};
use crate::ids::{EntityId, ScheduleId};

/// All schedules of `calendars.toml`, by name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calendars {
    /// By name.
    #[serde(rename = "schedule", default)]
    pub schedules: BTreeMap<ScheduleId, Schedule>,
    /// What supervisors have closed; it comes before every schedule.
    #[serde(skip)]
    pub emergencies: Emergencies,
    /// Every schedule counts as open (`serve --always-open`).
    #[serde(skip)]
    pub always_open: bool,
}

/// What supervisors have closed for an emergency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emergencies {
    /// The whole exchange.
    pub everything: bool,
    /// These bodies.
    pub entities: BTreeSet<EntityId>,
}

impl Emergencies {
    /// Nobody answers for this body now.
    pub fn close(&self, entity: &EntityId) -> bool {
        self.everything || self.entities.contains(entity)
    }
}

impl Calendars {
    /// What the schedule `name` says of the moment `wall`; `None` when there is none of that name.
    pub fn at(&self, name: &ScheduleId, wall: Timestamp) -> Option<Hours> {
        let schedule = self.schedules.get(name)?;
        Some(if self.always_open { Hours::Open } else { schedule.at(wall) })
    }
}

/// Weekly hours, holidays and exceptions in one time zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "ScheduleText")]
pub struct Schedule {
    zone: TimeZone,
    weekly: [Vec<Opening>; 7],
    holidays: Holidays,
    exceptions: BTreeMap<Date, Vec<Opening>>,
    emergency: bool,
}

impl Default for Schedule {
    /// Never open.
    fn default() -> Schedule {
        Schedule {
            zone: TimeZone::UTC,
            weekly: Default::default(),
            holidays: Holidays::default(),
            exceptions: BTreeMap::new(),
            emergency: false,
        }
    }
}

/// What a schedule says of a moment: the exits of the `hours` node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hours {
    /// Open.
    Open,
    /// Outside the weekly hours.
    Closed,
    /// Closed by a holiday.
    Holiday,
    /// Closed by a supervisor.
    Emergency,
}

/// Open from one minute of the day until before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Opening {
    from_minute: u16,
    to_minute: u16,
}

impl Opening {
    fn contains(self, minute: u16) -> bool {
        (self.from_minute..self.to_minute).contains(&minute)
    }
}

impl Schedule {
    /// What it says of the moment `wall`.
    pub fn at(&self, wall: Timestamp) -> Hours {
        if self.emergency {
            return Hours::Emergency;
        }
        let local = self.zone.to_datetime(wall);
        if let Some(openings) = self.exceptions.get(&local.date()) {
            return open_or_closed(openings, local);
        }
        if self.holidays.contains(local.date()) {
            return Hours::Holiday;
        }
        open_or_closed(&self.weekly[day_index(local.date().weekday())], local)
    }

    /// A supervisor closes it, or lets it follow its hours again.
    pub fn set_emergency(&mut self, emergency: bool) {
        self.emergency = emergency;
    }
}

fn open_or_closed(openings: &[Opening], local: DateTime) -> Hours {
    // 0..24 and 0..60 by jiff's own promise, so the minute of the day fits and is not negative.
    let minute = local.hour().unsigned_abs() as u16 * 60 + local.minute().unsigned_abs() as u16;
    if openings.iter().any(|opening| opening.contains(minute)) { Hours::Open } else { Hours::Closed }
}

/// 0 is Monday.
fn day_index(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs() % 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPORTELLO: &str = r#"
        [schedule.sportello]
        zone = "Europe/Rome"
        open = { "mon-sat" = ["08:00-20:00"] }
        closed = ["it-national", "06-24"]
        [[schedule.sportello.exception]]
        date = "2026-12-24"
        open = ["08:00-13:00"]
        title = "Vigilia"
        [[schedule.sportello.exception]]
        date = "2026-12-31"
        closed = true
        [[schedule.sportello.exception]]
        date = "2026-12-26"
        open = ["09:00-12:00"]
    "#;

    fn sportello() -> Calendars {
        toml::from_str(SPORTELLO).unwrap()
    }

    fn rome(text: &str) -> Timestamp {
        text.parse::<DateTime>().unwrap().in_tz("Europe/Rome").unwrap().timestamp()
    }

    fn at(text: &str) -> Hours {
        sportello().at(&"sportello".into(), rome(text)).unwrap()
    }

    #[test]
    fn weekly_hours_include_the_first_minute_and_exclude_the_last() {
        for (moment, hours) in [
            ("2026-11-24T07:59:59", Hours::Closed),
            ("2026-11-24T08:00:00", Hours::Open),
            ("2026-11-24T19:59:59", Hours::Open),
            ("2026-11-24T20:00:00", Hours::Closed),
            ("2026-11-28T10:00:00", Hours::Open),   // Saturday
            ("2026-11-29T10:00:00", Hours::Closed), // Sunday
        ] {
            assert_eq!(at(moment), hours, "{moment}");
        }
    }

    #[test]
    fn patron_and_national_holidays_close_a_weekday() {
        for date in ["2025-06-24", "2026-04-06", "2026-06-02", "2026-12-08", "2026-12-25", "2027-10-04"] {
            assert_eq!(at(&format!("{date}T10:00:00")), Hours::Holiday, "{date}");
        }
        assert_eq!(at("2025-10-04T10:00:00"), Hours::Open, "Saint Francis counts from 2026");
    }

    #[test]
    fn exception_wins_over_weekly_hours_and_over_a_holiday() {
        assert_eq!(at("2026-12-24T12:00:00"), Hours::Open);
        assert_eq!(at("2026-12-24T14:00:00"), Hours::Closed);
        assert_eq!(at("2026-12-31T10:00:00"), Hours::Closed);
        assert_eq!(at("2026-12-26T10:00:00"), Hours::Open);
    }

    #[test]
    fn emergency_wins_over_everything_until_it_is_lifted() {
        let mut calendars = sportello();
        let schedule = calendars.schedules.get_mut("sportello").unwrap();
        schedule.set_emergency(true);
        assert_eq!(schedule.at(rome("2026-12-24T12:00:00")), Hours::Emergency);
        schedule.set_emergency(false);
        assert_eq!(schedule.at(rome("2026-12-24T12:00:00")), Hours::Open);
    }

    #[test]
    fn always_open_is_open_on_christmas_night() {
        let mut calendars = sportello();
        calendars.always_open = true;
        assert_eq!(calendars.at(&"sportello".into(), rome("2026-12-25T03:00:00")), Some(Hours::Open));
        assert_eq!(calendars.at(&"nessuno".into(), rome("2026-12-25T03:00:00")), None);
    }

    #[test]
    fn hours_follow_the_clock_on_the_wall_through_daylight_saving() {
        let calendars = sportello();
        let at = |utc: &str| calendars.at(&"sportello".into(), utc.parse().unwrap()).unwrap();
        // The Saturdays before and Mondays after the changes of 29 March and 25 October 2026.
        assert_eq!(at("2026-03-28T06:59:59Z"), Hours::Closed);
        assert_eq!(at("2026-03-28T07:00:00Z"), Hours::Open);
        assert_eq!(at("2026-03-30T05:59:59Z"), Hours::Closed);
        assert_eq!(at("2026-03-30T06:00:00Z"), Hours::Open);
        assert_eq!(at("2026-10-24T18:00:00Z"), Hours::Closed);
        assert_eq!(at("2026-10-26T18:59:59Z"), Hours::Open);
    }

    #[test]
    fn night_shift_in_the_hour_that_daylight_saving_repeats_is_open_both_times() {
        let schedule: Schedule =
            toml::from_str("zone = \"Europe/Rome\"\nopen = { sun = [\"02:00-03:00\"] }").unwrap();
        for utc in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(schedule.at(utc.parse().unwrap()), Hours::Open, "{utc}");
        }
        // 29 March 2026: the clock jumps from 2 to 3, so the hour does not exist.
        for utc in ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"] {
            assert_eq!(schedule.at(utc.parse().unwrap()), Hours::Closed, "{utc}");
        }
    }

    #[test]
    fn nothing_declared_is_closed() {
        assert_eq!(Schedule::default().at(rome("2026-11-24T10:00:00")), Hours::Closed);
    }
}
