//! `centralino seat` and `operator`: who sits where, and what supervisors do about it.

use super::coding;
use super::exchange::Exchange;
use super::failure::Failure;
use super::floor::{Floor, list, state};
use super::out::{self, Column, Format, clock, or_dash, word, words};
use crate::engine::{OperatorState, SeatAct, SeatOrder};
use crate::ids::OperatorId;
use crate::words::{AFTER_ONE_CALL, SeatView, Status, StatusChange, WorkView};

/// What is written down for a pause without a reason.
const NO_REASON: &str = "pause";

/// Arguments of `seat`.
#[derive(Debug, clap::Args)]
pub(super) struct SeatArgs {
    #[command(subcommand)]
    command: SeatCommand,
}

#[derive(Debug, clap::Subcommand)]
enum SeatCommand {
    /// List the seats: whether the phone is there, who sits there, the operator's status, what calls make of it.
    List(Floor),
    /// Show one seat, with since when.
    #[command(alias = "status")]
    Show {
        /// Its name, such as seat01.
        #[arg(value_parser = seat_name)]
        seat: String,
        #[command(flatten)]
        exchange: Exchange,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Log a seat in, ready for calls.
    ///
    /// A person who is logged in elsewhere moves, with status and counters.
    ///
    /// Example:
    ///   centralino seat login seat07 --operator anna
    #[command(verbatim_doc_comment)]
    Login {
        #[command(flatten)]
        order: Order,
        /// Who sits down there, as in operators.toml; left out: whoever usually does.
        #[arg(long)]
        operator: Option<String>,
    },
    /// Log a seat out; a talk in course goes on.
    Logout(Order),
    /// Give a seat no calls for a while.
    ///
    /// Example:
    ///   centralino seat pause seat07 riunione
    ///   centralino seat pause seat07 --reason "riunione di reparto"
    #[command(verbatim_doc_comment)]
    Pause {
        #[command(flatten)]
        order: Order,
        #[command(flatten)]
        reason: Reason,
    },
    /// Give a paused seat calls again; ends a wrap-up too.
    Ready(Order),
    /// Give a seat one call, then none.
    OneCall(Order),
    /// Have a status follow when the call in course and its wrap-up are over.
    ///
    /// Example:
    ///   centralino seat next seat07 pause pranzo
    #[command(verbatim_doc_comment)]
    Next {
        #[command(flatten)]
        order: Order,
        /// Which.
        #[arg(value_enum)]
        status: NextStatus,
        #[command(flatten)]
        reason: Reason,
    },
    /// Show what whoever sits at a seat knows, or change it: at once, without touching calls, until it is reset.
    ///
    /// Examples:
    ///   centralino seat skills seat07
    ///   centralino seat skills seat07 --set lingua-en=3 --why "corso finito" --by ada
    ///   centralino seat skills seat07 --reset
    #[command(verbatim_doc_comment)]
    Skills(super::skills::SkillsArgs),
    /// Make a wrap-up longer, by what its queue grants.
    Extend(Order),
    /// End a wrap-up, also one that owes an outcome.
    Release(Order),
    /// Code the contact that a seat has now, or had last. A wrap-up that waits for the outcome is over then.
    ///
    /// Example:
    ///   centralino seat code seat07 --topic tributi/tari --outcome risolto --by anna
    #[command(verbatim_doc_comment)]
    Code {
        /// Its name, such as seat01.
        #[arg(value_parser = seat_name)]
        seat: String,
        #[command(flatten)]
        args: coding::CodeArgs,
    },
}

/// Why a pause; both ways of saying it are what people try first.
#[derive(Debug, clap::Args)]
struct Reason {
    /// Why a pause; written down, and shown in the list. operators.toml says how long some may last.
    #[arg(value_name = "REASON")]
    words: Vec<String>,
    /// The same.
    #[arg(long, conflicts_with = "words")]
    reason: Option<String>,
}

impl Reason {
    fn text(&self) -> String {
        let words = Some(self.words.join(" ")).filter(|words| !words.is_empty());
        self.reason.clone().or(words).unwrap_or_else(|| NO_REASON.to_owned())
    }
}

/// What may follow a call.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum NextStatus {
    /// Calls.
    Ready,
    /// None for a while.
    Pause,
    /// The operator goes home.
    Logout,
}

/// What is done about a seat, by whom and what for.
#[derive(Debug, clap::Args)]
struct Order {
    /// Its name, such as seat01.
    #[arg(value_parser = seat_name)]
    seat: String,
    /// Who does it; written down. Left out: whoever is logged in at this machine.
    #[arg(long)]
    by: Option<String>,
    /// What for; written down.
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    exchange: Exchange,
}

/// Seats' names go into an address: nothing else may.
pub(super) fn seat_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if fits {
        Ok(text.to_owned())
    } else {
        Err("a seat's name has letters, digits, - and _: seat01".to_owned())
    }
}

/// Arguments of `operator`.
#[derive(Debug, clap::Args)]
pub(super) struct OperatorArgs {
    #[command(subcommand)]
    command: OperatorCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OperatorCommand {
    /// List the people of operators.toml, and where they are logged in.
    List(Floor),
}

/// A seat as the exchange tells of it.
pub(super) use crate::engine::SeatState as Seat;

/// Runs `seat`.
pub(super) fn seat(args: &SeatArgs) -> Result<(), Failure> {
    let status = |order, change| obey(order, SeatAct::Status(change));
    match &args.command {
        SeatCommand::List(floor) => list(floor, &seat_columns(), |state| state.seats, seat_row, "no seats"),
        SeatCommand::Show { seat, exchange, format } => show(seat, exchange, *format),
        SeatCommand::Login { order, operator: Some(operator) } => {
            obey(order, SeatAct::SignIn(OperatorId::from(operator.as_str())))
        }
        SeatCommand::Login { order, operator: None } => status(order, StatusChange::LogIn),
        SeatCommand::Logout(order) => status(order, StatusChange::LogOut),
        SeatCommand::Pause { order, reason } => status(order, StatusChange::Pause(reason.text())),
        SeatCommand::Ready(order) => status(order, StatusChange::Ready),
        SeatCommand::OneCall(order) => status(order, StatusChange::OneCall),
        SeatCommand::Next { order, status: next, reason } => {
            let next = match next {
                NextStatus::Ready => Status::Ready,
                NextStatus::Pause => Status::Paused(reason.text()),
                NextStatus::Logout => Status::LoggedOut,
            };
            status(order, StatusChange::Next(next))
        }
        SeatCommand::Skills(args) => super::skills::run(args),
        SeatCommand::Extend(order) => obey(order, SeatAct::Extend),
        SeatCommand::Release(order) => obey(order, SeatAct::Release),
        SeatCommand::Code { seat, args } => coding::code(seat, &format!("/api/seats/{seat}/code"), args),
    }
}

/// Runs `operator`.
pub(super) fn operator(args: &OperatorArgs) -> Result<(), Failure> {
    let OperatorCommand::List(floor) = &args.command;
    let columns = [words("operator"), words("name"), words("seat"), words("supervisor")];
    let row = |operator: &OperatorState| {
        let supervisor = if operator.supervisor { "yes" } else { "-" };
        vec![
            operator.id.to_string(),
            operator.name.clone(),
            or_dash(operator.seat.as_ref()),
            supervisor.to_owned(),
        ]
    };
    list(floor, &columns, |state| state.operators, row, "no operators; operators.toml names them")
}

fn obey(order: &Order, act: SeatAct) -> Result<(), Failure> {
    let by = order.by.clone().or_else(super::exchange::user);
    let path = format!("/api/seats/{}", order.seat);
    let asked = SeatOrder { act, by, why: order.why.clone() };
    order.exchange.client()?.post(&path, &asked).map_err(Failure::other)?;
    let now = find(&order.seat, &order.exchange)?;
    now.map_or(Ok(()), |now| out::line(&out::printable(&standing(&now))))
}

fn find(name: &str, exchange: &Exchange) -> Result<Option<Seat>, Failure> {
    Ok(state(exchange)?.seats.into_iter().find(|seat| seat.id.as_str() == name))
}

fn show(name: &str, exchange: &Exchange, format: Format) -> Result<(), Failure> {
    let Some(seat) = find(name, exchange)? else {
        return Err(Failure::other(format!("there is no seat `{name}`; `seat list` has them all")));
    };
    if matches!(format, Format::Json) {
        return out::json(&seat);
    }
    out::line(&out::printable(&standing(&seat)))?;
    let told = [
        ("phone", phone(&seat.view).to_owned(), seat.phone_s),
        ("status", status(&seat.view), seat.status_s),
        ("work", work(&seat.view), seat.work_s),
    ];
    told.iter().try_for_each(|(what, so, since)| {
        out::line(&out::printable(&format!("  {what:<7} {so}, for {}", clock(*since))))
    })
}

fn phone(view: &SeatView) -> &'static str {
    match (view.reachable, &view.status) {
        (true, _) => "registered",
        (false, Status::LoggedOut) => "none",
        (false, _) => "not reachable",
    }
}

/// Whoever cannot be rung is not idle.
fn work(view: &SeatView) -> String {
    if view.work == WorkView::Idle && !view.reachable {
        return "-".to_owned();
    }
    let work = word(&view.work).replace('_', " ");
    if view.owes_outcome { format!("{work}, owes outcome") } else { work }
}

pub(super) fn seat_columns() -> [Column; 6] {
    [words("seat"), words("phone"), words("operator"), words("status"), words("work"), words("call")]
}

pub(super) fn seat_row(seat: &Seat) -> Vec<String> {
    let view = &seat.view;
    let operator = or_dash(view.operator.as_ref());
    vec![seat.id.to_string(), phone(view).to_owned(), operator, status(view), work(view), or_dash(view.call)]
}

/// `seat17: logged in, ready; no phone is registered`.
fn standing(seat: &Seat) -> String {
    let view = &seat.view;
    let logged_in = match (&view.status, &view.operator) {
        (Status::LoggedOut, _) => String::new(),
        (_, None) => "logged in, ".to_owned(),
        (_, Some(operator)) => format!("{operator} logged in, "),
    };
    let phone = if view.reachable { "" } else { "; no phone is registered" };
    format!("{}: {logged_in}{}{phone}", seat.id, status(view))
}

/// `ready`, `paused: riunione`, `ready, then logged out`.
fn status(view: &SeatView) -> String {
    let then = view.next.as_ref().map(|next| format!(", then {}", status_words(next)));
    let over = if view.over_time { ", over time" } else { "" };
    format!("{}{over}{}", status_words(&view.status), then.unwrap_or_default())
}

/// A pause that nobody gave a reason for is just that.
fn status_words(status: &Status) -> String {
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

    fn seat(json: &str) -> Seat {
        serde_json::from_str(json).expect("as the exchange writes it")
    }

    #[test]
    fn seat_is_shown_as_operators_speak_of_it() {
        let json = r#"{"id":"seat01","reachable":true,"status":{"paused":"riunione"},"work":"wrap_up","call":"1.2.3","status_s":1.0,"work_s":2.0,"phone_s":3.0}"#;
        assert_eq!(
            seat_row(&seat(json)),
            ["seat01", "registered", "-", "paused: riunione", "wrap up", "1.2.3"]
        );
        assert_eq!(serde_json::to_string(&seat(json)).expect("plain data"), json);
        assert_eq!(standing(&seat(json)), "seat01: logged in, paused: riunione");
        let json = json.replace("true", "false").replace(r#"{"paused":"riunione"}"#, r#""ready""#);
        assert_eq!(standing(&seat(&json)), "seat01: logged in, ready; no phone is registered");
        let json = json.replace("wrap_up", "idle").replace("\"1.2.3\"", "null");
        assert_eq!(seat_row(&seat(&json)), ["seat01", "not reachable", "-", "ready", "-", "-"]);
        assert_eq!(status_words(&Status::Paused(NO_REASON.to_owned())), "paused");
    }

    #[test]
    fn what_a_seat_owes_and_what_follows_is_shown() {
        let json = r#"{"id":"seat01","reachable":true,"status":"ready","work":"wrap_up","call":null,"next":"logged_out","operator":"anna","owes_outcome":true,"status_s":1.0,"work_s":2.0,"phone_s":3.0}"#;
        let seat = seat(json);
        assert_eq!(
            (status(&seat.view), work(&seat.view)),
            ("ready, then logged out".into(), "wrap up, owes outcome".into())
        );
        assert_eq!(standing(&seat), "seat01: anna logged in, ready, then logged out");
    }

    #[test]
    fn seat_s_name_cannot_lead_elsewhere() {
        assert!(seat_name("seat-01_b").is_ok());
        for text in ["", "../state", "a b", "a?x", "è"] {
            assert!(seat_name(text).is_err(), "{text}");
        }
    }
}
