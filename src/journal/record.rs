//! One record of a journal file: how an entry lies on the disk, and how a damaged file is told from a torn one.
//!
//! | bytes | what |
//! |---|---|
//! | 4 | length of what follows the CRC, little endian like all numbers here |
//! | 4 | CRC32C of the length and of what follows the CRC |
//! | 1 | format version, 1 |
//! | 8 | lsn |
//! | 8 | the highest lsn known to be durable when this record was written |
//! | n | payload, JSON |
//!
//! The durable mark decides what an unreadable record means. A power cut may lose any part of what was not yet synced, holes
//! included; so an unreadable record is a torn tail as long as nothing readable after it says that it had been durable. When
//! something does, the disk has lost what was safe, and that is damage.

/// The format that is written today.
pub const VERSION: u8 = 1;

/// Longest payload. Far above any entry (a SIP message is at most 64 KiB), so that a wild length is known as such.
pub const MAX_PAYLOAD: usize = 4 << 20;

const PREFIX: usize = 8;
const FIXED: usize = 17;

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
    #[error("the format version {0} is unknown; open it with the program that wrote it, or a newer one")]
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
        match decode(bytes, at) {
            Ok(Some(record)) if record.lsn >= lsn => return Some((at, record)),
            _ => at += 1,
        }
    }
    None
}

/// Whether some readable record after `at` says that entry `lsn` had been durable.
pub fn was_durable(bytes: &[u8], at: usize, lsn: u64) -> bool {
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

    #[test]
    fn a_later_record_tells_whether_the_bad_one_was_durable() {
        for (durable, told) in [(0, false), (1, false), (2, true)] {
            let mut bytes = b"garbage".to_vec();
            encode(&mut bytes, 3, durable, b"{}");
            assert_eq!(was_durable(&bytes, 0, 2), told);
        }
    }
}
