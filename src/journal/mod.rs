//! The journal: the one truth, an append-only list of facts. Everything else (contacts, cases, citizens, figures) is a
//! view of it and can be dropped and made anew.
//!
//! An [`entry::Entry`] is one fact with its moment. Personal fields are sealed with a key of the contact ([`seal`]), and the
//! keys live in a file of their own, so that dropping a key erases. [`log`] lays entries out in segments with length, CRC and
//! version, over a small [`disk`] trait, so that the same code runs on a real disk and on the simulator's ([`sim_disk`]).
//! [`file_journal`] joins log and keys, after [`parts`] has seen that none is missing; [`recovery`] is what a start reads back; [`tools`] checks, repairs and exports.
//!
//! Whoever commits tells of it by [`StoreEvent`]: `Written` survives a killed process, `Durable` a power cut too. One machine,
//! [`commit`], decides what is written, synced and told when. The exchange drives it with threads (`io::store`), the simulator in
//! virtual time ([`sim_store`]).

pub mod commit;
pub mod disk;
pub mod entry;
pub mod file_journal;
mod keys_file;
pub mod log;
pub mod parts;
pub mod reader;
pub mod record;
pub mod recovery;
pub mod seal;
pub mod seat_counts;
pub mod sim_disk;
pub mod sim_store;
pub mod tools;

#[cfg(test)]
pub(crate) mod conformance;
#[cfg(test)]
mod kept_sample;

use serde::{Deserialize, Serialize};

use entry::Entry;
use log::LogError;
use seal::Keys;

/// Log sequence number: the place of an entry in the journal, from 1, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lsn(pub u64);

/// A journal, wherever it is kept.
pub trait Journal {
    /// The last entry.
    fn last(&self) -> Lsn;

    /// The last entry that is known to survive a power cut.
    fn durable(&self) -> Lsn;

    /// Writes the entries as one group, all or nothing as long as no crash comes between, and gives the last one's lsn. They
    /// survive a killed process from then on.
    fn append_group(&mut self, group: &[Entry]) -> Result<Lsn, LogError>;

    /// Makes all of it survive a power cut. After a failure nothing more is taken.
    fn sync(&mut self) -> Result<Lsn, LogError>;

    /// At most `most` entries from `from` on, personal fields sealed.
    fn read_from(&self, from: Lsn, most: usize) -> Result<Vec<(Lsn, Entry)>, LogError>;

    /// The keys of the personal fields.
    fn keys(&self) -> Keys;
}

/// What a store reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreEvent {
    /// Everything up to here survives a killed process.
    Written(Lsn),
    /// Everything up to here survives a power cut.
    Durable(Lsn),
    /// Something went wrong.
    Failed(StoreFailure),
}

/// Something went wrong in a store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}{}", if *.lasting { "" } else { "; it will be tried again" })]
pub struct StoreFailure {
    /// What.
    pub error: LogError,
    /// Nothing more is written until a restart. Otherwise the group is tried again every [`RETRY`].
    pub lasting: bool,
}

impl StoreFailure {
    /// A failure as `error` tells it, after which `journal` does or does not go on.
    pub fn new(error: LogError, poisoned: bool) -> StoreFailure {
        let lasting = poisoned || matches!(error, LogError::Poisoned(_) | LogError::Order { .. });
        StoreFailure { error, lasting }
    }
}

/// How long after a failed write the group is tried again.
pub const RETRY: std::time::Duration = std::time::Duration::from_millis(500);

/// How long a written group may wait for its fdatasync when nobody waits for it.
pub const SYNC_WITHIN: std::time::Duration = std::time::Duration::from_millis(50);
