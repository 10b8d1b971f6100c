//! The keys of the telephone: how a node asks for them, which it takes, and how many make a number.

use std::collections::BTreeMap;

use super::super::fault::Fault;
use super::super::fields::{Fields, Text, text_of};
use super::super::model::{Ask, Digits, NodeRef};
use super::Compiler;
use super::exits::Draft;

impl<'y> Compiler<'y> {
    pub(super) fn ask(&mut self, draft: &Draft<'y>) -> Option<Ask> {
        let prompt = self.prompt(draft, "prompt");
        let invalid = self.optional_prompt(draft, "invalid");
        let silence = self.optional_prompt(draft, "silence");
        let (on_timeout, on_invalid) = (self.exit(draft, "timeout"), self.exit(draft, "invalid"));
        let fields = &draft.fields;
        let barge_in = fields.flag("barge_in").unwrap_or(self.input.barge_in);
        let timeout = fields.duration("timeout").unwrap_or(self.input.timeout);
        let retries = fields.count("retries").unwrap_or(self.input.retries);
        Some(Ask {
            prompt: prompt?,
            invalid: invalid?,
            silence: silence?,
            barge_in,
            timeout,
            retries,
            on_timeout: on_timeout?,
            on_invalid: on_invalid?,
        })
    }

    pub(super) fn digits(&self, draft: &Draft<'y>) -> Option<Digits> {
        let inter_digit = draft.fields.duration("inter_digit").unwrap_or(self.input.inter_digit);
        let Some(fields) = draft.fields.fields("digits") else {
            draft.fields.missing("digits");
            return None;
        };
        let (min, max) =
            (u64::from(fields.count("min").unwrap_or(1)), u64::from(fields.count("max").unwrap_or(32)));
        if min == 0 || max < min || max > 32 {
            self.faults.add(fields.at, Fault::DigitCount { min, max });
        }
        let end = fields.text("end").map(|end| self.key(end));
        fields.finish();
        let end = end.map_or(Some(None), |end| end.map(Some))?;
        Some(Digits { min: usize::try_from(min).ok()?, max: usize::try_from(max).ok()?, end, inter_digit })
    }

    /// The node's `keys`: each key and where it leads.
    pub(super) fn keys(&mut self, draft: &Draft<'y>) -> Option<BTreeMap<char, NodeRef>> {
        let mut keys = Some(BTreeMap::new());
        for (key, yaml) in draft.fields.fields("keys").iter().flat_map(Fields::entries) {
            let target = text_of(yaml, key.text, self.faults);
            let way = self.key(key).zip(target.and_then(|target| self.go(draft, "key", target)));
            keys = keys.zip(way).map(|(mut keys, (key, target))| {
                keys.insert(key, target);
                keys
            });
        }
        keys
    }

    pub(super) fn key(&self, text: Text<'_>) -> Option<char> {
        let mut chars = text.text.chars();
        match (chars.next(), chars.next()) {
            (Some(key @ ('0'..='9' | '*' | '#' | 'A'..='D')), None) => Some(key),
            _ => {
                self.faults.add(text.at, Fault::BadKey(text.text.to_owned()));
                None
            }
        }
    }
}
