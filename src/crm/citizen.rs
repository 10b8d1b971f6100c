//! A citizen: a person or firm known by number.

use serde::{Deserialize, Serialize};

use crate::ids::{CitizenId, ContactId};
use crate::journal::entry::Personal;
use crate::journal::seal::Keys;

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
