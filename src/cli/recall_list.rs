//! `centralino callback recall`: who called in vain, and what is done about it.

use super::callback::Paged;
use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, numbers, words};
use crate::engine::InVainState;
use crate::ids::CitizenId;

/// Arguments of `callback recall`.
#[derive(Debug, clap::Args)]
pub(super) struct RecallArgs {
    #[command(subcommand)]
    command: RecallCommand,
}

#[derive(Debug, clap::Subcommand)]
enum RecallCommand {
    /// List those who called in vain, one line a person, the longest missed first.
    List {
        #[command(flatten)]
        paged: Paged,
        #[command(flatten)]
        exchange: Exchange,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Have one of them called, as soon as an operator is free.
    Call(OneArgs),
    /// Take one off the list: somebody has taken care of it.
    Done(OneArgs),
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    /// Who: `callback recall list` shows it.
    citizen: CitizenId,
    /// Who asks, for the record.
    #[arg(long, value_name = "WHO", default_value = "command")]
    by: String,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exchange: Exchange,
}

const COLUMNS: [Column; 7] = [
    words("citizen"),
    words("queue"),
    words("topic"),
    words("why"),
    numbers("times"),
    words("first"),
    words("last"),
];

/// Runs it.
pub(super) fn run(args: &RecallArgs) -> Result<(), Failure> {
    match &args.command {
        RecallCommand::List { paged, exchange, format } => {
            let all: Vec<InVainState> =
                exchange.client()?.get("/api/recall", paged).map_err(Failure::other)?;
            match format {
                Format::Json => all.iter().try_for_each(out::json),
                Format::Table => out::table(&COLUMNS, all.iter().map(row), "nobody has called in vain"),
            }
        }
        RecallCommand::Call(args) => post(args, "call", "is called as soon as an operator is free"),
        RecallCommand::Done(args) => post(args, "done", "is off the list"),
    }
}

fn post(args: &OneArgs, act: &str, done: &str) -> Result<(), Failure> {
    let path = format!("/api/recall/{}/{act}", args.citizen);
    args.exchange.client()?.post(&path, &serde_json::json!({ "by": args.by })).map_err(Failure::other)?;
    let what = serde_json::json!({ "citizen": args.citizen, "act": act, "by": args.by });
    out::done(args.format, &what, &format!("citizen {} {done}", args.citizen))
}

fn row(state: &InVainState) -> Vec<String> {
    vec![
        state.citizen.to_string(),
        state.queue.to_string(),
        state.topic.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        state.why.word().to_owned(),
        state.times.to_string(),
        state.first.clone(),
        state.last.clone(),
    ]
}
