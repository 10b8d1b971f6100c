//! Flows that ask the world outside: what callers hear of it, and what is on record. One scenario each, in virtual time.

use std::time::Duration;

use centralino::config::{Article, Connector};
use centralino::crm::{Case, Reminder};
use centralino::engine::{Command, Told};
use centralino::flow::Value;
use centralino::journal::entry::Fact;
use centralino::journal::sim_disk::Crash;
use centralino::switches::{Closing, Scope, Switch};
use centralino::views::Views;
use centralino::words::{Outcome, Plea};

use crate::sim::phone::{Line, Manner, PhoneId};
use crate::sim::{Setting, Sim};

const SECOND: Duration = Duration::from_secs(1);

/// A flow whose node `chiede` asks with `numero`, which the caller keys in. `ok` leads to the branch `trovato`.
fn asking(node: &str, found: &str) -> String {
    format!(
        r##"
schema: 1
id: "055055"
languages: [it]
start: numero
vars:
  numero: {{type: digits, default: ""}}
  esito: {{type: object}}
defaults: {{error: guasto, input: {{timeout: 5s, inter_digit: 2s, retries: 1}}}}
prompts:
  menu: {{it: "Il numero, poi cancelletto."}}
  grazie: {{it: "Trovato."}}
  scelto_empoli: {{it: "Nuovo, da oggi."}}
  non_valido: {{it: "Non c'è."}}
  scuse: {{it: "Non riusciamo."}}
nodes:
  numero: {{type: collect, prompt: menu, digits: {{min: 1, max: 9, end: "#"}}, save: numero, exits: {{ok: chiede, timeout: via, invalid: via}}}}
  chiede: {{{node}, save: esito, exits: {{ok: trovato, not_found: manca, error: guasto}}}}
  trovato: {{type: branch, when: [{{if: "${{{found}}}", to: nuovo}}], else: altro}}
  nuovo: {{type: play, prompt: scelto_empoli, to: via}}
  altro: {{type: play, prompt: grazie, to: via}}
  manca: {{type: play, prompt: non_valido, to: via}}
  guasto: {{type: play, prompt: scuse, to: via}}
  via: {{type: hangup}}
"##
    )
}

fn world(node: &str, found: &str) -> Sim {
    Sim::with(Setting::demo().with_flow(&asking(node, found)), 1)
}

/// A citizen who keys in this number.
fn asks(sim: &mut Sim, number: &str) -> PhoneId {
    let citizen = sim.call("055055");
    sim.until("the number is asked for", |sim| sim.hears(citizen, "it/menu"));
    sim.press(citizen, &format!("{number}#"));
    citizen
}

#[track_caller]
fn hears(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    sim.until(sound, |sim| sim.hears(citizen, sound));
}

/// A citizen whose call opened a case, long ago.
fn case_of_an_earlier_call(sim: &mut Sim) -> Case {
    let earlier = sim.call("055055");
    sim.hang_up(earlier);
    let id = sim.contact(earlier).case.expect("a citizen's call has a case");
    sim.views().case(id).expect("memory does not fail").expect("every call opens a case")
}

fn failures(sim: &Sim) -> Vec<String> {
    let why = |fact: &Fact| match fact {
        Fact::NodeFailed { why, .. } => Some(why.clone()),
        _ => None,
    };
    sim.facts.iter().filter_map(|entry| why(&entry.fact)).collect()
}

#[test]
fn citizen_hears_how_far_a_case_is_by_its_number_and_nothing_about_whose_it_is() {
    let status = "type: case, do: status, number: \"${vars.numero}\"";
    let lookup = "type: lookup, in: cases, key: \"${vars.numero}\"";
    let told = "vars.esito.status == 'new' && vars.esito.opened == '2026-11-24' && size(vars.esito) == 3";
    for node in [status, lookup] {
        let mut sim = world(node, told);
        let case = case_of_an_earlier_call(&mut sim);
        let citizen = asks(&mut sim, &case.case.to_string());
        hears(&mut sim, citizen, "it/scelto_empoli");
        let citizen = asks(&mut sim, "999999999");
        hears(&mut sim, citizen, "it/non_valido");
        assert!(failures(&sim).is_empty(), "{:?}", failures(&sim));
        sim.verdict().unwrap();
    }
}

#[test]
fn reminder_and_complaint_are_kept_with_the_case_and_with_the_contact() {
    for (act, plea) in [("remind", Plea::Reminder), ("complain", Plea::Complaint)] {
        let mut sim = world(&format!("type: case, do: {act}, number: \"${{vars.numero}}\""), "false");
        let case = case_of_an_earlier_call(&mut sim);
        let nobody = asks(&mut sim, "999999999");
        hears(&mut sim, nobody, "it/non_valido");
        let citizen = asks(&mut sim, &case.case.to_string());
        hears(&mut sim, citizen, "it/grazie");
        let contact = sim.contact(citizen).contact;
        let row = sim.views().case(case.case).expect("memory does not fail").expect("still there");
        let reminders: Vec<_> =
            row.reminders.iter().map(|Reminder { contact, plea, .. }| (*contact, *plea)).collect();
        assert_eq!(reminders, [(contact, plea)]);
        let story = sim.views().contact(contact).expect("memory does not fail").expect("a contact").story;
        assert!(story.iter().any(|entry| matches!(entry.fact, Fact::CaseReminded { .. })));
        sim.verdict().unwrap();
    }
}

#[test]
fn answer_that_comes_too_late_or_after_the_call_changes_nothing() {
    let mut sim = world("type: case, do: remind, number: \"${vars.numero}\"", "false");
    let case = case_of_an_earlier_call(&mut sim);
    sim.outside.store_takes = 20 * SECOND;
    let gone = asks(&mut sim, &case.case.to_string());
    let waits = asks(&mut sim, &case.case.to_string());
    sim.advance(SECOND);
    sim.hang_up(gone);
    hears(&mut sim, waits, "it/scuse");
    assert_eq!(failures(&sim), ["there was no answer in time"]);
    sim.advance(60 * SECOND);
    let row = sim.views().case(case.case).expect("memory does not fail").expect("still there");
    assert!(row.reminders.is_empty());
    sim.verdict().unwrap();
}

#[test]
fn article_is_found_by_its_key_in_the_citizen_s_language_while_it_holds() {
    let article = |language: &str, from: &str, until: &str| Article {
        title: "Rifiuti".to_owned(),
        say: [(language.into(), "Si comincia alle sei.".to_owned())].into(),
        from: from.parse().ok(),
        until: until.parse().ok(),
    };
    // It is the 24th of November.
    let articles = [
        ("1", article("it", "", ""), "it/scelto_empoli"),
        ("2", article("it", "2026-11-24", "2026-11-24"), "it/scelto_empoli"),
        ("3", article("it", "2026-11-25", ""), "it/non_valido"),
        ("4", article("it", "", "2026-11-23"), "it/non_valido"),
        ("5", article("en", "", ""), "it/non_valido"),
    ];
    let known = articles.clone().map(|(key, article, _)| (key.to_owned(), article));
    let setting = Setting::demo().with_config(|config| config.knowledge = known.into());
    let node = "type: lookup, in: knowledge, key: \"${vars.numero}\"";
    let found = "vars.esito.title == 'Rifiuti' && vars.esito.text == 'Si comincia alle sei.' && size(vars.esito) == 3";
    let mut sim = Sim::with(setting.with_flow(&asking(node, found)), 1);
    for (key, sound) in
        articles.map(|(key, _, sound)| (key, sound)).into_iter().chain([("6", "it/non_valido")])
    {
        let citizen = asks(&mut sim, key);
        hears(&mut sim, citizen, sound);
    }
    assert!(failures(&sim).is_empty(), "{:?}", failures(&sim));
    sim.verdict().unwrap();
}

/// A world with a connector, and a flow that asks it.
fn with_connector() -> Sim {
    with_connector_asked_by(str::to_owned)
}

/// The same with a flow that is somewhat different.
fn with_connector_asked_by(other: impl Fn(&str) -> String) -> Sim {
    let node = "type: http, connector: segnalazioni, request: {path: \"/ticket/${vars.numero}\"}, timeout: 3s, retries: 1";
    let connector = Connector {
        address: "https://segnalazioni.comune.example".to_owned(),
        credential: None,
        ca_file: None,
        max_answer_bytes: 65_536,
        max_time: 10 * SECOND,
        max_requests: 4,
    };
    let setting = Setting::demo()
        .with_config(|config| drop(config.connectors.insert("segnalazioni".to_owned(), connector)));
    Sim::with(setting.with_flow(&other(&asking(node, "vars.esito.stato == 'urgente'"))), 1)
}

#[test]
fn connector_s_answer_leads_the_citizen_on_by_its_meaning() {
    let answer = |json: &str| Told::Answered(Some(Value::from_json(json).expect("JSON")));
    for (told, sound) in [
        (answer(r#"{"stato": "urgente"}"#), "it/scelto_empoli"),
        (answer(r#"{"stato": "aperta"}"#), "it/grazie"),
        (Told::NotFound, "it/non_valido"),
        (Told::Failed("the server answers 500".to_owned()), "it/scuse"),
        // Not what the flow counts on.
        (answer(r#"["urgente"]"#), "it/scuse"),
        (answer("{}"), "it/scuse"),
    ] {
        let mut sim = with_connector();
        sim.outside.connectors.push_back((SECOND, told.clone()));
        let citizen = asks(&mut sim, "12");
        sim.until(&format!("{sound} after {told:?}"), |sim| sim.hears(citizen, sound));
        assert_eq!(sim.outside.asked[0].path.text, "/ticket/12");
        assert_eq!(failures(&sim).is_empty(), sound != "it/scuse");
        sim.verdict().unwrap();
    }
}

#[test]
fn citizen_does_not_wait_for_a_connector_that_answers_never_or_too_late() {
    for late in [None, Some(9 * SECOND)] {
        let mut sim = with_connector();
        let told = Told::Answered(None);
        sim.outside.connectors.extend(late.map(|late| (late, told)));
        let citizen = asks(&mut sim, "12");
        sim.advance(7 * SECOND);
        assert!(sim.plays(citizen).is_empty(), "twice three seconds, and the way there and back");
        sim.advance(SECOND + SECOND / 2);
        assert!(sim.hears(citizen, "it/scuse"), "{late:?} {:?}", sim.plays(citizen));
        sim.advance(60 * SECOND);
        assert_eq!(failures(&sim), ["there was no answer in time"]);
        sim.verdict().unwrap();
    }
}

#[test]
fn late_answer_does_not_take_the_place_of_the_one_that_is_waited_for() {
    let mut sim = with_connector_asked_by(|flow| {
        let again = flow.lines().find(|line| line.starts_with("  chiede:")).expect("the node that asks");
        let again = again.replace("  chiede:", "  ancora:");
        let first =
            flow.replacen("not_found: manca, error: guasto}}", "not_found: manca, error: ancora}}", 1);
        first.replace("  via: {type", &format!("{again}\n  via: {{type"))
    });
    let told = |state: &str| {
        let answer = Value::from_json(&format!(r#"{{"stato": "{state}"}}"#)).expect("JSON");
        Told::Answered(Some(answer))
    };
    sim.outside.connectors.extend([(9 * SECOND, told("aperta")), (5 * SECOND, told("urgente"))]);
    let citizen = asks(&mut sim, "12");
    hears(&mut sim, citizen, "it/scelto_empoli");
    assert_eq!((sim.outside.asked.len(), failures(&sim).len()), (2, 1));
    sim.verdict().unwrap();
}

/// A flow that queues a message each time its menu is answered with 1.
const LETTERS: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: scelta
defaults: {error: guasto, input: {timeout: 5s, inter_digit: 2s, retries: 1}}
prompts:
  menu: {it: "Per un SMS, prema 1."}
  grazie: {it: "Arriva."}
  scuse: {it: "Non riusciamo."}
nodes:
  scelta: {type: menu, prompt: menu, keys: {"1": scrive}, exits: {timeout: via, invalid: via}}
  scrive: {type: message, by: sms, to: "${call.from}", text: {it: "Il modulo: comune.example/m"}, exits: {ok: detto, error: guasto}}
  detto: {type: play, prompt: grazie, to: scelta}
  guasto: {type: play, prompt: scuse, to: via}
  via: {type: hangup}
"##;

/// Presses 1 and hears what came of it.
#[track_caller]
fn wants_a_message(sim: &mut Sim, citizen: PhoneId, sound: &str) {
    hears(sim, citizen, "it/menu");
    sim.press(citizen, "1");
    hears(sim, citizen, sound);
}

fn outbox(sim: &mut Sim) -> Vec<Option<String>> {
    let views = sim.views();
    let keys = sim.store().journal().keys();
    let messages = views.messages(10, None).expect("memory does not fail");
    messages.iter().map(|message| message.line(&keys).to).collect()
}

#[test]
fn message_is_in_the_outbox_when_the_citizen_hears_so_though_the_power_is_cut() {
    let mut sim = Sim::with(Setting::demo().with_flow(LETTERS), 1);
    let citizen = sim.call("055055");
    wants_a_message(&mut sim, citizen, "it/grazie");
    sim.crash(Crash::PowerCut);
    sim.start_exchange();
    let number = sim.phones[&citizen].name.to_string();
    assert_eq!(outbox(&mut sim), [Some(number)]);
    sim.verdict().unwrap();
}

#[test]
fn call_queues_three_messages_and_no_more() {
    let mut sim = Sim::with(Setting::demo().with_flow(LETTERS), 1);
    let citizen = sim.call("055055");
    for sound in ["it/grazie", "it/grazie", "it/grazie", "it/scuse"] {
        wants_a_message(&mut sim, citizen, sound);
    }
    assert_eq!(outbox(&mut sim).len(), 3);
    assert_eq!(failures(&sim), ["this call has queued enough messages"]);
    sim.verdict().unwrap();
}

#[test]
fn nothing_is_promised_without_a_number_or_while_the_disk_does_not_keep_up() {
    let mut sim = Sim::with(Setting::demo().with_flow(LETTERS), 1);
    let stranger = sim.dial_from("anonymous", "055055");
    wants_a_message(&mut sim, stranger, "it/scuse");
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "it/menu");
    let until = sim.now + 60 * SECOND;
    sim.store().stall(until);
    wants_a_message(&mut sim, citizen, "it/scuse");
    assert_eq!(
        failures(&sim),
        [
            "an SMS cannot go to this number: it has not 6 to 15 digits",
            "the store did not keep the message in time"
        ]
    );
    sim.verdict().unwrap();
}

/// A flow that gives every caller to a queue.
const TRANSFER: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: benvenuto
prompts:
  benvenuto: {it: "Benvenuti."}
  grazie: {it: "Grazie."}
  nessun_operatore: {it: "Non c'è nessuno."}
  scuse: {it: "Non riusciamo."}
nodes:
  benvenuto: {type: play, prompt: benvenuto, to: passa}
  passa: {type: transfer, queue: generale, exits: {done: saluta, no_answer: nessuno, busy: nessuno, error: guasto}}
  saluta: {type: play, prompt: grazie, to: via}
  nessuno: {type: play, prompt: nessun_operatore, to: via}
  guasto: {type: play, prompt: scuse, to: via}
  via: {type: hangup}
"##;

#[test]
fn citizen_given_to_a_queue_talks_as_long_as_it_takes_and_comes_back_to_the_flow() {
    let mut sim = Sim::with(Setting::demo().with_flow(TRANSFER), 1);
    let seat = sim.seat("seat01");
    let citizen = sim.call("055055");
    sim.until("they talk", |sim| sim.talk_together(citizen, seat));
    sim.advance(5 * 3600 * SECOND);
    assert!(sim.talk_together(citizen, seat), "longer than a flow waits for anything else");
    sim.hang_up(seat);
    hears(&mut sim, citizen, "it/grazie");
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Answered));
    assert!(failures(&sim).is_empty());
    sim.verdict().unwrap();
}

#[test]
fn citizen_given_to_a_queue_where_nobody_is_is_told_so_by_the_flow() {
    let mut sim = Sim::with(Setting::demo().with_flow(TRANSFER), 1);
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "it/nessun_operatore");
    sim.until("the flow hangs up", |sim| sim.line(citizen) == Line::Free);
    assert_eq!(sim.contact(citizen).outcome, Some(Outcome::Unserved));
    sim.verdict().unwrap();
}

#[test]
fn citizen_who_waits_by_a_transfer_is_let_go_when_the_queue_is_closed() {
    let mut sim = Sim::with(Setting::demo().with_flow(TRANSFER), 1);
    let seat = sim.seat("seat01");
    sim.with_phone(seat, |phone, _| phone.manner = Manner::Ignores);
    let citizen = sim.call("055055");
    hears(&mut sim, citizen, "music/attesa");
    let scope = Scope::Queue("generale".into());
    sim.command(Command::Switch(Switch::Close(Closing { scope, ..Closing::default() })));
    hears(&mut sim, citizen, "it/nessun_operatore");
    sim.verdict().unwrap();
}
