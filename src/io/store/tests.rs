//! The store on a real disk, with its real threads.

use super::*;
use crate::journal::disk::DiskFault;
use crate::views::conformance::{answered, contact};
use crate::views::{ContactFilter, Page, Views};

/// Appends entries and waits until they are durable; gives the events.
fn append(store: &mut Store, from: u64, entries: Vec<Entry>) -> Vec<StoreEvent> {
    let last = Lsn(from + entries.len() as u64);
    for (lsn, entry) in (from + 1..).zip(entries) {
        store.append(Lsn(lsn), entry, Lsn(lsn) == last);
    }
    let mut events = Vec::new();
    while events.last() != Some(&StoreEvent::Durable(last)) {
        events.push(store.events.blocking_recv().expect("the store is alive"));
    }
    events
}

#[test]
fn call_is_written_then_durable_then_in_the_views_and_found_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, found) = Store::open(dir.path()).unwrap();
    assert_eq!((found.last, found.next_epoch(1)), (Lsn(0), 1));
    let events = append(&mut store, 0, answered(1, 0, "0552768224"));
    let written = events.iter().position(|event| *event == StoreEvent::Written(Lsn(16)));
    assert!(written.is_some(), "written comes before durable: {events:?}");
    let row = store.views().ask(|views, keys| views.contact(contact(1)).unwrap().unwrap().line(keys));
    assert_eq!(row.blocking_recv().unwrap().from.as_deref(), Some("0552768224"));
    store.close();

    assert!(dir.path().join("journal/checkpoint").exists());
    let (mut store, found) = Store::open(dir.path()).unwrap();
    assert_eq!((found.last, found.state.contacts.len()), (Lsn(16), 0));
    append(&mut store, 16, answered(2, 100_000, "anonymous"));
    store.close();
    let rest = open_at_rest(dir.path()).unwrap();
    let listing = rest.views.contacts(&ContactFilter::default(), &Page { limit: 10, after: None }).unwrap();
    assert_eq!(listing.contacts.len(), 2);
}

#[test]
fn directory_in_use_is_refused_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = Store::open(dir.path()).unwrap();
    assert!(matches!(Store::open(dir.path()), Err(OpenError::InUse { .. })));
    let refusal = open_at_rest(dir.path()).unwrap_err().to_string();
    assert!(refusal.contains("in use by another process"), "{refusal}");
    store.close();
    assert!(matches!(open_at_rest(&dir.path().join("none")), Err(OpenError::Missing { .. })));
}

fn log(dir: &Path) -> std::path::PathBuf {
    journal_dir(dir).join("journal-00000000000000000001.log")
}

/// A data directory with one call in it, closed in order.
fn with_a_call() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path()).unwrap();
    append(&mut store, 0, answered(1, 0, "0552768224"));
    store.close();
    dir
}

#[test]
fn everything_in_the_data_directory_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = with_a_call();
    let mut dirs = vec![dir.path().to_owned()];
    while let Some(dir) = dirs.pop() {
        for item in std::fs::read_dir(&dir).unwrap() {
            let path = item.unwrap().path();
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let expected = if path.is_dir() { 0o700 } else { 0o600 };
            assert_eq!(mode, expected, "{}", path.display());
            dirs.extend(path.is_dir().then_some(path));
        }
    }
}

#[test]
fn data_directory_of_which_a_part_is_gone_opens_neither_for_calls_nor_for_questions() {
    type Spoil = fn(&Path);
    let table: [(&str, Spoil, &str); 5] = [
        ("the journal", |dir| std::fs::remove_dir_all(journal_dir(dir)).unwrap(), "`views` is there"),
        ("the log", |dir| std::fs::remove_file(log(dir)).unwrap(), "no file journal"),
        ("what the log held", |dir| std::fs::write(log(dir), "").unwrap(), "entry 16"),
        (
            "all that the journal held",
            |dir| {
                std::fs::remove_file(journal_dir(dir).join("checkpoint")).unwrap();
                std::fs::remove_file(journal_dir(dir).join("keys")).unwrap();
                std::fs::write(log(dir), "").unwrap();
                std::fs::create_dir_all(dir.join("recordings/2026")).unwrap();
            },
            "there are recordings",
        ),
        ("the keys", |dir| std::fs::remove_file(journal_dir(dir).join("keys")).unwrap(), "`keys` is missing"),
    ];
    for (what, spoil, told) in table {
        let dir = with_a_call();
        spoil(dir.path());
        let refusals = [Store::open(dir.path()).map(drop), open_at_rest(dir.path()).map(drop)];
        for refusal in refusals.map(|opened| opened.unwrap_err().to_string()) {
            assert!(refusal.contains(told) && refusal.contains("restore"), "{what}: {refusal}");
        }
    }
}

#[test]
fn question_to_a_directory_without_a_journal_makes_none() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(open_at_rest(dir.path()), Err(OpenError::Missing { .. })));
    assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none());
}

#[test]
fn directory_that_cannot_be_made_is_told_with_its_reason() {
    let error = Store::open(Path::new("/proc/centralino")).unwrap_err();
    assert!(error.to_string().contains("/proc/centralino"), "{error}");
    let full = RealDisk::existing("/dev");
    let error = crate::journal::disk::DiskFile::append(
        &crate::journal::disk::Disk::open(&full, "full").unwrap(),
        b"x",
    );
    assert_eq!(error.unwrap_err().kind, DiskFault::Full);
}

#[test]
fn entry_out_of_order_is_a_lasting_failure() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = Store::open(dir.path()).unwrap();
    store.append(Lsn(5), answered(1, 0, "1").remove(0), false);
    let Some(StoreEvent::Failed(failure)) = store.events.blocking_recv() else { panic!("a failure") };
    assert!(failure.lasting, "{failure}");
    store.close();
}

#[test]
fn store_whose_sync_thread_is_gone_fails_for_good_and_comes_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    data_dir::make(dir.path()).unwrap();
    let (journal, found, _lock) = open_journal(dir.path()).unwrap();
    let (report, mut events) = tokio::sync::mpsc::unbounded_channel();
    let (to_writer, inbox) = mpsc::channel();
    let (wake, _views) = mpsc::sync_channel(8);
    let (durable, health, stopping) = Default::default();
    let at = keeper::Keeping {
        dir: dir.path().join("views"),
        disk: journal.disk().clone(),
        durable,
        health,
        stopping,
    };
    let (_, to_views) = Keeper::new(at, &found, wake);
    let outlets = Outlets { report, to_syncer: mpsc::channel().0, to_views, durable: Arc::default() };
    to_writer
        .send(ToWriter::Append { lsn: Lsn(1), entry: Box::new(answered(1, 0, "1").remove(0)), durable: true })
        .unwrap();
    Writer::new(journal, inbox, outlets).run(); // `to_writer` lives, as a store's does
    assert_eq!(events.blocking_recv(), Some(StoreEvent::Written(Lsn(1))));
    let Some(StoreEvent::Failed(failure)) = events.blocking_recv() else { panic!("a failure") };
    assert!(failure.lasting, "{failure}");
}
