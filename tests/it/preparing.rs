//! The commands with which somebody prepares what callers hear: recordings and opening hours.

use std::path::Path;

use serde_json::Value;

use crate::commands::run;

#[test]
fn days_ahead_are_told_with_what_makes_them_different() {
    let week = ["calendar", "preview", "sportello", "--from", "2026-06-23", "--days", "3"];
    let (code, told, _) = run(&week);
    let expected = "sportello (Europe/Rome)\nmar 23/6: 08:00-20:00\nmer 24/6: chiuso, San Giovanni\ngio 25/6: 08:00-20:00\n";
    assert_eq!((code, told.as_str()), (Some(0), expected));
    let (code, told, _) = run(&[&week[..], &["--format", "json"]].concat());
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((code, rows.len()), (Some(0), 3));
    assert_eq!((&rows[1]["why"], &rows[1]["title"]), (&"holiday".into(), &"San Giovanni".into()));
    let (code, _, error) = run(&["calendar", "preview", "sportelo"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("did you mean `sportello`?"), "{error}");
}

#[test]
fn coverage_is_told_by_language_and_what_is_missing_ends_with_one() {
    let (code, told, _) = run(&["prompts", "list", "--format", "json"]);
    let rows: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let languages: Vec<&str> = rows.iter().filter_map(|row| row["language"].as_str()).collect();
    assert_eq!((code, languages), (Some(0), vec!["en", "it"]));
    assert!(rows.iter().all(|row| row["missing"] == 0 && row["outdated"] == 0), "{told}");
    assert_eq!(run(&["prompts", "missing"]).0, Some(0));
    let (code, told, error) = run(&["prompts", "missing", "--language", "es"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("pezzi/21") && told.contains("veintiuno"), "{told}");
    let wanted = told.lines().filter(|line| line.contains("  missing  ")).count();
    assert!(wanted > 200 && error.contains(&format!("{wanted} missing")), "{wanted}: {error}");
}

/// A voice at another rate, in stereo, far too loud.
fn take(path: &Path) {
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 2, sample_rate: 44_100, bits_per_sample: 24, sample_format };
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    for at in 0..44_100 {
        let sample = if at % 150 < 75 { 7_000_000 } else { -7_000_000 };
        writer.write_sample(sample).and_then(|()| writer.write_sample(sample)).expect("room");
    }
    writer.finalize().expect("room");
}

#[test]
fn take_of_a_studio_becomes_a_prompt() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, sounds) = (dir.path().join("presa-7.wav"), dir.path().join("sounds"));
    take(&file);
    let (file, sounds) = (file.to_str().expect("UTF-8"), sounds.to_str().expect("UTF-8"));
    let import = ["prompts", "import", file, "--language", "it", "--name", "benvenuto", "--sounds", sounds];
    let (code, told, error) = run(&import);
    assert_eq!((code, error.as_str()), (Some(0), ""));
    assert!(told.contains("it/benvenuto: 1.0 s, from -") && told.contains("to -26.0 dBov"), "{told}");
    let (_, told, _) =
        run(&["prompts", "list", "--each", "--language", "it", "--format", "json", "--sounds", sounds]);
    let welcome = told.lines().find(|line| line.contains("\"benvenuto\"")).expect("it is wanted");
    assert!(welcome.contains("\"state\":\"studio\""), "{welcome}");
    let (code, told, _) = run(&["prompts", "level", "--language", "it", "--sounds", sounds]);
    assert_eq!((code, told.as_str()), (Some(0), "0 levelled, 1 left alone\n"));
}
