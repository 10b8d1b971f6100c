//! Flows published, compared, rolled back and retired on a running exchange, and watched: by the program itself.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::commands::{Center, copied_site, repository, run, serve};

type Told = (Option<i32>, String, String);

/// A supervisor's desk: the flow of 055055 in files, and an exchange.
struct Desk {
    center: Center,
    files: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { center: Center::start(), files: tempfile::tempdir().expect("a temporary directory") }
    }

    /// The demo's flow with a line more.
    fn draft(&self, name: &str, line: &str) -> PathBuf {
        let text = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it is shipped");
        self.write(name, &format!("{text}# {line}\n"))
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.files.path().join(name);
        std::fs::write(&file, text).expect("room");
        file
    }

    /// What `flow show` prints, in a file, with a line more.
    fn edit(&self, name: &str, line: &str) -> PathBuf {
        let (code, text, told) = self.center.ask(&["flow", "show", "055055"]);
        assert_eq!(code, Some(0), "{told}");
        self.write(name, &format!("{text}# {line}\n"))
    }

    fn publish(&self, file: &Path, by: &str, more: &[&str]) -> Told {
        let file = file.to_str().expect("UTF-8");
        let words = ["flow", "publish", file, "--comment", "prova", "--by", by];
        self.center.ask(&[&words, more].concat())
    }

    fn history(&self) -> Vec<Value> {
        let (code, out, told) = self.center.ask(&["flow", "history", "055055", "--format", "json"]);
        assert_eq!(code, Some(0), "{told}");
        out.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
    }

    /// The process is killed and another one is started on what it left.
    fn killed_and_started_again(self) -> Desk {
        let Desk { center, files } = self;
        center.signal("-KILL");
        Desk { center: center.started_again(), files }
    }
}

#[track_caller]
fn done((code, out, told): Told) -> String {
    assert_eq!(code, Some(0), "{told}");
    out
}

#[track_caller]
fn refused((code, out, told): Told, says: &[&str]) {
    assert_eq!((code, out.as_str()), (Some(1), ""), "{told}");
    for words in says {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn flow_is_published_rolled_back_and_retired_and_every_version_stays() {
    let desk = Desk::new();
    // What was never published is the file beside the configuration, and the first version is an edit of it.
    let first = desk.edit("uno.yaml", "il primo");
    assert!(
        std::fs::read_to_string(&first)
            .expect("it is there")
            .starts_with("# centralino flow 055055 version 0 ")
    );
    assert_eq!(done(desk.publish(&first, "anna", &[])), "055055: version 1 is in force\n");
    let plain = done(desk.center.ask(&["flow", "show", "055055", "--plain"]));
    let flow = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it is shipped");
    assert_eq!(plain, format!("{flow}# il primo\n"), "byte for byte");
    let again = desk.write("ancora.yaml", &plain);
    refused(desk.publish(&again, "anna", &[]), &["this text is version 1 of 055055, which is in force"]);
    let second = desk.edit("due.yaml", "il secondo");
    done(desk.publish(&second, "bruno", &[]));
    let told = done(desk.center.ask(&["flow", "diff", "055055", "1", "2"]));
    assert!(told.contains("+# il secondo") && !told.contains("+# centralino"), "{told}");
    refused(desk.publish(&second, "bruno", &[]), &["this text is version 2 of 055055, which is in force"]);

    let back = desk.center.ask(&["flow", "rollback", "055055", "1", "--comment", "il secondo era sbagliato"]);
    assert_eq!(done(back), "055055: version 3 is in force, with the text of version 1\n");
    assert_eq!(done(desk.center.ask(&["flow", "diff", "055055", "1", "3"])), "");
    let unknown = desk.center.ask(&["flow", "rollback", "055055", "9", "--comment", "x"]);
    refused(unknown, &["has no version 9, its last is 3"]);

    let desk = desk.killed_and_started_again();
    let history = desk.history();
    let told: Vec<_> = history.iter().map(|version| (&version["by"], &version["comment"])).collect();
    assert_eq!(told.len(), 3);
    assert_eq!(told[0], (&Value::from("anna"), &Value::from("prova")));
    assert_eq!((&history[0]["sha256"], &history[2]["after"]), (&history[2]["sha256"], &Value::from(2)));
    let shown = desk.center.get("/api/flows/055055/versions/3", &desk.head());
    assert!(shown.0 == 200 && shown.1.contains("il primo"), "{}", shown.1);
    assert!(desk.center.get("/api/flows", &desk.head()).1.contains(r#""in_force":3"#));

    done(desk.center.ask(&["flow", "retire", "055055", "--comment", "torna il file"]));
    let (code, _, told) = desk.center.ask(&["flow", "show", "055055"]);
    assert!(code == Some(2) && told.contains("was retired by version 4"), "{told}");
    refused(
        desk.center.ask(&["flow", "retire", "055055", "--comment", "x"]),
        &["the file beside the configuration counts"],
    );

    // At rest too, and on record.
    let Desk { mut center, .. } = desk;
    center.signal("-TERM");
    center.child.wait().expect("it is our child");
    let table = done(center.ask(&["flow", "history"]));
    assert!(table.contains("retired") && table.contains("text of 1"), "{table}");
    let journal = done(center.ask(&["journal", "export"]));
    let facts = journal.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON lines"));
    let changes: Vec<_> = facts
        .filter(|fact| fact["fact"] == "flow_changed")
        .map(|fact| fact["version"].as_u64().expect("a number"))
        .collect();
    assert_eq!(changes, [1, 2, 3, 4]);
}

impl Desk {
    fn head(&self) -> [&'static str; 2] {
        let http = self.center.http;
        let own = |line: String| -> &'static str { line.leak() };
        [own(format!("Host: {http}")), own(format!("Authorization: Bearer {}", self.center.token()))]
    }
}

/// With a test that no exchange passes.
fn failing(flow: &str) -> String {
    format!(
        "{flow}  - name: impossibile\n    at: \"2026-11-24T10:00\"\n    keys: [\"1\"]\n    path: [allerta]\n"
    )
}

#[test]
fn faulty_text_and_failed_test_are_refused_with_all_that_is_wrong() {
    let desk = Desk::new();
    let good = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it is shipped");
    let slips = good.replacen("queue: ", "queu: ", 1).replacen("start: ", "strat: ", 1);
    let file = desk.write("storto.yaml", &slips);
    let place = format!("{}:", file.display());
    refused(
        desk.publish(&file, "anna", &[]),
        &[&place, "did you mean `start`?", "did you mean `queue`?", "nothing has changed"],
    );
    let file = desk.write("rosso.yaml", &failing(&good));
    refused(desk.publish(&file, "anna", &[]), &["test `impossibile` failed"]);
    let (code, _, told) = desk.center.ask(&["flow", "history", "055055"]);
    assert!(code == Some(2) && told.contains("never published"), "{told}");
    let (code, _, told) = desk.center.ask(&["flow", "publish", "nowhere.yaml", "--comment", "x"]);
    assert_eq!(code, Some(2), "{told}");
}

#[test]
fn edit_of_another_version_than_the_one_in_force_is_refused_with_both_changes() {
    let desk = Desk::new();
    done(desk.publish(&desk.draft("uno.yaml", "il primo"), "anna", &[]));
    let (hers, his) = (desk.edit("anna.yaml", "di anna"), desk.edit("bruno.yaml", "di bruno"));
    done(desk.publish(&hers, "anna", &[]));
    refused(
        desk.publish(&his, "bruno", &[]),
        &[
            "written from version 1",
            "version 2 came meanwhile (anna: prova)",
            "+# di bruno",
            "+# di anna",
            "`--after 2`",
        ],
    );
    // Her file says by now which version it has become, so that she can go on with it.
    let text = std::fs::read_to_string(&hers).expect("it is there");
    assert!(
        text.starts_with("# centralino flow 055055 version 2 "),
        "{}",
        text.lines().next().unwrap_or_default()
    );
    std::fs::write(&hers, format!("{text}# ancora di anna\n")).expect("room");
    done(desk.publish(&hers, "anna", &[]));
    let bare = desk.draft("senza.yaml", "da dove?");
    refused(desk.publish(&bare, "bruno", &[]), &["does not say what it was written from", "-# di anna"]);
    assert_eq!(done(desk.publish(&bare, "bruno", &["--after", "3"])), "055055: version 4 is in force\n");
}

#[test]
fn flow_that_a_number_still_needs_is_not_retired_and_damage_is_told_before_a_start() {
    let site = copied_site();
    let config = site.path().join("config");
    let config = config.to_str().expect("UTF-8");
    let desk =
        Desk { center: Center::start_with(&["--config", config]), files: tempfile::tempdir().expect("room") };
    done(desk.publish(&desk.draft("uno.yaml", "il primo"), "anna", &[]));
    let beside = site.path().join("ivr-flows/055055.yaml");
    let good = std::fs::read_to_string(&beside).expect("it was copied");
    std::fs::write(&beside, failing(&good)).expect("it is ours");
    let retired = desk.center.ask(&["flow", "retire", "055055", "--comment", "x"]);
    refused(retired, &["test `impossibile` failed"]);
    std::fs::remove_file(&beside).expect("it is ours");
    done(desk.center.ask(&["reload"]));
    let retired = desk.center.ask(&["flow", "retire", "055055", "--comment", "x"]);
    refused(retired, &["055055.yaml: cannot be read", "these numbers lead to it: 055055"]);

    let Desk { mut center, .. } = desk;
    center.signal("-KILL");
    center.child.wait().expect("it is our child");
    let kept = center.data.path().join("flows/055055/0001.yaml");
    std::fs::write(&kept, "schema: 1\n").expect("it is ours");
    let start = [
        "serve",
        "--config",
        config,
        "--data",
        center.data(),
        "--sip",
        "127.0.0.1:0",
        "--http",
        "127.0.0.1:0",
    ];
    let checked = run(&["config", "check", "--config", config, "--data", center.data()]);
    assert!(checked.0 == Some(1) && checked.1.contains("0001.yaml"), "{}", checked.1);
    let (code, _, told) = run(&start);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains(kept.to_str().expect("UTF-8")) && told.contains("backup"), "{told}");
}

#[test]
fn watched_file_is_taken_when_it_changes_and_a_bad_one_is_refused_loudly() {
    let (site, data) = (copied_site(), tempfile::tempdir().expect("a temporary directory"));
    let config = site.path().join("config");
    let mut serve = serve(data.path());
    let mut child = serve
        .args(["--watch", "--config", config.to_str().expect("UTF-8")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let log = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut lines = log.lines().map_while(Result::ok);
    let mut told = |words: &str| assert!(lines.any(|line| line.contains(words)), "{words}");
    told("watching the files");
    let flow = site.path().join("ivr-flows/055055.yaml");
    let good = std::fs::read_to_string(&flow).expect("it was copied");
    std::fs::write(&flow, good.replacen("start: ", "strat: ", 1)).expect("room");
    told("did you mean `start`?");
    told("what was in use goes on");
    std::fs::write(&flow, format!("{good}# provata\n")).expect("room");
    told("reloaded");
    child.kill().expect("it is our child");
    child.wait().expect("it is our child");
}
