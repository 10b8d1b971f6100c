//! `centralino bulletin` and `centralino emergency`: what supervisors turn on and off while callers are on the line.

use std::collections::BTreeMap;

use jiff::civil::Time;
use jiff::{SignedDuration, Timestamp};

use super::exchange::Exchange;
use super::failure::Failure;
use super::floor::Listed;
use super::moment::{End, parse_moment};
use super::out::{self, Format, moments, or_dash, prose, words};
use super::span::parse_span;
use crate::engine::{BulletinState, ClosingState, SlotState, SwitchState};
use crate::ids::Language;
use crate::io::client::AskError;
use crate::io::control::Clock;
use crate::switches::{Bulletin, Closing, Scope, Switch, Turned};
use crate::time::{rome, rome_zone};

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
    /// Let callers hear a bulletin when they come to its slot: what the flow says there, a recording, or a text.
    ///
    /// A text is spoken by the synthesiser of engine.toml, in every language in which the slot's flows speak, and is heard at once. Every
    /// queue is a slot too, which callers hear when they enter it: queue:tributi.
    ///
    /// Examples:
    ///   centralino bulletin on protezione-civile --for 6h
    ///   centralino bulletin on protezione-civile --text it="Domani scuole chiuse." --text en="Schools are closed tomorrow."
    ///   centralino bulletin on queue:tributi --text it="Per la TARI c'è più tempo." --text en="The TARI deadline was moved."
    ///   centralino bulletin on protezione-civile --entity empoli --sound neve --from 2026-12-01 --until 2026-12-02T12:00
    #[command(verbatim_doc_comment)]
    On {
        /// The slot, as the flow names it.
        slot: String,
        /// Another recording than the flow's own: NAME of sounds/<language>/NAME.wav.
        #[arg(long, value_name = "NAME")]
        sound: Option<String>,
        /// What is said, once for each language; `<en>` and `</en>` mark words for the English voice.
        #[arg(long = "text", value_name = "LANGUAGE=TEXT", value_parser = parse_text, conflicts_with = "sound")]
        texts: Vec<(Language, String)>,
        /// Only for callers of this Ente, in the place of the bulletin for everybody.
        #[arg(long, value_name = "ENTE")]
        entity: Option<String>,
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
        /// The one for callers of this Ente, not the one for everybody.
        #[arg(long, value_name = "ENTE")]
        entity: Option<String>,
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
    /// Close an Ente, a queue or everything, whatever the calendar says; who waits there is told.
    ///
    /// Examples:
    ///   centralino emergency close --everything --until 18:00 --reason "evacuazione della sede"
    ///   centralino emergency close --entity empoli --from 2026-12-24T14:00 --until 2026-12-26
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

/// When a switch holds: from now on until it is switched off, unless it says otherwise.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct Validity {
    /// From a moment in Rome's time: 18:00 (today), 2026-12-01T18:00, 2026-12-01.
    #[arg(long, value_name = "MOMENT")]
    from: Option<String>,
    /// For so long.
    #[arg(long = "for", value_name = "TIME", value_parser = parse_span, conflicts_with = "until")]
    lasting: Option<std::time::Duration>,
    /// Until a moment in Rome's time: 18:00 (today), 2026-12-01T18:00, 2026-12-01 (that day included).
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Who does it, for the list and the journal. [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
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

/// Begin and end, in milliseconds since the Unix epoch.
pub(super) type Held = (Option<i64>, Option<i64>);

impl Validity {
    pub(super) fn held(&self, now: Timestamp) -> Result<Held, Failure> {
        let from = self.from.as_deref().map(|text| moment_of("--from", text, End::Since, now)).transpose()?;
        if let Some(lasting) = self.lasting {
            let lasting = SignedDuration::try_from(lasting).map_err(Failure::misuse)?;
            let begin = from.map_or(Ok(now), Timestamp::from_millisecond).map_err(Failure::misuse)?;
            let until = begin.checked_add(lasting).map_err(Failure::misuse)?;
            return Ok((from, Some(until.as_millisecond())));
        }
        let until = self.until.as_deref().map(|text| moment_of("--until", text, End::Until, now));
        Ok((from, until.transpose()?))
    }

    pub(super) fn turned(&self) -> Turned {
        Turned { by: self.by.clone().or_else(super::exchange::user), at_ms: None }
    }
}

/// A time of today or a moment. A length would be read as a moment of the past.
fn moment_of(option: &str, text: &str, end: End, now: Timestamp) -> Result<i64, Failure> {
    if parse_span(text).is_ok() {
        return Err(Failure::misuse(format_args!(
            "`{option} {text}` is no moment; write --for {text}, or {option} 18:00"
        )));
    }
    match text.parse::<Time>() {
        Ok(time) if text.len() <= "18:00:00".len() => {
            let rome = rome_zone();
            let today = now.to_zoned(rome.clone()).date();
            let moment = today.to_datetime(time).to_zoned(rome).map_err(Failure::misuse)?;
            Ok(moment.timestamp().as_millisecond())
        }
        _ => parse_moment(text, end, now),
    }
}

/// `it=Domani scuole chiuse.`
pub(super) fn parse_text(text: &str) -> Result<(Language, String), String> {
    match text.split_once('=') {
        Some((language, text)) if !language.trim().is_empty() && !text.trim().is_empty() => {
            Ok((language.trim().into(), text.trim().to_owned()))
        }
        _ => Err("write the language before the text: it=\"Domani scuole chiuse.\"".to_owned()),
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
            let columns = [
                words("slot"),
                words("callers"),
                words("state"),
                moments("from (Rome)"),
                moments("until (Rome)"),
                moments("turned on (Rome)"),
                words("by"),
                prose("callers hear"),
            ];
            let slots = ask(&listed.exchange)?.bulletins;
            print(listed.format, &columns, &slots, slot_row, "no flow has a bulletin slot")
        }
        BulletinCommand::On { slot, sound, texts, entity, closing, validity, exchange } => {
            let (from_ms, until_ms) = validity.held(Clock::start().now().wall)?;
            let bulletin = Bulletin {
                sound: sound.clone(),
                text: by_language(texts)?,
                entity: entity.as_deref().map(Into::into),
                closing: *closing,
                from_ms,
                until_ms,
                turned: validity.turned(),
            };
            turn(exchange, &Switch::BulletinOn { slot: slot.clone(), bulletin })?;
            out::line(&format!("{slot}: on, {}", span((from_ms, until_ms))))
        }
        BulletinCommand::Off { slot, entity, exchange } => {
            let entity = entity.as_deref().map(Into::into);
            turn(exchange, &Switch::BulletinOff { slot: slot.clone(), entity })?;
            out::line(&format!("{slot}: off"))
        }
    }
}

/// Each language once.
pub(super) fn by_language(texts: &[(Language, String)]) -> Result<BTreeMap<Language, String>, Failure> {
    let mut all = BTreeMap::new();
    for (language, text) in texts {
        if all.insert(language.clone(), text.clone()).is_some() {
            return Err(Failure::misuse(format_args!("--text {language}=... is given twice; give it once")));
        }
    }
    Ok(all)
}

/// Runs `emergency`.
pub(super) fn emergency(args: &EmergencyArgs) -> Result<(), Failure> {
    match &args.command {
        EmergencyCommand::List(listed) => {
            let columns = [
                words("closed"),
                moments("from (Rome)"),
                moments("until (Rome)"),
                moments("turned on (Rome)"),
                words("by"),
                prose("reason"),
            ];
            let closings = ask(&listed.exchange)?.closings;
            print(listed.format, &columns, &closings, closing_row, "nothing is closed by an emergency")
        }
        EmergencyCommand::Close { place, validity, reason, exchange } => {
            let (from_ms, until_ms) = validity.held(Clock::start().now().wall)?;
            let (scope, turned) = (place.scope(), validity.turned());
            let closing = Closing { scope: scope.clone(), from_ms, until_ms, reason: reason.clone(), turned };
            turn(exchange, &Switch::Close(closing))?;
            out::line(&format!("{scope}: closed, {}", span((from_ms, until_ms))))
        }
        EmergencyCommand::Open { place, exchange } => {
            let scope = place.scope();
            turn(exchange, &Switch::Open { scope: scope.clone(), by: None, reason: None })?;
            out::line(&format!("{scope}: follows its hours again"))
        }
    }
}

fn ask(exchange: &Exchange) -> Result<SwitchState, Failure> {
    exchange.client()?.get("/api/switches", &()).map_err(Failure::other)
}

pub(super) fn turn(exchange: &Exchange, switch: &Switch) -> Result<(), Failure> {
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
        let nothing = std::iter::repeat_n(or_dash(None::<&str>), 5);
        return [slot.slot.clone(), or_dash(None::<&str>), "off".to_owned()]
            .into_iter()
            .chain(nothing)
            .collect();
    };
    let state = match (on.heard, on.begun) {
        (true, _) => "on",
        (false, true) => "no sound",
        (false, false) => "planned",
    };
    let then = if on.closing { "; then the call ends" } else { "" };
    vec![
        slot.slot.clone(),
        on.entity.as_ref().map_or_else(|| "all".to_owned(), ToString::to_string),
        state.to_owned(),
        moment(on.from.as_deref()),
        moment(on.until.as_deref()),
        moment(on.turned_on.as_deref()),
        or_dash(on.by.as_ref()),
        format!("{}{then}", said(on)),
    ]
}

fn said(on: &BulletinState) -> String {
    let texts: Vec<String> =
        on.text.iter().map(|(language, text)| format!("{language}: \"{text}\"")).collect();
    match &on.sound {
        Some(sound) => sound.clone(),
        None if texts.is_empty() => "what the flow says in this slot".to_owned(),
        None => texts.join(" "),
    }
}

fn closing_row(closing: &ClosingState) -> Vec<String> {
    vec![
        closing.scope.to_string(),
        moment(closing.from.as_deref()),
        moment(closing.until.as_deref()),
        moment(closing.turned_on.as_deref()),
        or_dash(closing.by.as_ref()),
        or_dash(closing.reason.as_ref()),
    ]
}

fn moment(at: Option<&str>) -> String {
    or_dash(at.map(out::moment))
}

pub(super) fn span((from_ms, until_ms): Held) -> String {
    let at = |at_ms: i64| out::moment(&rome(at_ms));
    let from = from_ms.map(|from| format!("from {} ", at(from))).unwrap_or_default();
    match until_ms {
        Some(until_ms) => format!("{from}until {} (Rome)", at(until_ms)),
        None if from.is_empty() => "until it is switched off".to_owned(),
        None => format!("{from}(Rome) until it is switched off"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_is_read_as_a_length_a_time_of_today_or_a_moment() {
        let now: Timestamp = "2026-11-24T09:00:00Z".parse().expect("a moment");
        let ms = |text: &str| text.parse::<Timestamp>().expect("a moment").as_millisecond();
        let given = |from: &str, lasting: &str, until: &str| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            let lasting = given(lasting).map(|text| parse_span(&text).expect("a span"));
            Validity { from: given(from), lasting, until: given(until), by: None }
        };
        for (validity, from, until) in [
            (given("", "2h", ""), "", "2026-11-24T11:00:00Z"),
            (given("", "", "18:00"), "", "2026-11-24T17:00:00Z"),
            (given("", "", "2026-12-01T18:00"), "", "2026-12-01T17:00:00Z"),
            (given("", "", "2026-12-01"), "", "2026-12-01T23:00:00Z"),
            (given("12:00", "", "18:00"), "2026-11-24T11:00:00Z", "2026-11-24T17:00:00Z"),
            (given("2026-12-01", "24h", ""), "2026-11-30T23:00:00Z", "2026-12-01T23:00:00Z"),
            (given("2026-12-01", "", ""), "2026-11-30T23:00:00Z", ""),
            (given("", "", ""), "", ""),
        ] {
            let expected = [from, until].map(|text| (!text.is_empty()).then(|| ms(text)));
            assert_eq!(validity.held(now).map(|(from, until)| [from, until]), Ok(expected), "{validity:?}");
        }
        for text in ["2h", "domani", "25:00"] {
            assert!(given("", "", text).held(now).is_err(), "{text}");
            assert!(given(text, "", "").held(now).is_err(), "{text}");
        }
    }

    #[test]
    fn text_has_its_language_before_it() {
        assert_eq!(parse_text("it=Domani = festa."), Ok(("it".into(), "Domani = festa.".to_owned())));
        for bad in ["Domani", "=Domani", "it="] {
            assert!(parse_text(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rows_say_what_callers_hear_from_when_until_when_and_who_did_it() {
        let turned = Turned { by: Some("Anna".to_owned()), at_ms: Some(1_795_507_200_000) };
        let on = Bulletin {
            closing: true,
            from_ms: Some(1_795_509_000_000),
            until_ms: Some(1_795_510_800_000),
            turned,
            ..Bulletin::default()
        };
        let spoken = Bulletin {
            text: [("it".into(), "Nevica.".to_owned())].into(),
            entity: Some("empoli".into()),
            ..Bulletin::default()
        };
        let row = |on: Option<&Bulletin>, has_sound| {
            let on = on.map(|on| BulletinState::of(on, 1_795_508_000_000, has_sound));
            slot_row(&SlotState { slot: "neve".to_owned(), on }).join(" | ")
        };
        assert_eq!(
            row(Some(&on), true),
            "neve | all | planned | 2026-11-24 09:30:00 | 2026-11-24 10:00:00 | 2026-11-24 09:00:00 | Anna | \
             what the flow says in this slot; then the call ends"
        );
        assert_eq!(row(Some(&spoken), true), "neve | empoli | on | - | - | - | - | it: \"Nevica.\"");
        assert!(row(Some(&spoken), false).contains("no sound"));
        assert_eq!(row(None, true), "neve | - | off | - | - | - | - | -");
        let closing = Closing { scope: Scope::Queue("tributi".into()), ..Closing::default() };
        assert_eq!(closing_row(&(&closing).into()).join(" | "), "queue tributi | - | - | - | - | -");
    }
}
