//! Views on the disk, in sled: one tree, rows as JSON, everything of a batch in one atomic write.
//!
//! | key | value |
//! |---|---|
//! | `a` | the lsn applied, the layout's version, a mark of the secret |
//! | `c` contact | [`Contact`], personal fields sealed |
//! | `t` opened, contact | queue, outcome and direction, so that a list passes over what is not asked for without reading rows |
//! | `n` number hash, opened, contact | the same |
//! | `k` case, `z` citizen | [`Case`], [`Citizen`] |
//! | `m` lsn | [`Message`], sealed |
//! | `h` number hash | citizen |
//! | `r` recording | contact |
//!
//! All of it is disposable. sled's flush is not safe from a power cut, and a snapshot that was being written when the process
//! died keeps it from opening; so whatever is wrong with it, the directory is removed and the rows are made anew.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sled::{Batch, IVec};

use crate::crm::{Case, Citizen, Contact, Message};
use crate::ids::{CaseId, CitizenId, ContactId, QueueId, Stamp};
use crate::journal::Lsn;
use crate::journal::entry::Entry;
use crate::journal::seal::{Keys, NumberHash};
use crate::views::fold::{Delta, Rows, fold};
use crate::views::{ContactFilter, Cursor, Listing, Page, ViewError, Views};
use crate::words::{Direction, Outcome};

/// How long views that were closed in this process may still be let go of: sled's threads hold its lock a moment longer than its
/// owner. Views are dropped when they cannot be opened, so that moment is waited for.
const LET_GO_WITHIN: Duration = Duration::from_secs(2);
/// How often it is looked.
const LET_GO_PACE: Duration = Duration::from_millis(10);

/// Changes when the rows' meaning does; other versions are dropped and made anew.
const LAYOUT: u32 = 2;

/// sled's cache. Lists read the newest rows, so little suffices.
const CACHE_BYTES: u64 = 32 << 20;

/// Rows kept at hand: more contacts than are ever open at once.
const MAX_WARM: usize = 10_000;

/// Views in a directory.
#[derive(Debug)]
pub struct SledViews {
    db: sled::Db,
    applied: Lsn,
    secret: NumberHash,
    /// Something in them could not be read.
    damaged: AtomicBool,
    /// Rows of contacts that are not over, as they are in `db`: more facts will come for them, and reading a row takes
    /// longer than all else that is done for a fact.
    warm: BTreeMap<ContactId, Contact>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Applied {
    lsn: Lsn,
    layout: u32,
    secret: NumberHash,
}

#[derive(Debug, Serialize, Deserialize)]
struct Indexed {
    queue: Option<QueueId>,
    outcome: Option<Outcome>,
    #[serde(default)]
    direction: Direction,
}

/// Opens the tree, as soon as whoever closed it in this process has let go of it.
fn opened(dir: &Path) -> Result<sled::Db, ViewError> {
    let mut patience = LET_GO_WITHIN;
    loop {
        // A damaged file makes sled panic in places; that must not stop the exchange.
        let open =
            || sled::Config::new().path(dir).cache_capacity(CACHE_BYTES).flush_every_ms(Some(1000)).open();
        let tried = std::panic::catch_unwind(open)
            .map_err(|_| ViewError::Store("the store gave up on opening".to_owned()))?;
        match tried {
            Err(sled::Error::Io(error))
                if !patience.is_zero() && error.to_string().contains("acquire lock") =>
            {
                std::thread::sleep(LET_GO_PACE);
                patience = patience.saturating_sub(LET_GO_PACE);
            }
            tried => return tried.map_err(store),
        }
    }
}

impl SledViews {
    /// Opens the views in `dir`. `last` is the journal's end: views that are damaged, of another layout or secret, or ahead of
    /// it are dropped, to be made anew by the caller's catching up.
    pub fn open(dir: &Path, last: Lsn, keys: &Keys) -> Result<SledViews, ViewError> {
        let secret = keys.hash("views");
        let problem = match SledViews::open_as_is(dir, secret) {
            Ok(views) if views.applied <= last => return Ok(views),
            Ok(_) => "they are ahead of the journal".to_owned(),
            Err(problem) => problem.to_string(),
        };
        tracing::warn!(dir = %dir.display(), %problem, "the views are dropped");
        SledViews::anew(dir, keys)
    }

    /// Begins views in `dir`, with nothing in them, whatever lay there.
    pub fn anew(dir: &Path, keys: &Keys) -> Result<SledViews, ViewError> {
        if dir.exists() {
            std::fs::remove_dir_all(dir).map_err(|error| ViewError::Store(error.to_string()))?;
        }
        SledViews::open_as_is(dir, keys.hash("views"))
    }

    fn open_as_is(dir: &Path, secret: NumberHash) -> Result<SledViews, ViewError> {
        refuse_half_snapshot(dir)?;
        let db = opened(dir)?;
        let (damaged, warm) = (AtomicBool::new(false), BTreeMap::new());
        let mut views = SledViews { db, applied: Lsn(0), secret, damaged, warm };
        match views.row::<Applied>(b"a")? {
            Some(applied) if applied.layout == LAYOUT && applied.secret == secret => {
                views.applied = applied.lsn
            }
            Some(_) => return Err(ViewError::Store("they are of another layout or journal".to_owned())),
            None if views.db.is_empty() => {}
            None => return Err(ViewError::Store("they do not tell how far they are".to_owned())),
        }
        Ok(views)
    }

    /// Writes out what is in memory; for an orderly end.
    pub fn flush(&self) -> Result<(), ViewError> {
        self.db.flush().map(drop).map_err(store)
    }

    /// Something in them could not be read: they are to be made anew. A process that opens them later does so by itself.
    pub fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Remembers a failure, here and on the disk: without `a` they do not tell how far they are, and are dropped when they are opened.
    fn noted<T>(&self, read: Result<T, ViewError>) -> Result<T, ViewError> {
        if read.is_err() && !self.damaged.swap(true, Ordering::Relaxed) {
            let _ = self.db.remove(b"a"); // if this fails too, whoever asks next notes it again
        }
        read
    }

    fn row<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, ViewError> {
        let bytes = self.db.get(key).map_err(store);
        self.noted(bytes.and_then(|bytes| bytes.map(|bytes| parse(&bytes)).transpose()))
    }

    fn commit(&mut self, delta: Delta) -> Result<(), ViewError> {
        let mut rows = Written::default();
        delta.contacts.values().for_each(|contact| rows.put_contact(contact));
        for case in delta.cases.values() {
            rows.put(&key(b'k', &case.case.0.to_be_bytes()), case);
        }
        for citizen in delta.citizens.values() {
            rows.put(&key(b'z', &stamp_key(citizen.citizen.0)), citizen);
        }
        for (lsn, message) in &delta.messages {
            rows.put(&key(b'm', &lsn.0.to_be_bytes()), message);
        }
        for (number, citizen) in &delta.numbers {
            rows.put(&key(b'h', &number.0), citizen);
        }
        for (file, contact) in &delta.recordings {
            rows.put(&key(b'r', file.as_bytes()), contact);
        }
        for (number, place) in &delta.unlisted {
            rows.batch.remove(number_key(*number, *place));
        }
        for number in &delta.forgotten {
            rows.batch.remove(key(b'h', &number.0));
        }
        rows.put(b"a", &Applied { lsn: delta.applied, layout: LAYOUT, secret: self.secret });
        self.db.apply_batch(rows.batch).map_err(store)?;
        self.applied = delta.applied;
        delta.contacts.into_values().for_each(|contact| self.keep_warm(contact));
        Ok(())
    }

    fn keep_warm(&mut self, contact: Contact) {
        self.warm.remove(&contact.contact);
        let is_over = contact.closed_ms.is_some() && contact.times.wrap_up.since_ms.is_none();
        if !is_over && self.warm.len() < MAX_WARM {
            self.warm.insert(contact.contact, contact);
        }
    }

    /// Goes through an index, newest first, and reads the rows that are asked for.
    fn list(&self, prefix: &[u8], filter: &ContactFilter, page: &Page) -> Result<Listing, ViewError> {
        let low = [prefix, &time_key(filter.from_ms.unwrap_or(i64::MIN))[..]].concat();
        let end = match (page.after, filter.to_ms) {
            (Some(after), _) => [prefix, &place_key(after)[..]].concat(),
            (None, Some(to_ms)) => [prefix, &time_key(to_ms)[..]].concat(),
            (None, None) => [prefix, &[0xff; 20][..]].concat(),
        };
        let places = (low <= end).then(|| self.db.range(low..end).rev()).into_iter().flatten();
        let rows = places.filter_map(|item| self.noted(self.wanted(item, prefix.len(), filter)).transpose());
        Listing::of(rows, page.limit)
    }

    /// The row that an item of an index leads to, when it is asked for.
    fn wanted(
        &self,
        item: sled::Result<(IVec, IVec)>,
        prefix: usize,
        filter: &ContactFilter,
    ) -> Result<Option<Contact>, ViewError> {
        let (key, value) = item.map_err(store)?;
        let indexed: Indexed = parse(&value)?;
        match place_of(key.get(prefix..).unwrap_or_default()) {
            Some(place)
                if filter.covers(place.opened_ms)
                    && filter.suits(indexed.queue.as_ref(), indexed.outcome, indexed.direction) =>
            {
                self.contact_row(place.contact)
            }
            _ => Ok(None),
        }
    }
}

/// sled leaves this file when the process dies while it writes a snapshot, and then does not open.
fn refuse_half_snapshot(dir: &Path) -> Result<(), ViewError> {
    let Ok(items) = std::fs::read_dir(dir) else { return Ok(()) };
    let half = items.flatten().any(|item| item.file_name().to_string_lossy().ends_with(".generating"));
    if half { Err(ViewError::Store("a snapshot was left half written".to_owned())) } else { Ok(()) }
}

impl Rows for SledViews {
    fn contact_row(&self, id: ContactId) -> Result<Option<Contact>, ViewError> {
        if let Some(contact) = self.warm.get(&id) {
            return Ok(Some(contact.clone()));
        }
        self.row(&key(b'c', &stamp_key(id.0)))
    }

    fn case_row(&self, id: CaseId) -> Result<Option<Case>, ViewError> {
        self.row(&key(b'k', &id.0.to_be_bytes()))
    }

    fn citizen_row(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError> {
        self.row(&key(b'z', &stamp_key(id.0)))
    }

    fn recording_row(&self, file: &str) -> Result<Option<ContactId>, ViewError> {
        self.row(&key(b'r', file.as_bytes()))
    }
}

impl Views for SledViews {
    fn applied(&self) -> Lsn {
        self.applied
    }

    fn apply(&mut self, batch: &[(Lsn, Entry)], keys: &Keys) -> Result<(), ViewError> {
        let delta = fold(self, self.applied, batch, keys)?;
        self.commit(delta)
    }

    fn clear(&mut self) -> Result<(), ViewError> {
        self.db.clear().map_err(store)?;
        self.warm.clear();
        self.applied = Lsn(0);
        Ok(())
    }

    fn contact(&self, id: ContactId) -> Result<Option<Contact>, ViewError> {
        self.contact_row(id)
    }

    fn contacts(&self, filter: &ContactFilter, page: &Page) -> Result<Listing, ViewError> {
        match filter.number {
            Some(number) => self.list(&key(b'n', &number.0), filter, page),
            None => self.list(b"t", filter, page),
        }
    }

    fn case(&self, id: CaseId) -> Result<Option<Case>, ViewError> {
        self.case_row(id)
    }

    fn citizen(&self, id: CitizenId) -> Result<Option<Citizen>, ViewError> {
        self.citizen_row(id)
    }

    fn messages(&self, limit: usize, before: Option<Lsn>) -> Result<Vec<Message>, ViewError> {
        let end = key(b'm', &before.map_or(u64::MAX, |lsn| lsn.0).to_be_bytes());
        let rows = self.db.range(key(b'm', &[])..end).rev().take(limit);
        self.noted(rows.map(|row| parse(&row.map_err(store)?.1)).collect())
    }

    fn citizen_by_number(&self, number: NumberHash) -> Result<Option<CitizenId>, ViewError> {
        self.row(&key(b'h', &number.0))
    }
}

/// What one commit writes; all rows go through one buffer.
#[derive(Default)]
struct Written {
    batch: Batch,
    json: Vec<u8>,
}

impl Written {
    fn put_contact(&mut self, contact: &Contact) {
        let indexed =
            Indexed { queue: contact.queue.clone(), outcome: contact.outcome, direction: contact.direction };
        let place = Cursor::of(contact);
        self.put(&key(b'c', &stamp_key(contact.contact.0)), contact);
        self.put(&key(b't', &place_key(place)), &indexed);
        if let Some(number) = contact.number {
            self.put(&number_key(number, place), &indexed);
        }
    }

    fn put(&mut self, key: &[u8], row: &impl Serialize) {
        self.json.clear();
        serde_json::to_writer(&mut self.json, row).expect("rows are plain data with string keys");
        self.batch.insert(key, self.json.as_slice());
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ViewError> {
    serde_json::from_slice(bytes).map_err(|error| ViewError::Row(error.to_string()))
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it by value")]
fn store(error: sled::Error) -> ViewError {
    ViewError::Store(error.to_string())
}

fn key(kind: u8, rest: &[u8]) -> Vec<u8> {
    [&[kind][..], rest].concat()
}

fn number_key(number: NumberHash, place: Cursor) -> Vec<u8> {
    [&key(b'n', &number.0)[..], &place_key(place)].concat()
}

/// Bytes that sort as stamps do.
fn stamp_key(stamp: Stamp) -> [u8; 10] {
    let mut bytes = [0; 10];
    bytes[..2].copy_from_slice(&stamp.node.to_be_bytes());
    bytes[2..6].copy_from_slice(&stamp.epoch.to_be_bytes());
    bytes[6..].copy_from_slice(&stamp.count.to_be_bytes());
    bytes
}

/// Bytes that sort as moments do, those before 1970 too.
fn time_key(ms: i64) -> [u8; 8] {
    (ms.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

fn place_key(place: Cursor) -> [u8; 18] {
    let mut bytes = [0; 18];
    bytes[..8].copy_from_slice(&time_key(place.opened_ms));
    bytes[8..].copy_from_slice(&stamp_key(place.contact.0));
    bytes
}

fn place_of(bytes: &[u8]) -> Option<Cursor> {
    let (time, rest) = bytes.split_first_chunk::<8>()?;
    let (node, rest) = rest.split_first_chunk::<2>()?;
    let (epoch, rest) = rest.split_first_chunk::<4>()?;
    let count = rest.first_chunk::<4>()?;
    let stamp = Stamp {
        node: u16::from_be_bytes(*node),
        epoch: u32::from_be_bytes(*epoch),
        count: u32::from_be_bytes(*count),
    };
    let opened_ms = (u64::from_be_bytes(*time) ^ (1 << 63)).cast_signed();
    Some(Cursor { opened_ms, contact: ContactId(stamp) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::file_journal::FileJournal;
    use crate::journal::sim_disk::SimDisk;
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn keys() -> Keys {
        FileJournal::open(SimDisk::new(), ChaCha20Rng::seed_from_u64(1), 1 << 20).unwrap().0.keys()
    }

    #[test]
    fn conforms() {
        let dir = tempfile::tempdir().unwrap();
        let mut count = 0;
        crate::views::conformance::suite(|| {
            count += 1;
            SledViews::open(&dir.path().join(count.to_string()), Lsn(u64::MAX), &keys()).unwrap()
        });
    }

    fn with_a_call(dir: &Path) {
        let mut views = SledViews::open(dir, Lsn(16), &keys()).unwrap();
        let entries = crate::views::conformance::answered(1, 0, "anonymous");
        let batch: Vec<_> = (1..).map(Lsn).zip(entries).collect();
        views.apply(&batch, &keys()).unwrap();
        views.flush().unwrap();
    }

    #[test]
    fn views_are_remembered_with_how_far_they_are() {
        let dir = tempfile::tempdir().unwrap();
        with_a_call(dir.path());
        let views = SledViews::open(dir.path(), Lsn(20), &keys()).unwrap();
        assert_eq!(views.applied(), Lsn(16));
        assert!(views.case(CaseId(1)).unwrap().is_some());
    }

    #[test]
    fn row_that_cannot_be_read_is_noted_and_the_next_opening_begins_anew() {
        let dir = tempfile::tempdir().unwrap();
        with_a_call(dir.path());
        let views = SledViews::open(dir.path(), Lsn(20), &keys()).unwrap();
        assert!(!views.is_damaged());
        views.db.insert(key(b'k', &1u64.to_be_bytes()), b"half a r").unwrap();
        assert!(matches!(views.case(CaseId(1)), Err(ViewError::Row(_))));
        assert!(views.is_damaged());
        drop(views);
        assert_eq!(SledViews::open(dir.path(), Lsn(20), &keys()).unwrap().applied(), Lsn(0));
    }

    #[test]
    fn damaged_or_foreign_views_are_dropped_and_begin_anew() {
        type Spoil = fn(&Path);
        let spoils: [(&str, Spoil, Lsn); 3] = [
            (
                "half a snapshot",
                |dir| std::fs::write(dir.join("snap.0000.generating"), b"x").unwrap(),
                Lsn(20),
            ),
            ("rubbish", |dir| std::fs::write(dir.join("db"), vec![7; 5000]).unwrap(), Lsn(20)),
            ("ahead of the journal", |_| {}, Lsn(10)),
        ];
        for (what, spoil, last) in spoils {
            let dir = tempfile::tempdir().unwrap();
            with_a_call(dir.path());
            spoil(dir.path());
            let views = SledViews::open(dir.path(), last, &keys()).unwrap();
            assert_eq!(views.applied(), Lsn(0), "{what}");
        }
    }
}
