//! Those who wait hear what the queue's rules have due: the place, the expected wait, messages; then the music goes on.

use std::sync::Arc;

use crate::call::{Announcements, Phase, Purpose, Said};
use crate::ids::{CallId, QueueId};
use crate::journal::entry::Fact;
use crate::media::Sound;
use crate::speech::Speech;
use crate::speech::notice::Notice;
use crate::time::Now;

use super::Engine;

impl Engine {
    /// A caller has a place: after what a supervisor has switched on for the queue, the place is told.
    pub(super) fn begin_announcing(&mut self, now: Now, id: CallId, queue: &QueueId, position: usize) {
        let bulletin = self.sounds_of_queue(now, id, queue);
        let bulletin = self.after_word(id, bulletin);
        let expected = self.acd.expected_wait(now.mono, queue).map(|wait| (wait.low, wait.high));
        let Some(rules) = self.config.queues.get(queue).map(|queue| &queue.announce) else { return };
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.announcements = Announcements::begin(now.mono, expected, rules);
        if call.comes_first {
            return self.tell_lost(now, id);
        }
        if !self.announce_after(now, id, position, bulletin) {
            self.play_music(now, id);
        }
    }

    /// The operator's phone is gone: who was being served hears that the call goes on, and is not told a place.
    fn tell_lost(&mut self, now: Now, id: CallId) {
        let Some(language) = self.calls.get(&id).map(|call| call.language.clone()) else { return };
        match self.sound_for(id, language.as_str(), Notice::OperatorLost.sound()) {
            Some(sound) => self.play(id, vec![sound], Purpose::Announcement, false),
            None => self.play_music(now, id),
        }
    }

    /// It is time to tell a caller something, if there is anything; otherwise the music goes on undisturbed.
    pub(super) fn announce(&mut self, now: Now, id: CallId, position: usize) {
        self.announce_after(now, id, position, Vec::new());
    }

    /// The same, after what else is to be heard. False: there is nothing.
    fn announce_after(&mut self, now: Now, id: CallId, position: usize, mut sounds: Vec<Arc<Sound>>) -> bool {
        let config = self.config.clone();
        let Some(call) = self.calls.get_mut(&id) else { return false };
        let Phase::Waiting(queue) = &call.phase else { return false };
        let Some(rules) = config.queues.get(queue).map(|queue| &queue.announce) else { return false };
        let tells_place = call.enqueue.as_ref().is_some_and(|enqueue| enqueue.announce);
        let due = call.announcements.due(now.mono, position, tells_place, rules);
        let (mut place_told, mut told_s) = (false, None);
        for said in due {
            let Some(heard) = self.sounds_of_said(now, id, &said) else { continue };
            sounds.extend(heard);
            match said {
                Said::Place(_) | Said::MoreThan(_) => place_told = true,
                Said::Wait(wait) => told_s = Some((wait.low_min * 60, wait.high_min * 60)),
                Said::Message(_) => {}
            }
        }
        if place_told {
            self.append(now, Fact::Announced { contact: id.into(), position, told_s });
        }
        let is_heard = !sounds.is_empty();
        if is_heard {
            self.play(id, sounds, Purpose::Announcement, false);
        }
        is_heard
    }

    /// In the caller's language; nothing, when it cannot be said whole.
    fn sounds_of_said(&mut self, now: Now, id: CallId, said: &Said) -> Option<Vec<Arc<Sound>>> {
        let language = self.calls.get(&id)?.language.clone();
        if let Said::Message(name) = said {
            return self.all_or_none(now, id, &[(language.as_str(), name)]);
        }
        let speech = Speech::for_language(language.as_str())?;
        let pieces = match said {
            Said::Place(place) => speech.position(*place),
            Said::MoreThan(places) => speech.more_waiting(*places),
            Said::Wait(wait) => speech.wait(wait.low_min, wait.high_min),
            Said::Message(_) => Vec::new(),
        };
        let names: Vec<_> = pieces.iter().map(|piece| (language.as_str(), &*piece.0)).collect();
        self.all_or_none(now, id, &names).filter(|sounds| !sounds.is_empty())
    }
}
