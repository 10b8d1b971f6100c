//! How far every language is: what is recorded, by whom, and what is missing.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::ledger::Ledger;
use super::{Prompt, PromptsError, checked, read_if_there};
use crate::flow::{Flow, FlowError};

/// What there is of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Spoken by a person.
    Studio,
    /// Spoken by a person, for a text that has changed since: to be recorded again.
    StudioOutdated,
    /// Made from its text.
    Synthesised,
    /// Made from a text that has changed since: `prompts build` makes it anew.
    Outdated,
    /// Nobody can hear it.
    Missing,
}

/// A prompt and what there is of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// What is wanted.
    #[serde(flatten)]
    pub prompt: Prompt,
    /// What there is.
    pub state: State,
}

/// How far one language is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Folder below `sounds/`.
    pub language: String,
    /// How many recordings flows and exchange ask for.
    pub wanted: usize,
    /// How many of them a person has spoken, whatever the text is now.
    pub studio: usize,
    /// How many were made from texts, whatever the text is now.
    pub synthesised: usize,
    /// How many of both have another text now.
    pub outdated: usize,
    /// How many there are not.
    pub missing: usize,
}

/// What there is of every prompt, in order of language and name.
pub fn survey(
    sounds: &Path,
    prompts: impl IntoIterator<Item = Prompt>,
) -> Result<Vec<Standing>, PromptsError> {
    let mut ledger: Option<(String, Ledger)> = None;
    let mut standings = Vec::new();
    for prompt in checked(prompts)? {
        let ledger = match &mut ledger {
            Some((language, ledger)) if *language == prompt.language => ledger,
            other => {
                let opened = Ledger::open(&sounds.join(&prompt.language))?;
                &mut other.insert((prompt.language.clone(), opened)).1
            }
        };
        let state = match read_if_there(&prompt.path(sounds))? {
            None => State::Missing,
            Some(bytes) => state(ledger, &prompt, &bytes),
        };
        standings.push(Standing { prompt, state });
    }
    Ok(standings)
}

/// A warning for each text of a flow whose recording was made for another one: callers would hear what is no longer written. A ledger
/// that cannot be read is told by the commands that are about recordings.
pub fn recorded_otherwise(sounds: &Path, file: &str, flow: &Flow) -> Vec<FlowError> {
    let prompts =
        flow.prompt_texts().map(|(language, name, text)| Prompt::new(language.as_str(), name, text));
    let standings = survey(sounds, prompts).unwrap_or_default().into_iter();
    let others: BTreeSet<Prompt> = standings
        .filter(|standing| matches!(standing.state, State::Outdated | State::StudioOutdated))
        .map(|standing| standing.prompt)
        .collect();
    flow.recorded_otherwise(file, |language, name, text| {
        others.contains(&Prompt::new(language.as_str(), name, text))
    })
}

fn state(ledger: &Ledger, prompt: &Prompt, sound: &[u8]) -> State {
    let says = ledger.says(&prompt.name, &prompt.text);
    if ledger.made(&prompt.name, sound) {
        return if says { State::Synthesised } else { State::Outdated };
    }
    // Of a recording that somebody just put there, nobody knows the text.
    if ledger.imported(&prompt.name) && !says { State::StudioOutdated } else { State::Studio }
}

/// The same, counted by language.
pub fn coverage(standings: &[Standing]) -> Vec<Coverage> {
    let mut all: Vec<Coverage> = Vec::new();
    for standing in standings {
        let language = &standing.prompt.language;
        if all.last().is_none_or(|last| last.language != *language) {
            all.push(Coverage { language: language.clone(), ..Coverage::default() });
        }
        let Some(count) = all.last_mut() else { continue };
        count.wanted += 1;
        match standing.state {
            State::Studio | State::StudioOutdated => count.studio += 1,
            State::Synthesised | State::Outdated => count.synthesised += 1,
            State::Missing => count.missing += 1,
        }
        count.outdated += usize::from(matches!(standing.state, State::StudioOutdated | State::Outdated));
    }
    all
}
