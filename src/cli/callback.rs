//! `centralino callback`: who was promised a call, promises made by people, and what became of them.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use serde::Serialize;

use super::exchange::Exchange;
use super::failure::Failure;
use super::floor::Listed;
use super::moment::{End, parse_moment};
use super::out::{self, Column, Format, moment, moments, numbers, or_dash, words};
use crate::engine::{BookOrder, CallbackReport, CallbackState, FreeSlot, MOST_LISTED, MoveOrder};
use crate::ids::{CallbackId, CaseId};
use crate::io::control::Clock;
use crate::time::rome_zone;

/// Days of a report when none are given.
const USUAL_DAYS: i32 = 30;

/// Which part of a long list.
#[derive(Debug, clap::Args, Serialize)]
pub(super) struct Paged {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = MOST_LISTED)]
    limit: usize,
    /// Leave out the first of all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    skip: usize,
}

/// Arguments of `callback`.
#[derive(Debug, clap::Args)]
pub(super) struct CallbackArgs {
    #[command(subcommand)]
    command: CallbackCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CallbackCommand {
    /// List the call-backs that are not over.
    List {
        /// Only what was promised to this number.
        #[arg(long)]
        number: Option<String>,
        #[command(flatten)]
        paged: Paged,
        #[command(flatten)]
        listed: Listed,
    },
    /// Show one of them.
    Show {
        /// Its id, such as 1.4.17: `callback list` shows them.
        id: CallbackId,
        #[command(flatten)]
        listed: Listed,
    },
    /// List the slots of a queue that can still be promised.
    Slots {
        /// The queue, as queues.toml names it.
        queue: String,
        /// From a moment in Rome's time: 2026-11-24, 2026-11-24T15:00.
        #[arg(long, value_name = "MOMENT")]
        from: Option<String>,
        /// At most so many.
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        #[command(flatten)]
        listed: Listed,
    },
    /// Promise a citizen a call: in a slot, or as soon as may be.
    ///
    /// Examples:
    ///   centralino callback book 3331234567 tributi
    ///   centralino callback book "055 276 8224" tributi --slot 2026-11-24T15:15 --case 100001 --by ada
    #[command(verbatim_doc_comment)]
    Book(BookArgs),
    /// Agree on another slot.
    Move {
        /// Which.
        id: CallbackId,
        /// When its slot begins, in the queue's own time: 2026-11-24T15:15.
        slot: DateTime,
        #[command(flatten)]
        who: Who,
    },
    /// Take a promise back.
    Cancel {
        /// Which.
        id: CallbackId,
        #[command(flatten)]
        who: Who,
    },
    /// Who called in vain: a list to be worked by hand.
    Recall(super::recall_list::RecallArgs),
    /// What became of call-backs: booked, kept in their slot, attempts, missed.
    ///
    /// Examples:
    ///   centralino callback report
    ///   centralino callback report --from 2026-11-01 --to 2026-11-30 --format json
    #[command(verbatim_doc_comment)]
    Report {
        /// The first day [default: 30 days before the last].
        #[arg(long, value_name = "DAY")]
        from: Option<Date>,
        /// The last day [default: today].
        #[arg(long, value_name = "DAY")]
        to: Option<Date>,
        #[command(flatten)]
        listed: Listed,
    },
}

#[derive(Debug, clap::Args)]
struct Who {
    /// Who asks, for the record.
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Debug, clap::Args)]
struct BookArgs {
    /// The citizen's number.
    number: String,
    /// Whose operators call, as queues.toml names it.
    queue: String,
    /// When its slot begins, in the queue's own time: 2026-11-24T15:15; `callback slots` shows which are free [default: as soon as may
    /// be].
    #[arg(long)]
    slot: Option<DateTime>,
    /// In the name of this Ente [default: the queue's, or that of the first number whose flow leads to the queue].
    #[arg(long, value_name = "ENTE")]
    entity: Option<String>,
    /// What about [default: the queue's topic].
    #[arg(long)]
    topic: Option<String>,
    /// The language that is spoken to the citizen [default: it].
    #[arg(long)]
    language: Option<String>,
    /// The case that it goes on with [default: a new one].
    #[arg(long)]
    case: Option<u64>,
    #[command(flatten)]
    who: Who,
}

#[derive(Debug, Serialize)]
struct Days {
    from: Date,
    to: Date,
}

#[derive(Debug, Serialize)]
struct Free<'a> {
    queue: &'a str,
    after_ms: i64,
    limit: usize,
}

#[derive(Debug, Serialize)]
struct By<'a> {
    by: Option<&'a str>,
}

/// Runs it.
pub(super) fn run(args: &CallbackArgs) -> Result<(), Failure> {
    match &args.command {
        CallbackCommand::List { number, paged, listed } => list(number.as_deref(), paged, listed),
        CallbackCommand::Show { id, listed } => {
            let one: CallbackState = get(&listed.exchange, &format!("/api/callbacks/{id}"), &())?;
            show(&one, listed.format)
        }
        CallbackCommand::Slots { queue, from, limit, listed } => {
            slots(queue, from.as_deref(), *limit, listed)
        }
        CallbackCommand::Book(args) => book(args),
        CallbackCommand::Move { id, slot, who } => {
            let order = MoveOrder { slot: *slot, by: who.by.clone() };
            done(&who.listed, &format!("/api/callbacks/{id}/move"), &order)
        }
        CallbackCommand::Cancel { id, who } => {
            let order = By { by: who.by.as_deref() };
            done(&who.listed, &format!("/api/callbacks/{id}/cancel"), &order)
        }
        CallbackCommand::Recall(args) => super::recall_list::run(args),
        CallbackCommand::Report { from, to, listed } => report(*from, *to, listed),
    }
}

fn get<T: serde::de::DeserializeOwned>(
    exchange: &Exchange,
    path: &str,
    query: &impl Serialize,
) -> Result<T, Failure> {
    exchange.client()?.get(path, query).map_err(Failure::other)
}

/// Have it done and show what it is now.
fn done(listed: &Listed, path: &str, order: &impl Serialize) -> Result<(), Failure> {
    let one: CallbackState = listed.exchange.client()?.order(path, order).map_err(Failure::other)?;
    show(&one, listed.format)
}

fn list(number: Option<&str>, paged: &Paged, listed: &Listed) -> Result<(), Failure> {
    let open: Vec<CallbackState> = match number {
        Some(number) => vec![get(
            &listed.exchange,
            "/api/callbacks",
            &[("number", number)].into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        )?],
        None => get(&listed.exchange, "/api/callbacks", paged)?,
    };
    match listed.format {
        Format::Json => open.iter().try_for_each(out::json),
        Format::Table => out::table(&COLUMNS, open.iter().map(row), "no call-backs are open"),
    }
}

const COLUMNS: [Column; 8] = [
    words("callback"),
    words("number"),
    words("queue"),
    moments("not before (Rome)"),
    moments("until").spare(1),
    words("stage"),
    numbers("tried"),
    words("case").spare(2),
];

fn row(one: &CallbackState) -> Vec<String> {
    let stage = if one.escalated { format!("{} (escalated)", one.stage) } else { one.stage.clone() };
    vec![
        one.id.to_string(),
        or_dash(one.number.as_ref()),
        one.queue.to_string(),
        moment(&one.next),
        moment(&one.until),
        stage,
        one.failures.len().to_string(),
        or_dash(one.case.map(|case| case.0)),
    ]
}

fn show(one: &CallbackState, format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        return out::json(one);
    }
    let failures: Vec<_> = one.failures.iter().map(out::word).collect();
    let seats: Vec<_> = one.seats.iter().map(ToString::to_string).collect();
    let when = one.slot.as_deref().map_or_else(|| "as soon as may be".to_owned(), moment);
    let lines = [
        ("call-back", one.id.to_string()),
        ("number", or_dash(one.number.as_ref())),
        ("citizen", one.citizen.to_string()),
        ("queue", one.queue.to_string()),
        ("for", one.entity.to_string()),
        ("topic", or_dash(one.topic.as_ref())),
        ("case", or_dash(one.case.map(|case| case.0))),
        ("asked for in", one.contact.to_string()),
        ("promised", moment(&one.booked)),
        ("slot", when),
        ("not before", moment(&one.next)),
        ("not after", moment(&one.until)),
        ("stage", one.stage.clone()),
        ("rings at", seats.join(", ")),
        ("escalated", if one.escalated { "yes".to_owned() } else { "no".to_owned() }),
        ("not reached", failures.join(", ")),
    ];
    let told = lines.iter().filter(|(_, value)| !value.is_empty());
    let told: Vec<_> = told.map(|(name, value)| format!("{name:<13} {value}")).collect();
    out::line(&told.join("\n"))
}

fn slots(queue: &str, from: Option<&str>, limit: usize, listed: &Listed) -> Result<(), Failure> {
    let now = Clock::start().now().wall;
    let after_ms = from.map_or(Ok(0), |from| parse_moment(from, End::Since, now))?;
    let wanted = Free { queue, after_ms, limit };
    let free: Vec<FreeSlot> = get(&listed.exchange, "/api/callbacks/slots", &wanted)?;
    match listed.format {
        Format::Json => free.iter().try_for_each(out::json),
        Format::Table => {
            let columns = [moments("from (Rome)"), numbers("minutes")];
            let row = |slot: &FreeSlot| vec![moment(&slot.from), slot.minutes.to_string()];
            out::table(&columns, free.iter().map(row), "no slot is free")
        }
    }
}

fn book(args: &BookArgs) -> Result<(), Failure> {
    let order = BookOrder {
        slot: args.slot,
        entity: args.entity.as_deref().map(Into::into),
        topic: args.topic.as_deref().map(Into::into),
        language: args.language.as_deref().map(Into::into),
        case: args.case.map(CaseId),
        by: args.who.by.clone(),
        ..BookOrder::new(args.number.as_str(), args.queue.as_str())
    };
    done(&args.who.listed, "/api/callbacks", &order)
}

fn report(from: Option<Date>, to: Option<Date>, listed: &Listed) -> Result<(), Failure> {
    let today = Clock::start().now().wall.to_zoned(rome_zone()).date();
    let to = to.unwrap_or(today);
    let from = from.or_else(|| to.checked_sub(USUAL_DAYS.days()).ok()).unwrap_or(to);
    let told: CallbackReport = get(&listed.exchange, "/api/callbacks/report", &Days { from, to })?;
    if listed.format == Format::Json {
        return out::json(&told);
    }
    let counts = &told.counts;
    let figure =
        |value: Option<f64>, unit: &str| value.map_or("-".to_owned(), |value| format!("{value}{unit}"));
    let lines = [
        ("days", format!("{from} to {to}")),
        ("promised", format!("{} ({} for a slot)", counts.promised, counts.booked)),
        ("lead time", figure(told.lead_hours, " h on average")),
        ("kept in slot", format!("{} of {} ({})", counts.kept, counts.due, figure(told.kept_percent, " %"))),
        ("reached", counts.served.to_string()),
        ("attempts", format!("{}, {} to reach one", counts.attempts, figure(told.attempts_to_reach, ""))),
        (
            "abandoned",
            format!("{} ({} of those who answered)", counts.abandoned, figure(told.abandoned_percent, " %")),
        ),
        ("missed", counts.missed.to_string()),
        ("not reached", counts.not_reached.to_string()),
        ("cancelled", counts.cancelled.to_string()),
        ("helped before", counts.helped.to_string()),
        ("escalated", counts.escalated.to_string()),
        ("trunk failed", counts.trunk_failures.to_string()),
    ];
    let lines: Vec<_> = lines.iter().map(|(name, value)| format!("{name:<13} {value}")).collect();
    out::line(&lines.join("\n"))
}
