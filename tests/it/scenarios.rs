//! What the exchange promises to citizens, operators and the people who read the records: one scenario each, in virtual time.

use std::time::Duration;

use centralino::acd::QueueRules;
use centralino::config::Config;
use centralino::engine::{Command, Reply};
use centralino::ids::SeatId;
use centralino::journal::disk::{DiskFault, DiskOp};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::words::{EndedBy, Outcome, Status, StatusChange};

use crate::sim::phone::{Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The demo with other rules for its queues.
fn demo_with(change: impl Fn(&mut QueueRules)) -> Sim {
    let setting = Setting::demo().with_config(|config: &mut Config| {
        config.queues.values_mut().for_each(|queue| change(&mut queue.rules));
    });
    Sim::with(setting, 1)
}

/// A citizen who is in the queue that key 1 leads to.
fn waiting(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

fn answering_after(sim: &mut Sim, seat: PhoneId, manner: Manner) {
    sim.with_phone(seat, |phone, _| phone.manner = manner);
}

fn talking(sim: &mut Sim, citizen: PhoneId, seat: PhoneId) {
    sim.until("citizen and operator hear each other", |sim| sim.talk_together(citizen, seat));
}

fn rang(sim: &Sim, seat: PhoneId) -> usize {
    sim.phones[&seat].seen.iter().filter(|seen| matches!(seen, Seen::Rang { .. })).count()
}

#[test]
fn citizen_is_greeted_chooses_waits_to_music_and_talks_with_an_operator() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the greeting is heard", |sim| sim.hears(citizen, "it/benvenuto"));
    sim.until("the menu is heard", |sim| sim.hears(citizen, "it/menu"));
    answering_after(&mut sim, seat, Manner::Answers(10 * SECOND));
    sim.press(citizen, "1");
    sim.until("the music is heard", |sim| sim.hears(citizen, "music/attesa"));
    talking(&mut sim, citizen, seat);
    sim.advance(MINUTE);
    sim.hang_up(citizen);
    sim.until("the operator's phone is free", |sim| sim.line(seat) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
    assert_eq!(contact.queue.as_ref().map(|queue| queue.as_str()), Some("anagrafe"));
    assert_eq!(contact.operator.as_ref().map(|operator| operator.as_str()), Some("seat01"));
    assert!((60.0..61.0).contains(&contact.talk_s), "{}", contact.talk_s);
    sim.verdict().unwrap();
}

#[test]
fn operators_phone_shows_the_citizens_number_and_the_queue() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.dial_from("0552768224", "055055");
    sim.until("answered", |sim| sim.is_up_on(citizen));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("the seat rings", |sim| rang(sim, seat) == 1);
    let shown = Seen::Rang { from: "0552768224".into(), display: "Anagrafe 0552768224".into() };
    assert!(sim.phones[&seat].seen.contains(&shown), "{:?}", sim.phones[&seat].seen);
}

#[test]
fn anonymous_citizen_is_served_and_on_record_as_such() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.dial_from("anonymous", "055055");
    sim.until("answered", |sim| sim.is_up_on(citizen));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    talking(&mut sim, citizen, seat);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.from.as_deref(), contact.citizen), (Some("anonymous"), None));
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Operator)));
}

#[test]
fn third_in_line_is_told_so() {
    let mut sim = demo_with(|queue| queue.wrap_up = Duration::ZERO);
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Answers(SECOND));
    let first = waiting(&mut sim);
    talking(&mut sim, first, seat);
    let (_second, _third) = (waiting(&mut sim), waiting(&mut sim));
    let fourth = waiting(&mut sim);
    sim.until("the place is spoken", |sim| sim.plays(fourth).iter().any(|name| name == "it/pezzi/il_3"));
}

#[test]
fn operator_idle_for_longest_gets_the_call_and_wrap_up_is_respected() {
    let mut sim = Sim::new();
    let first = sim.seat("seat01");
    sim.advance(SECOND);
    let second = sim.seat("seat02");
    let one = waiting(&mut sim);
    talking(&mut sim, one, first);
    let two = waiting(&mut sim);
    talking(&mut sim, two, second);
    sim.hang_up(one);
    sim.advance(5 * SECOND);
    let three = waiting(&mut sim); // waits for the end of the wrap-up
    talking(&mut sim, three, first);
    sim.verdict().unwrap();
}

#[test]
fn several_free_seats_serve_several_citizens_at_once() {
    let mut sim = Sim::new();
    let seats = ["seat01", "seat02", "seat03"].map(|name| sim.seat(name));
    let citizens = [(); 3].map(|()| sim.call("055055"));
    for citizen in citizens {
        sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    }
    for citizen in citizens {
        sim.press(citizen, "1");
    }
    sim.until("all three talk", |sim| citizens.iter().all(|citizen| sim.partner(*citizen).is_some()));
    assert!(seats.iter().all(|seat| rang(&sim, *seat) == 1));
}

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
    talking(&mut sim, caller, other);
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
    talking(&mut sim, caller, willing);
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
    talking(&mut sim, first, seat);
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
    sim.press(informed, "5");
    sim.until("the hours are heard", |sim| sim.hears(informed, "it/orari_uffici"));
    sim.hang_up(informed);
    assert_eq!(sim.contact(informed).outcome, Some(Outcome::Contained));
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
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Refused));
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
    talking(&mut sim, consenting, seat);
    sim.hang_up(consenting);
    assert!(sim.contact(consenting).recording.is_some());
    let refusing = sim.call("055055");
    sim.until("the notice is heard", |sim| sim.hears(refusing, "it/benvenuto"));
    sim.press(refusing, "*");
    sim.until("it is confirmed", |sim| sim.hears(refusing, "it/non_registrata"));
    sim.until("the menu is read out", |sim| sim.hears(refusing, "it/menu"));
    sim.press(refusing, "1");
    talking(&mut sim, refusing, seat);
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
    talking(&mut sim, citizen, seat);
}

#[test]
fn operator_who_holds_lets_the_citizen_hear_music_and_the_hold_is_on_record() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    sim.until("music is heard", |sim| sim.hears(citizen, "music/attesa"));
    sim.advance(20 * SECOND);
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    talking(&mut sim, citizen, seat);
    sim.advance(10 * SECOND);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert!((19.0..21.0).contains(&contact.hold_s), "{}", contact.hold_s);
    assert!((9.0..14.0).contains(&contact.talk_s), "{}", contact.talk_s);
}

#[test]
fn phone_that_dies_in_a_talk_is_noticed_by_its_silence_and_the_call_ended() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
    sim.unplug(citizen, true);
    sim.until("the operator is free again", |sim| sim.line(seat) == Line::Free);
    sim.unplug(citizen, false);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
}

#[test]
fn operators_phone_that_dies_in_a_talk_sends_the_citizen_to_the_goodbye_and_is_put_down_to_the_network() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
    sim.unplug(seat, true);
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
}

#[test]
fn want_of_ports_is_not_held_against_the_operators() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.no_ports = 4;
    sim.press(citizen, "1");
    talking(&mut sim, citizen, seat);
    sim.verdict().unwrap();
}

#[test]
fn waiting_citizen_who_sends_nothing_is_left_alone() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Ignores);
    let citizen = waiting(&mut sim);
    sim.tell_sending(citizen, false);
    sim.advance(5 * MINUTE);
    assert!(sim.is_up_on(citizen));
}

#[test]
fn crash_ends_both_phones_with_a_bye_and_the_contact_is_on_record() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    talking(&mut sim, talks, seat);
    let waits = waiting(&mut sim);
    sim.advance(SECOND);
    sim.crash(Crash::Kill);
    sim.advance(3 * SECOND);
    sim.start_exchange();
    sim.until("all are free", |sim| [seat, talks, waits].iter().all(|phone| sim.line(*phone) == Line::Free));
    let contact = sim.contact(talks);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Crash)));
    let contact = sim.contact(waits);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Interrupted), Some(EndedBy::Crash)));
    sim.verdict().unwrap();
}

#[test]
fn calls_are_answered_while_the_disk_stands_still_and_the_exception_is_counted() {
    let mut sim = Sim::new();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    let citizen = sim.call("055055");
    assert!(sim.degraded_ever);
    sim.advance(15 * SECOND);
    sim.hang_up(citizen);
    assert!(
        sim.contact(citizen).degraded
            || sim
                .facts
                .iter()
                .any(|entry| { matches!(entry.fact, Fact::Degraded { on: false, answered: 1 }) })
    );
    sim.command(Command::Metrics);
    let Some(Reply::Metrics(metrics)) = sim.replies.last() else { panic!("{:?}", sim.replies) };
    assert_eq!((metrics.degraded, metrics.answered_degraded), (false, 1));
}

#[test]
fn caller_who_gives_up_while_the_answer_waits_for_the_disk_is_let_go() {
    let mut sim = Sim::new();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    let citizen = sim.dial("055055");
    sim.advance(100 * Duration::from_millis(1));
    sim.hang_up(citizen);
    sim.advance(20 * SECOND);
    assert!(!sim.phones[&citizen].seen.contains(&Seen::Answered));
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
}

#[test]
fn full_disk_degrades_and_recovers_without_losing_a_contact() {
    let mut sim = Sim::new();
    for _ in 0..3 {
        sim.store().disk().fail_next(DiskOp::Write, DiskFault::Full);
    }
    let citizen = sim.call("055055");
    sim.advance(5 * SECOND);
    assert!(sim.degraded_ever);
    sim.hang_up(citizen);
    sim.advance(5 * SECOND);
    assert!(!sim.degraded());
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
}

#[test]
fn pause_and_feature_codes_change_a_seats_status_and_are_confirmed_by_voice() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let status = |sim: &Sim| sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap().status;
    for (code, sound, expected) in [
        ("*13", "it/sistema/stato_pausa", Status::Paused("phone".into())),
        ("*14", "it/sistema/stato_pronto", Status::Ready),
        ("*12", "it/sistema/stato_uscito", Status::LoggedOut),
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
    talking(&mut sim, citizen, seat);
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
fn pause_outlives_a_restart() {
    let mut sim = Sim::new();
    let _seat = sim.seat("seat01");
    sim.status("seat01", StatusChange::Pause("mensa".into()));
    sim.advance(SECOND);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    sim.advance(3 * MINUTE);
    let view = sim.engine().distribution().seat(&SeatId::from("seat01")).unwrap();
    assert_eq!((view.reachable, view.status), (true, Status::Paused("mensa".into())));
}

#[test]
fn refresh_of_a_registration_changes_neither_status_nor_work() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
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

#[test]
fn stopping_exchange_says_so_to_callers_and_hangs_up() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    talking(&mut sim, talks, seat);
    let waits = waiting(&mut sim);
    sim.advance(10 * SECOND);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.until("the notice is heard", |sim| sim.hears(waits, "it/sistema/chiusura_servizio"));
    sim.until("stopped", |sim| sim.stopped);
    sim.until("all are free", |sim| [seat, talks, waits].iter().all(|phone| sim.line(*phone) == Line::Free));
    assert_eq!(sim.contact(waits).ended_by, Some(EndedBy::Exchange));
    assert_eq!(sim.contact(waits).outcome, Some(Outcome::Unserved));
}

#[test]
fn draining_exchange_lets_a_talk_end_and_takes_no_new_call() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    talking(&mut sim, talks, seat);
    sim.command(Command::Stop { drain: MINUTE });
    let late = sim.dial("055055");
    sim.until("refused", |sim| sim.phones[&late].seen.contains(&Seen::Refused(503)));
    sim.advance(20 * SECOND);
    assert!(sim.talk_together(talks, seat));
    sim.hang_up(talks);
    sim.until("stopped", |sim| sim.stopped);
}

#[test]
fn nothing_of_a_call_is_left_a_minute_after_it() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
    sim.hang_up(citizen);
    sim.advance(64 * SECOND);
    let census = sim.engine().census();
    assert_eq!((census.calls, census.legs, census.dialogs, census.runs, census.alarms), (0, 0, 0, 0, 0));
    assert_eq!(census.sip.dialogs, 0);
    assert_eq!(sim.plane().legs().count(), 0);
}

#[test]
fn callers_who_never_acknowledge_their_answer_do_not_keep_others_out() {
    let setting = Setting::demo().with_config(|config: &mut Config| config.engine.max_calls = 4);
    let mut sim = Sim::with(setting, 1);
    for _ in 0..4 {
        let vanishing = sim.dial("055055");
        sim.unplug(vanishing, true);
    }
    sim.advance(SECOND);
    let hasty = sim.dial("055055");
    sim.advance(2 * SECOND);
    assert_eq!(sim.line(hasty), Line::Free, "every place is taken by somebody who may still acknowledge");
    sim.advance(2 * SECOND);
    let citizen = sim.call("055055");
    sim.until("the greeting is heard", |sim| sim.hears(citizen, "it/benvenuto"));
    sim.advance(MINUTE);
    sim.hang_up(citizen);
    sim.advance(2 * MINUTE);
    sim.verdict().expect("nothing is left over");
}
