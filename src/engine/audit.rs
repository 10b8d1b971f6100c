//! The exchange looks after itself: once a second, while anybody waits or talks, the distribution is gone through, and what is held for
//! calls that are not there any more is released. Each thing mended is a fault of the program: it is counted, told by the log once
//! a minute, and fails a simulation.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::acd;
use crate::flood::Flood;
use crate::ids::{CallId, SeatId};
use crate::time::{Mono, Now};

use super::Engine;

/// How often.
const EVERY: Duration = Duration::from_secs(1);
/// How long something may be held for a call that is over before that is a fault: as long as the longest farewell of SIP, 64 times T1.
const FAREWELL: Duration = Duration::from_secs(32);

/// What the exchange has had to mend.
#[derive(Debug, Default)]
pub(super) struct Audit {
    /// Nobody is served here, and what finds faults is elsewhere: a rehearsal.
    is_off: bool,
    next: Option<Mono>,
    mended: Flood,
    /// The last of it, in words.
    last: String,
    /// Calls that are over and still hold a place, or the seat, since then. Bounded by the callers of the distribution and its seats.
    held: BTreeMap<(CallId, Option<SeatId>), Mono>,
}

impl Audit {
    /// For an engine that nobody calls.
    pub(super) fn off() -> Audit {
        Audit { is_off: true, ..Audit::default() }
    }
}

impl Engine {
    /// How often something had to be mended since the start, and what it was last.
    pub fn mended(&self) -> (u64, &str) {
        (self.audit.mended.total(), &self.audit.last)
    }

    /// When there is something to look at again.
    pub(super) fn audit_timeout(&self) -> Option<Mono> {
        self.audit.next.filter(|_| self.acd.is_busy())
    }

    pub(super) fn on_audit_timeout(&mut self, now: Now) {
        if self.audit.is_off || self.audit.next.is_some_and(|next| next > now.mono) {
            return;
        }
        self.audit.next = Some(now.mono + EVERY);
        let mut found = self.acd.audit(now.mono);
        self.release_what_nobody_has(now.mono, &mut found);
        if let Some(last) = found.last() {
            self.audit.last.clone_from(last);
        }
        let count = self.audit.mended.add_many(now.mono, u64::try_from(found.len()).unwrap_or(u64::MAX));
        if let Some(count) = count {
            tracing::error!(
                count,
                last = self.audit.last,
                "the distribution of calls contradicted itself and was mended; this is a fault of the program: please report it"
            );
        }
    }

    /// Places and seats of calls that have been over for long.
    fn release_what_nobody_has(&mut self, now: Mono, found: &mut Vec<String>) {
        let is_over = |call: &CallId| !self.is_held(*call);
        let seats = self.acd.seats().filter(|seat| seat.view.work.is_engaged());
        let seats = seats.filter_map(|seat| Some((seat.view.call?, Some(seat.id))));
        let places = self.acd.queues().flat_map(|queue| queue.waiting).map(|waiting| (waiting.call, None));
        let held: Vec<_> = places.chain(seats).filter(|(call, _)| is_over(call)).collect();
        self.audit.held.retain(|held_for, _| held.contains(held_for));
        for held_for in held {
            let since = *self.audit.held.entry(held_for.clone()).or_insert(now);
            if now.since(since) < FAREWELL {
                continue;
            }
            let (call, seat) = held_for;
            let Some(seat) = seat else {
                found.push(format!("{call} is over and kept its place"));
                self.acd.handle_input(now, acd::Input::Leave(call));
                continue;
            };
            found.push(format!("{call} is over and held {seat}"));
            self.acd.handle_input(now, acd::Input::Leave(call));
            self.acd.handle_input(now, acd::Input::Direct(seat.clone(), call, acd::Direct::CallOff));
            self.acd.handle_input(now, acd::Input::TalkEnded(seat, call));
        }
    }
}
