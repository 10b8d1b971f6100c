//! Each type of node: which keys it takes, which exits it has, and what it becomes.

use super::super::expression::Expression;
use super::super::fault::{Fault, hint, hint_or_all};
use super::super::fields::{Fields, Text};
use super::super::model::{Node, NodeRef, Step};
use super::super::template::Template;
use super::super::value::Value;
use super::super::yaml::{Value as YamlValue, Yaml};
use super::Compiler;
use super::exits::Draft;
use crate::ids::Language;

/// The types of node of this version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Play,
    Menu,
    Collect,
    Hours,
    Bulletin,
    Language,
    Branch,
    Set,
    Tag,
    Queue,
    Hangup,
}

/// Names of the types of this version.
const KINDS: [(&str, Kind); 11] = [
    ("play", Kind::Play),
    ("menu", Kind::Menu),
    ("collect", Kind::Collect),
    ("hours", Kind::Hours),
    ("bulletin", Kind::Bulletin),
    ("language", Kind::Language),
    ("branch", Kind::Branch),
    ("set", Kind::Set),
    ("tag", Kind::Tag),
    ("queue", Kind::Queue),
    ("hangup", Kind::Hangup),
];

/// Types that later versions bring.
const LATER: [&str; 8] = ["callback", "survey", "http", "subflow", "transfer", "voicemail", "sms", "case"];

impl Kind {
    pub(super) fn name(self) -> &'static str {
        KINDS.into_iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Names allowed below `exits`.
    pub(super) fn exits(self) -> &'static [&'static str] {
        match self {
            Kind::Menu => &["timeout", "invalid", "error"],
            Kind::Collect => &["ok", "timeout", "invalid", "error"],
            Kind::Hours => &["open", "closed", "holiday", "emergency", "error"],
            Kind::Bulletin => &["none", "played", "closing", "error"],
            Kind::Queue => &["answered", "closed", "full", "no_seats", "timeout", "key", "callback", "error"],
            _ => &["error"],
        }
    }

    /// The exit can be taken without the caller hearing or doing anything.
    pub(super) fn is_instant(self, exit: &str) -> bool {
        match self {
            Kind::Hours | Kind::Language | Kind::Branch | Kind::Set | Kind::Tag => exit != "error",
            Kind::Bulletin => exit == "none",
            Kind::Queue => ["closed", "full", "no_seats"].contains(&exit),
            Kind::Play | Kind::Menu | Kind::Collect | Kind::Hangup => false,
        }
    }
}

/// Checks the names below `defaults`, and the exits of each type there.
pub(super) fn check_defaults(defaults: &Fields<'_>) {
    defaults.allow(&LATER);
    for (name, kind) in KINDS {
        let Some(fields) = defaults.fields(name) else { continue };
        if let Some(exits) = fields.fields("exits") {
            exits.allow(kind.exits());
            exits.finish();
        }
        if kind == Kind::Queue {
            fields.allow(&["hold", "offer_callback", "max_wait"]);
        }
        fields.finish();
    }
    defaults.finish();
}

impl<'y> Compiler<'y> {
    /// Compiles one node; `None` after a fault.
    pub(super) fn node(&mut self, id: Text<'y>, yaml: &'y Yaml) -> Option<Node> {
        if self.faults.is_full() {
            return None;
        }
        let reference = *self.node_names.get(id.text)?;
        self.graph.node(reference, id.text, id.at);
        let fields = Fields::of(yaml, format!("node `{}`", id.text), self.faults)?;
        let kind = fields.required("type")?;
        let Some((_, kind)) = KINDS.into_iter().find(|(name, _)| *name == kind.text) else {
            self.other_type(id, kind, &fields);
            return None;
        };
        let info = fields.flag("info").unwrap_or(false);
        let draft = Draft::new(id.text, kind, fields, self.defaults.as_ref());
        let error = self.optional_exit(&draft, "error");
        let step = self.step(&draft);
        draft.finish();
        Some(Node { id: id.text.into(), info, error: error?.or(self.default_error), step: step? })
    }

    /// A type that this version does not run. Where it leads still counts for what can be reached.
    fn other_type(&mut self, id: Text<'y>, kind: Text<'y>, fields: &Fields<'y>) {
        let name = kind.text.to_owned();
        if LATER.contains(&kind.text) {
            self.faults.add(kind.at, Fault::LaterType { name });
        } else {
            self.graph.has_gap();
            let hint = hint_or_all(&name, KINDS.map(|(name, _)| name));
            self.faults.add(kind.at, Fault::UnknownType { name, hint });
        }
        let exits = fields.fields("exits");
        let default_exits = self.defaults.as_ref().and_then(|defaults| {
            let later = LATER.into_iter().find(|later| *later == kind.text)?;
            defaults.fields(later)?.fields("exits")
        });
        let targets = [exits, default_exits, fields.fields("keys")];
        let named = targets.iter().flatten().flat_map(Fields::entries).map(|(_, target)| target);
        for target in named.chain(fields.value("to")) {
            if let YamlValue::Text(target) = &target.value
                && let (Some(from), Some(to)) =
                    (self.node_names.get(id.text), self.node_names.get(target.as_str()))
            {
                self.graph.edge(*from, *to, false);
            }
        }
    }

    fn step(&mut self, draft: &Draft<'y>) -> Option<Step> {
        match draft.kind {
            Kind::Play => self.play(draft),
            Kind::Menu => self.menu(draft),
            Kind::Collect => self.collect(draft),
            Kind::Hours => self.hours(draft),
            Kind::Bulletin => self.bulletin(draft),
            Kind::Language => self.language(draft),
            Kind::Branch => self.branch(draft),
            Kind::Set => self.set(draft),
            Kind::Tag => self.tag(draft),
            Kind::Queue => self.queue(draft),
            Kind::Hangup => Some(Step::Hangup { prompt: self.optional_prompt(draft, "prompt")? }),
        }
    }

    fn play(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.prompt(draft, "prompt");
        let barge_in = draft.fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let keys = self.keys(draft);
        let to = self.to(draft);
        Some(Step::Play { prompt: prompt?, barge_in, keys: keys?, to: to? })
    }

    fn menu(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let ask = self.ask(draft);
        let keys = self.keys(draft)?;
        if draft.fields.value("keys").is_none() {
            self.faults.add(draft.fields.at, Fault::NoKeys { node: draft.id.to_owned() });
        }
        Some(Step::Menu { ask: ask?, keys })
    }

    fn collect(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let ask = self.ask(draft);
        let digits = self.digits(draft);
        let save = draft.fields.required("save").and_then(|save| self.text_var(save));
        let ok = self.exit(draft, "ok");
        Some(Step::Collect { ask: ask?, digits: digits?, save: save?, ok: ok? })
    }

    fn hours(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let schedule = draft.fields.required("schedule").and_then(|name| self.schedule(name));
        let [open, closed] = ["open", "closed"].map(|exit| self.exit(draft, exit));
        let [holiday, emergency] = ["holiday", "emergency"].map(|exit| self.exit(draft, exit));
        Some(Step::Hours {
            schedule: schedule?,
            open: open?,
            closed: closed?,
            holiday: holiday?,
            emergency: emergency?,
        })
    }

    fn bulletin(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let slot = draft.fields.required("slot");
        let prompt = self.optional_prompt(draft, "prompt");
        let [none, played, closing] = ["none", "played", "closing"].map(|exit| self.exit(draft, exit));
        Some(Step::Bulletin {
            slot: slot?.text.to_owned(),
            prompt: prompt?,
            none: none?,
            played: played?,
            closing: closing?,
        })
    }

    fn language(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let set = draft.fields.required("set");
        let to = self.to(draft);
        let set = set?;
        let known = self.languages.iter().find(|language| language.as_str() == set.text).cloned();
        if known.is_none() {
            let hint = hint(set.text, self.languages.iter().map(Language::as_str));
            self.faults.add(set.at, Fault::UnknownLanguage { name: set.text.to_owned(), hint });
        }
        Some(Step::Language { set: known?, to: to? })
    }

    fn branch(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let mut when = Some(Vec::new());
        for yaml in draft.fields.list("when") {
            let way = self.way(draft, yaml);
            when = when.zip(way).map(|(mut ways, way)| {
                ways.push(way);
                ways
            });
        }
        let otherwise = draft.fields.required("else").and_then(|target| self.go(draft, "else", target));
        Some(Step::Branch { when: when?, otherwise: otherwise? })
    }

    fn way(&mut self, draft: &Draft<'y>, yaml: &'y Yaml) -> Option<(Expression, NodeRef)> {
        let fields = Fields::of(yaml, "an item of `when`", self.faults)?;
        let condition = fields.required("if").and_then(|text| self.expression(text, false));
        let to = fields.required("to").and_then(|target| self.go(draft, "to", target));
        fields.finish();
        condition.zip(to)
    }

    fn set(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let vars = draft.fields.fields("vars");
        if vars.is_none() {
            draft.fields.missing("vars");
        }
        let mut values = Some(Vec::new());
        for (name, yaml) in vars.iter().flat_map(Fields::entries) {
            let value = self.var(name).zip(self.value(name, yaml));
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        let to = self.to(draft);
        vars?;
        Some(Step::Set { values: values?, to: to? })
    }

    /// A value for variable `name`, whose type it must have as far as can be seen now.
    fn value(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Template> {
        let template = match &yaml.value {
            YamlValue::Text(text) => self.template(Text { at: yaml.at, text }, false)?,
            YamlValue::Int(number) => Template::Fixed(Value::Number(*number)),
            YamlValue::Bool(flag) => Template::Fixed(Value::Flag(*flag)),
            _ => {
                let expected = "a text, a whole number, true or false";
                self.faults.add(yaml.at, Fault::Shape { key: name.text.to_owned(), expected });
                return None;
            }
        };
        let (expected, fits) = match (self.scope.get(name.text)?, &template) {
            (Value::Text(_), Template::Fixed(value)) => ("a text", matches!(value, Value::Text(_))),
            (Value::Number(_), Template::Fixed(value)) => {
                ("a whole number", matches!(value, Value::Number(_)))
            }
            (Value::Flag(_), Template::Fixed(value)) => ("true or false", matches!(value, Value::Flag(_))),
            (Value::List(_) | Value::Object(_), Template::Fixed(_)) => ("one expression alone", false),
            (Value::Number(_) | Value::Flag(_), Template::Joined(_)) => ("one expression alone", false),
            _ => ("", true),
        };
        if !fits {
            self.faults.add(yaml.at, Fault::Shape { key: name.text.to_owned(), expected });
        }
        fits.then_some(template)
    }

    fn tag(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let entity = self.named(draft, "entity", |compiler, name| {
            let known = &compiler.env.entities;
            let hint = || hint(name, known.iter().map(crate::ids::EntityId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownEntity { name: name.to_owned(), hint: hint() })
        });
        let topic = self.named(draft, "topic", |compiler, name| {
            let known = &compiler.env.topics;
            let hint = || hint(name, known.iter().map(crate::ids::TopicId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownTopic { name: name.to_owned(), hint: hint() })
        });
        let record = draft.fields.flag("record");
        let to = self.to(draft);
        let given = ["entity", "topic", "record"].iter().any(|key| draft.fields.value(key).is_some());
        if !given {
            self.faults.add(draft.fields.at, Fault::EmptyTag(draft.id.to_owned()));
        }
        Some(Step::Tag { entity: entity?, topic: topic?, record, to: to? })
    }
}
