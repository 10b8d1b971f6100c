//! What cannot be is made to be, by hand, and mended within one look.

use super::super::callers::Stage;
use super::*;

/// Two seats, one of which talks with the first of two callers, the other rings for the second, and a third waits.
fn busy_floor() -> Floor {
    let mut floor = Floor::with_seats(2, |_| {});
    for n in 1..=3 {
        floor.input(Input::Enter(Entering::new(call(n), "a".into())));
    }
    floor.input(Input::Answered(seat(1), call(1)));
    assert_eq!(floor.acd.audit(floor.now), [""; 0], "nothing is wrong");
    floor
}

#[test]
fn what_contradicts_itself_is_mended_at_one_look_and_told() {
    type Spoil = fn(&mut Distribution);
    let cases: [(&str, Spoil); 6] = [
        ("1.1.3 stood nowhere", |acd| {
            let caller = acd.callers[&call(3)].clone();
            acd.queues.get_mut(&QueueId::from("a")).expect("it is there").remove(caller.place, &caller.class);
        }),
        ("held for 1.1.1", |acd| drop(acd.callers.remove(&call(1)))),
        ("left its place", |acd| drop(acd.callers.remove(&call(3)))),
        ("did not ring for it", |acd| {
            acd.callers.get_mut(&call(2)).expect("it is there").stage = Stage::Ringing([seat(9)].into());
        }),
        ("counted wrongly", |acd| {
            acd.queues.get_mut(&QueueId::from("a")).expect("it is there").attended = 9;
        }),
        ("would not have been woken", |acd| acd.timers = super::super::timers::Timers::default()),
    ];
    for (told, spoil) in cases {
        let mut floor = busy_floor();
        spoil(&mut floor.acd);
        let found = floor.acd.audit(floor.now);
        assert!(found.iter().any(|what| what.contains(told)), "{told}: {found:?}");
        assert_eq!(floor.acd.audit(floor.now), [""; 0], "{told}: mended at once");
        floor.acd.watch = None; // it knows nothing of our spoiling
        assert_eq!(floor.acd.invariants(floor.now), Ok(()), "{told}");
    }
}

#[test]
fn caller_whose_longest_wait_nobody_ended_leaves_all_the_same() {
    let mut floor = busy_floor();
    floor.acd.timers = super::super::timers::Timers::default();
    floor.now = floor.now + 10 * MINUTE + 5 * SECOND;
    let found = floor.acd.audit(floor.now).join(", ");
    assert!(found.contains("1.1.3 waited beyond its longest wait"), "{found}");
    assert!(!floor.acd.callers.contains_key(&call(3)));
}
