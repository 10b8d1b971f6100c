//! Flows: compile and check 100 flows of 200 nodes (budget 200 ms); one step of a run on the control thread (budget 5 us).
//!
//! `cargo bench --bench flow`

use std::collections::BTreeMap;
use std::sync::Arc;

use centralino::flow::hours::Calendars;
use centralino::flow::{CallFacts, Environment, Flow, FlowRun, Input, World};
use centralino::time::{Mono, Now};

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

/// A key in a menu, a branch with an expression, the next menu: what a caller does most.
#[divan::bench]
fn key_that_leads_through_a_branch_to_the_next_menu(bencher: divan::Bencher<'_, '_>) {
    let flow =
        Arc::new(Flow::parse(&flow_of(200), "grande.yaml", &Environment::default()).expect("no faults"));
    let call = CallFacts {
        from: "+390552768224".to_owned(),
        to: "055055".to_owned(),
        language: "it".into(),
        entity: "firenze".into(),
    };
    let (calendars, bulletins, queues) = (Calendars::default(), BTreeMap::new(), BTreeMap::new());
    let now = Now { mono: Mono::ZERO, wall: jiff::Timestamp::UNIX_EPOCH };
    bencher
        .with_inputs(|| {
            let mut run = FlowRun::new(Arc::clone(&flow), call.clone());
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            run.start(now, &world);
            run
        })
        .bench_refs(|run| {
            let world = World { calendars: &calendars, bulletins: &bulletins, queues: &queues };
            run.handle_input(now, Input::Digit('1'), &world)
        });
}
