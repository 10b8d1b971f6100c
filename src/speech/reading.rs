//! `sounds/<language>/grammar.toml`: a [`Grammar`] as a person writes it, and everything that is wrong with it.
//!
//! Each fault has the place in the file, what is wrong and what to do. What the form does not show, such as a number that no
//! rule says, is found by `trial`.

use std::collections::BTreeMap;

use toml::Spanned;

use super::Unit;
use super::grammar::{Grammar, PhoneReading, SlotWords, UnitWords, WaitingWords};
use super::template::{Ranges, Rule, Template};
use super::writing::{Joint, Selector, Writing};
use super::written::{GrammarText, JointText, RuleText, SeriesText, UnitText, WritingText};

/// Most recordings in one series, and most series: a studio has to speak them.
const MAX_SERIES: usize = 1000;

/// Something is wrong with a grammar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {what}", .at.map(|(line, column)| format!(":{line}:{column}")).unwrap_or_default())]
pub struct GrammarFault {
    /// The file.
    pub file: String,
    /// Line and column, from 1; `None`: the fault is in the whole.
    pub at: Option<(usize, usize)>,
    /// What, and what to do.
    pub what: String,
}

/// Where faults are collected.
struct Faults<'t> {
    file: &'t str,
    text: &'t str,
    found: Vec<GrammarFault>,
}

impl Faults<'_> {
    fn at<T>(&mut self, place: &Spanned<T>, what: String) {
        self.add(Some(place.span().start), what);
    }

    fn add(&mut self, byte: Option<usize>, what: String) {
        let before = byte.and_then(|byte| self.text.get(..byte));
        let at = before.map(|before| {
            let line = before.rsplit('\n').next().unwrap_or_default();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        });
        self.found.push(GrammarFault { file: self.file.to_owned(), at, what });
    }
}

/// What the rules of one section may speak of.
const OF_NUMBERS: &[&str] = &["n", "count", "whole", "rest"];
const OF_DAYS: &[&str] = &["day", "month", "month_number", "year"];
const OF_CLOCKS: &[&str] = &["hour", "hour12", "minute"];
const OF_SLOTS: &[&str] = &["date", "from", "to"];

/// Reads the grammar of `language`; the file's name is for messages.
pub(super) fn read(language: &str, file: &str, text: &str) -> Result<Grammar, Vec<GrammarFault>> {
    let mut faults = Faults { file, text, found: Vec::new() };
    let written: GrammarText = match toml::from_str(text) {
        Ok(written) => written,
        Err(error) => {
            faults.add(error.span().map(|span| span.start), error.message().to_owned());
            return Err(faults.found);
        }
    };
    let grammar = Reader { faults: &mut faults, texts: BTreeMap::new() }.grammar(language, written);
    if faults.found.is_empty() { Ok(grammar) } else { Err(faults.found) }
}

struct Reader<'f, 't> {
    faults: &'f mut Faults<'t>,
    texts: BTreeMap<String, String>,
}

impl Reader<'_, '_> {
    fn grammar(mut self, language: &str, written: GrammarText) -> Grammar {
        self.texts = written.pieces;
        written.series.iter().take(MAX_SERIES).for_each(|series| self.series(series));
        let number = self.rules(written.number.rules, OF_NUMBERS);
        self.check_ends(&number);
        let date = self.rules(written.date.rules.clone(), OF_DAYS);
        let date_without_year = match written.date.without_year {
            rules if rules.is_empty() => date.clone(),
            rules => self.rules(rules, OF_DAYS),
        };
        Grammar {
            language: language.to_owned(),
            number: number.into_iter().map(|(_, rule)| rule).collect(),
            minus: self.piece(written.number.minus),
            after_millions: written.number.after_millions.map(|piece| self.piece(piece)),
            ordinal: self.plain_rules(written.ordinal.rules, OF_NUMBERS),
            beyond_ordinals: self.piece(written.ordinal.beyond),
            position: self.plain_rules(written.position.rules, OF_NUMBERS),
            beyond_positions: self.piece(written.position.beyond),
            waiting: written.waiting.map(|waiting| WaitingWords {
                more: self.template(&waiting.more, &["n"]),
                less: self.template(&waiting.less, &["high"]),
                between: self.template(&waiting.between, &["low", "high"]),
            }),
            symbols: self.symbols(written.symbols),
            phone: PhoneReading {
                national: written.phone_number.national,
                group: written.phone_number.group,
                pause: self.piece(written.phone_number.pause),
            },
            months: self.months(written.date.months),
            date: date.into_iter().map(|(_, rule)| rule).collect(),
            date_without_year: date_without_year.into_iter().map(|(_, rule)| rule).collect(),
            year: self.plain_rules(written.date.year, OF_NUMBERS),
            time: self.plain_rules(written.time.rules, OF_CLOCKS),
            slot: SlotWords {
                at: self.template(&written.slot.at, OF_SLOTS),
                range: self.template(&written.slot.range, OF_SLOTS),
                time: self.plain_rules(written.slot.time, OF_CLOCKS),
            },
            and: self.piece(written.units.and),
            units: BTreeMap::from([
                (Unit::Day, self.unit(written.units.day)),
                (Unit::Hour, self.unit(written.units.hour)),
                (Unit::Minute, self.unit(written.units.minute)),
                (Unit::Second, self.unit(written.units.second)),
                (Unit::Euro, self.unit(written.units.euro)),
                (Unit::Cent, self.unit(written.units.cent)),
            ]),
            writing: writing(written.writing),
            notices: written.notices,
            texts: self.texts,
        }
    }

    fn series(&mut self, series: &SeriesText) {
        let step = series.step.unwrap_or(1);
        if series.texts.get_ref().len() > MAX_SERIES {
            self.faults
                .at(&series.texts, format!("more than {MAX_SERIES} recordings; nobody would speak them"));
            return;
        }
        let mut n = series.from;
        for text in series.texts.get_ref() {
            let piece = series.name.as_ref().map_or_else(|| n.to_string(), |name| format!("{name}_{n}"));
            if self.texts.insert(piece.clone(), text.clone()).is_some() {
                self.faults
                    .at(&series.texts, format!("`{piece}` has a text already; change `from` or `name`"));
            }
            n = n.saturating_add(step);
        }
    }

    /// The name of a recording that must have a text.
    fn piece(&mut self, name: Spanned<String>) -> String {
        if !self.texts.contains_key(name.get_ref()) {
            let what = format!("`{}` has no text; add it under [pieces]", name.get_ref());
            self.faults.at(&name, what);
        }
        name.into_inner()
    }

    fn unit(&mut self, unit: UnitText) -> UnitWords {
        UnitWords { one: self.piece(unit.one), many: self.piece(unit.many), form: unit.form }
    }

    fn months(&mut self, months: Spanned<Vec<Spanned<String>>>) -> Vec<String> {
        if months.get_ref().len() != 12 {
            self.faults.at(&months, format!("{} months; name all twelve", months.get_ref().len()));
        }
        months.into_inner().into_iter().map(|month| self.piece(month)).collect()
    }

    fn symbols(&mut self, symbols: BTreeMap<Spanned<String>, Spanned<String>>) -> BTreeMap<char, String> {
        let mut read = BTreeMap::new();
        for (key, piece) in symbols {
            let mut chars = key.get_ref().chars();
            match (chars.next(), chars.next()) {
                (Some(key), None) => drop(read.insert(key, self.piece(piece))),
                _ => self.faults.at(&key, format!("`{}` is not one character", key.get_ref())),
            }
        }
        read
    }

    fn plain_rules(&mut self, rules: Vec<RuleText>, values: &[&str]) -> Vec<Rule> {
        self.rules(rules, values).into_iter().map(|(_, rule)| rule).collect()
    }

    /// Each with the text that it came from, for whoever checks on.
    fn rules(&mut self, rules: Vec<RuleText>, values: &[&str]) -> Vec<(Spanned<String>, Rule)> {
        rules
            .into_iter()
            .map(|written| {
                let say = self.template(&written.say, values);
                if let Some(unit) = written.unit.as_ref().filter(|unit| *unit.get_ref() < 2) {
                    self.faults.at(unit, "a unit is at least 2".to_owned());
                }
                let conditions = [
                    ("n", written.n),
                    ("rest", written.rest),
                    ("day", written.day),
                    ("month_number", written.month_number),
                    ("hour", written.hour),
                    ("minute", written.minute),
                ];
                let given = conditions.into_iter().filter_map(|(name, text)| Some((name, text?)));
                let when = given.filter_map(|(name, text)| self.condition(name, &text, values)).collect();
                (written.say, Rule { when, unit: written.unit.map(Spanned::into_inner), say })
            })
            .collect()
    }

    fn condition(
        &mut self,
        name: &'static str,
        text: &Spanned<String>,
        values: &[&str],
    ) -> Option<(&'static str, Ranges)> {
        if !values.contains(&name) {
            self.faults.at(text, format!("`{name}` is no condition here; use {}", values.join(", ")));
            return None;
        }
        let ranges = Ranges::parse(text.get_ref());
        if ranges.is_none() {
            let what =
                format!("`{}` is not a range; write numbers and ranges like `1..20 30`", text.get_ref());
            self.faults.at(text, what);
        }
        Some((name, ranges?))
    }

    fn template(&mut self, text: &Spanned<String>, values: &[&str]) -> Template {
        let template = Template::parse(text.get_ref()).unwrap_or_else(|what| {
            self.faults.at(text, what);
            Template::default()
        });
        for name in template.names().filter(|name| !values.contains(name)) {
            self.faults.at(text, format!("`{{{name}}}` is no value here; use {}", values.join(", ")));
        }
        for piece in template.literals().filter(|piece| !self.texts.contains_key(*piece)) {
            self.faults.at(text, format!("`{piece}` has no text; add it under [pieces]"));
        }
        template
    }

    /// A number is said by smaller ones, each once; otherwise it would never be said.
    fn check_ends(&mut self, rules: &[(Spanned<String>, Rule)]) {
        for (text, rule) in rules {
            let first = rule.when.iter().find(|(name, _)| *name == "n").map(|(_, ranges)| ranges.first());
            let said: Vec<&str> = rule.say.spoken().collect();
            let twice =
                said.iter().enumerate().any(|(at, name)| said.iter().skip(at + 1).any(|other| other == name));
            let what = if said.contains(&"n") {
                "a number cannot be said by itself; use `{count}`, `{whole}` and `{rest}`"
            } else if twice {
                "each part of a number is said once"
            } else if rule.unit.is_none_or(|unit| first.is_none_or(|first| first < unit)) {
                "give the rule a `unit`, and a range `n` that begins at the unit or above"
            } else {
                continue;
            };
            self.faults.at(text, what.to_owned());
        }
    }
}

fn writing(written: WritingText) -> Writing {
    let joint = |joint: JointText| Joint {
        left: Selector::parse(&joint.left),
        right: Selector::parse(&joint.right),
        with: joint.with,
    };
    Writing {
        joints: written.join.into_iter().map(joint).collect(),
        within: written.within,
        endings: written.endings,
    }
}
