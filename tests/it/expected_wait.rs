//! What is estimated and told of a wait is compared with what the wait came to, over simulated days.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use centralino::acd::{Action, Distribution, Entering, ExpectedWait, Input, QueueRules, SeatRules, Serving};
use centralino::call::WaitTold;
use centralino::ids::{CallId, SeatId, Stamp};
use centralino::time::Mono;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::sim::Sim;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn call(count: u32) -> CallId {
    CallId(Stamp { node: 1, epoch: 1, count })
}

fn seat(number: usize) -> SeatId {
    format!("seat{number:02}").into()
}

/// One day of one queue: who calls when, how long talks last, who gives up.
struct Day {
    acd: Distribution,
    now: Mono,
    chance: ChaCha8Rng,
    /// What happens later, in order.
    later: BTreeSet<(Mono, u32, Happens)>,
    entered: BTreeMap<CallId, (Mono, Option<ExpectedWait>)>,
    /// At which hour, what, and what it came to.
    told: Vec<(u64, ExpectedWait, Duration)>,
    count: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Happens {
    Arrives,
    Answers(SeatId, CallId),
    Ends(SeatId, CallId),
    GivesUp(CallId),
}

impl Day {
    fn new(seed: u64, seats: usize) -> Day {
        let sim = Sim::new();
        let (queue, at) = (&sim.config().queues["anagrafe"].rules, &sim.config().seats["seat01"].rules);
        let queue = QueueRules { id: "a".into(), max_waiting: 1_000, max_wait: 60 * MINUTE, ..queue.clone() };
        let queues = BTreeMap::from([(queue.id.clone(), Serving::default())]);
        let sitting = |n| SeatRules { id: seat(n), queues: queues.clone(), auto_login: true, ..at.clone() };
        let list = (1..=seats).map(sitting).collect();
        let mut acd = Distribution::new(vec![queue], list);
        (1..=seats).for_each(|n| acd.handle_input(Mono::ZERO, Input::Reachable(seat(n))));
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let (later, entered) = (BTreeSet::from([(Mono::ZERO, 0, Happens::Arrives)]), BTreeMap::new());
        Day { acd, now: Mono::ZERO, chance, later, entered, told: Vec::new(), count: 0 }
    }

    fn exponential(&mut self, mean: f64) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.chance.random::<f64>()).ln() * mean)
    }

    fn after(&mut self, wait: Duration, what: Happens) {
        self.count += 1;
        self.later.insert((self.now + wait, self.count, what));
    }

    /// Three hours; a little more comes than can be served in the busy ones.
    fn live(mut self, between_s: f64) -> Vec<(u64, ExpectedWait, Duration)> {
        while self.now < Mono::from_start(180 * MINUTE) {
            let due = self.later.first().map(|(at, ..)| *at);
            match self.acd.poll_timeout().filter(|at| due.is_none_or(|due| *at <= due)) {
                Some(at) => {
                    self.now = at;
                    self.input(Input::Timeout);
                }
                None => {
                    let Some((at, _, what)) = self.later.pop_first() else { break };
                    self.now = at;
                    self.happen(what, between_s);
                }
            }
        }
        self.told
    }

    fn happen(&mut self, what: Happens, between_s: f64) {
        match what {
            Happens::Arrives => {
                self.acd.estimate(self.now, &"a".into());
                let told = self.acd.expected_wait(self.now, &"a".into());
                self.count += 1;
                let id = call(self.count);
                self.entered.insert(id, (self.now, told));
                self.input(Input::Enter(Entering::new(id, "a".into())));
                let patience = self.exponential(1_200.0);
                self.after(patience, Happens::GivesUp(id));
                let hour = self.now.since_start().as_secs_f64() / 3_600.0;
                let gap = self.exponential(between_s / (1.0 + 0.15 * (hour * 2.0).sin()));
                self.after(gap, Happens::Arrives);
            }
            Happens::GivesUp(id) => {
                self.entered.remove(&id);
                self.input(Input::Leave(id));
            }
            Happens::Answers(seat, id) => {
                if let Some((since, Some(told))) = self.entered.remove(&id) {
                    let hour = since.since_start().as_secs() / 3_600;
                    self.told.push((hour, told, self.now.since(since)));
                }
                self.input(Input::Answered(seat.clone(), id));
                let talk = Duration::from_secs(20) + self.exponential(100.0);
                self.after(talk, Happens::Ends(seat, id));
            }
            Happens::Ends(seat, id) => self.input(Input::TalkEnded(seat, id)),
        }
    }

    fn input(&mut self, input: Input) {
        self.acd.handle_input(self.now, input);
        while let Some(action) = self.acd.poll_action() {
            if let Action::Ring { seat, call, .. } = action {
                let ring = Duration::from_secs(2) + self.exponential(2.0);
                self.after(ring.min(14 * SECOND), Happens::Answers(seat, call));
            }
        }
    }
}

/// Of those who waited at all: hour of the day, what was estimated, and what it came to.
fn days(seats: usize, between_s: f64, days: u64) -> Vec<(u64, ExpectedWait, Duration)> {
    let told = (0..days).flat_map(|seed| Day::new(seed, seats).live(between_s));
    // Whoever found a free seat was told nothing.
    told.filter(|(_, told, _)| told.high > 20 * SECOND).collect()
}

fn percent(part: usize, whole: usize) -> usize {
    part * 100 / whole.max(1)
}

#[test]
fn estimated_range_covers_the_truth_and_is_narrow_enough_to_mean_something() {
    for (seats, between_s, count) in [(5, 27.0, 3), (17, 7.9, 1)] {
        let waited = days(seats, between_s, count);
        let inside = waited.iter().filter(|(_, told, truth)| (told.low..=told.high).contains(truth)).count();
        let share = percent(inside, waited.len());
        let mut excess: Vec<_> = waited
            .iter()
            .map(|(_, told, truth)| (told.high - told.low).saturating_sub((*truth / 2).max(2 * MINUTE)))
            .collect();
        excess.sort_unstable();
        let median = excess.get(excess.len() / 2).copied().unwrap_or_default();
        assert!(waited.len() > 300, "{seats} seats: only {} waited", waited.len());
        assert!((75..=90).contains(&share), "{seats} seats: {share} % inside");
        assert_eq!(median, Duration::ZERO, "{seats} seats");
        // What is spoken is rounded to whole minutes, and left out where it is too wide.
        let spoken: Vec<_> = waited
            .iter()
            .filter_map(|(hour, told, truth)| Some((*hour, WaitTold::of(told.low, told.high)?, *truth)))
            .collect();
        println!("{seats} seats: {} waited, {share} % inside, {} told", waited.len(), spoken.len());
        for hour in 0..3 {
            let of_hour: Vec<_> = spoken.iter().filter(|(of, ..)| *of == hour).collect();
            let is_inside = |told: &WaitTold, truth: &Duration| {
                (told.low_min * 60..=told.high_min * 60).contains(&truth.as_secs())
            };
            let inside = of_hour.iter().filter(|(_, told, truth)| is_inside(told, truth)).count();
            let mut widths: Vec<_> =
                of_hour.iter().map(|(_, told, _)| told.high_min - told.low_min).collect();
            widths.sort_unstable();
            let width = widths.get(widths.len() / 2).copied().unwrap_or_default();
            let share = percent(inside, of_hour.len());
            println!("  hour {hour}: {} told, {share} % inside, median width {width} min", of_hour.len());
            assert!(
                of_hour.len() < 30 || (75..=90).contains(&share),
                "{seats} seats, hour {hour}: {share} %"
            );
        }
    }
}
