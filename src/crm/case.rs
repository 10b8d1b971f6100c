//! A case: one need of one citizen. For now every call opens a case of its own.
//!
//! It is `new` until one of its contacts was served at the front office (an operator answered, or an information node did),
//! and `closed` from then on. What was abandoned, unserved, interrupted or failed stays `new`: the need is not met. So does a case
//! with a message that operators have to listen to, whatever else became of it.
//!
//! People have the last word: who closes a case has settled whatever kept it open, and one that somebody opened again stays open
//! until somebody closes it.

use serde::{Deserialize, Serialize};

use super::{Note, NoteLine, Take, TakeLine};
use crate::ids::{CaseId, CitizenId, ContactId, EntityId, TopicId};
use crate::journal::entry::{Entry, Fact};
use crate::journal::seal::Keys;
use crate::time::rome;
use crate::words::{Outcome, Plea};

/// Most reminders kept with a case; whoever calls every day must not grow its row without end. The contacts tell of all.
const MOST_REMINDERS: usize = 100;

/// One need of one citizen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its number.
    pub case: CaseId,
    /// Whose, when the number is known.
    pub citizen: Option<CitizenId>,
    /// The body it concerns.
    pub entity: EntityId,
    /// What it is about.
    pub topic: Option<TopicId>,
    /// How far it is.
    pub status: CaseStatus,
    /// When it was opened.
    pub opened_ms: i64,
    /// Its contacts, in the order they came.
    pub contacts: Vec<ContactId>,
    /// Who has asked after it since, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<Reminder>,
    /// What its citizens said to the exchange itself, and is kept, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Take>,
    /// What people wrote down about it, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// A person closed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing: Option<Closing>,
    /// A person opened it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reopened: bool,
}

/// A person closed a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// When.
    pub at_ms: i64,
    /// Who, as they said.
    pub by: String,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// The same as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingLine {
    /// When, RFC 3339 in Rome's time.
    pub at: String,
    /// Who, as they said.
    pub by: String,
    /// How it ended.
    pub outcome: Option<String>,
}

/// A citizen reminded us of a case, or complained about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// When.
    pub at_ms: i64,
    /// In which contact.
    pub contact: ContactId,
    /// What is wanted.
    pub plea: Plea,
}

/// The same as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReminderLine {
    /// When, RFC 3339 in Rome's time.
    pub at: String,
    /// In which contact.
    pub contact: ContactId,
    /// What is wanted.
    pub plea: Plea,
}

/// One line of `case list --format json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseLine {
    /// Its number.
    pub case: CaseId,
    /// Whose, when the number is known.
    pub citizen: Option<CitizenId>,
    /// The body it concerns.
    pub entity: EntityId,
    /// What it is about.
    pub topic: Option<TopicId>,
    /// How far it is.
    pub status: CaseStatus,
    /// When it was opened, RFC 3339 in Rome's time.
    pub opened: String,
    /// Its contacts, in the order they came.
    pub contacts: Vec<ContactId>,
    /// Who has asked after it since, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reminders: Vec<ReminderLine>,
    /// What its citizens said to the exchange itself, and is kept, in order.
    #[serde(default)]
    pub takes: Vec<TakeLine>,
    /// What people wrote down about it, in order.
    #[serde(default)]
    pub notes: Vec<NoteLine>,
    /// A person closed it; nothing when its contacts did.
    #[serde(default)]
    pub closing: Option<ClosingLine>,
}

/// How far a case is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// The need is not met.
    New,
    /// Met by the front office, or closed by a person.
    Closed,
}

impl Reminder {
    fn line(&self) -> ReminderLine {
        ReminderLine { at: rome(self.at_ms), contact: self.contact, plea: self.plea }
    }
}

impl Closing {
    fn line(&self) -> ClosingLine {
        ClosingLine { at: rome(self.at_ms), by: self.by.clone(), outcome: self.outcome.clone() }
    }
}

impl CaseLine {
    /// Messages that operators have to listen to.
    pub fn voicemails(&self) -> usize {
        self.takes.iter().filter(|take| take.queue.is_some()).count()
    }
}

impl Case {
    /// As people and scripts read it; `keys` open what was written down.
    pub fn line(&self, keys: &Keys) -> CaseLine {
        CaseLine {
            case: self.case,
            citizen: self.citizen,
            entity: self.entity.clone(),
            topic: self.topic.clone(),
            status: self.status,
            opened: rome(self.opened_ms),
            contacts: self.contacts.clone(),
            reminders: self.reminders.iter().map(Reminder::line).collect(),
            takes: self.takes.iter().map(Take::line).collect(),
            notes: self.notes.iter().map(|note| note.line(keys)).collect(),
            closing: self.closing.as_ref().map(Closing::line),
        }
    }

    /// A citizen asks after it.
    pub fn on_reminded(&mut self, reminder: Reminder) {
        if self.reminders.len() < MOST_REMINDERS {
            self.reminders.push(reminder);
        }
    }

    /// A contact of this case has ended so.
    pub fn on_outcome(&mut self, outcome: Outcome) {
        let settled = matches!(outcome, Outcome::Answered | Outcome::Transferred | Outcome::Contained);
        if settled && !self.reopened && !self.has_voicemail() {
            self.status = CaseStatus::Closed;
        }
    }

    /// Something became of what a citizen said. A message is work: somebody has to listen.
    pub fn on_take(&mut self, entry: &Entry) {
        Take::follow(&mut self.takes, entry);
        if matches!(entry.fact, Fact::TakeKept { queue: Some(_), .. }) {
            (self.status, self.closing) = (CaseStatus::New, None);
        }
    }

    /// Somebody closed it, opened it again, or wrote something down about it.
    pub fn on_hand(&mut self, entry: &Entry) {
        Note::follow(&mut self.notes, entry);
        match &entry.fact {
            Fact::CaseClosed { outcome, by, .. } => {
                let (by, outcome) = (by.clone(), outcome.clone());
                self.closing = Some(Closing { at_ms: entry.at_ms, by, outcome });
                (self.status, self.reopened) = (CaseStatus::Closed, false);
            }
            Fact::CaseReopened { .. } => {
                (self.status, self.closing, self.reopened) = (CaseStatus::New, None, true);
            }
            _ => {}
        }
    }

    /// Operators have to listen to a message.
    pub fn has_voicemail(&self) -> bool {
        self.takes.iter().any(|take| take.queue.is_some())
    }
}
