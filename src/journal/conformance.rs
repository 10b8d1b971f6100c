//! What every [`Journal`] must do, as a function that each implementation's tests call.

use super::entry::{Entry, Fact, Personal};
use super::{Journal, Lsn};
use crate::ids::{CitizenId, ContactId, Stamp};

/// Entries of some variety, personal ones among them.
pub(crate) fn sample(count: u32) -> Vec<Entry> {
    (1..=count)
        .map(|count| {
            let stamp = Stamp { node: 1, epoch: 1, count };
            let contact = ContactId(stamp);
            let fact = match count % 3 {
                0 => Fact::ContactAnswered { contact },
                1 => Fact::KeyPressed { contact, key: '1' },
                _ => {
                    let number = Personal::Clear(format!("+39055{count:07}"));
                    Fact::CitizenFound { citizen: CitizenId(stamp), number, contact }
                }
            };
            Entry { at_ms: i64::from(count), fact }
        })
        .collect()
}

/// Runs the suite. `open` opens the same journal each time, as after a restart.
pub(crate) fn suite<J: Journal>(mut open: impl FnMut() -> J) {
    let entries = sample(40);
    {
        let mut journal = open();
        assert_eq!((journal.last(), journal.durable()), (Lsn(0), Lsn(0)), "a new journal is empty");
        assert_eq!(journal.read_from(Lsn(0), 10), Ok(vec![]));
        for group in entries.chunks(7) {
            journal.append_group(group).unwrap();
        }
        assert_eq!(journal.last(), Lsn(40), "entries are numbered without gaps from 1");
        assert_eq!(journal.sync(), Ok(Lsn(40)));
        assert_eq!(journal.durable(), Lsn(40));
    }
    let mut journal = open();
    assert_eq!(journal.last(), Lsn(40), "a restart finds what was written");
    let keys = journal.keys();
    let read = journal.read_from(Lsn(1), usize::MAX).unwrap();
    assert!(
        read.iter().all(|(_, entry)| !format!("{:?}", entry.fact).contains("clear")),
        "numbers are sealed"
    );
    let clear: Vec<Entry> = read.into_iter().map(|(_, entry)| keys.unseal_entry(entry)).collect();
    assert_eq!(clear, entries);
    let some = journal.read_from(Lsn(11), 3).unwrap();
    assert_eq!(some.iter().map(|(lsn, _)| lsn.0).collect::<Vec<_>>(), [11, 12, 13]);

    let contact = ContactId(Stamp { node: 1, epoch: 1, count: 2 });
    journal.append_group(&[Entry { at_ms: 50, fact: Fact::Erased { contact } }]).unwrap();
    journal.sync().unwrap();
    drop(journal);
    let journal = open();
    let (_, second) = journal.read_from(Lsn(2), 1).unwrap().remove(0);
    let Fact::CitizenFound { number, .. } = journal.keys().unseal_entry(second).fact else {
        panic!("a citizen")
    };
    assert_eq!(number, Personal::Erased, "who was erased stays erased");
}
