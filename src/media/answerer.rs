//! Who has answered a call of ours: a person, or a machine that speaks a greeting and wants a message.
//!
//! Told by the first seconds alone, and by energy alone ([`voice`](super::voice)). People say a word or two and wait for an answer
//! ("Pronto?"); machines speak on ("Risponde la segreteria telefonica...") and then give a tone. So the first utterance decides: when
//! it is followed by a silence in time, a person has spoken; when it goes on for longer than anybody who answers a telephone, it is a
//! machine; and so is a steady tone near 1 kHz. Whoever says nothing in time, or cannot be told, counts as a person: a call-back that
//! rings off when a citizen has answered breaks its promise, one that meets a machine costs an operator some seconds.
//!
//! Frames that do not come are silence, so an end is a moment and needs no packet. [`Answerer`] decides once; how often it is wrong
//! is measured by `cargo run --example answerer`.

use std::f64::consts::TAU;
use std::time::Duration;

use super::Codec;
use super::voice::{Voice, power};
use crate::time::Mono;

/// A first utterance of so much speech, pauses left out, is no person's.
const GREETING: Duration = Duration::from_millis(2_400);
/// The pause after which somebody who answers waits for us; between the sentences of a greeting it is shorter.
const WAITS: Duration = Duration::from_millis(900);
/// Nobody has said anything for so long since the answer.
const SAYS_NOTHING: Duration = Duration::from_millis(4_000);
/// By then it is decided: nobody who has answered is kept longer.
const AT_MOST: Duration = Duration::from_secs(7);

/// So many frames of tone in a row: 160 ms, which no vowel holds.
const TONE_FRAMES: u32 = 8;
/// A frame is a tone when one frequency has so much of its power.
const PURE: f64 = 0.7;
/// Frequencies of the tones of machines, by steps that are narrow enough for [`PURE`]: a frame of 20 ms tells 50 Hz apart.
const LOWEST_HZ: u32 = 800;
const HIGHEST_HZ: u32 = 1_500;
const STEP_HZ: usize = 25;
const RATE: f64 = 8_000.0;
/// Samples of a frame.
const FRAME: usize = 160;

/// Who has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// Somebody, or somebody who cannot be told from one.
    Person,
    /// A machine.
    Machine,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Answerer {
    since: Mono,
    voice: Voice,
    /// The last moment of speech.
    heard: Option<Mono>,
    spoken: Duration,
    tone_frames: u32,
    /// Speaks all the time from here on, as the simulator says.
    speaks_since: Option<Mono>,
}

impl Answerer {
    /// The call is answered at `now`.
    pub fn new(now: Mono) -> Answerer {
        let (voice, spoken) = (Voice::default(), Duration::ZERO);
        Answerer { since: now, voice, heard: None, spoken, tone_frames: 0, speaks_since: None }
    }

    /// Their next frame; who it is, if that is clear by now.
    pub fn handle_frame(&mut self, now: Mono, codec: Codec, payload: &[u8]) -> Option<AnsweredBy> {
        if let Some(by) = self.handle_timeout(now) {
            return Some(by);
        }
        let power = power(codec, payload);
        if !self.voice.is_speech(power) {
            self.tone_frames = 0;
            return None;
        }
        self.heard = Some(now);
        self.tone_frames = if is_tone(codec, payload, power) { self.tone_frames + 1 } else { 0 };
        self.spoken = self.spoken.saturating_add(Duration::from_micros(payload.len() as u64 * 125));
        let is_machine = self.tone_frames >= TONE_FRAMES || self.spoken >= GREETING;
        is_machine.then_some(AnsweredBy::Machine)
    }

    /// They speak, or fall silent, as the simulator says.
    pub fn handle_speaking(&mut self, now: Mono, speaks: bool) {
        if let Some(since) = self.speaks_since.take() {
            self.spoken = self.spoken.saturating_add(now.since(since));
            self.heard = Some(now);
        }
        self.speaks_since = speaks.then_some(now);
    }

    /// When it is decided, if nothing more is heard.
    pub fn decides_at(&self) -> Mono {
        let longest = self.since + AT_MOST;
        match (self.speaks_since, self.heard) {
            (Some(since), _) => longest.min(since + GREETING.saturating_sub(self.spoken)),
            (None, Some(heard)) => longest.min(heard + WAITS),
            (None, None) => self.since + SAYS_NOTHING,
        }
    }

    /// It is `now`; who it is, if that is clear by now.
    pub fn handle_timeout(&mut self, now: Mono) -> Option<AnsweredBy> {
        if now < self.decides_at() {
            return None;
        }
        let speaks = self.speaks_since.map_or(Duration::ZERO, |since| now.since(since));
        let is_machine = self.spoken.saturating_add(speaks) >= GREETING;
        Some(if is_machine { AnsweredBy::Machine } else { AnsweredBy::Person })
    }
}

/// One frequency has nearly all of the frame's power.
fn is_tone(codec: Codec, payload: &[u8], power: f64) -> bool {
    // A shorter frame would be told by wider steps; phones send 20 ms.
    let Some(payload) = payload.first_chunk::<FRAME>().filter(|_| power > 0.0) else { return false };
    let samples = payload.map(|octet| f64::from(codec.decode(octet)));
    let energy: f64 = samples.iter().map(|sample| sample * sample).sum();
    (LOWEST_HZ..=HIGHEST_HZ).step_by(STEP_HZ).any(|hertz| share(&samples, f64::from(hertz), energy) >= PURE)
}

/// How much of `energy` is at one frequency, 1 for a pure tone: Goertzel's recurrence.
fn share(samples: &[f64], hertz: f64, energy: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / RATE).cos();
    let (mut last, mut before) = (0.0, 0.0);
    for sample in samples {
        (last, before) = (sample + turn * last - before, last);
    }
    let squared = last * last + before * before - turn * last * before;
    2.0 * squared / (samples.len() as f64 * energy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOICE_DBOV: f64 = 26.0;

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    /// 20 ms of several tones together that no single one has the power of, or of one.
    fn frame(hertz: &[f64], below_db: f64, number: u64) -> Vec<u8> {
        let amplitude = 32_768.0 * 10f64.powf(-below_db / 20.0);
        let sample = |n: u64| {
            let time = f64::from(u32::try_from(number * 160 + n).unwrap()) / RATE;
            let sum: f64 = hertz.iter().map(|hertz| (TAU * hertz * time).sin()).sum();
            #[expect(clippy::cast_possible_truncation, reason = "far below 32 768")]
            let sample = (sum * amplitude / (hertz.len() as f64).sqrt()) as i16;
            Codec::Pcma.encode(sample)
        };
        (0..160).map(sample).collect()
    }

    /// Words and pauses in turn, in milliseconds, after the answer; then silence.
    fn answered(turns: &[u64], hertz: &[f64]) -> (AnsweredBy, u64) {
        let mut answerer = Answerer::new(at(0));
        let mut number = 0;
        let mut ms = 0;
        for (turn, length) in turns.iter().chain([&20_000]).enumerate() {
            for _ in 0..length / 20 {
                let speaks = turn % 2 == 1;
                let frame =
                    if speaks { frame(hertz, VOICE_DBOV, number) } else { vec![Codec::Pcma.silence(); 160] };
                if let Some(by) = answerer.handle_frame(at(ms), Codec::Pcma, &frame) {
                    return (by, ms);
                }
                (number, ms) = (number + 1, ms + 20);
            }
        }
        unreachable!("it decides in time")
    }

    const VOWEL: [f64; 4] = [180.0, 540.0, 1_080.0, 2_340.0];

    #[test]
    fn short_word_and_a_pause_is_a_person_and_a_long_greeting_a_machine() {
        use AnsweredBy::{Machine, Person};
        for (turns, by) in [
            (&[300, 600][..], Person),                        // pronto?
            (&[300, 700, 300, 900], Person),                  // pronto, chi parla?
            (&[200, 2_000, 400, 2_000, 400, 2_000], Machine), // risponde la segreteria di...
            (&[3_000, 500], Person),                          // hesitates
            (&[], Person),                                    // says nothing
        ] {
            assert_eq!(answered(turns, &VOWEL).0, by, "{turns:?}");
        }
        assert!(answered(&[300, 600], &VOWEL).1 <= 1_900, "who answers is not kept waiting");
    }

    #[test]
    fn tone_is_a_machine_whatever_its_frequency_within_the_usual_ones() {
        for hertz in [812.0, 950.0, 1_000.0, 1_004.0, 1_400.0] {
            assert_eq!(answered(&[500, 300], &[hertz]).0, AnsweredBy::Machine, "{hertz} Hz");
        }
        assert_eq!(answered(&[500, 300], &[425.0]).0, AnsweredBy::Person, "a network's tone");
        assert_eq!(answered(&[500, 300], &VOWEL).0, AnsweredBy::Person);
    }

    #[test]
    fn simulated_answerer_speaks_without_frames() {
        let mut answerer = Answerer::new(at(0));
        assert_eq!(answerer.decides_at(), at(4_000));
        answerer.handle_speaking(at(500), true);
        assert_eq!((answerer.decides_at(), answerer.handle_timeout(at(2_800))), (at(2_900), None));
        assert_eq!(answerer.handle_timeout(at(2_900)), Some(AnsweredBy::Machine));
        let mut answerer = Answerer::new(at(0));
        answerer.handle_speaking(at(500), true);
        answerer.handle_speaking(at(1_100), false);
        assert_eq!(answerer.decides_at(), at(2_000));
        assert_eq!(answerer.handle_timeout(at(2_000)), Some(AnsweredBy::Person));
    }
}
