//! The languages of `sounds/`: each folder with a `grammar.toml` is one that values can be spoken in.

use std::path::Path;

use super::texts;
use crate::speech::{self, Speech};

/// Largest grammar that is read: a hundred times ours.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads every `sounds/<language>/grammar.toml` and speaks these languages from now on.
///
/// # Errors
/// Every fault of every file, one line each.
pub fn install(sounds: &Path) -> Result<(), Vec<String>> {
    let (languages, faults) = read(sounds);
    if faults.is_empty() {
        speech::install(&languages);
        return Ok(());
    }
    Err(faults)
}

fn read(sounds: &Path) -> (Vec<Speech>, Vec<String>) {
    let (mut languages, mut faults) = (Vec::new(), Vec::new());
    let Ok(entries) = std::fs::read_dir(sounds) else { return (languages, faults) };
    let mut folders: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    for folder in folders {
        let (path, Some(language)) = (folder.join("grammar.toml"), folder.file_name()) else { continue };
        let file = path.display().to_string();
        if !path.exists() {
            continue; // recordings alone: its prompts are played, values are not spoken in it
        }
        match texts::read(&path, MAX_BYTES) {
            Ok(text) => match Speech::read(&language.to_string_lossy(), &file, &text) {
                Ok(speech) => languages.push(speech),
                Err(found) => faults.extend(found.iter().map(ToString::to_string)),
            },
            Err(error) => faults.push(format!("{file}: cannot be read ({error})")),
        }
    }
    (languages, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_languages_are_read_and_faults_have_their_file() {
        let (languages, faults) = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds"));
        let names: Vec<&str> = languages.iter().map(Speech::language).collect();
        assert_eq!((names, faults), (vec!["en", "es", "it"], vec![]));
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(dir.path().join("fr")).expect("room");
        std::fs::write(dir.path().join("fr/grammar.toml"), "[pieces]\n[nombre]\n").expect("room");
        let (languages, faults) = read(dir.path());
        assert!(
            languages.is_empty() && faults[0].contains("fr/grammar.toml:2:2: unknown field `nombre`"),
            "{faults:?}"
        );
    }
}
