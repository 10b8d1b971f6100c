//! A supervisor's text, spoken by a running exchange and heard by the next caller.

use std::path::Path;
use std::process::{Command, Output};

use super::exchange::Exchange;
use super::site::Site;
use super::tones::Sound;
use super::tools::{self, Need};

const FLOW: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: avviso
nodes:
  avviso: {type: bulletin, slot: scuole, exits: {none: via, played: via, closing: via}}
  via: {type: hangup}
"##;

/// A site with that flow, and a synthesiser that answers any text with a tone of 1500 Hz.
fn site() -> Site {
    let site = Site::demo().with_flow(FLOW);
    Sound::tone(1500, 2_000).write_wav(&site.path("tone.wav"));
    speak_by(&site, "cat tone.wav");
    site
}

fn speak_by(site: &Site, command: &str) {
    site.configure("engine.toml", &format!("[voice]\ncommand = \"{command}\"\n"));
}

fn run(site: &Site, words: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_centralino"));
    Command::new(program).args(words).current_dir(site.path("")).output().expect("the program was built")
}

fn switch_on(site: &Site, exchange: &Exchange, text: &str) -> Output {
    let http = exchange.http.to_string();
    run(site, &["bulletin", "on", "scuole", "--text", text, "--by", "Anna", "--http", &http])
}

/// What a caller hears until the flow hangs up.
fn heard(site: &Site, exchange: &Exchange, file: &str) -> Sound {
    let sip = exchange.sip.to_string();
    let called = run(site, &["phone", "dial", "055055", "--to", &sip, "--record", file]);
    assert!(called.status.success(), "{}", String::from_utf8_lossy(&called.stderr));
    // Prompts are at the level of speech, a quarter of the tones that the test phones send.
    let louder = |sample: &i16| sample.saturating_mul(4);
    Sound::new(Sound::read_wav(&site.path(file)).remove(0).samples().iter().map(louder).collect())
}

#[test]
fn text_of_a_supervisor_is_heard_without_a_restart_and_after_one_without_a_synthesiser() {
    let site = site();
    let exchange = Exchange::start(&site);
    assert_eq!(heard(&site, &exchange, "before.wav").heard(1500), None);
    let on = switch_on(&site, &exchange, "it=Domani scuole chiuse.");
    assert!(on.status.success(), "{}", String::from_utf8_lossy(&on.stderr));
    let tone = heard(&site, &exchange, "after.wav").heard(1500).expect("the text is heard");
    assert!(tone.total_ms > 1_500, "{tone:?}");
    let http = exchange.http.to_string();
    let list = run(&site, &["bulletin", "list", "--http", &http]);
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    assert!(list.contains("Anna") && list.contains("it: \"Domani scuole chiuse.\""), "{list}");
    exchange.kill();

    speak_by(&site, "no-such-voice-here");
    let exchange = Exchange::start(&site);
    let again = heard(&site, &exchange, "again.wav").heard(1500);
    assert!(again.is_some_and(|tone| tone.total_ms > 1_500), "its sound was kept");
    let refused = switch_on(&site, &exchange, "it=Un altro testo.");
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(told.contains("not switched on: `no-such-voice-here` is not installed"), "{told}");
    let still = heard(&site, &exchange, "still.wav").heard(1500);
    assert!(still.is_some(), "what was on stays on");
    assert!(exchange.terminate().success());
}

#[test]
fn text_is_spoken_by_the_synthesiser_of_the_demo() {
    if !tools::ready("text_is_spoken_by_the_synthesiser_of_the_demo", &[Need::Espeak]) {
        return;
    }
    let site = site();
    site.configure("engine.toml", "");
    let exchange = Exchange::start(&site);
    let on =
        switch_on(&site, &exchange, "it=Domani, mercoledì, le scuole del Comune restano chiuse per neve.");
    assert!(on.status.success(), "{}", String::from_utf8_lossy(&on.stderr));
    let speech = heard(&site, &exchange, "speech.wav");
    let loud = speech.samples().iter().filter(|sample| sample.unsigned_abs() > 500).count();
    assert!(loud > 8_000, "{loud} samples of {} can be heard", speech.samples().len());
    assert!(exchange.terminate().success());
}
