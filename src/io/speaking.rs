//! Speaks the texts of bulletins while the exchange runs: one after another, on a thread of its own.
//!
//! They are made as `prompts build` makes prompts, in a tree of their own in the data directory: a text that was spoken before is
//! taken from there, so that a restart needs no synthesiser. A synthesiser has so long for a text in all its languages, and what it
//! gives is bounded; whatever goes wrong is told in words, and the control loop waits for nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::control::Clock;
use super::media::load_sound;
use super::prompts::{self, Builder, Prompt, Voice};
use crate::engine::{SpeakId, Spoken};
use crate::ids::Language;

/// Texts that may wait for the one that is being spoken; a start asks for every bulletin on record at once.
const MAX_WAITING: usize = 64;
/// How long a text may take in all its languages: less than an HTTP request may.
const WITHIN: Duration = Duration::from_secs(8);
/// Recordings kept; when there are more, a start throws all away, and what is still on is spoken again.
const MAX_KEPT: usize = 500;

/// A text by language.
type Text = BTreeMap<Language, String>;

/// Has texts spoken, and hears when they are.
#[derive(Debug)]
pub struct Speaker {
    texts: SyncSender<(SpeakId, Text)>,
    /// Not bounded by itself: each text is answered once, and texts are bounded.
    told: UnboundedSender<(SpeakId, Spoken)>,
    spoken: UnboundedReceiver<(SpeakId, Spoken)>,
}

impl Speaker {
    /// Speaks with this voice and keeps recordings in `folder`.
    ///
    /// # Errors
    /// No thread.
    pub fn start(folder: PathBuf, voice: Voice) -> io::Result<Speaker> {
        let (texts, inbox) = sync_channel(MAX_WAITING);
        let (told, spoken) = unbounded_channel();
        let teller = told.clone();
        thread::Builder::new()
            .name("speaker".to_owned())
            .spawn(move || speak_all(&inbox, &folder, &voice, &teller))?;
        Ok(Speaker { texts, told, spoken })
    }

    /// Has a text spoken; returns at once.
    pub fn speak(&self, id: SpeakId, text: Text) {
        if self.texts.try_send((id, text)).is_err() {
            let why = "too many texts wait to be spoken; try again in a minute".to_owned();
            drop(self.told.send((id, Err(why)))); // the loop has ended
        }
    }

    /// The next that was spoken.
    pub async fn recv(&mut self) -> Option<(SpeakId, Spoken)> {
        self.spoken.recv().await
    }
}

fn speak_all(
    inbox: &Receiver<(SpeakId, Text)>,
    folder: &Path,
    voice: &Voice,
    told: &UnboundedSender<(SpeakId, Spoken)>,
) {
    forget_old(folder);
    while let Ok((id, text)) = inbox.recv() {
        if told.send((id, speak(folder, voice, &text))).is_err() {
            return;
        }
    }
}

/// A text in all its languages, from the tree or from the synthesiser.
fn speak(folder: &Path, voice: &Voice, text: &Text) -> Spoken {
    let clock = Clock::start();
    let mut sounds = BTreeMap::new();
    for (language, text) in text {
        let within = WITHIN.saturating_sub(clock.now().mono.since_start());
        let voice = Some(Voice { within, ..voice.clone() });
        let builder = Builder { sounds: folder.to_owned(), voice, force: false };
        let prompt = Prompt::new(language.as_str(), &prompts::name_of(text), text);
        let path = prompts::path_of(folder, &prompt.language, &prompt.name);
        builder.build([prompt], |_, _, _, _| {}).map_err(|error| error.to_string())?;
        let sound = load_sound(&path, language.as_str()).map_err(|error| error.to_string())?;
        sounds.insert(language.clone(), sound);
    }
    Ok(sounds)
}

/// Texts come and go for years; the disk is not to fill with them.
fn forget_old(folder: &Path) {
    let kept = prompts::recordings_below(folder).map_or(0, |recordings| recordings.len());
    if kept > MAX_KEPT
        && let Err(error) = fs::remove_dir_all(folder)
    {
        tracing::warn!(folder = %folder.display(), %error, "old bulletins cannot be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::prompts::Encoding;

    fn voice(command: &str) -> Voice {
        Voice { command: command.to_owned(), encoding: Encoding::Utf8, within: WITHIN }
    }

    fn text() -> Text {
        [("it".into(), "Oggi nevica.".to_owned())].into()
    }

    #[test]
    fn text_that_was_spoken_before_needs_no_synthesiser() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = env!("CARGO_MANIFEST_DIR");
        let first = speak(folder.path(), &voice(&format!("cat {root}/sounds/it/grazie.wav")), &text());
        let first = first.expect("a sound");
        let again = speak(folder.path(), &voice("no-such-voice-here"), &text()).expect("kept");
        assert_eq!(first, again);
        assert!(first[&Language::from("it")].duration() > Duration::from_millis(300));
    }

    #[test]
    fn what_cannot_be_spoken_is_told_with_a_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        for (command, expected) in [
            ("no-such-voice-here", "`no-such-voice-here` is not installed"),
            ("false", "`false` failed on it/"),
            ("echo", "not a sound"),
        ] {
            let told = speak(folder.path(), &voice(command), &text()).expect_err(command);
            assert!(told.contains(expected), "{told}");
        }
    }
}
