//! Floods: what happens too often to be told each time is told once a minute, with its number.
//!
//! The first event is told at once, so that a single one is not late; what follows is counted and told when a minute has
//! passed. Nothing here sets an alarm: whoever counts asks [`Flood::poll`] when it is awake anyway.

use std::time::Duration;

use crate::time::Mono;

/// The log hears of one kind of event no more often than this, however many there are.
pub const TOLD_EVERY: Duration = Duration::from_secs(60);

/// Events of one kind.
#[derive(Clone, Debug, Default)]
pub struct Flood {
    total: u64,
    untold: u64,
    told: Option<Mono>,
}

impl Flood {
    /// One more; the number of those that have not been told, when it is time to.
    pub fn add(&mut self, now: Mono) -> Option<u64> {
        self.add_many(now, 1)
    }

    /// The same for so many more.
    pub fn add_many(&mut self, now: Mono, count: u64) -> Option<u64> {
        self.total = self.total.saturating_add(count);
        self.untold = self.untold.saturating_add(count);
        self.poll(now)
    }

    /// The number of those that have not been told, when it is time to.
    pub fn poll(&mut self, now: Mono) -> Option<u64> {
        let is_early = self.told.is_some_and(|told| now.since(told) < TOLD_EVERY);
        if self.untold == 0 || is_early {
            return None;
        }
        self.told = Some(now);
        Some(std::mem::take(&mut self.untold))
    }

    /// All since the start.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Nothing has happened for so long that it need not be remembered.
    pub fn is_over(&self, now: Mono) -> bool {
        self.untold == 0 && self.told.is_none_or(|told| now.since(told) >= TOLD_EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Mono {
        Mono::from_start(Duration::from_secs(s))
    }

    #[test]
    fn a_flood_is_told_at_once_and_then_once_a_minute_with_its_number() {
        let mut flood = Flood::default();
        let told: Vec<_> = (0..121).filter_map(|s| flood.add(at(s))).collect();
        assert_eq!(told, [1, 60, 60]);
        assert_eq!(flood.total(), 121);
    }

    #[test]
    fn the_rest_of_a_burst_is_told_when_its_minute_is_over() {
        let mut flood = Flood::default();
        assert_eq!((0..1_000).filter_map(|_| flood.add(at(5))).sum::<u64>(), 1);
        assert_eq!(flood.poll(at(64)), None);
        assert_eq!(flood.poll(at(65)), Some(999));
        assert!(!flood.is_over(at(66)));
        assert_eq!(flood.poll(at(200)), None);
        assert!(flood.is_over(at(200)));
    }
}
