//! Why a build stopped, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::Prompt;

/// Why a build stopped.
#[derive(Debug, thiserror::Error)]
pub enum PromptsError {
    /// The synthesiser is not there.
    #[error("`{program}` is not installed, and {language}/{name} has to be synthesised; {hint}")]
    NoSynthesiser {
        /// What was to be run.
        program: String,
        /// For this language,
        language: String,
        /// and this recording, the first of those missing.
        name: String,
        /// What to do.
        hint: String,
    },
    /// It ran and failed.
    #[error("`{program}` failed on {language}/{name} ({status}): {said}; try the same text by hand")]
    SynthesisFailed {
        /// What was run.
        program: String,
        /// For this language,
        language: String,
        /// and this recording.
        name: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// What it gave cannot be used.
    #[error("{language}/{name}: {what}")]
    BadSound {
        /// Of this language,
        language: String,
        /// this recording.
        name: String,
        /// What is wrong, and what to do.
        what: String,
    },
    /// A file that cannot become a prompt.
    #[error("{}: {what}; give a WAV file with a voice in it", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The same recording with two texts.
    #[error(
        "{language}/{name} is asked for with two texts, `{one}` and `{other}`; give one of them another name"
    )]
    TwoTexts {
        /// Of this language,
        language: String,
        /// this recording.
        name: String,
        /// The one text.
        one: String,
        /// The other.
        other: String,
    },
    /// A name that would leave the folder of its language.
    #[error(
        "`{0}` is no name for a recording; use lower-case letters, digits, `_`, `-`, `.` and one `/` between folders"
    )]
    BadName(String),
    /// No voice is known for a language.
    #[error("no voice for language `{0}`; give one with --command")]
    NoVoice(String),
    /// The ledger cannot be read.
    #[error(
        "{path}: {error}; it is written by `prompts build`: restore it, or delete it and the recordings made from texts"
    )]
    BadLedger {
        /// The file.
        path: PathBuf,
        /// Why.
        error: serde_json::Error,
    },
    /// A file could not be read or written.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl PromptsError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> PromptsError {
        let path = path.to_owned();
        move |error| PromptsError::File { path, error }
    }

    pub(super) fn bad_sound(prompt: &Prompt, what: impl std::fmt::Display) -> PromptsError {
        PromptsError::BadSound {
            language: prompt.language.clone(),
            name: prompt.name.clone(),
            what: what.to_string(),
        }
    }
}
