//! Nodes that ask the world, sub-flows, recordings, surveys: what callers meet there, and what the world is asked.

use super::journey::small;
use super::*;
use crate::flow::request::{Request, Target};

fn answered(caller: &mut Caller, answer: Answer) -> &mut Caller {
    caller.requests += 1;
    caller.input(Input::Answer(RequestId(caller.requests), answer));
    caller
}

fn object(json: &str) -> Answer {
    Answer::Ok(Some(Value::from_json(json).unwrap()))
}

const HTTP: &str = r##"
  inizio: {type: set, vars: {numero: "12"}, to: cerca}
  cerca:
    type: http
    connector: segnalazioni
    request: {path: "/ticket/${vars.numero}", method: POST, body: {chi: "${call.from}", giri: 3}}
    filler: a
    timeout: 3s
    retries: 1
    save: ticket
    exits: {ok: aperta, not_found: fine, error: guasto}
  aperta: {type: branch, when: [{if: "${vars.ticket.stato == 'urgente'}", to: fine}], else: guasto}"##;

#[test]
fn connector_is_asked_while_the_caller_hears_words_and_the_answer_can_be_branched_on() {
    let mut caller = Caller::dials(&small(HTTP));
    let Some(Request::Http { path, body, retries: 1, .. }) = caller.asked.clone() else {
        panic!("{:?}", caller.asked)
    };
    assert_eq!(path.text, "/ticket/12");
    assert!(path.personal, "digits are about a person");
    assert_eq!(body.unwrap().text, r#"{"chi":"+390552768224","giri":3}"#);
    assert_eq!(caller.heard[..3], ["@inizio", "@cerca", "it/a"]);
    answered(&mut caller, object(r#"{"stato": "urgente"}"#));
    assert_eq!(caller.heard[4..], ["@aperta", "@fine", "hangup"]);
}

#[test]
fn connector_that_fails_or_says_nothing_leads_to_the_error_exit_and_the_journal_is_told() {
    let mut caller = Caller::dials(&small(HTTP));
    answered(&mut caller, Answer::Error("connection refused".to_owned()));
    assert_eq!(caller.heard[4..], ["cerca failed: connection refused", "@guasto", "it/b"]);
    let mut caller = Caller::dials(&small(HTTP));
    caller.listens().is_silent_for(SECOND * 8);
    assert_eq!(caller.heard[4..], ["cerca failed: there was no answer in time", "@guasto", "it/b"]);
    // Too late: the caller is elsewhere.
    answered(&mut caller, object("{}"));
    assert_eq!(caller.heard.len(), 7);
}

#[test]
fn what_a_request_tells_about_a_person_does_not_print() {
    let flow = small(
        r##"
  inizio:
    type: message
    by: sms
    to: "${call.from}"
    text: {it: "Grazie, ${call.from}.", en: "Thank you."}
    exits: {ok: fine, error: guasto}"##,
    );
    let caller = Caller::dials(&flow);
    assert!(!format!("{:?}", caller.asked).contains("2768224"), "{:?}", caller.asked);
    let Some(Request::Message { to, text, .. }) = &caller.asked else { panic!() };
    assert_eq!((to.text.as_str(), text.text.as_str()), ("+390552768224", "Grazie, +390552768224."));
}

#[test]
fn each_end_that_the_world_decides_has_its_exit() {
    let node = |fields: &str| {
        small(&format!(
            "  inizio: {{{fields}}}\n  altro: {{type: play, prompt: a, to: guasto}}\n  tre: {{type: play, prompt: sbagliato, to: fine}}"
        ))
    };
    for (fields, answer, heard) in [
        (
            "type: callback, number: \"${call.from}\", queue: tributi, save: ticket, exits: {booked: fine, declined: altro, full: tre}",
            Answer::Declined,
            "it/a",
        ),
        (
            "type: callback, number: \"${call.from}\", queue: tributi, exits: {booked: fine, declined: altro, full: tre}",
            Answer::Full,
            "it/sbagliato",
        ),
        (
            "type: transfer, to: \"0552768224\", exits: {done: fine, busy: altro, error: tre}",
            Answer::Busy,
            "it/a",
        ),
        (
            "type: transfer, queue: tributi, exits: {done: fine, error: tre, busy: altro}",
            Answer::NoAnswer,
            "it/sbagliato",
        ),
        (
            "type: lookup, in: knowledge, key: anagrafe, save: ticket, exits: {ok: altro, not_found: tre}",
            object("{}"),
            "it/a",
        ),
        (
            "type: case, do: remind, number: \"1001\", exits: {ok: altro, not_found: tre}",
            Answer::NotFound,
            "it/sbagliato",
        ),
        (
            "type: case, do: complain, number: \"1001\", exits: {ok: altro, not_found: tre}",
            Answer::Ok(None),
            "it/a",
        ),
    ] {
        let mut caller = Caller::dials(&node(fields));
        answered(&mut caller, answer);
        assert_eq!(caller.heard.last().unwrap(), heard, "{fields}");
    }
}

#[test]
fn transfer_goes_to_a_number_or_to_a_queue() {
    let to = |field: &str| {
        let node = format!("  inizio: {{type: transfer, {field}, exits: {{done: fine, error: guasto}}}}");
        match Caller::dials(&small(&node)).asked {
            Some(Request::Transfer { to, .. }) => to,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(to("to: \"0552768224\""), Target::Number(number) if number.text == "0552768224"));
    assert!(matches!(to("queue: tributi"), Target::Queue(queue) if queue.as_str() == "tributi"));
}

const RECORD: &str = r##"
  inizio:
    type: voicemail
    prompt: a
    queue: tributi
    max: 60s
    review: b
    exits: {recorded: fine, empty: guasto}"##;

#[test]
fn message_is_recorded_played_back_recorded_again_and_kept() {
    let mut caller = Caller::dials(&small(RECORD));
    caller.expect(&["@inizio", "it/a"]);
    caller.listens();
    assert!(caller.heard[0].starts_with("ask Record"), "{:?}", caller.heard);
    caller.heard.clear();
    caller.presses("5#").expect(&["stop recording"]);
    answered(&mut caller, object(r#"{"seconds": 9}"#)).expect(&["it/b"]);
    caller.presses("3").expect(&["(recording) it/b"]);
    caller.presses("2").expect(&["drop", "it/a"]);
    caller.listens().heard.clear();
    answered(&mut caller, object(r#"{"seconds": 5}"#)).expect(&["it/b"]);
    caller.presses("1").expect(&["keep Some(QueueId(\"tributi\"))", "@fine", "hangup"]);
}

#[test]
fn caller_who_says_nothing_to_the_review_leaves_the_message_and_nothing_said_is_told_apart() {
    let mut caller = Caller::dials(&small(RECORD));
    caller.listens();
    answered(&mut caller, object("{}"));
    caller.heard.clear();
    caller.falls_silent();
    caller.expect(&["it/b", "keep Some(QueueId(\"tributi\"))", "@fine", "hangup"]);
    let mut caller = Caller::dials(&small(RECORD));
    caller.listens();
    answered(&mut caller, Answer::Empty);
    assert_eq!(caller.heard.last().unwrap(), "it/b", "the words of `guasto`");
}

#[test]
fn survey_takes_one_key_a_question_and_is_skipped_by_the_silent() {
    let flow = small(
        r##"
  inizio:
    type: survey
    questions: [{id: utile, prompt: a, range: [1, 5]}, {id: tempo, prompt: b, range: [1, 3]}]
    invalid: sbagliato
    exits: {done: fine, skipped: guasto}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.expect(&["@inizio", "ask Survey"]).heard.clear();
    answered(&mut caller, Answer::Ok(None)).presses("4").presses("9").presses("2");
    caller.expect(&["it/a", "utile: 4", "it/b", "it/sbagliato it/b", "tempo: 2", "@fine", "hangup"]);
    let mut caller = Caller::dials(&flow);
    answered(&mut caller, Answer::Ok(None)).presses("4").heard.clear();
    caller.falls_silent();
    assert_eq!(caller.heard, ["it/b", "@guasto", "it/b", "hangup"]);
    let mut caller = Caller::dials(&flow);
    caller.heard.clear();
    answered(&mut caller, Answer::Declined);
    assert_eq!(caller.heard, ["@guasto", "it/b"], "whom the draw does not fall on hears no question");
}

#[test]
fn subflow_has_variables_of_its_own_and_gives_back_what_is_asked_for() {
    let flow = small(
        r##"
  inizio:
    type: subflow
    flow: identifica
    version: 1
    with: {prova: 3}
    save: {numero: caso}
    exits: {trovato: letto, rinuncia: guasto}
  letto: {type: play, prompt: letto, to: fine}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.expect(&["@inizio", "@identifica/chiedi", "it/numero_caso"]);
    caller.presses("1001#");
    assert_eq!(caller.heard[..2], ["@identifica/trovato", "@letto"]);
    assert!(caller.heard[2].starts_with("it/letto.1 it/pezzi/1 it/pezzi/0"), "{:?}", caller.heard);
    let mut caller = Caller::dials(&flow);
    caller.falls_silent();
    assert!(caller.heard.contains(&"@guasto".to_owned()), "{:?}", caller.heard);
    assert!(flow.sounds_needed().contains(&(&"it".into(), "numero_caso")));
}

#[test]
fn number_is_read_back_and_taken_or_asked_again() {
    let flow = small(
        r##"
  inizio:
    type: collect
    prompt: a
    confirm: letto
    digits: {min: 2, max: 4, end: "#"}
    save: numero
    exits: {ok: fine, timeout: fine, invalid: guasto}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses("12#");
    assert!(caller.heard[2].starts_with("it/letto.1 it/pezzi/1 it/pezzi/2"), "{:?}", caller.heard);
    caller.presses("2");
    assert_eq!(caller.heard[3], "it/a");
    caller.presses("34#").presses("1");
    assert_eq!(caller.heard[5..], ["@fine", "hangup"]);
}

#[test]
fn date_and_telephone_number_are_collected_without_an_end_key() {
    let flow = small(
        r##"
  inizio:
    type: collect
    kind: date
    prompt: a
    invalid: sbagliato
    save: nome
    exits: {ok: fine, timeout: fine, invalid: guasto}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses("31112026").expect(&["@inizio", "it/a", "it/sbagliato it/a"]);
    caller.presses("30112026").expect(&["@fine", "hangup"]);
}

#[test]
fn words_after_wrong_keys_and_silences_escalate() {
    let flow = small(
        r##"
  inizio:
    type: menu
    prompt: a
    invalid: [sbagliato, b]
    silence: [silenzio]
    retries: 3
    keys: {"1": fine}
    exits: {timeout: fine, invalid: guasto}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses("9").presses("8").presses("7");
    caller.expect(&["@inizio", "it/a", "it/sbagliato it/a", "it/b it/a", "it/b it/a"]);
    let mut caller = Caller::dials(&flow);
    caller.falls_silent();
    assert_eq!(caller.heard[2..5], ["it/silenzio it/a", "it/silenzio it/a", "it/silenzio it/a"]);
}

#[test]
fn menu_without_type_ahead_forgets_keys_pressed_before() {
    for (type_ahead, heard) in [("true", "@fine"), ("false", "it/b")] {
        let flow = small(&format!(
            r##"
  inizio: {{type: play, prompt: a, barge_in: false, to: scelta}}
  scelta: {{type: menu, prompt: b, type_ahead: {type_ahead}, keys: {{"1": fine}}, exits: {{timeout: fine, invalid: guasto}}}}"##
        ));
        let mut caller = Caller::dials(&flow);
        caller.presses("1").listens();
        assert_eq!(caller.heard[3], heard);
    }
}

#[test]
fn menu_reaches_twelve_choices() {
    let keys = "0123456789*#";
    let plan: String = keys.chars().map(|key| format!("\"{key}\": fine, ")).collect();
    let flow = small(&format!(
        "  inizio: {{type: menu, prompt: a, keys: {{{plan}}}, exits: {{timeout: guasto, invalid: guasto}}}}"
    ));
    for key in keys.chars() {
        let mut caller = Caller::dials(&flow);
        caller.presses(&key.to_string()).expect(&["@inizio", "it/a", "@fine", "hangup"]);
    }
}
