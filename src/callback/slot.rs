//! Times that a citizen can choose: pieces of a day's opening hours, by the clock on the wall.
//!
//! A slot keeps what was agreed, date, time and zone, and not the instant: if the zone's rules change, the clock on the citizen's wall
//! decides. In the night when the clock goes forward a slot in the hour that does not exist moves on by that hour; in the night when it
//! goes back a slot in the hour that comes twice is the first of the two, and is used once.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::flow::hours::{Opening, Schedule};
use crate::time::moment;

/// Most slots of one day: one a minute.
const MOST_A_DAY: usize = 24 * 60;

/// When a citizen wants to be called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins, by the clock on the wall.
    pub start: DateTime,
    /// Its length, in minutes.
    pub minutes: u16,
    /// Name of the zone by whose clock, `Europe/Rome`.
    pub zone: String,
}

impl Slot {
    /// When it begins, in milliseconds of the Unix epoch.
    pub fn from_ms(&self) -> i64 {
        let zone = TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC);
        let moment = zone.to_ambiguous_timestamp(self.start).compatible();
        moment.map_or(0, Timestamp::as_millisecond)
    }

    /// When it is over. It is as long as it says, whatever the clock does meanwhile.
    pub fn to_ms(&self) -> i64 {
        self.from_ms().saturating_add(i64::from(self.minutes) * 60_000)
    }

    /// As the clock will show it: another than agreed in the hour that does not exist.
    fn told(self) -> Slot {
        let shown = TimeZone::get(&self.zone).ok().and_then(|zone| {
            let moment = zone.to_ambiguous_timestamp(self.start).compatible().ok()?;
            Some(zone.to_datetime(moment))
        });
        Slot { start: shown.unwrap_or(self.start), ..self }
    }

    /// Its date and time in one line, as people type it: `2026-11-24 15:10`.
    pub fn wall(&self) -> String {
        self.start.strftime("%Y-%m-%d %H:%M").to_string()
    }
}

/// The slots of `date`, in order: each opening is cut from its beginning, and what is left at its end is none.
pub(super) fn on(schedule: &Schedule, date: Date, minutes: u16) -> Vec<Slot> {
    let zone = schedule.zone().iana_name().unwrap_or("UTC");
    let openings = schedule.day(date).openings.iter();
    let starts = openings.flat_map(|opening| starts(*opening, minutes));
    let slot = |start: u16| {
        let time = jiff::civil::time(i8::try_from(start / 60).ok()?, i8::try_from(start % 60).ok()?, 0, 0);
        Some(Slot { start: date.to_datetime(time), minutes, zone: zone.to_owned() }.told())
    };
    let mut slots: Vec<Slot> = starts.take(MOST_A_DAY).filter_map(slot).collect();
    slots.sort();
    slots.dedup(); // one that has moved on stands where another may stand already
    slots
}

fn starts(opening: Opening, minutes: u16) -> impl Iterator<Item = u16> {
    let minutes = minutes.max(1);
    let last = opening.to_minute().saturating_sub(minutes);
    let fits = opening.minutes() >= usize::from(minutes);
    (opening.from_minute()..=last).step_by(usize::from(minutes)).take_while(move |_| fits)
}

/// The slots that begin from `from_ms` until before `to_ms`, in order.
pub(super) fn between(
    schedule: &Schedule,
    minutes: u16,
    from_ms: i64,
    to_ms: i64,
) -> impl Iterator<Item = Slot> {
    dates(schedule, from_ms, to_ms)
        .flat_map(move |date| on(schedule, date, minutes))
        .filter(move |slot| (from_ms..to_ms).contains(&slot.from_ms()))
}

/// When it opens and when it closes, for each opening that is not over at `from_ms`, in order, until the day of `to_ms`.
pub(super) fn openings(schedule: &Schedule, from_ms: i64, to_ms: i64) -> impl Iterator<Item = (i64, i64)> {
    let zone = schedule.zone();
    let moment = move |date: Date, minute: u16| {
        let wall = date.to_datetime(jiff::civil::Time::midnight()).checked_add(Span::new().minutes(minute));
        let moment = wall.and_then(|wall| zone.to_ambiguous_timestamp(wall).compatible());
        moment.map_or(0, Timestamp::as_millisecond)
    };
    let of_day = move |date: Date| {
        let openings = schedule.day(date).openings.iter();
        openings.map(move |opening| (moment(date, opening.from_minute()), moment(date, opening.to_minute())))
    };
    dates(schedule, from_ms, to_ms).flat_map(of_day).filter(move |(_, end_ms)| *end_ms > from_ms)
}

/// Moments that no calendar has count as its first or its last: whoever asks for slots after the end of time is not led through every
/// day since 1970 while calls wait.
fn dates(schedule: &Schedule, from_ms: i64, to_ms: i64) -> impl Iterator<Item = Date> {
    let date = |ms: i64| schedule.zone().to_datetime(moment(ms)).date();
    let last = date(to_ms);
    date(from_ms).series(Span::new().days(1)).take_while(move |date| *date <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(open: &str) -> Schedule {
        toml::from_str(&format!("zone = \"Europe/Rome\"\nopen = {{ \"mon-sun\" = [{open}] }}")).unwrap()
    }

    fn walls(open: &str, date: &str, minutes: u16) -> Vec<String> {
        let slots = on(&schedule(open), date.parse().unwrap(), minutes);
        slots.iter().map(|slot| format!("{} {}", slot.wall(), utc(slot.from_ms()))).collect()
    }

    fn utc(ms: i64) -> String {
        Timestamp::from_millisecond(ms).unwrap().strftime("%H:%MZ").to_string()
    }

    #[test]
    fn slots_fill_each_opening_from_its_beginning() {
        assert_eq!(
            walls(r#""08:00-09:10", "15:00-15:20""#, "2026-11-24", 30),
            ["2026-11-24 08:00 07:00Z", "2026-11-24 08:30 07:30Z"]
        );
        assert!(walls(r#""08:00-08:20""#, "2026-11-24", 30).is_empty());
    }

    #[test]
    fn nothing_is_looked_at_after_the_end_of_time() {
        let schedule = schedule(r#""08:00-18:00""#);
        let now = 1_795_406_400_000; // 2026-11-23
        let looked_at = |from_ms| dates(&schedule, from_ms, now).count();
        assert_eq!(looked_at(now), 1);
        for after in [253_402_300_800_000, i64::MAX] {
            assert_eq!(looked_at(after), 0, "{after}");
        }
    }

    #[test]
    fn slot_in_the_hour_that_does_not_exist_moves_on_and_none_is_offered_twice() {
        assert_eq!(
            walls(r#""01:30-04:00""#, "2026-03-29", 30),
            [
                "2026-03-29 01:30 00:30Z",
                "2026-03-29 03:00 01:00Z", // two o'clock too
                "2026-03-29 03:30 01:30Z",
            ]
        );
    }

    #[test]
    fn slot_in_the_hour_that_comes_twice_is_used_once() {
        assert_eq!(
            walls(r#""02:00-03:30""#, "2026-10-25", 30),
            ["2026-10-25 02:00 00:00Z", "2026-10-25 02:30 00:30Z", "2026-10-25 03:00 02:00Z"]
        );
    }

    #[test]
    fn agreed_time_holds_through_both_nights() {
        let slot =
            |wall: &str| Slot { start: wall.parse().unwrap(), minutes: 30, zone: "Europe/Rome".into() };
        for (wall, expected) in [
            ("2026-03-28T10:00", "09:00Z"),
            ("2026-03-30T10:00", "08:00Z"),
            ("2026-10-24T10:00", "08:00Z"),
            ("2026-10-26T10:00", "09:00Z"),
        ] {
            assert_eq!(utc(slot(wall).from_ms()), expected, "{wall}");
        }
        let last = slot("2026-10-25T02:45");
        assert_eq!(last.to_ms() - last.from_ms(), 30 * 60_000);
    }
}
