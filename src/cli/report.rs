//! `centralino report`: figures over a period.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::failure::Failure;
use super::out::{Column, numbers, prose, words};
use super::period::Period;
use crate::crm::survey::{By, SurveyLine, SurveyReport};

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
    period: Period,
    /// A line for each of these.
    #[arg(long, value_parser = parts(), default_value = "all")]
    by: By,
}

const COLUMNS: [Column; 7] = [
    words("of"),
    words("question"),
    numbers("asked"),
    numbers("responded"),
    numbers("comments"),
    numbers("answered"),
    prose("shares"),
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
    let mut report = SurveyReport::new(args.by);
    args.period.count(|contact| report.count(contact))?;
    args.period.tell(&COLUMNS, &report.lines(), row, "nobody was asked in that time")
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
