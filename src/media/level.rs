//! How loud somebody speaks: the active speech level of ITU-T P.56, method B.
//!
//! The plain power of a recording says little about its loudness, because pauses count as much as words. Method B follows
//! the envelope of the sound (two averages of 30 ms, one after the other) and counts, for a row of thresholds 6 dB apart,
//! how long it lies above each, with 200 ms of hangover so that the gaps between syllables belong to the speech. The power
//! of the whole, shared out over the time above a threshold, is the level of what is above it. The threshold that belongs to
//! speech is the one 15.9 dB below that level; it falls between two of the row and is found by interpolation.
//!
//! Levels are in dBov: 0 is the power of the largest square wave, so a full sine has -3.01.

/// What telephone networks aim at for speech, and so do our prompts: they are then as loud as the operator who comes after
/// them, and 26 dB of room is enough for any voice's peaks.
pub const SPEECH_DBOV: f64 = -26.0;

/// Time constant of each of the two averages, in seconds (P.56 section 7.2.3: T).
const SMOOTHING_S: f64 = 0.03;
/// How long a pause still counts as speech, in seconds (H).
const HANGOVER_S: f64 = 0.2;
/// Between the threshold and the level of speech, in decibels (M).
const MARGIN_DB: f64 = 15.9;
/// How many thresholds there are: from 2^-15, the smallest step of 16 bits, to half of the largest value.
const THRESHOLDS: usize = 15;

/// The level of a recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpeechLevel {
    /// While somebody speaks.
    pub active_dbov: f64,
    /// Of the whole, pauses included.
    pub long_term_dbov: f64,
    /// The part of the time in which somebody speaks, 0 to 1.
    pub activity: f64,
}

/// One threshold: for how many samples the envelope was above it, hangover included.
#[derive(Clone, Copy, Debug)]
struct Threshold {
    value: f64,
    active: u64,
    /// Samples since the envelope was above it; at first as many as the hangover has, so that silence before the first
    /// word does not count.
    since: u64,
}

/// Measures `samples` (-1 to 1) at `rate` a second; `None`: there is nothing to hear.
pub fn speech_level(samples: &[f32], rate: u32) -> Option<SpeechLevel> {
    let rate = f64::from(rate.max(1));
    let keep = (-1.0 / (rate * SMOOTHING_S)).exp();
    let hangover = seconds(HANGOVER_S, rate);
    let mut thresholds: [Threshold; THRESHOLDS] = std::array::from_fn(|at| {
        let value = 2f64.powi(i32::try_from(at).unwrap_or(0) - 15);
        Threshold { value, active: 0, since: hangover }
    });
    let (mut energy, mut smooth, mut envelope) = (0.0, 0.0, 0.0);
    for sample in samples.iter().map(|sample| f64::from(*sample)) {
        energy += sample * sample;
        smooth = keep * smooth + (1.0 - keep) * sample.abs();
        envelope = keep * envelope + (1.0 - keep) * smooth;
        for threshold in &mut thresholds {
            threshold.hear(envelope, hangover);
        }
    }
    let active_dbov = active_level(energy, &thresholds)?;
    let long_term_dbov = decibels(energy / samples.len() as f64);
    Some(SpeechLevel {
        active_dbov,
        long_term_dbov,
        activity: 10f64.powf((long_term_dbov - active_dbov) / 10.0).min(1.0),
    })
}

impl Threshold {
    fn hear(&mut self, envelope: f64, hangover: u64) {
        if envelope >= self.value {
            self.since = 0;
            self.active += 1;
        } else if self.since < hangover {
            self.since += 1;
            self.active += 1;
        }
    }
}

/// Where the level of what is above a threshold lies [`MARGIN_DB`] over the threshold.
fn active_level(energy: f64, thresholds: &[Threshold]) -> Option<f64> {
    let mut last: Option<(f64, f64)> = None;
    for threshold in thresholds.iter().take_while(|threshold| threshold.active > 0) {
        let level = decibels(energy / threshold.active as f64);
        let above = level - 2.0 * decibels(threshold.value) - MARGIN_DB;
        if above <= 0.0 {
            // Both are taken as straight lines between two thresholds.
            let Some((last_level, last_above)) = last else { return Some(level) };
            let part = last_above / (last_above - above);
            return Some(last_level + part * (level - last_level));
        }
        last = Some((level, above));
    }
    // A click: no threshold is near enough, so the highest that was reached must do.
    last.map(|(level, _)| level)
}

/// Of a power.
fn decibels(power: f64) -> f64 {
    10.0 * power.log10()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fifth of a rate of 32 bits")]
fn seconds(length: f64, rate: f64) -> u64 {
    (length * rate).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8000;

    fn tone(hertz: f32, seconds: f32, amplitude: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / RATE as f32;
        (0..)
            .map(|at| at as f32)
            .take_while(|at| *at < seconds * RATE as f32)
            .map(|at| (at * step).sin() * amplitude)
            .collect()
    }

    fn silence(seconds: f32) -> Vec<f32> {
        tone(0.0, seconds, 0.0)
    }

    #[track_caller]
    fn near(value: f64, expected: f64, within: f64) {
        assert!((value - expected).abs() <= within, "{value}, not {expected}");
    }

    #[test]
    fn tone_that_never_stops_has_its_power_and_full_activity() {
        for (amplitude, dbov) in [(1.0, -3.01), (0.5, -9.03), (0.1, -23.01), (0.01, -43.01)] {
            let level = speech_level(&tone(1000.0, 10.0, amplitude), RATE).expect("heard");
            near(level.long_term_dbov, dbov, 0.01);
            near(level.active_dbov, dbov, 0.05);
            near(level.activity, 1.0, 0.01);
        }
    }

    #[test]
    fn pauses_do_not_make_speech_less_loud() {
        for pause in [1.0, 4.0, 20.0] {
            let sound = [tone(440.0, 4.0, 0.2), silence(pause)].concat().repeat(4);
            let level = speech_level(&sound, RATE).expect("heard");
            // 4 s, 200 ms of hangover and the tail of the envelope are speech; the rest is not.
            near(level.active_dbov, -17.0, 0.5);
            near(level.activity, f64::from(4.3 / (4.0 + pause)).min(1.0), 0.03);
        }
    }

    #[test]
    fn gaps_between_syllables_belong_to_the_speech() {
        let syllables = [tone(300.0, 0.15, 0.3), silence(0.1)].concat().repeat(40);
        let level = speech_level(&syllables, RATE).expect("heard");
        near(level.activity, 1.0, 0.02);
        near(level.active_dbov, level.long_term_dbov, 0.1);
    }

    #[test]
    fn hum_far_below_the_voice_is_no_speech() {
        let hum = tone(100.0, 8.0, 0.001);
        let voice = [tone(500.0, 2.0, 0.25), silence(6.0)].concat();
        let both: Vec<f32> = hum.iter().zip(&voice).map(|(one, other)| one + other).collect();
        let level = speech_level(&both, RATE).expect("heard");
        near(level.active_dbov, -15.05, 0.6);
        near(level.activity, 2.25 / 8.0, 0.03);
    }

    #[test]
    fn twice_as_loud_is_six_decibels_at_any_rate() {
        let voice: Vec<f32> = [tone(210.0, 0.7, 0.08), silence(0.4), tone(350.0, 1.3, 0.05)].concat();
        let double: Vec<f32> = voice.iter().map(|sample| sample * 2.0).collect();
        let (one, two) =
            (speech_level(&voice, RATE).expect("heard"), speech_level(&double, RATE).expect("heard"));
        near(two.active_dbov - one.active_dbov, 6.02, 0.2);
        let slow: Vec<f32> = voice.iter().flat_map(|sample| [*sample; 2]).collect();
        near(speech_level(&slow, 2 * RATE).expect("heard").active_dbov, one.active_dbov, 0.1);
    }

    #[test]
    fn silence_has_no_level() {
        assert_eq!(speech_level(&[], RATE), None);
        assert_eq!(speech_level(&silence(2.0), RATE), None);
        assert_eq!(speech_level(&tone(1000.0, 2.0, 1e-6), RATE), None);
        // A single click is a sound, however short.
        let mut click = silence(1.0);
        click[4000] = 1.0;
        assert!(speech_level(&click, RATE).is_some());
    }
}
