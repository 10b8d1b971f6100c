//! `[talk_codes]` of `engine.toml`: what operators key during a talk.

use super::engine::is_feature_code;
use super::fault::Fault;
use super::reader::Table;

/// Codes that an operator keys in a talk. Defaults: `*2` to `*7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TalkCodes {
    /// Give the citizen to the target that follows, up to `#`: `*2202#`.
    pub transfer: String,
    /// Ask the target that follows, up to `#`; the citizen hears music.
    pub consult: String,
    /// Leave the citizen with whoever is asked.
    pub complete: String,
    /// Bring all three together.
    pub merge: String,
    /// Back to the citizen alone.
    pub back: String,
    /// From the one to the other.
    pub swap: String,
}

impl Default for TalkCodes {
    fn default() -> TalkCodes {
        let [transfer, consult, complete, merge, back, swap] = DEFAULTS.map(|(_, code)| code.to_owned());
        TalkCodes { transfer, consult, complete, merge, back, swap }
    }
}

impl TalkCodes {
    /// Every one.
    pub fn all(&self) -> [&str; 6] {
        [&self.transfer, &self.consult, &self.complete, &self.merge, &self.back, &self.swap]
    }
}

const DEFAULTS: [(&str, &str); 6] = [
    ("transfer", "*2"),
    ("consult", "*3"),
    ("complete", "*4"),
    ("merge", "*5"),
    ("back", "*6"),
    ("swap", "*7"),
];

/// The codes by key; those that are not given keep their defaults. None may begin another: it would never be heard out.
pub(super) fn read(table: Option<Table<'_>>) -> TalkCodes {
    let Some(table) = table else { return TalkCodes::default() };
    let mut codes = DEFAULTS.map(|(key, default)| (key, default.to_owned()));
    let given = DEFAULTS.map(|(key, _)| table.text(key).filter(|word| is_feature_code(&table, word)));
    for ((_, code), word) in codes.iter_mut().zip(&given) {
        if let Some(word) = word {
            word.text.clone_into(code);
        }
    }
    for ((key, code), word) in codes.iter().zip(&given) {
        let clash = codes.iter().find(|(other, begun)| other != key && begun.starts_with(code.as_str()));
        if let (Some(word), Some((other, _))) = (word, clash) {
            table.file.fault(&word.span, Fault::SameCode { code: code.clone(), other });
        }
    }
    table.finish();
    let [transfer, consult, complete, merge, back, swap] = codes.map(|(_, code)| code);
    TalkCodes { transfer, consult, complete, merge, back, swap }
}
