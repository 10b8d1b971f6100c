//! `centralino bulletin` and `centralino emergency`: what supervisors turn on and off while callers are on the line.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::failure::Failure;
use super::floor::Listed;
use super::moment::{End, parse_moment};
use super::out::{self, Format, moments, or_dash, prose, words};
use super::span::parse_span;
use crate::engine::{ClosingState, SlotState, SwitchState};
use crate::io::client::AskError;
use crate::io::control::Clock;
use crate::switches::{Bulletin, Closing, Scope, Switch};
use crate::time::rome;

/// Arguments of `bulletin`.
#[derive(Debug, clap::Args)]
pub(super) struct BulletinArgs {
    #[command(subcommand)]
    command: BulletinCommand,
}

#[derive(Debug, clap::Subcommand)]
enum BulletinCommand {
    /// List the slots that flows have, and what callers hear there now.
    List(Listed),
    /// Let callers hear a bulletin when they come to its slot, from now on.
    ///
    /// Examples:
    ///   centralino bulletin on protezione-civile --for 6h
    ///   centralino bulletin on protezione-civile --sound allerta --closing --until 2026-12-01T18:00
    #[command(verbatim_doc_comment)]
    On {
        /// The slot, as the flow names it.
        slot: String,
        /// Another recording than the flow's own: NAME of sounds/<language>/NAME.wav.
        #[arg(long, value_name = "NAME")]
        sound: Option<String>,
        /// The call ends after it.
        #[arg(long)]
        closing: bool,
        #[command(flatten)]
        validity: Validity,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Let callers hear nothing in this slot any more.
    Off {
        /// The slot, as the flow names it.
        slot: String,
        #[command(flatten)]
        exchange: Exchange,
    },
}

/// Arguments of `emergency`.
#[derive(Debug, clap::Args)]
pub(super) struct EmergencyArgs {
    #[command(subcommand)]
    command: EmergencyCommand,
}

#[derive(Debug, clap::Subcommand)]
enum EmergencyCommand {
    /// List what is closed by an emergency.
    List(Listed),
    /// Close an Ente, a queue or everything now, whatever the calendar says; who waits there is told.
    ///
    /// Examples:
    ///   centralino emergency close --everything --until 18:00 --reason "evacuazione della sede"
    ///   centralino emergency close --queue tributi --for 2h
    #[command(verbatim_doc_comment)]
    Close {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        validity: Validity,
        /// Why; written down, and shown in the list.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Let what was closed follow its hours again.
    Open {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        exchange: Exchange,
    },
}

/// How long a switch stays on; without either, until it is switched off.
#[derive(Clone, Debug, clap::Args)]
struct Validity {
    /// For so long.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span, conflicts_with = "until")]
    lasting: Option<std::time::Duration>,
    /// Until a moment in Rome's time: 18:00 (today), 2026-12-01T18:00, 2026-12-01 (that day included).
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
}

/// What is closed or opened.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Place {
    /// The whole exchange.
    #[arg(long)]
    everything: bool,
    /// One Ente, as entities.toml names it.
    #[arg(long, value_name = "ENTE")]
    entity: Option<String>,
    /// One queue, as queues.toml names it.
    #[arg(long, value_name = "QUEUE")]
    queue: Option<String>,
}

impl Validity {
    fn until_ms(&self, now: Timestamp) -> Result<Option<i64>, Failure> {
        if let Some(lasting) = self.lasting {
            let lasting = SignedDuration::try_from(lasting).map_err(Failure::misuse)?;
            return now
                .checked_add(lasting)
                .map(|until| Some(until.as_millisecond()))
                .map_err(Failure::misuse);
        }
        let Some(text) = &self.until else { return Ok(None) };
        if parse_span(text).is_ok() {
            return Err(Failure::misuse(format_args!("`--until {text}` is no moment; write --for {text}")));
        }
        match text.parse::<Time>() {
            Ok(time) if text.len() <= "18:00:00".len() => {
                let rome = TimeZone::get("Europe/Rome").map_err(Failure::other)?;
                let today = now.to_zoned(rome.clone()).date();
                let until = today.to_datetime(time).to_zoned(rome).map_err(Failure::misuse)?;
                Ok(Some(until.timestamp().as_millisecond()))
            }
            _ => parse_moment(text, End::Until, now).map(Some),
        }
    }
}

impl Place {
    fn scope(&self) -> Scope {
        match (&self.entity, &self.queue) {
            (Some(entity), _) => Scope::Entity(entity.as_str().into()),
            (_, Some(queue)) => Scope::Queue(queue.as_str().into()),
            _ => Scope::Everything,
        }
    }
}

/// Runs `bulletin`.
pub(super) fn bulletin(args: &BulletinArgs) -> Result<(), Failure> {
    match &args.command {
        BulletinCommand::List(listed) => {
            let columns = [words("slot"), words("state"), moments("until (Rome)"), prose("callers hear")];
            let slots = ask(&listed.exchange)?.bulletins;
            print(listed.format, &columns, &slots, slot_row, "no flow has a bulletin slot")
        }
        BulletinCommand::On { slot, sound, closing, validity, exchange } => {
            let until_ms = validity.until_ms(Clock::start().now().wall)?;
            let bulletin = Bulletin { sound: sound.clone(), closing: *closing, until_ms };
            turn(exchange, &Switch::BulletinOn { slot: slot.clone(), bulletin })?;
            out::line(&format!("{slot}: on, {}", end(until_ms)))
        }
        BulletinCommand::Off { slot, exchange } => {
            turn(exchange, &Switch::BulletinOff { slot: slot.clone() })?;
            out::line(&format!("{slot}: off"))
        }
    }
}

/// Runs `emergency`.
pub(super) fn emergency(args: &EmergencyArgs) -> Result<(), Failure> {
    match &args.command {
        EmergencyCommand::List(listed) => {
            let columns = [words("closed"), moments("until (Rome)"), prose("reason")];
            let closings = ask(&listed.exchange)?.closings;
            print(listed.format, &columns, &closings, closing_row, "nothing is closed by an emergency")
        }
        EmergencyCommand::Close { place, validity, reason, exchange } => {
            let (scope, until_ms) = (place.scope(), validity.until_ms(Clock::start().now().wall)?);
            let closing = Closing { scope: scope.clone(), until_ms, reason: reason.clone() };
            turn(exchange, &Switch::Close(closing))?;
            out::line(&format!("{scope}: closed, {}", end(until_ms)))
        }
        EmergencyCommand::Open { place, exchange } => {
            let scope = place.scope();
            turn(exchange, &Switch::Open { scope: scope.clone() })?;
            out::line(&format!("{scope}: follows its hours again"))
        }
    }
}

fn ask(exchange: &Exchange) -> Result<SwitchState, Failure> {
    exchange.client()?.get("/api/switches", &()).map_err(Failure::other)
}

fn turn(exchange: &Exchange, switch: &Switch) -> Result<(), Failure> {
    exchange.client()?.post("/api/switches", switch).map_err(|error| match error {
        AskError::Unwritten { .. } => Failure::unwritten(error),
        error => Failure::other(error),
    })
}

fn print<T: serde::Serialize>(
    format: Format,
    columns: &[out::Column],
    rows: &[T],
    row: impl Fn(&T) -> Vec<String>,
    nothing: &str,
) -> Result<(), Failure> {
    match format {
        Format::Json => rows.iter().try_for_each(out::json),
        Format::Table => out::table(columns, rows.iter().map(row), nothing),
    }
}

fn slot_row(slot: &SlotState) -> Vec<String> {
    let Some(on) = &slot.on else {
        return vec![slot.slot.clone(), "off".to_owned(), or_dash(None::<&str>), or_dash(None::<&str>)];
    };
    let heard = on.sound.as_deref().unwrap_or("what the flow says in this slot");
    let then = if on.closing { "; then the call ends" } else { "" };
    vec![slot.slot.clone(), "on".to_owned(), moment(on.until.as_deref()), format!("{heard}{then}")]
}

fn closing_row(closing: &ClosingState) -> Vec<String> {
    vec![closing.scope.to_string(), moment(closing.until.as_deref()), or_dash(closing.reason.as_ref())]
}

fn moment(until: Option<&str>) -> String {
    or_dash(until.map(out::moment))
}

fn end(until_ms: Option<i64>) -> String {
    match until_ms {
        Some(until_ms) => format!("until {} (Rome)", out::moment(&rome(until_ms))),
        None => "until it is switched off".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_is_read_as_a_length_a_time_of_today_or_a_moment() {
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().expect("a moment");
        let span = |text: &str| Validity { lasting: Some(parse_span(text).expect("a span")), until: None };
        let until = |text: &str| Validity { lasting: None, until: Some(text.to_owned()) };
        for (validity, expected) in [
            (span("2h"), "2026-11-24T11:00:00Z"),
            (until("18:00"), "2026-11-24T17:00:00Z"),
            (until("2026-12-01T18:00"), "2026-12-01T17:00:00Z"),
            (until("2026-12-01"), "2026-12-01T23:00:00Z"),
        ] {
            let expected: Timestamp = expected.parse().expect("a moment");
            assert_eq!(validity.until_ms(now), Ok(Some(expected.as_millisecond())), "{validity:?}");
        }
        assert_eq!(Validity { lasting: None, until: None }.until_ms(now), Ok(None));
        for text in ["2h", "domani", "25:00"] {
            assert!(until(text).until_ms(now).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_say_what_callers_hear_and_until_when() {
        let on = Bulletin { sound: None, closing: true, until_ms: Some(1_795_510_800_000) };
        let slot = SlotState { slot: "neve".to_owned(), on: Some((&on).into()) };
        let expected =
            ["neve", "on", "2026-11-24 10:00:00", "what the flow says in this slot; then the call ends"];
        assert_eq!(slot_row(&slot), expected);
        assert_eq!(slot_row(&SlotState { slot: "neve".to_owned(), on: None }), ["neve", "off", "-", "-"]);
        let closing = Closing { scope: Scope::Queue("tributi".into()), until_ms: None, reason: None };
        assert_eq!(closing_row(&(&closing).into()), ["queue tributi", "-", "-"]);
    }
}
