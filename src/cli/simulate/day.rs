//! `centralino simulate --day`: what is read, run and shown.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Date;

use super::sources::{Sources, Variant, parse_day};
use super::{chart, page, replications};
use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::out::{self, Column, Format, numbers, words};
use crate::io::control::Clock;
use crate::simulate::{
    Comparison, Day, DayFigures, Estimate, Found, Goal, HALF_HOURS, InQueue, Line, Run, Scenario, Service,
    Tally, begin_of, clock, fewest_seats, minutes,
};

/// Arguments of a day.
#[derive(Debug, clap::Args)]
pub(super) struct DayArgs {
    /// A day: which one, as 2026-11-24, 24/11/2026 or tomorrow; its opening hours count.
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub(super) day: Option<Date>,
    /// Two days instead, on the same random calls. Each is named by what is another in it: a profile or a file, a flow such as
    /// bozza.yaml, a configuration such as config-bozza.
    #[arg(long, num_args = 2, value_names = ["A", "B"], requires = "day", conflicts_with = "find")]
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
    #[command(flatten)]
    sources: Sources,
    /// Phones speak real SIP bytes: slower, and the same figures.
    #[arg(long, requires = "day")]
    sip: bool,
    /// Write a page with plots, too.
    #[arg(long, value_name = "FILE", requires = "day", conflicts_with = "find")]
    html: Option<PathBuf>,
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
    args.html.as_deref().map_or(Ok(()), |file| beside::has_room(file, beside::HTML))?;
    let level = Duration::from_secs(u64::from(args.service_level.within_s));
    let run = Run { date, seed, by_sip: args.sip, level };
    let work = Work { args, run, format };
    match (&args.compare, &args.find) {
        (Some(both), _) => work.compare(both),
        (None, Some(_)) => work.find(),
        (None, None) => work.one(),
    }
}

/// What is run on what.
struct Work<'a> {
    args: &'a DayArgs,
    run: Run,
    format: Format,
}

impl Work<'_> {
    fn repeat(&self, scenario: &Scenario, service: &Service, of: &str) -> Vec<Tally> {
        let day = Day::new(scenario.clone(), service, self.run.clone());
        replications(of, self.args.replications, |number| day.replicate(number))
    }

    fn one(&self) -> Result<(), Failure> {
        let Variant { scenario, service } = self.args.sources.one()?;
        let clock = Clock::start();
        let runs = self.repeat(&scenario, &service, "");
        let took = clock.now().mono.since_start();
        let figures = DayFigures::of(&scenario, &runs);
        if let Some(file) = &self.args.html {
            beside::write(file, &page::of_day(&figures, self.run.date, self.args.service_level))?;
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
        let [a, b] = self.args.sources.both(a, b)?;
        let runs_a = self.repeat(&a.scenario, &a.service, "first day, ");
        let runs_b = self.repeat(&b.scenario, &b.service, "second day, ");
        let comparison = Comparison::of((&a.scenario, &runs_a), (&b.scenario, &runs_b));
        if let Some(file) = &self.args.html {
            beside::write(file, &page::of_comparison(&comparison, self.run.date, self.args.service_level))?;
        }
        match self.format {
            Format::Json => out::json(&comparison),
            Format::Table => {
                comparison.in_words().iter().try_for_each(|line| out::line(&out::printable(line)))?;
                out::line("")?;
                show_both(&comparison)
            }
        }
    }

    fn find(&self) -> Result<(), Failure> {
        let Variant { scenario, service } = self.args.sources.one()?;
        let goal = self.args.service_level;
        let mut round = 0;
        let found = fewest_seats(&scenario, goal, &mut |scenario| {
            round += 1;
            self.repeat(scenario, &service, &format!("round {round}, "))
        });
        match self.format {
            Format::Json => out::json(&found),
            Format::Table => show_found(&found, &scenario),
        }
    }
}

// -- what people see

const HALF_HOUR_COLUMNS: [Column; 11] = [
    words("half hour"),
    numbers("seats"),
    numbers("arrived"),
    numbers("contained").spare(1),
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
            line.contained.as_ref().map_or_else(String::new, count),
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
    let is_none = |figure: Estimate| figure.value == 0.0;
    if figures.day(None).is_some_and(|day| is_none(day.offered) && !day.arrived.is_none_or(is_none)) {
        eprintln!(
            "nobody came to a queue: the service may be closed that day, as `centralino calendar preview` tells"
        );
    }
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

const BOTH_QUEUES_COLUMNS: [Column; 6] = [
    words("queue"),
    numbers("offered A, B"),
    numbers("mean wait A"),
    numbers("mean wait B"),
    numbers("B - A"),
    numbers("abandoned A, B"),
];

fn show_both(both: &Comparison) -> Result<(), Failure> {
    let row = |(a, b): (Option<&Line>, Option<&Line>)| {
        let from = a.or(b).and_then(|line| line.from.clone());
        let seats = |line: Option<&Line>| {
            line.and_then(|line| line.seats).map_or_else(String::new, |seats| format!("{seats:.1}"))
        };
        let waited = |line: Option<&Line>| line.map_or_else(String::new, |line| wait(&line.mean_wait_s));
        let lost = |line: Option<&Line>| line.map_or(0.0, |line| line.abandoned.value);
        vec![
            from.unwrap_or_else(|| "day".to_owned()),
            seats(a),
            seats(b),
            waited(a),
            waited(b),
            format!("{:.1}, {:.1}", lost(a), lost(b)),
        ]
    };
    let day = (both.a.day(None), both.b.day(None));
    let rows = both.half_hours().into_iter().chain([day]).map(row);
    out::table(&BOTH_COLUMNS, rows, "nobody calls on that day")?;
    out::line("")?;
    let row = |queue: &InQueue| {
        let offered = |day: &DayFigures| day.day(Some(&queue.queue)).map_or(0.0, |line| line.offered.value);
        let (wait, lost) = (&queue.effect.mean_wait_s, &queue.effect.abandoned);
        let sign = if wait.difference.value < 0.0 { "-" } else { "+" };
        vec![
            queue.queue.to_string(),
            format!("{:.1}, {:.1}", offered(&both.a), offered(&both.b)),
            minutes(wait.a),
            minutes(wait.b),
            format!("{sign}{}", with_interval(&wait.difference, minutes)),
            format!("{:.1}, {:.1}", lost.a, lost.b),
        ]
    };
    out::table(&BOTH_QUEUES_COLUMNS, both.queues.iter().map(row), "nobody came to a queue")?;
    out::line("")?;
    out::line(&out::printable(&format!("A is {}, B is {}.", both.a.scenario, both.b.scenario)))
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
        (0..HALF_HOURS)
            .find(|half_hour| clock(begin_of(*half_hour)) == from)
            .and_then(|at| staffing.get(at).copied())
            .unwrap_or(0.0)
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

/// Fewer than two replications have it.
const UNKNOWN: &str = "-";

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
    match with_interval(estimate, |share| format!("{:.0}", share * 100.0)) {
        unknown if unknown == UNKNOWN => unknown,
        known => format!("{known} %"),
    }
}

fn with_interval(estimate: &Estimate, format: impl Fn(f64) -> String) -> String {
    let half = (estimate.ci95[1] - estimate.ci95[0]) / 2.0;
    if half.is_finite() {
        format!("{} ±{}", format(estimate.value), format(half))
    } else {
        UNKNOWN.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read_as_supervisors_write_them() {
        assert_eq!(parse_goal("80/20"), Ok(Goal { share: 0.8, within_s: 20 }));
        for text in ["80", "80/0", "100/20", "-1/20", "x/y", "80/20s"] {
            assert!(parse_goal(text).is_err(), "{text}");
        }
    }
}
