//! From the text of a flow file to a runnable [`Flow`], or every fault in it.
//!
//! First the declarations are read, so that names can be resolved in any order: variables, schedules, prompts, the names of
//! the nodes. Then each node is compiled (`compile::nodes`), and every exit taken notes an edge. At last the graph is looked
//! at as a whole (`compile::graph`): what cannot be reached, what would turn round without ever asking the caller.

mod asking;
mod exits;
mod graph;
mod names;
mod nodes;
mod queue;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use self::graph::Graph;
use super::expression::Scope;
use super::fault::{Fault, Faults, FlowError, hint, shortened};
use super::fields::{Fields, Text};
use super::hours::{ExceptionText, Schedule, ScheduleText};
use super::model::{Environment, Flow, Known, NodeRef, PromptRef, Var};
use super::prompt::{Prompt, Segment};
use super::value::Value;
use super::yaml::{Value as YamlValue, Yaml};
use crate::ids::{Language, ScheduleId};
use crate::speech::Speech;

impl Flow {
    /// Reads the flow file `text`, called `file` in messages: a runnable flow, or every fault with place and remedy.
    pub fn parse(text: &str, file: &str, env: &Environment) -> Result<Flow, Vec<FlowError>> {
        let faults = Faults::of(file);
        let flow = Yaml::parse(text, &faults).and_then(|yaml| {
            let top = Fields::of(&yaml, "the flow", &faults)?;
            Compiler::new(&top, env, &faults).compile(&top)
        });
        match flow {
            Some(flow) if faults.is_empty() => Ok(flow),
            _ => Err(faults.into_list()),
        }
    }
}

/// Types of variables, as `vars` declares them, and what one holds at first.
const VAR_TYPES: [(&str, &str); 5] = [
    ("string", "a text"),
    ("digits", "digits in quotes"),
    ("number", "a whole number"),
    ("bool", "true or false"),
    ("object", "left out"),
];

/// Most nodes in one flow: ten times what people can still read.
const MAX_NODES: usize = 1_000;

struct Compiler<'y> {
    env: &'y Environment,
    faults: &'y Faults,
    languages: Vec<Language>,
    vars: BTreeMap<String, Var>,
    /// What expressions see: the variables' first values.
    scope: BTreeMap<String, Value>,
    schedules: BTreeMap<ScheduleId, Schedule>,
    schedule_names: BTreeSet<ScheduleId>,
    /// Of the file, and recordings that a node names.
    prompts: Vec<Prompt>,
    prompt_names: BTreeMap<String, PromptRef>,
    /// Prompts with a fault of their own: naming them is no second fault.
    faulty_prompts: BTreeSet<String>,
    node_names: BTreeMap<&'y str, NodeRef>,
    graph: Graph<'y>,
    defaults: Option<Fields<'y>>,
    default_error: Option<NodeRef>,
    input: InputDefaults,
}

/// How callers are asked unless a node says otherwise.
#[derive(Clone, Copy)]
struct InputDefaults {
    timeout: Duration,
    inter_digit: Duration,
    retries: u32,
    barge_in: bool,
}

impl<'y> Compiler<'y> {
    /// Reads the declarations.
    fn new(top: &Fields<'y>, env: &'y Environment, faults: &'y Faults) -> Compiler<'y> {
        let input = InputDefaults {
            timeout: Duration::from_secs(6),
            inter_digit: Duration::from_secs(3),
            retries: 2,
            barge_in: true,
        };
        let mut compiler = Compiler {
            env,
            faults,
            languages: Vec::new(),
            vars: BTreeMap::new(),
            scope: BTreeMap::new(),
            schedules: BTreeMap::new(),
            schedule_names: env.schedules.clone(),
            prompts: Vec::new(),
            prompt_names: BTreeMap::new(),
            faulty_prompts: BTreeSet::new(),
            node_names: BTreeMap::new(),
            graph: Graph::default(),
            defaults: None,
            default_error: None,
            input,
        };
        compiler.read_languages(top);
        compiler.read_vars(top);
        compiler.read_schedules(top);
        compiler.read_prompts(top);
        compiler
    }

    fn compile(mut self, top: &Fields<'y>) -> Option<Flow> {
        if let Some(schema) = top.number("schema").filter(|schema| *schema != 1) {
            self.faults.add(top.value("schema")?.at, Fault::Schema(schema));
        }
        let id = top.required("id");
        let name = top.text("name").or(id);
        let start = top.required("start");
        let nodes = top.fields("nodes");
        self.read_defaults_and_names(top, nodes.as_ref())?;
        let start = start.filter(|_| nodes.is_some()).and_then(|start| self.named_node("start", start));
        let compiled: Vec<_> =
            nodes.iter().flat_map(Fields::entries).map(|(name, yaml)| self.node(name, yaml)).collect();
        // Read by the console's editor and by `flow test`, which come with later versions.
        top.allow(&["tz", "tests", "layout"]);
        top.finish();
        if let Some(start) = start {
            self.graph.check(start, self.default_error, self.faults);
        }
        let env = self.env;
        Some(Flow {
            id: id?.text.into(),
            name: name?.text.to_owned(),
            languages: self.languages,
            start: start?,
            vars: self.vars,
            schedules: self.schedules,
            prompts: self.prompts,
            nodes: compiled.into_iter().collect::<Option<Vec<_>>>()?,
            known: Known {
                queues: env.queues.clone(),
                entities: env.entities.clone(),
                topics: env.topics.clone(),
            },
        })
    }

    /// The names of the nodes, then what refers to them. `None`: too many to go on.
    fn read_defaults_and_names(&mut self, top: &Fields<'y>, nodes: Option<&Fields<'y>>) -> Option<()> {
        match nodes {
            Some(nodes) => self.check_size(nodes)?,
            None => top.missing("nodes"),
        }
        for (index, (name, _)) in nodes.into_iter().flat_map(Fields::entries).enumerate() {
            self.check_name(name);
            self.node_names.insert(name.text, NodeRef(index));
        }
        self.read_defaults(top);
        Some(())
    }

    /// What follows costs the square of the number of nodes.
    fn check_size(&self, nodes: &Fields<'y>) -> Option<()> {
        let count = nodes.entries().count();
        if count > MAX_NODES {
            self.faults.add(nodes.at, Fault::TooManyNodes(count));
        }
        (count <= MAX_NODES).then_some(())
    }

    fn check_name(&self, name: Text<'_>) {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
        if name.text.is_empty() || name.text.len() > 64 || !name.text.chars().all(allowed) {
            self.faults.add(name.at, Fault::BadName(shortened(name.text)));
        }
    }

    fn read_languages(&mut self, top: &Fields<'y>) {
        let languages = top.texts("languages");
        self.languages = languages.iter().map(|language| language.text.into()).collect();
        languages.into_iter().for_each(|language| self.check_name(language));
        if self.languages.is_empty() {
            top.missing("languages");
            self.languages.push("it".into());
        }
    }

    fn read_vars(&mut self, top: &Fields<'y>) {
        for (name, yaml) in top.fields("vars").iter().flat_map(Fields::entries) {
            self.check_name(name);
            if let Some(var) = self.read_var(name, yaml) {
                self.scope.insert(name.text.to_owned(), var.default.clone());
                self.vars.insert(name.text.to_owned(), var);
            }
        }
    }

    fn read_var(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Var> {
        let fields = Fields::of(yaml, format!("variable `{}`", name.text), self.faults)?;
        let kind = fields.required("type")?;
        let Some((_, expected)) = VAR_TYPES.into_iter().find(|(known, _)| *known == kind.text) else {
            let expected = "one of string, digits, number, bool, object";
            self.faults.add(kind.at, Fault::Shape { key: "type".to_owned(), expected });
            return None;
        };
        let given = fields.value("default");
        let default = match (kind.text, given.map(|yaml| &yaml.value)) {
            ("string" | "digits" | "object", None) => Some(Value::Text(String::new())),
            ("number", None) => Some(Value::Number(0)),
            ("bool", None) => Some(Value::Flag(false)),
            ("string", Some(YamlValue::Text(text))) => Some(Value::Text(text.clone())),
            ("digits", Some(YamlValue::Text(text))) if text.bytes().all(|b| b.is_ascii_digit()) => {
                Some(Value::Text(text.clone()))
            }
            ("number", Some(YamlValue::Int(number))) => Some(Value::Number(*number)),
            ("bool", Some(YamlValue::Bool(flag))) => Some(Value::Flag(*flag)),
            _ => None,
        };
        let personal = fields.flag("pii").unwrap_or(kind.text == "digits");
        fields.finish();
        if default.is_none() {
            let at = given.map_or(fields.at, |yaml| yaml.at);
            self.faults.add(at, Fault::VarDefault { name: name.text.to_owned(), expected });
        }
        Some(Var { default: default?, personal })
    }

    fn read_schedules(&mut self, top: &Fields<'y>) {
        for (name, yaml) in top.fields("schedules").iter().flat_map(Fields::entries) {
            self.check_name(name);
            self.schedule_names.insert(name.text.into());
            let Some(fields) = Fields::of(yaml, format!("schedule `{}`", name.text), self.faults) else {
                continue;
            };
            match schedule_text(&fields, self.faults).compile() {
                Ok(schedule) => drop(self.schedules.insert(name.text.into(), schedule)),
                Err(faults) => faults.into_iter().for_each(|fault| {
                    self.faults.add(fields.at, Fault::Schedule { name: name.text.to_owned(), fault });
                }),
            }
        }
    }

    fn read_prompts(&mut self, top: &Fields<'y>) {
        for (name, yaml) in top.fields("prompts").iter().flat_map(Fields::entries) {
            self.check_name(name);
            let before = self.faults.count();
            let prompt = self.read_prompt(name, yaml);
            match prompt {
                Some(prompt) if self.faults.count() == before => {
                    self.prompt_names.insert(name.text.to_owned(), PromptRef(self.prompts.len()));
                    self.prompts.push(prompt);
                }
                _ => drop(self.faulty_prompts.insert(name.text.to_owned())),
            }
        }
    }

    fn read_prompt(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Prompt> {
        let fields = Fields::of(yaml, format!("prompt `{}`", name.text), self.faults)?;
        let mut prompt = Prompt { spoken: BTreeMap::new() };
        let scope = Scope { vars: &self.scope, queue: false };
        for (language, yaml) in fields.entries() {
            if !self.languages.iter().any(|known| known.as_str() == language.text) {
                let hint = hint(language.text, self.languages.iter().map(Language::as_str));
                let fault = Fault::UnknownLanguage { name: language.text.to_owned(), hint };
                self.faults.add(language.at, fault);
            }
            let YamlValue::Text(text) = &yaml.value else {
                let fault =
                    Fault::Shape { key: language.text.to_owned(), expected: "a text; put it in quotes" };
                self.faults.add(yaml.at, fault);
                continue;
            };
            match Segment::cut(name.text, text, scope) {
                Ok(segments) => drop(prompt.spoken.insert(language.text.into(), segments)),
                Err(fault) => self.faults.add(yaml.at, fault),
            }
        }
        for language in prompt.languages_of_values() {
            if Speech::for_language(language.as_str()).is_none() {
                self.faults.add(fields.at, Fault::UnspokenLanguage(language.to_string()));
            }
        }
        self.complete_with_recordings(name, &fields, &mut prompt);
        Some(prompt)
    }

    /// A language without a text is spoken from a recording of the prompt's name.
    fn complete_with_recordings(&self, name: Text<'y>, fields: &Fields<'y>, prompt: &mut Prompt) {
        for language in &self.languages {
            let given = fields.entries().any(|(given, _)| given.text == language.as_str());
            if given {
                continue;
            }
            if !self.has_sound(language, name.text) {
                let (name, language) = (name.text.to_owned(), language.to_string());
                self.faults.add(fields.at, Fault::MissingText { name, language });
                continue;
            }
            prompt.spoken.insert(language.clone(), vec![Segment::recorded(name.text)]);
        }
    }

    fn has_sound(&self, language: &Language, name: &str) -> bool {
        self.env.sounds.get(language).is_some_and(|sounds| sounds.contains(name))
    }

    fn read_defaults(&mut self, top: &Fields<'y>) {
        let Some(defaults) = top.fields("defaults") else { return };
        self.default_error = defaults.text("error").and_then(|error| self.named_node("error", error));
        if let Some(input) = defaults.fields("input") {
            self.input = InputDefaults {
                timeout: input.duration("timeout").unwrap_or(self.input.timeout),
                inter_digit: input.duration("inter_digit").unwrap_or(self.input.inter_digit),
                retries: input.count("retries").unwrap_or(self.input.retries),
                barge_in: input.flag("barge_in").unwrap_or(self.input.barge_in),
            };
            input.finish();
        }
        nodes::check_defaults(&defaults);
        self.defaults = Some(defaults);
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

fn schedule_text(fields: &Fields<'_>, faults: &Faults) -> ScheduleText {
    let owned = |texts: Vec<Text<'_>>| texts.into_iter().map(|text| text.text.to_owned()).collect::<Vec<_>>();
    let mut text = ScheduleText {
        zone: fields.text("zone").map(|zone| zone.text.to_owned()),
        closed: owned(fields.texts("closed")),
        ..ScheduleText::default()
    };
    for (days, yaml) in fields.fields("open").iter().flat_map(Fields::entries) {
        let YamlValue::List(times) = &yaml.value else {
            faults.add(yaml.at, Fault::Shape { key: days.text.to_owned(), expected: "a list of time spans" });
            continue;
        };
        let times = times.iter().filter_map(|time| super::fields::text_of(time, days.text, faults)).collect();
        text.open.insert(days.text.to_owned(), owned(times));
    }
    for yaml in fields.list("exceptions") {
        let Some(exception) = Fields::of(yaml, "an exception", faults) else { continue };
        text.exception.push(ExceptionText {
            date: exception.required("date").map(|date| date.text.to_owned()).unwrap_or_default(),
            open: owned(exception.texts("open")),
            closed: exception.flag("closed").unwrap_or(false),
            title: exception.text("title").map(|title| title.text.to_owned()),
        });
        exception.finish();
    }
    fields.finish();
    text
}
