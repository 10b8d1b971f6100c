//! Reads one file of the configuration, collecting every fault on the way.
//!
//! A [`File`] is the text and where its faults go; a [`Table`] is one of its tables. Each question to a table (`text`, `span`,
//! `number`...) names a key: a wrong answer is a fault at the place of the value, and the reading goes on with the default.
//! Whatever key was never asked for when the table is [finished](Table::finish) is unknown to the program, and a fault.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{ConfigError, Fault, Place};
use super::span::{parse_span, show_span};
use crate::hint::Hint;

/// Where faults are collected.
pub(super) type Faults = RefCell<Vec<ConfigError>>;

/// One file.
#[derive(Clone, Copy)]
pub(super) struct File<'a> {
    pub(super) name: &'static str,
    pub(super) text: &'a str,
    pub(super) faults: &'a Faults,
}

/// A text of the file and its place.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) span: Range<usize>,
}

impl<'a> File<'a> {
    /// All tables of the file; `None`, with its faults told, when it is not TOML.
    pub(super) fn parse(&self) -> Option<Spanned<DeTable<'a>>> {
        let (root, errors) = DeTable::parse_recoverable(self.text);
        for error in &errors {
            self.fault(&error.span().unwrap_or_default(), Fault::Syntax(error.message().to_owned()));
        }
        errors.is_empty().then_some(root)
    }

    pub(super) fn fault(&self, span: &Range<usize>, fault: Fault) {
        self.faults.borrow_mut().push(ConfigError { at: self.place(span), fault });
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        Place::of_byte(self.name, self.text, span.start)
    }
}

/// One table of a file.
pub(super) struct Table<'a> {
    pub(super) file: File<'a>,
    /// As people see it: `[[seat]]`.
    kind: &'static str,
    pub(super) span: Range<usize>,
    pub(super) entries: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Table<'a> {
    /// The file itself, as a table.
    pub(super) fn root(file: File<'a>, root: &'a Spanned<DeTable<'a>>) -> Table<'a> {
        Table::new(file, "the file", root.span(), root.get_ref())
    }

    fn new(file: File<'a>, kind: &'static str, span: Range<usize>, entries: &'a DeTable<'a>) -> Table<'a> {
        Table { file, kind, span, entries, asked: RefCell::default() }
    }

    fn value(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key)
    }

    fn shape(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &'static str) {
        let found = kind_of(value.get_ref());
        self.file.fault(&value.span(), Fault::Shape { key: key.to_owned(), expected, found });
    }

    /// The key is there.
    pub(super) fn has(&self, key: &'static str) -> bool {
        self.entries.contains_key(key)
    }

    /// A text, if the key is there.
    pub(super) fn text(&self, key: &'static str) -> Option<Word<'a>> {
        let value = self.value(key)?;
        let word = word(value);
        if word.is_none() {
            self.shape(key, value, "a text in quotes");
        }
        word
    }

    /// A text that must be there.
    pub(super) fn need(&self, key: &'static str) -> Option<Word<'a>> {
        self.expect(key);
        self.text(key)
    }

    /// A list of texts that must be there.
    pub(super) fn need_texts(&self, key: &'static str) -> Vec<Word<'a>> {
        self.expect(key);
        self.texts(key)
    }

    fn expect(&self, key: &'static str) {
        if !self.entries.contains_key(key) {
            self.file.fault(&self.span, Fault::MissingKey { table: self.kind, key });
        }
    }

    /// A list of texts; empty if the key is not there.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Word<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.shape(key, value, "a list of texts");
            return Vec::new();
        };
        let text = |item: &'a Spanned<DeValue<'a>>| {
            let word = word(item);
            if word.is_none() {
                self.shape(key, item, "a list of texts");
            }
            word
        };
        list.iter().filter_map(text).collect()
    }

    /// Yes or no.
    pub(super) fn flag(&self, key: &'static str, default: bool) -> bool {
        let Some(value) = self.value(key) else { return default };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.shape(key, value, "true or false");
            default
        })
    }

    /// A whole number within limits.
    pub(super) fn number<N>(&self, key: &'static str, default: N, range: RangeInclusive<N>) -> N
    where
        N: TryFrom<i64> + PartialOrd + ToString,
    {
        let Some(value) = self.value(key) else { return default };
        self.number_of(key, value, &range).unwrap_or(default)
    }

    fn number_of<N>(&self, key: &str, value: &Spanned<DeValue<'_>>, range: &RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + ToString,
    {
        let Some(integer) = value.get_ref().as_integer() else {
            self.shape(key, value, "a whole number");
            return None;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number =
            number.and_then(|number| N::try_from(number).ok()).filter(|number| range.contains(number));
        if number.is_none() {
            let (from, to) = (range.start().to_string(), range.end().to_string());
            self.file.fault(&value.span(), Fault::Range { key: key.to_owned(), from, to });
        }
        number
    }

    /// Two whole numbers, `[first, last]`, with the place of the list.
    pub(super) fn pair(
        &self,
        key: &'static str,
        default: (u16, u16),
        range: &RangeInclusive<u16>,
    ) -> ((u16, u16), Range<usize>) {
        let Some(value) = self.value(key) else { return (default, self.span.clone()) };
        let items: Vec<_> = value.get_ref().as_array().map(|list| list.iter().collect()).unwrap_or_default();
        let [first, last] = items[..] else {
            self.shape(key, value, "two whole numbers in brackets");
            return (default, value.span());
        };
        let pair = self.number_of(key, first, range).zip(self.number_of(key, last, range));
        (pair.unwrap_or(default), value.span())
    }

    /// A duration within limits.
    pub(super) fn span(
        &self,
        key: &'static str,
        default: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(word) = self.text(key) else { return default };
        let Some(span) = parse_span(word.text) else {
            self.not(&word, "a duration", "1m30s");
            return default;
        };
        if !range.contains(&span) {
            let (from, to) = (show_span(*range.start()), show_span(*range.end()));
            self.file.fault(&word.span, Fault::Range { key: key.to_owned(), from, to });
            return default;
        }
        span
    }

    /// The tables under `[[key]]`, of which there must be one: a file that is being written is empty for a moment, and a reload just
    /// then must not send everybody home.
    pub(super) fn some_tables(&self, key: &'static str, kind: &'static str) -> Vec<Table<'a>> {
        let some =
            self.value(key).map(|value| value.get_ref().as_array().is_none_or(|list| !list.is_empty()));
        if some != Some(true) {
            self.file.fault(&self.span, Fault::None { what: key });
        }
        self.tables(key, kind)
    }

    /// The tables under `[[key]]`.
    pub(super) fn tables(&self, key: &'static str, kind: &'static str) -> Vec<Table<'a>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(list) = value.get_ref().as_array() else {
            self.shape(key, value, "a list of tables in double brackets");
            return Vec::new();
        };
        let table = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.file, kind, item.span(), entries)),
            _ => {
                self.shape(key, item, "a list of tables in double brackets");
                None
            }
        };
        list.iter().filter_map(table).collect()
    }

    /// The table under `[key]`.
    pub(super) fn table(&self, key: &'static str, kind: &'static str) -> Option<Table<'a>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.file, kind, value.span(), entries)),
            _ => {
                self.shape(key, value, "a table");
                None
            }
        }
    }

    /// Names and texts of the table under `[key]`, whatever the names.
    pub(super) fn pairs(&self, key: &'static str, kind: &'static str) -> Option<Vec<(Word<'a>, Word<'a>)>> {
        let table = self.table(key, kind)?;
        let pair = |(name, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let name: Word<'a> = name_word(name);
            let text = word(value);
            if text.is_none() {
                self.shape(name.text, value, "a text in quotes");
            }
            Some((name, text?))
        };
        Some(table.entries.iter().filter_map(pair).collect())
    }

    /// The value is text, but not what it should be.
    pub(super) fn not(&self, word: &Word<'_>, what: &'static str, like: &'static str) {
        self.file.fault(&word.span, Fault::Value { text: word.text.to_owned(), what, like });
    }

    /// No more questions: keys that nobody asked for are faults.
    pub(super) fn finish(self) {
        let asked = self.asked.into_inner();
        for key in self.entries.keys().filter(|key| !asked.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().to_string();
            let hint = Hint::nearest(&name, asked.iter().copied());
            self.file.fault(&key.span(), Fault::UnknownKey { table: self.kind, key: name, hint });
        }
    }
}

fn word<'a>(value: &'a Spanned<DeValue<'a>>) -> Option<Word<'a>> {
    Some(Word { text: value.get_ref().as_str()?, span: value.span() })
}

pub(super) fn name_word<'a>(name: &'a Spanned<toml::de::DeString<'a>>) -> Word<'a> {
    Word { text: name.get_ref().as_ref(), span: name.span() }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
