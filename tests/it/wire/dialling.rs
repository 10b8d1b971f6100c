//! An operator calls, by a trunk: both hear each other, and the contact is on record. So it is when a seat that is paused calls for help.

use std::time::Duration;

use centralino::io::control::STOP_WITHIN;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::sipp::{self, Sipp, Transport};
use super::site::Site;
use super::talking::{PASSWORD, Talk, recorded_two_way, talk_for_a_while};
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);

/// The demo with a trunk to whoever is called, who speaks at this frequency.
pub(super) fn site_with_gateway(hertz: u32) -> (Site, Sipp) {
    let site = Site::demo();
    let gateway = sipp::gateway(&site, Transport::Udp, &Voice::tone(hertz, 60_000));
    let trunk = format!(
        "[[trunk]]\nname = \"demo\"\nfrom = [\"127.0.0.0/8\"]\n[trunk.outgoing]\nto = \"sip:127.0.0.1:{}\"\n\
         number = \"0552768224\"\ndials = \"national\"\nemergency = true\n",
        gateway.sip_port
    );
    site.configure("trunks.toml", &trunk);
    (site, gateway)
}

/// Seat 1 dials and talks with whoever answers, then hangs up; the contact of that call.
fn calls(
    site: &Site,
    exchange: &Exchange,
    mut gateway: Sipp,
    number: &str,
    status: &str,
) -> serde_json::Value {
    let operator = Baresip::registered(site, exchange.sip, &Account::operator("seat01", PASSWORD));
    if !status.is_empty() {
        site.command(&["seat", status, "seat01", "--data", "data"]);
    }
    let tap = Tap::on(&[operator.media_ports(), vec![gateway.media_port]].concat());
    operator.dial(&format!("sip:{number}@{}", exchange.sip));
    operator.wait_for("CALL_ESTABLISHED", SOON);
    talk_for_a_while(&tap, gateway.media_port, 1500);
    operator.hang_up();
    gateway.ended_well();
    let busy = operator.media_ports().into_iter().max_by_key(|&port| tap.played_at(port).ms());
    let at_operator = tap.played_at(busy.expect("it has media ports"));
    let at_citizen = tap.played_at(gateway.media_port);
    Talk { citizen: &at_citizen, operator: &at_operator }.is_two_way();
    contacts::when_ended(site, exchange.http, 1).remove(0)
}

#[test]
fn operator_who_calls_a_citizen_by_a_trunk_and_the_citizen_hear_each_other_and_are_recorded() {
    let test = "operator_who_calls_a_citizen_by_a_trunk_and_the_citizen_hear_each_other_and_are_recorded";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let (site, gateway) = site_with_gateway(1000);
    let exchange = Exchange::start(&site);
    let contact = calls(&site, &exchange, gateway, "3331234567", "");
    let told =
        ["direction", "from", "to", "operator", "outcome", "ended_by"].map(|field| text(&contact, field));
    assert_eq!(told, ["out", "seat01", "3331234567", "seat01", "answered", "operator"], "{contact}");
    assert!(contact["case"].is_u64() && contact["citizen"].is_string(), "{contact}");
    recorded_two_way(&site, &contact);
}

#[test]
fn paused_seat_calls_for_help_and_is_heard() {
    let test = "paused_seat_calls_for_help_and_is_heard";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let (site, gateway) = site_with_gateway(1000);
    let exchange = Exchange::start(&site);
    let contact = calls(&site, &exchange, gateway, "112", "pause");
    let told = ["direction", "from", "to", "outcome"].map(|field| text(&contact, field));
    assert_eq!(told, ["out", "seat01", "112", "answered"], "{contact}");
    assert!(contact["case"].is_null(), "nobody's need: {contact}");
}

#[test]
fn exchange_that_is_asked_to_stop_waits_for_a_call_for_help() {
    let test = "exchange_that_is_asked_to_stop_waits_for_a_call_for_help";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let (site, gateway) = site_with_gateway(1000);
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let tap = Tap::on(&[gateway.media_port]);
    operator.dial(&format!("sip:112@{}", exchange.sip));
    operator.wait_for("CALL_ESTABLISHED", SOON);
    exchange.ask_to_stop();
    let longer = usize::try_from((STOP_WITHIN + SOON).as_millis()).expect("some seconds");
    wait_for("a talk that lasts longer than an end may take", 3 * STOP_WITHIN, || {
        tap.played_at(gateway.media_port).heard(1500).filter(|heard| heard.total_ms >= longer)
    });
    operator.hang_up();
    assert_eq!(exchange.ended().code(), Some(0), "in order");
    let contacts = contacts::at_rest(&site);
    assert_eq!((text(&contacts[0], "to"), text(&contacts[0], "ended_by")), ("112", "operator"));
}
