//! A queue rings all its free seats: one talk comes of it, and nobody is told of a call that somebody else has taken.

use centralino::acd::Strategy;
use centralino::journal::entry::Fact;
use centralino::words::NotTaken;

use super::{SECOND, answering_after, demo_with, rang, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Manner, PhoneId};

/// The demo with queues that ring all, and three seats that answer after so many seconds.
fn three(seconds: [u32; 3]) -> (Sim, [PhoneId; 3]) {
    let mut sim = demo_with(|queue| queue.strategy = Strategy::RingAll);
    let seats = ["seat01", "seat02", "seat03"].map(|name| sim.seat(name));
    for (seat, after) in seats.into_iter().zip(seconds) {
        answering_after(&mut sim, seat, Manner::Answers(after * SECOND));
    }
    (sim, seats)
}

fn not_taken(sim: &Sim) -> Vec<NotTaken> {
    let why = |fact: &Fact| match fact {
        Fact::SeatNotTaken { why, .. } => Some(*why),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| why(&entry.fact)).collect()
}

#[test]
fn all_phones_ring_the_first_has_the_citizen_and_the_others_fall_silent() {
    let (mut sim, [slow, quick, slower]) = three([8, 3, 9]);
    let citizen = waiting(&mut sim);
    sim.talking(citizen, quick);
    sim.advance(SECOND);
    assert_eq!([slow, quick, slower].map(|seat| rang(&sim, seat)), [1, 1, 1]);
    assert_eq!([slow, slower].map(|seat| sim.line(seat)), [Line::Free, Line::Free]);
    assert_eq!(not_taken(&sim), [NotTaken::Elsewhere, NotTaken::Elsewhere]);
    sim.hang_up(citizen);
    sim.advance(SECOND);
    let contact = sim.contact(citizen);
    assert!((2.9..3.3).contains(&contact.ring_s), "it rang for {} s", contact.ring_s);
    sim.advance(64 * SECOND);
    sim.verdict().unwrap();
}

#[test]
fn two_answers_in_the_same_moment_make_one_talk_and_the_other_phone_is_told_at_once() {
    let (mut sim, seats) = three([3, 3, 3]);
    let citizen = waiting(&mut sim);
    sim.until("somebody talks", |sim| sim.partner(citizen).is_some());
    let partner = sim.partner(citizen).expect("somebody talks");
    sim.advance(SECOND);
    for seat in seats {
        assert_eq!(sim.line(seat) == Line::Free, seat != partner);
    }
    assert_eq!(not_taken(&sim), [NotTaken::Elsewhere, NotTaken::Elsewhere]);
    sim.verdict().unwrap();
}

#[test]
fn next_citizen_rings_at_those_who_were_not_the_first() {
    let (mut sim, [_, quick, _]) = three([8, 1, 9]);
    let citizen = waiting(&mut sim);
    sim.talking(citizen, quick);
    let next = waiting(&mut sim);
    sim.until("another operator answers", |sim| sim.partner(next).is_some());
    assert_ne!(sim.partner(next), Some(quick));
    sim.verdict().unwrap();
}
