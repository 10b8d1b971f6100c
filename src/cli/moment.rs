//! Moments as people write them: `2026-11-22T08:30:00+01:00`, `2026-11-22T08:30`, `2026-11-22`, `today`, `2h`.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::failure::Failure;
use super::span::parse_span;
use crate::time::rome_zone;

/// Which end of a time a moment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// `--since`: a day means its begin.
    Since,
    /// `--until`: a day means its end, so that the day is within.
    Until,
}

/// Milliseconds since the Unix epoch; times without a zone are Rome's.
pub(super) fn parse_moment(text: &str, end: End, now: Timestamp) -> Result<i64, Failure> {
    moment(text, end, now, &rome_zone()).map(Timestamp::as_millisecond).ok_or_else(|| {
        Failure::misuse(format_args!(
            "`{text}` is not a moment; write 2026-11-22T08:30:00+01:00, 2026-11-22T08:30, 2026-11-22, today, yesterday, \
             tomorrow, now, or 2h for two hours ago"
        ))
    })
}

fn moment(text: &str, end: End, now: Timestamp, rome: &TimeZone) -> Option<Timestamp> {
    let today = now.to_zoned(rome.clone()).date();
    // The last days that a date can name have no moment of their own: they are as far as there is any time.
    let day = |date: Date| {
        let last = if date.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
        let edge = if end == End::Until { date.tomorrow() } else { Ok(date) };
        let begin = edge.and_then(|edge| edge.to_zoned(rome.clone()));
        Some(begin.map_or(last, |begin| begin.timestamp()))
    };
    match text {
        "now" => return Some(now),
        "today" => return day(today),
        "yesterday" => return day(today.checked_sub(1.day()).ok()?),
        "tomorrow" => return day(today.tomorrow().ok()?),
        _ => {}
    }
    if let Ok(ago) = parse_span(text) {
        return now.checked_sub(SignedDuration::try_from(ago).ok()?).ok();
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    // A date also reads as a date with midnight: the length tells them apart.
    if text.len() == "2026-11-22".len() {
        return day(text.parse().ok()?);
    }
    let civil: DateTime = text.parse().ok()?;
    Some(civil.to_zoned(rome.clone()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_rome_s_time() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().expect("a moment");
        let rows = [
            ("2026-11-22T08:30:00+01:00", End::Since, "2026-11-22T07:30:00Z"),
            ("2026-11-22T07:30:00Z", End::Until, "2026-11-22T07:30:00Z"),
            ("2026-11-22T08:30", End::Since, "2026-11-22T07:30:00Z"),
            ("2026-07-01T08:30:00", End::Since, "2026-07-01T06:30:00Z"),
            ("2026-11-22", End::Since, "2026-11-21T23:00:00Z"),
            ("2026-11-22", End::Until, "2026-11-22T23:00:00Z"),
            ("2026-10-25", End::Until, "2026-10-25T23:00:00Z"), // the day of 25 hours
            ("2026-10-25", End::Since, "2026-10-24T22:00:00Z"),
            ("today", End::Since, "2026-11-21T23:00:00Z"),
            ("yesterday", End::Until, "2026-11-21T23:00:00Z"),
            ("tomorrow", End::Since, "2026-11-22T23:00:00Z"),
            ("tomorrow", End::Until, "2026-11-23T23:00:00Z"),
            ("now", End::Until, "2026-11-22T10:00:00Z"),
            ("2h", End::Since, "2026-11-22T08:00:00Z"),
            ("90m", End::Until, "2026-11-22T08:30:00Z"),
            ("9999-12-31", End::Until, "9999-12-30T22:00:00.999Z"),
            ("7d", End::Since, "2026-11-15T10:00:00Z"),
        ];
        for (text, end, expected) in rows {
            let expected: Timestamp = expected.parse().expect("a moment");
            assert_eq!(parse_moment(text, end, now), Ok(expected.as_millisecond()), "{text} {end:?}");
        }
    }

    #[test]
    fn what_is_no_moment_is_told_with_examples() {
        for text in ["", "tomorrowish", "22/11/2026", "2026-13-01", "2026-02-30", "25:00", "-2h", "2 h"] {
            assert!(parse_moment(text, End::Since, Timestamp::UNIX_EPOCH).is_err(), "{text}");
        }
    }
}
