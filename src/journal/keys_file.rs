//! The file `keys`: a row of [`record`]s, one key each, appended to while calls come and rewritten whole when one is erased.
//!
//! A tail that a crash tore is kept aside as `keys.cut-<offset>` and cut; damage is refused. Each key tells how many of the keys
//! before it were safe when it was written: a hole among those is damage, whatever else it looks like. To erase is to rewrite, and then the
//! copies kept aside go too: a key that is to be forgotten must not lie in one of them.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

use super::disk::{Disk, DiskError, DiskFile, replace};
use super::log::{Cut, LogError, cut_off, unreadable};
use super::record::{self, BadRecord};
use super::seal::Key;
use crate::ids::ContactId;

const NAME: &str = "keys";

#[derive(Serialize, Deserialize)]
struct Line {
    contact: ContactId,
    key: String,
}

/// Longest record of a key, generously: what is left of a torn one is shorter.
const MAX_LINE: usize = 256;

/// Keys by contact.
pub(super) type Ring = BTreeMap<ContactId, Key>;

/// The keys file, open for appending.
#[derive(Debug)]
pub(super) struct KeysFile<D: Disk> {
    file: D::File,
    len: u64,
    /// Keys written; numbers the records.
    count: u64,
    /// How many of them the sync in course makes durable; there is one at a time.
    syncing: u64,
    /// How many of them are durable: what the next ones tell.
    safe: u64,
    /// A failed write could not be cut off.
    stuck: bool,
}

impl<D: Disk> KeysFile<D> {
    pub(super) const NAME: &str = NAME;

    pub(super) fn open(disk: &D) -> Result<(Self, Ring, Option<Cut>), LogError> {
        let file = disk.open(Self::NAME)?;
        let bytes = disk.read(Self::NAME)?;
        let Scan { ring, count, end, problem } = scan(&bytes)?;
        let cut = match problem {
            None => None,
            Some(problem) if is_torn(&bytes, end, count + 1, problem) => {
                Some(cut_off(disk, Self::NAME, &bytes, end)?)
            }
            Some(problem) => return Err(unreadable(Self::NAME, end, problem)),
        };
        file.sync()?;
        disk.sync_dir()?;
        Ok((KeysFile { file, len: length(end), count, syncing: count, safe: count, stuck: false }, ring, cut))
    }

    /// The keys that can be read, without touching the file.
    pub(super) fn read(disk: &D) -> Result<Ring, LogError> {
        Ok(scan(&disk.read(Self::NAME)?)?.ring)
    }

    /// The first place that is neither a key nor a torn end.
    pub(super) fn problem(disk: &D) -> Result<Option<LogError>, LogError> {
        let bytes = disk.read(Self::NAME)?;
        let Scan { count, end, problem, .. } = match scan(&bytes) {
            Err(newer) => return Ok(Some(newer)),
            Ok(scan) => scan,
        };
        let damage = problem.filter(|problem| !is_torn(&bytes, end, count + 1, *problem));
        Ok(damage.map(|problem| unreadable(Self::NAME, end, problem)))
    }

    pub(super) fn append(&mut self, disk: &D, made: &[(ContactId, Key)]) -> Result<(), DiskError> {
        if made.is_empty() {
            return Ok(());
        }
        let bytes = encode(self.count, self.safe, made.iter().map(|(contact, key)| (*contact, key)));
        if let Err(error) = self.file.append(&bytes) {
            self.stuck = disk.truncate(Self::NAME, self.len).is_err();
            return Err(error);
        }
        self.len += length(bytes.len());
        self.count += made.len() as u64;
        Ok(())
    }

    pub(super) fn rewrite(&mut self, disk: &D, ring: &Ring) -> Result<(), DiskError> {
        // First, so that after a crash in between the next start erases once more.
        for aside in disk.list()?.iter().filter(|name| name.starts_with("keys.")) {
            disk.remove(aside)?;
        }
        let bytes = rewritten(ring);
        replace(disk, Self::NAME, &bytes)?;
        self.file = disk.open(Self::NAME)?;
        (self.len, self.count) = (length(bytes.len()), ring.len() as u64);
        (self.syncing, self.safe) = (self.count, self.count);
        Ok(())
    }

    /// What to sync for every key so far to be durable.
    pub(super) fn sync_work(&mut self) -> D::File {
        self.syncing = self.count;
        self.file.clone()
    }

    /// That was done.
    pub(super) fn synced(&mut self) {
        self.safe = self.syncing;
    }

    pub(super) fn stuck(&self) -> bool {
        self.stuck
    }
}

/// Keys as records, after `count` others; of all of them `safe` are durable.
fn encode<'a>(count: u64, safe: u64, keys: impl Iterator<Item = (ContactId, &'a Key)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, (contact, key)) in (count + 1..).zip(keys) {
        let line = Line { contact, key: BASE64.encode(key) };
        let json = serde_json::to_vec(&line).expect("a key is plain data");
        record::encode(&mut bytes, number, safe, &json);
    }
    bytes
}

struct Scan {
    ring: Ring,
    count: u64,
    end: usize,
    problem: Option<BadRecord>,
}

/// All keys up to the first place that is none. A whole record that is no key is of a later program: nothing to be cut or mended.
fn scan(bytes: &[u8]) -> Result<Scan, LogError> {
    let mut scan = Scan { ring: BTreeMap::new(), count: 0, end: 0, problem: None };
    loop {
        match record::decode_as(bytes, scan.end, scan.count + 1) {
            Ok(Some(record)) => {
                let (contact, key) = parse(record.payload).ok_or_else(|| not_understood(scan.end))?;
                scan.ring.insert(contact, key);
                (scan.end, scan.count) = (record.end, scan.count + 1);
            }
            Ok(None) => return Ok(scan),
            Err(problem) => {
                scan.problem = Some(problem);
                return Ok(scan);
            }
        }
    }
}

fn parse(payload: &[u8]) -> Option<(ContactId, Key)> {
    let line: Line = serde_json::from_slice(payload).ok()?;
    Some((line.contact, BASE64.decode(line.key).ok()?.try_into().ok()?))
}

fn not_understood(offset: usize) -> LogError {
    let why = "a key is not understood".to_owned();
    LogError::Newer { file: NAME.to_owned(), offset, why }
}

fn is_torn(bytes: &[u8], at: usize, next: u64, problem: BadRecord) -> bool {
    let short_enough = problem != BadRecord::Short || bytes.len() - at < MAX_LINE;
    short_enough && record::is_torn(bytes, at, next, problem)
}

/// Every key that can be read from a damaged file, and whether that was all of it; for repair.
pub(super) fn salvage(bytes: &[u8]) -> Result<(Ring, bool), LogError> {
    let (mut ring, mut at, mut whole) = (BTreeMap::new(), 0, true);
    while let Some((found, record)) = record::resume(bytes, at, 0) {
        let (contact, key) = parse(record.payload).ok_or_else(|| not_understood(found))?;
        ring.insert(contact, key);
        whole &= found == at;
        at = record.end;
    }
    Ok((ring, whole && at == bytes.len()))
}

/// The file's bytes for these keys. It takes the old one's place only when all of it is synced.
pub(super) fn rewritten(ring: &Ring) -> Vec<u8> {
    encode(0, ring.len() as u64, ring.iter().map(|(contact, key)| (*contact, key)))
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).expect("a length in memory fits 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Stamp;
    use crate::journal::sim_disk::SimDisk;

    type File = KeysFile<SimDisk>;

    fn contact(count: u32) -> ContactId {
        ContactId(Stamp { node: 1, epoch: 1, count })
    }

    fn made(counts: std::ops::Range<u32>) -> Vec<(ContactId, Key)> {
        counts.map(|count| (contact(count), [7; 32])).collect()
    }

    /// A disk whose keys are `bytes`.
    fn disk(bytes: &[u8]) -> SimDisk {
        let disk = SimDisk::new();
        disk.open(NAME).unwrap().append(bytes).unwrap();
        disk
    }

    #[test]
    fn torn_key_is_cut_and_kept_aside_whole_ones_stay() {
        let whole = encode(0, 0, made(1..4).iter().map(|(contact, key)| (*contact, key)));
        let two = encode(0, 0, made(1..3).iter().map(|(contact, key)| (*contact, key))).len();
        for len in two + 1..whole.len() {
            let disk = disk(&whole[..len]);
            let (_, ring, cut) = File::open(&disk).unwrap();
            let cut = cut.expect("something was torn");
            assert_eq!((ring.len(), cut.bytes), (2, len - two));
            assert_eq!(disk.read(&cut.kept).unwrap(), &whole[two..len]);
            assert!(File::open(&disk).unwrap().2.is_none(), "cut once");
        }
    }

    #[test]
    fn keys_that_are_no_keys_are_refused_and_left_as_they_are() {
        let whole = encode(0, 0, made(1..4).iter().map(|(contact, key)| (*contact, key)));
        let mut flipped = whole.clone();
        flipped[40] ^= 1;
        let mut last = whole.clone();
        *last.last_mut().unwrap() ^= 1;
        let short_of_much = [&200_000u32.to_le_bytes()[..], &[0xa5; 900]].concat();
        for bytes in [vec![0xa5; 3000], b"no keys at all".repeat(20), flipped, last, short_of_much] {
            let disk = disk(&bytes);
            let refusal = File::open(&disk).unwrap_err().to_string();
            assert!(refusal.contains("keys, offset") && refusal.contains("journal repair"), "{refusal}");
            assert_eq!(disk.read(NAME).unwrap(), bytes);
        }
    }

    #[test]
    fn hole_among_keys_that_were_safe_is_damage_and_one_among_the_others_is_torn() {
        type Write = fn(&mut File, &SimDisk);
        let table: [(&str, Write, Option<usize>); 4] = [
            ("none was synced", |file, disk| file.append(disk, &made(3..6)).unwrap(), Some(1)),
            (
                "a sync was in course",
                |file, disk| {
                    file.sync_work();
                    file.append(disk, &made(3..6)).unwrap();
                },
                Some(1),
            ),
            (
                "synced, then more came",
                |file, disk| {
                    file.sync_work();
                    file.synced();
                    file.append(disk, &made(3..6)).unwrap();
                },
                None,
            ),
            ("rewritten", |file, disk| file.rewrite(disk, &made(1..6).into_iter().collect()).unwrap(), None),
        ];
        for (what, write, kept) in table {
            let disk = SimDisk::new();
            let (mut file, _, _) = File::open(&disk).unwrap();
            file.append(&disk, &made(1..3)).unwrap();
            write(&mut file, &disk);
            let second = encode(0, 0, made(1..2).iter().map(|(contact, key)| (*contact, key))).len();
            let mut bytes = disk.read(NAME).unwrap();
            bytes[second + 10..second + 50].fill(0);
            let spoiled = self::disk(&bytes);
            assert_eq!(File::problem(&spoiled).unwrap().is_none(), kept.is_some(), "{what}");
            let opened = File::open(&spoiled).map(|(_, ring, _)| ring.len());
            assert_eq!(opened.ok(), kept, "{what}");
        }
    }

    #[test]
    fn key_of_a_later_program_is_neither_cut_nor_forgotten() {
        let mut bytes = Vec::new();
        record::encode(&mut bytes, 1, 0, br#"{"contact":"1.1.1","kms":"vault"}"#);
        assert!(matches!(File::open(&disk(&bytes)), Err(LogError::Newer { .. })));
        assert!(matches!(salvage(&bytes), Err(LogError::Newer { .. })));
    }

    #[test]
    fn forgotten_key_lies_in_no_copy_either() {
        let disk = disk(&[7; 10]);
        disk.truncate(NAME, 0).unwrap();
        let (mut file, _, _) = File::open(&disk).unwrap();
        file.append(&disk, &made(1..4)).unwrap();
        super::super::disk::keep_aside(&disk, "keys.damaged", b"some old keys").unwrap();
        file.rewrite(&disk, &made(2..4).into_iter().collect()).unwrap();
        assert_eq!(disk.list().unwrap(), [NAME]);
        assert_eq!(File::open(&disk).unwrap().1.len(), 2);
    }
}
