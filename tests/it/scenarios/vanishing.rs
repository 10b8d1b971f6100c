//! Operators' phones that vanish in the middle of a talk: the citizen is served again, before everybody who waits.

use std::time::Duration;

use centralino::ids::SeatId;
use centralino::journal::entry::{Fact, Handing};
use centralino::words::{EndedBy, Outcome, WorkView};

use super::{MINUTE, SECOND, answering_after, rang, waiting};
use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

/// A citizen who talks with seat01, and a colleague at seat02 who takes every call at once.
fn served(sim: &mut Sim) -> [PhoneId; 3] {
    let seat = sim.seat("seat01");
    answering_after(sim, seat, Manner::Answers(Duration::ZERO));
    let citizen = waiting(sim);
    sim.talking(citizen, seat);
    let colleague = sim.seat("seat02");
    answering_after(sim, colleague, Manner::Answers(Duration::ZERO));
    sim.advance(10 * SECOND);
    [citizen, seat, colleague]
}

fn reachable(sim: &Sim, seat: &str) -> bool {
    sim.engine().distribution().seat(&SeatId::from(seat)).expect("a seat of the demo").reachable
}

fn lost(sim: &Sim) -> usize {
    let is_it = |fact: &Fact| matches!(fact, Fact::Handling { step: Handing::Lost, .. });
    sim.facts.iter().filter(|entry| is_it(&entry.fact)).count()
}

#[test]
fn citizen_whose_operators_phone_vanishes_is_with_another_operator_ten_seconds_later() {
    let mut sim = Sim::new();
    let [citizen, seat, colleague] = served(&mut sim);
    answering_after(&mut sim, colleague, Manner::Answers(3 * SECOND));
    let died = sim.now;
    sim.unplug(seat, true);
    sim.until("the citizen is told", |sim| sim.hears(citizen, "it/sistema/operatore_perso"));
    let silent = sim.now.since(died);
    assert!(silent < 10 * SECOND, "{silent:?}");
    assert_eq!(rang(&sim, colleague), 0);
    sim.until("the colleague's phone rings", |sim| rang(sim, colleague) == 1);
    assert!(sim.now.since(died) - silent < 2 * SECOND);
    assert!(!reachable(&sim, "seat01"));
    sim.talking(citizen, colleague);
    sim.advance(20 * SECOND);
    sim.unplug(seat, false);
    sim.advance(30 * SECOND);
    assert!(reachable(&sim, "seat01"), "it answers again");
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Citizen)));
    let talks: Vec<_> = contact
        .talks
        .iter()
        .map(|talk| (talk.seat.as_str(), Duration::from_secs_f64(talk.talk_s).as_secs()))
        .collect();
    assert_eq!(talks, [("seat01", 19), ("seat02", 50)], "each has the own part");
    assert!(contact.recording.is_some());
    sim.advance(MINUTE);
    assert_eq!(sim.engine().census().legs, 0);
    sim.verdict().unwrap();
}

#[test]
fn citizen_who_was_being_served_comes_before_those_who_wait_also_with_priority_or_when_the_queue_is_full() {
    let setting = Setting::demo().with_config(|config| {
        let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
        queue.rules.max_waiting = 1;
    });
    let mut sim = Sim::with(setting, 1);
    let [citizen, seat, colleague] = served(&mut sim);
    answering_after(&mut sim, colleague, Manner::Ignores);
    let other = waiting(&mut sim);
    sim.until("the other is rung for", |sim| rang(sim, colleague) == 1);
    sim.unplug(seat, true);
    sim.until("the first waits too", |sim| sim.engine().distribution().waiting_in(&"anagrafe".into()) == 2);
    answering_after(&mut sim, colleague, Manner::Answers(SECOND));
    sim.talking(citizen, colleague);
    assert!(sim.hears(other, "music/attesa") || sim.plays(other).iter().any(|name| name.contains("pezzi")));
    sim.hang_up(citizen);
    sim.talking(other, colleague);
    sim.verdict().unwrap();
}

#[test]
fn phone_that_is_muted_or_holds_the_citizen_answers_and_keeps_its_talk() {
    let mut sim = Sim::new();
    let [citizen, seat, colleague] = served(&mut sim);
    sim.tell_sending(seat, false);
    sim.advance(10 * MINUTE);
    assert!(sim.talk_together(citizen, seat), "silence is no crime");
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    sim.advance(10 * MINUTE);
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    sim.talking(citizen, seat);
    assert_eq!((rang(&sim, colleague), lost(&sim)), (0, 0));
    sim.verdict().unwrap();
}

#[test]
fn phone_whose_connection_closes_is_given_up_at_once_and_one_that_is_heard_keeps_its_talk() {
    for dies in [true, false] {
        let mut sim = Sim::new();
        sim.tcp_share = 100;
        let [citizen, seat, colleague] = served(&mut sim);
        let broke = sim.now;
        if dies {
            sim.unplug(seat, true);
        }
        sim.reset_streams(seat);
        if !dies {
            sim.advance(5 * MINUTE);
            assert!(sim.talk_together(citizen, seat), "its sound goes another way");
            continue;
        }
        sim.talking(citizen, colleague);
        let lasted = sim.now.since(broke);
        assert!(lasted < 2 * SECOND, "{lasted:?}");
        assert!(!reachable(&sim, "seat01"));
        sim.verdict().unwrap();
    }
}

#[test]
fn phone_that_holds_the_citizen_has_time_to_come_back_by_another_connection() {
    let mut sim = Sim::new();
    sim.tcp_share = 100;
    let [citizen, seat, colleague] = served(&mut sim);
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    sim.tell_sending(seat, false);
    sim.advance(20 * SECOND);
    sim.with_phone(seat, |phone, _| phone.listens = false); // behind its NAT
    sim.reset_streams(seat);
    sim.advance(5 * SECOND);
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    sim.tell_sending(seat, true);
    sim.advance(MINUTE);
    sim.talking(citizen, seat);
    assert_eq!((rang(&sim, colleague), lost(&sim)), (0, 0));
    sim.verdict().unwrap();
}

#[test]
fn citizens_phone_that_falls_silent_has_the_times_of_before() {
    let mut sim = Sim::new();
    let [citizen, seat, _] = served(&mut sim);
    sim.unplug(citizen, true);
    sim.advance(25 * SECOND);
    assert!(sim.is_up_on(seat));
    sim.until("the operator is free", |sim| sim.line(seat) == Line::Free);
    sim.verdict().unwrap();
}

#[test]
fn citizen_whose_only_operators_phone_is_gone_waits_for_it_and_then_goes_on_in_the_flow() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.unplug(seat, true);
    sim.until("nobody is left", |sim| sim.hears(citizen, "it/nessun_operatore"));
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
    assert!(contact.wait_s > 100.0, "{}", contact.wait_s);
    sim.verdict().unwrap();
}

#[test]
fn operator_whose_phone_comes_back_has_the_wrap_up_and_then_the_citizen_again_if_nobody_else_took_the_call() {
    let mut sim = super::demo_with(|rules| rules.wrap_up = 20 * SECOND);
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.unplug(seat, true);
    sim.until("the citizen is told", |sim| sim.hears(citizen, "it/sistema/operatore_perso"));
    let told = sim.now;
    sim.unplug(seat, false);
    sim.with_phone(seat, |phone, now| phone.hang_up(now)); // its BYE had been lost
    let view = sim.engine().distribution().seat(&SeatId::from("seat01")).expect("a seat of the demo");
    assert_eq!(view.work, WorkView::WrapUp);
    sim.talking(citizen, seat);
    assert!(sim.now.since(told) >= 20 * SECOND);
    sim.verdict().unwrap();
}
