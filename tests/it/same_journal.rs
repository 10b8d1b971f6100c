//! The same day with phones at the level of calls and with SIP bytes gives the same journal, entry by entry and to the millisecond.
//!
//! One thing is SIP's own: how a dialog is named there, its Call-ID, its tags and addresses, and which number the endpoint counts it by.
//! That is left out ([`told`]); that there is a dialog, whose, from when and until when is not.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use centralino::journal::entry::{Entry, Fact};
use centralino::simulate::{Day, HALF_HOURS, Run, Scenario, Service};
use centralino::words::Outcome;
use serde_json::{Value, json};

use crate::scenarios_transfer;
use crate::sim::Setting;

/// Half past ten in the morning, when everybody calls.
const BUSY: usize = 21;

fn service(setting: &Setting) -> Service {
    let Setting { config, flows, sounds } = setting;
    Service { config: config.clone(), flows: flows.clone(), sounds: sounds.clone() }
}

/// A busy half hour of a shipped profile with so many seats: most of those who wait would rather be called back.
fn half_hour(profile: &str, seats: usize) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulate").join(format!("{profile}.toml"));
    let text = std::fs::read_to_string(file).expect("it is shipped");
    let mut day = Scenario::parse(profile, &text, &|_, _| None).expect("it has no fault");
    (0..HALF_HOURS).filter(|place| *place != BUSY).for_each(|place| day.arrivals[place] = 0.0);
    day.duties.truncate(seats);
    (day.operator_ends, day.recall.accept) = (0.5, 0.6);
    day.check(&service(Setting::demo()), &[]).expect("it fits the demo");
    day
}

fn history(day: &Scenario, setting: &Setting, seed: u64, by_sip: bool) -> Vec<Entry> {
    let run = Run { date: jiff::civil::date(2026, 11, 24), seed, by_sip, level: Duration::from_secs(20) };
    Day::new(day.clone(), &service(setting), run).history(0)
}

/// What is on record, but the names of dialogs; they are counted as they come.
fn told(journal: &[Entry]) -> Vec<(i64, Value)> {
    let mut dialogs = BTreeMap::new();
    let mut place = |dialog: u64| {
        let next = dialogs.len();
        *dialogs.entry(dialog).or_insert(next)
    };
    let fact = |fact: &Fact| match fact {
        Fact::DialogOpened { contact, dialog, record: _ } => {
            json!({"opened": place(*dialog), "contact": contact})
        }
        Fact::DialogClosed { dialog } => json!({"closed": place(*dialog)}),
        fact => serde_json::to_value(fact).expect("facts are JSON"),
    };
    journal.iter().map(|entry| entry.at_ms).zip(journal.iter().map(|entry| &entry.fact).map(fact)).collect()
}

/// Both ways give the same journal; it is returned.
#[track_caller]
fn same_journal(day: &Scenario, setting: &Setting, seed: u64) -> Vec<Entry> {
    let (by_calls, by_sip) = (history(day, setting, seed, false), history(day, setting, seed, true));
    let (one, other) = (told(&by_calls), told(&by_sip));
    if let Some(place) = one.iter().zip(&other).position(|(one, other)| one != other) {
        let before = place.saturating_sub(5);
        panic!(
            "seed {seed}, entry {place}:\nby calls {:#?}\nby SIP {:#?}",
            &one[before..=place],
            &other[before..=place]
        );
    }
    assert_eq!(one.len(), other.len(), "seed {seed}");
    by_calls
}

fn count(journal: &[Entry], like: impl Fn(&Fact) -> bool) -> usize {
    journal.iter().filter(|entry| like(&entry.fact)).count()
}

#[test]
fn same_day_by_calls_and_by_sip_bytes_leaves_the_same_journal() {
    let mut days = Vec::new();
    for (profile, seats, seeds) in [("055055", 3, 1..4), ("020202", 12, 1..2)] {
        let day = half_hour(profile, seats);
        days.extend(seeds.flat_map(|seed| same_journal(&day, Setting::demo(), seed)));
    }
    let joined = count(&days, |fact| matches!(fact, Fact::Joined { .. }));
    let called_back = count(&days, |fact| matches!(fact, Fact::Dialled { callback: Some(_), .. }));
    let given_up =
        count(&days, |fact| matches!(fact, Fact::ContactClosed { outcome: Outcome::Abandoned, .. }));
    assert!(joined > 60 && called_back > 15 && given_up > 15, "{joined} {called_back} {given_up}");
}

#[test]
fn same_calls_to_a_number_by_calls_and_by_sip_bytes_leave_the_same_journal() {
    let setting = Setting::demo().with_flow(scenarios_transfer::FLOW);
    let journal = same_journal(&half_hour("055055", 3), &setting, 1);
    assert!(count(&journal, |fact| matches!(fact, Fact::NumberCalled { .. })) > 20);
}
