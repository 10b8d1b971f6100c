//! What is promised and what is kept, by itself and in random histories.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt, SeedableRng};

use super::*;
use crate::flow::hours::Schedule;
use crate::ids::Stamp;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn schedule(open: &str) -> Schedule {
    toml::from_str(&format!("zone = \"Europe/Rome\"\nopen = {{ \"mon-sun\" = [{open}] }}")).unwrap()
}

fn rules() -> CallbackRules {
    CallbackRules { hours: Some(schedule(r#""08:00-20:00""#)), ..CallbackRules::default() }
}

fn at(wall: &str) -> i64 {
    let wall: DateTime = wall.parse().unwrap();
    wall.in_tz("Europe/Rome").unwrap().timestamp().as_millisecond()
}

fn stamp(count: u32) -> Stamp {
    Stamp { node: 1, epoch: 1, count }
}

fn id(count: u32) -> CallbackId {
    CallbackId(stamp(count))
}

fn contact(count: u32) -> ContactId {
    ContactId(stamp(count))
}

fn wanted(citizen: u32, kind: Kind) -> Wanted {
    Wanted {
        citizen: CitizenId(stamp(citizen)),
        source: None,
        queue: "tributi".into(),
        entity: "firenze".into(),
        topic: Some("tari".into()),
        language: "it".into(),
        kind,
        contact: contact(citizen),
        case: None,
    }
}

fn slot(wall: &str) -> Slot {
    Slot { start: wall.parse().unwrap(), minutes: 15, zone: "Europe/Rome".to_owned() }
}

fn booked(wall: &str) -> Kind {
    Kind::Booked(slot(wall))
}

fn machine(rules: CallbackRules, now: &str) -> Callbacks {
    Callbacks::new(at(now), [("tributi".into(), rules)].into(), Diary::default())
}

fn actions(callbacks: &mut Callbacks) -> Vec<String> {
    let told = |action| match action {
        Action::Write { change, .. } => match change {
            Change::Promised { .. } => "promised".to_owned(),
            Change::Moved { slot, .. } => format!("moved to {}", slot.wall()),
            Change::Escalated => "escalated".to_owned(),
            Change::Attempted { .. } => "attempted".to_owned(),
            Change::NotReached { why, next_ms } => format!("{why:?}, again {}", next_ms.is_some()),
            Change::Joined { .. } => "joined".to_owned(),
            Change::Declined { seat, .. } => format!("declined by {seat}"),
            Change::Ended { how } => format!("ended {how:?}"),
        },
        Action::Enter { since_ms, ahead, .. } => format!("enter {} +{ahead}", clock(since_ms)),
        Action::Advance { minutes, .. } => format!("advance {minutes}"),
        Action::Leave { .. } => "leave".to_owned(),
    };
    std::iter::from_fn(|| callbacks.poll_action()).map(told).collect()
}

fn clock(ms: i64) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Rome").unwrap();
    Timestamp::from_millisecond(ms).unwrap().to_zoned(zone).strftime("%H:%M").to_string()
}

/// Let time pass, alarm by alarm, until `wall`.
fn pass(callbacks: &mut Callbacks, wall: &str) {
    while let Some(next) = callbacks.poll_timeout_ms().filter(|next| *next <= at(wall)) {
        callbacks.handle_time(next);
    }
    callbacks.handle_time(at(wall));
}

#[test]
fn citizen_who_books_is_in_line_when_the_slot_begins_and_counted_from_there() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    callbacks.book(at("2026-11-24T09:00"), id(1), wanted(1, booked("2026-11-24T15:15"))).unwrap();
    pass(&mut callbacks, "2026-11-24T15:14:59");
    assert_eq!(actions(&mut callbacks), ["promised"]);
    pass(&mut callbacks, "2026-11-24T15:16");
    assert_eq!(actions(&mut callbacks), ["enter 15:15 +0"]);
    let now = at("2026-11-24T15:16");
    callbacks.on_attempt(now, id(1), contact(9)).unwrap();
    assert!(callbacks.on_joined(now, id(1), contact(9)));
    assert!(!callbacks.on_joined(now, id(1), contact(9)), "nobody is talked to twice");
    callbacks.on_talked(now, id(1));
    assert_eq!(actions(&mut callbacks), ["attempted", "joined", "ended Served"]);
    assert_eq!(callbacks.poll_timeout_ms(), None);
}

#[test]
fn citizen_who_keeps_the_place_goes_on_waiting_since_then() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    let place = Kind::Place(at("2026-11-24T08:48"));
    callbacks.book(at("2026-11-24T09:00"), id(1), wanted(1, place)).unwrap();
    pass(&mut callbacks, "2026-11-24T09:00");
    assert_eq!(actions(&mut callbacks), ["promised", "enter 08:48 +0"]);
}

#[test]
fn nobody_free_at_the_beginning_of_a_slot_is_escalated_once_and_missed_in_the_end() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    callbacks.book(at("2026-11-24T09:00"), id(1), wanted(1, booked("2026-11-24T15:15"))).unwrap();
    pass(&mut callbacks, "2026-11-24T17:29");
    assert_eq!(actions(&mut callbacks), ["promised", "enter 15:15 +0", "escalated", "advance 5"]);
    pass(&mut callbacks, "2026-11-24T17:30");
    assert_eq!(actions(&mut callbacks), ["leave", "ended Missed"]);
}

#[test]
fn busy_line_is_tried_again_after_five_minutes_and_one_that_nobody_answers_within_the_window_only() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    callbacks.book(at("2026-11-24T09:00"), id(1), wanted(1, booked("2026-11-24T15:15"))).unwrap();
    for (wall, why, told) in [
        ("2026-11-24T15:15", Unreached::Busy, "Busy, again true"),
        ("2026-11-24T15:20", Unreached::NoAnswer, "NoAnswer, again true"),
        ("2026-11-24T16:35", Unreached::NoAnswer, "NoAnswer, again false"), // 17:35 is too late
    ] {
        pass(&mut callbacks, wall);
        callbacks.on_attempt(at(wall), id(1), contact(9)).unwrap();
        callbacks.on_not_reached(at(wall), id(1), contact(9), why);
        assert!(actions(&mut callbacks).contains(&told.to_owned()), "{told}");
    }
    assert!(callbacks.diary().callback(id(1)).is_none());
}

#[test]
fn trunk_that_fails_is_no_attempt() {
    let mut callbacks = machine(rules(), "2026-11-24T15:00");
    callbacks.book(at("2026-11-24T15:00"), id(1), wanted(1, booked("2026-11-24T15:15"))).unwrap();
    for minute in 15..25 {
        let wall = format!("2026-11-24T15:{minute}");
        pass(&mut callbacks, &wall);
        callbacks.on_attempt(at(&wall), id(1), contact(9)).unwrap();
        callbacks.on_not_reached(at(&wall), id(1), contact(9), Unreached::TrunkFailure);
    }
    pass(&mut callbacks, "2026-11-24T17:30");
    assert_eq!(actions(&mut callbacks).last().unwrap(), "ended Missed");
}

#[test]
fn nobody_is_called_when_the_queue_has_closed() {
    let mut callbacks = machine(rules(), "2026-11-24T19:00");
    callbacks.book(at("2026-11-24T19:00"), id(1), wanted(1, booked("2026-11-24T19:45"))).unwrap();
    pass(&mut callbacks, "2026-11-24T20:01");
    assert_eq!(actions(&mut callbacks), ["promised", "enter 19:45 +0", "escalated", "advance 5", "leave"]);
    assert_eq!(callbacks.on_attempt(at("2026-11-24T20:01"), id(1), contact(9)), Err(NotNow));
}

#[test]
fn one_need_has_one_call_and_another_topic_is_another_need() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    let now = at("2026-11-24T09:00");
    let book = |callbacks: &mut Callbacks, count, wanted| callbacks.book(now, id(count), wanted);
    book(&mut callbacks, 1, wanted(1, booked("2026-11-24T10:00"))).unwrap();
    let again = book(&mut callbacks, 2, wanted(1, booked("2026-11-24T11:00")));
    assert_eq!(again, Err(Refusal::Known(id(1))));
    let other = Wanted { topic: Some("anagrafe".into()), ..wanted(1, booked("2026-11-24T11:00")) };
    book(&mut callbacks, 3, other).unwrap();
    assert_eq!(callbacks.diary().of_citizen(CitizenId(stamp(1))).count(), 2);
    callbacks.on_helped(now, CitizenId(stamp(1)), Some(&"tari".into()));
    assert_eq!(actions(&mut callbacks).last().unwrap(), "ended Helped");
    book(&mut callbacks, 4, wanted(1, booked("2026-11-24T11:00"))).unwrap();
}

#[test]
fn citizen_with_two_needs_is_called_about_one_after_the_other() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    let now = at("2026-11-24T09:00");
    callbacks.book(now, id(1), wanted(1, Kind::Place(now))).unwrap();
    let other = Wanted { topic: Some("anagrafe".into()), ..wanted(1, Kind::Place(now)) };
    callbacks.book(now, id(2), other).unwrap();
    pass(&mut callbacks, "2026-11-24T09:01");
    actions(&mut callbacks);
    let now = at("2026-11-24T09:01");
    callbacks.on_attempt(now, id(1), contact(9)).unwrap();
    assert_eq!(actions(&mut callbacks), ["attempted", "leave"]);
    assert_eq!(callbacks.on_attempt(now, id(2), contact(10)), Err(NotNow), "an operator was there already");
    assert!(callbacks.on_joined(now, id(1), contact(9)));
    pass(&mut callbacks, "2026-11-24T09:10");
    assert_eq!(actions(&mut callbacks), ["joined"]);
    callbacks.on_talked(at("2026-11-24T09:10"), id(1));
    assert_eq!(actions(&mut callbacks), ["ended Served", "enter 09:00 +0"]);
}

#[test]
fn what_may_not_be_promised_is_refused_with_the_reason() {
    let now = at("2026-11-24T09:00");
    for (kind, expected) in [
        (booked("2026-11-24T09:00"), "too soon"),
        (booked("2026-12-24T09:00"), "too far"),
        (booked("2026-11-24T07:00"), "too soon"),
        (booked("2026-11-24T20:00"), "none of the queue's slots"),
        (booked("2026-11-24T10:07"), "none of the queue's slots"),
        (booked("2026-11-24T10:00"), "nothing is left"),
    ] {
        let mut callbacks = machine(rules(), "2026-11-24T09:00");
        for count in 1..=2 {
            callbacks.book(now, id(count), wanted(count, booked("2026-11-24T10:00"))).unwrap();
        }
        let refusal = callbacks.book(now, id(9), wanted(9, kind)).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn caller_who_books_for_many_numbers_is_stopped() {
    let now = at("2026-11-24T09:00");
    let many = CallbackRules { capacity: Capacity::Fixed(50), most_a_day: 10, ..rules() };
    let mut callbacks = machine(many, "2026-11-24T09:00");
    let for_another =
        |count, wall: &str| Wanted { source: Some(CitizenId(stamp(99))), ..wanted(count, booked(wall)) };
    let mut book = |count, wall: &str| callbacks.book(now, id(count), for_another(count, wall));
    assert_eq!((book(1, "2026-11-24T10:00"), book(2, "2026-11-24T10:00")), (Ok(()), Ok(())));
    assert_eq!(book(3, "2026-11-24T10:00"), Err(Refusal::TooMany), "of one slot");
    for count in 4..12 {
        book(count, &format!("2026-11-24T{}:00", count + 7)).unwrap();
    }
    assert_eq!(book(20, "2026-11-25T10:00"), Err(Refusal::TooMany), "of one day");
}

#[test]
fn free_slots_are_the_next_that_have_room() {
    let now = at("2026-11-24T19:20");
    let mut callbacks = machine(rules(), "2026-11-24T19:20");
    for count in 1..=2 {
        callbacks.book(now, id(count), wanted(count, booked("2026-11-24T19:45"))).unwrap();
    }
    let walls = |callbacks: &Callbacks| {
        let free = callbacks.free_slots(now, &"tributi".into(), now, 2);
        free.iter().map(Slot::wall).collect::<Vec<_>>()
    };
    assert_eq!(walls(&callbacks), ["2026-11-25 08:00", "2026-11-25 08:15"]);
    callbacks.cancel(now, id(1)).unwrap();
    assert_eq!(walls(&callbacks), ["2026-11-24 19:45", "2026-11-25 08:00"]);
    callbacks.move_to(now, id(2), slot("2026-11-25T08:00")).unwrap();
    assert_eq!(callbacks.diary().taken(&"tributi".into(), at("2026-11-24T19:45")), 0);
}

#[test]
fn clock_that_goes_back_takes_the_early_ones_out_of_the_line() {
    let mut callbacks = machine(rules(), "2026-11-24T09:00");
    callbacks.book(at("2026-11-24T09:00"), id(1), wanted(1, booked("2026-11-24T15:15"))).unwrap();
    pass(&mut callbacks, "2026-11-24T15:15");
    callbacks.handle_time(at("2026-11-24T14:00"));
    assert_eq!(actions(&mut callbacks), ["promised", "enter 15:15 +0", "leave"]);
    pass(&mut callbacks, "2026-11-24T15:15");
    assert_eq!(actions(&mut callbacks), ["enter 15:15 +0"]);
}

/// People, a trunk, a line and crashes, at random; what is on record is judged at the end by itself.
struct World {
    chance: ChaCha8Rng,
    callbacks: Callbacks,
    rules: CallbackRules,
    now_ms: i64,
    /// Everything that was written down, in order.
    journal: Vec<(i64, CallbackId, Change)>,
    line: BTreeSet<CallbackId>,
    talking: BTreeMap<CallbackId, ContactId>,
    last: u32,
}

impl World {
    fn new(seed: u64, start: &str) -> World {
        let mut rules = rules();
        rules.hours = Some(schedule(r#""00:00-06:00", "08:00-20:00""#)); // through both nights of the clock
        rules.capacity = Capacity::Fixed(1); // one operator, who also calls those who keep their place
        World {
            chance: ChaCha8Rng::seed_from_u64(seed),
            callbacks: Callbacks::new(
                at(start),
                [("tributi".into(), rules.clone())].into(),
                Diary::default(),
            ),
            rules,
            now_ms: at(start),
            journal: Vec::new(),
            line: BTreeSet::new(),
            talking: BTreeMap::new(),
            last: 0,
        }
    }

    fn one_in(&mut self, odds: u32) -> bool {
        self.chance.random_range(0..odds) == 0
    }

    fn drain(&mut self) {
        while let Some(action) = self.callbacks.poll_action() {
            match action {
                Action::Write { id, change } => self.journal.push((self.now_ms, id, change)),
                Action::Enter { id, .. } => assert!(self.line.insert(id), "{id} has a place already"),
                Action::Advance { id, .. } => assert!(self.line.contains(&id)),
                Action::Leave { id } => assert!(self.line.remove(&id)),
            }
        }
    }

    fn step(&mut self) {
        self.now_ms += self.chance.random_range(1_000..6 * MINUTE);
        if self.one_in(400) {
            self.now_ms += self.chance.random_range(-2 * HOUR..2 * HOUR);
        }
        self.callbacks.handle_time(self.now_ms);
        self.drain();
        if self.one_in(3) {
            self.book();
        }
        if self.one_in(20) {
            let open: Vec<_> = self.callbacks.diary().open().map(|(id, _)| id).collect();
            if let Some(id) = open.get(self.chance.random_range(0..open.len().max(1))) {
                let _ = self.callbacks.cancel(self.now_ms, *id); // it may be being called
            }
        }
        self.drain();
        for _ in 0..self.chance.random_range(0..4) {
            if let Some(id) = self.line.first().copied() {
                self.call(id);
            }
        }
        if self.one_in(300) {
            self.crash();
        }
        self.drain();
    }

    fn book(&mut self) {
        self.last += 1;
        let kind = if self.one_in(3) {
            Kind::Place(self.now_ms - 5 * MINUTE)
        } else {
            let free = self.callbacks.free_slots(self.now_ms, &"tributi".into(), self.now_ms, 12);
            let Some(slot) = free.get(self.chance.random_range(0..free.len().max(1))) else { return };
            Kind::Booked(slot.clone())
        };
        let citizen = self.chance.random_range(1..500);
        let _ = self.callbacks.book(self.now_ms, id(self.last), wanted(citizen, kind)); // a need may be known
    }

    fn call(&mut self, id: CallbackId) {
        self.line.remove(&id); // a seat has taken it
        let call = ContactId(Stamp { node: 2, epoch: 1, count: self.chance.next_u32() });
        if self.callbacks.on_attempt(self.now_ms, id, call).is_err() {
            return;
        }
        self.drain();
        if self.one_in(60) {
            return self.crash();
        }
        self.now_ms += self.chance.random_range(1_000..40_000);
        if self.one_in(3) {
            let why = Unreached::ALL[self.chance.random_range(0..Unreached::ALL.len())];
            return self.callbacks.on_not_reached(self.now_ms, id, call, why);
        }
        assert!(self.callbacks.on_joined(self.now_ms, id, call));
        self.talking.insert(id, call);
        self.drain();
        if self.one_in(60) {
            return self.crash();
        }
        self.now_ms += self.chance.random_range(10_000..2 * MINUTE);
        self.talking.remove(&id);
        self.callbacks.on_talked(self.now_ms, id);
    }

    /// What is in memory is lost; what is written is read again.
    fn crash(&mut self) {
        self.drain();
        let mut diary = Diary::default();
        self.journal.iter().for_each(|(at_ms, id, change)| diary.apply(*at_ms, *id, change));
        let json = serde_json::to_string(&diary).unwrap();
        assert_eq!(serde_json::from_str::<Diary>(&json).unwrap(), diary, "a checkpoint keeps all of it");
        assert_eq!(&diary, self.callbacks.diary());
        self.now_ms += self.chance.random_range(0..20 * MINUTE);
        (self.line, self.talking) = (BTreeSet::new(), BTreeMap::new());
        let rules = [("tributi".into(), self.rules.clone())].into();
        self.callbacks = Callbacks::new(self.now_ms, rules, diary);
    }

    /// The promises, asked of the record alone; how many were kept in their slot, and how many were booked for one that came.
    fn judge(&self) -> (usize, usize) {
        let hours = self.rules.hours.as_ref().unwrap();
        let (mut open, mut ended) = (BTreeMap::new(), BTreeSet::new());
        let (mut kept, mut due) = (0, 0);
        for (at_ms, id, change) in &self.journal {
            assert!(!ended.contains(id), "{id} is over, and yet {change:?}");
            if let Change::Promised { promise } = change {
                assert!(open.insert(*id, (promise.clone(), 0, 0)).is_none());
                continue;
            }
            let (promise, attempts, joins) = open.get_mut(id).expect("it was promised");
            match change {
                Change::Attempted { .. } => {
                    let moment = Timestamp::from_millisecond(*at_ms).unwrap();
                    assert_eq!(hours.at(moment), Hours::Open, "{id} called at {moment}");
                    assert!(
                        *at_ms < promise.until_ms && *at_ms >= promise.from_ms(0),
                        "{id} out of its window"
                    );
                    *attempts += 1;
                    if let (1, Kind::Booked(slot)) = (*attempts, &promise.kind) {
                        due += 1;
                        kept += usize::from(*at_ms < slot.to_ms());
                    }
                }
                Change::Joined { .. } => {
                    *joins += 1;
                    assert_eq!(*joins, 1, "{id} bridged twice");
                }
                Change::Ended { how } => {
                    assert_eq!(*how == End::Served, *joins == 1, "{id} {how:?}");
                    ended.insert(*id);
                }
                _ => {}
            }
        }
        assert!(open.keys().all(|id| ended.contains(id)), "none is lost");
        (kept, due)
    }
}

#[test]
fn random_histories_lose_nobody_talk_to_nobody_twice_and_keep_every_window() {
    let (mut promised, mut kept, mut due) = (0, 0, 0);
    for seed in 0..20 {
        let start = if seed % 2 == 0 { "2026-03-27T09:00" } else { "2026-10-23T09:00" };
        let mut world = World::new(seed, start);
        for _ in 0..1_500 {
            world.step();
        }
        world.now_ms += 30 * 24 * HOUR; // whatever is left is missed
        world.callbacks.handle_time(world.now_ms);
        world.drain();
        let (in_slot, of) = world.judge();
        promised +=
            world.journal.iter().filter(|(_, _, change)| matches!(change, Change::Promised { .. })).count();
        (kept, due) = (kept + in_slot, due + of);
    }
    assert!(promised > 4_000, "{promised} promises say something");
    assert!(kept * 100 >= due * 90, "{kept} of {due} in their slot, though the exchange was often down");
}
