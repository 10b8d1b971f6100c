//! A language's way of saying values: rules that put recordings in a row. All of it comes from a file (`reading`).
//!
//! A number that has a recording of its own is said with it. Any other is said by the first rule that holds for it, which
//! splits it into smaller ones; so it ends. All other values are said by the first rule of theirs, and the numbers in them
//! as numbers.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};

use super::template::{Given, Part, Rule, Template, Values, Word};
use super::writing::Writing;
use super::{MAX_NUMBER, Unit};

/// All that one file says. Pieces are named without their folder.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    pub(super) language: String,
    /// Every piece and its text.
    pub(super) texts: BTreeMap<String, String>,
    pub(super) number: Vec<Rule>,
    pub(super) minus: String,
    /// Between a number of whole millions and what is counted: "due milioni di euro".
    pub(super) after_millions: Option<String>,
    pub(super) ordinal: Vec<Rule>,
    pub(super) beyond_ordinals: String,
    pub(super) position: Vec<Rule>,
    pub(super) beyond_positions: String,
    pub(super) waiting: Option<WaitingWords>,
    pub(super) symbols: BTreeMap<char, String>,
    pub(super) phone: PhoneReading,
    pub(super) months: Vec<String>,
    pub(super) date: Vec<Rule>,
    pub(super) date_without_year: Vec<Rule>,
    pub(super) year: Vec<Rule>,
    pub(super) time: Vec<Rule>,
    pub(super) slot: SlotWords,
    pub(super) and: String,
    pub(super) units: BTreeMap<Unit, UnitWords>,
    pub(super) writing: Writing,
    /// The exchange's own sentences, by the last part of their names.
    pub(super) notices: BTreeMap<String, String>,
}

/// How a telephone number is read out.
#[derive(Clone, Debug)]
pub(super) struct PhoneReading {
    /// Left out at the beginning: `+39`.
    pub(super) national: Option<String>,
    /// Digits between two pauses.
    pub(super) group: usize,
    /// The recording of a pause.
    pub(super) pause: String,
}

/// How an appointment is said.
#[derive(Clone, Debug)]
pub(super) struct SlotWords {
    pub(super) at: Template,
    pub(super) range: Template,
    /// Its own way of saying times, if it has one.
    pub(super) time: Vec<Rule>,
}

/// What is told to those who wait, beside the place.
#[derive(Clone, Debug)]
pub(super) struct WaitingWords {
    pub(super) more: Template,
    pub(super) less: Template,
    pub(super) between: Template,
}

/// How one or many of a unit are said.
#[derive(Clone, Debug)]
pub(super) struct UnitWords {
    pub(super) one: String,
    pub(super) many: String,
    /// How numbers are said before it.
    pub(super) form: Option<String>,
}

impl Grammar {
    /// `n` is at most [`MAX_NUMBER`].
    pub(super) fn number(&self, n: u64, form: Option<&str>) -> Vec<String> {
        if let Some(piece) = self.recorded(n, form) {
            return vec![piece];
        }
        self.by_rules(&self.number, &one_number(n), form).unwrap_or_else(|| vec![n.to_string()])
    }

    /// The recording of a number, in its form if there is one.
    fn recorded(&self, n: u64, form: Option<&str>) -> Option<String> {
        let formed = form.map(|form| format!("{form}_{n}"));
        formed.into_iter().chain([n.to_string()]).find(|piece| self.texts.contains_key(piece))
    }

    fn by_rules(&self, rules: &[Rule], values: &Values, form: Option<&str>) -> Option<Vec<String>> {
        let (rule, values) = rules.iter().find_map(|rule| Some((rule, rule.holds(values)?)))?;
        Some(self.fill(&rule.say, &values, form))
    }

    fn fill(&self, say: &Template, values: &Values, form: Option<&str>) -> Vec<String> {
        let mut pieces = Vec::new();
        for word in &say.0 {
            match word {
                Word::Piece(parts) => pieces.push(self.formed(named(parts, values), form)),
                Word::Value { name, form: own } => match values.get(name.as_str()) {
                    Some(Given::Pieces(said)) => pieces.extend_from_slice(said),
                    // "duecento", and no zero after it.
                    Some(Given::Number(0)) if name == "rest" => {}
                    Some(Given::Number(n)) if name == "whole" => {
                        pieces.push(
                            self.recorded(*n, own.as_deref().or(form)).unwrap_or_else(|| n.to_string()),
                        );
                    }
                    Some(Given::Number(n)) => {
                        // What is counted stands after the last part: "doscientas una horas", but "dos mil".
                        let outer = form.filter(|_| name != "count");
                        pieces.extend(self.number(*n, own.as_deref().or(outer)));
                    }
                    None => {}
                },
            }
        }
        pieces
    }

    /// A piece in its form if there is one: `f_ord_3` for `ord_3`.
    fn formed(&self, piece: String, form: Option<&str>) -> String {
        let formed = form.map(|form| format!("{form}_{piece}"));
        formed.filter(|formed| self.texts.contains_key(formed)).unwrap_or(piece)
    }

    /// `None`: beyond the last that there is.
    pub(super) fn ordinal(&self, n: Option<u32>, form: Option<&str>) -> Vec<String> {
        self.placed(n, &self.ordinal, &self.beyond_ordinals, form)
    }

    /// `None`: beyond the last ordinal.
    pub(super) fn position(&self, place: Option<u32>) -> Vec<String> {
        self.placed(place, &self.position, &self.beyond_positions, None)
    }

    /// "Ci sono più di dieci persone in attesa."
    pub(super) fn more_waiting(&self, n: u64) -> Vec<String> {
        let say = self.waiting.as_ref().map(|waiting| &waiting.more);
        say.map_or_else(Vec::new, |say| self.fill(say, &one_number(n), None))
    }

    /// "Il tempo di attesa previsto è tra tre e cinque minuti"; from nothing on, "meno di due minuti".
    pub(super) fn wait(&self, low_min: u64, high_min: u64) -> Vec<String> {
        let Some(waiting) = &self.waiting else { return Vec::new() };
        let values = Values::from([
            ("low", Given::Number(low_min)),
            ("high", Given::Pieces(self.counted(Unit::Minute, high_min))),
        ]);
        self.fill(if low_min == 0 { &waiting.less } else { &waiting.between }, &values, None)
    }

    fn placed(&self, n: Option<u32>, rules: &[Rule], beyond: &str, form: Option<&str>) -> Vec<String> {
        let beyond = || vec![beyond.to_owned()];
        n.map_or_else(beyond, |n| self.by_rules(rules, &one_number(n.into()), form).unwrap_or_else(beyond))
    }

    pub(super) fn date(&self, date: Date) -> Vec<String> {
        let year = one_number(u64::from(date.year().unsigned_abs()));
        let year = self.by_rules(&self.year, &year, None).unwrap_or_default();
        self.day(&self.date, date, year)
    }

    fn day(&self, rules: &[Rule], date: Date, year: Vec<String>) -> Vec<String> {
        let month = u64::from(date.month().unsigned_abs());
        let name = usize::try_from(month).ok().and_then(|at| self.months.get(at.saturating_sub(1)));
        let values = Values::from([
            ("day", Given::Number(u64::from(date.day().unsigned_abs()))),
            ("month_number", Given::Number(month)),
            ("month", Given::Pieces(name.into_iter().cloned().collect())),
            ("year", Given::Pieces(year)),
        ]);
        self.by_rules(rules, &values, None).unwrap_or_default()
    }

    pub(super) fn time(&self, time: Time) -> Vec<String> {
        self.clock(&self.time, time)
    }

    fn clock(&self, rules: &[Rule], time: Time) -> Vec<String> {
        let hour = u64::from(time.hour().unsigned_abs());
        let values = Values::from([
            ("hour", Given::Number(hour)),
            ("hour12", Given::Number(if hour.is_multiple_of(12) { 12 } else { hour % 12 })),
            ("minute", Given::Number(u64::from(time.minute().unsigned_abs()))),
        ]);
        self.by_rules(rules, &values, None).unwrap_or_default()
    }

    pub(super) fn slot(&self, date: Date, from: Time, to: Option<Time>) -> Vec<String> {
        let rules = if self.slot.time.is_empty() { &self.time } else { &self.slot.time };
        let mut values = Values::from([
            ("date", Given::Pieces(self.day(&self.date_without_year, date, Vec::new()))),
            ("from", Given::Pieces(self.clock(rules, from))),
        ]);
        if let Some(to) = to {
            values.insert("to", Given::Pieces(self.clock(rules, to)));
        }
        self.fill(if to.is_some() { &self.slot.range } else { &self.slot.at }, &values, None)
    }

    /// "un'ora", "ventuno ore", "due milioni di euro".
    pub(super) fn counted(&self, unit: Unit, n: u64) -> Vec<String> {
        let Some(words) = self.units.get(&unit) else { return Vec::new() };
        if n == 1 {
            return vec![words.one.clone()];
        }
        let mut pieces = self.number(n.min(MAX_NUMBER), words.form.as_deref());
        if n > 0 && n.is_multiple_of(1_000_000) {
            pieces.extend(self.after_millions.clone());
        }
        pieces.push(words.many.clone());
        pieces
    }

    /// Several of them: "un'ora un minuto e un secondo".
    pub(super) fn row(&self, parts: &[(Unit, u64)]) -> Vec<String> {
        let last = parts.len().saturating_sub(1);
        let mut pieces = Vec::new();
        for (at, &(unit, n)) in parts.iter().enumerate() {
            if at == last && at > 0 {
                pieces.push(self.and.clone());
            }
            pieces.extend(self.counted(unit, n));
        }
        pieces
    }

    /// "zero cinque cinque, due sette sei, otto due due quattro": in groups, so that it can be written along.
    pub(super) fn phone_number(&self, number: &str) -> Vec<String> {
        let national = self.phone.national.as_deref().and_then(|prefix| number.strip_prefix(prefix));
        let keys: Vec<char> =
            national.unwrap_or(number).chars().filter(|key| self.key(*key).is_some()).collect();
        let group = self.phone.group.max(1);
        let mut pieces = Vec::new();
        for (at, key) in keys.iter().enumerate() {
            // A digit alone at the end belongs to the group before it.
            if at > 0 && at.is_multiple_of(group) && at + 1 < keys.len() {
                pieces.push(self.phone.pause.clone());
            }
            pieces.extend(self.key(*key));
        }
        pieces
    }

    /// A digit, or the name of `+`, `*`, `#`; other characters have none.
    pub(super) fn key(&self, key: char) -> Option<String> {
        if key.is_ascii_digit() { Some(key.to_string()) } else { self.symbols.get(&key).cloned() }
    }
}

fn one_number(n: u64) -> Values {
    Values::from([("n", Given::Number(n))])
}

fn named(parts: &[Part], values: &Values) -> String {
    let text = |part: &Part| match part {
        Part::Literal(text) => text.clone(),
        Part::Value(name) => match values.get(name.as_str()) {
            Some(Given::Number(n)) => n.to_string(),
            _ => String::new(),
        },
    };
    parts.iter().map(text).collect()
}
