//! What a person does with a journal at rest: check it, repair it, export it.
//!
//! A check and a repair read a segment in the same way, to its end, whatever lies between: so one tells before what the other does.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Lsn;
use super::disk::{Disk, DiskError, DiskFile, keep_aside, replace};
use super::entry::{Entry, Fact, Personal};
use super::file_journal::{There, mend_secret, no_key_left, problem_of_keys};
use super::keys_file::{KeysFile, rewritten, salvage};
use super::log::{LogError, cut_off, segments, unreadable};
use super::reader::Reader;
use super::record::{self, BadRecord, Record};
use super::seal::{Key, Keys};
use crate::ids::ContactId;

/// Most lost entries that are believed in; a wider gap means that whole files are gone, which is told, not filled.
const MOST_LOST: u64 = 1_000_000;

/// A segment, read to its end.
struct Survey<'a> {
    /// What can be read, each entry with its record.
    entries: Vec<(Entry, Record<'a>)>,
    /// The entry due after the last of them.
    next: u64,
    /// Entries missing between them.
    lost: u64,
    /// Bytes that are no entry.
    unread: usize,
    /// The first bad place.
    bad: Option<Bad>,
}

/// A place where something else than the entry due begins.
struct Bad {
    offset: usize,
    problem: BadRecord,
    /// A crash left it, and it ends the file for good.
    torn: bool,
    /// How many entries stand before it.
    before: usize,
}

impl<'a> Survey<'a> {
    /// What a later program wrote is refused: it is neither damaged nor ours to mend.
    /// Only what lies behind the entry `torn_after` can have been torn by a crash; nothing in a segment that was left.
    fn of(bytes: &'a [u8], first: u64, name: &str, torn_after: Option<Lsn>) -> Result<Survey<'a>, LogError> {
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

/// The entries as JSON lines. `keys`: with personal fields readable; without: masked. Segments whose first entries were
/// archived away begin where they begin.
pub fn export<D: Disk>(
    disk: &D,
    keys: &Keys,
    clear: bool,
    mut line: impl FnMut(String),
) -> Result<u64, LogError> {
    let first = segments(disk)?.first().map_or(1, |(first, _)| *first);
    let mut count = 0;
    for item in Reader::new(disk.clone(), Lsn(first)) {
        let (lsn, entry) = item?;
        line(export_line(lsn, keys.unseal_entry(entry), clear));
        count += 1;
    }
    Ok(count)
}

fn export_line(lsn: Lsn, mut entry: Entry, clear: bool) -> String {
    let mut shown = None;
    if let Some((_, field, personal)) = entry.fact.personal_mut() {
        let text = match &*personal {
            Personal::Clear(text) if clear => Value::from(text.as_str()),
            Personal::Clear(text) => Value::from(mask(text)),
            Personal::Sealed(_) | Personal::Erased => Value::Null,
        };
        shown = Some((field, text));
    }
    let mut json = serde_json::to_value(&entry).expect("entries are plain data with string keys");
    if let Value::Object(fields) = &mut json {
        fields.insert("lsn".to_owned(), Value::from(lsn.0));
        if let Some((field, text)) = shown {
            fields.insert(field.to_owned(), text);
        }
    }
    json.to_string()
}

/// Enough of a number to tell two apart, not enough to call it; of anything else nothing. `anonymous` is nobody's.
pub fn mask(text: &str) -> String {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || "+ -/.".contains(c));
    match text {
        "anonymous" => text.to_owned(),
        _ if is_number && text.len() > 6 => format!("***{}", &text[text.len() - 3..]),
        _ => "***".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;
    use crate::journal::conformance::sample;
    use crate::journal::file_journal::{FileJournal, keys_at_rest};
    use crate::journal::sim_disk::SimDisk;
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn written() -> SimDisk {
        let disk = SimDisk::new();
        let (mut journal, _) = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 1500).unwrap();
        for group in sample(30).chunks(4) {
            journal.append_group(group).unwrap();
            journal.sync().unwrap();
        }
        disk
    }

    const FRESH: Fresh = Fresh { secret: [9; 32], keys: false };

    #[test]
    fn damaged_journal_is_found_by_check_and_opens_again_after_repair() {
        let disk = written();
        let name = segments(&disk).unwrap()[0].1.clone();
        disk.flip_bit(&name, 200);
        let keys = keys_at_rest(&disk).unwrap();
        let found = check(&disk, &keys).unwrap();
        assert!(found.problem.clone().expect("the damage is found").to_string().contains(&name));

        let repaired = repair(&disk, &FRESH).unwrap();
        assert_eq!(
            (repaired.kept, repaired.lost),
            (found.entries, found.lost),
            "one tells what the other does"
        );
        assert_eq!((repaired.kept + repaired.lost, repaired.aside.len()), (30, 1));
        assert!(repaired.lost >= 1 && found.before < found.entries);
        let checked = check(&disk, &keys).unwrap();
        assert_eq!((checked.problem, checked.entries, checked.last), (None, 30, Lsn(30)));
        assert_eq!(repair(&disk, &FRESH).unwrap().aside.len(), 0, "a whole journal is left alone");
    }

    #[test]
    fn check_and_repair_agree_wherever_a_byte_flips_and_nothing_readable_is_dropped() {
        let (all, keys) = (written(), keys_at_rest(&written()).unwrap());
        let (_, newest) = segments(&all).unwrap().pop().unwrap();
        for offset in (0..all.read(&newest).unwrap().len()).step_by(13) {
            let disk = written();
            disk.flip_bit(&newest, offset);
            let found = check(&disk, &keys).unwrap();
            // A length may be flipped so that the last record seems to go on behind the end: that is a torn end to see.
            let opened = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(2), 1500);
            assert_eq!((found.problem.is_some(), found.torn), (opened.is_err(), opened.is_ok()), "{offset}");
            let repaired = repair(&disk, &FRESH).unwrap();
            assert_eq!((found.entries, found.lost), (repaired.kept, repaired.lost), "{offset}");
            assert!(repaired.kept >= 29 && check(&disk, &keys).unwrap().problem.is_none(), "{offset}");
        }
    }

    #[test]
    fn torn_end_is_told_cut_and_kept_aside() {
        let disk = written();
        let (_, newest) = segments(&disk).unwrap().pop().unwrap();
        let whole = disk.read(&newest).unwrap();
        disk.truncate(&newest, whole.len() as u64 - 10).unwrap();
        let found = check(&disk, &keys_at_rest(&disk).unwrap()).unwrap();
        assert_eq!((found.torn, found.problem, found.entries, found.lost), (true, None, 29, 0));
        let (journal, cuts) = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(2), 1500).unwrap();
        assert_eq!((journal.last(), cuts.len(), cuts[0].bytes), (Lsn(29), 1, found.unread));
        assert_eq!(cuts[0].kept, format!("{newest}.cut-{}", cuts[0].offset));
        assert!(whole[cuts[0].offset..].starts_with(&disk.read(&cuts[0].kept).unwrap()));
    }

    #[test]
    fn entries_that_a_checkpoint_knows_of_and_the_log_has_not_are_marked_as_lost() {
        let disk = written();
        let keys = keys_at_rest(&disk).unwrap();
        let state = super::super::recovery::Recovery::read(&disk, &keys, Lsn(30)).unwrap();
        super::super::recovery::write_checkpoint(&disk, &state.to_checkpoint(&keys)).unwrap();
        let (_, newest) = segments(&disk).unwrap().pop().unwrap();
        disk.truncate(&newest, 0).unwrap();
        let found = check(&disk, &keys).unwrap();
        assert!(matches!(found.problem, Some(LogError::Incomplete { .. })), "{:?}", found.problem);
        let repaired = repair(&disk, &FRESH).unwrap();
        assert_eq!(repaired.kept + repaired.lost, 30);
        assert_eq!(check(&disk, &keys).unwrap().problem, None);
        let (journal, _) = FileJournal::open(disk, ChaCha20Rng::seed_from_u64(2), 1500).unwrap();
        assert_eq!(journal.last(), Lsn(30), "no entry's number is given out again");
    }

    #[test]
    fn missing_keys_are_given_up_only_when_somebody_says_so_and_a_secret_is_made_again() {
        let disk = written();
        disk.remove("keys").unwrap();
        disk.remove("secret").unwrap();
        let refusal = repair(&disk, &FRESH).unwrap_err().to_string();
        assert!(refusal.contains("--without-keys"), "{refusal}");
        let repaired = repair(&disk, &Fresh { keys: true, ..FRESH }).unwrap();
        assert_eq!((repaired.kept, repaired.made), (30, vec!["keys", "secret"]));
        let checked = check(&disk, &keys_at_rest(&disk).unwrap()).unwrap();
        assert_eq!(checked.problem, None);
        assert!(checked.keyless > 0 && checked.erased == 0, "nobody asked for the numbers to be forgotten");
    }

    #[test]
    fn keys_of_which_none_can_be_read_are_as_good_as_missing() {
        let disk = written();
        disk.truncate("keys", 0).unwrap();
        disk.open("keys").unwrap().append(&[0xa5; 500]).unwrap();
        let refusal = repair(&disk, &FRESH).unwrap_err().to_string();
        assert!(
            refusal.contains("no key in the file `keys`") && refusal.contains("--without-keys"),
            "{refusal}"
        );
        assert_eq!(repair(&disk, &Fresh { keys: true, ..FRESH }).unwrap().aside, ["keys.damaged"]);
        assert_eq!(disk.read("keys.damaged").unwrap(), [0xa5; 500]);
    }

    #[test]
    fn what_a_later_program_wrote_is_not_taken_for_damage() {
        let disk = written();
        let (_, newest) = segments(&disk).unwrap().pop().unwrap();
        let mut later = Vec::new();
        record::encode(&mut later, 31, 30, br#"{"at_ms":1,"fact":"teleported"}"#);
        disk.open(&newest).unwrap().append(&later).unwrap();
        let keys = keys_at_rest(&disk).unwrap();
        assert!(matches!(check(&disk, &keys).unwrap().problem, Some(LogError::Newer { .. })));
        let refusal = repair(&disk, &FRESH).unwrap_err().to_string();
        assert!(refusal.contains("a newer program") && !refusal.contains("repair"), "{refusal}");
    }

    #[test]
    fn check_tells_what_was_erased_from_what_lost_its_key() {
        let disk = written();
        let (mut journal, _) = FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(2), 1500).unwrap();
        let contact = ContactId(crate::ids::Stamp { node: 1, epoch: 1, count: 2 });
        journal.append_group(&[Entry { at_ms: 40, fact: Fact::Erased { contact } }]).unwrap();
        let checked = check(&disk, &keys_at_rest(&disk).unwrap()).unwrap();
        assert_eq!((checked.erased, checked.keyless, checked.problem), (1, 0, None));
        disk.truncate("keys", 0).unwrap();
        let checked = check(&disk, &keys_at_rest(&disk).unwrap()).unwrap();
        assert!(checked.erased == 1 && checked.keyless > 1);
    }

    #[test]
    fn export_masks_numbers_unless_they_are_asked_for() {
        let disk = written();
        let keys = keys_at_rest(&disk).unwrap();
        let exported = |clear| {
            let mut lines = Vec::new();
            export(&disk, &keys, clear, |line| lines.push(line)).unwrap();
            lines
        };
        assert_eq!(exported(true).len(), 30);
        assert!(exported(true)[1].contains(r#""number":"+390550000002""#), "{}", exported(true)[1]);
        assert!(exported(false)[1].contains(r#""number":"***002""#), "{}", exported(false)[1]);
    }
}
