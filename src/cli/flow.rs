//! `centralino flow check`: every fault of flow files, before a citizen meets it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::failure::Failure;
use super::out;
use crate::flow::{Environment, Flow};
use crate::io::prompts::Prompt;
use crate::io::setup::{Places, environment};
use crate::io::{config, media};
use crate::media::library::SoundLibrary;

/// Largest file that is read; a flow may be a quarter of it.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Arguments of `flow`.
#[derive(Debug, clap::Args)]
pub(super) struct FlowArgs {
    #[command(subcommand)]
    command: FlowCommand,
}

#[derive(Debug, clap::Subcommand)]
enum FlowCommand {
    /// Check flow files: every fault with file, line, column and remedy. Exits with 0 when there is none, with 1 otherwise.
    ///
    /// Examples:
    ///   centralino flow check ivr-flows/055055.yaml
    ///   centralino flow check ivr-flows/*.yaml --config config
    #[command(verbatim_doc_comment)]
    Check {
        /// The files.
        #[arg(required = true, value_name = "FILES")]
        files: Vec<PathBuf>,
        /// The configuration whose queues, bodies, topics and schedules they name; `sounds` lies beside it.
        #[arg(long, value_name = "DIR", default_value = "config")]
        config: PathBuf,
    },
}

/// Runs it.
pub(super) fn run(args: &FlowArgs) -> Result<(), Failure> {
    let FlowCommand::Check { files, config } = &args.command;
    let world = World::load(config)?;
    let mut faults = 0;
    for file in files {
        let told = world.check(file)?;
        faults += told.len();
        told.iter().try_for_each(|fault| out::line(fault))?;
    }
    let checked = counted(files.len(), "flow");
    match faults {
        0 => out::line(&format!("{checked} checked, no faults")),
        _ => {
            eprintln!("{checked} checked, {} found", counted(faults, "fault"));
            Err(Failure::found())
        }
    }
}

fn counted(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// What flows refer to.
struct World {
    environment: Environment,
    sounds: SoundLibrary,
}

impl World {
    fn load(dir: &Path) -> Result<World, Failure> {
        let lines = |faults: Vec<String>| Failure::faults(faults);
        let config = config::load(dir).map_err(|faults| lines(texts(&faults)))?;
        let places = Places::beside(dir);
        crate::io::grammars::install(&places.sounds).map_err(lines)?;
        let sounds = media::load_sounds(&places.sounds).map_err(|faults| lines(texts(&faults)))?;
        Ok(World { environment: environment(&config, &sounds), sounds })
    }

    fn check(&self, file: &Path) -> Result<Vec<String>, Failure> {
        Ok(match self.parse(file)? {
            Ok(flow) => self.missing_sounds(file, &flow),
            Err(faults) => faults,
        })
    }

    fn parse(&self, file: &Path) -> Result<Result<Arc<Flow>, Vec<String>>, Failure> {
        let text = read(file)?;
        let parsed = Flow::parse(&text, &file.display().to_string(), &self.environment);
        Ok(parsed.map(Arc::new).map_err(|faults| texts(&faults)))
    }

    /// Sounds that the flow needs and that are not there yet: `serve` would not start.
    fn missing_sounds(&self, file: &Path, flow: &Flow) -> Vec<String> {
        let prompts = flow.sounds_needed().into_iter().map(|(language, name)| format!("{language}/{name}"));
        let music = flow.music_needed().into_iter().map(|name| format!("music/{name}"));
        let missing = prompts.chain(music).filter(|name| self.sounds.find(name).is_none());
        let file = file.display();
        let tell = |name| {
            format!("{file}: sounds/{name}.wav is missing; record it, or run `centralino prompts build`")
        };
        missing.map(tell).collect()
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let unreadable = |why: String| {
        Failure::misuse(format_args!(
            "{} cannot be read ({why}); give the path of a flow file",
            file.display()
        ))
    };
    let length = std::fs::metadata(file).map_err(|error| unreadable(error.to_string()))?.len();
    if length > MAX_BYTES {
        return Err(unreadable("larger than 4 MB".to_owned()));
    }
    std::fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))
}

fn texts(faults: &[impl std::fmt::Display]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

/// The texts of every flow beside the configuration, as recordings to be made. Sounds need not be there yet: they are what is to be
/// made.
pub(super) fn prompts(config: &Path, sounds: &Path) -> Result<Vec<Prompt>, Failure> {
    let parsed = config::load(config).map_err(|faults| Failure::faults(texts(&faults)))?;
    crate::io::grammars::install(sounds).map_err(Failure::faults)?;
    // A sound that cannot be read is about to be made anew.
    let sounds = media::load_sounds(sounds).unwrap_or_default();
    let world = World { environment: environment(&parsed, &sounds), sounds };
    let places = Places::beside(config);
    let (mut prompts, mut faults) = (Vec::new(), Vec::new());
    for file in flow_files(&places.flows)? {
        match world.parse(&file)? {
            Ok(flow) => prompts.extend(
                flow.prompt_texts().map(|(language, name, text)| Prompt::new(language.as_str(), name, text)),
            ),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(prompts) } else { Err(Failure::faults(faults)) }
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
    fn shipped_flow_is_clean_and_a_slip_is_told_with_its_place() {
        let world = World::load(&repository("config")).expect("the shipped configuration");
        let file = repository("ivr-flows/055055.yaml");
        assert_eq!(world.check(&file).expect("it can be read"), [""; 0]);
        let dir = tempfile::tempdir().expect("a directory");
        let spoiled = dir.path().join("055055.yaml");
        let text = std::fs::read_to_string(&file).expect("it can be read");
        std::fs::write(&spoiled, text.replacen("queue: ", "queu: ", 1)).expect("room");
        let told = world.check(&spoiled).expect("it can be read");
        let place = format!("{}:", spoiled.display());
        assert!(!told.is_empty() && told.iter().all(|fault| fault.starts_with(&place)), "{told:?}");
    }

    #[test]
    fn every_prompt_of_the_shipped_flows_is_to_be_made() {
        let prompts = prompts(&repository("config"), &repository("sounds")).expect("the shipped flows");
        assert!(prompts.iter().any(|prompt| prompt.language == "it" && prompt.name == "benvenuto"));
    }

    #[test]
    fn file_that_is_not_there_is_wrong_use() {
        assert_eq!(read(Path::new("/nowhere.yaml")).map_err(|failure| failure.code()), Err(2));
    }
}
