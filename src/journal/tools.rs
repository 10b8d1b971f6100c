//! What a person does with a journal at rest: check it, repair it, export it.

use serde_json::Value;

use super::Lsn;
use super::disk::{Disk, DiskError, replace};
use super::entry::{Entry, Fact, Personal};
use super::keys_file::{rewritten, salvage};
use super::log::{LogError, segments};
use super::reader::Reader;
use super::record;
use super::seal::Keys;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Segments there are.
    pub segments: usize,
    /// Entries that can be read, up to the first problem.
    pub entries: u64,
    /// The last of them.
    pub last: Lsn,
    /// Personal fields whose key is gone.
    pub erased: u64,
    /// The first problem.
    pub problem: Option<LogError>,
}

/// Reads every entry and opens every personal field.
pub fn check<D: Disk>(disk: &D, keys: &Keys) -> Result<Checked, LogError> {
    let mut checked = Checked { segments: segments(disk)?.len(), ..Checked::default() };
    let first = segments(disk)?.first().map_or(1, |(first, _)| *first);
    for item in Reader::new(disk.clone(), Lsn(first)) {
        match item {
            Ok((lsn, entry)) => {
                checked.entries += 1;
                checked.last = lsn;
                let opened =
                    keys.unseal_entry(entry).fact.personal_mut().map(|(_, _, personal)| personal.clone());
                checked.erased += u64::from(opened == Some(Personal::Erased));
            }
            Err(problem) => checked.problem = Some(problem),
        }
    }
    Ok(checked)
}

/// What a repair did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Entries that could be kept.
    pub kept: u64,
    /// Entries that were lost; a [`Fact::Lost`] stands in the place of each.
    pub lost: u64,
    /// Damaged files, kept aside under these names.
    pub aside: Vec<String>,
}

/// Most lost entries that a repair believes in; a wider gap means that a whole segment is gone, which is told, not filled.
const MOST_LOST: u64 = 1_000_000;

/// Copies what can be read into whole files and keeps damaged ones aside, as `<name>.damaged`.
pub fn repair<D: Disk>(disk: &D) -> Result<Repaired, LogError> {
    let mut done = Repaired::default();
    let all = segments(disk)?;
    for (at, (first, name)) in all.iter().enumerate() {
        let end = all.get(at + 1).map(|(next, _)| *next);
        repair_segment(disk, *first, end, name, &mut done)?;
    }
    repair_keys(disk, &mut done)?;
    Ok(done)
}

fn repair_segment<D: Disk>(
    disk: &D,
    first: u64,
    end: Option<u64>,
    name: &str,
    done: &mut Repaired,
) -> Result<(), LogError> {
    let bytes = disk.read(name)?;
    let mut mended = Mended { bytes: Vec::new(), next: first, at_ms: 0, lost: 0 };
    let (mut at, mut whole) = (0, true);
    while let Some((found, record)) = record::resume(&bytes, at, mended.next) {
        let Ok(entry) = serde_json::from_slice::<Entry>(record.payload) else {
            (at, whole) = (record.end, false);
            continue;
        };
        if record.lsn - mended.next > MOST_LOST {
            break;
        }
        whole &= found == at && record.lsn == mended.next;
        mended.fill_to(record.lsn);
        mended.add(entry.at_ms, record.payload);
        done.kept += 1;
        at = record.end;
    }
    if let Some(end) = end.filter(|end| *end > mended.next && end - mended.next <= MOST_LOST) {
        whole = false;
        mended.fill_to(end);
    }
    done.lost += mended.lost;
    if !whole || at < bytes.len() {
        set_aside(disk, name, &mended.bytes, done)?;
    }
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
    let name = "keys";
    if !disk.list()?.iter().any(|known| known == name) {
        return Ok(());
    }
    let (ring, whole) = salvage(&disk.read(name)?);
    if !whole {
        set_aside(disk, name, &rewritten(&ring), done)?;
    }
    Ok(())
}

/// Puts `bytes` in the place of the file and keeps the old content. A crash in between leaves one of the two under the name.
fn set_aside<D: Disk>(disk: &D, name: &str, bytes: &[u8], done: &mut Repaired) -> Result<(), DiskError> {
    let names = disk.list()?;
    let tries = (0..).map(|n| if n == 0 { format!("{name}.damaged") } else { format!("{name}.damaged.{n}") });
    let aside = tries.into_iter().find(|aside| !names.contains(aside)).expect("some number is free");
    replace(disk, &aside, &disk.read(name)?)?;
    replace(disk, name, bytes)?;
    done.aside.push(aside);
    Ok(())
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

    #[test]
    fn damaged_journal_is_found_by_check_and_opens_again_after_repair() {
        let disk = written();
        let name = segments(&disk).unwrap()[0].1.clone();
        disk.flip_bit(&name, 200);
        let keys = keys_at_rest(&disk).unwrap();
        let problem = check(&disk, &keys).unwrap().problem.expect("the damage is found");
        assert!(problem.to_string().contains(&name));

        let repaired = repair(&disk).unwrap();
        assert_eq!((repaired.kept + repaired.lost, repaired.aside.len()), (30, 1));
        assert!(repaired.lost >= 1);
        let checked = check(&disk, &keys).unwrap();
        assert_eq!((checked.problem, checked.entries, checked.last), (None, 30, Lsn(30)));
        assert_eq!(repair(&disk).unwrap().aside.len(), 0, "a whole journal is left alone");
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
