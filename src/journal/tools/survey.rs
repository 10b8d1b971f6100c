//! A segment, read to its end whatever lies between.

use crate::journal::Lsn;
use crate::journal::entry::Entry;
use crate::journal::log::{LogError, unreadable};
use crate::journal::record::{self, BadRecord, Record};

/// Most lost entries that are believed in; a wider gap means that whole files are gone, which is told, not filled.
pub(super) const MOST_LOST: u64 = 1_000_000;

/// A segment, read to its end.
pub(super) struct Survey<'a> {
    /// What can be read, each entry with its record.
    pub(super) entries: Vec<(Entry, Record<'a>)>,
    /// The entry due after the last of them.
    pub(super) next: u64,
    /// Entries missing between them.
    pub(super) lost: u64,
    /// Bytes that are no entry.
    pub(super) unread: usize,
    /// The first bad place.
    pub(super) bad: Option<Bad>,
}

/// A place where something else than the entry due begins.
pub(super) struct Bad {
    pub(super) offset: usize,
    pub(super) problem: BadRecord,
    /// A crash left it, and it ends the file for good.
    pub(super) torn: bool,
    /// How many entries stand before it.
    pub(super) before: usize,
}

impl<'a> Survey<'a> {
    /// What a later program wrote is refused: it is neither damaged nor ours to mend.
    /// Only what lies behind the entry `torn_after` can have been torn by a crash; nothing in a segment that was left.
    pub(super) fn of(
        bytes: &'a [u8],
        first: u64,
        name: &str,
        torn_after: Option<Lsn>,
    ) -> Result<Survey<'a>, LogError> {
        let mut survey = Survey { entries: Vec::new(), next: first, lost: 0, unread: 0, bad: None };
        let mut at = 0;
        loop {
            let record = match record::decode_as(bytes, at, survey.next) {
                Ok(None) => return Ok(survey),
                Ok(Some(record)) => record,
                Err(newer @ BadRecord::Version(_)) => return Err(unreadable(name, at, newer)),
                Err(problem) => {
                    let may_be = torn_after.is_some_and(|safe| safe.0 < survey.next);
                    let torn = may_be && record::is_torn(bytes, at, survey.next, problem);
                    let before = survey.entries.len();
                    survey.bad.get_or_insert(Bad { offset: at, problem, torn, before });
                    let behind = record::resume(bytes, at, survey.next).filter(|_| !torn);
                    let near = behind.filter(|(_, record)| record.lsn - survey.next <= MOST_LOST);
                    let end = near.map_or(bytes.len(), |(found, _)| found);
                    survey.unread += end - at;
                    match near {
                        Some((_, record)) => record,
                        None => return Ok(survey),
                    }
                }
            };
            survey.take(record, name, at)?;
            at = record.end;
        }
    }

    fn take(&mut self, record: Record<'a>, name: &str, offset: usize) -> Result<(), LogError> {
        let entry = serde_json::from_slice(record.payload).map_err(|unknown| LogError::Newer {
            file: name.to_owned(),
            offset,
            why: format!("entry {} is not understood ({unknown})", record.lsn),
        })?;
        self.lost += record.lsn - self.next;
        self.next = record.lsn + 1;
        self.entries.push((entry, record));
        Ok(())
    }
}
