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
        format!("{} s{whose}, {}", self.length_s.trunc(), self.recording)
    }

    /// What it is: somebody has to listen to the one, and nobody need to the other.
    pub fn kind(&self) -> &'static str {
        if self.queue.is_some() { "voicemail" } else { "recorded" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::CaseStatus;
    use crate::journal::Lsn;
    use crate::journal::file_journal::FileJournal;
    use crate::journal::sim_disk::SimDisk;
    use crate::views::Views;
    use crate::views::conformance::{answered, contact as contact_id};
    use crate::views::memory::MemoryViews;
    use crate::words::Outcome;
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn kept(file: &str, queue: Option<&str>) -> Vec<Fact> {
        let (contact, file, queue) = (contact_id(1), file.to_owned(), queue.map(QueueId::from));
        vec![
            Fact::TakeBegun { contact, file: file.clone(), queue: queue.clone() },
            Fact::Recorded { file: file.clone(), ms: 9_000 },
            Fact::TakeKept { contact, file, ms: 9_000, queue },
        ]
    }

    /// The files of the contact and of its case, and how far the case is, after an answered call and then these facts.
    fn told(facts: Vec<Fact>) -> (Option<String>, Vec<String>, CaseStatus) {
        let journal = FileJournal::open(SimDisk::new(), ChaCha20Rng::seed_from_u64(1), 1 << 20);
        let keys = journal.expect("an empty disk").0.keys();
        let mut entries = answered(1, 60_000, "0551");
        entries.extend(facts.into_iter().map(|fact| Entry { at_ms: 200_000, fact }));
        let batch: Vec<_> = (1..).map(Lsn).zip(entries).collect();
        let mut views = MemoryViews::default();
        views.apply(&batch, &keys).expect("whole entries");
        let contact = views.contact(contact_id(1)).expect("memory does not fail").expect("it is there");
        let case = views
            .case(contact.case.expect("it has a case"))
            .expect("memory does not fail")
            .expect("it is there");
        assert_eq!(case.takes, contact.takes);
        (contact.recording, contact.takes.into_iter().map(|take| take.file).collect(), case.status)
    }

    #[test]
    fn message_makes_work_of_a_case_that_was_closed_and_a_record_does_not() {
        let talk = Some("1.wav".to_owned());
        assert_eq!(told(vec![]), (talk.clone(), vec![], CaseStatus::Closed));
        let message = told(kept("a.wav", Some("tributi")));
        assert_eq!(message, (talk.clone(), vec!["a.wav".to_owned()], CaseStatus::New));
        assert_eq!(told(kept("a.wav", None)), (talk, vec!["a.wav".to_owned()], CaseStatus::Closed));
        let contact = contact_id(1);
        let (ended_by, short, why) = (crate::words::EndedBy::Citizen, false, None);
        let closed = Fact::ContactClosed { contact, outcome: Outcome::Answered, ended_by, short, why };
        let (.., status) = told([kept("a.wav", Some("tributi")), vec![closed]].concat());
        assert_eq!(status, CaseStatus::New, "whatever else became of it");
    }

    #[test]
    fn what_is_deleted_or_has_failed_leaves_the_other_recordings_of_its_contact() {
        let both = [kept("a.wav", Some("tributi")), kept("b.wav", None)].concat();
        let file = |name: &str| name.to_owned();
        for (gone, talk, takes) in [
            (Fact::RecordingDeleted { file: file("a.wav") }, Some(file("1.wav")), vec![file("b.wav")]),
            (
                Fact::RecordingFailed { file: file("b.wav"), error: file("") },
                Some(file("1.wav")),
                vec![file("a.wav")],
            ),
            (Fact::RecordingDeleted { file: file("1.wav") }, None, vec![file("a.wav"), file("b.wav")]),
        ] {
            let (recording, kept, _) = told([both.clone(), vec![gone.clone()]].concat());
            assert_eq!((recording, kept), (talk, takes), "{gone:?}");
        }
    }
}
