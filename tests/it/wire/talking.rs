//! A citizen and an operator hear each other, whoever's phones they are.

use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::sipp::{Citizen, Transport};
use super::site::Site;
use super::tap::Tap;
use super::tones::{Heard, Sound};
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest way through greeting, menu and queue to a free operator.
const TO_AN_OPERATOR: Duration = Duration::from_secs(90);
/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// How long they talk.
const TALK_MS: usize = 3_000;
/// What may be missing at either end of a talk: the other side began, or was hung up on, that much apart.
const SLACK_MS: usize = 500;
/// Longest gap that nobody minds.
const GAP_MS: usize = 40;
/// Password of the seats in the demo.
pub(super) const PASSWORD: &str = "demo-seat01";

/// What the citizen hears and what the operator hears, while they talk.
pub(super) struct Talk<'a> {
    pub(super) citizen: &'a Sound,
    pub(super) operator: &'a Sound,
}

impl Talk<'_> {
    /// Each hears the other's tone without a gap, and not its own.
    #[track_caller]
    pub(super) fn is_two_way(&self) {
        let at_operator = steady(self.operator, 1000, "the operator");
        let at_citizen = steady(self.citizen, 1500, "the citizen");
        absent_during(self.operator, 1500, at_operator, "the operator");
        absent_during(self.citizen, 1000, at_citizen, "the citizen");
    }
}

#[track_caller]
fn steady(sound: &Sound, hertz: u32, who: &str) -> Heard {
    let heard =
        sound.heard(hertz).unwrap_or_else(|| panic!("{who} did not hear {hertz} Hz in {} ms", sound.ms()));
    assert!(heard.total_ms + SLACK_MS >= TALK_MS, "{who} heard {hertz} Hz for too short: {heard:?}");
    assert!(heard.longest_gap_ms <= GAP_MS, "{who} heard {hertz} Hz with gaps: {heard:?}");
    heard
}

#[track_caller]
fn absent_during(sound: &Sound, hertz: u32, talk: Heard, who: &str) {
    let wrong = sound.between(talk.first_ms, talk.last_ms).heard(hertz);
    assert_eq!(wrong, None, "{who} heard {hertz} Hz, which is their own");
}

/// Waits until what arrived at a port holds a tone for as long as they talk.
#[track_caller]
pub(super) fn talk_for_a_while(tap: &Tap, port: u16, hertz: u32) {
    wait_for(&format!("{TALK_MS} ms of {hertz} Hz at port {port}"), Duration::from_secs(20), || {
        tap.played_at(port).heard(hertz).filter(|heard| heard.total_ms >= TALK_MS)
    });
}

/// The phone that is called directly in the test of the phones themselves.
fn called_directly() -> Account<'static> {
    Account { name: "called", user: "055055", password: None, hertz: 1500 }
}

#[test]
fn the_test_phones_hear_each_other_without_an_exchange() {
    let needs = [Need::Sipp, Need::Baresip, Need::RawSockets];
    if !tools::ready("the_test_phones_hear_each_other_without_an_exchange", &needs) {
        return;
    }
    for transport in [Transport::Udp, Transport::Tcp] {
        let site = Site::bare();
        let operator = Baresip::start(&site, ([127, 0, 0, 1], 5060).into(), &called_directly());
        let voice = Voice::tone(1000, 20_000).pressing('1', 500);
        let citizen = Citizen {
            number: "0552768224",
            scenario: "talk",
            transport,
            voice: &voice,
            patience: Duration::ZERO,
        };
        let mut caller = citizen.dial(&site, ([127, 0, 0, 1], operator.sip_port).into(), "055055");
        let mut ports = operator.media_ports();
        ports.push(caller.media_port);
        let tap = Tap::on(&ports);
        operator.wait_for("CALL_INCOMING", SOON);
        operator.answer();
        operator.wait_for("CALL_ESTABLISHED", SOON);
        assert_eq!(operator.wait_for("CALL_DTMF_START", SOON)["param"], "1");
        talk_for_a_while(&tap, caller.media_port, 1500);
        operator.hang_up();
        caller.ended_well();
        let at_citizen = tap.played_at(caller.media_port);
        steady(&at_citizen, 1500, "the citizen");
        let at_operator = operator.heard().remove(0);
        assert!(at_operator.heard(1000).is_some_and(|heard| heard.total_ms > 2_000));
        assert_eq!(at_operator.heard(1500), None);
    }
}

fn sipp_citizen_and_operator_hear_each_other(test: &str, transport: Transport) {
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let voice = Voice::tone(1000, 120_000).pressing('1', 2_000);
    let citizen = Citizen {
        number: "0552768224",
        scenario: "talk",
        transport,
        voice: &voice,
        patience: Duration::ZERO,
    };
    let mut caller = citizen.dial(&site, exchange.sip, "055055");
    let tap = Tap::on(&operator.media_ports().into_iter().chain([caller.media_port]).collect::<Vec<_>>());

    let ringing = operator.wait_for("CALL_INCOMING", TO_AN_OPERATOR);
    assert!(ringing["peeruri"].as_str().is_some_and(|from| from.contains("0552768224")), "{ringing}");
    operator.answer();
    operator.wait_for("CALL_ESTABLISHED", SOON);
    talk_for_a_while(&tap, caller.media_port, 1500);
    operator.hang_up();
    caller.ended_well();

    let busy = operator.media_ports().into_iter().max_by_key(|&port| tap.played_at(port).ms());
    let operator_port = busy.expect("it has media ports");
    let talk = Talk { citizen: &tap.played_at(caller.media_port), operator: &tap.played_at(operator_port) };
    talk.is_two_way();
    let decoded = operator.heard();
    assert!(
        decoded.iter().any(|sound| sound.heard(1000).is_some()),
        "the operator's own record lacks the citizen"
    );
    answered_and_recorded(&site, &exchange);
}

/// The contact of the only call, and its recording: citizen left, operator right.
fn answered_and_recorded(site: &Site, exchange: &Exchange) {
    let contacts = contacts::when_ended(site, exchange.http, 1);
    let contact = &contacts[0];
    assert_eq!((text(contact, "outcome"), text(contact, "ended_by")), ("answered", "operator"), "{contact}");
    assert_eq!((text(contact, "operator"), text(contact, "to")), ("seat01", "055055"), "{contact}");
    recorded_two_way(site, contact);
}

/// The recording of a talk that this contact names holds both sides: citizen left, operator right.
#[track_caller]
pub(super) fn recorded_two_way(site: &Site, contact: &serde_json::Value) {
    let recording = site.path("data").join(text(contact, "recording"));
    let channels = wait_for("the recording to be complete", SOON, || {
        let channels = recording.is_file().then(|| Sound::read_wav(&recording))?;
        channels.first().is_some_and(|left| left.ms() + SLACK_MS >= TALK_MS).then_some(channels)
    });
    let [left, right] = channels.as_slice() else {
        panic!("a recording has two channels, not {}", channels.len())
    };
    // What the citizen hears is what the operator says, and that is on the right.
    Talk { citizen: right, operator: left }.is_two_way();
}

#[test]
fn sipp_citizen_over_udp_and_operator_hear_each_other_and_are_recorded() {
    let test = "sipp_citizen_over_udp_and_operator_hear_each_other_and_are_recorded";
    sipp_citizen_and_operator_hear_each_other(test, Transport::Udp);
}

#[test]
fn sipp_citizen_over_tcp_and_operator_hear_each_other_and_are_recorded() {
    let test = "sipp_citizen_over_tcp_and_operator_hear_each_other_and_are_recorded";
    sipp_citizen_and_operator_hear_each_other(test, Transport::Tcp);
}

#[test]
fn baresip_citizen_presses_a_key_talks_and_hangs_up() {
    let test = "baresip_citizen_presses_a_key_talks_and_hangs_up";
    if !tools::ready(test, &[Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let citizen = Baresip::start(&site, exchange.sip, &Account::citizen("0552768224"));
    let tap = Tap::on(&[operator.media_ports(), citizen.media_ports()].concat());
    citizen.dial(&format!("sip:055055@{}", exchange.sip));
    citizen.wait_for("CALL_ESTABLISHED", SOON);
    citizen.press('1');
    operator.wait_for("CALL_INCOMING", TO_AN_OPERATOR);
    operator.answer();
    operator.wait_for("CALL_ESTABLISHED", SOON);
    let ears = citizen.media_ports();
    let ear = ears.into_iter().max_by_key(|&port| tap.played_at(port).ms()).expect("it has media ports");
    talk_for_a_while(&tap, ear, 1500);
    citizen.hang_up();
    operator.wait_for("CALL_CLOSED", SOON);
    assert!(
        citizen.heard().iter().any(|sound| sound.heard(1500).is_some()),
        "the citizen did not hear the operator"
    );
    assert!(
        operator.heard().iter().any(|sound| sound.heard(1000).is_some()),
        "the operator did not hear the citizen"
    );
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    assert_eq!((text(&contacts[0], "outcome"), text(&contacts[0], "ended_by")), ("answered", "citizen"));
}
