//! `centralino prompts`: the recordings, from texts and from a studio.

mod making;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::making::{BuildArgs, ImportArgs, LevelArgs};
use super::failure::Failure;
use super::out::{self, Format, numbers, prose, words};
use crate::hint::Hint;
use crate::io::prompts::{self, Coverage, Prompt, Standing, State};

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
    ///   centralino prompts build --draft bozza.yaml
    ///   centralino prompts build --language it --force
    ///   centralino prompts build --language it --encoding latin1 --command "text2wave -eval (voice_lp_diphone)"
    #[command(verbatim_doc_comment)]
    Build(BuildArgs),
    /// How far every language is: recordings wanted, from a studio, synthesised, with an older text, missing.
    ///
    /// Examples:
    ///   centralino prompts list
    ///   centralino prompts list --each --language it
    #[command(verbatim_doc_comment)]
    List(ListArgs),
    /// The recordings that nobody can hear yet. Exits with 1 when there are some.
    ///
    /// Examples:
    ///   centralino prompts missing --language en
    #[command(verbatim_doc_comment)]
    Missing(MissingArgs),
    /// Bring in what a studio recorded: converted, trimmed, at the level of speech, and never synthesised again.
    ///
    /// Examples:
    ///   centralino prompts import benvenuto.wav --language it
    ///   centralino prompts import take-7.wav --language it --name benvenuto
    ///   centralino prompts import studio/ --language it
    #[command(verbatim_doc_comment)]
    Import(ImportArgs),
    /// Bring all recordings to one active speech level, -26 dBov (ITU-T P.56), where they are off by more than 0.5 dB.
    ///
    /// Examples:
    ///   centralino prompts level --dry-run
    ///   centralino prompts level --language it
    #[command(verbatim_doc_comment)]
    Level(LevelArgs),
}

/// Where recordings and texts are.
#[derive(Debug, clap::Args)]
struct Places {
    /// The tree of recordings.
    #[arg(long, value_name = "DIR", default_value = "sounds")]
    sounds: PathBuf,
    /// The configuration; the flows whose texts are spoken lie beside it, in `ivr-flows`.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The data directory of the exchange, if there is one: what is published there is spoken in the place of its file.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

/// Where the texts of flows are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texts<'a> {
    /// The configuration that they lie beside.
    pub(super) config: &'a Path,
    /// The tree of recordings.
    pub(super) sounds: &'a Path,
    /// The data directory, whose published flows count in the place of their files.
    pub(super) data: &'a Path,
    /// Flows that count before both.
    pub(super) drafts: &'a [PathBuf],
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    places: Places,
    /// Only this language.
    #[arg(long)]
    language: Option<String>,
    /// A row for each recording.
    #[arg(long)]
    each: bool,
    /// A table, or one JSON object a line.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, clap::Args)]
struct MissingArgs {
    #[command(flatten)]
    places: Places,
    /// Only this language.
    #[arg(long)]
    language: Option<String>,
    /// A table, or one JSON object a line.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl PromptsCommand {
    /// The language that it is about, if it is about one.
    fn language(&self) -> Option<&str> {
        match self {
            PromptsCommand::Build(args) => args.language.as_deref(),
            PromptsCommand::List(args) => args.language.as_deref(),
            PromptsCommand::Missing(args) => args.language.as_deref(),
            PromptsCommand::Import(args) => Some(&args.language),
            PromptsCommand::Level(args) => args.language.as_deref(),
        }
    }
}

impl PromptsCommand {
    /// A language in which nothing is said is a slip, or has still to be begun. What somebody recorded may be brought in and levelled
    /// all the same: music has a folder like a language.
    fn check_language(&self, wanted: &[Prompt]) -> Result<(), Failure> {
        let says_what_is_wanted =
            matches!(self, PromptsCommand::Build(_) | PromptsCommand::List(_) | PromptsCommand::Missing(_));
        match self.language().filter(|_| says_what_is_wanted) {
            Some(language) if !wanted.iter().any(|prompt| prompt.language == language) => {
                let known: BTreeSet<&str> = wanted.iter().map(|prompt| prompt.language.as_str()).collect();
                let hint = Hint::nearest(language, known.iter().copied());
                let known = known.into_iter().collect::<Vec<_>>().join(", ");
                Err(Failure::misuse(format_args!(
                    "nothing is said in `{language}` ({known} are spoken){hint}; a new language begins with \
                     sounds/{language}/grammar.toml, a copy of the nearest one (docs/grammar.md), or with texts in it in a flow"
                )))
            }
            _ => Ok(()),
        }
    }

    /// A wrong directory must not look like one from which everything is missing. What makes recordings makes it.
    fn check_directory(&self) -> Result<(), Failure> {
        let sounds = match self {
            PromptsCommand::List(args) => &args.places.sounds,
            PromptsCommand::Missing(args) => &args.places.sounds,
            PromptsCommand::Level(args) => &args.places.sounds,
            PromptsCommand::Build(_) | PromptsCommand::Import(_) => return Ok(()),
        };
        if !sounds.is_dir() {
            return Err(Failure::misuse(format_args!(
                "there is no directory {}; give --sounds the tree of recordings",
                sounds.display()
            )));
        }
        Ok(())
    }
}

impl PromptsArgs {
    /// Whose texts are spoken.
    pub(super) fn texts(&self) -> Texts<'_> {
        let places = match &self.command {
            PromptsCommand::Build(args) => &args.places,
            PromptsCommand::List(args) => &args.places,
            PromptsCommand::Missing(args) => &args.places,
            PromptsCommand::Import(args) => &args.places,
            PromptsCommand::Level(args) => &args.places,
        };
        let drafts = match &self.command {
            PromptsCommand::Build(args) => &args.drafts[..],
            _ => &[],
        };
        Texts { config: &places.config, sounds: &places.sounds, data: &places.data, drafts }
    }
}

/// Runs it, with the texts of the flows beside our own.
pub(super) fn run(args: PromptsArgs, flow_prompts: impl IntoIterator<Item = Prompt>) -> Result<(), Failure> {
    let flow_prompts: Vec<Prompt> = flow_prompts.into_iter().collect();
    args.command.check_directory()?;
    // What flows speak, what operators hear, and what is asked for by name.
    let flow_languages = flow_prompts.iter().map(|prompt| prompt.language.as_str());
    let languages: BTreeSet<&str> = flow_languages.chain(["it"]).chain(args.command.language()).collect();
    let own: Vec<Prompt> = prompts::own_prompts(languages).collect();
    let wanted: Vec<Prompt> = own.into_iter().chain(flow_prompts).collect();
    args.command.check_language(&wanted)?;
    let wanted = wanted.into_iter();
    match args.command {
        PromptsCommand::Build(args) => making::build(args, wanted),
        PromptsCommand::List(args) => list(&args, wanted),
        PromptsCommand::Missing(args) => missing(&args, wanted),
        PromptsCommand::Import(args) => making::import(&args, wanted),
        PromptsCommand::Level(args) => making::level(&args, wanted),
    }
}

/// Of this language, or of all.
fn is_of(language: Option<&str>) -> impl Fn(&Prompt) -> bool {
    move |prompt| language.is_none_or(|language| language == prompt.language)
}

fn list(args: &ListArgs, wanted: impl Iterator<Item = Prompt>) -> Result<(), Failure> {
    let wanted = wanted.filter(is_of(args.language.as_deref()));
    let standings = prompts::survey(&args.places.sounds, wanted).map_err(Failure::other)?;
    if args.each {
        return each(&standings, args.format, "no prompts");
    }
    let coverage = prompts::coverage(&standings);
    if args.format == Format::Json {
        return coverage.iter().try_for_each(out::json);
    }
    let columns = [
        words("language"),
        numbers("wanted"),
        numbers("studio"),
        numbers("synthesised"),
        numbers("older text"),
        numbers("missing"),
    ];
    let to_do: Vec<String> = coverage.iter().filter_map(to_do).collect();
    let rows = coverage.into_iter().map(|row| {
        let counts = [row.wanted, row.studio, row.synthesised, row.outdated, row.missing];
        std::iter::once(row.language).chain(counts.map(|count| count.to_string())).collect()
    });
    out::table(&columns, rows, "no prompts")?;
    to_do.iter().try_for_each(|line| out::line(line))
}

/// What makes a language complete.
fn to_do(row: &Coverage) -> Option<String> {
    let Coverage { language, missing, outdated, .. } = row;
    let what = match (missing, outdated) {
        (0, 0) => return None,
        (0, outdated) => format!("{outdated} say an older text"),
        (missing, 0) => format!("{missing} are missing"),
        (missing, outdated) => format!("{missing} are missing and {outdated} say an older text"),
    };
    Some(format!(
        "{language}: {what}; `prompts build --language {language}` has them spoken, `prompts import DIR --language {language}` \
         takes them from a studio, `prompts missing --language {language}` lists their texts"
    ))
}

fn missing(args: &MissingArgs, wanted: impl Iterator<Item = Prompt>) -> Result<(), Failure> {
    let wanted = wanted.filter(is_of(args.language.as_deref()));
    let mut standings = prompts::survey(&args.places.sounds, wanted).map_err(Failure::other)?;
    standings.retain(|standing| standing.state == State::Missing);
    each(&standings, args.format, "nothing is missing")?;
    if standings.is_empty() {
        return Ok(());
    }
    eprintln!("{} missing; record them and use `prompts import`, or run `prompts build`", standings.len());
    Err(Failure::found())
}

fn each(standings: &[Standing], format: Format, nothing: &str) -> Result<(), Failure> {
    if format == Format::Json {
        return standings.iter().try_for_each(out::json);
    }
    let columns = [words("language"), words("name"), words("sound").spare(1), prose("text")];
    let row = |standing: &Standing| {
        let Standing { prompt, state } = standing;
        vec![prompt.language.clone(), prompt.name.clone(), out::word(state), prompt.text.clone()]
    };
    out::table(&columns, standings.iter().map(row), nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_that_is_not_complete_says_what_is_left_to_do() {
        let row = |missing, outdated| Coverage {
            language: "es".to_owned(),
            missing,
            outdated,
            ..Coverage::default()
        };
        assert_eq!(to_do(&row(0, 0)), None);
        for (missing, outdated, expected) in [
            (274, 0, "es: 274 are missing; `prompts build --language es` has them spoken"),
            (0, 3, "es: 3 say an older text;"),
            (2, 3, "es: 2 are missing and 3 say an older text;"),
        ] {
            let told = to_do(&row(missing, outdated)).expect("something is left");
            assert!(told.starts_with(expected), "{told}");
        }
    }
}
