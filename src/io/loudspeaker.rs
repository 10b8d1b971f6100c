//! What a caller would hear, for a person at this machine: played by a program that is there, or written into a file.
//!
//! Players want a file, so each passage is one, in a folder that is gone with the loudspeaker.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Samples a second of the telephone.
pub const RATE: u32 = 8_000;

/// Players, and how they are told to play one file and to say nothing: of Linux, of sox, of ffmpeg, of macOS.
const PLAYERS: [&str; 6] =
    ["paplay", "pw-play", "aplay -q", "play -q", "ffplay -nodisp -autoexit -loglevel error", "afplay"];

/// A program that plays files.
#[derive(Debug)]
pub struct Loudspeaker {
    command: Vec<String>,
    folder: PathBuf,
    played: u32,
}

/// What is being played.
#[derive(Debug)]
pub struct Playing {
    child: Child,
}

impl Loudspeaker {
    /// The first player that this machine has; `None`: it has none.
    pub fn find() -> io::Result<Option<Loudspeaker>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_there = |player: &&&str| {
            let program = player.split(' ').next().unwrap_or_default();
            std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
        };
        PLAYERS.iter().find(is_there).map(|player| Loudspeaker::of(player)).transpose()
    }

    /// The command that plays the file whose name is put behind it.
    pub fn of(command: &str) -> io::Result<Loudspeaker> {
        let folder = std::env::temp_dir().join(format!("centralino-heard-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Loudspeaker {
            command: command.split_whitespace().map(str::to_owned).collect(),
            folder,
            played: 0,
        })
    }

    /// Its program.
    pub fn program(&self) -> &str {
        self.command.first().map_or("", String::as_str)
    }

    /// Begins to play.
    pub fn play(&mut self, samples: &[i16]) -> io::Result<Playing> {
        self.played += 1;
        let file = self.folder.join(format!("{}.wav", self.played % 2));
        write_wav(&file, samples)?;
        let mut words = self.command.iter();
        let program = words.next().ok_or_else(|| io::Error::other("no player is named"))?;
        let child = Command::new(program)
            .args(words)
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Playing { child })
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _left_to_the_system = std::fs::remove_dir_all(&self.folder);
    }
}

impl Playing {
    /// Whether all was heard, once it is over; `None` while it plays.
    pub fn ended(&mut self) -> io::Result<Option<bool>> {
        Ok(self.child.try_wait()?.map(|status| status.success()))
    }

    /// Nothing more is heard of it.
    pub fn stop(mut self) {
        let _ended_by_itself = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Writes what is heard as a WAV file: mono, 16 bits.
pub fn write_wav(file: &Path, samples: &[i16]) -> io::Result<()> {
    std::fs::write(file, wav(samples)?)
}

/// The same as the bytes of a WAV file.
pub fn wav(samples: &[i16]) -> io::Result<Vec<u8>> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = io::Cursor::new(Vec::new());
    let mut write = || {
        let mut writer = hound::WavWriter::new(&mut bytes, spec)?;
        samples.iter().try_for_each(|sample| writer.write_sample(*sample))?;
        writer.finalize()
    };
    write().map_err(|error: hound::Error| io::Error::other(error.to_string()))?;
    Ok(bytes.into_inner())
}
