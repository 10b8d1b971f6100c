//! `centralino report`: figures over a period.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::exchange::Exchange;
use super::failure::Failure;
use super::moment::{End, parse_moment};
use super::out::{self, Column, Format, numbers, words};
use super::records::page_through;
use crate::crm::survey::{By, SurveyLine, SurveyReport};
use crate::io::control::Clock;
use crate::io::records::Wanted;

/// Arguments of `report`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct ReportArgs {
    #[command(subcommand)]
    command: ReportCommand,
}

#[derive(Clone, Debug, clap::Subcommand)]
enum ReportCommand {
    /// What citizens said when they were asked after the call: shares and response rate.
    ///
    /// Examples:
    ///   centralino report survey --since 30d
    ///   centralino report survey --by operator --since 2026-11-01 --until 2026-11-30 --format json
    #[command(verbatim_doc_comment)]
    Survey(SurveyArgs),
}

#[derive(Clone, Debug, clap::Args)]
struct SurveyArgs {
    #[command(flatten)]
    exchange: Exchange,
    /// A line for each of these.
    #[arg(long, value_parser = parts(), default_value = "all")]
    by: By,
    /// Calls that arrived at this moment or later: 2026-11-22T08:30, 2026-11-22, today, or 7d for seven days ago.
    #[arg(long, visible_alias = "from", value_name = "MOMENT")]
    since: Option<String>,
    /// Calls that arrived before this moment; a day is within.
    #[arg(long, visible_alias = "to", value_name = "MOMENT")]
    until: Option<String>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [Column; 7] = [
    words("of"),
    words("question"),
    numbers("asked"),
    numbers("responded"),
    numbers("comments"),
    numbers("answered"),
    words("shares"),
];

const PARTS: [(&str, By); 7] = [
    ("all", By::All),
    ("entity", By::Entity),
    ("queue", By::Queue),
    ("operator", By::Operator),
    ("topic", By::Topic),
    ("day", By::Day),
    ("month", By::Month),
];

fn parts() -> impl TypedValueParser<Value = By> {
    PossibleValuesParser::new(PARTS.map(|(word, _)| word)).try_map(|text| {
        let known = PARTS.iter().find(|(word, _)| *word == text);
        known.map(|(_, part)| *part).ok_or("nothing to divide by")
    })
}

/// The five steps, as citizens hear them.
const STEPS: [&str; 5] = ["utilissimo", "molto", "abbastanza", "poco", "per niente utile"];

/// Runs it.
pub(super) fn run(args: &ReportArgs) -> Result<(), Failure> {
    let ReportCommand::Survey(args) = &args.command;
    let now = Clock::start().now().wall;
    let read =
        |text: &Option<String>, end| text.as_deref().map(|text| parse_moment(text, end, now)).transpose();
    let wanted = Wanted {
        from_ms: read(&args.since, End::Since)?,
        to_ms: read(&args.until, End::Until)?,
        ..Wanted::default()
    };
    let records = args.exchange.records()?;
    let mut report = SurveyReport::new(args.by);
    let page = |wanted: &Wanted| records.contacts(wanted).map(|page| (page.contacts, page.next));
    page_through(wanted, usize::MAX, page, |contact| {
        report.count(&contact);
        Ok(())
    })?;
    let lines = report.lines();
    match args.format {
        Format::Json => lines.iter().try_for_each(out::json),
        Format::Table => out::table(&COLUMNS, lines.iter().map(row), "nobody was asked in that time"),
    }
}

fn row(line: &SurveyLine) -> Vec<String> {
    vec![
        line.of.clone(),
        line.question.clone().unwrap_or_else(|| "-".to_owned()),
        line.asked.to_string(),
        format!("{} ({} %)", line.responded, line.response_percent),
        line.comments.to_string(),
        line.answered.to_string(),
        shares(line),
    ]
}

/// `1 utilissimo 40 %, 2 molto 30 %`; the steps have names where there are five, from 1.
fn shares(line: &SurveyLine) -> String {
    let named = line.steps.keys().copied().eq(1..=5);
    let share = |(step, share): (&u8, &crate::crm::survey::Share)| {
        let name = STEPS.get(usize::from(*step).wrapping_sub(1)).filter(|_| named);
        let name = name.map_or_else(String::new, |name| format!(" {name}"));
        format!("{step}{name} {} %", share.percent)
    };
    line.steps.iter().map(share).collect::<Vec<_>>().join(", ")
}
