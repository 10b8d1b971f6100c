//! `record` and `voicemail`: words, the recording, and what the caller wants done with it.

use super::super::expression::EvaluationError;
use super::super::grammar::Way;
use super::super::model::{RecordStep, Step};
use super::super::request::{Request, RequestId};
use super::super::{Action, Say};
use super::{Asked, FlowRun, MAX_PROMPT, Next, Question, Wait};
use crate::ids::QueueId;
use crate::time::Now;

/// How often a caller who says nothing to the review is asked again; then the recording is kept.
const REVIEW_TRIES: u32 = 1;

impl FlowRun {
    /// Says what comes before, or records at once.
    pub(super) fn enter_recording(
        &mut self,
        step: &RecordStep,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        // A key pressed before was not meant to end the recording.
        self.type_ahead.clear();
        let say = step.prompt.map_or(Ok(Vec::new()), |prompt| self.say(prompt))?;
        if say.is_empty() {
            return Ok(Next::Wait(self.record(step, now, actions)?));
        }
        actions.push(Action::Play { say, barge_in: true });
        Ok(Next::Wait(Wait::BeforeRecording { until: now.mono + MAX_PROMPT }))
    }

    /// The words have been heard.
    pub(super) fn begin_recording(&mut self, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        let flow = std::sync::Arc::clone(&self.flow);
        let Step::Record(step) = &flow.node(self.node).step else { return None };
        match self.record(step, now, actions) {
            Ok(wait) => {
                self.wait = wait;
                None
            }
            Err(EvaluationError(why)) => {
                self.fail(why, actions);
                Some(Way::ERROR)
            }
        }
    }

    fn record(
        &mut self,
        step: &RecordStep,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Wait, EvaluationError> {
        let message_for = self.message_for(step)?;
        let review = step.review.is_some();
        let request = Request::Record { max: step.max, silence: step.silence, message_for, review };
        self.send(request, None, now, actions)
    }

    fn message_for(&self, step: &RecordStep) -> Result<Option<QueueId>, EvaluationError> {
        let queues = &self.flow.known.queues;
        step.queue.as_ref().map(|queue| self.must_be_known(queue, "queue", queues)).transpose()
    }

    /// A key while the recording runs.
    pub(super) fn on_key_in_recording(&self, key: char, request: RequestId, actions: &mut Vec<Action>) {
        if let Step::Record(step) = &self.at().step
            && step.end == key
        {
            actions.push(Action::StopRecording(request));
        }
    }

    /// Something was said: asks what to do with it, or keeps it.
    pub(super) fn recorded(
        &mut self,
        step: &RecordStep,
        request: RequestId,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        if step.review.is_none() {
            return Some(self.keep(step, request, actions));
        }
        let asked = Asked { question: Question::Review(request), tries_left: REVIEW_TRIES };
        self.put(asked, Vec::new(), now, actions)
    }

    /// The caller's choice, of 1 keep, 2 again, 3 listen; `None` for another key.
    pub(super) fn on_review(
        &mut self,
        key: char,
        request: RequestId,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Option<Way>> {
        let flow = std::sync::Arc::clone(&self.flow);
        let Step::Record(step) = &flow.node(self.node).step else { return None };
        match key {
            '1' => Some(Some(self.keep(step, request, actions))),
            '2' => {
                actions.push(Action::DropRecording(request));
                Some(match self.enter_recording(step, now, actions) {
                    Ok(Next::Wait(wait)) => {
                        self.wait = wait;
                        None
                    }
                    _ => Some(Way::ERROR),
                })
            }
            '3' => {
                let asked = Asked { question: Question::Review(request), tries_left: REVIEW_TRIES };
                Some(self.put(asked, vec![Say::Recording(request)], now, actions))
            }
            _ => None,
        }
    }

    /// A caller who says nothing to the review wants it kept.
    pub(super) fn keep(&mut self, step: &RecordStep, request: RequestId, actions: &mut Vec<Action>) -> Way {
        match self.message_for(step) {
            Ok(queue) => {
                actions.push(Action::KeepRecording { request, queue });
                Way::Exit("recorded")
            }
            Err(EvaluationError(why)) => {
                self.fail(why, actions);
                Way::ERROR
            }
        }
    }
}
