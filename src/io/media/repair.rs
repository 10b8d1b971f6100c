//! Recordings that a crash left behind: their header says less than the file holds, and the journal does not say how long they are.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use super::recorder::is_below;
use crate::media::Event;

/// Octets up to the sound in the files that we write: `RIFF`, size, `WAVE`, a `fmt ` chunk of 16, `data`, size.
const HEADER: usize = 44;
/// Where the header says the size of all that follows it.
const RIFF_SIZE: u64 = 4;
/// Where it says the samples in a second.
const SAMPLE_RATE: u64 = 24;
/// Where it says the octets of one sample of all channels.
const BLOCK_ALIGN: usize = 32;
/// Where it says the size of the sound.
const DATA_SIZE: u64 = 40;

/// Sets right the headers of these recordings below `dir`, begun and not closed before a crash, by the length of the files. Gives
/// what their recorder would have said: they are recorded and so long, or nothing came of them. One that cannot be read now is
/// logged and left to the next start. To be called before recording begins.
pub fn repair_recordings<'a>(dir: &Path, files: impl IntoIterator<Item = &'a str>) -> Vec<Event> {
    files.into_iter().filter_map(|file| told(file, repair_below(dir, file))).collect()
}

fn told(file: &str, repaired: Result<Duration, Useless>) -> Option<Event> {
    match repaired {
        Ok(length) => {
            tracing::warn!(%file, seconds = length.as_secs(), "a recording that a crash cut off is whole again");
            Some(Event::Recorded { file: file.into(), length, said: None })
        }
        Err(Useless::Now(error)) => {
            tracing::error!(%file, %error, "a recording that a crash cut off cannot be read; the next start tries again");
            None
        }
        // The engine logs it.
        Err(Useless::Forever(why)) => {
            Some(Event::RecordingFailed { file: file.into(), error: why.to_owned() })
        }
    }
}

/// Why a recording is none.
enum Useless {
    /// The disk says so today.
    Now(io::Error),
    /// This is all there will ever be.
    Forever(&'static str),
}

impl From<io::Error> for Useless {
    fn from(error: io::Error) -> Useless {
        match error.kind() {
            ErrorKind::NotFound => {
                Useless::Forever("a crash came before the first sound: there is no such file")
            }
            _ => Useless::Now(error),
        }
    }
}

fn repair_below(dir: &Path, file: &str) -> Result<Duration, Useless> {
    if !is_below(file) {
        return Err(Useless::Forever("its name leads out of the recordings"));
    }
    repair(&dir.join(file))
}

/// Files of another shape are left as they are: a person may make something of them.
fn repair(path: &Path) -> Result<Duration, Useless> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let Some(sound) = length.checked_sub(HEADER as u64) else {
        fs::remove_file(path)?;
        return Err(Useless::Forever(
            "a crash came before the first sound: the file was empty and is removed",
        ));
    };
    let mut header = [0; HEADER];
    file.read_exact(&mut header)?;
    let Some(right) = sizes(&header, sound) else {
        return Err(Useless::Forever("the crash left a file that is no recording; it is kept as it is"));
    };
    let said = (word(&header, RIFF_SIZE), word(&header, DATA_SIZE), length);
    let (riff, data, length) = right;
    if said != right {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.set_len(length)?;
        for (place, size) in [(RIFF_SIZE, riff), (DATA_SIZE, data)] {
            file.seek(SeekFrom::Start(place))?;
            file.write_all(&size.to_le_bytes())?;
        }
        file.sync_all()?;
    }
    Ok(duration(&header, data))
}

fn duration(header: &[u8; HEADER], data: u32) -> Duration {
    let samples = u64::from(data) / align(header).max(1);
    let rate = u64::from(word(header, SAMPLE_RATE)).max(1);
    Duration::from_millis(samples * 1000 / rate)
}

fn align(header: &[u8; HEADER]) -> u64 {
    u64::from(u16::from_le_bytes([header[BLOCK_ALIGN], header[BLOCK_ALIGN + 1]]))
}

/// What the header should say of a file with so much sound, and the file's length without a half-written sample.
fn sizes(header: &[u8; HEADER], sound: u64) -> Option<(u32, u32, u64)> {
    let ours = header.starts_with(b"RIFF") && header[8..16] == *b"WAVEfmt " && header[36..40] == *b"data";
    let whole = sound.checked_sub(sound.checked_rem(align(header))?)?;
    let data = u32::try_from(whole).ok().filter(|_| ours)?;
    Some((data.checked_add(36)?, data, whole + HEADER as u64))
}

fn word(header: &[u8; HEADER], place: u64) -> u32 {
    let place = usize::try_from(place).unwrap_or(0);
    header.get(place..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stereo file of a thousand samples, its header as after a crash, cut to a length.
    fn crashed(path: &Path, cut: u64) {
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 8000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).expect("writable");
        (0..2000i16).for_each(|sample| writer.write_sample(sample).expect("room"));
        writer.finalize().expect("room");
        let mut file = OpenOptions::new().write(true).open(path).expect("there");
        file.seek(SeekFrom::Start(DATA_SIZE)).expect("long enough");
        file.write_all(&400u32.to_le_bytes()).expect("room");
        file.set_len(cut).expect("room");
    }

    fn recorded(file: &str, ms: u64) -> Event {
        Event::Recorded { file: file.into(), length: Duration::from_millis(ms), said: None }
    }

    #[test]
    fn a_recording_cut_by_a_crash_plays_all_that_was_written_and_its_length_is_told() {
        let dir = tempfile::tempdir().expect("a directory");
        let (file, day) = ("2026/11/24/1.1.1.wav", dir.path().join("2026/11/24"));
        fs::create_dir_all(&day).expect("room");
        for (cut, samples, ms) in [(4044, 2000, 125), (4043, 1998, 124), (2044, 1000, 62), (44, 0, 0)] {
            let path = dir.path().join(file);
            crashed(&path, cut);
            assert_eq!(repair_recordings(dir.path(), [file]), [recorded(file, ms)], "cut at {cut}");
            let reader = hound::WavReader::open(&path).expect("a good file");
            assert_eq!(reader.into_samples::<i16>().filter_map(Result::ok).count(), samples, "cut at {cut}");
            assert_eq!(
                repair_recordings(dir.path(), [file]),
                [recorded(file, ms)],
                "a whole one is told too"
            );
        }
    }

    #[test]
    fn a_recording_of_which_nothing_came_is_told_as_failed_and_keeps_none_of_the_others() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        fs::write(at("empty.wav"), b"RIFF").expect("room");
        fs::write(at("other.wav"), [7; 100]).expect("room");
        fs::create_dir(at("unreadable.wav")).expect("room");
        crashed(&at("good.wav"), 2044);
        let files = ["empty.wav", "other.wav", "none.wav", "../secret.wav", "unreadable.wav", "good.wav"];
        let told = repair_recordings(dir.path(), files);
        let failed = |event: &Event| match event {
            Event::RecordingFailed { file, .. } => Some(file.to_string()),
            _ => None,
        };
        let failures: Vec<String> = told.iter().filter_map(failed).collect();
        assert_eq!(failures, &files[..4], "what cannot be read today is left to the next start");
        assert_eq!(told.last(), Some(&recorded("good.wav", 62)));
        assert!(!at("empty.wav").exists());
        assert_eq!(fs::read(at("other.wav")).expect("there"), [7; 100]);
    }
}
