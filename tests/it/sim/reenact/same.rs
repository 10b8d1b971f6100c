//! Two journals of one day are the same when they tell the same of every contact and of every seat, in the same order and at the same
//! moments. What happens to two people at nearly the same time may be told of the one or of the other first.

use std::collections::BTreeMap;
use std::time::Duration;

use centralino::ids::{ContactId, SeatId};
use centralino::journal::entry::{Entry, Fact};
use serde_json::Value;

/// What two lives of one day do not share, and why.
const NOT_COMPARED: [(&str, &str); 6] = [
    ("recording", "a file's name has the second of its beginning"),
    ("since_ms", "a moment: it is as late as the fact before which it stands"),
    ("until_ms", "a moment"),
    ("next_ms", "a moment"),
    ("expected_s", "an estimate, drawn by chance"),
    ("told_s", "the estimate, as it was told"),
];

/// Whom a fact is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Contact(ContactId),
    Seat(SeatId),
}

impl About {
    /// `None`: it is about the exchange itself, its files or the network, which are not the same ones.
    fn of(fact: &Fact) -> Option<About> {
        match fact {
            Fact::DialogOpened { .. } => None,
            Fact::SeatChanged { seat, .. } => Some(About::Seat(seat.clone())),
            fact => fact.contact().map(About::Contact),
        }
    }
}

type Told = Vec<(i64, Value)>;

fn told(journal: &[Entry]) -> BTreeMap<About, Told> {
    let mut told: BTreeMap<About, Told> = BTreeMap::new();
    for Entry { at_ms, fact } in journal {
        if let Some(about) = About::of(fact) {
            let mut value = serde_json::to_value(fact).expect("facts are JSON");
            leave_out(&mut value);
            told.entry(about).or_default().push((*at_ms, value));
        }
    }
    told
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| NOT_COMPARED.iter().all(|(not, _)| not != name));
            fields.values_mut().for_each(leave_out);
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}

/// Both journals tell the same, no moment further apart than this. What comes after the end of the first is not compared.
#[track_caller]
pub(crate) fn assert_same_history(then: &[Entry], now: &[Entry], within: Duration) {
    let end_ms = then.last().map_or(0, |entry| entry.at_ms);
    let slack = i64::try_from(within.as_millis()).expect("seconds");
    let now: Vec<Entry> = now.iter().take_while(|entry| entry.at_ms <= end_ms + slack).cloned().collect();
    let (then, now) = (told(then), told(&now));
    let (nothing, abouts) = (Told::new(), then.keys().chain(now.keys()));
    let differences = abouts.filter_map(|about| {
        let (then, now) = (then.get(about).unwrap_or(&nothing), now.get(about).unwrap_or(&nothing));
        let place = difference(then, now, within)?;
        let at_ms = then.get(place).or(now.get(place)).map_or(0, |(at_ms, _)| *at_ms);
        Some((at_ms, about, place, tale(then, place), tale(now, place)))
    });
    if let Some((_, about, place, then, now)) = differences.min() {
        panic!("{about:?} differs first, at fact {place}:\nthen {then}\nnow {now}");
    }
}

/// The first fact that is not the same, or not at the same time.
fn difference(then: &Told, now: &Told, within: Duration) -> Option<usize> {
    let differ = then.iter().zip(now).position(|((then_ms, then), (now_ms, now))| {
        then != now || Duration::from_millis(then_ms.abs_diff(*now_ms)) > within
    });
    differ.or((then.len() != now.len()).then(|| then.len().min(now.len())))
}

/// What was told until there, and a little after.
fn tale(told: &Told, place: usize) -> String {
    let lines = told.iter().enumerate().take(place + 3);
    lines
        .map(|(line, (at_ms, fact))| {
            format!("\n{} {at_ms} {fact}", if line == place { ">" } else { " " })
        })
        .collect()
}
