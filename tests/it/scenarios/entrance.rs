//! From the number dialled to the menu: hours, recordings, keys, and calls that cannot be served.

use centralino::words::{EndedBy, Outcome};

use super::{SECOND, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Seen};

#[test]
fn citizen_who_calls_at_night_or_on_the_patrons_day_hears_when_to_call() {
    for (moment, sound) in [
        ("2026-11-24T21:00:00+01:00[Europe/Rome]", "it/chiuso"),
        ("2026-11-22T11:00:00+01:00[Europe/Rome]", "it/chiuso"),
        ("2026-06-24T11:00:00+02:00[Europe/Rome]", "it/festivo"),
    ] {
        let mut sim = Sim::new().starting_at(moment);
        let citizen = sim.call("055055");
        sim.until(sound, |sim| sim.hears(citizen, sound));
        sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
        let contact = sim.contact(citizen);
        assert_eq!(contact.ended_by, Some(EndedBy::Flow), "{moment}");
    }
}

#[test]
fn citizen_who_hears_the_opening_hours_is_contained_and_one_who_hears_nothing_has_left() {
    let mut sim = Sim::new();
    let informed = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(informed, "it/menu"));
    sim.press(informed, "42");
    sim.until("the hours are heard", |sim| sim.hears(informed, "it/orari_uffici"));
    sim.until("to their end", |sim| !sim.hears(informed, "it/orari_uffici"));
    sim.hang_up(informed);
    assert_eq!(sim.contact(informed).outcome, Some(Outcome::Contained));
    let impatient = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(impatient, "it/menu"));
    sim.press(impatient, "42");
    sim.until("the hours are heard", |sim| sim.hears(impatient, "it/orari_uffici"));
    sim.hang_up(impatient);
    assert_eq!(sim.contact(impatient).outcome, Some(Outcome::Left), "not to their end");
    let hasty = sim.call("055055");
    sim.advance(SECOND);
    sim.hang_up(hasty);
    assert_eq!(sim.contact(hasty).outcome, Some(Outcome::Left));
}

#[test]
fn caller_of_an_unknown_number_is_refused_and_on_record() {
    let mut sim = Sim::new();
    let citizen = sim.dial("999999");
    sim.until("refused", |sim| sim.phones[&citizen].seen.contains(&Seen::Refused(404)));
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.case), (Some(Outcome::Refused), None));
}

#[test]
fn call_without_a_port_for_its_sound_fails_and_is_on_record() {
    let mut sim = Sim::new();
    sim.no_ports = 1;
    let citizen = sim.dial("055055");
    sim.until("refused", |sim| sim.phones[&citizen].seen.contains(&Seen::Refused(503)));
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Failed));
}

#[test]
fn citizen_refuses_to_be_recorded_and_is_not() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let consenting = waiting(&mut sim);
    sim.talking(consenting, seat);
    sim.hang_up(consenting);
    assert!(sim.contact(consenting).recording.is_some());
    let refusing = sim.call("055055");
    sim.until("the notice is heard", |sim| sim.hears(refusing, "it/benvenuto"));
    sim.press(refusing, "*");
    sim.until("it is confirmed", |sim| sim.hears(refusing, "it/non_registrata"));
    sim.until("the menu is read out", |sim| sim.hears(refusing, "it/menu"));
    sim.press(refusing, "1");
    sim.talking(refusing, seat);
    sim.hang_up(refusing);
    assert_eq!(sim.contact(refusing).recording, None);
}

#[test]
fn keys_pressed_during_the_notice_are_kept_for_the_menu() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the notice is heard", |sim| sim.hears(citizen, "it/benvenuto"));
    sim.press(citizen, "1");
    assert!(sim.hears(citizen, "it/benvenuto"), "the notice must be heard to its end");
    sim.talking(citizen, seat);
}

#[test]
fn citizen_of_milan_is_greeted_and_served_by_the_same_operators_in_queues_of_its_own() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("020202");
    sim.until("the notice is heard", |sim| sim.hears(citizen, "it/benvenuto_milano"));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu_milano"));
    sim.press(citizen, "21");
    sim.talking(citizen, seat);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert_eq!(contact.entity.as_str(), "milano");
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("milano-tributi"));
    assert_eq!(contact.topic.as_ref().map(|topic| topic.as_str()), Some("tributi/tari"));
}

#[test]
fn each_city_keeps_its_own_patrons_day() {
    for (moment, number, sound) in [
        ("2026-12-07T11:00:00+01:00[Europe/Rome]", "020202", "it/festivo"),
        ("2026-12-07T11:00:00+01:00[Europe/Rome]", "055055", "it/benvenuto"),
        ("2026-06-24T11:00:00+02:00[Europe/Rome]", "020202", "it/benvenuto_milano"),
    ] {
        let mut sim = Sim::new().starting_at(moment);
        let citizen = sim.call(number);
        sim.until(sound, |sim| sim.hears(citizen, sound));
    }
}
