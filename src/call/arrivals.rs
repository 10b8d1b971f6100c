//! How many calls may come in a second.

use crate::time::Mono;

/// The calls of the current second.
#[derive(Debug, Default)]
pub struct Arrivals {
    second: u64,
    count: u32,
}

impl Arrivals {
    /// Count one more; false when the second already has `limit`.
    pub fn admit(&mut self, now: Mono, limit: u32) -> bool {
        let second = now.since_start().as_secs();
        if second != self.second {
            *self = Arrivals { second, count: 0 };
        }
        self.count = self.count.saturating_add(1);
        self.count <= limit
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_second_lets_in_its_own_calls() {
        let mut arrivals = Arrivals::default();
        let admitted = [0, 100, 900, 999, 1_000, 1_001, 1_999, 3_000]
            .map(|ms| arrivals.admit(Mono::from_start(Duration::from_millis(ms)), 2));
        assert_eq!(admitted, [true, true, false, false, true, true, false, true]);
    }
}
