//! `centralino queue show`, `close`, `open`, `move`, `advance` and `take`: what supervisors do about those who wait.

use serde::Serialize;

use super::exchange::Exchange;
use super::failure::Failure;
use super::floor::Listed;
use super::out::{self, Format, clock, numbers, or_dash, words};
use super::seat::{seat_columns, seat_row};
use super::switches::{Validity, by_language, parse_text, span, turn};
use crate::engine::{ClosingState, QueuePage, TaskState, WaitState, WaitingAct};
use crate::ids::{CallId, Language, QueueId};
use crate::io::control::Clock;
use crate::switches::{Bulletin, Closing, Scope, Switch, slot_of_closed};

/// Arguments of `queue show`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// The queue, as queues.toml names it.
    #[arg(value_parser = queue_name)]
    queue: String,
    #[command(flatten)]
    listed: Listed,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum SuperviseCommand {
    /// Close a queue for a while, with a message: whoever waits there or comes hears it, and the flow goes on as for a queue that is closed.
    ///
    /// Examples:
    ///   centralino queue close tributi --for 2h --text it="Lo sportello tributi riapre alle 14." --text en="Tax desk reopens at 2 pm."
    ///   centralino queue close anagrafe --until 18:00 --sound sciopero --why "sciopero" --by ada
    #[command(verbatim_doc_comment)]
    Close {
        /// The queue, as queues.toml names it.
        #[arg(value_parser = queue_name)]
        queue: String,
        /// A recording: NAME of sounds/<language>/NAME.wav.
        #[arg(long, value_name = "NAME")]
        sound: Option<String>,
        /// What is said, once for each language.
        #[arg(long = "text", value_name = "LANGUAGE=TEXT", value_parser = parse_text, conflicts_with = "sound")]
        texts: Vec<(Language, String)>,
        #[command(flatten)]
        validity: Validity,
        /// What for; written down, and shown in the list.
        #[arg(long)]
        why: Option<String>,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Let a queue that was closed follow its hours again.
    Open {
        /// The queue, as queues.toml names it.
        #[arg(value_parser = queue_name)]
        queue: String,
        #[command(flatten)]
        who: Who,
    },
    /// Put one who waits into another queue, with the waiting time.
    ///
    /// Example:
    ///   centralino queue move 1.4.17 anagrafe --by ada --why "tributi sovraccarico"
    #[command(verbatim_doc_comment)]
    Move {
        /// The contact, such as 1.4.17: `queue show` tells who waits.
        contact: CallId,
        /// Where to.
        #[arg(value_parser = queue_name)]
        queue: String,
        #[command(flatten)]
        who: Who,
    },
    /// Put one who waits further on by some minutes, or back by as many below zero.
    Advance {
        /// The contact, such as 1.4.17: `queue show` tells who waits.
        contact: CallId,
        /// How many.
        #[arg(allow_negative_numbers = true)]
        minutes: i32,
        #[command(flatten)]
        who: Who,
    },
    /// Give one who waits to a seat, which is rung at once: also one that is paused, or serves another queue.
    Take {
        /// The contact, such as 1.4.17: `queue show` tells who waits.
        contact: CallId,
        /// By name or extension.
        seat: String,
        #[command(flatten)]
        who: Who,
    },
}

/// Who asks, and what for.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Who does it; written down. Left out: whoever is logged in at this machine.
    #[arg(long)]
    by: Option<String>,
    /// What for; written down.
    #[arg(long)]
    why: Option<String>,
    #[command(flatten)]
    exchange: Exchange,
}

impl Who {
    fn by(&self) -> Option<String> {
        let user = || std::env::var("USER").ok().filter(|user| !user.is_empty());
        self.by.clone().or_else(user)
    }
}

/// Names of queues go into an address: nothing else may.
fn queue_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    if fits { Ok(text.to_owned()) } else { Err("a queue's name has letters, digits, - and _".to_owned()) }
}

/// Runs `queue show`.
pub(super) fn show(args: &ShowArgs) -> Result<(), Failure> {
    let Listed { exchange, format } = &args.listed;
    let path = format!("/api/queues/{}", args.queue);
    let page: QueuePage = exchange.client()?.get(&path, &()).map_err(Failure::other)?;
    if matches!(format, Format::Json) {
        return out::json(&page);
    }
    out::line(&out::printable(&headline(&page)))?;
    page.closings.iter().try_for_each(|closing| out::line(&out::printable(&closed(closing))))?;
    out::line("")?;
    let columns = [
        numbers("place"),
        words("contact"),
        words("from"),
        words("entity").spare(2),
        numbers("waited"),
        numbers("minutes").spare(1),
        numbers("expected"),
        words("needs"),
        words("rings"),
    ];
    out::table(&columns, page.waiting.iter().map(wait_row), "nobody waits")?;
    out::line("")?;
    if !page.tasks.is_empty() {
        let columns = [words("call-back"), words("kind"), numbers("due for"), words("stage"), words("rings")];
        out::table(&columns, page.tasks.iter().map(task_row), "no call-back is due")?;
        out::line("")?;
    }
    out::table(&seat_columns(), page.seats.iter().map(seat_row), "no seat serves it")
}

fn headline(page: &QueuePage) -> String {
    let hours = if page.open { "open" } else { "closed by its hours" };
    let expected = page.expected_s.map_or_else(
        || "the wait of whoever comes now is not known".to_owned(),
        |[low, middle, high]| {
            let at = |seconds: u64| minutes(seconds);
            format!("whoever comes now waits about {}, {} to {}", at(middle), at(low), at(high))
        },
    );
    format!("{} ({}): {hours}, {} waiting; {expected}", page.id, page.name, page.waiting.len())
}

/// Whole seconds are exact enough to be counted as such.
fn minutes(seconds: u64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn closed(closing: &ClosingState) -> String {
    let from = closing.from.as_deref().map(|from| format!(" from {}", out::moment(from)));
    let by = closing.by.as_deref().map(|by| format!(", by {by}"));
    let why = closing.reason.as_deref().map(|why| format!(": {why}"));
    let [from, by, why] = [from, by, why].map(Option::unwrap_or_default);
    format!("{} closed{from}{}{by}{why}", closing.scope, ends(closing))
}

fn ends(closing: &ClosingState) -> String {
    closing.until.as_deref().map_or_else(
        || " until it is opened".to_owned(),
        |until| format!(" until {} (Rome)", out::moment(until)),
    )
}

/// `closed until 2026-11-24 14:00:00 (Rome)`
pub(super) fn until(closing: &ClosingState) -> String {
    format!("closed{}", ends(closing))
}

fn task_row(task: &TaskState) -> Vec<String> {
    let rings: Vec<String> = task.ringing.iter().map(ToString::to_string).collect();
    let rings = or_dash(Some(rings.join(", ")).filter(|rings| !rings.is_empty()));
    vec![task.callback.to_string(), task.kind.clone(), clock(task.due_s), task.stage.replace('_', " "), rings]
}

fn wait_row(wait: &WaitState) -> Vec<String> {
    let mut needs: Vec<String> = wait.needs.iter().map(|(skill, level)| format!("{skill} {level}")).collect();
    needs.extend(wait.prefers.iter().map(|seat| format!("only {seat}")));
    let rings: Vec<String> = wait.ringing.iter().map(ToString::to_string).collect();
    let joined = |words: Vec<String>| or_dash(Some(words.join(", ")).filter(|words| !words.is_empty()));
    vec![
        wait.position.to_string(),
        wait.call.to_string(),
        wait.from.clone(),
        wait.entity.to_string(),
        clock(wait.waited_s),
        wait.minutes.to_string(),
        or_dash(wait.expected_s.map(minutes)),
        joined(needs),
        joined(rings),
    ]
}

/// Runs the others.
pub(super) fn run(command: &SuperviseCommand) -> Result<(), Failure> {
    match command {
        SuperviseCommand::Close { queue, sound, texts, validity, why, exchange } => {
            close(exchange, queue, (sound.clone(), texts), validity, why.clone())
        }
        SuperviseCommand::Open { queue, who } => open(queue, who),
        SuperviseCommand::Move { contact, queue, who } => {
            change(who, *contact, &WaitingAct::Move(queue.as_str().into()))?;
            out::line(&format!("{contact}: waits in {queue} now"))
        }
        SuperviseCommand::Advance { contact, minutes, who } => {
            change(who, *contact, &WaitingAct::Advance(*minutes))?;
            let way = if *minutes < 0 { "put back" } else { "advanced" };
            out::line(&format!("{contact}: {way} by {} min", minutes.unsigned_abs()))
        }
        SuperviseCommand::Take { contact, seat, who } => {
            change(who, *contact, &WaitingAct::Take(seat.clone()))?;
            out::line(&out::printable(&format!("{contact}: {seat} rings for it")))
        }
    }
}

/// The message first, so that nobody is let out without it.
fn close(
    exchange: &Exchange,
    queue: &str,
    (sound, texts): (Option<String>, &[(Language, String)]),
    validity: &Validity,
    reason: Option<String>,
) -> Result<(), Failure> {
    let (from_ms, until_ms) = validity.held(Clock::start().now().wall)?;
    let (id, text) = (QueueId::from(queue), by_language(texts)?);
    let (slot, turned) = (slot_of_closed(&id), validity.turned());
    let word = if sound.is_none() && text.is_empty() {
        Switch::BulletinOff { slot, entity: None }
    } else {
        let turned = turned.clone();
        Switch::BulletinOn {
            slot,
            bulletin: Bulletin { sound, text, until_ms, turned, ..Bulletin::default() },
        }
    };
    turn(exchange, &word)?;
    turn(exchange, &Switch::Close(Closing { scope: Scope::Queue(id), from_ms, until_ms, reason, turned }))?;
    out::line(&format!("queue {queue}: closed, {}", span((from_ms, until_ms))))
}

fn open(queue: &str, who: &Who) -> Result<(), Failure> {
    let id = QueueId::from(queue);
    let slot = slot_of_closed(&id);
    turn(&who.exchange, &Switch::Open { scope: Scope::Queue(id), by: who.by(), reason: who.why.clone() })?;
    turn(&who.exchange, &Switch::BulletinOff { slot, entity: None })?;
    out::line(&format!("queue {queue}: follows its hours again"))
}

/// What `/api/calls/{id}/wait` takes.
#[derive(Debug, Serialize)]
struct Order<'a> {
    act: &'a WaitingAct,
    by: Option<String>,
    why: Option<&'a str>,
}

fn change(who: &Who, contact: CallId, act: &WaitingAct) -> Result<(), Failure> {
    let order = Order { act, by: who.by(), why: who.why.as_deref() };
    who.exchange.client()?.post(&format!("/api/calls/{contact}/wait"), &order).map_err(Failure::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_who_waits_is_shown_with_what_decides_whose_turn_it_is() {
        let wait = WaitState {
            call: "1.2.3".parse().expect("a call"),
            from: "***224".to_owned(),
            entity: "firenze".into(),
            position: 2,
            waited_s: 61.0,
            minutes: -5,
            needs: [("inglese".into(), 3)].into(),
            prefers: Some("seat07".into()),
            expected_s: Some(125),
            ringing: Vec::new(),
        };
        let row = ["2", "1.2.3", "***224", "firenze", "1:01", "-5", "2:05", "inglese 3, only seat07", "-"];
        assert_eq!(wait_row(&wait), row);
    }

    #[test]
    fn queue_s_name_cannot_lead_elsewhere() {
        assert!(queue_name("tributi-2_b").is_ok());
        for text in ["", "../state", "a b", "a?x"] {
            assert!(queue_name(text).is_err(), "{text}");
        }
    }
}
