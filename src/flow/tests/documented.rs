//! The examples of `docs/flow-language.md` compile, and there is one for each type of node.

use super::*;

const DOC: &str = include_str!("../../../docs/flow-language.md");

/// What the examples of nodes stand in.
const AROUND: &str = r##"
schema: 1
id: "esempio"
languages: [it, en]
start: a
vars:
  numero: {type: digits, pii: true}
  giorno: {type: date, default: "2026-11-24"}
  telefono: {type: phone}
  codice: {type: string, pii: true}
  coda: {type: string, default: generale}
  giri: {type: number, default: 0}
  caso: {type: object}
defaults:
  error: fine
prompts:
  avviso: {it: "Avviso.", en: "Notice."}
  scelta: {it: "Scelga.", en: "Choose."}
  sbagliato: {it: "No.", en: "No."}
  aiuto: {it: "Prema 1 o 2.", en: "Press 1 or 2."}
  silenzio: {it: "Non sento.", en: "Nothing."}
  chiedi: {it: "Digiti.", en: "Enter."}
  saluto: {it: "Arrivederci.", en: "Goodbye."}
  letto: {it: "Il numero ${digits(vars.numero)} del ${date(vars.giorno)}.", en: "${digits(vars.numero)}"}
  richiamata: {it: "La richiamiamo ${slot(vars.caso.slot)}.", en: "We will call you ${slot(vars.caso.slot)}."}
nodes:
"##;

/// The examples of a kind, with the line on which each begins.
fn examples(kind: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut lines = DOC.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if line == format!("```yaml {kind}") {
            let text = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
            found.push((at + 2, text.fold(String::new(), |all, line| all + line + "\n")));
        }
    }
    found
}

#[test]
fn every_example_compiles() {
    for (at, text) in examples("flow") {
        if let Err(faults) = Flow::parse(&text, "example", &demo_environment()) {
            panic!("line {at}: {}", faults[0]);
        }
    }
    for (at, nodes) in examples("nodes") {
        let indented: String = nodes.lines().map(|line| format!("  {line}\n")).collect();
        let end = if nodes.contains(": fine") { "  fine: {type: hangup}\n" } else { "" };
        let around =
            if end.is_empty() { AROUND.replace("  error: fine", "  error: a") } else { AROUND.to_owned() };
        if let Err(faults) = Flow::parse(&format!("{around}{indented}{end}"), "example", &demo_environment())
        {
            panic!("line {at}: {}", faults[0]);
        }
    }
}

#[test]
fn every_type_of_node_has_an_example() {
    let all: String = examples("nodes").into_iter().chain(examples("flow")).map(|(_, text)| text).collect();
    for name in super::super::grammar::Kind::names() {
        assert!(all.contains(&format!("type: {name}")), "{name}");
    }
}

#[test]
fn tests_in_the_examples_pass() {
    for (at, text) in examples("flow") {
        let flow = Flow::parse(&text, "example", &demo_environment()).unwrap();
        assert_eq!(flow.test(&sportello()).failures, [], "line {at}");
    }
}
