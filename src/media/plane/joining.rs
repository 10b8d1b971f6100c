//! Who is joined with whom, in pairs and in mixes, and the tapes of their talk.
//!
//! Everybody comes to a pair or a mix out of whatever they were joined in before. A recording goes on through that when the
//! new one names the same file; it ends with the last leg that is on it.

use super::{Form, LegId, Pace, Plane, Recording, Side, Spoken, Tape, TapeId, TapeOrder, simulated};
use crate::media::Event;
use crate::media::mix::{MAX_MEMBERS, Member, Mix, Voice};
use crate::time::Mono;

/// One mix under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MixId(u64);

impl Plane {
    pub(super) fn bridge(&mut self, now: Mono, a: LegId, b: LegId, record: Option<Recording>) {
        if a == b || !self.legs.contains_key(&a) || !self.legs.contains_key(&b) {
            return;
        }
        let are_together = self.are_joined(a, b);
        let (tape, _) = self.gather(now, &[a, b], record);
        for (id, partner, side) in [(a, b, Side::Left), (b, a, Side::Right)] {
            if let Some(slot) = self.legs.get_mut(&id) {
                slot.partner = Some(partner);
            }
            self.lay(id, tape, Some(side));
            self.with(id, |leg| {
                if !are_together {
                    leg.stop();
                }
                leg.join(now);
            });
        }
        self.end_unheld(now, tape);
    }

    pub(super) fn mix(&mut self, now: Mono, members: Vec<Member>, record: Option<Recording>) {
        let mut members = members;
        let mut seen = std::collections::BTreeSet::new();
        members.retain(|member| self.legs.contains_key(&member.leg) && seen.insert(member.leg));
        members.truncate(MAX_MEMBERS);
        let legs: Vec<_> = members.iter().map(|member| member.leg).collect();
        let (tape, voices) = self.gather(now, &legs, record);
        self.last_mix += 1;
        let (id, mut mix) = (MixId(self.last_mix), Mix::default());
        for (Member { leg, hears, side }, voice) in members.into_iter().zip(voices) {
            mix.add(leg, hears, voice);
            if let Some(slot) = self.legs.get_mut(&leg) {
                slot.mix = Some(id);
            }
            self.lay(leg, tape, side);
            self.with(leg, |leg| leg.join(now));
        }
        if !mix.is_empty() {
            self.mixes.insert(id, mix);
        }
        self.end_unheld(now, tape);
    }

    /// They hear each other already, or might.
    fn are_joined(&self, a: LegId, b: LegId) -> bool {
        let (Some(one), Some(other)) = (self.legs.get(&a), self.legs.get(&b)) else { return false };
        one.partner == Some(b) || (one.mix.is_some() && one.mix == other.mix)
    }

    /// The others of its mix.
    fn mates(&self, leg: LegId) -> Vec<LegId> {
        let mix = self.legs.get(&leg).and_then(|slot| self.mixes.get(&slot.mix?));
        mix.map(|mix| mix.legs().collect()).unwrap_or_default()
    }

    /// Takes legs out of all that they were in; the tape that they go on with, and the voices that they had in mixes.
    fn gather(
        &mut self,
        now: Mono,
        legs: &[LegId],
        record: Option<Recording>,
    ) -> (Option<TapeId>, Vec<Option<Box<Voice>>>) {
        let wanted = record.as_ref().map(|recording| recording.file.clone());
        let kept = wanted.and_then(|file| {
            let held = legs.iter().filter_map(|leg| self.legs.get(leg)?.tape).map(|(tape, _)| tape);
            held.into_iter().find(|tape| self.tapes.get(tape).is_some_and(|tape| tape.recording.file == file))
        });
        let on_it =
            |id: &LegId| self.legs.get(id).is_some_and(|slot| slot.tape.map(|(tape, _)| tape) == kept);
        let left_behind = legs.iter().flat_map(|leg| self.mates(*leg)).filter(|mate| !legs.contains(mate));
        let off: Vec<_> = left_behind.filter(|mate| kept.is_some() && on_it(mate)).collect();
        let mut voices = Vec::with_capacity(legs.len());
        for id in legs {
            voices.push(self.leave(now, *id, kept));
            self.end_take(now, *id);
            self.take_off(now, *id, kept);
        }
        for id in off {
            self.take_off(now, id, kept); // the file goes on without them
        }
        let new = || record.map(|recording| self.start_tape(now, recording, Form::Talk));
        (kept.or_else(new), voices)
    }

    /// Parts a leg from whomever it is joined with.
    pub(super) fn unbridge(&mut self, now: Mono, id: LegId) {
        self.leave(now, id, None);
    }

    /// Gives back the voice that it had in a mix.
    fn leave(&mut self, now: Mono, id: LegId, kept: Option<TapeId>) -> Option<Box<Voice>> {
        let slot = self.legs.get_mut(&id)?;
        let (partner, mix) = (slot.partner.take(), slot.mix.take());
        let others = mix.and_then(|mix| self.mixes.get_mut(&mix));
        let (voice, is_last) = others.map_or((None, false), |others| (others.remove(id), others.is_empty()));
        if let Some(mix) = mix.filter(|_| is_last) {
            self.mixes.remove(&mix);
        }
        if let Some(slot) = partner.and_then(|partner| self.legs.get_mut(&partner)) {
            slot.partner = None;
        }
        if partner.is_some() || mix.is_some() {
            for id in [Some(id), partner].into_iter().flatten() {
                self.with(id, crate::media::leg::Leg::part);
                self.take_off(now, id, kept);
            }
        }
        voice
    }

    // -- tapes

    pub(super) fn start_tape(&mut self, at: Mono, recording: Recording, form: Form) -> TapeId {
        self.last_tape += 1;
        let tape = TapeId(self.last_tape);
        if self.pace == Pace::Beats {
            self.orders.push_back(TapeOrder::Start { tape, recording: recording.clone(), form, at });
        }
        self.tapes.insert(tape, Tape { recording, since: at, legs: 0 });
        tape
    }

    /// What this leg's peer says goes onto the tape from now on.
    pub(super) fn lay(&mut self, id: LegId, tape: Option<TapeId>, side: Option<Side>) {
        let (Some(tape), Some(side), Some(slot)) = (tape, side, self.legs.get_mut(&id)) else { return };
        slot.tape = Some((tape, side));
        if let Some(tape) = self.tapes.get_mut(&tape) {
            tape.legs += 1;
        }
    }

    /// No longer; the tape ends if nobody is on it any more, unless it is kept for others who come.
    pub(super) fn take_off(&mut self, now: Mono, id: LegId, kept: Option<TapeId>) {
        let Some((id, _)) = self.legs.get_mut(&id).and_then(|slot| slot.tape.take()) else { return };
        let Some(tape) = self.tapes.get_mut(&id) else { return };
        tape.legs = tape.legs.saturating_sub(1);
        if kept != Some(id) {
            self.end_unheld(now, Some(id));
        }
    }

    fn end_unheld(&mut self, now: Mono, tape: Option<TapeId>) {
        let is_unheld = |id: &TapeId| self.tapes.get(id).is_some_and(|tape| tape.legs == 0);
        if let Some(tape) = tape.filter(is_unheld) {
            self.stop_tape(now, tape, None);
        }
    }

    /// The recorder tells that a real file is closed; a simulated one is closed at once.
    pub(super) fn stop_tape(&mut self, at: Mono, tape: TapeId, said: Option<Spoken>) {
        let Some(Tape { recording, since, .. }) = self.tapes.remove(&tape) else { return };
        match self.pace {
            Pace::Beats => self.orders.push_back(TapeOrder::Stop { tape, at, said }),
            Pace::Events => {
                let (file, length) = (recording.file, at.since(since));
                let said = said.map(|said| simulated(&file, length, said));
                self.events.push_back(Event::Recorded { file, length, said });
            }
        }
    }
}
