//! Operators who log in at any seat.

use super::*;
use crate::ids::OperatorId;

fn anna() -> OperatorId {
    "anna".into()
}

/// Two seats that serve `a`; Anna serves `b` alone.
fn floor() -> Floor {
    let queues = Some([("b".into(), Serving::default())].into());
    let people = Arc::new(People::from([
        (anna(), Person { queues, skills: None }),
        ("bruno".into(), Person::default()),
    ]));
    let seats = [1, 2].map(|n| SeatRules { people: people.clone(), ..serving(seat(n).as_str(), &["a"]) });
    let mut floor = Floor::new(vec![rules("a"), rules("b")], seats.into());
    [1, 2].into_iter().for_each(|n| floor.input(Input::Reachable(seat(n))));
    floor.rings();
    floor
}

fn sign_in(floor: &mut Floor, number: usize, operator: &str) {
    floor.input(Input::SignIn(seat(number), operator.into()));
}

#[test]
fn seat_serves_what_its_operator_serves_while_that_one_sits_there() {
    let mut floor = floor();
    sign_in(&mut floor, 1, "anna");
    assert_eq!(floor.view(1).operator, Some(anna()));
    floor.enter_queue(1, "b", 0);
    assert_eq!(floor.rings(), [(seat(1), call(1))]);
    floor.input(Input::Leave(call(1)));
    floor.status(2, StatusChange::LogOut);
    floor.enter_queue(2, "a", 0);
    assert_eq!(floor.rings(), [], "Anna does not serve it, and the other seat is empty");
    floor.status(1, StatusChange::LogOut);
    floor.status(1, StatusChange::LogIn);
    assert_eq!(floor.view(1).operator, None);
    floor.enter_queue(3, "a", 0);
    assert_eq!(floor.rings(), [(seat(1), call(3))]);
}

#[test]
fn operator_who_logs_in_elsewhere_moves_with_the_pause_and_the_old_seat_is_empty() {
    let mut floor = floor();
    sign_in(&mut floor, 1, "bruno");
    floor.pause(1);
    sign_in(&mut floor, 2, "bruno");
    assert_eq!((floor.view(1).status, floor.view(1).operator), (Status::LoggedOut, None));
    assert_eq!((floor.paused(2).as_deref(), floor.view(2).operator), (Some("lunch"), Some("bruno".into())));
}

#[test]
fn nobody_moves_out_of_a_call_or_a_wrap_up_nor_into_somebody_elses() {
    let mut floor = floor();
    floor.status(2, StatusChange::LogOut);
    sign_in(&mut floor, 1, "bruno");
    floor.talk(1, 1);
    sign_in(&mut floor, 2, "bruno");
    sign_in(&mut floor, 1, "anna");
    floor.end_talk(1, 1);
    sign_in(&mut floor, 2, "bruno");
    assert_eq!((floor.view(1).operator, floor.view(2).operator), (Some("bruno".into()), None));
    floor.advance(10 * SECOND);
    sign_in(&mut floor, 2, "bruno");
    assert_eq!((floor.view(1).operator, floor.view(2).operator), (None, Some("bruno".into())));
}

#[test]
fn who_waits_is_served_at_once_by_an_operator_who_takes_over_a_seat() {
    let mut floor = floor();
    floor.status(2, StatusChange::LogOut);
    sign_in(&mut floor, 1, "anna");
    floor.enter_queue(1, "b", 0);
    floor.reject(1, 1);
    floor.input(Input::SignIn(seat(2), "bruno".into()));
    floor.enter(2);
    assert_eq!(floor.rings().last(), Some(&(seat(2), call(2))));
    floor.input(Input::Leave(call(2)));
    sign_in(&mut floor, 2, "anna");
    assert_eq!(floor.rings().last(), Some(&(seat(2), call(1))), "Anna is free at the other seat");
}

#[test]
fn operator_and_pause_outlive_a_restart_and_usual_operators_log_in_by_registering() {
    let mut floor = floor();
    let before = Restored { status: Status::Ready, operator: Some(anna()), ..Restored::default() };
    floor.input(Input::Restored(seat(2), before));
    assert_eq!(floor.view(2).operator, Some(anna()));
    let people = Arc::new(People::from([(anna(), Person::default())]));
    let rules = SeatRules { people, usual: Some(anna()), ..serving("seat01", &["a"]) };
    let mut floor = Floor::new(vec![super::rules("a")], vec![rules]);
    floor.input(Input::Reachable(seat(1)));
    assert_eq!((floor.view(1).operator, floor.view(1).status), (Some(anna()), Status::Ready));
}
