//! `centralino prompts build`: the recordings, from the texts.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::io::prompts::{self, Builder, Built, Encoding, Prompt, PromptsError, Voice};

/// Arguments of `prompts`.
#[derive(Debug, clap::Args)]
pub(super) struct PromptsArgs {
    #[command(subcommand)]
    command: PromptsCommand,
}

#[derive(Debug, clap::Subcommand)]
enum PromptsCommand {
    /// Make the recordings whose text is new or has changed; studio recordings are left alone.
    ///
    /// Examples:
    ///   centralino prompts build
    ///   centralino prompts build --language it --force
    ///   centralino prompts build --language it --encoding latin1 --command "text2wave -eval (voice_lp_diphone)"
    #[command(verbatim_doc_comment)]
    Build(BuildArgs),
}

#[derive(Debug, clap::Args)]
struct BuildArgs {
    /// The tree of recordings.
    #[arg(long, value_name = "DIR", default_value = "sounds")]
    sounds: PathBuf,
    /// The configuration; the flows whose texts are spoken lie beside it, in `ivr-flows`.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// Only this language.
    #[arg(long)]
    language: Option<String>,
    /// Speech synthesiser: reads the text on standard input, writes a WAV to `{output}` or else to standard output;
    /// `{voice}` stands for the language's voice. Split at spaces, not run by a shell. [default: espeak-ng]
    #[arg(long)]
    command: Option<String>,
    /// How that command reads its text.
    #[arg(long, value_enum, default_value_t, requires = "command")]
    encoding: Encoding,
    /// Speak unchanged texts again, as after a change of voice.
    #[arg(long)]
    force: bool,
}

impl PromptsArgs {
    /// Where the configuration and the recordings are.
    pub(super) fn places(&self) -> (&Path, &Path) {
        let PromptsCommand::Build(args) = &self.command;
        (&args.config, &args.sounds)
    }
}

/// Runs it, with the texts of the flows beside our own.
pub(super) fn run(args: PromptsArgs, flow_prompts: impl IntoIterator<Item = Prompt>) -> Result<(), Failure> {
    let PromptsCommand::Build(args) = args.command;
    let summary = build(args, flow_prompts.into_iter()).map_err(Failure::other)?;
    super::out::line(&summary)
}

fn build(args: BuildArgs, flow_prompts: impl Iterator<Item = Prompt>) -> Result<String, PromptsError> {
    let encoding = args.encoding;
    let voice = args.command.map(|command| Voice { command, encoding });
    let builder = Builder { sounds: args.sounds, voice, force: args.force };
    let wanted = |prompt: &Prompt| args.language.as_ref().is_none_or(|language| *language == prompt.language);
    let mut count = Count::default();
    let mut progress = Progress::new();
    builder.build(
        prompts::own_prompts().chain(flow_prompts).filter(wanted),
        |done, all, prompt, built| {
            count.add(built);
            progress.show(done, all, prompt);
        },
    )?;
    count.add(builder.build_music()?);
    progress.clear();
    Ok(count.summary())
}

#[derive(Default)]
struct Count {
    new: usize,
    unchanged: usize,
    studio: usize,
}

impl Count {
    fn add(&mut self, built: Built) {
        match built {
            Built::New => self.new += 1,
            Built::Unchanged => self.unchanged += 1,
            Built::Studio => self.studio += 1,
        }
    }

    fn summary(&self) -> String {
        format!(
            "{} made, {} unchanged, {} studio recordings left alone",
            self.new, self.unchanged, self.studio
        )
    }
}

/// One line on a terminal that shows how far it is; nothing in a file or a pipe.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new() -> Progress {
        Progress { shown: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: usize, all: usize, prompt: &Prompt) {
        self.line(&format!("{done}/{all} {}/{}", prompt.language, prompt.name));
    }

    fn clear(&mut self) {
        self.line("");
    }

    fn line(&self, text: &str) {
        if self.shown {
            // A terminal that is gone must not stop the build.
            let _gone = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}
