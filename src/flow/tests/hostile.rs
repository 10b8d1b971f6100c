//! Files that nobody wrote for a telephone: bombs, depths, lengths, paths and secrets. Refused clearly, by bounds and not by luck.

use super::*;

fn told(text: &str) -> String {
    match Flow::parse(text, "f.yaml", &demo_environment()) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(|fault| format!("{fault}\n")).collect(),
    }
}

fn flow_with(rest: &str) -> String {
    format!(
        "schema: 1\nid: x\nlanguages: [it]\nstart: a\nprompts: {{p: {{it: Uno}}}}\n{rest}\nnodes:\n  a: {{type: hangup, prompt: p}}\n"
    )
}

#[test]
fn bombs_and_floods_of_yaml_are_refused_before_they_grow() {
    let laughs: String = (1..10)
        .map(|at| format!("l{at}: &l{at} [{}]\n", vec![format!("*l{}", at - 1); 9].join(", ")))
        .collect();
    for (text, expected) in [
        (format!("l0: &l0 ha\n{laughs}"), "anchors and aliases"),
        ("a: &x [1]\nb: *x\n".to_owned(), "anchors and aliases"),
        ("#".repeat(10 << 20), "larger than 1 MB"),
        (format!("a: \"{}\"", "x".repeat(10 << 20)), "larger than 1 MB"),
        ("[".repeat(900_000), "recursion limit"),
        ("{a: ".repeat(200_000), "recursion limit"),
        ("- ".repeat(400_000), "nested too deeply"),
        ("? ".repeat(10_000), "nested too deeply"),
        (format!("a: [{}]", "1,".repeat(300_000)), "too many entries"),
        ("--- 1\n--- 2\n".to_owned(), "f.yaml:"),
        ("\u{0}\u{1}".to_owned(), "f.yaml:"),
        ("!!python/object:os.system {}".to_owned(), "f.yaml:"),
    ] {
        let told = told(&text);
        assert!(told.contains(expected), "{}: {told}", &text[..text.len().min(20)]);
        assert!(told.len() < 4_000, "{}", told.len());
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

#[test]
fn names_do_not_lead_out_of_their_folders() {
    for path in ["../../etc/passwd", "/etc/passwd", "a/../../b", "..", "a\\b", "it/./x", "%2e%2e/x"] {
        let quoted = serde_json::to_string(path).unwrap();
        let sound = told(&format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: a\nnodes:\n  a: {{type: hangup, prompt: {quoted}}}\n"
        ));
        assert!(sound.contains("is not the name of a sound"), "{path}: {sound}");
        for node in [
            format!("type: subflow, flow: {quoted}, version: 1, exits: {{}}"),
            format!("type: bulletin, slot: {quoted}, exits: {{none: a, played: a, closing: a}}"),
        ] {
            let told = told(&format!(
                "schema: 1\nid: x\nlanguages: [it]\nstart: b\nnodes:\n  a: {{type: hangup}}\n  b: {{{node}}}\n"
            ));
            assert!(told.contains("is not a name"), "{path}: {told}");
        }
    }
}

#[test]
fn secrets_in_a_flow_are_refused_and_not_repeated() {
    for secret in [
        "layout: {password: parola123}",
        "layout: {api_key: \"0123456789\"}",
        "layout: {x: \"Bearer abcdef0123456789\"}",
        "layout: {x: \"https://utente:parola123@servizio.it/\"}",
        "layout: {x: \"-----BEGIN RSA PRIVATE KEY-----\"}",
    ] {
        let told = told(&flow_with(secret));
        assert!(told.contains("looks like a secret"), "{secret}: {told}");
        assert!(!told.contains("parola123") && !told.contains("abcdef0123"), "{told}");
    }
    assert_eq!(told(&flow_with("layout: {a: [0, 0]}")), "");
}
