//! The configuration's files, read from their directory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::texts;
use crate::config::{Config, ConfigError, FILES, Fault, Place};

/// Largest file that is read: a configuration is written by hand.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Read and check the configuration in `dir`. Places in faults are paths from where the program runs.
pub fn load(dir: &Path) -> Result<Config, Vec<ConfigError>> {
    let texts = read_texts(dir)?;
    Config::parse(&texts).map_err(|mut errors| {
        for error in &mut errors {
            error.at.file = dir.join(&error.at.file).display().to_string();
        }
        errors
    })
}

/// The texts of all `.toml` files. Missing ones are for the parser to tell; unreadable ones are told here, all of them.
fn read_texts(dir: &Path) -> Result<BTreeMap<String, String>, Vec<ConfigError>> {
    let entries = fs::read_dir(dir).map_err(|error| vec![unreadable(dir, &error)])?;
    let mut names: Vec<_> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml") && !name.starts_with('.'))
        .chain(FILES.iter().map(|name| (*name).to_owned()))
        .collect();
    names.sort_unstable();
    names.dedup();
    let (mut found, mut errors) = (BTreeMap::new(), Vec::new());
    for name in names {
        match texts::read(&dir.join(&name), MAX_BYTES) {
            Ok(text) => drop(found.insert(name, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => errors.push(unreadable(&dir.join(&name), &error)),
        }
    }
    if errors.is_empty() { Ok(found) } else { Err(errors) }
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError { at: Place::whole(&path.display().to_string()), fault: Fault::Unreadable(error.to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(dir: &Path) -> Vec<String> {
        match load(dir) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn shipped_directory_is_read() {
        assert_eq!(told(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")), [""; 0]);
    }

    #[test]
    fn what_is_no_file_is_told_and_not_read() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/zero", dir.path().join("trunks.toml")).unwrap();
        std::fs::create_dir(dir.path().join("topics.toml")).unwrap();
        let told = told(dir.path());
        for name in ["trunks.toml", "topics.toml"] {
            let fault = format!("{}: cannot be read: it is no file", dir.path().join(name).display());
            assert!(told.iter().any(|told| told.starts_with(&fault)), "{told:?}");
        }
    }

    #[test]
    fn missing_directory_is_one_fault() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        let told = told(&gone);
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with(&format!("{}: cannot be read: ", gone.display())), "{told:?}");
    }

    #[test]
    fn faults_name_the_file_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("engine.toml"), "node = 0").unwrap();
        fs::write(dir.path().join("sets.toml"), "").unwrap();
        let told = told(dir.path());
        let at = |name: &str| dir.path().join(name).display().to_string();
        let node = format!("{}:1:8: `node` must be", at("engine.toml"));
        assert!(told.iter().any(|fault| fault.starts_with(&node)), "{told:?}");
        let hint = "this file is not part of a configuration; did you mean `seats.toml`?";
        assert!(told.contains(&format!("{}: {hint}", at("sets.toml"))), "{told:?}");
        assert_eq!(told.iter().filter(|fault| fault.contains("the file is missing")).count(), 7);
    }
}
