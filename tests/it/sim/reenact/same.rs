//! Two journals of one day are the same when they tell the same of every contact and of every seat, in the same order and at the same
//! moments. What happens to two people at nearly the same time may be told of the one or of the other first.

use std::collections::BTreeMap;
use std::time::Duration;

use centralino::ids::{SeatId, Stamp};
use centralino::journal::entry::{Entry, Fact};
use serde_json::Value;

/// What two lives of one day do not share, and why.
const NOT_COMPARED: [(&str, &str); 8] = [
    ("recording", "a file's name has the call's number"),
    ("file", "the same"),
    ("since_ms", "a moment: it is as late as the fact before which it stands"),
    ("place", "a moment: since when a citizen waits who is to be called back"),
    ("until_ms", "a moment"),
    ("next_ms", "a moment"),
    ("expected_s", "an estimate, drawn by chance"),
    ("told_s", "the estimate, as it was told"),
];

/// Whom a fact is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    /// So many were there before.
    Contact(usize),
    Seat(SeatId),
}

type Told = Vec<(i64, Value)>;

/// Ids in the order in which they come: numbers are also used up by what is refused and leaves nothing on record.
#[derive(Default)]
struct Ids(BTreeMap<Stamp, usize>);

impl Ids {
    fn place(&mut self, id: Stamp) -> usize {
        let next = self.0.len();
        *self.0.entry(id).or_insert(next)
    }

    /// The same of everything in a fact that is an id; what is not compared is left out.
    fn put_in_order(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| NOT_COMPARED.iter().all(|(not, _)| not != name));
                fields.values_mut().for_each(|field| self.put_in_order(field));
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.put_in_order(item)),
            Value::String(text) => {
                if let Ok(id) = text.parse() {
                    *value = Value::from(self.place(id));
                }
            }
            _ => {}
        }
    }
}

fn told(journal: &[Entry]) -> BTreeMap<About, Told> {
    let (mut told, mut contacts) = (BTreeMap::<About, (Told, Ids)>::new(), Ids::default());
    for Entry { at_ms, fact } in journal {
        let about = match fact {
            // About the exchange itself, its files or the network, which are not the same ones.
            Fact::DialogOpened { .. } => continue,
            Fact::SeatChanged { seat, .. } => About::Seat(seat.clone()),
            fact => match fact.contact() {
                Some(contact) => About::Contact(contacts.place(contact.0)),
                None => continue,
            },
        };
        let mut value = serde_json::to_value(fact).expect("facts are JSON");
        let (told, ids) = told.entry(about).or_default();
        ids.put_in_order(&mut value);
        told.push((*at_ms, value));
    }
    told.into_iter().map(|(about, (told, _))| (about, told)).collect()
}

/// Both journals tell the same, no moment further apart than this. What comes after the end of the first is not compared.
#[track_caller]
pub(crate) fn assert_same_history(then: &[Entry], now: &[Entry], within: Duration) {
    let end_ms = then.last().map_or(0, |entry| entry.at_ms);
    let slack = i64::try_from(within.as_millis()).expect("seconds");
    let now: Vec<Entry> = now.iter().filter(|entry| entry.at_ms <= end_ms + slack).cloned().collect();
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

/// What was told shortly before, and a little after.
fn tale(told: &Told, place: usize) -> String {
    let lines = told.iter().enumerate().take(place + 3).skip(place.saturating_sub(12));
    lines
        .map(|(line, (at_ms, fact))| format!("\n{} {at_ms} {fact}", if line == place { ">" } else { " " }))
        .collect()
}
