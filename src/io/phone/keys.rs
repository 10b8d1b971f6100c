//! What a phone presses after the answer, as a person writes it: `1,wait:2s,2`.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Mono;

/// Between the answer and the first key, and between keys: as people press them.
const BETWEEN: Duration = Duration::from_secs(1);

/// Keys and pauses of one script: more than any menu asks for.
const MAX_STEPS: usize = 1_000;

/// One step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Press this key.
    Press(char),
    /// Wait so long, instead of the usual second.
    Wait(Duration),
}

/// A script that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// Neither keys nor a pause.
    #[error("`{0}` is neither keys (0-9 * # A-D) nor a pause; write it like 1,wait:2s,2")]
    Unknown(String),
    /// A pause without a length that can be read.
    #[error("`wait:{text}`: {reason}")]
    Pause {
        /// The length as it was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Longer than a thousand steps.
    #[error("a script has at most {MAX_STEPS} keys and pauses")]
    TooLong,
}

/// A script of keys: `1`, `12#`, `1,wait:2s,2`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Step>);

impl Keys {
    /// Reads a script; `span` reads the length of a pause.
    ///
    /// # Errors
    /// Something in it is neither key nor pause.
    pub fn parse(text: &str, span: impl Fn(&str) -> Result<Duration, String>) -> Result<Keys, KeysError> {
        let mut steps = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.strip_prefix("wait:") {
                Some(pause) => {
                    let unreadable = |reason| KeysError::Pause { text: pause.to_owned(), reason };
                    steps.push(Step::Wait(span(pause).map_err(unreadable)?));
                }
                None if part.chars().all(is_key) => {
                    steps.extend(part.chars().map(|key| Step::Press(key.to_ascii_uppercase())));
                }
                None => return Err(KeysError::Unknown(part.to_owned())),
            }
        }
        if steps.len() > MAX_STEPS { Err(KeysError::TooLong) } else { Ok(Keys(steps)) }
    }
}

/// The keys of telephone-event (RFC 4733 section 3.2).
fn is_key(c: char) -> bool {
    matches!(c.to_ascii_uppercase(), '0'..='9' | '*' | '#' | 'A'..='D')
}

/// A script being pressed: each key and its moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Pressing(VecDeque<(Mono, char)>);

impl Pressing {
    /// Begins at the answer. A pause takes the place of the second that would pass otherwise.
    pub(super) fn new(answered: Mono, keys: &Keys) -> Pressing {
        let (mut at, mut paused) = (answered, false);
        let mut plan = VecDeque::new();
        for step in &keys.0 {
            match *step {
                Step::Wait(pause) => (at, paused) = (at + pause, true),
                Step::Press(key) => {
                    if !paused {
                        at = at + BETWEEN;
                    }
                    plan.push_back((at, key));
                    paused = false;
                }
            }
        }
        Pressing(plan)
    }

    /// The next key, if its moment has come.
    pub(super) fn take_due(&mut self, now: Mono) -> Option<char> {
        self.0.pop_front_if(|(at, _)| *at <= now).map(|(_, key)| key)
    }

    /// The moment of the next key.
    pub(super) fn poll_timeout(&self) -> Option<Mono> {
        self.0.front().map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Result<Duration, String> {
        let number = text.strip_suffix('s').and_then(|number| number.parse().ok());
        number.map(Duration::from_secs).ok_or_else(|| "no length".to_owned())
    }

    fn plan(text: &str) -> Vec<(u64, char)> {
        let keys = Keys::parse(text, seconds).expect(text);
        let Pressing(plan) = Pressing::new(Mono::ZERO, &keys);
        plan.into_iter().map(|(at, key)| (at.since_start().as_secs(), key)).collect()
    }

    #[test]
    fn keys_are_a_second_apart_and_a_pause_takes_the_place_of_that_second() {
        for (text, pressed) in [
            ("", &[][..]),
            ("1", &[(1, '1')]),
            ("12#", &[(1, '1'), (2, '2'), (3, '#')]),
            ("1,wait:2s,2", &[(1, '1'), (3, '2')]),
            ("wait:5s, 1, 2", &[(5, '1'), (6, '2')]),
            ("wait:2s,wait:3s,d", &[(5, 'D')]),
        ] {
            assert_eq!(plan(text), pressed, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_named() {
        for (text, named) in [("1,E", "`E`"), ("1,wait:2", "`wait:2`: no length"), ("wait 2s", "wait:2s")] {
            let error = Keys::parse(text, seconds).expect_err(text).to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        assert_eq!(Keys::parse(&"1".repeat(1_001), seconds), Err(KeysError::TooLong));
    }
}
