//! What a flow declares before its nodes: languages, variables, schedules, prompts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::expression::{Scope, too_complex};
use super::super::fault::{Fault, Faults, Part, Words, hint, hint_or_all};
use super::super::fields::{Fields, Text, text_of};
use super::super::grammar;
use super::super::hours::{ExceptionText, Schedule, ScheduleFault, ScheduleText};
use super::super::model::PromptRef;
use super::super::prompt::{Prompt, Segment};
use super::super::template::Form;
use super::super::value::Value;
use super::super::variable::{Var, VarKind};
use super::super::yaml::{Value as YamlValue, Yaml};
use super::Compiler;
use crate::ids::{Language, ScheduleId};
use crate::speech::Speech;

/// Most values put together into one. It bounds what that costs during a call.
const MAX_LEAVES: usize = 64;

impl<'y> Compiler<'y> {
    pub(super) fn read_languages(&mut self, top: &Fields<'y>) {
        let languages = top.texts("languages");
        self.languages = languages.iter().map(|language| language.text.into()).collect();
        for language in languages {
            self.check_name(language);
        }
        if self.languages.is_empty() {
            top.missing("languages");
            self.languages.push("it".into());
        }
    }

    pub(super) fn read_vars(&mut self, top: &Fields<'y>) {
        for key in ["vars", "inputs"] {
            for (name, yaml) in top.fields(key).iter().flat_map(Fields::entries) {
                self.check_name(name);
                if let Some(mut var) = self.read_var(name, yaml) {
                    // Whoever uses the sub-flow gives its inputs.
                    var.given |= key == "inputs";
                    self.vars.insert(name.text.to_owned(), var);
                }
            }
        }
    }

    fn read_var(&self, name: Text<'y>, yaml: &'y Yaml) -> Option<Var> {
        let fields = Fields::of(yaml, Part::Var(name.text.to_owned()), self.faults)?;
        let given = fields.value("default");
        let personal = fields.flag("pii");
        let kind = fields.required("type");
        fields.hold_to(&grammar::VAR);
        let kind = kind?;
        let Some(known) = VarKind::by_name(kind.text) else {
            let hint = hint_or_all(kind.text, VarKind::names());
            self.faults
                .add(kind.at, Fault::NotAmong { key: "type".to_owned(), name: kind.text.to_owned(), hint });
            return None;
        };
        let default = match given {
            None => known.empty(),
            Some(given) => self.default_of(name, known, given)?,
        };
        let personal = personal.unwrap_or(known.is_personal());
        Some(Var { kind: known, default, given: given.is_some(), personal })
    }

    fn default_of(&self, name: Text<'y>, kind: VarKind, given: &'y Yaml) -> Option<Value> {
        // Nothing is computed before the call.
        let value = literal(given).filter(|value| kind.fits(value) && value.is_bounded());
        if value.is_none() {
            self.faults
                .add(given.at, Fault::VarDefault { name: name.text.to_owned(), expected: kind.words() });
        }
        value
    }

    pub(super) fn read_schedules(&mut self, top: &Fields<'y>) {
        for (name, yaml) in top.fields("schedules").iter().flat_map(Fields::entries) {
            self.check_name(name);
            self.schedule_names.insert(name.text.into());
            let Some(fields) = Fields::of(yaml, Part::Schedule(name.text.to_owned()), self.faults) else {
                continue;
            };
            let text = schedule_text(&fields, self.faults);
            match self.compiled(&text) {
                Ok(schedule) => {
                    if schedule.never_opens() {
                        self.faults.add(fields.at, Fault::NeverOpens(name.text.to_owned()));
                    }
                    self.schedules.insert(name.text.into(), schedule);
                }
                Err(faults) => faults.into_iter().for_each(|fault| {
                    self.faults.add(fields.at, Fault::Schedule { name: name.text.to_owned(), fault });
                }),
            }
        }
    }

    /// Over what it extends: one of this flow that stands above it, or one of the configuration.
    fn compiled(&self, text: &ScheduleText) -> Result<Schedule, Vec<ScheduleFault>> {
        let Some(name) = &text.extends else { return text.compile() };
        match self.schedules.get(name.as_str()).or_else(|| self.env.schedules.get(name.as_str())) {
            Some(parent) => text.compile_over(parent.clone()),
            None => {
                let known = self.schedules.keys().chain(self.env.schedules.keys());
                let hint = crate::hint::Hint::nearest(name, known.map(ScheduleId::as_str));
                Err(vec![ScheduleFault::Parent { name: name.clone(), hint }])
            }
        }
    }

    pub(super) fn read_prompts(&mut self, top: &Fields<'y>) {
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
        let fields = Fields::of(yaml, Part::Prompt(name.text.to_owned()), self.faults)?;
        let mut prompt = Prompt { at: name.at, spoken: BTreeMap::new() };
        let scope = Scope { vars: &self.vars, queue: false };
        for (language, yaml) in fields.entries() {
            if !self.languages.iter().any(|known| known.as_str() == language.text) {
                let hint = hint(language.text, self.languages.iter().map(Language::as_str));
                let fault = Fault::UnknownLanguage { name: language.text.to_owned(), hint };
                self.faults.add(language.at, fault);
            }
            let Some(text) = text_of(yaml, language.text, self.faults) else { continue };
            if text.text.trim().is_empty() {
                let (name, language) = (name.text.to_owned(), language.text.to_owned());
                self.faults.add(text.at, Fault::MissingText { name, language });
                continue;
            }
            match Segment::cut(name.text, text.text, scope) {
                Ok(segments) => drop(prompt.spoken.insert(language.text.into(), segments)),
                Err(fault) => self.faults.add(yaml.at, fault),
            }
        }
        for language in prompt.languages_of_values() {
            if Speech::for_language(language.as_str()).is_none() {
                let known: BTreeSet<_> = Speech::all().map(|speech| speech.language().to_owned()).collect();
                let known = known.into_iter().collect();
                self.faults.add(fields.at, Fault::UnspokenLanguage { name: language.to_string(), known });
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

    pub(super) fn has_sound(&self, language: &Language, name: &str) -> bool {
        self.env.sounds.get(language).is_some_and(|sounds| sounds.contains(name))
    }

    /// A value in which texts may be computed.
    pub(super) fn form(&self, key: &str, yaml: &'y Yaml) -> Option<Form> {
        if yaml.leaves() > MAX_LEAVES {
            self.faults.add(yaml.at, Fault::Expression { text: key.to_owned(), why: too_complex() });
            return None;
        }
        match &yaml.value {
            YamlValue::Text(text) => self.template(Text { at: yaml.at, text }, false).map(Form::Leaf),
            YamlValue::List(items) => {
                items.iter().map(|item| self.form(key, item)).collect::<Option<_>>().map(Form::List)
            }
            YamlValue::Map(fields) => {
                let field = |(name, yaml): &'y (super::super::yaml::Key, Yaml)| {
                    Some((name.name.clone(), self.form(key, yaml)?))
                };
                fields.iter().map(field).collect::<Option<_>>().map(Form::Object)
            }
            _ => {
                let value = literal(yaml);
                if value.is_none() {
                    self.faults.add(yaml.at, Fault::Shape { key: key.to_owned(), expected: Words::VALUE });
                }
                value.map(|value| Form::Leaf(super::super::template::Template::Fixed(value)))
            }
        }
    }
}

/// A value in which nothing is computed.
pub(in super::super) fn literal(yaml: &Yaml) -> Option<Value> {
    Some(match &yaml.value {
        YamlValue::Null | YamlValue::Float => return None,
        YamlValue::Bool(flag) => Value::Flag(*flag),
        YamlValue::Int(number) => Value::Number(*number),
        YamlValue::Text(text) => Value::Text(text.clone()),
        YamlValue::List(items) => Value::List(items.iter().map(literal).collect::<Option<_>>()?),
        YamlValue::Map(fields) => {
            let field =
                |(name, yaml): &(super::super::yaml::Key, Yaml)| Some((name.name.clone(), literal(yaml)?));
            Value::Object(fields.iter().map(field).collect::<Option<_>>()?)
        }
    })
}

fn schedule_text(fields: &Fields<'_>, faults: &Faults) -> ScheduleText {
    let owned = |texts: Vec<Text<'_>>| texts.into_iter().map(|text| text.text.to_owned()).collect::<Vec<_>>();
    let mut text = ScheduleText {
        extends: fields.text("extends").map(|parent| parent.text.to_owned()),
        zone: fields.text("zone").map(|zone| zone.text.to_owned()),
        closed: owned(fields.texts("closed")),
        ..ScheduleText::default()
    };
    for (days, yaml) in fields.fields("open").iter().flat_map(Fields::entries) {
        let YamlValue::List(times) = &yaml.value else {
            faults.add(yaml.at, Fault::Shape { key: days.text.to_owned(), expected: Words::TIMES });
            continue;
        };
        let times = times.iter().filter_map(|time| text_of(time, days.text, faults)).collect();
        text.open.insert(days.text.to_owned(), owned(times));
    }
    for yaml in fields.list("exceptions") {
        let Some(exception) = Fields::of(yaml, Part::ItemOf("exceptions"), faults) else { continue };
        text.exception.push(ExceptionText {
            date: exception.required("date").map(|date| date.text.to_owned()).unwrap_or_default(),
            open: owned(exception.texts("open")),
            closed: exception.flag("closed").unwrap_or(false),
            title: exception.text("title").map(|title| title.text.to_owned()),
        });
        exception.hold_to_names(vec!["date", "open", "closed", "title"]);
    }
    fields.hold_to_names(vec!["extends", "zone", "closed", "open", "exceptions"]);
    text
}
