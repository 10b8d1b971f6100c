//! Proofs that fail: challenged again like any other, and told in the log, so that somebody who guesses passwords is noticed.

use std::time::Duration;

use super::Endpoint;
use crate::sip::Link;
use crate::sip::message::{Message, Name};
use crate::time::Mono;

/// The log hears of failures no more often than this, however many there are.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Failures since the log was told of them last.
#[derive(Debug, Default)]
pub(super) struct Failures {
    count: u64,
    told: Option<Mono>,
}

impl Failures {
    /// One more; their number when it is time to tell it.
    fn add(&mut self, now: Mono) -> Option<u64> {
        self.count = self.count.saturating_add(1);
        if self.told.is_some_and(|told| now.since(told) < TOLD_EVERY) {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.count))
    }
}

impl Endpoint {
    /// Challenges a request that does not prove to come from `user`. One without credentials has not failed: that is how
    /// every phone begins.
    pub(super) fn challenge_unproved(&mut self, now: Mono, link: Link, request: &Message, user: &str) {
        if request.header(Name::Authorization).is_some()
            && let Some(count) = self.failures.add(now)
        {
            // A name that we do not know may be a password in the wrong field.
            let user = if self.guard.knows(user) { user } else { "(unknown)" };
            tracing::warn!(count, user, from = %link.remote, "wrong passwords; name and address are the last one's");
        }
        self.challenge(now, link, request, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_at_once_and_then_once_a_minute_with_their_number() {
        let mut failures = Failures::default();
        let told: Vec<_> =
            (0..121).filter_map(|s| failures.add(Mono::from_start(Duration::from_secs(s)))).collect();
        assert_eq!(told, [1, 60, 60]);
    }
}
