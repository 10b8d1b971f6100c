//! The keys of the telephone: how a node asks for them, and what they make.

use std::time::Duration;

use super::super::fault::{Fault, hint_or_all};
use super::super::fields::Text;
use super::super::grammar::Kind;
use super::super::input_kind::{InputKind, Pattern};
use super::super::model::{Ask, Collect, PromptRef, RecordStep, Step};
use super::super::yaml::Value as YamlValue;
use super::Compiler;
use super::exits::Draft;
use crate::flow::variable::VarKind;
use crate::media::take::LONGEST_TAKE;

/// The kinds of `collect`.
const COLLECTED: [&str; 4] = ["digits", "date", "phone", "fiscal_code"];
/// A recording's limits, unless the node says otherwise.
const MAX_RECORDING: Duration = Duration::from_secs(120);
const END_SILENCE: Duration = Duration::from_secs(4);
/// Shorter than this nobody speaks, or falls silent.
const LEAST_SPAN: Duration = Duration::from_secs(1);
/// Longest silence in a recording: who is silent for longer is gone.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

impl<'y> Compiler<'y> {
    pub(super) fn ask(&mut self, draft: &Draft<'y>, prompt: Option<PromptRef>) -> Option<Ask> {
        let invalid = self.prompts_of(draft, "invalid");
        let silence = self.prompts_of(draft, "silence");
        let fields = &draft.fields;
        let barge_in = fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let type_ahead = fields.flag("type_ahead").unwrap_or(self.input.type_ahead);
        let timeout = fields.duration("timeout").unwrap_or(self.input.timeout);
        let retries = fields.count("retries").unwrap_or(self.input.retries);
        Some(Ask {
            prompt: prompt?,
            invalid: invalid?,
            silence: silence?,
            barge_in,
            type_ahead,
            timeout,
            retries,
        })
    }

    /// One prompt or several.
    fn prompts_of(&mut self, draft: &Draft<'y>, key: &'static str) -> Option<Vec<PromptRef>> {
        let several = matches!(draft.fields.value(key).map(|yaml| &yaml.value), Some(YamlValue::List(_)));
        if !several {
            return Some(self.optional_prompt(draft, key)?.into_iter().collect());
        }
        let names = draft.fields.texts(key);
        names.into_iter().map(|name| self.named_prompt(name)).collect()
    }

    pub(super) fn collected(&mut self, draft: &Draft<'y>) -> Option<Collect> {
        let fields = &draft.fields;
        let kind = self.word(draft, "kind", &COLLECTED).unwrap_or(Some("digits"));
        let input = match kind {
            Some("digits") | None => self.digits(draft),
            Some(other) => {
                for key in ["digits", "pattern"] {
                    if let Some(given) = fields.value(key) {
                        self.faults.add(given.at, Fault::OnlyForDigits { key });
                    }
                }
                Some(match other {
                    "date" => InputKind::Date,
                    "phone" => InputKind::Phone,
                    _ => InputKind::FiscalCode,
                })
            }
        };
        let wanted = match input {
            Some(InputKind::Date) => [VarKind::Date, VarKind::Text],
            Some(InputKind::Phone) => [VarKind::Phone, VarKind::Text],
            Some(InputKind::FiscalCode) => [VarKind::Text, VarKind::Text],
            Some(InputKind::Digits { .. }) | None => [VarKind::Digits, VarKind::Text],
        };
        let save = fields.required("save").and_then(|save| self.var_of(save, &wanted));
        let confirm = self.optional_prompt(draft, "confirm");
        let inter_digit = fields.duration("inter_digit").unwrap_or(self.input.inter_digit);
        kind?;
        Some(Collect { kind: input?, inter_digit, confirm: confirm?, save: save? })
    }

    /// One of these words. The outer `None`: it is not given; the inner: it is none of them.
    pub(super) fn word(
        &self,
        draft: &Draft<'y>,
        key: &'static str,
        words: &'static [&'static str],
    ) -> Option<Option<&'static str>> {
        let given = draft.fields.text(key)?;
        let word = words.iter().copied().find(|word| *word == given.text);
        if word.is_none() {
            let hint = hint_or_all(given.text, words.iter().copied());
            let (key, name) = (key.to_owned(), given.text.to_owned());
            self.faults.add(given.at, Fault::NotAmong { key, name, hint });
        }
        Some(word)
    }

    fn digits(&self, draft: &Draft<'y>) -> Option<InputKind> {
        let pattern = self.pattern(draft)?;
        let fields = draft.fields.fields("digits");
        let Some(fields) = fields else {
            let Some(pattern) = pattern else {
                draft.fields.missing("digits");
                return None;
            };
            let length = pattern.len();
            return Some(InputKind::Digits { min: length, max: length, end: None, pattern: Some(pattern) });
        };
        let length = pattern.as_ref().and_then(|pattern| u32::try_from(pattern.len()).ok());
        let min = u64::from(fields.count("min").or(length).unwrap_or(1));
        let max = u64::from(fields.count("max").or(length).unwrap_or(32));
        let good = min > 0 && max >= min && max <= 32;
        if !good {
            self.faults.add(fields.at, Fault::DigitCount { min, max });
        }
        let end = fields.text("end").map(|end| self.key(end));
        fields.hold_to_names(vec!["min", "max", "end"]);
        let end = end.map_or(Some(None), |end| end.map(Some))?;
        let (min, max) = (usize::try_from(min).ok()?, usize::try_from(max).ok()?);
        good.then_some(InputKind::Digits { min, max, end, pattern })
    }

    fn pattern(&self, draft: &Draft<'y>) -> Option<Option<Pattern>> {
        let Some(text) = draft.fields.text("pattern") else { return Some(None) };
        let pattern = Pattern::parse(text.text);
        if pattern.is_none() {
            self.faults.add(text.at, Fault::BadPattern(super::shortened(text.text)));
        }
        pattern.map(Some)
    }

    pub(super) fn key(&self, text: Text<'_>) -> Option<char> {
        let mut chars = text.text.chars();
        match (chars.next(), chars.next()) {
            (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Some(key),
            _ => {
                self.faults.add(text.at, Fault::BadKey(super::shortened(text.text)));
                None
            }
        }
    }

    fn take_span(&self, draft: &Draft<'y>, key: &'static str, most: Duration) -> Option<Duration> {
        let span = draft.fields.duration(key)?;
        if !(LEAST_SPAN..=most).contains(&span)
            && let Some(text) = draft.fields.text(key)
        {
            self.faults.add(text.at, Fault::TakeSpan { key, most_s: most.as_secs() });
        }
        Some(span)
    }

    /// `record` and `voicemail`.
    pub(super) fn record(&mut self, draft: &Draft<'y>) -> Option<Step> {
        let prompt = self.optional_prompt(draft, "prompt");
        let review = self.optional_prompt(draft, "review");
        let max = self.take_span(draft, "max", LONGEST_TAKE).unwrap_or(MAX_RECORDING);
        let silence = self.take_span(draft, "silence", LONGEST_SILENCE).unwrap_or(END_SILENCE);
        let end = draft.fields.text("end").map_or(Some('#'), |end| self.key(end));
        let (queue, save) = if draft.kind == Kind::Voicemail {
            draft.fields.required("queue");
            (self.queue_name(draft), Some(None))
        } else {
            (Some(None), self.kept(draft))
        };
        Some(Step::Record(Box::new(RecordStep {
            prompt: prompt?,
            max,
            silence,
            end: end?,
            review: review?,
            queue: queue?,
            save: save?,
        })))
    }
}
