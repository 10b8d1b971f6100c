//! Queues that ring all their free seats.

use super::*;
use crate::words::NotTaken;

/// One queue that rings all, `at_most` of them, and so many seats.
fn floor(seats: usize, at_most: usize) -> Floor {
    Floor::with_seats(seats, |rules| {
        (rules.strategy, rules.ring_at_most) = (Strategy::RingAll, at_most);
    })
}

fn who_rings(floor: &Floor) -> Vec<(usize, CallId)> {
    let rings = |n: &usize| floor.work(*n) == WorkView::Ringing;
    let seats = 1..=floor.acd.seats().count();
    seats.filter(rings).filter_map(|n| Some((n, floor.view(n).call?))).collect()
}

fn not_taken(floor: &mut Floor) -> Vec<(SeatId, NotTaken)> {
    let why = |action| match action {
        Action::NotTaken { seat, why, .. } => Some((seat, why)),
        _ => None,
    };
    floor.done().into_iter().filter_map(why).collect()
}

#[test]
fn every_free_seat_rings_and_the_first_to_answer_has_the_caller() {
    let mut floor = floor(3, 10);
    floor.enter(1);
    assert_eq!(who_rings(&floor), [(1, call(1)), (2, call(1)), (3, call(1))]);
    floor.input(Input::Answered(seat(2), call(1)));
    assert_eq!(
        (floor.work(1), floor.work(2), floor.work(3)),
        (WorkView::Idle, WorkView::Talking, WorkView::Idle)
    );
    assert_eq!(not_taken(&mut floor), [(seat(1), NotTaken::Elsewhere), (seat(3), NotTaken::Elsewhere)]);
}

#[test]
fn second_answer_of_the_same_moment_is_hung_up_and_takes_nothing() {
    let mut floor = floor(2, 10);
    floor.enter(1);
    floor.input(Input::Answered(seat(1), call(1)));
    floor.done();
    floor.input(Input::Answered(seat(2), call(1)));
    assert!(matches!(&floor.done()[..], [Action::StopRinging { seat: stopped, .. }] if *stopped == seat(2)));
    assert_eq!((floor.work(1), floor.work(2)), (WorkView::Talking, WorkView::Idle));
}

#[test]
fn nothing_is_held_against_those_who_were_slower() {
    let mut floor = floor(3, 10);
    for count in 1..=4 {
        floor.enter(count);
        floor.input(Input::Answered(seat(1), call(count)));
        floor.end_talk(count, 1);
        floor.advance(10 * SECOND); // the wrap-up
    }
    assert_eq!((floor.paused(2), floor.paused(3)), (None, None));
    // They have been idle for longest, in the order in which they came.
    let mut one = Floor::with_seats(3, |_| {});
    one.enter(1);
    assert_eq!(one.rings(), [(seat(1), call(1))]);
}

#[test]
fn no_more_seats_ring_for_one_caller_than_the_queue_allows() {
    let mut floor = floor(5, 3);
    floor.enter(1);
    assert_eq!(who_rings(&floor), [(1, call(1)), (2, call(1)), (3, call(1))]);
    floor.enter(2);
    assert_eq!(who_rings(&floor)[3..], [(4, call(2)), (5, call(2))]);
}

#[test]
fn who_waits_is_rung_for_before_others_have_more_seats() {
    let mut floor = floor(3, 10);
    floor.enter(1);
    floor.enter(2);
    floor.input(Input::Answered(seat(1), call(1)));
    assert_eq!(who_rings(&floor), [(2, call(2)), (3, call(2))], "both are free for the one who waited");
    floor.reject(2, 2);
    assert_eq!(who_rings(&floor), [(3, call(2))]);
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(who_rings(&floor), [(1, call(2)), (3, call(2))], "a seat that becomes free rings too");
}

#[test]
fn each_ring_has_its_own_end_and_the_caller_stays_until_the_last() {
    let mut floor = floor(2, 10);
    floor.pause(2);
    floor.enter(1);
    floor.advance(5 * SECOND);
    floor.status(2, StatusChange::Ready);
    assert_eq!(who_rings(&floor), [(1, call(1)), (2, call(1))]);
    floor.advance(10 * SECOND);
    assert_eq!(who_rings(&floor), [(2, call(1))]);
    floor.advance(5 * SECOND);
    assert_eq!(not_taken(&mut floor), [(seat(1), NotTaken::Missed), (seat(2), NotTaken::Missed)]);
    floor.advance(15 * SECOND);
    assert_eq!(who_rings(&floor), [(1, call(1))], "the rest is over, and nobody else is free");
}

#[test]
fn caller_who_leaves_stops_every_ring() {
    let mut floor = floor(3, 10);
    floor.enter(1);
    floor.input(Input::Leave(call(1)));
    assert_eq!(who_rings(&floor), []);
    assert_eq!(not_taken(&mut floor), [1, 2, 3].map(|n| (seat(n), NotTaken::CallerLeft)));
}

#[test]
fn nobody_new_rings_for_a_caller_whose_longest_wait_is_over() {
    let mut floor = Floor::with_seats(2, |rules| {
        (rules.strategy, rules.max_wait) = (Strategy::RingAll, 10 * SECOND);
    });
    floor.pause(2);
    floor.enter(1);
    floor.advance(11 * SECOND);
    floor.status(2, StatusChange::Ready);
    assert_eq!(who_rings(&floor), [(1, call(1))]);
    floor.advance(4 * SECOND);
    assert!(floor.done().iter().any(|action| matches!(action, Action::Left { .. })));
}
