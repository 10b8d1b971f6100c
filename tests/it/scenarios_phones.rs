//! What the exchange makes of phones that fall silent, vanish and come back: one scenario each, in virtual time.

use std::time::Duration;

use centralino::words::{EndedBy, Outcome};

use crate::sim::Sim;
use crate::sim::phone::{Line, PhoneId};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A citizen who is in the queue that key 1 leads to.
fn waiting(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

fn talking(sim: &mut Sim, citizen: PhoneId, seat: PhoneId) {
    sim.until("citizen and operator hear each other", |sim| sim.talk_together(citizen, seat));
}

#[test]
fn muted_phones_that_answer_a_probe_and_then_lose_power_are_noticed_at_the_next() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    talking(&mut sim, citizen, seat);
    for phone in [citizen, seat] {
        sim.tell_sending(phone, false);
    }
    sim.advance(5 * MINUTE);
    assert!(sim.talk_together(citizen, seat), "two who keep silent are left alone");
    for phone in [citizen, seat] {
        sim.unplug(phone, true);
    }
    sim.advance(2 * MINUTE);
    let contact = sim.contact(citizen);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Answered), Some(EndedBy::Network)));
    assert!((300.0..400.0).contains(&contact.talk_s), "{}", contact.talk_s);
    assert_eq!(sim.engine().census().legs, 0);
}

#[test]
fn phone_that_vanishes_while_it_waits_is_asked_and_its_place_given_up() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let first = waiting(&mut sim);
    talking(&mut sim, first, seat);
    let second = waiting(&mut sim);
    sim.advance(10 * SECOND);
    sim.unplug(second, true);
    sim.advance(6 * MINUTE);
    let contact = sim.contact(second);
    assert_eq!((contact.outcome, contact.ended_by), (Some(Outcome::Abandoned), Some(EndedBy::Network)));
    assert!(sim.talk_together(first, seat));
    sim.hang_up(first);
    sim.until("the seat is free", |sim| sim.line(seat) == Line::Free);
    sim.verdict().unwrap();
}
