//! A take: what one caller says to the exchange, from the tone until all is said.
//!
//! It begins when control asks for it and ends by itself: after so much silence, or when it has lasted as long as it may. A caller
//! who has not begun yet is given time to think. What counts as speech is judged frame by frame ([`voice`](super::voice)). Frames that do not come (a muted phone, one that sends nothing
//! in pauses) are silence too, so the end is a moment and needs no packet. The simulator tells when somebody speaks instead of
//! sending frames.

use std::time::Duration;

use super::Codec;
use super::tape::TapeId;
use super::voice::{Voice, power};
use crate::time::Mono;

/// Longest take, whatever the flow says: one that can be played back is in memory meanwhile, 16 kB a second in both laws.
pub const LONGEST_TAKE: Duration = Duration::from_secs(600);

/// Longest silence before the first word, unless the silence that ends the take is longer: for people who look for words.
const FIRST_WORD: Duration = Duration::from_secs(6);

/// When a take ends, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TakeRules {
    /// At most so long; [`LONGEST_TAKE`] in any case.
    pub max: Duration,
    /// So much silence ends it.
    pub silence: Duration,
    /// It may have to be played back: its sound comes with the word that it is recorded.
    pub replay: bool,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    tape: TapeId,
    rules: TakeRules,
    since: Mono,
    /// The last moment of speech.
    heard: Option<Mono>,
    voice: Voice,
    /// Speech so far.
    spoken: Duration,
    /// Speaks all the time from here on, as the simulator says.
    speaks_since: Option<Mono>,
}

impl Take {
    /// Begins onto this tape.
    pub fn new(now: Mono, tape: TapeId, rules: TakeRules) -> Take {
        let spoken = Duration::ZERO;
        Take { tape, rules, since: now, heard: None, voice: Voice::default(), spoken, speaks_since: None }
    }

    /// Onto which tape.
    pub fn tape(&self) -> TapeId {
        self.tape
    }

    /// It may have to be played back.
    pub fn may_be_replayed(&self) -> bool {
        self.rules.replay
    }

    /// The caller's next frame.
    pub fn handle_frame(&mut self, now: Mono, codec: Codec, payload: &[u8]) {
        if self.voice.is_speech(power(codec, payload)) {
            self.heard = Some(now);
            self.spoken = self.spoken.saturating_add(Duration::from_micros(payload.len() as u64 * 125));
        }
    }

    /// The caller speaks, or falls silent, as the simulator says.
    pub fn handle_speaking(&mut self, now: Mono, speaks: bool) {
        self.spoken = self.spoken(now);
        if self.speaks_since.is_some() {
            self.heard = Some(now);
        }
        self.speaks_since = speaks.then_some(now);
    }

    /// How long the caller has spoken, pauses left out.
    pub fn spoken(&self, now: Mono) -> Duration {
        self.spoken.saturating_add(self.speaks_since.map_or(Duration::ZERO, |since| now.since(since)))
    }

    /// When it ends, if nothing more is heard.
    pub fn ends_at(&self) -> Mono {
        let longest = self.since + self.rules.max.min(LONGEST_TAKE);
        let silence = match self.heard {
            _ if self.speaks_since.is_some() => return longest,
            Some(heard) => heard + self.rules.silence,
            None => self.since + self.rules.silence.max(FIRST_WORD),
        };
        longest.min(silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn at(ms: u64) -> Mono {
        Mono::from_start(Duration::from_millis(ms))
    }

    fn take(max_s: u64, silence_s: u64) -> Take {
        let (max, silence) = (Duration::from_secs(max_s), Duration::from_secs(silence_s));
        Take::new(at(0), TapeId(1), TakeRules { max, silence, replay: false })
    }

    /// A frame of a square wave, so many decibels below the largest one.
    fn frame(codec: Codec, below_db: f64) -> Vec<u8> {
        let amplitude = 32_768.0 * 10f64.powf(-below_db / 20.0);
        #[expect(clippy::cast_possible_truncation, reason = "below 32 768")]
        let amplitude = amplitude as i16;
        (0..160).map(|n| codec.encode(if n % 8 < 4 { amplitude } else { -amplitude })).collect()
    }

    /// Whether a frame is speech after some seconds of a noise.
    fn is_speech(codec: Codec, noise_db: f64, below_db: f64) -> bool {
        let mut take = take(60, 3);
        let noise = frame(codec, noise_db);
        (0..200).for_each(|n| take.handle_frame(at(n * 20), codec, &noise));
        let before = take.spoken(at(4_000));
        take.handle_frame(at(4_000), codec, &frame(codec, below_db));
        take.spoken(at(4_000)) > before
    }

    #[test]
    fn voices_are_speech_and_rooms_are_silence_in_both_laws() {
        for codec in [Codec::Pcma, Codec::Pcmu] {
            for (below_db, speech) in [(26.0, true), (40.0, true), (44.0, true), (47.0, false), (55.0, false)]
            {
                assert_eq!(is_speech(codec, 60.0, below_db), speech, "-{below_db} dBov, {codec:?}");
            }
            let mut take = take(60, 3);
            for quiet in [&[codec.silence(); 160][..], &[]] {
                take.handle_frame(at(20), codec, quiet);
            }
            assert_eq!(take.spoken(at(20)), Duration::ZERO);
        }
    }

    #[test]
    fn noise_of_a_street_is_no_speech_and_a_voice_that_stands_out_from_it_is() {
        for (noise_db, below_db, speech) in [
            (42.0, 42.0, false),
            (42.0, 36.0, false), // a car goes by
            (42.0, 30.0, true),
            (38.0, 36.0, false),
            (38.0, 26.0, true),
            (28.0, 28.0, true), // so loud is only who speaks
        ] {
            assert_eq!(is_speech(Codec::Pcma, noise_db, below_db), speech, "-{below_db} in -{noise_db}");
        }
    }

    #[test]
    fn who_speaks_without_a_pause_is_not_taken_for_noise() {
        let mut take = take(60, 3);
        // Words of 300 ms, softer than usual, and gaps of 60 ms in a room.
        for n in 0..1_500u64 {
            let below_db = if n % 18 < 15 { 32.0 } else { 56.0 };
            take.handle_frame(at(n * 20), Codec::Pcma, &frame(Codec::Pcma, below_db));
        }
        assert_eq!(take.spoken(at(30_000)), Duration::from_millis(20 * 1_251));
    }

    #[test]
    fn ends_when_the_caller_has_been_silent_for_so_long_or_the_limit_comes() {
        let mut take = take(10, 3);
        let voice = frame(Codec::Pcma, 26.0);
        for frame in 0..100 {
            take.handle_frame(at(1_000 + frame * 20), Codec::Pcma, &voice);
        }
        assert_eq!((take.spoken(at(3_000)), take.ends_at()), (2 * SECOND, at(2_980 + 3_000)));
        take.handle_frame(at(5_000), Codec::Pcma, &frame(Codec::Pcma, 60.0));
        assert_eq!(take.ends_at(), at(5_980), "what the room says is no speech");
        take.handle_frame(at(9_000), Codec::Pcma, &voice);
        assert_eq!(take.ends_at(), at(10_000), "the limit");
    }

    #[test]
    fn who_has_not_begun_is_given_time_to_think() {
        assert_eq!(take(60, 2).ends_at(), at(6_000));
        assert_eq!(take(60, 8).ends_at(), at(8_000));
        assert_eq!(take(4, 2).ends_at(), at(4_000));
        assert_eq!(take(7_200, 8_000).ends_at(), Mono::ZERO + LONGEST_TAKE);
    }

    #[test]
    fn simulated_caller_speaks_without_frames() {
        let mut take = take(60, 2);
        take.handle_speaking(at(1_000), true);
        assert_eq!(take.ends_at(), at(60_000));
        take.handle_speaking(at(4_000), true);
        take.handle_speaking(at(5_000), false);
        take.handle_speaking(at(6_000), false);
        assert_eq!((take.spoken(at(6_500)), take.ends_at()), (4 * SECOND, at(7_000)));
    }
}
