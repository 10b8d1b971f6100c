//! Views: what the journal says, laid out for questions. Contacts, cases and citizens, by id and in lists.
//!
//! A view takes batches of entries as the journal has written them, and remembers the [`Lsn`] it has applied; it can be
//! dropped and made anew from the journal at any time ([`rebuild`]). What a batch changes is worked out once, by [`fold`]; an
//! implementation only keeps rows. [`memory`] keeps them in maps, for tests and the simulator; `io::views_sled` on the disk.

pub mod fold;
pub mod memory;

#[cfg(test)]
pub(crate) mod conformance;

use std::fmt;
use std::str::FromStr;

use crate::crm::{Case, Citizen, Contact, Message};
use crate::ids::{BadStamp, CaseId, CitizenId, ContactId, QueueId};
use crate::journal::entry::Entry;
use crate::journal::log::LogError;
use crate::journal::seal::{Keys, NumberHash};
use crate::journal::{Journal, Lsn};
use crate::words::{Direction, Outcome};

/// Rows made of the journal's facts.
pub trait Views {
    /// The last entry taken in.
    fn applied(&self) -> Lsn;

    /// Takes in entries, each with its lsn. Those that were taken in before are passed over.
    fn apply(&mut self, batch: &[(Lsn, Entry)], keys: &Keys) -> Result<(), ViewError>;

    /// Forgets everything, to be made anew.
    fn clear(&mut self) -> Result<(), ViewError>;

    /// One contact.
    fn contact(&self, id: ContactId) -> Result<Option<Contact>, ViewError>;

    /// Contacts, newest first.
    fn contacts(&self, filter: &ContactFilter, page: &Page) -> Result<Listing, ViewError>;

    /// One case.
    fn case(&self, id: CaseId) -> Result<Option<Case>, ViewError>;

    /// One citizen.
    fn citizen(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError>;

    /// Messages queued, newest first: at most `limit`, and only those before `before`.
    fn messages(&self, limit: usize, before: Option<Lsn>) -> Result<Vec<Message>, ViewError>;

    /// The citizen with this number.
    fn citizen_by_number(&self, number: NumberHash) -> Result<Option<CitizenId>, ViewError>;
}

/// Which contacts are asked for; nothing set: all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// Opened at this moment or later, in milliseconds since the Unix epoch.
    pub from_ms: Option<i64>,
    /// Opened before this moment.
    pub to_ms: Option<i64>,
    /// In this queue last.
    pub queue: Option<QueueId>,
    /// Ended so.
    pub outcome: Option<Outcome>,
    /// Begun by whom.
    pub direction: Option<Direction>,
    /// From or to this number: [`Keys::hash`].
    pub number: Option<NumberHash>,
}

impl ContactFilter {
    /// Whether a contact opened at `opened_ms` is within the time asked for.
    pub fn covers(&self, opened_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= opened_ms) && self.to_ms.is_none_or(|to| opened_ms < to)
    }

    /// Whether queue, outcome and direction are those asked for.
    pub fn suits(&self, queue: Option<&QueueId>, outcome: Option<Outcome>, direction: Direction) -> bool {
        let queue_suits = self.queue.as_ref().is_none_or(|wanted| queue == Some(wanted));
        let direction_suits = self.direction.is_none_or(|wanted| direction == wanted);
        queue_suits && direction_suits && self.outcome.is_none_or(|wanted| outcome == Some(wanted))
    }
}

/// Part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most so many.
    pub limit: usize,
    /// Go on after this one.
    pub after: Option<Cursor>,
}

/// Part of a list of contacts, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The contacts.
    pub contacts: Vec<Contact>,
    /// Where to go on; nothing at the end.
    pub next: Option<Cursor>,
}

impl Listing {
    /// The first part of `rows`, which come newest first and as they were asked for: at most `limit` of them, and where the list goes
    /// on when there is one more.
    pub fn of(
        rows: impl Iterator<Item = Result<Contact, ViewError>>,
        limit: usize,
    ) -> Result<Listing, ViewError> {
        let mut contacts: Vec<Contact> = rows.take(limit.saturating_add(1)).collect::<Result<_, _>>()?;
        let more = contacts.len() > limit;
        contacts.truncate(limit);
        let next = if more { contacts.last().map(Cursor::of) } else { None };
        Ok(Listing { contacts, next })
    }
}

/// A place in the list of contacts. Written `<opened, ms>:<contact>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// When the contact was opened.
    pub opened_ms: i64,
    /// The contact.
    pub contact: ContactId,
}

impl Cursor {
    /// The place of this contact.
    pub fn of(contact: &Contact) -> Cursor {
        Cursor { opened_ms: contact.opened_ms, contact: contact.contact }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.opened_ms, self.contact)
    }
}

impl FromStr for Cursor {
    type Err = BadStamp;
    fn from_str(text: &str) -> Result<Cursor, BadStamp> {
        let bad = || BadStamp(text.to_owned());
        let (opened, contact) = text.split_once(':').ok_or_else(bad)?;
        Ok(Cursor { opened_ms: opened.parse().map_err(|_| bad())?, contact: contact.parse()? })
    }
}

/// A view cannot be read or written. It is dropped and made anew; nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// Its store failed.
    #[error("the views cannot be used: {0}; nothing is lost: they are made anew from the journal")]
    Store(String),
    /// A row makes no sense.
    #[error("a row of the views is damaged ({0}); nothing is lost: they are made anew from the journal")]
    Row(String),
    /// The journal behind it cannot be read.
    #[error(transparent)]
    Journal(#[from] LogError),
}

/// How many entries are taken in at once while catching up: some megabytes.
pub const CATCH_UP: usize = 10_000;

/// Brings `views` up to the journal's end, from wherever they are; from nothing when they are ahead of it, which happens
/// when a power cut took entries that the views had seen.
pub fn catch_up(views: &mut impl Views, journal: &impl Journal) -> Result<(), ViewError> {
    if views.applied() > journal.last() {
        views.clear()?;
    }
    let keys = journal.keys();
    while views.applied() < journal.last() {
        let batch = journal.read_from(Lsn(views.applied().0 + 1), CATCH_UP)?;
        if batch.is_empty() {
            break;
        }
        views.apply(&batch, &keys)?;
    }
    Ok(())
}

/// Drops the views and makes them anew.
pub fn rebuild(views: &mut impl Views, journal: &impl Journal) -> Result<(), ViewError> {
    views.clear()?;
    catch_up(views, journal)
}
