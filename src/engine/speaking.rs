//! Bulletins that are texts: spoken elsewhere, and switched on once their sound is there.
//!
//! A supervisor's text goes out as [`Output::Speak`] and comes back as [`Input::Spoken`]: its sound joins those that flows may say,
//! and only then is the switch turned, written down with its text, and answered. If nobody can speak it the switch stays as it was,
//! and the supervisor is told why. After a restart every text on record is spoken again, from a cache as a rule; until then
//! callers pass its slot as if it were off, because any other words there would be the wrong ones.
//!
//! [`Output::Speak`]: super::Output::Speak
//! [`Input::Spoken`]: super::Input::Spoken

use std::collections::BTreeMap;

use crate::ids::{EntityId, Language};
use crate::media::Sound;
use crate::media::library::SoundLibrary;
use crate::switches::{Bulletin, Switch};
use crate::time::Now;

use super::{Engine, Output, Reply, RequestId};

/// Texts of supervisors that may be on their way at once: each takes the synthesiser a second or so.
const MAX_SPEAKING: usize = 8;

/// Tells texts apart that are being spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpeakId(pub u64);

/// A text's sound in each of its languages; or why there is none, and what to do.
pub type Spoken = Result<BTreeMap<Language, Sound>, String>;

/// What is on its way, and what has come.
#[derive(Debug, Default)]
pub(super) struct Speaking {
    last: u64,
    waiting: BTreeMap<SpeakId, Waiting>,
    /// The sounds of bulletins, named as those of `sounds/`.
    sounds: SoundLibrary,
}

/// Who waits for a sound.
#[derive(Debug)]
enum Waiting {
    /// A supervisor, to turn this switch.
    Supervisor(RequestId, Switch),
    /// Callers, since the start: the bulletin of this slot is on record.
    Callers(String, Bulletin),
}

impl Speaking {
    pub(super) fn sounds(&self) -> &SoundLibrary {
        &self.sounds
    }

    /// It can be heard: it has no text, or every language of it has its sound.
    pub(super) fn can_say(&self, slot: &str, bulletin: &Bulletin) -> bool {
        let Some(name) = bulletin.sound(slot) else { return true };
        bulletin.text.keys().all(|language| self.sounds.find(&format!("{language}/{name}")).is_some())
    }

    fn keep(&mut self, slot: &str, bulletin: &Bulletin, spoken: BTreeMap<Language, Sound>) {
        let Some(name) = bulletin.sound(slot) else { return };
        for (language, sound) in spoken {
            let name = format!("{language}/{name}").into();
            self.sounds.insert(Sound { name, ..sound });
        }
    }

    /// The supervisor who waits to turn the switch of this place, who need not wait any more.
    fn take_for(&mut self, place: &(String, Option<EntityId>)) -> Option<RequestId> {
        let is_for = |waiting: &Waiting| match waiting {
            Waiting::Supervisor(_, switch) => place_of(switch).as_ref() == Some(place),
            Waiting::Callers(..) => false,
        };
        let id = *self.waiting.iter().find(|(_, waiting)| is_for(waiting))?.0;
        match self.waiting.remove(&id)? {
            Waiting::Supervisor(request, _) => Some(request),
            Waiting::Callers(..) => None,
        }
    }
}

/// Slot and Ente of a bulletin's switch.
fn place_of(switch: &Switch) -> Option<(String, Option<EntityId>)> {
    match switch {
        Switch::BulletinOn { slot, bulletin } => Some((slot.clone(), bulletin.entity.clone())),
        Switch::BulletinOff { slot, entity } => Some((slot.clone(), entity.clone())),
        Switch::Close(_) | Switch::Open { .. } => None,
    }
}

impl Engine {
    /// A supervisor's text is spoken before its switch is turned.
    pub(super) fn speak_for(&mut self, request: RequestId, switch: Switch) {
        let Switch::BulletinOn { bulletin, .. } = &switch else { return };
        if self.speaking.waiting.len() >= MAX_SPEAKING {
            let why = "other bulletins are being spoken; try again in a moment";
            return self.outputs.push_back(Output::Reply(request, Reply::Refused(why.to_owned())));
        }
        self.overtake(&switch);
        let text = bulletin.text.clone();
        self.have_spoken(text, Waiting::Supervisor(request, switch));
    }

    /// Whoever still waits for a text of the same place hears that another turn came first.
    pub(super) fn overtake(&mut self, switch: &Switch) {
        let Some(place) = place_of(switch) else { return };
        if let Some(request) = self.speaking.take_for(&place) {
            let why = "not switched on: the switch was turned again while this text was being spoken";
            self.outputs.push_back(Output::Reply(request, Reply::Refused(why.to_owned())));
        }
    }

    /// The texts on record get their sounds back.
    pub(super) fn speak_again(&mut self) {
        let texts: Vec<(String, Bulletin)> = self
            .switches
            .all_bulletins()
            .filter(|(_, bulletin)| !bulletin.text.is_empty())
            .map(|(slot, bulletin)| (slot.to_owned(), bulletin.clone()))
            .collect();
        for (slot, bulletin) in texts {
            self.have_spoken(bulletin.text.clone(), Waiting::Callers(slot, bulletin));
        }
    }

    fn have_spoken(&mut self, text: BTreeMap<Language, String>, who: Waiting) {
        self.speaking.last += 1;
        let id = SpeakId(self.speaking.last);
        self.speaking.waiting.insert(id, who);
        self.outputs.push_back(Output::Speak(id, text));
    }

    /// A text has its sound, or cannot have one.
    pub(super) fn on_spoken(&mut self, now: Now, id: SpeakId, spoken: Spoken) {
        match (self.speaking.waiting.remove(&id), spoken) {
            (Some(Waiting::Supervisor(request, switch)), Ok(sounds)) => {
                if let Switch::BulletinOn { slot, bulletin } = &switch {
                    self.speaking.keep(slot, bulletin, sounds);
                }
                self.turn(now, request, &switch);
            }
            (Some(Waiting::Supervisor(request, _)), Err(why)) => {
                let why = format!("not switched on: {why}; or record it and give --sound");
                self.outputs.push_back(Output::Reply(request, Reply::Refused(why)));
            }
            (Some(Waiting::Callers(slot, bulletin)), Ok(sounds)) => {
                // Another turn may have come first: what is on now is not this one any more.
                if self.switches.all_bulletins().any(|(on, other)| on == slot && *other == bulletin) {
                    self.speaking.keep(&slot, &bulletin, sounds);
                    self.publish_switches(now);
                }
            }
            (Some(Waiting::Callers(slot, _)), Err(why)) => {
                tracing::error!(slot, why, "a bulletin on record cannot be spoken: callers do not hear it");
            }
            (None, _) => {}
        }
    }
}
