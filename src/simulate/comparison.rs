//! Two days that the very same callers called: what is different, and how certain that is.
//!
//! Each replication of one is compared with the same replication of the other, so that what chance has done to both cancels out. What
//! differs is told by name ([`Subject`]): seats more or fewer, another flow, other rules; and what has come of it in words (`words`).

mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::figures::waited;
use super::scenario::{Scenario, begin_of, clock};
use super::tally::{Count, Tally};
use super::{DayFigures, Estimate, Line};
use crate::ids::QueueId;

pub use words::minutes;

/// Two days, and what is different.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The one.
    pub a: DayFigures,
    /// The other.
    pub b: DayFigures,
    /// What is another in the second day.
    pub subject: Subject,
    /// From when to when seats differ; none: they do not, and the day is compared.
    pub changes: Vec<Change>,
    /// Over the day.
    pub day: Difference,
    /// Over the day, in each queue.
    pub queues: Vec<InQueue>,
}

/// What is another in the second day, beside seats.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// The draft of a flow that each is run on, if that is not the same.
    pub flow: Option<[Option<String>; 2]>,
    /// The configuration that each is run on, if that is not the same.
    pub config: Option<[Option<String>; 2]>,
    /// Callers or times are others as well.
    pub day: bool,
}

/// What is different in a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InQueue {
    /// Which.
    pub queue: QueueId,
    /// What is different.
    #[serde(flatten)]
    pub effect: Difference,
}

/// So many seats more, or fewer, for a stretch of the day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// How many more in the second day.
    pub seats: f64,
    /// What it does meanwhile.
    pub effect: Difference,
}

/// A figure before, after, and the difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Moved {
    /// In the first day.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// By how much it is more.
    pub difference: Estimate,
}

/// What is different.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Mean wait of those who were answered, in seconds.
    pub mean_wait_s: Moved,
    /// Calls that were answered.
    pub answered: Moved,
    /// Calls that were given up.
    pub abandoned: Moved,
    /// Calls that the flow has served.
    pub contained: Moved,
    /// Share answered soon.
    pub service_level: Moved,
    /// Of the operators.
    pub occupancy: Moved,
}

impl Comparison {
    /// Of two scenarios, with as many replications each, in the same order.
    pub fn of(a: (&Scenario, &[Tally]), b: (&Scenario, &[Tally])) -> Comparison {
        let (before, after) = (a.0.staffing(), b.0.staffing());
        let mut changes: Vec<(usize, usize, f64)> = Vec::new();
        for (half_hour, (before, after)) in before.iter().zip(&after).enumerate() {
            let more = after - before;
            match changes.last_mut().filter(|last| last.1 == half_hour && (last.2 - more).abs() < 1e-9) {
                Some(last) => last.1 += 1,
                None if more.abs() > 1e-9 => changes.push((half_hour, half_hour + 1, more)),
                None => {}
            }
        }
        let change = |(from, to, seats)| Change {
            from: clock(begin_of(from)),
            to: clock(begin_of(to)),
            seats,
            effect: Difference::of((a.1, b.1), None, |half_hour| (from..to).contains(&half_hour)),
        };
        let queues: BTreeSet<&QueueId> = a.1.iter().chain(b.1).flat_map(Tally::queues).collect();
        let in_queue = |queue: &QueueId| InQueue {
            queue: queue.clone(),
            effect: Difference::of((a.1, b.1), Some(queue), |_| true),
        };
        Comparison {
            a: DayFigures::of(a.0, a.1),
            b: DayFigures::of(b.0, b.1),
            changes: changes.into_iter().map(change).collect(),
            day: Difference::of((a.1, b.1), None, |_| true),
            subject: Subject::of(a.0, b.0),
            queues: queues.into_iter().map(in_queue).collect(),
        }
    }

    /// Both days' half hours of the service side by side, in order; one of which only one day has anything to say has no other.
    pub fn half_hours(&self) -> Vec<(Option<&Line>, Option<&Line>)> {
        let mut pairs: BTreeMap<&str, (Option<&Line>, Option<&Line>)> = BTreeMap::new();
        for line in self.a.half_hours(None) {
            pairs.entry(line.from.as_deref().unwrap_or_default()).or_default().0 = Some(line);
        }
        for line in self.b.half_hours(None) {
            pairs.entry(line.from.as_deref().unwrap_or_default()).or_default().1 = Some(line);
        }
        pairs.into_values().collect()
    }
}

impl Subject {
    fn of(a: &Scenario, b: &Scenario) -> Subject {
        let other = |a: &Option<String>, b: &Option<String>| (a != b).then(|| [a.clone(), b.clone()]);
        let people = |day: &Scenario| Scenario {
            name: String::new(),
            flow: None,
            config: None,
            choices: BTreeMap::new(),
            duties: Vec::new(),
            named: Vec::new(),
            ..day.clone()
        };
        let (flow, config) = (other(&a.flow, &b.flow), other(&a.config, &b.config));
        // Another flow is asked other questions.
        let chosen = flow.is_none() && config.is_none() && a.choices != b.choices;
        // Seats that do other work are no more and no fewer.
        let other_work = a.duties != b.duties && a.staffing() == b.staffing();
        Subject { day: chosen || other_work || people(a) != people(b), flow, config }
    }
}

impl Difference {
    fn of(
        both: (&[Tally], &[Tally]),
        queue: Option<&QueueId>,
        half_hours: impl Fn(usize) -> bool + Copy,
    ) -> Difference {
        let counts = |runs: &[Tally]| runs.iter().map(|run| run.sum(queue, half_hours)).collect::<Vec<_>>();
        let (a, b) = (counts(both.0), counts(both.1));
        let total = |of: fn(&Count) -> f64| Moved::of(&a, &b, of, |_| 1.0);
        Difference {
            mean_wait_s: Moved::of(&a, &b, waited, |count| count.answered),
            answered: total(|count| count.answered),
            abandoned: total(|count| count.abandoned),
            contained: total(|count| count.contained),
            service_level: Moved::of(&a, &b, |count| count.within, Count::measured),
            occupancy: Moved::of(&a, &b, |count| count.handled_s, Count::on_duty_s),
        }
    }
}

impl Moved {
    /// Of a ratio of two counts. The interval of the difference is that of both ratios' deviations, replication by replication.
    fn of(a: &[Count], b: &[Count], part: fn(&Count) -> f64, whole: fn(&Count) -> f64) -> Moved {
        let each = |counts: &[Count], of: fn(&Count) -> f64| counts.iter().map(of).collect::<Vec<_>>();
        let (part_a, whole_a) = (each(a, part), each(a, whole));
        let (part_b, whole_b) = (each(b, part), each(b, whole));
        let (value_a, value_b) =
            (Estimate::of_ratio(&part_a, &whole_a).value, Estimate::of_ratio(&part_b, &whole_b).value);
        let (mean_a, mean_b) = (Estimate::of_mean(&whole_a).value, Estimate::of_mean(&whole_b).value);
        let deviation = |part: f64, whole: f64, value: f64, mean: f64| {
            if mean == 0.0 { 0.0 } else { (part - value * whole) / mean }
        };
        let differences: Vec<f64> = (part_a.iter().zip(&whole_a).zip(part_b.iter().zip(&whole_b)))
            .map(|((pa, wa), (pb, wb))| {
                value_b - value_a + deviation(*pb, *wb, value_b, mean_b)
                    - deviation(*pa, *wa, value_a, mean_a)
            })
            .collect();
        Moved { a: value_a, b: value_b, difference: Estimate::of_mean(&differences) }
    }
}
