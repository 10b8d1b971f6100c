//! What people are told and what the record tells of it: one scenario each, in virtual time.

use std::time::Duration;

use centralino::engine::Command;
use centralino::journal::entry::Fact;
use centralino::words::{AskedAgain, EndedBy};

use crate::sim::Sim;
use crate::sim::phone::{Line, PhoneId};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn at_the_menu(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    citizen
}

fn talking(sim: &mut Sim, seat: PhoneId) -> PhoneId {
    let citizen = at_the_menu(sim);
    sim.press(citizen, "1");
    sim.until("citizen and operator hear each other", |sim| sim.talk_together(citizen, seat));
    citizen
}

#[test]
fn operator_is_told_which_part_of_a_code_is_wrong() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let told = |sim: &mut Sim, code: &str, sound: &str| {
        sim.with_phone(seat, |phone, now| phone.dial(now, code));
        sim.until(sound, |sim| sim.hears(seat, sound));
        sim.until("the phone is free", |sim| sim.line(seat) == Line::Free);
    };
    told(&mut sim, "*151", "it/sistema/niente_da_codificare");
    let citizen = talking(&mut sim, seat);
    sim.hang_up(citizen);
    sim.until("the talk is over", |sim| sim.line(seat) == Line::Free);
    for (code, sound) in [
        ("*15999", "it/sistema/argomento_errato"),
        ("*15999*1", "it/sistema/argomento_errato"),
        ("*1511*8", "it/sistema/esito_errato"),
        ("*15*8", "it/sistema/esito_errato"),
        ("*15", "it/sistema/codice_errato"),
        ("*99", "it/sistema/codice_errato"),
        ("*15*1", "it/sistema/codifica_salvata"),
    ] {
        told(&mut sim, code, sound);
    }
    let contact = sim.contact(citizen);
    assert_eq!(contact.disposition.as_deref(), Some("risolto"));
}

#[test]
fn repeated_questions_and_announced_places_are_on_record() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let _first = talking(&mut sim, seat);
    let before = sim.facts.len();
    let citizen = at_the_menu(&mut sim);
    sim.press(citizen, "7");
    sim.until("the menu is silent", |sim| sim.plays(citizen).is_empty());
    sim.until("the menu is read out again", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.advance(MINUTE);
    let told = sim.facts[before..].iter().filter_map(|entry| match &entry.fact {
        Fact::AskedAgain { why: AskedAgain::WrongKey, .. } => Some("wrong key".to_owned()),
        Fact::AskedAgain { why: AskedAgain::Silence, .. } => Some("silence".to_owned()),
        Fact::Announced { position, .. } => Some(format!("place {position}")),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), ["wrong key", "silence", "place 1"]);
}

#[test]
fn citizen_who_chooses_another_city_hears_which() {
    let mut sim = Sim::new();
    let citizen = at_the_menu(&mut sim);
    sim.press(citizen, "443");
    sim.until("the choice is confirmed", |sim| sim.hears(citizen, "it/scelto_empoli"));
    sim.until("the menu follows", |sim| sim.hears(citizen, "it/menu"));
    sim.hang_up(citizen);
    assert_eq!(sim.contact(citizen).entity.as_str(), "empoli");
}

#[test]
fn every_call_that_the_end_of_the_exchange_cuts_off_says_so() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = talking(&mut sim, seat);
    let listens = at_the_menu(&mut sim);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.advance(10 * SECOND);
    assert!(sim.stopped);
    for citizen in [talks, listens] {
        let contact = sim.contact(citizen);
        assert_eq!(contact.why.as_deref(), Some("the exchange stops"));
        assert_eq!(contact.ended_by, Some(EndedBy::Exchange));
    }
}
