//! What people have spoken: brought in, and all recordings to one level.

use std::fs;
use std::path::{Path, PathBuf};

use super::ledger::Ledger;
use super::{PromptsError, check_name, mastering, path_of, read_if_there, wav, write_whole};
use crate::media::level::{SPEECH_DBOV, speech_level};

/// Largest file that is read: five minutes in the best quality of a studio.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Deepest folder that is looked into, so that a link to a folder above does no harm.
const MAX_DEPTH: usize = 8;

/// What became of a file from a studio.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// How loud it was.
    pub from_dbov: f64,
    /// How long it is now, without the silence around.
    pub seconds: f64,
}

/// Brings `file` to the telephone's form and level, as the studio recording `name` of a language. `text`: what it says, if
/// that is known; a later change of the text is then told by `survey`.
pub fn import(
    sounds: &Path,
    language: &str,
    name: &str,
    text: Option<&str>,
    file: &Path,
) -> Result<Imported, PromptsError> {
    check_name(language, name)?;
    let bad = |what: String| PromptsError::BadFile { path: file.to_owned(), what };
    let length = fs::metadata(file).map_err(PromptsError::file(file))?.len();
    if length > MAX_BYTES {
        return Err(bad(format!("{length} bytes; at most {MAX_BYTES} are read")));
    }
    let bytes = fs::read(file).map_err(PromptsError::file(file))?;
    let spoken = wav::decode(&bytes).map_err(&bad)?;
    let from_dbov =
        speech_level(&spoken.samples, spoken.rate).map_or(f64::NEG_INFINITY, |now| now.active_dbov);
    let samples = mastering::speech(&[spoken]).map_err(&bad)?;
    let bytes = wav::encode(&samples).map_err(&bad)?;
    // The ledger first, as in a build: a recording that is noted and not yet there is only missing.
    Ledger::open(&sounds.join(language))?.note_studio(name, text, &bytes)?;
    write_whole(&path_of(sounds, language, name), &bytes)?;
    Ok(Imported { from_dbov, seconds: samples.len() as f64 / f64::from(mastering::RATE) })
}

/// The WAV files in a folder and those below it, each with the name that it would have as a prompt, in order.
pub fn recordings_below(folder: &Path) -> Result<Vec<(String, PathBuf)>, PromptsError> {
    let mut found = Vec::new();
    collect(folder, "", MAX_DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn collect(
    folder: &Path,
    above: &str,
    depth: usize,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), PromptsError> {
    for entry in fs::read_dir(folder).map_err(PromptsError::file(folder))? {
        let path = entry.map_err(PromptsError::file(folder))?.path();
        let Some(stem) = path.file_stem() else { continue };
        let name = format!("{above}{}", stem.to_string_lossy());
        if path.is_dir() && depth > 0 {
            collect(&path, &format!("{name}/"), depth - 1, found)?;
        } else if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("wav")) {
            found.push((name, path));
        }
    }
    Ok(())
}

/// What became of a recording's level.
#[derive(Clone, Debug, PartialEq)]
pub enum Levelled {
    /// It was so loud, and is at the level of speech now.
    From(f64),
    /// Nobody would hear a difference.
    Right,
    /// There is nothing to hear in it: a pause.
    Silent,
    /// No telephone's form; a level would be set on what cannot be played.
    Foreign,
}

/// Brings the recordings of one language to the level of speech, whoever made them.
pub struct Leveller {
    sounds: PathBuf,
    language: String,
    ledger: Ledger,
    /// Only say what would be done.
    pub dry_run: bool,
}

impl Leveller {
    /// For the recordings of `language`.
    pub fn new(sounds: &Path, language: &str, dry_run: bool) -> Result<Leveller, PromptsError> {
        check_name(language, "any")?;
        let ledger = Ledger::open(&sounds.join(language))?;
        Ok(Leveller { sounds: sounds.to_owned(), language: language.to_owned(), ledger, dry_run })
    }

    /// The names of its recordings.
    pub fn names(&self) -> Result<Vec<String>, PromptsError> {
        let found = recordings_below(&self.sounds.join(&self.language))?;
        Ok(found.into_iter().map(|(name, _)| name).collect())
    }

    /// Levels one recording. Its words stay, so the ledger goes on saying who made it and from which text.
    pub fn level(&mut self, name: &str) -> Result<Levelled, PromptsError> {
        let path = path_of(&self.sounds, &self.language, name);
        let bad = |what: String| PromptsError::BadFile { path: path.clone(), what };
        let Some(bytes) = read_if_there(&path)? else { return Ok(Levelled::Silent) };
        if !wav::is_ready(&bytes) {
            return Ok(Levelled::Foreign);
        }
        let mut samples = wav::decode(&bytes).map_err(&bad)?.samples;
        let Some(now) = speech_level(&samples, mastering::RATE) else { return Ok(Levelled::Silent) };
        if (now.active_dbov - SPEECH_DBOV).abs() <= mastering::LEVEL_TOLERANCE_DB {
            return Ok(Levelled::Right);
        }
        if !self.dry_run {
            let made = self.ledger.made(name, &bytes);
            mastering::level(&mut samples, SPEECH_DBOV);
            let levelled = wav::encode(&samples).map_err(&bad)?;
            if made || self.ledger.imported(name) {
                self.ledger.note_levelled(name, &levelled)?;
            }
            write_whole(&path, &levelled)?;
        }
        Ok(Levelled::From(now.active_dbov))
    }
}
