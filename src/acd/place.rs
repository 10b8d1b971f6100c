//! A caller's place: fixed at entry, compared across queues.

use std::time::Duration;

use crate::time::Mono;

/// Where a caller stands. The one with the highest score is served first: minutes waited, and minutes of priority, and those of
/// the queue. Since all wait equally fast, that is the order of the moments from which they have been waiting, moved back by the
/// other minutes, and it never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// In nanoseconds; a high priority leads before the start of the clock.
    moment: i128,
    /// Number of the entry: unique, and decides among those who came at the same moment.
    turn: u64,
}

impl Place {
    /// The place of the caller who enters at `entered` as number `turn`, to whom it counts to have `waited` before, with so many
    /// minutes of advantage.
    pub(super) fn of(entered: Mono, waited: Duration, minutes: i64, turn: u64) -> Place {
        let moment = nanos(entered.since_start()) - nanos(waited) - i128::from(minutes) * MINUTE;
        Place { moment, turn }
    }

    /// As it is seen by a seat that gives these callers some minutes more.
    pub(super) fn advanced(self, minutes: i32) -> Place {
        Place { moment: self.moment - i128::from(minutes) * MINUTE, ..self }
    }

    /// When the score, without the `minutes` that all in the queue have, comes to this much.
    pub(super) fn reaches(self, score: Duration, minutes: i32) -> Mono {
        let at = self.moment + i128::from(minutes) * MINUTE + nanos(score);
        let at = u64::try_from(at.max(0)).unwrap_or(u64::MAX);
        Mono::from_start(Duration::from_nanos(at))
    }
}

const MINUTE: i128 = 60_000_000_000;

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
            ((0, i64::from(i32::MAX)), (0, 0)),
            ((0, 0), (0, i64::from(i32::MIN))),
        ];
        for ((first, high), (second, low)) in rows {
            let place = |entered, minutes, turn| Place::of(at(entered), Duration::ZERO, minutes, turn);
            let (first_place, second_place) = (place(first, high, 1), place(second, low, 2));
            assert!(first_place < second_place, "{first} s with {high} before {second} s with {low}");
        }
    }

    #[test]
    fn what_was_waited_before_counts_as_if_it_were_here() {
        let minute = Duration::from_secs(60);
        assert!(Place::of(at(120), minute, 0, 2) < Place::of(at(61), Duration::ZERO, 0, 1));
        assert!(Place::of(at(120), minute, 0, 2) > Place::of(at(60), Duration::ZERO, 0, 1));
    }

    #[test]
    fn score_is_reached_earlier_by_those_with_priority_and_no_later_for_the_queue() {
        let minute = Duration::from_secs(60);
        for (waited, priority, of_queue, reached) in
            [(0, 0, 0, 160), (30, 0, 0, 130), (0, 1, 0, 100), (0, 5, 0, 0), (0, 0, 3, 160), (0, -1, 0, 220)]
        {
            let minutes = i64::from(priority + of_queue);
            let place = Place::of(at(100), Duration::from_secs(waited), minutes, 1);
            assert_eq!(place.reaches(minute, of_queue), at(reached), "{waited} {priority} {of_queue}");
        }
    }
}
