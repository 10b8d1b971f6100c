//! The fewest seats of each half hour that meet a goal.
//!
//! From what the work itself takes upwards: the day is run, and each half hour that misses the goal while the one before meets it gets
//! one more seat (one that comes after a miss may only have inherited its line). So a seat is added only where it is needed, and none can
//! be spared where the last one was added.

use serde::Serialize;

use super::scenario::{HALF_HOUR_S, Scenario, clock};
use super::tally::Tally;
use super::{Estimate, HALF_HOURS};

/// Rounds, at most: a day that needs more has a goal that cannot be met.
const MOST_ROUNDS: u32 = 200;
/// Fewer calls than this in a half hour are served by one seat, whatever a few unlucky ones say.
const FEW: f64 = 0.5;

/// So many of a hundred within so many seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Goal {
    /// Share.
    pub share: f64,
    /// Seconds.
    pub within_s: u32,
}

/// What was found for a half hour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Found {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// Calls that reach a queue.
    pub offered: Estimate,
    /// The fewest seats.
    pub seats: u32,
    /// With them.
    pub service_level: Estimate,
    /// The goal is met; a queue that is closed, or a flow that lets nobody through, can never be met.
    pub met: bool,
}

/// The fewest seats that meet the goal in each half hour; `run` gives the replications of a scenario.
pub fn fewest_seats(
    scenario: &Scenario,
    goal: Goal,
    run: &mut dyn FnMut(&Scenario) -> Vec<Tally>,
) -> Vec<Found> {
    let mut seats: Vec<u32> = scenario.arrivals.iter().map(|calls| u32::from(*calls > 0.0)).collect();
    let mut runs = run(&scenario.with_seats(&seats));
    for _ in 0..MOST_ROUNDS {
        let levels: Vec<Level> = (0..HALF_HOURS).map(|half_hour| Level::of(&runs, half_hour)).collect();
        let misses = |half_hour: usize| levels.get(half_hour).is_some_and(|level| level.misses(goal));
        let mut is_changed = false;
        for half_hour in 0..HALF_HOURS {
            let before = half_hour.checked_sub(1);
            let inherits = before.is_some_and(misses);
            if let Some(seats) = seats.get_mut(half_hour).filter(|_| misses(half_hour) && !inherits) {
                *seats += levels.get(half_hour).map_or(1, |level| level.step(goal, *seats));
                is_changed = true;
            }
        }
        if !is_changed {
            break;
        }
        runs = run(&scenario.with_seats(&seats));
    }
    (0..HALF_HOURS)
        .zip(seats)
        .filter(|(_, seats)| *seats > 0)
        .map(|(at, seats)| found(&runs, at, seats, goal))
        .collect()
}

/// How a half hour went.
struct Level {
    offered: f64,
    value: f64,
}

impl Level {
    fn of(runs: &[Tally], half_hour: usize) -> Level {
        let counts: Vec<_> = runs.iter().map(|run| run.sum(None, |at| at == half_hour)).collect();
        let within: f64 = counts.iter().map(|count| count.within).sum();
        let of: f64 = counts.iter().map(|count| count.offered - count.abandoned_within).sum();
        let runs = u32::try_from(counts.len().max(1)).map_or(1.0, f64::from);
        Level { offered: of / runs, value: if of > 0.0 { within / of } else { 1.0 } }
    }

    fn misses(&self, goal: Goal) -> bool {
        self.offered > FEW && self.value < goal.share
    }

    /// Far from the goal a tenth of the seats are added at once, near it one.
    fn step(&self, goal: Goal, seats: u32) -> u32 {
        if self.value < goal.share / 2.0 { (seats / 10).max(1) } else { 1 }
    }
}

fn found(runs: &[Tally], half_hour: usize, seats: u32, goal: Goal) -> Found {
    let counts: Vec<_> = runs.iter().map(|run| run.sum(None, |at| at == half_hour)).collect();
    let offered: Vec<f64> = counts.iter().map(|count| count.offered).collect();
    let within: Vec<f64> = counts.iter().map(|count| count.within).collect();
    let of: Vec<f64> = counts.iter().map(|count| count.offered - count.abandoned_within).collect();
    let at = |half_hour: usize| clock(u32::try_from(half_hour).unwrap_or(0) * HALF_HOUR_S);
    Found {
        from: at(half_hour),
        to: at(half_hour + 1),
        offered: Estimate::of_mean(&offered),
        seats,
        service_level: Estimate::of_ratio(&within, &of),
        met: !Level::of(runs, half_hour).misses(goal),
    }
}
