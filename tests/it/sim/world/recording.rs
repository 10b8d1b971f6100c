//! Whoever speaks to the exchange itself, and the files that calls are recorded to.

use std::collections::BTreeMap;
use std::time::Duration;

use centralino::engine::Input;
use centralino::media::{self, Event};

use super::Sim;
use crate::sim::phone::PhoneId;

/// The directory of recordings, as far as it matters.
#[derive(Debug, Default)]
pub(crate) struct Tapes {
    /// Nothing more can be written to it.
    pub(crate) full: bool,
    /// Files that were removed.
    pub(crate) discarded: Vec<String>,
    /// How long the files are that crashes cut off.
    cut_off: BTreeMap<String, Duration>,
}

impl Sim {
    /// The person at this phone begins or stops to speak.
    pub(crate) fn speaks(&mut self, id: PhoneId, speaks: bool) {
        if let Some(leg) = self.leg_of(id) {
            self.plane.handle_speaking(self.now, leg, speaks);
        }
    }

    /// What this phone's person says is recorded alone.
    pub(crate) fn is_taken(&self, id: PhoneId) -> bool {
        self.leg_of(id).is_some_and(|leg| self.plane.takes(leg))
    }

    /// Obeys what is about files; true: there is nothing else to it.
    pub(super) fn on_tape_command(&mut self, command: &media::Command) -> bool {
        match command {
            media::Command::Take { recording, .. } if self.tapes.full => {
                let (file, error) = (recording.file.clone(), "No space left on device".to_owned());
                self.media_events.push_back(Event::RecordingFailed { file, error });
                true
            }
            media::Command::Discard { file, .. } => {
                self.tapes.discarded.push(file.to_string());
                true
            }
            _ => false,
        }
    }

    /// A crash: files are as long as they have become.
    pub(super) fn cut_off_tapes(&mut self) {
        let now = self.now;
        let open = self.plane.tapes().map(|(tape, since)| (tape.file.to_string(), now.since(since)));
        self.tapes.cut_off.extend(open);
    }

    /// A start mends these recordings and tells so, as `serve` does.
    pub(super) fn mend(&mut self, files: Vec<String>) {
        for file in files {
            let event = match self.tapes.cut_off.get(&file) {
                Some(&length) => Event::Recorded { file: file.into(), length, said: None },
                None => {
                    Event::RecordingFailed { file: file.into(), error: "there is no such file".to_owned() }
                }
            };
            self.feed(Input::Media(event));
        }
    }
}
