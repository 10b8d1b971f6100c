//! The same history by call-level phones and by SIP bytes gives the same journal.

use super::tests::{run, service};
use super::*;

fn histories(scenario: &Scenario, number: u32) -> (Vec<Entry>, Vec<Entry>) {
    scenario.check(&service().config).unwrap();
    let by = |by_sip| Day::new(scenario.clone(), service(), run(by_sip)).history(number);
    (by(false), by(true))
}

#[test]
fn explore() {
    let profile = std::env::var("PROFILE").unwrap_or("055055".into());
    let lines: usize = std::env::var("LINES").map_or(60, |l| l.parse().unwrap());
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("simulate");
    let text = std::fs::read_to_string(root.join(format!("{profile}.toml"))).unwrap();
    let mut scenario = Scenario::parse("x", &text, &|_| None).unwrap();
    for (place, calls) in scenario.arrivals.iter_mut().enumerate() {
        if place < 20 || place >= 24 {*calls = 0.0;}
    }
    for n in 0..2 {
    let (told, sip) = histories(&scenario, n);
    println!("{} {}", told.len(), sip.len());
    let put = |name: &str, h: &[Entry]| std::fs::write(format!("/tmp/same_{name}_{n}.txt"), h.iter().map(|e| format!("{} {:?}\n", e.at_ms, e.fact)).collect::<String>()).unwrap();
    put("told", &told);
    put("sip", &sip);
    let _ = lines;
    }
}
