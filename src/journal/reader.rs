//! Reading the log from any entry on, at rest or while it is being written.

use super::Lsn;
use super::disk::Disk;
use super::entry::Entry;
use super::log::{LogError, segments, unreadable};
use super::record;

/// Reads entries in order, one segment in memory at a time. In the last segment it ends at the first record that is not
/// whole: the writer may be at it.
#[derive(Debug)]
pub struct Reader<D: Disk> {
    disk: D,
    from: u64,
    segment: Option<Loaded>,
    /// Nothing more, or an error was given.
    over: bool,
}

#[derive(Debug)]
struct Loaded {
    first: u64,
    name: String,
    bytes: Vec<u8>,
    at: usize,
    /// The lsn of the record at `at`.
    lsn: u64,
    newest: bool,
}

impl<D: Disk> Reader<D> {
    /// Reads from `from` on; everything when it is 0 or 1.
    pub fn new(disk: D, from: Lsn) -> Reader<D> {
        Reader { disk, from: from.0.max(1), segment: None, over: false }
    }

    fn advance(&mut self) -> Result<Option<(Lsn, Entry)>, LogError> {
        loop {
            let Some(mut segment) = self.segment.take() else {
                self.segment = self.load_first()?;
                if self.segment.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let step = segment.step(self.from)?;
            if step.is_some() || segment.newest {
                self.segment = Some(segment);
                return Ok(step);
            }
            self.segment = Some(self.load_after(&segment)?);
        }
    }

    /// The segment that holds the first entry wanted.
    fn load_first(&self) -> Result<Option<Loaded>, LogError> {
        let all = segments(&self.disk)?;
        match all.iter().rposition(|(first, _)| *first <= self.from) {
            Some(at) => self.load(&all, at).map(Some),
            None => match all.first() {
                Some((first, name)) => Err(missing(name, self.from, *first)),
                None => Ok(None),
            },
        }
    }

    /// The segment that goes on where `done` ends.
    fn load_after(&self, done: &Loaded) -> Result<Loaded, LogError> {
        let all = segments(&self.disk)?;
        match all.iter().position(|(first, _)| *first > done.first) {
            Some(at) if all[at].0 == done.lsn => self.load(&all, at),
            Some(at) => Err(missing(&all[at].1, done.lsn, all[at].0)),
            None => Err(missing(&done.name, done.lsn, done.first)),
        }
    }

    fn load(&self, all: &[(u64, String)], at: usize) -> Result<Loaded, LogError> {
        let (first, name) = all[at].clone();
        let bytes = self.disk.read(&name)?;
        Ok(Loaded { first, name, bytes, at: 0, lsn: first, newest: at + 1 == all.len() })
    }
}

fn missing(name: &str, wanted: u64, first: u64) -> LogError {
    let why = format!("it begins with entry {first}, and the file with entry {wanted} is missing");
    LogError::Damaged { file: name.to_owned(), offset: 0, why }
}

impl Loaded {
    /// The next entry that is `from` or later; `None` at the end of the segment.
    fn step(&mut self, from: u64) -> Result<Option<(Lsn, Entry)>, LogError> {
        loop {
            let record = match record::decode_as(&self.bytes, self.at, self.lsn) {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(None),
                Err(problem) if self.newest && record::is_torn(&self.bytes, self.at, self.lsn, problem) => {
                    return Ok(None);
                }
                Err(problem) => return Err(unreadable(&self.name, self.at, problem)),
            };
            let wanted = (self.lsn >= from).then(|| serde_json::from_slice(record.payload));
            let (lsn, end) = (self.lsn, record.end);
            if let Some(Err(unknown)) = &wanted {
                let why = format!("entry {lsn} is not understood ({unknown})");
                return Err(LogError::Newer { file: self.name.clone(), offset: self.at, why });
            }
            (self.at, self.lsn) = (end, lsn + 1);
            if let Some(Ok(entry)) = wanted {
                return Ok(Some((Lsn(lsn), entry)));
            }
        }
    }
}

impl<D: Disk> Iterator for Reader<D> {
    type Item = Result<(Lsn, Entry), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.advance().transpose();
        self.over = !matches!(item, Some(Ok(_)));
        item
    }
}
