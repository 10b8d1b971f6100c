//! Faulty flows: every message, word for word. `tests/data/flows/` has each flow beside what is said about it.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/flows")
}

fn messages(text: &str, file: &str) -> String {
    let faults = Flow::parse(text, file, &demo_environment()).expect_err("the flow is faulty");
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn author_of_a_faulty_flow_is_told_all_faults_with_place_and_remedy() {
    let mut files: Vec<PathBuf> =
        fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 60, "{}", files.len());
    let mut wrong = String::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let told = messages(&fs::read_to_string(&file).unwrap(), name);
        let expected = fs::read_to_string(file.with_extension("txt")).unwrap_or_default();
        if std::env::var_os("FLOW_SNAPSHOTS").is_some() {
            // Written anew, to be read by a person before they are committed.
            fs::write(file.with_extension("txt"), &told).unwrap();
        }
        if told != expected {
            wrong += &format!("--- {name}: expected\n{expected}--- told\n{told}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_fault_is_told_in_italian_too() {
    for file in fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let faults =
            Flow::parse(&fs::read_to_string(&file).unwrap(), "f.yaml", &demo_environment()).unwrap_err();
        for fault in faults {
            let (english, italian) = (fault.said(Tongue::English), fault.said(Tongue::Italian));
            assert!(!italian.ends_with(": "), "{english}");
            // What the parsers of others say stays as they say it.
            let foreign = matches!(fault.fault, Fault::Yaml(_) | Fault::Schedule { .. });
            assert!(foreign || english != italian, "{english}");
        }
    }
}

#[test]
fn file_that_is_too_large_or_too_deep_is_refused_quickly() {
    let large = format!("a: \"{}\"", "x".repeat(1 << 20));
    assert_eq!(
        messages(&large, "f.yaml"),
        "f.yaml:1:1: the file is larger than 256 KB; split it into several flows\n"
    );
    assert!(messages(&"[".repeat(100_000), "f.yaml").contains("nested too deeply"));
}

#[test]
fn file_of_nothing_but_entries_is_answered_with_a_bounded_number_of_faults() {
    let entries: String = (0..4_000).map(|i| format!("  n{i}: {{type: x}}\n")).collect();
    let told = messages(&format!("schema: 1\nid: x\nlanguages: [it]\nstart: n\nnodes:\n{entries}"), "f.yaml");
    assert!(told.lines().count() <= 200, "{}", told.lines().count());
    assert!(
        told.contains("f.yaml:6:3: the flow has 4000 nodes; split what is more than 1000 into another flow")
    );
    let long = "x".repeat(500_000);
    let told = messages(&format!("{long}: 1\n{long}y: 2\nid: x\n"), "f.yaml");
    assert!(told.len() < 2_000, "{}", told.len());
}

#[test]
fn no_expression_however_hostile_breaks_the_compiler() {
    let hostile = [
        "(".repeat(500),
        "[".repeat(500),
        "{".repeat(500),
        "!".repeat(500),
        "-".repeat(500),
        "!-".repeat(250),
        "- ".repeat(250),
        "a?".repeat(250),
        "1?1:".repeat(120),
        "a.".repeat(250),
        "a.a".repeat(160),
        "a[0]".repeat(100),
        "1+".repeat(250),
        "1==".repeat(160),
        "'".repeat(501),
        "\"\\".to_owned(),
        "'\\u{110000}'".to_owned(),
        "b'\\xff'".to_owned(),
        "9223372036854775808".to_owned(),
        "-9223372036854775808".to_owned(),
        "0xffffffffffffffffffff".to_owned(),
        "1e999".to_owned(),
        "f(".repeat(160),
        "size(".repeat(100),
        "has(vars.x)".to_owned(),
        "[1].map(x, [1].map(y, x))".to_owned(),
        "a{b: 1}".to_owned(),
        "\u{0}\u{1}\u{feff}".to_owned(),
        "è + 'ù'".to_owned(),
        "\\".repeat(300),
        "a && b || c ? d : e".to_owned(),
        "true && true || ".repeat(30),
        "`a.b`".to_owned(),
        ".vars.x".to_owned(),
        "vars.x.y.z".to_owned(),
        "in in in".to_owned(),
        "//".to_owned(),
        "r'''".to_owned(),
    ];
    for text in hostile {
        let quoted = serde_json::to_string(&format!("${{{text}}}")).unwrap();
        let flow = format!(
            "schema: 1\nid: x\nlanguages: [it]\nstart: a\nnodes:\n  a: {{type: branch, when: [{{if: {quoted}, to: b}}], else: b}}\n  b: {{type: hangup}}\n"
        );
        if let Ok(flow) = Flow::parse(&flow, "f.yaml", &demo_environment()) {
            Caller::dials(&Arc::new(flow));
        }
    }
}

#[test]
fn no_truncation_or_change_of_the_demo_flow_breaks_the_compiler() {
    use rand::{RngExt, SeedableRng};
    let mut chance = rand::rngs::ChaCha8Rng::seed_from_u64(7);
    let signs =
        ['{', '}', '[', ']', ':', '"', '\'', '$', '&', '*', '\n', ' ', '-', '0', '|', '>', '#', '!', '\t'];
    for _ in 0..150 {
        let mut text: Vec<char> = DEMO.chars().collect();
        for _ in 0..chance.random_range(1..4) {
            let at = chance.random_range(0..text.len());
            text[at] = signs[chance.random_range(0..signs.len())];
        }
        if chance.random_range(0..4) == 0 {
            text.truncate(chance.random_range(0..text.len()));
        }
        let text: String = text.into_iter().collect();
        let _ = Flow::parse(&text, "f.yaml", &demo_environment());
    }
}
