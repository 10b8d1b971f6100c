//! Keys pressed before they were asked for.

use std::collections::VecDeque;

/// Most keys kept: as many as one `collect` can ask for.
const MAX_KEYS: usize = 32;

/// Keys pressed before they were asked for, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TypeAhead(VecDeque<char>);

impl TypeAhead {
    /// Keeps a key; one too many is dropped.
    pub(super) fn keep(&mut self, key: char) {
        if self.0.len() < MAX_KEYS {
            self.0.push_back(key);
        }
    }

    pub(super) fn take(&mut self) -> Option<char> {
        self.0.pop_front()
    }

    /// Takes the oldest key that `wanted` wants, leaving the others.
    pub(super) fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let at = self.0.iter().position(|key| wanted(*key))?;
        self.0.remove(at)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
