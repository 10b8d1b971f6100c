//! `centralino seat`, `queue` and `call`: the running exchange at this moment.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, clock, numbers, or_dash, word, words};
use super::talking;
use crate::ids::{CallId, EntityId, QueueId, SeatId};
use crate::words::{AFTER_ONE_CALL, SeatView, Status, StatusChange, WorkView};

/// What is written down for a pause without a reason.
const NO_REASON: &str = "pause";

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
struct Floor {
    #[command(flatten)]
    listed: Listed,
    /// Show it anew every second, until Ctrl-C.
    #[arg(long)]
    watch: bool,
}

/// How often it is shown anew.
const WATCH_EVERY: Duration = Duration::from_secs(1);

/// Arguments of `seat`.
#[derive(Debug, clap::Args)]
pub(super) struct SeatArgs {
    #[command(subcommand)]
    command: SeatCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SeatCommand {
    /// List the seats: whether the phone is there, the operator's status, what calls make of it.
    List(Floor),
    /// Log a seat in, ready for calls.
    Login(OneSeat),
    /// Log a seat out; a talk in course goes on.
    Logout(OneSeat),
    /// Give a seat no calls for a while.
    ///
    /// Example:
    ///   centralino seat pause seat07 --reason "riunione"
    #[command(verbatim_doc_comment)]
    Pause {
        #[command(flatten)]
        seat: OneSeat,
        /// Why; written down, and shown in the list.
        #[arg(long, default_value = NO_REASON, hide_default_value = true)]
        reason: String,
    },
    /// Give a paused seat calls again; ends a wrap-up too.
    Ready(OneSeat),
}

#[derive(Debug, clap::Args)]
struct OneSeat {
    /// Its name, such as seat01.
    #[arg(value_parser = seat_name)]
    seat: String,
    #[command(flatten)]
    exchange: Exchange,
}

/// Seats' names go into an address: nothing else may.
fn seat_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a seat's name has letters, digits, - and _: seat01".to_owned())
    }
}

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
    #[command(flatten)]
    Talk(talking::TalkCommand),
}

/// What `/api/state` answers.
#[derive(Debug, Deserialize)]
struct State {
    degraded: bool,
    stopping: bool,
    queues: Vec<Queue>,
    seats: Vec<Seat>,
    calls: Vec<Call>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Queue {
    id: QueueId,
    name: String,
    waiting: Vec<CallId>,
    longest_wait_s: f64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seat {
    id: SeatId,
    #[serde(flatten)]
    view: SeatView,
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

/// Runs `seat`.
pub(super) fn seat(args: &SeatArgs) -> Result<(), Failure> {
    match &args.command {
        SeatCommand::List(floor) => {
            let columns = [words("seat"), words("phone"), words("status"), words("work"), words("call")];
            list(floor, &columns, |state| state.seats, seat_row, "no seats")
        }
        SeatCommand::Login(seat) => change(seat, &StatusChange::LogIn),
        SeatCommand::Logout(seat) => change(seat, &StatusChange::LogOut),
        SeatCommand::Pause { seat, reason } => change(seat, &StatusChange::Pause(reason.clone())),
        SeatCommand::Ready(seat) => change(seat, &StatusChange::Ready),
    }
}

/// Runs `queue`.
pub(super) fn queue(args: &QueueArgs) -> Result<(), Failure> {
    let QueueCommand::List(floor) = &args.command;
    let columns = [words("queue"), words("name"), numbers("waiting"), numbers("longest")];
    let row = |queue: &Queue| {
        let waiting = queue.waiting.len().to_string();
        vec![queue.id.to_string(), queue.name.clone(), waiting, clock(queue.longest_wait_s)]
    };
    list(floor, &columns, |state| state.queues, row, "no queues")
}

/// Runs `call`.
pub(super) fn call(args: &CallArgs) -> Result<(), Failure> {
    let floor = match &args.command {
        CallCommand::List(floor) => floor,
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

fn state(exchange: &Exchange) -> Result<State, Failure> {
    exchange.client()?.get("/api/state", &()).map_err(Failure::other)
}

fn list<T: Serialize>(
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

fn seat_row(seat: &Seat) -> Vec<String> {
    let view = &seat.view;
    let phone = match (view.reachable, &view.status) {
        (true, _) => "registered",
        (false, Status::LoggedOut) => "none",
        (false, _) => "not reachable",
    };
    // Whoever cannot be rung is not idle.
    let idles = view.work != WorkView::Idle || view.reachable;
    let work = or_dash(idles.then(|| word(&view.work).replace('_', " ")));
    vec![seat.id.to_string(), phone.to_owned(), status(&view.status), work, or_dash(view.call)]
}

fn change(seat: &OneSeat, change: &StatusChange) -> Result<(), Failure> {
    let path = format!("/api/seats/{}/status", seat.seat);
    seat.exchange.client()?.post(&path, change).map_err(Failure::other)?;
    let seats = state(&seat.exchange)?.seats;
    let now = seats.iter().find(|now| now.id.as_str() == seat.seat);
    now.map_or(Ok(()), |now| out::line(&out::printable(&standing(now))))
}

/// `seat17: logged in, ready; no phone is registered`.
fn standing(seat: &Seat) -> String {
    let logged_in = if seat.view.status == Status::LoggedOut { "" } else { "logged in, " };
    let phone = if seat.view.reachable { "" } else { "; no phone is registered" };
    format!("{}: {logged_in}{}{phone}", seat.id, status(&seat.view.status))
}

/// `ready`, `paused: riunione`; a pause that nobody gave a reason for is just that.
fn status(status: &Status) -> String {
    match status {
        Status::LoggedOut => "logged out".to_owned(),
        Status::Ready => "ready".to_owned(),
        Status::OneCall => "one call only".to_owned(),
        Status::Paused(reason) if reason == AFTER_ONE_CALL => "paused: after one call".to_owned(),
        Status::Paused(reason) if reason == NO_REASON => "paused".to_owned(),
        Status::Paused(reason) => format!("paused: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seat_is_shown_as_operators_speak_of_it() {
        let json = r#"{"id":"seat01","reachable":true,"status":{"paused":"riunione"},"work":"wrap_up","call":"1.2.3"}"#;
        let seat: Seat = serde_json::from_str(json).expect("as the exchange writes it");
        assert_eq!(seat_row(&seat), ["seat01", "registered", "paused: riunione", "wrap up", "1.2.3"]);
        assert_eq!(serde_json::to_string(&seat).expect("plain data"), json);
        assert_eq!(standing(&seat), "seat01: logged in, paused: riunione");
        let json = json.replace("true", "false").replace(r#"{"paused":"riunione"}"#, r#""ready""#);
        let seat: Seat = serde_json::from_str(&json).expect("as the exchange writes it");
        assert_eq!(standing(&seat), "seat01: logged in, ready; no phone is registered");
        let json = json.replace("wrap_up", "idle").replace("\"1.2.3\"", "null");
        let seat: Seat = serde_json::from_str(&json).expect("as the exchange writes it");
        assert_eq!(seat_row(&seat), ["seat01", "not reachable", "ready", "-", "-"]);
        assert_eq!(status(&Status::Paused(NO_REASON.to_owned())), "paused");
    }

    #[test]
    fn seat_s_name_cannot_lead_elsewhere() {
        assert!(seat_name("seat-01_b").is_ok());
        for text in ["", "../state", "a b", "a?x", "è"] {
            assert!(seat_name(text).is_err(), "{text}");
        }
    }
}
