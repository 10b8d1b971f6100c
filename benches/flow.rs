//! Flows: compile and check 100 flows of 200 nodes (budget 200 ms); one step of a run on the control thread (budget 5 us); a
//! hostile file refused (50 ms); the costliest expressions that are let through (1 ms).
//!
//! `cargo bench --bench flow`

use std::collections::BTreeMap;
use std::sync::Arc;

use centralino::flow::hours::Calendars;
use centralino::flow::{
    Action, Answer, CallFacts, Environment, Flow, FlowError, FlowRun, Input, RequestId, Value, World,
};
use centralino::time::{Mono, Now};

#[path = "../tests/hostile/cases.rs"]
mod hostile;

fn main() {
    divan::main();
}

/// A flow of `nodes` menus in a row, each with a branch beside it, as large flows are.
fn flow_of(nodes: usize) -> String {
    let mut text = String::from(
        "schema: 1\nid: grande\nlanguages: [it, en]\nstart: n0\nvars: {giri: {type: number, default: 0}}\nprompts:\n  p: {it: \"Prema 1 o 2.\", en: \"Press 1 or 2.\"}\nnodes:\n",
    );
    for at in (0..nodes - 2).step_by(2) {
        let (branch, next) = (at + 1, (at + 2).min(nodes - 2));
        text += &format!(
            "  n{at}: {{type: menu, prompt: p, keys: {{\"1\": n{branch}, \"2\": n{next}, \"3\": fine}}, exits: {{timeout: n{next}, invalid: fine}}}}\n  n{branch}: {{type: branch, when: [{{if: \"${{vars.giri > {at} && call.language == 'it'}}\", to: fine}}], else: n{next}}}\n"
        );
    }
    text + &format!("  n{}: {{type: play, prompt: p, to: fine}}\n  fine: {{type: hangup}}\n", nodes - 2)
}

#[divan::bench(sample_count = 5)]
fn check_100_flows_of_200_nodes(bencher: divan::Bencher<'_, '_>) {
    let text = flow_of(200);
    let env = Environment::default();
    bencher.bench(|| {
        for _ in 0..100 {
            divan::black_box(Flow::check(&text, "grande.yaml", &env).expect("the flow has no faults"));
        }
    });
}

/// Each hostile file of `tests/hostile.rs`.
#[divan::bench(sample_count = 5, sample_size = 1, args = hostile::cases())]
fn refuse(bencher: divan::Bencher<'_, '_>, case: &hostile::Case) {
    let env = Environment::default();
    let told = |faults: Vec<FlowError>| faults.iter().any(|fault| fault.to_string().contains(case.told));
    assert!(
        Flow::check(&case.text, "f.yaml", &env).is_err_and(told),
        "{case}: is not what it was meant to be"
    );
    bencher.bench(|| Flow::check(&case.text, "f.yaml", &env).err());
}

/// The most that an answer of a connector may hold, in an expression that does as much with it as is let through.
#[divan::bench(args = COSTLY)]
fn evaluate(bencher: divan::Bencher<'_, '_>, expression: &str) {
    let text = format!(
        "schema: 1\nid: x\nlanguages: [it]\nstart: cerca\nvars: {{o: {{type: object}}, t: {{type: string, default: \"{}\"}}}}\nnodes:\n  cerca: {{type: http, connector: c, request: {{path: /x}}, save: o, exits: {{ok: ramo, not_found: fine, error: fine}}}}\n  ramo: {{type: branch, when: [{{if: \"${{{expression}}}\", to: fine}}], else: fine}}\n  fine: {{type: hangup}}\n",
        "x".repeat(1000)
    );
    let env = Environment { connectors: ["c".to_owned()].into(), ..Environment::default() };
    let flow = Arc::new(Flow::parse(&text, "f.yaml", &env).expect("it is let through"));
    let fields: Vec<String> = (0..120).map(|at| format!("\"{}{at}\": {at}", "n".repeat(100))).collect();
    let answer = Value::from_json(&format!("{{{}}}", fields.join(","))).expect("it is let through");
    let (calendars, bulletins, queues) = (Calendars::default(), BTreeMap::new(), BTreeMap::new());
    let now = Now { mono: Mono::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
    bencher
        .with_inputs(|| {
            let mut run = FlowRun::new(Arc::clone(&flow), citizen());
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            let asked = run.start(now, &world).into_iter().find_map(|action| match action {
                Action::Ask(request, _) => Some(request),
                _ => None,
            });
            let request: RequestId = asked.expect("the flow begins by asking");
            (run, Input::Answer(request, Answer::Ok(Some(answer.clone()))))
        })
        .bench_values(|(mut run, input)| {
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            run.handle_input(now, input, &world)
        });
}

/// Expressions as costly as is let through: by large values, by long texts, by many parts.
const COSTLY: [&str; 5] = [
    "[vars.o, vars.o, vars.o, vars.o] == [vars.o, vars.o, vars.o, vars.o]",
    "size(vars.o) + size(vars.o) + size(vars.o) + size(vars.o) + size(vars.o) + size(vars.o) + size(vars.o) + size(vars.o) > 0",
    "vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t == vars.t",
    "(vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t + vars.t).contains(vars.t + vars.t + vars.t + 'y')",
    "vars.t in [vars.t + '1', vars.t + '2', vars.t + '3', vars.t + '4', vars.t + '5', vars.t + '6', vars.t + '7', vars.t + '8', vars.t + '9']",
];

fn citizen() -> CallFacts {
    CallFacts {
        from: "+390552768224".to_owned(),
        to: "055055".to_owned(),
        language: "it".into(),
        entity: "firenze".into(),
    }
}

/// A key in a menu, a branch with an expression, the next menu: what a caller does most.
#[divan::bench]
fn key_that_leads_through_a_branch_to_the_next_menu(bencher: divan::Bencher<'_, '_>) {
    let flow =
        Arc::new(Flow::parse(&flow_of(200), "grande.yaml", &Environment::default()).expect("no faults"));
    let (calendars, bulletins, queues) = (Calendars::default(), BTreeMap::new(), BTreeMap::new());
    let now = Now { mono: Mono::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
    bencher
        .with_inputs(|| {
            let mut run = FlowRun::new(Arc::clone(&flow), citizen());
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            run.start(now, &world);
            run
        })
        .bench_refs(|run| {
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            run.handle_input(now, Input::Digit('1'), &world)
        });
}
