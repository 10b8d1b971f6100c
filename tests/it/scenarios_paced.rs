//! Queues that call the citizen first: nobody is called for whom no operator would be there, and who answers is the next to be served.

use std::collections::BTreeMap;
use std::time::Duration;

use centralino::callback::{CallbackRules, Capacity, Change, End, First, Unreached};
use centralino::engine::BookOrder;
use centralino::ids::{CallbackId, SeatId};
use centralino::journal::sim_disk::Crash;
use centralino::time::Mono;
use centralino::words::{Direction, Outcome, WorkView};

use crate::scenarios_transfer;
use crate::sim::phone::{Line, Manner, PhoneId, Seen};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// How long an operator writes down what was said.
const WRAP_UP: Duration = Duration::from_secs(40);
/// Lines of citizens, each behind a trunk of its own.
const LINES: u16 = 6;

/// The demo, whose queues call citizens first; the number of the citizen at line 3 begins with 3333.
fn setting() -> Setting {
    Setting::demo().with_lines(LINES).with_config(|config| {
        for queue in config.queues.values_mut() {
            queue.rules.wrap_up = WRAP_UP;
            queue.callback = Some(CallbackRules {
                first: First::Citizen,
                capacity: Capacity::Fixed(30),
                lead: Duration::ZERO,
                ..CallbackRules::default()
            });
        }
    })
}

/// So many operators, and citizens who do this.
fn world(seats: usize, manner: Manner) -> (Sim, Vec<PhoneId>, Vec<PhoneId>) {
    world_of(setting(), seats, manner)
}

fn world_of(setting: Setting, seats: usize, manner: Manner) -> (Sim, Vec<PhoneId>, Vec<PhoneId>) {
    let mut sim = Sim::with(setting, 1);
    let citizens: Vec<_> = (0..LINES).map(|_| sim.outside()).collect();
    for citizen in &citizens {
        sim.with_phone(*citizen, |phone, _| phone.manner = manner);
    }
    let seats = (1..=seats).map(|n| sim.seat(&format!("seat{n:02}"))).collect();
    (sim, citizens, seats)
}

/// The citizen at this line is promised a call as soon as may be.
#[track_caller]
fn book(sim: &mut Sim, line: u16) -> CallbackId {
    sim.book(BookOrder::new(format!("333{line}000001"), "tributi"))
}

fn why(sim: &Sim, id: CallbackId) -> Option<Unreached> {
    sim.changes_of(id).iter().find_map(|change| match change {
        Change::NotReached { why, .. } => Some(*why),
        _ => None,
    })
}

#[track_caller]
fn nothing_left(sim: &mut Sim) {
    sim.advance(64 * SECOND);
    let census = sim.engine().census();
    let left = (census.calls, census.legs, census.dialogs, census.alarms, census.sip.dialogs);
    assert_eq!(left, (0, 0, 0, 0, 0), "{}", sim.tale());
    sim.verdict().unwrap_or_else(|why| panic!("{why}\n{}", sim.tale()));
}

#[test]
fn citizen_is_called_first_hears_who_calls_and_then_an_operator_is_rung() {
    let (mut sim, citizens, seats) = world(1, Manner::Answers(4 * SECOND));
    let (citizen, seat) = (citizens[2], seats[0]);
    let id = book(&mut sim, 2);
    sim.until("the citizen's phone rings", |sim| sim.rings(citizen) == 1);
    assert_eq!(sim.rings(seat), 0);
    sim.until("who calls is said", |sim| sim.hears(citizen, "it/sistema/richiamata"));
    assert_eq!(sim.rings(seat), 0, "an operator is asked when somebody is there");
    sim.talking(seat, citizen);
    let shown =
        Seen::Rang { from: "+393332000001".into(), display: "Richiamata Tributi +393332000001".into() };
    assert!(sim.phones[&seat].seen.contains(&shown), "{:?}", sim.phones[&seat].seen);
    sim.advance(20 * SECOND);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.end_of(id), Some(End::Served));
    let work = sim.engine().distribution().seat(&SeatId::from("seat01")).expect("a seat").work;
    assert_eq!(work, WorkView::WrapUp);
    nothing_left(&mut sim);
    let contacts = sim.contacts();
    let told = (contacts[0].direction, contacts[0].outcome, contacts[0].recording.is_some());
    assert_eq!(told, (Direction::Out, Some(Outcome::Answered), true), "{contacts:?}");
}

/// Whose phone is called, or who is on the line, and whom no operator talks with.
fn alone(sim: &Sim, citizens: &[PhoneId], seats: &[PhoneId]) -> usize {
    let talks = |citizen: PhoneId| seats.iter().any(|seat| sim.talk_together(*seat, citizen));
    citizens.iter().filter(|phone| sim.line(**phone) != Line::Free && !talks(**phone)).count()
}

#[test]
fn no_more_are_called_than_operators_are_free_or_about_to_be() {
    let (mut sim, citizens, seats) = world(2, Manner::Answers(3 * SECOND));
    let all: Vec<_> = (0..LINES).map(|line| book(&mut sim, line)).collect();
    let mut talked_until: BTreeMap<PhoneId, Mono> = BTreeMap::new();
    let mut before = 0;
    for tick in 1..1_200 {
        sim.advance(SECOND);
        let near = |seat: &&PhoneId| {
            let is_over = |at: &Mono| sim.now.since(*at) + 11 * SECOND >= WRAP_UP;
            let talks = citizens.iter().any(|citizen| sim.talk_together(**seat, *citizen));
            !talks && talked_until.get(*seat).is_none_or(is_over)
        };
        let (called, near) = (alone(&sim, &citizens, &seats), seats.iter().filter(near).count());
        assert!(called <= before.max(near), "{called} are called while {near} are free or about to be");
        before = called;
        for seat in &seats {
            if tick % 25 == 0 && citizens.iter().any(|citizen| sim.talk_together(*seat, *citizen)) {
                sim.hang_up(*seat);
                talked_until.insert(*seat, sim.now);
            }
        }
    }
    assert!(all.iter().all(|id| sim.end_of(*id) == Some(End::Served)), "{}", sim.tale());
    nothing_left(&mut sim);
}

#[test]
fn nobody_is_called_while_no_operator_is_free_or_those_who_wait_need_them() {
    let (mut sim, citizens, seats) = world(1, Manner::Answers(SECOND));
    let caller = sim.call("055055");
    sim.until("the menu is heard", |sim| sim.hears(caller, "it/menu"));
    sim.press(caller, "1");
    sim.talking(caller, seats[0]);
    book(&mut sim, 0);
    sim.advance(MINUTE);
    assert_eq!(sim.rings(citizens[0]), 0);
    sim.hang_up(caller);
    sim.talking(citizens[0], seats[0]);
}

#[test]
fn citizen_whom_no_operator_takes_is_abandoned_and_called_again() {
    let (mut sim, citizens, seats) = world(1, Manner::Answers(SECOND));
    let (citizen, seat) = (citizens[0], seats[0]);
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let id = book(&mut sim, 0);
    sim.until("the seat rings", |sim| sim.rings(seat) == 1);
    sim.hang_up(citizen);
    sim.until("it is written", |sim| why(sim, id).is_some());
    assert_eq!((why(&sim, id), sim.end_of(id)), (Some(Unreached::Abandoned), None));
    assert_eq!(sim.engine().metrics().callbacks.abandoned, 1);
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Answers(SECOND));
    sim.talking(seat, citizen);
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert_eq!(sim.end_of(id), Some(End::Served));
    assert_eq!(sim.contacts()[0].outcome, Some(Outcome::Unreached));
}

#[test]
fn citizen_whom_the_operator_gives_to_a_flow_whose_number_is_busy_stays_and_was_reached() {
    let flow = setting().with_flow(scenarios_transfer::FLOW);
    let (mut sim, citizens, seats) = world_of(flow, 1, Manner::Answers(SECOND));
    let (citizen, seat) = (citizens[0], seats[0]);
    let id = book(&mut sim, 0);
    sim.talking(seat, citizen);
    sim.press(seat, "*2055055#");
    // The flow's number is the citizen's own phone, which talks.
    sim.until("it is busy", |sim| sim.hears(citizen, "it/non_valido"));
    sim.hang_up(citizen);
    nothing_left(&mut sim);
    assert_eq!((why(&sim, id), sim.end_of(id)), (None, Some(End::Served)));
}

#[test]
fn each_way_of_not_being_reached_is_told_apart_and_costs_no_operator_s_time() {
    for (manner, expected) in [
        (Manner::Refused(486), Unreached::Busy),
        (Manner::Ignores, Unreached::NoAnswer),
        (Manner::Refused(603), Unreached::Refused),
        (Manner::Refused(404), Unreached::Unreachable),
        (Manner::Refused(503), Unreached::TrunkFailure),
    ] {
        let (mut sim, _, seats) = world(1, manner);
        let id = book(&mut sim, 0);
        sim.until("it has failed", |sim| why(sim, id).is_some());
        assert_eq!((why(&sim, id), sim.rings(seats[0])), (Some(expected), 0), "{manner:?}");
        sim.verdict().expect("every promise holds");
    }
}

#[test]
fn machine_that_answers_is_given_to_nobody() {
    let (mut sim, citizens, seats) = world(1, Manner::Answers(SECOND));
    let id = book(&mut sim, 0);
    sim.until("the machine answers", |sim| sim.is_up_on(citizens[0]));
    sim.advance(SECOND);
    sim.speaks(citizens[0], true); // and goes on speaking
    sim.until("it is told from a person", |sim| why(sim, id).is_some());
    assert_eq!((why(&sim, id), sim.rings(seats[0])), (Some(Unreached::Machine), 0));
    nothing_left(&mut sim);
}

#[test]
fn crash_leaves_another_attempt_before_the_talk_and_none_after_it() {
    for talks in [false, true] {
        let (mut sim, citizens, seats) = world(1, Manner::Answers(3 * SECOND));
        let id = book(&mut sim, 0);
        match talks {
            true => sim.talking(citizens[0], seats[0]),
            false => sim.until("who calls is said", |sim| sim.hears(citizens[0], "it/sistema/richiamata")),
        }
        sim.crash(Crash::Kill);
        sim.advance(10 * SECOND);
        sim.hang_up(citizens[0]);
        sim.hang_up(seats[0]);
        sim.start_exchange();
        sim.advance(8 * MINUTE);
        assert_eq!(sim.rings(citizens[0]), if talks { 1 } else { 2 }, "{}", sim.tale());
        assert_eq!(sim.end_of(id).is_some(), talks);
    }
}

#[test]
fn citizen_whose_operator_s_phone_dies_in_the_talk_is_the_first_in_the_queue_again() {
    for first in [First::Citizen, First::Operator] {
        let setting = setting().with_config(|config| {
            let rules = config.queues.values_mut().filter_map(|queue| queue.callback.as_mut());
            rules.for_each(|rules| rules.first = first);
        });
        let mut sim = Sim::with(setting, 1);
        let citizen = sim.outside();
        sim.with_phone(citizen, |phone, _| phone.manner = Manner::Answers(SECOND));
        let seat = sim.seat("seat01");
        let id = book(&mut sim, 0);
        sim.talking(seat, citizen);
        sim.unplug(seat, true);
        sim.advance(20 * SECOND);
        let other = sim.seat("seat02");
        sim.talking(other, citizen);
        sim.hang_up(other);
        sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
        assert_eq!((sim.end_of(id), sim.rings(citizen)), (Some(End::Served), 1));
        nothing_left(&mut sim);
    }
}
