//! What can be read is copied into whole files; damaged ones are kept aside.

use super::survey::{Bad, MOST_LOST, Survey};
use crate::journal::Lsn;
use crate::journal::disk::{Disk, DiskError, DiskFile, keep_aside, replace};
use crate::journal::entry::{Entry, Fact};
use crate::journal::keys_file::{KeysFile, rewritten, salvage};
use crate::journal::log::{LogError, cut_off, segments};
use crate::journal::parts::{There, mend_secret, no_key_left};
use crate::journal::record;
use crate::journal::seal::Key;

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Entries that could be kept.
    pub kept: u64,
    /// Entries that were lost; a [`Fact::Lost`] stands in the place of each.
    pub lost: u64,
    /// Damaged files and torn ends, kept aside under these names.
    pub aside: Vec<String>,
    /// Files that were missing and were made anew.
    pub made: Vec<&'static str>,
}

/// What a repair may put in the place of what is gone.
#[derive(Debug)]
pub struct Fresh {
    /// A secret, in the place of one that is gone: drawn by chance.
    pub secret: Key,
    /// An empty `keys`, in the place of one that is gone: somebody said that it is lost for good.
    pub keys: bool,
}

/// Copies what can be read into whole files and keeps damaged ones aside, as `<name>.damaged`. What it cannot mend is refused
/// before anything is changed.
pub fn repair<D: Disk>(disk: &D, fresh: &Fresh) -> Result<Repaired, LogError> {
    let mut done = Repaired::default();
    let all = segments(disk)?;
    refuse_what_cannot_be_mended(disk, &all, fresh)?;
    let safe = There::look(disk)?.safe();
    for (at, (first, name)) in all.iter().enumerate() {
        let next = all.get(at + 1).map(|(next, _)| *next);
        repair_segment(disk, (*first, name), next, safe, &mut done)?;
    }
    repair_keys(disk, &mut done)?;
    if mend_secret(disk, &fresh.secret, &mut done.aside)? {
        done.made.push("secret");
    }
    Ok(done)
}

fn refuse_what_cannot_be_mended<D: Disk>(
    disk: &D,
    all: &[(u64, String)],
    fresh: &Fresh,
) -> Result<(), LogError> {
    let there = There::look(disk)?;
    there.refuse_lost_log()?;
    let mut entries = 0;
    for (at, (first, name)) in all.iter().enumerate() {
        let torn_after = (at + 1 == all.len()).then_some(there.safe());
        entries += Survey::of(&disk.read(name)?, *first, name, torn_after)?.entries.len() as u64;
    }
    if there.keys_file {
        let bytes = disk.read(KeysFile::<D>::NAME)?;
        let (ring, _) = salvage(&bytes)?;
        let none = ring.is_empty() && !bytes.is_empty();
        return if none && !fresh.keys { Err(no_key_left()) } else { Ok(()) };
    }
    if fresh.keys { Ok(()) } else { there.refuse_lost_keys(Lsn(entries)) }
}

/// Mends a segment that ends where `next` begins; the newest at least with the entry `safe`.
fn repair_segment<D: Disk>(
    disk: &D,
    (first, name): (u64, &str),
    next: Option<u64>,
    safe: Lsn,
    done: &mut Repaired,
) -> Result<(), LogError> {
    let bytes = disk.read(name)?;
    let survey = Survey::of(&bytes, first, name, next.is_none().then_some(safe))?;
    let end = next.unwrap_or(safe.0 + 1);
    let behind = Some(end).filter(|end| *end > survey.next && end - survey.next <= MOST_LOST);
    done.kept += survey.entries.len() as u64;
    match &survey.bad {
        None if behind.is_none() => return Ok(()),
        Some(Bad { torn: true, offset, .. }) if behind.is_none() => {
            done.aside.push(cut_off(disk, name, &bytes, *offset)?.kept);
            return Ok(());
        }
        _ => {}
    }
    let mut mended = Mended { bytes: Vec::new(), next: first, at_ms: 0, lost: 0 };
    for (entry, record) in &survey.entries {
        mended.fill_to(record.lsn);
        mended.add(entry.at_ms, record.payload);
    }
    mended.fill_to(behind.unwrap_or(mended.next));
    done.lost += mended.lost;
    set_aside(disk, name, &bytes, &mended.bytes, done)?;
    Ok(())
}

/// A segment written anew.
struct Mended {
    bytes: Vec<u8>,
    next: u64,
    at_ms: i64,
    lost: u64,
}

impl Mended {
    fn add(&mut self, at_ms: i64, payload: &[u8]) {
        record::encode(&mut self.bytes, self.next, self.next - 1, payload);
        self.at_ms = at_ms;
        self.next += 1;
    }

    fn fill_to(&mut self, lsn: u64) {
        let lost = Entry { at_ms: self.at_ms, fact: Fact::Lost };
        let payload = serde_json::to_vec(&lost).expect("entries are plain data with string keys");
        while self.next < lsn {
            self.add(self.at_ms, &payload);
            self.lost += 1;
        }
    }
}

fn repair_keys<D: Disk>(disk: &D, done: &mut Repaired) -> Result<(), LogError> {
    let name = KeysFile::<D>::NAME;
    if !disk.list()?.iter().any(|known| known == name) {
        disk.open(name)?.sync()?;
        disk.sync_dir()?;
        done.made.push(name);
    }
    let bytes = disk.read(name)?;
    let (ring, whole) = salvage(&bytes)?;
    if !whole {
        set_aside(disk, name, &bytes, &rewritten(&ring), done)?;
    }
    Ok(())
}

/// Puts `fresh` in the place of the file's bytes and keeps those. A crash in between leaves one of the two under the name.
fn set_aside<D: Disk>(
    disk: &D,
    name: &str,
    old: &[u8],
    fresh: &[u8],
    done: &mut Repaired,
) -> Result<(), DiskError> {
    done.aside.push(keep_aside(disk, &format!("{name}.damaged"), old)?);
    replace(disk, name, fresh)
}
