//! What callers are promised.

use super::*;
use crate::words::QueueExit;

fn left(count: u32, exit: QueueExit, waited: Duration) -> Action {
    Action::Left { call: call(count), queue: "a".into(), exit, waited }
}

fn placed(count: u32, position: usize) -> Action {
    Action::Placed { call: call(count), queue: "a".into(), position }
}

#[test]
fn callers_are_served_in_the_order_they_came() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    floor.enter(2);
    floor.enter(3);
    floor.done();
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
    floor.input(Input::Leave(call(2)));
    assert_eq!(floor.rings(), [(seat(1), call(3))]);
}

#[test]
fn priority_counts_as_minutes_waited_over_all_queues_of_the_seat() {
    let seats = vec![serving("seat01", &["a", "b"]), serving("seat02", &["a", "b"])];
    let mut floor = Floor::new(vec![rules("a"), rules("b")], seats);
    expect_back(&mut floor, 1);
    floor.enter_queue(1, "a", 0);
    floor.advance(30 * SECOND);
    floor.enter_queue(2, "b", 1);
    floor.advance(31 * SECOND);
    floor.enter_queue(3, "a", 1);
    floor.done();
    floor.input(Input::Reachable(seat(1)));
    floor.input(Input::Reachable(seat(2)));
    assert_eq!(floor.rings(), [(seat(1), call(2)), (seat(2), call(1))]);
}

#[test]
fn seat_serves_only_its_queues() {
    let seats = vec![serving("seat01", &["a"]), serving("seat02", &["b"])];
    let mut floor = Floor::new(vec![rules("a"), rules("b")], seats);
    floor.input(Input::Reachable(seat(1)));
    floor.input(Input::Reachable(seat(2)));
    floor.enter_queue(1, "b", 0);
    floor.enter_queue(2, "b", 0);
    assert_eq!(floor.rings(), [(seat(2), call(1))]);
}

/// A seat that is logged in since before a restart, whose phone has not come back yet.
fn expect_back(floor: &mut Floor, number: usize) {
    let before = Restored { status: Status::Ready, had_phone: true, ..Restored::default() };
    floor.input(Input::Restored(seat(number), before));
}

#[test]
fn seats_whose_phones_are_gone_attend_no_queue_but_a_phone_that_may_come_back_is_waited_for() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.input(Input::Unreachable(seat(1)));
    floor.enter(1);
    floor.advance(100 * SECOND);
    assert_eq!(floor.done(), [placed(1, 1)]);
    floor.advance(20 * SECOND);
    assert_eq!(floor.done(), [left(1, QueueExit::NoSeats, 120 * SECOND)]);
    floor.enter(2);
    assert_eq!(floor.done(), [left(2, QueueExit::NoSeats, Duration::ZERO)]);
    floor.input(Input::Reachable(seat(1)));
    floor.enter(3);
    assert_eq!(floor.view(1).call, Some(call(3)));
}

#[test]
fn seat_logged_in_without_a_phone_attends_no_queue() {
    let mut floor = Floor::new(vec![rules("a")], vec![serving("seat01", &["a"])]);
    floor.status(1, StatusChange::LogIn);
    floor.enter(1);
    assert_eq!(floor.done(), [left(1, QueueExit::NoSeats, Duration::ZERO)]);
    expect_back(&mut floor, 1);
    floor.enter(2);
    assert_eq!(floor.done(), [placed(2, 1)]);
}

#[test]
fn nobody_logged_in_sends_the_caller_on_and_a_pause_does_not() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.status(1, StatusChange::LogOut);
    floor.pause(2);
    floor.enter(1);
    assert_eq!(floor.done(), [placed(1, 1)]);
    floor.status(2, StatusChange::LogOut);
    assert_eq!(floor.done(), [left(1, QueueExit::NoSeats, Duration::ZERO)]);
    floor.enter(2);
    assert_eq!(floor.done(), [left(2, QueueExit::NoSeats, Duration::ZERO)]);
}

#[test]
fn last_seat_that_logs_out_while_ringing_may_still_answer() {
    for answers in [true, false] {
        let mut floor = Floor::with_seats(1, |_| ());
        floor.enter(1);
        floor.status(1, StatusChange::LogOut);
        floor.advance(14 * SECOND);
        floor.done();
        if answers {
            floor.input(Input::Answered(seat(1), call(1)));
            assert_eq!((floor.done(), floor.work(1)), (vec![], WorkView::Talking));
        } else {
            floor.advance(SECOND);
            assert_eq!(floor.done().last(), Some(&left(1, QueueExit::NoSeats, 15 * SECOND)));
        }
    }
}

#[test]
fn full_queue_sends_the_caller_on_but_never_past_a_free_seat() {
    let mut floor = Floor::with_seats(2, |rules| rules.max_waiting = 1);
    floor.enter(1);
    floor.enter(2);
    floor.input(Input::Answered(seat(1), call(1)));
    floor.done();
    floor.enter(3);
    assert_eq!(floor.done(), [left(3, QueueExit::Full, Duration::ZERO)]);
}

#[test]
fn longest_wait_is_the_shorter_of_queue_and_node() {
    for (own, expected) in [(None, 10 * MINUTE), (Some(MINUTE), MINUTE), (Some(60 * MINUTE), 10 * MINUTE)] {
        let mut floor = Floor::with_seats(1, |_| ());
        floor.pause(1);
        floor.input(Input::Enter(Entering { max_wait: own, ..Entering::new(call(1), "a".into()) }));
        floor.advance(expected - SECOND);
        assert_eq!(floor.done(), [placed(1, 1)]);
        floor.advance(SECOND);
        assert_eq!(floor.done(), [left(1, QueueExit::Timeout, expected)]);
    }
}

#[test]
fn caller_whose_wait_ends_while_a_seat_rings_may_still_be_answered() {
    for answers in [true, false] {
        let mut floor = Floor::with_seats(1, |rules| rules.max_wait = 10 * SECOND);
        floor.enter(1);
        floor.advance(14 * SECOND);
        floor.done();
        if answers {
            floor.input(Input::Answered(seat(1), call(1)));
            floor.advance(MINUTE);
            assert_eq!(floor.done(), []);
        } else {
            floor.advance(SECOND);
            assert_eq!(floor.done().last(), Some(&left(1, QueueExit::Timeout, 15 * SECOND)));
        }
    }
}

#[test]
fn position_is_told_on_entry_and_then_regularly() {
    let mut floor = Floor::with_seats(1, |rules| rules.announce_every = 45 * SECOND);
    floor.talk(1, 1);
    floor.done();
    floor.enter(2);
    floor.enter(3);
    assert_eq!(floor.done(), [placed(2, 1), placed(3, 2)]);
    floor.advance(30 * SECOND);
    floor.input(Input::Leave(call(2)));
    floor.advance(15 * SECOND);
    assert_eq!(floor.done(), [Action::Announce { call: call(3), position: 1 }]);
    floor.advance(45 * SECOND);
    assert_eq!(floor.done(), [Action::Announce { call: call(3), position: 1 }]);
}

#[test]
fn caller_whom_a_seat_rings_for_hears_no_position_but_counts_as_waiting() {
    let mut floor = Floor::with_seats(1, |rules| rules.announce_every = 10 * SECOND);
    floor.enter(1);
    floor.enter(2);
    floor.done();
    floor.advance(10 * SECOND);
    assert_eq!(floor.done(), [Action::Announce { call: call(2), position: 2 }]);
}

#[test]
fn caller_with_priority_is_placed_before_others() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.pause(1);
    floor.enter(1);
    floor.enter_queue(2, "a", 5);
    assert_eq!(floor.done(), [placed(1, 1), placed(2, 1)]);
    let order: Vec<_> =
        floor.acd.queues().flat_map(|queue| queue.waiting).map(|waiting| waiting.call).collect();
    assert_eq!(order, [call(2), call(1)]);
}

#[test]
fn unknown_queue_is_an_error_exit_and_strands_nobody() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.enter_queue(1, "nowhere", 0);
    let exit = Action::Left {
        call: call(1),
        queue: "nowhere".into(),
        exit: QueueExit::Error,
        waited: Duration::ZERO,
    };
    assert_eq!(floor.done(), [exit]);
}

#[test]
fn nothing_is_left_to_wake_up_for_when_all_is_quiet() {
    let mut floor = Floor::with_seats(1, |rules| rules.announce_every = 10 * SECOND);
    floor.talk(1, 1);
    floor.enter(2);
    floor.input(Input::Leave(call(2)));
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.acd.poll_timeout(), None);
}
