//! The fewest seats of each half hour that meet a goal.
//!
//! The search begins where theory (Erlang C) puts it for the work that really comes, which the first run of the day has told; then
//! the day is run again and again. Each half hour that misses the goal while the one before meets it gets one more seat (one that comes
//! after a miss may only have inherited its line). Then every other half hour is tried with one less, and keeps what it can do without. So a
//! seat is there only where the day with one fewer has missed the goal, and some forty runs are enough.

use serde::Serialize;

use super::erlang;
use super::scenario::{HALF_HOUR_S, MOST_SEATS, Scenario, begin_of, clock};
use super::tally::{Count, Tally};
use super::{Estimate, HALF_HOURS};

/// Runs of the day for each way that seats are changed, at most. It bounds a search whose figures never settle.
const MOST_ROUNDS: usize = 60;
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
    let mut search = Search { scenario, goal, run, half_hours: Vec::new() };
    let guess = |calls: &f64| (*calls, scenario.manner.held_s());
    search.begin(scenario.arrivals.iter().map(guess).collect());
    let first = search.play(None);
    search.begin(work_of(&first));
    search.raise();
    search.lower();
    let runs = search.raise();
    let seats = search.half_hours.iter().map(|half_hour| half_hour.seats);
    (0..HALF_HOURS)
        .zip(seats)
        .filter(|(_, seats)| *seats > 0)
        .map(|(at, seats)| found(&runs, at, seats, goal))
        .collect()
}

/// What is known of a half hour so far.
#[derive(Clone, Copy, Debug, Default)]
struct HalfHour {
    seats: u32,
    /// With fewer than these it has missed the goal.
    fewest: u32,
    /// More than these are not tried: whoever is not served by then never is.
    most: u32,
}

impl HalfHour {
    /// Changed at once: a twentieth, at least one.
    fn step(self) -> u32 {
        (self.seats / 20).max(1)
    }

    /// With how many it is to be tried next.
    fn fewer(self) -> Option<u32> {
        Some(self.seats.saturating_sub(self.step()).max(self.fewest)).filter(|fewer| *fewer < self.seats)
    }
}

struct Search<'s> {
    scenario: &'s Scenario,
    goal: Goal,
    run: &'s mut dyn FnMut(&Scenario) -> Vec<Tally>,
    half_hours: Vec<HalfHour>,
}

impl Search<'_> {
    /// With what theory says, for so many calls in each half hour, each of which holds a seat for so many seconds.
    fn begin(&mut self, work: Vec<(f64, f64)>) {
        let goal = self.goal;
        let many = u32::try_from(MOST_SEATS).unwrap_or(u32::MAX);
        let seats = work.into_iter().zip(&self.scenario.arrivals).map(|((calls, held_s), expected)| {
            let load = calls * held_s / f64::from(HALF_HOUR_S);
            let meets = |seats: &u32| erlang::level(load, *seats, goal.within_s.into(), held_s) >= goal.share;
            if *expected > 0.0 { (1..many).find(meets).unwrap_or(many) } else { 0 }
        });
        let known = |seats: u32| HalfHour { seats, fewest: seats.min(1), most: seats * 2 + 5 };
        self.half_hours = seats.map(known).collect();
    }

    /// The day, with some half hours otherwise than they are.
    fn play(&mut self, tried: Option<&[Option<u32>]>) -> Vec<Tally> {
        let tried = |at: usize| tried.and_then(|tried| tried.get(at).copied().flatten());
        let seats = self.half_hours.iter().enumerate();
        let seats: Vec<u32> = seats.map(|(at, half_hour)| tried(at).unwrap_or(half_hour.seats)).collect();
        (self.run)(&self.scenario.with_seats(&seats))
    }

    /// For each half hour whether it misses the goal, and whether that is its own doing.
    fn misses(&self, runs: &[Tally]) -> Vec<(bool, bool)> {
        let misses = (0..HALF_HOURS).map(|at| Level::of(runs, at).misses(self.goal));
        let mut before = false;
        misses.map(|misses| (misses, misses && !std::mem::replace(&mut before, misses))).collect()
    }

    /// More seats where they are missing, until they suffice.
    fn raise(&mut self) -> Vec<Tally> {
        let mut runs = self.play(None);
        for _ in 0..MOST_ROUNDS {
            let misses = self.misses(&runs);
            let short = self.half_hours.iter_mut().zip(misses);
            let short = short.filter(|(at, (_, own))| *own && at.seats > 0 && at.seats < at.most);
            let raised = short.map(|(half_hour, _)| {
                half_hour.fewest = half_hour.seats + 1;
                half_hour.seats = (half_hour.seats + half_hour.step()).min(half_hour.most);
            });
            if raised.count() == 0 {
                break;
            }
            runs = self.play(None);
        }
        runs
    }

    /// Fewer seats, every other half hour at a time, wherever the goal is met with them, there and in the half hour after.
    fn lower(&mut self) {
        let mut settled = 0;
        for round in 0..MOST_ROUNDS {
            let half_hours = self.half_hours.iter().enumerate();
            let tried: Vec<Option<u32>> =
                half_hours.map(|(at, known)| known.fewer().filter(|_| at % 2 == round % 2)).collect();
            let is_changed = tried.iter().any(Option::is_some) && self.try_fewer(&tried);
            settled = if is_changed { 0 } else { settled + 1 };
            if settled == 2 {
                return;
            }
        }
    }

    /// Runs the day with these; false: nothing has come of it.
    fn try_fewer(&mut self, tried: &[Option<u32>]) -> bool {
        let runs = self.play(Some(tried));
        let misses = self.misses(&runs);
        let after = misses.iter().skip(1).map(|(_, own)| *own).chain([false]);
        let mut is_changed = false;
        for (((half_hour, tried), (misses, own)), after) in
            self.half_hours.iter_mut().zip(tried).zip(&misses).zip(after)
        {
            match tried {
                Some(fewer) if !misses && !after => half_hour.seats = *fewer,
                Some(fewer) if !misses || *own => half_hour.fewest = fewer + 1,
                // With the line of the half hour before it says nothing; nor when it was not tried.
                _ => continue,
            }
            is_changed = true;
        }
        is_changed
    }
}

/// How many calls reached a queue in each half hour, and for how many seconds they held a seat.
fn work_of(runs: &[Tally]) -> Vec<(f64, f64)> {
    let whole = |run: &Tally| run.sum(None, |_| true);
    let (handled_s, answered) = runs.iter().map(whole).fold((0.0, 0.0), |(handled_s, answered), count| {
        (handled_s + count.handled_s, answered + count.answered)
    });
    let held_s = if answered > 0.0 { handled_s / answered } else { 0.0 };
    (0..HALF_HOURS).map(|at| (Level::of(runs, at).offered, held_s)).collect()
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
        let of: f64 = counts.iter().map(Count::measured).sum();
        let runs = u32::try_from(counts.len().max(1)).map_or(1.0, f64::from);
        Level { offered: of / runs, value: if of > 0.0 { within / of } else { 1.0 } }
    }

    fn misses(&self, goal: Goal) -> bool {
        self.offered > FEW && self.value < goal.share
    }
}

fn found(runs: &[Tally], half_hour: usize, seats: u32, goal: Goal) -> Found {
    let counts: Vec<_> = runs.iter().map(|run| run.sum(None, |at| at == half_hour)).collect();
    let offered: Vec<f64> = counts.iter().map(|count| count.offered).collect();
    let within: Vec<f64> = counts.iter().map(|count| count.within).collect();
    let of: Vec<f64> = counts.iter().map(Count::measured).collect();
    Found {
        from: clock(begin_of(half_hour)),
        to: clock(begin_of(half_hour + 1)),
        offered: Estimate::of_mean(&offered),
        seats,
        service_level: Estimate::of_ratio(&within, &of),
        met: !Level::of(runs, half_hour).misses(goal),
    }
}
