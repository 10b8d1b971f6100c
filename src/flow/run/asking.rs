//! Asking the caller for keys: prompt, silence, wrong key, the digits of a number; and the keys of plays and queues.

use super::super::Action;
use super::super::expression::EvaluationError;
use super::super::model::{Ask, Digits, NodeRef, PromptRef, QueueStep, Step};
use super::super::value::Value;
use super::{FlowRun, MAX_PROMPT, Next, RunError, Wait, World};
use crate::time::{Mono, Now};
use crate::words::QueueExit;

/// What a key means to a node that asks.
enum Answer {
    /// Lead on.
    Go(NodeRef),
    /// More digits may come.
    More { so_far: String },
    /// Not a key that was asked for.
    Wrong,
}

impl FlowRun {
    /// Plays the question, after `before` when it is a repetition.
    pub(super) fn ask(
        &mut self,
        ask: &Ask,
        before: Option<PromptRef>,
        tries_left: u32,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Result<Next, EvaluationError> {
        let mut say = before.map_or(Ok(Vec::new()), |before| self.say(before))?;
        say.extend(self.say(ask.prompt)?);
        if say.is_empty() {
            return Ok(Next::Wait(Wait::Answer { until: now.mono + ask.timeout, tries_left }));
        }
        actions.push(Action::Play { say, barge_in: ask.barge_in });
        Ok(Next::Wait(Wait::Question { until: now.mono + MAX_PROMPT, tries_left }))
    }

    /// The answer of a caller who knows the menus and pressed ahead; `None`: the question has to be asked.
    pub(super) fn answer_ahead(&mut self, now: Now) -> Option<Next> {
        let tries_left = self.asking()?.retries;
        let mut so_far = String::new();
        while let Some(key) = self.type_ahead.take() {
            match self.answer(key, so_far) {
                Answer::Go(node) => return Some(Next::Go(node)),
                Answer::More { so_far: more } => so_far = more,
                Answer::Wrong => {
                    // Whatever follows a wrong key was meant for another place.
                    self.type_ahead.clear();
                    return None;
                }
            }
        }
        let digits = self.digits()?;
        let until = now.mono + digits.inter_digit;
        (!so_far.is_empty()).then_some(Next::Wait(Wait::Digits { until, tries_left, so_far }))
    }

    pub(super) fn on_played(&mut self, now: Now, actions: &mut Vec<Action>) -> Option<NodeRef> {
        match &self.wait {
            Wait::Heard { to, .. } => {
                let to = *to;
                Some(self.key_of_play().unwrap_or(to))
            }
            Wait::Question { tries_left, .. } => {
                let tries_left = *tries_left;
                let until = now.mono + self.asking()?.timeout;
                self.wait = Wait::Answer { until, tries_left };
                match self.type_ahead.take() {
                    Some(key) => self.on_answer(key, String::new(), tries_left, now, actions),
                    None => None,
                }
            }
            Wait::LastWords { .. } => {
                self.hang_up(actions);
                None
            }
            _ => None,
        }
    }

    /// A key of the `play` node that was pressed while it was heard.
    fn key_of_play(&mut self) -> Option<NodeRef> {
        let Step::Play { keys, .. } = &self.flow.node(self.node).step else { return None };
        self.type_ahead.take_of(keys)
    }

    pub(super) fn on_key(
        &mut self,
        key: char,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Option<NodeRef> {
        match self.wait.clone() {
            Wait::Heard { to, .. } => {
                self.type_ahead.keep(key);
                match &self.flow.node(self.node).step {
                    // The notice has to be heard to its end.
                    Step::Play { barge_in: false, .. } => None,
                    _ => Some(self.key_of_play().unwrap_or(to)),
                }
            }
            Wait::Question { .. } if !self.asking()?.barge_in => {
                self.type_ahead.keep(key);
                None
            }
            Wait::Question { tries_left, .. } => self.on_answer(key, String::new(), tries_left, now, actions),
            Wait::Answer { tries_left, .. } => self.on_answer(key, String::new(), tries_left, now, actions),
            Wait::Digits { tries_left, so_far, .. } => self.on_answer(key, so_far, tries_left, now, actions),
            Wait::Queue { since } => self.on_key_in_queue(key, since, now, world, actions),
            Wait::Start | Wait::LastWords { .. } | Wait::Over => None,
        }
    }

    pub(super) fn on_timeout(&mut self, now: Now, actions: &mut Vec<Action>) -> Option<NodeRef> {
        if self.poll_timeout().is_none_or(|until| until > now.mono) {
            return None; // not due yet
        }
        match self.wait.clone() {
            // The end of a prompt was never told: go on as if it had been.
            Wait::Heard { .. } | Wait::Question { .. } | Wait::LastWords { .. } => {
                self.on_played(now, actions)
            }
            Wait::Answer { tries_left, .. } => {
                let (silence, exit) = self.asking().map(|ask| (ask.silence, ask.on_timeout))?;
                self.ask_again(silence, exit, tries_left, now, actions)
            }
            Wait::Digits { tries_left, so_far, .. } => match self.finished(so_far) {
                Some(node) => Some(node),
                None => self.wrong(tries_left, now, actions),
            },
            Wait::Start | Wait::Queue { .. } | Wait::Over => None,
        }
    }

    fn on_answer(
        &mut self,
        key: char,
        so_far: String,
        tries_left: u32,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<NodeRef> {
        let mut answer = self.answer(key, so_far);
        loop {
            match answer {
                Answer::Go(node) => return Some(node),
                Answer::Wrong => return self.wrong(tries_left, now, actions),
                Answer::More { so_far } => match self.type_ahead.take() {
                    Some(key) => answer = self.answer(key, so_far),
                    None => {
                        let until = now.mono + self.digits()?.inter_digit;
                        self.wait = Wait::Digits { until, tries_left, so_far };
                        return None;
                    }
                },
            }
        }
    }

    /// What `key` means to the node that asks.
    fn answer(&mut self, key: char, mut so_far: String) -> Answer {
        let digits = match &self.flow.node(self.node).step {
            Step::Menu { keys, .. } => return keys.get(&key).map_or(Answer::Wrong, |node| Answer::Go(*node)),
            Step::Collect { digits, .. } => *digits,
            _ => return Answer::Wrong,
        };
        if digits.end == Some(key) {
            return self.finished(so_far).map_or(Answer::Wrong, Answer::Go);
        }
        if !key.is_ascii_digit() {
            // `*` where it does not end the number begins it anew.
            return Answer::More { so_far: String::new() };
        }
        so_far.push(key);
        if so_far.len() < digits.max || (digits.end.is_some() && so_far.len() == digits.max) {
            return Answer::More { so_far };
        }
        self.finished(so_far).map_or(Answer::Wrong, Answer::Go)
    }

    /// Keeps a number that is long enough and leads on by `ok`.
    fn finished(&mut self, so_far: String) -> Option<NodeRef> {
        let Step::Collect { digits, save, ok, .. } = &self.flow.node(self.node).step else { return None };
        if !(digits.min..=digits.max).contains(&so_far.len()) {
            return None;
        }
        let (save, ok) = (save.clone(), *ok);
        self.set_var(&save, Value::Text(so_far)).ok()?;
        Some(ok)
    }

    fn wrong(&mut self, tries_left: u32, now: Now, actions: &mut Vec<Action>) -> Option<NodeRef> {
        self.type_ahead.clear();
        let (invalid, exit) = self.asking().map(|ask| (ask.invalid, ask.on_invalid))?;
        self.ask_again(invalid, exit, tries_left, now, actions)
    }

    /// Repeats the question, or leaves by `exit` when it has been repeated often enough.
    fn ask_again(
        &mut self,
        before: Option<PromptRef>,
        exit: NodeRef,
        tries_left: u32,
        now: Now,
        actions: &mut Vec<Action>,
    ) -> Option<NodeRef> {
        let Some(tries_left) = tries_left.checked_sub(1) else { return Some(exit) };
        let flow = std::sync::Arc::clone(&self.flow);
        let node = flow.node(self.node);
        let (Step::Menu { ask, .. } | Step::Collect { ask, .. }) = &node.step else { return None };
        match self.ask(ask, before, tries_left, now, actions) {
            Ok(Next::Wait(wait)) => {
                self.wait = wait;
                None
            }
            Ok(Next::Go(node)) => Some(node),
            Err(EvaluationError(why)) => {
                self.failure = Some(RunError::NoValue { node: node.id.clone(), why });
                node.error.or(Some(exit))
            }
        }
    }

    fn on_key_in_queue(
        &mut self,
        key: char,
        since: Mono,
        now: Now,
        world: &World<'_>,
        actions: &mut Vec<Action>,
    ) -> Option<NodeRef> {
        let flow = std::sync::Arc::clone(&self.flow);
        let Step::Queue(step) = &flow.node(self.node).step else { return None };
        let exit = if step.keys.contains(&key) {
            QueueExit::Key
        } else if self.callback_is_offered(step, key, since, now, world) {
            QueueExit::Callback
        } else {
            return None;
        };
        let target = step.exits.get(&exit).copied()?;
        actions.push(Action::Dequeue(exit));
        Some(target)
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
        if now.mono.since(since) < offer.after {
            return false;
        }
        let Some(when) = &offer.when else { return true };
        let queue = self.known(Some(&step.queue), "queue", &self.flow.known.queues).ok().flatten();
        let facts = queue.and_then(|queue| world.queues.get(&queue)).copied().unwrap_or_default();
        // An offer whose condition has no value is not made; the caller goes on waiting.
        when.evaluate(&self.facts(facts)) == Ok(Value::Flag(true))
    }

    fn asking(&self) -> Option<&Ask> {
        match &self.flow.node(self.node).step {
            Step::Menu { ask, .. } | Step::Collect { ask, .. } => Some(ask),
            _ => None,
        }
    }

    fn digits(&self) -> Option<Digits> {
        match &self.flow.node(self.node).step {
            Step::Collect { digits, .. } => Some(*digits),
            _ => None,
        }
    }
}
