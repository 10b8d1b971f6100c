//! An operator gives a citizen away by the phone's own transfer, and another asks a colleague by keys: on real phones, by their tones.

use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::dialling::site_with_gateway;
use super::exchange::Exchange;
use super::patience::wait_for;
use super::sipp;
use super::site::Site;
use super::talking::PASSWORD;
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// Longest way through greeting, menu and queue, and longest wrap-up.
const LATER: Duration = Duration::from_secs(90);
/// So much of a tone must be heard.
const HEARD_MS: usize = 2_000;

/// From now on, a phone hears enough of this tone.
#[track_caller]
pub(super) fn hears(tap: &Tap, phone: &Baresip, hertz: u32) {
    hears_at(tap, &phone.media_ports(), hertz);
}

/// The same of whoever listens at one of these ports.
#[track_caller]
pub(super) fn hears_at(tap: &Tap, ports: &[u16], hertz: u32) {
    let ports: Vec<_> = ports.iter().map(|port| (*port, tap.played_at(*port).ms())).collect();
    wait_for(&format!("{hertz} Hz"), LATER, || {
        let since = |(port, before): &(u16, usize)| {
            let sound = tap.played_at(*port);
            let end = sound.ms();
            sound.between((*before).min(end), end).heard(hertz)
        };
        ports.iter().filter_map(since).find(|heard| heard.total_ms >= HEARD_MS)
    });
}

/// From now on, a phone hears all of these at the same time.
#[track_caller]
fn hears_together(tap: &Tap, phone: &Baresip, tones: &[u32]) {
    let ports: Vec<_> =
        phone.media_ports().into_iter().map(|port| (port, tap.played_at(port).ms())).collect();
    wait_for(&format!("{tones:?} Hz at once"), LATER, || {
        let together = |(port, before): &(u16, usize)| {
            let sound = tap.played_at(*port);
            let end = sound.ms();
            let last = sound.between(end.saturating_sub(HEARD_MS), end);
            end >= before + HEARD_MS && tones.iter().all(|hertz| last.has(*hertz))
        };
        ports.iter().any(together).then_some(())
    });
}

/// A citizen at 1000 Hz who talks with Anna at seat01, at 1500 Hz, and colleagues at seat02 (700 Hz) and seat03 (850 Hz).
struct House<'s> {
    site: &'s Site,
    exchange: &'s Exchange,
    citizen: Baresip,
    anna: Baresip,
    bruno: Baresip,
    carla: Baresip,
    tap: Tap,
}

impl<'s> House<'s> {
    /// Somebody else listens at these ports too.
    fn talking(site: &'s Site, exchange: &'s Exchange, others: &[u16]) -> House<'s> {
        let colleague = |seat, password, hertz| {
            let account = Account { hertz, ..Account::operator(seat, password) };
            Baresip::registered(site, exchange.sip, &account)
        };
        let anna = colleague("seat01", PASSWORD, 1500);
        let citizen = Baresip::start(site, exchange.sip, &Account::citizen("0552768224"));
        citizen.dial(&format!("sip:055055@{}", exchange.sip));
        citizen.wait_for("CALL_ESTABLISHED", SOON);
        citizen.press('1');
        anna.wait_for("CALL_INCOMING", LATER);
        let bruno = colleague("seat02", "demo-seat02", 700);
        let carla = colleague("seat03", "demo-seat03", 850);
        let phones = [&anna, &bruno, &carla, &citizen];
        let ports = phones.into_iter().flat_map(Baresip::media_ports).chain(others.iter().copied());
        let tap = Tap::on(&ports.collect::<Vec<_>>());
        anna.answer();
        hears(&tap, &citizen, 1500);
        hears(&tap, &anna, 1000);
        House { site, exchange, citizen, anna, bruno, carla, tap }
    }

    /// `call ACT` of the only call.
    fn call(&self, act: &str, target: &[&str]) {
        let contact = contacts::of_running(self.site, self.exchange.http).remove(0);
        let http = self.exchange.http.to_string();
        let words = ["call", act, text(&contact, "contact"), "--by", "ada", "--http", &http];
        self.site.command(&[words.as_slice(), target].concat());
    }

    fn answers(&self, phone: &Baresip) {
        phone.wait_for("CALL_INCOMING", LATER);
        phone.answer();
    }

    /// The two hear each other.
    fn together(&self, (one, own): (&Baresip, u32), (other, others): (&Baresip, u32)) {
        hears(&self.tap, one, others);
        hears(&self.tap, other, own);
    }
}

/// The seats that have talked with the citizen, in order, and how long the shortest talk was.
fn attributed(contact: &serde_json::Value) -> (Vec<&str>, f64) {
    let talks = contact["talks"].as_array().expect("a list");
    let shortest = talks.iter().filter_map(|talk| talk["talk_s"].as_f64()).fold(f64::INFINITY, f64::min);
    (talks.iter().map(|talk| text(talk, "seat")).collect(), shortest)
}

#[test]
fn citizen_is_asked_about_brought_together_and_given_to_colleague_queue_and_office_by_command() {
    let test = "citizen_is_asked_about_brought_together_and_given_to_colleague_queue_and_office_by_command";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let (site, mut office) = site_with_gateway(2200);
    let exchange = Exchange::start(&site);
    let house = House::talking(&site, &exchange, &[office.media_port]);
    let House { citizen, anna, bruno, carla, tap, .. } = &house;
    house.call("consult", &["202"]);
    house.answers(bruno);
    house.together((anna, 1500), (bruno, 700));
    house.call("merge", &[]);
    hears_together(tap, citizen, &[1500, 700]);
    hears_together(tap, bruno, &[1000, 1500]);
    hears_together(tap, anna, &[1000, 700]);
    house.call("complete", &[]);
    house.together((citizen, 1000), (bruno, 700));
    site.command(&["seat", "pause", "seat01", "--http", &exchange.http.to_string()]);
    house.call("transfer", &["301"]);
    house.answers(carla);
    house.together((citizen, 1000), (carla, 850));
    house.call("transfer", &["0557954"]);
    hears(tap, citizen, 2200);
    hears_at(tap, &[office.media_port], 1000);
    citizen.hang_up();
    office.ended_well();
    let contact = contacts::when_ended(&site, exchange.http, 1).remove(0);
    let (seats, shortest) = attributed(&contact);
    assert_eq!((seats, shortest >= 2.0), (vec!["seat01", "seat02", "seat03"], true), "{contact}");
    assert_eq!(text(&contact, "transferred_to"), "0557954", "{contact}");
    assert_eq!(text(&contact, "ended_by"), "citizen", "{contact}");
}

#[test]
fn phone_that_joins_its_two_lines_by_refer_with_replaces_leaves_citizen_and_colleague_together() {
    let test = "phone_that_joins_its_two_lines_by_refer_with_replaces_leaves_citizen_and_colleague_together";
    if !tools::ready(test, &[Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let house = House::talking(&site, &exchange, &[]);
    let House { citizen, anna, bruno, .. } = &house;
    let first = anna.first_call().replace(';', "%3B").replace('=', "%3D");
    anna.dial(&format!("sip:202@{}", exchange.sip));
    house.answers(bruno);
    house.together((anna, 1500), (bruno, 700));
    anna.transfer(&format!("<sip:202@{}?Replaces={first}>", exchange.sip));
    house.together((citizen, 1000), (bruno, 700));
    citizen.hang_up();
    let contact = contacts::when_ended(&site, exchange.http, 1).remove(0);
    let (seats, shortest) = attributed(&contact);
    assert_eq!((seats, shortest >= 2.0), (vec!["seat01", "seat02"], true), "{contact}");
    assert_eq!(contacts::of_running(&site, exchange.http).len(), 1, "the second line is no contact");
}

#[test]
fn other_phone_of_the_seat_takes_the_talk_over_by_an_invite_with_replaces() {
    let test = "other_phone_of_the_seat_takes_the_talk_over_by_an_invite_with_replaces";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let house = House::talking(&site, &exchange, &[]);
    let House { citizen, anna, tap, .. } = &house;
    let voice = Voice::tone(2200, 60_000);
    let mut other = sipp::takes_over(&site, exchange.sip, &anna.first_call(), &voice);
    let at_other = Tap::on(&[other.media_port]);
    anna.wait_for("CALL_CLOSED", SOON);
    hears(tap, citizen, 2200);
    hears_at(&at_other, &[other.media_port], 1000);
    citizen.hang_up();
    other.ended_well();
    let contact = contacts::when_ended(&site, exchange.http, 1).remove(0);
    assert_eq!(attributed(&contact).0, ["seat01"], "{contact}");
    assert_eq!(text(&contact, "operator"), "seat01", "{contact}");
}

#[test]
fn citizen_is_given_away_by_the_phones_transfer_and_handed_on_by_keys_and_hears_each_operator() {
    let test = "citizen_is_given_away_by_the_phones_transfer_and_handed_on_by_keys_and_hears_each_operator";
    if !tools::ready(test, &[Need::Baresip, Need::RawSockets]) {
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
