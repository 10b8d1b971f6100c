//! Who may be rung for whom, and who of them is.

use super::*;

fn skilled(id: &str, skills: &[(&str, u8)]) -> SeatRules {
    let skills = skills.iter().map(|(skill, level)| ((*skill).into(), *level)).collect();
    SeatRules { skills, ..serving(id, &["a"]) }
}

fn needing(skills: &[(&str, u8)], waivers: &[(Duration, &str)]) -> QueueRules {
    let skills = skills.iter().map(|(skill, level)| ((*skill).into(), *level)).collect();
    let waivers = waivers.iter().map(|(after, skill)| (*after, (*skill).into())).collect();
    QueueRules { needs: Needs { skills, waivers }, ..rules("a") }
}

/// All these seats, registered a second apart.
fn floor(queues: Vec<QueueRules>, seats: Vec<SeatRules>) -> Floor {
    let count = seats.len();
    let mut floor = Floor::new(queues, seats);
    for n in 1..=count {
        floor.advance(SECOND);
        floor.input(Input::Reachable(seat(n)));
    }
    floor.rings();
    floor
}

fn strategy(strategy: Strategy) -> QueueRules {
    QueueRules { strategy, wrap_up: Duration::ZERO, ..rules("a") }
}

/// Caller `count` talks for so long with whoever is rung.
fn talk_for(floor: &mut Floor, count: u32, how_long: Duration) -> SeatId {
    floor.enter(count);
    let rung = floor.rings().pop().expect("somebody is free").0;
    floor.input(Input::Answered(rung.clone(), call(count)));
    floor.advance(how_long);
    floor.input(Input::TalkEnded(rung.clone(), call(count)));
    rung
}

fn three() -> Vec<SeatRules> {
    (1..=3).map(|n| serving(seat(n).as_str(), &["a"])).collect()
}

#[test]
fn each_strategy_rings_the_seat_it_says() {
    // Three talks of 60, 30 and 10 s one after another, then one more caller; whom each of the four gets.
    for (chosen, expected) in [
        (Strategy::LongestIdle, [1, 2, 3, 1]),
        (Strategy::RoundRobin, [1, 2, 3, 1]),
        (Strategy::FewestCalls, [1, 2, 3, 1]),
        (Strategy::LeastTalkTime, [1, 2, 3, 3]),
        (Strategy::Linear, [1, 1, 1, 1]),
    ] {
        let mut floor = floor(vec![strategy(chosen)], three());
        let talks = [60, 30, 10, 1].into_iter().zip(1..);
        let rung: Vec<_> = talks.map(|(s, count)| talk_for(&mut floor, count, s * SECOND)).collect();
        assert_eq!(rung, expected.map(seat), "{chosen:?}");
    }
}

#[test]
fn fewest_calls_are_counted_since_log_in() {
    let mut floor = floor(vec![strategy(Strategy::FewestCalls)], three());
    for count in 1..=3 {
        talk_for(&mut floor, count, SECOND);
    }
    floor.status(3, StatusChange::LogOut);
    floor.status(3, StatusChange::LogIn);
    assert_eq!(talk_for(&mut floor, 4, SECOND), seat(3));
}

#[test]
fn calls_of_before_a_restart_count_only_for_whoever_sits_there_still() {
    let strategy = vec![strategy(Strategy::FewestCalls)];
    let mut floor = Floor::new(strategy, three().into_iter().take(2).collect());
    let before = Restored { status: Status::Ready, had_phone: true, ..Restored::default() };
    // The one was to be logged out after the call that the restart has cut off.
    let leaving = Restored { next: Some(Status::LoggedOut), calls: 5, ..before.clone() };
    floor.input(Input::Restored(seat(1), leaving));
    floor.input(Input::Restored(seat(2), Restored { calls: 3, ..before }));
    floor.status(1, StatusChange::LogIn);
    floor.input(Input::Reachable(seat(1)));
    floor.input(Input::Reachable(seat(2)));
    assert_eq!(talk_for(&mut floor, 1, SECOND), seat(1));
}

#[test]
fn round_robin_goes_on_to_the_next_when_one_does_not_answer() {
    let mut floor = floor(vec![strategy(Strategy::RoundRobin)], three());
    floor.enter(1);
    floor.advance(15 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(1)), (seat(2), call(1))]);
    floor.input(Input::Answered(seat(2), call(1)));
    floor.advance(MINUTE);
    floor.input(Input::TalkEnded(seat(2), call(1)));
    floor.enter(2);
    assert_eq!(floor.rings(), [(seat(3), call(2))]);
}

#[test]
fn whoever_knows_most_is_rung_by_skill_level() {
    let queue = QueueRules { strategy: Strategy::SkillLevel, ..needing(&[("tributi", 1)], &[]) };
    let seats =
        [1, 3, 2].into_iter().zip(1..).map(|(level, n)| skilled(seat(n).as_str(), &[("tributi", level)]));
    let mut floor = floor(vec![queue], seats.collect());
    (1..=3).for_each(|count| floor.enter(count));
    let rung: Vec<_> = floor.rings().into_iter().map(|(seat, _)| seat).collect();
    assert_eq!(rung, [seat(2), seat(3), seat(1)]);
}

#[test]
fn needed_skill_is_waited_for_and_done_without_after_its_time() {
    let seats = || vec![skilled("seat01", &[]), skilled("seat02", &[("inglese", 2)])];
    let queue = || needing(&[("inglese", 2)], &[(30 * SECOND, "inglese")]);
    let mut floor = floor(vec![queue()], seats());
    floor.talk(1, 2);
    floor.enter(2);
    floor.rings();
    floor.advance(29 * SECOND);
    assert_eq!(floor.rings(), []);
    floor.advance(SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(2))]);
}

#[test]
fn caller_who_waits_for_a_skill_does_not_hold_up_those_behind() {
    let mut floor =
        floor(vec![rules("a")], vec![skilled("seat01", &[]), skilled("seat02", &[("inglese", 1)])]);
    floor.talk(1, 1);
    floor.talk(2, 2);
    let skills = [("inglese".into(), 1)].into_iter().collect();
    let needs = Needs { skills, waivers: Vec::new() };
    floor.input(Input::Enter(Entering { needs, ..Entering::new(call(3), "a".into()) }));
    floor.enter(4);
    floor.rings();
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(4))]);
    floor.end_talk(2, 2);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(2), call(3))]);
}

#[test]
fn seat_with_a_delay_takes_those_who_have_waited_or_are_urgent() {
    let mut late = serving("seat01", &[]);
    late.queues.insert("a".into(), Serving { priority: 0, delay: 2 * MINUTE });
    let mut floor = floor(vec![rules("a")], vec![late]);
    floor.enter(1);
    floor.advance(2 * MINUTE - SECOND);
    assert_eq!(floor.rings(), []);
    floor.enter_queue(2, "a", 2);
    assert_eq!(floor.rings(), [(seat(1), call(2))], "two minutes of priority count like two waited");
    floor.input(Input::Leave(call(2)));
    floor.advance(SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(1))]);
}

#[test]
fn profile_says_which_queue_comes_first_at_this_seat() {
    let mut partial = serving("seat01", &["a", "b"]);
    partial.queues.insert("b".into(), Serving { priority: 3, delay: Duration::ZERO });
    let mut floor = floor(vec![rules("a"), rules("b")], vec![partial]);
    floor.talk(1, 1);
    floor.enter_queue(2, "a", 0);
    floor.advance(2 * MINUTE);
    floor.enter_queue(3, "b", 0);
    floor.rings();
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(3))]);
}

#[test]
fn queue_with_an_offset_is_served_before_others_by_so_many_minutes() {
    let seats = vec![serving("seat01", &["a", "b"])];
    let ahead = QueueRules { offset: 2, ..rules("b") };
    for (later, first) in [(119, 3), (121, 2)] {
        let mut floor = floor(vec![rules("a"), ahead.clone()], seats.clone());
        floor.talk(1, 1);
        floor.enter_queue(2, "a", 0);
        floor.advance(later * SECOND);
        floor.enter_queue(3, "b", 0);
        floor.rings();
        floor.end_talk(1, 1);
        floor.advance(10 * SECOND);
        assert_eq!(floor.rings(), [(seat(1), call(first))], "{later} s later");
    }
}

#[test]
fn what_was_waited_before_counts() {
    let mut floor = Floor::with_seats(1, |_| ());
    floor.talk(1, 1);
    floor.enter(2);
    floor.advance(MINUTE);
    floor.input(Input::Enter(Entering { waited: 90 * SECOND, ..Entering::new(call(3), "a".into()) }));
    floor.rings();
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(3))]);
}

#[test]
fn preferred_operator_is_waited_for_a_while_then_anyone_will_do() {
    let prefers = |count, seat| Entering {
        prefers: Some((seat, 20 * SECOND)),
        ..Entering::new(call(count), "a".into())
    };
    let mut floor = Floor::with_seats(2, |_| ());
    floor.talk(1, 1);
    floor.input(Input::Enter(prefers(2, seat(1))));
    floor.rings();
    floor.advance(19 * SECOND);
    assert_eq!(floor.rings(), []);
    floor.advance(SECOND);
    assert_eq!(floor.rings(), [(seat(2), call(2))]);
    floor.input(Input::Leave(call(2)));
    floor.input(Input::Enter(prefers(3, seat(1))));
    floor.end_talk(1, 1);
    floor.advance(10 * SECOND);
    assert_eq!(floor.rings(), [(seat(1), call(3))], "the preferred one, who is back in time");
    floor.status(1, StatusChange::LogOut);
    floor.input(Input::Enter(prefers(4, seat(1))));
    assert_eq!(floor.rings(), [(seat(2), call(4))], "nobody waits for one who has gone home");
}

#[test]
fn other_queues_seats_help_by_time_by_length_and_by_expected_wait() {
    let help = Pressure::default();
    let floor = |when: Pressure| {
        let queue = QueueRules { overflow: vec![Overflow { to: "b".into(), when }], ..rules("a") };
        let mut floor =
            floor(vec![queue, rules("b")], vec![serving("seat01", &["a"]), serving("seat02", &["b"])]);
        floor.talk(1, 1);
        floor.enter(2);
        floor.rings();
        floor
    };
    let mut by_time = floor(Pressure { after: MINUTE, ..help });
    by_time.advance(MINUTE - SECOND);
    assert_eq!(by_time.rings(), []);
    by_time.advance(SECOND);
    assert_eq!(by_time.rings(), [(seat(2), call(2))]);

    let mut by_length = floor(Pressure { over_waiting: Some(1), ..help });
    by_length.advance(MINUTE);
    assert_eq!(by_length.rings(), []);
    by_length.enter(3);
    assert_eq!(by_length.rings(), [(seat(2), call(2))], "the first in line is helped");

    let mut by_wait = floor(Pressure { over_wait: Some(MINUTE), ..help });
    by_wait.input(Input::Expected("a".into(), Some(MINUTE)));
    assert_eq!(by_wait.rings(), []);
    by_wait.input(Input::Expected("a".into(), Some(2 * MINUTE)));
    assert_eq!(by_wait.rings(), [(seat(2), call(2))]);
}

#[test]
fn queue_that_others_only_help_when_it_is_long_is_attended_by_nobody() {
    let when = Pressure { over_waiting: Some(1), ..Pressure::default() };
    let help = Overflow { to: "b".into(), when };
    let queue = QueueRules { overflow: vec![help], ..rules("a") };
    let mut floor = floor(vec![queue, rules("b")], vec![serving("seat01", &["b"])]);
    floor.enter(1);
    assert!(matches!(floor.done()[..], [Action::Left { exit: crate::words::QueueExit::NoSeats, .. }]));
}

#[test]
fn seat_that_serves_a_queue_later_helps_it_at_once_when_it_is_long() {
    let when = Pressure { over_waiting: Some(1), ..Pressure::default() };
    let help = Overflow { to: "b".into(), when };
    let queue = QueueRules { overflow: vec![help], ..rules("a") };
    let mut late = serving("seat02", &["b"]);
    late.queues.insert("a".into(), Serving { priority: 0, delay: 2 * MINUTE });
    let mut floor = floor(vec![queue, rules("b")], vec![serving("seat01", &["a"]), late]);
    floor.talk(1, 1);
    floor.rings();
    floor.enter(2);
    assert_eq!(floor.rings(), []);
    floor.enter(3);
    assert_eq!(floor.rings(), [(seat(2), call(2))]);
}
