//! What must hold at every step, and the words for a failure.

use std::time::Duration;

use centralino::engine::{Engine, Orphan};
use centralino::sip::{Holding, Transmit};

use super::Sim;
use crate::sim::phone::GATEWAY;

impl Sim {
    /// What must hold after every step.
    pub(super) fn check(&mut self) {
        let Some(engine) = &self.engine else { return };
        // What is due at this very moment may still be on its turn.
        let before = self.now - Duration::from_nanos(1);
        if self.now.since(self.looked) < self.looks_every {
            return;
        }
        self.looked = self.now;
        let mut verdict = engine.distribution().invariants(before);
        if let (1.., what) = engine.mended() {
            verdict = verdict.and(Err(format!("the distribution had to be mended: {what}")));
        }
        if self.judge.is_due(self.now) {
            let orphans = self.orphans(engine);
            verdict = verdict.and(self.judge.on_orphans(self.now, orphans));
        }
        self.hold_against(verdict);
    }

    /// What is held for calls that are over, by the engine, by the media plane and as ports.
    fn orphans(&self, engine: &Engine) -> Vec<Orphan> {
        let mut orphans = engine.orphans();
        orphans.retain(|orphan| !self.is_open(orphan));
        let legs = self.plane.legs().chain(self.ports.values().copied());
        orphans.extend(legs.filter(|leg| !engine.holds_leg(*leg)).map(Orphan::Leg));
        orphans
    }

    /// Keeps the first broken promise.
    pub(super) fn hold_against(&mut self, verdict: Result<(), String>) {
        if let Err(broken) = verdict {
            self.broken.get_or_insert(broken);
        }
    }

    /// A connection that is there: it needs no call.
    fn is_open(&self, orphan: &Orphan) -> bool {
        matches!(orphan, Orphan::Sip(Holding::Stream(link)) if self.streams.exchange_has(*link))
    }

    /// What goes to a citizen, or to whoever is called outside, while the store keeps up.
    pub(super) fn judge_answer(&mut self, transmit: &Transmit) {
        let to = self.phones.values().find(|phone| phone.address.ip() == transmit.link.remote.ip());
        let verdict = match to.map(|phone| &*phone.name) {
            Some(GATEWAY) => self.judge.on_call(&transmit.bytes, self.written),
            Some(name) if !name.starts_with("seat") => self.judge.on_transmit(&transmit.bytes, self.written),
            _ => Ok(()),
        };
        if !self.degraded {
            self.hold_against(verdict);
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
