//! What a batch of entries changes: rows are read, the facts go through them, changed rows come out. Written once for all
//! implementations.

use std::collections::BTreeMap;

use super::{Cursor, ViewError};
use crate::crm::{Case, CaseStatus, Citizen, Contact, Message, Reminder};
use crate::ids::{CaseId, CitizenId, ContactId};
use crate::journal::Lsn;
use crate::journal::entry::{Entry, Fact, Personal};
use crate::journal::seal::{Keys, NumberHash};

/// Rows as they are before the batch.
pub trait Rows {
    /// A contact.
    fn contact_row(&self, id: ContactId) -> Result<Option<Contact>, ViewError>;
    /// A case.
    fn case_row(&self, id: CaseId) -> Result<Option<Case>, ViewError>;
    /// A citizen.
    fn citizen_row(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError>;
    /// The contact of a recording.
    fn recording_row(&self, file: &str) -> Result<Option<ContactId>, ViewError>;
}

/// What a batch changes.
#[derive(Debug, Default)]
pub struct Delta {
    /// Contacts, new or changed.
    pub contacts: BTreeMap<ContactId, Contact>,
    /// Cases, new or changed.
    pub cases: BTreeMap<CaseId, Case>,
    /// Citizens, new or changed.
    pub citizens: BTreeMap<CitizenId, Citizen>,
    /// Messages queued.
    pub messages: BTreeMap<Lsn, Message>,
    /// Citizens to be found by number from now on.
    pub numbers: BTreeMap<NumberHash, CitizenId>,
    /// Recordings, each with its contact.
    pub recordings: BTreeMap<String, ContactId>,
    /// Contacts not to be found by number any more.
    pub unlisted: Vec<(NumberHash, Cursor)>,
    /// Numbers that lead to nobody any more.
    pub forgotten: Vec<NumberHash>,
    /// The last entry of the batch.
    pub applied: Lsn,
}

/// Works out what the entries after `applied` change.
pub fn fold(rows: &impl Rows, applied: Lsn, batch: &[(Lsn, Entry)], keys: &Keys) -> Result<Delta, ViewError> {
    let mut folding = Folding { rows, keys, delta: Delta { applied, ..Delta::default() } };
    for (lsn, entry) in batch {
        if *lsn > folding.delta.applied {
            folding.take(*lsn, entry)?;
            folding.delta.applied = *lsn;
        }
    }
    Ok(folding.delta)
}

struct Folding<'a, R> {
    rows: &'a R,
    keys: &'a Keys,
    delta: Delta,
}

impl<R: Rows> Folding<'_, R> {
    fn take(&mut self, lsn: Lsn, entry: &Entry) -> Result<(), ViewError> {
        match &entry.fact {
            Fact::CitizenFound { citizen, number, contact } => {
                self.on_citizen(*citizen, number, *contact, entry.at_ms)?;
            }
            Fact::ContactOpened { .. } | Fact::Dialled { .. } => self.on_opened(entry)?,
            fact => {
                self.delta.messages.extend(message(lsn, entry).map(|message| (lsn, message)));
                let contact = match fact.recording() {
                    Some(file) => self.contact_of_recording(file)?,
                    None => fact.contact(),
                };
                if let Some(contact) = contact {
                    self.on_contact(contact, entry)?;
                }
            }
        }
        Ok(())
    }

    fn on_citizen(
        &mut self,
        id: CitizenId,
        number: &Personal,
        contact: ContactId,
        at_ms: i64,
    ) -> Result<(), ViewError> {
        if self.citizen(id)?.is_none() {
            self.delta.citizens.insert(id, Citizen::found(id, number.clone(), contact, at_ms));
        }
        if let Personal::Clear(number) = self.keys.unseal(contact, "number", number) {
            self.delta.numbers.insert(self.keys.hash(&number), id);
        }
        Ok(())
    }

    fn on_opened(&mut self, entry: &Entry) -> Result<(), ViewError> {
        let Some(mut contact) = Contact::opened(entry, self.keys) else { return Ok(()) };
        if self.contact(contact.contact)?.is_some() {
            return Ok(());
        }
        if let Fact::Dialled { case: Some(case), continues: true, .. } = &entry.fact
            && self.case(*case)?.is_none()
        {
            contact.case = None; // an operator's slip must not make a case of this number
        }
        if let Some(id) = contact.case {
            let case = match self.case(id)? {
                Some(case) => case,
                None => self.delta.cases.entry(id).or_insert_with(|| Case {
                    case: id,
                    citizen: contact.citizen,
                    entity: contact.entity.clone(),
                    topic: contact.topic.clone(),
                    status: CaseStatus::New,
                    opened_ms: entry.at_ms,
                    contacts: Vec::new(),
                    reminders: Vec::new(),
                    takes: Vec::new(),
                    notes: Vec::new(),
                    closing: None,
                    reopened: false,
                }),
            };
            case.contacts.push(contact.contact);
        }
        if let Some(id) = contact.citizen
            && let Some(citizen) = self.citizen(id)?
        {
            citizen.contacts = citizen.contacts.saturating_add(1);
        }
        self.delta.contacts.insert(contact.contact, contact);
        Ok(())
    }

    fn on_contact(&mut self, id: ContactId, entry: &Entry) -> Result<(), ViewError> {
        let Some(contact) = self.contact(id)? else { return Ok(()) };
        let (place, number) = (Cursor::of(contact), contact.number);
        contact.apply(entry);
        let (case, citizen) = (contact.case, contact.citizen);
        let (entity, topic) = (contact.entity.clone(), contact.topic.clone());
        match &entry.fact {
            Fact::Joined { recording: Some(file), .. } | Fact::Transferred { recording: Some(file), .. } => {
                self.delta.recordings.extend([(file.clone(), id)]);
            }
            Fact::TakeBegun { file, .. } => self.delta.recordings.extend([(file.clone(), id)]),
            Fact::TakeKept { .. } | Fact::RecordingFailed { .. } | Fact::RecordingDeleted { .. } => {
                if let Some(case) = self.case_of(case)? {
                    case.on_take(entry);
                }
            }
            Fact::ContactTagged { .. } | Fact::Coded { .. } => {
                if let Some(case) = self.case_of(case)? {
                    (case.entity, case.topic) = (entity, topic);
                }
            }
            Fact::CaseReminded { contact, case, plea } => {
                let reminder = Reminder { at_ms: entry.at_ms, contact: *contact, plea: *plea };
                if let Some(case) = self.case(*case)? {
                    case.on_reminded(reminder);
                }
            }
            Fact::Noted { case: Some(case), .. }
            | Fact::CaseClosed { case, .. }
            | Fact::CaseReopened { case, .. } => {
                if let Some(case) = self.case(*case)? {
                    case.on_hand(entry);
                }
            }
            Fact::ContactClosed { outcome, .. } => {
                if let Some(case) = self.case_of(case)? {
                    case.on_outcome(*outcome);
                }
            }
            Fact::Erased { .. } => {
                self.delta.unlisted.extend(number.map(|hash| (hash, place)));
                self.on_erased(id, citizen, number)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The citizen whose number this contact's key sealed is no longer found by it.
    fn on_erased(
        &mut self,
        contact: ContactId,
        citizen: Option<CitizenId>,
        number: Option<NumberHash>,
    ) -> Result<(), ViewError> {
        let Some(id) = citizen else { return Ok(()) };
        if let Some(citizen) = self.citizen(id)?.filter(|citizen| citizen.contact == contact) {
            citizen.number = Personal::Erased;
            self.delta.forgotten.extend(number);
            self.delta.numbers.retain(|_, known| *known != id);
        }
        Ok(())
    }

    fn contact_of_recording(&self, file: &str) -> Result<Option<ContactId>, ViewError> {
        match self.delta.recordings.get(file) {
            Some(contact) => Ok(Some(*contact)),
            None => self.rows.recording_row(file),
        }
    }

    fn contact(&mut self, id: ContactId) -> Result<Option<&mut Contact>, ViewError> {
        row(&mut self.delta.contacts, id, || self.rows.contact_row(id))
    }

    fn case(&mut self, id: CaseId) -> Result<Option<&mut Case>, ViewError> {
        row(&mut self.delta.cases, id, || self.rows.case_row(id))
    }

    /// The case of a contact, if it has one.
    fn case_of(&mut self, id: Option<CaseId>) -> Result<Option<&mut Case>, ViewError> {
        id.map_or(Ok(None), |id| self.case(id))
    }

    fn citizen(&mut self, id: CitizenId) -> Result<Option<&mut Citizen>, ViewError> {
        row(&mut self.delta.citizens, id, || self.rows.citizen_row(id))
    }
}

/// The message that `entry` queues, if it does.
fn message(lsn: Lsn, entry: &Entry) -> Option<Message> {
    let Fact::MessageQueued { contact, channel, language, letter } = &entry.fact else { return None };
    Some(Message {
        message: lsn,
        at_ms: entry.at_ms,
        contact: *contact,
        channel: *channel,
        language: language.clone(),
        letter: letter.clone(),
    })
}

/// The row in the delta; fetched into it when it is not there yet.
fn row<K: Ord, V>(
    delta: &mut BTreeMap<K, V>,
    id: K,
    fetch: impl FnOnce() -> Result<Option<V>, ViewError>,
) -> Result<Option<&mut V>, ViewError> {
    use std::collections::btree_map::Entry::{Occupied, Vacant};
    match delta.entry(id) {
        Occupied(known) => Ok(Some(known.into_mut())),
        Vacant(place) => Ok(fetch()?.map(|row| place.insert(row))),
    }
}
