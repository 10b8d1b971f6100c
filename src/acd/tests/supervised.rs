//! What supervisors do with callers who wait.

use super::*;
use crate::words::{NotTaken, QueueExit};

/// Queues `a` and `b`, with a seat each that talks: seat 1 with caller 91, seat 2 with caller 92.
fn two_queues() -> Floor {
    let seats = vec![serving("seat01", &["a"]), serving("seat02", &["b"])];
    let mut floor = Floor::new(vec![rules("a"), QueueRules { max_waiting: 2, ..rules("b") }], seats);
    for (number, caller, queue) in [(1, 91, "a"), (2, 92, "b")] {
        floor.input(Input::Reachable(seat(number)));
        floor.enter_queue(caller, queue, 0);
        floor.input(Input::Answered(seat(number), call(caller)));
    }
    floor.done();
    floor
}

fn order(floor: &Floor, queue: &str) -> Vec<CallId> {
    let state = floor.acd.queues().find(|state| state.id.as_str() == queue).expect("it is there");
    state.waiting.iter().map(|waiting| waiting.call).collect()
}

fn fault(floor: &Floor, count: u32, wanted: &Supervised) -> Option<SupervisedFault> {
    floor.acd.supervised_fault(floor.now, call(count), wanted)
}

#[test]
fn who_is_moved_stands_in_the_new_line_by_the_whole_wait() {
    let mut floor = two_queues();
    floor.enter_queue(1, "a", 0);
    floor.advance(MINUTE);
    floor.enter_queue(2, "b", 0);
    floor.advance(SECOND);
    floor.done();
    floor.input(Input::Supervised(call(1), Supervised::Move("b".into())));
    assert_eq!(floor.done(), [Action::Placed { call: call(1), queue: "b".into(), position: 1 }]);
    assert_eq!((order(&floor, "a"), order(&floor, "b")), (vec![], vec![call(1), call(2)]));
    let wait = floor.acd.wait_of(floor.now, call(1)).expect("it waits");
    assert_eq!((wait.position, wait.waited), (1, 61 * SECOND));
    floor.end_talk(92, 2);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(2), call(1))]);
}

#[test]
fn longest_wait_of_the_new_queue_counts_from_the_move() {
    let mut floor = two_queues();
    floor.enter_queue(1, "a", 0);
    floor.advance(9 * MINUTE);
    floor.input(Input::Supervised(call(1), Supervised::Move("b".into())));
    floor.done();
    floor.advance(10 * MINUTE);
    let left =
        Action::Left { call: call(1), queue: "b".into(), exit: QueueExit::Timeout, waited: 10 * MINUTE };
    assert_eq!(floor.done(), [left]);
}

#[test]
fn nobody_is_moved_to_where_they_would_be_turned_away_or_out_of_a_ring() {
    let mut floor = two_queues();
    let to_b = Supervised::Move("b".into());
    assert_eq!(fault(&floor, 1, &to_b), Some(SupervisedFault::NotWaiting));
    assert_eq!(fault(&floor, 91, &to_b), Some(SupervisedFault::NotWaiting)); // it talks
    floor.enter_queue(1, "a", 0);
    floor.enter_queue(2, "b", 0);
    assert_eq!(fault(&floor, 2, &to_b), Some(SupervisedFault::SameQueue));
    floor.enter_queue(3, "b", 0);
    assert_eq!(fault(&floor, 1, &to_b), Some(SupervisedFault::TurnedAway(QueueExit::Full)));
    let gone = Supervised::Move("c".into());
    assert_eq!(fault(&floor, 1, &gone), Some(SupervisedFault::TurnedAway(QueueExit::Error)));
    floor.done();
    floor.input(Input::Supervised(call(1), to_b.clone()));
    assert_eq!((floor.done(), order(&floor, "a")), (vec![], vec![call(1)]));
    floor.end_talk(91, 1);
    floor.advance(10 * SECOND);
    assert_eq!(fault(&floor, 1, &to_b), Some(SupervisedFault::Rings(seat(1))));
}

#[test]
fn who_is_advanced_overtakes_those_who_have_waited_so_much_longer() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(9, 1);
    for caller in 1..=3 {
        floor.enter(caller);
        floor.advance(MINUTE);
    }
    floor.input(Input::Supervised(call(3), Supervised::Advance(1)));
    assert_eq!(order(&floor, "a"), [call(1), call(2), call(3)]); // equal, and came later
    floor.input(Input::Supervised(call(3), Supervised::Advance(1)));
    assert_eq!(order(&floor, "a"), [call(1), call(3), call(2)]);
    floor.input(Input::Supervised(call(1), Supervised::Advance(-60)));
    assert_eq!(order(&floor, "a"), [call(3), call(2), call(1)]);
    assert_eq!(floor.acd.minutes_ahead(call(3)), 2);
}

#[test]
fn seat_takes_a_caller_whom_it_would_not_get_and_who_goes_back_to_the_place_when_it_does_not_answer() {
    let mut floor = two_queues();
    floor.enter_queue(1, "a", 0);
    floor.enter_queue(2, "a", 0);
    assert_eq!(fault(&floor, 2, &Supervised::Take(seat(2))), Some(SupervisedFault::SeatNotFree));
    floor.end_talk(92, 2);
    floor.pause(2);
    floor.advance(5 * SECOND);
    floor.done();
    // In a pause and in the middle of a wrap-up.
    floor.input(Input::Supervised(call(2), Supervised::Take(seat(2))));
    assert_eq!(floor.rings(), [(seat(2), call(2))]);
    floor.reject(2, 2);
    let not_taken = Action::NotTaken { seat: seat(2), call: call(2), why: NotTaken::Rejected };
    assert_eq!((floor.done(), order(&floor, "a")), (vec![not_taken], vec![call(1), call(2)]));
    assert_eq!(floor.work(2), WorkView::WrapUp);
    floor.advance(5 * SECOND);
    assert_eq!(floor.work(2), WorkView::Idle);
    floor.input(Input::Supervised(call(2), Supervised::Take(seat(2))));
    floor.input(Input::Answered(seat(2), call(2)));
    assert_eq!((floor.work(2), order(&floor, "a")), (WorkView::Talking, vec![call(1)]));
    floor.end_talk(2, 2);
    assert_eq!(floor.work(2), WorkView::WrapUp);
}

#[test]
fn queue_would_answer_in_time_when_a_seat_is_free_or_the_expected_wait_is_no_longer() {
    let mut floor = Floor::with_seats(1, |rules| rules.max_waiting = 1);
    let asks = |floor: &Floor, queue: &str| {
        floor.acd.answers_within(floor.now, &Entering::new(call(9), queue.into()), MINUTE)
    };
    assert_eq!((asks(&floor, "a"), asks(&floor, "b")), (Some(true), Some(false)));
    floor.talk(1, 1);
    assert_eq!(asks(&floor, "a"), None);
    for (expected, answer) in [(MINUTE, Some(true)), (61 * SECOND, Some(false))] {
        floor.input(Input::Expected("a".into(), Some(expected)));
        assert_eq!(asks(&floor, "a"), answer, "{expected:?}");
    }
    floor.input(Input::Expected("a".into(), Some(SECOND)));
    floor.enter(2);
    assert_eq!(asks(&floor, "a"), Some(false), "it is full");
}

#[test]
fn task_is_given_out_while_few_enough_wait_and_enough_seats_are_free() {
    let tasks = TaskRules { at_most_waiting: 1, free_seats: 2 };
    let mut floor = Floor::with_seats(3, |rules| rules.tasks = Some(tasks));
    let may = |floor: &Floor| floor.acd.may_give_task(&"a".into());
    assert!(may(&floor) && !floor.acd.may_give_task(&"b".into()));
    floor.talk(1, 1);
    assert!(may(&floor));
    floor.talk(2, 2);
    assert!(!may(&floor), "one seat is free");
}
