//! The same history by call-level phones and by SIP bytes gives the same journal, entry by entry and moment by moment.

use std::path::Path;
use std::time::Duration;

use centralino::journal::entry::Entry;
use centralino::simulate::{Day, Run, Scenario, Service};

use crate::sim::Setting;

fn service() -> Service {
    let demo = Setting::demo();
    Service { config: demo.config.clone(), flows: demo.flows.clone(), sounds: demo.sounds.clone() }
}

/// This profile between these half hours.
fn profile(name: &str, half_hours: std::ops::Range<usize>) -> Scenario {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("simulate").join(format!("{name}.toml"));
    let text = std::fs::read_to_string(file).expect("it is shipped");
    let mut scenario = Scenario::parse(name, &text, &|_| None).expect("it has no fault");
    for (place, calls) in scenario.arrivals.iter_mut().enumerate() {
        if !half_hours.contains(&place) {
            *calls = 0.0;
        }
    }
    scenario.check(&service().config).expect("it fits the demo");
    scenario
}

fn histories(scenario: &Scenario, number: u32) -> (Vec<Entry>, Vec<Entry>) {
    let date = jiff::civil::date(2026, 11, 24);
    let by = |by_sip| {
        let run = Run { date, seed: 7, by_sip, level: Duration::from_secs(20) };
        Day::new(scenario.clone(), &service(), run).history(number)
    };
    (by(false), by(true))
}


#[test]
fn explore() {
    let seeds: u32 = std::env::var("SEEDS").unwrap().parse().unwrap();
    for name in ["055055", "020202"] {
    for seed in 0..seeds {
    let mut scenario = profile(name, 20..22);
    scenario.duties.truncate(if name == "055055" { 3 } else {20});
    scenario.recall.accept = 0.6;
    let (told, sip) = histories(&scenario, seed);
    println!("{} {}", told.len(), sip.len());
    let put = |how: &str, h: &[Entry]| std::fs::write(format!("/tmp/same_{name}_{how}_{seed}.txt"), h.iter().map(|e| format!("{} {}\n", e.at_ms, serde_json::to_string(&e.fact).unwrap())).collect::<String>()).unwrap();
    put("told", &told);
    put("sip", &sip);
    }
    }
}
