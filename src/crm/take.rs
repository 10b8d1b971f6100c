//! What a citizen said to the exchange itself, and wanted kept: a message for the operators of a queue, or a record for the case.

use serde::{Deserialize, Serialize};

use super::contact::seconds;
use crate::ids::{ContactId, QueueId};
use crate::journal::entry::{Entry, Fact};
use crate::time::rome;

/// Most that a row keeps; whoever calls often must not grow a case without end.
const MOST_TAKES: usize = 100;

/// Words that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// When they were kept.
    pub at_ms: i64,
    /// In which contact.
    pub contact: ContactId,
    /// Below the recordings directory.
    pub file: String,
    /// How long the recording is.
    pub ms: u64,
    /// It is a message, and the operators of this queue have to listen to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
}

/// The same as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeLine {
    /// When they were kept, RFC 3339 in Rome's time.
    pub at: String,
    /// In which contact.
    pub contact: ContactId,
    /// Recording, below the data directory.
    pub recording: String,
    /// How long it is.
    pub length_s: f64,
    /// It is a message for the operators of this queue.
    pub queue: Option<QueueId>,
}

impl Take {
    /// The take that `entry` keeps, if it does.
    pub fn kept(entry: &Entry) -> Option<Take> {
        let Fact::TakeKept { contact, file, ms, queue } = &entry.fact else { return None };
        let (contact, ms) = (*contact, *ms);
        Some(Take { at_ms: entry.at_ms, contact, file: file.clone(), ms, queue: queue.clone() })
    }

    /// What `fact` makes of the takes of a row.
    pub fn follow(takes: &mut Vec<Take>, entry: &Entry) {
        if let Fact::RecordingDeleted { file } | Fact::RecordingFailed { file, .. } = &entry.fact {
            takes.retain(|take| take.file != *file);
        }
        let known = |new: &Take| takes.iter().any(|take| take.file == new.file);
        let new = Take::kept(entry).filter(|new| takes.len() < MOST_TAKES && !known(new));
        takes.extend(new);
    }

    /// As people and scripts read it.
    pub fn line(&self) -> TakeLine {
        TakeLine {
            at: rome(self.at_ms),
            contact: self.contact,
            recording: format!("recordings/{}", self.file),
            length_s: seconds(i64::try_from(self.ms).unwrap_or(i64::MAX)),
            queue: self.queue.clone(),
        }
    }
}

impl TakeLine {
    /// In words: how long, for whom, and where it is.
    pub fn told(&self) -> String {
        let whose = self.queue.as_ref().map_or_else(String::new, |queue| format!(" for {queue}"));
        format!("{:.0} s{whose}, {}", self.length_s, self.recording)
    }

    /// What it is: somebody has to listen to the one, and nobody need to the other.
    pub fn kind(&self) -> &'static str {
        if self.queue.is_some() { "voicemail" } else { "recorded" }
    }
}
