//! Who hears whom: the call's plan is carried to the media plane whenever somebody comes, goes, or is put on hold.

use crate::call::{Call, Purpose};
use crate::ids::CallId;
use crate::media;
use crate::time::Now;

use super::Engine;

impl Engine {
    /// Somebody has come to this call's talk or gone from it, or the citizen is to be [apart](crate::call::Call::is_apart), or
    /// no longer: sends what changes by that, and nothing when all is as it was. A leg that leaves while others talk on is closed
    /// after this, or the recording would end with it. Who is apart hears the music of the queue.
    pub(super) fn rejoin(&mut self, now: Now, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (plan, leg) = (call.plan(), call.citizen.media);
        let before = std::mem::replace(&mut call.joined, plan.clone());
        for command in plan.commands(&before) {
            self.media(command);
        }
        match (before.is_apart(leg), plan.is_apart(leg)) {
            (false, true) => self.play_hold_music(now, id),
            // Where the other side has put the citizen on hold too, the music goes on.
            (true, false) if !self.calls.get(&id).is_some_and(Call::has_hold_music) => {
                self.stop_hold_music(id)
            }
            _ => {}
        }
        self.end_watches(now, id);
    }

    pub(super) fn play_hold_music(&mut self, now: Now, id: CallId) {
        let music = self.music_for(id);
        let sounds = self.music(now, id, &music);
        self.play(id, sounds, Purpose::Music, false);
    }

    pub(super) fn stop_hold_music(&mut self, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.hearing.stop();
        let leg = call.citizen.media;
        self.media(media::Command::Stop { leg });
    }
}
