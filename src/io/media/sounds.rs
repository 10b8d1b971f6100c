//! Reads `sounds/<language>/**/*.wav` and `sounds/music/*.wav` and encodes them, once, at start.

use std::io::{self, Read};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use hound::{SampleFormat, WavReader, WavSpec};

use super::super::texts::has_end;
use crate::media::Sound;
use crate::media::library::SoundLibrary;

/// A sound that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SoundError {
    /// The directory or file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is no WAV file that can be understood.
    #[error("{}: {error}; it must be a WAV file", path.display())]
    NotWav {
        /// Which.
        path: PathBuf,
        /// Why.
        error: hound::Error,
    },
    /// It is a WAV file of another kind.
    #[error(
        "{}: {channels} channel(s), {rate} Hz, {bits} bits; sounds are mono, 8000 Hz, 16 bits: convert it with \
         `sox {} -r 8000 -c 1 -b 16 OUT.wav`",
        path.display(), path.display()
    )]
    OtherFormat {
        /// Which.
        path: PathBuf,
        /// Its channels.
        channels: u16,
        /// Its samples a second.
        rate: u32,
        /// Its bits a sample.
        bits: u16,
    },
}

/// Largest sound read: an hour of music.
const MAX_BYTES: u64 = 64 << 20;

/// All sounds below `dir`, or all that is wrong with them.
pub fn load_sounds(dir: &Path) -> Result<SoundLibrary, Vec<SoundError>> {
    let (mut library, mut errors) = (SoundLibrary::default(), Vec::new());
    let mut paths = Vec::new();
    list(dir, &mut paths, &mut errors);
    paths.sort();
    for sound in load_all(dir, &paths) {
        match sound {
            Ok(sound) => library.insert(sound),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(library) } else { Err(errors) }
}

/// These files, in their order, on all cores: sounds are half of a start.
fn load_all(dir: &Path, paths: &[PathBuf]) -> Vec<Result<Sound, SoundError>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let load = |paths: &[PathBuf]| -> Vec<_> {
        paths.iter().map(|path| load_sound(path, &name(dir, path))).collect()
    };
    thread::scope(|scope| {
        let shares = paths.chunks(paths.len().div_ceil(cores).max(1));
        let loading: Vec<_> = shares.map(|paths| scope.spawn(move || load(paths))).collect();
        let loaded = loading.into_iter().map(|share| share.join().unwrap_or_else(|why| resume_unwind(why)));
        loaded.flatten().collect()
    })
}

/// One file as a sound of this name.
pub fn load_sound(path: &Path, name: &str) -> Result<Sound, SoundError> {
    let not_wav = |error| match error {
        hound::Error::IoError(error) => SoundError::Unreadable { path: path.to_owned(), error },
        error => SoundError::NotWav { path: path.to_owned(), error },
    };
    let unreadable = |error| SoundError::Unreadable { path: path.to_owned(), error };
    has_end(path, MAX_BYTES).map_err(unreadable)?;
    let reader = WavReader::open(path).map_err(not_wav)?;
    let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
    if (channels, sample_rate, bits_per_sample, sample_format) != (1, 8000, 16, SampleFormat::Int) {
        let path = path.to_owned();
        return Err(SoundError::OtherFormat { path, channels, rate: sample_rate, bits: bits_per_sample });
    }
    let samples = read_samples(reader).map_err(|error| not_wav(error.into()))?;
    Ok(Sound::encode(name, &samples))
}

/// All of them at once: hound's own way, one after the other, is most of the time of a start.
fn read_samples(reader: WavReader<impl Read>) -> io::Result<Vec<i16>> {
    let length = 2 * u64::from(reader.len());
    let mut bytes = Vec::new();
    reader.into_inner().take(length).read_to_end(&mut bytes)?; // hound has left it where the samples begin
    if bytes.len() as u64 != length {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends before its last sample"));
    }
    let (pairs, _) = bytes.as_chunks::<2>();
    Ok(pairs.iter().map(|pair| i16::from_le_bytes(*pair)).collect())
}

/// The WAV files of a directory and those below it.
fn list(dir: &Path, paths: &mut Vec<PathBuf>, errors: &mut Vec<SoundError>) {
    let unreadable = |error| SoundError::Unreadable { path: dir.to_owned(), error };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) => return errors.push(unreadable(error)),
    };
    for entry in entries {
        match entry {
            Ok(entry) if entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                list(&entry.path(), paths, errors)
            }
            Ok(entry) => paths.push(entry.path()),
            Err(error) => errors.push(unreadable(error)),
        }
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wav"));
}

/// `it/pezzi/21` for `sounds/it/pezzi/21.wav`.
fn name(dir: &Path, path: &Path) -> String {
    let below = path.strip_prefix(dir).unwrap_or(path).with_extension("");
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, channels: u16, rate: u32) {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("room");
        let spec =
            WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = hound::WavWriter::create(path, spec).expect("writable");
        (0..8000i16).for_each(|sample| writer.write_sample(sample).expect("room"));
        writer.finalize().expect("room");
    }

    #[test]
    fn sounds_are_known_by_language_and_name() {
        let dir = tempfile::tempdir().expect("a directory");
        for file in ["it/benvenuto.wav", "it/pezzi/21.wav", "music/attesa.wav", "en/benvenuto.wav"] {
            write(&dir.path().join(file), 1, 8000);
        }
        std::fs::write(dir.path().join("it/leggimi.txt"), "no sound").expect("room");
        let library = load_sounds(dir.path()).expect("good files");
        assert_eq!(
            library.names().collect::<Vec<_>>(),
            ["en/benvenuto", "it/benvenuto", "it/pezzi/21", "music/attesa"]
        );
        let sound = library.find("it/pezzi/21").expect("there");
        assert_eq!(sound.duration(), std::time::Duration::from_secs(1));
    }

    #[test]
    fn every_faulty_file_is_named_with_what_to_do() {
        let dir = tempfile::tempdir().expect("a directory");
        write(&dir.path().join("it/stereo.wav"), 2, 8000);
        write(&dir.path().join("it/wide.wav"), 1, 16_000);
        std::fs::write(dir.path().join("it/text.wav"), "no sound").expect("room");
        std::os::unix::fs::symlink("/dev/zero", dir.path().join("it/zero.wav")).expect("room");
        let errors: Vec<_> =
            load_sounds(dir.path()).expect_err("faults").iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 4);
        assert!(
            errors[0].contains("stereo.wav: 2 channel(s), 8000 Hz, 16 bits; sounds are mono"),
            "{errors:?}"
        );
        assert!(errors[1].contains("text.wav") && errors[2].contains("16000 Hz"), "{errors:?}");
        assert!(errors[3].contains("zero.wav: it is no file"), "{errors:?}");
        let missing = load_sounds(&dir.path().join("none")).expect_err("no directory");
        assert!(missing[0].to_string().contains("none"));
    }
}
