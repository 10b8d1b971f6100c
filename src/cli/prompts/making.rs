//! The commands that write recordings, with their progress on a terminal.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::super::out;
use super::{Places, is_of};
use crate::io::prompts::{
    self, Builder, Built, Encoding, Levelled, Leveller, PATIENCE, Prompt, PromptsError, Voice,
};

#[derive(Debug, clap::Args)]
pub(super) struct BuildArgs {
    #[command(flatten)]
    pub(super) places: Places,
    /// Only this language.
    #[arg(long)]
    pub(super) language: Option<String>,
    /// Speech synthesiser: reads the text on standard input, writes a WAV to `{output}` or else to standard output;
    /// `{voice}` stands for the language's voice. Split at spaces, not run by a shell. [default: espeak-ng]
    #[arg(long)]
    command: Option<String>,
    /// How that command reads its text.
    #[arg(long, value_enum, default_value_t, requires = "command")]
    encoding: Encoding,
    /// A flow that is about to be published: its texts are spoken, not those of the flow whose place it takes.
    #[arg(long = "draft", value_name = "FILE")]
    pub(super) drafts: Vec<PathBuf>,
    /// Speak unchanged texts again, as after a change of voice.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    #[command(flatten)]
    pub(super) places: Places,
    /// A WAV file, or a folder of them whose names are the names of the recordings.
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
    /// The language spoken.
    #[arg(long)]
    pub(super) language: String,
    /// Name of the recording, such as `benvenuto` or `pezzi/21`. [default: the file's]
    #[arg(long)]
    name: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct LevelArgs {
    #[command(flatten)]
    pub(super) places: Places,
    /// Only this language.
    #[arg(long)]
    pub(super) language: Option<String>,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn build(args: BuildArgs, wanted: impl Iterator<Item = Prompt>) -> Result<(), Failure> {
    let encoding = args.encoding;
    let voice = args.command.map(|command| Voice { command, encoding, within: PATIENCE });
    let builder = Builder { sounds: args.places.sounds, voice, force: args.force };
    let (mut new, mut unchanged, mut studio) = (0, 0, 0);
    let mut count = |built: Built| match built {
        Built::New => new += 1,
        Built::Unchanged => unchanged += 1,
        Built::Studio => studio += 1,
    };
    let mut progress = Progress::new();
    let built = builder.build(wanted.filter(is_of(args.language.as_deref())), |done, all, prompt, built| {
        count(built);
        progress.show(done, all, &format!("{}/{}", prompt.language, prompt.name));
    });
    progress.clear();
    built.and_then(|()| builder.build_music()).map(&mut count).map_err(Failure::other)?;
    out::line(&format!("{new} made, {unchanged} unchanged, {studio} studio recordings left alone"))
}

pub(super) fn import(args: &ImportArgs, wanted: impl Iterator<Item = Prompt>) -> Result<(), Failure> {
    let files = files(args)?;
    let wanted: Vec<Prompt> = wanted.filter(is_of(Some(&args.language))).collect();
    let text = |name: &str| wanted.iter().find(|prompt| prompt.name == name).map(|prompt| &*prompt.text);
    let mut failed = 0;
    for (name, file) in &files {
        let told = format!("{}/{name}", args.language);
        match prompts::import(&args.places.sounds, &args.language, name, text(name), file) {
            Ok(done) => {
                let (from, seconds) = (done.from_dbov, done.seconds);
                out::line(&format!("{told}: {seconds:.1} s, from {from:.1} to -26.0 dBov"))?;
                if text(name).is_none() {
                    eprintln!(
                        "{told}: no flow and nothing of the exchange's own has a text of this name yet"
                    );
                }
            }
            Err(error) => {
                failed += 1;
                eprintln!("error: {error}");
            }
        }
    }
    out::line(&format!("{} imported, {failed} failed", files.len() - failed))?;
    if failed == 0 { Ok(()) } else { Err(Failure::found()) }
}

/// The files to import and their names.
fn files(args: &ImportArgs) -> Result<Vec<(String, PathBuf)>, Failure> {
    if !args.from.is_dir() {
        let stem = || args.from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        return Ok(vec![(args.name.clone().unwrap_or_else(stem), args.from.clone())]);
    }
    if args.name.is_some() {
        return Err(Failure::misuse("--name is for one file; the files of a folder give their own"));
    }
    prompts::recordings_below(&args.from).map_err(Failure::other)
}

pub(super) fn level(args: &LevelArgs, wanted: impl Iterator<Item = Prompt>) -> Result<(), Failure> {
    let languages: BTreeSet<String> =
        wanted.filter(is_of(args.language.as_deref())).map(|prompt| prompt.language).collect();
    if let (Some(language), true) = (&args.language, languages.is_empty()) {
        return Err(Failure::misuse(format_args!("nothing is spoken in `{language}`")));
    }
    let (mut levelled, mut right, mut foreign) = (0, 0, Vec::new());
    for language in &languages {
        for (name, done) in
            level_language(&args.places.sounds, language, args.dry_run).map_err(Failure::other)?
        {
            match done {
                Levelled::From(dbov) => {
                    levelled += 1;
                    out::line(&format!("{language}/{name}: from {dbov:.1} to -26.0 dBov"))?;
                }
                Levelled::Right | Levelled::Silent => right += 1,
                Levelled::Foreign => foreign.push(format!("{language}/{name}")),
            }
        }
    }
    let would = if args.dry_run { "to be levelled" } else { "levelled" };
    out::line(&format!("{levelled} {would}, {right} left alone"))?;
    for name in &foreign {
        eprintln!(
            "{name}: not in the telephone's form (mono, 8000 Hz, 16 bits); take it out and `prompts import` it"
        );
    }
    if foreign.is_empty() { Ok(()) } else { Err(Failure::found()) }
}

fn level_language(
    sounds: &Path,
    language: &str,
    dry_run: bool,
) -> Result<Vec<(String, Levelled)>, PromptsError> {
    let mut leveller = Leveller::new(sounds, language, dry_run)?;
    let mut progress = Progress::new();
    let (mut done, names) = (Vec::new(), leveller.names()?);
    for (at, name) in names.iter().enumerate() {
        progress.show(at + 1, names.len(), &format!("{language}/{name}"));
        done.push((name.clone(), leveller.level(name)?));
    }
    progress.clear();
    Ok(done)
}

/// One line on a terminal that shows how far it is; nothing in a file or a pipe.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new() -> Progress {
        Progress { shown: std::io::stderr().is_terminal() }
    }

    fn show(&mut self, done: usize, all: usize, what: &str) {
        self.line(&format!("{done}/{all} {what}"));
    }

    fn clear(&mut self) {
        self.line("");
    }

    fn line(&self, text: &str) {
        if self.shown {
            // A terminal that is gone must not stop the work.
            let _gone = write!(std::io::stderr(), "\r\x1b[K{text}");
        }
    }
}
