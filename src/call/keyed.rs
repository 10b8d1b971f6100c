//! What an operator keys during a talk: a code, and for some of them a target and `#`.

use std::time::Duration;

use crate::config::TalkCodes;
use crate::time::Mono;

use super::Move;

/// Keys that are further apart than this belong to different codes: who stops in the middle begins anew.
const KEYS_WITHIN: Duration = Duration::from_secs(8);

/// Longest target: a number has 15 digits and perhaps `00` before them.
const MAX_TARGET: usize = 17;

/// What was keyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyedAct {
    /// Give the citizen to this target.
    Give(String),
    /// Ask this target.
    Consult(String),
    /// Go on with who was asked.
    Move(Move),
    /// No code.
    Mistake,
}

/// The keys of one operator, as far as they make no code yet.
#[derive(Clone, Debug, Default)]
pub struct Keyed {
    keys: String,
    last: Option<Mono>,
}

impl Keyed {
    /// One more key: what it makes of those before, if it ends something. Keys outside of a code mean nothing; operators may have to
    /// press some for the machine of an office.
    pub fn press(&mut self, now: Mono, key: char, codes: &TalkCodes) -> Option<KeyedAct> {
        if self.last.replace(now).is_some_and(|last| now.since(last) > KEYS_WITHIN) {
            self.keys.clear();
        }
        if self.keys.is_empty() && key != '*' {
            return None;
        }
        self.keys.push(key);
        let act = self.read(codes);
        if act.is_some() {
            self.keys.clear();
        }
        act
    }

    fn read(&self, codes: &TalkCodes) -> Option<KeyedAct> {
        for (code, done) in [
            (&codes.complete, Move::Complete),
            (&codes.merge, Move::Merge),
            (&codes.back, Move::Back),
            (&codes.swap, Move::Swap),
        ] {
            if self.keys == *code {
                return Some(KeyedAct::Move(done));
            }
        }
        let target = |code: &str| self.keys.strip_prefix(code);
        let act: fn(String) -> KeyedAct = match (target(&codes.transfer), target(&codes.consult)) {
            (Some(_), _) => KeyedAct::Give,
            (_, Some(_)) => KeyedAct::Consult,
            _ if codes.all().iter().any(|code| code.starts_with(&self.keys)) => return None,
            _ => return Some(KeyedAct::Mistake),
        };
        let target = target(&codes.transfer).or(target(&codes.consult)).unwrap_or_default();
        match target.strip_suffix('#') {
            Some(target) if target.bytes().all(|key| key.is_ascii_digit()) && !target.is_empty() => {
                Some(act(target.to_owned()))
            }
            Some(_) => Some(KeyedAct::Mistake),
            None if target.len() > MAX_TARGET => Some(KeyedAct::Mistake),
            None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(keys: &str) -> Vec<KeyedAct> {
        let (mut keyed, codes) = (Keyed::default(), TalkCodes::default());
        keys.chars().filter_map(|key| keyed.press(Mono::ZERO, key, &codes)).collect()
    }

    #[test]
    fn codes_are_read_from_the_keys_and_keys_outside_of_codes_mean_nothing() {
        use KeyedAct::{Consult, Give, Mistake};
        let done = |what| vec![KeyedAct::Move(what)];
        for (keys, acts) in [
            ("*2202#", vec![Give("202".to_owned())]),
            ("*30552768224#", vec![Consult("0552768224".to_owned())]),
            ("*4", done(Move::Complete)),
            ("*5", done(Move::Merge)),
            ("*6", done(Move::Back)),
            ("*7", done(Move::Swap)),
            ("12#3", vec![]),
            ("*2#", vec![Mistake]),
            ("*9", vec![Mistake]),
            ("*22*2#", vec![Mistake]),
            ("*9*4", vec![Mistake, KeyedAct::Move(Move::Complete)]),
            ("*3123456789012345678", vec![Mistake]),
            ("*2202", vec![]),
        ] {
            assert_eq!(keyed(keys), acts, "{keys}");
        }
    }

    #[test]
    fn who_stops_in_the_middle_of_a_code_begins_anew() {
        let (mut keyed, codes) = (Keyed::default(), TalkCodes::default());
        assert_eq!(keyed.press(Mono::ZERO, '*', &codes), None);
        let later = Mono::ZERO + KEYS_WITHIN + Duration::from_secs(1);
        assert_eq!(keyed.press(later, '4', &codes), None);
        assert_eq!(keyed.press(later, '*', &codes), None);
        assert_eq!(keyed.press(later, '4', &codes), Some(KeyedAct::Move(Move::Complete)));
    }
}
