//! Takes: a caller speaks to the exchange and is recorded alone.

use std::sync::Arc;
use std::time::Duration;

use super::{Form, Pace, Plane, Recording, Said, Side, Spoken, Take, TapeOrder};
use crate::media::take::TakeRules;
use crate::media::{Event, LegId, Sound};
use crate::time::Mono;

impl Plane {
    /// The leg's peer is asked to speak. What is recorded already cannot be taken.
    pub(super) fn begin_take(&mut self, now: Mono, id: LegId, recording: Recording, rules: TakeRules) {
        self.end_take(now, id);
        let is_free =
            |slot: &super::Slot| slot.partner.is_none() && slot.mix.is_none() && slot.tape.is_none();
        if !self.legs.get(&id).is_some_and(is_free) {
            let (file, error) = (recording.file, "the leg is gone, or in a talk".to_owned());
            return self.events.push_back(Event::RecordingFailed { file, error });
        }
        let tape = self.start_tape(now, recording, Form::Take);
        self.lay(id, Some(tape), Some(Side::Left));
        let Some(slot) = self.legs.get_mut(&id) else { return };
        slot.take = Some(Take::new(now, tape, rules));
        self.due.note(id, slot);
    }

    /// All is said, or the leg is wanted for something else.
    pub(super) fn end_take(&mut self, now: Mono, id: LegId) {
        let Some(slot) = self.legs.get_mut(&id) else { return };
        let Some(take) = slot.take.take() else { return };
        let tape = slot.tape.take_if(|(tape, _)| *tape == take.tape());
        self.due.note(id, slot);
        let said = Spoken { spoken: take.spoken(now), replay: take.may_be_replayed() };
        if let Some((tape, _)) = tape {
            self.stop_tape(now, tape, Some(said));
        }
    }

    /// Simulated files are nowhere.
    pub(super) fn discard(&mut self, file: Arc<str>) {
        if self.pace == Pace::Beats {
            self.orders.push_back(TapeOrder::Discard { file });
        }
    }

    /// The phone's person speaks, or falls silent, without packets.
    pub fn handle_speaking(&mut self, now: Mono, id: LegId, speaks: bool) {
        let Some(slot) = self.legs.get_mut(&id) else { return };
        if let Some(take) = &mut slot.take {
            take.handle_speaking(now, speaks);
        }
        if let Some(answerer) = &mut slot.answerer {
            answerer.handle_speaking(now, speaks);
        }
        self.due.note(id, slot);
    }

    /// The leg's peer is being recorded alone.
    pub fn takes(&self, id: LegId) -> bool {
        self.legs.get(&id).is_some_and(|slot| slot.take.is_some())
    }

    /// Files being recorded, and since when.
    pub fn tapes(&self) -> impl Iterator<Item = (&Recording, Mono)> {
        self.tapes.values().map(|tape| (&tape.recording, tape.since))
    }
}

/// What a simulated take would sound like: silence of its length, under its file's name.
pub(super) fn simulated(file: &str, length: Duration, said: Spoken) -> Said {
    let samples = usize::try_from(length.as_millis()).unwrap_or(usize::MAX).saturating_mul(8);
    let sound = said.replay.then(|| Arc::new(Sound::encode(file, &vec![0; samples])));
    Said { spoken: said.spoken, sound }
}
