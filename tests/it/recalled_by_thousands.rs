//! Call-backs by the thousand, through the whole exchange: over kills and power cuts, clocks that jump, both nights in which the clock
//! changes, trunks that fail and operators who do not answer. None is lost, none is talked to twice, none is called outside its window
//! or the opening hours, and 95 of a hundred are called in their slot.
//!
//! `CENTRALINO_CALLBACKS=10000 cargo test --test it -- --ignored ten_thousand` runs as many as that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use centralino::callback::{CallbackRules, Capacity, Change, First, Kind, Promise, Retry, Unreached};
use centralino::config::Config;
use centralino::engine::{BookOrder, CallbackOrder, CallbackReply, Page, Reply};
use centralino::flow::hours::{Hours, Schedule};
use centralino::ids::{CallbackId, ContactId};
use centralino::journal::entry::{Entry, Fact};
use centralino::journal::sim_disk::Crash;
use jiff::Timestamp;
use jiff::civil::DateTime;
use rand::RngExt;

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

/// Trunks, each with one line, and as many operators.
const LINES: u16 = 10;
/// Call-backs of one world.
const IN_ONE_WORLD: u64 = 500;
/// How long people talk.
const TALK: Duration = Duration::from_secs(40);
/// How often people do something.
const TICK: Duration = Duration::from_secs(5);
/// At least so many slots are chosen among: until long after the clock has changed.
const ACROSS_THE_NIGHT: usize = 8;
/// How far ahead is booked: from one of the nights to the next.
const HORIZON: Duration = Duration::from_secs(200 * 24 * 3_600);
/// Where worlds begin, what hours they keep, and when they go on after months in which the exchange was down: an ordinary day, each of the
/// two nights in which the clock changes, and both of them, with the call-backs of the second booked before the first.
const WORLDS: [(&str, &str, Option<&str>); 4] = [
    ("2026-11-24T08:05:00+01:00[Europe/Rome]", "08:00-20:00", None),
    ("2026-10-25T01:35:00+02:00[Europe/Rome]", "00:00-24:00", Some("2027-03-28T01:20:00+01:00[Europe/Rome]")),
    ("2026-10-25T01:35:00+02:00[Europe/Rome]", "00:00-24:00", None),
    ("2026-03-29T01:20:00+01:00[Europe/Rome]", "00:00-24:00", None),
];

/// What worlds came to.
#[derive(Debug, Default)]
struct Figures {
    promised: usize,
    due: u64,
    kept: u64,
    served: u64,
    missed: u64,
    attempts: u64,
    crashes: usize,
}

fn hours(open: &str) -> Schedule {
    let text = format!("zone = \"Europe/Rome\"\nopen = {{ \"mon-sun\" = [\"{open}\"] }}");
    toml::from_str(&text).expect("a schedule")
}

/// The usual ones, with an hour made ten minutes: worlds are short.
fn retries() -> BTreeMap<Unreached, Retry> {
    let mut retries = CallbackRules::default().retries;
    for retry in retries.values_mut() {
        retry.after = retry.after.min(Duration::from_secs(600));
    }
    retries
}

fn setting(open: &str, first: First) -> Setting {
    Setting::demo().with_lines(LINES).with_config(|config: &mut Config| {
        config.calendars.schedules.insert("prova".into(), hours(open));
        for queue in config.queues.values_mut() {
            queue.schedule = Some("prova".into());
            queue.callback = Some(CallbackRules {
                first,
                capacity: Capacity::Fixed(30),
                lead: Duration::ZERO,
                horizon: HORIZON,
                grace: Duration::from_secs(1_800),
                retries: retries(),
                ..CallbackRules::default()
            });
        }
    })
}

struct World {
    sim: Sim,
    open: Schedule,
    outside: Vec<PhoneId>,
    seats: Vec<PhoneId>,
    /// Since when a line talks.
    talks: BTreeMap<PhoneId, centralino::time::Mono>,
    /// What was answered as promised.
    promised: BTreeSet<CallbackId>,
    /// Slots that people choose among, of each night.
    slots: usize,
    /// When the world goes on, after months.
    goes_on: Option<Timestamp>,
    crashes: usize,
}

impl World {
    fn begin(seed: u64, many: usize) -> World {
        let (start, open, goes_on) = WORLDS[usize::try_from(seed % 4).expect("less than four")];
        let first = if seed % 8 < 4 { First::Operator } else { First::Citizen };
        let mut sim = Sim::with(setting(open, first), seed).starting_at(start);
        sim.looks_every = TICK;
        let outside = (0..LINES).map(|_| sim.outside()).collect();
        let seats = (1..=LINES).map(|n| sim.seat(&format!("seat{n:02}"))).collect();
        let (talks, promised) = (BTreeMap::new(), BTreeSet::new());
        let goes_on =
            goes_on.map(|moment| moment.parse::<jiff::Zoned>().expect("a moment with its zone").timestamp());
        let slots = many.div_ceil(if goes_on.is_some() { 50 } else { 25 }).max(ACROSS_THE_NIGHT);
        World { sim, open: hours(open), outside, seats, talks, promised, slots, goes_on, crashes: 0 }
    }

    /// Someone is promised one of the next free slots, or keeps the place.
    fn book(&mut self, count: usize) {
        let next_night = self.goes_on.filter(|_| self.sim.chance.random_bool(0.5));
        let after_ms = next_night.map_or(0, Timestamp::as_millisecond);
        let slots = CallbackOrder::Slots { queue: "tributi".into(), after_ms, most: self.slots };
        let free = match self.sim.order_callback(slots) {
            Reply::Callbacks(CallbackReply::Slots(free)) => free,
            other => panic!("{other:?}"),
        };
        let slot = (!free.is_empty() && self.sim.chance.random_bool(0.9)).then(|| {
            let slot = &free[self.sim.chance.random_range(0..free.len())].from;
            slot.get(..19).and_then(|wall| wall.parse::<DateTime>().ok()).expect("a date and time")
        });
        let number = format!("333{}{count:06}", count % usize::from(LINES));
        let order = BookOrder { slot, ..BookOrder::new(number, "tributi") };
        match self.sim.try_to_book(order) {
            Reply::Callbacks(CallbackReply::One(one)) => _ = self.promised.insert(one.id),
            Reply::Refused(_) => {} // the hour that comes twice is offered by its first
            other => panic!("{other:?}"),
        }
    }

    /// People talk, hang up, are busy, do not answer; clocks jump, trunks fail, the exchange dies.
    fn live(&mut self) {
        self.sim.advance(TICK);
        let now = self.sim.now;
        for phone in self.outside.clone() {
            if !matches!(self.sim.line(phone), Line::Up(..)) {
                self.talks.remove(&phone);
                continue;
            }
            let since = *self.talks.entry(phone).or_insert(now);
            if now.since(since) >= TALK {
                self.sim.hang_up(phone);
            }
        }
        let roll = self.sim.chance.random_range(0..1_000);
        match roll {
            0..60 => {
                let who = self.sim.chance.random_range(0..self.outside.len());
                let manner = match self.sim.chance.random_range(0..12) {
                    0 => Manner::Refused(486),
                    1 => Manner::Refused(404),
                    2 => Manner::Refused(503),
                    3 => Manner::Ignores,
                    _ => Manner::Answers(Duration::from_secs(3)),
                };
                let phone = self.outside[who];
                self.sim.with_phone(phone, |phone, _| phone.manner = manner);
            }
            60..70 => {
                let who = self.sim.chance.random_range(0..self.seats.len());
                let (seat, takes) = (self.seats[who], self.sim.chance.random_bool(0.8));
                let manner =
                    if takes { Manner::Answers(Duration::from_secs(2)) } else { Manner::Rejects(TICK) };
                self.sim.with_phone(seat, |phone, _| phone.manner = manner);
                let name = self.sim.phones[&seat].name.clone();
                self.sim.status(&name, centralino::words::StatusChange::Ready);
            }
            70..72 => self.crash(),
            72..75 => {
                // Back it goes only while the exchange is down: the oracle reads wrap-ups by this clock.
                let seconds = self.sim.chance.random_range(1..=180);
                self.sim.set_clock(seconds);
            }
            _ => {}
        }
    }

    fn crash(&mut self) {
        let how = if self.sim.chance.random_bool(0.5) { Crash::Kill } else { Crash::PowerCut };
        self.crashes += 1;
        self.sim.crash(how);
        let back = self.sim.chance.random_range(-60..=0);
        self.sim.set_clock(back);
        let down = self.sim.chance.random_range(1..120);
        self.sim.advance(Duration::from_secs(down));
        self.hang_up_all();
        self.sim.start_exchange();
    }

    fn hang_up_all(&mut self) {
        for phone in [self.outside.clone(), self.seats.clone()].concat() {
            self.sim.hang_up(phone);
        }
    }

    /// Until nothing is open but what was promised for after this moment.
    fn live_until_over(&mut self, next: Option<Timestamp>) {
        loop {
            let open = match self.sim.order_callback(CallbackOrder::List(Page::default())) {
                Reply::Callbacks(CallbackReply::Open(open)) => open,
                other => panic!("{other:?}"),
            };
            let comes = |text: &str| text.parse::<jiff::Timestamp>().expect("a moment");
            if open.iter().all(|one| next.is_some_and(|next| comes(&one.next) >= next)) {
                return;
            }
            (0..60).for_each(|_| self.live());
        }
    }

    /// The exchange is down until this moment, and finds all that it has promised.
    fn sleep_until(&mut self, moment: Timestamp) {
        let before = self.sim.engine().metrics().callbacks.open;
        self.sim.advance(Duration::from_secs(1)); // what is on record is on the disk
        self.sim.crash(Crash::Kill);
        let now = self.sim.clock();
        self.sim.set_clock(moment.as_second() - now.as_second());
        self.hang_up_all();
        self.sim.start_exchange();
        assert_eq!(self.sim.engine().metrics().callbacks.open, before, "none is lost over the winter");
    }

    fn end(mut self) -> Figures {
        if let Some(moment) = self.goes_on {
            self.live_until_over(Some(moment));
            self.sleep_until(moment);
        }
        self.live_until_over(None);
        self.sim.advance(Duration::from_secs(120));
        self.sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", self.sim.tale()));
        let journal = self.sim.store().entries().expect("the journal can be read");
        let journal: Vec<Entry> = journal.into_iter().map(|(_, entry)| entry).collect();
        self.judge(&journal)
    }

    fn judge(&self, journal: &[Entry]) -> Figures {
        let mut tales: BTreeMap<CallbackId, Tale> = BTreeMap::new();
        for entry in journal {
            if let Fact::Callback { callback, what, .. } = &entry.fact {
                tales.entry(*callback).or_default().follow(*callback, entry.at_ms, what, &self.open);
            }
        }
        for id in &self.promised {
            let tale = tales.get(id).unwrap_or_else(|| panic!("{id} was promised and is not on record"));
            assert_eq!(tale.ends, 1, "{id} has no end, or several");
        }
        self.nobody_talks_twice();
        let from = jiff::civil::date(2026, 1, 1);
        let told = tales.len();
        let mut diary = centralino::callback::Diary::default();
        for entry in journal {
            if let Fact::Callback { callback, what, .. } = &entry.fact {
                diary.apply(entry.at_ms, *callback, what);
            }
        }
        let day = diary.figures().between(from, jiff::civil::date(2027, 12, 31));
        Figures {
            promised: told,
            due: day.due,
            kept: day.kept,
            served: day.served,
            missed: day.missed,
            attempts: day.attempts,
            crashes: self.crashes,
        }
    }

    /// In no life of the exchange, also of what a crash took back from its disk.
    fn nobody_talks_twice(&self) {
        let mut of: BTreeMap<ContactId, CallbackId> = BTreeMap::new();
        let mut talked: BTreeSet<CallbackId> = BTreeSet::new();
        for entry in &self.sim.facts {
            match &entry.fact {
                Fact::Callback { callback, what: Change::Attempted { contact }, .. } => {
                    of.insert(*contact, *callback);
                }
                Fact::Joined { contact, .. } => {
                    let Some(callback) = of.get(contact) else { continue };
                    assert!(talked.insert(*callback), "{callback} was talked to twice");
                }
                _ => {}
            }
        }
    }
}

/// One call-back, as the journal tells.
#[derive(Debug, Default)]
struct Tale {
    promise: Option<Promise>,
    ends: usize,
}

impl Tale {
    fn follow(&mut self, id: CallbackId, at_ms: i64, what: &Change, open: &Schedule) {
        assert_eq!(self.ends, 0, "{id} goes on after its end: {what:?}");
        match what {
            Change::Promised { promise } => self.promise = Some((**promise).clone()),
            Change::Attempted { .. } => {
                let promise = self.promise.as_ref().expect("it was promised");
                assert!(at_ms < promise.until_ms, "{id} is called after its window");
                if let Kind::Booked(slot) = &promise.kind {
                    assert!(slot.from_ms() <= at_ms, "{id} is called before its slot");
                }
                let now = Timestamp::from_millisecond(at_ms).expect("a moment");
                assert_eq!(open.at(now), Hours::Open, "{id} is called at closed hours");
            }
            Change::Ended { .. } => self.ends += 1,
            _ => {}
        }
    }
}

/// So many call-backs in the world of each seed.
fn run(seeds: impl IntoIterator<Item = u64>, here: usize) {
    let mut all = Figures::default();
    let (mut worlds, mut many) = (0, 0);
    for seed in seeds {
        (worlds, many) = (worlds + 1, many + here);
        let mut world = World::begin(seed, here);
        for count in 0..here {
            world.book(count);
            if count % 10 == 9 {
                world.live();
            }
        }
        let told = world.end();
        println!("world {seed}: {told:?}");
        all.promised += told.promised;
        all.due += told.due;
        all.kept += told.kept;
        all.served += told.served;
        all.missed += told.missed;
        all.attempts += told.attempts;
        all.crashes += told.crashes;
    }
    println!("{worlds} worlds: {all:?}");
    assert!(all.kept * 100 >= all.due * 95, "{all:?}");
    assert!(all.served > 0 && all.promised + worlds * 5 >= many, "{all:?}");
}

#[test]
fn call_backs_are_kept_over_crashes_and_jumping_clocks() {
    run([0, 5], 30);
}

#[test]
#[ignore = "long: as many as CENTRALINO_CALLBACKS says"]
fn ten_thousand_call_backs_are_kept() {
    let many = std::env::var("CENTRALINO_CALLBACKS").ok().and_then(|text| text.parse().ok());
    run(0..many.unwrap_or(10_000_u64).div_ceil(IN_ONE_WORLD), usize::try_from(IN_ONE_WORLD).expect("few"));
}
