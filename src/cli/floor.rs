//! `centralino queue` and `call`, and lists of the running exchange at this moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::dial::{self, DialArgs};
use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, clock, numbers, or_dash, prose, words};
use super::seat::Seat;
use super::talking;
use crate::engine::{ClosingState, OperatorState};
use crate::ids::{CallId, EntityId, QueueId, SeatId};

/// A list that is printed.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Listed {
    #[command(flatten)]
    pub(super) exchange: Exchange,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}

/// A list of the floor, which changes from one second to the next.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Floor {
    #[command(flatten)]
    listed: Listed,
    /// Show it anew every second, until Ctrl-C.
    #[arg(long)]
    watch: bool,
}

/// How often it is shown anew.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `queue`.
#[derive(Debug, clap::Args)]
pub(super) struct QueueArgs {
    #[command(subcommand)]
    command: QueueCommand,
}

#[derive(Debug, clap::Subcommand)]
enum QueueCommand {
    /// List the queues, with who waits.
    List(Floor),
    /// Show who waits in a queue, and which seats serve it.
    Show(super::waiting::ShowArgs),
    #[command(flatten)]
    Supervise(super::waiting::SuperviseCommand),
    /// How often the expected wait that callers were told was the wait that came, by queue and hour of the day.
    ///
    /// Examples:
    ///   centralino queue calibration --since 7d
    ///   centralino queue calibration --since 2026-11-01 --until 2026-11-30 --format json
    #[command(verbatim_doc_comment)]
    Calibration(super::calibration::CalibrationArgs),
}

/// Arguments of `call`.
#[derive(Debug, clap::Args)]
pub(super) struct CallArgs {
    #[command(subcommand)]
    command: CallCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CallCommand {
    /// List the calls in course.
    List(Floor),
    /// Have a seat call somebody: its phone rings first, then the number.
    ///
    /// Examples:
    ///   centralino call dial seat07 3331234567
    ///   centralino call dial seat07 "055 276 8224" --case 100001 --by "Ufficio tributi"
    #[command(verbatim_doc_comment)]
    Dial(DialArgs),
    #[command(flatten)]
    Talk(talking::TalkCommand),
}

/// What `/api/state` answers.
#[derive(Debug, Deserialize)]
pub(super) struct State {
    degraded: bool,
    stopping: bool,
    queues: Vec<Queue>,
    pub(super) seats: Vec<Seat>,
    pub(super) operators: Vec<OperatorState>,
    calls: Vec<Call>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Queue {
    id: QueueId,
    name: String,
    waiting: Vec<CallId>,
    longest_wait_s: f64,
    #[serde(default)]
    open: bool,
    #[serde(default)]
    closings: Vec<ClosingState>,
}

impl Queue {
    /// `open`, `closed by its hours`, `closed until 14:00`.
    fn state(&self) -> String {
        match self.closings.first() {
            Some(closing) => super::waiting::until(closing),
            None if self.open => "open".to_owned(),
            None => "closed by its hours".to_owned(),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Call {
    id: CallId,
    from: String,
    to: String,
    entity: EntityId,
    phase: String,
    queue: Option<QueueId>,
    seat: Option<SeatId>,
}

/// Runs `queue`.
pub(super) fn queue(args: &QueueArgs) -> Result<(), Failure> {
    let floor = match &args.command {
        QueueCommand::List(floor) => floor,
        QueueCommand::Show(args) => return super::waiting::show(args),
        QueueCommand::Supervise(command) => return super::waiting::run(command),
        QueueCommand::Calibration(args) => return super::calibration::run(args),
    };
    let columns =
        [words("queue"), words("name").spare(1), numbers("waiting"), numbers("longest"), prose("state")];
    let row = |queue: &Queue| {
        let waiting = queue.waiting.len().to_string();
        vec![queue.id.to_string(), queue.name.clone(), waiting, clock(queue.longest_wait_s), queue.state()]
    };
    list(floor, &columns, |state| state.queues, row, "no queues")
}

/// Runs `call`.
pub(super) fn call(args: &CallArgs) -> Result<(), Failure> {
    let floor = match &args.command {
        CallCommand::List(floor) => floor,
        CallCommand::Dial(args) => return dial::run(args),
        CallCommand::Talk(command) => return talking::run(command),
    };
    let [to, entity] = [words("to").spare(2), words("entity").spare(1)];
    let columns = [words("call"), words("from"), to, entity, words("phase"), words("queue"), words("seat")];
    let row = |call: &Call| {
        let (queue, seat) = (or_dash(call.queue.as_ref()), or_dash(call.seat.as_ref()));
        let (from, to) = (call.from.clone(), call.to.clone());
        vec![call.id.to_string(), from, to, call.entity.to_string(), call.phase.clone(), queue, seat]
    };
    list(floor, &columns, |state| state.calls, row, "no calls in course")
}

pub(super) fn state(exchange: &Exchange) -> Result<State, Failure> {
    exchange.client()?.get("/api/state", &()).map_err(Failure::other)
}

pub(super) fn list<T: Serialize>(
    floor: &Floor,
    columns: &[Column],
    of: impl Fn(State) -> Vec<T>,
    row: impl Fn(&T) -> Vec<String>,
    nothing: &str,
) -> Result<(), Failure> {
    let Floor { listed: Listed { exchange, format }, watch } = floor;
    loop {
        let state = state(exchange)?;
        let troubles = troubles(&state);
        let rows = of(state);
        match (format, watch) {
            (Format::Json, _) => rows.iter().try_for_each(out::json)?,
            (Format::Table, false) => {
                troubles.iter().for_each(|trouble| eprintln!("{trouble}"));
                out::table(columns, rows.iter().map(&row), nothing)?;
            }
            (Format::Table, true) => {
                let table = out::table_text(columns, rows.iter().map(&row), nothing);
                let head = format!("{} (Rome), every second until Ctrl-C", out::now());
                let lines: Vec<&str> = [head.as_str()].into_iter().chain(troubles).collect();
                out::page(&format!("{}\n\n{table}", lines.join("\n")))?;
            }
        }
        if !watch {
            return Ok(());
        }
        std::thread::sleep(WATCH_EVERY);
    }
}

/// What whoever looks at the floor should know first.
fn troubles(state: &State) -> Vec<&'static str> {
    let told = [
        (state.degraded, "the exchange is degraded: calls are served, the store does not keep up"),
        (state.stopping, "the exchange is stopping: it lets in no more calls"),
    ];
    told.into_iter().filter_map(|(so, words)| so.then_some(words)).collect()
}
