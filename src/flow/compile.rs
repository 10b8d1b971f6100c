//! From the text of a flow file to a runnable [`Flow`], or every fault in it.
//!
//! First the declarations are read, so that names can be resolved in any order: variables, schedules, prompts, the names of
//! the nodes. Then each node is compiled (`compile::nodes`) by the table of its type, and every way taken notes an edge. At
//! last the graph is looked at as a whole: what cannot be reached, what would turn round or never end (`compile::graph`), what
//! would be read before it is set (`compile::values`). Of a flow without faults, what people would stumble over is told as
//! warnings (`compile::warnings`).

mod asking;
mod declarations;
mod exits;
mod graph;
mod names;
mod nodes;
mod queue;
mod secrets;
mod subflows;
mod values;
mod warnings;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::declarations::literal;
use self::exits::OfType;
use self::graph::Graph;
use super::fault::{Fault, Faults, FlowError, Part, Words, hint, shortened};
use super::fields::{Fields, Text};
use super::grammar::{self, Kind};
use super::hours::Schedule;
use super::model::{Environment, Flow, Interface, Known, NodeRef, PromptRef};
use super::prompt::Prompt;
use super::trial;
use super::variable::Var;
use super::yaml::{Value as YamlValue, Yaml};
use crate::ids::{Language, ScheduleId};

/// A flow and what people would stumble over in it.
#[derive(Debug)]
pub struct Checked {
    /// Runnable.
    pub flow: Flow,
    /// In the order of the file.
    pub warnings: Vec<FlowError>,
}

impl Flow {
    /// Reads the flow file `text`, called `file` in messages: a runnable flow, or every fault with place and remedy.
    ///
    /// # Errors
    /// Every fault, in the order of the file.
    pub fn parse(text: &str, file: &str, env: &Environment) -> Result<Flow, Vec<FlowError>> {
        Flow::check(text, file, env).map(|checked| checked.flow)
    }

    /// The same, with warnings.
    ///
    /// # Errors
    /// Every fault, in the order of the file.
    pub fn check(text: &str, file: &str, env: &Environment) -> Result<Checked, Vec<FlowError>> {
        Flow::within(text, file, env, &[])
    }

    /// The same, for a flow that `users` lead through, the outermost first.
    fn within(text: &str, file: &str, env: &Environment, users: &[&str]) -> Result<Checked, Vec<FlowError>> {
        let faults = Faults::of(file);
        let warnings = Faults::of(file);
        let flow = Yaml::parse(text, &faults).and_then(|yaml| {
            secrets::look(&yaml, &faults);
            let top = Fields::of(&yaml, Part::Flow, &faults)?;
            within_bounds(&top, &faults)?;
            Compiler::new(&top, env, &faults, users).compile(&top, &warnings)
        });
        match flow {
            Some(flow) if faults.count() == 0 => Ok(Checked { flow, warnings: warnings.into_list() }),
            _ => Err(faults.into_list()),
        }
    }
}

/// Most nodes in one flow: ten times what people can still read.
const MAX_NODES: usize = 1_000;
/// Most languages of one flow: a city has a handful, and every prompt is looked for in each.
const MAX_LANGUAGES: usize = 16;

/// What people would not write is not looked at. The bounds keep the work that follows short.
fn within_bounds(top: &Fields<'_>, faults: &Faults) -> Option<()> {
    let bounds = [
        ("nodes", MAX_NODES, Words("nodes", "nodi")),
        ("vars", values::MAX_VARS, Words("variables", "variabili")),
        ("inputs", values::MAX_VARS, Words("inputs", "ingressi")),
        ("languages", MAX_LANGUAGES, Words("languages", "lingue")),
    ];
    for (key, most, what) in bounds {
        let Some(yaml) = top.value(key) else { continue };
        let count = match &yaml.value {
            YamlValue::Map(entries) => entries.len(),
            YamlValue::List(items) => items.len(),
            _ => 0,
        };
        if count > most {
            faults.add(yaml.at, Fault::TooMany { what, count, most });
            return None;
        }
    }
    Some(())
}

struct Compiler<'y> {
    env: &'y Environment,
    faults: &'y Faults,
    /// The flows that lead through this one, the outermost first.
    users: &'y [&'y str],
    languages: Vec<Language>,
    vars: BTreeMap<String, Var>,
    schedules: BTreeMap<ScheduleId, Schedule>,
    schedule_names: BTreeSet<ScheduleId>,
    /// Of the file, and recordings that a node names.
    prompts: Vec<Prompt>,
    prompt_names: BTreeMap<String, PromptRef>,
    /// Prompts with a fault of their own: naming them is no second fault.
    faulty_prompts: BTreeSet<String>,
    node_names: BTreeMap<&'y str, NodeRef>,
    graph: Graph<'y>,
    /// What `defaults` says of each type of node.
    of_types: BTreeMap<&'static str, OfType<'y>>,
    default_error: Option<NodeRef>,
    input: InputDefaults,
    /// `None`: this is no sub-flow.
    interface: Option<Interface>,
    /// Returns that some node takes.
    returned: BTreeSet<String>,
    /// Those named so far, each compiled once; of a faulty one how many faults it has.
    subflows: BTreeMap<String, Result<Arc<Flow>, usize>>,
}

/// How callers are asked unless a node says otherwise.
#[derive(Clone, Copy)]
struct InputDefaults {
    timeout: Duration,
    inter_digit: Duration,
    retries: u32,
    barge_in: bool,
    type_ahead: bool,
}

/// As people expect of a telephone.
const INPUT: InputDefaults = InputDefaults {
    timeout: Duration::from_secs(6),
    inter_digit: Duration::from_secs(3),
    retries: 2,
    barge_in: true,
    type_ahead: true,
};

impl<'y> Compiler<'y> {
    /// Reads the declarations.
    fn new(top: &Fields<'y>, env: &'y Environment, faults: &'y Faults, users: &'y [&'y str]) -> Compiler<'y> {
        let mut compiler = Compiler {
            env,
            faults,
            users,
            languages: Vec::new(),
            vars: BTreeMap::new(),
            schedules: BTreeMap::new(),
            schedule_names: env.schedules.keys().cloned().collect(),
            prompts: Vec::new(),
            prompt_names: BTreeMap::new(),
            faulty_prompts: BTreeSet::new(),
            node_names: BTreeMap::new(),
            graph: Graph::default(),
            of_types: BTreeMap::new(),
            default_error: None,
            input: INPUT,
            interface: None,
            returned: BTreeSet::new(),
            subflows: BTreeMap::new(),
        };
        compiler.read_languages(top);
        compiler.read_vars(top);
        compiler.read_interface(top);
        compiler.read_schedules(top);
        compiler.read_prompts(top);
        compiler
    }

    fn compile(mut self, top: &Fields<'y>, warnings: &Faults) -> Option<Flow> {
        if let Some(schema) = top.number("schema").filter(|schema| *schema != 1) {
            self.faults.add(top.value("schema")?.at, Fault::Schema(schema));
        }
        let id = top.required("id");
        if let Some(id) = id {
            self.check_name(id);
        }
        let name = top.text("name").or(id);
        let zone = self.zone(top);
        let start = top.required("start");
        let nodes = top.fields("nodes");
        self.read_defaults_and_names(top, nodes.as_ref());
        let start = start.filter(|_| nodes.is_some()).and_then(|start| self.named_node("start", start));
        let compiled: Vec<_> =
            nodes.iter().flat_map(Fields::entries).map(|(name, yaml)| self.node(name, yaml)).collect();
        self.check_returns(top);
        let places: Vec<_> = nodes.iter().flat_map(Fields::entries).map(|(name, _)| name.at).collect();
        top.value("layout");
        let tests = top.list("tests");
        top.hold_to(&grammar::TOP);
        if let Some(start) = start {
            self.graph.check(start, self.default_error, self.faults);
        }
        let env = self.env;
        let mut flow = Flow {
            id: id?.text.into(),
            name: name?.text.to_owned(),
            languages: self.languages,
            start: start?,
            vars: self.vars,
            schedules: self.schedules,
            prompts: self.prompts,
            nodes: compiled.into_iter().collect::<Option<Vec<_>>>()?,
            error: self.default_error,
            known: Known {
                queues: env.queues.clone(),
                entities: env.entities.clone(),
                topics: env.topics.clone(),
            },
            interface: self.interface,
            tests: Vec::new(),
            zone,
            places,
        };
        values::check(&mut flow, self.faults);
        flow.tests = trial::read(tests, &flow, self.faults);
        warnings::look(&flow, env, warnings);
        Some(flow)
    }

    fn zone(&self, top: &Fields<'y>) -> jiff::tz::TimeZone {
        let Some(tz) = top.text("tz") else {
            return jiff::tz::TimeZone::get("Europe/Rome").unwrap_or(jiff::tz::TimeZone::UTC);
        };
        jiff::tz::TimeZone::get(tz.text).unwrap_or_else(|_| {
            let expected = Words("a time zone such as Europe/Rome", "un fuso orario come Europe/Rome");
            self.faults.add(tz.at, Fault::Shape { key: "tz".to_owned(), expected });
            jiff::tz::TimeZone::UTC
        })
    }

    /// The names of the nodes, then what refers to them.
    fn read_defaults_and_names(&mut self, top: &Fields<'y>, nodes: Option<&Fields<'y>>) {
        if nodes.is_none() {
            top.missing("nodes");
        }
        for (name, _) in nodes.into_iter().flat_map(Fields::entries) {
            self.check_name(name);
            let node = self.graph.node(name.text, name.at);
            self.node_names.insert(name.text, node);
        }
        self.read_defaults(top);
    }

    fn check_name(&self, name: Text<'_>) -> bool {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        let good = !name.text.is_empty() && name.text.len() <= 64 && name.text.chars().all(allowed);
        if !good {
            self.faults.add(name.at, Fault::BadName(shortened(name.text)));
        }
        good
    }

    fn read_defaults(&mut self, top: &Fields<'y>) {
        let Some(defaults) = top.fields("defaults") else { return };
        self.default_error = defaults.text("error").and_then(|error| self.named_node("error", error));
        if let Some(input) = defaults.fields("input") {
            self.input = InputDefaults {
                timeout: input.duration("timeout").unwrap_or(INPUT.timeout),
                inter_digit: input.duration("inter_digit").unwrap_or(INPUT.inter_digit),
                retries: input.count("retries").unwrap_or(INPUT.retries),
                barge_in: input.flag("barge_in").unwrap_or(INPUT.barge_in),
                type_ahead: input.flag("type_ahead").unwrap_or(INPUT.type_ahead),
            };
            input.hold_to(&grammar::INPUT);
        }
        nodes::check_defaults(&defaults);
        let own = grammar::DEFAULTS.iter().map(|key| key.name);
        defaults.hold_to_names(own.chain(Kind::names()).collect());
        self.of_types =
            Kind::names().filter_map(|name| Some((name, OfType::read(&defaults, name)?))).collect();
    }

    /// A node named outside a node: `start`, `defaults.error`.
    fn named_node(&self, key: &str, target: Text<'y>) -> Option<NodeRef> {
        let node = self.node_names.get(target.text).copied();
        if node.is_none() {
            let hint = hint(target.text, self.node_names.keys().copied());
            let (key, target_name) = (key.to_owned(), target.text.to_owned());
            self.faults.add(target.at, Fault::UnknownDefault { key, target: target_name, hint });
        }
        node
    }
}
