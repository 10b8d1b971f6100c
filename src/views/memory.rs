//! Views in maps.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::{Rows, fold};
use super::{ContactFilter, Cursor, Listing, Page, ViewError, Views};
use crate::crm::{Case, Citizen, Contact, Message};
use crate::ids::{CaseId, CitizenId, ContactId};
use crate::journal::Lsn;
use crate::journal::entry::Entry;
use crate::journal::seal::{Keys, NumberHash};

/// Views that live as long as the process.
#[derive(Clone, Debug, Default)]
pub struct MemoryViews {
    applied: Lsn,
    contacts: BTreeMap<ContactId, Contact>,
    by_time: BTreeSet<Cursor>,
    cases: BTreeMap<CaseId, Case>,
    citizens: BTreeMap<CitizenId, Citizen>,
    messages: BTreeMap<Lsn, Message>,
    by_number: BTreeMap<NumberHash, CitizenId>,
    recordings: BTreeMap<String, ContactId>,
}

impl Rows for MemoryViews {
    fn contact_row(&self, id: ContactId) -> Result<Option<Contact>, ViewError> {
        Ok(self.contacts.get(&id).cloned())
    }

    fn case_row(&self, id: CaseId) -> Result<Option<Case>, ViewError> {
        Ok(self.cases.get(&id).cloned())
    }

    fn citizen_row(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError> {
        Ok(self.citizens.get(&id).cloned())
    }

    fn recording_row(&self, file: &str) -> Result<Option<ContactId>, ViewError> {
        Ok(self.recordings.get(file).copied())
    }
}

impl Views for MemoryViews {
    fn applied(&self) -> Lsn {
        self.applied
    }

    fn apply(&mut self, batch: &[(Lsn, Entry)], keys: &Keys) -> Result<(), ViewError> {
        let delta = fold(self, self.applied, batch, keys)?;
        self.by_time.extend(delta.contacts.values().map(Cursor::of));
        self.contacts.extend(delta.contacts);
        self.cases.extend(delta.cases);
        self.citizens.extend(delta.citizens);
        self.messages.extend(delta.messages);
        self.by_number.extend(delta.numbers);
        self.recordings.extend(delta.recordings);
        for number in delta.forgotten {
            self.by_number.remove(&number);
        }
        self.applied = delta.applied;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), ViewError> {
        *self = MemoryViews::default();
        Ok(())
    }

    fn contact(&self, id: ContactId) -> Result<Option<Contact>, ViewError> {
        self.contact_row(id)
    }

    fn contacts(&self, filter: &ContactFilter, page: &Page) -> Result<Listing, ViewError> {
        let before = self.by_time.iter().rev().filter(|place| page.after.is_none_or(|after| **place < after));
        let wanted = before.filter(|place| filter.covers(place.opened_ms)).filter_map(|place| {
            let contact = self.contacts.get(&place.contact)?;
            let suits = filter.suits(contact.queue.as_ref(), contact.outcome, contact.direction)
                && filter.number.is_none_or(|wanted| contact.number == Some(wanted));
            suits.then(|| Ok(contact.clone()))
        });
        Listing::of(wanted, page.limit)
    }

    fn case(&self, id: CaseId) -> Result<Option<Case>, ViewError> {
        self.case_row(id)
    }

    fn citizen(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError> {
        self.citizen_row(id)
    }

    fn messages(&self, limit: usize, before: Option<Lsn>) -> Result<Vec<Message>, ViewError> {
        let asked = self.messages.range(..before.unwrap_or(Lsn(u64::MAX))).rev();
        Ok(asked.take(limit).map(|(_, message)| message.clone()).collect())
    }

    fn citizen_by_number(&self, number: NumberHash) -> Result<Option<CitizenId>, ViewError> {
        Ok(self.by_number.get(&number).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        crate::views::conformance::suite(MemoryViews::default);
    }
}
