//! What the exchange promises to citizens, operators and the people who read the records: one scenario each, in virtual time.
//! The road of a call is here; what may come between has files of its own.

mod announcements;
mod disks;
mod distribution;
mod entrance;
mod operators;
mod queues;
mod reload;
mod ringing_all;
mod stopping;
mod streams;
mod talks;
mod vanishing;

use std::time::Duration;

use centralino::acd::QueueRules;
use centralino::config::Config;
use centralino::words::{EndedBy, Outcome};

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
    sim.talking(citizen, seat);
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
    let shown = Seen::Rang { from: "0552768224".into(), display: "Firenze · Anagrafe 0552768224".into() };
    assert!(sim.phones[&seat].seen.contains(&shown), "{:?}", sim.phones[&seat].seen);
}

#[test]
fn operator_who_answers_for_several_enti_sees_as_which() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("020202");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu_milano"));
    sim.press(citizen, "1");
    sim.until("the seat rings", |sim| rang(sim, seat) == 1);
    let is_shown =
        |seen: &Seen| matches!(seen, Seen::Rang { display, .. } if display.starts_with("Milano · "));
    assert!(sim.phones[&seat].seen.iter().any(is_shown), "{:?}", sim.phones[&seat].seen);
}

#[test]
fn anonymous_citizen_is_served_and_on_record_as_such() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.dial_from("anonymous", "055055");
    sim.until("answered", |sim| sim.is_up_on(citizen));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.talking(citizen, seat);
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
    sim.talking(first, seat);
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
    sim.talking(one, first);
    let two = waiting(&mut sim);
    sim.talking(two, second);
    sim.hang_up(one);
    sim.advance(5 * SECOND);
    let three = waiting(&mut sim); // waits for the end of the wrap-up
    sim.talking(three, first);
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
fn nothing_of_a_call_is_left_a_minute_after_it() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
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
