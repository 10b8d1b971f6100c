//! The voices of a talk laid onto one timeline: what the citizen said left, what the operator and others said right.
//!
//! A frame's place comes from its timestamp, so that jitter on the way leaves no holes; the place of a stream as a whole
//! comes from the arrival of its packets, so that the clocks of two phones never part. Where nobody sent is silence, where
//! several spoke on one side is their sum. The timeline is kept for one second, for late packets, and then handed on for good.

use std::collections::VecDeque;

use super::LegId;
use super::mix::MAX_MEMBERS;
use super::rtp::RtpTime;
use super::tape::{Side, Taped};
use crate::time::Mono;

/// Samples a second, and the length of the timeline that is kept for late packets.
const WINDOW: i64 = 8000;

/// Most samples kept: the second for late packets, a second of jump, a round of the recorder that came late.
const MAX_TIMELINE: usize = 32_000;

/// A frame this far from where its arrival puts it (one second) belongs to a stream whose timestamps jumped.
const JUMP: i64 = 8000;

/// A stream whose mean place is this far (20 ms) from its arrivals has drifted and is moved back.
const DRIFT: i64 = 160;

/// The mean is taken over about this many packets (2.5 s).
const MEAN_OVER: i64 = 128;

/// Where a stream lies on the timeline.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    ssrc: u32,
    /// The latest timestamp and its place.
    time: RtpTime,
    place: i64,
    /// Mean of arrival less place, times [`MEAN_OVER`].
    late: i64,
}

impl Anchor {
    /// The place of a frame that came at `arrival`, both in samples of the timeline.
    fn place(&mut self, time: RtpTime, arrival: i64) -> i64 {
        let mut place = self.place + i64::from(time.after(self.time));
        let late = arrival - place;
        if late.abs() > JUMP {
            (place, self.late) = (arrival, 0);
        } else {
            self.late += late - self.late / MEAN_OVER;
            let mean = self.late / MEAN_OVER;
            if mean.abs() > DRIFT {
                (place, self.late) = (place + mean, 0);
            }
        }
        (self.time, self.place) = (time, place);
        place
    }
}

/// What one leg says, from the timeline's base on.
#[derive(Debug)]
struct Voice {
    leg: LegId,
    side: Side,
    anchor: Option<Anchor>,
    samples: VecDeque<i16>,
}

/// The timeline of one recording.
#[derive(Debug)]
pub struct Mixer {
    since: Mono,
    /// Place of the first sample of every voice.
    base: i64,
    /// As many as there can be in one talk.
    voices: Vec<Voice>,
}

impl Mixer {
    /// An empty timeline that begins at `since`.
    pub fn new(since: Mono) -> Mixer {
        Mixer { since, base: 0, voices: Vec::new() }
    }

    /// Lays a frame; what comes too late for its place is lost.
    pub fn put(&mut self, frame: Taped<'_>) {
        let (arrival, base) = (self.samples(frame.at), self.base);
        let Some(voice) = self.voice(frame.leg, frame.side) else { return };
        let anchor = match &mut voice.anchor {
            Some(anchor) if anchor.ssrc == frame.ssrc => anchor,
            anchor => anchor.insert(Anchor { ssrc: frame.ssrc, time: frame.time, place: arrival, late: 0 }),
        };
        let first = anchor.place(frame.time, arrival) - base;
        for (place, octet) in (first..).zip(frame.payload) {
            voice.lay(place, frame.codec.decode(*octet));
        }
    }

    /// The leg's voice; a new one may take the place of one that has said nothing lately.
    fn voice(&mut self, leg: LegId, side: Side) -> Option<&mut Voice> {
        let known = self.voices.iter().position(|voice| (voice.leg, voice.side) == (leg, side));
        let place = match known {
            Some(place) => place,
            None if self.voices.len() < MAX_MEMBERS => {
                self.voices.push(Voice { leg, side, anchor: None, samples: VecDeque::new() });
                self.voices.len() - 1
            }
            None => {
                let place = self.voices.iter().position(|voice| voice.samples.is_empty())?;
                self.voices[place] = Voice { leg, side, anchor: None, samples: VecDeque::new() };
                place
            }
        };
        self.voices.get_mut(place)
    }

    /// Hands on, sample by sample, left and right, what lies more than a second before `now`.
    pub fn take_settled<E>(
        &mut self,
        now: Mono,
        write: impl FnMut([i16; 2]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.take(self.samples(now) - WINDOW, write)
    }

    /// Hands on all that is left, up to the end of the recording at `end`.
    pub fn take_rest<E>(&mut self, end: Mono, write: impl FnMut([i16; 2]) -> Result<(), E>) -> Result<(), E> {
        self.take(self.samples(end), write)
    }

    fn take<E>(&mut self, until: i64, mut write: impl FnMut([i16; 2]) -> Result<(), E>) -> Result<(), E> {
        while self.base < until {
            self.base += 1;
            let mut sample = [0i16; 2];
            for voice in &mut self.voices {
                let side = &mut sample[usize::from(voice.side == Side::Right)];
                *side = side.saturating_add(voice.samples.pop_front().unwrap_or_default());
            }
            write(sample)?;
        }
        Ok(())
    }

    fn samples(&self, at: Mono) -> i64 {
        i64::try_from(at.since(self.since).as_micros() / 125).unwrap_or(i64::MAX)
    }
}

impl Voice {
    /// Anchors keep places within a jump of the arrival, so the timeline stays short; the limit makes sure.
    fn lay(&mut self, place: i64, sample: i16) {
        let Ok(place) = usize::try_from(place) else { return };
        if place >= MAX_TIMELINE {
            return;
        }
        if place >= self.samples.len() {
            self.samples.resize(place + 1, 0);
        }
        self.samples[place] = sample;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Codec;
    use crate::media::tape::TapeId;
    use std::convert::Infallible;
    use std::time::Duration;

    const LOUD: u8 = 0x95;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    fn put(mixer: &mut Mixer, side: Side, ms: u64, ssrc: u32, time: u32) {
        let time = RtpTime(time);
        let payload = &[LOUD; 160];
        let leg = LegId(u64::from(ssrc));
        mixer.put(Taped { tape: TapeId(1), side, leg, at: at(ms), ssrc, time, codec: Codec::Pcma, payload });
    }

    fn rest(mixer: &mut Mixer, ms: u64) -> Vec<[bool; 2]> {
        let mut heard = Vec::new();
        let write = |sample: [i16; 2]| -> Result<(), Infallible> {
            heard.push(sample.map(|sample| sample != 0));
            Ok(())
        };
        let Ok(()) = mixer.take_rest(at(ms), write);
        heard
    }

    #[test]
    fn each_side_has_its_channel_and_gaps_are_silence() {
        let mut mixer = Mixer::new(at(0));
        put(&mut mixer, Side::Left, 20, 1, 0);
        put(&mut mixer, Side::Right, 60, 2, 9_000);
        let heard = rest(&mut mixer, 100);
        assert_eq!(heard.len(), 800);
        for (place, sample) in heard.iter().enumerate() {
            assert_eq!(*sample, [(160..320).contains(&place), (480..640).contains(&place)], "{place}");
        }
    }

    #[test]
    fn voices_of_one_side_are_heard_together_and_a_packet_twice_is_no_louder() {
        let mut mixer = Mixer::new(at(0));
        for leg in [2, 3, 2] {
            put(&mut mixer, Side::Right, 0, leg, 0);
        }
        let mut heard = Vec::new();
        let Ok(()) = mixer.take_rest(at(20), |sample| {
            heard.push(sample);
            Ok::<(), Infallible>(())
        });
        assert_eq!(heard, vec![[0, 2 * Codec::Pcma.decode(LOUD)]; 160]);
    }

    #[test]
    fn guests_without_end_take_the_places_of_those_who_left() {
        let mut mixer = Mixer::new(at(0));
        for leg in 0..100u32 {
            let ms = u64::from(leg) * 2_000;
            put(&mut mixer, Side::Right, ms, leg, 0);
            let Ok(()) = mixer.take_settled(at(ms + 2_000), |_| Ok::<(), Infallible>(()));
        }
        assert_eq!(mixer.voices.len(), MAX_MEMBERS);
        assert!(mixer.voices.iter().any(|voice| voice.leg == LegId(99)));
    }

    #[test]
    fn jitter_loss_and_order_leave_the_sound_where_it_was_said() {
        let mut mixer = Mixer::new(at(0));
        let start = u32::MAX - 500;
        for (ms, frame) in [(0, 0), (55, 1), (56, 3), (57, 2), (130, 5)] {
            put(&mut mixer, Side::Left, ms, 1, start.wrapping_add(frame * 160));
        }
        let heard = rest(&mut mixer, 120);
        for (place, sample) in heard.iter().enumerate() {
            assert_eq!(sample[0], !(640..800).contains(&place), "{place}");
        }
    }

    #[test]
    fn a_phone_with_a_fast_clock_does_not_drift_away() {
        let mut mixer = Mixer::new(at(0));
        // One part in a thousand: 19.98 ms a packet, for ten minutes.
        let mut last = 0;
        for frame in 0..30_000u32 {
            let now = Duration::from_micros(u64::from(frame) * 19_980);
            let time = RtpTime(frame * 160);
            let (tape, payload) = (TapeId(1), &[LOUD; 160][..]);
            let arrived = Mono::from_start(now);
            mixer.put(Taped {
                tape,
                side: Side::Left,
                leg: LegId(1),
                at: arrived,
                ssrc: 1,
                time,
                codec: Codec::Pcma,
                payload,
            });
            let Ok(()) = mixer.take_settled(arrived, |_| Ok::<(), Infallible>(()));
            last = frame;
        }
        let end = mixer.base + i64::try_from(mixer.voices[0].samples.len()).expect("short");
        let arrival = i64::from(last) * 160 * 999 / 1000;
        assert!((end - arrival).abs() < 2 * DRIFT + 160, "{end} {arrival}");
    }

    #[test]
    fn timestamps_that_jump_begin_where_they_arrive() {
        let mut mixer = Mixer::new(at(0));
        put(&mut mixer, Side::Left, 0, 1, 0);
        put(&mut mixer, Side::Left, 40, 1, 3_000_000_000);
        put(&mut mixer, Side::Left, 80, 9, 12);
        let heard = rest(&mut mixer, 100);
        for (place, sample) in heard.iter().enumerate() {
            assert_eq!(sample[0], (place / 160) % 2 == 0, "{place}");
        }
    }

    #[test]
    fn an_hour_of_silence_is_an_hour() {
        let mut mixer = Mixer::new(at(0));
        assert_eq!(rest(&mut mixer, 3_600_000).len(), 28_800_000);
    }
}
