//! Asking the world and hearing its answer.

use super::super::Action;
use super::super::expression::EvaluationError;
use super::super::grammar::{Kind, Way};
use super::super::model::{Asked, Node, PromptRef, RequestStep, Step};
use super::super::request::{Answer, Marked, Request, RequestId, Target};
use super::super::template::{Joint, Template};
use super::super::value::Value;
use super::{FlowRun, Next, QueueFacts, Wait};
use crate::time::Now;

impl FlowRun {
    /// Sends the request, with words meanwhile.
    pub(super) fn ask_world(
        &mut self,
        step: &RequestStep,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        let request = self.request(&step.asked)?;
        Ok(Next::Wait(self.send(request, step.filler, now, actions)?))
    }

    pub(super) fn send(
        &mut self,
        request: Request,
        filler: Option<PromptRef>,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Wait, EvaluationError> {
        let say = filler.map_or(Ok(Vec::new()), |filler| self.say(filler))?;
        let filler = !say.is_empty();
        if filler {
            actions.push(Action::Play { say, barge_in: false });
        }
        self.last_request = RequestId(self.last_request.0.wrapping_add(1));
        let until = now.mono + request.patience();
        actions.push(Action::Ask(self.last_request, request));
        Ok(Wait::World { until, request: self.last_request, filler })
    }

    fn request(&self, asked: &Asked) -> Result<Request, EvaluationError> {
        let known = &self.flow.known;
        Ok(match asked {
            Asked::AnswersWithin { queue, within } => Request::AnswersWithin {
                queue: self.must_be_known(queue, "queue", &known.queues)?,
                within: *within,
            },
            Asked::Callback { act, number, queue, slot } => Request::Callback {
                act: *act,
                number: self.marked(number)?,
                queue: self.must_be_known(queue, "queue", &known.queues)?,
                slot: slot.as_ref().map(|slot| self.marked(slot)).transpose()?,
            },
            Asked::Transfer { number, queue, ring_for } => {
                let to = match (number, queue) {
                    (Some(number), _) => Target::Number(self.marked(number)?),
                    (None, Some(queue)) => {
                        Target::Queue(self.must_be_known(queue, "queue", &known.queues)?)
                    }
                    (None, None) => return Err(EvaluationError("there is no target".to_owned())),
                };
                Request::Transfer { to, ring_for: *ring_for }
            }
            Asked::Message { channel, to, text } => {
                let language = self.call.language.clone();
                let text = text
                    .get(&language)
                    .ok_or_else(|| EvaluationError("no text in this language".to_owned()))?;
                Request::Message {
                    channel: *channel,
                    to: self.marked(to)?,
                    text: self.marked(text)?,
                    language,
                }
            }
            Asked::Http { connector, method, path, body, timeout, retries } => {
                let facts = self.facts(QueueFacts::default());
                let body = match body {
                    Some(body) => Some(Marked {
                        text: body.evaluate(&facts)?.to_json().to_string(),
                        personal: body.is_personal(),
                    }),
                    None => None,
                };
                let (connector, path) = (connector.clone(), self.path(path)?);
                Request::Http { connector, method: *method, path, body, timeout: *timeout, retries: *retries }
            }
            Asked::Lookup { store, key } => Request::Lookup {
                store: *store,
                key: self.marked(key)?,
                language: self.call.language.clone(),
            },
            Asked::Case { act, number } => Request::Case { act: *act, number: self.marked(number)? },
        })
    }

    pub(super) fn marked(&self, template: &Template) -> Result<Marked, EvaluationError> {
        let text = template.evaluate(&self.facts(QueueFacts::default()))?.into_text();
        Ok(Marked { text, personal: template.is_personal() })
    }

    /// Values in a path are one segment each, whatever is in them.
    fn path(&self, path: &Template) -> Result<Marked, EvaluationError> {
        let facts = self.facts(QueueFacts::default());
        let Template::Joined(joints) = path else { return self.marked(path) };
        let mut text = String::new();
        for joint in joints {
            match joint {
                Joint::Literal(literal) => text.push_str(literal),
                Joint::Computed(expression) => {
                    text.push_str(&percent_encoded(&expression.evaluate(&facts)?.into_text()));
                }
            }
        }
        Ok(Marked { text, personal: path.is_personal() })
    }

    /// The world has answered; one that answers an older request changes nothing.
    pub(super) fn on_world(
        &mut self,
        request: RequestId,
        answer: Answer,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        let Wait::World { request: awaited, filler, .. } = self.wait else { return None };
        if awaited != request {
            return None;
        }
        if filler {
            actions.push(Action::StopPlay);
        }
        let flow = std::sync::Arc::clone(&self.flow);
        let node = flow.node(self.node);
        if let Answer::Error(why) = answer {
            self.fail(why, actions);
            return Some(Way::ERROR);
        }
        let save = match &node.step {
            Step::Survey { .. } if matches!(answer, Answer::Ok(_)) => {
                return self.next_question(0, now, actions);
            }
            Step::Survey { .. } => return Some(Way::Exit("skipped")),
            Step::Request(step) => step.save.as_deref(),
            Step::Record(step) => {
                let said = matches!(answer, Answer::Ok(_));
                if let Answer::Ok(Some(value)) = &answer
                    && self.save(step.save.as_deref(), value.clone(), actions).is_none()
                {
                    return Some(Way::ERROR);
                }
                return if said {
                    self.recorded(step, request, now, actions)
                } else {
                    exit_of(node, &answer)
                };
            }
            _ => None,
        };
        let way = exit_of(node, &answer);
        if let Answer::Ok(Some(value)) = answer
            && self.save(save, value, actions).is_none()
        {
            return Some(Way::ERROR);
        }
        Some(way.unwrap_or_else(|| {
            self.fail("the answer fits no exit".to_owned(), actions);
            Way::ERROR
        }))
    }

    /// Keeps what was answered. `None`: it does not fit the variable, and the journal is told.
    fn save(&mut self, name: Option<&str>, value: Value, actions: &mut Vec<Action>) -> Option<()> {
        let Some(name) = name else { return Some(()) };
        self.set_var(name, value).map_err(|EvaluationError(why)| self.fail(why, actions)).ok()
    }

    /// The world has not answered in time.
    pub(super) fn on_silent_world(&mut self, filler: bool, actions: &mut Vec<Action>) -> Option<Way> {
        if filler {
            actions.push(Action::StopPlay);
        }
        self.fail("there was no answer in time".to_owned(), actions);
        Some(Way::ERROR)
    }
}

/// By which exit an answer leads on; `None`: the node has no such end.
fn exit_of(node: &Node, answer: &Answer) -> Option<Way> {
    let kind = node.kind;
    let name = match (answer, kind) {
        (Answer::Ok(_), Kind::Callback) => match &node.step {
            Step::Request(request) => match &request.asked {
                Asked::Callback { act, .. } => act.exits().first()?,
                _ => "ok",
            },
            _ => "ok",
        },
        (Answer::Ok(_), Kind::Transfer) => "done",
        (Answer::Ok(_), Kind::AnswersWithin) => "yes",
        (Answer::Declined, Kind::AnswersWithin) => "no",
        (Answer::NotFound, Kind::AnswersWithin) => "unknown",
        (Answer::Ok(_), Kind::Record | Kind::Voicemail) => "recorded",
        (Answer::Ok(_), _) => "ok",
        (Answer::NotFound, _) => "not_found",
        (Answer::Declined, _) => "declined",
        (Answer::Full, _) => "full",
        (Answer::Busy, _) => "busy",
        (Answer::NoAnswer, _) => "no_answer",
        (Answer::Empty, _) => "empty",
        (Answer::Error(_), _) => "error",
    };
    kind.written().exits.iter().any(|exit| exit.name == name).then_some(Way::Exit(name))
}

/// A value as one segment of a path (RFC 3986 section 2.1: all but unreserved characters).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => encoded.push(char::from(byte)),
            // A dot alone or doubled would be a step to another folder.
            b'.' if !text.trim_matches('.').is_empty() => encoded.push('.'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_in_a_path_stays_one_segment() {
        for (text, encoded) in [
            ("123", "123"),
            ("a/b?c", "a%2Fb%3Fc"),
            ("..", "%2E%2E"),
            ("1.5", "1.5"),
            ("è", "%C3%A8"),
            ("+39", "%2B39"),
        ] {
            assert_eq!(percent_encoded(text), encoded, "{text}");
        }
    }
}
