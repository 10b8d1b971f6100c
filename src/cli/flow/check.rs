//! `flow check`.

use std::path::Path;

use super::{Files, World, counted};
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::io::prompts::recorded_otherwise;
use crate::io::setup::Places;

/// What was found in one file.
struct Found {
    faults: Vec<String>,
    warnings: Vec<String>,
}

/// Checks the files.
pub(super) fn run(files: &Files, strict: bool) -> Result<(), Failure> {
    let world = World::load(&files.config)?;
    let (mut faults, mut warnings) = (0, 0);
    for file in &files.files {
        let found = check(&world, file, files)?;
        faults += found.faults.len();
        warnings += found.warnings.len();
        found.faults.iter().chain(&found.warnings).try_for_each(|line| out::line(line))?;
    }
    let checked = counted(files.files.len(), "flow");
    let told = match warnings {
        0 => String::new(),
        warnings => format!(", {}", counted(warnings, "warning")),
    };
    if faults == 0 && (warnings == 0 || !strict) {
        return out::line(&format!("{checked} checked, no faults{told}"));
    }
    eprintln!("{checked} checked, {}{told}", counted(faults, "fault"));
    Err(Failure::found())
}

fn check(world: &World, file: &Path, files: &Files) -> Result<Found, Failure> {
    let tongue = files.lang.tongue();
    let checked = match world.parse(file)? {
        Ok(checked) => checked,
        Err(errors) => {
            let faults = errors.iter().map(|error| error.said(tongue)).collect();
            return Ok(Found { faults, warnings: Vec::new() });
        }
    };
    let name = file.display().to_string();
    let untested = checked.flow.untested(&name, &world.calendars);
    let otherwise = recorded_otherwise(&Places::beside(&files.config).sounds, &name, &checked.flow);
    let mut warnings = [checked.warnings, untested, otherwise].concat();
    warnings.sort_by_key(|warning| warning.at);
    Ok(Found {
        faults: world.missing_sounds(file, &checked.flow).iter().map(|error| error.said(tongue)).collect(),
        warnings: warnings.iter().map(|warning| warning.said(tongue)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::Lang;
    use super::*;

    fn repository(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    fn files(file: PathBuf) -> Files {
        Files { files: vec![file], config: repository("config"), lang: Lang::En }
    }

    #[test]
    fn shipped_flows_have_no_fault_and_a_slip_is_told_with_its_place() {
        let world = World::load(&repository("config")).expect("the shipped configuration");
        for file in ["ivr-flows/055055.yaml", "ivr-flows/020202.yaml", "ivr-flows/sub/segnalazione@1.yaml"] {
            let files = files(repository(file));
            let found = check(&world, &files.files[0], &files).expect("it can be read");
            assert_eq!(found.faults, [""; 0], "{file}");
        }
        let dir = tempfile::tempdir().expect("a directory");
        let spoiled = dir.path().join("055055.yaml");
        let text = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it can be read");
        std::fs::write(&spoiled, text.replacen("queue: ", "queu: ", 1)).expect("room");
        let files = files(spoiled);
        let told = check(&world, &files.files[0], &files).expect("it can be read").faults;
        let place = format!("{}:", files.files[0].display());
        assert!(!told.is_empty() && told.iter().all(|fault| fault.starts_with(&place)), "{told:?}");
    }

    #[test]
    fn text_that_its_recording_does_not_say_is_told_where_it_stands() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("bozza.yaml");
        let text = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it can be read");
        std::fs::write(&file, text.replacen("Per la polizia locale, 3.", "Per i vigili, 3.", 1))
            .expect("room");
        let files = files(file);
        let world = World::load(&files.config).expect("the shipped configuration");
        let told = check(&world, &files.files[0], &files).expect("it can be read");
        assert_eq!(told.faults, [""; 0]);
        let [warning] = &told.warnings[..] else { panic!("one warning: {:?}", told.warnings) };
        assert!(warning.contains("warning: sounds/it/menu.wav says another text"), "{warning}");
    }

    #[test]
    fn text_that_nobody_has_recorded_is_told_where_it_stands_in_both_tongues() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("prova.yaml");
        let text = "schema: 1\nid: \"prova\"\nlanguages: [it]\nstart: a\nprompts:\n  mai_registrato: {it: \"Buongiorno.\"}\nnodes:\n  a: {type: hangup, prompt: mai_registrato}\n";
        std::fs::write(&file, text).expect("room");
        for (lang, expected) in [
            (Lang::En, "sounds/it/mai_registrato.wav is missing; record it"),
            (Lang::It, "manca sounds/it/mai_registrato.wav"),
        ] {
            let files = Files { lang, ..files(file.clone()) };
            let world = World::load(&files.config).expect("the shipped configuration");
            let told = check(&world, &file, &files).expect("it can be read").faults;
            let place = format!("{}:6:3: {expected}", file.display());
            assert!(told.len() == 1 && told[0].starts_with(&place), "{told:?}");
        }
    }
}
