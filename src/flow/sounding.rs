//! What is said, as sounds: for the exchange that plays them, and for the rehearsal that lets a supervisor hear the same.
//!
//! A prompt is one sound, a spoken value several pieces. The pieces of values that follow each other stand or fall together, because a
//! number with a hole is another number; what is said in the place of what is missing is the listener's business.

use std::sync::Arc;

use super::{RequestId, Say};
use crate::media::Sound;

/// A part of what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sounding<'s> {
    /// These, one after another.
    Sounds(Vec<Arc<Sound>>),
    /// It cannot be heard for want of these sounds.
    Missing {
        /// In which language it was to be said.
        language: &'s str,
        /// `sounds/<language>/<name>.wav`.
        names: Vec<&'s str>,
    },
    /// What this request has recorded.
    Recording(RequestId),
}

/// The parts of what is said, with the sounds that `find` has by language and name.
pub fn sounded<'s>(
    say: &'s [Say],
    find: impl Fn(&str, &str) -> Option<Arc<Sound>>,
) -> impl Iterator<Item = Sounding<'s>> {
    say.chunk_by(|one, other| is_piece(one) && is_piece(other)).map(move |part| {
        if let [Say::Recording(request)] = part {
            return Sounding::Recording(*request);
        }
        let named: Vec<_> = part.iter().filter_map(named).collect();
        let found: Vec<_> = named.iter().map(|(language, name)| find(language, name)).collect();
        let missing = named.iter().zip(&found).filter(|(_, sound)| sound.is_none());
        let names: Vec<_> = missing.map(|((_, name), _)| *name).collect();
        match named.first() {
            Some((language, _)) if !names.is_empty() => Sounding::Missing { language, names },
            _ => Sounding::Sounds(found.into_iter().flatten().collect()),
        }
    })
}

fn is_piece(say: &Say) -> bool {
    matches!(say, Say::Piece(..))
}

/// Language and name.
fn named(say: &Say) -> Option<(&str, &str)> {
    match say {
        Say::Prompt(language, name) => Some((language.as_str(), name)),
        Say::Piece(language, piece) => Some((language.as_str(), &piece.0)),
        Say::Recording(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::speech::Piece;

    #[test]
    fn value_that_lacks_one_piece_is_not_said_at_all_and_the_words_around_it_are() {
        let prompt = |name: &str| Say::Prompt("it".into(), name.to_owned());
        let piece = |name: &'static str| Say::Piece("it".into(), Piece(name.into()));
        let say =
            [prompt("numero"), piece("pezzi/100"), piece("pezzi/1"), prompt("grazie"), piece("pezzi/1")];
        let sound = |name: &str| Arc::new(Sound::encode(name, &[0]));
        let find = |_: &str, name: &str| (name != "pezzi/100").then(|| sound(name));
        assert_eq!(
            sounded(&say, find).collect::<Vec<_>>(),
            [
                Sounding::Sounds(vec![sound("numero")]),
                Sounding::Missing { language: "it", names: vec!["pezzi/100"] },
                Sounding::Sounds(vec![sound("grazie")]),
                Sounding::Sounds(vec![sound("pezzi/1")]),
            ]
        );
    }
}
