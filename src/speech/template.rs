//! What a rule of a grammar says, `{count} mila {rest}`, and when it holds, `n = "2000..999999"`.
//!
//! A template is a row of words. A word is a recording's name, or a value in braces, which is then said by its own rules, or
//! both: `ord_{n}` is the recording `ord_3`. A form after a colon, `{count:m}`, says a number as it stands before a noun.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Most words in a template: more than any sentence about one value has.
const MAX_WORDS: usize = 16;

/// The values that rules may speak of, by name.
pub(super) type Values = BTreeMap<&'static str, Given>;

/// A value given to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// Said by the rules of numbers.
    Number(u64),
    /// Already in pieces.
    Pieces(Vec<String>),
}

/// A row of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template(pub(super) Vec<Word>);

/// One word of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// `mila`, or `ord_{n}`.
    Piece(Vec<Part>),
    /// `{count}`, or `{count:m}`.
    Value { name: String, form: Option<String> },
}

/// Part of a recording's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Value(String),
}

impl Template {
    /// Reads a template; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Template, String> {
        let words = text.split_whitespace().map(word).collect::<Result<Vec<_>, _>>()?;
        match words.len() {
            1..=MAX_WORDS => Ok(Template(words)),
            count => Err(format!("it says {count} words; between 1 and {MAX_WORDS} can be said")),
        }
    }

    /// The names in braces.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|word| match word {
            Word::Value { name, .. } => vec![name.as_str()],
            Word::Piece(parts) => parts.iter().filter_map(Part::value).collect(),
        })
    }

    /// The values that stand alone as a word, and are said by rules.
    pub(super) fn spoken(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|word| match word {
            Word::Value { name, .. } => Some(name.as_str()),
            Word::Piece(_) => None,
        })
    }

    /// The recordings whose names are written out.
    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|word| match word {
            Word::Piece(parts) => match parts.as_slice() {
                [Part::Literal(name)] => Some(name.as_str()),
                _ => None,
            },
            Word::Value { .. } => None,
        })
    }
}

impl Part {
    fn value(&self) -> Option<&str> {
        match self {
            Part::Value(name) => Some(name),
            Part::Literal(_) => None,
        }
    }
}

fn word(text: &str) -> Result<Word, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) =
            after.split_once('}').ok_or_else(|| format!("`{text}` has a brace that is not closed"))?;
        if !before.is_empty() {
            parts.push(Part::Literal(before.to_owned()));
        }
        parts.push(Part::Value(name.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Literal(rest.to_owned()));
    }
    Ok(match parts.as_slice() {
        [Part::Value(name)] => match name.split_once(':') {
            Some((name, form)) => Word::Value { name: name.to_owned(), form: Some(form.to_owned()) },
            None => Word::Value { name: name.clone(), form: None },
        },
        _ => Word::Piece(parts),
    })
}

/// Numbers and ranges of them: `1..20 30 40`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ranges(Vec<RangeInclusive<u64>>);

impl Ranges {
    pub(super) fn parse(text: &str) -> Option<Ranges> {
        let number = |text: &str| text.parse::<u64>().ok();
        let range = |text: &str| match text.split_once("..") {
            Some((first, last)) => Some(number(first)?..=number(last)?).filter(|range| !range.is_empty()),
            None => number(text).map(|n| n..=n),
        };
        let ranges: Option<Vec<_>> = text.split_whitespace().map(range).collect();
        ranges.filter(|ranges| !ranges.is_empty()).map(Ranges)
    }

    pub(super) fn contains(&self, n: u64) -> bool {
        self.0.iter().any(|range| range.contains(&n))
    }

    /// The smallest number of all.
    pub(super) fn first(&self) -> u64 {
        self.0.iter().map(|range| *range.start()).min().unwrap_or_default()
    }
}

/// What is said when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// All must hold.
    pub(super) when: Vec<(&'static str, Ranges)>,
    /// Splits `n` into `count` times the unit and a `rest`.
    pub(super) unit: Option<u64>,
    pub(super) say: Template,
}

impl Rule {
    /// The values that its words speak of, if it holds for these.
    pub(super) fn holds<'v>(&self, values: &'v Values) -> Option<Cow<'v, Values>> {
        let split = match (self.unit, values.get("n")) {
            (Some(unit), Some(Given::Number(n))) => {
                let (count, rest) = (n / unit.max(1), n % unit.max(1));
                vec![("count", count), ("rest", rest), ("whole", n - rest)]
            }
            _ => Vec::new(),
        };
        let number = |wanted: &str| match values.get(wanted) {
            Some(Given::Number(n)) => Some(*n),
            _ => split.iter().find(|(name, _)| *name == wanted).map(|(_, n)| *n),
        };
        if !self.when.iter().all(|(name, ranges)| number(name).is_some_and(|n| ranges.contains(n))) {
            return None;
        }
        if split.is_empty() {
            return Some(Cow::Borrowed(values));
        }
        let mut values = values.clone();
        values.extend(split.into_iter().map(|(name, n)| (name, Given::Number(n))));
        Some(Cow::Owned(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_recordings_values_or_both() {
        let value = |name: &str, form: Option<&str>| Word::Value {
            name: name.to_owned(),
            form: form.map(str::to_owned),
        };
        let literal = |text: &str| Part::Literal(text.to_owned());
        let template = Template::parse("{count:m} mila {rest} ord_{n}").expect("a template");
        let expected = [
            value("count", Some("m")),
            Word::Piece(vec![literal("mila")]),
            value("rest", None),
            Word::Piece(vec![literal("ord_"), Part::Value("n".to_owned())]),
        ];
        assert_eq!(template.0, expected);
        for bad in ["", "{n", &"a ".repeat(17)] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_are_numbers_and_spans() {
        let ranges = Ranges::parse("1..20 30").expect("ranges");
        for (n, within) in [(0, false), (1, true), (20, true), (21, false), (30, true)] {
            assert_eq!(ranges.contains(n), within, "{n}");
        }
        for bad in ["", "20..1", "1..", "..3", "x", "-1"] {
            assert_eq!(Ranges::parse(bad), None, "{bad}");
        }
    }
}
