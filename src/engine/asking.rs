//! What a flow asks of the world outside: a question goes out, and what is told comes back to the run that asked.
//!
//! What the configuration knows is answered at once. Any other question is carried out elsewhere, on the control thread's own time
//! never: [`Output::Ask`] names it, [`Input::Told`]
//! answers it, late or never. A call has one question at a time. Its answer is taken while the call lives and the flow waits: the
//! flow's own patience ([`Request::patience`]) is the time limit, so nothing is set an alarm for here.
//!
//! [`Output::Ask`]: super::Output::Ask
//! [`Input::Told`]: super::Input::Told

use std::collections::BTreeMap;
use std::time::Duration;

use crate::call::Call;
use crate::crm::{Case, CaseStatus, Letter, LetterError};
use crate::flow::request::{self, CaseAct, Method, Store, Target};
use crate::flow::{self, Answer, Enqueue, Marked, Request, Value};
use crate::ids::{CallId, CaseId, Language};
use crate::journal::entry::{Fact, Personal};
use crate::media::take::TakeRules;
use crate::time::{Mono, Now, rome, rome_zone};
use crate::words::{Channel, EndedBy, Plea, QueueExit};

use super::gate::Held;
use super::{Engine, Output, promising};

/// Tells questions apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AskId {
    /// Whose call it is for.
    pub call: CallId,
    /// The request of its flow.
    pub request: flow::RequestId,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The case with this number; answered by [`Told::Case`].
    Case(CaseId),
    /// A connector; answered by [`Told::Answered`] or [`Told::NotFound`].
    Http(HttpRequest),
}

/// What a connector is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Its name in the configuration.
    pub connector: String,
    /// How.
    pub method: Method,
    /// Below its address, percent-encoded, beginning with `/`.
    pub path: Marked,
    /// JSON to send.
    pub body: Option<Marked>,
    /// For each try.
    pub timeout: Duration,
    /// Tries after the first.
    pub retries: u32,
}

impl HttpRequest {
    /// How long the flow waits in all.
    pub fn patience(&self) -> Duration {
        self.timeout.saturating_mul(self.retries.saturating_add(1)) + PAUSES
    }
}

/// For the pauses between tries and the way there and back.
const PAUSES: Duration = Duration::from_secs(2);

/// What is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// The case, if there is one.
    Case(Option<Box<Case>>),
    /// The connector's answer; `None`: it has nothing to say but that it is done.
    Answered(Option<Value>),
    /// The connector has no such thing.
    NotFound,
    /// The question could not be answered, and why: for the journal, without anything personal.
    Failed(String),
}

/// A question on its way.
#[derive(Debug)]
pub(super) struct Pending {
    request: flow::RequestId,
    /// The flow waits no longer.
    until: Mono,
    wanted: Request,
}

impl Engine {
    /// A flow asks.
    pub(super) fn ask(&mut self, now: Now, call: CallId, request: flow::RequestId, wanted: Request) {
        let id = AskId { call, request };
        if let Request::Message { channel, to, text, language } = wanted {
            let channel = way(channel);
            let letter = Letter::new(channel, &to.text, &text.text);
            return self.queue_message(now, id, channel, letter, language);
        }
        if let Request::Record { max, silence, message_for, review } = wanted {
            let rules = TakeRules { max, silence, replay: review };
            return self.begin_take(now, id, rules, message_for);
        }
        if let Request::Callback { act, number, queue, slot } = wanted {
            return self.ask_callback(now, id, promising::Plea { act, number, queue, slot });
        }
        if wanted == Request::Survey {
            return self.ask_survey(now, id);
        }
        if let Request::Lookup { store: Store::Knowledge, key, language } = &wanted {
            let answer = self.article(now, &key.text, language);
            return self.answer_flow(now, id, answer);
        }
        if let Request::AnswersWithin { queue, within } = &wanted {
            let answer = match self.answers_within(now, call, queue, *within) {
                Some(true) => Answer::Ok(None),
                Some(false) => Answer::Declined,
                None => Answer::NotFound,
            };
            return self.answer_flow(now, id, answer);
        }
        if let Request::Transfer { to, ring_for } = wanted.clone() {
            let until = now.mono + wanted.patience();
            self.asked.insert(call, Pending { request, until, wanted });
            return match to {
                Target::Queue(queue) => self.enqueue(now, call, Enqueue::plain(queue)),
                Target::Number(number) => self.call_number(now, call, &number, ring_for),
            };
        }
        match question(&wanted) {
            Ok(question) => {
                let until = now.mono + wanted.patience();
                self.asked.insert(call, Pending { request, until, wanted });
                self.outputs.push_back(Output::Ask(id, question));
            }
            Err(answer) => self.answer_flow(now, id, answer),
        }
    }

    /// What the Enti have written down under this key, in this language, if it holds today.
    fn article(&self, now: Now, key: &str, language: &Language) -> Answer {
        let article = self.config.knowledge.get(key.trim()).filter(|article| article.holds_on(today(now)));
        let Some((article, text)) = article.and_then(|article| Some((article, article.say.get(language)?)))
        else {
            return Answer::NotFound;
        };
        let fields = [("key", key.trim()), ("title", &article.title), ("text", text)];
        Answer::Ok(Some(object(fields.map(|(name, text)| (name, Some(text.to_owned()))))))
    }

    /// A message is a promise: the flow goes on by `ok` once it is safe from a power cut.
    fn queue_message(
        &mut self,
        now: Now,
        id: AskId,
        channel: Channel,
        letter: Result<Letter, LetterError>,
        language: Language,
    ) {
        let may = self.calls.get_mut(&id.call).is_some_and(Call::take_letter);
        let letter = match letter {
            Ok(letter) if may => letter,
            Ok(_) => {
                return self.answer_flow(
                    now,
                    id,
                    Answer::Error("this call has queued enough messages".to_owned()),
                );
            }
            Err(error) => return self.answer_flow(now, id, Answer::Error(error.to_string())),
        };
        let letter = serde_json::to_string(&letter).expect("two texts become JSON");
        let contact = id.call.into();
        let fact = Fact::MessageQueued { contact, channel, language, letter: Personal::Clear(letter) };
        let lsn = self.append_as(now, fact, true);
        self.gate.hold_until_durable(now.mono, lsn, Held::Message(id));
    }

    /// The message is durable, or the store does not answer: then it may be on record all the same, and is not promised.
    pub(super) fn on_message_kept(&mut self, now: Now, id: AskId, kept: bool) {
        let lost = || Answer::Error("the store did not keep the message in time".to_owned());
        self.answer_flow(now, id, if kept { Answer::Ok(None) } else { lost() });
    }

    /// The call waits in a queue or for a number, or talks, for a `transfer` node. The queue's rules or the node say how long; the
    /// flow's patience does not count, because it would pull a citizen out of a long talk.
    pub(super) fn is_transferred(&self, call: CallId) -> bool {
        let wanted = self.asked.get(&call).map(|pending| &pending.wanted);
        matches!(wanted, Some(Request::Transfer { .. }))
    }

    /// A queue has let the citizen go: back to the node that asked for it.
    pub(super) fn back_to_flow(&mut self, now: Now, call: CallId, exit: QueueExit) {
        if self.calls.get(&call).is_some_and(|call| call.flow.is_none()) {
            return self.close_call(now, call, EndedBy::Flow, None); // nothing leads it any further
        }
        if !self.is_transferred(call) {
            return self.step_flow(now, call, flow::Input::QueueExit(exit));
        }
        let answer = match exit {
            QueueExit::Answered => Answer::Ok(None),
            QueueExit::Full => Answer::Busy,
            QueueExit::Closed | QueueExit::NoSeats | QueueExit::Timeout => Answer::NoAnswer,
            QueueExit::Key | QueueExit::Callback | QueueExit::Error => {
                Answer::Error("the queue could not take the call".to_owned())
            }
        };
        self.end_transfer(now, call, answer);
    }

    /// The transfer that the flow asked for has come to this.
    pub(super) fn end_transfer(&mut self, now: Now, call: CallId, answer: Answer) {
        let Some(Pending { request, .. }) = self.asked.remove(&call) else { return };
        self.answer_flow(now, AskId { call, request }, answer);
    }

    pub(super) fn answer_flow(&mut self, now: Now, id: AskId, answer: Answer) {
        self.step_flow(now, id.call, flow::Input::Answer(id.request, answer));
    }

    /// The world answers. What comes too late, for a call that is over or a request that was given up, changes nothing.
    pub(super) fn on_told(&mut self, now: Now, id: AskId, told: Told) {
        if self.asked.get(&id.call).is_none_or(|pending| pending.request != id.request) {
            return; // the call asks something else by now, and still waits for that
        }
        let Some(pending) = self.asked.remove(&id.call) else { return };
        if pending.until <= now.mono {
            return;
        }
        let answer = match told {
            Told::Case(None) | Told::NotFound => Answer::NotFound,
            Told::Answered(value) => Answer::Ok(value),
            Told::Case(Some(case)) => {
                if let Some(plea) = plea(&pending.wanted) {
                    self.append(now, Fact::CaseReminded { contact: id.call.into(), case: case.case, plea });
                }
                Answer::Ok(Some(spoken(&case)))
            }
            Told::Failed(why) => Answer::Error(why),
        };
        self.answer_flow(now, id, answer);
    }
}

/// The day in Rome.
fn today(now: Now) -> jiff::civil::Date {
    now.wall.to_zoned(rome_zone()).date()
}

/// What to ask; or the answer, when nobody needs to be asked.
fn question(wanted: &Request) -> Result<Question, Answer> {
    match wanted {
        Request::Case { number: key, .. } | Request::Lookup { store: Store::Cases, key, .. } => {
            key.text.trim().parse().map(Question::Case).map_err(|_| Answer::NotFound)
        }
        Request::Http { connector, method, path, body, timeout, retries } => {
            Ok(Question::Http(HttpRequest {
                connector: connector.clone(),
                method: *method,
                path: path.clone(),
                body: body.clone(),
                timeout: *timeout,
                retries: *retries,
            }))
        }
        other => Err(Answer::Error(format!("`{}` is not connected in this version", other.name()))),
    }
}

fn way(channel: request::Channel) -> Channel {
    match channel {
        request::Channel::Sms => Channel::Sms,
        request::Channel::Email => Channel::Email,
    }
}

fn plea(wanted: &Request) -> Option<Plea> {
    match wanted {
        Request::Case { act: CaseAct::Remind, .. } => Some(Plea::Reminder),
        Request::Case { act: CaseAct::Complain, .. } => Some(Plea::Complaint),
        _ => None,
    }
}

/// What a caller may hear of a case. Numbers can be guessed, so it is nothing about whose case it is.
fn spoken(case: &Case) -> Value {
    let status = match case.status {
        CaseStatus::New => "new",
        CaseStatus::Closed => "closed",
    };
    let opened: String = rome(case.opened_ms).chars().take("2026-11-24".len()).collect();
    object([
        ("number", Some(case.case.to_string())),
        ("status", Some(status.to_owned())),
        ("opened", Some(opened)),
        ("topic", case.topic.as_ref().map(ToString::to_string)),
    ])
}

/// An object of those fields that are there.
pub(super) fn object<const COUNT: usize>(fields: [(&str, Option<String>); COUNT]) -> Value {
    let fields = fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), Value::Text(text?))));
    Value::Object(fields.collect::<BTreeMap<_, _>>())
}
