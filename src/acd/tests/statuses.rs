//! What operators want of the time after a call, and what queues do.

use super::*;
use crate::words::AFTER_ONE_CALL;

/// A floor whose queue asks for outcomes and grants one extension of a minute.
fn demanding(within: Option<Duration>) -> Floor {
    let after_talk =
        AfterTalk { extend_by: MINUTE, max_extensions: 1, outcome_needed: true, outcome_within: within };
    Floor::with_seats(1, |rules| rules.after_talk = after_talk)
}

fn paused(reason: &str) -> Status {
    Status::Paused(reason.to_owned())
}

#[test]
fn one_call_only_is_one_call_and_then_a_pause_that_begins_after_the_wrap_up() {
    let mut floor = Floor::with_seats(1, |_| {});
    floor.status(1, StatusChange::OneCall);
    floor.talk(1, 1);
    floor.enter(2);
    floor.end_talk(1, 1);
    assert_eq!((floor.work(1), floor.view(1).status), (WorkView::WrapUp, Status::OneCall));
    floor.rings();
    floor.advance(MINUTE);
    assert_eq!((floor.view(1).status, floor.rings()), (paused(AFTER_ONE_CALL), vec![]));
    floor.status(1, StatusChange::Ready);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
}

#[test]
fn ring_that_is_not_taken_is_not_the_one_call() {
    let mut floor = Floor::with_seats(1, |_| {});
    floor.status(1, StatusChange::OneCall);
    floor.enter(1);
    floor.reject(1, 1);
    assert_eq!(floor.view(1).status, Status::OneCall);
    floor.advance(20 * SECOND);
    assert_eq!(floor.work(1), WorkView::Ringing);
}

#[test]
fn next_status_follows_the_call_and_its_wrap_up_and_the_last_word_counts() {
    for next in [paused("lunch"), Status::LoggedOut] {
        let mut floor = Floor::with_seats(1, |_| {});
        floor.talk(1, 1);
        floor.status(1, StatusChange::Next(next.clone()));
        assert_eq!((floor.view(1).status, floor.view(1).next), (Status::Ready, Some(next.clone())));
        floor.end_talk(1, 1);
        floor.advance(9 * SECOND);
        assert_eq!(floor.view(1).status, Status::Ready);
        floor.advance(SECOND);
        assert_eq!((floor.view(1).status, floor.view(1).next), (next.clone(), None));
    }
    let mut floor = Floor::with_seats(1, |_| {});
    floor.talk(1, 1);
    floor.status(1, StatusChange::Next(Status::LoggedOut));
    floor.status(1, StatusChange::Ready);
    floor.end_talk(1, 1);
    floor.advance(MINUTE);
    assert_eq!(floor.view(1).status, Status::Ready);
    floor.status(1, StatusChange::Next(paused("lunch")));
    assert_eq!(floor.view(1).status, paused("lunch"), "there is no call to wait for");
}

#[test]
fn pause_past_its_time_goes_on_and_is_shown_or_ends_where_its_reason_says_so() {
    let pauses = [("lunch", false), ("coffee", true)]
        .map(|(reason, then_ready)| (reason.to_owned(), PauseRule { max: 5 * MINUTE, then_ready }));
    let rules = SeatRules { pauses: Arc::new(pauses.into()), ..serving("seat01", &["a"]) };
    let mut floor = Floor::new(vec![super::rules("a")], vec![rules]);
    floor.input(Input::Reachable(seat(1)));
    floor.pause(1);
    floor.advance(5 * MINUTE - SECOND);
    assert!(!floor.view(1).over_time);
    floor.pause(1); // said again: it does not begin anew
    floor.advance(SECOND);
    assert!(floor.view(1).over_time && floor.view(1).status == paused("lunch"));
    floor.status(1, StatusChange::Pause("coffee".to_owned()));
    assert!(!floor.view(1).over_time);
    floor.advance(5 * MINUTE);
    assert_eq!(floor.view(1).status, Status::Ready);
}

#[test]
fn wrap_up_lasts_until_the_outcome_is_coded_which_ready_cannot_cut_short_and_a_supervisor_can() {
    let mut floor = demanding(None);
    floor.talk(1, 1);
    floor.end_talk(1, 1);
    floor.advance(60 * MINUTE);
    floor.input(Input::WrapUpDone(seat(1)));
    assert!(floor.work(1) == WorkView::WrapUp && floor.view(1).owes_outcome);
    floor.input(Input::WrapUp(seat(1), WrapUpAct::Coded(call(1))));
    assert_eq!(floor.work(1), WorkView::Idle);
    floor.talk(2, 1);
    floor.end_talk(2, 1);
    floor.input(Input::WrapUp(seat(1), WrapUpAct::Release));
    assert_eq!(floor.work(1), WorkView::Idle);
}

#[test]
fn outcome_coded_in_the_talk_is_not_owed_and_a_limit_ends_the_waiting() {
    let mut floor = demanding(Some(MINUTE));
    floor.talk(1, 1);
    floor.input(Input::WrapUp(seat(1), WrapUpAct::Coded(call(1))));
    floor.end_talk(1, 1);
    assert!(!floor.view(1).owes_outcome);
    floor.advance(10 * SECOND);
    floor.talk(2, 1);
    floor.end_talk(2, 1);
    floor.advance(69 * SECOND);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(SECOND);
    assert_eq!(floor.work(1), WorkView::Idle);
}

#[test]
fn wrap_up_is_lengthened_as_often_as_the_queue_grants() {
    let mut floor = Floor::with_seats(1, |rules| {
        rules.after_talk = AfterTalk { extend_by: MINUTE, max_extensions: 1, ..AfterTalk::default() };
    });
    assert!(!floor.acd.may_extend(floor.now, &seat(1)));
    floor.talk(1, 1);
    floor.end_talk(1, 1);
    assert!(floor.acd.may_extend(floor.now, &seat(1)));
    floor.input(Input::WrapUp(seat(1), WrapUpAct::Extend));
    assert!(!floor.acd.may_extend(floor.now, &seat(1)));
    floor.advance(69 * SECOND);
    assert_eq!(floor.work(1), WorkView::WrapUp);
    floor.advance(SECOND);
    assert_eq!(floor.work(1), WorkView::Idle);
}

#[test]
fn busy_phone_rests_as_long_as_the_queue_says() {
    let mut floor = Floor::with_seats(1, |rules| rules.busy_delay = 5 * SECOND);
    floor.enter(1);
    floor.input(Input::Busy(seat(1), call(1)));
    floor.advance(5 * SECOND);
    assert_eq!(floor.work(1), WorkView::Ringing);
    floor.reject(1, 1);
    floor.advance(5 * SECOND);
    assert_eq!(floor.work(1), WorkView::Resting);
}
