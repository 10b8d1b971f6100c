//! A caller's place: fixed at entry, compared across queues.

use std::time::Duration;

use crate::time::Mono;

/// Where a caller stands. The caller with the most minutes waited plus minutes of priority is served first; since all wait
/// equally fast, that is the order of the moments of entry moved back by the priority, and it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Moment of entry less the priority, in nanoseconds; a high priority leads before the start of the clock.
    moment: i128,
    /// Number of the entry: unique, and decides among those who came at the same moment.
    turn: u64,
}

impl Place {
    /// The place of the caller who enters at `entered` as number `turn`, with so many minutes of advantage.
    pub(super) fn of(entered: Mono, priority: i32, turn: u64) -> Place {
        let minute = nanos(Duration::from_secs(60));
        Place { moment: nanos(entered.since_start()) - i128::from(priority) * minute, turn }
    }
}

fn nanos(duration: Duration) -> i128 {
    i128::try_from(duration.as_nanos()).expect("a Duration is below 2^94 nanoseconds")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_start(Duration::from_secs(seconds))
    }

    #[test]
    fn minutes_of_priority_count_as_minutes_waited() {
        let rows = [
            // (entered, priority) of the first, then of the second
            ((0, 0), (1, 0)),
            ((0, 0), (60, 0)),
            ((59, 1), (0, 0)),
            ((0, 0), (61, 1)),
            ((0, 0), (0, -1)),
            ((0, 0), (0, 0)),
            ((0, i32::MAX), (0, 0)),
            ((0, 0), (0, i32::MIN)),
        ];
        for ((first, high), (second, low)) in rows {
            let (first_place, second_place) = (Place::of(at(first), high, 1), Place::of(at(second), low, 2));
            assert!(first_place < second_place, "{first} s with {high} before {second} s with {low}");
        }
    }
}
