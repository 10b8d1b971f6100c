//! Operators who use the transfer key of their phone.

use std::time::Duration;

use centralino::sip::Transmit;

use crate::sim::Sim;
use crate::sim::phone::{Line, Manner, PhoneId};

fn talk() -> (Sim, [PhoneId; 2]) {
    let mut sim = Sim::new();
    let operator = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("the menu is read out", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, "1");
    sim.until("they talk", |sim| sim.talk_together(citizen, operator));
    (sim, [citizen, operator])
}

/// The phone sends a REFER in its call, as its own transfer key would.
fn refers(sim: &mut Sim, phone: PhoneId, to: &str) {
    let refer = {
        let phone = &sim.phones[&phone];
        let Line::Up(dialog, _) = phone.line else { panic!("no call") };
        let record = phone.endpoint.record(dialog).expect("confirmed");
        let (cseq, local) = (record.cseq + 1, record.link.local);
        let bytes = format!(
            "REFER {} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{cseq}refer;rport\r\nMax-Forwards: 70\r\n\
             From: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} REFER\r\nContact: <sip:{local}>\r\n\
             Refer-To: <sip:{to}@192.0.2.1>\r\nContent-Length: 0\r\n\r\n",
            record.target, record.local, record.remote, record.call_id
        );
        Transmit { link: record.link, bytes: bytes.into_bytes() }
    };
    sim.says(phone, &refer);
}

#[test]
fn citizen_is_given_to_the_colleague_whom_the_phone_refers_to() {
    let (mut sim, [citizen, operator]) = talk();
    let colleague = sim.seat("seat02");
    sim.with_phone(colleague, |phone, _| phone.manner = Manner::Answers(Duration::from_secs(2)));
    refers(&mut sim, operator, "202");
    sim.until("the operator is free", |sim| sim.line(operator) == Line::Free);
    sim.until("the colleague has the talk", |sim| sim.talk_together(citizen, colleague));
    sim.hang_up(citizen);
    sim.advance(Duration::from_secs(64));
    sim.verdict().expect("every promise is kept");
}

#[test]
fn talk_goes_on_when_the_phone_refers_to_nobody() {
    let (mut sim, [citizen, operator]) = talk();
    for to in ["999", "201", "seat99", "citizen"] {
        refers(&mut sim, operator, to);
        sim.advance(Duration::from_secs(5));
        assert!(sim.talk_together(citizen, operator), "{to}");
        sim.with_phone(operator, |phone, now| phone.hold(now, true)); // counts the request
        sim.with_phone(operator, |phone, now| phone.hold(now, false));
        sim.advance(Duration::from_secs(1));
    }
    refers(&mut sim, citizen, "202");
    sim.advance(Duration::from_secs(5));
    assert!(sim.talk_together(citizen, operator), "citizens refer nobody");
}
