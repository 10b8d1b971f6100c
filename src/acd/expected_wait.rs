//! How long somebody who enters a queue now will wait: the floor as it is, played forward many times.
//!
//! Each run draws how long every talk in course and to come will last, from the last talks of its queue, and who gives up meanwhile.
//! Seats then take callers as the distribution does, the first place first; a last caller stands at the end of each queue and takes
//! nobody's turn. Of what these last callers waited, the middle nine tenths or so are the range. A queue that has known too few talks,
//! or that nobody serves, gives none: what is not known is not told.
//!
//! Who joins later is left out, since later is behind; so are seats that serve only after a delay or when many wait, which can only
//! shorten it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::place::Place;

/// Talks remembered, the last ones: an hour or so of a small queue.
const REMEMBERED: usize = 64;
/// Fewer than this say nothing.
const FEWEST: usize = 5;
/// Runs at most, so many that the ends of the range hold still.
const RUNS: usize = 120;
/// Seats and callers drawn at most, over all runs: a few milliseconds.
const MOST_DRAWN: usize = 60_000;
/// Fewer runs than this are no estimate.
const FEWEST_RUNS: usize = 20;

/// A wait to be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExpectedWait {
    /// Hardly less.
    pub low: Duration,
    /// As likely more as less.
    pub middle: Duration,
    /// Hardly more.
    pub high: Duration,
}

/// What a queue's last calls were like.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// From the ring to the end of the talk.
    held: VecDeque<Duration>,
    /// From the ring to the answer.
    rang: VecDeque<Duration>,
    /// How long callers have waited in all, and how many of them gave up: of late.
    waited: Duration,
    gave_up: u32,
}

impl Habits {
    pub(super) fn on_talk(&mut self, rang: Duration, held: Duration) {
        for (last, all) in [(rang, &mut self.rang), (held, &mut self.held)] {
            if all.len() == REMEMBERED {
                all.pop_front();
            }
            all.push_back(last);
        }
    }

    /// Somebody's wait is over. The past counts less and less.
    pub(super) fn on_waited(&mut self, waited: Duration, gave_up: bool) {
        self.waited += waited;
        self.gave_up += u32::from(gave_up);
        if self.gave_up > 200 {
            (self.waited, self.gave_up) = (self.waited / 2, self.gave_up / 2);
        }
    }

    fn is_known(&self) -> bool {
        self.held.len() >= FEWEST
    }

    /// Of a call that has been held for so long.
    fn rest(&self, since: Duration) -> Rest {
        let longer = self.held.iter().filter(|held| **held > since).copied().collect();
        Rest { since, longer, mean: mean(&self.held) }
    }

    /// How long one caller would wait at most.
    fn patience(&self, chance: &mut ChaCha8Rng) -> Duration {
        if self.gave_up == 0 {
            return Duration::MAX;
        }
        let hours = (self.waited / self.gave_up).as_secs_f64() * exponential(chance);
        Duration::try_from_secs_f64(hours).unwrap_or(Duration::MAX)
    }
}

/// What is known of how much longer a call is held: looked up once, drawn from in each run.
#[derive(Debug)]
struct Rest {
    since: Duration,
    /// The remembered talks that lasted longer.
    longer: Vec<Duration>,
    mean: Duration,
}

impl Rest {
    fn drawn(&self, chance: &mut ChaCha8Rng) -> Duration {
        if self.longer.is_empty() {
            return self.mean.mul_f64(exponential(chance));
        }
        let chosen = self.longer.get(chance.random_range(0..self.longer.len()));
        // The last ones are a sample: what lies between them is as likely.
        let chosen = chosen.copied().unwrap_or_default().mul_f64(chance.random_range(0.8..1.2));
        chosen.saturating_sub(self.since)
    }
}

fn mean(durations: &VecDeque<Duration>) -> Duration {
    let count = u32::try_from(durations.len()).unwrap_or(u32::MAX).max(1);
    durations.iter().sum::<Duration>() / count
}

/// With the mean 1.
fn exponential(chance: &mut ChaCha8Rng) -> f64 {
    -(1.0 - chance.random::<f64>()).ln()
}

/// Callers whom the same seats may serve.
#[derive(Debug)]
pub(super) struct Group<'q> {
    pub(super) habits: &'q Habits,
    pub(super) wrap_up: Duration,
    /// In order.
    pub(super) waiting: Vec<Place>,
    /// Where somebody who enters the queue now would stand, in the group that such a caller belongs to.
    pub(super) last: Option<Place>,
}

/// When a seat is free.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// In so long; now, if that is nothing.
    Known(Duration),
    /// When the call of this group ends, which has been held for so long.
    Talk { group: usize, held: Duration },
}

/// A seat that will take calls.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) until: Until,
    /// Groups that it serves.
    pub(super) groups: Vec<usize>,
}

/// The floor as every run begins with it.
struct Floor<'f, 'q> {
    groups: &'f [Group<'q>],
    servers: &'f [Server],
    /// For each server that talks, how long it will, and its wrap-up.
    talks: Vec<Option<(Rest, Duration)>>,
    /// For each group, how long a talk lasts that begins.
    new: Vec<Rest>,
}

impl<'f, 'q> Floor<'f, 'q> {
    fn of(groups: &'f [Group<'q>], servers: &'f [Server]) -> Floor<'f, 'q> {
        let talk = |server: &Server| match server.until {
            Until::Known(_) => None,
            Until::Talk { group, held } => {
                groups.get(group).map(|group| (group.habits.rest(held), group.wrap_up))
            }
        };
        let new = groups.iter().map(|group| group.habits.rest(Duration::ZERO)).collect();
        Floor { groups, servers, talks: servers.iter().map(talk).collect(), new }
    }
}

/// What the last caller of each group will wait.
pub(super) fn estimate(groups: &[Group<'_>], servers: &[Server], seed: u64) -> Vec<Option<ExpectedWait>> {
    let drawn = groups.iter().map(|group| group.waiting.len()).sum::<usize>() + servers.len();
    let runs = (MOST_DRAWN / drawn.max(1)).min(RUNS);
    let mut waits: Vec<Vec<Duration>> = vec![Vec::with_capacity(runs); groups.len()];
    if runs >= FEWEST_RUNS {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let floor = Floor::of(groups, servers);
        (0..runs).for_each(|_| run(&floor, &mut chance, &mut waits, &mut |_, _, _| ()));
    }
    let ranges = groups.iter().zip(waits).map(|(group, waits)| {
        let known = group.habits.is_known() && !waits.is_empty() && waits.len() == runs;
        known.then(|| range(waits, mean(&group.habits.rang)))
    });
    ranges.collect()
}

/// What each of those who wait will wait from now on, in the middle, by group and place; left out where it is not known.
pub(super) fn foresee(
    groups: &[Group<'_>],
    servers: &[Server],
    seed: u64,
) -> BTreeMap<(usize, Place), Duration> {
    let drawn = groups.iter().map(|group| group.waiting.len()).sum::<usize>() + servers.len();
    let runs = (MOST_DRAWN / drawn.max(1)).min(RUNS);
    let mut waits: BTreeMap<(usize, Place), Vec<Duration>> = BTreeMap::new();
    if runs >= FEWEST_RUNS {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let mut last = vec![Vec::new(); groups.len()];
        let mut served = |group, place, at| waits.entry((group, place)).or_default().push(at);
        let floor = Floor::of(groups, servers);
        (0..runs).for_each(|_| run(&floor, &mut chance, &mut last, &mut served));
    }
    let known = |group: usize| groups.get(group).filter(|group| group.habits.is_known());
    let middle = waits.into_iter().filter_map(|((group, place), waits)| {
        // Who gives up in most runs is not served in them.
        let ring = known(group).filter(|_| waits.len() * 2 > runs).map(|group| mean(&group.habits.rang))?;
        Some(((group, place), range(waits, ring).middle))
    });
    middle.collect()
}

/// The middle part of what was waited, and the ring that comes after.
fn range(mut waits: Vec<Duration>, ring: Duration) -> ExpectedWait {
    waits.sort_unstable();
    let at =
        |hundredths: usize| waits.get(waits.len() * hundredths / 100).copied().unwrap_or_default() + ring;
    ExpectedWait { low: at(8), middle: at(50), high: at(92) }
}

/// The floor once forward, until everybody is served; `served` is told whom of a group a seat takes when.
fn run(
    floor: &Floor<'_, '_>,
    chance: &mut ChaCha8Rng,
    waits: &mut [Vec<Duration>],
    served: &mut impl FnMut(usize, Place, Duration),
) {
    let Floor { groups, servers, talks, new } = floor;
    let mut free = Vec::with_capacity(servers.len());
    for (number, (server, talk)) in servers.iter().zip(talks).enumerate() {
        let at = match (server.until, talk) {
            (Until::Known(at), _) => at,
            (Until::Talk { .. }, Some((rest, wrap_up))) => rest.drawn(chance) + *wrap_up,
            (Until::Talk { .. }, None) => Duration::ZERO,
        };
        free.push(Reverse((at, number)));
    }
    let mut free = BinaryHeap::from(free);
    let mut lines: Vec<VecDeque<(Place, Duration)>> =
        groups.iter().map(|group| line(group, chance)).collect();
    // Where nobody could enter nobody is told anything.
    let mut told: Vec<bool> = groups.iter().map(|group| group.last.is_none()).collect();
    while let Some(Reverse((at, number))) = free.pop() {
        let Some(server) = servers.get(number) else { continue };
        let first = first_of(server, &mut lines, at);
        for &of in &server.groups {
            let Some(last) = groups.get(of).and_then(|group| group.last) else { continue };
            if !told[of] && first.is_none_or(|(place, _)| last < place) {
                told[of] = true;
                waits[of].push(at);
            }
        }
        if let Some((place, taken)) = first {
            served(taken, place, at);
            lines[taken].pop_front();
            free.push(Reverse((at + new[taken].drawn(chance) + groups[taken].wrap_up, number)));
        } else if told.iter().all(|told| *told) && lines.iter().all(VecDeque::is_empty) {
            return; // whoever is free later has nobody to serve
        }
    }
}

/// Who waits in a group, each with how long.
fn line(group: &Group<'_>, chance: &mut ChaCha8Rng) -> VecDeque<(Place, Duration)> {
    group.waiting.iter().map(|place| (*place, group.habits.patience(chance))).collect()
}

/// Whom a server takes at this moment, and of which group; those who have given up by then are passed over.
fn first_of(
    server: &Server,
    lines: &mut [VecDeque<(Place, Duration)>],
    at: Duration,
) -> Option<(Place, usize)> {
    let mut first: Option<(Place, usize)> = None;
    for &served in &server.groups {
        let Some(line) = lines.get_mut(served) else { continue };
        while line.front().is_some_and(|(_, patience)| *patience < at) {
            line.pop_front();
        }
        first = first.into_iter().chain(line.front().map(|(place, _)| (*place, served))).min();
    }
    first
}
