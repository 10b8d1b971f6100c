//! A decision of the distribution: a talk ends, the seat is free and rung for the first of those who wait, who is replaced by another.
//! Budgets: 20 us with 100 waiting and 17 seats, 200 us with 10 000 waiting and 1 000 seats over 50 queues:
//! `cargo bench --bench distribute`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use centralino::acd::{
    Action, AfterTalk, Distribution, Entering, Input, Needs, QueueRules, SeatRules, Serving, Skills, Strategy,
};
use centralino::ids::{CallId, QueueId, SeatId, Stamp};
use centralino::time::Mono;
use divan::{AllocProfiler, Bencher};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// Waiting, seats, queues.
const FLOORS: [(u32, u32, u32); 4] = [(100, 17, 5), (1_000, 100, 10), (5_000, 500, 50), (10_000, 1_000, 50)];

fn main() {
    for floor in FLOORS {
        let (waiting, seats, queues) = floor;
        let visits = Floor::busy(floor).visits();
        println!(
            "{waiting} waiting, {seats} seats, {queues} queues: a decision looks at {visits} seats, classes and places"
        );
    }
    divan::main();
}

/// Every seat talks, and so many wait.
struct Floor {
    acd: Distribution,
    now: Mono,
    talks: BTreeMap<SeatId, CallId>,
    calls: u32,
    queues: u32,
}

fn queue_name(number: u32) -> QueueId {
    format!("queue{number:02}").into()
}

fn rules(number: u32) -> QueueRules {
    QueueRules {
        id: queue_name(number),
        max_waiting: 100_000,
        max_wait: Duration::from_secs(86_400),
        ring_for: Duration::from_secs(15),
        reject_delay: Duration::from_secs(10),
        busy_delay: Duration::from_secs(10),
        max_rejects: 3,
        max_misses: 2,
        wrap_up: Duration::ZERO,
        after_talk: AfterTalk::default(),
        announce_every: Duration::ZERO,
        offset: 0,
        ring_at_most: 10,
        strategy: Strategy::LongestIdle,
        needs: Needs::default(),
        overflow: Vec::new(),
        tasks: None,
        sends_on: Vec::new(),
    }
}

impl Floor {
    fn busy((waiting, seats, queues): (u32, u32, u32)) -> Floor {
        let seat = |number: u32| SeatRules {
            id: format!("seat{number:04}").into(),
            queues: (0..queues).map(|queue| (queue_name(queue), Serving::default())).collect(),
            skills: Skills::default(),
            auto_login: true,
            pauses: Arc::default(),
            people: Arc::default(),
            usual: None,
        };
        let list: Vec<_> = (0..seats).map(seat).collect();
        let ids: Vec<_> = list.iter().map(|seat| seat.id.clone()).collect();
        let acd = Distribution::new((0..queues).map(rules).collect(), list);
        let mut floor = Floor { acd, now: Mono::ZERO, talks: BTreeMap::new(), calls: 0, queues };
        ids.into_iter().for_each(|id| floor.input(Input::Reachable(id)));
        (0..waiting + seats).for_each(|_| floor.enter());
        assert_eq!(u32::try_from(floor.talks.len()), Ok(seats), "every seat talks");
        floor
    }

    fn enter(&mut self) {
        self.calls += 1;
        let call = CallId(Stamp { node: 1, epoch: 1, count: self.calls });
        self.input(Input::Enter(Entering::new(call, queue_name(self.calls % self.queues))));
    }

    /// Carry on; whoever is rung answers.
    fn input(&mut self, input: Input) {
        self.now = self.now + Duration::from_millis(1);
        self.acd.handle_input(self.now, input);
        while let Some(action) = self.acd.poll_action() {
            if let Action::Ring { seat, call, .. } = action {
                self.talks.insert(seat.clone(), call);
                self.acd.handle_input(self.now, Input::Answered(seat, call));
            }
        }
    }

    /// What one decision looks at, on the average.
    fn visits(mut self) -> u64 {
        let before = self.acd.visits();
        (0..1_000).for_each(|_| self.decide());
        (self.acd.visits() - before) / 1_000
    }

    fn decide(&mut self) {
        let Some((seat, call)) = self.talks.pop_first() else { return };
        self.input(Input::TalkEnded(seat, call));
        self.enter();
    }
}

#[divan::bench(args = [0, 1, 2, 3])]
fn decision(bencher: Bencher<'_, '_>, which: usize) {
    let mut floor = Floor::busy(FLOORS[which]);
    bencher.bench_local(|| floor.decide());
}
