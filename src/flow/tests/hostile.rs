//! Values that nobody wrote for a telephone: numbers without measure, patterns and lists that explode. Whole files are in
//! `tests/hostile.rs`.

use super::*;

fn told(text: &str) -> String {
    match Flow::parse(text, "f.yaml", &demo_environment()) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(|fault| format!("{fault}\n")).collect(),
    }
}

#[test]
fn numbers_without_measure_are_refused() {
    for (node, expected) in [
        (
            "type: menu, prompt: p, retries: 99999999999999999999, keys: {\"1\": a}, exits: {timeout: a, invalid: a}",
            "from 0 to 1000",
        ),
        (
            "type: menu, prompt: p, retries: -1, keys: {\"1\": a}, exits: {timeout: a, invalid: a}",
            "from 0 to 1000",
        ),
        (
            "type: menu, prompt: p, timeout: 99999999999999999999h, keys: {\"1\": a}, exits: {timeout: a, invalid: a}",
            "one day at most",
        ),
        (
            "type: menu, prompt: p, timeout: 1e9s, keys: {\"1\": a}, exits: {timeout: a, invalid: a}",
            "one day at most",
        ),
        (
            "type: collect, prompt: p, save: n, digits: {min: 1, max: 1000}, exits: {ok: a, timeout: a, invalid: a}",
            "at most 32",
        ),
        ("type: set, vars: {i: 9223372036854775808}, to: a", "whole number"),
    ] {
        let told = told(&format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: b\nvars: {{n: {{type: digits}}, i: {{type: number, default: 0}}}}\nprompts: {{p: {{it: Uno}}}}\nnodes:\n  a: {{type: hangup}}\n  b: {{{node}}}\n"
        ));
        assert!(told.contains(expected), "{node}: {told}");
    }
}

#[test]
fn patterns_that_would_explode_are_no_patterns_here() {
    for bomb in ["(a+)+$", "(x|x)*", "x{1,99999}", "^3.*", &"[0-9]".repeat(33)] {
        let told = told(&format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: b\nvars: {{n: {{type: digits}}}}\nprompts: {{p: {{it: Uno}}}}\nnodes:\n  a: {{type: hangup}}\n  b: {{type: collect, prompt: p, save: n, pattern: \"{bomb}\", exits: {{ok: a, timeout: a, invalid: a}}}}\n"
        ));
        assert!(told.contains("is no pattern"), "{bomb}: {told}");
    }
}

/// Each round puts the list twice into itself: after thirty it would have a thousand million items.
#[test]
fn list_that_feeds_itself_is_stopped_before_it_grows() {
    for (value, to) in [("[\"${vars.l}\", \"${vars.l}\"]", "set"), ("\"${[vars.l, vars.l]}\"", "expression")]
    {
        let rounds: String = (0..60)
            .map(|at| {
                format!(
                    "  n{at}: {{type: set, vars: {{l: {value}}}, to: n{}, exits: {{error: guasto}}}}\n",
                    at + 1
                )
            })
            .collect();
        let flow = parsed(&format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: n0\nvars: {{l: {{type: list, default: [1]}}}}\nprompts: {{p: {{it: Uno}}}}\nnodes:\n{rounds}  n60: {{type: hangup}}\n  guasto: {{type: hangup, prompt: p}}\ntests:\n  - {{name: t, at: \"2026-11-24T10:00\", path: [n0, guasto]}}\n"
        ));
        let report = flow.test(&sportello());
        let why = report.failures[0].why.join("\n");
        assert!(why.contains("guasto") && !why.contains("n9"), "{to}: {why}");
    }
}
