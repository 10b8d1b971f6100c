//! Calls that no queue gave a seat.

use super::*;
use crate::words::NotTaken;

const RULES: DirectRules =
    DirectRules { ring_for: Duration::from_secs(20), wrap_up: Duration::from_secs(7), own_wish: false };

impl Floor {
    fn direct(&mut self, number: usize, count: u32, wanted: Direct) {
        self.input(Input::Direct(seat(number), call(count), wanted));
    }
}

#[test]
fn ready_seat_that_is_idle_is_rung_for_whom_no_queue_gave_it_and_wraps_up_afterwards() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.direct(1, 1, Direct::Ring(RULES));
    assert_eq!(floor.done(), [Action::RingDirect { seat: seat(1), call: call(1) }]);
    assert_eq!((floor.work(1), floor.view(1).call), (WorkView::Ringing, Some(call(1))));
    floor.input(Input::Answered(seat(1), call(1)));
    assert_eq!(floor.work(1), WorkView::Talking);
    floor.end_talk(1, 1);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(7 * SECOND);
    assert_eq!(floor.work(1), WorkView::Idle);
}

#[test]
fn seat_that_is_engaged_paused_or_away_is_not_rung() {
    let engaged: [fn(&mut Floor); 5] = [
        |floor| floor.talk(9, 1),
        |floor| floor.enter(9),
        |floor| floor.pause(1),
        |floor| floor.status(1, StatusChange::LogOut),
        |floor| floor.input(Input::Unreachable(seat(1))),
    ];
    for (case, engage) in engaged.into_iter().enumerate() {
        let mut floor = Floor::with_seats(1, |_| ());
        engage(&mut floor);
        floor.done();
        floor.direct(1, 1, Direct::Ring(RULES));
        assert_eq!(floor.done(), [Action::Engaged { seat: seat(1), call: call(1) }], "case {case}");
    }
}

#[test]
fn operator_in_a_pause_is_rung_by_the_own_wish_alone_and_stays_in_the_pause() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.pause(1);
    floor.direct(1, 1, Direct::Ring(DirectRules { own_wish: true, ..RULES }));
    floor.input(Input::Answered(seat(1), call(1)));
    assert_eq!((floor.work(1), floor.paused(1).as_deref()), (WorkView::Talking, Some("lunch")));
}

#[test]
fn ring_that_was_not_taken_is_told_once_and_not_held_against_the_seat() {
    type Ends = fn(&mut Floor);
    let ends: [(NotTaken, bool, Ends); 4] = [
        (NotTaken::Rejected, false, |floor| floor.reject(1, 1)),
        (NotTaken::Unreachable, false, |floor| floor.input(Input::Failed(seat(1), call(1)))),
        (NotTaken::CallerLeft, true, |floor| floor.direct(1, 1, Direct::CallOff)),
        (NotTaken::Missed, true, |floor| floor.advance(20 * SECOND)),
    ];
    for (why, stop, end) in ends {
        let mut floor = Floor::with_seats(1, |rules| (rules.max_rejects, rules.max_misses) = (1, 1));
        floor.direct(1, 1, Direct::Ring(RULES));
        floor.done();
        end(&mut floor);
        let (seat, call) = (seat(1), call(1));
        let stopped = stop.then(|| Action::StopRinging { seat: seat.clone(), call, why });
        let told = Action::NotTaken { seat: seat.clone(), call, why };
        assert_eq!(floor.done(), Vec::from_iter(stopped.into_iter().chain([told])));
        floor.input(Input::Answered(seat.clone(), call));
        assert_eq!(floor.done(), [Action::StopRinging { seat, call, why: NotTaken::CallerLeft }], "too late");
        floor.advance(5 * SECOND);
        assert_eq!((floor.work(1), floor.paused(1)), (WorkView::Idle, None), "{why:?}");
    }
}

#[test]
fn two_seats_of_one_call_have_each_its_own_talk_and_wrap_up() {
    let mut floor = Floor::with_seats(2, |rules| rules.wrap_up = 10 * SECOND);
    floor.talk(1, 1);
    floor.direct(1, 1, Direct::Turn(Turn::Consulting));
    floor.direct(2, 1, Direct::Ring(RULES));
    floor.input(Input::Answered(seat(2), call(1)));
    assert_eq!((floor.work(1), floor.work(2)), (WorkView::Consulting, WorkView::Talking));
    floor.end_talk(1, 1);
    assert_eq!((floor.work(1), floor.work(2)), (WorkView::WrapUp, WorkView::Talking));
    floor.advance(10 * SECOND);
    assert_eq!((floor.work(1), floor.work(2)), (WorkView::Idle, WorkView::Talking));
    floor.end_talk(1, 2);
    assert_eq!(floor.work(2), WorkView::WrapUp);
}

#[test]
fn seat_that_dials_is_engaged_at_once_in_a_pause_too_and_no_caller_rings_it() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.direct(1, 1, Direct::Dialled(RULES));
    assert_eq!(floor.work(1), WorkView::Talking);
    floor.enter(2);
    floor.direct(1, 3, Direct::Dialled(RULES));
    assert!(floor.done().contains(&Action::Engaged { seat: seat(1), call: call(3) }));
    floor.end_talk(1, 1);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(7 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
    floor.reject(2, 1);
    floor.pause(1);
    floor.direct(1, 4, Direct::Dialled(RULES));
    assert_eq!(floor.work(1), WorkView::Talking);
}

#[test]
fn call_that_breaks_into_a_wrap_up_takes_nothing_of_it_away() {
    let mut floor = Floor::with_seats(1, |rules| rules.wrap_up = MINUTE);
    floor.talk(1, 1);
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    floor.direct(1, 2, Direct::Dialled(RULES));
    floor.advance(10 * SECOND);
    floor.end_talk(2, 1);
    floor.advance(49 * SECOND);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(SECOND);
    assert_eq!(floor.work(1), WorkView::Idle);
}

#[test]
fn caller_who_comes_back_rings_the_operator_in_a_wrap_up_which_goes_on_when_it_is_not_taken() {
    let own = DirectRules { own_wish: true, ..RULES };
    for taken in [false, true] {
        let mut floor = Floor::with_seats(1, |rules| rules.wrap_up = MINUTE);
        floor.talk(1, 1);
        floor.end_talk(1, 1);
        floor.direct(1, 2, Direct::Ring(own));
        floor.advance(10 * SECOND);
        if taken {
            floor.input(Input::Answered(seat(1), call(2)));
            floor.end_talk(2, 1);
        } else {
            floor.reject(2, 1);
        }
        assert_eq!(floor.work(1), WorkView::WrapUp, "taken: {taken}");
        floor.advance(59 * SECOND);
        assert_eq!(floor.work(1), WorkView::WrapUp, "taken: {taken}");
        floor.advance(SECOND);
        assert_eq!(floor.work(1), WorkView::Idle, "taken: {taken}");
    }
}

#[test]
fn talk_that_becomes_one_with_a_citizen_is_wrapped_up() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.direct(1, 1, Direct::Ring(DirectRules { wrap_up: Duration::ZERO, ..RULES }));
    floor.input(Input::Answered(seat(1), call(1)));
    floor.direct(1, 1, Direct::WrapUp(7 * SECOND));
    floor.end_talk(1, 1);
    floor.advance(6 * SECOND);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(SECOND);
    assert_eq!(floor.work(1), WorkView::Idle);
}
