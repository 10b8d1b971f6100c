//! Moments and clocks. Nothing here reads a clock: `io` does, and the simulator makes its own.
//!
//! `Mono` drives timers and never jumps; the wall clock drives opening hours and the times written into entries.

use std::ops::{Add, Sub};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment on the monotonic clock: time since the exchange (or the simulated world) started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mono(Duration);

impl Mono {
    /// The start of the clock.
    pub const ZERO: Mono = Mono(Duration::ZERO);

    /// The moment `since_start` after the clock's start.
    pub const fn from_start(since_start: Duration) -> Mono {
        Mono(since_start)
    }

    /// Time since the clock's start.
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// Time from `earlier` to this moment; zero when `earlier` is later.
    pub const fn since(self, earlier: Mono) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Mono {
    type Output = Mono;
    fn add(self, by: Duration) -> Mono {
        Mono(self.0.saturating_add(by))
    }
}

impl Sub<Duration> for Mono {
    type Output = Mono;
    fn sub(self, by: Duration) -> Mono {
        Mono(self.0.saturating_sub(by))
    }
}

/// The two clocks read at once, as given to every state machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// For timers.
    pub mono: Mono,
    /// For opening hours, call-backs and the times in entries.
    pub wall: jiff::Timestamp,
}

impl Now {
    /// Milliseconds since the Unix epoch on the wall clock, as entries keep it.
    pub fn wall_ms(&self) -> i64 {
        self.wall.as_millisecond()
    }
}

/// The earliest of some alarms; `None` when none is set.
pub fn earliest(alarms: impl IntoIterator<Item = Option<Mono>>) -> Option<Mono> {
    alarms.into_iter().flatten().min()
}

/// The zone of Rome, in which people here give and read times.
pub fn rome_zone() -> TimeZone {
    TimeZone::get("Europe/Rome").unwrap_or(TimeZone::UTC)
}

/// The moment of so many milliseconds since the Unix epoch; where no calendar reaches, its first or its last. What lasts for ever must not
/// look as if it had ended in 1970.
pub fn moment(ms: i64) -> Timestamp {
    let end = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(end)
}

/// A moment as people and scripts read it, RFC 3339 with the offset that Rome had then; `ms`: milliseconds since the Unix epoch.
pub fn rome(ms: i64) -> String {
    moment(ms).to_zoned(rome_zone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_for_ever_does_not_look_as_if_it_had_ended() {
        assert_eq!(rome(0), "1970-01-01T01:00:00.000+01:00");
        assert!(rome(i64::MAX).starts_with("9999-12-30T"), "{}", rome(i64::MAX));
        assert!(rome(i64::MIN).starts_with('-'), "{}", rome(i64::MIN));
    }
}
