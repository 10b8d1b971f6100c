//! Several callers and several seats.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::sipp::{Citizen, Sipp, Transport};
use super::site::Site;
use super::tools::{self, Need};
use super::voice::Voice;

/// Callers, of whom most must wait.
const CITIZENS: usize = 10;
/// Seats that serve them.
const SEATS: [&str; 3] = ["seat01", "seat02", "seat03"];
/// Longest time until all are served: the flow, then four rounds of talk and wrap-up.
const ALL_SERVED: Duration = Duration::from_secs(150);
/// Two seats that ring within this ring at the same time, as far as their separate phones can tell.
const SAME_MOMENT: Duration = Duration::from_millis(500);

/// Which caller rang, and when, in the order of ringing.
type Served = Mutex<Vec<(String, Instant)>>;

fn number(citizen: usize) -> String {
    format!("05571000{citizen:02}")
}

/// Dials for one citizen after the other, each once the one before has arrived.
fn dial_in_order(site: &Site, exchange: &Exchange, voice: &Voice) -> Vec<Sipp> {
    let dial = |n: usize| {
        let number = number(n);
        let citizen = Citizen {
            number: &number,
            scenario: "talk",
            transport: if n.is_multiple_of(2) { Transport::Udp } else { Transport::Tcp },
            voice,
            patience: Duration::ZERO,
        };
        let call = citizen.dial(site, exchange.sip, "055055");
        wait_for("the call to arrive", Duration::from_secs(10), || {
            (contacts::of_running(site, exchange.http).len() > n).then_some(())
        });
        call
    };
    (0..CITIZENS).map(dial).collect()
}

/// An operator: answers whatever rings, and hangs up, until all are served.
fn serve(phone: &Baresip, served: &Served, end: Instant) {
    while Instant::now() < end && served.lock().expect("no panic under it").len() < CITIZENS {
        if !phone.has_seen("CALL_INCOMING") {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        let ringing = phone.wait_for("CALL_INCOMING", Duration::ZERO);
        let caller = ringing["peeruri"].as_str().unwrap_or_default().to_owned();
        served.lock().expect("no panic under it").push((caller, Instant::now()));
        phone.answer();
        phone.wait_for("CALL_ESTABLISHED", Duration::from_secs(5));
        phone.hang_up();
    }
}

#[test]
fn ten_citizens_are_all_served_in_order_by_three_seats() {
    let test = "ten_citizens_are_all_served_in_order_by_three_seats";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let operator =
        |seat| Baresip::registered(&site, exchange.sip, &Account::operator(seat, &format!("demo-{seat}")));
    let phones = SEATS.map(operator);
    let voice = Voice::tone(1000, 120_000).pressing('1', 2_000);
    let served = Served::default();
    let end = Instant::now() + ALL_SERVED;
    let mut calls = std::thread::scope(|scope| {
        for phone in &phones {
            scope.spawn(|| serve(phone, &served, end));
        }
        dial_in_order(&site, &exchange, &voice)
    });
    for call in &mut calls {
        call.ended_well();
    }
    let served = served.into_inner().expect("no panic under it");
    in_order(&served);
    let contacts = contacts::when_ended(&site, exchange.http, CITIZENS);
    assert_eq!(contacts.len(), CITIZENS);
    assert!(contacts.iter().all(|contact| text(contact, "outcome") == "answered"), "{contacts:#?}");
}

/// Nobody rang at a seat before one who had called earlier.
#[track_caller]
fn in_order(served: &[(String, Instant)]) {
    let at = |citizen: usize| {
        let number = number(citizen);
        let ringing = served.iter().find(|(caller, _)| caller.contains(&number));
        ringing.unwrap_or_else(|| panic!("{number} was not served: {served:?}")).1
    };
    for later in 1..CITIZENS {
        assert!(
            at(later - 1) < at(later) + SAME_MOMENT,
            "{} before {}: {served:?}",
            number(later),
            number(later - 1)
        );
    }
}

#[test]
fn citizen_who_hangs_up_while_waiting_is_on_record_as_abandoned() {
    let test = "citizen_who_hangs_up_while_waiting_is_on_record_as_abandoned";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", "demo-seat01"));
    let voice = Voice::tone(1000, 120_000).pressing('1', 2_000);
    let mut served =
        citizen("0557200001", "talk", Duration::ZERO, &voice).dial(&site, exchange.sip, "055055");
    operator.wait_for("CALL_INCOMING", ALL_SERVED);
    operator.answer();

    let waiting = Baresip::start(&site, exchange.sip, &Account::citizen("0557200002"));
    waiting.dial(&format!("sip:055055@{}", exchange.sip));
    waiting.wait_for("CALL_ESTABLISHED", Duration::from_secs(5));
    waiting.press('1');
    wait_for("the second citizen to be in a queue", ALL_SERVED, || {
        let contacts = contacts::of_running(&site, exchange.http);
        contacts
            .iter()
            .any(|contact| is_from(contact, "0557200002") && !text(contact, "queue").is_empty())
            .then_some(())
    });
    waiting.hang_up();
    operator.hang_up();
    served.ended_well();
    let contacts = contacts::when_ended(&site, exchange.http, 2);
    let abandoned =
        contacts.iter().find(|contact| is_from(contact, "0557200002")).expect("it was seen before");
    assert_eq!((text(abandoned, "outcome"), text(abandoned, "ended_by")), ("abandoned", "citizen"));
}

#[test]
fn citizen_who_hangs_up_during_the_greeting_is_on_record_as_having_left() {
    let test = "citizen_who_hangs_up_during_the_greeting_is_on_record_as_having_left";
    if !tools::ready(test, &[Need::Sipp, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let voice = Voice::tone(1000, 10_000);
    let mut call =
        citizen("0557200003", "hang-up", Duration::from_secs(2), &voice).dial(&site, exchange.sip, "055055");
    call.ended_well();
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    assert_eq!((text(&contacts[0], "outcome"), text(&contacts[0], "ended_by")), ("left", "citizen"));
}

fn citizen<'a>(number: &'a str, scenario: &'a str, patience: Duration, voice: &'a Voice) -> Citizen<'a> {
    Citizen { number, scenario, transport: Transport::Udp, voice, patience }
}

fn is_from(contact: &serde_json::Value, number: &str) -> bool {
    text(contact, "from") == number
}
