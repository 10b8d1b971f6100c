//! Resolving what nodes name: prompts, variables, schedules, queues, and values that may be computed.

use super::super::expression::{Expression, Scope, Type};
use super::super::fault::{Fault, Words, hint, shortened};
use super::super::fields::Text;
use super::super::hours::Schedule;
use super::super::model::PromptRef;
use super::super::prompt::{Prompt, Segment};
use super::super::template::{Part, Template, parts};
use super::Compiler;
use super::exits::Draft;
use crate::flow::variable::VarKind;
use crate::ids::{Language, QueueId, ScheduleId};

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
        self.named_prompt(name).map(Some)
    }

    pub(super) fn named_prompt(&mut self, name: Text<'y>) -> Option<PromptRef> {
        if let Some(prompt) = self.prompt_names.get(name.text) {
            return Some(*prompt);
        }
        if self.faulty_prompts.contains(name.text) {
            return None;
        }
        self.recorded_prompt(name)
    }

    /// A prompt without text in the file: there must be a recording in every language.
    fn recorded_prompt(&mut self, name: Text<'y>) -> Option<PromptRef> {
        if !is_sound(name.text) {
            self.faults.add(name.at, Fault::BadSound(shortened(name.text)));
            return None;
        }
        if let Some(language) = self.languages.iter().find(|language| !self.has_sound(language, name.text)) {
            let hint = hint(name.text, self.prompt_names.keys().map(String::as_str));
            let (name_given, language) = (name.text.to_owned(), language.to_string());
            self.faults.add(name.at, Fault::MissingSound { name: name_given, language, hint });
            return None;
        }
        let recorded = |language: &Language| (language.clone(), vec![Segment::recorded(name.text)]);
        let prompt = PromptRef(self.prompts.len());
        self.prompts.push(Prompt { at: name.at, spoken: self.languages.iter().map(recorded).collect() });
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

    /// The key `queue`.
    pub(super) fn queue_name(&self, draft: &Draft<'y>) -> Option<Option<Template>> {
        self.named(draft, "queue", |compiler, name| {
            let known = &compiler.env.queues;
            let hint = || hint(name, known.iter().map(QueueId::as_str));
            (!known.contains(name)).then(|| Fault::UnknownQueue { name: name.to_owned(), hint: hint() })
        })
    }

    pub(super) fn var(&self, name: Text<'_>) -> Option<String> {
        if self.vars.contains_key(name.text) {
            return Some(name.text.to_owned());
        }
        let hint = hint(name.text, self.vars.keys().map(String::as_str));
        self.faults.add(name.at, Fault::UnknownVar { name: name.text.to_owned(), hint });
        None
    }

    /// A variable of one of these types.
    pub(super) fn var_of(&self, name: Text<'_>, wanted: &[VarKind]) -> Option<String> {
        let var = self.var(name)?;
        let keeps = self.vars.get(&var).is_some_and(|var| wanted.contains(&var.kind));
        if !keeps {
            let expected = wanted.first().map_or(Words::TEXT, |kind| kind.declared());
            self.faults.add(name.at, Fault::SaveType { name: var.clone(), expected });
        }
        keeps.then_some(var)
    }

    pub(super) fn schedule(&self, name: Text<'_>) -> Option<ScheduleId> {
        if !self.schedule_names.contains(name.text) {
            let hint = hint(name.text, self.schedule_names.iter().map(ScheduleId::as_str));
            self.faults.add(name.at, Fault::UnknownSchedule { name: name.text.to_owned(), hint });
            return None;
        }
        // One of the flow's own is told where it is declared.
        let own = self.schedules.contains_key(name.text);
        if !own && self.env.schedules.get(name.text).is_some_and(Schedule::never_opens) {
            self.faults.add(name.at, Fault::NeverOpens(name.text.to_owned()));
        }
        Some(name.text.into())
    }

    pub(super) fn template(&self, text: Text<'_>, queue: bool) -> Option<Template> {
        let template = Template::compile(text.text, Scope { vars: &self.vars, queue });
        template.map_err(|fault| self.faults.add(text.at, fault)).ok()
    }

    /// A text that is one `${...}` and nothing else, and either true or false.
    pub(super) fn truth(&self, text: Text<'_>, queue: bool) -> Option<Expression> {
        let compiled = parts(text.text).and_then(|parts| match parts.as_slice() {
            [Part::Computed(of)] => Expression::compile(of, Scope { vars: &self.vars, queue }),
            _ => Err(Fault::Shape { key: shortened(text.text), expected: Words::ONE }),
        });
        let expression = compiled.map_err(|fault| self.faults.add(text.at, fault)).ok()?;
        if !expression.kind.may_be(Type::Flag) {
            self.faults.add(text.at, Fault::Shape { key: shortened(text.text), expected: Words::CONDITION });
            return None;
        }
        Some(expression)
    }
}

/// A name below `sounds/<language>/` that stays there.
fn is_sound(name: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-' | b'.');
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.bytes().all(sign);
    name.len() <= 128 && name.split('/').all(part)
}
