//! The configuration's files, read from their directory.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

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
    let (mut texts, mut errors) = (BTreeMap::new(), Vec::new());
    for name in names {
        match read_text(&dir.join(&name)) {
            Ok(text) => drop(texts.insert(name, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => errors.push(unreadable(&dir.join(&name), &error)),
        }
    }
    if errors.is_empty() { Ok(texts) } else { Err(errors) }
}

fn read_text(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 4 MB"));
    }
    fs::read_to_string(path)
}

fn unreadable(path: &Path, error: &io::Error) -> ConfigError {
    ConfigError { at: Place::whole(&path.display().to_string()), fault: Fault::Unreadable(error.to_string()) }
}
