//! `centralino simulate`: the service in virtual time, before anybody dials it.

mod chart;
mod day;
mod page;
mod sources;

use std::io::IsTerminal;
use std::num::NonZero;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use super::failure::Failure;
use super::out::{self, Column, Format, numbers, words};
use crate::simulate::{Estimate, Figures, Length, PlainModel, REPLICATIONS};

/// Most seats.
const MOST_SEATS: i64 = 10_000;
/// Whoever says one of these means a day, also where `--day` was forgotten.
const OF_A_DAY: [&str; 6] = ["day", "profile", "compare", "find", "arrivals_csv", "arrivals_of"];

/// The service in virtual time: a whole day on the exchange itself, or one queue with nothing around it. Each figure has its 95 %
/// interval, from independent replications.
///
/// A day (docs/simulate.md) is run on the configuration, the flows and the distribution that answer the phone; `--day` with a profile
/// or a file that says who calls when and who sits where. One queue is for planning by hand, and for checking against theory.
///
/// Examples:
///   centralino simulate --day 2026-11-24 --profile 055055
///   centralino simulate --day 2026-11-24 --profile mia.toml --html giornata.html
///   centralino simulate --day 2026-11-24 --compare 055055 due-in-piu.toml
///   centralino simulate --day 2026-11-24 --compare 055055 bozza.yaml
///   centralino simulate --day 2026-11-24 --compare config config-bozza
///   centralino simulate --day 2026-11-24 --profile 055055 --find seats --service-level 80/20
///   centralino simulate --arrivals poisson:400/h --talk exp:116.75s --patience exp:180s --seats 17 --hours 2000 --seed 7
///   centralino simulate --arrivals poisson:90/h --talk exp:4m --patience none --seats 8 --format json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct SimulateArgs {
    #[command(flatten)]
    day: day::DayArgs,
    /// One queue: how many callers come, at random: `poisson:400/h`.
    #[arg(long, value_name = "POISSON", value_parser = parse_arrivals, required_unless_present_any = OF_A_DAY, conflicts_with = "day")]
    arrivals: Option<f64>,
    /// One queue: how long they talk: `exp:116.75s` on average, or `fixed:2m` always.
    #[arg(long, value_name = "LENGTH", value_parser = parse_length, required_unless_present_any = OF_A_DAY, conflicts_with = "day")]
    talk: Option<Length>,
    /// One queue: how long they wait before they give up: `exp:180s`, `fixed:5m`; `none`: for ever.
    #[arg(long, value_name = "LENGTH", value_parser = parse_patience, default_value = "none", conflicts_with = "day")]
    patience: Patience,
    /// One queue: operators.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=MOST_SEATS), required_unless_present_any = OF_A_DAY, conflicts_with = "day")]
    seats: Option<u32>,
    /// One queue: hours in all.
    #[arg(long, default_value = "1000", value_parser = parse_hours, conflicts_with = "day")]
    hours: f64,
    /// The same seed gives the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Lines for people, or one JSON object.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How long callers wait, if not for ever.
#[derive(Clone, Copy, Debug)]
struct Patience(Option<Length>);

fn parse_arrivals(text: &str) -> Result<f64, String> {
    let rate = text.strip_prefix("poisson:").and_then(|rest| rest.strip_suffix("/h"));
    let rate = rate.and_then(|rate| rate.parse::<f64>().ok()).filter(|rate| *rate >= 0.01 && *rate <= 1e6);
    rate.ok_or_else(|| "write how many come in an hour, from 0.01 to 1000000, like poisson:400/h".to_owned())
}

fn parse_length(text: &str) -> Result<Length, String> {
    let wrong =
        || "write a length of time, from 0.1s to 24h, like exp:116.75s, exp:4m or fixed:2m".to_owned();
    Length::parse(text).ok_or_else(wrong)
}

fn parse_patience(text: &str) -> Result<Patience, String> {
    if text == "none" {
        return Ok(Patience(None));
    }
    parse_length(text).map(|length| Patience(Some(length))).map_err(|why| format!("{why}, or none"))
}

fn parse_hours(text: &str) -> Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| (1.0..=1e7).contains(hours));
    hours.ok_or_else(|| "write a number of hours from 1 to 10000000".to_owned())
}

/// Runs it.
pub(super) fn run(args: &SimulateArgs) -> Result<(), Failure> {
    let (Some(arrivals_per_hour), Some(talk), Some(seats)) = (args.arrivals, args.talk, args.seats) else {
        return day::run(&args.day, args.seed, args.format);
    };
    let (patience, hours, seed) = (args.patience.0, args.hours, args.seed);
    let model = PlainModel { arrivals_per_hour, talk, patience, seats, hours, seed };
    model.check().map_err(Failure::misuse)?;
    let figures = Figures::of(&replications("", REPLICATIONS, |number| model.replicate(number)));
    match args.format {
        Format::Json => out::json(&figures),
        Format::Table => show(&figures),
    }
}

/// So many replications, on as many cores as there are; in order, whichever is done first. `of` is shown before how many are done.
fn replications<R: Send>(of: &str, count: u32, replicate: impl Fn(u32) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (next, done) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut runs = thread::scope(|scope| {
        let work = || {
            let mut own = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return own;
                }
                own.push((number, replicate(number)));
                progress(of, done.fetch_add(1, Ordering::Relaxed) + 1, count);
            }
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, Vec<_>>| {
            thread.join().expect("a replication of what was checked runs to its end")
        };
        threads.into_iter().flat_map(join).collect::<Vec<_>>()
    });
    runs.sort_by_key(|(number, _)| *number);
    runs.into_iter().map(|(_, run)| run).collect()
}

/// On a terminal alone, and gone at the end.
fn progress(of: &str, done: u32, count: u32) {
    if std::io::stderr().is_terminal() {
        let end = if done == count { "\r\x1b[K" } else { "" };
        eprint!("\r{of}replication {done} of {count}{end}");
    }
}

const COLUMNS: [Column; 3] = [words("figure"), numbers("value"), numbers("95 % interval")];

fn show(figures: &Figures) -> Result<(), Failure> {
    let share = |estimate: Estimate| shown(estimate, |value| format!("{:.2} %", value * 100.0));
    let count = |estimate: Estimate| shown(estimate, |value| format!("{value:.0}"));
    let time = |estimate: Estimate| shown(estimate, |value| format!("{value:.2} s"));
    let rows = [
        ("offered", count(figures.offered)),
        ("answered", count(figures.answered)),
        ("abandoned", count(figures.abandoned)),
        ("mean wait of those answered", time(figures.mean_wait_s)),
        ("found no free seat", share(figures.p_wait)),
        ("answered within 20 s", share(figures.service_level_20s)),
        ("occupancy", share(figures.occupancy)),
    ];
    let rows = rows.map(|(name, [value, interval])| vec![name.to_owned(), value, interval]);
    out::table(&COLUMNS, rows, "")
}

fn shown(estimate: Estimate, format: impl Fn(f64) -> String) -> [String; 2] {
    let [from, to] = estimate.ci95;
    [format(estimate.value), format!("{} to {}", format(from), format(to))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_rates_are_read_as_they_are_written() {
        assert_eq!(parse_arrivals("poisson:400/h"), Ok(400.0));
        assert_eq!(parse_length("exp:116.75s"), Ok(Length::Exponential(116.75)));
        assert_eq!(parse_length("fixed:2m"), Ok(Length::Fixed(120.0)));
        assert!(parse_patience("none").is_ok_and(|patience| patience.0.is_none()));
        for text in ["400", "poisson:x/h", "poisson:-1/h", "poisson:inf/h", "poisson:NaN/h", "poisson:400/m"]
        {
            assert!(parse_arrivals(text).is_err(), "{text}");
        }
        for text in ["2m", "exp:", "exp:0s", "exp:-3s", "exp:nans", "gauss:3s", "exp:3", "exp:1e9s", "exp:3è"]
        {
            assert!(parse_length(text).is_err(), "{text}");
        }
    }
}
