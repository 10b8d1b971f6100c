//! Resolving what nodes name: prompts, variables, schedules, and values that may be computed.

use super::super::expression::{Expression, Scope};
use super::super::fault::{Fault, hint};
use super::super::fields::Text;
use super::super::model::PromptRef;
use super::super::prompt::{Prompt, Segment};
use super::super::template::{Part, Template, parts};
use super::super::value::Value;
use super::Compiler;
use super::exits::Draft;
use crate::ids::{Language, ScheduleId};

impl<'y> Compiler<'y> {
    pub(super) fn prompt(&mut self, draft: &Draft<'y>, key: &'static str) -> Option<PromptRef> {
        draft.fields.required(key)?;
        self.optional_prompt(draft, key)?
    }

    /// A prompt that may be left out. The outer `None` is a fault.
    pub(super) fn optional_prompt(
        &mut self,
        draft: &Draft<'y>,
        key: &'static str,
    ) -> Option<Option<PromptRef>> {
        let Some(name) = draft.fields.text(key) else { return Some(None) };
        if let Some(prompt) = self.prompt_names.get(name.text) {
            return Some(Some(*prompt));
        }
        if self.faulty_prompts.contains(name.text) {
            return None;
        }
        self.recorded_prompt(name).map(Some)
    }

    /// A prompt without text in the file: there must be a recording in every language.
    pub(super) fn recorded_prompt(&mut self, name: Text<'y>) -> Option<PromptRef> {
        if let Some(language) = self.languages.iter().find(|language| !self.has_sound(language, name.text)) {
            let hint = hint(name.text, self.prompt_names.keys().map(String::as_str));
            let (name_given, language) = (name.text.to_owned(), language.to_string());
            self.faults.add(name.at, Fault::MissingSound { name: name_given, language, hint });
            return None;
        }
        let recorded = |language: &Language| (language.clone(), vec![Segment::recorded(name.text)]);
        let prompt = PromptRef(self.prompts.len());
        self.prompts.push(Prompt { spoken: self.languages.iter().map(recorded).collect() });
        self.prompt_names.insert(name.text.to_owned(), prompt);
        Some(prompt)
    }

    /// A name that may be computed; when it is not, `refuse` says whether it is known.
    pub(super) fn named(
        &self,
        draft: &Draft<'y>,
        key: &'static str,
        refuse: impl Fn(&Self, &str) -> Option<Fault>,
    ) -> Option<Option<Template>> {
        let Some(text) = draft.fields.text(key) else { return Some(None) };
        let template = self.template(text, false)?;
        if let Some(fault) = template.fixed_text().and_then(|name| refuse(self, name)) {
            self.faults.add(text.at, fault);
            return None;
        }
        Some(Some(template))
    }

    pub(super) fn var(&self, name: Text<'_>) -> Option<String> {
        if self.vars.contains_key(name.text) {
            return Some(name.text.to_owned());
        }
        let hint = hint(name.text, self.vars.keys().map(String::as_str));
        self.faults.add(name.at, Fault::UnknownVar { name: name.text.to_owned(), hint });
        None
    }

    /// A variable that can keep digits or a name.
    pub(super) fn text_var(&self, name: Text<'_>) -> Option<String> {
        let var = self.var(name)?;
        let keeps_text = matches!(self.scope.get(&var), Some(Value::Text(_)));
        if !keeps_text {
            self.faults.add(name.at, Fault::SaveType(var.clone()));
        }
        keeps_text.then_some(var)
    }

    pub(super) fn schedule(&self, name: Text<'_>) -> Option<ScheduleId> {
        if !self.schedule_names.contains(name.text) {
            let hint = hint(name.text, self.schedule_names.iter().map(ScheduleId::as_str));
            self.faults.add(name.at, Fault::UnknownSchedule { name: name.text.to_owned(), hint });
            return None;
        }
        Some(name.text.into())
    }

    pub(super) fn template(&self, text: Text<'_>, queue: bool) -> Option<Template> {
        let template = Template::compile(text.text, Scope { vars: &self.scope, queue });
        template.map_err(|fault| self.faults.add(text.at, fault)).ok()
    }

    /// A text that is one `${...}` and nothing else.
    pub(super) fn expression(&self, text: Text<'_>, queue: bool) -> Option<Expression> {
        let compiled = parts(text.text).and_then(|parts| match parts.as_slice() {
            [Part::Computed(of)] => Expression::compile(of, Scope { vars: &self.scope, queue }),
            _ => Err(Fault::Shape { key: text.text.to_owned(), expected: "one expression, `${...}`" }),
        });
        compiled.map_err(|fault| self.faults.add(text.at, fault)).ok()
    }
}
