//! How long somebody who enters a queue now will wait: the floor as it is, played forward many times.
//!
//! Each run draws how long every talk in course and to come will last, from the last talks of its queue, and who gives up meanwhile.
//! Seats then take callers as the distribution does, the first place first; a last caller stands at the end of the queue that is asked
//! about, and the run is over when somebody is free for that one. Of what these last callers waited, the middle nine tenths or so are the
//! range. A queue that has known too few talks, or that nobody serves, gives none: what is not known is not told.
//!
//! Who joins later is left out, since later is behind; so are seats that serve only after a delay or when many wait, which can only
//! shorten it.
//!
//! A run is a microsecond or two, in which nothing is allocated: it is what a busy exchange does most of.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::time::Duration;

use rand::rngs::Xoshiro256PlusPlus;
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
/// The last talks are a sample: what lies so far around them is as likely.
const AROUND: std::ops::Range<f64> = 0.8..1.2;

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

impl ExpectedWait {
    /// Somebody is free: what is left is the ring.
    pub(super) fn of_ring(habits: &Habits) -> Option<ExpectedWait> {
        let ring = habits.ring();
        habits.is_known().then_some(ExpectedWait { low: ring, middle: ring, high: ring })
    }

    /// The middle part of what was waited in the runs, in seconds, and the ring that comes after.
    fn of_runs(mut waits: Vec<f64>, habits: &Habits) -> ExpectedWait {
        waits.sort_unstable_by(f64::total_cmp);
        let ring = habits.ring();
        let at = |hundredths: usize| {
            let wait = waits.get(waits.len() * hundredths / 100).copied().unwrap_or_default();
            Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX).saturating_add(ring)
        };
        ExpectedWait { low: at(8), middle: at(50), high: at(92) }
    }
}

/// What a queue's last calls were like. Times are in seconds.
#[derive(Clone, Debug, Default)]
pub(super) struct Habits {
    /// From the ring to the end of the talk.
    held: Lasts,
    /// From the ring to the answer.
    rang: Lasts,
    /// How long callers have waited in all, and how many of them gave up: of late.
    waited: Duration,
    gave_up: u32,
}

/// The last lengths of something.
#[derive(Clone, Debug, Default)]
struct Lasts {
    /// As they came.
    in_turn: VecDeque<f64>,
    /// The shortest first.
    sorted: Vec<f64>,
    mean: f64,
}

impl Lasts {
    fn push(&mut self, length: Duration) {
        let length = length.as_secs_f64();
        let place = |sorted: &[f64], length: f64| sorted.partition_point(|other| *other < length);
        if self.in_turn.len() == REMEMBERED
            && let Some(oldest) = self.in_turn.pop_front()
        {
            self.sorted.remove(place(&self.sorted, oldest));
        }
        self.in_turn.push_back(length);
        self.sorted.insert(place(&self.sorted, length), length);
        let count = u32::try_from(self.sorted.len()).unwrap_or(u32::MAX);
        self.mean = self.sorted.iter().sum::<f64>() / f64::from(count);
    }
}

impl Habits {
    pub(super) fn on_talk(&mut self, rang: Duration, held: Duration) {
        self.rang.push(rang);
        self.held.push(held);
    }

    /// Somebody's wait is over. The past counts less and less.
    pub(super) fn on_waited(&mut self, waited: Duration, gave_up: bool) {
        self.waited += waited;
        self.gave_up += u32::from(gave_up);
        if self.gave_up > 200 {
            (self.waited, self.gave_up) = (self.waited / 2, self.gave_up / 2);
        }
    }

    pub(super) fn is_known(&self) -> bool {
        self.held.sorted.len() >= FEWEST
    }

    fn ring(&self) -> Duration {
        Duration::try_from_secs_f64(self.rang.mean).unwrap_or_default()
    }

    /// How long one caller waits at most, in seconds, on average; `None`: nobody has given up.
    fn patience(&self) -> Option<f64> {
        (self.gave_up > 0).then(|| (self.waited / self.gave_up).as_secs_f64())
    }

    /// How much longer a call is held that has been held for so long.
    fn rest(&self, since: f64, chance: &mut Xoshiro256PlusPlus) -> f64 {
        let known = &self.held.sorted;
        let longer = known.get(known.partition_point(|held| *held <= since)..).unwrap_or_default();
        if longer.is_empty() {
            return self.held.mean * exponential(chance);
        }
        let chosen = longer.get(chance.random_range(0..longer.len())).copied().unwrap_or_default();
        let around = AROUND.start + (AROUND.end - AROUND.start) * chance.random::<f64>();
        (chosen * around - since).max(0.0)
    }
}

/// With the mean 1.
fn exponential(chance: &mut Xoshiro256PlusPlus) -> f64 {
    -(1.0 - chance.random::<f64>()).ln()
}

/// A queue, as far as it matters here.
#[derive(Debug)]
pub(super) struct Line<'q> {
    pub(super) habits: &'q Habits,
    pub(super) wrap_up: Duration,
}

impl Line<'_> {
    /// How long until a seat is free again that has held a call of this queue for so long, in seconds.
    fn taken(&self, since: f64, chance: &mut Xoshiro256PlusPlus) -> f64 {
        self.habits.rest(since, chance) + self.wrap_up.as_secs_f64()
    }
}

/// Callers of a queue whom the same seats may serve.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) queue: usize,
    /// In order.
    pub(super) waiting: Vec<Place>,
}

/// When a seat is free.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// In so long; now, if that is nothing.
    Known(Duration),
    /// When the call of this queue ends, which has been held for so long.
    Talk { queue: usize, held: Duration },
}

/// A seat that will take calls.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) until: Until,
    /// Groups that it serves.
    pub(super) groups: Vec<usize>,
}

/// The floor as every run begins with it.
#[derive(Debug)]
pub(super) struct Floor<'q> {
    pub(super) queues: Vec<Line<'q>>,
    pub(super) groups: Vec<Group>,
    pub(super) servers: Vec<Server>,
}

impl<'q> Floor<'q> {
    fn line_of(&self, group: &Group) -> Option<&Line<'q>> {
        self.queues.get(group.queue)
    }

    fn habits(&self, group: usize) -> Option<&'q Habits> {
        let habits = self.groups.get(group).and_then(|group| self.line_of(group))?.habits;
        Some(habits).filter(|habits| habits.is_known())
    }

    /// Runs that can be afforded; `None`: too few.
    fn runs(&self) -> Option<usize> {
        let drawn = self.groups.iter().map(|group| group.waiting.len()).sum::<usize>() + self.servers.len();
        Some((MOST_DRAWN / drawn.max(1)).min(RUNS)).filter(|runs| *runs >= FEWEST_RUNS)
    }

    /// When a server is free for the first time, in seconds.
    fn free_at(&self, server: &Server, chance: &mut Xoshiro256PlusPlus) -> f64 {
        match server.until {
            Until::Known(at) => at.as_secs_f64(),
            Until::Talk { queue, held } => {
                self.queues.get(queue).map_or(0.0, |line| line.taken(held.as_secs_f64(), chance))
            }
        }
    }
}

/// What somebody who would stand at this place of a group will wait.
pub(super) fn estimate(floor: &Floor<'_>, last: (usize, Place), seed: u64) -> Option<ExpectedWait> {
    let habits = floor.habits(last.0)?;
    let mut run = Run::new(seed);
    let waits = (0..floor.runs()?).map(|_| run.play(floor, Some(last), &mut |_, _, _| ()));
    Some(ExpectedWait::of_runs(waits.collect::<Option<_>>()?, habits))
}

/// What each of those who wait will wait from now on, in the middle, by group and place; left out where it is not known.
pub(super) fn foresee(floor: &Floor<'_>, seed: u64) -> BTreeMap<(usize, Place), Duration> {
    let Some(runs) = floor.runs() else { return BTreeMap::new() };
    let mut waits: BTreeMap<(usize, Place), Vec<f64>> = BTreeMap::new();
    let mut served = |group, place, at| waits.entry((group, place)).or_default().push(at);
    let mut run = Run::new(seed);
    for _ in 0..runs {
        run.play(floor, None, &mut served);
    }
    let middle = waits.into_iter().filter_map(|((group, place), waits)| {
        // Who gives up in most runs is not served in them.
        let habits = floor.habits(group).filter(|_| waits.len() * 2 > runs)?;
        Some(((group, place), ExpectedWait::of_runs(waits, habits).middle))
    });
    middle.collect()
}

/// What moves in a run; kept from one to the next for its memory.
struct Run {
    chance: Xoshiro256PlusPlus,
    /// When servers are free, as bits (of what is not negative they are in the same order), and which.
    free: BinaryHeap<Reverse<(u64, usize)>>,
    lines: Vec<Served>,
}

/// How far the line of a group has been served, and how long the first of those who are left waits; drawn when it is looked at.
#[derive(Clone, Default)]
struct Served {
    gone: usize,
    patience: Option<f64>,
}

impl Run {
    fn new(seed: u64) -> Run {
        Run { chance: Xoshiro256PlusPlus::seed_from_u64(seed), free: BinaryHeap::new(), lines: Vec::new() }
    }

    /// The floor once forward, until somebody is free for the `last` one, and when that is; without one until everybody is served. `served`
    /// is told whom of a group a seat takes when.
    fn play(
        &mut self,
        floor: &Floor<'_>,
        last: Option<(usize, Place)>,
        served: &mut impl FnMut(usize, Place, f64),
    ) -> Option<f64> {
        self.lines.clear();
        self.lines.resize(floor.groups.len(), Served::default());
        self.free.clear();
        let (free, chance) = (&mut self.free, &mut self.chance);
        let first = |(number, server)| Reverse((floor.free_at(server, chance).to_bits(), number));
        free.extend(floor.servers.iter().enumerate().map(first));
        while let Some(Reverse((bits, number))) = self.free.pop() {
            let (at, server) = (f64::from_bits(bits), floor.servers.get(number)?);
            let first = self.first_of(floor, server, at);
            if let Some((group, place)) = last
                && server.groups.contains(&group)
                && first.is_none_or(|(first, _)| place < first)
            {
                return Some(at);
            }
            if let Some((place, group)) = first {
                served(group, place, at);
                let line = self.lines.get_mut(group)?;
                *line = Served { gone: line.gone + 1, patience: None };
                let queue = floor.line_of(floor.groups.get(group)?)?;
                let again = at + queue.taken(0.0, &mut self.chance);
                self.free.push(Reverse((again.to_bits(), number)));
            }
        }
        None
    }

    /// Whom a server takes at this moment, and of which group; those who have given up by then are passed over.
    fn first_of(&mut self, floor: &Floor<'_>, server: &Server, at: f64) -> Option<(Place, usize)> {
        let mut first: Option<(Place, usize)> = None;
        for &served in &server.groups {
            let (line, group) = (self.lines.get_mut(served)?, floor.groups.get(served)?);
            let patience = floor.line_of(group).and_then(|line| line.habits.patience());
            while let Some(place) = group.waiting.get(line.gone) {
                let leaves = patience.is_some_and(|mean| {
                    *line.patience.get_or_insert_with(|| mean * exponential(&mut self.chance)) < at
                });
                if !leaves {
                    first = first.into_iter().chain([(*place, served)]).min();
                    break;
                }
                *line = Served { gone: line.gone + 1, patience: None };
            }
        }
        first
    }
}
