//! How many calls may come in a second, and which of those that were answered goes first when a place is needed.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ids::CallId;
use crate::time::Mono;

/// How long a phone may take to acknowledge our 200 before others go first: every phone does so within a round trip, some
/// resends included. After it a call is still waited for, as long as its place is not needed.
const ACK_PATIENCE: Duration = Duration::from_secs(4);
/// A 200 is given up when it is so old (64 times T1, RFC 3261 section 13.3.1.4): nobody waits any longer.
const GIVEN_UP: Duration = Duration::from_secs(32);

/// The calls of the current second, and those whose 200 may not have been acknowledged.
#[derive(Debug, Default)]
pub struct Arrivals {
    second: u64,
    count: u32,
    /// When each was answered, the oldest first; some have been acknowledged meanwhile. Bounded by what is let in within
    /// [`GIVEN_UP`].
    answered: VecDeque<(Mono, CallId)>,
}

impl Arrivals {
    /// Count one more; false when the second already has `limit`.
    pub fn admit(&mut self, now: Mono, limit: u32) -> bool {
        let second = now.since_start().as_secs();
        if second != self.second {
            (self.second, self.count) = (second, 0);
        }
        self.count = self.count.saturating_add(1);
        self.count <= limit
    }

    /// Our 200 goes out to this call.
    pub fn on_answered(&mut self, now: Mono, call: CallId) {
        while self.answered.front().is_some_and(|(at, _)| now.since(*at) >= GIVEN_UP) {
            self.answered.pop_front();
        }
        self.answered.push_back((now, call));
    }

    /// The call that has left our 200 unacknowledged for longest, if that is too long. Whoever only sends INVITEs, from a forged
    /// address perhaps, would otherwise keep every place until the 200 is given up.
    pub fn late(&mut self, now: Mono, is_half_open: impl Fn(CallId) -> bool) -> Option<CallId> {
        while let Some(&(answered, call)) = self.answered.front() {
            if is_half_open(call) {
                return (now.since(answered) >= ACK_PATIENCE).then_some(call);
            }
            self.answered.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamps;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    #[test]
    fn each_second_lets_in_its_own_calls() {
        let mut arrivals = Arrivals::default();
        let admitted = [0, 100, 900, 999, 1_000, 1_001, 1_999, 3_000].map(|ms| arrivals.admit(at(ms), 2));
        assert_eq!(admitted, [true, true, false, false, true, true, false, true]);
    }

    #[test]
    fn longest_unacknowledged_call_gives_its_place_after_four_seconds() {
        let mut stamps = Stamps::new(1, 1);
        let calls: Vec<CallId> = (0..3).map(|_| CallId(stamps.next_stamp())).collect();
        let mut arrivals = Arrivals::default();
        for (call, ms) in calls.iter().zip([0, 1_000, 2_000]) {
            arrivals.on_answered(at(ms), *call);
        }
        let acknowledged = |call| call != calls[0];
        assert_eq!(
            arrivals.late(at(4_999), acknowledged),
            None,
            "the first has acknowledged, the second has time"
        );
        assert_eq!(arrivals.late(at(5_000), acknowledged), Some(calls[1]));
        assert_eq!(arrivals.late(at(9_000), |_| false), None);
    }
}
