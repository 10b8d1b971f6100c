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
