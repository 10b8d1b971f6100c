//! Three or more legs that hear each other, or some of each other, as a sum made on every beat.
//!
//! Two legs need no mix: their packets pass as they come. A mix has a [`Jitter`] for each member and a list of whom each
//! hears; a sum that is too loud is cut off at the loudest sample, and each gets it in a law of its own. Keys are not mixed.
//! Members come and go by a new mix of the same legs, which takes their buffers over, so that nobody who stays hears a gap.

use super::jitter::Jitter;
use super::player::FRAME;
use super::rtp::Packet;
use super::tape::Side;
use super::{Codec, LegId};

/// Most legs in one mix: the bound of its work on each beat. Everybody of a talk, and supervisors.
pub const MAX_MEMBERS: usize = 8;

/// A leg of a mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The leg.
    pub leg: LegId,
    /// Whom its phone hears, among the members.
    pub hears: Vec<LegId>,
    /// Where it is recorded, if it is.
    pub side: Option<Side>,
}

/// What a member says.
#[derive(Debug, Default)]
pub struct Voice {
    jitter: Jitter,
    /// Of this beat, unless it is silent.
    frame: Option<[i16; FRAME]>,
}

#[derive(Debug)]
struct Place {
    leg: LegId,
    hears: Vec<LegId>,
    voice: Box<Voice>,
}

/// See the module.
#[derive(Debug, Default)]
pub struct Mix {
    places: Vec<Place>,
}

impl Mix {
    /// One more member, with the voice that it had in another mix; beyond [`MAX_MEMBERS`] it is not taken.
    pub fn add(&mut self, leg: LegId, hears: Vec<LegId>, voice: Option<Box<Voice>>) {
        if self.places.len() < MAX_MEMBERS {
            self.places.push(Place { leg, hears, voice: voice.unwrap_or_default() });
        }
    }

    /// A member less; its voice.
    pub fn remove(&mut self, leg: LegId) -> Option<Box<Voice>> {
        let place = self.places.iter().position(|place| place.leg == leg)?;
        Some(self.places.remove(place).voice)
    }

    /// Its members.
    pub fn legs(&self) -> impl Iterator<Item = LegId> {
        self.places.iter().map(|place| place.leg)
    }

    /// Nobody is left.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The leg is one of its members.
    pub fn has(&self, leg: LegId) -> bool {
        self.places.iter().any(|place| place.leg == leg)
    }

    /// A member has sent this.
    pub fn put(&mut self, leg: LegId, packet: Packet<'_>, codec: Codec) {
        if let Some(place) = self.places.iter_mut().find(|place| place.leg == leg) {
            place.voice.jitter.put(packet, codec);
        }
    }

    /// A beat: what everybody says is taken.
    pub fn beat(&mut self) {
        for Place { voice, .. } in &mut self.places {
            let mut frame = [0; FRAME];
            voice.frame = voice.jitter.take(&mut frame).then_some(frame);
        }
    }

    /// Whom a member hears, of those who are here.
    pub fn heard_by(&self, leg: LegId) -> impl Iterator<Item = LegId> {
        self.heard(leg).map(|place| place.leg)
    }

    /// What a member hears on this beat.
    pub fn sum_for(&self, leg: LegId) -> [i16; FRAME] {
        let mut frames = self.heard(leg).filter_map(|place| place.voice.frame.as_ref());
        let mut sum = frames.next().copied().unwrap_or([0; FRAME]);
        // Added up with room to spare and cut off once, or the order of the voices would be heard.
        let Some(second) = frames.next() else { return sum };
        let mut wide = sum.map(i32::from);
        for frame in std::iter::once(second).chain(frames) {
            wide.iter_mut().zip(frame).for_each(|(sum, sample)| *sum += i32::from(*sample));
        }
        sum.iter_mut().zip(wide).for_each(|(sample, wide)| *sample = cut_off(wide));
        sum
    }

    fn heard(&self, leg: LegId) -> impl Iterator<Item = &Place> {
        let ears = self.places.iter().find(|place| place.leg == leg);
        let hears = ears.map(|place| place.hears.as_slice()).unwrap_or_default();
        self.places.iter().filter(move |place| place.leg != leg && hears.contains(&place.leg))
    }
}

fn cut_off(sample: i32) -> i16 {
    i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::rtp::{Header, RtpTime, Seq};

    /// A mix in which leg `n` says `says[n]` without end, and hears `hears[n]`.
    fn mix(says: &[i16], hears: &[&[u64]]) -> Mix {
        let mut mix = Mix::default();
        for ((leg, sample), hears) in (0..).zip(says).zip(hears) {
            mix.add(LegId(leg), hears.iter().copied().map(LegId).collect(), None);
            let payload = [Codec::Pcmu.encode(*sample); FRAME];
            let header = Header { marker: false, payload_type: 0, seq: Seq(0), time: RtpTime(0), ssrc: 1 };
            mix.put(LegId(leg), Packet { header, payload: &payload }, Codec::Pcmu);
        }
        mix.beat();
        mix.beat();
        mix
    }

    fn heard(mix: &Mix, leg: u64) -> i16 {
        mix.sum_for(LegId(leg))[0]
    }

    #[test]
    fn each_hears_those_that_it_should_and_never_itself() {
        let [one, two, three] = [1_000, 2_000, 4_000].map(|it| Codec::Pcmu.decode(Codec::Pcmu.encode(it)));
        let mix = mix(&[1_000, 2_000, 4_000], &[&[0, 1, 2], &[0], &[]]);
        assert_eq!(
            [heard(&mix, 0), heard(&mix, 1), heard(&mix, 2), heard(&mix, 9)],
            [two + three, one, 0, 0]
        );
    }

    #[test]
    fn loud_voices_together_are_cut_off_and_opposite_ones_cancel() {
        let all: &[u64] = &[0, 1, 2, 3];
        let mix = mix(&[30_000, 30_000, 30_000, -30_000], &[all, all, all, all]);
        assert_eq!(heard(&mix, 3), i16::MAX);
        let loud = Codec::Pcmu.decode(Codec::Pcmu.encode(30_000));
        assert_eq!(heard(&mix, 0), loud, "two and the opposite of one");
    }

    #[test]
    fn mix_has_so_many_members_and_no_more() {
        let mut mix = Mix::default();
        (0..100).for_each(|leg| mix.add(LegId(leg), Vec::new(), None));
        assert!(mix.has(LegId(7)) && !mix.has(LegId(8)));
        assert!((0..8).all(|leg| mix.remove(LegId(leg)).is_some()) && mix.is_empty());
    }
}
