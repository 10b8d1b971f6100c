//! Operators: registration, statuses, feature codes.

use centralino::ids::SeatId;
use centralino::journal::sim_disk::Crash;
use centralino::words::{Status, StatusChange};

use super::{MINUTE, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Seen};

#[test]
fn pause_and_feature_codes_change_a_seats_status_and_are_confirmed_by_voice() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let status = |sim: &Sim| sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap().status;
    for (code, sound, expected) in [
        ("*13", "it/sistema/stato_pausa", Status::Paused("phone".into())),
        ("*132", "it/sistema/stato_pausa", Status::Paused("pranzo".into())),
        ("*139", "it/sistema/codice_errato", Status::Paused("pranzo".into())),
        ("*14", "it/sistema/stato_pronto", Status::Ready),
        ("*16", "it/sistema/stato_una_chiamata", Status::OneCall),
        ("*18", "it/sistema/tempo_finito", Status::OneCall),
        ("*12", "it/sistema/stato_uscito", Status::LoggedOut),
        ("*14", "it/sistema/nessun_accesso", Status::LoggedOut),
        ("*13", "it/sistema/nessun_accesso", Status::LoggedOut),
        ("*11", "it/sistema/stato_entrato", Status::Ready),
    ] {
        sim.with_phone(seat, |phone, now| phone.dial(now, code));
        sim.until(sound, |sim| sim.hears(seat, sound));
        assert_eq!(status(&sim), expected, "{code}");
        sim.until("the phone is free", |sim| sim.line(seat) == Line::Free);
    }
    sim.status("seat01", StatusChange::Pause("mensa".into()));
    assert_eq!(status(&sim), Status::Paused("mensa".into()));
}

#[test]
fn operator_codes_topic_and_outcome_in_wrap_up_and_hears_saved_only_when_it_is_durable() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.hang_up(seat);
    sim.until("the line is free", |sim| sim.line(citizen) == Line::Free);
    let (topic, code) = {
        let (id, topic) =
            sim.config().topics.iter().find(|(_, topic)| topic.code.is_some()).expect("a coded topic");
        (id.clone(), topic.code.clone().unwrap())
    };
    sim.with_phone(seat, |phone, now| phone.dial(now, &format!("*15{code}")));
    sim.until("saved", |sim| sim.hears(seat, "it/sistema/codifica_salvata"));
    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    assert_eq!(sim.contact(citizen).topic, Some(topic));
}

#[test]
fn operator_logs_in_at_any_seat_by_code_and_contacts_name_the_person() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let at = |sim: &Sim| sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap().operator;
    let dial = |sim: &mut Sim, code: &str, sound: &str| {
        sim.with_phone(seat, |phone, now| phone.dial(now, code));
        sim.until(sound, |sim| sim.hears(seat, sound));
        sim.until("the phone is free", |sim| sim.line(seat) == Line::Free);
    };
    dial(&mut sim, "*119999", "it/sistema/accesso_negato");
    assert_eq!(at(&sim), None);
    dial(&mut sim, "*114711#", "it/sistema/stato_entrato");
    assert_eq!(at(&sim), Some("anna".into()));
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.hang_up(citizen);
    sim.advance(std::time::Duration::from_secs(1));
    assert_eq!(sim.contact(citizen).operator, Some("anna".into()));
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(at(&sim), Some("anna".into()));
}

#[test]
fn guessing_of_codes_is_slowed_and_a_right_one_is_not_told_apart_meanwhile() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let dial = |sim: &mut Sim, code: &str, sound: &str| {
        sim.with_phone(seat, |phone, now| phone.dial(now, code));
        sim.until(sound, |sim| sim.hears(seat, sound));
        sim.until("the phone is free", |sim| sim.line(seat) == Line::Free);
    };
    for guess in ["*110001", "*110002", "*110003", "*110004", "*110005", "*114711"] {
        dial(&mut sim, guess, "it/sistema/accesso_negato");
    }
    sim.advance(MINUTE);
    dial(&mut sim, "*114711", "it/sistema/stato_entrato");
}

#[test]
fn phone_that_loses_its_power_is_found_out_within_half_a_minute_and_is_back_when_it_answers() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let second = std::time::Duration::from_secs(1);
    let reachable = |sim: &Sim| sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap().reachable;
    sim.advance(15 * second);
    sim.unplug(seat, true);
    sim.advance(14 * second);
    assert!(reachable(&sim), "one question may be lost");
    sim.advance(16 * second);
    assert!(!reachable(&sim));
    sim.unplug(seat, false);
    sim.advance(11 * second);
    assert!(reachable(&sim));
    sim.verdict().unwrap();
}

#[test]
fn refresh_of_a_registration_changes_neither_status_nor_work() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.advance(10 * MINUTE);
    assert!(sim.talk_together(citizen, seat));
    sim.verdict().unwrap();
}

#[test]
fn wrong_password_does_not_register() {
    let mut sim = Sim::new();
    let seat = sim.seat_phone("seat01");
    sim.with_phone(seat, |phone, now| {
        phone.unregister(now);
        phone.register(now, "guess");
    });
    sim.until("refused", |sim| {
        sim.phones[&seat].seen.iter().any(|seen| matches!(seen, Seen::NotRegistered(401 | 403)))
    });
}
