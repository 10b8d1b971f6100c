//! What the exchange makes of phones that fall silent, vanish and come back: one scenario each, in virtual time.

use std::time::Duration;

use centralino::journal::sim_disk::Crash;
use centralino::sip::Transmit;
use centralino::words::{EndedBy, Outcome};

use crate::sim::phone::{Line, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A citizen who is in the queue that key 1 leads to.
fn waiting(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    citizen
}

#[test]
fn muted_phones_that_answer_a_probe_and_then_lose_power_are_noticed_at_the_next() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.talking(citizen, seat);
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
    sim.talking(first, seat);
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

#[test]
fn caller_hears_that_nobody_is_there_once_the_last_phone_is_gone_for_good() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    sim.unplug(seat, true);
    sim.advance(2 * MINUTE); // its registration has run out
    let early = waiting(&mut sim);
    sim.until("it may still come back", |sim| sim.hears(early, "music/attesa"));
    sim.until("the caller is told", |sim| sim.hears(early, "it/nessun_operatore"));
    sim.until("the flow hangs up", |sim| sim.line(early) == Line::Free);
    let contact = sim.contact(early);
    assert_eq!(contact.outcome, Some(Outcome::Unserved));
    assert!(contact.wait_s < 125.0, "{}", contact.wait_s);
    let late = waiting(&mut sim);
    sim.until("the next is told at once", |sim| sim.hears(late, "it/nessun_operatore"));
    assert!(sim.contact(late).wait_s < 0.1);
    sim.verdict().unwrap();
}

#[test]
fn wrap_up_goes_on_over_a_crash_and_the_operator_may_still_code_the_contact() {
    for how in [Crash::Kill, Crash::PowerCut] {
        let mut sim = wrapping_for(MINUTE);
        let seat = sim.seat("seat01");
        let first = waiting(&mut sim);
        sim.talking(first, seat);
        sim.hang_up(first);
        sim.advance(20 * SECOND);
        sim.crash(how);
        sim.advance(5 * SECOND);
        sim.start_exchange();
        let restarted = sim.now;
        sim.with_phone(seat, |phone, now| phone.dial(now, "*1511"));
        sim.until("the coding is saved", |sim| sim.hears(seat, "it/sistema/codifica_salvata"));
        sim.until("the phone is free", |sim| sim.line(seat) == Line::Free);
        let next = waiting(&mut sim);
        sim.until("the wrap-up ends and the phone is back", |sim| sim.line(seat) != Line::Free);
        let rested = sim.now.since(restarted);
        assert!(rested >= 35 * SECOND, "{how:?}: rung {rested:?} after the restart");
        sim.talking(next, seat);
        let contact = sim.contact(first);
        assert_eq!(contact.topic.as_ref().map(|topic| topic.as_str()), Some("anagrafe/carta-identita"));
        assert!((59.0..61.0).contains(&contact.wrap_up_s), "{}", contact.wrap_up_s);
        sim.verdict().unwrap();
    }
}

#[test]
fn talk_that_a_crash_cut_off_has_its_wrap_up_too() {
    let mut sim = wrapping_for(5 * MINUTE);
    let seat = sim.seat("seat01");
    let first = waiting(&mut sim);
    sim.talking(first, seat);
    sim.advance(10 * SECOND);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    let restarted = sim.now;
    let next = waiting(&mut sim);
    sim.talking(next, seat);
    let rested = sim.now.since(restarted);
    assert!((290..305).contains(&rested.as_secs()), "{rested:?}");
    sim.verdict().unwrap();
}

/// The demo with another wrap-up.
fn wrapping_for(wrap_up: Duration) -> Sim {
    let setting = Setting::demo().with_config(|config| {
        config.queues.values_mut().for_each(|queue| queue.rules.wrap_up = wrap_up);
    });
    Sim::with(setting, 1)
}

#[test]
fn caller_sent_to_a_queue_that_is_no_longer_configured_takes_the_error_exit() {
    let setting = Setting::demo().with_config(|config| drop(config.queues.remove("anagrafe")));
    let mut sim = Sim::with(setting, 1);
    let _seat = sim.seat("seat01");
    let citizen = waiting(&mut sim);
    sim.until("an apology is heard", |sim| sim.hears(citizen, "it/scuse"));
    sim.advance(20 * SECOND);
    sim.hang_up(citizen);
    let contact = sim.contact(citizen);
    let path: Vec<_> = contact.path.iter().map(|node| node.as_str()).collect();
    assert!(path.ends_with(&["anagrafe", "scuse", "generale"]), "{path:?}");
    sim.verdict().unwrap();
}

/// The phone tells a key by INFO.
fn tells_key(sim: &mut Sim, phone: PhoneId, count: u32, key: char) {
    let info = {
        let phone = &sim.phones[&phone];
        let Line::Up(dialog, _) = phone.line else { panic!("no call") };
        let record = phone.endpoint.record(dialog).expect("confirmed");
        let (cseq, local, body) =
            (record.cseq + count, record.link.local, format!("Signal={key}\r\nDuration=160\r\n"));
        let bytes = format!(
            "INFO {} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{cseq}info;rport\r\nMax-Forwards: 70\r\n\
             From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} INFO\r\nContent-Type: application/dtmf-relay\r\n\
             Content-Length: {}\r\n\r\n{body}",
            record.target,
            record.local,
            record.remote,
            record.call_id,
            body.len()
        );
        Transmit { link: record.link, bytes: bytes.into_bytes() }
    };
    sim.says(phone, &info);
}

#[test]
fn keys_that_phones_tell_by_info_lead_through_the_menu_and_the_talk() {
    let mut sim = Sim::new();
    let seat = sim.seat("seat01");
    let colleague = sim.seat("seat02");
    sim.status("seat02", centralino::words::StatusChange::Pause("prova".to_owned()));
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    tells_key(&mut sim, citizen, 1, '1');
    sim.advance(Duration::from_millis(200));
    sim.talking(citizen, seat);
    assert_eq!(sim.contact(citizen).keys, "1");
    sim.status("seat02", centralino::words::StatusChange::Ready);
    for (count, key) in (1..).zip("*3202#".chars()) {
        tells_key(&mut sim, seat, count, key);
        sim.advance(Duration::from_millis(100));
    }
    sim.talking(seat, colleague);
    sim.verdict().unwrap();
}
