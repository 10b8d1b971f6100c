//! What a caller hears where a sound is missing: never silence, which sounds like the end of the call.
//!
//! A start refuses flows whose sounds are not there, so this is for what comes later: a folder that lost a file before a
//! restart with another flow, a bulletin whose recording was mistyped. A prompt is replaced by a neutral phrase; so is a
//! spoken value that lacks a piece, as a whole, because a number with a hole is another number. Where even the phrase is
//! missing there is a tone. Each fault is told in the log and in the story of the contact.

use std::sync::Arc;

use crate::flow::Say;
use crate::ids::CallId;
use crate::journal::entry::Fact;
use crate::media::Sound;
use crate::media::library::attention;
use crate::speech::notice::Notice;
use crate::time::Now;

use super::Engine;

impl Engine {
    /// The sounds of what a flow says.
    pub(super) fn sounds_of(&mut self, now: Now, id: CallId, say: &[Say]) -> Vec<Arc<Sound>> {
        let mut sounds = Vec::new();
        // The pieces of values that follow each other stand or fall together.
        for run in say.chunk_by(|one, other| is_piece(one) && is_piece(other)) {
            let found: Vec<_> = run.iter().map(|say| (say, self.sound_of(say))).collect();
            let missing: Vec<&Say> =
                found.iter().filter(|(_, sound)| sound.is_none()).map(|(say, _)| *say).collect();
            if missing.is_empty() {
                sounds.extend(found.into_iter().filter_map(|(_, sound)| sound));
                continue;
            }
            for say in missing {
                let (language, name) = named(say);
                let sound = format!("{language}/{name}");
                self.append(now, Fact::SoundMissing { contact: id.into(), sound });
            }
            sounds.push(self.neutral(named(&run[0]).0));
        }
        sounds
    }

    fn sound_of(&self, say: &Say) -> Option<Arc<Sound>> {
        let (language, name) = named(say);
        self.sound(language, name)
    }

    /// The phrase that stands for any other, in this language or in another, or else a tone.
    fn neutral(&self, language: &str) -> Arc<Sound> {
        let name = Notice::Unavailable.sound();
        let own = self.sound(language, name);
        let other = || self.sounds.names().find(|known| known.ends_with(name));
        let any = own.or_else(|| self.sounds.find(other()?).cloned());
        any.unwrap_or_else(|| attention().clone())
    }

    /// Some music in the place of one that is missing.
    pub(super) fn other_music(&self) -> Arc<Sound> {
        let any = self.sounds.names().find(|name| name.starts_with("music/"));
        any.and_then(|name| self.sounds.find(name)).unwrap_or_else(|| attention()).clone()
    }
}

fn is_piece(say: &Say) -> bool {
    matches!(say, Say::Piece(..))
}

/// Language and name.
fn named(say: &Say) -> (&str, &str) {
    match say {
        Say::Prompt(language, name) => (language.as_str(), name),
        Say::Piece(language, piece) => (language.as_str(), &piece.0),
        Say::Recording(_) => ("", "recording"), // nothing records callers yet: it is missing like any other
    }
}
