//! A few minutes recorded on real sockets: lived again by the simulator they give the same contacts, and through the flow that they came to
//! every call goes the way it went.

use std::time::Duration;

use centralino::config::Config;
use centralino::io::records::{self, Wanted};
use centralino::io::store::open_at_rest;
use serde_json::Value;

use super::contacts;
use super::exchange::Exchange;
use super::patience::wait_for;
use super::phones::Phone;
use super::site::Site;
use super::tools::{self, Need};
use crate::sim::Setting;
use crate::sim::reenact::{assert_same_contacts, reenact};

/// Who calls, what they press, and how long after the answer they hang up.
const CITIZENS: [(&str, &str, &str); 5] = [
    ("0557600001", "1", "24s"),
    ("0557600002", "wait:18s,4,2", "40s"),
    ("0557600003", "wait:20s,7,wait:4s,3", "40s"),
    ("0557600004", "1", "27s"),
    ("0557600005", "5", "6s"),
];

#[test]
fn minutes_recorded_on_the_wire_are_the_same_contacts_in_the_simulator() {
    if !tools::ready("minutes_recorded_on_the_wire_are_the_same_contacts_in_the_simulator", &[Need::Exchange])
    {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let seats = [["seat", "seat01", "--answer-after", "1s"], ["seat", "seat02", "--answer-after", "2s"]].map(
        |words| {
            let words = [&words[..], &["--hangup-after", "4s"]].concat();
            let phone = Phone::start(&site, &exchange, &format!("{}.log", words[1]), &words);
            phone.wait_until_it_says("registered");
            phone
        },
    );
    let citizens = CITIZENS.map(|(from, keys, hangs_up)| {
        let words = ["dial", "055055", "--from", from, "--keys", keys, "--hangup-after", hangs_up];
        let phone = Phone::start(&site, &exchange, &format!("{from}.log"), &words);
        phone.wait_until_it_says("answered");
        phone
    });
    wait_for("the calls to end", Duration::from_secs(90), || {
        let contacts = contacts::of_running(&site, exchange.http);
        let is_over = |contact: &&Value| {
            contact["outcome"].is_string() && (contact["seat"].is_null() || contact["wrap_up_s"] != 0.0)
        };
        let over = contacts.iter().filter(is_over).count();
        (contacts.len() == CITIZENS.len() && over == CITIZENS.len()).then_some(())
    });
    nothing_would_have_changed(&site);
    arrivals_are_those_on_record(&site, &contacts::of_running(&site, exchange.http));
    drop((seats, citizens));
    assert!(exchange.terminate().success());

    let at_rest = open_at_rest(&site.path("data")).expect("nobody runs on it any more");
    let page = records::stories(&at_rest.views, &at_rest.keys, &Wanted::default()).expect("whole views");
    let stories: Vec<_> = page.stories.into_iter().rev().collect();
    let then: Vec<_> = stories.iter().map(|story| story.line.clone()).collect();
    let open = Setting::demo().with_config(|config: &mut Config| config.calendars.always_open = true);
    // A machine with much to do plays a greeting a second longer than a quiet one.
    assert_same_contacts(&then, &reenact(open, &stories), 3.0);
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
