//! `centralino flow`: what a supervisor does with flow files before a citizen meets them.

mod check;
mod draw;
mod fmt;
mod hear;
mod heat;
mod past;
mod rehearse;
mod replay;
mod test;
mod versions;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::{out, prompts};
use crate::flow::hours::Calendars;
use crate::flow::{Checked, Environment, Flow, FlowError, Tongue};
use crate::hint::Hint;
use crate::ids::Language;
use crate::io::prompts::Prompt;
use crate::io::setup::{Places, environment};
use crate::io::versions::{Published, Text, Versions};
use crate::io::{config, media};
use crate::media::library::SoundLibrary;

/// Largest file that is read; what a flow may be is less.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Arguments of `flow`.
#[derive(Debug, clap::Args)]
pub(super) struct FlowArgs {
    #[command(subcommand)]
    command: FlowCommand,
}

#[derive(Debug, clap::Subcommand)]
enum FlowCommand {
    /// Check flow files: every fault with file, line, column and remedy, then what people would stumble over.
    ///
    /// Exits with 0 when there is no fault, with 1 otherwise; with `--strict` warnings count as faults.
    ///
    /// Examples:
    ///   centralino flow check ivr-flows/055055.yaml
    ///   centralino flow check ivr-flows/*.yaml --strict --lang it
    #[command(verbatim_doc_comment)]
    Check {
        #[command(flatten)]
        files: Files,
        /// Warnings are faults.
        #[arg(long)]
        strict: bool,
    },
    /// Run the tests in flow files, and tell what no test passes. Exits with 0 when all pass, with 1 otherwise.
    ///
    /// Examples:
    ///   centralino flow test ivr-flows/055055.yaml
    ///   centralino flow test ivr-flows/*.yaml --format json
    #[command(verbatim_doc_comment)]
    Test {
        #[command(flatten)]
        files: Files,
        /// How the results are printed.
        #[arg(long, value_enum, default_value_t)]
        format: out::Format,
        /// Nodes and exits that no test passes are faults.
        #[arg(long)]
        strict: bool,
    },
    /// Spoil a flow in one place after another, and tell which changes no test of the file notices. Exits with 1 when there are any.
    ///
    /// Example:
    ///   centralino flow mutate ivr-flows/055055.yaml
    #[command(verbatim_doc_comment)]
    Mutate {
        #[command(flatten)]
        files: Files,
    },
    /// Draw a flow: as Mermaid for documents, as SVG for people.
    ///
    /// Examples:
    ///   centralino flow graph ivr-flows/055055.yaml > 055055.mmd
    ///   centralino flow graph ivr-flows/055055.yaml --as svg > 055055.svg
    #[command(verbatim_doc_comment)]
    Graph {
        #[command(flatten)]
        files: Files,
        /// The form of the drawing.
        #[arg(long = "as", value_enum, default_value_t)]
        form: draw::Form,
    },
    /// Tell a flow as indented sentences.
    Explain {
        #[command(flatten)]
        files: Files,
    },
    /// Go through a flow in the terminal: type keys, see nodes and variables, read what is said, and hear it with `--hear`.
    ///
    /// Type keys and Enter; Enter alone is a silence, `q` hangs up. Where the world decides, the exits are offered by name. Keys stop
    /// what plays where the flow lets them.
    ///
    /// Examples:
    ///   centralino flow run ivr-flows/055055.yaml --at 2026-11-24T10:00
    ///   centralino flow run ivr-flows/055055.yaml --hear
    ///   printf '1\n' | centralino flow run ivr-flows/055055.yaml --hear=chiamata.wav
    #[command(verbatim_doc_comment)]
    Run {
        #[command(flatten)]
        files: Files,
        #[command(flatten)]
        call: rehearse::Call,
    },
    #[command(flatten)]
    Versions(versions::VersionCommand),
    /// Tell where citizens went in a flow, where they stayed and where they hung up: figures for each node over a time.
    ///
    /// Examples:
    ///   centralino flow heat 055055 --from yesterday --to yesterday
    ///   centralino flow heat 055055 --from 7d --svg calore.svg
    #[command(verbatim_doc_comment)]
    Heat(heat::HeatArgs),
    /// Lead the calls of a past time through a draft: how many would have gone another way, come to another queue, been served without
    /// an operator, or not known what to press; with examples.
    ///
    /// Examples:
    ///   centralino flow replay --from yesterday --draft bozza.yaml
    ///   centralino flow replay --from 2026-11-16 --to 2026-11-20 --draft bozza.yaml --format json
    #[command(verbatim_doc_comment)]
    Replay(replay::ReplayArgs),
    /// Print the JSON Schema of flow files, for editors that complete and check.
    Schema,
    /// Lay flow files out as they are usually written: steps of two blanks, one empty line at most. Comments, the order of keys and
    /// what the file says stay.
    ///
    /// A file that is no YAML is left as it is and told. `-` reads standard input and prints what is laid out.
    ///
    /// Examples:
    ///   centralino flow fmt ivr-flows/*.yaml
    ///   centralino flow fmt --check ivr-flows/*.yaml
    ///   centralino flow fmt - < bozza.yaml
    #[command(verbatim_doc_comment)]
    Fmt {
        /// The files; `-` is standard input.
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// Change nothing; exit with 1 when a file is laid out otherwise.
        #[arg(long)]
        check: bool,
        /// The language in which faults are told.
        #[arg(long, value_enum, default_value_t)]
        lang: Lang,
    },
}

/// The files, and what they refer to.
#[derive(Debug, clap::Args)]
struct Files {
    /// The files.
    #[arg(required = true, value_name = "FILES")]
    files: Vec<PathBuf>,
    /// The configuration whose queues, bodies, topics and schedules they name; `sounds` lies beside it.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The language in which faults are told.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
}

/// The language in which faults are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Lang {
    #[default]
    En,
    It,
}

impl Lang {
    fn tongue(self) -> Tongue {
        match self {
            Lang::En => Tongue::English,
            Lang::It => Tongue::Italian,
        }
    }
}

/// Runs it.
pub(super) fn run(args: &FlowArgs) -> Result<(), Failure> {
    match &args.command {
        FlowCommand::Check { files, strict } => check::run(files, *strict),
        FlowCommand::Test { files, format, strict } => test::run(files, *format, *strict),
        FlowCommand::Mutate { files } => test::mutate(files),
        FlowCommand::Graph { files, form } => draw::graph(files, *form),
        FlowCommand::Explain { files } => draw::explain(files),
        FlowCommand::Run { files, call } => rehearse::run(files, call),
        FlowCommand::Versions(command) => versions::run(command),
        FlowCommand::Heat(args) => heat::run(args),
        FlowCommand::Replay(args) => replay::run(args),
        FlowCommand::Schema => out::line(&crate::flow::schema()),
        FlowCommand::Fmt { files, check, lang } => fmt::run(files, *check, *lang),
    }
}

pub(super) fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// What flows refer to.
struct World {
    environment: Environment,
    calendars: Calendars,
    sounds: SoundLibrary,
}

impl World {
    fn load(dir: &Path) -> Result<World, Failure> {
        let lines = |faults: Vec<String>| Failure::faults(faults);
        let config = config::load(dir).map_err(|faults| lines(texts(&faults)))?;
        let places = Places::beside(dir);
        crate::io::grammars::install(&places.sounds).map_err(lines)?;
        let sounds = media::load_sounds(&places.sounds).map_err(|faults| lines(texts(&faults)))?;
        let mut environment = environment(&config, &sounds);
        environment.subflows =
            crate::io::setup::subflows(&places.flows).map_err(|fault| lines(vec![fault]))?;
        Ok(World { environment, calendars: config.calendars, sounds })
    }

    /// The flow of a file, or all that is wrong with it.
    fn parse(&self, file: &Path) -> Result<Result<Checked, Vec<FlowError>>, Failure> {
        let text = read(file)?;
        Ok(Flow::check(&text, &file.display().to_string(), &self.environment))
    }

    /// The flow of a file that has to be without faults.
    fn flow(&self, file: &Path, lang: Lang) -> Result<Arc<Flow>, Failure> {
        let told = |errors: Vec<FlowError>| errors.iter().map(|error| error.said(lang.tongue())).collect();
        let checked = self.parse(file)?.map_err(|errors| Failure::found_lines(told(errors)))?;
        Ok(Arc::new(checked.flow))
    }

    /// Sounds that the flow needs and that are not there yet: `serve` would not start.
    fn missing_sounds(&self, file: &Path, flow: &Flow) -> Vec<FlowError> {
        flow.unrecorded(&file.display().to_string(), |sound| self.sounds.find(sound).is_some())
    }
}

/// The text of a flow's file.
pub(super) fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        Failure::misuse(format_args!(
            "{} cannot be read ({why}); give the path of a flow file",
            file.display()
        ))
    };
    let lost = |error: io::Error| unreadable(error.to_string());
    let mut text = String::new();
    // What a length says holds for files on a disk alone: a device has none, and no end.
    File::open(file).map_err(lost)?.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(lost)?;
    let is_whole = u64::try_from(text.len()).is_ok_and(|length| length <= MAX_BYTES);
    if is_whole { Ok(text) } else { Err(unreadable("larger than 4 MB".to_owned())) }
}

fn texts(faults: &[impl std::fmt::Display]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// What is wrong with the flows beside the configuration, also with those that no number leads to yet.
pub(super) fn faults(config: &Path) -> Result<Vec<String>, Failure> {
    let (world, flows) = (World::load(config)?, Places::beside(config).flows);
    let mut faults = Vec::new();
    for file in flow_files(&flows)?.into_iter().chain(flow_files(&flows.join("sub"))?) {
        faults.extend(world.parse(&file)?.err().iter().flat_map(|found| texts(found)));
    }
    Ok(faults)
}

/// The texts of every flow that counts, as recordings to be made. Sounds need not be there yet: they are what is to be made.
pub(super) fn prompts(of: prompts::Texts<'_>) -> Result<Vec<Prompt>, Failure> {
    let parsed = config::load(of.config).map_err(|faults| Failure::faults(texts(&faults)))?;
    crate::io::grammars::install(of.sounds).map_err(Failure::faults)?;
    // A sound that cannot be read is about to be made anew.
    let sounds = media::load_sounds(of.sounds).unwrap_or_default();
    let counting = counting(&Places::beside(of.config).flows, of.data)?;
    let mut environment = environment(&parsed, &sounds);
    let subflows = counting.iter().filter(|(flow, _)| flow.contains('@'));
    environment.subflows = subflows.map(|(flow, text)| (flow.clone(), text.text.clone())).collect();
    let (mut spoken, mut faults) = (BTreeMap::new(), Vec::new());
    let drafts =
        of.drafts.iter().map(|file| Ok(Text { file: file.display().to_string(), text: read(file)? }));
    let drafts = drafts.collect::<Result<Vec<Text>, Failure>>()?;
    for Text { file, text } in counting.into_values().chain(drafts) {
        match Flow::check(&text, &file, &environment) {
            Ok(checked) => drop(spoken.insert(checked.flow.stem(), checked.flow)),
            Err(found) => faults.extend(texts(&found)),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::faults(faults));
    }
    let prompt = |(language, name, text): (&Language, &str, &str)| Prompt::new(language.as_str(), name, text);
    Ok(spoken.values().flat_map(|flow| flow.prompt_texts().map(prompt)).collect())
}

/// The text of every flow that counts, by its name: what is published in the place of the file.
fn counting(flows: &Path, data: &Path) -> Result<Published, Failure> {
    let mut counting = Published::new();
    for file in flow_files(flows)?.into_iter().chain(flow_files(&flows.join("sub"))?) {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        counting.insert(name, Text { file: file.display().to_string(), text: read(&file)? });
    }
    counting.extend(Versions::of(data).in_force().map_err(Failure::found_lines)?);
    Ok(counting)
}

/// That there is no such flow, if so: neither published nor as a file beside the configuration.
fn no_such_flow(config: &Path, versions: &Versions, flow: &str) -> Option<Failure> {
    let places = Places::beside(config);
    let mut known: Vec<String> = versions.flows().ok()?.iter().map(ToString::to_string).collect();
    if places.flow(flow).is_file() || known.iter().any(|name| name == flow) {
        return None;
    }
    let files = [flow_files(&places.flows).ok()?, flow_files(&places.flows.join("sub")).ok()?].concat();
    known.extend(files.iter().filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned())));
    let hint = Hint::nearest(flow, known.iter().map(String::as_str));
    Some(Failure::misuse(format_args!(
        "there is no flow {flow}: none of that name was published, and {} is not there{hint}",
        places.flow(flow).display()
    )))
}

/// The flows of a directory, in order of their names; none when it is not there.
fn flow_files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries
            .map_err(|error| Failure::misuse(format_args!("{} cannot be read ({error})", dir.display())))?,
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|kind| kind == "yaml")).collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn every_prompt_of_the_shipped_flows_is_to_be_made() {
        let data = tempfile::tempdir().expect("a directory");
        let (config, sounds) = (repository("config"), repository("sounds"));
        let texts = |drafts| {
            super::prompts(prompts::Texts { config: &config, sounds: &sounds, data: data.path(), drafts })
        };
        let prompts = texts(&[]).expect("the shipped flows");
        assert!(prompts.iter().any(|prompt| prompt.language == "it" && prompt.name == "benvenuto"));
    }

    #[test]
    fn draft_is_spoken_in_the_place_of_the_flow_of_its_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let draft = dir.path().join("bozza.yaml");
        let text = std::fs::read_to_string(repository("ivr-flows/055055.yaml")).expect("it can be read");
        std::fs::write(&draft, text.replacen("Scelta non valida.", "Non ho capito.", 1)).expect("room");
        let (config, sounds, drafts) = (repository("config"), repository("sounds"), [draft]);
        let of = prompts::Texts { config: &config, sounds: &sounds, data: dir.path(), drafts: &drafts };
        let spoken = super::prompts(of).expect("a draft without fault");
        let menu: Vec<&str> = spoken
            .iter()
            .filter(|prompt| prompt.text.contains("Non ho capito."))
            .map(|prompt| prompt.name.as_str())
            .collect();
        assert_eq!(menu, ["non_valido"]);
    }

    #[test]
    fn flow_that_is_not_there_is_told_with_the_nearest_name() {
        let dir = tempfile::tempdir().expect("a directory");
        let (config, versions) = (repository("config"), Versions::of(dir.path()));
        for known in ["055055", "richiamata@1"] {
            assert_eq!(no_such_flow(&config, &versions, known), None);
        }
        let told = format!("{:?}", no_such_flow(&config, &versions, "55055").expect("a slip"));
        assert!(told.contains("there is no flow 55055") && told.contains("did you mean `055055`?"), "{told}");
    }

    #[test]
    fn file_that_is_not_there_or_has_no_end_is_wrong_use() {
        for file in ["/nowhere.yaml", "/dev/zero"] {
            assert_eq!(read(Path::new(file)).map_err(|failure| failure.code()), Err(2), "{file}");
        }
    }
}
