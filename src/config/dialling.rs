//! Whom the digits mean that an operator dials, and whether this seat may call there.
//!
//! First an emergency number: from every seat, by every trunk in turn, whatever else is so. Then whom an operator reaches at all
//! ([`Config::target`]): a colleague, a queue, a number of ours, or one outside, which the one judge of numbers must let through. A
//! number outside is an *office* when it is short or begins like one listed under `[destinations]`, and a *citizen* otherwise.

use std::collections::BTreeSet;
use std::time::Duration;

use super::names::Names;
use super::reader::{Table, Word};
use super::{Config, Route, Target};
use crate::flow::destinations::{NoRoute, fit};
use crate::ids::{EntityId, QueueId, SeatId};
use crate::letters::is_line;
use crate::phone_number::PhoneNumber;

/// Called from every seat unless the city says otherwise: the emergency numbers of Italy, and the doctor on call.
const EMERGENCY: [&str; 6] = ["112", "113", "115", "117", "118", "116117"];

/// How long whoever is called is rung, unless the city says otherwise: people look for their telephone longer than operators do.
const RING_FOR: Duration = Duration::from_secs(45);

/// Kinds of people that a seat may be allowed to call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Callable {
    /// Numbers outside that are nobody's office.
    Citizens,
    /// Numbers listed as offices.
    Offices,
    /// Other seats, one by one or by their queue.
    Seats,
}

impl Callable {
    /// All of them: what a seat may call unless it is said.
    pub const ALL: [Callable; 3] = [Callable::Citizens, Callable::Offices, Callable::Seats];

    /// As it is written in `seats.toml`.
    pub fn word(self) -> &'static str {
        match self {
            Callable::Citizens => "citizens",
            Callable::Offices => "offices",
            Callable::Seats => "seats",
        }
    }
}

/// `trunks.toml`, `[dialling]`: the calls that operators make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialling {
    /// Whose wrap-up, codes, Ente and recording they follow; `None`: the first queue that the seat serves.
    pub queue: Option<QueueId>,
    /// In whose name, unless the queue says it; `None`: the first number's.
    pub entity: Option<EntityId>,
    /// How long whoever is called is rung.
    pub ring_for: Duration,
    /// Whoever is called is told first that the talk is recorded, if it is.
    pub tells_recording: bool,
    /// Numbers that are called from every seat, always.
    pub emergency: BTreeSet<PhoneNumber>,
}

impl Default for Dialling {
    fn default() -> Dialling {
        let emergency = EMERGENCY.iter().filter_map(|number| number.parse().ok()).collect();
        Dialling { queue: None, entity: None, ring_for: RING_FOR, tells_recording: false, emergency }
    }
}

/// Whom the digits mean.
#[derive(Clone, Debug)]
pub enum Dialled<'c> {
    /// Those who come to help.
    Emergency(PhoneNumber),
    /// A flow of ours.
    Flow,
    /// Another seat.
    Seat(SeatId),
    /// Whoever serves this queue.
    Queue(QueueId),
    /// A number outside, and the way there.
    Outside(Route<'c>, Callable),
}

/// Why nobody is called. The number itself is left out: it may be somebody's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDialled {
    /// No such number, or none that the city calls.
    #[error(transparent)]
    NoRoute(#[from] NoRoute),
    /// Not from this seat.
    #[error("this seat may not call {0}; `may_call` in seats.toml allows more")]
    NotFromHere(&'static str),
    /// It would ring itself.
    #[error("a seat cannot call itself")]
    Itself,
}

impl Config {
    /// Whom these digits mean, dialled at this seat.
    ///
    /// # Errors
    /// The number means nobody, or may not be called, or not from there.
    pub fn dialled(&self, seat: &SeatId, digits: &str) -> Result<Dialled<'_>, NotDialled> {
        if let Some(number) = self.emergency(digits) {
            return Ok(Dialled::Emergency(number));
        }
        let (whom, dialled) = match self.target(digits)? {
            Target::Number(_) => return Ok(Dialled::Flow),
            Target::Seat(other) if other == *seat => return Err(NotDialled::Itself),
            Target::Seat(other) => (Callable::Seats, Dialled::Seat(other)),
            Target::Queue(queue) => (Callable::Seats, Dialled::Queue(queue)),
            Target::Outside(route) => {
                let whom = self.callable(&route.number);
                (whom, Dialled::Outside(route, whom))
            }
        };
        self.check_may_call(seat, whom).map(|()| dialled)
    }

    /// Whether this seat may call such people.
    ///
    /// # Errors
    /// It may not.
    pub fn check_may_call(&self, seat: &SeatId, whom: Callable) -> Result<(), NotDialled> {
        let may = self.seats.get(seat).is_some_and(|seat| seat.may_call.contains(&whom));
        if may { Ok(()) } else { Err(NotDialled::NotFromHere(whom.word())) }
    }

    /// The emergency number that these digits are.
    pub fn emergency(&self, digits: &str) -> Option<PhoneNumber> {
        digits.parse().ok().filter(|number| self.dialling.emergency.contains(number))
    }

    /// The ways to an emergency number, the best first: trunks for emergencies, those that numbers of its kind take, all others.
    pub fn emergency_ways(&self, number: &PhoneNumber) -> Vec<Route<'_>> {
        let ways = self.trunks.iter().filter_map(|trunk| Some((trunk, trunk.outgoing.as_ref()?)));
        let mut ways: Vec<_> = ways
            .map(|(trunk, gateway)| {
                let fits = fit(&gateway.prefixes, number);
                let rank = std::cmp::Reverse((gateway.emergency, fits));
                (rank, Route { number: number.clone(), trunk, gateway })
            })
            .collect();
        ways.sort_by_key(|(rank, _)| *rank); // in the order of the file where nothing else decides
        ways.into_iter().map(|(_, route)| route).collect()
    }

    /// Which queue's rules a call from this seat follows.
    pub fn queue_of_calls(&self, seat: &SeatId) -> Option<&QueueId> {
        let served = || self.seats.get(seat)?.rules.queues.keys().next();
        self.dialling.queue.as_ref().filter(|queue| self.queues.contains_key(*queue)).or_else(served)
    }

    /// In whose name a call from this seat is made, when anybody is known.
    pub fn entity_of_calls(&self, seat: &SeatId) -> Option<&EntityId> {
        let of_queue = self.queue_of_calls(seat).and_then(|queue| self.queues.get(queue)?.entity.as_ref());
        let first = || self.stranger().map(|number| &number.entity);
        of_queue.or(self.dialling.entity.as_ref()).or_else(first)
    }

    /// Seats whose place nobody who comes to help would be told, when there is a trunk for emergencies.
    pub fn seats_without_location(&self) -> Vec<&SeatId> {
        let gateways = self.trunks.iter().filter_map(|trunk| trunk.outgoing.as_ref());
        let emergency = gateways.filter(|gateway| gateway.emergency).count() > 0;
        let lost = self.seats.iter().filter(|(_, seat)| emergency && seat.location.is_none());
        lost.map(|(id, _)| id).collect()
    }

    /// Among whom this number is.
    pub fn callable(&self, number: &PhoneNumber) -> Callable {
        if number.is_short() || number.begins_with(&self.destinations.offices) {
            Callable::Offices
        } else {
            Callable::Citizens
        }
    }
}

/// Read `[dialling]`.
pub(super) fn dialling(table: Option<Table<'_>>, queues: &Names, entities: &Names) -> Dialling {
    let Some(table) = table else { return Dialling::default() };
    let default = Dialling::default();
    let ring_for = table.span("ring_for", RING_FOR, Duration::from_secs(5)..=Duration::from_secs(300));
    let emergency = if table.has("emergency") { emergency(&table) } else { default.emergency };
    let dialling = Dialling {
        queue: queues.used(&table, "queue").map(|word| word.text.into()),
        entity: entities.used(&table, "entity").map(|word| word.text.into()),
        ring_for,
        tells_recording: table.flag("tells_recording", false),
        emergency,
    };
    table.finish();
    dialling
}

fn emergency(table: &Table<'_>) -> BTreeSet<PhoneNumber> {
    let number = |word: &Word<'_>| {
        let number = word.text.parse().ok().filter(PhoneNumber::is_short);
        if number.is_none() {
            table.not(word, "an emergency number", "112");
        }
        number
    };
    table.texts("emergency").iter().filter_map(number).collect()
}

/// Read what a seat may call.
pub(super) fn may_call(seat: &Table<'_>) -> BTreeSet<Callable> {
    if !seat.has("may_call") {
        return Callable::ALL.into();
    }
    let whom = |word: &Word<'_>| {
        let known = Callable::ALL.into_iter().find(|whom| whom.word() == word.text);
        if known.is_none() {
            seat.not(word, "whom a seat may call (`citizens`, `offices`, `seats`)", "offices");
        }
        known
    };
    seat.texts("may_call").iter().filter_map(whom).collect()
}

/// Longest name of a place: it is written down with each emergency call.
const LONGEST_PLACE: usize = 200;

/// Read where a seat is.
pub(super) fn location(seat: &Table<'_>) -> Option<String> {
    let word = seat.text("location")?;
    let right = !word.text.trim().is_empty() && is_line(word.text, LONGEST_PLACE);
    if !right {
        seat.not(&word, "a place on one line", "Via Pergolesi 8, secondo piano, stanza 12");
    }
    right.then(|| word.text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::small_with;
    use super::*;

    const TRUNKS: &str = r#"
[dialling]
queue = "generale"
[[trunk]]
name = "world"
from = ["192.0.2.1"]
[trunk.outgoing]
to = "sip:192.0.2.1"
number = "+390552768224"
[[trunk]]
name = "short"
from = []
[trunk.outgoing]
to = "sip:192.0.2.2"
number = "+390552768224"
prefixes = ["11"]
[[trunk]]
name = "help"
from = []
[trunk.outgoing]
to = "sip:192.0.2.3"
number = "+390552768224"
prefixes = ["+39055276"]
emergency = true
[destinations]
offices = ["+39055276"]
"#;

    const SEATS: &str = r#"
[[seat]]
id = "seat01"
password = "x"
queues = ["generale"]
location = "Via Pergolesi 8"
[[seat]]
id = "seat02"
password = "x"
extension = "202"
queues = []
may_call = ["offices"]
"#;

    fn config() -> Config {
        let mut files = small_with("trunks.toml", TRUNKS);
        files.insert("seats.toml".to_owned(), SEATS.to_owned());
        Config::parse(&files).unwrap_or_else(|errors| panic!("{errors:#?}"))
    }

    /// Whom the digits mean, in a word.
    fn meant(config: &Config, seat: &str, digits: &str) -> String {
        match config.dialled(&seat.into(), digits) {
            Ok(Dialled::Emergency(number)) => format!("help {number}"),
            Ok(Dialled::Flow) => "flow".to_owned(),
            Ok(Dialled::Seat(seat)) => format!("seat {seat}"),
            Ok(Dialled::Queue(queue)) => format!("queue {queue}"),
            Ok(Dialled::Outside(route, whom)) => format!("{} {}", whom.word(), route.trunk.name),
            Err(why) => why.to_string().chars().take(24).collect(),
        }
    }

    #[test]
    fn digits_mean_one_thing_and_each_seat_calls_whom_it_may() {
        let config = config();
        for (seat, digits, meaning) in [
            ("seat01", "112", "help 112"),
            ("seat02", "116117", "help 116117"),
            ("seat01", "055055", "flow"),
            ("seat02", "055055", "flow"),
            ("seat01", "seat02", "seat seat02"),
            ("seat01", "202", "seat seat02"),
            ("seat01", "generale", "queue generale"),
            ("seat02", "generale", "this seat may not call s"),
            ("seat01", "seat01", "a seat cannot call itsel"),
            ("seat02", "seat01", "this seat may not call s"),
            ("seat01", "3331234567", "citizens world"),
            ("seat02", "3331234567", "this seat may not call c"),
            ("seat02", "0552768224", "offices help"),
            ("seat01", "1522", "offices world"),
            ("seat01", "899123456", "numbers of this kind may"),
            ("seat01", "0033142685300", "numbers of this kind may"),
            ("seat01", "seat99", "this is not a telephone "),
        ] {
            assert_eq!(meant(&config, seat, digits), meaning, "{digits} from {seat}");
        }
    }

    #[test]
    fn help_is_called_by_the_trunk_for_it_first_and_then_by_every_other() {
        let config = config();
        let number = config.emergency("112").expect("it is one");
        let ways = config.emergency_ways(&number);
        let names: Vec<_> = ways.iter().map(|route| &*route.trunk.name).collect();
        assert_eq!(names, ["help", "short", "world"]);
    }

    #[test]
    fn seats_that_help_would_not_find_are_told_once_there_is_a_trunk_for_it() {
        assert_eq!(config().seats_without_location(), [&SeatId::from("seat02")]);
        let none = Config::parse(&small_with("seats.toml", SEATS)).expect("it is right");
        assert!(none.seats_without_location().is_empty());
    }

    #[test]
    fn calls_follow_the_queue_that_is_named_or_else_the_seat_s_first() {
        let mut config = config();
        assert_eq!(config.queue_of_calls(&"seat02".into()), Some(&"generale".into()));
        config.dialling.queue = None;
        assert_eq!(config.queue_of_calls(&"seat01".into()), Some(&"generale".into()));
        assert_eq!(config.queue_of_calls(&"seat02".into()), None);
    }
}
