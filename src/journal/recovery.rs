//! What a start needs to know of the past: a fold over the journal, kept small and remembered in the file `checkpoint`, so
//! that a start reads only what came after it. The checkpoint is disposable: missing or damaged, it is passed over and the whole
//! journal is read. One that is ahead of the journal is a witness that entries are missing.
//!
//! Ids and case numbers must stay unique though entries were lost and a repair stands [`Fact::Lost`] in their places: the numbers
//! that contacts on record carry count as given out, and each lost entry may have been a start.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Lsn;
use super::disk::{Disk, DiskError, replace};
use super::entry::{Elsewhere, Entry, Fact, Personal};
use super::log::{Cut, LogError};
use super::reader::Reader;
use super::record;
use super::seal::{Keys, NumberHash};
use super::seat_counts::SeatCounts;
use crate::acd::{CutOff, LiveSkills, Returning};
use crate::callback::{self, Change, Diary, InVain, RecallList};
use crate::ids::{
    CallbackId, CaseId, CitizenId, ContactId, EntityId, FlowId, Language, QueueId, SeatId, TopicId,
};
use crate::survey::Asked;
use crate::switches::Switches;
use crate::words::{Outcome, QueueExit, SeatView};

const CHECKPOINT: &str = "checkpoint";

/// For how long after a start the dialogs of the start before are still worth a BYE: 64*T1 for its transaction, twice.
const ORPHAN_MS: i64 = 64_000;

/// What is found at a start.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The last entry; the next to append is one more.
    pub last: Lsn,
    /// Tails that a crash had torn and the start has cut.
    pub cuts: Vec<Cut>,
    /// The state of things at the last entry.
    pub state: Recovery,
    /// To read personal fields.
    pub keys: Keys,
}

impl Recovered {
    /// Nothing has ever been written, and nothing will be read again: for a rehearsal. `secret` makes the hashes of numbers.
    pub fn nothing(secret: [u8; 32]) -> Recovered {
        let keys = Keys::new(BTreeMap::new(), secret);
        Recovered { last: Lsn(0), cuts: Vec::new(), state: Recovery::default(), keys }
    }

    /// The start number that `node` takes now.
    pub fn next_epoch(&self, node: u16) -> u32 {
        self.state.epochs.get(&node).copied().unwrap_or(0).saturating_add(1)
    }

    /// The dialogs to be ended, each with its contact and its record as JSON. Those whose key is gone cannot be told.
    pub fn dialogs(&self) -> Vec<(u64, ContactId, String)> {
        let unsealed = |(number, dialog): (&u64, &OpenDialog)| {
            let record = self.keys.unseal(dialog.contact, "record", &dialog.record);
            let Personal::Clear(record) = record else { return None };
            Some((*number, dialog.contact, record))
        };
        self.state.dialogs.iter().filter_map(unsealed).collect()
    }

    /// The citizen with this number, whatever way it is written.
    pub fn citizen(&self, number: &str) -> Option<CitizenId> {
        self.state.citizens.get(&self.keys.hash(number)).copied()
    }
}

/// The state of things after some entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// The entry.
    pub lsn: Lsn,
    /// When it was written; the best guess of when a crash happened.
    pub last_ms: i64,
    /// The last start number of each node.
    pub epochs: BTreeMap<u16, u32>,
    /// Contacts without an end.
    pub contacts: BTreeMap<ContactId, OpenContact>,
    /// Dialogs without an end, by the endpoint's number.
    pub dialogs: BTreeMap<u64, OpenDialog>,
    /// The highest dialog number ever used. A start that numbers on from here never mistakes an old dialog for a new one.
    pub last_dialog: u64,
    /// The block of case numbers given out last: first number, how many.
    pub case_block: Option<(u64, u32)>,
    /// Each seat as it was last, and since when.
    pub seats: BTreeMap<SeatId, SeatSince>,
    /// Citizens by their number's hash.
    pub citizens: BTreeMap<NumberHash, CitizenId>,
    /// Recordings begun and not closed, each with its contact.
    pub recordings: BTreeMap<String, ContactId>,
    /// What citizens said to the exchange itself, and nothing has been decided of.
    #[serde(default)]
    pub takes: BTreeMap<String, OpenTake>,
    /// Bulletins and emergencies in force, unless their time is over.
    #[serde(default)]
    pub switches: Switches,
    /// What supervisors have said of who knows what.
    #[serde(default)]
    pub skills: LiveSkills,
    /// Who was cut off while waiting.
    #[serde(default)]
    pub returning: Returning,
    /// Call-backs that are not over.
    #[serde(default)]
    pub callbacks: Diary,
    /// Their numbers, sealed, each with the contact whose key seals it.
    #[serde(default)]
    pub callback_numbers: BTreeMap<CallbackId, (ContactId, Personal)>,
    /// Who called in vain.
    #[serde(default)]
    pub recall: RecallList,
    /// Who was asked in a survey.
    #[serde(default)]
    pub surveyed: Asked,
    /// The last version of each published flow that is on record.
    #[serde(default)]
    pub flows: BTreeMap<FlowId, u32>,
    /// When the last start was.
    #[serde(default)]
    pub started_ms: i64,
    /// Contacts whose keys must not come back with a restored backup.
    pub erased: BTreeSet<ContactId>,
}

/// A contact without an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenContact {
    /// Its case, if it has one.
    pub case: Option<CaseId>,
    /// When it began.
    pub opened_ms: i64,
    /// The exchange had answered it.
    pub answered: bool,
    /// The seat it was joined to.
    pub joined: Option<SeatId>,
    /// It was joined to a number outside.
    #[serde(default)]
    pub transferred: bool,
    /// A call-back was promised in it.
    #[serde(default)]
    pub promised: bool,
    /// It found the service closed; the operators of this queue could call.
    #[serde(default)]
    pub found_closed: Option<QueueId>,
    /// It had a place in a queue.
    #[serde(default)]
    pub waiting: bool,
    /// The exit by which it left its last queue.
    #[serde(default)]
    pub left: Option<QueueExit>,
    /// Who called, if that is known.
    #[serde(default)]
    pub citizen: Option<CitizenId>,
    /// The queue in which it has its place, and since when that counts.
    #[serde(default)]
    pub place: Option<(QueueId, i64)>,
    /// It had heard a node that answers a request for information.
    #[serde(default)]
    pub informed: bool,
    /// What it is about.
    #[serde(default)]
    pub about: Option<About>,
}

/// What a contact is about, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The body answered for.
    pub entity: EntityId,
    /// The topic.
    pub topic: Option<TopicId>,
    /// Spoken.
    pub language: Language,
    /// The queue that it entered last.
    pub queue: Option<QueueId>,
}

impl OpenContact {
    fn on_tagged(&mut self, entity: Option<&EntityId>, topic: Option<&TopicId>, language: Option<&Language>) {
        let Some(about) = &mut self.about else { return };
        if let Some(entity) = entity {
            about.entity = entity.clone();
        }
        about.topic = topic.or(about.topic.as_ref()).cloned();
        if let Some(language) = language {
            about.language = language.clone();
        }
    }

    /// The place that it loses if it ends now.
    pub fn waits(&self, left_ms: i64) -> Option<CutOff> {
        let (queue, since_ms) = self.place.clone()?;
        Some(CutOff { citizen: self.citizen?, queue, since_ms, left_ms })
    }
}

/// A dialog without an end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenDialog {
    /// Whose key seals the record.
    pub contact: ContactId,
    /// `sip::DialogRecord` as JSON, sealed.
    pub record: Personal,
    /// When a later start first had it to end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orphan_ms: Option<i64>,
}

/// A take that is neither kept nor dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTake {
    /// In which contact.
    pub contact: ContactId,
    /// It becomes a message for the operators of this queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// How long it is, once it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
}

/// Whom a seat talked with last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The contact.
    pub contact: ContactId,
    /// The queue that it came by.
    pub queue: QueueId,
    /// Its outcome is coded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub coded: bool,
    /// Its wrap-up was made longer: until then, and so often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengthened: Option<(i64, u32)>,
}

/// A seat and since when it is so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeatSince {
    /// As it was last.
    pub view: SeatView,
    /// Since when.
    pub at_ms: i64,
    /// Since when its work is what it is.
    #[serde(default)]
    pub work_ms: i64,
    /// Since when its status is what it is.
    #[serde(default)]
    pub status_ms: i64,
    /// Its last talk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
    /// What it has done since log-in.
    #[serde(default)]
    pub counts: SeatCounts,
}

impl Recovery {
    /// Takes in the entry `lsn`, sealed or clear. Any order, repetition or unknown id is borne.
    pub fn apply(&mut self, lsn: Lsn, entry: &Entry, keys: &Keys) {
        self.lsn = self.lsn.max(lsn);
        let before_ms = std::mem::replace(&mut self.last_ms, entry.at_ms);
        match &entry.fact {
            Fact::Started { node, epoch, .. } => {
                self.on_started(*node, *epoch, entry.at_ms);
                self.seats.values_mut().for_each(|seat| seat.counts = seat.counts.parted(before_ms));
            }
            Fact::Stopped => self.dialogs.clear(),
            Fact::CaseBlock { first, len } => self.case_block = Some((*first, *len)),
            Fact::CitizenFound { citizen, number, contact } => {
                if let Personal::Clear(number) = keys.unseal(*contact, "number", number) {
                    self.citizens.insert(keys.hash(&number), *citizen);
                }
            }
            Fact::DialogOpened { contact, dialog, record } => {
                let open = OpenDialog { contact: *contact, record: record.clone(), orphan_ms: None };
                self.dialogs.insert(*dialog, open);
                self.last_dialog = self.last_dialog.max(*dialog);
            }
            Fact::DialogClosed { dialog } => drop(self.dialogs.remove(dialog)),
            Fact::SeatChanged { seat, now, .. } => {
                self.on_seat_changed(seat, now, entry.at_ms);
            }
            Fact::WrapUpExtended { contact, seat, left_ms, times, .. } => {
                let served = self.seats.get_mut(seat).and_then(|since| since.served.as_mut());
                if let Some(served) = served.filter(|served| served.contact == *contact) {
                    served.lengthened = Some((entry.at_ms.saturating_add(*left_ms), *times));
                }
            }
            Fact::SkillsChanged { whose, skills, .. } => self.skills.apply(whose, skills.as_ref()),
            Fact::FlowChanged { flow, version, .. } => {
                let last = self.flows.entry(flow.clone()).or_default();
                *last = (*version).max(*last);
            }
            Fact::Switched { switch, .. } => self.switches.apply(switch),
            Fact::Callback { callback, contact, number, what, .. } => {
                self.on_callback(entry.at_ms, *callback, what);
                if let Some(promised) = what.is_promised() {
                    self.with_open(*contact, |open| open.promised = promised);
                }
                if let Some(number) = number {
                    self.callback_numbers.insert(*callback, (*contact, number.clone()));
                }
            }
            Fact::SurveyAsked { citizen: Some(citizen), .. } => {
                self.surveyed.on_asked(*citizen, entry.at_ms);
            }
            Fact::Recorded { file, ms } => {
                self.recordings.remove(file);
                self.takes.entry(file.clone()).and_modify(|take| take.ms = Some(*ms));
            }
            Fact::RecordingFailed { file, .. } | Fact::RecordingDeleted { file } => {
                self.recordings.remove(file);
                self.takes.remove(file);
            }
            Fact::TakeBegun { contact, file, queue } => {
                self.recordings.insert(file.clone(), *contact);
                let take = OpenTake { contact: *contact, queue: queue.clone(), ms: None };
                self.takes.insert(file.clone(), take);
            }
            Fact::TakeKept { file, contact, queue, .. } => {
                self.takes.remove(file);
                if queue.is_some() {
                    self.recall.on_message(*contact);
                    self.with_open(*contact, |open| open.found_closed = None);
                }
            }
            Fact::TakeDropped { file, .. } => drop(self.takes.remove(file)),
            Fact::FoundClosed { contact, queue } => {
                self.with_open(*contact, |open| open.found_closed = Some(queue.clone()));
            }
            Fact::TakenCareOf { citizen, .. } => self.recall.on_taken_care_of(*citizen),
            Fact::Erased { contact } => drop(self.erased.insert(*contact)),
            Fact::Lost => self.epochs.values_mut().for_each(|epoch| *epoch = epoch.saturating_add(1)),
            fact => self.on_contact(fact, entry.at_ms),
        }
    }

    fn on_callback(&mut self, at_ms: i64, id: CallbackId, what: &Change) {
        let promise = self.callbacks.callback(id).map(|callback| callback.promise.clone());
        self.callbacks.apply(at_ms, id, what);
        match (what, promise) {
            (Change::Promised { promise }, _) => self.recall.on_taken_care_of(promise.citizen),
            (Change::Joined { .. }, Some(promise)) => self.recall.on_taken_care_of(promise.citizen),
            (Change::Ended { how }, promise) => {
                match promise.filter(|_| how.is_in_vain()) {
                    Some(promise) => {
                        let caller = callback::Caller::promised(id, &promise, at_ms);
                        self.recall.on_in_vain(promise.citizen, caller);
                    }
                    None => drop(self.callback_numbers.remove(&id)),
                }
                self.callbacks.keep_needed(&mut self.callback_numbers, &self.recall);
            }
            _ => {}
        }
    }

    fn on_started(&mut self, node: u16, epoch: u32, at_ms: i64) {
        let last = self.epochs.entry(node).or_default();
        *last = epoch.max(*last);
        self.started_ms = at_ms;
        self.dialogs.retain(|_, dialog| dialog.orphan_ms.is_none_or(|since| at_ms - since < ORPHAN_MS));
        for dialog in self.dialogs.values_mut() {
            dialog.orphan_ms.get_or_insert(at_ms);
        }
    }

    fn on_seat_changed(&mut self, seat: &SeatId, now: &SeatView, at_ms: i64) {
        let before = self.seats.remove(seat);
        let same_work = before.as_ref().filter(|before| before.view.work == now.work);
        let work_ms = same_work.map_or(at_ms, |before| before.work_ms);
        let same_status = before.as_ref().filter(|before| before.view.status == now.status);
        let status_ms = same_status.map_or(at_ms, |before| before.status_ms);
        let sits = |other: &&SeatSince| now.operator.is_some() && other.view.operator == now.operator;
        let brought = self.seats.values().find(sits).map(|other| other.counts);
        let unknown = SeatView::default();
        let (was, counts) =
            before.as_ref().map_or((&unknown, SeatCounts::default()), |b| (&b.view, b.counts));
        let counts = counts.after(was, now, at_ms, brought);
        let served = before.and_then(|before| before.served);
        let since = SeatSince { view: now.clone(), at_ms, work_ms, status_ms, served, counts };
        self.seats.insert(seat.clone(), since);
    }

    fn on_contact(&mut self, fact: &Fact, at_ms: i64) {
        match fact {
            Fact::ContactOpened { contact, case, citizen, entity, topic, language, .. }
            | Fact::Dialled { contact, case, citizen, entity, topic, language, .. } => {
                let (entity, topic, language) = (entity.clone(), topic.clone(), language.clone());
                let open = OpenContact {
                    case: *case,
                    opened_ms: at_ms,
                    answered: false,
                    joined: None,
                    transferred: false,
                    promised: false,
                    found_closed: None,
                    waiting: false,
                    left: None,
                    citizen: *citizen,
                    place: None,
                    informed: false,
                    about: Some(About { entity, topic, language, queue: None }),
                };
                self.contacts.insert(*contact, open);
                self.on_numbers(*contact, *case);
            }
            Fact::ContactTagged { contact, entity, topic, language, .. } => {
                self.with_open(*contact, |open| {
                    open.on_tagged(entity.as_ref(), topic.as_ref(), language.as_ref())
                });
            }
            Fact::ContactAnswered { contact } => self.with_open(*contact, |open| open.answered = true),
            Fact::NodeEntered { contact, info: true, .. } => {
                self.with_open(*contact, |open| open.informed = true)
            }
            Fact::Queued { contact, queue, since_ms, .. } => {
                let citizen = self.contacts.get(contact).and_then(|open| open.citizen);
                if let Some(citizen) = citizen {
                    self.returning.on_placed(citizen, queue);
                }
                self.with_open(*contact, |open| {
                    (open.waiting, open.left) = (true, None);
                    open.place = Some((queue.clone(), since_ms.unwrap_or(at_ms)));
                    if let Some(about) = &mut open.about {
                        about.queue = Some(queue.clone());
                    }
                });
            }
            Fact::SentOn { contact, to: Elsewhere::Line(_), .. } => {
                self.with_open(*contact, |open| (open.waiting, open.place) = (false, None));
            }
            Fact::QueueLeft { contact, exit, .. } => {
                self.with_open(*contact, |open| {
                    (open.waiting, open.left, open.place) = (false, Some(*exit), None);
                });
            }
            Fact::Joined { contact, seat, queue, recording, .. } => {
                if let Some(since) = self.seats.get_mut(seat) {
                    since.served = Some(Served {
                        contact: *contact,
                        queue: queue.clone(),
                        coded: false,
                        lengthened: None,
                    });
                }
                self.with_open(*contact, |open| {
                    (open.waiting, open.joined, open.place) = (false, Some(seat.clone()), None);
                });
                if let Some(citizen) = self.contacts.get(contact).and_then(|open| open.citizen) {
                    self.recall.on_taken_care_of(citizen);
                }
                self.recordings.extend(recording.clone().map(|file| (file, *contact)));
            }
            Fact::Coded { contact, disposition: Some(_), .. } => {
                let served = self.seats.values_mut().filter_map(|since| since.served.as_mut());
                served.filter(|served| served.contact == *contact).for_each(|served| served.coded = true);
            }
            Fact::ContactClosed { contact, outcome, short, .. } => {
                // Nobody can call while the exchange is down: the time counts from the start.
                let left_ms = at_ms.max(self.started_ms);
                let open = self.contacts.remove(contact);
                if let Some(open) = &open {
                    self.on_ended(at_ms, *contact, open, (*outcome, *short));
                }
                if let Some(cut_off) = open.and_then(|open| open.waits(left_ms)) {
                    self.returning.on_cut_off(cut_off);
                }
            }
            Fact::Transferred { contact, recording, .. } => {
                self.with_open(*contact, |open| {
                    (open.waiting, open.transferred, open.place) = (false, true, None);
                });
                self.recordings.extend(recording.clone().map(|file| (file, *contact)));
            }
            _ => {}
        }
    }

    /// Who was served needs no call any more, and who was not may be called.
    fn on_ended(
        &mut self,
        at_ms: i64,
        contact: ContactId,
        open: &OpenContact,
        (outcome, short): (Outcome, bool),
    ) {
        let Some(About { entity, topic, language, queue }) = open.about.clone() else { return };
        let vain = InVain::of(outcome, short, queue, open.found_closed.clone());
        if let (Some(citizen), Some((why, queue))) = (open.citizen, vain) {
            let (first_ms, last_ms, times) = (at_ms, at_ms, 1);
            let callback = None;
            let caller = callback::Caller {
                queue,
                entity,
                topic,
                language,
                contact,
                first_ms,
                last_ms,
                times,
                why,
                callback,
            };
            self.recall.on_in_vain(citizen, caller);
        }
    }

    /// What is on record is given out, whatever became of the entries that gave it out.
    fn on_numbers(&mut self, contact: ContactId, case: Option<CaseId>) {
        let epoch = self.epochs.entry(contact.0.node).or_default();
        *epoch = contact.0.epoch.max(*epoch);
        let end = self.case_block.map_or(0, |(first, len)| first.saturating_add(u64::from(len)));
        if let Some(case) = case.filter(|case| end <= case.0) {
            self.case_block = Some((case.0, 1));
        }
    }

    fn with_open(&mut self, contact: ContactId, change: impl FnOnce(&mut OpenContact)) {
        if let Some(open) = self.contacts.get_mut(&contact) {
            change(open);
        }
    }

    /// The state at the end of the journal on `disk`, whose last entry is `last`.
    pub fn read<D: Disk>(disk: &D, keys: &Keys, last: Lsn) -> Result<Recovery, LogError> {
        let kept = checkpoint(disk).filter(|kept| kept.secret == secret_mark(keys));
        let mut state = kept.map(|kept| kept.state).filter(|state| state.lsn <= last).unwrap_or_default();
        for item in Reader::new(disk.clone(), Lsn(state.lsn.0 + 1)) {
            let (lsn, entry) = item?;
            state.apply(lsn, &entry, keys);
        }
        Ok(state)
    }

    /// This state as the checkpoint's bytes. To be written by [`write_checkpoint`] once its lsn is durable.
    pub fn to_checkpoint(&self, keys: &Keys) -> Vec<u8> {
        let kept = Kept { secret: secret_mark(keys), state: self.clone() };
        let json = serde_json::to_vec(&kept).expect("the state is plain data with string keys");
        let mut bytes = crc32c::crc32c(&json).to_le_bytes().to_vec();
        bytes.push(record::VERSION);
        bytes.extend_from_slice(&json);
        bytes
    }
}

/// Replaces the checkpoint.
pub fn write_checkpoint<D: Disk>(disk: &D, bytes: &[u8]) -> Result<(), DiskError> {
    replace(disk, CHECKPOINT, bytes)
}

#[derive(Serialize, Deserialize)]
struct Kept {
    /// Tells whether the hashes were made with the secret there is now.
    secret: NumberHash,
    state: Recovery,
}

fn secret_mark(keys: &Keys) -> NumberHash {
    keys.hash("checkpoint")
}

fn checkpoint<D: Disk>(disk: &D) -> Option<Kept> {
    let bytes = disk.read(CHECKPOINT).ok()?;
    let (crc, rest) = bytes.split_first_chunk::<4>()?;
    let (version, json) = rest.split_first()?;
    if *version != record::VERSION || crc32c::crc32c(json) != u32::from_le_bytes(*crc) {
        return None;
    }
    serde_json::from_slice(json).ok()
}

/// The last entry that the checkpoint knows of.
pub(super) fn checkpoint_lsn<D: Disk>(disk: &D) -> Option<Lsn> {
    checkpoint(disk).map(|kept| kept.state.lsn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;
    use crate::journal::Journal;
    use crate::journal::file_journal::FileJournal;
    use crate::journal::sim_disk::SimDisk;
    use crate::words::{EndedBy, Outcome, Status, WorkView};
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn contact(count: u32) -> ContactId {
        ContactId(Stamp { node: 1, epoch: 1, count })
    }

    fn opened(count: u32) -> Fact {
        Fact::ContactOpened {
            contact: contact(count),
            case: Some(CaseId(u64::from(count))),
            citizen: None,
            from: Personal::Clear("anonymous".to_owned()),
            to: "055055".to_owned(),
            entity: "firenze".into(),
            topic: None,
            language: "it".into(),
            flow: "055055".into(),
            degraded: false,
        }
    }

    fn started(epoch: u32) -> Fact {
        Fact::Started { node: 1, epoch, version: "0.1.0".to_owned() }
    }

    fn journal(disk: &SimDisk, facts: &[(i64, Fact)]) -> Recovered {
        let (mut journal, cuts) =
            FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 1 << 20).unwrap();
        let group: Vec<Entry> =
            facts.iter().map(|(at_ms, fact)| Entry { at_ms: *at_ms, fact: fact.clone() }).collect();
        journal.append_group(&group).unwrap();
        let keys = journal.keys();
        let state = Recovery::read(disk, &keys, journal.last()).unwrap();
        Recovered { last: journal.last(), cuts, state, keys }
    }

    #[test]
    fn start_after_a_crash_knows_open_contacts_dialogs_seats_and_numbers() {
        let citizen = CitizenId(contact(1).0);
        let view = SeatView {
            reachable: true,
            status: Status::Ready,
            work: WorkView::WrapUp,
            ..SeatView::default()
        };
        let closed = Fact::ContactClosed {
            contact: contact(1),
            outcome: Outcome::Left,
            ended_by: EndedBy::Citizen,
            short: false,
            why: None,
        };
        let number = Personal::Clear("+390552768224".to_owned());
        let dialog = |dialog| {
            let record = Personal::Clear(format!("{{\"n\":{dialog}}}"));
            Fact::DialogOpened { contact: contact(2), dialog, record }
        };
        let found = journal(
            &SimDisk::new(),
            &[
                (0, started(3)),
                (0, Fact::CaseBlock { first: 1, len: 100 }),
                (1, opened(1)),
                (1, Fact::CitizenFound { citizen, number, contact: contact(1) }),
                (2, opened(2)),
                (3, dialog(5)),
                (3, dialog(6)),
                (4, Fact::DialogClosed { dialog: 5 }),
                (5, closed),
                (6, Fact::SeatChanged { seat: "seat01".into(), now: view.clone(), by: None, why: None }),
            ],
        );
        assert_eq!((found.next_epoch(1), found.next_epoch(2)), (4, 1));
        assert_eq!(found.state.contacts.keys().copied().collect::<Vec<_>>(), [contact(2)]);
        assert_eq!(found.dialogs(), [(6, contact(2), r#"{"n":6}"#.to_owned())]);
        assert_eq!(found.state.case_block, Some((1, 100)));
        assert_eq!(
            found.state.seats["seat01"],
            SeatSince {
                view,
                at_ms: 6,
                work_ms: 6,
                status_ms: 6,
                served: None,
                counts: SeatCounts::default()
            }
        );
        assert_eq!(found.citizen("055 2768224"), Some(citizen));
        assert_eq!((found.state.last_dialog, found.state.last_ms), (6, 6));
    }

    #[test]
    fn start_after_a_crash_knows_what_was_promised_and_who_called_in_vain() {
        let citizen = |count| CitizenId(contact(count).0);
        let opened = |count| {
            let Fact::ContactOpened { contact, case, from, to, entity, language, flow, .. } = opened(count)
            else {
                unreachable!()
            };
            let (citizen, topic, degraded) = (Some(citizen(count)), None, false);
            Fact::ContactOpened { contact, case, citizen, from, to, entity, topic, language, flow, degraded }
        };
        let queued = |count| Fact::Queued {
            contact: contact(count),
            queue: "tributi".into(),
            position: 1,
            since_ms: None,
            ahead_min: 0,
            expected_s: None,
        };
        let closed = |count, outcome| Fact::ContactClosed {
            contact: contact(count),
            outcome,
            ended_by: EndedBy::Citizen,
            short: false,
            why: None,
        };
        let promise = callback::Promise {
            citizen: citizen(1),
            source: None,
            queue: "tributi".into(),
            entity: "firenze".into(),
            topic: None,
            language: "it".into(),
            kind: callback::Kind::Place(5),
            until_ms: 99,
            contact: contact(1),
            case: None,
        };
        let callback = CallbackId(contact(9).0);
        let number = Some(Personal::Clear("+390552768224".to_owned()));
        let promised = Change::Promised { promise: Box::new(promise) };
        let found = journal(
            &SimDisk::new(),
            &[
                (1, opened(1)),
                (2, queued(1)),
                (3, closed(1, Outcome::Abandoned)),
                (4, opened(2)),
                (5, queued(2)),
                (6, closed(2, Outcome::Unserved)),
                (7, Fact::Callback { callback, contact: contact(1), number, what: promised, by: None }),
            ],
        );
        let in_vain: Vec<_> = found.state.recall.callers().iter().map(|(who, _)| *who).collect();
        assert_eq!(in_vain, [citizen(2)], "who was promised a call is taken care of");
        assert!(found.state.callbacks.callback(callback).is_some());
        let (whose, sealed) = &found.state.callback_numbers[&callback];
        assert!(matches!(sealed, Personal::Sealed(_)), "a checkpoint tells no number");
        assert_eq!(
            found.keys.unseal(*whose, "callback", sealed),
            Personal::Clear("+390552768224".to_owned())
        );
    }

    #[test]
    fn dialogs_of_a_crash_are_ended_by_the_next_starts_and_then_forgotten() {
        let record = Personal::Clear("{}".to_owned());
        let open = Fact::DialogOpened { contact: contact(1), dialog: 1, record };
        let facts = [(0, started(1)), (1, open), (1000, started(2)), (9000, started(3))];
        assert_eq!(journal(&SimDisk::new(), &facts).dialogs().len(), 1, "a crash within the BYE's time");
        let later = [&facts[..], &[(90_000, started(4))]].concat();
        assert_eq!(journal(&SimDisk::new(), &later).dialogs().len(), 0);
    }

    #[test]
    fn numbers_on_record_are_not_given_out_again_though_the_start_and_its_block_are_lost() {
        let lost = |count| std::iter::repeat_n((0, Fact::Lost), count);
        let facts: Vec<_> = [(0, started(4))].into_iter().chain(lost(2)).chain([(1, opened(7))]).collect();
        let found = journal(&SimDisk::new(), &facts);
        assert_eq!((found.next_epoch(1), found.state.case_block), (7, Some((7, 1))));
        let found = journal(&SimDisk::new(), &[(0, Fact::Lost), (1, opened(2))]);
        assert_eq!((found.next_epoch(1), found.state.case_block), (2, Some((2, 1))));
    }

    #[test]
    fn checkpoint_gives_the_same_state_and_a_bad_one_is_passed_over() {
        let disk = SimDisk::new();
        let before = journal(&disk, &[(0, started(1)), (1, opened(1)), (2, opened(2))]);
        write_checkpoint(&disk, &before.state.to_checkpoint(&before.keys)).unwrap();
        let after = journal(&disk, &[(3, opened(3))]);
        let whole = {
            disk.flip_bit("checkpoint", 40);
            Recovery::read(&disk, &after.keys, after.last).unwrap()
        };
        assert_eq!(after.state, whole);
        assert_eq!(whole.contacts.len(), 3);
    }
}
