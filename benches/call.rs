//! What a whole short call costs on the control thread and the store's: INVITE, 200, ACK, BYE, with the flow that begins between.
//! `cargo bench --bench call`; time and allocations are per call.
//!
//! The budget of a short call is 150 us for the whole process (ARCHITECTURE.md), sockets and media included. Beside the figures
//! of the exchange stands that of the citizen's phone, which is in all of them.
//!
//! `cargo bench --bench call -- run 20000` makes so many calls and ends: for a profiler.

mod support;

use std::path::Path;
use std::time::Duration;

use centralino::io::views_sled::SledViews;
use centralino::journal::Lsn;
use centralino::journal::entry::Entry;
use centralino::views::Views;
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use support::{Citizen, Entries, Exchange};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

/// At 400 calls a second a new one comes this often.
const EVERY: Duration = Duration::from_micros(2500);
/// The calls of 32 s, for which SIP remembers them (64*T1): from then on as many are forgotten as come.
const STEADY: u64 = 12_800;
/// Calls whose entries the views take in at a time: those of a quarter of a second.
const GATHERED: u64 = 100;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().position(|arg| arg == "run").and_then(|place| args.get(place + 1)) {
        Some(calls) => run(calls.parse().expect("how many calls")),
        None => divan::main(),
    }
}

/// Calls one after another, each with a number of its own.
struct Callers {
    exchange: Exchange,
    made: u64,
}

impl Callers {
    fn new(entries: Entries) -> Callers {
        Callers { exchange: Exchange::start(entries, |_| {}), made: 0 }
    }

    fn steady(mut self) -> Callers {
        (0..STEADY).for_each(|_| self.call());
        self
    }

    fn call(&mut self) {
        self.made += 1;
        let citizen = Citizen::new(self.made);
        self.exchange.hear(Citizen::TRUNK, &citizen.invite());
        let answer = self.exchange.sent.pop_back().expect("the call is answered");
        let to = Citizen::to_of(&answer.bytes);
        self.exchange.hear(Citizen::TRUNK, &citizen.ack(&to));
        self.exchange.hear(Citizen::TRUNK, &citizen.bye(&to));
        assert!(self.exchange.sent.back().is_some_and(|sent| sent.bytes.starts_with(b"SIP/2.0 200")));
        self.exchange.sent.clear();
        self.exchange.advance(EVERY);
    }

    /// The entries of a quarter of a second's calls.
    fn gathered(&mut self) -> Vec<(Lsn, Entry)> {
        (0..GATHERED).for_each(|_| self.call());
        self.exchange.kept.replace(Vec::new()).expect("they are kept")
    }
}

/// Callers whose entries are kept, and views to take them in.
fn viewed(directory: &Path) -> (Callers, SledViews) {
    let mut callers = Callers::new(Entries::Written);
    callers.exchange.kept = Some(Vec::new());
    let views = SledViews::open(directory, Lsn(0), &callers.exchange.keys()).expect("empty views");
    (callers, views)
}

fn run(calls: u64) {
    let directory = tempfile::tempdir().expect("a place for the views");
    let (mut callers, mut views) = viewed(directory.path());
    let keys = callers.exchange.keys();
    for _ in 0..calls / GATHERED {
        let batch = callers.gathered();
        views.apply(&batch, &keys).expect("the views take it");
    }
}

/// What the citizen's phone costs, to be subtracted from the others.
#[divan::bench(sample_size = 100)]
fn phone_alone(bencher: Bencher<'_, '_>) {
    let mut callers = Callers::new(Entries::Dropped);
    let citizen = Citizen::new(1);
    callers.exchange.hear(Citizen::TRUNK, &citizen.invite());
    let answer = callers.exchange.sent.pop_back().expect("the call is answered").bytes;
    bencher.bench_local(|| {
        black_box(citizen.invite());
        let to = Citizen::to_of(black_box(&answer));
        (citizen.ack(&to), citizen.bye(&to))
    });
}

/// The engine alone, as the control thread runs it; the entries go nowhere.
#[divan::bench(sample_size = 100)]
fn control(bencher: Bencher<'_, '_>) {
    let mut callers = Callers::new(Entries::Dropped).steady();
    bencher.bench_local(|| callers.call());
}

/// With every entry sealed, encoded and written to a file, in three groups a call.
#[divan::bench(sample_size = 100)]
fn control_and_store(bencher: Bencher<'_, '_>) {
    let mut callers = Callers::new(Entries::Written).steady();
    bencher.bench_local(|| callers.call());
}

/// What the views take for a quarter of a second's calls.
#[divan::bench(sample_size = 1, sample_count = 50)]
fn views_of_100_calls(bencher: Bencher<'_, '_>) {
    let directory = tempfile::tempdir().expect("a place for the views");
    let (mut callers, mut views) = viewed(directory.path());
    let keys = callers.exchange.keys();
    bencher.counter(ItemsCount::new(GATHERED)).with_inputs(|| callers.gathered()).bench_local_values(
        |batch| {
            views.apply(&batch, &keys).expect("the views take it");
            batch
        },
    );
}
