//! A text becomes sound: by running a speech synthesiser of the administrator's choice.
//!
//! The command is split at spaces and run directly, never through a shell. The text goes to its standard input; the sound
//! comes in a file, where the command says `{output}`, or else on its standard output, as a WAV of any rate. It runs in a process group
//! of its own, so that what takes too long is killed with all that it has started.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::passage::Passage;
use super::wav::{self, Spoken};
use super::{Prompt, PromptsError};
use crate::config::ESPEAK;

/// A command that speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Program and arguments; `{voice}` stands for the language's voice, `{output}` for the file to write.
    pub command: String,
    /// How it reads its text.
    pub encoding: Encoding,
    /// How long it may take for one text with all its passages; then it is killed.
    pub within: Duration,
}

/// Longest that a build waits for one text: a slow voice on a busy machine speaks a long one in less.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked whether it has ended.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How long its last words may be on their way once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Most bytes taken of what it gives: five minutes of a studio's best sound, more than is ever kept.
const MAX_OUTPUT: u64 = 128 << 20;
/// Most bytes taken of what it complains.
const MAX_COMPLAINT: u64 = 64 << 10;

/// How a synthesiser reads text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Encoding {
    /// As everybody.
    #[default]
    Utf8,
    /// As Festival: a character outside of Latin-1 is passed over.
    Latin1,
}

impl Voice {
    /// The voice used unless another is asked for.
    pub fn espeak() -> Voice {
        Voice { command: ESPEAK.to_owned(), encoding: Encoding::Utf8, within: PATIENCE }
    }

    /// Speaks a passage of `prompt`, by way of a file in `folder` that is gone afterwards.
    pub(super) fn speak(
        &self,
        prompt: &Prompt,
        passage: &Passage<'_>,
        folder: &Path,
    ) -> Result<Spoken, PromptsError> {
        fs::create_dir_all(folder).map_err(PromptsError::file(folder))?;
        let file = Scratch::within(folder);
        let printed = self.run(prompt, passage, &file.0)?;
        let sound = if file.0.exists() { file.read()? } else { printed };
        let advice = "the command must give a WAV file, in {output} or on its standard output";
        wav::decode(&sound).map_err(|what| PromptsError::bad_sound(prompt, format_args!("{what}; {advice}")))
    }

    /// What it printed.
    fn run(&self, prompt: &Prompt, passage: &Passage<'_>, file: &Path) -> Result<Vec<u8>, PromptsError> {
        let voice = espeak_voice(passage.language);
        let fill = |word: &str| word.replace("{voice}", voice).replace("{output}", &file.to_string_lossy());
        let mut words = self.command.split_whitespace().map(fill);
        let program = words.next().ok_or_else(|| PromptsError::NoVoice(prompt.language.clone()))?;
        let failed = |status: String, said: String| PromptsError::SynthesisFailed {
            program: program.clone(),
            language: prompt.language.clone(),
            name: prompt.name.clone(),
            status,
            said,
        };
        let mut child = Command::new(&program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => no_synthesiser(&program, prompt),
                _ => failed("not started".to_owned(), error.to_string()),
            })?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its text tells why by its exit status.
            let _unread = stdin.write_all(&self.encoding.of(passage.text));
        }
        let (printed, complained) =
            (listen(child.stdout.take(), MAX_OUTPUT), listen(child.stderr.take(), MAX_COMPLAINT));
        let status = ended_within(&mut child, self.within)
            .map_err(|error| failed("lost".to_owned(), error.to_string()))?;
        let all = |heard: &mpsc::Receiver<Vec<u8>>| heard.recv_timeout(LAST_WORDS).unwrap_or_default();
        match status {
            Some(status) if status.success() => Ok(all(&printed)),
            Some(status) => Err(failed(status.to_string(), last_line(&all(&complained)))),
            None => {
                let status = format!("not done within {:.1} s", self.within.as_secs_f64());
                Err(failed(status, "it was stopped".to_owned()))
            }
        }
    }
}

/// What comes out of a pipe, up to `most` bytes. A thread of its own reads it: a program of the program's may hold the other end for
/// ever.
fn listen(pipe: Option<impl Read + Send + 'static>, most: u64) -> mpsc::Receiver<Vec<u8>> {
    let (told, heard) = mpsc::channel();
    if let Some(pipe) = pipe {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _rest_is_lost = pipe.take(most).read_to_end(&mut bytes);
            let _nobody_waits = told.send(bytes);
        });
    }
    heard
}

/// How it ended; `None`: it took too long and was killed, with its own children: its group bears its number until it is waited for.
fn ended_within(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let mut waited = Duration::ZERO;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if waited >= limit {
            let _ended_by_itself = kill_process_group(Pid::from_child(child), Signal::KILL);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
}

impl Encoding {
    fn of(self, text: &str) -> Vec<u8> {
        let text = format!("{}\n", text.trim());
        match self {
            Encoding::Utf8 => text.into_bytes(),
            Encoding::Latin1 => text.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        }
    }
}

/// Most voices of espeak-ng are called like their language.
fn espeak_voice(language: &str) -> &str {
    if language == "en" { "en-gb" } else { language }
}

const ANOTHER: &str = "name another with --command, for bulletins by [voice] in engine.toml";

fn no_synthesiser(program: &str, prompt: &Prompt) -> PromptsError {
    let hint = match program {
        "espeak-ng" => format!("install it (Debian: apt install espeak-ng), or {ANOTHER}"),
        _ => format!("install it, or {ANOTHER}"),
    };
    PromptsError::NoSynthesiser {
        program: program.to_owned(),
        language: prompt.language.clone(),
        name: prompt.name.clone(),
        hint,
    }
}

fn last_line(said: &[u8]) -> String {
    String::from_utf8_lossy(said)
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("no message")
        .to_owned()
}

/// The file a synthesiser writes to. It lies in our own folder: one that others can write to could be prepared by them.
struct Scratch(PathBuf);

impl Scratch {
    fn within(folder: &Path) -> Scratch {
        let path = folder.join(".spoken.wav");
        let _absent = fs::remove_file(&path);
        Scratch(path)
    }

    fn read(&self) -> Result<Vec<u8>, PromptsError> {
        let mut bytes = Vec::new();
        let file = fs::File::open(&self.0).map_err(PromptsError::file(&self.0))?;
        file.take(MAX_OUTPUT).read_to_end(&mut bytes).map_err(PromptsError::file(&self.0))?;
        Ok(bytes)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _absent = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_written_as_the_synthesiser_reads_it() {
        assert_eq!(Encoding::Utf8.of(" È così: 5 € "), "È così: 5 €\n".as_bytes());
        assert_eq!(Encoding::Latin1.of("È così: 5 €"), b"\xc8 cos\xec: 5 \n");
    }

    #[test]
    fn synthesiser_that_takes_too_long_is_killed_with_its_children() {
        let mut child = Command::new("sh")
            .args(["-c", "sleep 600 & sleep 600"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let mut held_by_all = child.stdout.take().expect("its output");
        assert!(ended_within(&mut child, Duration::ZERO).expect("it is there").is_none());
        let mut said = Vec::new();
        held_by_all.read_to_end(&mut said).expect("an end, once nobody holds the other side");
        assert!(said.is_empty());
    }
}
