//! What must hold at every step, and the words for a failure.

use centralino::engine::Orphan;
use centralino::sip::{Holding, Transmit};
use std::time::Duration;

use super::Sim;

impl Sim {
    /// What must hold after every step.
    pub(super) fn check(&mut self) {
        // What is due at this very moment may still be on its turn.
        let before = self.now - Duration::from_nanos(1);
        if let Some(engine) = &self.engine
            && let Err(broken) = engine.distribution().invariants(before)
        {
            self.broken.get_or_insert(broken);
        }
        if let Some(engine) = self.engine.as_ref().filter(|_| self.judge.is_due(self.now)) {
            let mut orphans = engine.orphans();
            orphans.retain(|orphan| !self.is_open(orphan));
            let legs = self.plane.legs().chain(self.ports.values().copied());
            orphans.extend(legs.filter(|leg| !engine.holds_leg(*leg)).map(Orphan::Leg));
            if let Err(broken) = self.judge.on_orphans(self.now, orphans) {
                self.broken.get_or_insert(broken);
            }
        }
    }

    /// A connection that is there: it needs no call.
    pub(super) fn is_open(&self, orphan: &Orphan) -> bool {
        matches!(orphan, Orphan::Sip(Holding::Stream(link)) if self.streams.exchange_has(*link))
    }

    pub(super) fn judge_answer(&mut self, transmit: &Transmit) {
        let to = self.phones.values().find(|phone| phone.address.ip() == transmit.link.remote.ip());
        let is_citizen = to.is_some_and(|phone| !phone.name.starts_with("seat"));
        if is_citizen
            && !self.degraded
            && let Err(broken) = self.judge.on_transmit(&transmit.bytes, self.written)
        {
            self.broken.get_or_insert(broken);
        }
    }

    /// The first promise that was broken, if any.
    pub(crate) fn verdict(&self) -> Result<(), String> {
        self.broken.clone().map_or(Ok(()), Err)
    }

    /// The last facts, for a failure's message.
    pub(crate) fn tale(&self) -> String {
        self.tale_of(40)
    }

    pub(crate) fn tale_of(&self, most: usize) -> String {
        let last = self.facts.iter().rev().take(most).rev();
        last.map(|entry| format!("  {} {:?}\n", entry.at_ms - self.start.as_millisecond(), entry.fact))
            .collect()
    }
}
