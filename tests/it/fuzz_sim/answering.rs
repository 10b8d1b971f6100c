//! Citizens who do what they are asked: those who hide their number type one at which to be called, and hear it again; slots are
//! taken, promises moved or taken back, surveys answered.

use std::collections::BTreeSet;

use centralino::callback::Change;
use centralino::ids::ContactId;
use centralino::journal::entry::{Fact, Personal};

use super::History;
use crate::sim::phone::PhoneId;

/// Who calls without a number.
pub(super) const HIDDEN: &str = "anonymous";

/// What a question begins with, and what is keyed then.
const ANSWERS: [(&str, &[&str]); 9] = [
    ("it/offri_messaggio", &["2", "2", "1"]),
    ("it/offerta_richiamata", &["#"]),
    ("it/richiamata_numero", &["3331234567#", "0552768224#", "12#"]),
    ("it/richiamata_rilegge", &["1", "1", "1", "2"]),
    ("it/richiamata_proposta", &["1", "1", "2"]),
    ("it/richiamata_prenotata", &["1", "2", "3"]),
    ("it/richiamata_in_attesa", &["1", "3"]),
    ("it/voto_utilita", &["1", "3", "5", "7"]),
    ("it/voto_risolto", &["1", "2"]),
];

impl History {
    /// Somebody who is asked something answers. False: nobody is asked.
    pub(super) fn answer(&mut self) -> bool {
        let asked: Vec<(PhoneId, &[&str])> =
            self.citizens.iter().filter_map(|citizen| Some((*citizen, self.asked(*citizen)?))).collect();
        let Some((citizen, answers)) = self.one_of(&asked) else { return false };
        if let Some(keys) = self.one_of(answers) {
            self.sim.press(citizen, keys);
        }
        true
    }

    fn asked(&self, citizen: PhoneId) -> Option<&'static [&'static str]> {
        let sounds = self.sim.plays(citizen);
        let question = |(question, _): &&(&str, _)| sounds.iter().any(|sound| sound.starts_with(question));
        ANSWERS.iter().find(question).map(|(_, answers)| *answers)
    }

    /// Promises to numbers that were typed in, and answers to surveys.
    pub(super) fn answers(&self) -> (usize, usize) {
        let hidden: BTreeSet<ContactId> =
            self.sim.facts.iter().filter_map(|entry| hidden(&entry.fact)).collect();
        let typed = |fact: &Fact| match fact {
            Fact::Callback { contact, what: Change::Promised { .. }, .. } => hidden.contains(contact),
            _ => false,
        };
        let count =
            |like: &dyn Fn(&Fact) -> bool| self.sim.facts.iter().filter(|entry| like(&entry.fact)).count();
        (count(&typed), count(&|fact| matches!(fact, Fact::Surveyed { .. })))
    }
}

/// The contact of somebody who hides the number.
fn hidden(fact: &Fact) -> Option<ContactId> {
    match fact {
        Fact::ContactOpened { contact, from: Personal::Clear(from), .. } if from == HIDDEN => Some(*contact),
        _ => None,
    }
}
