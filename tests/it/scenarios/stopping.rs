//! The exchange stops.

use std::time::Duration;

use centralino::engine::Command;
use centralino::words::{EndedBy, Outcome};

use super::{MINUTE, SECOND, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Seen};

#[test]
fn stopping_exchange_says_so_to_callers_and_hangs_up() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    sim.talking(talks, seat);
    let waits = waiting(&mut sim);
    sim.advance(10 * SECOND);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.until("the notice is heard", |sim| sim.hears(waits, "it/sistema/chiusura_servizio"));
    sim.until("stopped", |sim| sim.stopped);
    sim.until("all are free", |sim| [seat, talks, waits].iter().all(|phone| sim.line(*phone) == Line::Free));
    assert_eq!(sim.contact(waits).ended_by, Some(EndedBy::Exchange));
    assert_eq!(sim.contact(waits).outcome, Some(Outcome::Unserved));
}

#[test]
fn draining_exchange_lets_a_talk_end_and_takes_no_new_call() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    sim.talking(talks, seat);
    sim.command(Command::Stop { drain: MINUTE });
    let late = sim.dial("055055");
    sim.until("refused", |sim| sim.phones[&late].seen.contains(&Seen::Refused(503)));
    sim.advance(20 * SECOND);
    assert!(sim.talk_together(talks, seat));
    sim.hang_up(talks);
    sim.until("stopped", |sim| sim.stopped);
}

#[test]
fn stopping_exchange_frees_phones_over_tcp_too() {
    let mut sim = Sim::new();
    sim.tcp_share = 100;
    let seat = sim.seat("seat01");
    let talks = waiting(&mut sim);
    sim.talking(talks, seat);
    let waits = waiting(&mut sim);
    sim.advance(10 * SECOND);
    sim.break_streams(talks);
    sim.advance(MINUTE);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.until("stopped", |sim| sim.stopped);
    sim.until("all are free", |sim| [seat, talks, waits].iter().all(|phone| sim.line(*phone) == Line::Free));
    assert_eq!(sim.contact(waits).outcome, Some(Outcome::Unserved));
    sim.verdict().unwrap();
}

#[test]
fn stopping_exchange_says_bye_again_when_it_was_lost_and_waits_for_nobody_who_is_gone() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    let gone = waiting(&mut sim);
    sim.advance(10 * SECOND);
    sim.unplug(gone, true);
    let began = sim.now;
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.until("the notice is over", |sim| !sim.hears(citizen, "it/sistema/chiusura_servizio"));
    sim.weather.lost = 1000;
    sim.advance(Duration::from_millis(700));
    sim.weather.lost = 0;
    sim.until("both are free", |sim| [seat, citizen].iter().all(|phone| sim.line(*phone) == Line::Free));
    sim.until("stopped", |sim| sim.stopped);
    assert!(sim.now.since(began) < 10 * SECOND, "{:?}", sim.now.since(began));
}
