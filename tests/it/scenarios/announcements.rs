//! What those who wait hear: the place when it improves, the expected wait as a range, messages in turn; and nobody is kept waiting by it.

use centralino::config::Config;
use centralino::crm::Calibration;
use centralino::journal::entry::Fact;
use centralino::words::StatusChange;

use super::{MINUTE, SECOND, answering_after, waiting};
use crate::sim::phone::{Manner, PhoneId};
use crate::sim::{Setting, Sim};

/// The demo where one seat takes calls, with these changes.
fn one_seat(change: impl Fn(&mut Config)) -> (Sim, PhoneId) {
    let mut sim = Sim::with(Setting::demo().with_config(change), 1);
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Answers(SECOND));
    (sim, seat)
}

fn told(sim: &Sim) -> Vec<(usize, Option<(u64, u64)>)> {
    let told = |fact: &Fact| match fact {
        Fact::Announced { position, told_s, .. } => Some((*position, *told_s)),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| told(&entry.fact)).collect()
}

#[test]
fn place_is_told_again_only_when_it_has_improved() {
    let (mut sim, seat) = one_seat(|_| ());
    let first = waiting(&mut sim);
    sim.talking(first, seat);
    let (second, third) = (waiting(&mut sim), waiting(&mut sim));
    sim.advance(5 * MINUTE);
    assert_eq!(told(&sim).len(), 3, "{:?}", told(&sim));
    sim.hang_up(second);
    sim.until("the better place is told", |sim| told(sim).len() == 4);
    assert_eq!(told(&sim).last(), Some(&(1, None)));
    assert!(sim.plays(third).iter().any(|name| name == "it/pezzi/il_1"));
    sim.verdict().unwrap();
}

#[test]
fn places_far_behind_are_told_as_more_than_so_many() {
    let (mut sim, seat) =
        one_seat(|config| config.queues.values_mut().for_each(|queue| queue.announce.places_up_to = 2));
    let first = waiting(&mut sim);
    sim.talking(first, seat);
    let _before = [waiting(&mut sim), waiting(&mut sim)];
    let last = waiting(&mut sim);
    sim.until("it is told how many wait", |sim| {
        sim.plays(last).iter().any(|name| name == "it/pezzi/ci_sono_piu_di")
    });
    assert!(sim.plays(last).iter().any(|name| name == "it/pezzi/2"));
}

#[test]
fn expected_wait_is_told_as_a_range_once_enough_talks_are_known() {
    let (mut sim, seat) = one_seat(|_| ());
    for _ in 0..6 {
        let citizen = waiting(&mut sim);
        sim.talking(citizen, seat);
        sim.advance(2 * MINUTE);
        sim.hang_up(citizen);
        sim.advance(15 * SECOND);
    }
    let busy = waiting(&mut sim);
    sim.talking(busy, seat);
    assert!(told(&sim).iter().all(|(_, wait)| wait.is_none_or(|(low, _)| low == 0)), "{:?}", told(&sim));
    let (first, second) = (waiting(&mut sim), waiting(&mut sim));
    sim.until("the wait is told", |sim| {
        sim.plays(second)
            .iter()
            .any(|name| name == "it/pezzi/attesa_tra" || name == "it/pezzi/attesa_meno_di")
    });
    let (place, range) = *told(&sim).last().expect("it is on record");
    let (low, high) = range.expect("as it was told");
    assert!(place == 2 && low <= 260 && 200 <= high, "{place}: {low} to {high} s");
    sim.hang_up(busy);
    sim.until("the first of them talks", |sim| sim.talk_together(first, seat));
    sim.advance(2 * MINUTE);
    sim.hang_up(first);
    sim.talking(second, seat);
    let told = sim.contact(second).told_wait.expect("it is on record");
    assert_eq!((told.low_s, told.high_s), (low, high));
    let came_to = told.came_to_s.expect("an operator has answered");
    assert!((130.0..150.0).contains(&came_to), "{came_to} s");
    let mut calibration = Calibration::default();
    sim.contacts().iter().for_each(|contact| calibration.count(contact));
    let lines = calibration.lines();
    let of_ten = lines.iter().find(|line| line.hour == "10").expect("all this is at ten in the morning");
    assert!(of_ten.answered > 0 && of_ten.not_told > 0, "{lines:?}");
    sim.verdict().unwrap();
}

#[test]
fn messages_are_told_in_turn_and_a_talk_begins_in_the_middle_of_one() {
    let (mut sim, seat) = one_seat(|config| {
        for queue in config.queues.values_mut() {
            queue.announce.messages = ["attendere", "attesa_lunga"].map(str::to_owned).to_vec();
            queue.announce.message_every = 30 * SECOND;
        }
    });
    let first = waiting(&mut sim);
    sim.talking(first, seat);
    let second = waiting(&mut sim);
    for message in ["it/attendere", "it/attesa_lunga", "it/attendere"] {
        sim.until("a message is told", |sim| sim.hears(second, message));
    }
    sim.hang_up(first);
    sim.until("the wrap-up is over", |sim| {
        sim.hears(second, "it/attesa_lunga") || sim.talk_together(second, seat)
    });
    sim.talking(second, seat);
    sim.verdict().unwrap();
}

#[test]
fn announcement_keeps_nobody_waiting() {
    let (mut sim, seat) = one_seat(|_| ());
    answering_after(&mut sim, seat, Manner::Answers(SECOND / 10));
    sim.status("seat01", StatusChange::Pause("caffè".to_owned()));
    let first = waiting(&mut sim);
    sim.until("the place is being told", |sim| sim.hears(first, "it/pezzi/lei_e"));
    sim.status("seat01", StatusChange::Ready);
    let before = sim.now;
    sim.talking(first, seat);
    assert!(sim.now.since(before) < SECOND / 2, "the place alone takes longer than that");
}
