//! A supervisor in a talk, by tones: who is heard by whom on the wire, while a citizen and an operator talk.

use std::process::Command;
use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::contacts;
use super::exchange::Exchange;
use super::patience::wait_for;
use super::sipp::{Citizen, Transport};
use super::site::Site;
use super::talking::{PASSWORD, talk_for_a_while};
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest way through greeting, menu and queue to a free operator.
const TO_AN_OPERATOR: Duration = Duration::from_secs(90);
/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// How long each way of watching is listened to.
const LISTENED_MS: usize = 2_000;
/// What citizen, operator and supervisor say, in hertz.
const TONES: [u32; 3] = [1000, 1500, 2200];

/// A command of the supervisor's.
fn monitor(site: &Site, exchange: &Exchange, how: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_centralino"));
    command.args(["monitor", "seat01", "--from", "217", "--why", "prova"]).args(how);
    command.args(["--http", &exchange.http.to_string(), "--data"]).arg(site.path("data"));
    let done = command.output().expect("the program was built");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Which tones arrive at each port, by a tap of its own.
fn heard<const N: usize>(ports: [u16; N]) -> [Vec<u32>; N] {
    let tap = Tap::on(&ports);
    wait_for("sound at every phone", Duration::from_secs(20), || {
        ports.iter().all(|port| tap.played_at(*port).ms() >= LISTENED_MS + 500).then_some(())
    });
    ports.map(|port| {
        let sound = tap.played_at(port).between(500, LISTENED_MS);
        TONES.into_iter().filter(|hertz| sound.has(*hertz)).collect()
    })
}

/// The port among those of a phone at which most sound arrives.
fn ear(phone: &Baresip) -> u16 {
    let ports = phone.media_ports();
    let tap = Tap::on(&ports);
    wait_for("sound at the phone", SOON, || {
        ports.iter().copied().find(|port| tap.played_at(*port).ms() > 300)
    })
}

#[test]
fn supervisor_who_listens_whispers_joins_in_and_takes_over_is_heard_as_far_as_that_goes() {
    let test = "supervisor_who_listens_whispers_joins_in_and_takes_over_is_heard_as_far_as_that_goes";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let voice = Voice::tone(TONES[0], 120_000).pressing('1', 2_000);
    let (number, scenario, patience) = ("0552768224", "talk", Duration::ZERO);
    let citizen = Citizen { number, scenario, transport: Transport::Udp, voice: &voice, patience };
    let mut caller = citizen.dial(&site, exchange.sip, "055055");
    let tap = Tap::on(&[caller.media_port]);
    operator.wait_for("CALL_INCOMING", TO_AN_OPERATOR);
    operator.answer();
    talk_for_a_while(&tap, caller.media_port, TONES[1]);

    let account = Account { hertz: TONES[2], ..Account::operator("seat17", "demo-seat17") };
    let supervisor = Baresip::registered(&site, exchange.sip, &account);
    monitor(&site, &exchange, &[]);
    supervisor.wait_for("CALL_INCOMING", SOON);
    supervisor.answer();
    supervisor.wait_for("CALL_ESTABLISHED", SOON);
    let ports = [caller.media_port, ear(&operator), ear(&supervisor)];
    let [citizens, operators, supervisors] = TONES;
    for (how, expected) in [
        (None, [vec![operators], vec![citizens], vec![citizens, operators]]),
        (Some("--whisper"), [vec![operators], vec![citizens, supervisors], vec![citizens, operators]]),
        (
            Some("--barge"),
            [vec![operators, supervisors], vec![citizens, supervisors], vec![citizens, operators]],
        ),
    ] {
        if let Some(how) = how {
            monitor(&site, &exchange, &[how]);
        }
        assert_eq!(heard(ports), expected, "{how:?}");
    }
    monitor(&site, &exchange, &["--take-over"]);
    operator.wait_for("CALL_CLOSED", SOON);
    assert_eq!(heard([ports[0], ports[2]]), [vec![supervisors], vec![citizens]]);
    supervisor.hang_up();
    caller.ended_well();
    let contact = contacts::when_ended(&site, exchange.http, 1).remove(0);
    let talks = contact["talks"].as_array().expect("a list");
    let seats: Vec<_> = talks.iter().map(|talk| contacts::text(talk, "seat")).collect();
    assert_eq!(seats, ["seat01", "seat17"], "{contact}");
}
