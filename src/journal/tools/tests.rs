//! Check, repair and export on journals that were spoiled in every way.

use super::*;
use crate::ids::ContactId;
use crate::journal::Journal;
use crate::journal::conformance::sample;
use crate::journal::disk::{Disk, DiskFile};
use crate::journal::entry::{Entry, Fact};
use crate::journal::file_journal::FileJournal;
use crate::journal::parts::keys_at_rest;
use crate::journal::record;
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
    assert_eq!((repaired.kept, repaired.lost), (found.entries, found.lost), "one tells what the other does");
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
    let state = crate::journal::recovery::Recovery::read(&disk, &keys, Lsn(30)).unwrap();
    crate::journal::recovery::write_checkpoint(&disk, &state.to_checkpoint(&keys)).unwrap();
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
    assert!(refusal.contains("no key in the file `keys`") && refusal.contains("--without-keys"), "{refusal}");
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
