//! Journeys of callers through the demo flow and through small flows made for one question.

use super::*;

/// A flow around the nodes of one question: declares prompts `a` to `d` and two ends.
pub(super) fn small(nodes: &str) -> Arc<Flow> {
    parsed(&small_text(nodes))
}

fn small_text(nodes: &str) -> String {
    format!(
        r#"
schema: 1
id: "prova"
languages: [it, en]
start: inizio
vars:
  numero: {{type: digits, default: ""}}
  passi: {{type: number, default: 0}}
  nome: {{type: string, default: x}}
  ticket: {{type: object}}
defaults:
  input: {{timeout: 5s, inter_digit: 2s, retries: 1}}
  queue: {{exits: {{answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine}}}}
prompts:
  a: {{it: "Uno", en: "One"}}
  b: {{it: "Due", en: "Two"}}
  sbagliato: {{it: "No", en: "No"}}
  silenzio: {{it: "Mah", en: "Hm"}}
  letto: {{it: "Hai scritto ${{digits(vars.numero)}}. Grazie ${{ordinal(vars.passi)}}.", en: "${{digits(vars.numero)}}"}}
nodes:
  fine: {{type: hangup}}
  guasto: {{type: hangup, prompt: b}}
{nodes}
"#
    )
}

#[test]
fn demo_flow_names_every_recording_it_needs_and_has_a_text_for_each() {
    let flow = parsed(DEMO);
    let of = |flow: &'static str| parsed(flow);
    let (demo, status, recall) = (of(DEMO), of(STATUS), of(RECALL));
    let texts: BTreeSet<(&Language, &str)> = [&demo, &status, &recall]
        .into_iter()
        .flat_map(|flow| flow.prompt_texts().map(|(language, sound, _)| (language, sound)))
        .collect();
    assert_eq!(texts, flow.sounds_needed());
    assert_eq!(flow.music_needed(), BTreeSet::new(), "it is the queue's, or the Ente's");
}

#[test]
fn prompt_with_values_is_cut_into_numbered_recordings() {
    let flow = small("  inizio: {type: play, prompt: letto, exits: {error: guasto}, to: fine}");
    let it: Vec<_> = flow.prompt_texts().filter(|(language, ..)| language.as_str() == "it").collect();
    assert!(it.iter().any(|(_, sound, text)| (*sound, *text) == ("letto.1", "Hai scritto")), "{it:?}");
    assert!(it.iter().any(|(_, sound, text)| (*sound, *text) == ("letto.2", "Grazie")), "{it:?}");
    assert!(it.iter().all(|(_, sound, _)| *sound != "letto.3"), "{it:?}");
}

#[test]
fn flow_may_be_shared_by_the_runs_of_many_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Flow>();
    shared::<FlowRun>();
}

#[test]
fn caller_who_presses_one_and_is_silent_comes_into_the_registry_queue() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.expect(&["@allerta", "@orario", "@benvenuto", "it/benvenuto"]);
    caller.listens().expect(&["@menu", "it/menu"]);
    caller.presses("1").expect(&["@anagrafe", "queue anagrafe"]);
    caller.is_silent_for(SECOND * 119).expect(&[]);
    caller.is_silent_for(SECOND).expect(&["it/offerta_richiamata"]);
    caller.is_silent_for(SECOND * 600).expect(&[]);
    caller.leaves_queue(QueueExit::Answered).expect(&["@voto", "ask Survey"]);
    caller.input(Input::Answer(RequestId(2), Answer::Declined));
    caller.expect(&["@fine", "it/grazie"]);
    caller.listens().expect(&["hangup"]);
    assert!(caller.run.is_over());
}

#[test]
fn caller_who_presses_during_the_notice_hears_it_to_the_end_and_the_key_counts() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.presses("1").expect(&["@allerta", "@orario", "@benvenuto", "it/benvenuto"]);
    caller.listens().expect(&["@menu", "@anagrafe", "queue anagrafe"]);
}

#[test]
fn citizen_who_presses_star_in_the_notice_is_not_recorded() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.presses("*1").listens();
    caller.expect(&[
        "@allerta",
        "@orario",
        "@benvenuto",
        "it/benvenuto",
        "@rifiuto",
        "tag record false",
        "@non_registrata",
        "@menu",
        "@anagrafe",
        "queue anagrafe",
    ]);
}

#[test]
fn silent_caller_is_asked_three_times_and_then_given_to_an_operator() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.listens().listens().heard.clear();
    for _ in 0..2 {
        caller.is_silent_for(SECOND * 5).expect(&[]);
        caller.is_silent_for(SECOND).expect(&["it/non_sento it/menu"]);
        caller.listens();
    }
    caller.is_silent_for(SECOND * 6).expect(&["@generale", "queue generale"]);
}

#[test]
fn caller_who_presses_wrong_keys_is_told_and_then_given_to_an_operator() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.listens().heard.clear();
    caller.presses("7").expect(&["it/non_valido it/menu"]);
    caller.presses("#").expect(&["it/non_valido it/menu"]);
    caller.presses("7").expect(&["@generale", "queue generale"]);
}

#[test]
fn caller_who_chooses_english_hears_english_and_can_go_back() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.heard.clear();
    let notice = |language: &str, name: &str| {
        [
            "@altra_lingua",
            name,
            &format!("tag language {language}"),
            "@benvenuto",
            &format!("{language}/benvenuto"),
        ]
        .map(str::to_owned)
    };
    for (language, name) in [("en", "@inglese"), ("it", "@italiano")] {
        caller.presses("9").listens();
        assert_eq!(caller.heard, notice(language, name), "the notice is heard in the language chosen");
        caller.heard.clear();
    }
}

#[test]
fn caller_who_chooses_another_city_and_a_topic_is_tagged_with_both() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.listens().heard.clear();
    caller.presses("443").expect(&[
        "@menu_altro",
        "it/menu_altro",
        "@menu_comuni",
        "it/menu_comuni",
        "@empoli",
        "tag empoli",
        "@scelto_empoli",
        "it/scelto_empoli",
    ]);
    caller.listens().expect(&["@menu", "it/menu"]);
    caller.presses("21").expect(&[
        "@menu_tributi",
        "it/menu_tributi",
        "@tari",
        "tag tributi/tari",
        "@tributi",
        "queue tributi",
    ]);
}

#[test]
fn information_node_is_marked_and_the_caller_may_hang_up_content() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.listens().heard.clear();
    caller.presses("4").expect(&["@menu_altro", "it/menu_altro"]);
    caller.presses("2").expect(&["@orari_uffici!", "it/orari_uffici"]);
    caller.listens().expect(&["@dopo_orari", "it/dopo_orari"]);
    caller.is_silent_for(SECOND * 6).expect(&["@fine", "it/grazie"]);
}

#[test]
fn schedule_of_a_flow_extends_one_of_the_configuration_and_says_what_differs() {
    let flow = parsed(
        &DEMO
            .replace(
                "\ndefaults:\n",
                "\nschedules:\n  ridotto: {extends: sportello, open: {sat: []}}\n\ndefaults:\n",
            )
            .replace("schedule: sportello", "schedule: ridotto"),
    );
    for (moment, node) in [
        ("2026-11-24T10:00", "@benvenuto"), // Tuesday, as in the configuration
        ("2026-11-28T10:00", "@chiuso"),    // Saturday, which differs
        ("2026-06-24T10:00", "@festivo"),
    ] {
        let caller = Caller::before(&flow).at(moment);
        assert!(caller.heard.contains(&node.to_owned()), "{moment}: {:?}", caller.heard);
    }
}

#[test]
fn callers_outside_the_hours_are_told_why() {
    for (moment, node) in [
        ("2026-11-24T07:59", "chiuso"),
        ("2026-11-22T11:30", "chiuso"),
        ("2026-06-24T11:00", "festivo"),
        ("2026-12-25T11:00", "festivo"),
    ] {
        let mut caller = Caller::before(&parsed(DEMO)).at(moment);
        caller.expect(&["@allerta", "@orario", &format!("@{node}"), &format!("it/{node}")]);
        caller.listens().expect(&["@offri_messaggio", "it/offri_messaggio"]);
        caller.is_silent_for(SECOND * 6).expect(&["@fine", "it/grazie"]);
    }
}

#[test]
fn every_exit_of_the_queue_ends_with_words_to_the_caller() {
    for (exit, node) in [
        (QueueExit::Closed, "coda_chiusa"),
        (QueueExit::Full, "coda_piena"),
        (QueueExit::NoSeats, "nessun_operatore"),
        (QueueExit::Timeout, "attesa_lunga"),
    ] {
        let mut caller = Caller::dials(&parsed(DEMO));
        caller.listens().presses("1").leaves_queue(exit);
        assert_eq!(caller.heard.last().unwrap(), &format!("it/{node}"), "{exit:?}");
        caller.listens();
        assert_eq!(caller.heard.last().unwrap(), "hangup");
    }
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.listens().presses("1").heard.clear();
    caller.leaves_queue(QueueExit::Error).expect(&["@scuse", "it/scuse"]);
}

#[test]
fn bulletin_is_information_only_while_it_is_on() {
    let flow = parsed(DEMO);
    let on = |closing, sound: Option<&str>| {
        let bulletin = Bulletin { sound: sound.map(str::to_owned), closing };
        Caller::before(&flow).with_bulletin("protezione-civile", bulletin).at("2026-11-24T10:00")
    };
    let mut caller = on(false, None);
    caller.expect(&["@allerta!", "it/allerta"]);
    caller.listens().expect(&["@orario", "@benvenuto", "it/benvenuto"]);
    let mut caller = on(true, Some("bollettini/neve"));
    caller.expect(&["@allerta!", "it/bollettini/neve"]);
    caller.listens().expect(&["@fine", "it/grazie"]);
}

#[test]
fn key_stops_a_play_that_may_be_stopped_and_answers_the_next_menu() {
    let flow = small(
        r#"
  inizio: {type: play, prompt: a, to: scelta}
  scelta: {type: menu, prompt: b, keys: {"1": fine, "2": guasto}, exits: {timeout: fine, invalid: fine}}"#,
    );
    Caller::dials(&flow).presses("2").expect(&["@inizio", "it/a", "@scelta", "@guasto", "it/b"]);
}

#[test]
fn menu_that_must_be_heard_keeps_the_key_until_its_end() {
    let flow = small(
        r#"
  inizio: {type: menu, prompt: a, barge_in: false, keys: {"1": fine}, exits: {timeout: guasto, invalid: guasto}}"#,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses("1").expect(&["@inizio", "it/a"]);
    caller.listens().expect(&["@fine", "hangup"]);
}

const COLLECT: &str = r##"
  inizio:
    type: collect
    prompt: a
    invalid: sbagliato
    silence: silenzio
    digits: {min: 3, max: 5, end: "#"}
    save: numero
    exits: {ok: letto, timeout: fine, invalid: guasto}
  letto: {type: play, prompt: letto, to: fine}"##;

#[test]
fn number_is_collected_until_its_end_key_or_a_pause() {
    let flow = small(COLLECT);
    let heard = ["@letto", "it/letto.1 it/pezzi/1 it/pezzi/2 it/pezzi/3"];
    for ends_with_a_pause in [true, false] {
        let mut caller = Caller::dials(&flow);
        caller.presses("123").expect(&["@inizio", "it/a"]);
        assert!(caller.run.keys_are_personal());
        match ends_with_a_pause {
            true => caller.is_silent_for(SECOND * 2),
            false => caller.presses("#"),
        };
        assert_eq!(caller.heard[0], heard[0]);
        assert!(caller.heard[1].starts_with(heard[1]), "{:?}", caller.heard);
    }
}

#[test]
fn number_too_short_or_too_long_is_asked_again_and_star_begins_anew() {
    let flow = small(COLLECT);
    let mut caller = Caller::dials(&flow);
    caller.presses("12#").expect(&["@inizio", "it/a", "it/sbagliato it/a"]);
    caller.presses("123456").expect(&["@guasto", "it/b"]);
    let mut caller = Caller::dials(&flow);
    caller.presses("99*456#");
    assert!(caller.heard[3].starts_with("it/letto.1 it/pezzi/4 it/pezzi/5 it/pezzi/6"), "{:?}", caller.heard);
}

#[test]
fn silent_caller_of_a_collect_leaves_by_timeout() {
    let mut caller = Caller::dials(&small(COLLECT));
    caller.is_silent_for(SECOND * 5).expect(&["@inizio", "it/a", "it/silenzio it/a"]);
    caller.is_silent_for(SECOND * 5).expect(&["@fine", "hangup"]);
}

#[test]
fn number_typed_ahead_of_its_question_is_taken_without_asking() {
    let flow = small(&COLLECT.replace("inizio:", "chiedi:").replacen(
        '\n',
        "\n  inizio: {type: play, prompt: b, barge_in: false, to: chiedi}\n",
        1,
    ));
    let mut caller = Caller::dials(&flow);
    caller.presses("4567#").listens();
    assert_eq!(caller.heard[..4], ["@inizio", "it/b", "@chiedi", "@letto"]);
}

#[test]
fn type_ahead_is_bounded() {
    let flow = small(
        r#"
  inizio: {type: play, prompt: a, barge_in: false, to: scelta}
  scelta: {type: menu, prompt: b, keys: {"1": scelta, "2": fine}, exits: {timeout: guasto, invalid: guasto}}"#,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses(&"1".repeat(32)).presses("2").listens();
    assert_eq!(caller.heard.len(), 2 + 32 + 2, "32 keys lead round the menu, which is then played");
}

#[test]
fn keys_of_a_queue_lead_out_and_others_do_nothing() {
    let flow = small(
        r##"
  inizio:
    type: queue
    queue: tributi
    keys: ["#"]
    offer_callback: {after: 60s, key: "*", when: "${queue.ewt_s > 240}"}
    exits: {key: fine, callback: guasto}"##,
    );
    let mut caller = Caller::dials(&flow);
    caller.presses("12*").expect(&["@inizio", "queue tributi"]);
    caller.is_silent_for(SECOND * 61).presses("*").expect(&[]);
    caller.queues.insert("tributi".into(), QueueFacts { waiting: 9, ewt_s: 300 });
    caller.presses("*").expect(&["dequeue", "@guasto", "it/b"]);
    let mut caller = Caller::dials(&flow);
    caller.presses("#").expect(&["@inizio", "queue tributi", "dequeue", "@fine", "hangup"]);
    caller.leaves_queue(QueueExit::Timeout).presses("1").expect(&[]);
}

#[test]
fn queue_and_entity_may_be_computed_and_must_exist() {
    let flow = small(
        r#"
  inizio: {type: set, vars: {nome: "${call.to == '055055' ? 'tributi' : 'nessuna'}", passi: 2}, to: in_coda}
  in_coda: {type: queue, queue: "${vars.nome}", exits: {error: guasto, answered: ente}}
  ente: {type: tag, entity: "${vars.nome}", exits: {error: guasto}, to: fine}"#,
    );
    let mut caller = Caller::dials(&flow);
    caller.expect(&["@inizio", "@in_coda", "queue tributi"]);
    caller.leaves_queue(QueueExit::Answered).expect(&[
        "@ente",
        "ente failed: there is no entity of that name",
        "@guasto",
        "it/b",
    ]);
    assert_eq!(caller.run.failure().unwrap().to_string(), "node `ente`: there is no entity of that name");
}

#[test]
fn expression_without_a_value_leads_to_the_error_exit_or_ends_the_call() {
    for (exits, heard) in [(", exits: {error: guasto}", "it/b"), ("", "hangup")] {
        let flow = small(&format!(
            "
  inizio: {{type: branch, when: [{{if: \"${{1 / vars.passi == 2}}\", to: fine}}], else: guasto{exits}}}"
        ));
        let mut caller = Caller::dials(&flow);
        assert_eq!(caller.heard.last().unwrap(), heard);
        assert!(caller.run.failure().is_some());
        caller.heard.clear();
    }
}

#[test]
fn caller_led_round_for_ever_is_hung_up_after_a_bounded_number_of_nodes() {
    let flow = small(
        r#"
  inizio: {type: menu, prompt: a, keys: {"1": fine, "2": guasto}, exits: {timeout: inizio, invalid: inizio}}"#,
    );
    let mut caller = Caller::dials(&flow);
    for _ in 0..2_000 {
        caller.is_silent_for(SECOND * 6);
        if caller.run.is_over() {
            break;
        }
    }
    assert_eq!(caller.run.failure().unwrap().to_string(), "node `inizio`: passed 1000 nodes in one call");
}

#[test]
fn lost_end_of_a_prompt_does_not_hold_the_call_for_ever() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.heard.clear();
    caller.playing = None;
    caller.is_silent_for(SECOND * 600).expect(&["@menu", "it/menu"]);
}

#[test]
fn inputs_that_do_not_fit_the_moment_change_nothing() {
    let mut caller = Caller::dials(&parsed(DEMO));
    caller.heard.clear();
    caller.input(Input::Timeout);
    caller.input(Input::QueueExit(QueueExit::Full));
    caller.expect(&[]);
    caller.listens().presses("1").heard.clear();
    caller.input(Input::Played);
    caller.input(Input::Timeout);
    caller.expect(&[]);
}

#[test]
fn any_sequence_of_keys_silences_and_queue_exits_ends_in_a_state_that_waits_or_is_over() {
    use rand::{RngExt, SeedableRng};
    let flow = parsed(DEMO);
    for seed in 0..300 {
        let mut chance = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
        let mut caller = Caller::dials(&flow);
        for _ in 0..60 {
            match chance.random_range(0..5) {
                0 | 1 => {
                    let keys = ['0', '1', '2', '3', '4', '4', '9', '*', '#', 'D'];
                    caller.presses(&keys[chance.random_range(0..keys.len())].to_string());
                }
                2 if caller.playing.is_some() => drop(caller.listens()),
                3 => drop(caller.is_silent_for(SECOND * 3)),
                4 => drop(caller.leaves_queue(QueueExit::Timeout)),
                _ => {}
            }
            let waits = caller.run.poll_timeout().is_some()
                || caller.heard.iter().any(|said| said.starts_with("queue"));
            assert!(waits || caller.run.is_over(), "seed {seed}: {:#?}", caller.heard);
        }
    }
}

#[test]
fn test_says_how_long_the_wait_is_and_the_call_back_is_offered_by_it() {
    let flow = |test: &str| {
        parsed(&format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: coda\nprompts: {{p: {{it: Uno}}}}\nnodes:\n  coda: {{type: queue, queue: tributi, offer_callback: {{key: \"1\", when: \"${{queue.ewt_s > 240 && queue.waiting > 3}}\"}}, exits: {{answered: fine, closed: fine, full: fine, no_seats: fine, timeout: fine, callback: richiama}}}}\n  richiama: {{type: play, prompt: p, to: fine}}\n  fine: {{type: hangup}}\ntests:\n  - {{name: t, at: \"2026-11-24T10:00\", keys: [{{coda: \"1\"}}], {test}}}\n"
        ))
    };
    for (test, failures) in [
        ("queues: {tributi: {waiting: 4, ewt_s: 300}}, path: [coda, richiama, fine]", 0),
        ("queues: {tributi: {waiting: 4, ewt_s: 200}}, path: [coda, fine]", 0),
        ("path: [coda, richiama, fine]", 1),
    ] {
        assert_eq!(flow(test).test(&sportello()).failures.len(), failures, "{test}");
    }
}
