//! `flow heat`: where citizens go in a flow.

use std::path::PathBuf;

use super::past::Past;
use crate::cli::beside;
use crate::cli::failure::Failure;
use crate::cli::out::{self, Column, Format, clock, numbers, prose, words};
use crate::crm::{Heat, HeatLine};
use crate::flow::{Passage, Traffic};
use crate::ids::FlowId;

/// Arguments of `flow heat`.
#[derive(Debug, clap::Args)]
pub(super) struct HeatArgs {
    /// The flow, such as 055055.
    #[arg(value_name = "FLOW")]
    flow: String,
    #[command(flatten)]
    past: Past,
    /// Draw it too, over the flow as it is in force now.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

const COLUMNS: [Column; 9] = [
    words("node"),
    numbers("came"),
    numbers("went on"),
    numbers("hung up"),
    numbers("talked").spare(1),
    numbers("asked again").spare(2),
    numbers("failed").spare(3),
    numbers("mean stay"),
    prose("and went to"),
];
/// Most targets told in a row; the others are in the JSON.
const MOST_TARGETS: usize = 4;

/// Runs it.
pub(super) fn run(args: &HeatArgs) -> Result<(), Failure> {
    let flow = FlowId::from(args.flow.as_str());
    // Before the calls are read: what is misspelt is told at once.
    let drawn = args.svg.as_deref().map(|file| {
        beside::has_room(file, beside::SVG)?;
        Ok((file, args.past.in_force(&args.past.surroundings()?, &flow)?))
    });
    let drawn = drawn.transpose()?;
    let mut heat = Heat::default();
    args.past.each(&flow, |story| heat.count(story.facts()))?;
    let lines = heat.lines();
    if let Some(slip) = args.past.no_such_flow(&flow).filter(|_| lines.is_empty()) {
        return Err(slip);
    }
    if let Some((file, flow)) = drawn {
        beside::write(file, &flow.svg_with(&traffic(&lines)))?;
    }
    match args.format {
        Format::Json => lines.iter().try_for_each(out::json),
        Format::Table => {
            out::table(
                &COLUMNS,
                lines.iter().map(row),
                &format!("no call came to flow {flow} in that time"),
            )?;
            eprintln!("{} of flow {flow}", super::counted(heat.calls(), "call"));
            Ok(())
        }
    }
}

fn row(line: &HeatLine) -> Vec<String> {
    let mut to: Vec<(&str, usize)> = line.to.iter().map(|(node, count)| (node.as_str(), *count)).collect();
    to.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let left_out = to.len().saturating_sub(MOST_TARGETS);
    let mut told: Vec<String> =
        to.iter().take(MOST_TARGETS).map(|(node, count)| format!("{node} {count}")).collect();
    if left_out > 0 {
        told.push(format!("and {left_out} more"));
    }
    vec![
        line.node.to_string(),
        line.entered.to_string(),
        line.went_on.to_string(),
        with_share(line.hung_up, line.entered),
        line.talked.to_string(),
        line.asked_again.to_string(),
        line.failed.to_string(),
        line.mean_s.map_or_else(|| "-".to_owned(), clock),
        told.join(", "),
    ]
}

/// `12 (3 %)`.
fn with_share(part: usize, whole: usize) -> String {
    match (part.saturating_mul(100)).checked_div(whole) {
        Some(percent) if part > 0 => format!("{part} ({percent} %)"),
        _ => part.to_string(),
    }
}

/// The figures as they are drawn.
fn traffic(lines: &[HeatLine]) -> Traffic {
    let mut traffic = Traffic::default();
    for line in lines {
        let stay = line.mean_s.filter(|mean| *mean > 0.0);
        let stay = stay.map_or_else(String::new, |mean| format!(", {}", clock(mean)));
        let left = match line.hung_up {
            0 => String::new(),
            left => format!(", {} hung up", with_share(left, line.entered)),
        };
        let note = format!("{} came{stay}{left}", line.entered);
        traffic.nodes.insert(line.node.clone(), Passage { entered: line.entered, note });
        let ways = line.to.iter().map(|(to, count)| ((line.node.clone(), to.clone()), *count));
        traffic.ways.extend(ways);
    }
    traffic
}
