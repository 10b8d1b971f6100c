//! Phones that speak SIP over TCP, whose connections break.

use std::time::Duration;

use centralino::words::{EndedBy, Outcome};

use super::{MINUTE, SECOND, answering_after, rang, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Manner};

/// A calm world in which every phone speaks SIP over TCP.
fn over_tcp() -> Sim {
    let mut sim = Sim::new();
    sim.tcp_share = 100;
    sim
}

#[test]
fn whole_call_over_tcp_is_as_one_over_udp() {
    let mut sim = over_tcp();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.advance(MINUTE);
    sim.hang_up(seat);
    sim.until("the citizen's line is free", |sim| sim.line(citizen) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Operator)));
    sim.advance(2 * MINUTE);
    sim.verdict().unwrap();
}

#[test]
fn citizen_whose_stream_breaks_before_the_answer_is_let_go() {
    let mut sim = over_tcp();
    let until = sim.now + 10 * SECOND;
    sim.store().stall(until);
    let citizen = sim.dial("055055");
    sim.advance(Duration::from_millis(100));
    sim.reset_streams(citizen);
    sim.advance(MINUTE);
    assert_eq!(sim.engine().census().calls, 0);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Left));
    sim.verdict().unwrap();
}

/// The sound goes another way than the signalling: the call goes on, and its end comes over a new connection.
#[test]
fn citizen_whose_stream_breaks_in_the_menu_while_waiting_or_in_the_talk_keeps_the_call() {
    for (moment, by_operator) in [("menu", false), ("queue", false), ("talk", false), ("talk", true)] {
        let mut sim = over_tcp();
        let seat = sim.seat("seat01");
        answering_after(&mut sim, seat, Manner::Answers(10 * SECOND));
        let citizen = sim.call("055055");
        sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
        if moment == "menu" {
            sim.break_streams(citizen);
        }
        sim.press(citizen, "1");
        sim.until("music is heard", |sim| sim.hears(citizen, "music/attesa"));
        if moment == "queue" {
            sim.break_streams(citizen);
        }
        sim.talking(citizen, seat);
        if moment == "talk" {
            sim.break_streams(citizen);
        }
        sim.advance(MINUTE);
        assert!(sim.talk_together(citizen, seat), "broken in the {moment}");
        sim.hang_up(if by_operator { seat } else { citizen });
        sim.until("all are free", |sim| [seat, citizen].iter().all(|phone| sim.line(*phone) == Line::Free));
        let contact = sim.contact(citizen);
        let ended_by = if by_operator { EndedBy::Operator } else { EndedBy::Citizen };
        assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(ended_by)));
        sim.verdict().unwrap();
    }
}

/// Behind a NAT nobody can be reached by a new connection: neither side can ask the other whether it is there, and both are heard.
#[test]
fn talk_of_phones_that_cannot_be_reached_any_more_goes_on_while_they_are_heard() {
    let mut sim = over_tcp();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.advance(SECOND); // the last ACK has arrived
    for phone in [citizen, seat] {
        sim.with_phone(phone, |phone, _| phone.listens = false);
        sim.break_streams(phone);
    }
    sim.advance(20 * MINUTE);
    assert!(sim.talk_together(citizen, seat), "sound comes from both");
    sim.unplug(citizen, true);
    sim.advance(MINUTE);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
    assert!((1_200.0..1_245.0).contains(&contact.talk_s), "{}", contact.talk_s);
    sim.verdict().unwrap();
}

#[test]
fn caller_whose_seat_loses_its_stream_while_ringing_is_the_next_to_be_served() {
    let mut sim = over_tcp();
    let lost = sim.seat("seat01");
    answering_after(&mut sim, lost, Manner::Ignores);
    let first = waiting(&mut sim);
    sim.until("the seat rings", |sim| rang(sim, lost) == 1);
    let second = waiting(&mut sim);
    sim.advance(SECOND);
    sim.break_streams(lost);
    let other = sim.seat("seat02");
    sim.talking(first, other);
    assert!(sim.partner(second).is_none());
    sim.hang_up(first);
    sim.talking(second, other);
    sim.verdict().unwrap();
}

#[test]
fn seat_that_lost_its_stream_registers_again_by_itself() {
    let mut sim = over_tcp();
    let seat = sim.seat("seat01");
    sim.break_streams(seat);
    sim.advance(2 * MINUTE);
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
}

#[test]
fn citizen_whose_bye_is_lost_with_its_stream_is_missed_by_its_silence() {
    let mut sim = over_tcp();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.break_streams(citizen);
    sim.hang_up(citizen);
    sim.until("the operator is free again", |sim| sim.line(seat) == Line::Free);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
    assert!((30.0..70.0).contains(&contact.talk_s), "{}", contact.talk_s);
}
