//! An operator gives a citizen away by the phone's own transfer, and another asks a colleague by keys: on real phones, by their tones.

use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::site::Site;
use super::talking::PASSWORD;
use super::tap::Tap;
use super::tools::{self, Need};

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// Longest way through greeting, menu and queue, and longest wrap-up.
const LATER: Duration = Duration::from_secs(90);
/// So much of a tone must be heard.
const HEARD_MS: usize = 2_000;

/// From now on, a phone hears enough of this tone.
#[track_caller]
fn hears(tap: &Tap, phone: &Baresip, hertz: u32) {
    let ports: Vec<_> =
        phone.media_ports().into_iter().map(|port| (port, tap.played_at(port).ms())).collect();
    wait_for(&format!("{hertz} Hz"), LATER, || {
        let since = |(port, before): &(u16, usize)| {
            let sound = tap.played_at(*port);
            let end = sound.ms();
            sound.between((*before).min(end), end).heard(hertz)
        };
        ports.iter().filter_map(since).find(|heard| heard.total_ms >= HEARD_MS)
    });
}

#[test]
fn citizen_is_given_away_by_the_phones_transfer_and_handed_on_by_keys_and_hears_each_operator() {
    let test = "citizen_is_given_away_by_the_phones_transfer_and_handed_on_by_keys_and_hears_each_operator";
    if !tools::ready(test, &[Need::Exchange, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let anna = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let citizen = Baresip::start(&site, exchange.sip, &Account::citizen("0552768224"));
    citizen.dial(&format!("sip:055055@{}", exchange.sip));
    citizen.wait_for("CALL_ESTABLISHED", SOON);
    citizen.press('1');
    anna.wait_for("CALL_INCOMING", LATER);
    let bruno = Account { hertz: 700, ..Account::operator("seat02", "demo-seat02") };
    let bruno = Baresip::registered(&site, exchange.sip, &bruno);
    let ports = [anna.media_ports(), bruno.media_ports(), citizen.media_ports()].concat();
    let tap = Tap::on(&ports);
    anna.answer();
    hears(&tap, &citizen, 1500);

    anna.transfer(&format!("sip:202@{}", exchange.sip));
    bruno.wait_for("CALL_INCOMING", SOON);
    bruno.answer();
    hears(&tap, &citizen, 700);
    hears(&tap, &bruno, 1000);

    // Anna's wrap-up is over.
    wait_for("seat01 to ring", LATER, || {
        bruno.press_all("*3201#");
        anna.has_seen("CALL_INCOMING").then_some(())
    });
    anna.wait_for("CALL_INCOMING", SOON);
    anna.answer();
    hears(&tap, &anna, 700);
    hears(&tap, &bruno, 1500);
    bruno.press_all("*4");
    hears(&tap, &citizen, 1500);

    // A second line of the phone's is a consultation, and no contact of its own.
    site.command(&["seat", "ready", "seat02", "--http", &exchange.http.to_string()]);
    anna.dial(&format!("sip:202@{}", exchange.sip));
    bruno.wait_for("CALL_INCOMING", SOON);
    bruno.answer();
    hears(&tap, &bruno, 1500);
    citizen.hang_up();

    let contact = contacts::when_ended(&site, exchange.http, 1).remove(0);
    assert_eq!((text(&contact, "outcome"), text(&contact, "ended_by")), ("answered", "citizen"), "{contact}");
    let talks = contact["talks"].as_array().expect("a list");
    let seats: Vec<_> = talks.iter().map(|talk| text(talk, "seat")).collect();
    assert_eq!(seats, ["seat01", "seat02", "seat01"], "{contact}");
}
