//! The world outside: it answers what flows ask, after its time.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use centralino::engine::{AskId, HttpRequest, Input, Question, SpeakId, Spoken, Told};
use centralino::ids::Language;
use centralino::media::Sound;
use centralino::time::{Mono, earliest};
use centralino::views::Views;

use super::Sim;

/// Answers on their way.
#[derive(Default)]
pub(crate) struct Outside {
    /// How long the store's own rows take to be read.
    pub(crate) store_takes: Duration,
    /// What connectors answer, one request after another, and how long it takes; with no more of them, they never do.
    pub(crate) connectors: VecDeque<(Duration, Told)>,
    /// What they were asked.
    pub(crate) asked: Vec<HttpRequest>,
    /// How long the synthesiser takes for a text.
    pub(crate) speaking_takes: Duration,
    /// Why it cannot speak.
    pub(crate) mute: Option<String>,
    /// Everything that it was asked to say.
    pub(crate) spoke: Vec<String>,
    answers: BTreeMap<(Mono, AskId), Told>,
    spoken: BTreeMap<(Mono, SpeakId), Spoken>,
}

/// A sound of a second, whatever the text.
fn spoken(text: &BTreeMap<Language, String>) -> BTreeMap<Language, Sound> {
    text.keys().map(|language| (language.clone(), Sound::encode("", &[1000; 8000]))).collect()
}

impl Outside {
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        let answer = self.answers.first_key_value().map(|((at, _), _)| *at);
        let spoken = self.spoken.first_key_value().map(|((at, _), _)| *at);
        earliest([answer, spoken])
    }

    /// Nobody is there any more to be told.
    pub(super) fn exchange_is_gone(&mut self) {
        self.answers.clear();
        self.spoken.clear();
    }
}

impl Sim {
    pub(super) fn on_asked(&mut self, id: AskId, question: &Question) {
        let (after, told) = match question {
            Question::Case(case) => {
                let case = self.views().case(*case).expect("memory does not fail");
                (self.outside.store_takes, Told::Case(case.map(Box::new)))
            }
            Question::Http(request) => {
                self.outside.asked.push(request.clone());
                let Some(answer) = self.outside.connectors.pop_front() else { return };
                answer
            }
        };
        self.outside.answers.insert((self.now + after, id), told);
    }

    pub(super) fn on_speak(&mut self, id: SpeakId, text: &BTreeMap<Language, String>) {
        self.outside.spoke.extend(text.values().cloned());
        let told = match &self.outside.mute {
            Some(why) => Err(why.clone()),
            None => Ok(spoken(text)),
        };
        self.outside.spoken.insert((self.now + self.outside.speaking_takes, id), told);
    }

    pub(super) fn deliver_answers(&mut self) {
        while let Some(entry) = self.outside.spoken.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let ((_, id), told) = entry.remove_entry();
            self.feed(Input::Spoken(id, told));
        }
        while let Some(entry) = self.outside.answers.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let ((_, id), told) = entry.remove_entry();
            self.feed(Input::Told(id, told));
        }
    }
}
