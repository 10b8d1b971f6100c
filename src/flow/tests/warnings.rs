//! What a flow that runs is warned of.

use super::*;

/// A flow with a bit of everything that people stumble over, and no tests.
const STUMBLING: &str = r##"
schema: 1
id: "055055"
languages: [it]
start: avviso
defaults: {error: fine}
prompts:
  avviso: {it: "La chiamata può essere registrata."}
  menu: {it: "Prema un tasto."}
nodes:
  avviso: {type: play, prompt: avviso, to: menu}
  menu:
    type: menu
    prompt: menu
    keys: {"1": messaggio, "2": nota, "3": fuori, "4": coda, "5": fine, "6": fine}
    exits: {timeout: fine, invalid: fine}
  messaggio: {type: voicemail, prompt: menu, queue: tributi, exits: {recorded: fine, empty: fine}}
  nota: {type: callback, number: "0552768224", queue: tributi, exits: {booked: fine, declined: fine, full: fine}}
  fuori: {type: transfer, to: "0552768224", exits: {done: fine, busy: fine, no_answer: fine}}
  coda: {type: transfer, queue: generale, exits: {done: fine, busy: fine, no_answer: fine}}
  fine: {type: hangup}
"##;

fn warned(env: &Environment) -> Vec<String> {
    let checked = Flow::check(STUMBLING, "flusso.yaml", env);
    let checked = checked.unwrap_or_else(|faults| panic!("{faults:#?}"));
    let told = |warning: &FlowError| warning.to_string().replace("flusso.yaml:", "");
    checked.warnings.iter().map(told).collect()
}

#[test]
fn long_menus_and_notices_that_can_be_barged_are_told() {
    let mut env = demo_environment();
    let choices = "menu `menu` has 6 choices, and people keep five in mind; split it or put the rare ones behind one key";
    let notice = "node `avviso` says a notice that callers have to hear, and a key stops it; give it `barge_in: false`";
    assert_eq!(warned(&env), [format!("11:3: warning: {notice}"), format!("12:3: warning: {choices}")]);
    env.lengths.entry("it".into()).or_default().insert("menu".to_owned(), Duration::from_secs(26));
    let long = "menu `menu` speaks for 26 s in `it`, and people listen for 25; shorten it";
    assert_eq!(warned(&env).last().unwrap(), &format!("12:3: warning: {long}"));
}

#[test]
fn nodes_by_which_every_caller_leaves_are_told() {
    let mut env = demo_environment();
    env.call_back.remove("tributi");
    env.reach.ways.clear();
    let nota = "18:3: warning: node `nota` is about a call-back of queue `tributi`, which calls nobody back; give it [queue.callback] \
                in queues.toml, or nothing is ever promised there";
    let fuori = "19:3: warning: node `fuori` calls a number, and no trunk leads out; give one a table [trunk.outgoing] in \
                 trunks.toml, or every caller leaves by `error`";
    assert_eq!(warned(&env)[2..], [nota, fuori]);
}

#[test]
fn number_that_no_trunk_leads_to_is_told_and_one_of_ours_is_refused() {
    let mut env = demo_environment();
    env.reach.ways = vec![vec!["+3902".to_owned(), "112".to_owned()]];
    let told = "19:3: warning: node `fuori` calls `0552768224`, and no trunk leads there; add it to the `prefixes` of one in \
                trunks.toml, or every caller leaves by `error`";
    assert_eq!(warned(&env).last().unwrap(), told);
    env.reach.ways.push(vec!["+39055".to_owned()]);
    assert_eq!(warned(&env).len(), 2, "another trunk leads there");
    env.reach.own.insert("+390552768224".parse().unwrap());
    let faults = Flow::check(STUMBLING, "flusso.yaml", &env).unwrap_err();
    let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(told[0].contains("`0552768224` is one of ours, and the call would come back"), "{told:?}");
}
