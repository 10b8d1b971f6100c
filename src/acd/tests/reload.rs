//! New rules while callers wait and operators talk.

use super::*;

fn needs(levels: &[(&str, u8)]) -> Needs {
    let skills = levels.iter().map(|(skill, level)| ((*skill).into(), *level)).collect();
    Needs { skills, waivers: Vec::new() }
}

fn reload(floor: &mut Floor, queues: &[QueueRules], seats: &[SeatRules]) {
    floor.input(Input::Rules(queues.to_vec(), seats.to_vec()));
}

/// These seats, registered a second apart.
fn floor(queues: &[QueueRules], seats: &[SeatRules]) -> Floor {
    let mut floor = Floor::new(queues.to_vec(), seats.to_vec());
    for seat in seats {
        floor.advance(SECOND);
        floor.input(Input::Reachable(seat.id.clone()));
    }
    floor.rings();
    floor
}

fn two() -> [SeatRules; 2] {
    [serving("seat01", &["a"]), serving("seat02", &["a"])]
}

#[test]
fn new_strategy_knows_the_calls_of_before() {
    let queue = QueueRules { strategy: Strategy::Linear, wrap_up: Duration::ZERO, ..rules("a") };
    let mut floor = floor(std::slice::from_ref(&queue), &two());
    for count in [1, 2] {
        floor.talk(count, 1);
        floor.end_talk(count, 1);
    }
    floor.rings();
    reload(&mut floor, &[QueueRules { strategy: Strategy::FewestCalls, ..queue }], &two());
    floor.enter(3);
    assert_eq!(floor.rings(), [(seat(2), call(3))]);
}

#[test]
fn caller_for_whom_nobody_knew_enough_is_served_when_the_rules_ask_for_less_or_somebody_knows_more() {
    let queue = QueueRules { needs: needs(&[("tributi", 2)]), ..rules("a") };
    let knowing = SeatRules { skills: needs(&[("tributi", 2)]).skills, ..serving("seat01", &["a"]) };
    let unknowing = serving("seat01", &["a"]);
    for (queues, seats) in [([rules("a")], unknowing.clone()), ([queue.clone()], knowing)] {
        let mut floor = floor(std::slice::from_ref(&queue), std::slice::from_ref(&unknowing));
        floor.enter(1);
        assert_eq!(floor.rings(), []);
        reload(&mut floor, &queues, &[seats]);
        assert_eq!(floor.rings(), [(seat(1), call(1))]);
    }
}

#[test]
fn new_advantage_of_a_queue_moves_those_who_wait_and_keeps_their_order() {
    let both = [serving("seat01", &["a", "b"])];
    let mut floor = floor(&[rules("a"), rules("b")], &both);
    floor.talk(1, 1);
    for (count, queue) in [(2, "a"), (3, "b"), (4, "b")] {
        floor.advance(SECOND);
        floor.enter_queue(count, queue, 0);
    }
    reload(&mut floor, &[rules("a"), QueueRules { offset: 1, ..rules("b") }], &both);
    for (ends, next) in [(1, 3), (3, 4), (4, 2)] {
        floor.rings();
        floor.end_talk(ends, 1);
        floor.advance(rules("a").wrap_up);
        assert_eq!(floor.rings(), [(seat(1), call(next))]);
        floor.input(Input::Answered(seat(1), call(next)));
    }
}

#[test]
fn preferred_seat_that_is_gone_is_not_waited_for() {
    let mut floor = floor(&[rules("a")], &two());
    floor.talk(1, 1);
    let prefers = Some((seat(1), 60 * SECOND));
    floor.input(Input::Enter(Entering { prefers, ..Entering::new(call(2), "a".into()) }));
    floor.rings();
    reload(&mut floor, &[rules("a")], &two()[1..]);
    assert_eq!(floor.rings(), [(seat(2), call(2))]);
}

#[test]
fn place_is_told_no_more_where_the_new_rules_tell_none() {
    let often = QueueRules { announce_every: 10 * SECOND, ..rules("a") };
    let mut floor = floor(std::slice::from_ref(&often), &two()[..1]);
    floor.talk(1, 1);
    floor.enter(2);
    floor.done();
    reload(&mut floor, &[QueueRules { announce_every: Duration::ZERO, ..often }], &two()[..1]);
    floor.advance(60 * SECOND);
    assert_eq!(floor.done(), []);
}
