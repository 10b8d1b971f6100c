//! What a flow would say or play and nobody has recorded yet, or what was recorded for another text: told where the text stands, or where
//! the sound is asked for.

use std::collections::BTreeMap;

use super::USUAL_MUSIC;
use super::fault::{Fault, FlowError, Place};
use super::model::{Flow, Step};
use crate::ids::Language;

impl Flow {
    /// A fault for each sound that is needed and not there, in the order of the file; `is_recorded` is asked for `language/name` and
    /// `music/name`. What a sub-flow lacks is told where it is gone into.
    pub fn unrecorded(&self, file: &str, is_recorded: impl Fn(&str) -> bool) -> Vec<FlowError> {
        let mut missing: BTreeMap<String, Place> = BTreeMap::new();
        let mut need = |sound: String, at: Place| {
            if !is_recorded(&sound) {
                let first = missing.entry(sound).or_insert(at);
                *first = at.min(*first);
            }
        };
        for prompt in &self.prompts {
            prompt.sounds().for_each(|(language, sound, _)| need(format!("{language}/{sound}"), prompt.at));
        }
        for node in &self.nodes {
            let at = self.place(node.id.as_str());
            match &node.step {
                Step::Queue(queue) => {
                    let music = queue.music.as_deref().unwrap_or(USUAL_MUSIC);
                    need(format!("music/{music}"), at)
                }
                Step::Subflow(step) => {
                    let sounds = step.flow.sounds_needed().into_iter();
                    sounds.for_each(|(language, sound)| need(format!("{language}/{sound}"), at));
                    step.flow.music_needed().into_iter().for_each(|music| need(format!("music/{music}"), at));
                }
                _ => {}
            }
        }
        let error = |(sound, at)| FlowError { file: file.to_owned(), at, fault: Fault::Unrecorded(sound) };
        let mut errors: Vec<_> = missing.into_iter().map(error).collect();
        errors.sort_by_key(|error| error.at);
        errors
    }

    /// A warning for each text of its own whose recording says another one, in the order of the file; `says_another` is asked for
    /// language, name and text.
    pub fn recorded_otherwise(
        &self,
        file: &str,
        says_another: impl Fn(&Language, &str, &str) -> bool,
    ) -> Vec<FlowError> {
        let mut errors = Vec::new();
        for prompt in &self.prompts {
            let texts = prompt.sounds().filter_map(|(language, sound, text)| Some((language, sound, text?)));
            let others = texts.filter(|(language, sound, text)| says_another(language, sound, text));
            errors.extend(others.map(|(language, sound, _)| FlowError {
                file: file.to_owned(),
                at: prompt.at,
                fault: Fault::RecordedOtherwise(format!("{language}/{sound}")),
            }));
        }
        errors.sort_by_key(|error| error.at);
        errors
    }
}
