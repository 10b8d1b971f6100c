//! One record of a journal file: how an entry lies on the disk, and how a damaged file is told from a torn one.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of what follows the CRC, little endian like all numbers here |
//! | 4 | CRC32C of the length and of what follows the CRC |
//! | 1 | format version, 1 |
//! | 8 | lsn |
//! | 8 | the highest lsn known to be durable when this record was written; among keys, the number of the last such key |
//! | n | payload, JSON |
//!
//! What an unreadable record means is decided by [`is_torn`]. A killed process leaves the beginning of its last write. A power
//! cut leaves a beginning of what was not yet synced, or zeros where pages never arrived, with what came after them readable
//! or not. Such an end is *torn*: nothing in it had been promised. Everything else is *damage*: bytes that are neither missing
//! nor zero, something readable behind them, or a durable mark behind them that says that they had been safe.

/// The format that is written today.
pub const VERSION: u8 = 1;

/// Longest payload. Far above any entry (a SIP message is at most 64 KiB), so that a wild length is known as such.
pub const MAX_PAYLOAD: usize = 4 << 20;

const PREFIX: usize = 8;
const FIXED: usize = 17;

/// So many zeros in a row are a page that never arrived: a whole record holds at most 15, in two small numbers, and JSON none.
const HOLE: usize = 32;

/// A readable record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Its place in the journal.
    pub lsn: u64,
    /// What was durable when it was written.
    pub durable: u64,
    /// JSON.
    pub payload: &'a [u8],
    /// Where the next record begins.
    pub end: usize,
}

/// Why the bytes at some offset are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// The file ends within it.
    #[error("the file ends within a record")]
    Short,
    /// No record is that long or that short.
    #[error("the length is impossible")]
    Length,
    /// The checksum does not match.
    #[error("the checksum does not match")]
    Checksum,
    /// Written by a later program.
    #[error("the format version {0} is unknown")]
    Version(u8),
    /// It is whole, but not the one that belongs here.
    #[error("entry {found} stands where entry {expected} belongs")]
    Order {
        /// The lsn due here.
        expected: u64,
        /// The lsn found.
        found: u64,
    },
}

/// Appends a record to `to`. The caller keeps payloads within [`MAX_PAYLOAD`].
pub fn encode(to: &mut Vec<u8>, lsn: u64, durable: u64, payload: &[u8]) {
    let len = u32::try_from(FIXED + payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    to.extend_from_slice(&len);
    let crc_at = to.len();
    to.extend_from_slice(&[0; 4]);
    let body_at = to.len();
    to.push(VERSION);
    to.extend_from_slice(&lsn.to_le_bytes());
    to.extend_from_slice(&durable.to_le_bytes());
    to.extend_from_slice(payload);
    let crc = crc32c::crc32c_append(crc32c::crc32c(&len), &to[body_at..]);
    to[crc_at..body_at].copy_from_slice(&crc.to_le_bytes());
}

/// Reads the record that begins at `at`; `None` at the end of the file.
pub fn decode(bytes: &[u8], at: usize) -> Result<Option<Record<'_>>, BadRecord> {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(None);
    }
    let (len, after) = rest.split_first_chunk::<4>().ok_or(BadRecord::Short)?;
    let (crc, after) = after.split_first_chunk::<4>().ok_or(BadRecord::Short)?;
    let size = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| BadRecord::Length)?;
    if !(FIXED..=FIXED + MAX_PAYLOAD).contains(&size) {
        return Err(BadRecord::Length);
    }
    let body = after.get(..size).ok_or(BadRecord::Short)?;
    if crc32c::crc32c_append(crc32c::crc32c(len), body) != u32::from_le_bytes(*crc) {
        return Err(BadRecord::Checksum);
    }
    let (version, body) = body.split_first().ok_or(BadRecord::Short)?;
    if *version != VERSION {
        return Err(BadRecord::Version(*version));
    }
    let (lsn, body) = body.split_first_chunk::<8>().ok_or(BadRecord::Short)?;
    let (durable, payload) = body.split_first_chunk::<8>().ok_or(BadRecord::Short)?;
    let (lsn, durable) = (u64::from_le_bytes(*lsn), u64::from_le_bytes(*durable));
    Ok(Some(Record { lsn, durable, payload, end: at + PREFIX + size }))
}

/// Like [`decode`], and the record must be entry `lsn`.
pub fn decode_as(bytes: &[u8], at: usize, lsn: u64) -> Result<Option<Record<'_>>, BadRecord> {
    match decode(bytes, at)? {
        Some(record) if record.lsn != lsn => Err(BadRecord::Order { expected: lsn, found: record.lsn }),
        record => Ok(record),
    }
}

/// The next readable record at or after `at` whose lsn is at least `lsn`: what lies behind a bad place.
pub fn resume(bytes: &[u8], at: usize, lsn: u64) -> Option<(usize, Record<'_>)> {
    let mut at = at;
    while at < bytes.len() {
        // Looked at first: a checksum over a wild length at every place would take minutes.
        if bytes.get(at + PREFIX) == Some(&VERSION)
            && let Ok(Some(record)) = decode(bytes, at)
            && record.lsn >= lsn
        {
            return Some((at, record));
        }
        at += 1;
    }
    None
}

/// Whether the unreadable record at `at`, where entry `lsn` belongs, is the end that a crash tore; otherwise it is damage.
pub fn is_torn(bytes: &[u8], at: usize, lsn: u64, problem: BadRecord) -> bool {
    if matches!(problem, BadRecord::Version(_)) {
        return false;
    }
    let Some((behind, _)) = resume(bytes, at, lsn) else {
        let rest = bytes.get(at..).unwrap_or_default();
        return problem == BadRecord::Short || rest.last() == Some(&0) || has_hole(rest);
    };
    has_hole(bytes.get(at..behind).unwrap_or_default()) && !was_durable(bytes, behind, lsn)
}

fn has_hole(bytes: &[u8]) -> bool {
    bytes.split(|byte| *byte != 0).any(|zeros| zeros.len() >= HOLE)
}

/// Whether some readable record after `at` says that entry `lsn` had been durable.
fn was_durable(bytes: &[u8], at: usize, lsn: u64) -> bool {
    let mut from = at;
    while let Some((_, record)) = resume(bytes, from, lsn) {
        if record.durable >= lsn {
            return true;
        }
        from = record.end;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_reads_back_and_any_changed_bit_shows() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 7, 3, br#"{"a":1}"#);
        let read = decode(&bytes, 0).unwrap().unwrap();
        assert_eq!((read.lsn, read.durable, read.payload, read.end), (7, 3, &br#"{"a":1}"#[..], bytes.len()));
        for bit in 0..bytes.len() * 8 {
            let mut bad = bytes.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bad, 0).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_cut_of_a_record_is_short_or_empty() {
        let mut bytes = Vec::new();
        encode(&mut bytes, 1, 0, b"{}");
        assert_eq!(decode(&bytes[..0], 0), Ok(None));
        for cut in 1..bytes.len() {
            assert_eq!(decode(&bytes[..cut], 0), Err(BadRecord::Short), "cut at {cut}");
        }
    }

    /// Entries 1 to 5, each telling that `durable` was durable, and where each begins.
    fn five(durable: u64) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for lsn in 1..=5 {
            starts.push(bytes.len());
            encode(&mut bytes, lsn, durable, format!(r#"{{"a":"{}"}}"#, "x".repeat(60)).as_bytes());
        }
        (bytes, starts)
    }

    fn torn(bytes: &[u8]) -> Option<bool> {
        let (mut at, mut lsn) = (0, 1);
        loop {
            match decode_as(bytes, at, lsn) {
                Ok(Some(record)) => (at, lsn) = (record.end, lsn + 1),
                Ok(None) => return None,
                Err(problem) => return Some(is_torn(bytes, at, lsn, problem)),
            }
        }
    }

    #[test]
    fn what_a_crash_leaves_is_torn_and_everything_else_is_damage() {
        type Spoil = fn(&mut Vec<u8>, &[usize]);
        let table: [(&str, u64, Spoil, Option<bool>); 10] = [
            ("nothing", 0, |_, _| {}, None),
            ("a killed process wrote half a record", 2, |bytes, at| bytes.truncate(at[4] + 30), Some(true)),
            ("the end's page never arrived", 2, |bytes, at| bytes[at[3] + 20..].fill(0), Some(true)),
            (
                "a page in the middle never arrived",
                0,
                |bytes, at| bytes[at[1] + 20..at[3]].fill(0),
                Some(true),
            ),
            ("the same, and it had been safe", 3, |bytes, at| bytes[at[1] + 20..at[3]].fill(0), Some(false)),
            ("one bit, nothing durable", 0, |bytes, at| bytes[at[1] + 30] ^= 1, Some(false)),
            ("one bit of a length", 0, |bytes, at| bytes[at[1]] ^= 64, Some(false)),
            ("one bit of the last record", 0, |bytes, at| bytes[at[4] + 30] ^= 1, Some(false)),
            ("rubbish from the beginning", 0, |bytes, _| bytes.fill(b'x'), Some(false)),
            ("rubbish behind the end", 0, |bytes, _| bytes.extend([0xa5; 90]), Some(false)),
        ];
        for (what, durable, spoil, expected) in table {
            let (mut bytes, starts) = five(durable);
            spoil(&mut bytes, &starts);
            assert_eq!(torn(&bytes), expected, "{what}");
        }
    }
}
