//! What became of call-backs, day by day: for the report that a city asks of its service.
//!
//! Everything is counted on the day (in Rome) on which it happened; whether a slot was kept, when the call-back is over. A slot is *due*
//! unless the citizen cancelled or was helped before; it is *kept* when the citizen was called within it, whoever answered then.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::change::{Change, End, Kind};
use super::diary::Callback;
use super::rules::Unreached;
use crate::time::{moment, rome_zone};

/// Most days that are remembered: a year and a month.
const MOST_DAYS: usize = 396;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    days: BTreeMap<Date, Day>,
}

/// One day, or several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Day {
    /// Promises made.
    pub promised: u64,
    /// Of these, for a slot.
    pub booked: u64,
    /// From the promise until the beginning of its slot, in milliseconds, all together.
    pub lead_ms: i64,
    /// Times that a citizen was called, trunk failures not counted.
    pub attempts: u64,
    /// Times that no trunk carried the call.
    pub trunk_failures: u64,
    /// Times that nobody was free when it was due.
    pub escalated: u64,
    /// Slots that came: their call-backs are over, and neither cancelled nor unneeded.
    pub due: u64,
    /// Of these, the citizen was called within the slot.
    pub kept: u64,
    /// Citizens who were reached.
    pub served: u64,
    /// Calls that this took, all together.
    pub served_attempts: u64,
    /// Their time went by without a call.
    pub missed: u64,
    /// Times that a citizen answered before an operator was there, and none came in time.
    pub abandoned: u64,
    /// Called as often as may be.
    pub not_reached: u64,
    /// Taken back.
    pub cancelled: u64,
    /// Helped in another way.
    pub helped: u64,
}

impl Day {
    fn add(&mut self, other: &Day) {
        self.promised += other.promised;
        self.booked += other.booked;
        self.lead_ms = self.lead_ms.saturating_add(other.lead_ms);
        self.attempts += other.attempts;
        self.trunk_failures += other.trunk_failures;
        self.escalated += other.escalated;
        self.due += other.due;
        self.kept += other.kept;
        self.served += other.served;
        self.served_attempts += other.served_attempts;
        self.missed += other.missed;
        self.abandoned += other.abandoned;
        self.not_reached += other.not_reached;
        self.cancelled += other.cancelled;
        self.helped += other.helped;
    }
}

impl Figures {
    /// Something was written down at `at_ms` of `callback`, as it was before.
    pub(super) fn count(&mut self, at_ms: i64, callback: Option<&Callback>, change: &Change) {
        let day = self.day(at_ms);
        match (change, callback) {
            (Change::Promised { promise }, None) => {
                day.promised += 1;
                if let Kind::Booked(slot) = &promise.kind {
                    day.booked += 1;
                    day.lead_ms = day.lead_ms.saturating_add(slot.from_ms().saturating_sub(at_ms).max(0));
                }
            }
            (Change::Escalated, _) => day.escalated += 1,
            (Change::Attempted { .. }, _) => day.attempts += 1,
            (Change::NotReached { why: Unreached::TrunkFailure, .. }, Some(_)) => {
                day.trunk_failures += 1;
                day.attempts = day.attempts.saturating_sub(1);
            }
            (Change::NotReached { why: Unreached::Abandoned, .. }, Some(_)) => day.abandoned += 1,
            (Change::Ended { how }, Some(callback)) => day.end(*how, callback),
            _ => {}
        }
    }

    fn day(&mut self, at_ms: i64) -> &mut Day {
        let date = moment(at_ms).to_zoned(rome_zone()).date();
        while self.days.len() >= MOST_DAYS && !self.days.contains_key(&date) {
            self.days.pop_first();
        }
        self.days.entry(date).or_default()
    }

    /// All days from `from` to `to` together.
    pub fn between(&self, from: Date, to: Date) -> Day {
        let mut sum = Day::default();
        if from <= to {
            self.days.range(from..=to).for_each(|(_, day)| sum.add(day));
        }
        sum
    }
}

impl Day {
    fn end(&mut self, how: End, callback: &Callback) {
        let came = matches!(how, End::Served | End::Missed | End::NotReached);
        if let (true, Kind::Booked(slot)) = (came, &callback.promise.kind) {
            self.due += 1;
            self.kept += u64::from(callback.called_ms.is_some_and(|at| at < slot.to_ms()));
        }
        match how {
            End::Served => {
                let calls = callback.failures.iter().filter(|why| why.counts()).count() + 1;
                self.served += 1;
                self.served_attempts += u64::try_from(calls).unwrap_or(u64::MAX);
            }
            End::Missed => self.missed += 1,
            End::NotReached => self.not_reached += 1,
            End::Cancelled => self.cancelled += 1,
            End::Helped => self.helped += 1,
        }
    }
}
