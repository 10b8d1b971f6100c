//! The hold music `attesa`: our own, so that nobody owes rights for letting a citizen wait.
//!
//! Sixteen slow bars in C major. A pad holds each chord, an arpeggio walks up and down it, and from the ninth bar a few
//! long notes sing above. All notes lie where a telephone is clear (260 to 3000 Hz, overtones included) and overlap
//! softly, because A-law and cheap handsets are unkind to attacks and to high tones. The end rings into the beginning:
//! what a note has left over after the last bar sounds in the first, so the loop has no seam.

use super::mastering::{self, PACKET, RATE};

/// Name of the recording below `sounds/music/`, which `prompts build` always can make.
pub const NAME: &str = "attesa";
/// Which composition this is; a change of it makes the recording anew.
pub(super) const EDITION: &str = "attesa 2";

/// Samples of an eighth note: 400 ms, a calm 75 beats a minute. Eight of them are a bar.
const EIGHTH: usize = 3200;
const BARS: usize = CHORDS.len();
const LENGTH: usize = EIGHTH * 8 * BARS;
/// Softer than speech: a caller waits for a voice, and the voice must stand out.
const LEVEL_DBOV: f64 = -29.0;

/// Four notes a bar, as semitones above C4 (262 Hz): C, Am7, F, G; Em, Am, Dm7, G; and once more with another end.
const CHORDS: [[u8; 4]; 16] = [
    [0, 4, 7, 12],
    [0, 4, 9, 12],
    [0, 5, 9, 12],
    [2, 7, 11, 14],
    [4, 7, 11, 16],
    [4, 9, 12, 16],
    [2, 5, 9, 12],
    [2, 7, 11, 14],
    [0, 4, 7, 12],
    [0, 4, 9, 16],
    [0, 5, 9, 17],
    [2, 7, 11, 14],
    [4, 7, 11, 16],
    [0, 5, 9, 12],
    [2, 5, 7, 11],
    [0, 4, 7, 12],
];
/// The arpeggio: which note of the chord on each eighth.
const WALK: [usize; 8] = [0, 1, 2, 3, 2, 1, 3, 2];
/// The song: bar, eighth, semitones above C4, eighths long. Each note belongs to the chord below it.
const SONG: [(usize, usize, u8, usize); 13] = [
    (8, 0, 19, 4),
    (8, 4, 16, 4),
    (9, 0, 12, 6),
    (9, 6, 16, 2),
    (10, 0, 17, 4),
    (10, 4, 21, 4),
    (11, 0, 19, 8),
    (12, 0, 19, 4),
    (12, 4, 16, 4),
    (13, 0, 17, 6),
    (13, 6, 12, 2),
    (14, 0, 14, 8),
    (15, 0, 12, 8),
];

/// How a note sounds: rise and decay, and its overtones.
struct Timbre {
    /// Samples until it is full.
    rise: f32,
    /// Samples in which it falls to a third.
    decay: f32,
    /// Loudness of the first, second and third harmonic.
    harmonics: [f32; 3],
}

/// A bowed sound that swells over a third of a second.
const PAD: Timbre = Timbre { rise: 2800.0, decay: 16_000.0, harmonics: [0.10, 0.03, 0.01] };
/// A plucked one.
const PLUCK: Timbre = Timbre { rise: 80.0, decay: 3600.0, harmonics: [0.26, 0.08, 0.03] };
/// A flute.
const FLUTE: Timbre = Timbre { rise: 700.0, decay: 9000.0, harmonics: [0.22, 0.03, 0.02] };

/// Overtones beyond this are left out: a telephone cuts them, and above 4 kHz they would come back as other tones.
const HIGHEST_HZ: f64 = 3000.0;

/// The whole piece, mastered.
pub(super) fn compose() -> Vec<f32> {
    let mut sheet = vec![0.0; LENGTH.next_multiple_of(PACKET)];
    for (bar, chord) in CHORDS.iter().enumerate() {
        let start = bar * 8;
        chord.iter().for_each(|&note| play(&mut sheet, &PAD, start, 8, note));
        let walk = WALK.iter().enumerate();
        walk.for_each(|(eighth, &step)| play(&mut sheet, &PLUCK, start + eighth, 2, chord[step] + 12));
    }
    for (bar, eighth, note, eighths) in SONG {
        play(&mut sheet, &FLUTE, bar * 8 + eighth, eighths, note);
    }
    mastering::level(&mut sheet, LEVEL_DBOV);
    sheet
}

/// Adds one note, held for `eighths` and then fading over two more; past the end it goes on at the beginning.
fn play(sheet: &mut [f32], timbre: &Timbre, eighth: usize, eighths: usize, semitones: u8) {
    let hertz = 261.63 * 2f64.powf(f64::from(semitones) / 12.0);
    let (held, release) = (eighths * EIGHTH, 2 * EIGHTH);
    let whole = sheet.len();
    for at in 0..held + release {
        let released = at.saturating_sub(held) as f32 / release as f32;
        let envelope =
            swell(at as f32 / timbre.rise) * (-(at as f32) / timbre.decay).exp() * swell(1.0 - released);
        sheet[(eighth * EIGHTH + at) % whole] += envelope * tone(&timbre.harmonics, hertz, at);
    }
}

/// From 0 to 1 without a corner.
fn swell(part: f32) -> f32 {
    0.5 - 0.5 * (part.clamp(0.0, 1.0) * std::f32::consts::PI).cos()
}

#[expect(clippy::cast_possible_truncation, reason = "a sine between -1 and 1")]
fn tone(harmonics: &[f32], hertz: f64, at: usize) -> f32 {
    let harmonic = |(order, loudness): (usize, &f32)| {
        let hertz = hertz * (order + 1) as f64;
        let turns = hertz * at as f64 / f64::from(RATE);
        if hertz > HIGHEST_HZ { 0.0 } else { loudness * (turns * std::f64::consts::TAU).sin() as f32 }
    };
    harmonics.iter().enumerate().map(harmonic).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_citizen_hears_a_minute_without_clipping_silence_or_seam() {
        let music = compose();
        assert!((45..=60).contains(&(music.len() / RATE as usize)), "{}", music.len());
        assert_eq!(music.len() % PACKET, 0);
        assert!(music.iter().all(|sample| sample.abs() < 0.5), "room for A-law");
        assert!(music.chunks(EIGHTH).all(|part| mastering::rms(part) > 0.01), "never silent");
        let steps = music.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let seam = (music[0] - music[music.len() - 1]).abs();
        assert!(seam <= steps, "{seam} {steps}");
    }

    #[test]
    fn song_stays_within_the_harmony() {
        for (bar, _, note, _) in SONG {
            assert!(CHORDS[bar].iter().any(|chord| chord % 12 == note % 12), "bar {bar}, note {note}");
        }
    }
}
