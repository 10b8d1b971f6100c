//! What a day is made of: who calls when and wants what, and who sits where and for how long.
//!
//! Half hours are numbered from midnight, 0 to 47; moments are seconds since midnight on the wall in Rome. A [`Scenario`] is made from
//! a file ([`Scenario::parse`]) or from a change to another; [`Scenario::check`] holds it against the configuration that it is to run on.

mod choices;
mod draft;

pub use choices::{Choices, OpenChoice};

use std::collections::{BTreeMap, BTreeSet};

use super::{Length, Service};
use crate::hint::Hint;
use crate::ids::{QueueId, SeatId};

/// Half hours of a day.
pub const HALF_HOURS: usize = 48;
/// Seconds of a half hour.
pub(super) const HALF_HOUR_S: u32 = 1_800;
/// Most calls of one half hour: callers are numbered within it.
pub(super) const MOST_CALLS: f64 = 20_000.0;
/// Most seats in a day.
pub(super) const MOST_SEATS: usize = 2_000;

/// A day.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// As it was named.
    pub name: String,
    /// The number that citizens dial.
    pub number: String,
    /// Calls that are expected in each half hour.
    pub arrivals: Vec<f64>,
    /// The configuration that it is run on, as it is named; none: the one that is there.
    pub config: Option<String>,
    /// The draft of a flow that takes the place of the flow that is there, as it is named.
    pub flow: Option<String>,
    /// What callers press at a node of the flow.
    pub choices: BTreeMap<String, Choices>,
    /// How callers and operators are, where a queue has nothing of its own.
    pub manner: Manner,
    /// What is otherwise in a queue.
    pub queues: BTreeMap<QueueId, Manner>,
    /// How long a caller thinks before a key.
    pub think: Length,
    /// How long an operator's phone rings.
    pub picks_up: Length,
    /// Share of talks that the operator ends: those callers hear what the flow says after it.
    pub operator_ends: f64,
    /// Those who would rather be called back.
    pub recall: Recall,
    /// Who sits where.
    pub duties: Vec<Duty>,
    /// What must be in the configuration, and where the file says it.
    pub(super) named: Vec<Named>,
}

/// How long callers and operators take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Manner {
    /// A talk.
    pub talk: Length,
    /// The work after it; none: there is none.
    pub wrap_up: Option<Length>,
    /// How long callers wait before they give up; none: as long as they are let.
    pub patience: Option<Length>,
}

impl Manner {
    /// For how many seconds a call holds a seat on average, without the ring.
    pub(super) fn held_s(&self) -> f64 {
        self.talk.mean() + self.wrap_up.map_or(0.0, Length::mean)
    }
}

/// Those who would rather be called back than wait.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recall {
    /// Share of callers who press the key, if they still wait then.
    pub accept: f64,
    /// After how much waiting.
    pub after: Length,
    /// Share of them who answer when they are called.
    pub answer: f64,
}

/// One seat for a stretch of the day.
#[derive(Clone, Debug, PartialEq)]
pub struct Duty {
    /// The seat.
    pub seat: SeatId,
    /// It is one of the configuration, with what that says of it; otherwise it is made for the day.
    pub is_known: bool,
    /// From, to.
    pub span: (u32, u32),
    /// Within it.
    pub breaks: Vec<(u32, u32)>,
    /// What a seat made for the day serves; empty: every queue.
    pub queues: Vec<QueueId>,
}

/// What a file extends, which names it like this: how it is named from here, and its text.
pub type Others<'o> = dyn Fn(&str, &str) -> Option<(String, String)> + 'o;

/// A name in the file that the configuration or the flow must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    kind: Kind,
    name: String,
    at: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Queue,
    Seat,
    Node,
    /// Pressed at this node.
    Key(String),
}

/// What is wrong with a day, each with its place and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message is its documentation")]
pub enum ScenarioFault {
    #[error("{at}: this is not a day: {why}; docs/simulate.md has every key")]
    Form { at: String, why: String },
    #[error("{at}: `{key}` is missing; add it, or let the file extend one that has it: extends = \"055055\"")]
    Missing { at: String, key: &'static str },
    #[error("{at}: `{text}` is not {what}; write one like {like}")]
    Value { at: String, text: String, what: &'static str, like: &'static str },
    #[error(
        "{at}: the choices at `{node}` come to {sum} %; let them be 100 % at most, the rest press nothing"
    )]
    Choices { at: String, node: String, sum: f64 },
    #[error(
        "{at}: seat `{seat}` is in two shifts from {from} to {to}; end the one before, or take another seat"
    )]
    Overlap { at: String, seat: String, from: String, to: String },
    #[error("{at}: a break of {length} does not lie within {within}; move it, or make it shorter")]
    Break { at: String, length: String, within: String },
    #[error("{at}: this is more than {most} seats; split the day, or take fewer")]
    TooMany { at: String, most: usize },
    #[error(
        "{at}: no profile and no file `{name}`; there are 055055 and 020202, or name a file such as simulate/055055.toml"
    )]
    Extends { at: String, name: String },
    #[error(
        "{at}: files that extend each other in a circle, or more than eight deep; let one of them stand alone"
    )]
    Circle { at: String },
    #[error("{at}: the {whose} has no {what} `{name}`{hint}")]
    Unknown { at: String, whose: &'static str, what: &'static str, name: String, hint: Hint },
    #[error("{at}: menu `{node}` has no key {key}; its keys are {known}")]
    NoKey { at: String, node: String, key: char, known: String },
}

impl Scenario {
    /// Reads a day. `name` stands before every fault, and the paths in it are seen from there; `others` gives what it extends.
    ///
    /// # Errors
    /// Every fault, in the order of the file.
    pub fn parse(name: &str, text: &str, others: &Others<'_>) -> Result<Scenario, Vec<ScenarioFault>> {
        draft::read(name, text, others)
    }

    /// The names of the day are those of the service that it is run on. Queues, nodes and keys may also be those of a service `beside` it:
    /// the one that the day was written for, or the other of two that are compared.
    ///
    /// # Errors
    /// Each name that is not known.
    pub fn check(&self, own: &Service, beside: &[&Service]) -> Result<(), Vec<ScenarioFault>> {
        let places: Vec<&Service> = [own].into_iter().chain(beside.iter().copied()).collect();
        let faults: Vec<_> = self.named.iter().filter_map(|named| self.fault(named, &places)).collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn fault(&self, named: &Named, places: &[&Service]) -> Option<ScenarioFault> {
        let configs = || places.iter().map(|service| &service.config);
        let flows = || places.iter().filter_map(|service| service.flow_of(&self.number));
        let Named { kind, name, at } = named;
        let (whose, what, known): (_, _, Vec<String>) = match kind {
            Kind::Number => (
                "configuration",
                "number",
                configs().take(1).flat_map(|of| of.numbers.keys().cloned()).collect(),
            ),
            Kind::Seat => (
                "configuration",
                "seat",
                configs().take(1).flat_map(|of| of.seats.keys().map(ToString::to_string)).collect(),
            ),
            Kind::Queue => (
                "configuration",
                "queue",
                configs().flat_map(|of| of.queues.keys().map(ToString::to_string)).collect(),
            ),
            Kind::Node if flows().next().is_none() => return None, // the number's fault, which is told
            Kind::Node => ("flow", "node", flows().flat_map(|flow| flow.node_names()).collect()),
            Kind::Key(node) => {
                let menus: Vec<_> = flows().filter_map(|flow| flow.menu(node)).collect();
                let key = name.chars().next()?;
                let is_known = menus.is_empty() || menus.iter().any(|menu| menu.contains_key(&key));
                let keys: BTreeSet<String> =
                    menus.iter().flat_map(|menu| menu.keys()).map(char::to_string).collect();
                let known = keys.into_iter().collect::<Vec<_>>().join(", ");
                return (!is_known).then(|| ScenarioFault::NoKey {
                    at: at.clone(),
                    node: node.clone(),
                    key,
                    known,
                });
            }
        };
        let hint = Hint::nearest(name, known.iter().map(String::as_str));
        let fault = ScenarioFault::Unknown { at: at.clone(), whose, what, name: name.clone(), hint };
        (!known.contains(name)).then_some(fault)
    }

    /// How callers and operators are in a queue.
    pub(super) fn manner_in(&self, queue: &QueueId) -> &Manner {
        self.queues.get(queue).unwrap_or(&self.manner)
    }

    /// Calls that are expected in the day.
    pub fn calls(&self) -> f64 {
        self.arrivals.iter().sum()
    }

    /// Seats on duty and at no break in each half hour, on average.
    pub fn staffing(&self) -> Vec<f64> {
        let within = |half_hour: usize, span: (u32, u32)| {
            let from = begin_of(half_hour);
            span.1.min(from + HALF_HOUR_S).saturating_sub(span.0.max(from))
        };
        let seconds = |half_hour: usize| -> u32 {
            let of = |duty: &Duty| {
                let breaks: u32 = duty.breaks.iter().map(|span| within(half_hour, *span)).sum();
                within(half_hour, duty.span).saturating_sub(breaks)
            };
            self.duties.iter().map(of).sum()
        };
        (0..HALF_HOURS).map(|half_hour| f64::from(seconds(half_hour)) / f64::from(HALF_HOUR_S)).collect()
    }

    /// The same day with so many seats in each half hour, alike and without breaks.
    pub fn with_seats(&self, seats: &[u32]) -> Scenario {
        let most = seats.iter().copied().max().unwrap_or(0);
        let duties = (0..most).flat_map(|number| duties_of(number, seats)).collect();
        Scenario { duties, ..self.clone() }
    }
}

/// When a seat is needed: the stretches in which more than `number` are.
fn duties_of(number: u32, seats: &[u32]) -> Vec<Duty> {
    let mut duties: Vec<Duty> = Vec::new();
    for (half_hour, _) in seats.iter().enumerate().filter(|(_, wanted)| **wanted > number) {
        let from = begin_of(half_hour);
        match duties.last_mut().filter(|duty| duty.span.1 == from) {
            Some(duty) => duty.span.1 = from + HALF_HOUR_S,
            None => duties.push(Duty {
                seat: made_seat(number + 1),
                is_known: false,
                span: (from, from + HALF_HOUR_S),
                breaks: Vec::new(),
                queues: Vec::new(),
            }),
        }
    }
    duties
}

/// The name of a seat that is made for the day.
fn made_seat(number: u32) -> SeatId {
    SeatId::from(format!("posto{number:04}"))
}

/// When a half hour begins; the last one ends where one more would begin.
pub fn begin_of(half_hour: usize) -> u32 {
    u32::try_from(half_hour).unwrap_or(u32::MAX).saturating_mul(HALF_HOUR_S)
}

/// A moment of the day as people write it: `08:30`.
pub fn clock(seconds: u32) -> String {
    format!("{:02}:{:02}", seconds / 3_600, seconds / 60 % 60)
}

/// A moment of the day, from `00:00` to `24:00`.
pub(super) fn parse_clock(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let is_digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let (hours, minutes): (u32, u32) = Some((hours, minutes))
        .filter(|(h, m)| is_digits(h) && is_digits(m))
        .and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)))?;
    let seconds = hours * 3_600 + minutes * 60;
    (minutes < 60 && seconds <= 86_400).then_some(seconds)
}

/// The half hour that begins at this moment.
pub(super) fn parse_half_hour(text: &str) -> Option<usize> {
    let begins = parse_clock(text)?;
    (0..HALF_HOURS).find(|half_hour| begin_of(*half_hour) == begins)
}

#[cfg(test)]
mod tests;
