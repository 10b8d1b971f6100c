//! Days lived again from their journals: citizens who choose, wait, give up and are called back, operators who pause, ask each other, give
//! citizens away and dial, offices that answer or do not. Both times the same is on record.

use std::time::Duration;

use centralino::acd::TaskRules;
use centralino::callback::{CallbackRules, Capacity, Change, Retry, Unreached};
use centralino::config::Config;
use centralino::engine::{BookOrder, CallbackOrder, Command, SeatAct, SeatOrder};
use centralino::ids::SeatId;
use centralino::journal::entry::{Entry, Fact, Handing};
use centralino::words::{Outcome, SeatView, Status, StatusChange, WorkView};
use rand::RngExt;

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::reenact::{NO_WAY, assert_same_history, reenact};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// Both days have the same times to within this: what people did is on record to the millisecond. On its way to the exchange nothing
/// needs any time, the first day neither, or of two citizens who wait for an operator within a millisecond the other might come first.
const WITHIN: Duration = Duration::from_millis(5);

/// What citizens press, and where it makes no sense.
const KEYS: [&str; 15] = ["1", "1", "0", "2", "11", "21", "3", "41", "42", "443", "9", "*", "7", "#", "#"];
/// What operators press in a talk.
const TALK_KEYS: [&str; 16] = [
    "*2202#",
    "*3201#",
    "*3202#",
    "*3203#",
    "*3204#",
    "*30557954#",
    "*30557954#",
    "*20557954#",
    "*2302#",
    "*3303#",
    "*2020202#",
    "*4",
    "*5",
    "*6",
    "*6",
    "*7",
];
/// What operators dial.
const DIALLED: [&str; 6] = ["3331234567", "3331234567", "0557954", "202", "*13", "*13"];

/// The demo with somebody to be called outside, short waits and call-backs that are soon made.
fn setting() -> Setting {
    Setting::demo().with_gateway().with_config(|config: &mut Config| {
        for queue in config.queues.values_mut() {
            queue.rules.wrap_up = 15 * SECOND;
            queue.rules.ring_for = 8 * SECOND;
            queue.callback = Some(promises());
            queue.rules.tasks = Some(TaskRules { at_most_waiting: 2, free_seats: 1 });
        }
    })
}

fn promises() -> CallbackRules {
    let mut rules = CallbackRules {
        slot_minutes: 1,
        capacity: Capacity::Fixed(3),
        lead: Duration::ZERO,
        spare_seats: 0,
        ..CallbackRules::default()
    };
    for why in Unreached::ALL {
        rules.retries.insert(why, Retry { after: 20 * SECOND, most: 3 });
    }
    rules
}

/// A day with everybody in it, under way.
struct Day {
    sim: Sim,
    outside: PhoneId,
    seats: Vec<PhoneId>,
    citizens: Vec<PhoneId>,
}

impl Day {
    fn begin(seed: u64) -> Day {
        let mut sim = Sim::with(setting(), seed);
        sim.weather = NO_WAY;
        let outside = sim.gateway(&[]);
        let seats: Vec<PhoneId> = (1..=4).map(|n| sim.seat(&format!("seat{n:02}"))).collect();
        for seat in &seats {
            sim.with_phone(*seat, |phone, _| phone.manner = Manner::Answers(2 * SECOND));
        }
        Day { sim, outside, seats, citizens: Vec::new() }
    }

    fn roll(&mut self, below: u32) -> u32 {
        self.sim.chance.random_range(0..below)
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.sim.chance.random_range(0..of.len())])
    }

    fn act(&mut self) {
        let up: Vec<PhoneId> =
            self.citizens.iter().copied().filter(|phone| self.sim.is_up_on(*phone)).collect();
        let (seats, outside) = (self.seats.clone(), self.outside);
        match self.roll(100) {
            0..14 => {
                let citizen = self.sim.dial("055055");
                self.citizens.push(citizen);
            }
            14..45 => {
                if let (Some(citizen), Some(keys)) = (self.some(&up), self.some(&KEYS)) {
                    self.sim.press(citizen, keys);
                }
            }
            45..49 => {
                if let Some(citizen) = self.some(&up) {
                    self.sim.hang_up(citizen);
                }
            }
            49..57 => {
                let phones = [seats, vec![outside]].concat();
                let (Some(phone), manner) = (self.some(&phones), self.manner()) else { return };
                self.sim.with_phone(phone, |phone, _| phone.manner = manner);
            }
            57..61 => {
                let phones = [seats, vec![outside]].concat();
                let busy: Vec<PhoneId> =
                    phones.into_iter().filter(|phone| self.sim.is_up_on(*phone)).collect();
                if let Some(phone) = self.some(&busy) {
                    self.sim.hang_up(phone);
                }
            }
            61..82 => {
                let talking: Vec<PhoneId> =
                    seats.into_iter().filter(|seat| self.sim.is_up_on(*seat)).collect();
                let (Some(operator), Some(keys)) = (self.some(&talking), self.some(&TALK_KEYS)) else {
                    return;
                };
                self.sim.press(operator, keys);
            }
            82..85 => {
                // While somebody is asked the citizen hears music anyway, and a hold would leave nothing on record.
                let is_alone = |work| matches!(work, WorkView::Talking | WorkView::Holding);
                let alone: Vec<PhoneId> =
                    seats.into_iter().filter(|seat| is_alone(self.work(*seat))).collect();
                let on = self.sim.chance.random_bool(0.5);
                if let Some(seat) = self.some(&alone) {
                    self.sim.with_phone(seat, |phone, now| phone.hold(now, on));
                }
            }
            85..93 => self.change_status(),
            93..96 => self.promise(),
            _ => {
                let free: Vec<PhoneId> =
                    seats.into_iter().filter(|seat| self.sim.line(*seat) == Line::Free).collect();
                let (Some(seat), Some(number)) = (self.some(&free), self.some(&DIALLED)) else { return };
                self.sim.with_phone(seat, |phone, now| phone.dial(now, number));
            }
        }
    }

    fn view(&self, seat: &SeatId) -> SeatView {
        self.sim.engine().distribution().seat(seat).expect("a seat of the demo")
    }

    fn work(&self, phone: PhoneId) -> WorkView {
        self.view(&SeatId::from(&*self.sim.phones[&phone].name)).work
    }

    fn manner(&mut self) -> Manner {
        let after = Duration::from_millis(u64::from(self.roll(6_000)));
        match self.roll(10) {
            0..7 => Manner::Answers(after),
            7..9 => Manner::Rejects(after),
            _ => Manner::Ignores,
        }
    }

    /// What makes no difference would leave nothing on record, and have misses forgotten all the same.
    fn change_status(&mut self) {
        let seat = SeatId::from(format!("seat{:02}", self.roll(4) + 1).as_str());
        let status = self.view(&seat).status;
        let is_ready = status == Status::Ready;
        let act = match self.roll(12) {
            0 => SeatAct::Status(StatusChange::LogOut),
            1 | 2 => SeatAct::Status(StatusChange::Pause("prova".into())),
            3 => SeatAct::Status(StatusChange::OneCall),
            4 => SeatAct::Status(StatusChange::Next(Status::Paused("dopo".into()))),
            5..8 => SeatAct::Release,
            _ if is_ready => return,
            _ if status == Status::LoggedOut => SeatAct::Status(StatusChange::LogIn),
            _ => SeatAct::Status(StatusChange::Ready),
        };
        let order = SeatOrder { act, by: Some("ada".to_owned()), why: None };
        self.sim.command(Command::Seat(seat, order));
    }

    fn promise(&mut self) {
        let number = format!("33312345{:02}", self.roll(40));
        let queue = ["tributi", "anagrafe", "generale"][self.sim.chance.random_range(0..3)].into();
        let (entity, topic, language, case) = (None, None, None, None);
        let by = Some("ada".to_owned());
        let order = BookOrder { number, queue, slot: None, entity, topic, language, case, by };
        self.sim.command(Command::Callback(CallbackOrder::Book(Box::new(order))));
    }

    fn end(mut self) -> Vec<Entry> {
        self.citizens.iter().for_each(|citizen| self.sim.hang_up(*citizen));
        self.sim.advance(60 * SECOND);
        self.sim.verdict().expect("nothing is broken");
        self.sim.facts
    }
}

/// A quarter of an hour in which everybody does something at random.
fn a_while(seed: u64) -> Vec<Entry> {
    let mut day = Day::begin(seed);
    for _ in 0..400 {
        let pause = day.sim.chance.random_range(300..4_000);
        day.sim.advance(Duration::from_millis(pause));
        day.act();
    }
    day.end()
}

fn count(journal: &[Entry], like: impl Fn(&Fact) -> bool) -> usize {
    journal.iter().filter(|entry| like(&entry.fact)).count()
}

#[test]
fn day_lived_again_from_its_journal_is_the_same_day() {
    let mut all = Vec::new();
    for seed in 1..5 {
        let then = a_while(seed);
        println!("seed {seed}"); // shown when it fails
        assert_same_history(&then, &reenact(setting(), &then), WITHIN);
        all.extend(then);
    }
    let paused = |fact: &Fact| matches!(fact, Fact::SeatChanged { now, by: Some(_), .. } if matches!(now.status, Status::Paused(_)));
    let step = |like: fn(&Handing) -> bool| {
        count(&all, |fact| matches!(fact, Fact::Handling { step, .. } if like(step)))
    };
    let had = [
        ("pauses", count(&all, paused)),
        ("wrap-ups", count(&all, |fact| matches!(fact, Fact::WrappedUp { .. }))),
        ("holds", count(&all, |fact| matches!(fact, Fact::Held { .. }))),
        ("consultations", step(|step| matches!(step, Handing::Speaks { .. }))),
        ("citizens given away", step(|step| matches!(step, Handing::Gives { .. }))),
        (
            "citizens called back",
            count(&all, |fact| matches!(fact, Fact::Callback { what: Change::Joined { .. }, .. })),
        ),
        (
            "citizens who gave up",
            count(&all, |fact| matches!(fact, Fact::ContactClosed { outcome: Outcome::Abandoned, .. })),
        ),
        ("keys", count(&all, |fact| matches!(fact, Fact::KeyPressed { .. }))),
        ("rings not taken", count(&all, |fact| matches!(fact, Fact::SeatNotTaken { .. }))),
        ("calls of operators", count(&all, |fact| matches!(fact, Fact::Dialled { callback: None, .. }))),
        ("answers to surveys", count(&all, |fact| matches!(fact, Fact::Surveyed { .. }))),
    ];
    assert!(had.iter().all(|(_, times)| *times > 3), "{had:?}");
}
