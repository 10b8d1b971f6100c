//! A citizen: a person or firm known by number.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{CitizenId, ContactId};
use crate::journal::entry::Personal;
use crate::journal::seal::{Keys, NumberHash};
use crate::phone_number::Caller;

/// A known person or firm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Citizen {
    /// Who.
    pub citizen: CitizenId,
    /// In E.164; opens with the key of `contact`.
    pub number: Personal,
    /// The contact at which the number was first seen.
    pub contact: ContactId,
    /// When that was.
    pub since_ms: i64,
    /// How many contacts so far.
    pub contacts: u64,
}

impl Citizen {
    /// A citizen seen for the first time.
    pub fn found(citizen: CitizenId, number: Personal, contact: ContactId, at_ms: i64) -> Citizen {
        Citizen { citizen, number, contact, since_ms: at_ms, contacts: 0 }
    }

    /// With the number readable, or `Erased`.
    pub fn unsealed(mut self, keys: &Keys) -> Citizen {
        self.number = keys.unseal(self.contact, "number", &self.number);
        self
    }
}

/// Every citizen known, to be found by number.
#[derive(Clone, Debug, Default)]
pub struct Citizens {
    by_number: BTreeMap<NumberHash, CitizenId>,
}

/// Who calls, as far as the number tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The number is withheld.
    Nobody,
    /// One who has called before.
    Known(CitizenId),
    /// One who calls for the first time, from this number in E.164.
    New(CitizenId, String),
}

impl Citizens {
    /// As the journal has them.
    pub fn known(by_number: BTreeMap<NumberHash, CitizenId>) -> Citizens {
        Citizens { by_number }
    }

    /// The citizen with this number, if it was seen before.
    pub fn find(&self, keys: &Keys, number: &str) -> Option<CitizenId> {
        let caller = Caller::parse(number);
        self.by_number.get(&keys.hash(caller.number()?.reveal())).copied()
    }

    /// The citizen with the number `from`, found or, under the id that `next` gives, created.
    pub fn meet(&mut self, keys: &Keys, from: &str, next: impl FnOnce() -> CitizenId) -> Who {
        let caller = Caller::parse(from);
        let Some(number) = caller.number() else { return Who::Nobody };
        let hash = keys.hash(number.reveal());
        if let Some(known) = self.by_number.get(&hash) {
            return Who::Known(*known);
        }
        let citizen = next();
        self.by_number.insert(hash, citizen);
        Who::New(citizen, number.reveal().to_owned())
    }
}
