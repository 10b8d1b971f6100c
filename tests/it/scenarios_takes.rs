//! Citizens who speak to the exchange itself: messages and records. One scenario each, in virtual time.

use std::time::Duration;

use centralino::crm::{Case, CaseStatus};
use centralino::engine::Command;
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::views::Views;
use centralino::words::EndedBy;

use crate::sim::phone::PhoneId;
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);
const REVIEWED: &str = "type: voicemail, prompt: menu, queue: tributi, max: 30s, silence: 3s, review: grazie";
const PLAIN: &str = "type: voicemail, prompt: menu, queue: tributi, max: 30s, silence: 3s";
const RECORD: &str = "type: record, prompt: menu, max: 30s, silence: 3s, save: caso";
/// The tone, before which nobody speaks.
const TONE: &str = "speak-now";

/// A flow that has the caller speak at once, and says how it went.
fn speaking(node: &str) -> String {
    format!(
        r##"
schema: 1
id: "055055"
languages: [it]
start: consenso
vars: {{caso: {{type: object}}}}
defaults: {{error: guasto, input: {{timeout: 4s, retries: 1}}}}
prompts:
  menu: {{it: "Lasci un messaggio dopo il tono."}}
  grazie: {{it: "Per confermare 1, per ripetere 2, per riascoltare 3."}}
  scelto_empoli: {{it: "Preso."}}
  non_valido: {{it: "Non ha detto nulla."}}
  scuse: {{it: "Non riusciamo."}}
  allerta: {{it: "Vuole essere registrato?"}}
nodes:
  consenso: {{type: play, prompt: allerta, keys: {{"*": rifiuto}}, to: parla}}
  rifiuto: {{type: tag, record: false, to: parla}}
  parla: {{{node}, exits: {{recorded: preso, empty: niente}}}}
  preso: {{type: play, prompt: scelto_empoli, to: via}}
  niente: {{type: play, prompt: non_valido, to: via}}
  guasto: {{type: play, prompt: scuse, to: via}}
  via: {{type: hangup}}
"##
    )
}

fn world(node: &str) -> Sim {
    Sim::with(Setting::demo().with_flow(&speaking(node)), 1)
}

#[track_caller]
fn hears(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(sound, |sim| sim.hears(citizen, sound));
}

/// A citizen who has heard words and tone, and may speak.
fn at_the_tone(sim: &mut Sim) -> PhoneId {
    let citizen = sim.call("055055");
    hears(sim, citizen, "it/menu");
    hears(sim, citizen, TONE);
    assert!(!sim.is_taken(citizen), "the tone is not on the recording");
    sim.until("the tone is over", |sim| sim.is_taken(citizen));
    citizen
}

/// Speaks for so long, and is silent then.
fn says(sim: &mut Sim, citizen: PhoneId, length: Duration) {
    sim.speaks(citizen, true);
    sim.advance(length);
    sim.speaks(citizen, false);
}

fn case_of(sim: &mut Sim, citizen: PhoneId) -> Case {
    let case = sim.contact(citizen).case;
    sim.views()
        .case(case.expect("a citizen's call has a case"))
        .expect("memory does not fail")
        .expect("every call opens a case")
}

/// What was kept: for which queue, how many whole seconds long; messages are some milliseconds on their way.
fn kept(sim: &mut Sim, citizen: PhoneId) -> Vec<(Option<String>, f64)> {
    let takes = sim.contact(citizen).takes;
    let case = case_of(sim, citizen);
    let keys = sim.store().journal().keys();
    assert_eq!(case.line(&keys).takes, takes, "the case has what the contact has");
    let queue = |name: &centralino::ids::QueueId| name.to_string();
    takes.iter().map(|take| (take.queue.as_ref().map(queue), take.length_s.round())).collect()
}

fn failures(sim: &Sim) -> Vec<String> {
    let why = |fact: &Fact| match fact {
        Fact::NodeFailed { why, .. } => Some(why.clone()),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| why(&entry.fact)).collect()
}

/// Nothing is left of the call.
#[track_caller]
fn ends_well(mut sim: Sim) {
    sim.advance(70 * SECOND);
    assert_eq!(sim.engine().census().takes, 0);
    sim.verdict().expect("nothing is left over");
    sim.oracle.all_closed().expect("what was said is kept or dropped");
}

#[test]
fn message_ends_with_silence_belongs_to_contact_and_case_and_makes_work() {
    let mut sim = world(PLAIN);
    let citizen = at_the_tone(&mut sim);
    sim.advance(2 * SECOND);
    says(&mut sim, citizen, 5 * SECOND);
    sim.advance(2 * SECOND);
    says(&mut sim, citizen, SECOND);
    assert!(sim.is_taken(citizen), "a pause is not the end");
    hears(&mut sim, citizen, "it/scelto_empoli");
    assert_eq!(kept(&mut sim, citizen), [(Some("tributi".to_owned()), 13.0)]);
    let contact = sim.contact(citizen);
    assert_eq!(contact.takes[0].recording, format!("recordings/2026/11/24/{}-caller.wav", contact.contact));
    let case = case_of(&mut sim, citizen);
    assert_eq!((case.status, case.takes.len()), (CaseStatus::New, 1));
    ends_well(sim);
}

#[test]
fn key_ends_it_and_the_words_are_played_back_repeated_and_confirmed() {
    let mut sim = world(REVIEWED);
    let citizen = at_the_tone(&mut sim);
    says(&mut sim, citizen, 4 * SECOND);
    sim.press(citizen, "5");
    assert!(sim.is_taken(citizen), "another key ends nothing");
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/grazie");
    sim.press(citizen, "3");
    let own = |sim: &Sim| sim.plays(citizen).iter().any(|name| name.ends_with("-caller.wav"));
    assert!(own(&sim), "{:?}", sim.plays(citizen));
    sim.until("what can be chosen is said again", |sim| sim.plays(citizen).is_empty());
    sim.press(citizen, "2");
    hears(&mut sim, citizen, TONE);
    sim.until("the tone is over", |sim| sim.is_taken(citizen));
    says(&mut sim, citizen, 6 * SECOND);
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/grazie");
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "it/scelto_empoli");
    assert_eq!(kept(&mut sim, citizen), [(Some("tributi".to_owned()), 6.0)]);
    assert_eq!(sim.tapes.discarded.len(), 1, "what was said first is removed");
    ends_well(sim);
}

#[test]
fn caller_who_hangs_up_at_the_end_of_a_message_has_left_it() {
    let mut sim = world(REVIEWED);
    let speaks = at_the_tone(&mut sim);
    says(&mut sim, speaks, 8 * SECOND);
    sim.hang_up(speaks);
    let hesitates = at_the_tone(&mut sim);
    says(&mut sim, hesitates, 700 * SECOND / 1000);
    sim.advance(SECOND);
    sim.hang_up(hesitates);
    let reviews = at_the_tone(&mut sim);
    says(&mut sim, reviews, 3 * SECOND);
    sim.press(reviews, "#");
    hears(&mut sim, reviews, "it/grazie");
    sim.hang_up(reviews);
    let reviews_a_word = at_the_tone(&mut sim);
    says(&mut sim, reviews_a_word, 700 * SECOND / 1000);
    hears(&mut sim, reviews_a_word, "it/grazie");
    sim.hang_up(reviews_a_word);
    let at_the_beep = sim.call("055055");
    hears(&mut sim, at_the_beep, TONE);
    sim.hang_up(at_the_beep);
    assert_eq!(kept(&mut sim, speaks), [(Some("tributi".to_owned()), 8.0)]);
    assert_eq!(sim.contact(speaks).ended_by, Some(EndedBy::Citizen));
    assert_eq!(case_of(&mut sim, speaks).status, CaseStatus::New);
    assert_eq!(kept(&mut sim, hesitates), [], "a word and nobody there");
    assert_eq!(kept(&mut sim, reviews), [(Some("tributi".to_owned()), 3.0)]);
    assert_eq!(kept(&mut sim, reviews_a_word), [], "a word and silence are no message either");
    assert_eq!(kept(&mut sim, at_the_beep), []);
    assert_eq!(sim.tapes.discarded.len(), 2);
    ends_well(sim);
}

#[test]
fn record_for_the_case_asks_nobody_to_listen_and_goes_with_whoever_hangs_up() {
    let mut sim = world(RECORD);
    let citizen = at_the_tone(&mut sim);
    says(&mut sim, citizen, 5 * SECOND);
    hears(&mut sim, citizen, "it/scelto_empoli");
    assert_eq!(kept(&mut sim, citizen), [(None, 8.0)]);
    let leaves = at_the_tone(&mut sim);
    says(&mut sim, leaves, 5 * SECOND);
    sim.hang_up(leaves);
    assert_eq!(kept(&mut sim, leaves), []);
    ends_well(sim);
}

#[test]
fn nothing_said_is_empty_and_thrown_away() {
    for (node, said) in [(PLAIN, 0), (PLAIN, 200), (RECORD, 0)] {
        let mut sim = world(node);
        let citizen = at_the_tone(&mut sim);
        says(&mut sim, citizen, Duration::from_millis(said));
        hears(&mut sim, citizen, "it/non_valido");
        assert_eq!(kept(&mut sim, citizen), [], "{node}, {said} ms");
        assert_eq!(sim.tapes.discarded.len(), 1);
        ends_well(sim);
    }
}

#[test]
fn who_goes_on_and_on_is_stopped_at_the_limit() {
    let mut sim = world(PLAIN);
    let citizen = at_the_tone(&mut sim);
    sim.speaks(citizen, true);
    hears(&mut sim, citizen, "it/scelto_empoli");
    assert_eq!(kept(&mut sim, citizen), [(Some("tributi".to_owned()), 30.0)]);
    ends_well(sim);
}

#[test]
fn key_before_the_tone_is_over_says_that_there_is_nothing_to_say() {
    let mut sim = world(PLAIN);
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, TONE);
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/non_valido");
    assert!(!sim.facts.iter().any(|entry| matches!(entry.fact, Fact::TakeBegun { .. })));
    ends_well(sim);
}

#[test]
fn recording_that_cannot_be_written_leads_by_error_and_the_journal_says_why() {
    let mut sim = world(PLAIN);
    sim.tapes.full = true;
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "it/scuse");
    assert_eq!(failures(&sim), ["the recording could not be written: No space left on device"]);
    assert_eq!(kept(&mut sim, citizen), []);
    ends_well(sim);
}

#[test]
fn citizen_who_refused_to_be_recorded_is_not() {
    let mut sim = world(PLAIN);
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "it/allerta");
    sim.press(citizen, "*");
    hears(&mut sim, citizen, "it/scuse");
    assert_eq!(failures(&sim), ["the citizen does not want to be recorded"]);
    ends_well(sim);
}

#[test]
fn caller_who_records_again_and_again_does_not_fill_the_disk() {
    let mut sim = world(REVIEWED);
    let citizen = at_the_tone(&mut sim);
    for _ in 0..20 {
        says(&mut sim, citizen, SECOND);
        sim.press(citizen, "#");
        hears(&mut sim, citizen, "it/grazie");
        sim.press(citizen, "2");
        sim.until("a tone, or no more", |sim| sim.is_taken(citizen) || sim.hears(citizen, "it/scuse"));
    }
    hears(&mut sim, citizen, "it/scuse");
    assert_eq!(failures(&sim), ["this call has been recorded often enough"]);
    ends_well(sim);
}

#[test]
fn message_that_a_crash_cuts_off_is_kept_and_the_record_is_not() {
    for (node, length) in [(PLAIN, Some(7.0)), (RECORD, None)] {
        let mut sim = world(node);
        let citizen = at_the_tone(&mut sim);
        says(&mut sim, citizen, 7 * SECOND);
        sim.crash(Crash::Kill);
        sim.start_exchange();
        let lengths: Vec<f64> = kept(&mut sim, citizen).into_iter().map(|(_, length)| length).collect();
        assert_eq!(lengths, Vec::from_iter(length), "{node}");
        assert_eq!(sim.contact(citizen).ended_by, Some(EndedBy::Crash));
        assert_eq!(sim.tapes.discarded.len(), usize::from(length.is_none()));
        ends_well(sim);
    }
}

#[test]
fn message_that_waits_for_its_confirmation_survives_a_crash() {
    let mut sim = world(REVIEWED);
    let citizen = at_the_tone(&mut sim);
    says(&mut sim, citizen, 7 * SECOND);
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/grazie");
    sim.advance(SECOND);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(kept(&mut sim, citizen), [(Some("tributi".to_owned()), 7.0)]);
    sim.crash(Crash::Kill);
    sim.start_exchange();
    assert_eq!(kept(&mut sim, citizen).len(), 1, "once");
    ends_well(sim);
}

#[test]
fn citizen_who_calls_at_night_leaves_a_message_for_the_operators() {
    let mut sim = Sim::new().starting_at("2026-11-24T21:00:00+01:00[Europe/Rome]");
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "it/offri_messaggio");
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "it/lasci_messaggio");
    sim.until("the tone is over", |sim| sim.is_taken(citizen));
    says(&mut sim, citizen, 20 * SECOND);
    sim.press(citizen, "#");
    hears(&mut sim, citizen, "it/rivedi_messaggio");
    sim.press(citizen, "1");
    hears(&mut sim, citizen, "it/messaggio_lasciato");
    assert_eq!(kept(&mut sim, citizen), [(Some("generale".to_owned()), 20.0)]);
    assert_eq!(case_of(&mut sim, citizen).status, CaseStatus::New);
    ends_well(sim);
}

#[test]
fn message_is_whole_when_the_exchange_stops() {
    let mut sim = world(PLAIN);
    let citizen = at_the_tone(&mut sim);
    says(&mut sim, citizen, 4 * SECOND);
    sim.command(Command::Stop { drain: Duration::ZERO });
    sim.advance(10 * SECOND);
    assert!(sim.stopped);
    assert_eq!(kept(&mut sim, citizen).len(), 1);
    sim.oracle.all_closed().expect("what was said is kept");
}
