//! Questions about contacts and cases, and their answers: the same over HTTP and from a data directory at rest.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::crm::{Case, CaseLine, CaseStatus, Contact, ContactLine, MessageLine};
use crate::ids::{BadStamp, CaseId, ContactId, QueueId};
use crate::journal::Lsn;
use crate::journal::entry::{Entry, Fact};
use crate::journal::seal::Keys;
use crate::time::rome;
use crate::views::{ContactFilter, Cursor, Page, ViewError, Views};
use crate::words::{Direction, Outcome};

/// The most rows in one answer; the next ones are a question of their own.
pub const MAX_PAGE: usize = 1_000;
/// The most contacts in one answer that tells their stories: a story may be a hundred times as long as a row.
pub const MAX_STORIES: usize = 100;

/// What is asked for; nothing set: everything. Also the query string of `/api/contacts` and `/api/cases`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
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
    /// From this number, or to it when an operator called, whatever way it is written.
    pub number: Option<String>,
    /// Cases only: this far.
    pub status: Option<CaseStatus>,
    /// Cases only: with a message that operators have to listen to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub voicemail: bool,
    /// At most so many rows.
    pub limit: Option<usize>,
    /// Go on from here: `next` of the answer before.
    pub after: Option<String>,
}

impl Wanted {
    fn filter(&self, keys: &Keys) -> ContactFilter {
        ContactFilter {
            from_ms: self.from_ms,
            to_ms: self.to_ms,
            queue: self.queue.clone(),
            outcome: self.outcome,
            direction: self.direction,
            number: self.number.as_deref().map(|number| keys.hash(number)),
        }
    }

    fn page(&self) -> Result<Page, RecordsError> {
        let after = self.after.as_deref().map(str::parse::<Cursor>).transpose()?;
        Ok(Page { limit: self.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE), after })
    }
}

/// Part of the list of contacts, newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct ContactPage {
    /// The contacts.
    pub contacts: Vec<ContactLine>,
    /// Where the list goes on; goes into `after`.
    pub next: Option<String>,
}

/// Part of the list of cases, the one with the newest contact first.
#[derive(Debug, Serialize, Deserialize)]
pub struct CasePage {
    /// The cases. A case with contacts far apart may come again in a later part.
    pub cases: Vec<CaseLine>,
    /// Where the list goes on; goes into `after`.
    pub next: Option<String>,
}

/// Part of the outbox, newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutboxPage {
    /// The messages.
    pub messages: Vec<MessageLine>,
    /// Where the list goes on; goes into `after`.
    pub next: Option<String>,
}

/// A contact with all that happened.
#[derive(Debug, Serialize, Deserialize)]
pub struct ContactStory {
    /// As in the list.
    #[serde(flatten)]
    pub line: ContactLine,
    /// Its facts, in order, personal fields readable unless they were erased.
    pub story: Vec<Step>,
}

/// Part of the list of contacts with all that happened, newest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct StoryPage {
    /// The contacts.
    pub stories: Vec<ContactStory>,
    /// Where the list goes on; goes into `after`.
    pub next: Option<String>,
}

impl ContactStory {
    /// Its facts with their moments, in milliseconds since the Unix epoch.
    pub fn facts(&self) -> impl Iterator<Item = (i64, &Fact)> {
        self.story.iter().map(|step| (step.ms(), &step.fact))
    }
}

/// One fact of a story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When, RFC 3339 in Rome's time.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

impl Step {
    /// When, in milliseconds since the Unix epoch; the exchange writes no other moments than it can read.
    pub fn ms(&self) -> i64 {
        self.at.parse().map_or(0, jiff::Timestamp::as_millisecond)
    }
}

impl From<Entry> for Step {
    fn from(Entry { at_ms, fact }: Entry) -> Step {
        Step { at: rome(at_ms), fact }
    }
}

/// A case with its contacts.
#[derive(Debug, Serialize, Deserialize)]
pub struct CaseStory {
    /// As in the list.
    #[serde(flatten)]
    pub line: CaseLine,
    /// Its contacts as in their list, in the order they came.
    pub contact_lines: Vec<ContactLine>,
}

/// A question without an answer.
#[derive(Debug, thiserror::Error)]
pub enum RecordsError {
    /// `after` is none of ours.
    #[error("`after` must be `next` of the answer before: {0}")]
    After(#[from] BadStamp),
    /// Neither is it here.
    #[error("`after` must be `next` of the answer before, the number of a message, and is `{0}`")]
    AfterMessage(String),
    /// The views cannot be read.
    #[error(transparent)]
    Views(#[from] ViewError),
}

/// Contacts.
pub fn contacts(views: &impl Views, keys: &Keys, wanted: &Wanted) -> Result<ContactPage, RecordsError> {
    let listing = views.contacts(&wanted.filter(keys), &wanted.page()?)?;
    let contacts = listing.contacts.iter().map(|contact| contact.line(keys)).collect();
    Ok(ContactPage { contacts, next: listing.next.map(|cursor| cursor.to_string()) })
}

/// Contacts with their stories.
pub fn stories(views: &impl Views, keys: &Keys, wanted: &Wanted) -> Result<StoryPage, RecordsError> {
    let page = wanted.page()?;
    let page = Page { limit: page.limit.min(MAX_STORIES), ..page };
    let listing = views.contacts(&wanted.filter(keys), &page)?;
    let stories = listing.contacts.into_iter().map(|contact| told(contact, keys)).collect();
    Ok(StoryPage { stories, next: listing.next.map(|cursor| cursor.to_string()) })
}

/// Cases that have a contact as it is wanted.
pub fn cases(views: &impl Views, keys: &Keys, wanted: &Wanted) -> Result<CasePage, RecordsError> {
    let listing = views.contacts(&wanted.filter(keys), &wanted.page()?)?;
    let (mut cases, mut seen) = (Vec::new(), BTreeSet::new());
    for contact in &listing.contacts {
        let Some(id) = contact.case.filter(|case| seen.insert(*case)) else { continue };
        let case = views.case(id)?;
        let suits = |case: &Case| {
            wanted.status.is_none_or(|status| case.status == status)
                && (!wanted.voicemail || case.has_voicemail())
        };
        cases.extend(case.filter(suits).map(|case| case.line(keys)));
    }
    Ok(CasePage { cases, next: listing.next.map(|cursor| cursor.to_string()) })
}

/// Messages queued to be sent; only `limit` and `after` of what is wanted mean something here.
pub fn outbox(views: &impl Views, keys: &Keys, wanted: &Wanted) -> Result<OutboxPage, RecordsError> {
    let number = |text: &String| text.parse().map(Lsn).map_err(|_| RecordsError::AfterMessage(text.clone()));
    let before = wanted.after.as_ref().map(number).transpose()?;
    let limit = wanted.limit.unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let mut found = views.messages(limit + 1, before)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|message| message.message.0.to_string());
    Ok(OutboxPage { messages: found.iter().map(|message| message.line(keys)).collect(), next })
}

/// One contact, whole.
pub fn contact(views: &impl Views, keys: &Keys, id: ContactId) -> Result<Option<ContactStory>, ViewError> {
    Ok(views.contact(id)?.map(|contact| told(contact, keys)))
}

fn told(contact: Contact, keys: &Keys) -> ContactStory {
    let line = contact.line(keys);
    let story = contact.story.into_iter().map(|entry| keys.unseal_entry(entry).into()).collect();
    ContactStory { line, story }
}

/// One case, whole.
pub fn case(views: &impl Views, keys: &Keys, id: CaseId) -> Result<Option<CaseStory>, ViewError> {
    let Some(case) = views.case(id)? else { return Ok(None) };
    let mut contact_lines = Vec::new();
    for contact in &case.contacts {
        contact_lines.extend(views.contact(*contact)?.map(|contact| contact.line(keys)));
    }
    Ok(Some(CaseStory { line: case.line(keys), contact_lines }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Lsn;
    use crate::journal::file_journal::FileJournal;
    use crate::journal::sim_disk::SimDisk;
    use crate::views::conformance::{answered, contact as contact_id};
    use crate::views::memory::MemoryViews;
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    /// Answered calls of these numbers, a minute apart.
    fn views(numbers: &[&str]) -> (MemoryViews, Keys) {
        let journal = FileJournal::open(SimDisk::new(), ChaCha20Rng::seed_from_u64(1), 1 << 20);
        let keys = journal.expect("an empty disk").0.keys();
        let mut entries = Vec::new();
        for (count, number) in (1..).zip(numbers) {
            entries.extend(answered(count, i64::from(count) * 60_000, number));
        }
        let batch: Vec<_> = (1..).map(Lsn).zip(entries).collect();
        let mut views = MemoryViews::default();
        views.apply(&batch, &keys).expect("whole entries");
        (views, keys)
    }

    #[test]
    fn list_goes_on_where_it_stopped_and_ends() {
        let (views, keys) = views(&["0551", "0552", "0553"]);
        let mut wanted = Wanted { limit: Some(2), ..Wanted::default() };
        let first = contacts(&views, &keys, &wanted).expect("good views");
        assert_eq!(first.contacts.len(), 2);
        wanted.after = first.next;
        let last = contacts(&views, &keys, &wanted).expect("good views");
        assert_eq!((last.contacts.len(), last.next), (1, None));
        wanted.after = Some("rubbish".to_owned());
        assert!(matches!(contacts(&views, &keys, &wanted), Err(RecordsError::After(_))));
    }

    #[test]
    fn cases_are_found_by_what_their_contacts_are() {
        let (views, keys) = views(&["+390552768224", "0552"]);
        let of = |number: &str, status| {
            let wanted = Wanted { number: Some(number.to_owned()), status, ..Wanted::default() };
            cases(&views, &keys, &wanted).expect("good views").cases.len()
        };
        assert_eq!(of("+39 055 2768224", None), 1);
        assert_eq!(of("+39 055 2768224", Some(CaseStatus::Closed)), 1);
        assert_eq!(of("+39 055 2768224", Some(CaseStatus::New)), 0);
        assert_eq!(of("0559", None), 0);
    }

    #[test]
    fn story_begins_with_the_number_and_survives_the_way_to_the_asker() {
        let (views, keys) = views(&["0551"]);
        let story = contact(&views, &keys, contact_id(1)).expect("good views").expect("it is there");
        let json = serde_json::to_string(&story).expect("plain data");
        assert!(json.contains("0551"), "{json}");
        let read: ContactStory = serde_json::from_str(&json).expect("what was written");
        assert_eq!((read.line, read.story), (story.line, story.story));
        assert!(contact(&views, &keys, contact_id(9)).expect("good views").is_none());
    }
}
