//! The parts of a journal vouch for each other. One that is missing or shorter than the others tell is not made anew: somebody moved
//! it, or a disk lost it, and ids would be given out twice or numbers become unreadable. That is a refusal, with a remedy.

use std::collections::BTreeMap;

use super::Lsn;
use super::disk::{Disk, keep_aside, replace};
use super::keys_file::KeysFile;
use super::log::{LogError, segments};
use super::recovery::checkpoint_lsn;
use super::seal::{Key, Keys, Sealer};

const SECRET: &str = "secret";

/// What a start finds, before it makes anything.
pub(super) struct There {
    log: bool,
    keys: bool,
    pub(super) keys_file: bool,
    pub(super) secret_file: bool,
    /// The checkpoint is made of entries that were durable: the log must reach as far.
    checkpoint: Option<Lsn>,
}

impl There {
    pub(super) fn look<D: Disk>(disk: &D) -> Result<There, LogError> {
        let names = disk.list()?;
        let has = |name: &str| names.iter().any(|known| known == name);
        let keys_file = has(KeysFile::<D>::NAME);
        let log = !segments(disk)?.is_empty();
        let keys = keys_file && !disk.read(KeysFile::<D>::NAME)?.is_empty();
        Ok(There { log, keys, keys_file, secret_file: has(SECRET), checkpoint: checkpoint_lsn(disk) })
    }

    /// What is known to have been durable.
    pub(super) fn safe(&self) -> Lsn {
        self.checkpoint.unwrap_or_default()
    }

    pub(super) fn refuse_lost_log(&self) -> Result<(), LogError> {
        let witness = match (self.keys, self.checkpoint) {
            _ if self.log => return Ok(()),
            (true, _) => "keys",
            (false, Some(_)) => "checkpoint",
            (false, None) => return Ok(()),
        };
        let what = format!("there is the file `{witness}`, and no file journal-*.log beside it");
        Err(LogError::Incomplete { what, remedy: RESTORE_OR_BEGIN })
    }

    pub(super) fn refuse_lost_files(&self, last: Lsn) -> Result<(), LogError> {
        if self.safe() > last {
            let (last, safe) = (last.0, self.safe().0);
            let what = format!("it ends with entry {last}, and entry {safe} is known to have been safe");
            return Err(LogError::Incomplete { what, remedy: RESTORE_OR_MARK });
        }
        self.refuse_lost_keys(last)?;
        if last > Lsn(0) && !self.secret_file {
            let what = format!("it has {} entries, and the file `secret` is missing", last.0);
            return Err(LogError::Incomplete { what, remedy: RESTORE_SECRET });
        }
        Ok(())
    }

    pub(super) fn refuse_lost_keys(&self, last: Lsn) -> Result<(), LogError> {
        if last == Lsn(0) || self.keys_file {
            return Ok(());
        }
        let what = format!("it has {} entries, and the file `keys` is missing", last.0);
        Err(LogError::Incomplete { what, remedy: RESTORE_KEYS })
    }
}

/// What to do when the log is gone.
pub const RESTORE_OR_BEGIN: &str = "restore the directory `journal` from a backup; to begin anew, with numbers that may repeat those \
    given out before, give --data another directory, or move everything in this one away";
const RESTORE_OR_MARK: &str = "restore the directory `journal` from a backup, or run `centralino journal repair --data DIR`, which \
    marks the missing entries as lost";
const RESTORE_KEYS: &str = "restore it from a backup: without it the numbers and the open dialogs on record can never be read again; \
    if it is lost, say so by `centralino journal repair --data DIR --without-keys`";
const RESTORE_SECRET: &str = "restore it from a backup, or run `centralino journal repair --data DIR`, which makes another one: \
    nothing is lost, but the next start reads the whole journal";

/// The refusal to give up keys without being told.
pub(super) fn no_key_left() -> LogError {
    let what = "no key in the file `keys` can be read".to_owned();
    LogError::Incomplete { what, remedy: RESTORE_KEYS }
}

/// Octets of the secret.
const SECRET_LEN: usize = 32;

/// The secret of the data directory, made at its first opening.
pub(super) fn secret<D: Disk>(disk: &D, sealer: &mut Sealer) -> Result<Key, LogError> {
    if !disk.list()?.iter().any(|name| name == SECRET) {
        replace(disk, SECRET, &sealer.random::<SECRET_LEN>())?;
    }
    read_secret(disk)
}

fn read_secret<D: Disk>(disk: &D) -> Result<Key, LogError> {
    disk.read(SECRET)?.try_into().map_err(|bytes: Vec<u8>| {
        let why = format!("it has {} bytes and must have {SECRET_LEN}", bytes.len());
        LogError::Damaged { file: SECRET.to_owned(), offset: 0, why }
    })
}

/// What is wrong with keys and secret; for a check.
pub(super) fn problem_of_keys<D: Disk>(disk: &D, last: Lsn) -> Result<Option<LogError>, LogError> {
    let there = There::look(disk)?;
    if let Err(missing) = there.refuse_lost_log().and_then(|()| there.refuse_lost_files(last)) {
        return Ok(Some(missing));
    }
    if there.secret_file
        && let Err(bad) = read_secret(disk)
    {
        return Ok(Some(bad));
    }
    if there.keys_file { KeysFile::problem(disk) } else { Ok(None) }
}

/// Puts a secret in the place of one that is missing or none; true if it had to. A bad one is kept aside.
pub(super) fn mend_secret<D: Disk>(disk: &D, fresh: &Key, aside: &mut Vec<String>) -> Result<bool, LogError> {
    let there = There::look(disk)?;
    if there.secret_file {
        if read_secret(disk).is_ok() {
            return Ok(false);
        }
        aside.push(keep_aside(disk, "secret.damaged", &disk.read(SECRET)?)?);
    }
    replace(disk, SECRET, fresh)?;
    Ok(true)
}

/// Reads the secret and the keys of a journal that is not open for writing; for tools. What cannot be read is as if erased.
pub fn keys_at_rest<D: Disk>(disk: &D) -> Result<Keys, LogError> {
    let there = There::look(disk)?;
    let ring = if there.keys_file { KeysFile::read(disk)? } else { BTreeMap::new() };
    let secret = if there.secret_file { read_secret(disk).unwrap_or([0; 32]) } else { [0; 32] };
    Ok(Keys::new(ring, secret))
}
