//! What a caller hears where a sound is missing: never silence, which sounds like the end of the call.
//!
//! A start refuses flows whose sounds are not there, so this is for what comes later: a folder that lost a file before a
//! restart with another flow, a bulletin whose recording was mistyped. A prompt is replaced by a neutral phrase; so is a
//! spoken value that lacks a piece, as a whole, because a number with a hole is another number; a place in the queue that lacks
//! one is not spoken, and missing music is other music. Where even the phrase is missing there is a tone. Each fault is told in the log and in the story of the contact.

use std::sync::Arc;

use crate::flow::{self, Say, Sounding};
use crate::ids::CallId;
use crate::journal::entry::Fact;
use crate::media::Sound;
use crate::media::library::{SoundLibrary, attention};
use crate::speech::notice::Notice;
use crate::time::Now;

use super::{AskId, Engine};

impl Engine {
    /// The sounds of what a flow says.
    pub(super) fn sounds_of(&mut self, now: Now, id: CallId, say: &[Say]) -> Vec<Arc<Sound>> {
        let parts: Vec<_> = flow::sounded(say, |language, name| self.sound_for(id, language, name)).collect();
        let mut sounds = Vec::new();
        for part in parts {
            match part {
                Sounding::Sounds(found) => sounds.extend(found),
                Sounding::Missing { language, names } => {
                    names.iter().for_each(|name| self.tell_missing(now, id, language, name));
                    sounds.push(self.neutral(id, language));
                }
                Sounding::Recording(request) => {
                    let own = self.sound_of_take(AskId { call: id, request });
                    sounds.push(own.unwrap_or_else(|| self.neutral_of(id)));
                }
            }
        }
        sounds
    }

    /// What this citizen waits to: as the flow says, else the queue, else the Ente.
    pub(super) fn music_for(&self, id: CallId) -> String {
        let own = || {
            let call = self.calls.get(&id)?;
            let queue = call.enqueue.as_ref().and_then(|enqueue| self.config.queues.get(&enqueue.queue));
            let entity = self.config.entities.get(&call.entity);
            let of_queue = || queue.and_then(|queue| queue.music.as_deref());
            call.music().or_else(of_queue).or_else(|| entity?.music.as_deref())
        };
        own().unwrap_or(flow::USUAL_MUSIC).to_owned()
    }

    /// The music of this name, or some other in its place.
    pub(super) fn music(&mut self, now: Now, id: CallId, name: &str) -> Vec<Arc<Sound>> {
        self.all_or_none(now, id, &[("music", name)]).unwrap_or_else(|| vec![self.other_music(id)])
    }

    /// These sounds, by language and name; `None` when one is missing, and each that is missing is told in the story of the contact.
    pub(super) fn all_or_none(
        &mut self,
        now: Now,
        id: CallId,
        names: &[(&str, &str)],
    ) -> Option<Vec<Arc<Sound>>> {
        let mut sounds = Vec::with_capacity(names.len());
        for (language, name) in names {
            match self.sound_for(id, language, name) {
                Some(sound) => sounds.push(sound),
                None => self.tell_missing(now, id, language, name),
            }
        }
        (sounds.len() == names.len()).then_some(sounds)
    }

    fn tell_missing(&mut self, now: Now, id: CallId, language: &str, name: &str) {
        let sound = format!("{language}/{name}");
        self.append(now, Fact::SoundMissing { contact: id.into(), sound });
    }

    /// The phrase that stands for any other, in this language or in another, or else a tone.
    fn neutral(&self, id: CallId, language: &str) -> Arc<Sound> {
        let name = Notice::Unavailable.sound();
        let (own, library) = (self.sound_for(id, language, name), self.library(id));
        let other = || library.names().find(|known| known.ends_with(name));
        let any = own.or_else(|| library.find(other()?).cloned());
        any.unwrap_or_else(|| attention().clone())
    }

    /// The same in the language that this citizen speaks.
    fn neutral_of(&self, id: CallId) -> Arc<Sound> {
        let language = self.calls.get(&id).map_or("", |call| call.language.as_str());
        self.neutral(id, language)
    }

    /// Some music in the place of one that is missing.
    fn other_music(&self, id: CallId) -> Arc<Sound> {
        let library = self.library(id);
        let any = library.names().find(|name| name.starts_with("music/"));
        any.and_then(|name| library.find(name)).unwrap_or_else(|| attention()).clone()
    }

    /// The sounds that this call began with.
    fn library(&self, id: CallId) -> &SoundLibrary {
        self.calls.get(&id).map_or(&self.sounds, |call| &call.sounds)
    }

    /// The sound `language/name` for this call: as it was when the call began, or else as for a new call, because a bulletin may have
    /// been switched on since, whose recording came with a reload.
    pub(super) fn sound_for(&self, id: CallId, language: &str, name: &str) -> Option<Arc<Sound>> {
        let own = self.library(id).find(&format!("{language}/{name}")).cloned();
        own.or_else(|| self.sound(language, name))
    }
}
