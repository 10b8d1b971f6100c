//! A few minutes recorded on real sockets, with pauses, hold, a consultation, a citizen who is given away, one who gives up and one who is
//! called back: lived again by the simulator they are on record the same, and through the flow that they came to every call goes the way
//! it went.

use std::time::Duration;

use centralino::config::Config;
use centralino::io;
use centralino::io::store::open_at_rest;
use centralino::journal::Lsn;
use centralino::journal::entry::Entry;
use serde_json::Value;

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::phones::Phone;
use super::ports;
use super::recalling::{a_person, site_calling_back};
use super::sipp;
use super::site::Site;
use super::tools::{self, Need};
use crate::sim::Setting;
use crate::sim::reenact::{assert_same_history, reenact};

/// A machine with much to do plays a greeting a second longer than a quiet one.
const WITHIN: Duration = Duration::from_secs(3);

/// Who calls, what they press, and how long after the answer they hang up.
const CITIZENS: [(&str, &str, &str); 5] = [
    ("0557600001", "1", "24s"),
    ("0557600002", "wait:18s,4,2", "40s"),
    ("0557600003", "wait:20s,7,wait:4s,3", "40s"),
    ("0557600004", "1", "27s"),
    ("0557600005", "5", "6s"),
];

/// Longest wait for anything that people here do.
const SOON: Duration = Duration::from_secs(60);

#[test]
fn minutes_recorded_on_the_wire_are_the_same_contacts_in_the_simulator() {
    let test = "minutes_recorded_on_the_wire_are_the_same_contacts_in_the_simulator";
    if !tools::ready(test, &[Need::Sipp, Need::RawSockets]) {
        return;
    }
    let line = ports::free();
    let site = site_calling_back(line);
    let exchange = Exchange::start(&site);
    let house = House { site: &site, exchange: &exchange };
    let seats = [("seat01", "1s"), ("seat02", "2s")].map(|(seat, after)| house.operator(seat, after, "4s"));
    let citizens = CITIZENS.map(|(from, keys, hangs_up)| house.citizen(from, keys, hangs_up));
    house.wait_until_over(CITIZENS.len());
    nothing_would_have_changed(&site);
    arrivals_are_those_on_record(&site, &contacts::of_running(&site, exchange.http));
    drop((seats, citizens));
    house.talk_is_handed_on();
    house.nobody_is_there();
    house.citizen_is_called_back(line);
    assert!(exchange.terminate().success());
    let then = journal(&site);
    assert_same_history(&then, &reenact(setting(&site), &then), WITHIN);
}

/// The exchange of that day in the simulator: open, and its trunk leads to the simulator's line outside.
fn setting(site: &Site) -> Setting {
    let config = io::setup::load(&site.path("config")).expect("the exchange has started with it").config;
    let setting = Setting::demo().with_config(|demo: &mut Config| {
        *demo = config;
        demo.calendars.always_open = true;
    });
    setting.with_gateway()
}

/// An exchange with its people.
struct House<'s> {
    site: &'s Site,
    exchange: &'s Exchange,
}

impl House<'_> {
    /// Answers after so long, and hangs up so long after that.
    fn operator(&self, seat: &str, answers: &str, hangs_up: &str) -> Phone {
        let words = ["seat", seat, "--answer-after", answers, "--hangup-after", hangs_up];
        let phone = Phone::start(self.site, self.exchange, &format!("{seat}.log"), &words);
        phone.wait_until_it_says("registered");
        phone
    }

    fn citizen(&self, from: &str, keys: &str, hangs_up: &str) -> Phone {
        let words = ["dial", "055055", "--from", from, "--keys", keys, "--hangup-after", hangs_up];
        let phone = Phone::start(self.site, self.exchange, &format!("{from}.log"), &words);
        phone.wait_until_it_says("answered");
        phone
    }

    fn contacts(&self) -> Vec<Value> {
        contacts::of_running(self.site, self.exchange.http)
    }

    /// So many contacts are over, and so is the operators' work on them.
    fn wait_until_over(&self, count: usize) {
        let is_over = |contact: &Value| {
            contact["outcome"].is_string() && (contact["seat"].is_null() || contact["wrap_up_s"] != 0.0)
        };
        wait_for("the calls to end", Duration::from_secs(90), || {
            let contacts = self.contacts();
            (contacts.len() == count && contacts.iter().all(is_over)).then_some(())
        });
    }

    /// Somebody orders this about a seat.
    fn seat(&self, act: &str, seat: &str) {
        self.site.command(&["seat", act, seat, "--by", "ada"]);
    }

    /// And this about the talk in course.
    fn call(&self, act: &[&str]) {
        let contacts = self.contacts();
        let talk = contacts.iter().find(|contact| contact["outcome"].is_null()).expect("somebody talks");
        let words = ["call", act[0], text(talk, "contact"), "--by", "ada"];
        self.site.command(&[&words[..], &act[1..]].concat());
    }

    /// Put on hold, taken back, asked about at the colleague's, who has the talk then and gives it back.
    fn talk_is_handed_on(&self) {
        let anna = self.operator("seat03", "1s", "40s");
        let bruno = self.operator("seat04", "1s", "40s");
        self.seat("pause", "seat04");
        let citizen = self.citizen("0557600006", "1", "60s");
        wait_for("the operator to answer", SOON, || anna.said().contains("answered").then_some(()));
        self.seat("ready", "seat04");
        self.call(&["hold"]);
        self.call(&["unhold"]);
        self.call(&["consult", "204"]);
        wait_for("the colleague to answer", SOON, || bruno.said().contains("answered").then_some(()));
        self.call(&["complete"]);
        self.seat("release", "seat03");
        self.call(&["transfer", "203"]);
        wait_for("the end", SOON, || citizen.said().contains("hung up").then_some(()));
        self.wait_until_over(CITIZENS.len() + 1);
        for seat in ["seat03", "seat04"] {
            self.seat("pause", seat);
        }
    }

    /// Everybody has a break, and the citizen does not wait for its end.
    fn nobody_is_there(&self) {
        let citizen = self.citizen("0557600007", "1", "27s");
        wait_for("the end", SOON, || citizen.said().contains("hung up").then_some(()));
        self.wait_until_over(CITIZENS.len() + 2);
    }

    /// As soon as an operator is there again.
    fn citizen_is_called_back(&self, line: u16) {
        let mut outside = sipp::line(self.site, "gateway", line, 1, &a_person());
        self.site.command(&["callback", "book", "3331234567", "tributi", "--by", "ada"]);
        let carla = self.operator("seat05", "1s", "20s");
        outside.ended_well();
        self.wait_until_over(CITIZENS.len() + 3);
        drop(carla);
    }
}

/// What is on record, readable.
fn journal(site: &Site) -> Vec<Entry> {
    let at_rest = open_at_rest(&site.path("data")).expect("nobody runs on it any more");
    let entries = at_rest.journal.reader(Lsn(1));
    entries.map(|entry| at_rest.keys.unseal_entry(entry.expect("a whole journal").1)).collect()
}

/// What `flow heat` and `flow replay` tell of the running exchange.
fn nothing_would_have_changed(site: &Site) {
    let lines = |words: &[&str]| -> Vec<Value> {
        let told = site.command(words);
        told.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    };
    let heat = lines(&["flow", "heat", "055055", "--from", "1h", "--format", "json", "--svg", "calore.svg"]);
    let of = |node: &str| heat.iter().find(|line| line["node"] == node).expect("somebody came there").clone();
    assert_eq!(
        (&of("benvenuto")["entered"], &of("benvenuto")["hung_up"]),
        (&Value::from(5), &Value::from(1))
    );
    assert_eq!(
        (&of("anagrafe")["talked"], &of("menu")["to"]["anagrafe"]),
        (&Value::from(2), &Value::from(2))
    );
    let drawn = std::fs::read_to_string(site.path("calore.svg")).expect("it was drawn");
    assert!(drawn.contains("5 came") && drawn.contains("1: 2"), "{drawn}");
    let replayed =
        lines(&["flow", "replay", "--from", "1h", "--draft", "ivr-flows/055055.yaml", "--format", "json"]);
    assert_eq!(
        (replayed.len(), &replayed[0]["effect"], &replayed[0]["calls"]),
        (1, &"same".into(), &5.into())
    );
}

/// A simulated day takes its callers from that day: five, give or take, and not the hundreds of the profile.
fn arrivals_are_those_on_record(site: &Site, called: &[Value]) {
    let opened = called[0]["opened"].as_str().expect("a moment");
    let day = opened.get(..10).expect("with its date");
    let words = ["--arrivals-of", day, "--replications", "4", "--format", "json"];
    let told = site.command(&[&["simulate", "--day", day], &words[..]].concat());
    let figures: Value = serde_json::from_str(&told).expect("one object");
    let arrived = figures["lines"][0]["arrived"]["value"].as_f64().expect("a number");
    assert!((0.5..15.0).contains(&arrived), "{told}");
}
