//! Queues: who is rung, who comes next, and every way out.

use centralino::ids::SeatId;
use centralino::journal::entry::Fact;
use centralino::words::{EndedBy, Outcome, Status};

use super::{MINUTE, SECOND, answering_after, demo_with, rang, waiting};
use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

#[test]
fn unanswered_ring_brings_the_caller_back_to_the_old_place_and_the_seat_away_after_misses() {
    let mut sim = Sim::new();
    let deaf = sim.seat("seat01");
    answering_after(&mut sim, deaf, Manner::Ignores);
    let caller = waiting(&mut sim);
    sim.until("the seat is paused for its misses", |sim| {
        sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap().status
            == Status::Paused("missed".into())
    });
    let other = sim.seat("seat02");
    sim.talking(caller, other);
    sim.verdict().unwrap();
}

#[test]
fn rejecting_seat_is_not_asked_again_at_once_and_another_takes_the_call() {
    let mut sim = Sim::new();
    let unwilling = sim.seat("seat01");
    answering_after(&mut sim, unwilling, Manner::Rejects(SECOND));
    sim.advance(SECOND);
    let willing = sim.seat("seat02");
    let caller = waiting(&mut sim);
    sim.talking(caller, willing);
    assert_eq!(rang(&sim, unwilling), 1);
}

#[test]
fn caller_who_hangs_up_waiting_is_on_record_as_abandoned_and_at_once_as_short() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Ignores);
    let hasty = waiting(&mut sim);
    sim.advance(2 * SECOND);
    sim.hang_up(hasty);
    let patient = waiting(&mut sim);
    sim.advance(8 * SECOND);
    sim.hang_up(patient);
    sim.until("the seat is left alone", |sim| sim.line(seat) == Line::Free);
    let contact = sim.contact(hasty);
    assert_eq!((contact.outcome, contact.short), (Some(Outcome::Abandoned), true));
    let contact = sim.contact(patient);
    assert_eq!((contact.outcome, contact.short), (Some(Outcome::Abandoned), false));
    assert_eq!(contact.ended_by, Some(EndedBy::Citizen));
}

/// The sound heard after a queue's exit, and the outcome once the flow has ended.
#[track_caller]
fn turned_away(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(&format!("{sound} is heard"), |sim| sim.hears(citizen, sound));
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Unserved), Some(EndedBy::Flow)));
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("anagrafe"));
}

#[test]
fn without_anybody_logged_in_the_caller_is_told_so() {
    let mut sim = Sim::new();
    let citizen = waiting(&mut sim);
    turned_away(&mut sim, citizen, "it/nessun_operatore");
}

#[test]
fn caller_is_turned_away_from_a_full_queue() {
    let mut sim = demo_with(|queue| queue.max_waiting = 1);
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Ignores);
    let _first = waiting(&mut sim);
    let second = waiting(&mut sim);
    turned_away(&mut sim, second, "it/coda_piena");
}

#[test]
fn caller_who_waits_too_long_is_told_so() {
    let mut sim = demo_with(|queue| queue.max_wait = MINUTE);
    let seat = sim.seat("seat01");
    let first = waiting(&mut sim);
    sim.talking(first, seat);
    let second = waiting(&mut sim);
    turned_away(&mut sim, second, "it/attesa_lunga");
}

#[test]
fn caller_of_a_closed_queue_is_told_so() {
    let setting = Setting::demo().with_config(|config| {
        // The line is open, the queue's own hours are those of a schedule that never is.
        let never = centralino::ids::ScheduleId::from("mai");
        config
            .calendars
            .schedules
            .insert(never.clone(), toml::from_str("zone = 'Europe/Rome'\nopen = {}").unwrap());
        config.queues.values_mut().for_each(|queue| queue.schedule = Some(never.clone()));
    });
    let mut sim = Sim::with(setting, 1);
    let _seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    turned_away(&mut sim, citizen, "it/coda_chiusa");
}

/// A flow that is one queue, with keys, and a goodbye for each exit.
const ONE_QUEUE: &str = r##"
schema: 1
id: "055055"
name: Una coda
tz: Europe/Rome
languages: [it]
start: coda
vars:
  quale: {type: string, default: anagrafe}
defaults: {error: scuse}
prompts:
  grazie: {it: "Grazie."}
  scuse: {it: "Scuse."}
  coda_piena: {it: "Coda piena."}
  coda_chiusa: {it: "Coda chiusa."}
  nessun_operatore: {it: "Nessuno."}
nodes:
  coda:
    type: queue
    queue: "${vars.quale}"
    hold: {music: attesa, announce: niente}
    keys: ["#"]
    offer_callback: {key: "*", after: 0s}
    exits: {answered: fine, closed: chiusa, full: chiusa, no_seats: chiusa, timeout: chiusa, key: uscito, callback: promessa}
  chiusa: {type: play, prompt: nessun_operatore, to: fine}
  uscito: {type: play, prompt: coda_piena, to: fine}
  promessa: {type: play, prompt: coda_chiusa, to: fine}
  scuse: {type: play, prompt: scuse, to: fine}
  fine: {type: hangup, prompt: grazie}
"##;

#[test]
fn caller_leaves_the_queue_by_the_key_of_its_node() {
    for (key, sound, node) in [("#", "it/coda_piena", "uscito"), ("*", "it/coda_chiusa", "promessa")] {
        let mut sim = Sim::with(Setting::demo().with_flow(ONE_QUEUE), 1);
        let seat = sim.seat("seat01");
        answering_after(&mut sim, seat, Manner::Ignores);
        let citizen = sim.call("055055");
        sim.until("music is heard", |sim| sim.hears(citizen, "music/attesa"));
        sim.press(citizen, "7");
        sim.advance(SECOND);
        assert!(sim.hears(citizen, "music/attesa"), "a key that means nothing changes nothing");
        sim.press(citizen, key);
        sim.until(sound, |sim| sim.hears(citizen, sound));
        sim.until("the seat is left alone", |sim| sim.line(seat) == Line::Free);
        sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
        let contact = sim.contact(citizen);
        assert!(contact.path.iter().any(|id| id.as_str() == node), "{:?}", contact.path);
        assert!((1.0..1.5).contains(&contact.wait_s), "{}", contact.wait_s);
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Left), Some(EndedBy::Flow)));
        sim.verdict().unwrap();
    }
}

#[test]
fn queue_that_does_not_exist_takes_its_error_exit() {
    let flow = ONE_QUEUE.replace("default: anagrafe", "default: inesistente");
    let mut sim = Sim::with(Setting::demo().with_flow(&flow), 1);
    let citizen = sim.call("055055");
    sim.until("an apology is heard", |sim| sim.hears(citizen, "it/scuse"));
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
}

#[test]
fn each_talk_of_a_call_has_a_recording_of_its_own() {
    let flow = ONE_QUEUE.replace("answered: fine", "answered: coda");
    let mut sim = Sim::with(Setting::demo().with_flow(&flow), 1);
    let first = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.talking(citizen, first);
    sim.hang_up(first);
    let second = sim.seat("seat02");
    sim.talking(citizen, second);
    let files = sim.facts.iter().filter_map(|entry| match &entry.fact {
        Fact::Joined { recording, .. } => recording.clone(),
        _ => None,
    });
    assert_eq!(files.collect::<Vec<_>>(), ["2026/11/24/1.1.1.wav", "2026/11/24/1.1.1-2.wav"]);
}
