//! Who is next and who answers, where the configuration or an earlier call says so.

use centralino::config::{Config, ListedCaller, WaitsSince};
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;

use super::{MINUTE, SECOND, rang, waiting};
use crate::sim::phone::{Line, PhoneId};
use crate::sim::{Setting, Sim};

fn with_config(change: impl FnOnce(&mut Config)) -> Sim {
    Sim::with(Setting::demo().with_config(change), 1)
}

/// A citizen with this number is in the queue that key 1 leads to.
fn waiting_from(sim: &mut Sim, number: &str) -> PhoneId {
    let citizen = sim.dial_from(number, "055055");
    sim.until("answered", |sim| sim.is_up_on(citizen));
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

/// The place that the last caller was given.
fn last_place(sim: &Sim) -> Option<usize> {
    sim.facts.iter().rev().find_map(|entry| match entry.fact {
        Fact::Queued { position, .. } => Some(position),
        _ => None,
    })
}

const FIRST: &str = "+390552768224";
const SECOND_ONE: &str = "+390552768225";

/// One seat talks, two wait.
fn two_wait(sim: &mut Sim) -> (PhoneId, PhoneId) {
    let seat = sim.seat("seat01");
    let busy = waiting(sim);
    sim.talking(busy, seat);
    let first = waiting_from(sim, FIRST);
    sim.advance(20 * SECOND);
    waiting_from(sim, SECOND_ONE);
    (seat, first)
}

#[test]
fn caller_who_was_cut_off_and_calls_again_within_five_minutes_has_the_old_place() {
    for (away, place) in [(4 * MINUTE, 1), (6 * MINUTE, 2)] {
        let mut sim = Sim::new();
        let (_, first) = two_wait(&mut sim);
        sim.hang_up(first);
        sim.until("the line is free", |sim| sim.line(first) == Line::Free);
        sim.advance(away);
        waiting_from(&mut sim, FIRST);
        assert_eq!(last_place(&sim), Some(place), "{away:?} later");
        sim.verdict().unwrap();
    }
}

#[test]
fn old_place_is_given_back_though_the_exchange_has_crashed_too() {
    let mut sim = Sim::new();
    two_wait(&mut sim);
    sim.advance(SECOND);
    sim.crash(Crash::PowerCut);
    sim.advance(MINUTE);
    sim.start_exchange();
    sim.seat("seat02");
    let busy = waiting(&mut sim);
    sim.until("a seat has taken somebody", |sim| rang_anywhere(sim) > 1);
    waiting_from(&mut sim, "+390552768226");
    waiting_from(&mut sim, SECOND_ONE);
    assert_eq!(last_place(&sim), Some(1));
    waiting_from(&mut sim, FIRST);
    assert_eq!(last_place(&sim), Some(1));
    sim.hang_up(busy);
    sim.verdict().unwrap();
}

fn rang_anywhere(sim: &Sim) -> usize {
    sim.phones.keys().map(|phone| rang(sim, *phone)).sum()
}

#[test]
fn listed_number_comes_first_and_rings_its_own_operator() {
    let mut sim = with_config(|config| {
        let listed = ListedCaller { priority: 30, prefers: Some(("seat02".into(), 30 * SECOND)) };
        config.callers.insert(FIRST.to_owned(), listed);
    });
    let (one, other) = (sim.seat("seat01"), sim.seat("seat02"));
    let (a, b) = (waiting(&mut sim), waiting(&mut sim));
    sim.until("both talk", |sim| sim.talk_together(a, one) && sim.talk_together(b, other));
    waiting_from(&mut sim, SECOND_ONE);
    let listed = waiting_from(&mut sim, FIRST);
    assert_eq!(last_place(&sim), Some(1));
    sim.hang_up(a);
    sim.advance(15 * SECOND);
    assert_eq!(rang(&sim, one), 2, "the next one, who may be served by anybody");
    sim.hang_up(b);
    sim.talking(listed, other);
    sim.verdict().unwrap();
}

#[test]
fn waiting_counts_from_where_the_queue_says() {
    for (since, place) in [(WaitsSince::Entry, 2), (WaitsSince::Key, 2), (WaitsSince::Arrival, 1)] {
        let mut sim = with_config(|config| {
            config.queues.values_mut().for_each(|queue| queue.waits_since = since);
        });
        let seat = sim.seat("seat01");
        let busy = waiting(&mut sim);
        sim.talking(busy, seat);
        let early = sim.call("055055");
        sim.until("the menu is read out", |sim| sim.hears(early, "it/menu"));
        waiting_from(&mut sim, SECOND_ONE);
        sim.press(early, "1");
        assert_eq!(last_place(&sim), Some(place), "{since:?}");
    }
}

#[test]
fn caller_waits_for_one_who_knows_and_after_a_while_for_anybody() {
    let mut sim = with_config(|config| {
        let queue = config.queues.get_mut("anagrafe").unwrap();
        queue.rules.needs.skills = [("inglese".into(), 2)].into_iter().collect();
        queue.rules.needs.waivers = vec![(30 * SECOND, "inglese".into())];
        config.seats.get_mut("seat02").unwrap().rules.skills = [("inglese".into(), 3)].into_iter().collect();
    });
    let (anybody, knows) = (sim.seat("seat01"), sim.seat("seat02"));
    let first = waiting(&mut sim);
    sim.talking(first, knows);
    let second = waiting(&mut sim);
    sim.advance(29 * SECOND);
    assert_eq!(rang(&sim, anybody), 0);
    sim.talking(second, anybody);
    sim.verdict().unwrap();
}
