//! Which tone was heard, for how long, and with what gaps.
//!
//! Each window of 20 ms is asked for one frequency (Goertzel's recurrence); windows advance by 5 ms, so that a hole of so
//! many milliseconds shows as a gap of about as many. A window holds the tone when the tone is loud and almost alone:
//! speech and music pass through any frequency, but do not stay there by themselves.

use std::f64::consts::TAU;
use std::path::Path;

/// Samples a second, everywhere here.
pub(super) const RATE: u32 = 8_000;
/// Peak of the tones that the test phones send, of 32767.
pub(super) const PEAK: i16 = 10_000;

/// Samples of a window: 20 ms, so that multiples of 50 Hz do not leak into each other.
const WINDOW: usize = 160;
/// Samples from one window to the next: 5 ms.
const HOP: usize = 40;
/// Milliseconds of a hop.
const HOP_MS: usize = 5;
/// A window with less than half the tone's peak is a gap: so much passes when half of the window is missing.
const HEARD_PEAK: f64 = 0.5 * PEAK as f64;
/// Share of a window's energy that must be the tone's own. A pure tone that fills half of the window comes to 0.5.
const HEARD_SHARE: f64 = 0.45;
/// Hops without the tone that end a stretch of it: 1 s. Speech and music may touch a frequency long before or after.
const APART: usize = 200;

/// A tone as it was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// Start of the first window that held it.
    pub(super) first_ms: usize,
    /// Start of the last window that held it.
    pub(super) last_ms: usize,
    /// Longest time without it between those two.
    pub(super) longest_gap_ms: usize,
    /// Time with it, in all.
    pub(super) total_ms: usize,
}

/// What one ear heard: mono, [`RATE`].
pub(super) struct Sound {
    samples: Vec<i16>,
}

impl Sound {
    /// From samples.
    pub(super) fn new(samples: Vec<i16>) -> Sound {
        Sound { samples }
    }

    /// Each channel of a WAV file, left first.
    pub(super) fn read_wav(path: &Path) -> Vec<Sound> {
        let wav = hound::WavReader::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let spec = wav.spec();
        assert_eq!(
            (spec.sample_rate, spec.bits_per_sample),
            (RATE, 16),
            "{}: not 8 kHz, 16 bit",
            path.display()
        );
        let samples: Vec<i16> = wav.into_samples().map_while(Result::ok).collect();
        let channels = usize::from(spec.channels);
        let channel = |n| Sound::new(samples.iter().skip(n).step_by(channels).copied().collect());
        (0..channels).map(channel).collect()
    }

    /// Writes it as a WAV file, for a phone to play.
    pub(super) fn write_wav(&self, path: &Path) {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(path, spec).expect("the test's directory can be written");
        for &sample in &self.samples {
            wav.write_sample(sample).expect("the test's directory can be written");
        }
        wav.finalize().expect("the test's directory can be written");
    }

    /// A pure tone.
    pub(super) fn tone(hertz: u32, ms: usize) -> Sound {
        let step = TAU * f64::from(hertz) / f64::from(RATE);
        let mut angle = 0.0_f64;
        let next = || {
            angle += step;
            quantised(angle.sin() * f64::from(PEAK))
        };
        Sound::new(std::iter::repeat_with(next).take(ms * samples_of_ms(1)).collect())
    }

    /// The samples.
    pub(super) fn samples(&self) -> &[i16] {
        &self.samples
    }

    /// How long it is.
    pub(super) fn ms(&self) -> usize {
        self.samples.len() / samples_of_ms(1)
    }

    /// The part from one moment to another.
    pub(super) fn between(&self, from_ms: usize, to_ms: usize) -> Sound {
        let end = samples_of_ms(to_ms).min(self.samples.len());
        Sound::new(self.samples.get(samples_of_ms(from_ms)..end).unwrap_or_default().to_vec())
    }

    /// Whether a tone is there nearly all the time, loud, whatever else is heard beside it.
    pub(super) fn has(&self, hertz: u32) -> bool {
        let windows = self.samples.chunks_exact(WINDOW);
        let (all, with) =
            (windows.len(), windows.filter(|window| peak_of(window, hertz) >= HEARD_PEAK).count());
        all > 0 && with * 10 >= all * 8
    }

    /// The stretch in which a tone was heard most; `None`: nowhere.
    pub(super) fn heard(&self, hertz: u32) -> Option<Heard> {
        let starts = (0..self.samples.len().saturating_sub(WINDOW - 1)).step_by(HOP);
        let with = starts.filter(|&at| holds(&self.samples[at..at + WINDOW], hertz)).map(|at| at / HOP);
        let hops: Vec<usize> = with.collect();
        let stretches = hops.chunk_by(|before, after| after - before <= APART);
        let hops = stretches.max_by_key(|stretch| stretch.len())?;
        let (first, last) = (*hops.first()?, *hops.last()?);
        let longest = hops.windows(2).map(|pair| pair[1] - pair[0] - 1).max().unwrap_or(0);
        Some(Heard {
            first_ms: first * HOP_MS,
            last_ms: last * HOP_MS,
            longest_gap_ms: longest * HOP_MS,
            total_ms: hops.len() * HOP_MS,
        })
    }
}

/// Milliseconds as samples.
fn samples_of_ms(ms: usize) -> usize {
    ms * WINDOW / 20
}

/// Whether a window holds a tone, loud and almost alone.
fn holds(window: &[i16], hertz: u32) -> bool {
    let (peak, length) = (peak_of(window, hertz), WINDOW as f64);
    let energy: f64 = window.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    // A pure tone of peak p has energy N p^2 / 2.
    peak >= HEARD_PEAK && length * peak.powi(2) / 2.0 >= HEARD_SHARE * energy
}

/// Peak of the tone in a window.
fn peak_of(window: &[i16], hertz: u32) -> f64 {
    2.0 * goertzel(window, hertz).sqrt() / WINDOW as f64
}

/// Squared magnitude of a window at one frequency (Goertzel's recurrence).
fn goertzel(window: &[i16], hertz: u32) -> f64 {
    let coefficient = 2.0 * (TAU * f64::from(hertz) / f64::from(RATE)).cos();
    let step = |(one, two): (f64, f64), &sample: &i16| (f64::from(sample) + coefficient * one - two, one);
    let (one, two) = window.iter().fold((0.0, 0.0), step);
    one * one + two * two - coefficient * one * two
}

#[expect(clippy::cast_possible_truncation, reason = "a tone of this peak fits 16 bits")]
fn quantised(value: f64) -> i16 {
    value.round() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_hole(hertz: u32, hole_ms: usize) -> Sound {
        let mut samples = Sound::tone(hertz, 1000).samples;
        samples.extend(std::iter::repeat_n(0, samples_of_ms(hole_ms)));
        samples.extend(Sound::tone(hertz, 1000).samples);
        Sound::new(samples)
    }

    #[test]
    fn a_tone_is_heard_from_its_start_to_its_end_and_no_other_tone_with_it() {
        let sound = Sound::tone(1000, 1000);
        let heard = sound.heard(1000).expect("it is all there is");
        assert_eq!((heard.first_ms, heard.longest_gap_ms), (0, 0));
        assert!(heard.total_ms >= 980, "{heard:?}");
        assert_eq!(sound.heard(1500), None);
    }

    #[test]
    fn a_hole_is_a_gap_of_its_own_length() {
        for hole in [20, 40, 60, 300] {
            let heard = with_hole(1500, hole).heard(1500).expect("most of it is there");
            assert!(heard.longest_gap_ms.abs_diff(hole) <= 5, "{hole} ms: {heard:?}");
        }
    }

    #[test]
    fn a_faint_tone_and_a_tone_among_others_do_not_count() {
        let faint = Sound::tone(1000, 500).samples.iter().map(|s| s / 4).collect();
        assert_eq!(Sound::new(faint).heard(1000), None);
        let others = Sound::tone(700, 500).samples.into_iter().zip(Sound::tone(850, 500).samples);
        let all = Sound::tone(1000, 500).samples.into_iter().zip(others).map(|(a, (b, c))| a + b + c);
        assert_eq!(Sound::new(all.collect()).heard(1000), None);
    }

    #[test]
    fn music_that_touches_the_tone_long_before_is_another_stretch() {
        let mut samples = Sound::tone(1500, 30).samples;
        samples.extend(std::iter::repeat_n(0, samples_of_ms(1500)));
        samples.extend(Sound::tone(1500, 1000).samples);
        let heard = Sound::new(samples).heard(1500).expect("a tone");
        assert!(heard.first_ms.abs_diff(1530) <= 10 && heard.longest_gap_ms == 0, "{heard:?}");
    }

    #[test]
    fn the_channels_of_a_recording_are_told_apart() {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let path = directory.path().join("stereo.wav");
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut wav = hound::WavWriter::create(&path, spec).expect("a new file");
        for (left, right) in Sound::tone(1000, 500).samples.iter().zip(&Sound::tone(1500, 500).samples) {
            wav.write_sample(*left).expect("room on disk");
            wav.write_sample(*right).expect("room on disk");
        }
        wav.finalize().expect("room on disk");
        let channels = Sound::read_wav(&path);
        assert!(channels[0].heard(1000).is_some() && channels[0].heard(1500).is_none());
        assert!(channels[1].heard(1500).is_some() && channels[1].heard(1000).is_none());
    }
}
