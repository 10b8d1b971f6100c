//! What people wrote down about a contact or a case. Words about citizens are personal: they are sealed like their numbers, and gone
//! with the contact's key.

use serde::{Deserialize, Serialize};

use crate::ids::ContactId;
use crate::journal::entry::{Entry, Fact, Personal};
use crate::journal::seal::Keys;
use crate::time::rome;

/// Most that a row keeps: a script that writes must not grow it without end. The story of the contact tells of more.
const MOST_NOTES: usize = 100;

/// Something that somebody wrote down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at_ms: i64,
    /// The contact whose key seals it.
    pub contact: ContactId,
    /// Who, as they said.
    pub by: String,
    /// The words.
    pub text: Personal,
}

/// The same as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteLine {
    /// When, RFC 3339 in Rome's time.
    pub at: String,
    /// Who, as they said.
    pub by: String,
    /// The words; nothing when they were erased.
    pub text: Option<String>,
}

impl Note {
    /// Adds what `entry` writes down, if it does, as long as there is room.
    pub fn follow(notes: &mut Vec<Note>, entry: &Entry) {
        let Fact::Noted { contact, note, by, .. } = &entry.fact else { return };
        if notes.len() < MOST_NOTES {
            let (contact, by, text) = (*contact, by.clone(), note.clone());
            notes.push(Note { at_ms: entry.at_ms, contact, by, text });
        }
    }

    /// As people and scripts read it; `keys` open the words.
    pub fn line(&self, keys: &Keys) -> NoteLine {
        let text = match keys.unseal(self.contact, "note", &self.text) {
            Personal::Clear(text) => Some(text),
            Personal::Sealed(_) | Personal::Erased => None,
        };
        NoteLine { at: rome(self.at_ms), by: self.by.clone(), text }
    }
}

impl NoteLine {
    /// In words: who wrote what.
    pub fn told(&self) -> String {
        format!("{}: {}", self.by, self.text.as_deref().unwrap_or("(erased)"))
    }
}
