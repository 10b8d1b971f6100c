//! What is spoken from pieces: numbers, ordinals, dates, times, durations, digits, each by the grammar of its language.
//!
//! A value becomes a list of [`Piece`]s; each piece is one recording `sounds/<language>/pezzi/<piece>.wav`. The same
//! inventory is what `prompts build` synthesises, so nothing spoken lacks a sound.

/// The name of one recording below `sounds/<language>/`, such as `pezzi/21` or `pezzi/maggio`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece(pub std::borrow::Cow<'static, str>);
