//! The file `keys`: a row of [`record`]s, one key each, appended to while calls come and rewritten whole when one is erased.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, DiskError, DiskFile, replace};
use super::log::{Cut, LogError};
use super::record::{self, BadRecord};
use super::seal::Key;
use crate::ids::ContactId;

#[derive(Serialize, Deserialize)]
struct Line {
    contact: ContactId,
    key: String,
}

/// Keys by contact.
pub(super) type Ring = BTreeMap<ContactId, Key>;

/// The keys file, open for appending.
#[derive(Debug)]
pub(super) struct KeysFile<D: Disk> {
    file: D::File,
    len: u64,
    /// Keys written; numbers the records.
    count: u64,
    /// A failed write could not be cut off.
    stuck: bool,
}

impl<D: Disk> KeysFile<D> {
    pub(super) const NAME: &str = "keys";

    pub(super) fn open(disk: &D) -> Result<(Self, Ring, Option<Cut>), LogError> {
        let file = disk.open(Self::NAME)?;
        let bytes = disk.read(Self::NAME)?;
        let Scan { ring, count, end, problem } = scan(&bytes);
        let cut = match problem {
            None => None,
            Some(problem) if is_damage(&bytes, end, count + 1, problem) => return Err(damaged(end, problem)),
            Some(_) => {
                disk.truncate(Self::NAME, length(end))?;
                Some(Cut { file: Self::NAME.to_owned(), offset: end, bytes: bytes.len() - end })
            }
        };
        file.sync()?;
        disk.sync_dir()?;
        Ok((KeysFile { file, len: length(end), count, stuck: false }, ring, cut))
    }

    /// The keys that can be read, without touching the file.
    pub(super) fn read(disk: &D) -> Result<Ring, LogError> {
        Ok(scan(&disk.read(Self::NAME)?).ring)
    }

    pub(super) fn append(&mut self, disk: &D, made: &[(ContactId, Key)]) -> Result<(), DiskError> {
        if made.is_empty() {
            return Ok(());
        }
        let bytes = encode(self.count, made.iter().map(|(contact, key)| (*contact, key)));
        if let Err(error) = self.file.append(&bytes) {
            self.stuck = disk.truncate(Self::NAME, self.len).is_err();
            return Err(error);
        }
        self.len += length(bytes.len());
        self.count += made.len() as u64;
        Ok(())
    }

    pub(super) fn rewrite(&mut self, disk: &D, ring: &Ring) -> Result<(), DiskError> {
        let bytes = encode(0, ring.iter().map(|(contact, key)| (*contact, key)));
        replace(disk, Self::NAME, &bytes)?;
        self.file = disk.open(Self::NAME)?;
        (self.len, self.count) = (length(bytes.len()), ring.len() as u64);
        Ok(())
    }

    pub(super) fn file(&self) -> D::File {
        self.file.clone()
    }

    pub(super) fn stuck(&self) -> bool {
        self.stuck
    }
}

fn encode<'a>(count: u64, keys: impl Iterator<Item = (ContactId, &'a Key)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, (contact, key)) in (count + 1..).zip(keys) {
        let line = Line { contact, key: BASE64.encode(key) };
        let json = serde_json::to_vec(&line).expect("a key is plain data");
        record::encode(&mut bytes, number, 0, &json);
    }
    bytes
}

struct Scan {
    ring: Ring,
    count: u64,
    end: usize,
    problem: Option<BadRecord>,
}

fn scan(bytes: &[u8]) -> Scan {
    let mut scan = Scan { ring: BTreeMap::new(), count: 0, end: 0, problem: None };
    loop {
        match record::decode_as(bytes, scan.end, scan.count + 1) {
            Ok(Some(record)) => {
                scan.ring.extend(parse(record.payload));
                (scan.end, scan.count) = (record.end, scan.count + 1);
            }
            Ok(None) => return scan,
            Err(problem) => {
                scan.problem = Some(problem);
                return scan;
            }
        }
    }
}

fn parse(payload: &[u8]) -> Option<(ContactId, Key)> {
    let line: Line = serde_json::from_slice(payload).ok()?;
    Some((line.contact, BASE64.decode(line.key).ok()?.try_into().ok()?))
}

/// Keys carry no durable mark: any readable key behind the bad place means damage, so that no key is cut off with a tail.
fn is_damage(bytes: &[u8], at: usize, next: u64, problem: BadRecord) -> bool {
    matches!(problem, BadRecord::Version(_)) || record::resume(bytes, at, next).is_some()
}

fn damaged(offset: usize, problem: BadRecord) -> LogError {
    LogError::Damaged {
        file: KeysFile::<super::sim_disk::SimDisk>::NAME.to_owned(),
        offset,
        why: problem.to_string(),
    }
}

/// Every key that can be read from a damaged file; for repair.
pub(super) fn salvage(bytes: &[u8]) -> (Ring, bool) {
    let (mut ring, mut at, mut whole) = (BTreeMap::new(), 0, true);
    while let Some((found, record)) = record::resume(bytes, at, 0) {
        whole &= found == at;
        ring.extend(parse(record.payload));
        at = record.end;
    }
    (ring, whole && at == bytes.len())
}

/// The file's bytes for these keys.
pub(super) fn rewritten(ring: &Ring) -> Vec<u8> {
    encode(0, ring.iter().map(|(contact, key)| (*contact, key)))
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a length in memory fits 64 bits")
}
