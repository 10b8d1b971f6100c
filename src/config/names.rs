//! The names that one file gives and others use.

use std::collections::BTreeMap;

use super::fault::Fault;
use super::reader::{File, Table, Word};
use crate::hint::Hint;

/// The names of one kind of thing, with the line where each is given.
pub(super) struct Names {
    what: &'static str,
    file: &'static str,
    lines: BTreeMap<String, usize>,
    /// The file could not be read: nothing can be said about names that are not here.
    unread: bool,
}

impl Names {
    /// Things called `what`, such as `queue`, given in `file`.
    pub(super) fn new(what: &'static str, file: &'static str) -> Names {
        Names { what, file, lines: BTreeMap::new(), unread: false }
    }

    /// Nothing is known about the names of this file.
    pub(super) fn unread(mut self) -> Names {
        self.unread = true;
        self
    }

    /// Take the name that a table gives itself; `None`, with the fault told, if it is missing, ill-formed or taken.
    pub(super) fn take<'a>(&mut self, table: &Table<'a>, key: &'static str) -> Option<Word<'a>> {
        let word = table.need(key)?;
        if !self.is_name(word.text) {
            table.file.fault(&word.span, Fault::Name { text: word.text.to_owned() });
            return None;
        }
        self.add(&table.file, &word).then_some(word)
    }

    /// Enter a name; false, with the fault told, if it is there already.
    pub(super) fn add(&mut self, file: &File<'_>, word: &Word<'_>) -> bool {
        let name = word.text.to_owned();
        if let Some(first_line) = self.lines.get(&name) {
            let first_line = *first_line;
            file.fault(&word.span, Fault::Twice { what: self.what, name, first_line });
            return false;
        }
        let line = file.place(&word.span).line.map_or(0, |(line, _)| line);
        self.lines.insert(name, line);
        true
    }

    /// Whether the name is known; if not, the fault is told.
    pub(super) fn check(&self, file: &File<'_>, word: &Word<'_>) -> bool {
        if self.unread || self.lines.contains_key(word.text) {
            return true;
        }
        let hint = Hint::nearest(word.text, self.all());
        let name = word.text.to_owned();
        file.fault(&word.span, Fault::Unknown { what: self.what, name, file: self.file, hint });
        false
    }

    /// The name that a table uses, if it uses one and it is known.
    pub(super) fn used<'a>(&self, table: &Table<'a>, key: &'static str) -> Option<Word<'a>> {
        table.text(key).filter(|word| self.check(&table.file, word))
    }

    /// All names in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// Lower-case words joined by `-` or `_`; topics are paths of such words.
    fn is_name(&self, text: &str) -> bool {
        let path = self.what == "topic" || !text.contains('/');
        path && text.split('/').all(is_plain_name)
    }
}

/// Lower-case letters, digits, `-` and `_`: nothing that means something to a file system.
pub(super) fn is_plain_name(text: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !text.is_empty() && text.chars().all(letter)
}
