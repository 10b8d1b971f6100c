//! What a start finds of the time before: contacts that a crash cut off, dialogs whose phones still wait, numbers in use.

use std::time::Duration;

use crate::acd;
use crate::call::Story;
use crate::ids::{CallId, CaseId, SeatId};
use crate::journal::entry::Fact;
use crate::journal::recovery::{Recovered, SeatSince, Served};
use crate::time::Now;
use crate::words::EndedBy;

use super::Engine;

impl Engine {
    /// Close what a crash left open, and tell its phones.
    pub(super) fn recover(&mut self, now: Now, recovered: &Recovered) {
        let node = self.config.engine.node;
        let epoch = recovered.next_epoch(node);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.started = self.append_as(now, Fact::Started { node, epoch, version }, true);
        // What the crash cut off ended when the journal did, not when somebody started us again.
        let then = jiff::Timestamp::from_millisecond(recovered.state.last_ms)
            .map_or(now, |wall| Now { wall, ..now });
        let cut_off = recovered.state.contacts.len();
        if cut_off > 0 {
            tracing::warn!(calls = cut_off, "calls that the last end of the exchange cut off are closed now");
        }
        for (contact, open) in &recovered.state.contacts {
            if let Some(cut_off) = open.waits(now.wall_ms()) {
                self.returning.on_cut_off(cut_off); // nobody could call again until now
            }
            let story = Story::recovered(
                (open.joined.is_some(), open.transferred, open.promised),
                open.left,
                open.informed,
            );
            let (contact, ended_by) = (*contact, EndedBy::Crash);
            let outcome = story.outcome(ended_by);
            self.append(then, Fact::ContactClosed { contact, outcome, ended_by, short: false, why: None });
        }
        self.recover_takes(then, &recovered.state.takes);
        for (dialog, _, record) in recovered.dialogs() {
            // Not closed in the journal: if we die again before the phone has heard, the next start tells it once more.
            match serde_json::from_str(&record) {
                Ok(record) => self.sip.end_recorded(now.mono, &record),
                Err(error) => tracing::warn!(dialog, %error, "a dialog of before the crash cannot be ended"),
            }
        }
        let down = now.wall.duration_since(then.wall).try_into().unwrap_or_default();
        for (seat, since) in &recovered.state.seats {
            self.restore_seat(now, recovered.state.last_ms, down, seat, since);
        }
    }

    /// A pause, a log-out and the wrap-up of the last talk outlive a restart.
    fn restore_seat(&mut self, now: Now, stopped_ms: i64, down: Duration, seat: &SeatId, since: &SeatSince) {
        if !self.config.seats.contains_key(seat) {
            return;
        }
        let last = since.served.as_ref().and_then(|served| {
            let queue = self.config.queues.get(&served.queue)?;
            let left = |(until_ms, times): (i64, u32)| {
                let left = u64::try_from(until_ms.saturating_sub(now.wall_ms())).unwrap_or(0);
                (Duration::from_millis(left), times)
            };
            Some(acd::LastCall {
                call: CallId(served.contact.0),
                rules: &queue.rules,
                coded: served.coded,
                lengthened: served.lengthened.map(left),
            })
        });
        let lasted = |since_ms| {
            u64::try_from(stopped_ms.saturating_sub(since_ms)).map_or(Duration::ZERO, Duration::from_millis)
        };
        let lasted = acd::Lasted { status: lasted(since.status_ms), work: lasted(since.work_ms), down };
        let counts = since.counts.parted(stopped_ms);
        let talked = Duration::from_millis(u64::try_from(counts.talked_ms).unwrap_or(0));
        let before = acd::Restored::of(&since.view, lasted, last);
        let before = acd::Restored { calls: counts.calls, talked, ..before };
        if let Some(Served { contact, queue, .. }) = since.served.clone() {
            self.last_contact.insert(seat.clone(), (contact, queue));
        }
        self.acd.handle_input(now.mono, acd::Input::Restored(seat.clone(), before));
    }

    /// The next case number of this node; a new block is written down when the last is used up.
    pub(super) fn next_case(&mut self, now: Now) -> CaseId {
        if let Some(block) = self.cases.reserve() {
            self.append(now, block);
        }
        self.cases.take()
    }
}
