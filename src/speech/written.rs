//! The shape of a `grammar.toml`, as serde reads it. Names keep their places, for the faults that only `reading` sees.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrammarText {
    #[serde(default)]
    pub(super) series: Vec<SeriesText>,
    pub(super) pieces: BTreeMap<String, String>,
    pub(super) number: NumberText,
    pub(super) ordinal: PlacesText,
    pub(super) position: PlacesText,
    /// What is told to those who wait, beside the place; a language may do without.
    pub(super) waiting: Option<WaitingText>,
    pub(super) symbols: BTreeMap<Spanned<String>, Spanned<String>>,
    pub(super) phone_number: PhoneText,
    pub(super) date: DateText,
    pub(super) time: RulesText,
    pub(super) slot: SlotText,
    pub(super) units: UnitsText,
    #[serde(default)]
    pub(super) writing: WritingText,
    pub(super) notices: BTreeMap<String, String>,
}

/// A numbered family of recordings: `ord_1`, `ord_2` and so on; without a name `0`, `1`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SeriesText {
    pub(super) name: Option<String>,
    pub(super) from: u64,
    pub(super) step: Option<u64>,
    pub(super) texts: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberText {
    pub(super) minus: Spanned<String>,
    pub(super) after_millions: Option<Spanned<String>>,
    pub(super) rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlacesText {
    pub(super) rules: Vec<RuleText>,
    pub(super) beyond: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitingText {
    pub(super) more: Spanned<String>,
    pub(super) less: Spanned<String>,
    pub(super) between: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RulesText {
    pub(super) rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhoneText {
    pub(super) national: Option<String>,
    pub(super) group: usize,
    pub(super) pause: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DateText {
    pub(super) months: Spanned<Vec<Spanned<String>>>,
    pub(super) rules: Vec<RuleText>,
    /// As `rules` when not given: `{year}` then says nothing.
    #[serde(default)]
    pub(super) without_year: Vec<RuleText>,
    pub(super) year: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlotText {
    pub(super) at: Spanned<String>,
    pub(super) range: Spanned<String>,
    #[serde(default)]
    pub(super) time: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitsText {
    pub(super) and: Spanned<String>,
    pub(super) day: UnitText,
    pub(super) hour: UnitText,
    pub(super) minute: UnitText,
    pub(super) second: UnitText,
    pub(super) euro: UnitText,
    pub(super) cent: UnitText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitText {
    pub(super) one: Spanned<String>,
    pub(super) many: Spanned<String>,
    pub(super) form: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WritingText {
    #[serde(default)]
    pub(super) join: Vec<JointText>,
    #[serde(default)]
    pub(super) within: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) endings: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JointText {
    pub(super) left: String,
    pub(super) right: String,
    pub(super) with: String,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleText {
    pub(super) n: Option<Spanned<String>>,
    pub(super) rest: Option<Spanned<String>>,
    pub(super) day: Option<Spanned<String>>,
    pub(super) month_number: Option<Spanned<String>>,
    pub(super) hour: Option<Spanned<String>>,
    pub(super) minute: Option<Spanned<String>>,
    pub(super) unit: Option<Spanned<u64>>,
    pub(super) say: Spanned<String>,
}
