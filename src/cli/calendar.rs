//! `centralino calendar preview`: what the days ahead will be, before a citizen stands at a closed door.

use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::failure::Failure;
use super::out::{self, Format};
use crate::flow::hours::{Schedule, Why};
use crate::hint::Hint;
use crate::io::config;
use crate::io::control::Clock;

/// Most days that are shown at once: a year and a leap day.
const MAX_DAYS: i64 = 366;
/// Monday first.
const WEEKDAYS: [&str; 7] = ["lun", "mar", "mer", "gio", "ven", "sab", "dom"];

/// Arguments of `calendar`.
#[derive(Debug, clap::Args)]
pub(super) struct CalendarArgs {
    #[command(subcommand)]
    command: CalendarCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CalendarCommand {
    /// Each day's hours, and the holiday or exception that makes it different.
    ///
    /// Examples:
    ///   centralino calendar preview
    ///   centralino calendar preview sportello --from 2026-12-20 --days 20
    ///   centralino calendar preview sportello --format json
    #[command(verbatim_doc_comment)]
    Preview(PreviewArgs),
}

#[derive(Debug, clap::Args)]
struct PreviewArgs {
    /// The schedule; all of them when not given.
    schedule: Option<String>,
    /// First day, as 2026-12-20 or 20/12/2026. [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    from: Option<Date>,
    /// How many days.
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=MAX_DAYS))]
    days: i64,
    /// The configuration; the schedules are in its `calendars.toml`.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// Lines for people, or one JSON object a day.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A date as scripts write it, or as people in Italy do.
pub(super) fn parse_date(text: &str) -> Result<Date, String> {
    let italian = || {
        let mut parts = text.splitn(3, '/').map(str::parse::<i16>);
        let (day, month, year) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        // A year of two digits is a slip more often than antiquity.
        let year = Some(year).filter(|year| *year >= 1000)?;
        Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
    };
    let date = text.parse().ok().or_else(italian);
    date.ok_or_else(|| "this is no date of the calendar; write 2026-12-20 or 20/12/2026".to_owned())
}

/// A day, for scripts.
#[derive(Serialize)]
struct Row<'a> {
    schedule: &'a str,
    date: Date,
    open: Vec<String>,
    /// With daylight saving: an opening may last an hour more or less than it says.
    open_minutes: usize,
    /// `week`, `holiday` or `exception`.
    why: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
}

/// Runs it.
pub(super) fn run(args: &CalendarArgs) -> Result<(), Failure> {
    let CalendarCommand::Preview(args) = &args.command;
    let parsed = config::load(&args.config)
        .map_err(|faults| Failure::faults(faults.iter().map(ToString::to_string).collect()))?;
    let schedules = parsed.calendars.schedules;
    let chosen: Vec<_> = schedules
        .iter()
        .filter(|(name, _)| args.schedule.as_deref().is_none_or(|wanted| wanted == name.as_str()))
        .collect();
    if let (Some(wanted), []) = (&args.schedule, chosen.as_slice()) {
        let hint = Hint::nearest(wanted, schedules.keys().map(|name| name.as_str()));
        return Err(Failure::misuse(format_args!("there is no schedule `{wanted}` in calendars.toml{hint}")));
    }
    if chosen.is_empty() && args.format == Format::Table {
        return out::line("no schedules in calendars.toml");
    }
    let now = Clock::start().now().wall;
    chosen.into_iter().try_for_each(|(name, schedule)| show(args, name.as_str(), schedule, now))
}

fn show(args: &PreviewArgs, name: &str, schedule: &Schedule, now: Timestamp) -> Result<(), Failure> {
    let from = args.from.unwrap_or_else(|| schedule.zone().to_datetime(now).date());
    if args.format == Format::Table {
        out::line(&format!("{name} ({})", schedule.zone().iana_name().unwrap_or("?")))?;
    }
    if schedule.never_opens() {
        eprintln!("warning: schedule `{name}` never opens; give it `open` times or an exception that opens");
    }
    let days = from.series(jiff::Span::new().days(1));
    for date in days.take(usize::try_from(args.days).unwrap_or_default()) {
        match args.format {
            Format::Table => out::line(&told(schedule, date, from.year()))?,
            Format::Json => out::json(&row(name, schedule, date))?,
        }
    }
    Ok(())
}

/// `mer 24/6: chiuso, San Giovanni`; with the year where it is not the first day's.
fn told(schedule: &Schedule, date: Date, year: i16) -> String {
    let day = schedule.day(date);
    let weekday = WEEKDAYS[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs() % 7)];
    let year = if date.year() == year { String::new() } else { format!("/{}", date.year()) };
    let hours: Vec<String> = day.openings.iter().map(ToString::to_string).collect();
    let hours = if hours.is_empty() { "chiuso".to_owned() } else { hours.join(" e ") };
    let mut line = format!("{weekday} {}/{}{year}: {hours}", date.day(), date.month());
    if let Some(title) = title(day.why) {
        line.push_str(", ");
        line.push_str(&out::printable(title));
    }
    let said: usize = day.openings.iter().map(|opening| opening.minutes()).sum();
    let minutes = schedule.open_minutes(date);
    if minutes != said {
        line.push_str(&format!(", per il cambio dell'ora {}", hours_of(minutes)));
    }
    line
}

fn title(why: Why<'_>) -> Option<&str> {
    match why {
        Why::Week => None,
        Why::Holiday(name) => Some(name),
        Why::Exception(title) => title,
    }
}

/// `7 ore`, `6 ore e 30 minuti`.
fn hours_of(minutes: usize) -> String {
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("{hours} ore"),
        (hours, rest) => format!("{hours} ore e {rest} minuti"),
    }
}

fn row<'a>(name: &'a str, schedule: &'a Schedule, date: Date) -> Row<'a> {
    let day = schedule.day(date);
    Row {
        schedule: name,
        date,
        open: day.openings.iter().map(ToString::to_string).collect(),
        open_minutes: schedule.open_minutes(date),
        why: match day.why {
            Why::Week => "week",
            Why::Holiday(_) => "holiday",
            Why::Exception(_) => "exception",
        },
        title: title(day.why),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn first_day_is_written_as_scripts_do_or_as_people_do() {
        for text in ["2026-11-22", "22/11/2026"] {
            assert_eq!(parse_date(text), Ok(jiff::civil::date(2026, 11, 22)), "{text}");
        }
        for text in ["11/22/2026", "22/11", "22/11/26", "domani", "31/2/2026", "1/2/3/4"] {
            assert!(parse_date(text).expect_err(text).contains("20/12/2026"), "{text}");
        }
    }

    #[test]
    fn days_are_told_as_a_person_would() {
        let schedule: Schedule = toml::from_str(
            "open = { mon-sat = ['08:00-13:00', '14:00-20:00'], sun = ['00:00-06:00'] }
             closed = ['it-national', '06-24 San Giovanni', '06-25']
             exception = [{ date = '2026-12-24', open = ['08:00-13:00'], title = 'Vigilia' }]",
        )
        .expect("a schedule");
        let table = [
            (date(2026, 6, 23), "mar 23/6: 08:00-13:00 e 14:00-20:00"),
            (date(2026, 6, 24), "mer 24/6: chiuso, San Giovanni"),
            (date(2026, 6, 25), "gio 25/6: chiuso, giorno festivo"),
            (date(2026, 10, 4), "dom 4/10: chiuso, San Francesco"),
            (date(2026, 10, 25), "dom 25/10: 00:00-06:00, per il cambio dell'ora 7 ore"),
            (date(2026, 3, 29), "dom 29/3: 00:00-06:00, per il cambio dell'ora 5 ore"),
            (date(2026, 12, 24), "gio 24/12: 08:00-13:00, Vigilia"),
            (date(2027, 3, 29), "lun 29/3/2027: chiuso, Lunedì dell'Angelo"),
        ];
        for (day, expected) in table {
            assert_eq!(told(&schedule, day, 2026), expected);
        }
        let json = serde_json::to_string(&row("s", &schedule, date(2026, 6, 24))).expect("JSON");
        assert_eq!(
            json,
            r#"{"schedule":"s","date":"2026-06-24","open":[],"open_minutes":0,"why":"holiday","title":"San Giovanni"}"#
        );
    }
}
