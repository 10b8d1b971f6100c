//! Callers whose call was cut off while they waited: who calls again soon gets the old place back.
//!
//! A line that drops, a battery, a crash of ours: none of them is the citizen's doing, and none may cost the place. What is remembered
//! is a fold over the journal's facts, so that it outlives the crash that cut them off. Anonymous callers cannot be known again.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{CitizenId, QueueId};

/// Most that are remembered, the last to leave: every place of a crowded exchange, a few times over.
const MAX_KEPT: usize = 4_096;

/// The longest that a place may be kept.
pub const LONGEST_KEPT: Duration = Duration::from_secs(3_600);

/// One who left without being served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOff {
    /// Who.
    pub citizen: CitizenId,
    /// Waited here.
    pub queue: QueueId,
    /// Since when, in milliseconds of the Unix epoch.
    pub since_ms: i64,
    /// Until when.
    pub left_ms: i64,
}

/// Everybody who may come back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Returning(VecDeque<CutOff>);

impl Returning {
    /// Somebody was cut off.
    pub fn on_cut_off(&mut self, cut_off: CutOff) {
        let oldest_ms = cut_off.left_ms.saturating_sub(millis(LONGEST_KEPT));
        self.0.retain(|other| {
            other.left_ms >= oldest_ms && (other.citizen, &other.queue) != (cut_off.citizen, &cut_off.queue)
        });
        if self.0.len() >= MAX_KEPT {
            self.0.pop_front();
        }
        self.0.push_back(cut_off);
    }

    /// Somebody asks for a place: since when this one waits, if cut off no longer than `keep` ago.
    pub fn since(&self, citizen: CitizenId, queue: &QueueId, now_ms: i64, keep: Duration) -> Option<i64> {
        let old = self.0.iter().find(|old| old.citizen == citizen && old.queue == *queue)?;
        (now_ms.saturating_sub(old.left_ms) <= millis(keep)).then_some(old.since_ms)
    }

    /// The place is given back, once.
    pub fn on_placed(&mut self, citizen: CitizenId, queue: &QueueId) {
        self.0.retain(|old| old.citizen != citizen || old.queue != *queue);
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;

    const KEEP: Duration = Duration::from_secs(300);

    fn citizen(count: u32) -> CitizenId {
        CitizenId(Stamp { node: 1, epoch: 1, count })
    }

    fn cut_off(count: u32, since_ms: i64, left_ms: i64) -> CutOff {
        CutOff { citizen: citizen(count), queue: "a".into(), since_ms, left_ms }
    }

    #[test]
    fn place_is_given_back_once_to_the_same_citizen_in_the_same_queue_and_in_time() {
        for (who, queue, at_ms, given) in [
            (1, "a", 310_000, Some(1_000)),
            (1, "a", 310_001, None),
            (2, "a", 20_000, None),
            (1, "b", 20_000, None),
        ] {
            let mut returning = Returning::default();
            returning.on_cut_off(cut_off(1, 1_000, 10_000));
            assert_eq!(
                returning.since(citizen(who), &queue.into(), at_ms, KEEP),
                given,
                "{who} {queue} {at_ms}"
            );
        }
        let mut returning = Returning::default();
        returning.on_cut_off(cut_off(1, 1_000, 10_000));
        returning.on_placed(citizen(1), &"a".into());
        assert_eq!(returning.since(citizen(1), &"a".into(), 20_000, KEEP), None);
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let mut returning = Returning::default();
        (0..10_000).for_each(|count| returning.on_cut_off(cut_off(count, 0, 1)));
        assert_eq!(returning.0.len(), MAX_KEPT);
        assert_eq!(returning.since(citizen(9_999), &"a".into(), 2, KEEP), Some(0));
        assert_eq!(returning.since(citizen(0), &"a".into(), 2, KEEP), None);
    }
}
