//! The alarms of the distribution: one per seat that is to change by itself, two at most per waiting caller, one at most per queue.

use std::collections::BTreeSet;

use crate::ids::{CallId, QueueId, SeatId};
use crate::time::Mono;

/// What becomes due. At the same moment seats come first, so that a caller is served rather than turned away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// The seat's ring, wrap-up or rest ends.
    Seat(SeatId),
    /// The caller's longest wait ends.
    MaxWait(CallId),
    /// The caller is to hear the place.
    Announce(CallId),
    /// Somebody of this queue may be sent on, and perhaps could not be when that was told last.
    SendOn(QueueId),
}

/// All alarms in the order they become due.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers(BTreeSet<(Mono, Alarm)>);

impl Timers {
    pub(super) fn set(&mut self, at: Mono, alarm: Alarm) {
        self.0.insert((at, alarm));
    }

    /// Forget one; also one that has rung or was never set.
    pub(super) fn cancel(&mut self, at: Mono, alarm: Alarm) {
        self.0.remove(&(at, alarm));
    }

    pub(super) fn has(&self, at: Mono, alarm: &Alarm) -> bool {
        self.0.contains(&(at, alarm.clone()))
    }

    pub(super) fn next(&self) -> Option<Mono> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Take the earliest that is due.
    pub(super) fn pop_due(&mut self, now: Mono) -> Option<(Mono, Alarm)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop_first()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Mono, Alarm)> {
        self.0.iter()
    }
}
