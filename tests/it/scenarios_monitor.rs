//! Supervisors in a talk: whom they hear, who hears them, how they come and go, and what is on record.

use std::time::Duration;

use centralino::engine::{Command, MonitorAct, MonitorOrder, Reply, SeatAct, SeatOrder};
use centralino::journal::entry::Fact;
use centralino::words::{Outcome, StatusChange, Watching, WorkView};

use crate::sim::Sim;
use crate::sim::phone::{Line, Manner, PhoneId};

const SECOND: Duration = Duration::from_secs(1);

/// A citizen who talks with seat01, and a supervisor at seat17 who is not in the rota.
fn talk() -> (Sim, [PhoneId; 3]) {
    let mut sim = Sim::new();
    let operator = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    let supervisor = sim.seat("seat17");
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Answers(2 * SECOND));
    (sim, [citizen, operator, supervisor])
}

fn asks(sim: &mut Sim, seat: &str, from: &str, act: MonitorAct) {
    let why = Some("affiancamento".to_owned());
    sim.command(Command::Monitor(MonitorOrder { seat: seat.into(), from: from.into(), act, why }));
}

const LISTEN: MonitorAct = MonitorAct::Watch(Watching::Listens);

/// Who hears whom, as citizen, operator and supervisor hear the others: `os.co` and so on.
fn ears(sim: &Sim, phones: [PhoneId; 3]) -> String {
    let names = ['c', 'o', 's'];
    let ear = |one: PhoneId| {
        let heard =
            phones.iter().zip(names).filter(|(other, _)| **other != one && sim.hears_phone(one, **other));
        heard.map(|(_, name)| name).collect::<String>()
    };
    phones.map(ear).join(".")
}

#[track_caller]
fn until_ears(sim: &mut Sim, phones: [PhoneId; 3], expected: &str) {
    sim.until(expected, |sim| ears(sim, phones) == expected);
}

/// What is on record of the watching.
fn record(sim: &Sim) -> Vec<String> {
    let told = |fact: &Fact| match fact {
        Fact::Watched { seat, by, how, why, .. } => {
            Some(format!("{by} {how:?} {seat} {}", why.as_deref().unwrap_or("-")))
        }
        Fact::WatchEnded { by, took_over, .. } => Some(format!("{by} ends {took_over}")),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| told(&entry.fact)).collect()
}

/// Nothing is left of the call anywhere, and every promise was kept.
#[track_caller]
fn all_is_over(mut sim: Sim, phones: [PhoneId; 3]) {
    sim.until("all lines are free", |sim| phones.iter().all(|phone| sim.line(*phone) == Line::Free));
    sim.advance(64 * SECOND);
    let census = sim.engine().census();
    let left = (census.calls, census.legs, census.dialogs, census.runs, census.alarms, census.sip.dialogs);
    assert_eq!(left, (0, 0, 0, 0, 0, 0));
    assert_eq!(sim.work("seat17"), WorkView::Idle);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn supervisor_who_listens_hears_both_and_is_heard_by_nobody() {
    let (mut sim, phones @ [citizen, ..]) = talk();
    until_ears(&mut sim, phones, "o.c.");
    asks(&mut sim, "seat01", "217", LISTEN);
    until_ears(&mut sim, phones, "o.c.co");
    assert_eq!(sim.work("seat17"), WorkView::Talking, "engaged");
    sim.advance(10 * SECOND);
    sim.hang_up(citizen);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Answered));
    assert_eq!(record(&sim), ["seat17 Listens seat01 affiancamento", "seat17 ends false"]);
    all_is_over(sim, phones);
}

#[test]
fn keys_of_the_supervisor_change_who_hears_them() {
    let (mut sim, phones @ [citizen, _, supervisor]) = talk();
    asks(&mut sim, "seat01", "seat17", MonitorAct::Watch(Watching::Whispers));
    until_ears(&mut sim, phones, "o.cs.co");
    for (key, expected) in [("3", "os.cs.co"), ("2", "o.cs.co"), ("9", "o.cs.co"), ("1", "o.c.co")] {
        sim.press(supervisor, key);
        assert_eq!(ears(&sim, phones), expected, "{key}");
    }
    asks(&mut sim, "seat01", "seat17", MonitorAct::Watch(Watching::JoinsIn));
    assert_eq!(ears(&sim, phones), "os.cs.co");
    asks(&mut sim, "seat01", "seat17", MonitorAct::End);
    until_ears(&mut sim, phones, "o.c.");
    sim.hang_up(citizen);
    all_is_over(sim, phones);
}

#[test]
fn talk_goes_on_unchanged_when_the_supervisor_hangs_up_refuses_or_dies() {
    let (mut sim, phones @ [citizen, operator, supervisor]) = talk();
    asks(&mut sim, "seat01", "seat17", LISTEN);
    until_ears(&mut sim, phones, "o.c.co");
    sim.hang_up(supervisor);
    until_ears(&mut sim, phones, "o.c.");
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Rejects(SECOND));
    asks(&mut sim, "seat01", "seat17", LISTEN);
    sim.advance(5 * SECOND);
    assert_eq!((ears(&sim, phones).as_str(), sim.work("seat17")), ("o.c.", WorkView::Idle));
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Ignores);
    asks(&mut sim, "seat01", "seat17", LISTEN);
    sim.advance(40 * SECOND);
    assert_eq!(sim.work("seat17"), WorkView::Idle, "it has rung for long enough");
    sim.with_phone(supervisor, |phone, _| phone.manner = Manner::Answers(SECOND));
    asks(&mut sim, "seat01", "seat17", LISTEN);
    until_ears(&mut sim, phones, "o.c.co");
    sim.unplug(supervisor, true);
    sim.until("its silence is noticed", |sim| sim.work("seat17") == WorkView::Idle);
    assert!(sim.talk_together(citizen, operator));
    sim.unplug(supervisor, false);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert_eq!(contact.outcome, Some(Outcome::Answered));
}

#[test]
fn supervisor_who_takes_over_talks_on_and_the_operator_wraps_up() {
    let (mut sim, phones @ [citizen, operator, supervisor]) = talk();
    asks(&mut sim, "seat01", "seat17", LISTEN);
    until_ears(&mut sim, phones, "o.c.co");
    let file = sim.plane().tapes().map(|(tape, _)| tape.file.to_string()).next();
    sim.press(supervisor, "4");
    assert!(sim.talk_together(citizen, supervisor));
    assert_eq!(sim.plane().tapes().map(|(tape, _)| tape.file.to_string()).next(), file, "one recording");
    sim.until("the operator is parted", |sim| sim.line(operator) == Line::Free);
    assert_eq!(sim.work("seat01"), WorkView::WrapUp);
    sim.advance(20 * SECOND);
    sim.hang_up(supervisor);
    sim.until("the flow says goodbye", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(record(&sim).last().map(String::as_str), Some("seat17 ends true"));
    sim.advance(20 * SECOND);
    all_is_over(sim, phones);
}

#[test]
fn supervisor_may_ask_for_the_talk_at_once() {
    let (mut sim, phones @ [citizen, _, supervisor]) = talk();
    asks(&mut sim, "seat01", "seat17", MonitorAct::TakeOver);
    sim.until("they talk", |sim| sim.talk_together(citizen, supervisor));
    sim.hang_up(citizen);
    sim.advance(20 * SECOND);
    all_is_over(sim, phones);
}

#[test]
fn code_dialled_at_the_supervisors_phone_listens_too() {
    let (mut sim, phones @ [citizen, _, supervisor]) = talk();
    sim.with_phone(supervisor, |phone, now| phone.dial(now, "*8201"));
    until_ears(&mut sim, phones, "o.c.co");
    sim.hang_up(supervisor);
    sim.until("it is on record", |sim| record(sim) == ["seat17 Listens seat01 -", "seat17 ends false"]);
    assert_eq!(ears(&sim, phones), "o.c.");
    sim.hang_up(citizen);
    all_is_over(sim, phones);
}

#[test]
fn who_is_no_supervisor_or_names_no_talk_is_refused() {
    let (mut sim, phones @ [citizen, operator, _]) = talk();
    let other = sim.seat("seat02");
    for (seat, from) in [
        ("seat01", "seat02"),
        ("seat17", "seat17"),
        ("seat02", "seat17"),
        ("seat99", "seat17"),
        ("seat01", "299"),
    ] {
        asks(&mut sim, seat, from, LISTEN);
        sim.advance(10 * SECOND);
        assert_eq!(ears(&sim, phones), "o.c.", "{from} at {seat}");
    }
    sim.with_phone(other, |phone, now| phone.dial(now, "*8201"));
    sim.until("the code is refused", |sim| sim.hears(other, "it/sistema/codice_errato"));
    assert!(sim.talk_together(citizen, operator) && record(&sim).is_empty());
}

#[test]
fn supervisor_is_the_person_who_is_logged_in_wherever_that_is() {
    let (mut sim, phones @ [citizen, ..]) = talk();
    let log_in = |sim: &mut Sim, seat: &str, person: &str| {
        let order = SeatOrder { act: SeatAct::SignIn(person.into()), by: None, why: None };
        sim.command(Command::Seat(seat.into(), order));
        assert!(!matches!(sim.replies.last(), Some(Reply::Refused(_))), "{:?}", sim.replies.last());
    };
    log_in(&mut sim, "seat17", "bruno");
    asks(&mut sim, "seat01", "seat17", LISTEN);
    sim.advance(10 * SECOND);
    assert_eq!(ears(&sim, phones), "o.c.", "who sits there is no supervisor");
    sim.status("seat17", StatusChange::LogOut);
    asks(&mut sim, "seat01", "seat17", LISTEN);
    sim.advance(10 * SECOND);
    assert_eq!(ears(&sim, phones), "o.c.", "nobody sits there");
    let phones = [phones[0], phones[1], sim.seat("seat02")];
    sim.with_phone(phones[2], |phone, _| phone.manner = Manner::Answers(2 * SECOND));
    log_in(&mut sim, "seat02", "anna");
    asks(&mut sim, "seat01", "seat02", LISTEN);
    until_ears(&mut sim, phones, "o.c.co");
    let by = |fact: &Fact| match fact {
        Fact::Watched { operator, .. } => operator.clone(),
        _ => None,
    };
    assert_eq!(sim.facts.iter().find_map(|entry| by(&entry.fact)), Some("anna".into()));
    sim.status("seat02", StatusChange::LogOut);
    asks(&mut sim, "seat01", "seat02", MonitorAct::End);
    until_ears(&mut sim, phones, "o.c.");
    sim.hang_up(citizen);
    sim.advance(64 * SECOND);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn music_of_a_citizen_on_hold_goes_on_while_a_supervisor_comes_and_goes() {
    let (mut sim, phones @ [citizen, operator, supervisor]) = talk();
    sim.with_phone(operator, |phone, now| phone.hold(now, true));
    sim.until("music is heard", |sim| sim.hears(citizen, "music/attesa"));
    asks(&mut sim, "seat01", "seat17", LISTEN);
    sim.until("the supervisor is there", |sim| {
        matches!(sim.line(supervisor), Line::Up(..)) || !record(sim).is_empty()
    });
    assert!(sim.hears(citizen, "music/attesa"));
    sim.hang_up(supervisor);
    sim.advance(SECOND);
    assert!(sim.hears(citizen, "music/attesa"));
    sim.with_phone(operator, |phone, now| phone.hold(now, false));
    until_ears(&mut sim, phones, "o.c.");
    sim.hang_up(citizen);
    all_is_over(sim, phones);
}

#[test]
fn ring_back_of_a_colleague_who_is_asked_ends_with_the_ringing_though_a_supervisor_listens() {
    for manner in [Manner::Answers(3 * SECOND), Manner::Rejects(3 * SECOND)] {
        let (mut sim, phones @ [citizen, operator, _]) = talk();
        let colleague = sim.seat("seat02");
        sim.with_phone(colleague, |phone, _| phone.manner = manner);
        asks(&mut sim, "seat01", "seat17", LISTEN);
        until_ears(&mut sim, phones, "o.c.co");
        sim.press(operator, "*3202#");
        sim.until("it rings", |sim| sim.hears(operator, "ring-back"));
        sim.advance(6 * SECOND);
        assert!(!sim.hears(operator, "ring-back"), "{}", sim.tale());
        sim.hang_up(citizen);
        sim.advance(30 * SECOND);
    }
}
