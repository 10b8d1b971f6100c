//! Waiting for something to become true, with an end to it.

use std::time::{Duration, Instant};

/// How often a condition is looked at: short beside anything a person notices.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks until `look` finds something, or fails the test with what it waited for.
#[track_caller]
pub(super) fn wait_for<T>(what: &str, at_most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + at_most;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {} s in vain for {what}", at_most.as_secs());
        std::thread::sleep(LOOK_EVERY);
    }
}
