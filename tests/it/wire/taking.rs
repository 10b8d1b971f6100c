//! A citizen leaves a message: what is on the disk is what was said, and what is played back too.

use super::contacts::{self, text};
use super::exchange::Exchange;
use super::site::Site;
use super::tones::Sound;

/// Words, tone, message, play-back, confirmation. The citizen's tone is not the one that says "speak now".
const HERTZ: u32 = 1500;
const FLOW: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: messaggio
defaults: {error: guasto, input: {timeout: 10s}}
prompts:
  scelto_empoli: {it: "Dopo il segnale."}
  grazie: {it: "Confermare, 1; riascoltare, 3."}
  scuse: {it: "Non riusciamo."}
nodes:
  messaggio: {type: voicemail, prompt: scelto_empoli, queue: tributi, review: grazie, exits: {recorded: via, empty: guasto}}
  guasto: {type: play, prompt: scuse, to: via}
  via: {type: hangup}
"##;
/// `#` ends the message when words, tone and some seconds of it are over; the play-back is heard for a while before it is confirmed.
const KEYS: &str = "wait:6s,#,wait:3s,3,wait:4s,1";

#[test]
fn message_holds_the_callers_words_alone_and_is_played_back() {
    let site = Site::demo().with_flow(FLOW);
    Sound::tone(HERTZ, 10_000).write_wav(&site.path("voice.wav"));
    let exchange = Exchange::start(&site);
    let to = exchange.sip.to_string();
    let dial = ["phone", "dial", "055055", "--to", &to, "--play", "voice.wav", "--record", "heard.wav"];
    site.command(&[&dial[..], &["--keys", KEYS]].concat());
    let called = contacts::when_ended(&site, exchange.http, 1);
    let message = &called[0]["takes"][0];
    assert_eq!(text(message, "queue"), "tributi", "{called:?}");
    let file = site.path("data").join(text(message, "recording"));
    let recorded = Sound::read_wav(&file);
    assert_eq!(recorded.len(), 1, "the caller alone");
    let heard = recorded[0].heard(HERTZ).expect("the caller's tone");
    assert!(heard.total_ms > 1_500 && heard.longest_gap_ms <= 40, "{heard:?} of {} ms", recorded[0].ms());
    assert!(heard.first_ms <= 200, "from the tone on: {heard:?}");
    assert_eq!(recorded[0].heard(1000), None, "not the tone that said when");
    let played = Sound::read_wav(&site.path("heard.wav")).remove(0).heard(HERTZ).expect("it is played back");
    assert!(played.total_ms > 1_500 && played.longest_gap_ms <= 40, "{played:?}");
    let http = exchange.http.to_string();
    let case = site.command(&[
        "case",
        "list",
        "--voicemail",
        "--status",
        "new",
        "--format",
        "json",
        "--http",
        &http,
    ]);
    assert!(case.contains("\"queue\":\"tributi\""), "{case}");
    let contact = site.command(&["contact", "show", text(&called[0], "contact"), "--http", &http]);
    assert!(contact.contains("voicemail  ") && contact.contains("leaves a message of"), "{contact}");
    assert!(exchange.terminate().success());
}
