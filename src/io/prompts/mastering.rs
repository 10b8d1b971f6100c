//! From what a synthesiser, a studio or a composer gives to what a telephone plays: 8 kHz, without silence around, at one
//! level.
//!
//! All prompts have the same active speech level (ITU-T P.56, `media::level`), whatever voice made them, so that a caller
//! who hears three of them in a row hears one person, and the operator after them is neither louder nor softer.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler};

use super::wav::Spoken;
use crate::media::level::{SPEECH_DBOV, speech_level};

/// Samples a second.
pub(super) const RATE: u32 = 8000;
/// Samples of an RTP packet of 20 ms: a sound is a whole number of them.
pub(super) const PACKET: usize = 160;
/// Nearer than this to the level wanted, nobody hears a difference.
pub(super) const LEVEL_TOLERANCE_DB: f64 = 0.5;
/// Below this, against the loudest moment, nobody hears anything.
const SILENCE_DB: f32 = -46.0;
/// Nothing is louder: A-law keeps some room, and so do cheap telephones.
const CEILING: f32 = 0.89;
/// Above this the peaks are bent, not cut.
const KNEE: f32 = 0.6;
/// Kept before the first sound: 10 ms.
const LEAD: usize = 80;
/// Kept after the last: 60 ms, the breath between two pieces.
const TAIL: usize = 480;
/// Between passages in different languages, and what a text without words is: 300 ms.
pub(super) const PAUSE: usize = 2400;
/// Fade at both ends, against clicks: 5 ms.
const FADE: usize = 40;
/// Moments in which level is measured: 10 ms.
const MOMENT: usize = 80;

/// Makes what was spoken ready, one passage after the other.
pub(super) fn speech(passages: &[Spoken]) -> Result<Vec<f32>, String> {
    let ready = passages.iter().map(passage).collect::<Result<Vec<_>, _>>()?;
    let mut sound = ready.join(&[0.0; PAUSE][..]);
    sound.resize(sound.len().next_multiple_of(PACKET), 0.0);
    Ok(sound)
}

/// Makes one sound ready: the telephone's rate, without silence around, at the level of speech.
fn passage(spoken: &Spoken) -> Result<Vec<f32>, String> {
    let resampled = to_telephone_rate(&spoken.samples, spoken.rate)?;
    let mut sound = trimmed(&resampled)
        .ok_or("there is nothing to hear in it; does the command speak this language?")?
        .to_vec();
    level(&mut sound, SPEECH_DBOV);
    fade(&mut sound);
    Ok(sound)
}

/// Rounds to what a WAV file holds.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range of the target just before")]
pub(super) fn to_i16(sample: f32) -> i16 {
    (sample * 32_767.0).round().clamp(-32_768.0, 32_767.0) as i16
}

fn to_telephone_rate(samples: &[f32], rate: u32) -> Result<Vec<f32>, String> {
    if rate == RATE || samples.is_empty() {
        return Ok(samples.to_vec());
    }
    let whole: Vec<f64> = samples.iter().map(|&sample| sample.into()).collect();
    let resample = || -> Result<_, Box<dyn std::error::Error>> {
        let mut resampler = Fft::<f64>::new(rate as usize, RATE as usize, 1024, 1, FixedSync::Input)?;
        let input = InterleavedSlice::new(&whole, 1, whole.len())?;
        Ok(resampler.process_all(&input, whole.len(), None)?.take_data())
    };
    let resampled = resample()
        .map_err(|error| format!("its rate of {rate} Hz cannot be brought to {RATE} Hz: {error}"))?;
    Ok(resampled.into_iter().map(narrow).collect())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "sound of 16 bits fits the 24 of an f32, and so do decibels"
)]
fn narrow(sample: f64) -> f32 {
    sample as f32
}

/// What lies between the first and the last moment that can be heard, and a little around; `None` when nothing can.
fn trimmed(samples: &[f32]) -> Option<&[f32]> {
    let levels: Vec<f32> = samples.chunks(MOMENT).map(rms).collect();
    let threshold = audible(&levels)?;
    let first = levels.iter().position(|&level| level >= threshold)?;
    let last = levels.iter().rposition(|&level| level >= threshold)?;
    let from = (first * MOMENT).saturating_sub(LEAD);
    let to = ((last + 1) * MOMENT + TAIL).min(samples.len());
    samples.get(from..to)
}

/// The level from which a moment counts as sound; `None` when there is none at all.
fn audible(levels: &[f32]) -> Option<f32> {
    let loudest = levels.iter().copied().fold(0.0, f32::max);
    (loudest > 1e-4).then(|| loudest * decibels(SILENCE_DB))
}

/// Brings what is spoken to `target_dbov`, and bends what then stands out too far.
pub(super) fn level(samples: &mut [f32], target_dbov: f64) {
    let Some(now) = speech_level(samples, RATE) else { return };
    let gain = decibels(narrow(target_dbov - now.active_dbov));
    for sample in samples {
        *sample = bent(*sample * gain);
    }
}

fn bent(sample: f32) -> f32 {
    let over = sample.abs() - KNEE;
    if over <= 0.0 {
        return sample;
    }
    let room = CEILING - KNEE;
    (KNEE + room * (over / room).tanh()).copysign(sample)
}

fn fade(samples: &mut [f32]) {
    let ramp = |at: usize| at as f32 / FADE as f32;
    samples.iter_mut().take(FADE).enumerate().for_each(|(at, sample)| *sample *= ramp(at));
    samples.iter_mut().rev().take(FADE).enumerate().for_each(|(at, sample)| *sample *= ramp(at));
}

pub(super) fn rms(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|sample| sample * sample).sum();
    (power / samples.len().max(1) as f32).sqrt()
}

fn decibels(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f32, rate: u32, seconds: f32, amplitude: f32) -> Vec<f32> {
        let step = std::f32::consts::TAU * hertz / rate as f32;
        (0..)
            .map(|at| at as f32)
            .take_while(|at| *at < seconds * rate as f32)
            .map(|at| (at * step).sin() * amplitude)
            .collect()
    }

    fn spoken(samples: &[f32], rate: u32) -> Result<Vec<f32>, String> {
        speech(&[Spoken { samples: samples.to_vec(), rate }])
    }

    fn dbov(samples: &[f32]) -> f32 {
        20.0 * rms(samples).log10()
    }

    #[test]
    fn silence_around_is_cut_and_the_level_is_set() {
        let silence = vec![0.0; 22_050];
        for amplitude in [0.01, 0.9] {
            let sound = [silence.clone(), tone(1000.0, 22_050, 0.5, amplitude), silence.clone()].concat();
            let ready = spoken(&sound, 22_050).expect("a sound");
            assert!((4000..4000 + LEAD + TAIL + 3 * PACKET).contains(&ready.len()), "{}", ready.len());
            assert_eq!(ready.len() % PACKET, 0);
            let level = speech_level(&ready, RATE).expect("heard").active_dbov;
            assert!((level - SPEECH_DBOV).abs() < 0.1, "{level}");
        }
    }

    #[test]
    fn what_a_telephone_cannot_carry_does_not_come_back_as_another_tone() {
        let heard = to_telephone_rate(&tone(3000.0, 22_050, 0.5, 0.5), 22_050).expect("a rate");
        let unheard = to_telephone_rate(&tone(5500.0, 22_050, 0.5, 0.5), 22_050).expect("a rate");
        let (heard, unheard) = (dbov(&heard[1000..3000]), dbov(&unheard[1000..3000])); // without the edges
        assert!(heard - unheard > 60.0, "{heard} {unheard}");
        assert!((heard + 9.03).abs() < 0.5, "{heard}");
    }

    #[test]
    fn peaks_are_bent_below_the_ceiling() {
        let mut clicks = tone(200.0, RATE, 1.0, 0.05);
        clicks.iter_mut().step_by(400).for_each(|sample| *sample = 1.0);
        level(&mut clicks, -8.0);
        assert!(clicks.iter().all(|sample| sample.abs() <= CEILING));
    }

    #[test]
    fn silence_is_an_error_not_a_prompt() {
        assert!(spoken(&[], 22_050).is_err());
        assert!(spoken(&[0.0; 8000], 16_000).is_err());
    }

    #[test]
    fn both_ends_are_faded() {
        let ready = spoken(&tone(700.0, RATE, 0.3, 0.3), RATE).expect("a sound");
        assert_eq!((ready[0], to_i16(*ready.last().expect("samples"))), (0.0, 0));
    }
}
