//! From the replications of a day to its figures, by half hour and queue, each with its interval.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Estimate;
use super::scenario::{Scenario, begin_of, clock};
use super::tally::{Count, Tally};
use crate::ids::QueueId;

/// A day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DayFigures {
    /// The scenario.
    pub scenario: String,
    /// Replications of it.
    pub replications: usize,
    /// Calls that were told to try again, over all of them.
    pub refused: u64,
    /// The service over the day, then by half hour, then the same for each queue.
    pub lines: Vec<Line>,
}

/// The figures of the service or a queue, in a half hour or over the day. Counts are those of one day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The queue; none: the service.
    pub queue: Option<QueueId>,
    /// The half hour; none: the day.
    pub from: Option<String>,
    /// Its end.
    pub to: Option<String>,
    /// Seats on duty and at no break, on average; for the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seats: Option<f64>,
    /// Calls that came; for the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrived: Option<Estimate>,
    /// Of them, those whom the flow has served; for the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contained: Option<Estimate>,
    /// Calls that reached the queue.
    pub offered: Estimate,
    /// Of them, those who talked.
    pub answered: Estimate,
    /// Of them, those who gave up, not within the threshold of a short abandon.
    pub abandoned: Estimate,
    /// Those who gave up within it.
    pub short_abandons: Estimate,
    /// Those who found it closed or full, or waited too long.
    pub unserved: Estimate,
    /// Those who asked to be called back instead.
    pub callbacks: Estimate,
    /// Answered, of all but short abandons.
    pub response_rate: Estimate,
    /// Mean wait of those who were answered, in seconds.
    pub mean_wait_s: Estimate,
    /// Half of them waited for no longer.
    pub p50_wait_s: Estimate,
    /// Nine in ten.
    pub p90_wait_s: Estimate,
    /// Nineteen in twenty.
    pub p95_wait_s: Estimate,
    /// Share answered within the goal's seconds, of all but those who gave up within them.
    pub service_level: Estimate,
    /// Talk and wrap-up, of these and the time ready; for the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occupancy: Option<Estimate>,
}

/// A line's place: the service or a queue, a half hour or the day.
type Which = (Option<QueueId>, Option<usize>);

impl DayFigures {
    /// Of these replications of a scenario.
    pub fn of(scenario: &Scenario, runs: &[Tally]) -> DayFigures {
        let staffing = scenario.staffing();
        let lines = which(runs, &staffing)
            .into_iter()
            .map(|which| line(&which, &counts(&which, runs), &staffing))
            .collect();
        let refused = runs.iter().map(|run| run.refused).sum();
        DayFigures { scenario: scenario.name.clone(), replications: runs.len(), refused, lines }
    }

    /// The line of the service, or a queue, over the day.
    pub fn day(&self, queue: Option<&QueueId>) -> Option<&Line> {
        self.lines.iter().find(|line| line.queue.as_ref() == queue && line.from.is_none())
    }

    /// The half hours of the service, or a queue.
    pub fn half_hours<'f>(&'f self, queue: Option<&'f QueueId>) -> impl Iterator<Item = &'f Line> {
        self.lines.iter().filter(move |line| line.queue.as_ref() == queue && line.from.is_some())
    }
}

/// Every line that there is anything to say of, in order: in a half hour without seats and calls, somebody only ends a wrap-up.
fn which(runs: &[Tally], staffing: &[f64]) -> Vec<Which> {
    let queues: BTreeSet<Option<QueueId>> =
        runs.iter().flat_map(Tally::queues).cloned().map(Some).chain([None]).collect();
    let is_staffed = |half_hour: &usize| staffing.get(*half_hour).is_some_and(|seats| *seats > 0.0);
    let has_calls = |half_hour: &usize| {
        runs.iter().any(|run| {
            let count = run.sum(None, |place| place == *half_hour);
            count.arrived + count.offered > 0.0
        })
    };
    let half_hours: BTreeSet<usize> = runs
        .iter()
        .flat_map(Tally::half_hours)
        .filter(|half_hour| is_staffed(half_hour) || has_calls(half_hour))
        .collect();
    let of = |queue: &Option<QueueId>| {
        let queue = queue.clone();
        let places = [None].into_iter().chain(half_hours.iter().map(|half_hour| Some(*half_hour)));
        places.map(|place| (queue.clone(), place)).collect::<Vec<_>>()
    };
    queues.iter().flat_map(of).collect()
}

fn counts((queue, half_hour): &Which, runs: &[Tally]) -> Vec<Count> {
    let within = |place: usize| half_hour.is_none_or(|half_hour| half_hour == place);
    runs.iter().map(|run| run.sum(queue.as_ref(), within)).collect()
}

fn line((queue, half_hour): &Which, counts: &[Count], staffing: &[f64]) -> Line {
    let each = |of: fn(&Count) -> f64| counts.iter().map(of).collect::<Vec<_>>();
    let mean = |of| Estimate::of_mean(&each(of));
    let ratio = |part, whole| within_one(Estimate::of_ratio(&each(part), &each(whole)));
    let service = queue.is_none();
    Line {
        queue: queue.clone(),
        from: half_hour.map(|half_hour| clock(begin_of(half_hour))),
        to: half_hour.map(|half_hour| clock(begin_of(half_hour + 1))),
        seats: half_hour.filter(|_| service).and_then(|half_hour| staffing.get(half_hour).copied()),
        arrived: service.then(|| mean(|count| count.arrived)),
        contained: service.then(|| mean(|count| count.contained)),
        offered: mean(|count| count.offered),
        answered: mean(|count| count.answered),
        abandoned: mean(|count| count.abandoned),
        short_abandons: mean(|count| count.short),
        unserved: mean(|count| count.unserved),
        callbacks: mean(|count| count.callbacks),
        response_rate: ratio(|count| count.answered, |count| count.offered - count.short),
        mean_wait_s: Estimate::of_ratio(&each(waited), &each(|count| count.answered)),
        p50_wait_s: percentile(counts, 0.5),
        p90_wait_s: percentile(counts, 0.9),
        p95_wait_s: percentile(counts, 0.95),
        service_level: ratio(|count| count.within, Count::measured),
        occupancy: service.then(|| ratio(|count| count.handled_s, Count::on_duty_s)),
    }
}

/// A share is no share beyond all of it, whatever the interval of its estimate.
fn within_one(estimate: Estimate) -> Estimate {
    let within = |end: f64| if end.is_finite() { end.clamp(0.0, 1.0) } else { end };
    Estimate { ci95: estimate.ci95.map(within), ..estimate }
}

pub(super) fn waited(count: &Count) -> f64 {
    count.waits.iter().map(|wait| f64::from(*wait)).sum()
}

/// The mean over the replications of the wait that this share of the answered did not exceed.
fn percentile(counts: &[Count], share: f64) -> Estimate {
    let of = |count: &Count| {
        let mut waits = count.waits.clone();
        waits.sort_by(f32::total_cmp);
        let below = |place: &usize| size(*place) < size(waits.len()) * share;
        let place = (0..waits.len()).take_while(below).last()?;
        waits.get(place).map(|wait| f64::from(*wait))
    };
    let each: Vec<f64> = counts.iter().filter_map(of).collect();
    Estimate::of_mean(&each)
}

fn size(items: usize) -> f64 {
    u32::try_from(items).map_or(f64::MAX, f64::from)
}
