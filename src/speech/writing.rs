//! Pieces as a person would write them: what tests and records show of a value that was spoken.

use std::collections::BTreeMap;

use super::template::Ranges;

/// How pieces become words.
#[derive(Clone, Debug, Default)]
pub(super) struct Writing {
    pub(super) joints: Vec<Joint>,
    /// Inside a word of several pieces: `centoott` becomes `centott`.
    pub(super) within: BTreeMap<String, String>,
    /// At the end of a word of several pieces: `tre` becomes `tré`.
    pub(super) endings: BTreeMap<String, String>,
}

/// Two pieces that are not parted by a blank.
#[derive(Clone, Debug)]
pub(super) struct Joint {
    pub(super) left: Selector,
    pub(super) right: Selector,
    pub(super) with: String,
}

/// Some pieces: `mille mila 100..900 ord_*`.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    names: Vec<String>,
    beginnings: Vec<String>,
    numbers: Ranges,
}

impl Selector {
    pub(super) fn parse(text: &str) -> Selector {
        let mut selector = Selector::default();
        let mut numbers = Vec::new();
        for word in text.split_whitespace() {
            match word.strip_suffix('*') {
                Some(beginning) => selector.beginnings.push(beginning.to_owned()),
                None if Ranges::parse(word).is_some() => numbers.push(word),
                None => selector.names.push(word.to_owned()),
            }
        }
        selector.numbers = Ranges::parse(&numbers.join(" ")).unwrap_or_default();
        selector
    }

    fn matches(&self, piece: &str) -> bool {
        self.names.iter().any(|name| name == piece)
            || self.beginnings.iter().any(|beginning| piece.starts_with(beginning))
            || piece.parse().is_ok_and(|n| self.numbers.contains(n))
    }
}

impl Writing {
    /// The pieces, with their texts, as one sentence. A piece without a text shows its name.
    pub(super) fn join(&self, texts: &BTreeMap<String, String>, pieces: &[&str]) -> String {
        let mut sentence = String::new();
        let mut word = String::new();
        let mut several = false;
        for (at, &piece) in pieces.iter().enumerate() {
            let text = texts.get(piece).map_or(piece, String::as_str);
            let before = at.checked_sub(1).and_then(|before| pieces.get(before));
            match before.and_then(|before| self.joint(before, piece)) {
                Some(with) => {
                    several = true;
                    word.push_str(with);
                }
                None => {
                    self.end_word(&mut sentence, &mut word, several);
                    several = false;
                    // A pause is written as a comma, which follows its word at once.
                    if at > 0 && text.contains(char::is_alphanumeric) {
                        sentence.push(' ');
                    }
                }
            }
            word.push_str(text);
        }
        self.end_word(&mut sentence, &mut word, several);
        sentence
    }

    fn joint(&self, left: &str, right: &str) -> Option<&str> {
        let joint = |joint: &&Joint| joint.left.matches(left) && joint.right.matches(right);
        self.joints.iter().find(joint).map(|joint| joint.with.as_str())
    }

    fn end_word(&self, sentence: &mut String, word: &mut String, several: bool) {
        if several {
            for (from, to) in &self.within {
                *word = word.replace(from, to);
            }
            let ending = self.endings.iter().find(|(from, _)| word.ends_with(from.as_str()));
            if let Some((from, to)) = ending {
                word.truncate(word.len() - from.len());
                word.push_str(to);
            }
        }
        sentence.push_str(word);
        word.clear();
    }
}
