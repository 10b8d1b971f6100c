//! `simulate --day` as a supervisor asks it: a draft against the flow that is there, rules, slips of the pen.

use std::path::Path;

use serde_json::Value;

use crate::commands::{copied_site, repository, run};

/// Half an hour in which many call and few sit.
const CROWD: &str = "number = \"055055\"\ntalk = \"exp:2m\"\npatience = \"exp:5m\"\n[arrivals]\n\"10:00\" = 40\n\
                     [choices.menu]\n\"1\" = 60\n\"2\" = 20\n\"0\" = 20\n[choices.menu_tributi]\n\"1\" = 50\n\"2\" = 50\n\
                     [[shift]]\nseats = 2\nfrom = \"09:30\"\nto = \"11:00\"\n";

/// The demo's flow, in which the registry and the opening hours have changed places.
fn draft() -> String {
    let flow = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it is shipped");
    let (menu, other) = ("keys: {\"1\": anagrafe, \"2\"", "keys: {\"1\": orari_uffici, \"2\"");
    let (hours, registry) = ("\"2\": orari_uffici", "\"2\": anagrafe");
    assert!(flow.contains(menu) && flow.contains(hours));
    flow.replacen(menu, other, 1).replacen(hours, registry, 1)
}

/// `simulate --day` within a directory.
fn simulate(dir: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let config = dir.join("config");
    let usual = [
        "simulate",
        "--day",
        "2026-11-24",
        "--replications",
        "4",
        "--config",
        config.to_str().expect("UTF-8"),
    ];
    run(&[&usual, words].concat())
}

#[test]
fn page_is_not_written_over_what_somebody_has_written_nor_names_onto_the_terminal() {
    let site = copied_site();
    let day = site.path().join("mia.toml").to_str().expect("UTF-8").to_owned();
    std::fs::write(&day, CROWD).expect("room");
    let (code, _, told) = simulate(site.path(), &["--profile", &day, "--html", &day]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("name another file"), "{told}");
    assert_eq!(std::fs::read_to_string(&day).expect("it is there"), CROWD);
    let (code, _, told) = simulate(site.path(), &["--profile", "\u{1b}[2J.toml"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("\u{fffd}[2J.toml") && !told.contains('\u{1b}'), "{told:?}");
}

#[test]
fn draft_of_a_flow_is_compared_with_the_one_that_is_there_by_naming_it() {
    let site = copied_site();
    let path = |name: &str| site.path().join(name).to_str().expect("UTF-8").to_owned();
    let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("room");
    write("folla.toml", CROWD);
    write("bozza.yaml", &draft());
    let (day, page, draft) = (path("folla.toml"), path("confronto.html"), path("bozza.yaml"));
    let (code, out, told) = simulate(site.path(), &["--compare", &day, &draft, "--html", &page]);
    assert_eq!(code, Some(0), "{told}");
    let first = out.lines().next().unwrap_or_default();
    let begins = format!("Con il flusso {draft} ");
    assert!(first.starts_with(&begins), "{out}");
    assert!(out.contains("e chiamate servite dal risponditore salgono da "), "{out}");
    assert!(
        std::fs::read_to_string(&page).expect("it was written").contains("chiamate servite dal risponditore")
    );
    // The same in a file, with what is pressed on the draft.
    write(
        "prova.toml",
        "extends = \"folla.toml\"\nflow = \"bozza.yaml\"\nconfig = \"config\"\n[choices.dopo_orari]\n\"2\" = 10\n",
    );
    let (code, out, told) =
        simulate(site.path(), &["--compare", &day, &path("prova.toml"), "--format", "json"]);
    assert_eq!(code, Some(0), "{told}");
    let both: Value = serde_json::from_str(&out).expect("one object");
    assert_eq!(both["subject"]["flow"][1], Value::from(draft));
    assert!(both["day"]["contained"]["difference"]["value"].as_f64().expect("a number") > 10.0, "{out}");
    assert!(both["queues"][0]["mean_wait_s"]["a"].is_number(), "{out}");
}

#[test]
fn slips_in_a_day_are_refused_and_so_is_a_draft_that_leads_nobody() {
    let site = copied_site();
    let path = |name: &str| site.path().join(name).to_str().expect("UTF-8").to_owned();
    let slips =
        "extends = \"folla.toml\"\n[choices.menu_tribbuti]\n\"1\" = 5\n[queue.tributti]\ntalk = \"exp:2m\"\n";
    std::fs::write(path("folla.toml"), CROWD).expect("room");
    std::fs::write(path("storto.toml"), slips).expect("room");
    let (code, _, told) = simulate(site.path(), &["--profile", &path("storto.toml")]);
    assert_eq!(code, Some(2), "{told}");
    for words in [
        "storto.toml:2:10: the flow has no node",
        "did you mean `menu_tributi`?",
        "storto.toml:4:8:",
        "did you mean `tributi`?",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let milan = path("ivr-flows/020202.yaml");
    let (code, _, told) = simulate(site.path(), &["--compare", &path("folla.toml"), &milan]);
    assert!(code == Some(2) && told.contains("055055 leads to flow 055055"), "{told}");
    let (code, _, told) = simulate(site.path(), &["--compare", "055055", "nowhere.toml"]);
    assert!(code == Some(2) && told.contains("no profile and no file `nowhere.toml`"), "{told}");
}
