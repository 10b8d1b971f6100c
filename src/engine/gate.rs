//! The two promises of durability, held here so that no other module thinks of disks.
//!
//! Every fact goes to the store with its Lsn. What may only happen once the fact is safe is *held* at that Lsn: an answer
//! to a citizen, or to a command, or a call to a number outside, until `Written` (it survives a killed process), a promise until
//! `Durable` (it survives a power cut). When the store has not answered for [`PATIENCE`] the exchange is *degraded*: held answers go
//! out all the same (those to citizens are counted, those to commands say so), and so do held calls to numbers outside, because a
//! citizen is served also while the disk is full; held promises are refused, and facts wait in the store's memory up to a bound, past
//! which no new call is let in.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::asking::AskId;
use crate::ids::CallId;
use crate::journal::Lsn;
use crate::media::LegId;
use crate::planted::{self, Fault};
use crate::sip::DialogId;
use crate::time::{Mono, earliest};

use super::RequestId;

/// How long the store may be silent before the exchange goes on without it.
pub const PATIENCE: Duration = Duration::from_millis(200);

/// How long a person is left waiting for a promise while the disk syncs; then it is refused.
const PROMISE_PATIENCE: Duration = Duration::from_secs(3);

/// What waits for a fact to be safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// The 200 to a citizen.
    Answer(CallId),
    /// The INVITE to a number outside, from this leg.
    Call(LegId),
    /// The talk of a citizen who is called back, and has answered.
    Bridge(CallId),
    /// The spoken confirmation of an operator's coding.
    Confirm(DialogId),
    /// The answer to a command whose act is on record.
    Reply(RequestId),
    /// The answer to whoever was promised that somebody is called back.
    Callback(RequestId),
    /// The flow's `ok` for a message that was queued.
    Message(AskId),
    /// The flow's `booked` or `ok` for a call-back that was agreed.
    Promise(AskId),
}

/// A held act set free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Freed {
    /// What was held.
    pub(super) held: Held,
    /// The fact is safe; false: the store did not answer in time.
    pub(super) kept: bool,
}

/// How far the store is, and what waits for it.
#[derive(Debug)]
pub(super) struct Gate {
    appended: Lsn,
    written: Lsn,
    durable: Lsn,
    until_written: BTreeMap<Lsn, Vec<Held>>,
    until_durable: BTreeMap<Lsn, Vec<Held>>,
    /// When entries not yet written were appended, oldest first. At most one per Lsn between `written` and `appended`.
    unwritten: VecDeque<(Lsn, Mono)>,
    /// When promises were made that wait to be durable, oldest first; as many as are held.
    promised: VecDeque<(Lsn, Mono)>,
    freed: VecDeque<Freed>,
    degraded: bool,
    answered_degraded: u64,
    max_spooled: usize,
}

impl Gate {
    /// A gate on a journal whose last entry is `last`; at most `max_spooled` entries may wait for the store.
    pub(super) fn new(last: Lsn, max_spooled: usize) -> Gate {
        Gate {
            appended: last,
            written: last,
            durable: last,
            until_written: BTreeMap::new(),
            until_durable: BTreeMap::new(),
            unwritten: VecDeque::new(),
            promised: VecDeque::new(),
            freed: VecDeque::new(),
            degraded: false,
            answered_degraded: 0,
            max_spooled,
        }
    }

    /// The Lsn of a fact that goes to the store now.
    pub(super) fn append(&mut self, now: Mono) -> Lsn {
        self.appended = Lsn(self.appended.0 + 1);
        self.unwritten.push_back((self.appended, now));
        self.appended
    }

    /// Hold an answer until the fact is written; while degraded it goes at once and is counted.
    pub(super) fn hold_until_written(&mut self, lsn: Lsn, held: Held) {
        if lsn <= self.written || planted::is(Fault::AnswerBeforeWritten) {
            self.freed.push_back(Freed { held, kept: true });
        } else if self.degraded {
            self.free_unkept(held);
        } else {
            self.until_written.entry(lsn).or_default().push(held);
        }
    }

    /// Hold a promise until the fact is durable; while degraded it is refused at once.
    pub(super) fn hold_until_durable(&mut self, now: Mono, lsn: Lsn, held: Held) {
        if lsn <= self.durable {
            self.freed.push_back(Freed { held, kept: true });
        } else if self.degraded {
            self.free_unkept(held);
        } else {
            self.until_durable.entry(lsn).or_default().push(held);
            self.promised.push_back((lsn, now));
        }
    }

    /// The store has written everything up to `lsn`. True when the exchange is no longer degraded by it.
    pub(super) fn on_written(&mut self, now: Mono, lsn: Lsn) -> bool {
        self.written = self.written.max(lsn.min(self.appended));
        while self.unwritten.front().is_some_and(|(at, _)| *at <= self.written) {
            self.unwritten.pop_front();
        }
        release(&mut self.until_written, self.written, &mut self.freed);
        let keeps_up = self.unwritten.front().is_none_or(|(_, since)| now.since(*since) < PATIENCE);
        let forgiven = self.degraded && keeps_up;
        self.degraded &= !keeps_up;
        forgiven
    }

    /// The store has synced everything up to `lsn`.
    pub(super) fn on_durable(&mut self, lsn: Lsn) {
        self.durable = self.durable.max(lsn.min(self.appended));
        release(&mut self.until_durable, self.durable, &mut self.freed);
        while self.promised.front().is_some_and(|(at, _)| *at <= self.durable) {
            self.promised.pop_front();
        }
    }

    /// The store failed, or has been silent too long at `now`. True when the exchange becomes degraded by it.
    pub(super) fn on_timeout(&mut self, now: Mono) -> bool {
        while self.promised.front().is_some_and(|(_, since)| *since + PROMISE_PATIENCE <= now) {
            if let Some((lsn, _)) = self.promised.pop_front() {
                let late = self.until_durable.remove(&lsn).unwrap_or_default();
                late.into_iter().for_each(|held| self.free_unkept(held));
            }
        }
        let late = self.unwritten.front().is_some_and(|(_, since)| *since + PATIENCE <= now);
        late && self.degrade()
    }

    /// Go on without the store. False when already so.
    pub(super) fn degrade(&mut self) -> bool {
        if self.degraded {
            return false;
        }
        self.degraded = true;
        self.promised.clear();
        let held: Vec<Held> = std::mem::take(&mut self.until_written)
            .into_values()
            .chain(std::mem::take(&mut self.until_durable).into_values())
            .flatten()
            .collect();
        held.into_iter().for_each(|held| self.free_unkept(held));
        true
    }

    fn free_unkept(&mut self, held: Held) {
        if matches!(held, Held::Answer(_)) {
            self.answered_degraded += 1;
        }
        self.freed.push_back(Freed { held, kept: false });
    }

    /// What may happen now.
    pub(super) fn poll_freed(&mut self) -> Option<Freed> {
        self.freed.pop_front()
    }

    /// Everything that waits.
    pub(super) fn held(&self) -> impl Iterator<Item = &Held> {
        self.until_written.values().chain(self.until_durable.values()).flatten()
    }

    /// When the store's silence becomes too long.
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        let silent =
            if self.degraded { None } else { self.unwritten.front().map(|(_, since)| *since + PATIENCE) };
        earliest([silent, self.promised.front().map(|(_, since)| *since + PROMISE_PATIENCE)])
    }

    /// This fact survives a power cut.
    pub(super) fn is_durable(&self, lsn: Lsn) -> bool {
        lsn <= self.durable
    }

    /// The store does not answer.
    pub(super) fn is_degraded(&self) -> bool {
        self.degraded
    }

    /// No more facts may be spooled: no new call is let in.
    pub(super) fn is_full(&self) -> bool {
        self.unwritten.len() >= self.max_spooled
    }

    /// Calls answered without the promise since the start.
    pub(super) fn answered_degraded(&self) -> u64 {
        self.answered_degraded
    }

    /// Entries that wait for the store.
    pub(super) fn spooled(&self) -> usize {
        self.unwritten.len()
    }
}

fn release(held: &mut BTreeMap<Lsn, Vec<Held>>, upto: Lsn, freed: &mut VecDeque<Freed>) {
    while let Some(first) = held.first_entry() {
        if *first.key() > upto {
            break;
        }
        freed.extend(first.remove().into_iter().map(|held| Freed { held, kept: true }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;

    fn answer(count: u32) -> Held {
        Held::Answer(CallId(Stamp { node: 1, epoch: 1, count }))
    }

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    #[test]
    fn answer_waits_for_written_and_promise_for_durable() {
        let mut gate = Gate::new(Lsn(7), 100);
        let lsn = gate.append(at(0));
        gate.hold_until_written(lsn, answer(1));
        gate.hold_until_durable(at(0), lsn, Held::Confirm(DialogId(3)));
        assert_eq!(gate.poll_freed(), None);
        gate.on_written(at(300), lsn);
        assert_eq!(gate.poll_freed(), Some(Freed { held: answer(1), kept: true }));
        assert_eq!(gate.poll_freed(), None);
        gate.on_durable(lsn);
        assert_eq!(gate.poll_freed(), Some(Freed { held: Held::Confirm(DialogId(3)), kept: true }));
    }

    #[test]
    fn silent_store_lets_answers_go_refuses_promises_and_is_forgiven_when_it_catches_up() {
        let mut gate = Gate::new(Lsn(0), 100);
        let lsn = gate.append(at(0));
        gate.hold_until_written(lsn, answer(1));
        gate.hold_until_durable(at(0), lsn, Held::Confirm(DialogId(3)));
        assert_eq!(gate.poll_timeout(), Some(at(200)));
        assert!(!gate.on_timeout(at(199)));
        assert!(gate.on_timeout(at(200)));
        assert_eq!(gate.poll_freed(), Some(Freed { held: answer(1), kept: false }));
        assert_eq!(gate.poll_freed(), Some(Freed { held: Held::Confirm(DialogId(3)), kept: false }));
        assert_eq!((gate.answered_degraded(), gate.poll_timeout()), (1, None));
        assert!(gate.on_written(at(300), lsn));
        assert!(!gate.is_degraded());
    }

    #[test]
    fn promise_is_refused_when_the_sync_takes_too_long_though_writes_go_on() {
        let mut gate = Gate::new(Lsn(0), 100);
        let lsn = gate.append(at(0));
        gate.hold_until_durable(at(0), lsn, Held::Confirm(DialogId(3)));
        gate.on_written(at(1), lsn);
        assert_eq!(gate.poll_timeout(), Some(at(3000)));
        assert!(!gate.on_timeout(at(3000)), "the writes keep up");
        assert_eq!(gate.poll_freed(), Some(Freed { held: Held::Confirm(DialogId(3)), kept: false }));
        assert_eq!(gate.poll_timeout(), None);
    }

    #[test]
    fn busy_store_that_keeps_up_again_is_forgiven_though_never_idle() {
        let mut gate = Gate::new(Lsn(0), 100);
        let old = gate.append(at(0));
        assert!(gate.on_timeout(at(200)));
        gate.append(at(290));
        assert!(gate.on_written(at(300), old));
        assert!(!gate.is_degraded());
    }

    #[test]
    fn spool_is_bounded() {
        let mut gate = Gate::new(Lsn(0), 2);
        gate.append(at(0));
        assert!(!gate.is_full());
        gate.append(at(0));
        assert!(gate.is_full());
    }
}
