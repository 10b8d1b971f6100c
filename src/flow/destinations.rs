//! Which numbers may be called: the one judge, asked when a flow is checked and again when a number is called.
//!
//! Whoever leads a flow to a number of the caller's choice, or mistypes one, must not be able to call what costs more than a call.
//! So a number is refused unless it is of a kind that every city calls ([`PhoneNumber::is_public`]) or begins with something listed
//! under `[destinations]`. Our own numbers are refused too, and those that no trunk leads to.

use std::collections::BTreeSet;

use crate::phone_number::PhoneNumber;

/// What the configuration says of numbers outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The numbers that lead to us.
    pub own: BTreeSet<PhoneNumber>,
    /// How numbers begin that may be called beside those of public use: `+33`, `+39199`.
    pub also: Vec<String>,
    /// The trunks that lead out, each by its prefixes; one without leads everywhere.
    pub ways: Vec<Vec<String>>,
}

/// Why a number cannot be called. The number itself is left out: it may be somebody's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    /// The text is none.
    #[error("this is not a telephone number; write it like 0552768224 or +390552768224")]
    NotANumber,
    /// It would come back to us, and go out again.
    #[error("the number is one of ours, and the call would come back; lead to its flow or queue")]
    Own,
    /// It costs more than a call, or is abroad.
    #[error("numbers of this kind may not be called; `also` under [destinations] in trunks.toml allows more")]
    NotAllowed,
    /// No trunk with this prefix.
    #[error("no trunk leads to this number; give one `to` under [trunk.outgoing] in trunks.toml")]
    NoTrunk,
}

impl Reach {
    /// The number that `text` is, if it may be called and a trunk leads there.
    ///
    /// # Errors
    /// It is no number, may not be called, or no trunk leads there.
    pub fn judge(&self, text: &str) -> Result<PhoneNumber, NoRoute> {
        let number: PhoneNumber = text.parse().map_err(|_| NoRoute::NotANumber)?;
        if self.own.contains(&number) {
            Err(NoRoute::Own)
        } else if !number.is_public() && !number.begins_with(&self.also) {
            Err(NoRoute::NotAllowed)
        } else if !self.ways.iter().any(|prefixes| fit(prefixes, &number).is_some()) {
            Err(NoRoute::NoTrunk)
        } else {
            Ok(number)
        }
    }
}

/// How much of the number the longest of a trunk's prefixes is; without prefixes it leads everywhere.
pub fn fit(prefixes: &[String], number: &PhoneNumber) -> Option<usize> {
    let fitting = prefixes.iter().filter(|prefix| number.reveal().starts_with(prefix.as_str()));
    fitting.map(String::len).max().or_else(|| prefixes.is_empty().then_some(0))
}
