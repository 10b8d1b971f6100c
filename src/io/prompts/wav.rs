//! WAV files: any that a synthesiser or a studio gives, to what is worked on; and from there to what a telephone plays.

use std::io::{self, Read};

use super::mastering::{RATE, to_i16};

/// Longest sound taken, in seconds, so that a command gone mad fills no memory and nobody listens for ever.
const MAX_SECONDS: usize = 5 * 60;
/// Rates that are brought to that of the telephone: from its half to a studio's best.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// Most channels that are mixed to one.
const MAX_CHANNELS: u16 = 8;

/// A sound before it is made ready.
pub(super) struct Spoken {
    /// -1 to 1, mono.
    pub(super) samples: Vec<f32>,
    pub(super) rate: u32,
}

/// A WAV file of any width, rate and number of channels. A stream has no length to write in its header, so what is there is
/// taken, up to the end.
pub(super) fn decode(sound: &[u8]) -> Result<Spoken, String> {
    let reader = hound::WavReader::new(sound).map_err(|error| format!("not a sound ({error})"))?;
    let spec = reader.spec();
    let (channels, rate) = (spec.channels, spec.sample_rate);
    if !(1..=MAX_CHANNELS).contains(&channels) || !RATES.contains(&rate) {
        return Err(format!("a sound of {channels} channels and {rate} Hz"));
    }
    let most = MAX_SECONDS * rate as usize * usize::from(channels);
    let samples = match spec.sample_format {
        hound::SampleFormat::Int => integers(reader, spec.bits_per_sample, most),
        hound::SampleFormat::Float => {
            reader.into_samples::<f32>().map_while(Result::ok).take(most + 1).collect()
        }
    };
    if samples.len() > most {
        return Err(format!("a sound of more than {MAX_SECONDS} s"));
    }
    let sane = |sample: f32| if sample.is_finite() { sample } else { 0.0 };
    let mono =
        samples.chunks(channels.into()).map(|frame| sane(frame.iter().sum::<f32>() / frame.len() as f32));
    Ok(Spoken { samples: mono.collect(), rate })
}

fn integers(reader: hound::WavReader<impl Read>, bits: u16, most: usize) -> Vec<f32> {
    let full = 2f32.powi(i32::from(bits.clamp(1, 32)) - 1);
    reader
        .into_samples::<i32>()
        .map_while(Result::ok)
        .take(most + 1)
        .map(|sample| sample as f32 / full)
        .collect()
}

/// A mono 8 kHz 16-bit WAV file.
pub(super) fn encode(samples: &[f32]) -> Result<Vec<u8>, String> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = io::Cursor::new(Vec::new());
    let mut write = || {
        let mut writer = hound::WavWriter::new(&mut file, spec)?;
        for &sample in samples {
            writer.write_sample(to_i16(sample))?;
        }
        writer.finalize()
    };
    write().map_err(|error: hound::Error| error.to_string())?;
    Ok(file.into_inner())
}

/// It is what a telephone plays: mono, 8 kHz, 16 bits.
pub(super) fn is_ready(sound: &[u8]) -> bool {
    hound::WavReader::new(sound).is_ok_and(|reader| {
        let spec = reader.spec();
        (spec.channels, spec.sample_rate, spec.bits_per_sample, spec.sample_format)
            == (1, RATE, 16, hound::SampleFormat::Int)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(channels: u16, sample_rate: u32, bits: u16, samples: &[i32]) -> Vec<u8> {
        let sample_format = hound::SampleFormat::Int;
        let spec = hound::WavSpec { channels, sample_rate, bits_per_sample: bits, sample_format };
        let mut file = io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).expect("a header");
        samples.iter().for_each(|sample| writer.write_sample(*sample).expect("written"));
        writer.finalize().expect("written");
        file.into_inner()
    }

    #[test]
    fn sound_of_two_channels_is_heard_from_one() {
        let spoken = decode(&file(2, 16_000, 16, &[16_384, 0, -16_384, -16_384])).expect("a sound");
        assert_eq!((spoken.rate, spoken.samples), (16_000, vec![0.25, -0.5]));
    }

    #[test]
    fn every_width_has_the_same_loudness() {
        for (bits, half) in [(8, 1 << 6), (16, 1 << 14), (24, 1 << 22), (32, 1 << 30)] {
            let spoken = decode(&file(1, 44_100, bits, &[half, -half])).expect("a sound");
            assert_eq!(spoken.samples, [0.5, -0.5], "{bits} bits");
        }
    }

    #[test]
    fn what_nobody_can_use_is_refused() {
        for (bytes, why) in [
            (b"no sound".to_vec(), "not a sound"),
            (file(1, 1_000, 16, &[0]), "1000 Hz"),
            (file(12, 8_000, 16, &[0; 12]), "12 channels"),
            (file(1, 4_000, 16, &vec![0; 300 * 4_000 + 1]), "more than 300 s"),
        ] {
            let error = decode(&bytes).map(|_| ()).expect_err(why);
            assert!(error.contains(why), "{error}");
        }
        assert!(!is_ready(&file(1, 16_000, 16, &[0])) && is_ready(&encode(&[0.0]).expect("a file")));
    }
}
