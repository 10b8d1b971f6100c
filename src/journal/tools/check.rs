//! What can be read of a journal, and what a repair would keep.

use std::collections::BTreeMap;

use super::survey::{Bad, Survey};
use crate::ids::ContactId;
use crate::journal::Lsn;
use crate::journal::disk::Disk;
use crate::journal::entry::{Fact, Personal};
use crate::journal::log::{LogError, segments, unreadable};
use crate::journal::parts::{There, problem_of_keys};
use crate::journal::seal::Keys;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Segments there are.
    pub segments: usize,
    /// Entries that can be read, those behind a damaged place too: as many as a repair keeps.
    pub entries: u64,
    /// Of them, those before the first damaged place.
    pub before: u64,
    /// The last of them.
    pub last: Lsn,
    /// Entries that are missing between them.
    pub lost: u64,
    /// Bytes that are no entry.
    pub unread: usize,
    /// Personal fields that were erased.
    pub erased: u64,
    /// Personal fields that cannot be read, and nobody erased them: their keys are lost.
    pub keyless: u64,
    /// The end is one that a crash tore: the next start cuts it off, and keeps what it cuts.
    pub torn: bool,
    /// The first problem.
    pub problem: Option<LogError>,
}

/// Reads every entry and every key, and opens every personal field.
pub fn check<D: Disk>(disk: &D, keys: &Keys) -> Result<Checked, LogError> {
    let all = segments(disk)?;
    let mut checked = Checked { segments: all.len(), ..Checked::default() };
    let safe = There::look(disk)?.safe();
    let mut unreadable_fields = BTreeMap::new();
    let mut due = all.first().map_or(1, |(first, _)| *first);
    for (at, (first, name)) in all.iter().enumerate() {
        if due < *first {
            checked.lost += *first - due;
            let why = format!("it begins with entry {first}, and the file with entry {due} is missing");
            checked.is_damaged(LogError::Damaged { file: name.clone(), offset: 0, why });
        }
        let bytes = disk.read(name)?;
        match Survey::of(&bytes, *first, name, (at + 1 == all.len()).then_some(safe)) {
            Ok(survey) => {
                due = survey.next;
                checked.add(survey, name, keys, &mut unreadable_fields);
            }
            Err(newer) => checked.is_damaged(newer),
        }
    }
    checked.keyless = unreadable_fields.values().sum();
    if checked.problem.is_none() {
        checked.before = checked.entries;
        checked.problem = problem_of_keys(disk, checked.last)?;
    }
    Ok(checked)
}

impl Checked {
    fn is_damaged(&mut self, problem: LogError) {
        self.before = if self.problem.is_none() { self.entries } else { self.before };
        self.problem.get_or_insert(problem);
    }

    /// `keyless`: fields that cannot be read, by contact, as far as no later entry says that they were erased.
    fn add(&mut self, survey: Survey<'_>, name: &str, keys: &Keys, keyless: &mut BTreeMap<ContactId, u64>) {
        match survey.bad {
            Some(Bad { torn: true, .. }) => self.torn = true,
            Some(Bad { offset, problem, before, .. }) => {
                let first = self.problem.is_none();
                self.is_damaged(unreadable(name, offset, problem));
                self.before += if first { before as u64 } else { 0 };
            }
            None => {}
        }
        self.entries += survey.entries.len() as u64;
        self.lost += survey.lost;
        self.unread += survey.unread;
        for (entry, record) in survey.entries {
            self.last = Lsn(record.lsn);
            if let Fact::Erased { contact } = &entry.fact {
                self.erased += keyless.remove(contact).unwrap_or(0);
            }
            let mut opened = keys.unseal_entry(entry);
            if let Some((contact, _, Personal::Erased)) = opened.fact.personal_mut() {
                *keyless.entry(contact).or_default() += 1;
            }
        }
    }
}
