//! The built-in phones, as the README has a newcomer use them.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::site::Site;
use super::tones::Sound;

/// Longest wait for what happens at once.
const SOON: Duration = Duration::from_secs(10);
/// Longest call: greeting, menu, queue, and some talk.
const CALL: Duration = Duration::from_secs(90);
/// Talk, after which the operator hangs up.
const TALK: &str = "5s";
/// The same, less what passes until the tone is on its way.
const TALK_MS: usize = 4_500;
/// A gap that people notice.
const GAP_MS: usize = 40;
/// Loudness of what is no silence: mean of the samples' magnitudes.
const AUDIBLE: u64 = 100;

/// A phone; killed on drop.
pub(super) struct Phone {
    child: Child,
    log: PathBuf,
}

impl Phone {
    /// Starts one; what it says goes to a log of this name.
    pub(super) fn start(site: &Site, exchange: &Exchange, log: &str, words: &[&str]) -> Phone {
        let log = site.path(log);
        let file = std::fs::File::create(&log).expect("a log file");
        let errors = file.try_clone().expect("a second handle");
        let mut command = Command::new(env!("CARGO_BIN_EXE_centralino"));
        command.arg("phone").args(words).args(["--to", &exchange.sip.to_string()]);
        command.current_dir(site.path("")).stdin(Stdio::null()).stdout(file).stderr(errors);
        Phone { child: command.spawn().expect("the program was built"), log }
    }

    pub(super) fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log")
    }

    #[track_caller]
    pub(super) fn wait_until_it_says(&self, line: &str) {
        wait_for(line, SOON, || self.said().lines().any(|said| said == line).then_some(()));
    }

    /// Waits for its end; the exit code.
    #[track_caller]
    fn ended(&mut self, within: Duration) -> Option<i32> {
        wait_for("the phone to end", within, || self.child.try_wait().expect("it is our child")).code()
    }

    /// SIGTERM; the exit code.
    #[track_caller]
    fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill is everywhere").success());
        self.ended(SOON)
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{} says:\n{}", self.log.display(), self.said());
        }
    }
}

#[test]
fn built_in_phones_make_the_call_of_the_readme() {
    for transport in ["udp", "tcp"] {
        let site = Site::demo();
        Sound::tone(1000, 5_000).write_wav(&site.path("citizen.wav"));
        Sound::tone(1500, 5_000).write_wav(&site.path("operator.wav"));
        let exchange = Exchange::start(&site);
        let seat = ["seat", "seat01", "--answer-after", "1s", "--play", "operator.wav", "--record", "op.wav"];
        let seat = [&seat[..], &["--hangup-after", TALK, "--calls", "1", "--transport", transport]].concat();
        let mut seat = Phone::start(&site, &exchange, "seat.log", &seat);
        seat.wait_until_it_says("registered");
        let dial = ["dial", "055055", "--from", "0557600001", "--keys", "1", "--play", "citizen.wav"];
        let dial = [&dial[..], &["--record", "heard.wav", "--transport", transport]].concat();
        let mut dial = Phone::start(&site, &exchange, "dial.log", &dial);
        assert_eq!(dial.ended(CALL), Some(0));
        assert_eq!(seat.ended(SOON), Some(0));
        let said = seat.said();
        assert!(
            said.contains(
                "ringing: \"Firenze · Anagrafe 0557600001\" <0557600001>\nanswered\nended after 5."
            ),
            "{said}"
        );
        let said = dial.said();
        assert!(said.contains("answered\npressed 1\nhung up by the other side after "), "{said}");
        each_heard_the_other(&site);
        let contacts = contacts::when_ended(&site, exchange.http, 1);
        assert_eq!((text(&contacts[0], "outcome"), text(&contacts[0], "ended_by")), ("answered", "operator"));
        assert_eq!((text(&contacts[0], "from"), text(&contacts[0], "operator")), ("0557600001", "seat01"));
    }
}

/// The citizen heard greeting, music and operator; the operator heard the citizen.
#[track_caller]
fn each_heard_the_other(site: &Site) {
    let heard = Sound::read_wav(&site.path("heard.wav")).remove(0);
    let operator = heard.heard(1500).expect("the operator was not heard");
    assert!(operator.total_ms >= TALK_MS && operator.longest_gap_ms <= GAP_MS, "{operator:?}");
    assert_eq!(heard.heard(1000), None, "the citizen heard the own voice");
    let greeting = heard.between(500, 1_500);
    let music = heard.between(operator.first_ms.saturating_sub(1_500), operator.first_ms.saturating_sub(500));
    assert!(
        loudness(&greeting) > AUDIBLE && loudness(&music) > AUDIBLE,
        "there was no greeting, or no music"
    );
    let heard = Sound::read_wav(&site.path("op.wav")).remove(0);
    let citizen = heard.heard(1000).expect("the citizen was not heard");
    assert!(citizen.total_ms >= TALK_MS && citizen.longest_gap_ms <= GAP_MS, "{citizen:?}");
    assert_eq!(heard.heard(1500), None, "the operator heard the own voice");
}

fn loudness(sound: &Sound) -> u64 {
    let total: u64 = sound.samples().iter().map(|sample| u64::from(sample.unsigned_abs())).sum();
    total.checked_div(sound.samples().len() as u64).unwrap_or(0)
}

#[test]
fn built_in_phone_that_is_not_answered_says_so_by_its_exit() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let mut phone = Phone::start(&site, &exchange, "dial.log", &["dial", "099999", "--hangup-after", "5s"]);
    assert_eq!(phone.ended(SOON), Some(1));
    assert!(phone.said().contains("error: not answered: 404 nobody has this number"));
}

#[test]
fn built_in_phone_with_a_wrong_password_says_so_by_its_exit() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    for seat in ["seat01", "seat99"] {
        let mut phone = Phone::start(&site, &exchange, "seat.log", &["seat", seat, "--password", "guessed"]);
        assert_eq!(phone.ended(SOON), Some(1));
        assert!(phone.said().contains("cannot register: 401 wrong password, or no such seat"));
    }
}

#[test]
fn built_in_phones_asked_to_stop_hang_up_and_keep_what_they_heard() {
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let mut seat = Phone::start(&site, &exchange, "seat.log", &["seat", "seat01"]);
    seat.wait_until_it_says("registered");
    assert_eq!(seat.terminate(), Some(0));
    assert_eq!(seat.said(), "registered\nunregistered\n");

    let words = ["dial", "055055", "--keys", "wait:2s,5", "--record", "heard.wav"];
    let mut dial = Phone::start(&site, &exchange, "dial.log", &words);
    dial.wait_until_it_says("pressed 5");
    assert_eq!(dial.terminate(), Some(0));
    let heard = Sound::read_wav(&site.path("heard.wav")).remove(0);
    assert!(heard.ms() >= 1_990, "{} ms", heard.ms());
    assert!(loudness(&heard) > AUDIBLE);
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    assert_eq!(text(&contacts[0], "ended_by"), "citizen");
}
