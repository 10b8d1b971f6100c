//! The keys of a flow's own tests, pressed on the wire, lead the way that the tests promise.
//!
//! Tests, keys and paths are read from the flow file, so this proof follows whatever a supervisor writes. Taken are the tests whose
//! world can be had for real: the exchange is open ([`Exchange`] starts with `--always-open`), nothing is switched on, and an
//! operator answers whoever waits; and which are short, because calls on the wire last as long as calls do. They run at the same time.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::listener::{Listener, Plan};
use super::sipp::{Citizen, Transport};
use super::site::Site;
use super::tools::{self, Need};
use super::voice::Voice;
use crate::sim::Setting;

/// Longest call that is made for real.
const LONGEST: Duration = Duration::from_secs(50);
/// Most calls: each has a seat of its own, so that nobody waits for another.
const MOST: usize = 12;
/// Fewer would prove little: the flow has changed so that this test has to be thought over.
const FEWEST: usize = 8;

/// A test of the flow, about to be made true.
struct Promise<'f> {
    name: &'f str,
    path: Vec<&'f str>,
    plan: Plan,
}

/// What the flow file says, places and all left away.
fn read(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("the flow is YAML without fractions")
}

/// The tests whose world can be had, the longest paths first.
fn promises<'f>(file: &'f Value, listener: &Listener<'_>) -> Vec<Promise<'f>> {
    let real = |test: &&Value| {
        let ends = test["mock"].as_object().into_iter().flatten();
        // Tests of hours have no keys: their clock is not ours.
        !test["keys"].is_null() && ends.into_iter().all(|(_, end)| end == "answered")
    };
    let promise = |test: &'f Value| Promise {
        name: text(test, "name"),
        path: test["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect(),
        plan: listener.plan(test),
    };
    let tests = file["tests"].as_array().into_iter().flatten();
    let mut promises: Vec<_> =
        tests.filter(real).map(promise).filter(|promise| promise.plan.length <= LONGEST).collect();
    promises.sort_by_key(|promise| std::cmp::Reverse(promise.path.len()));
    promises.truncate(MOST);
    promises
}

/// An operator who answers at once and has soon said all.
struct Operator(Child);

impl Operator {
    /// At the n-th seat of the demo, from one; returns once calls can reach it.
    fn at_seat(n: usize, site: &Site, exchange: &Exchange) -> Operator {
        let mut phone = Command::new(env!("CARGO_BIN_EXE_centralino"))
            .args(["phone", "seat", &format!("seat{n:02}"), "--answer-after", "0s", "--hangup-after", "1s"])
            .args(["--to", &exchange.sip.to_string()])
            .current_dir(site.path(""))
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut said = BufReader::new(phone.stdout.take().expect("it is piped")).lines();
        let registered = said.by_ref().map_while(Result::ok).any(|line| line == "registered");
        assert!(registered, "seat{n:02} did not register");
        // Read to the end, so that the phone never meets a closed pipe.
        std::thread::spawn(move || said.for_each(drop));
        Operator(phone)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn voice(plan: &Plan) -> Voice {
    let ms = |time: Duration| usize::try_from(time.as_millis()).expect("a short call");
    let silent_until = ms(plan.length) + 10_000;
    plan.presses.iter().fold(Voice::tone(1000, silent_until), |voice, (at, key)| {
        voice.pressing(*key, u16::try_from(at.as_millis()).expect("within a minute"))
    })
}

#[test]
fn keys_of_the_flows_own_tests_lead_the_same_way_on_the_wire() {
    let test = "keys_of_the_flows_own_tests_lead_the_same_way_on_the_wire";
    if !tools::ready(test, &[Need::Sipp, Need::RawSockets]) {
        return;
    }
    let site = Site::demo();
    let file = read(&std::fs::read_to_string(site.path("ivr-flows/055055.yaml")).expect("the shipped flow"));
    let flow = Arc::clone(&Setting::demo().flows["055055"]);
    let promises = promises(&file, &Listener::of(&file, &flow));
    assert!(promises.len() >= FEWEST, "only {} tests of the flow can be made for real", promises.len());
    for promise in &promises {
        assert_eq!(promise.plan.path, promise.path, "`{}` was not understood", promise.name);
    }

    let exchange = Exchange::start(&site);
    let _operators: Vec<_> =
        (1..=promises.len()).map(|seat| Operator::at_seat(seat, &site, &exchange)).collect();
    let (numbers, voices): (Vec<String>, Vec<Voice>) =
        (1..).zip(&promises).map(|(n, promise)| (format!("05574000{n:02}"), voice(&promise.plan))).unzip();
    let citizen = |number, voice| Citizen {
        number,
        scenario: "talk",
        transport: Transport::Udp,
        voice,
        patience: Duration::ZERO,
    };
    let calls = numbers.iter().zip(&voices).map(|(number, voice)| citizen(number, voice));
    let mut calls: Vec<_> = calls.map(|call| call.dial(&site, exchange.sip, "055055")).collect();
    calls.iter_mut().for_each(|call| call.ended_well());

    let contacts = contacts::when_ended(&site, exchange.http, promises.len());
    let paths: BTreeMap<_, _> =
        contacts.iter().map(|contact| (text(contact, "from"), &contact["path"])).collect();
    for (number, promise) in numbers.iter().zip(&promises) {
        let path = serde_json::to_value(&promise.path).expect("texts");
        assert_eq!(paths.get(number.as_str()), Some(&&path), "`{}`, called by {number}", promise.name);
    }
    assert!(exchange.terminate().success());
}
