//! What the log says of calls: one line when a call arrives, is answered, queued, given to a
//! seat or to a number, left by it, and ends.
//!
//! It follows the facts, as the records do, so that the log and `contact show` cannot tell different stories. Citizens' numbers
//! are masked. A call is told from its first line to its last or not at all: past [`CALLS_A_MINUTE`] new ones are counted and
//! told in one line a minute, so that a flood of calls is no flood of the disk that keeps the log.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::flood::{Flood, TOLD_EVERY};
use crate::ids::{ContactId, EntityId, QueueId, SeatId};
use crate::journal::entry::{Destination, Fact, Personal};
use crate::phone_number::Caller;
use crate::time::Mono;

/// Calls that begin within a minute and are told one by one: far more than the seats of a city can answer.
const CALLS_A_MINUTE: u32 = 120;

/// Calls in course that are told, and how many began lately.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: BTreeMap<ContactId, Told>,
    minute_began: Option<Mono>,
    begun: u32,
    untold: Flood,
    /// Of calls that nobody makes nothing is told.
    is_off: bool,
}

/// What the last line of a call needs of those before.
#[derive(Debug)]
struct Told {
    opened: Mono,
    entity: EntityId,
    queue: Option<QueueId>,
    seat: Option<SeatId>,
    wait: Span,
    talk: Span,
}

/// Adds up what it is switched on for.
#[derive(Debug, Default)]
struct Span {
    over: Duration,
    since: Option<Mono>,
}

impl Span {
    fn stop(&mut self, now: Mono) {
        if let Some(since) = self.since.take() {
            self.over += now.since(since);
        }
    }
}

impl CallLog {
    /// For a rehearsal.
    pub(super) fn off() -> CallLog {
        CallLog { is_off: true, ..CallLog::default() }
    }

    /// Tells what there is to tell of a fact; a caller who `is_seat` has proved it, and is nobody to be hidden.
    pub(super) fn follow(&mut self, now: Mono, fact: &Fact, is_seat: impl Fn(&str) -> bool) {
        if !self.is_off
            && let Some(line) = self.line(now, fact, is_seat)
        {
            tracing::info!("{line}");
        }
    }

    /// Tells of a flood that has ended, when it is time to.
    pub(super) fn on_timeout(&mut self, now: Mono) {
        tell_untold(self.untold.poll(now));
    }

    fn line(&mut self, now: Mono, fact: &Fact, is_seat: impl Fn(&str) -> bool) -> Option<String> {
        let contact = fact.contact()?;
        let words = match fact {
            Fact::ContactOpened { from, to, entity, .. } => {
                self.admit(now, contact, entity)?;
                let from = match from {
                    Personal::Clear(seat) if is_seat(seat) => seat.clone(),
                    from => caller(from),
                };
                let to = Caller::parse(to);
                format!("arrives: from={from} to={to} entity={entity}")
            }
            Fact::Dialled { seat, to, entity, emergency, location, .. } => {
                self.admit(now, contact, entity)?;
                let to = match to {
                    Destination::Public(number) => number.clone(),
                    Destination::Personal(number) => caller(number),
                };
                let emergency = match (emergency, location) {
                    (true, location) => {
                        format!(" emergency location={:?}", location.as_deref().unwrap_or("-"))
                    }
                    (false, _) => String::new(),
                };
                let seat = seat.as_ref().map_or("-", |seat| seat.as_str());
                format!("is made: seat={seat} to={to} entity={entity}{emergency}")
            }
            Fact::ContactClosed { outcome, ended_by, .. } => {
                let told = self.calls.remove(&contact)?;
                let words = (word(outcome), word(ended_by));
                format!("ends: outcome={} ended_by={}{}", words.0, words.1, told.in_all(now))
            }
            fact => self.calls.get_mut(&contact)?.on_fact(now, fact)?,
        };
        Some(format!("call {contact} {words}"))
    }

    /// A call begins; none: it is not told.
    fn admit(&mut self, now: Mono, contact: ContactId, entity: &EntityId) -> Option<()> {
        if self.minute_began.is_none_or(|began| now.since(began) >= TOLD_EVERY) {
            (self.minute_began, self.begun) = (Some(now), 0);
        }
        if self.begun >= CALLS_A_MINUTE {
            tell_untold(self.untold.add(now));
            return None;
        }
        self.begun += 1;
        self.calls.insert(contact, Told::new(now, entity.clone()));
        Some(())
    }
}

impl Told {
    fn new(opened: Mono, entity: EntityId) -> Told {
        Told { opened, entity, queue: None, seat: None, wait: Span::default(), talk: Span::default() }
    }

    /// What happened within the call, if it is worth a line.
    fn on_fact(&mut self, now: Mono, fact: &Fact) -> Option<String> {
        match fact {
            Fact::ContactAnswered { .. } => Some("answered".to_owned()),
            Fact::ContactTagged { entity: Some(entity), .. } => {
                self.entity = entity.clone();
                None
            }
            Fact::Queued { queue, position, .. } => {
                self.wait.since = Some(now);
                self.queue = Some(queue.clone());
                Some(format!("queued: queue={queue} position={position}"))
            }
            Fact::QueueLeft { queue, exit, .. } => {
                self.wait.stop(now);
                self.queue = Some(queue.clone());
                Some(format!("leaves the queue: queue={queue} exit={}", word(exit)))
            }
            Fact::Joined { seat, queue, .. } => {
                self.wait.stop(now);
                self.talk.since = Some(now);
                (self.seat, self.queue) = (Some(seat.clone()), Some(queue.clone()));
                let waited = self.wait.over.as_secs();
                Some(format!("given: seat={seat} queue={queue} wait_s={waited}"))
            }
            Fact::NumberCalled { trunk, .. } => {
                self.wait.since = Some(now);
                Some(format!("calls a number: trunk={trunk}"))
            }
            Fact::NumberNotTaken { why, .. } => {
                self.wait.stop(now);
                Some(format!("the number does not take it: why={}", word(why)))
            }
            Fact::Transferred { .. } => {
                self.wait.stop(now);
                self.talk.since = Some(now);
                Some(format!("transferred: wait_s={}", self.wait.over.as_secs()))
            }
            Fact::Parted { .. } | Fact::TransferEnded { .. } => {
                self.talk.stop(now);
                None
            }
            _ => None,
        }
    }

    /// The rest of a call's last line; what did not happen is left out.
    fn in_all(mut self, now: Mono) -> String {
        self.wait.stop(now);
        self.talk.stop(now);
        let seconds = |span: &Span| (!span.over.is_zero()).then(|| span.over.as_secs().to_string());
        let all = [
            ("entity", Some(self.entity.to_string())),
            ("queue", self.queue.as_ref().map(ToString::to_string)),
            ("seat", self.seat.as_ref().map(ToString::to_string)),
            ("wait_s", seconds(&self.wait)),
            ("talk_s", seconds(&self.talk)),
            ("total_s", Some(now.since(self.opened).as_secs().to_string())),
        ];
        all.iter().filter_map(|(name, value)| Some(format!(" {name}={}", value.as_ref()?))).collect()
    }
}

fn tell_untold(calls: Option<u64>) {
    if let Some(calls) = calls {
        tracing::info!(calls, "more calls than are told one by one; `centralino contact list` has them all");
    }
}

/// Who calls, masked.
fn caller(from: &Personal) -> String {
    match from {
        Personal::Clear(number) => Caller::parse(number).to_string(),
        Personal::Sealed(_) | Personal::Erased => "****".to_owned(),
    }
}

/// A word of a closed list as the records have it.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{CaseId, Stamp};
    use crate::words::{EndedBy, Outcome};

    fn at(s: u64) -> Mono {
        Mono::from_start(Duration::from_secs(s))
    }

    /// No caller is a seat.
    fn nobody(_: &str) -> bool {
        false
    }

    fn contact(count: u32) -> ContactId {
        ContactId(Stamp { node: 1, epoch: 1, count })
    }

    fn opened(contact: ContactId, from: &str) -> Fact {
        Fact::ContactOpened {
            contact,
            case: Some(CaseId(1)),
            citizen: None,
            from: Personal::Clear(from.to_owned()),
            to: "055055".to_owned(),
            entity: "firenze".into(),
            topic: None,
            language: "it".into(),
            flow: "055055".into(),
            degraded: false,
        }
    }

    fn closed(contact: ContactId, outcome: Outcome) -> Fact {
        Fact::ContactClosed { contact, outcome, ended_by: EndedBy::Citizen, short: false, why: None }
    }

    #[test]
    fn call_is_told_from_its_arrival_to_its_end_and_no_number_is() {
        let (contact, queue, seat) = (contact(7), QueueId::from("anagrafe"), SeatId::from("seat01"));
        let joined = Fact::Joined {
            contact,
            seat: seat.clone(),
            operator: "seat01".into(),
            queue: queue.clone(),
            recording: None,
        };
        let told = [
            (0, opened(contact, "+390552768224")),
            (1, Fact::ContactAnswered { contact }),
            (9, Fact::KeyPressed { contact, key: '1' }),
            (
                10,
                Fact::Queued { contact, queue, position: 2, since_ms: None, ahead_min: 0, expected_s: None },
            ),
            (42, joined),
            (100, Fact::Parted { contact, seat }),
            (101, closed(contact, Outcome::Answered)),
            (102, closed(contact, Outcome::Answered)),
        ];
        let mut log = CallLog::default();
        let lines: Vec<_> = told.iter().filter_map(|(s, fact)| log.line(at(*s), fact, nobody)).collect();
        assert_eq!(
            lines,
            [
                "call 1.1.7 arrives: from=+39055276**** to=055055 entity=firenze",
                "call 1.1.7 answered",
                "call 1.1.7 queued: queue=anagrafe position=2",
                "call 1.1.7 given: seat=seat01 queue=anagrafe wait_s=32",
                "call 1.1.7 ends: outcome=answered ended_by=citizen entity=firenze queue=anagrafe seat=seat01 wait_s=32 \
                 talk_s=58 total_s=101",
            ]
        );
        assert!(log.calls.is_empty(), "nothing is kept of a call that is over");
        let seat = log.line(at(110), &opened(contact, "seat01"), |name| name == "seat01");
        assert!(seat.is_some_and(|line| line.contains(" from=seat01 ")), "seats are no citizens");
    }

    #[test]
    fn flood_of_calls_is_told_by_its_number_and_no_call_by_half() {
        let mut log = CallLog::default();
        let lines: usize = (0..CALLS_A_MINUTE + 50)
            .map(|count| {
                let begins = log.line(at(1), &opened(contact(count), "anonymous"), nobody).is_some();
                let ends = log.line(at(2), &closed(contact(count), Outcome::Left), nobody).is_some();
                usize::from(begins) + usize::from(ends)
            })
            .sum();
        assert_eq!(lines, 240);
        assert_eq!(log.untold.total(), 50);
        assert!(log.line(at(62), &opened(contact(999), "anonymous"), nobody).is_some(), "another minute");
    }
}
