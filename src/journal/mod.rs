//! The journal: the one truth, an append-only list of facts. Everything else (contacts, cases, citizens, figures) is a
//! view of it and can be dropped and made anew.
//!
//! An [`entry::Entry`] is one fact with its moment. Personal fields are sealed with a key of the contact ([`seal`]), and the
//! keys live in a file of their own, so that dropping a key erases. [`log`] lays entries out in segments with length, CRC and
//! version, over a small [`disk`] trait, so that the same code runs on a real disk and on the simulator's.

pub mod disk;
pub mod entry;
pub mod log;
pub mod reader;
pub mod record;
pub mod seal;
pub mod sim_disk;

use serde::{Deserialize, Serialize};

/// Log sequence number: the place of an entry in the journal, from 1, without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Lsn(pub u64);
