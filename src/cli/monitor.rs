//! `centralino monitor`: a supervisor listens to a talk, whispers, joins in, or takes it over.

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Format};
use crate::engine::{MonitorAct, MonitorOrder};
use crate::words::Watching;

/// Arguments of `monitor`.
///
/// The supervisor's phone is rung. Asked again from the same seat, it changes how the supervisor takes part. On the phone the keys
/// 1, 2 and 3 do the same (listen, whisper, join in), 4 takes over, and hanging up ends it.
///
/// Examples:
///   centralino monitor seat07 --from seat17
///   centralino monitor 207 --from 217 --whisper --why "affiancamento"
///   centralino monitor seat07 --from seat17 --take-over
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct MonitorArgs {
    /// The seat whose talk is watched, by name or extension.
    seat: String,
    /// The supervisor's own seat, likewise; it has `supervisor = true` in seats.toml.
    #[arg(long)]
    from: String,
    #[command(flatten)]
    how: How,
    /// What for; written down, and shown with the contact.
    #[arg(long)]
    why: Option<String>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exchange: Exchange,
}

#[derive(Debug, clap::Args)]
#[group(multiple = false)]
struct How {
    /// Be heard by the operator alone.
    #[arg(long)]
    whisper: bool,
    /// Be heard by everybody.
    #[arg(long)]
    barge: bool,
    /// Have the talk; its operator is parted and wraps up.
    #[arg(long)]
    take_over: bool,
    /// End it.
    #[arg(long)]
    end: bool,
}

impl How {
    /// What follows at the phone of the supervisor's seat.
    fn done(&self, from: &str) -> String {
        let what = match self.act() {
            MonitorAct::Watch(Watching::Listens) => "hears the talk",
            MonitorAct::Watch(Watching::Whispers) => "hears the talk and is heard by the operator",
            MonitorAct::Watch(Watching::JoinsIn) => "hears the talk and is heard by everybody",
            MonitorAct::TakeOver => "has the talk",
            MonitorAct::End => return format!("{from} does not listen any more"),
        };
        format!("{from} {what}, as soon as its phone is answered")
    }

    fn act(&self) -> MonitorAct {
        match self {
            How { whisper: true, .. } => MonitorAct::Watch(Watching::Whispers),
            How { barge: true, .. } => MonitorAct::Watch(Watching::JoinsIn),
            How { take_over: true, .. } => MonitorAct::TakeOver,
            How { end: true, .. } => MonitorAct::End,
            _ => MonitorAct::Watch(Watching::Listens),
        }
    }
}

/// Runs `monitor`.
pub(super) fn run(args: &MonitorArgs) -> Result<(), Failure> {
    let MonitorArgs { seat, from, how, why, format, exchange } = args;
    let order = MonitorOrder { seat: seat.clone(), from: from.clone(), act: how.act(), why: why.clone() };
    exchange.client()?.post("/api/monitor", &order).map_err(Failure::other)?;
    out::done(*format, &order, &format!("seat {seat}: {}", how.done(from)))
}
