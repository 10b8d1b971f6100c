//! `centralino simulate --day`: what is read, run and shown.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Date;

use super::super::calendar::parse_date;
use super::super::exchange::Exchange;
use super::super::failure::Failure;
use super::super::out::{self, Column, Format, numbers, words};
use super::super::records::page_through;
use super::{chart, page, replications};
use crate::io::control::Clock;
use crate::io::records::Wanted;
use crate::io::setup;
use crate::simulate::{
    Comparison, Day, DayFigures, Estimate, Found, Goal, HALF_HOUR_S, HALF_HOURS, Line, Run, Scenario,
    Service, Tally, clock, fewest_seats, minutes, read_csv,
};
use crate::time::rome_zone;

/// The profiles that are always there.
const PROFILES: [(&str, &str); 2] = [
    ("055055", include_str!("../../../simulate/055055.toml")),
    ("020202", include_str!("../../../simulate/020202.toml")),
];
/// A file that says who calls and who sits where is a page; nothing longer is read.
const MOST_BYTES: u64 = 1 << 20;

/// Arguments of a day.
#[derive(Debug, clap::Args)]
pub(super) struct DayArgs {
    /// A day: which one, as 2026-11-24 or 24/11/2026; its opening hours count.
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    pub(super) day: Option<Date>,
    /// Who calls when, what they want, and who sits where: 055055, 020202, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "055055", requires = "day")]
    profile: String,
    /// Two days instead, on the same random calls: profiles or files.
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "day", conflicts_with_all = ["find", "profile"])]
    compare: Option<Vec<String>>,
    /// `seats`: the fewest of each half hour that meet the service level.
    #[arg(long, value_name = "WHAT", value_parser = ["seats"], requires = "day")]
    find: Option<String>,
    /// So many of a hundred are to be answered within so many seconds.
    #[arg(long, value_name = "X/Y", value_parser = parse_goal, default_value = "80/20", requires = "day")]
    service_level: Goal,
    /// How often the day is run.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..=1000), requires = "day")]
    replications: u32,
    /// Arrivals from a spreadsheet instead of the profile's: lines like 08:30,60.
    #[arg(long, value_name = "FILE", requires = "day", conflicts_with = "arrivals_of")]
    arrivals_csv: Option<PathBuf>,
    /// Arrivals of a day on record instead of the profile's.
    #[arg(long, value_name = "DATE", value_parser = parse_date, requires = "day")]
    arrivals_of: Option<Date>,
    #[command(flatten)]
    exchange: Exchange,
    /// Phones speak real SIP bytes: slower, and the same for everybody.
    #[arg(long, requires = "day")]
    sip: bool,
    /// Write a page with plots, too.
    #[arg(long, value_name = "FILE", requires = "day")]
    html: Option<PathBuf>,
    /// The configuration; flows and sounds lie beside it.
    #[arg(long, value_name = "DIR", default_value = "config", requires = "day")]
    config: PathBuf,
}

fn parse_goal(text: &str) -> Result<Goal, String> {
    let read = || {
        let (share, within) = text.split_once('/')?;
        let share = share.parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 100.0)?;
        let within_s = within.parse::<u32>().ok().filter(|seconds| (1..=3_600).contains(seconds))?;
        Some(Goal { share: share / 100.0, within_s })
    };
    read().ok_or_else(|| "write a share below 100 and seconds from 1 to 3600, like 80/20".to_owned())
}

/// Runs it.
pub(super) fn run(args: &DayArgs, seed: u64, format: Format) -> Result<(), Failure> {
    let date = args.day.ok_or_else(|| Failure::misuse("say which day: --day 2026-11-24"))?;
    let level = Duration::from_secs(u64::from(args.service_level.within_s));
    let run = Run { date, seed, by_sip: args.sip, level };
    let loaded = setup::load(&args.config).map_err(Failure::faults)?;
    let service =
        Service { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) };
    let work = Work { args, service, run, format };
    match (&args.compare, &args.find) {
        (Some(both), _) => work.compare(both),
        (None, Some(_)) => work.find(),
        (None, None) => work.one(),
    }
}

/// What is run on what.
struct Work<'a> {
    args: &'a DayArgs,
    service: Service,
    run: Run,
    format: Format,
}

impl Work<'_> {
    fn scenario(&self, name: &str) -> Result<Scenario, Failure> {
        let read = |name: &str| read_profile(name, Path::new(""));
        let text = read(name).ok_or_else(|| {
            Failure::misuse(format_args!(
                "no profile and no file `{name}`; there are 055055 and 020202, or name a file such as simulate/055055.toml"
            ))
        })?;
        let beside = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
        let others = |name: &str| read_profile(name, &beside);
        let mut scenario = Scenario::parse(name, &text, &others).map_err(|faults| lines(&faults))?;
        scenario.name =
            Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy()).into_owned();
        scenario.check(&self.service.config).map_err(|faults| lines(&faults))?;
        if let Some(arrivals) = self.arrivals(&scenario.number)? {
            scenario.arrivals = arrivals;
        }
        Ok(scenario)
    }

    /// Arrivals that take the place of the profile's.
    fn arrivals(&self, number: &str) -> Result<Option<Vec<f64>>, Failure> {
        if let Some(file) = &self.args.arrivals_csv {
            let name = file.display().to_string();
            let text = fs::read_to_string(file).map_err(|error| {
                Failure::misuse(format_args!("{name}: {error}; name a file with lines like 08:30,60"))
            })?;
            return read_csv(&name, &text).map(Some).map_err(|faults| lines(&faults));
        }
        self.args.arrivals_of.map(|date| self.recorded(date, number)).transpose()
    }

    /// The calls to a number of a day on record, by half hour.
    fn recorded(&self, date: Date, number: &str) -> Result<Vec<f64>, Failure> {
        let zoned = |date: Date| date.to_zoned(rome_zone()).map_err(Failure::misuse);
        let (from, to) = (zoned(date)?, zoned(date.tomorrow().map_err(Failure::misuse)?)?);
        let wanted = Wanted {
            from_ms: Some(from.timestamp().as_millisecond()),
            to_ms: Some(to.timestamp().as_millisecond()),
            ..Wanted::default()
        };
        let records = self.args.exchange.records()?;
        let mut arrivals = vec![0.0; HALF_HOURS];
        let page = |wanted: &Wanted| records.contacts(wanted).map(|page| (page.contacts, page.next));
        page_through(wanted, usize::MAX, page, |contact| {
            let at = contact.opened.parse::<jiff::Timestamp>().map(|at| at.to_zoned(rome_zone()));
            if let (Ok(at), Some(to)) = (at, &contact.to)
                && to == number
            {
                let half_hour = usize::try_from(at.hour()).unwrap_or(0) * 2 + usize::from(at.minute() >= 30);
                arrivals.get_mut(half_hour).into_iter().for_each(|calls| *calls += 1.0);
            }
            Ok(())
        })?;
        if arrivals.iter().all(|calls| *calls == 0.0) {
            return Err(Failure::misuse(format_args!(
                "nobody called {number} on {date}; `centralino contact list --since {date}` shows who did"
            )));
        }
        Ok(arrivals)
    }

    fn repeat(&self, scenario: &Scenario, of: &str) -> Vec<Tally> {
        let day = Day::new(scenario.clone(), &self.service, self.run.clone());
        replications(of, self.args.replications, |number| day.replicate(number))
    }

    fn one(&self) -> Result<(), Failure> {
        let scenario = self.scenario(&self.args.profile)?;
        let clock = Clock::start();
        let runs = self.repeat(&scenario, "");
        let took = clock.now().mono.since_start();
        let figures = DayFigures::of(&scenario, &runs);
        if let Some(file) = &self.args.html {
            self.write(file, &page::of_day(&figures, self.run.date, self.args.service_level))?;
        }
        match self.format {
            Format::Json => out::json(&figures),
            Format::Table => {
                show_day(&figures, self.args.service_level)?;
                tell_pace(&figures, took);
                Ok(())
            }
        }
    }

    fn compare(&self, both: &[String]) -> Result<(), Failure> {
        let [a, b] = both else { return Err(Failure::misuse("--compare wants two days: --compare A B")) };
        let (a, b) = (self.scenario(a)?, self.scenario(b)?);
        let (runs_a, runs_b) = (self.repeat(&a, "first day, "), self.repeat(&b, "second day, "));
        let comparison = Comparison::of((&a, &runs_a), (&b, &runs_b));
        if let Some(file) = &self.args.html {
            self.write(file, &page::of_comparison(&comparison, self.run.date, self.args.service_level))?;
        }
        match self.format {
            Format::Json => out::json(&comparison),
            Format::Table => {
                comparison.in_words().iter().try_for_each(|line| out::line(line))?;
                out::line("")?;
                show_both(&comparison)
            }
        }
    }

    fn find(&self) -> Result<(), Failure> {
        let scenario = self.scenario(&self.args.profile)?;
        let goal = self.args.service_level;
        let mut round = 0;
        let found = fewest_seats(&scenario, goal, &mut |scenario| {
            round += 1;
            self.repeat(scenario, &format!("round {round}, "))
        });
        match self.format {
            Format::Json => out::json(&found),
            Format::Table => show_found(&found, &scenario),
        }
    }

    fn write(&self, file: &Path, page: &str) -> Result<(), Failure> {
        let wrong = |error| {
            Failure::other(format_args!("{}: {error}; name a file that can be written", file.display()))
        };
        fs::write(file, page).map_err(wrong)
    }
}

/// A profile by its name, or a file, as it is named or beside the one that names it.
fn read_profile(name: &str, beside: &Path) -> Option<String> {
    if let Some((_, text)) = PROFILES.iter().find(|(profile, _)| *profile == name) {
        return Some((*text).to_owned());
    }
    let file = beside.join(name);
    let is_page = fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= MOST_BYTES);
    is_page.then(|| fs::read_to_string(&file).ok()).flatten()
}

fn lines<F: ToString>(faults: &[F]) -> Failure {
    Failure::faults(faults.iter().map(ToString::to_string).collect())
}

// -- what people see

const HALF_HOUR_COLUMNS: [Column; 10] = [
    words("half hour"),
    numbers("seats"),
    numbers("arrived"),
    numbers("offered"),
    numbers("answered"),
    numbers("abandoned"),
    numbers("mean wait"),
    numbers("p90"),
    numbers("level"),
    numbers("occupancy"),
];

const QUEUE_COLUMNS: [Column; 11] = [
    words("queue"),
    numbers("offered"),
    numbers("answered"),
    numbers("abandoned"),
    numbers("unserved").spare(2),
    numbers("call-backs").spare(1),
    numbers("mean wait"),
    numbers("p50"),
    numbers("p90"),
    numbers("p95"),
    numbers("level"),
];

fn show_day(figures: &DayFigures, goal: Goal) -> Result<(), Failure> {
    let share = |estimate: &Estimate| out_of_hundred(estimate);
    let row = |line: &Line| {
        vec![
            line.from.clone().unwrap_or_else(|| "day".to_owned()),
            line.seats.map_or_else(String::new, |seats| format!("{seats:.1}")),
            line.arrived.as_ref().map_or_else(String::new, count),
            count(&line.offered),
            count(&line.answered),
            count(&line.abandoned),
            wait(&line.mean_wait_s),
            wait(&line.p90_wait_s),
            share(&line.service_level),
            line.occupancy.as_ref().map_or_else(String::new, share),
        ]
    };
    let service = figures.half_hours(None).chain(figures.day(None)).map(row);
    out::table(&HALF_HOUR_COLUMNS, service, "nobody calls on that day")?;
    out::line("")?;
    let row = |line: &Line| {
        vec![
            line.queue.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
            count(&line.offered),
            count(&line.answered),
            count(&line.abandoned),
            count(&line.unserved),
            count(&line.callbacks),
            wait(&line.mean_wait_s),
            wait(&line.p50_wait_s),
            wait(&line.p90_wait_s),
            wait(&line.p95_wait_s),
            share(&line.service_level),
        ]
    };
    let days = figures.lines.iter().filter(|line| line.from.is_none() && line.queue.is_some());
    out::table(&QUEUE_COLUMNS, days.chain(figures.day(None)).map(row), "nobody came to a queue")?;
    out::line("")?;
    out::line(&chart::of(figures))?;
    let contained =
        figures.day(None).and_then(|day| day.contained).map_or_else(String::new, |served| count(&served));
    out::line(&format!(
        "\n{} calls a day are served by the flow alone. Level: answered within {} s. ±: 95 % interval, {} replications.",
        contained, goal.within_s, figures.replications
    ))?;
    match figures.refused {
        0 => Ok(()),
        refused => out::line(&format!(
            "{refused} calls were told to try again: `max_calls` or `max_calls_per_second` of engine.toml was reached."
        )),
    }
}

/// On standard error: it differs from run to run.
fn tell_pace(figures: &DayFigures, took: Duration) {
    let replications = u32::try_from(figures.replications).map_or(1.0, f64::from);
    let calls = figures.day(None).and_then(|day| day.arrived).map_or(0.0, |calls| calls.value * replications);
    let seconds = took.as_secs_f64();
    eprintln!("{calls:.0} calls in {seconds:.1} s: {:.0} a second", calls / seconds.max(1e-9));
}

const BOTH_COLUMNS: [Column; 6] = [
    words("half hour"),
    numbers("seats A"),
    numbers("seats B"),
    numbers("mean wait A"),
    numbers("mean wait B"),
    numbers("abandoned A, B"),
];

fn show_both(comparison: &Comparison) -> Result<(), Failure> {
    let row = |(a, b): (&Line, &Line)| {
        let seats = |line: &Line| line.seats.map_or_else(String::new, |seats| format!("{seats:.1}"));
        vec![
            a.from.clone().unwrap_or_else(|| "day".to_owned()),
            seats(a),
            seats(b),
            wait(&a.mean_wait_s),
            wait(&b.mean_wait_s),
            format!("{:.1}, {:.1}", a.abandoned.value, b.abandoned.value),
        ]
    };
    let days = comparison.a.day(None).zip(comparison.b.day(None));
    let pairs = comparison.a.half_hours(None).zip(comparison.b.half_hours(None)).chain(days);
    out::table(&BOTH_COLUMNS, pairs.map(row), "nobody calls on that day")
}

const FOUND_COLUMNS: [Column; 6] = [
    words("half hour"),
    numbers("offered"),
    numbers("seats"),
    numbers("planned"),
    numbers("level"),
    words(""),
];

fn show_found(found: &[Found], scenario: &Scenario) -> Result<(), Failure> {
    let staffing = scenario.staffing();
    let planned = |from: &str| {
        let at = |half_hour: &usize| clock(u32::try_from(*half_hour).unwrap_or(0) * HALF_HOUR_S) == from;
        (0..HALF_HOURS).find(at).and_then(|at| staffing.get(at).copied()).unwrap_or(0.0)
    };
    let row = |found: &Found| {
        let note = if found.met { "" } else { "cannot be met: closed, or nobody gets through" };
        vec![
            format!("{}-{}", found.from, found.to),
            count(&found.offered),
            found.seats.to_string(),
            format!("{:.1}", planned(&found.from)),
            out_of_hundred(&found.service_level),
            note.to_owned(),
        ]
    };
    out::table(&FOUND_COLUMNS, found.iter().map(row), "nobody calls on that day")?;
    let hours: f64 = found.iter().map(|found| f64::from(found.seats) / 2.0).sum();
    out::line(&format!("\n{hours:.1} hours of operators a day; breaks come on top."))
}

/// `56.1 ±2.3`
fn count(estimate: &Estimate) -> String {
    with_interval(estimate, |value| format!("{value:.1}"))
}

/// `1:05 ±0:12`
fn wait(estimate: &Estimate) -> String {
    with_interval(estimate, minutes)
}

/// `81.0 ±2.1 %`
fn out_of_hundred(estimate: &Estimate) -> String {
    format!("{} %", with_interval(estimate, |share| format!("{:.0}", share * 100.0)))
}

fn with_interval(estimate: &Estimate, format: impl Fn(f64) -> String) -> String {
    let half = (estimate.ci95[1] - estimate.ci95[0]) / 2.0;
    if half.is_finite() { format!("{} ±{}", format(estimate.value), format(half)) } else { "-".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_fit_the_demo() {
        let config = crate::io::config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
        for (name, text) in PROFILES {
            let scenario = Scenario::parse(name, text, &|_| None).unwrap();
            assert_eq!(scenario.check(&config), Ok(()), "{name}");
            let calls = scenario.calls();
            let expected = if name == "055055" { 700.0..730.0 } else { 3_000.0..3_400.0 };
            assert!(expected.contains(&calls), "{name}: {calls}");
        }
    }

    #[test]
    fn goals_are_read_as_supervisors_write_them() {
        assert_eq!(parse_goal("80/20"), Ok(Goal { share: 0.8, within_s: 20 }));
        for text in ["80", "80/0", "100/20", "-1/20", "x/y", "80/20s"] {
            assert!(parse_goal(text).is_err(), "{text}");
        }
    }
}
