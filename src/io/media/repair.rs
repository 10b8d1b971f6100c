//! Recordings that a crash left behind: their header says less than the file holds.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Octets up to the sound in the files that we write: `RIFF`, size, `WAVE`, a `fmt ` chunk of 16, `data`, size.
const HEADER: usize = 44;
/// Where the header says the size of all that follows it.
const RIFF_SIZE: u64 = 4;
/// Where it says the octets of one sample of all channels.
const BLOCK_ALIGN: usize = 32;
/// Where it says the size of the sound.
const DATA_SIZE: u64 = 40;

/// Sets right the headers of all recordings below `dir` by the length of the files; gives those that were mended or, holding
/// nothing at all, removed. A directory that does not exist holds none. To be called before recording begins.
pub fn repair_recordings(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut mended = Vec::new();
    let mut dirs = vec![dir.to_owned()];
    while let Some(dir) = dirs.pop() {
        let entries = match fs::read_dir(&dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wav") && repair(&path)? {
                mended.push(path);
            }
        }
    }
    mended.sort();
    Ok(mended)
}

/// True if the file needed it. Files of another shape are not ours and are left alone.
fn repair(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let Some(sound) = length.checked_sub(HEADER as u64) else {
        fs::remove_file(path)?;
        return Ok(true);
    };
    let mut header = [0; HEADER];
    file.read_exact(&mut header)?;
    let Some(right) = sizes(&header, sound) else { return Ok(false) };
    let said = (word(&header, RIFF_SIZE), word(&header, DATA_SIZE), length);
    let (riff, data, length) = right;
    if said == right {
        return Ok(false);
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.set_len(length)?;
    for (place, size) in [(RIFF_SIZE, riff), (DATA_SIZE, data)] {
        file.seek(SeekFrom::Start(place))?;
        file.write_all(&size.to_le_bytes())?;
    }
    file.sync_all()?;
    Ok(true)
}

/// What the header should say of a file with so much sound, and the file's length without a half-written sample.
fn sizes(header: &[u8; HEADER], sound: u64) -> Option<(u32, u32, u64)> {
    let ours = header.starts_with(b"RIFF") && header[8..16] == *b"WAVEfmt " && header[36..40] == *b"data";
    let align = u64::from(u16::from_le_bytes([header[BLOCK_ALIGN], header[BLOCK_ALIGN + 1]]));
    let whole = sound.checked_sub(sound.checked_rem(align)?)?;
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

    #[test]
    fn a_recording_cut_by_a_crash_plays_all_that_was_written() {
        let dir = tempfile::tempdir().expect("a directory");
        let day = dir.path().join("2026/11/24");
        fs::create_dir_all(&day).expect("room");
        for (cut, samples) in [(4044, 2000), (4043, 1998), (2044, 1000), (44, 0)] {
            let path = day.join("1.1.1.wav");
            crashed(&path, cut);
            assert_eq!(
                repair_recordings(dir.path()).expect("readable"),
                std::slice::from_ref(&path),
                "cut at {cut}"
            );
            let reader = hound::WavReader::open(&path).expect("a good file");
            assert_eq!(reader.into_samples::<i16>().filter_map(Result::ok).count(), samples, "cut at {cut}");
            assert!(repair_recordings(dir.path()).expect("readable").is_empty(), "mended once");
        }
    }

    #[test]
    fn a_file_without_a_header_is_removed_and_others_are_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let (empty, other) = (dir.path().join("a.wav"), dir.path().join("b.wav"));
        fs::write(&empty, b"RIFF").expect("room");
        fs::write(&other, [7; 100]).expect("room");
        assert_eq!(repair_recordings(dir.path()).expect("readable"), std::slice::from_ref(&empty));
        assert!(!empty.exists());
        assert_eq!(fs::read(&other).expect("there"), [7; 100]);
        assert!(repair_recordings(&dir.path().join("none")).expect("none is none").is_empty());
    }
}
