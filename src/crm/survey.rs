//! What citizens say of a call when they are asked after it, and what their answers come to.
//!
//! Who was asked and pressed no key has been asked all the same: the response rate is of those. A report counts each question by
//! itself, as the shares of its steps; it is made of contacts, so that a topic coded during the wrap-up counts, and not the one that
//! was known when the citizen answered.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ContactLine;
use crate::ids::{EntityId, OperatorId, QueueId, SeatId, TopicId};
use crate::journal::entry::{Entry, Fact};

/// Most answers that a contact keeps: no flow asks more.
const MOST_ANSWERS: usize = 50;

/// What one citizen was asked, and said to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// The operator it is about; none: the flow alone served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<OperatorId>,
    /// At this seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seat: Option<SeatId>,
    /// The queue that the talk came by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueId>,
    /// In the order of the questions.
    pub answers: Vec<Answer>,
    /// A spoken comment, below the recordings directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question's name in the flow.
    pub question: String,
    /// The key.
    pub answer: u8,
    /// The keys that could answer, from and to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<(u8, u8)>,
}

impl Survey {
    /// What `entry` makes of the survey of its contact.
    pub fn follow(survey: &mut Option<Survey>, entry: &Entry) {
        match (&entry.fact, survey) {
            (Fact::SurveyAsked { seat, operator, queue, .. }, survey @ None) => {
                let (operator, seat, queue) = (operator.clone(), seat.clone(), queue.clone());
                *survey = Some(Survey { operator, seat, queue, answers: Vec::new(), comment: None });
            }
            (Fact::Surveyed { question, answer, of, .. }, Some(survey))
                if survey.answers.len() < MOST_ANSWERS =>
            {
                survey.answers.push(Answer { question: question.clone(), answer: *answer, of: *of });
            }
            (Fact::TakeKept { file, queue: None, .. }, Some(survey)) => survey.comment = Some(file.clone()),
            (Fact::RecordingDeleted { file } | Fact::RecordingFailed { file, .. }, Some(survey)) => {
                survey.comment.take_if(|comment| comment == file);
            }
            _ => {}
        }
    }
}

/// What a report is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Not at all.
    #[default]
    All,
    /// The body answered for.
    Entity,
    /// The queue that the talk came by.
    Queue,
    /// The operator who served.
    Operator,
    /// What it was about.
    Topic,
    /// The day on which the call came.
    Day,
    /// Its month.
    Month,
}

/// Counts surveys.
#[derive(Clone, Debug, Default)]
pub struct SurveyReport {
    by: By,
    of: BTreeMap<String, Group>,
}

/// Those asked of one part of the report.
#[derive(Clone, Debug, Default)]
struct Group {
    asked: u64,
    responded: u64,
    comments: u64,
    questions: BTreeMap<String, Steps>,
}

/// How often each step was chosen.
#[derive(Clone, Debug, Default)]
struct Steps {
    of: Option<(u8, u8)>,
    answers: BTreeMap<u8, u64>,
}

/// One line of `report survey`: a question in a part of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyLine {
    /// The part: the name of the queue, the operator, the day; `all` when the report is not divided.
    pub of: String,
    /// So many were asked.
    pub asked: u64,
    /// So many answered at least one question.
    pub responded: u64,
    /// The same of a hundred.
    pub response_percent: u64,
    /// So many left a comment.
    pub comments: u64,
    /// The question; none, when nobody answered any.
    pub question: Option<String>,
    /// So many answered it.
    pub answered: u64,
    /// By step, how many chose it and how many that is of a hundred.
    pub steps: BTreeMap<u8, Share>,
}

/// How many chose a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// So many.
    pub count: u64,
    /// The same of a hundred of those who answered the question.
    pub percent: u64,
}

impl SurveyReport {
    /// An empty one.
    pub fn new(by: By) -> SurveyReport {
        SurveyReport { by, of: BTreeMap::new() }
    }

    /// One more contact; one without a survey changes nothing.
    pub fn count(&mut self, contact: &ContactLine) {
        let Some(survey) = &contact.survey else { return };
        let group = self.of.entry(part(self.by, contact, survey)).or_default();
        group.asked += 1;
        group.responded += u64::from(!survey.answers.is_empty());
        group.comments += u64::from(survey.comment.is_some());
        for answer in &survey.answers {
            let steps = group.questions.entry(answer.question.clone()).or_default();
            steps.of = answer.of.or(steps.of);
            *steps.answers.entry(answer.answer).or_default() += 1;
        }
    }

    /// By part and question.
    pub fn lines(&self) -> Vec<SurveyLine> {
        self.of.iter().flat_map(|(of, group)| group.lines(of)).collect()
    }
}

fn part(by: By, contact: &ContactLine, survey: &Survey) -> String {
    let none = || "-".to_owned();
    let entity = |entity: &EntityId| entity.to_string();
    let topic = contact.topic.as_ref().map(TopicId::to_string);
    // Moments are written as `2026-11-24T10:00:00+01:00`, in Rome's time.
    let moment = |length: usize| contact.opened.get(..length).map(str::to_owned);
    match by {
        By::All => "all".to_owned(),
        By::Entity => entity(&contact.entity),
        By::Queue => survey.queue.as_ref().map_or_else(none, QueueId::to_string),
        By::Operator => survey.operator.as_ref().map_or_else(none, OperatorId::to_string),
        By::Topic => topic.unwrap_or_else(none),
        By::Day => moment("2026-11-24".len()).unwrap_or_else(none),
        By::Month => moment("2026-11".len()).unwrap_or_else(none),
    }
}

impl Group {
    fn lines(&self, of: &str) -> Vec<SurveyLine> {
        let line = |question: Option<&String>, answered, steps| SurveyLine {
            of: of.to_owned(),
            asked: self.asked,
            responded: self.responded,
            response_percent: percent(self.responded, self.asked),
            comments: self.comments,
            question: question.cloned(),
            answered,
            steps,
        };
        if self.questions.is_empty() {
            return vec![line(None, 0, BTreeMap::new())];
        }
        let lines = self.questions.iter().map(|(question, steps)| {
            let answered = steps.answers.values().sum();
            line(Some(question), answered, steps.shares(answered))
        });
        lines.collect()
    }
}

impl Steps {
    /// Every step that could be chosen, also those that nobody did.
    fn shares(&self, answered: u64) -> BTreeMap<u8, Share> {
        let all = self.of.map(|(from, to)| (from..=to).map(|step| (step, 0))).into_iter().flatten();
        let counts: BTreeMap<u8, u64> =
            all.chain(self.answers.iter().map(|(step, count)| (*step, *count))).collect();
        let share = |(step, count)| (step, Share { count, percent: percent(count, answered) });
        counts.into_iter().map(share).collect()
    }
}

/// Rounded to the nearest.
fn percent(part: u64, whole: u64) -> u64 {
    (part * 100 + whole / 2).checked_div(whole).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crm::Contact;
    use crate::ids::ContactId;
    use crate::journal::Lsn;
    use crate::journal::file_journal::FileJournal;
    use crate::journal::seal::Keys;
    use crate::journal::sim_disk::SimDisk;
    use crate::views::conformance::{answered, contact as contact_id};
    use crate::views::memory::MemoryViews;
    use crate::views::{ContactFilter, Page, Views};
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn asked(contact: ContactId, operator: &str) -> Fact {
        Fact::SurveyAsked {
            contact,
            citizen: None,
            case: None,
            seat: Some("seat01".into()),
            operator: Some(operator.into()),
            queue: Some("tributi".into()),
            entity: "firenze".into(),
            topic: None,
        }
    }

    fn answer(contact: ContactId, question: &str, answer: u8, to: u8) -> Fact {
        Fact::Surveyed { contact, question: question.to_owned(), answer, of: Some((1, to)) }
    }

    fn contacts() -> (Vec<Contact>, Keys) {
        let journal = FileJournal::open(SimDisk::new(), ChaCha20Rng::seed_from_u64(1), 1 << 20);
        let keys = journal.expect("an empty disk").0.keys();
        let mut entries: Vec<Entry> = Vec::new();
        for count in 1..=4 {
            entries.extend(answered(count, i64::from(count) * 60_000, "0552768224"));
        }
        let id = contact_id;
        let said = [
            asked(id(1), "anna"),
            answer(id(1), "utilita", 1, 5),
            answer(id(1), "risolto", 1, 2),
            Fact::TakeKept { contact: id(1), file: "c.wav".to_owned(), ms: 3_000, queue: None },
            asked(id(2), "anna"),
            answer(id(2), "utilita", 4, 5),
            asked(id(3), "bruno"),
        ];
        entries.extend(said.map(|fact| Entry { at_ms: 900_000, fact }));
        let batch: Vec<_> = (1..).map(Lsn).zip(entries).collect();
        let mut views = MemoryViews::default();
        views.apply(&batch, &keys).expect("whole entries");
        let all = views.contacts(&ContactFilter::default(), &Page { limit: 9, after: None });
        (all.expect("good views").contacts, keys)
    }

    fn report(by: By) -> Vec<SurveyLine> {
        let (contacts, keys) = contacts();
        let mut report = SurveyReport::new(by);
        contacts.iter().for_each(|contact| report.count(&contact.line(&keys)));
        report.lines()
    }

    #[test]
    fn shares_are_of_those_who_answered_and_the_response_rate_of_those_who_were_asked() {
        let lines = report(By::All);
        let of = |question: &str| {
            lines.iter().find(|line| line.question.as_deref() == Some(question)).expect("it was asked")
        };
        let line = of("utilita");
        assert_eq!((line.asked, line.responded, line.response_percent, line.comments), (3, 2, 67, 1));
        let shares: Vec<_> =
            line.steps.iter().map(|(step, share)| (*step, share.count, share.percent)).collect();
        assert_eq!(shares, [(1, 1, 50), (2, 0, 0), (3, 0, 0), (4, 1, 50), (5, 0, 0)]);
        assert_eq!((of("risolto").answered, of("risolto").steps[&1].percent), (1, 100));
    }

    #[test]
    fn report_is_divided_and_tells_of_those_too_whom_nobody_answered() {
        let lines = report(By::Operator);
        let told: Vec<_> = lines.iter().map(|line| (line.of.as_str(), line.question.as_deref())).collect();
        assert_eq!(told, [("anna", Some("risolto")), ("anna", Some("utilita")), ("bruno", None)]);
        assert!(report(By::Month).iter().all(|line| line.of == "1970-01"));
        assert!(report(By::Queue).iter().all(|line| line.of == "tributi"));
    }
}
