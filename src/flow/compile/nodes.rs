//! Each type of node: what it becomes. Its keys and exits are in the grammar.

use super::super::fault::{Fault, Part, hint, hint_or_all};
use super::super::fields::{Fields, Text, text_of};
use super::super::grammar::{Kind, Way};
use super::super::model::{Node, Question, Step};
use super::super::template::Form;
use super::super::yaml::{Value as YamlValue, Yaml};
use super::Compiler;
use super::exits::Draft;
use crate::ids::Language;

/// Checks what is said below `defaults` of each type of node.
pub(super) fn check_defaults(defaults: &Fields<'_>) {
    for name in Kind::names() {
        let Some((fields, kind)) = defaults.fields(name).zip(Kind::by_name(name)) else { continue };
        let written = kind.written();
        if let Some(exits) = fields.fields("exits").filter(|_| kind != Kind::Subflow) {
            exits.hold_to_names(written.exits.iter().map(|exit| exit.name).collect());
        }
        let keys = written.keys.iter().map(|key| key.name);
        fields.hold_to_names(keys.chain(["exits", "info"]).collect());
    }
}

impl<'y> Compiler<'y> {
    /// Compiles one node; `None` after a fault.
    pub(super) fn node(&mut self, id: Text<'y>, yaml: &'y Yaml) -> Option<Node> {
        if self.faults.is_full() {
            return None;
        }
        let reference = *self.node_names.get(id.text)?;
        let fields = Fields::of(yaml, Part::Node(id.text.to_owned()), self.faults);
        let kind = fields.as_ref().and_then(|fields| fields.required("type"));
        let known = kind.and_then(|kind| Kind::by_name(kind.text));
        let (Some(fields), Some(kind)) = (fields, known) else {
            // Where it leads is not known.
            self.graph.has_gap();
            if let Some(kind) = kind {
                let (name, hint) = (kind.text.to_owned(), hint_or_all(kind.text, Kind::names()));
                self.faults.add(kind.at, Fault::UnknownType { name, hint });
            }
            return None;
        };
        if kind.ends() {
            self.graph.end(reference);
        }
        let draft = Draft::new(id.text, kind, fields, self.of_types.get(kind.name()));
        let info = draft.fields.flag("info").unwrap_or(false);
        let step = self.step(&draft);
        let wired = self.wire(&draft);
        draft.finish();
        wired?;
        Some(Node { id: id.text.into(), kind, info, step: step?, ways: draft.ways.into_inner() })
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
            Kind::AnswersWithin => self.answers_within(draft),
            Kind::Survey => self.survey(draft),
            Kind::Voicemail | Kind::Record => self.record(draft),
            Kind::Callback => self.callback(draft),
            Kind::Transfer => self.transfer(draft),
            Kind::Message => self.message(draft),
            Kind::Http => self.http(draft),
            Kind::Lookup => self.lookup(draft),
            Kind::Case => self.case(draft),
            Kind::Subflow => self.subflow(draft),
            Kind::Return => self.return_node(draft),
            Kind::Hangup => Some(Step::Hangup { prompt: self.optional_prompt(draft, "prompt")? }),
        }
    }

    fn play(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.prompt(draft, "prompt");
        let barge_in = draft.fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let notice = draft.fields.flag("notice").unwrap_or(false);
        let keys = self.keys(draft);
        let to = self.to(draft);
        keys?;
        to?;
        Some(Step::Play { prompt: prompt?, barge_in, notice })
    }

    fn menu(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.prompt(draft, "prompt");
        let ask = self.ask(draft, prompt);
        let keys = self.keys(draft);
        if draft.fields.value("keys").is_none() {
            self.faults.add(draft.fields.at, Fault::NoKeys { node: draft.id.to_owned() });
        }
        keys?;
        Some(Step::Menu { ask: ask? })
    }

    fn collect(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.prompt(draft, "prompt");
        let ask = self.ask(draft, prompt);
        let collect = self.collected(draft);
        Some(Step::Collect { ask: ask?, collect: collect? })
    }

    fn survey(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let mut questions = Some(Vec::new());
        for yaml in self.faults.until_full(draft.fields.list("questions")) {
            let question = self.question(yaml);
            questions = questions.zip(question).map(|(mut all, question)| {
                all.push(question);
                all
            });
        }
        if draft.fields.list("questions").is_empty() {
            self.faults.add(draft.fields.at, Fault::NoQuestions(draft.id.to_owned()));
        }
        let questions = questions?;
        let ask = self.ask(draft, questions.first().map(|question| question.prompt));
        Some(Step::Survey { ask: ask?, questions })
    }

    fn question(&mut self, yaml: &'y Yaml) -> Option<Question> {
        let fields = Fields::of(yaml, Part::ItemOf("questions"), self.faults)?;
        let id = fields.required("id");
        let prompt = fields.required("prompt").and_then(|prompt| self.named_prompt(prompt));
        let range = fields.list("range");
        let ends: Vec<u8> = range
            .iter()
            .filter_map(|end| match end.value {
                YamlValue::Int(number) => u8::try_from(number).ok().filter(|number| *number <= 9),
                _ => None,
            })
            .collect();
        fields.hold_to_names(vec!["id", "prompt", "range"]);
        let (from, to) = match ends.as_slice() {
            [from, to] if from < to && range.len() == 2 => (*from, *to),
            _ => {
                self.faults.add(range.first().map_or(fields.at, |first| first.at), Fault::BadRange);
                return None;
            }
        };
        let id = id.filter(|id| self.check_name(*id))?;
        Some(Question { id: id.text.to_owned(), prompt: prompt?, from, to })
    }

    fn hours(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let schedule = draft.fields.required("schedule").and_then(|name| self.schedule(name));
        let queue = self.queue_name(draft);
        Some(Step::Hours { schedule: schedule?, queue: queue? })
    }

    fn bulletin(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let slot = draft.fields.required("slot").filter(|slot| self.check_name(*slot));
        let prompt = self.optional_prompt(draft, "prompt");
        Some(Step::Bulletin { slot: slot?.text.to_owned(), prompt: prompt? })
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
        to?;
        Some(Step::Language { set: known? })
    }

    fn branch(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let mut when = Some(Vec::new());
        for (at, yaml) in self.faults.until_full(draft.fields.list("when")).enumerate() {
            let condition = self.condition(draft, at + 1, yaml);
            when = when.zip(condition).map(|(mut all, condition)| {
                all.push(condition);
                all
            });
        }
        if draft.fields.value("when").is_none() {
            draft.fields.missing("when");
        }
        let otherwise = draft.fields.required("else").and_then(|target| self.go(draft, Way::Else, target));
        otherwise?;
        Some(Step::Branch { when: when? })
    }

    fn condition(
        &mut self,
        draft: &Draft<'y>,
        at: usize,
        yaml: &'y Yaml,
    ) -> Option<super::super::expression::Expression> {
        let fields = Fields::of(yaml, Part::ItemOf("when"), self.faults)?;
        let condition = fields.required("if").and_then(|text| self.truth(text, false));
        let to = fields.required("to").and_then(|target| self.go(draft, Way::When(at), target));
        fields.hold_to_names(vec!["if", "to"]);
        to?;
        condition
    }

    fn set(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let vars = draft.fields.fields("vars");
        if vars.is_none() {
            draft.fields.missing("vars");
        }
        let mut values = Some(Vec::new());
        for (name, yaml) in vars.iter().flat_map(Fields::entries) {
            let value = self.var(name).and_then(|var| Some((var, self.value_for(name, yaml)?)));
            values = values.zip(value).map(|(mut values, value)| {
                values.push(value);
                values
            });
        }
        let to = self.to(draft);
        vars?;
        to?;
        Some(Step::Set { values: values? })
    }

    /// A value for variable `name`, whose type it must have as far as can be seen now.
    fn value_for(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Form> {
        let form = self.form(name.text, yaml)?;
        let var = self.vars.get(name.text)?;
        self.fits(name.text, var, &form, yaml).then_some(form)
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
        to?;
        Some(Step::Tag { entity: entity?, topic: topic?, record })
    }

    /// The node's `keys`: each key and where it leads.
    fn keys(&mut self, draft: &Draft<'y>) -> Option<()> {
        let mut wired = Some(());
        for (key, yaml) in draft.fields.fields("keys").iter().flat_map(Fields::entries) {
            let target = text_of(yaml, key.text, self.faults);
            let key = self.key(key);
            let way = key.zip(target).and_then(|(key, target)| self.go(draft, Way::Key(key), target));
            wired = wired.and(way.map(drop));
        }
        wired
    }
}
