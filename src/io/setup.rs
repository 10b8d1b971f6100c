//! Everything that a start reads: configuration, flows and sounds, checked against each other, with all faults at once.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::texts;
use super::versions::{Published, Text, Versions};
use crate::config::Config;
use crate::flow::hours::Schedule;
use crate::flow::{Environment, Flow};
use crate::hint::Hint;
use crate::ids::{FlowId, Language};
use crate::media::library::SoundLibrary;
use crate::speech::Speech;

/// What `serve` runs on.
#[derive(Debug)]
pub struct Loaded {
    /// The checked configuration.
    pub config: Config,
    /// Every flow that a number leads to.
    pub flows: BTreeMap<FlowId, Arc<Flow>>,
    /// Every sound by its name.
    pub sounds: SoundLibrary,
}

/// Where things are: beside the configuration.
#[derive(Clone, Debug)]
pub struct Places {
    /// `config/`.
    pub config: PathBuf,
    /// `ivr-flows/`.
    pub flows: PathBuf,
    /// `sounds/`.
    pub sounds: PathBuf,
}

impl Places {
    /// `ivr-flows/` and `sounds/` beside the configuration's directory.
    pub fn beside(config: &Path) -> Places {
        let beside = |name: &str| config.parent().unwrap_or(Path::new("")).join(name);
        Places { config: config.to_owned(), flows: beside("ivr-flows"), sounds: beside("sounds") }
    }

    /// The file of a flow; a sub-flow's has its version in its name.
    pub fn flow(&self, flow: &str) -> PathBuf {
        let dir = if is_subflow(flow) { self.flows.join("sub") } else { self.flows.clone() };
        dir.join(format!("{flow}.yaml"))
    }
}

/// Read and check everything, without published flows.
///
/// # Errors
/// Every fault of every file, one line each, in the order of the files.
pub fn load(config: &Path) -> Result<Loaded, Vec<String>> {
    Surroundings::read(config, Published::new())?.compile()
}

/// Everything for an exchange that listens for SIP at `sip`, with the published flows of its data directory: with the rules that hold
/// only there, by a start and by a reload.
///
/// # Errors
/// As [`load`]; or others could read the passwords of the seats; or published flows are damaged.
pub fn load_for(
    config: &Path,
    data: &Path,
    sip: SocketAddr,
    always_open: bool,
) -> Result<Loaded, Vec<String>> {
    let published = Versions::of(data).in_force()?;
    Surroundings::read_for(config, published, sip)?.compile_for(always_open)
}

/// What flows are checked against, and which text of each counts: the published one, or the file beside the configuration.
#[derive(Debug)]
pub struct Surroundings {
    /// The checked configuration.
    pub config: Config,
    /// Every sound by its name.
    pub sounds: SoundLibrary,
    /// What flows may refer to; the texts of the sub-flows that count.
    pub known: Environment,
    published: Published,
    places: Places,
}

impl Surroundings {
    /// Reads all but the flows that numbers lead to.
    ///
    /// # Errors
    /// Every fault that they have.
    pub fn read(config: &Path, published: Published) -> Result<Surroundings, Vec<String>> {
        let places = Places::beside(config);
        let config = super::config::load(&places.config).map_err(|faults| lines(&faults))?;
        super::grammars::install(&places.sounds)?;
        let sounds = super::media::load_sounds(&places.sounds).map_err(|faults| lines(&faults))?;
        let mut known = environment(&config, &sounds);
        known.subflows = subflows(&places.flows).map_err(|fault| vec![fault])?;
        let texts = published.iter().filter(|(flow, _)| is_subflow(flow));
        known.subflows.extend(texts.map(|(flow, text)| (flow.clone(), text.text.clone())));
        Ok(Surroundings { config, sounds, known, published, places })
    }

    /// The same for an exchange that listens at `sip`.
    ///
    /// # Errors
    /// As [`Surroundings::read`]; or others could read the passwords of the seats.
    pub fn read_for(
        config: &Path,
        published: Published,
        sip: SocketAddr,
    ) -> Result<Surroundings, Vec<String>> {
        let read = Surroundings::read(config, published)?;
        let demo = read.config.demo_passwords();
        let Some(seat) = demo.first().filter(|_| !sip.ip().is_loopback()) else { return Ok(read) };
        Err(vec![format!(
            "{}: {} seats, {seat} first, have demo passwords that everybody can read, and {sip} can be reached from other \
             machines; change them, or let --sip be at 127.0.0.1",
            config.join("seats.toml").display(),
            demo.len()
        )])
    }

    /// Where it was read.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Lets this text of a flow count.
    pub fn publish(&mut self, flow: &FlowId, text: Text) {
        if is_subflow(flow.as_str()) {
            self.known.subflows.insert(flow.to_string(), text.text.clone());
        }
        self.published.insert(flow.to_string(), text);
    }

    /// Compiles the flows that numbers lead to.
    ///
    /// # Errors
    /// Every fault of every flow, and every sound that is missing.
    pub fn compile(self) -> Result<Loaded, Vec<String>> {
        let Surroundings { config, sounds, known, .. } = &self;
        let (mut faults, mut flows) = (Vec::new(), BTreeMap::new());
        let mut leading: BTreeMap<&FlowId, Vec<&str>> = BTreeMap::new();
        for (dialled, number) in &config.numbers {
            leading.entry(&number.flow).or_default().push(dialled);
        }
        for (id, numbers) in leading {
            let numbers = numbers.join(", ");
            match self.text(id) {
                Ok(Text { file, text }) => match Flow::parse(&text, &file, known) {
                    Ok(flow) if flow.is_subflow() => faults.push(format!(
                        "{file}: is a sub-flow, which leads no call by itself; these numbers lead to it: {numbers}"
                    )),
                    Ok(flow) => drop(flows.insert(id.clone(), Arc::new(flow))),
                    Err(found) => faults.extend(lines(&found)),
                },
                Err((file, error)) => faults.push(format!(
                    "{file}: cannot be read ({error}), and these numbers lead to it: {numbers}; add the flow or change \
                     numbers.toml"
                )),
            }
        }
        faults.extend(missing_sounds(&flows, sounds));
        faults.extend(missing_pieces(&flows, sounds));
        faults.extend(missing_music(config, &known.music));
        warn_of_queues_that_never_open(config);
        let Surroundings { config, sounds, .. } = self;
        if faults.is_empty() { Ok(Loaded { config, flows, sounds }) } else { Err(faults) }
    }

    /// The same for an exchange that runs, perhaps with every schedule open.
    ///
    /// # Errors
    /// As [`Surroundings::compile`].
    pub fn compile_for(self, always_open: bool) -> Result<Loaded, Vec<String>> {
        let mut loaded = self.compile()?;
        loaded.config.calendars.always_open |= always_open;
        Ok(loaded)
    }

    /// The text of the file beside the configuration, if it can be read.
    pub fn beside(&self, flow: &FlowId) -> Option<String> {
        texts::read(&self.places.flow(flow.as_str()), MAX_FLOW_BYTES).ok()
    }

    /// The text of a flow that counts: the published one, or the file beside the configuration.
    ///
    /// # Errors
    /// The file cannot be read: its name, and why.
    pub fn text(&self, flow: &FlowId) -> Result<Text, (String, std::io::Error)> {
        if let Some(text) = self.published.get(flow.as_str()) {
            return Ok(text.clone());
        }
        let path = self.places.flows.join(format!("{flow}.yaml"));
        let file = path.display().to_string();
        match texts::read(&path, MAX_FLOW_BYTES) {
            Ok(text) => Ok(Text { file, text }),
            Err(error) => Err((file, error)),
        }
    }
}

/// Sub-flows are named with their version.
fn is_subflow(flow: &str) -> bool {
    flow.contains('@')
}

/// Largest flow read; what a flow may be is less.
const MAX_FLOW_BYTES: u64 = 4 * 1024 * 1024;

/// The texts of the sub-flows below `flows`, `sub/<name>@<version>.yaml`.
///
/// # Errors
/// The first that cannot be read.
pub fn subflows(flows: &Path) -> Result<BTreeMap<String, String>, String> {
    let dir = flows.join("sub");
    let told =
        |path: &Path, error: &dyn std::fmt::Display| format!("{}: cannot be read ({error})", path.display());
    let entries = match std::fs::read_dir(&dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(|error| told(&dir, &error))?,
    };
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|error| told(&dir, &error))?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
        let Some(name) = name.filter(|_| path.extension().is_some_and(|kind| kind == "yaml")) else {
            continue;
        };
        found.insert(name, texts::read(&path, MAX_FLOW_BYTES).map_err(|error| told(&path, &error))?);
    }
    Ok(found)
}

/// What flows may refer to.
pub fn environment(config: &Config, sounds: &SoundLibrary) -> Environment {
    let mut environment = Environment {
        queues: config.queues.keys().cloned().collect(),
        skills: config.skills.clone(),
        entities: config.entities.keys().cloned().collect(),
        topics: config.topics.keys().cloned().collect(),
        schedules: config.calendars.schedules.clone(),
        connectors: config.connectors.keys().cloned().collect(),
        articles: config.knowledge.keys().cloned().collect(),
        reach: config.reach(),
        call_back: config
            .queues
            .iter()
            .filter(|(_, queue)| queue.callback.is_some())
            .map(|(id, _)| id.clone())
            .collect(),
        ..Environment::default()
    };
    for (folder, name) in sounds.names().filter_map(|name| name.split_once('/')) {
        if folder == "music" {
            environment.music.insert(name.to_owned());
        } else {
            environment.sounds.entry(Language::from(folder)).or_default().insert(name.to_owned());
            if let Some(sound) = sounds.find(&format!("{folder}/{name}")) {
                let lengths = environment.lengths.entry(Language::from(folder)).or_default();
                lengths.insert(name.to_owned(), sound.duration());
            }
        }
    }
    // A flow may name it before `prompts build` has made it; that it is missing is told with the other sounds.
    environment.music.insert(super::prompts::OWN_MUSIC.to_owned());
    environment
}

/// Sounds that a flow plays and that nobody has recorded: told before a citizen hears silence.
fn missing_sounds(flows: &BTreeMap<FlowId, Arc<Flow>>, sounds: &SoundLibrary) -> Vec<String> {
    let unrecorded = |(id, flow): (&FlowId, &Arc<Flow>)| {
        flow.unrecorded(&format!("flow {id}"), |sound| sounds.find(sound).is_some())
    };
    flows.iter().flat_map(unrecorded).map(|error| error.to_string()).collect()
}

/// Pieces and notices that the exchange speaks by itself and that nobody has recorded, one line a language: in the languages
/// of the flows, and in Italian for the operators.
fn missing_pieces(flows: &BTreeMap<FlowId, Arc<Flow>>, sounds: &SoundLibrary) -> Vec<String> {
    let languages = flows.values().flat_map(|flow| flow.languages().iter().map(Language::as_str));
    let languages: BTreeSet<&str> = languages.chain(["it"]).collect();
    let mut told = Vec::new();
    for speech in languages.into_iter().filter_map(Speech::for_language) {
        let language = speech.language();
        let names = speech.recordings().map(|(name, _)| name);
        let mut missing = names.filter(|name| sounds.find(&format!("{language}/{name}")).is_none());
        if let Some(first) = missing.next() {
            told.push(format!(
                "sounds/{language}/: {} spoken pieces are missing, {first}.wav first; run `centralino prompts build`",
                missing.count() + 1
            ));
        }
    }
    told
}

/// Music that queues and Enti name and that nobody has recorded.
fn missing_music(config: &Config, known: &BTreeSet<String>) -> Vec<String> {
    let queues = config.queues.iter().map(|(id, queue)| (format!("queue {id}"), &queue.music));
    let entities = config.entities.iter().map(|(id, entity)| (format!("entity {id}"), &entity.music));
    let named = queues.chain(entities).filter_map(|(whose, music)| Some((whose, music.as_ref()?)));
    let missing = named.filter(|(_, music)| !known.contains(*music));
    let told = missing.map(|(whose, music)| {
        let hint = Hint::nearest(music, known.iter().map(String::as_str));
        format!("{whose}: there is no sounds/music/{music}.wav; add it, or change `music`{hint}")
    });
    told.collect()
}

/// No fault, because a queue may be closed for a season; but never what somebody meant to leave so.
fn warn_of_queues_that_never_open(config: &Config) {
    for (queue, settings) in &config.queues {
        let schedule = settings.schedule.as_ref().and_then(|name| config.calendars.schedules.get(name));
        if schedule.is_some_and(Schedule::never_opens) {
            tracing::warn!(%queue, "its schedule never opens; see `centralino calendar preview`");
        }
    }
}

fn lines(faults: &[impl std::fmt::Display]) -> Vec<String> {
    faults.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_everybody_can_read_are_for_this_machine_alone() {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let data = Path::new("/nowhere");
        let load = |sip: &str| load_for(&config, data, sip.parse().expect("an address"), true);
        let loaded = load("127.0.0.1:5060").expect("nobody else can use them");
        assert!(loaded.config.calendars.always_open);
        let told = load("192.0.2.1:5060").expect_err("others can use them");
        assert!(told[0].contains("17 seats") && told[0].contains("192.0.2.1:5060"), "{told:?}");
    }
}
