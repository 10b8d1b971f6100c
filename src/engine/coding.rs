//! What people write into the record by hand: how a contact is coded, notes about it, and that a case is closed or opened again.
//!
//! Contacts and cases of before live in the views, which the engine does not read: whoever asks has looked there and says what is
//! known. What is written down for ever is checked here, against the configuration as it is now. All of it is a promise: it is
//! answered once it is safe.
//!
//! To code a contact is the same by command as by the operator's feature code: a wrap-up that waits for the outcome is over then.
//! To close a case ends the call-backs that were promised for it.

use serde::{Deserialize, Serialize};

use super::gate::Held;
use super::{Engine, Output, Reply, RequestId};
use crate::acd::{self, WrapUpAct};
use crate::hint::Hint;
use crate::ids::{CallId, CaseId, ContactId, OperatorId, QueueId, SeatId, TopicId};
use crate::journal::Lsn;
use crate::journal::entry::{Fact, Personal};
use crate::letters::{LONGEST_NAME, is_line};
use crate::time::Now;

/// Longest note: a page.
const MAX_NOTE: usize = 2_000;

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodingOrder {
    /// About the contact that a seat has now, or had last.
    Seat(SeatId, Coding),
    /// About this contact.
    Contact(KnownContact, Coding),
    /// About this case.
    Case(KnownCase, CaseAct, ByHand),
}

/// A contact as the views know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownContact {
    /// Which.
    pub contact: ContactId,
    /// They have it.
    pub on_record: bool,
    /// Its last queue.
    pub queue: Option<QueueId>,
}

/// A case as the views know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCase {
    /// Which.
    pub case: CaseId,
    /// Its contacts, in the order they came: at least one.
    pub contacts: Vec<ContactId>,
}

/// How a contact is coded; also the body of `/api/contacts/{id}/code` and `/api/seats/{seat}/code`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coding {
    /// What it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<TopicId>,
    /// How it ended, as its queue names outcomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who says so: a name that people know.
    #[serde(default)]
    pub by: Option<String>,
}

/// What is done with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseAct {
    /// The need is met.
    Close,
    /// It is not.
    Reopen,
    /// Only something is written down.
    Note,
}

/// What a person says about a case; also the body of `/api/cases/{id}/close`, `reopen` and `note`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByHand {
    /// How it ended, when it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who says so: a name that people know.
    #[serde(default)]
    pub by: Option<String>,
}

/// Why nothing is written down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum NotCoded {
    #[error("there is no seat `{0}`; seats.toml has the list")]
    NoSeat(SeatId),
    #[error("{0} has had no contact yet; `contact code` codes one that somebody else had")]
    NoContactAt(SeatId),
    #[error("there is no contact {0}; `contact list` has them")]
    NoContact(ContactId),
    #[error("there is no case {0}; `case list` has them")]
    NoCase(CaseId),
    #[error("there is nothing to write down; give a topic, an outcome or a note")]
    Nothing,
    #[error("an outcome says how a case was closed; `case close` takes one")]
    NotClosed,
    #[error("{0}")]
    Topic(String),
    #[error("{whose} no outcome `{outcome}`; `dispositions` in queues.toml name them{hint}")]
    Outcome { whose: String, outcome: String, hint: Hint },
    #[error("a note has at most {MAX_NOTE} letters, and no control characters but ends of lines")]
    Note,
    #[error("a name has 1 to {LONGEST_NAME} letters on one line")]
    Name,
}

impl Engine {
    /// What is written down is told once it is safe from a power cut.
    pub(super) fn order_coding(&mut self, now: Now, request: RequestId, order: CodingOrder) {
        match self.do_coding(now, order) {
            Ok(lsn) => self.gate.hold_until_durable(now.mono, lsn, Held::Reply(request)),
            Err(why) => self.outputs.push_back(Output::Reply(request, Reply::Refused(why.to_string()))),
        }
    }

    fn do_coding(&mut self, now: Now, order: CodingOrder) -> Result<Lsn, NotCoded> {
        match order {
            CodingOrder::Seat(seat, coding) => {
                if !self.config.seats.contains_key(&seat) {
                    return Err(NotCoded::NoSeat(seat));
                }
                let last = self.last_contact.get(&seat).cloned();
                let (contact, queue) = last.ok_or(NotCoded::NoContactAt(seat))?;
                self.code_contact(now, contact, Some(&queue), coding)
            }
            CodingOrder::Contact(KnownContact { contact, on_record, queue }, coding) => {
                let at_seat = self.last_contact.values().find(|(last, _)| *last == contact).cloned();
                if !on_record && at_seat.is_none() && !self.calls.contains_key(&CallId(contact.0)) {
                    return Err(NotCoded::NoContact(contact));
                }
                let queue = at_seat.map(|(_, queue)| queue).or(queue);
                self.code_contact(now, contact, queue.as_ref(), coding)
            }
            CodingOrder::Case(known, act, said) => self.act_on_case(now, &known, act, said),
        }
    }

    fn code_contact(
        &mut self,
        now: Now,
        contact: ContactId,
        queue: Option<&QueueId>,
        coding: Coding,
    ) -> Result<Lsn, NotCoded> {
        let Coding { topic, outcome, note, by } = coding;
        let by = name(by)?;
        self.check_names(None, topic.as_ref(), None).map_err(NotCoded::Topic)?;
        self.check_outcome(queue, outcome.as_deref())?;
        let note = note.map(check_note).transpose()?;
        let coded = (topic.is_some() || outcome.is_some()).then(|| {
            let seats = self.last_contact.iter().filter(|(_, (last, _))| *last == contact);
            let seats = seats.map(|(seat, _)| seat.clone()).collect();
            let coder = (OperatorId::from(by.as_str()), by.as_str());
            self.write_coding(now, contact, (topic, outcome), seats, coder)
        });
        let noted = note.map(|note| self.write_note(now, contact, None, note, &by));
        noted.or(coded).ok_or(NotCoded::Nothing)
    }

    /// The coding goes to the journal, and these seats owe the outcome no more.
    pub(super) fn write_coding(
        &mut self,
        now: Now,
        contact: ContactId,
        (topic, disposition): (Option<TopicId>, Option<String>),
        seats: Vec<SeatId>,
        (operator, by): (OperatorId, &str),
    ) -> Lsn {
        let owed_no_more = disposition.is_some();
        let lsn = self.append_as(now, Fact::Coded { contact, operator, topic, disposition }, true);
        for seat in seats.into_iter().filter(|_| owed_no_more) {
            let coded = WrapUpAct::Coded(CallId(contact.0));
            self.ask_distribution(now, acd::Input::WrapUp(seat, coded), by);
        }
        lsn
    }

    fn write_note(
        &mut self,
        now: Now,
        contact: ContactId,
        case: Option<CaseId>,
        note: String,
        by: &str,
    ) -> Lsn {
        let (note, by) = (Personal::Clear(note), by.to_owned());
        self.append_as(now, Fact::Noted { contact, case, note, by }, true)
    }

    fn act_on_case(
        &mut self,
        now: Now,
        known: &KnownCase,
        act: CaseAct,
        said: ByHand,
    ) -> Result<Lsn, NotCoded> {
        let KnownCase { case, contacts } = known;
        let case = *case;
        let first = contacts.first().filter(|_| self.cases.has_given(case));
        let contact = *first.ok_or(NotCoded::NoCase(case))?;
        let ByHand { outcome, note, by } = said;
        let by = name(by)?;
        if outcome.is_some() && act != CaseAct::Close {
            return Err(NotCoded::NotClosed);
        }
        self.check_outcome(None, outcome.as_deref())?;
        let note = note.map(check_note).transpose()?;
        let noted = note.map(|note| self.write_note(now, contact, Some(case), note, &by));
        match act {
            CaseAct::Note => noted.ok_or(NotCoded::Nothing),
            CaseAct::Reopen => Ok(self.append_as(now, Fact::CaseReopened { contact, case, by }, true)),
            CaseAct::Close => {
                self.on_case_closed(now, case, contacts, &by);
                self.off_the_recall_list(now, contacts, &by);
                Ok(self.append_as(now, Fact::CaseClosed { contact, case, outcome, by }, true))
            }
        }
    }

    /// The queue's own outcomes count; where no queue is known, any queue's.
    fn check_outcome(&self, queue: Option<&QueueId>, outcome: Option<&str>) -> Result<(), NotCoded> {
        let Some(outcome) = outcome else { return Ok(()) };
        let queues = &self.config.queues;
        let own = queue.and_then(|queue| queues.get_key_value(queue));
        let asked: Vec<_> = own.map_or_else(|| queues.values().collect(), |(_, own)| vec![own]);
        let known = || asked.iter().flat_map(|queue| queue.dispositions.values()).map(String::as_str);
        if known().any(|known| known == outcome) {
            return Ok(());
        }
        let whose = own.map_or_else(|| "the queues have".to_owned(), |(id, _)| format!("queue `{id}` has"));
        let hint = Hint::nearest(outcome, known());
        Err(NotCoded::Outcome { whose, outcome: outcome.to_owned(), hint })
    }
}

/// What is written down for ever has a name to it, and it is short.
fn name(by: Option<String>) -> Result<String, NotCoded> {
    let by = by.unwrap_or_else(|| "command".to_owned());
    if !by.is_empty() && is_line(&by, LONGEST_NAME) { Ok(by) } else { Err(NotCoded::Name) }
}

fn check_note(note: String) -> Result<String, NotCoded> {
    let fits = note.chars().count() <= MAX_NOTE && !note.contains(|c: char| c.is_control() && c != '\n');
    match note.trim() {
        "" => Err(NotCoded::Nothing),
        _ if fits => Ok(note),
        _ => Err(NotCoded::Note),
    }
}
