//! A citizen who was promised a call is called by the exchange, with real phones: in the slot that keys have chosen, after a `kill -9`
//! before it, and at the third attempt when the line was busy twice. Who cancels by calling again is not called.

use std::time::Duration;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::ports;
use super::sipp::{self, Citizen, Sipp, Transport};
use super::site::Site;
use super::talking::{PASSWORD, Talk, recorded_two_way, talk_for_a_while};
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);
/// Slots are of one minute, and the one after the next is the latest that is booked.
const IN_ITS_SLOT: Duration = Duration::from_secs(135);

/// How long a citizen stays who books by keys: until long after it was agreed.
const BOOKS: Duration = Duration::from_secs(18);
/// And one who hears the whole greeting, and cancels.
const CANCELS: Duration = Duration::from_secs(27);

/// The demo with a trunk to `port`, whose queue `tributi` calls back at short notice.
pub(super) fn site_calling_back(port: u16) -> Site {
    site_with_rules(port, "topic = \"tributi\"\nschedule = \"sportello\"\n", "sportello")
}

/// The same, where the queue whose keys begin with `plain` has this schedule.
fn site_with_rules(port: u16, plain: &str, schedule: &str) -> Site {
    let site = Site::demo();
    let trunk = format!(
        "[[trunk]]\nname = \"demo\"\nfrom = [\"127.0.0.0/8\"]\n[trunk.outgoing]\nto = \"sip:127.0.0.1:{port}\"\n\
         number = \"0552768224\"\ndials = \"national\"\n"
    );
    site.configure("trunks.toml", &trunk);
    let queues = std::fs::read_to_string(site.path("config").join("queues.toml")).expect("the demo's");
    let (before, after) = queues.split_once(plain).expect("the demo's queue is written otherwise");
    let (between, after) = after.split_once("[queue.callback]\n").expect("it calls back");
    let keys = plain.replace("\"sportello\"", &format!("\"{schedule}\""));
    let rules = "[queue.callback]\nslot = \"1m\"\nlead = \"0s\"\n[queue.callback.retry]\nbusy = \"after 1s, 4 times\"\n";
    site.configure("queues.toml", &[before, &keys, between, rules, after].concat());
    site
}

/// The line of the demo is open all day, or for a minute in which nobody calls; call-backs are made at any hour.
fn keep_hours(site: &Site, is_open: bool) {
    let rome = jiff::tz::TimeZone::get("Europe/Rome").expect("a zone");
    let hour = (jiff::Timestamp::now().to_zoned(rome).hour() + 12) % 24;
    let always = "00:00-24:00".to_owned();
    let line = if is_open { always.clone() } else { format!("{hour:02}:00-{hour:02}:01") };
    let text = [("sportello", &line), ("milano", &line), ("sempre", &always)].map(|(name, open)| {
        format!("[schedule.{name}]\nzone = \"Europe/Rome\"\nopen = {{ mon-sun = [\"{open}\"] }}\n")
    });
    site.configure("calendars.toml", &text.concat());
}

/// A citizen who presses these keys at these moments (in ms from the answer), and hangs up in the end.
fn presses(site: &Site, exchange: &Exchange, number: &str, keys: &[(char, u16)], patience: Duration) -> Sipp {
    let silence = Voice::tone(1000, 30_000);
    let voice = &keys.iter().fold(silence, |voice, &(key, at_ms)| voice.pressing(key, at_ms));
    let citizen = Citizen { number, scenario: "hang-up", transport: Transport::Udp, voice, patience };
    citizen.dial(site, exchange.sip, "055055")
}

/// Speaks at 1000 Hz, and not before it is clear that this is no answering machine's tone.
pub(super) fn a_person() -> Voice {
    Voice::tone(1000, 60_000).after_silence(5_000)
}

/// The last line of what the command tells.
fn asked(site: &Site, words: &[&str]) -> serde_json::Value {
    let told = site.command(&[words, &["--data", "data", "--format", "json"]].concat());
    serde_json::from_str(told.lines().last().unwrap_or("null")).expect("JSON")
}

/// The operator is rung, answers, and talks with the citizen, who speaks at 1000 Hz; the contact of that call.
fn is_called_back(site: &Site, exchange: &Exchange, operator: &Baresip, mut citizen: Sipp, contacts: usize) {
    let tap = Tap::on(&[operator.media_ports(), vec![citizen.media_port]].concat());
    operator.answer();
    operator.wait_for("CALL_ESTABLISHED", SOON);
    talk_for_a_while(&tap, citizen.media_port, 1500);
    operator.hang_up();
    citizen.ended_well();
    let busy = operator.media_ports().into_iter().max_by_key(|&port| tap.played_at(port).ms());
    let at_operator = tap.played_at(busy.expect("it has media ports"));
    let at_citizen = tap.played_at(citizen.media_port);
    Talk { citizen: &at_citizen, operator: &at_operator }.is_two_way();
    let told = contacts::when_ended(site, exchange.http, contacts);
    let contact = told.iter().find(|contact| text(contact, "outcome") == "answered").expect("they talked");
    assert_eq!(
        ["direction", "to", "ended_by"].map(|field| text(contact, field)),
        ["out", "+393331234567", "operator"]
    );
    recorded_two_way(site, contact);
}

#[test]
fn citizen_is_called_in_the_slot_though_the_exchange_was_killed_before_it() {
    let test = "citizen_is_called_in_the_slot_though_the_exchange_was_killed_before_it";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let line = ports::free();
    let site = site_calling_back(line);
    let exchange = Exchange::start(&site);
    // Not the next one, which may begin while the exchange is down.
    let slot = asked(&site, &["callback", "slots", "tributi", "--limit", "2"]);
    let slot = text(&slot, "from").get(..19).expect("a moment").to_owned();
    let one = asked(&site, &["callback", "book", "3331234567", "tributi", "--slot", &slot]);
    exchange.kill();
    let exchange = Exchange::start(&site);
    let open = asked(&site, &["callback", "list"]);
    assert_eq!((&open["id"], text(&open, "kind")), (&one["id"], "booked"));
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let citizen = sipp::line(&site, "gateway", line, 1, &a_person());
    operator.wait_for("CALL_INCOMING", IN_ITS_SLOT);
    is_called_back(&site, &exchange, &operator, citizen, 1);
    let report = asked(&site, &["callback", "report"]);
    assert_eq!((&report["kept"], &report["served"]), (&1.into(), &1.into()), "{report}");
}

#[test]
fn citizen_who_is_busy_twice_is_reached_at_the_third_attempt() {
    let test = "citizen_who_is_busy_twice_is_reached_at_the_third_attempt";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let line = ports::free();
    let site = site_calling_back(line);
    let exchange = Exchange::start(&site);
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let mut busy = sipp::line(&site, "busy", line, 2, &Voice::tone(1000, 20));
    asked(&site, &["callback", "book", "3331234567", "tributi"]);
    for _ in 0..2 {
        operator.wait_for("CALL_INCOMING", IN_ITS_SLOT);
        operator.answer();
        operator.wait_for("CALL_CLOSED", Duration::from_secs(20)); // hears that it is busy
    }
    busy.ended_well();
    let failures = wait_for("two attempts", SOON, || {
        let open = asked(&site, &["callback", "list"]);
        open["failures"].as_array().filter(|failures| failures.len() == 2).cloned()
    });
    assert_eq!(failures, ["busy", "busy"]);
    let citizen = sipp::line(&site, "gateway", line, 1, &a_person());
    operator.wait_for("CALL_INCOMING", IN_ITS_SLOT);
    is_called_back(&site, &exchange, &operator, citizen, 3);
}

#[test]
fn citizen_books_by_keys_and_is_called_in_the_slot_and_another_cancels_by_calling_again() {
    let test = "citizen_books_by_keys_and_is_called_in_the_slot_and_another_cancels_by_calling_again";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let line = ports::free();
    let site = site_with_rules(line, "extension = \"305\"\nschedule = \"sportello\"\n", "sempre");
    keep_hours(&site, false);
    let exchange = Exchange::start_by_the_clock(&site);
    // A call-back, and the moment that is told first; should that go by meanwhile, the next is told, and 1 takes it too.
    let first_slot = [('2', 1_000), ('1', 5_000), ('1', 11_000)];
    let second_slot = [('2', 1_000), ('2', 5_000), ('1', 9_000), ('1', 14_000)];
    let mut one = presses(&site, &exchange, "3331234567", &first_slot, BOOKS);
    let mut other = presses(&site, &exchange, "3337654321", &second_slot, BOOKS);
    wait_for("two promises", BOOKS, || {
        let told = site.command(&["callback", "list", "--data", "data", "--format", "json"]);
        (told.lines().count() == 2).then_some(())
    });
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let citizen = sipp::line(&site, "gateway", line, 1, &a_person());
    keep_hours(&site, true);
    site.command(&["reload", "--data", "data"]);
    // After the greeting, which is heard to its end: what is booked, and 3 cancels it.
    let mut again = presses(&site, &exchange, "+393337654321", &[('3', 20_500)], CANCELS);
    operator.wait_for("CALL_INCOMING", IN_ITS_SLOT);
    is_called_back(&site, &exchange, &operator, citizen, 3);
    let _ = (one.ended(), other.ended()); // whoever hangs up first: both have heard that it is agreed
    again.ended_well();
    let report = asked(&site, &["callback", "report"]);
    let told = ["booked", "cancelled", "kept", "served"].map(|key| report[key].as_u64());
    assert_eq!(told, [Some(2), Some(1), Some(1), Some(1)], "{report}");
    assert_eq!(asked(&site, &["callback", "list"]), serde_json::Value::Null);
}
