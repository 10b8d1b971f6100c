//! Talks: hold, silence, phones that die.

use centralino::words::{EndedBy, Outcome};

use super::{MINUTE, SECOND, answering_after, waiting};
use crate::sim::Sim;
use crate::sim::phone::{Line, Manner};

#[test]
fn operator_who_holds_lets_the_citizen_hear_music_and_the_hold_is_on_record() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.with_phone(seat, |phone, now| phone.hold(now, true));
    sim.until("music is heard", |sim| sim.hears(citizen, "music/attesa"));
    sim.advance(20 * SECOND);
    sim.with_phone(seat, |phone, now| phone.hold(now, false));
    sim.talking(citizen, seat);
    sim.advance(10 * SECOND);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    assert!((19.0..21.0).contains(&contact.hold_s), "{}", contact.hold_s);
    assert!((9.0..14.0).contains(&contact.talk_s), "{}", contact.talk_s);
}

#[test]
fn phone_that_dies_in_a_talk_is_noticed_by_its_silence_and_the_call_ended() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
    sim.unplug(citizen, true);
    sim.until("the operator is free again", |sim| sim.line(seat) == Line::Free);
    sim.unplug(citizen, false);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
}

#[test]
fn want_of_ports_is_not_held_against_the_operators() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.no_ports = 4;
    sim.press(citizen, "1");
    sim.talking(citizen, seat);
    sim.verdict().unwrap();
}

#[test]
fn waiting_citizen_who_sends_nothing_is_left_alone() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    answering_after(&mut sim, seat, Manner::Ignores);
    let citizen = waiting(&mut sim);
    sim.tell_sending(citizen, false);
    sim.advance(5 * MINUTE);
    assert!(sim.is_up_on(citizen));
}
