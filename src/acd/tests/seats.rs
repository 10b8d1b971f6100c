//! What seats are promised.

use super::*;
use crate::words::NotTaken;

#[test]
fn the_seat_free_for_longest_is_rung() {
    let mut floor = Floor::with_seats(3, |_| ());
    floor.talk(1, 1);
    floor.end_talk(1, 1);
    floor.advance(MINUTE);
    floor.done();
    for count in 2..=4 {
        floor.enter(count);
    }
    assert_eq!(floor.rings(), [(seat(2), call(2)), (seat(3), call(3)), (seat(1), call(4))]);
}

#[test]
fn seat_whose_caller_hung_up_keeps_its_turn() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.enter(1);
    floor.advance(5 * SECOND);
    floor.input(Input::Leave(call(1)));
    floor.done();
    floor.enter(2);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
}

#[test]
fn seat_back_from_a_pause_comes_after_those_who_stayed() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.pause(1);
    floor.advance(MINUTE);
    floor.status(1, StatusChange::Ready);
    floor.enter(1);
    assert_eq!(floor.rings(), [(seat(2), call(1))]);
}

#[test]
fn first_registration_logs_in_and_a_refresh_changes_nothing() {
    let mut floor = Floor::with_seats(1, |_| ());
    assert_eq!(floor.view(1).status, Status::Ready);
    floor.talk(1, 1);
    floor.pause(1);
    let before = floor.view(1);
    floor.input(Input::Reachable(seat(1)));
    assert_eq!(floor.view(1), before);
    floor.status(1, StatusChange::LogOut);
    floor.input(Input::Unreachable(seat(1)));
    floor.input(Input::Reachable(seat(1)));
    assert_eq!(floor.view(1).status, Status::LoggedOut);
}

#[test]
fn missed_seat_rests_and_its_caller_is_rung_elsewhere_at_the_old_place() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.pause(2);
    floor.enter(1);
    floor.enter(2);
    floor.status(2, StatusChange::Ready);
    floor.input(Input::Rejected(seat(2), call(2)));
    floor.done();
    floor.advance(15 * SECOND);
    let missed = (seat(1), call(1), NotTaken::Missed);
    assert_eq!(
        floor.done(),
        [
            Action::StopRinging { seat: missed.0.clone(), call: missed.1, why: missed.2 },
            Action::NotTaken { seat: missed.0, call: missed.1, why: missed.2 },
        ]
    );
    assert_eq!(floor.work(1), WorkView::Resting);
    floor.advance(5 * SECOND);
    assert_eq!(floor.rings(), [(seat(2), call(1))], "the first caller is still the first");
}

#[test]
fn seat_that_misses_too_often_is_paused_and_says_why() {
    let mut floor = Floor::with_seats(1, |rules| rules.max_misses = 2);
    floor.enter(1);
    floor.advance(15 * SECOND);
    assert_eq!((floor.paused(1), floor.work(1)), (None, WorkView::Resting));
    floor.advance(20 * SECOND);
    assert_eq!(floor.work(1), WorkView::Ringing);
    floor.advance(15 * SECOND);
    assert_eq!(floor.paused(1).as_deref(), Some("missed"));
    floor.done();
    floor.advance(MINUTE);
    assert_eq!(floor.rings(), []);
    floor.status(1, StatusChange::Ready);
    assert_eq!(floor.rings(), [(seat(1), call(1))]);
}

#[test]
fn an_answer_forgives_the_misses_before_it() {
    let mut floor = Floor::with_seats(1, |rules| rules.max_misses = 2);
    for count in 1..=4 {
        floor.enter(count);
        floor.advance(15 * SECOND);
        floor.advance(20 * SECOND);
        floor.input(Input::Answered(seat(1), call(count)));
        floor.end_talk(count, 1);
        floor.advance(10 * SECOND);
        assert_eq!(floor.paused(1), None);
    }
}

#[test]
fn rejecting_seat_is_not_asked_again_at_once_and_paused_at_the_cap() {
    let mut floor = Floor::with_seats(1, |rules| rules.reject_delay = 20 * SECOND);
    floor.enter(1);
    for round in 1..=3 {
        assert_eq!(floor.rings().len(), 1, "round {round}");
        floor.reject(1, 1);
        floor.advance(19 * SECOND);
        assert_eq!(floor.rings(), [], "round {round}");
        floor.advance(SECOND);
    }
    assert_eq!(floor.paused(1).as_deref(), Some("rejects"));
    assert_eq!(floor.rings(), []);
}

#[test]
fn seat_that_refuses_at_once_is_never_asked_in_a_loop() {
    let mut floor = Floor::with_seats(1, |rules| rules.reject_delay = Duration::ZERO);
    floor.enter(1);
    floor.done();
    floor.reject(1, 1);
    floor.advance(Duration::from_millis(999));
    assert_eq!(floor.rings(), []);
}

#[test]
fn phone_that_cannot_be_reached_rests_shortly_and_counts_as_a_miss() {
    let mut floor = Floor::with_seats(1, |rules| rules.max_misses = 2);
    floor.enter(1);
    floor.input(Input::Failed(seat(1), call(1)));
    assert_eq!(floor.work(1), WorkView::Resting);
    floor.advance(5 * SECOND);
    assert_eq!(floor.work(1), WorkView::Ringing);
    floor.input(Input::Failed(seat(1), call(1)));
    assert_eq!(floor.paused(1).as_deref(), Some("missed"));
}

#[test]
fn phone_that_vanishes_while_it_rings_gives_the_caller_back_at_once() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.enter(1);
    floor.done();
    floor.input(Input::Unreachable(seat(1)));
    let (from, to, caller, why) = (seat(1), seat(2), call(1), NotTaken::Unreachable);
    assert_eq!(
        floor.done(),
        [
            Action::StopRinging { seat: from.clone(), call: caller, why },
            Action::NotTaken { seat: from, call: caller, why },
            Action::Ring { seat: to, call: caller, queue: "a".into() },
        ]
    );
}

#[test]
fn phone_that_vanishes_while_talking_changes_nothing_for_the_caller() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    floor.done();
    floor.input(Input::Unreachable(seat(1)));
    assert_eq!(floor.done(), []);
    assert_eq!(floor.work(1), WorkView::Talking);
    floor.end_talk(1, 1);
    assert_eq!(floor.work(1), WorkView::WrapUp);
}

#[test]
fn wrap_up_holds_through_pause_logout_and_lost_registration() {
    let meanwhile: [&[Input]; 4] = [
        &[],
        &[
            Input::Status(seat(1), StatusChange::Pause("lunch".into())),
            Input::Status(seat(1), StatusChange::Ready),
        ],
        &[Input::Status(seat(1), StatusChange::LogOut), Input::Status(seat(1), StatusChange::LogIn)],
        &[Input::Unreachable(seat(1)), Input::Reachable(seat(1))],
    ];
    for inputs in meanwhile {
        let mut floor = Floor::with_seats(2, |_| ());
        floor.talk(1, 1);
        floor.end_talk(1, 1);
        floor.pause(2); // somebody is logged in all the time
        for input in inputs {
            floor.advance(SECOND);
            floor.input(input.clone());
        }
        floor.enter(2);
        floor.done();
        floor.advance(10 * SECOND - u32::try_from(inputs.len()).unwrap() * SECOND - SECOND);
        assert_eq!((floor.work(1), floor.rings()), (WorkView::WrapUp, vec![]), "{inputs:?}");
        floor.advance(SECOND);
        assert_eq!(floor.rings(), [(seat(1), call(2))], "{inputs:?}");
    }
}

#[test]
fn operator_may_end_the_wrap_up_early() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    floor.end_talk(1, 1);
    floor.enter(2);
    floor.done();
    floor.input(Input::WrapUpDone(seat(1)));
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
}

#[test]
fn queue_without_wrap_up_frees_the_seat_at_once() {
    let mut floor = Floor::with_seats(1, |rules| rules.wrap_up = Duration::ZERO);
    floor.talk(1, 1);
    floor.enter(2);
    floor.done();
    floor.end_talk(1, 1);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
}

#[test]
fn paused_seat_finishes_its_talk_and_gets_no_further_call() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    floor.pause(1);
    assert_eq!(floor.work(1), WorkView::Talking);
    floor.enter(2);
    floor.end_talk(1, 1);
    floor.done();
    floor.advance(MINUTE);
    assert_eq!((floor.work(1), floor.rings()), (WorkView::Idle, vec![]));
}

#[test]
fn late_answer_is_told_to_be_hung_up() {
    let mut floor = Floor::with_seats(2, |_| ());
    floor.enter(1);
    floor.advance(15 * SECOND);
    floor.input(Input::Answered(seat(2), call(1)));
    floor.done();
    floor.input(Input::Answered(seat(1), call(1)));
    let stop = |why| Action::StopRinging { seat: seat(1), call: call(1), why };
    assert_eq!(floor.done(), [stop(NotTaken::Missed)]);
    floor.end_talk(1, 2);
    floor.input(Input::Answered(seat(1), call(1)));
    assert_eq!(floor.done(), [stop(NotTaken::CallerLeft)]);
}

#[test]
fn what_a_restart_left_of_a_wrap_up_is_respected() {
    let mut floor = Floor::new(vec![rules("a")], vec![serving("seat01", &["a"])]);
    let left = WrapUpLeft {
        call: call(1),
        time: 7 * SECOND,
        rules: AfterTalk::default(),
        owes: false,
        extensions: 0,
    };
    let before =
        Restored { status: Status::Ready, had_phone: true, wrap_up: Some(left), ..Restored::default() };
    floor.input(Input::Restored(seat(1), before));
    floor.input(Input::Reachable(seat(1)));
    floor.enter(1);
    floor.advance(6 * SECOND);
    assert_eq!((floor.work(1), floor.rings()), (WorkView::WrapUp, vec![]));
    floor.advance(SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(1))]);
}

#[test]
fn inputs_that_fit_nothing_change_nothing() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    let before = floor.view(1);
    floor.done();
    let misfits = [
        Input::Reachable("nowhere".into()),
        Input::Leave(call(9)),
        Input::Leave(call(1)),
        Input::Answered(seat(1), call(1)),
        Input::Rejected(seat(1), call(1)),
        Input::Failed(seat(1), call(9)),
        Input::TalkEnded(seat(1), call(9)),
        Input::WrapUpDone(seat(1)),
        Input::Enter(Entering::new(call(1), "a".into())),
    ];
    misfits.into_iter().for_each(|input| floor.input(input));
    assert_eq!((floor.view(1), floor.done()), (before, vec![]));
}
