//! What a day is made of, as it is named on the command line: profiles and files, drafts of flows, configurations, arrivals.
//!
//! One of two days that are compared ([`Variant`]) is named by what is another in it: a day's file, a flow (`bozza.yaml`) or a
//! configuration (`config-bozza`). What it does not name is that of the other day, or what is there.

use std::io;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;

use crate::cli::calendar::parse_date;
use crate::cli::exchange::Exchange;
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::cli::records::page_through;
use crate::flow::Flow;
use crate::flow::published::unmarked;
use crate::ids::FlowId;
use crate::io::control::Clock;
use crate::io::records::Wanted;
use crate::io::setup::Surroundings;
use crate::io::texts;
use crate::io::versions::{Text, Versions};
use crate::simulate::{HALF_HOURS, Scenario, Service, read_csv};
use crate::time::rome_zone;

/// The profiles that are always there.
const PROFILES: [(&str, &str); 2] = [
    ("055055", include_str!("../../../simulate/055055.toml")),
    ("020202", include_str!("../../../simulate/020202.toml")),
];
/// The profile of a day that nobody names.
const USUAL: &str = "055055";
/// A file that says who calls and who sits where is a page; nothing longer is read. Each name in it is looked up in the text for its place,
/// which takes the square of its length.
const MOST_BYTES: u64 = 128 << 10;

/// Years of a day: opening hours, and the hours after it, are reckoned on both sides of it.
const YEARS: RangeInclusive<i16> = 1970..=2999;

/// Where things are read from.
#[derive(Debug, clap::Args)]
pub(super) struct Sources {
    /// Who calls when, what they want, and who sits where: 055055, 020202, or a file. [default: 055055]
    #[arg(long, value_name = "NAME|FILE", requires = "day")]
    profile: Option<String>,
    /// Arrivals from a spreadsheet instead of the profile's: lines like 08:30,60.
    #[arg(long, value_name = "FILE", requires = "day", conflicts_with = "arrivals_of")]
    arrivals_csv: Option<PathBuf>,
    /// Arrivals of a day on record instead of the profile's: 2026-11-17, or yesterday.
    #[arg(long, value_name = "DATE", value_parser = parse_day, requires = "day")]
    arrivals_of: Option<Date>,
    /// The configuration; flows and sounds lie beside it. Flows that were published count (--data).
    #[arg(long, value_name = "DIR", default_value = "config", requires = "day")]
    config: PathBuf,
    #[command(flatten)]
    exchange: Exchange,
}

/// A day on what it is run on.
pub(super) struct Variant {
    pub(super) scenario: Scenario,
    pub(super) service: Arc<Service>,
}

/// A date, or a day near this one.
pub(super) fn parse_day(text: &str) -> Result<Date, String> {
    let today = || Clock::start().now().wall.to_zoned(rome_zone()).date();
    let near = match text {
        "yesterday" => today().yesterday(),
        "today" => Ok(today()),
        "tomorrow" => today().tomorrow(),
        date => {
            let date = parse_date(date).map_err(|why| format!("{why}, today, tomorrow or yesterday"))?;
            let (from, to) = YEARS.into_inner();
            let wrong = || format!("a day is of the years {from} to {to}");
            return Some(date).filter(|date| YEARS.contains(&date.year())).ok_or_else(wrong);
        }
    };
    near.map_err(|error| error.to_string())
}

/// What an argument of `--compare` names.
enum Named {
    Day(String),
    Flow(PathBuf),
    Config(PathBuf),
}

impl Named {
    fn of(text: &str) -> Named {
        let path = Path::new(text);
        let is_flow = path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml");
        match () {
            () if PROFILES.iter().any(|(profile, _)| *profile == text) => Named::Day(text.to_owned()),
            () if is_flow => Named::Flow(path.to_owned()),
            () if path.is_dir() => Named::Config(path.to_owned()),
            () => Named::Day(text.to_owned()),
        }
    }
}

impl Sources {
    /// The one day of this command.
    pub(super) fn one(&self) -> Result<Variant, Failure> {
        let there = self.there()?;
        let day = self.scenario(self.profile.as_deref().unwrap_or(USUAL))?;
        let variant = self.variant(day, &there)?;
        self.ready(variant, &there, &[])
    }

    /// Both days of a comparison.
    pub(super) fn both(&self, a: &str, b: &str) -> Result<[Variant; 2], Failure> {
        let there = self.there()?;
        let (of_a, of_b) = (self.scenario_of(a, b)?, self.scenario_of(b, a)?);
        if let (Named::Day(_), Named::Day(_), Some(profile)) = (Named::of(a), Named::of(b), &self.profile) {
            return Err(Failure::misuse(format_args!(
                "{a} and {b} are both days by themselves, so that --profile {profile} would count for neither; leave it out"
            )));
        }
        let (a, b) = (self.variant(of_a, &there)?, self.variant(of_b, &there)?);
        let (other_a, other_b) = (Arc::clone(&b.service), Arc::clone(&a.service));
        Ok([self.ready(a, &there, &[&other_a])?, self.ready(b, &there, &[&other_b])?])
    }

    /// The day that `name` stands for, where `other` is what it is compared with.
    fn scenario_of(&self, name: &str, other: &str) -> Result<Scenario, Failure> {
        let named = Named::of(name);
        let of_other = match Named::of(other) {
            Named::Day(day) => Some(day),
            Named::Flow(_) | Named::Config(_) => None,
        };
        let shared = self.profile.clone().or(of_other).unwrap_or_else(|| USUAL.to_owned());
        let mut scenario = match &named {
            Named::Day(day) => self.scenario(day)?,
            Named::Flow(_) | Named::Config(_) => self.scenario(&shared)?,
        };
        match named {
            Named::Day(_) => return Ok(scenario),
            Named::Flow(file) => scenario.flow = Some(file.display().to_string()),
            Named::Config(dir) if dir == self.config => scenario.config = None,
            Named::Config(dir) => scenario.config = Some(dir.display().to_string()),
        }
        scenario.choices.values_mut().for_each(|choices| choices.of_before = true);
        name.trim_end_matches('/').clone_into(&mut scenario.name);
        Ok(scenario)
    }

    /// A profile or file.
    fn scenario(&self, name: &str) -> Result<Scenario, Failure> {
        let (_, text) = read_profile("", name).map_err(|error| {
            let what = match error.kind() {
                io::ErrorKind::NotFound => format!("no profile and no file `{name}`"),
                _ => format!("{name} cannot be read ({error})"),
            };
            Failure::misuse(format_args!(
                "{what}; there are 055055 and 020202, or name a file such as simulate/055055.toml"
            ))
        })?;
        let others = |by: &str, name: &str| read_profile(by, name).ok();
        let mut scenario = Scenario::parse(name, &text, &others).map_err(|faults| lines(&faults))?;
        scenario.name =
            Path::new(name).file_stem().map_or(name.into(), |stem| stem.to_string_lossy()).into_owned();
        if let Some(arrivals) = self.arrivals(&scenario.number)? {
            scenario.arrivals = arrivals;
        }
        Ok(scenario)
    }

    // -- what it is run on

    /// What is there: the configuration, and the flows in force.
    fn there(&self) -> Result<Arc<Service>, Failure> {
        self.service(&self.config, None, "")
    }

    /// A day on what it names.
    fn variant(&self, scenario: Scenario, there: &Arc<Service>) -> Result<Variant, Failure> {
        let config = scenario.config.as_ref().map_or_else(|| self.config.clone(), PathBuf::from);
        let flow = scenario.flow.as_deref().map(Path::new);
        let is_there = scenario.config.is_none() && flow.is_none();
        let service =
            if is_there { Arc::clone(there) } else { self.service(&config, flow, &scenario.number)? };
        Ok(Variant { scenario, service })
    }

    /// What people ask for is understood on the flow of the day; what they are left without is told.
    fn ready(&self, variant: Variant, there: &Arc<Service>, others: &[&Service]) -> Result<Variant, Failure> {
        let Variant { scenario, service } = variant;
        let beside: Vec<&Service> = others.iter().copied().chain([&**there]).collect();
        scenario.check(&service, &beside).map_err(|faults| lines(&faults))?;
        let here = service.flow_of(&scenario.number);
        let before = there.flow_of(&scenario.number).or(here);
        let Some((before, here)) = before.zip(here) else { return Ok(Variant { scenario, service }) };
        let (scenario, open) = scenario.on_flow(before, here);
        for choice in open {
            eprintln!("{}", out::printable(&format!("note: {}: {choice}", scenario.name)));
        }
        Ok(Variant { scenario, service })
    }

    /// A configuration, with the flows in force and perhaps a draft of one that this number leads to.
    fn service(&self, config: &Path, draft: Option<&Path>, number: &str) -> Result<Arc<Service>, Failure> {
        let published = Versions::of(self.exchange.data()).in_force().map_err(Failure::faults)?;
        let mut at = Surroundings::read(config, published).map_err(Failure::faults)?;
        let stem = draft.map(|file| publish(&mut at, file)).transpose()?;
        let loaded = at.compile().map_err(Failure::faults)?;
        let service =
            Service { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) };
        let leads = service.flow_of(number);
        if let (Some(file), Some(stem), Some(flow)) = (draft, stem, leads)
            && flow.stem() != stem
            && !flow.goes_through(&stem)
        {
            return Err(Failure::misuse(format_args!(
                "{} is flow {stem}, and {number} leads to flow {}, which does not go through it; name the day of a number that \
                 does, such as --profile 020202",
                file.display(),
                flow.id()
            )));
        }
        Ok(Arc::new(service))
    }

    // -- arrivals

    /// Arrivals that take the place of the profile's.
    fn arrivals(&self, number: &str) -> Result<Option<Vec<f64>>, Failure> {
        if let Some(file) = &self.arrivals_csv {
            let name = file.display().to_string();
            let text = texts::read(file, MOST_BYTES).map_err(|error| {
                Failure::misuse(format_args!("{name}: {error}; name a file with lines like 08:30,60"))
            })?;
            return read_csv(&name, &text).map(Some).map_err(|faults| lines(&faults));
        }
        self.arrivals_of.map(|date| self.recorded(date, number)).transpose()
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
        let records = self.exchange.records()?;
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
}

/// Lets the text of this file count; gives the name of its flow.
fn publish(at: &mut Surroundings, file: &Path) -> Result<FlowId, Failure> {
    let name = file.display().to_string();
    let text = crate::cli::flow::read(file)?;
    let text = unmarked(&text).1.to_owned();
    let flow = Flow::parse(&text, &name, &at.known).map_err(|faults| lines(&faults))?;
    at.publish(&flow.stem(), Text { file: name, text });
    Ok(flow.stem())
}

/// A profile by its name, or a file beside the one that names it, and its text.
fn read_profile(by: &str, name: &str) -> io::Result<(String, String)> {
    if let Some((_, text)) = PROFILES.iter().find(|(profile, _)| *profile == name) {
        return Ok((name.to_owned(), (*text).to_owned()));
    }
    let file = Path::new(by).with_file_name(name);
    Ok((file.display().to_string(), texts::read(&file, MOST_BYTES)?))
}

fn lines<F: ToString>(faults: &[F]) -> Failure {
    Failure::faults(faults.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_one_that_hours_can_be_reckoned_on() {
        for text in ["2026-11-24", "24/11/2026", "2026-10-25", "2999-12-31", "yesterday"] {
            assert!(parse_day(text).is_ok(), "{text}");
        }
        for text in ["9999-12-30", "9999-12-31", "0000-01-01", "-9999-01-01", "2026-02-30"] {
            assert!(parse_day(text).is_err(), "{text}");
        }
    }

    #[test]
    fn profiles_fit_the_demo() {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let loaded = crate::io::setup::load(&config).unwrap();
        let service =
            Service { config: Arc::new(loaded.config), flows: loaded.flows, sounds: Arc::new(loaded.sounds) };
        for (name, text) in PROFILES {
            let scenario = Scenario::parse(name, text, &|_, _| None).unwrap();
            assert_eq!(scenario.check(&service, &[]), Ok(()), "{name}");
            let calls = scenario.calls();
            let expected = if name == "055055" { 700.0..730.0 } else { 3_000.0..3_400.0 };
            assert!(expected.contains(&calls), "{name}: {calls}");
        }
    }
}
