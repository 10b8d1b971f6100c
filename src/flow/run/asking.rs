//! Asking the caller for keys: prompt, silence, wrong key, the digits of a number; and the keys of plays and queues.

use std::sync::Arc;

use super::super::expression::EvaluationError;
use super::super::grammar::Way;
use super::super::input_kind::Reading;
use super::super::model::{Ask, CallbackOffer, Collect, Flow, PromptRef, QueueStep, Step};
use super::super::request::Request;
use super::super::value::Value;
use super::super::{Action, Say};
use super::{Asked, FlowRun, MAX_PROMPT, Next, Question, Wait, World};
use crate::time::{Mono, Now};
use crate::words::QueueExit;

/// How soon to look again whether a call-back can be offered: the expected wait changes slowly.
const OFFER_AGAIN: std::time::Duration = std::time::Duration::from_secs(15);

/// What a key means to a node that asks.
enum Answer {
    /// Lead on.
    Go(Way),
    /// More digits may come.
    More { so_far: String },
    /// A value, to be read back if the node wants it.
    Value(String),
    /// The next question.
    Next(usize),
    /// It is being dealt with.
    Done(Option<Way>),
    /// The question again: what was said was not right.
    Again,
    /// Not a key that was asked for.
    Wrong,
}

impl FlowRun {
    /// The node that asks is entered: takes what was pressed ahead, or puts the question.
    pub(super) fn enter_asking(
        &mut self,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        let flow = Arc::clone(&self.flow);
        let Some(ask) = asking(&flow, self) else {
            return Err(EvaluationError("the node asks nothing".to_owned()));
        };
        if !ask.type_ahead {
            self.type_ahead.clear();
        }
        if let Step::Survey { .. } = self.at().step {
            // Whether this caller is asked at all, is not the flow's to know.
            self.type_ahead.clear();
            return self.send(Request::Survey, None, now, actions).map(Next::Wait);
        }
        let asked = Asked { question: Question::Own, tries_left: ask.retries };
        if let Some(next) = self.answer_ahead(asked, now, actions) {
            return Ok(next);
        }
        self.question(asked, Vec::new(), now, actions).map(Next::Wait)
    }

    /// Says the question, after `before`, and waits for its answer.
    fn question(
        &mut self,
        asked: Asked,
        before: Vec<Say>,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Wait, EvaluationError> {
        let flow = Arc::clone(&self.flow);
        let step = &flow.node(self.node).step;
        let prompt = match (asked.question, step) {
            (Question::Confirm, Step::Collect { collect, .. }) => collect.confirm,
            (Question::Survey(at), Step::Survey { questions, .. }) => {
                questions.get(at).map(|asked| asked.prompt)
            }
            (Question::Review(_), Step::Record(record)) => record.review,
            _ => asking(&flow, self).map(|ask| ask.prompt),
        };
        let mut say = before;
        if let Some(prompt) = prompt {
            say.extend(self.say(prompt)?);
        }
        if say.is_empty() {
            return Ok(Wait::Answer { until: now.mono + self.first_key(), asked });
        }
        let barge_in = asking(&flow, self).is_none_or(|ask| ask.barge_in);
        actions.push(Action::Play { say, barge_in });
        Ok(Wait::Question { until: now.mono + MAX_PROMPT, asked })
    }

    /// The same in the middle of a node: what follows at once, when it fails.
    pub(super) fn put(
        &mut self,
        asked: Asked,
        before: Vec<Say>,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        match self.question(asked, before, now, actions) {
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

    /// Silence before the first key.
    fn first_key(&self) -> std::time::Duration {
        let flow = Arc::clone(&self.flow);
        asking(&flow, self).map_or(std::time::Duration::from_secs(6), |ask| ask.timeout)
    }

    /// The answer of a caller who knows the menus and pressed ahead; `None`: the question has to be asked.
    fn answer_ahead(&mut self, asked: Asked, now: Now, actions: &mut Vec<Action>) -> Option<Next> {
        let mut so_far = String::new();
        while let Some(key) = self.type_ahead.take() {
            match self.answer(asked, key, so_far, now, actions) {
                Answer::Go(way) => return Some(Next::Go(way)),
                Answer::More { so_far: more } => so_far = more,
                Answer::Value(value) => return Some(self.value_ahead(value, asked, now, actions)),
                Answer::Next(_) | Answer::Done(_) => return None,
                Answer::Wrong | Answer::Again => {
                    // Whatever follows a wrong key was meant for another place.
                    self.type_ahead.clear();
                    return None;
                }
            }
        }
        let until = now.mono + self.collect()?.inter_digit;
        (!so_far.is_empty()).then_some(Next::Wait(Wait::Digits { until, asked, so_far }))
    }

    fn value_ahead(&mut self, value: String, asked: Asked, now: Now, actions: &mut Vec<Action>) -> Next {
        match self.take(value, asked, now, actions) {
            Some(way) => Next::Go(way),
            None => Next::Wait(self.wait.clone()),
        }
    }

    /// Keeps a value, and reads it back when the node wants that.
    fn take(&mut self, value: String, asked: Asked, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        let (save, confirm) = match self.collect() {
            Some(collect) => (collect.save.clone(), collect.confirm.is_some()),
            None => return Some(Way::ERROR),
        };
        if let Err(EvaluationError(why)) = self.set_var(&save, Value::Text(value)) {
            self.fail(why, actions);
            return Some(Way::ERROR);
        }
        if !confirm {
            return Some(Way::Exit("ok"));
        }
        self.put(Asked { question: Question::Confirm, ..asked }, Vec::new(), now, actions)
    }

    pub(super) fn on_played(&mut self, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        match self.wait.clone() {
            Wait::Heard { way, .. } => Some(self.key_of_play().unwrap_or(way)),
            Wait::Question { asked, .. } => {
                self.wait = Wait::Answer { until: now.mono + self.first_key(), asked };
                let key = self.type_ahead.take()?;
                self.on_answer(key, String::new(), asked, now, actions)
            }
            Wait::BeforeRecording { .. } => self.begin_recording(now, actions),
            Wait::World { until, request, .. } => {
                self.wait = Wait::World { until, request, filler: false };
                None
            }
            Wait::LastWords { .. } => {
                self.hang_up(actions);
                None
            }
            Wait::Start | Wait::Answer { .. } | Wait::Digits { .. } | Wait::Queue { .. } | Wait::Over => None,
        }
    }

    /// A key of the `play` node that was pressed while it was heard.
    fn key_of_play(&mut self) -> Option<Way> {
        let flow = Arc::clone(&self.flow);
        let node = flow.node(self.node);
        let Step::Play { .. } = node.step else { return None };
        self.type_ahead.take_if(|key| node.has_key(key)).map(Way::Key)
    }

    /// The same before it has been heard at all.
    pub(super) fn key_before_play(&mut self) -> Option<Way> {
        self.key_of_play()
    }

    pub(super) fn on_key(
        &mut self,
        key: char,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        match self.wait.clone() {
            Wait::Heard { way, .. } => {
                self.type_ahead.keep(key);
                match &self.at().step {
                    // The notice has to be heard to its end.
                    Step::Play { barge_in: false, .. } => None,
                    _ => Some(self.key_of_play().unwrap_or(way)),
                }
            }
            Wait::Question { asked, .. } => {
                let flow = Arc::clone(&self.flow);
                if asking(&flow, self).is_some_and(|ask| !ask.barge_in) {
                    self.type_ahead.keep(key);
                    return None;
                }
                self.on_answer(key, String::new(), asked, now, actions)
            }
            Wait::Answer { asked, .. } => self.on_answer(key, String::new(), asked, now, actions),
            Wait::Digits { asked, so_far, .. } => self.on_answer(key, so_far, asked, now, actions),
            Wait::Queue { since, .. } => self.on_key_in_queue(key, since, now, world, actions),
            Wait::World { request, .. } => {
                self.on_key_in_recording(key, request, actions);
                None
            }
            Wait::BeforeRecording { .. } => self.begin_recording(now, actions),
            Wait::Start | Wait::LastWords { .. } | Wait::Over => None,
        }
    }

    pub(super) fn on_timeout(
        &mut self,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        if self.poll_timeout().is_none_or(|until| until > now.mono) {
            return None; // not due yet
        }
        match self.wait.clone() {
            // The end of a prompt was never told: go on as if it had been.
            Wait::Heard { .. }
            | Wait::Question { .. }
            | Wait::BeforeRecording { .. }
            | Wait::LastWords { .. } => self.on_played(now, actions),
            Wait::Answer { asked, .. } => self.on_silence(asked, now, actions),
            Wait::Digits { asked, so_far, .. } => {
                match self.collect().map(|collect| collect.kind.read(&so_far)) {
                    Some(Reading::Done(value)) => self.take(value, asked, now, actions),
                    _ => self.on_wrong(asked, now, actions),
                }
            }
            Wait::World { filler, .. } => self.on_silent_world(filler, actions),
            Wait::Queue { since, .. } => {
                self.offer_callback(since, now, world, actions);
                None
            }
            Wait::Start | Wait::Over => None,
        }
    }

    fn on_answer(
        &mut self,
        key: char,
        so_far: String,
        asked: Asked,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        let mut answer = self.answer(asked, key, so_far, now, actions);
        loop {
            match answer {
                Answer::Go(way) => return Some(way),
                Answer::Done(way) => return way,
                Answer::Value(value) => return self.take(value, asked, now, actions),
                Answer::Next(at) => return self.next_question(at, now, actions),
                Answer::Again => {
                    let own = Asked { question: Question::Own, ..asked };
                    return self.again(own, Vec::new(), Way::Exit("invalid"), now, actions);
                }
                Answer::Wrong => return self.on_wrong(asked, now, actions),
                Answer::More { so_far } => match self.type_ahead.take() {
                    Some(key) => answer = self.answer(asked, key, so_far, now, actions),
                    None => {
                        let until = now.mono + self.collect()?.inter_digit;
                        self.wait = Wait::Digits { until, asked, so_far };
                        return None;
                    }
                },
            }
        }
    }

    /// A survey: the question `at`.
    pub(super) fn next_question(&mut self, at: usize, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        let flow = Arc::clone(&self.flow);
        let tries_left = asking(&flow, self)?.retries;
        self.put(Asked { question: Question::Survey(at), tries_left }, Vec::new(), now, actions)
    }

    /// What `key` means to the question.
    fn answer(
        &mut self,
        asked: Asked,
        key: char,
        so_far: String,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Answer {
        let flow = Arc::clone(&self.flow);
        let node = flow.node(self.node);
        match (asked.question, &node.step) {
            (Question::Own, Step::Menu { .. }) if node.has_key(key) => Answer::Go(Way::Key(key)),
            (Question::Own, Step::Collect { collect, .. }) => of_collect(collect, key, so_far),
            (Question::Confirm, _) => match key {
                '1' => Answer::Go(Way::Exit("ok")),
                '2' => Answer::Again,
                _ => Answer::Wrong,
            },
            (Question::Survey(at), Step::Survey { questions, .. }) => {
                let digit = key.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
                match questions.get(at).zip(digit) {
                    Some((question, digit)) if (question.from..=question.to).contains(&digit) => {
                        let (id, of) = (question.id.clone(), (question.from, question.to));
                        actions.push(Action::Surveyed { question: id, answer: digit, of });
                        if at + 1 < questions.len() {
                            Answer::Next(at + 1)
                        } else {
                            Answer::Go(Way::Exit("done"))
                        }
                    }
                    _ => Answer::Wrong,
                }
            }
            (Question::Review(request), _) => match self.on_review(key, request, now, actions) {
                Some(way) => Answer::Done(way),
                None => Answer::Wrong,
            },
            _ => Answer::Wrong,
        }
    }

    fn on_wrong(&mut self, asked: Asked, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        self.type_ahead.clear();
        let before = self.escalated(asked, |ask| &ask.invalid, actions);
        self.again(asked, before, Way::Exit("invalid"), now, actions)
    }

    fn on_silence(&mut self, asked: Asked, now: Now, actions: &mut Vec<Action>) -> Option<Way> {
        let before = self.escalated(asked, |ask| &ask.silence, actions);
        self.again(asked, before, Way::Exit("timeout"), now, actions)
    }

    /// What is said before the question is repeated: the first of the list the first time, the last ever after.
    fn escalated(
        &mut self,
        asked: Asked,
        list: impl Fn(&Ask) -> &Vec<PromptRef>,
        actions: &mut Vec<Action>,
    ) -> Vec<Say> {
        let flow = Arc::clone(&self.flow);
        let Some(ask) = asking(&flow, self) else { return Vec::new() };
        let times = usize::try_from(ask.retries.saturating_sub(asked.tries_left)).unwrap_or(usize::MAX);
        let list = list(ask);
        let Some(prompt) = list.get(times).or(list.last()) else { return Vec::new() };
        self.say(*prompt).unwrap_or_else(|EvaluationError(why)| {
            self.fail(why, actions);
            Vec::new()
        })
    }

    /// Repeats the question, or leaves by `exit` when it has been repeated often enough.
    fn again(
        &mut self,
        asked: Asked,
        before: Vec<Say>,
        exit: Way,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        let Some(tries_left) = asked.tries_left.checked_sub(1) else {
            return Some(self.worn_out(asked, exit, actions));
        };
        self.put(Asked { tries_left, ..asked }, before, now, actions)
    }

    /// The question has been put often enough.
    fn worn_out(&mut self, asked: Asked, exit: Way, actions: &mut Vec<Action>) -> Way {
        let flow = Arc::clone(&self.flow);
        match (asked.question, &flow.node(self.node).step) {
            (Question::Survey(_), _) => Way::Exit("skipped"),
            (Question::Review(request), Step::Record(step)) => self.keep(step, request, actions),
            _ => exit,
        }
    }

    fn on_key_in_queue(
        &mut self,
        key: char,
        since: Mono,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Option<Way> {
        let flow = Arc::clone(&self.flow);
        let Step::Queue(step) = &flow.node(self.node).step else { return None };
        let exit = if step.keys.contains(&key) {
            QueueExit::Key
        } else if self.callback_is_offered(step, key, since, now, world) {
            QueueExit::Callback
        } else {
            return None;
        };
        actions.push(Action::Dequeue(exit));
        Some(Way::Exit(super::exit_name(exit)))
    }

    fn callback_is_offered(
        &self,
        step: &QueueStep,
        key: char,
        since: Mono,
        now: Now,
        world: &World<'_>,
    ) -> bool {
        let Some(offer) = step.callback.as_ref().filter(|offer| offer.key == key) else { return false };
        self.can_be_had(step, offer, since, now, world)
    }

    /// Says once that a call-back can be had instead of waiting, or looks again later.
    fn offer_callback(&mut self, since: Mono, now: Now, world: &World<'_>, actions: &mut Vec<Action>) {
        let flow = Arc::clone(&self.flow);
        let Step::Queue(step) = &flow.node(self.node).step else { return };
        let Some(offer) = &step.callback else { return };
        let can_be_had = self.can_be_had(step, offer, since, now, world);
        let say = offer.prompt.filter(|_| can_be_had).map_or(Ok(Vec::new()), |prompt| self.say(prompt));
        match say {
            Ok(say) if !say.is_empty() => actions.push(Action::Play { say, barge_in: false }),
            Ok(_) => {}
            Err(EvaluationError(why)) => self.fail(why, actions),
        }
        let offer_at = (!can_be_had).then(|| now.mono + OFFER_AGAIN);
        self.wait = Wait::Queue { since, offer_at };
    }

    fn can_be_had(
        &self,
        step: &QueueStep,
        offer: &CallbackOffer,
        since: Mono,
        now: Now,
        world: &World<'_>,
    ) -> bool {
        if now.mono.since(since) < offer.after {
            return false;
        }
        let Some(when) = &offer.when else { return true };
        let queue = self.known(Some(&step.queue), "queue", &self.flow.known.queues).ok().flatten();
        let facts = queue.and_then(|queue| world.queues.get(&queue)).copied().unwrap_or_default();
        // An offer whose condition has no value is not made; the caller goes on waiting.
        when.evaluate(&self.facts(facts)) == Ok(Value::Flag(true))
    }

    fn collect(&self) -> Option<&Collect> {
        match &self.at().step {
            Step::Collect { collect, .. } => Some(collect),
            _ => None,
        }
    }
}

/// How the node asks, if it does.
fn asking<'f>(flow: &'f Flow, run: &FlowRun) -> Option<&'f Ask> {
    match &flow.node(run.node).step {
        Step::Menu { ask } | Step::Collect { ask, .. } | Step::Survey { ask, .. } => Some(ask),
        _ => None,
    }
}

/// What a key means to a node that collects.
fn of_collect(collect: &Collect, key: char, mut so_far: String) -> Answer {
    let kind = &collect.kind;
    let reading = if kind.ends_with(key) {
        kind.read(&so_far)
    } else if kind.takes(key) {
        so_far.push(key);
        kind.after(&so_far)
    } else {
        // `*` where it is not a part of the number begins it anew.
        return Answer::More { so_far: String::new() };
    };
    match reading {
        Reading::More => Answer::More { so_far },
        Reading::Done(value) => Answer::Value(value),
        Reading::Wrong => Answer::Wrong,
    }
}
