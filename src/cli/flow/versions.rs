//! `flow publish`, `history`, `show`, `diff`, `rollback`, `retire`: the versions of a flow.
//!
//! What changes something is asked of the running exchange; what only looks is read from its data directory, also at rest.

use std::path::{Path, PathBuf};

use super::{World, no_such_flow, read};
use crate::cli::exchange::{Exchange, user};
use crate::cli::failure::Failure;
use crate::cli::out::{self, Format, moments, numbers, or_dash, prose, words};
use crate::flow::published::{History, Version, is_plain_name, marked, unmarked};
use crate::ids::FlowId;
use crate::io::client::AskError;
use crate::io::difference::unified;
use crate::io::http::flows::{Back, FLOWS, Publish};
use crate::io::publishing::Changed;
use crate::io::setup::Places;
use crate::io::versions::Versions;
use crate::words::FlowChange;

/// The commands.
#[derive(Debug, clap::Subcommand)]
pub(super) enum VersionCommand {
    /// Put a flow in force on the running exchange, as a version that is kept for ever. Calls in course finish on theirs.
    ///
    /// The file is checked and its tests are run as by `flow check` and `flow test`, with that exchange's configuration; with a fault,
    /// nothing changes, and the command exits with 1. So it does when somebody else has published meanwhile: then both changes are
    /// printed. Which version a file was written from is said by its first line, as `flow show` prints it, or by --after.
    ///
    /// Examples:
    ///   centralino flow show 055055 > 055055.yaml
    ///   centralino flow publish 055055.yaml --comment "orario estivo" --by anna
    #[command(verbatim_doc_comment)]
    Publish {
        /// The flow.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The version that the file was written from; 0: none that was published.
        #[arg(long, value_name = "VERSION")]
        after: Option<u32>,
        #[command(flatten)]
        ask: Ask,
    },
    /// List the versions of a flow, or the flows that were published: who, when, why. The last one counts.
    History {
        /// The flow, such as 055055; a sub-flow with its version, such as segnalazione@1. Without it: all flows.
        #[arg(value_name = "FLOW")]
        flow: Option<String>,
        #[command(flatten)]
        data: Data,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Print the text in force, or another version's, to be read or edited. Its first line says which version it is.
    Show {
        /// The flow.
        #[arg(value_name = "FLOW")]
        flow: String,
        /// Another version than the one in force.
        #[arg(long)]
        version: Option<u32>,
        /// The text byte for byte as it was published, without the first line.
        #[arg(long)]
        plain: bool,
        #[command(flatten)]
        data: Data,
    },
    /// Tell what changes from one version of a flow to another, or from the one in force to a file.
    ///
    /// Examples:
    ///   centralino flow diff 055055 3 5
    ///   centralino flow diff 055055 3
    ///   centralino flow diff 055055.yaml
    #[command(verbatim_doc_comment)]
    Diff {
        /// The flow; or a file, against what is in force.
        #[arg(value_name = "FLOW|FILE")]
        what: String,
        /// The old version.
        #[arg(value_name = "A")]
        from: Option<u32>,
        /// The new one [default: the one in force].
        #[arg(value_name = "B", requires = "from")]
        to: Option<u32>,
        #[command(flatten)]
        data: Data,
    },
    /// Put an earlier version's text in force again, as a new version; checked and tested like any other.
    Rollback {
        /// The flow.
        #[arg(value_name = "FLOW")]
        flow: String,
        /// The version whose text is to count again.
        #[arg(value_name = "VERSION")]
        version: u32,
        #[command(flatten)]
        ask: Ask,
    },
    /// Let the file beside the configuration count again. Refused while that would leave a number or a flow without one.
    Retire {
        /// The flow.
        #[arg(value_name = "FLOW")]
        flow: String,
        #[command(flatten)]
        ask: Ask,
    },
}

/// Who asks which exchange, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Ask {
    /// Why; written down.
    #[arg(long, value_name = "TEXT")]
    comment: String,
    /// Who; written down. [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exchange: Exchange,
}

/// Where versions are kept.
#[derive(Debug, clap::Args)]
pub(super) struct Data {
    /// The data directory of the exchange, which may be running.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// The configuration, beside which lies the file of a flow that was never published.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
}

/// Runs it.
pub(super) fn run(command: &VersionCommand) -> Result<(), Failure> {
    match command {
        VersionCommand::Publish { file, after, ask } => publish(file, *after, ask),
        VersionCommand::History { flow, data, format } => history(flow.as_deref(), data, *format),
        VersionCommand::Show { flow, version, plain, data } => show(flow, *version, *plain, data),
        VersionCommand::Diff { what, from, to, data } => diff(what, *from, *to, data),
        VersionCommand::Rollback { flow, version, ask } => ask.back(flow, "rollback", Some(*version)),
        VersionCommand::Retire { flow, ask } => ask.back(flow, "retire", None),
    }
}

fn publish(file: &Path, after: Option<u32>, ask: &Ask) -> Result<(), Failure> {
    let text = read(file)?;
    let is_marked = unmarked(&text).0.is_some();
    let body = Publish {
        text: text.clone(),
        file: Some(file.display().to_string()),
        after,
        comment: ask.comment.clone(),
        by: ask.by(),
    };
    let changed = ask.order(FLOWS, &body)?;
    if is_marked {
        // The next edit of this file begins from the version that it has become.
        let marked = marked(&changed.version, unmarked(&text).1);
        if let Err(error) = std::fs::write(file, marked) {
            let name = out::printable(&file.display().to_string());
            eprintln!("warning: the first line of {name} cannot be renewed ({error})");
        }
    }
    ask.tell(&changed)
}

impl Ask {
    fn by(&self) -> Option<String> {
        self.by.clone().or_else(user)
    }

    fn back(&self, flow: &str, act: &str, version: Option<u32>) -> Result<(), Failure> {
        let body = Back { version, comment: self.comment.clone(), by: self.by() };
        let changed = self.order(&format!("{FLOWS}/{flow}/{act}"), &body)?;
        self.tell(&changed)
    }

    fn order(&self, path: &str, body: &impl serde::Serialize) -> Result<Changed, Failure> {
        self.exchange.client()?.order_reading(path, body).map_err(|error| match error {
            AskError::Refused { status: 409 | 422, said, .. } => {
                let mut lines: Vec<String> = said.lines().map(out::printable).collect();
                lines.push("nothing has changed: what was in force goes on".to_owned());
                Failure::found_lines(lines)
            }
            error => Failure::other(error),
        })
    }

    fn tell(&self, changed: &Changed) -> Result<(), Failure> {
        changed.warnings.iter().for_each(|warning| eprintln!("{}", out::printable(warning)));
        let Version { flow, version, .. } = &changed.version;
        match (self.format, changed.version.change) {
            (Format::Json, _) => out::json(changed)?,
            (Format::Table, FlowChange::Retired) => {
                out::line(&format!("{flow}: retired; the file beside the configuration is in force"))?;
            }
            (Format::Table, FlowChange::RolledBack { to }) => {
                out::line(&format!("{flow}: version {version} is in force, with the text of version {to}"))?;
            }
            (Format::Table, FlowChange::Published) => {
                out::line(&format!("{flow}: version {version} is in force"))?;
            }
        }
        if changed.written { Ok(()) } else { Err(unwritten()) }
    }
}

fn unwritten() -> Failure {
    Failure::unwritten(
        "the version is kept and in force; the journal does not know of it, because its disk does not keep up",
    )
}

fn history(flow: Option<&str>, data: &Data, format: Format) -> Result<(), Failure> {
    let versions = data.versions();
    let flows = match flow {
        Some(flow) => vec![FlowId::from(flow)],
        None => versions.flows().map_err(damaged)?,
    };
    let mut rows = Vec::new();
    for flow in &flows {
        let history = versions.history(flow).map_err(damaged)?;
        let in_force = history.in_force().map(|version| version.version);
        let shown = history.versions().iter().cloned();
        rows.extend(shown.map(|version| (in_force == Some(version.version), version)));
    }
    if let (Some(flow), true) = (flow, rows.is_empty()) {
        return Err(data.never_published(flow));
    }
    if format == Format::Json {
        return rows.iter().try_for_each(|(_, version)| out::json(version));
    }
    let columns = [
        words("flow"),
        numbers("version"),
        words("state"),
        moments("at (Rome)"),
        words("by"),
        words("sha256"),
        prose("comment"),
    ];
    out::table(&columns, rows.iter().map(row), "no flow was published")
}

fn row((is_in_force, version): &(bool, Version)) -> Vec<String> {
    let state = match version.change {
        FlowChange::Retired => "retired".to_owned(),
        _ if *is_in_force => "in force".to_owned(),
        FlowChange::RolledBack { to } => format!("text of {to}"),
        FlowChange::Published => "-".to_owned(),
    };
    vec![
        version.flow.to_string(),
        version.version.to_string(),
        state,
        out::moment(&version.at),
        or_dash(version.by.as_ref()),
        or_dash(version.sha256.as_ref().and_then(|hash| hash.get(..12))),
        out::printable(&version.comment),
    ]
}

fn show(flow: &str, number: Option<u32>, plain: bool, data: &Data) -> Result<(), Failure> {
    let (version, text) = data.text(flow, number)?;
    let text = if plain { text } else { marked(&version, &text) };
    out::exactly(&text)
}

fn diff(what: &str, from: Option<u32>, to: Option<u32>, data: &Data) -> Result<(), Failure> {
    let name = |version: &Version| format!("{} version {}", version.flow, version.version);
    let told = match from {
        Some(from) => {
            let ((old, before), (new, after)) = (data.text(what, Some(from))?, data.text(what, to)?);
            unified((&name(&old), &before), (&name(&new), &after))
        }
        None => {
            let file = Path::new(what);
            let text = read(file)?;
            let (base, text) = unmarked(&text);
            let flow = base.map_or_else(|| data.flow_of(file), |(flow, _)| flow.to_string());
            let (version, before) = data.text(&flow, None)?;
            unified((&name(&version), &before), (what, text))
        }
    };
    out::exactly(&told)
}

impl Data {
    fn versions(&self) -> Versions {
        Versions::of(&self.data)
    }

    /// Which flow a file is: as it says itself; of one with faults, as it is named.
    fn flow_of(&self, file: &Path) -> String {
        let parsed = World::load(&self.config).ok().and_then(|world| world.parse(file).ok()?.ok());
        let stem = || file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        parsed.map_or_else(stem, |checked| checked.flow.stem().to_string())
    }

    /// A version with its text; without a number, the one in force.
    fn text(&self, flow: &str, number: Option<u32>) -> Result<(Version, String), Failure> {
        let history: History = self.versions().history(&flow.into()).map_err(damaged)?;
        let version = match number {
            Some(number) => history.version(number),
            None => history.in_force(),
        };
        let Some(version) = version else {
            return Err(match (number, history.now()) {
                (None | Some(0), 0) => return self.beside(flow),
                (_, 0) => self.never_published(flow),
                (Some(number), last) => {
                    Failure::misuse(format_args!("flow {flow} has no version {number}; its last is {last}"))
                }
                (None, last) => Failure::misuse(format_args!(
                    "flow {flow} was retired by version {last}, and the file beside the configuration counts; --version shows an \
                     earlier one"
                )),
            });
        };
        let text = self.versions().text(version).map_err(damaged)?;
        Ok((version.clone(), text.text))
    }

    /// The file beside the configuration, which counts while nothing is published: version 0, from which the first one is written.
    fn beside(&self, flow: &str) -> Result<(Version, String), Failure> {
        let file = Some(Places::beside(&self.config).flow(flow));
        let file = file.filter(|file| is_plain_name(flow) && file.is_file());
        let text = read(&file.ok_or_else(|| self.never_published(flow))?)?;
        let version = Version {
            flow: flow.into(),
            version: 0,
            change: FlowChange::Published,
            at: String::new(),
            by: None,
            comment: String::new(),
            after: 0,
            sha256: None,
        };
        Ok((version, text))
    }

    fn never_published(&self, flow: &str) -> Failure {
        no_such_flow(&self.config, &self.versions(), flow).unwrap_or_else(|| {
            Failure::misuse(format_args!(
                "flow {flow} was never published: the file beside the configuration counts, {}; `centralino flow history` lists \
                 those that were, and --data names the data directory of the exchange",
                Places::beside(&self.config).flow(flow).display()
            ))
        })
    }
}

fn damaged(fault: String) -> Failure {
    Failure::found_lines(vec![fault])
}
