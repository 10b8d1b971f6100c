//! When a wait is not estimated at all; how right the estimates are is in `tests/it/expected_wait.rs`.

use super::*;

#[test]
fn nothing_is_told_before_enough_talks_are_known_nor_when_nobody_serves() {
    let mut floor = Floor::with_seats(1, |_| ());
    assert_eq!(floor.acd.estimate(floor.now, &"a".into()).unwrap(), None);
    for count in 1..=5 {
        floor.talk(count, 1);
        floor.advance(MINUTE);
        floor.end_talk(count, 1);
        floor.advance(10 * SECOND);
    }
    assert!(floor.acd.estimate(floor.now, &"a".into()).unwrap().is_some());
    assert_eq!(floor.acd.estimate(floor.now, &"a".into()), None, "the last one is still good");
    floor.pause(1);
    floor.advance(5 * SECOND);
    assert_eq!(floor.acd.estimate(floor.now, &"a".into()).unwrap(), None);
}
