//! A flow is published, rolled back or retired while calls are in course.
//!
//! What is asked for is tried first: everything is read as a start would read it, with the new text in its place; the text is compiled,
//! its tests are run on the interpreter that leads citizens, and for a sub-flow the tests of the flows that go through it. Only then a
//! version is kept ([`Versions`]), and the engine takes all of it at one moment, as at a reload: so a version that is in force is also
//! one that the next start can read. Two at once wait for each other.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::connectors::Connectors;
use super::control::Clock;
use super::difference::unified;
use super::prompts::recorded_otherwise;
use super::reload::{Reloader, use_of};
use super::setup::Surroundings;
use super::versions::{self, Text, Versions};
use crate::config::Trunk;
use crate::engine::{Files, Reply};
use crate::flow::hours::Calendars;
use crate::flow::published::{History, Version, hash, is_plain_name, unmarked};
use crate::flow::{Checked, Flow, TestFailure};
use crate::ids::FlowId;
use crate::time::rome;
use crate::words::FlowChange;

/// What is wanted of a flow, by whom and why.
#[derive(Clone, Debug)]
pub struct Order {
    /// What.
    pub wish: Wish,
    /// Why.
    pub comment: String,
    /// Who, as they say.
    pub by: Option<String>,
}

/// What may be wanted.
#[derive(Clone, Debug)]
pub enum Wish {
    /// This text is to count.
    Publish {
        /// The text; its first line may say what it was written from.
        text: String,
        /// The file in which faults are told.
        file: String,
        /// The version that it was written from.
        after: Option<u32>,
    },
    /// An earlier version's text is to count again.
    RollBack {
        /// Of which flow.
        flow: FlowId,
        /// Which version.
        to: u32,
    },
    /// The file beside the configuration is to count again.
    Retire {
        /// Of which flow.
        flow: FlowId,
    },
}

/// What is in force now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The version.
    #[serde(flatten)]
    pub version: Version,
    /// What people would stumble over.
    pub warnings: Vec<String>,
    /// It is in the journal too.
    pub written: bool,
}

/// Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The text or the files have faults, or tests have failed.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
    /// Somebody else has changed the flow meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// There is no such flow or version.
    #[error("{0}")]
    Unknown(String),
    /// The version cannot be kept.
    #[error("{0}")]
    NotKept(String),
    /// The exchange is stopping, and the version is kept already.
    #[error(
        "the exchange has stopped; version {version} of flow {flow} is kept and counts from the next start on, but the journal does not \
         tell of it"
    )]
    Gone {
        /// Of which flow.
        flow: FlowId,
        /// Which version.
        version: u32,
    },
}

impl From<Vec<String>> for PublishError {
    fn from(faults: Vec<String>) -> PublishError {
        PublishError::Faults(faults)
    }
}

/// Of the running exchange, for a thread of its own.
struct Running {
    config: PathBuf,
    versions: Versions,
    always_open: bool,
    sip: SocketAddr,
    trunks: Vec<Trunk>,
}

/// Tried and kept; the engine has yet to take it.
struct Ready {
    files: Files,
    connectors: Connectors,
    version: Version,
    warnings: Vec<String>,
}

/// What is to become a version.
struct Draft {
    flow: FlowId,
    history: History,
    change: FlowChange,
    /// The flow, and the text as faults are told in it; `None`: a retirement.
    text: Option<(Flow, Text)>,
    warnings: Vec<String>,
}

impl Reloader {
    /// Does it, if nothing speaks against it; the log is told.
    ///
    /// # Errors
    /// All that speaks against it; what was in force is in force still.
    pub async fn change_flow(&self, order: Order) -> Result<Changed, PublishError> {
        let mut trunks = self.trunks.lock().await;
        let running = Running {
            config: self.config.clone(),
            versions: Versions::of(&self.data),
            always_open: self.always_open,
            sip: self.sip,
            trunks: trunks.clone(),
        };
        let ready = tokio::task::spawn_blocking(move || running.prepare(order)).await;
        let ready = ready.map_err(|error| vec![format!("reading the files broke off: {error}")])??;
        let Ready { files, connectors, version, warnings } = ready;
        let found = files.config.trunks.clone();
        let gone = |_| PublishError::Gone { flow: version.flow.clone(), version: version.version };
        let reply = self.control.reload(files, connectors).await.map_err(gone)?;
        *trunks = found;
        let Version { flow, version: number, change, by, comment, .. } = &version;
        tracing::info!(%flow, version = number, ?change, ?by, ?comment, "new calls meet another version of a flow");
        Ok(Changed { version, warnings, written: matches!(reply, Reply::Done) })
    }
}

impl Running {
    fn prepare(&self, Order { wish, comment, by }: Order) -> Result<Ready, PublishError> {
        let mut published = self.versions.in_force()?;
        if let Wish::Retire { flow } = &wish {
            published.remove(flow.as_str());
        }
        let mut around = Surroundings::read_for(&self.config, published, self.sip)?;
        let calendars = around.config.calendars.clone(); // those of the tests, whatever --always-open says
        let Draft { flow, history, change, text, mut warnings } = match wish {
            Wish::Publish { text, file, after } => self.published(&around, Text { file, text }, after)?,
            Wish::RollBack { flow, to } => self.rolled_back(&around, flow, to)?,
            Wish::Retire { flow } => self.retired(flow)?,
        };
        let kept = text.as_ref().map(|(_, text)| unmarked(&text.text).1.to_owned());
        let is_subflow = flow.as_str().contains('@'); // a retired one too
        let beside = around.beside(&flow).filter(|_| text.is_none());
        if let Some((_, text)) = text {
            around.publish(&flow, text);
        }
        if let Some(text) = beside {
            let file = format!("{flow}.yaml");
            warnings.extend(tried(&around, &Text { file, text })?.1);
        }
        let loaded = around.compile_for(self.always_open)?;
        if is_subflow {
            let users = loaded.flows.values().filter(|user| user.goes_through(&flow));
            let failed =
                users.flat_map(|user| failed_tests(&format!("flow {}", user.id()), user, &calendars));
            refuse(failed.collect())?;
        } else if kept.is_some() && !loaded.flows.contains_key(&flow) {
            warnings.push(format!("no number leads to flow {flow} yet; numbers.toml says which do"));
        }
        let (mut files, connectors) = use_of(loaded, self.sip, &self.trunks)?;
        let version = Version {
            flow,
            version: versions::next(&history).map_err(PublishError::NotKept)?,
            change,
            at: rome(Clock::start().now().wall_ms()),
            by,
            comment,
            after: history.in_force().map_or(0, |version| version.version),
            sha256: kept.as_ref().map(|text| hash(text.as_bytes())),
        };
        let added = self.versions.add(&version, kept.as_deref());
        added.map_err(|error| PublishError::NotKept(format!("the version cannot be kept: {error}")))?;
        files.published = Some(version.clone());
        Ok(Ready { files, connectors, version, warnings })
    }

    fn published(
        &self,
        around: &Surroundings,
        text: Text,
        after: Option<u32>,
    ) -> Result<Draft, PublishError> {
        let (checked, warnings) = tried(around, &text)?;
        let flow = checked.stem();
        let is_named_so = flow.as_str().contains('@') == checked.is_subflow();
        if !is_plain_name(flow.as_str()) || !is_named_so {
            let remedy = "its `id` may have letters, digits, `-`, `_` and points";
            return Err(vec![format!("{}: flow `{flow}` cannot be published: {remedy}", text.file)].into());
        }
        let history = self.history(&flow)?;
        let (base, plain) = unmarked(&text.text);
        let base = after.or(base.filter(|(of, _)| *of == flow).map(|(_, number)| number));
        // Whatever it was written from: the same text is no conflict.
        if let Some(last) = history.in_force().filter(|last| last.fits(plain.as_bytes())) {
            let same =
                format!("{}: this text is version {} of {flow}, which is in force", text.file, last.version);
            return Err(vec![same].into());
        }
        if !history.admits(base) {
            return Err(PublishError::Conflict(self.conflict(around, &flow, &history, base, plain)));
        }
        Ok(Draft { flow, history, change: FlowChange::Published, text: Some((checked, text)), warnings })
    }

    fn rolled_back(&self, around: &Surroundings, flow: FlowId, to: u32) -> Result<Draft, PublishError> {
        let history = self.history(&flow)?;
        let Some(version) = history.version(to) else {
            let last = history.now();
            return Err(PublishError::Unknown(match last {
                0 => format!(
                    "flow {flow} was never published; `centralino flow history` lists those that were"
                ),
                last => format!(
                    "flow {flow} has no version {to}, its last is {last}; see `centralino flow history {flow}`"
                ),
            }));
        };
        if history.in_force() == Some(version) {
            return Err(vec![format!("version {to} of {flow} is in force")].into());
        }
        let text = self.versions.text(version).map_err(|fault| vec![fault])?;
        let (checked, warnings) = tried(around, &text)?;
        Ok(Draft {
            flow,
            history,
            change: FlowChange::RolledBack { to },
            text: Some((checked, text)),
            warnings,
        })
    }

    fn retired(&self, flow: FlowId) -> Result<Draft, PublishError> {
        let history = self.history(&flow)?;
        if history.in_force().is_none() {
            return Err(PublishError::Unknown(format!(
                "nothing that is published of flow {flow} is in force: the file beside the configuration counts already"
            )));
        }
        Ok(Draft { flow, history, change: FlowChange::Retired, text: None, warnings: Vec::new() })
    }

    fn history(&self, flow: &FlowId) -> Result<History, PublishError> {
        Ok(self.versions.history(flow).map_err(|fault| vec![fault])?)
    }

    /// Why this text may not follow, with what both have changed.
    fn conflict(
        &self,
        around: &Surroundings,
        flow: &FlowId,
        history: &History,
        base: Option<u32>,
        text: &str,
    ) -> String {
        let Some(last) = history.last() else {
            return format!(
                "flow {flow} was never published, so there is no version to follow; leave `--after` out"
            );
        };
        let (now, by) = (last.version, last.by.as_deref().unwrap_or("somebody"));
        let theirs = self.versions.text(last).map(|text| text.text).unwrap_or_default();
        let remedy = format!(
            "bring both together in what `centralino flow show {flow}` prints, or give `--after {now}` to have yours in the place of \
             theirs"
        );
        let change =
            |title: &str, from: (&str, &str), to: (&str, &str)| format!("{title}:\n{}", unified(from, to));
        let current = format!("version {now}");
        let Some(base) = base else {
            let yours = change("yours would change", (&current, &theirs), ("yours", text));
            return format!(
                "version {now} of flow {flow} is in force ({by}: {}), and this text does not say what it was written from\n{yours}{remedy}",
                last.comment
            );
        };
        let old = match history.version(base) {
            Some(version) => self.versions.text(version).ok().map(|text| text.text),
            None => around.beside(flow).filter(|_| base == 0),
        };
        let Some(old) = old else {
            return format!(
                "flow {flow} has no text of version {base}; its last version is {now} ({by}: {})\n{remedy}",
                last.comment
            );
        };
        let name = if base == 0 {
            "the file beside the configuration".to_owned()
        } else {
            format!("version {base}")
        };
        format!(
            "this text was written from {name} of flow {flow}, and version {now} came meanwhile ({by}: {})\n{}{}{remedy}",
            last.comment,
            change("yours", (&name, &old), ("yours", text)),
            change("theirs", (&name, &old), (&current, &theirs)),
        )
    }
}

/// The flow of a text without fault, whose sounds are there and whose tests pass, and what people would stumble over.
fn tried(around: &Surroundings, Text { file, text }: &Text) -> Result<(Flow, Vec<String>), PublishError> {
    let told = |faults: &[crate::flow::FlowError]| faults.iter().map(ToString::to_string).collect::<Vec<_>>();
    let Checked { flow, mut warnings } =
        Flow::check(text, file, &around.known).map_err(|faults| told(&faults))?;
    let missing = flow.unrecorded(file, |sound| around.sounds.find(sound).is_some());
    let failed = failed_tests(file, &flow, &around.config.calendars);
    refuse(told(&missing).into_iter().chain(failed).collect())?;
    warnings.extend(recorded_otherwise(around.places().sounds.as_path(), file, &flow));
    Ok((flow, told(&warnings)))
}

fn refuse(faults: Vec<String>) -> Result<(), PublishError> {
    if faults.is_empty() { Ok(()) } else { Err(faults.into()) }
}

/// Most failed tests that a refusal tells of, and most letters of what was wrong with one: a key of a menu that has moved fails half of
/// them, each with all that was said. `flow test` tells all of it.
const MOST_FAILED: usize = 10;
const MOST_LETTERS: usize = 300;

fn failed_tests(file: &str, flow: &Flow, calendars: &Calendars) -> Vec<String> {
    few(file, flow.test(calendars).failures)
}

fn few(file: &str, failures: Vec<TestFailure>) -> Vec<String> {
    let left_out = failures.len().saturating_sub(MOST_FAILED);
    let line = |failed: TestFailure| {
        let place = format!("{file}:{}:{}", failed.at.line, failed.at.column);
        let why = failed.why.join("; ");
        let cut = why.char_indices().nth(MOST_LETTERS).and_then(|(end, _)| why.get(..end));
        let why = cut.map_or_else(|| why.clone(), |begin| format!("{begin} ..."));
        format!("{place}: test `{}` failed: {why}", failed.name)
    };
    let mut told: Vec<String> = failures.into_iter().take(MOST_FAILED).map(line).collect();
    if left_out > 0 {
        told.push(format!("{file}: {left_out} more tests failed; `centralino flow test` tells all of them"));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Place;

    #[test]
    fn refusal_tells_the_first_failed_tests_and_how_many_more_there_are() {
        let failure = |line| TestFailure {
            name: "uno".to_owned(),
            at: Place { line, column: 1 },
            why: vec!["è ".repeat(400)],
        };
        let told = few("prova.yaml", (1..=13).map(failure).collect());
        assert_eq!(told.len(), MOST_FAILED + 1);
        assert!(told.iter().all(|line| line.chars().count() < MOST_LETTERS + 60), "{told:?}");
        assert_eq!(told[10], "prova.yaml: 3 more tests failed; `centralino flow test` tells all of them");
    }
}
