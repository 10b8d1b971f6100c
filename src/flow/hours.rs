//! Opening hours: weekly times, Italian holidays by rule, exceptions by date; `open`, `closed`, `holiday` or `emergency`.
//!
//! A [`Schedule`] is written as a person would say it: open Monday to Saturday from 8 to 20, closed on national holidays
//! and on 24 June, and on one date otherwise ([`ScheduleText`]). One may extend another, which then says all that it does
//! not say itself: four municipalities share their hours, and each has its own patron. It is asked about a moment and
//! answers by the clock on the wall of its own time zone, so the hour that daylight saving skips or repeats needs no rule
//! here. The strongest word wins: a supervisor's emergency, then an exception for the date, then a holiday, then the weekly
//! hours. What nobody declared open is closed.

mod calendars;
mod holidays;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;

pub use self::calendars::{Calendars, Emergencies};
use self::holidays::Holidays;
pub use self::text::{ExceptionText, ScheduleFault, ScheduleText};

/// Weekly hours, holidays and exceptions in one time zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "ScheduleText")]
pub struct Schedule {
    zone: TimeZone,
    weekly: [Vec<Opening>; 7],
    holidays: Holidays,
    exceptions: BTreeMap<Date, Exception>,
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

/// Open from one minute of the day until before another. Prints as it is written: `08:00-20:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opening {
    from_minute: u16,
    to_minute: u16,
}

impl Opening {
    /// How long it lasts by the clock on the wall.
    pub fn minutes(self) -> usize {
        usize::from(self.to_minute.saturating_sub(self.from_minute))
    }

    /// The minute of the day on which it opens.
    pub fn from_minute(self) -> u16 {
        self.from_minute
    }

    /// The minute of the day on which it is closed again.
    pub fn to_minute(self) -> u16 {
        self.to_minute
    }

    fn contains(self, minute: u16) -> bool {
        (self.from_minute..self.to_minute).contains(&minute)
    }
}

impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Opening { from_minute: from, to_minute: to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// A date that differs.
#[derive(Clone, Debug, Default)]
struct Exception {
    openings: Vec<Opening>,
    title: Option<String>,
}

/// What a schedule says of a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day<'s> {
    /// In order; none: closed all day.
    pub openings: &'s [Opening],
    /// Which of its words decides.
    pub why: Why<'s>,
}

/// Which word of a schedule decides a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why<'s> {
    /// The hours of that day of the week.
    Week,
    /// A holiday, by its name.
    Holiday(&'s str),
    /// An exception, and its title if it has one.
    Exception(Option<&'s str>),
}

impl Schedule {
    /// What it says of the moment `wall`.
    pub fn at(&self, wall: Timestamp) -> Hours {
        if self.emergency {
            return Hours::Emergency;
        }
        let local = self.zone.to_datetime(wall);
        let day = self.day(local.date());
        match day.why {
            _ if day.openings.iter().any(|opening| opening.contains(minute_of(local))) => Hours::Open,
            Why::Holiday(_) => Hours::Holiday,
            Why::Week | Why::Exception(_) => Hours::Closed,
        }
    }

    /// What it says of a date, whatever a supervisor has closed.
    pub fn day(&self, date: Date) -> Day<'_> {
        if let Some(exception) = self.exceptions.get(&date) {
            return Day { openings: &exception.openings, why: Why::Exception(exception.title.as_deref()) };
        }
        match self.holidays.name(date) {
            Some(name) => Day { openings: &[], why: Why::Holiday(name) },
            None => Day { openings: &self.weekly[day_index(date.weekday())], why: Why::Week },
        }
    }

    /// How many minutes it is open on a date: on the nights when daylight saving begins or ends, an opening may last an
    /// hour less or more than it says.
    pub fn open_minutes(&self, date: Date) -> usize {
        let openings = self.day(date).openings;
        let midnight = |date: Date| date.to_zoned(self.zone.clone()).map(|start| start.timestamp());
        let (Ok(start), Ok(end)) = (midnight(date), date.tomorrow().and_then(midnight)) else { return 0 };
        let minutes = (end.as_second() - start.as_second()) / 60;
        let moments = (0..minutes).map(|minute| start.saturating_add(Span::new().minutes(minute)));
        let open = |moment: Timestamp| {
            let minute = minute_of(self.zone.to_datetime(moment));
            openings.iter().any(|opening| opening.contains(minute))
        };
        moments.filter_map(Result::ok).filter(|moment| open(*moment)).count()
    }

    /// The time zone by whose clock it is read.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// No day is left on which it opens: no exception opens it, and its holidays cover what its week would.
    pub fn never_opens(&self) -> bool {
        let opens = |date: Date| !self.day(date).openings.is_empty();
        let exceptional = || self.exceptions.values().any(|exception| !exception.openings.is_empty());
        // In 28 years every day of the year falls on every day of the week.
        let ordinary = || FIRST_DAY.series(Span::new().days(1)).take(28 * 366).any(opens);
        !exceptional() && (self.weekly.iter().all(Vec::is_empty) || !ordinary())
    }

    /// The same zone, open day and night.
    pub fn always_open(&self) -> Schedule {
        let day = Opening { from_minute: 0, to_minute: 24 * 60 };
        Schedule {
            zone: self.zone.clone(),
            weekly: std::array::from_fn(|_| vec![day]),
            ..Schedule::default()
        }
    }

    /// A supervisor closes it, or lets it follow its hours again.
    pub fn set_emergency(&mut self, emergency: bool) {
        self.emergency = emergency;
    }
}

/// Where the search for an ordinary open day begins; which year it is does not matter.
const FIRST_DAY: Date = jiff::civil::date(2026, 1, 1);

fn minute_of(local: DateTime) -> u16 {
    // 0..24 and 0..60 by jiff's own promise, so the minute of the day fits and is not negative.
    local.hour().unsigned_abs() as u16 * 60 + local.minute().unsigned_abs() as u16
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
        closed = ["it-national", "06-24 San Giovanni"]
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
    fn openings_last_as_long_as_the_clock_on_the_wall_makes_them() {
        let night: Schedule =
            toml::from_str("zone = \"Europe/Rome\"\nopen = { sun = [\"00:00-06:00\"] }").unwrap();
        for (day, hours) in [("2026-03-22", 6), ("2026-03-29", 5), ("2026-10-25", 7), ("2026-10-26", 0)] {
            assert_eq!(night.open_minutes(day.parse().unwrap()), hours * 60, "{day}");
        }
    }

    #[test]
    fn day_says_its_hours_and_which_word_decides() {
        let calendars = sportello();
        let sportello = &calendars.schedules["sportello"];
        for (date, hours, why) in [
            ("2026-06-23", "08:00-20:00", Why::Week),
            ("2026-06-24", "", Why::Holiday("San Giovanni")),
            ("2026-06-28", "", Why::Week),
            ("2026-10-04", "", Why::Holiday("San Francesco")),
            ("2026-12-24", "08:00-13:00", Why::Exception(Some("Vigilia"))),
            ("2026-12-26", "09:00-12:00", Why::Exception(None)),
        ] {
            let day = sportello.day(date.parse().unwrap());
            let openings: Vec<String> = day.openings.iter().map(ToString::to_string).collect();
            assert_eq!((openings.join(" ").as_str(), day.why), (hours, why), "{date}");
        }
    }

    #[test]
    fn schedule_that_never_opens_is_told_from_one_that_seldom_does() {
        for (text, never) in [
            ("", true),
            ("open = { mon = [] }", true),
            ("open = { mon = ['08:00-09:00'] }", false),
            ("exception = [{ date = '2026-12-24', open = ['08:00-13:00'] }]", false),
            ("exception = [{ date = '2026-12-24', closed = true }]", true),
            // Only the leap day is left of the week's hours.
            ("open = { mon-sun = ['08:00-09:00'] }\nclosed = [ALL]", false),
            ("open = { mon-sun = ['08:00-09:00'] }\nclosed = [ALL, '02-29']", true),
        ] {
            let days = jiff::civil::date(2026, 1, 1).series(Span::new().days(1)).take(365);
            let all: Vec<String> = days.map(|day| day.strftime("'%m-%d'").to_string()).collect();
            let schedule: Schedule = toml::from_str(&text.replace("ALL", &all.join(", "))).unwrap();
            assert_eq!(schedule.never_opens(), never, "{text:.60}");
        }
    }

    #[test]
    fn nothing_declared_is_closed() {
        assert_eq!(Schedule::default().at(rome("2026-11-24T10:00:00")), Hours::Closed);
    }
}
