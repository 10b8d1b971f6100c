//! `prompts`: every sentence, piece and music becomes a recording that the exchange can play as it is.
//!
//! Who needs sounds gives [`Prompt`]s: the flows their texts, the grammars in `speech` their pieces and notices. [`Builder`] takes each
//! through the same steps: the `ledger` beside the recordings says whether the text is new; `passage` finds the words of
//! another language in it; `synthesis` speaks it with a command of the administrator's choice; `mastering` brings it to
//! 8 kHz, cuts silence, sets the level; the file takes its place at once, whole. The hold music is composed by `music`.
//!
//! A recording that was not made here, or was changed since, is a studio recording: it is never overwritten. So a city
//! replaces the synthetic voice file by file: [`import`] brings what a studio delivers to the same form and level, and
//! marks it. [`survey`] says how far every language is.

mod coverage;
mod error;
mod ledger;
mod mastering;
mod music;
mod passage;
mod studio;
mod synthesis;
mod wav;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use coverage::{Coverage, Standing, State, coverage, recorded_otherwise, survey};
pub use error::PromptsError;
use ledger::Ledger;
pub use music::NAME as OWN_MUSIC;
pub use studio::{Imported, Levelled, Leveller, import, recordings_below};
pub use synthesis::{Encoding, PATIENCE, Voice};

use super::control::Clock;
use crate::speech::Speech;

/// Longest text given to a synthesiser: some minutes of speech, more than anybody listens to.
const MAX_TEXT: usize = 4000;

/// One recording that somebody needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Prompt {
    /// Folder below `sounds/`: `it`, `en`.
    pub language: String,
    /// Name below it, without `.wav`: `benvenuto`, `pezzi/21`.
    pub name: String,
    /// What is said.
    pub text: String,
}

impl Prompt {
    /// A prompt, from borrowed words.
    pub fn new(language: &str, name: &str, text: &str) -> Prompt {
        Prompt { language: language.to_owned(), name: name.to_owned(), text: text.to_owned() }
    }

    fn path(&self, sounds: &Path) -> PathBuf {
        path_of(sounds, &self.language, &self.name)
    }
}

/// The pieces of these languages and the exchange's own notices in them. A language without a grammar has none.
pub fn own_prompts<'l>(languages: impl IntoIterator<Item = &'l str>) -> impl Iterator<Item = Prompt> {
    let spoken = languages.into_iter().filter_map(Speech::for_language);
    spoken.flat_map(|speech| {
        let recordings = speech.recordings();
        recordings.map(|(name, text)| Prompt::new(speech.language(), &name, text)).collect::<Vec<_>>()
    })
}

/// What became of one prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Built {
    /// Made anew.
    New,
    /// Its text has not changed.
    Unchanged,
    /// Somebody recorded it: left alone.
    Studio,
}

/// Fills a `sounds/` tree.
#[derive(Clone, Debug)]
pub struct Builder {
    /// The tree.
    pub sounds: PathBuf,
    /// Speaks every language; `None`: espeak-ng.
    pub voice: Option<Voice>,
    /// Make what was synthesised again, though its text has not changed. Studio recordings stay.
    pub force: bool,
}

impl Builder {
    /// Makes what is missing or has a new text, telling `progress` after each prompt how many are done.
    pub fn build(
        &self,
        prompts: impl IntoIterator<Item = Prompt>,
        mut progress: impl FnMut(usize, usize, &Prompt, Built),
    ) -> Result<(), PromptsError> {
        let prompts = checked(prompts)?;
        let mut ledger: Option<(String, Ledger)> = None;
        for (at, prompt) in prompts.iter().enumerate() {
            let ledger = match &mut ledger {
                Some((language, ledger)) if *language == prompt.language => ledger,
                other => &mut other.insert((prompt.language.clone(), self.ledger(&prompt.language)?)).1,
            };
            let built = self.make(ledger, prompt, |prompt| self.speak(prompt))?;
            progress(at + 1, prompts.len(), prompt, built);
        }
        Ok(())
    }

    /// Writes `sounds/music/attesa.wav`, unless it is there.
    pub fn build_music(&self) -> Result<Built, PromptsError> {
        let prompt = Prompt::new("music", music::NAME, music::EDITION);
        self.make(&mut self.ledger("music")?, &prompt, |_| Ok(music::compose()))
    }

    fn ledger(&self, language: &str) -> Result<Ledger, PromptsError> {
        Ledger::open(&self.sounds.join(language))
    }

    fn make(
        &self,
        ledger: &mut Ledger,
        prompt: &Prompt,
        sound: impl FnOnce(&Prompt) -> Result<Vec<f32>, PromptsError>,
    ) -> Result<Built, PromptsError> {
        let path = prompt.path(&self.sounds);
        if let Some(bytes) = read_if_there(&path)? {
            if !ledger.made(&prompt.name, &bytes) {
                return Ok(Built::Studio);
            }
            if !self.force && ledger.says(&prompt.name, &prompt.text) {
                return Ok(Built::Unchanged);
            }
        }
        let bytes = wav::encode(&sound(prompt)?).map_err(|what| PromptsError::bad_sound(prompt, what))?;
        // The ledger first: were it last, a build that is stopped between the two would leave what looks like a studio
        // recording.
        ledger.note(&prompt.name, &prompt.text, &bytes)?;
        write_whole(&path, &bytes)?;
        Ok(Built::New)
    }

    fn speak(&self, prompt: &Prompt) -> Result<Vec<f32>, PromptsError> {
        let bad = |what| PromptsError::bad_sound(prompt, what);
        let mut spoken = Vec::new();
        let voice = self.voice.clone().unwrap_or_else(Voice::espeak);
        let clock = Clock::start();
        for passage in passage::passages(&prompt.language, &prompt.text).map_err(bad)? {
            let within = voice.within.saturating_sub(clock.now().mono.since_start());
            let voice = Voice { within, ..voice.clone() };
            spoken.push(voice.speak(prompt, &passage, &self.sounds.join(&prompt.language))?);
        }
        if spoken.is_empty() {
            return Ok(vec![0.0; mastering::PAUSE]); // a comma alone: a pause
        }
        mastering::speech(&spoken).map_err(bad)
    }
}

/// A language or a recording whose name stays inside the tree.
fn check_name(language: &str, name: &str) -> Result<(), PromptsError> {
    if is_name(language) && !language.contains('/') && is_name(name) {
        return Ok(());
    }
    Err(PromptsError::BadName(format!("{language}/{name}")))
}

/// Sorted, each once, with a name that stays inside the tree and a text of reasonable length.
fn checked(prompts: impl IntoIterator<Item = Prompt>) -> Result<Vec<Prompt>, PromptsError> {
    let prompts: BTreeSet<Prompt> = prompts.into_iter().collect();
    let prompts: Vec<Prompt> = prompts.into_iter().collect();
    for prompt in &prompts {
        check_name(&prompt.language, &prompt.name)?;
        if prompt.text.trim().is_empty() || prompt.text.len() > MAX_TEXT {
            let what =
                format!("its text has {} bytes; between 1 and {MAX_TEXT} can be spoken", prompt.text.len());
            return Err(PromptsError::bad_sound(prompt, what));
        }
    }
    for pair in prompts.windows(2) {
        if let [one, other] = pair
            && (&one.language, &one.name) == (&other.language, &other.name)
        {
            return Err(PromptsError::TwoTexts {
                language: one.language.clone(),
                name: one.name.clone(),
                one: one.text.clone(),
                other: other.text.clone(),
            });
        }
    }
    Ok(prompts)
}

fn is_name(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.'))
    })
}

/// A name for the recording of a text that has no other: whoever has the same text has the same recording.
pub fn name_of(text: &str) -> String {
    ledger::digest(text.as_bytes())
}

/// Where a recording lies.
pub fn path_of(sounds: &Path, language: &str, name: &str) -> PathBuf {
    sounds.join(language).join(format!("{name}.wav"))
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, PromptsError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(PromptsError::file(path)(error)),
    }
}

/// A reader sees the old file or the new one, never a part.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PromptsError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(PromptsError::file(folder))?;
    }
    let beside = path.with_extension("new");
    fs::write(&beside, bytes).map_err(PromptsError::file(&beside))?;
    fs::rename(&beside, path).map_err(PromptsError::file(path))
}

#[cfg(test)]
mod tests;
