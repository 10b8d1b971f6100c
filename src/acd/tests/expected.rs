//! What is told of a wait is compared with what the wait came to, over simulated days.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::*;
use crate::acd::ExpectedWait;

/// One day of one queue: who calls when, how long talks last, who gives up.
struct Day {
    acd: Distribution,
    now: Mono,
    chance: ChaCha8Rng,
    /// What happens later, in order.
    later: BTreeSet<(Mono, u32, Happens)>,
    entered: BTreeMap<CallId, (Mono, Option<ExpectedWait>)>,
    last: Option<ExpectedWait>,
    told: Vec<(ExpectedWait, Duration)>,
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
        let queue = QueueRules { max_waiting: 1_000, max_wait: 60 * MINUTE, ..rules("a") };
        let list = (1..=seats).map(|n| serving(seat(n).as_str(), &["a"])).collect();
        let mut acd = Distribution::new(vec![queue], list);
        (1..=seats).for_each(|n| acd.handle_input(Mono::ZERO, Input::Reachable(seat(n))));
        let chance = ChaCha8Rng::seed_from_u64(seed);
        let (later, entered) = (BTreeSet::from([(Mono::ZERO, 0, Happens::Arrives)]), BTreeMap::new());
        Day { acd, now: Mono::ZERO, chance, later, entered, last: None, told: Vec::new(), count: 0 }
    }

    fn exponential(&mut self, mean: f64) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.chance.random::<f64>()).ln() * mean)
    }

    fn after(&mut self, wait: Duration, what: Happens) {
        self.count += 1;
        self.later.insert((self.now + wait, self.count, what));
    }

    /// Three hours; a little more comes than can be served in the busy ones.
    fn live(mut self, between_s: f64) -> Vec<(ExpectedWait, Duration)> {
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
                if let Some(waits) = self.acd.estimate(self.now) {
                    self.last = waits.get("a").copied().flatten();
                }
                self.count += 1;
                let id = call(self.count);
                self.entered.insert(id, (self.now, self.last));
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
                    self.told.push((told, self.now.since(since)));
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

#[test]
fn range_that_is_told_covers_the_truth_and_is_narrow_enough_to_mean_something() {
    for (seats, between_s, days) in [(5, 27.0, 3), (17, 7.9, 1)] {
        let told: Vec<_> = (0..days).flat_map(|seed| Day::new(seed, seats).live(between_s)).collect();
        // Whoever found a free seat was told nothing.
        let waited: Vec<_> = told.into_iter().filter(|(told, _)| told.high > 20 * SECOND).collect();
        let inside = waited.iter().filter(|(told, truth)| (told.low..=told.high).contains(truth)).count();
        let share = inside * 100 / waited.len().max(1);
        let mut excess: Vec<_> = waited
            .iter()
            .map(|(told, truth)| (told.high - told.low).saturating_sub((*truth / 2).max(2 * MINUTE)))
            .collect();
        excess.sort_unstable();
        let median = excess.get(excess.len() / 2).copied().unwrap_or_default();
        assert!(waited.len() > 300, "{seats} seats: only {} waited", waited.len());
        assert!((75..=90).contains(&share), "{seats} seats: {share} % inside");
        assert_eq!(median, Duration::ZERO, "{seats} seats");
    }
}

#[test]
fn nothing_is_told_before_enough_talks_are_known_nor_when_nobody_serves() {
    let mut floor = Floor::with_seats(1, |_| ());
    assert_eq!(floor.acd.estimate(floor.now).unwrap()["a"], None);
    for count in 1..=5 {
        floor.talk(count, 1);
        floor.advance(MINUTE);
        floor.end_talk(count, 1);
        floor.advance(10 * SECOND);
    }
    assert!(floor.acd.estimate(floor.now).unwrap()["a"].is_some());
    assert_eq!(floor.acd.estimate(floor.now), None, "the last one is still good");
    floor.pause(1);
    floor.advance(5 * SECOND);
    assert_eq!(floor.acd.estimate(floor.now).unwrap()["a"], None);
}
