//! Citizens who are promised a call-back by the flow: what they hear, what is on record, and what is said to nobody before it is safe.
//! One scenario each, in virtual time.

use std::time::Duration;

use centralino::callback::{Change, End, InVain, Kind, Unreached};
use centralino::engine::{BookOrder, CallbackOrder, Command, InVainState, Page, RecallOrder, Reply};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::words::Outcome;

use crate::sim::phone::PhoneId;
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const ROSSI: &str = "0552768224";
const CLOSED: &str = "2026-11-24T21:00:00+01:00[Europe/Rome]";

fn world() -> Sim {
    let mut sim = Sim::with(Setting::demo().with_gateway(), 1);
    sim.gateway(&[]);
    sim
}

/// The same after the hours.
fn evening() -> Sim {
    let mut sim = Sim::with(Setting::demo().with_gateway(), 1).starting_at(CLOSED);
    sim.gateway(&[]);
    sim
}

#[track_caller]
fn hears(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(sound, |sim| sim.hears(citizen, sound));
}

/// What was written of call-backs, in order.
fn changes(sim: &Sim) -> Vec<Change> {
    let change = |fact: &Fact| match fact {
        Fact::Callback { what, .. } => Some(what.clone()),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| change(&entry.fact)).collect()
}

/// Who calls in the evening and wants to be called back.
#[track_caller]
fn books(sim: &mut Sim, from: &str) -> PhoneId {
    let citizen = sim.dial_from(from, "055055");
    hears(sim, citizen, "it/offri_messaggio");
    sim.press(citizen, "2");
    citizen
}

fn in_vain(sim: &mut Sim) -> Vec<InVainState> {
    in_vain_from(sim, Page::default())
}

fn in_vain_from(sim: &mut Sim, page: Page) -> Vec<InVainState> {
    sim.command(Command::Recall(RecallOrder::List(page)));
    match sim.replies.last() {
        Some(Reply::InVain(all)) => all.clone(),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn ends_well(mut sim: Sim) {
    sim.advance(70 * SECOND);
    sim.verdict().expect("nothing is left over");
}

#[test]
fn citizen_who_waits_is_offered_to_keep_the_place_and_keeps_it() {
    let mut sim = world();
    let _operator = sim.seat("seat01");
    let talking = sim.call("055055");
    hears(&mut sim, talking, "it/menu");
    sim.press(talking, "1");
    sim.advance(5 * SECOND);
    let citizen = sim.dial_from(ROSSI, "055055");
    hears(&mut sim, citizen, "it/menu");
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "music/attesa");
    let entered = sim.now;
    hears(&mut sim, citizen, "it/offerta_richiamata");
    assert!(sim.now.since(entered) >= 110 * SECOND, "not at once");
    hears(&mut sim, citizen, "music/attesa");
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/richiamata_posto");
    let promised = changes(&sim).into_iter().find_map(|change| match change {
        Change::Promised { promise } => Some(promise),
        _ => None,
    });
    let promise = promised.expect("it is on record before it is said");
    assert_eq!((promise.queue.to_string(), promise.language.to_string()), ("anagrafe".into(), "it".into()));
    let Kind::Place(since_ms) = promise.kind else { panic!("{:?}", promise.kind) };
    let queued = sim.facts.iter().rev().find(|entry| matches!(entry.fact, Fact::Queued { .. }));
    let queued_ms = queued.expect("was queued").at_ms;
    assert!((since_ms - queued_ms).abs() <= 1_000, "the waiting counts since the queue was entered");
    sim.until("the call is over", |sim| !sim.is_up_on(citizen));
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Callback));
    ends_well(sim);
}

#[test]
fn citizen_books_a_slot_hears_of_it_when_calling_again_and_cancels_it() {
    let mut sim = evening();
    let citizen = books(&mut sim, ROSSI);
    hears(&mut sim, citizen, "it/richiamata_proposta.1");
    sim.press(citizen, "2"); // another one
    sim.advance(SECOND);
    hears(&mut sim, citizen, "it/richiamata_proposta.1");
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "it/richiamata_presa.1");
    let all = changes(&sim);
    let [Change::Promised { promise }] = all.as_slice() else { panic!("{all:?}") };
    let Kind::Booked(slot) = &promise.kind else { panic!("{:?}", promise.kind) };
    assert_eq!((slot.wall().as_str(), promise.queue.to_string().as_str()), ("2026-11-25 08:15", "generale"));
    sim.until("the call is over", |sim| !sim.is_up_on(citizen));
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Callback));

    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    let mut sim = sim;
    sim.advance(12 * 3_600 * SECOND - 15 * 60 * SECOND); // before the slot, when the office has opened
    let again = sim.dial_from(ROSSI, "055055");
    hears(&mut sim, again, "it/benvenuto");
    sim.until("that it is booked", |sim| sim.hears(again, "it/richiamata_prenotata.1"));
    sim.press(again, "3");
    hears(&mut sim, again, "it/richiamata_annullata");
    assert_eq!(changes(&sim).last(), Some(&Change::Ended { how: End::Cancelled }));
    hears(&mut sim, again, "it/menu");
    sim.hang_up(again);
    let at_last = sim.dial_from(ROSSI, "055055");
    hears(&mut sim, at_last, "it/menu");
    sim.hang_up(at_last);
    ends_well(sim);
}

#[test]
fn who_withholds_the_number_types_one_and_none_that_costs_or_helps_is_called() {
    let mut sim = evening();
    for (typed, sound) in [
        ("0557654321#", "it/richiamata_presa.1"),
        ("899123456#", "it/richiamata_no"),
        ("0041442345678#", "it/richiamata_no"),
    ] {
        let citizen = books(&mut sim, "anonymous");
        hears(&mut sim, citizen, "it/richiamata_numero");
        sim.press(citizen, typed);
        hears(&mut sim, citizen, "it/richiamata_rilegge.1");
        sim.press(citizen, "1");
        hears(&mut sim, citizen, "it/richiamata_proposta.1");
        sim.press(citizen, "1");
        hears(&mut sim, citizen, sound);
        sim.until("the call is over", |sim| !sim.is_up_on(citizen));
    }
    let promised = changes(&sim).iter().filter(|change| matches!(change, Change::Promised { .. })).count();
    assert_eq!(promised, 1);
    ends_well(sim);
}

#[test]
fn nothing_is_said_to_be_promised_while_the_disk_does_not_keep_up() {
    let mut sim = evening();
    let citizen = books(&mut sim, ROSSI);
    hears(&mut sim, citizen, "it/richiamata_proposta.1");
    let until = sim.now + 60 * SECOND;
    sim.store().stall(until);
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "it/richiamata_no");
    sim.advance(120 * SECOND);
    let ended = changes(&sim).last().cloned();
    assert_eq!(
        ended,
        Some(Change::Ended { how: End::Cancelled }),
        "what could not be confirmed is taken back"
    );
    ends_well(sim);
}

#[test]
fn promise_of_a_citizen_who_hangs_up_before_it_is_safe_stands() {
    let mut sim = evening();
    let citizen = books(&mut sim, ROSSI);
    hears(&mut sim, citizen, "it/richiamata_proposta.1");
    let until = sim.now + 60 * SECOND;
    sim.store().stall_syncs(until);
    sim.press(citizen, "1");
    sim.advance(SECOND);
    sim.hang_up(citizen);
    sim.advance(120 * SECOND);
    let all = changes(&sim);
    assert!(matches!(all.as_slice(), [Change::Promised { .. }]), "{all:?}");
    ends_well(sim);
}

#[test]
fn what_is_changed_of_a_promise_and_cannot_be_kept_is_as_it_was_before() {
    for moves in [true, false] {
        let mut sim = world();
        let order = BookOrder {
            slot: Some("2026-11-25T10:00".parse().expect("a moment")),
            ..BookOrder::new(ROSSI, "generale")
        };
        sim.book(order);
        sim.advance(SECOND);
        let again = sim.dial_from(ROSSI, "055055");
        hears(&mut sim, again, "it/richiamata_prenotata.1");
        if moves {
            sim.press(again, "2");
            hears(&mut sim, again, "it/richiamata_proposta.1");
        }
        let until = sim.now + 60 * SECOND;
        sim.store().stall(until);
        sim.press(again, if moves { "1" } else { "3" });
        sim.advance(120 * SECOND);
        sim.hang_up(again);
        let kinds = changes(&sim).into_iter().filter_map(|change| match change {
            Change::Promised { promise } => Some(promise.kind),
            Change::Moved { slot, .. } => Some(Kind::Booked(slot)),
            _ => None,
        });
        let kinds: Vec<_> = kinds.collect();
        assert_eq!(kinds.len(), if moves { 3 } else { 2 }, "{kinds:?}");
        assert_eq!(kinds.first(), kinds.last());
        ends_well(sim);
    }
}

#[test]
fn who_called_in_vain_is_on_the_list_once_and_off_it_when_served() {
    let mut sim = evening();
    for _ in 0..2 {
        let citizen = sim.dial_from(ROSSI, "055055");
        hears(&mut sim, citizen, "it/offri_messaggio");
        sim.hang_up(citizen);
        sim.advance(SECOND);
    }
    let books = books(&mut sim, "0552768225");
    hears(&mut sim, books, "it/richiamata_proposta.1");
    sim.press(books, "1");
    hears(&mut sim, books, "it/richiamata_presa.1");
    sim.advance(60 * SECOND);
    let before = in_vain(&mut sim);
    let told: Vec<_> = before.iter().map(|one| (one.queue.to_string(), one.why, one.times)).collect();
    assert_eq!(told, [("generale".to_owned(), InVain::Closed, 2)], "who has booked is not on it");
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(in_vain(&mut sim), before, "the journal says the same");
    let done = RecallOrder::Done { citizen: before[0].citizen, by: "ada".to_owned() };
    sim.command(Command::Recall(done));
    assert_eq!(in_vain(&mut sim), []);
    sim.advance(SECOND); // until it is written
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(in_vain(&mut sim), []);
    ends_well(sim);
}

#[test]
fn who_called_in_vain_is_promised_a_call_by_rule() {
    let setting = Setting::demo().with_gateway().with_config(|config| {
        let rules = config.queues.values_mut().filter_map(|queue| queue.callback.as_mut());
        rules.for_each(|rules| rules.recalls = true);
    });
    let mut sim = Sim::with(setting, 1).starting_at(CLOSED);
    sim.gateway(&[]);
    let citizen = sim.dial_from(ROSSI, "055055");
    hears(&mut sim, citizen, "it/offri_messaggio");
    sim.hang_up(citizen);
    sim.advance(SECOND);
    let all = changes(&sim);
    let [Change::Promised { promise }] = all.as_slice() else { panic!("{all:?}") };
    assert!(
        matches!(&promise.kind, Kind::Booked(slot) if slot.wall() == "2026-11-25 08:00"),
        "when it opens"
    );
    assert_eq!(in_vain(&mut sim), []);
    ends_well(sim);
}

#[test]
fn machine_that_answers_is_joined_with_nobody_and_called_again_later() {
    let mut sim = Sim::with(Setting::demo().with_gateway(), 1);
    let gateway = sim.gateway(&[]);
    let _operator = sim.seat("seat01");
    let order = BookOrder {
        number: ROSSI.to_owned(),
        queue: "anagrafe".into(),
        slot: None,
        entity: None,
        topic: None,
        language: None,
        case: None,
        by: None,
    };
    sim.command(Command::Callback(CallbackOrder::Book(Box::new(order))));
    sim.until("the machine answers", |sim| sim.is_up_on(gateway));
    sim.advance(SECOND);
    sim.speaks(gateway, true); // and goes on speaking
    sim.until("it is told from a person", |sim| {
        changes(sim).iter().any(|change| matches!(change, Change::NotReached { why: Unreached::Machine, .. }))
    });
    assert!(!changes(&sim).iter().any(|change| matches!(change, Change::Joined { .. })));
    ends_well(sim);
}

#[test]
fn who_was_promised_a_call_in_vain_is_called_at_the_number_of_the_promise() {
    let setting = Setting::demo().with_gateway().with_config(|config| {
        let rules = config.queues.values_mut().filter_map(|queue| queue.callback.as_mut());
        rules.for_each(|rules| rules.keep_for = 300 * SECOND);
    });
    let mut sim = Sim::with(setting, 1);
    sim.gateway(&[]);
    let order = BookOrder {
        number: "0557654321".to_owned(),
        queue: "generale".into(),
        slot: None,
        entity: None,
        topic: None,
        language: None,
        case: None,
        by: None,
    };
    sim.command(Command::Callback(CallbackOrder::Book(Box::new(order))));
    sim.advance(600 * SECOND); // nobody is there to call
    assert_eq!(changes(&sim).last(), Some(&Change::Ended { how: End::Missed }));
    let missed = in_vain(&mut sim);
    let told: Vec<_> = missed.iter().map(|one| (one.why, one.number.as_deref())).collect();
    assert_eq!(told, [(InVain::Missed, Some("+390557654321"))]);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(in_vain(&mut sim), missed, "the number outlives a restart");
    ends_well(sim);
}

#[test]
fn long_lists_are_told_a_page_at_a_time() {
    let mut sim = evening();
    for count in 0..3 {
        let citizen = sim.dial_from(&format!("05527682{count:02}"), "055055");
        hears(&mut sim, citizen, "it/offri_messaggio");
        sim.hang_up(citizen);
        sim.advance(SECOND);
    }
    let all = in_vain(&mut sim);
    assert_eq!(all.len(), 3);
    assert_eq!(in_vain_from(&mut sim, Page { skip: 1, most: 1 }), all[1..2]);
}
