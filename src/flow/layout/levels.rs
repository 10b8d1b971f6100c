//! The columns at which the entries of open lists and mappings begin: as they were written, and as they are laid out.

use super::STEP;

/// One list or mapping.
#[derive(Clone, Copy, Debug)]
struct Level {
    written: usize,
    laid: usize,
    is_list: bool,
}

/// Those that are open, the outermost first. The parser has read the file, so columns mean what they seem to.
#[derive(Clone, Debug, Default)]
pub(super) struct Levels(Vec<Level>);

impl Levels {
    /// Where an entry is laid that begins in this column, with this sign before it (`-`, `?`, `:`).
    pub(super) fn place(&mut self, column: usize, leader: Option<char>) -> usize {
        let is_list = leader == Some('-');
        // The items of a list may stand below its key; the next key ends it.
        let ends =
            |level: &Level| level.written > column || (level.written == column && level.is_list && !is_list);
        while self.0.last().is_some_and(ends) {
            self.0.pop();
        }
        match self.0.last() {
            Some(level) if level.written == column && level.is_list == is_list => level.laid,
            above => {
                let laid = above.map_or(0, |above| above.laid + STEP);
                self.open(column, laid, leader);
                laid
            }
        }
    }

    /// Entries that begin behind a sign of their own.
    pub(super) fn open(&mut self, written: usize, laid: usize, leader: Option<char>) {
        self.0.push(Level { written, laid, is_list: leader == Some('-') });
    }

    /// Where the entries were laid that a comment in this column goes with, if they were to the right of `than`.
    pub(super) fn below(&self, column: usize, than: usize) -> Option<usize> {
        let level = self.0.iter().rev().find(|level| level.written <= column)?;
        (level.written > than).then_some(level.laid)
    }
}
