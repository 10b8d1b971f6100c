//! `centralino call dial`: a seat calls somebody, as if it were dialled there.

use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Format};
use crate::engine::DialOrder;
use crate::ids::{CallId, CaseId, SeatId};

/// Arguments of `call dial`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DialArgs {
    /// The seat, whose phone rings first.
    seat: String,
    /// Whom it calls: a number, an extension, a seat, a queue.
    number: String,
    /// About this case of before, instead of opening one.
    #[arg(long)]
    case: Option<u64>,
    /// Who asks, for the record.
    #[arg(long)]
    by: Option<String>,
    #[command(flatten)]
    exchange: Exchange,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Serialize, Deserialize)]
struct Calling {
    call: CallId,
}

/// Runs it.
pub(super) fn run(args: &DialArgs) -> Result<(), Failure> {
    let order = DialOrder {
        seat: SeatId::from(args.seat.as_str()),
        number: args.number.clone(),
        case: args.case.map(CaseId),
        by: args.by.clone(),
    };
    let calling: Calling = args.exchange.client()?.order("/api/calls", &order).map_err(Failure::other)?;
    match args.format {
        Format::Json => out::json(&calling),
        Format::Table => out::line(&format!("{} rings for call {}", args.seat, calling.call)),
    }
}
