//! `flow replay`: yesterday's calls on today's draft.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::past::Past;
use super::read;
use crate::cli::failure::Failure;
use crate::cli::out::{self, Column, Format, numbers, prose};
use crate::flow::Flow;
use crate::flow::published::{Version, unmarked};
use crate::ids::QueueId;
use crate::io::records::ContactStory;
use crate::io::setup::Surroundings;
use crate::io::versions::Text;
use crate::replay::{Effect, NotReplayed, Report, ReportLine, effect, recorded};

/// Arguments of `flow replay`.
#[derive(Debug, clap::Args)]
pub(super) struct ReplayArgs {
    /// The flow as it might be.
    #[arg(long, value_name = "FILE")]
    draft: PathBuf,
    #[command(flatten)]
    past: Past,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [Column; 4] = [
    prose("what the draft would have changed"),
    numbers("calls"),
    numbers("of 100"),
    prose("such as contact"),
];

/// Runs it.
pub(super) fn run(args: &ReplayArgs) -> Result<(), Failure> {
    let at = args.past.surroundings()?;
    let file = args.draft.display().to_string();
    let text = unmarked(&read(&args.draft)?).1.to_owned();
    let draft = args.past.compiled(&at, &Text { file, text })?;
    let mut past = Flows::of(args, &at, &draft)?;
    let mut report = Report::default();
    args.past.each(draft.id(), |story| {
        report.count(story.line.contact, replayed(story, &mut past, &draft, &at));
    })?;
    past.tell_unreadable();
    let lines = report.lines();
    match args.format {
        Format::Json => lines.iter().try_for_each(out::json),
        Format::Table => {
            let nothing = format!("no call came to flow {} in that time", draft.id());
            out::table(&COLUMNS, lines.iter().map(row), &nothing)?;
            let (all, same) = (report.calls(), report.same());
            eprintln!("{} replayed, {} would have gone otherwise", super::counted(all, "call"), all - same);
            Ok(())
        }
    }
}

fn replayed(
    story: &ContactStory,
    past: &mut Flows<'_>,
    draft: &Arc<Flow>,
    at: &Surroundings,
) -> Result<Effect, NotReplayed> {
    let (call, outcome) = recorded(story.facts(), story.line.outcome)?;
    let then = past.at(call.at.as_millisecond());
    let now = crate::flow::replay::replay(&call, &then, draft, &at.config.calendars);
    Ok(effect(&call, outcome, &now))
}

/// The flow as it was at each moment of the past.
struct Flows<'p> {
    past: &'p Past,
    at: &'p Surroundings,
    versions: Vec<Version>,
    compiled: BTreeMap<u32, Arc<Flow>>,
    /// The file beside the configuration, which counted before the first version.
    beside: Arc<Flow>,
    unreadable: Vec<u32>,
}

impl<'p> Flows<'p> {
    fn of(args: &'p ReplayArgs, at: &'p Surroundings, draft: &Arc<Flow>) -> Result<Flows<'p>, Failure> {
        let history =
            args.past.versions().history(draft.id()).map_err(|fault| Failure::found_lines(vec![fault]))?;
        let file = format!("ivr-flows/{}.yaml", draft.id());
        let beside =
            at.beside(draft.id()).map(|text| args.past.compiled(at, &Text { file, text })).transpose()?;
        Ok(Flows {
            past: &args.past,
            at,
            versions: history.versions().to_vec(),
            compiled: BTreeMap::new(),
            beside: beside.unwrap_or_else(|| Arc::clone(draft)),
            unreadable: Vec::new(),
        })
    }

    fn at(&mut self, ms: i64) -> Arc<Flow> {
        let began = |version: &&Version| {
            version.at.parse::<jiff::Timestamp>().is_ok_and(|at| at.as_millisecond() <= ms)
        };
        let last = self.versions.iter().rev().find(began).filter(|version| version.sha256.is_some());
        let Some(version) = last else { return Arc::clone(&self.beside) };
        if let Some(known) = self.compiled.get(&version.version) {
            return Arc::clone(known);
        }
        let text = self.past.versions().text(version).ok();
        let flow = text.and_then(|text| self.past.compiled(self.at, &text).ok()).unwrap_or_else(|| {
            self.unreadable.push(version.version);
            Arc::clone(&self.beside)
        });
        self.compiled.insert(version.version, Arc::clone(&flow));
        flow
    }

    fn tell_unreadable(&self) {
        for version in &self.unreadable {
            eprintln!(
                "warning: version {version} of the flow no longer fits the configuration; its calls are read by the file beside the \
                 configuration, and more of them may not be known"
            );
        }
    }
}

fn row(line: &ReportLine) -> Vec<String> {
    let examples: Vec<String> = line.examples.iter().map(ToString::to_string).collect();
    let percent = line.percent.map_or_else(|| "-".to_owned(), |percent| percent.to_string());
    vec![told(line), line.calls.to_string(), percent, examples.join(", ")]
}

fn told(line: &ReportLine) -> String {
    let queue = |queue: &Option<QueueId>| queue.as_ref().map_or("none".to_owned(), ToString::to_string);
    let node = line.node.as_ref().map(ToString::to_string).unwrap_or_default();
    match (line.effect, line.why) {
        ("same", _) => "nothing".to_owned(),
        ("other_way", _) => "another way to the same end".to_owned(),
        ("other_queue", _) => {
            format!("another queue: {} instead of {}", queue(&line.to_queue), queue(&line.from_queue))
        }
        ("contained", _) => match &line.from_queue {
            Some(queue) => format!("served by the flow alone, and no longer by queue {queue}"),
            None => "served by the flow alone, and was not".to_owned(),
        },
        ("no_longer_contained", _) => match &line.to_queue {
            Some(queue) => format!("no longer served by the flow alone: goes to queue {queue}"),
            None => "no longer served by the flow alone".to_owned(),
        },
        ("falls_off", Some("never_asked")) => {
            format!("falls off at {node}: nobody knows what the caller would press")
        }
        ("falls_off", Some("wrong_key")) => {
            let key = line.key.map(String::from).unwrap_or_default();
            format!("falls off at {node}: key {key} means nothing there")
        }
        ("falls_off", _) => format!("falls off at {node}: asked more often than the caller answered"),
        ("unknown", _) => format!("not known from {node} on: what follows depends on what was not recorded"),
        (_, Some("in_course")) => "(not replayed: in course)".to_owned(),
        (_, Some("too_long")) => "(not replayed: more happened than a contact keeps)".to_owned(),
        _ => "(not replayed: the flow never began)".to_owned(),
    }
}
