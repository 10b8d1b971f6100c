//! Callers whom a queue cannot serve soon enough: sent on to another Ente's queue, to another line, to a number outside; and back at the
//! old place when nobody is there.

use std::time::Duration;

use centralino::acd::Pressure;
use centralino::config::{Config, Place, SentOn, SentTo};
use centralino::engine::{Command, Reply, WaitingOrder};
use centralino::ids::CallId;
use centralino::journal::entry::{Elsewhere, Fact};
use centralino::journal::sim_disk::Crash;
use centralino::words::{NotTaken, Outcome};

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

const OFFICE: &str = "0557954";

/// Queue `anagrafe` sends those on who have waited a minute.
fn sends(to: SentTo) -> impl FnOnce(&mut Config) {
    sends_when(Pressure { after: MINUTE, ..Pressure::default() }, to)
}

fn sends_when(when: Pressure, to: SentTo) -> impl FnOnce(&mut Config) {
    move |config| {
        let queue = config.queues.get_mut("anagrafe").expect("the demo has it");
        queue.rules.sends_on.push(when);
        queue.sent_on.push(SentOn { to, at: Place::whole("queues.toml") });
    }
}

fn number() -> SentTo {
    SentTo::Number { number: OFFICE.to_owned(), ring_for: 20 * SECOND, at_once: 1 }
}

/// An office that answers like this, a floor whose only operator talks with somebody.
fn world(setting: Setting, manner: Manner) -> (Sim, PhoneId, (PhoneId, PhoneId)) {
    let mut sim = Sim::with(setting, 1);
    let office = sim.gateway(&[]);
    sim.with_phone(office, |phone, _| phone.manner = manner);
    let operator = sim.seat("seat01");
    let talker = waits(&mut sim);
    sim.until("they talk", |sim| sim.talk_together(talker, operator));
    (sim, office, (operator, talker))
}

fn with_number(manner: Manner) -> (Sim, PhoneId, (PhoneId, PhoneId)) {
    world(Setting::demo().with_gateway().with_config(sends(number())), manner)
}

/// A citizen in queue `anagrafe`.
fn waits(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

fn line(sim: &mut Sim, queue: &str) -> Vec<CallId> {
    sim.replies.clear();
    sim.command(Command::Waiting(WaitingOrder::Show(queue.into())));
    match sim.replies.pop() {
        Some(Reply::Queue(page)) => page.waiting.iter().map(|wait| wait.call).collect(),
        other => panic!("{other:?}"),
    }
}

fn call_of(sim: &mut Sim, citizen: PhoneId) -> CallId {
    CallId(sim.contact(citizen).contact.0)
}

/// Whom which queue has sent where, and for which Ente it had waited.
fn sent(sim: &Sim) -> Vec<(String, Elsewhere, String)> {
    let told = |fact: &Fact| match fact {
        Fact::SentOn { from, to, entity, .. } => Some((from.to_string(), to.clone(), entity.to_string())),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| told(&entry.fact)).collect()
}

fn from_anagrafe(to: Elsewhere) -> (String, Elsewhere, String) {
    ("anagrafe".to_owned(), to, "firenze".to_owned())
}

#[test]
fn citizen_who_waits_too_long_talks_with_the_number_and_the_flow_goes_on_afterwards() {
    let (mut sim, office, _) = with_number(Manner::Answers(5 * SECOND));
    let citizen = waits(&mut sim);
    sim.advance(MINUTE - SECOND);
    assert_eq!(sent(&sim), []);
    sim.advance(2 * SECOND);
    assert_eq!(sent(&sim), [from_anagrafe(Elsewhere::Outside)]);
    assert!(sim.hears(citizen, "music/attesa"), "the music goes on");
    sim.until("they talk", |sim| sim.talk_together(citizen, office));
    assert_eq!(sim.phones[&office].dialled, OFFICE);
    sim.advance(10 * MINUTE);
    assert!(sim.talk_together(citizen, office), "no rule of the queue touches the talk");
    sim.hang_up(office);
    sim.until("the flow has ended the call", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!(
        (contact.outcome, contact.transferred_to.as_deref()),
        (Some(Outcome::Transferred), Some(OFFICE))
    );
    assert!((60.0..70.0).contains(&contact.wait_s), "{}", contact.wait_s);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn citizen_whom_nobody_answers_outside_has_the_old_place_back_and_is_not_sent_again() {
    for (manner, why) in [
        (Manner::Ignores, NotTaken::Missed),
        (Manner::Refused(486), NotTaken::Rejected),
        (Manner::Refused(503), NotTaken::Unreachable),
    ] {
        let (mut sim, _, (operator, talker)) = with_number(manner);
        let first = waits(&mut sim);
        sim.advance(30 * SECOND);
        let second = waits(&mut sim);
        sim.advance(20 * SECOND);
        let (first_call, second_call) = (call_of(&mut sim, first), call_of(&mut sim, second));
        sim.until("it was in vain", |sim| {
            let vain = |fact: &Fact| matches!(fact, Fact::NumberNotTaken { why: told, .. } if *told == why);
            sim.facts.iter().any(|entry| vain(&entry.fact))
        });
        assert_eq!(line(&mut sim, "anagrafe"), [first_call, second_call], "{manner:?}");
        sim.until("music goes on", |sim| sim.hears(first, "music/attesa"));
        sim.hang_up(talker);
        sim.until("they talk", |sim| sim.talk_together(first, operator));
        let times = sent(&sim).len();
        assert!(times <= 2, "once each at most: {times}");
        let contact = sim.contact(first);
        assert!(contact.wait_s > 60.0, "{}", contact.wait_s);
        sim.verdict().expect("every promise is kept");
    }
}

#[test]
fn no_more_citizens_than_the_office_takes_are_sent_there_at_once() {
    let (mut sim, office, _) = with_number(Manner::Answers(5 * SECOND));
    let first = waits(&mut sim);
    sim.advance(SECOND);
    let second = waits(&mut sim);
    sim.until("they talk", |sim| sim.talk_together(first, office));
    sim.advance(2 * MINUTE);
    assert_eq!((sent(&sim).len(), line(&mut sim, "anagrafe").len()), (1, 1));
    sim.hang_up(office);
    sim.until("the next one talks", |sim| sim.talk_together(second, office));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn citizen_who_hangs_up_while_the_number_rings_has_abandoned_the_queue_and_may_come_back() {
    let (mut sim, office, (operator, talker)) = with_number(Manner::Ignores);
    let citizen = waits(&mut sim);
    sim.advance(MINUTE + 3 * SECOND);
    assert!(matches!(sim.line(office), Line::Ringing(_)));
    sim.hang_up(citizen);
    sim.until("the ringing stops", |sim| sim.line(office) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!(
        (contact.outcome, contact.queue.as_ref().map(|queue| queue.as_str())),
        (Some(Outcome::Abandoned), Some("anagrafe"))
    );
    sim.hang_up(talker);
    sim.until("the operator is free", |sim| sim.line(operator) == Line::Free);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn crash_while_the_number_rings_leaves_the_citizen_the_old_place() {
    let (mut sim, _, _) = with_number(Manner::Ignores);
    let citizen = waits(&mut sim);
    sim.advance(MINUTE + 3 * SECOND);
    let from = sim.contact(citizen).contact;
    sim.crash(Crash::Kill);
    sim.start_exchange();
    let kept = |fact: &Fact| matches!(fact, Fact::ContactClosed { contact, outcome: Outcome::Interrupted, .. } if *contact == from);
    sim.until("the call of before is closed", |sim| sim.facts.iter().any(|entry| kept(&entry.fact)));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn citizen_goes_to_another_ente_with_the_waiting_so_far_and_both_enti_are_on_record() {
    let to = SentTo::Queue("milano-anagrafe".into());
    let setting = Setting::demo().with_config(sends(to)).with_config(|config| {
        let seat = config.seats.get_mut("seat02").expect("the demo has it");
        seat.rules.queues.retain(|queue, _| queue.as_str() == "milano-anagrafe");
        let seat = config.seats.get_mut("seat01").expect("the demo has it");
        seat.rules.queues.retain(|queue, _| queue.as_str() == "anagrafe");
    });
    let (mut sim, _, _) = world(setting, Manner::Ignores);
    let citizen = waits(&mut sim);
    sim.advance(2 * MINUTE);
    assert_eq!(sent(&sim), [], "nobody is there, so the citizen waits on where it is");
    let milan = sim.seat("seat02");
    sim.until("they talk", |sim| sim.talk_together(citizen, milan));
    assert_eq!(sent(&sim), [from_anagrafe(Elsewhere::Queue("milano-anagrafe".into()))]);
    let contact = sim.contact(citizen);
    assert_eq!(contact.entity.as_str(), "milano");
    assert!(contact.wait_s > 120.0, "{}", contact.wait_s);
    sim.verdict().expect("every promise is kept");
}

#[test]
fn the_first_in_line_goes_to_another_line_when_more_than_enough_wait() {
    let when = Pressure { over_waiting: Some(1), ..Pressure::default() };
    let setting = Setting::demo().with_config(sends_when(when, SentTo::Line("020202".to_owned())));
    let (mut sim, _, _) = world(setting, Manner::Ignores);
    let first = waits(&mut sim);
    sim.advance(10 * SECOND);
    let second = waits(&mut sim);
    sim.advance(SECOND);
    assert_eq!(sent(&sim), [from_anagrafe(Elsewhere::Line("020202".to_owned()))]);
    let waiting = call_of(&mut sim, second);
    assert_eq!(line(&mut sim, "anagrafe"), [waiting]);
    assert_eq!(sim.contact(first).entity.as_str(), "milano");
    sim.hang_up(first);
    assert_eq!(sim.contact(first).outcome, Some(Outcome::Left), "the other line's flow had just begun");
    sim.verdict().expect("every promise is kept");
}

#[test]
fn citizen_for_whom_a_seat_is_free_at_the_moment_of_being_sent_on_is_rung_for_and_stays() {
    let setting = Setting::demo().with_config(|config| {
        sends_when(Pressure { after: 30 * SECOND, ..Pressure::default() }, SentTo::Line("020202".to_owned()))(
            config,
        );
        let rules = &mut config.queues.get_mut("anagrafe").expect("the demo has it").rules;
        (rules.ring_for, rules.reject_delay) = (20 * SECOND, 10 * SECOND);
    });
    let mut sim = Sim::with(setting, 1);
    let operator = sim.seat("seat01");
    sim.with_phone(operator, |phone, _| phone.manner = Manner::Ignores);
    let citizen = waits(&mut sim);
    sim.until("it rings", |sim| matches!(sim.line(operator), Line::Ringing(_)));
    sim.with_phone(operator, |phone, _| phone.manner = Manner::Answers(SECOND));
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    assert_eq!(sent(&sim), []);
    sim.verdict().expect("every promise is kept");
}
