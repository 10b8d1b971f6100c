//! Supervisors and those who wait, by command: one is moved and taken, another is let out when the queue closes; and what an operator
//! owes is coded, a case closed.

use std::time::Duration;

use serde_json::Value;

use super::baresip::{Account, Baresip};
use super::contacts::{self, text};
use super::exchange::Exchange;
use super::handing::{hears, hears_at};
use super::patience::wait_for;
use super::sipp::{Citizen, Sipp, Transport};
use super::site::Site;
use super::talking::PASSWORD;
use super::tap::Tap;
use super::tools::{self, Need};
use super::voice::Voice;

/// Longest way through greeting and menu.
const LATER: Duration = Duration::from_secs(60);
/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(5);

/// An exchange whose only operator, at seat01, talks with somebody.
struct Floor<'s> {
    site: &'s Site,
    exchange: &'s Exchange,
    voice: Voice,
}

impl Floor<'_> {
    /// A command, which succeeds; what it prints as JSON.
    fn asks(&self, words: &[&str]) -> Value {
        let http = self.exchange.http.to_string();
        let said = self.site.command(&[words, &["--http", &http]].concat());
        serde_json::from_str(&said).unwrap_or(Value::Null)
    }

    fn waiting(&self, queue: &str) -> Vec<String> {
        let page = self.asks(&["queue", "show", queue, "--format", "json"]);
        let waiting = page["waiting"].as_array().into_iter().flatten();
        waiting.map(|wait| text(wait, "call").to_owned()).collect()
    }

    /// Somebody who comes to wait in anagrafe, and the contact.
    fn waits(&self, number: &str) -> (Sipp, String) {
        let (scenario, transport, patience) = ("talk", Transport::Udp, Duration::ZERO);
        let citizen = Citizen { number, scenario, transport, voice: &self.voice, patience };
        let caller = citizen.dial(self.site, self.exchange.sip, "055055");
        (caller, wait_for("the caller to wait", LATER, || self.waiting("anagrafe").pop()))
    }

    /// Facts of this kind in the story of a contact.
    fn facts(&self, contact: &str, fact: &str) -> Vec<Value> {
        let told = self.asks(&["contact", "show", contact, "--format", "json"]);
        let story = told["story"].as_array().cloned().unwrap_or_default();
        story.into_iter().filter(|step| step["fact"] == fact).collect()
    }
}

#[test]
fn citizens_who_wait_are_moved_taken_and_let_out_by_command_and_the_record_tells_by_whom() {
    let test = "citizens_who_wait_are_moved_taken_and_let_out_by_command_and_the_record_tells_by_whom";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let voice = Voice::tone(1000, 120_000).pressing('1', 2_000);
    let floor = Floor { site: &site, exchange: &exchange, voice };
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let first = Baresip::start(&site, exchange.sip, &Account::citizen("0552768224"));
    first.dial(&format!("sip:055055@{}", exchange.sip));
    first.wait_for("CALL_ESTABLISHED", SOON);
    first.press('1');
    operator.wait_for("CALL_INCOMING", LATER);
    operator.answer();
    operator.wait_for("CALL_ESTABLISHED", SOON);

    let (mut moved, contact) = floor.waits("0557000001");
    let who = ["--by", "ada", "--why", "sovraccarico"];
    floor.asks(&[&["queue", "move", &contact, "polizia-locale"], who.as_slice()].concat());
    assert_eq!(floor.waiting("anagrafe"), Vec::<String>::new());
    assert_eq!(floor.waiting("polizia-locale"), std::slice::from_ref(&contact));
    let account = Account { hertz: 700, ..Account::operator("seat17", "demo-seat17") };
    let supervisor = Baresip::registered(&site, exchange.sip, &account);
    let tap = Tap::on(&[supervisor.media_ports(), vec![moved.media_port]].concat());
    floor.asks(&[&["queue", "take", &contact, "217"], who.as_slice()].concat());
    supervisor.wait_for("CALL_INCOMING", SOON);
    supervisor.answer();
    hears_at(&tap, &[moved.media_port], 700);
    hears(&tap, &supervisor, 1000);
    supervisor.hang_up();
    moved.ended_well();
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    let line = contacts.iter().find(|line| text(line, "contact") == contact).expect("it is on record");
    let told = ["operator", "queue", "outcome"].map(|field| text(line, field));
    assert_eq!(told, ["seat17", "polizia-locale", "answered"], "{line}");
    let by: Vec<_> = floor.facts(&contact, "wait_changed");
    assert!(by.len() == 2 && by.iter().all(|fact| fact["by"] == "ada"), "{by:?}");

    let (let_out, contact) = floor.waits("0557000002");
    floor.asks(&[
        "queue", "close", "anagrafe", "--sound", "scuse", "--for", "1h", "--by", "ada", "--why", "prova",
    ]);
    wait_for("the queue to be empty", SOON, || floor.waiting("anagrafe").is_empty().then_some(()));
    let left = wait_for("the record of it", SOON, || floor.facts(&contact, "queue_left").pop());
    assert_eq!(left["exit"], "closed", "{left}");
    floor.asks(&["queue", "open", "anagrafe", "--by", "ada"]);
    drop(let_out);
    first.hang_up();
}

#[test]
fn contact_is_coded_and_its_case_closed_by_command_and_tables_and_scripts_read_the_same() {
    let test = "contact_is_coded_and_its_case_closed_by_command_and_tables_and_scripts_read_the_same";
    if !tools::ready(test, &[Need::Sipp, Need::Baresip, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let voice = Voice::tone(1000, 60_000).pressing('1', 2_000);
    let floor = Floor { site: &site, exchange: &exchange, voice };
    let (number, scenario, patience) = ("0557000001", "talk", Duration::ZERO);
    let citizen = Citizen { number, scenario, transport: Transport::Udp, voice: &floor.voice, patience };
    let operator = Baresip::registered(&site, exchange.sip, &Account::operator("seat01", PASSWORD));
    let mut caller = citizen.dial(&site, exchange.sip, "055055");
    operator.wait_for("CALL_INCOMING", LATER);
    operator.answer();
    operator.wait_for("CALL_ESTABLISHED", SOON);
    floor.asks(&["seat", "code", "seat01", "--topic", "tributi/tari", "--by", "anna"]);
    operator.hang_up();
    caller.ended_well();
    let line = contacts::when_ended(&site, exchange.http, 1).remove(0);
    let contact = text(&line, "contact");
    let done = floor.asks(&[
        "contact",
        "code",
        contact,
        "--outcome",
        "risolto",
        "--note",
        "manca un modulo",
        "--by",
        "anna",
        "--format",
        "json",
    ]);
    assert_eq!((text(&done, "done"), &done["outcome"]), ("coded", &Value::from("risolto")), "{done}");
    let case = line["case"].as_u64().expect("a call opens a case").to_string();
    floor.asks(&["case", "close", &case, "--outcome", "risolto", "--by", "ada"]);
    let coded = wait_for("the views", SOON, || {
        contacts::of_running(&site, exchange.http).pop().filter(|line| line["disposition"].is_string())
    });
    let told = ["topic", "disposition"].map(|field| text(&coded, field));
    assert_eq!(told, ["tributi/tari", "risolto"], "{coded}");
    assert_eq!(coded["notes"][0]["text"], "manca un modulo", "{coded}");
    let shown = wait_for("the views", SOON, || {
        Some(floor.asks(&["case", "show", &case, "--format", "json"]))
            .filter(|case| case["closing"].is_object())
    });
    assert_eq!((text(&shown, "status"), text(&shown["closing"], "by")), ("closed", "ada"), "{shown}");
    let http = exchange.http.to_string();
    let table = site.command(&["case", "show", &case, "--http", &http]);
    assert!(table.contains("by ada: risolto") && table.contains("anna: manca un modulo"), "{table}");
    site.command(&["case", "reopen", &case, "--note", "manca ancora", "--by", "ada", "--http", &http]);
    let again = wait_for("the views", SOON, || {
        Some(floor.asks(&["case", "show", &case, "--format", "json"])).filter(|case| case["status"] == "new")
    });
    assert_eq!(again["notes"][0]["text"], "manca ancora", "{again}");
}
