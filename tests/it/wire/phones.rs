//! The built-in phones, as the README has a newcomer use them.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::patience::wait_for;
use super::site::Site;
use super::tones::Sound;
use super::tools::{self, Need};

/// From the answer to the hang-up: greeting, menu, queue, and some talk.
const CALL: &str = "45s";
/// Longest call.
const ENDED_WITHIN: Duration = Duration::from_secs(60);

/// A phone, killed on drop.
struct Phone(Child);

impl Phone {
    fn start(site: &Site, exchange: &Exchange, log: &str, words: &[&str]) -> Phone {
        let log = std::fs::File::create(site.path(log)).expect("a log file");
        let mut command = Command::new(env!("CARGO_BIN_EXE_centralino"));
        command.arg("phone").args(words).args(["--to", &exchange.sip.to_string()]);
        command.current_dir(site.path("")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Phone(command.spawn().expect("the program was built"))
    }

    #[track_caller]
    fn ended_well(&mut self) -> bool {
        wait_for("the phone to hang up", ENDED_WITHIN, || self.0.try_wait().expect("it is our child"))
            .success()
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn built_in_phones_make_the_call_of_the_readme() {
    if !tools::ready("built_in_phones_make_the_call_of_the_readme", &[Need::Exchange]) {
        return;
    }
    let site = Site::demo();
    Sound::tone(1000, 120_000).write_wav(&site.path("citizen.wav"));
    Sound::tone(1500, 120_000).write_wav(&site.path("operator.wav"));
    let exchange = Exchange::start(&site);
    let seat = ["seat", "seat01", "--answer-after", "1s", "--play", "operator.wav"];
    let _seat = Phone::start(&site, &exchange, "seat.log", &seat);
    let dial = ["dial", "055055", "--keys", "1", "--play", "citizen.wav", "--record", "heard.wav"];
    let dial = [&dial[..], &["--hangup-after", CALL]].concat();
    assert!(Phone::start(&site, &exchange, "dial.log", &dial).ended_well());
    let heard = Sound::read_wav(&site.path("heard.wav")).remove(0);
    assert!(heard.heard(1500).is_some_and(|tone| tone.total_ms > 1000), "the operator was not heard");
    let contacts = contacts::when_ended(&site, exchange.http, 1);
    assert_eq!((text(&contacts[0], "outcome"), text(&contacts[0], "ended_by")), ("answered", "citizen"));
}

#[test]
fn built_in_phone_that_is_not_answered_says_so_by_its_exit() {
    if !tools::ready("built_in_phone_that_is_not_answered_says_so_by_its_exit", &[Need::Exchange]) {
        return;
    }
    let site = Site::demo();
    let exchange = Exchange::start(&site);
    let mut phone = Phone::start(&site, &exchange, "dial.log", &["dial", "099999", "--hangup-after", "5s"]);
    assert!(!phone.ended_well());
}
