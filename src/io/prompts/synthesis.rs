//! A text becomes sound: by running a speech synthesiser of the administrator's choice.
//!
//! The command is split at spaces and run directly, never through a shell. The text goes to its standard input; the sound
//! comes in a file, where the command says `{output}`, or else on its standard output, as a WAV of any rate.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::passage::Passage;
use super::wav::{self, Spoken};
use super::{Prompt, PromptsError};

/// A command that speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Program and arguments; `{voice}` stands for the language's voice, `{output}` for the file to write.
    pub command: String,
    /// How it reads its text.
    pub encoding: Encoding,
}

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
        let command = "espeak-ng -v {voice} -s 165 --stdin -w {output}".to_owned();
        Voice { command, encoding: Encoding::Utf8 }
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
        let output = self.run(prompt, passage, &file.0)?;
        let sound = if file.0.exists() {
            fs::read(&file.0).map_err(PromptsError::file(&file.0))?
        } else {
            output.stdout
        };
        let advice = "the command must give a WAV file, in {output} or on its standard output";
        wav::decode(&sound).map_err(|what| PromptsError::bad_sound(prompt, format_args!("{what}; {advice}")))
    }

    fn run(&self, prompt: &Prompt, passage: &Passage<'_>, file: &Path) -> Result<Output, PromptsError> {
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
            .spawn()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => no_synthesiser(&program, prompt),
                _ => failed("not started".to_owned(), error.to_string()),
            })?;
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read its text tells why by its exit status.
            let _unread = stdin.write_all(&self.encoding.of(passage.text));
        }
        let output =
            child.wait_with_output().map_err(|error| failed("lost".to_owned(), error.to_string()))?;
        if output.status.success() {
            return Ok(output);
        }
        Err(failed(output.status.to_string(), last_line(&output.stderr)))
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

fn no_synthesiser(program: &str, prompt: &Prompt) -> PromptsError {
    let hint = match program {
        "espeak-ng" => "install it (Debian: apt install espeak-ng) or name another with --command".to_owned(),
        _ => "install it, or name another with --command".to_owned(),
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
}
