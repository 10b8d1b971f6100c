//! `sounds/<language>/prompts.json`: what was made here or brought from a studio, and for which text.
//!
//! One line a recording, sorted, so that two branches that add prompts merge. It keeps digests only: the text's own place
//! is the flow or `speech`.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{PromptsError, write_whole};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Made {
    text: String,
    sound: String,
    /// Somebody spoke it: it is never synthesised again.
    #[serde(default)]
    studio: bool,
}

pub(super) struct Ledger {
    path: PathBuf,
    made: BTreeMap<String, Made>,
}

impl Ledger {
    pub(super) fn open(folder: &Path) -> Result<Ledger, PromptsError> {
        let path = folder.join("prompts.json");
        let made = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| PromptsError::BadLedger { path: path.clone(), error })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(PromptsError::file(&path)(error)),
        };
        Ok(Ledger { path, made })
    }

    /// This very sound was made here.
    pub(super) fn made(&self, name: &str, sound: &[u8]) -> bool {
        self.made.get(name).is_some_and(|made| !made.studio && made.sound == digest(sound))
    }

    /// What is noted of it was made for this text.
    pub(super) fn says(&self, name: &str, text: &str) -> bool {
        self.made.get(name).is_some_and(|made| made.text == digest(text.as_bytes()))
    }

    /// A studio recording that was imported: its text is known.
    pub(super) fn imported(&self, name: &str) -> bool {
        self.made.get(name).is_some_and(|made| made.studio)
    }

    /// What was made here from this text.
    pub(super) fn note(&mut self, name: &str, text: &str, sound: &[u8]) -> Result<(), PromptsError> {
        self.insert(name, Made { text: digest(text.as_bytes()), sound: digest(sound), studio: false })
    }

    /// What somebody spoke; `text`: what it says, if that is known.
    pub(super) fn note_studio(
        &mut self,
        name: &str,
        text: Option<&str>,
        sound: &[u8],
    ) -> Result<(), PromptsError> {
        let text = text.map(|text| digest(text.as_bytes())).unwrap_or_default();
        self.insert(name, Made { text, sound: digest(sound), studio: true })
    }

    /// The same words, from the same voice, with another level.
    pub(super) fn note_levelled(&mut self, name: &str, sound: &[u8]) -> Result<(), PromptsError> {
        match self.made.get(name).cloned() {
            Some(made) => self.insert(name, Made { sound: digest(sound), ..made }),
            None => Ok(()),
        }
    }

    fn insert(&mut self, name: &str, made: Made) -> Result<(), PromptsError> {
        self.made.insert(name.to_owned(), made);
        write_whole(&self.path, self.to_lines().as_bytes())
    }

    /// JSON with one recording on a line.
    fn to_lines(&self) -> String {
        let line = |(name, made): (&String, &Made)| {
            let studio = if made.studio { r#", "studio": true"# } else { "" };
            let made = format!(r#"{{"text": "{}", "sound": "{}"{studio}}}"#, made.text, made.sound);
            format!("  {}: {made}", serde_json::Value::from(name.as_str()))
        };
        let lines: Vec<String> = self.made.iter().map(line).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n"))
    }
}

/// Enough of SHA-256 to tell texts apart: 64 bits, hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
