//! The data directory: whose it is, who may look into it, and that one process is at work in it.
//!
//! What people said and who they are lies in it, so everything is for its owner only: directories 0700, files 0600. One that
//! others may look into is tightened, and that is told. One that belongs to somebody else is refused: what we wrote there, its
//! owner could not open any more. The journal's files must be files: a link that leads nowhere would look like a journal that has
//! not begun.

use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::Mode;

use super::OpenError;
use crate::io::disk::told;
use crate::journal::disk::{DiskError, DiskOp};
use crate::journal::log::LogError;
use crate::journal::parts::RESTORE_OR_BEGIN;

/// How deep below the data directory permissions are looked after: sled lays its files in a directory of its own.
const DEPTH: usize = 3;

/// The lock on a data directory, held as long as it lives. It lies on the directory itself: a file in it could be removed, and
/// then two would be at work.
#[derive(Debug)]
pub struct DirLock(#[expect(dead_code, reason = "closing it gives the lock back")] File);

/// Where the journal of a data directory lies.
pub(super) fn journal_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// Makes the data directory if it is not there, for its owner only.
pub(super) fn make(dir: &Path) -> Result<(), DiskError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.map_err(|error| told(DiskOp::Open, dir, &error))
}

/// Locks the data directory `dir`, which must be there and ours. What this process makes from now on is for its owner only.
pub(super) fn lock(dir: &Path) -> Result<DirLock, OpenError> {
    let open = |error: &io::Error| told(DiskOp::Open, dir, error);
    let directory = File::open(dir).map_err(|error| open(&error))?;
    let metadata = directory.metadata().map_err(|error| open(&error))?;
    if !metadata.is_dir() {
        return Err(open(&io::Error::from(ErrorKind::NotADirectory)).into());
    }
    let (owner, us) = (metadata.uid(), rustix::process::geteuid().as_raw());
    if owner != us {
        return Err(OpenError::NotOurs { dir: dir.display().to_string(), owner, us });
    }
    match directory.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(OpenError::InUse { dir: dir.display().to_string() }),
        Err(TryLockError::Error(error)) => return Err(open(&error).into()),
    }
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    Ok(DirLock(directory))
}

/// Takes away from others what they may do here. Only what is ours is touched: somebody may have named `/tmp`.
pub(super) fn tighten(dir: &Path) -> Result<(), DiskError> {
    let mut tightened = 0;
    if journal_dir(dir).exists() || names(dir)?.is_empty() {
        tighten_one(dir, &mut tightened)?;
    }
    for name in ["journal", "views", "recordings", "http-token", "http-address", "deletion-waits-until"] {
        tighten_below(&dir.join(name), DEPTH, &mut tightened)?;
    }
    if tightened > 0 {
        tracing::warn!(dir = %dir.display(), files = tightened, "the data directory was open to others; now it is for its owner only");
    }
    Ok(())
}

/// Links are not followed. Recordings are behind their directory: there may be too many to look at each.
fn tighten_below(path: &Path, depth: usize, tightened: &mut u32) -> Result<(), DiskError> {
    if path.is_symlink() || !path.exists() {
        return Ok(());
    }
    tighten_one(path, tightened)?;
    if depth == 0 || !path.is_dir() || path.ends_with("recordings") {
        return Ok(());
    }
    names(path)?.iter().try_for_each(|name| tighten_below(&path.join(name), depth - 1, tightened))
}

fn tighten_one(path: &Path, tightened: &mut u32) -> Result<(), DiskError> {
    let change = |error: io::Error| told(DiskOp::Change, path, &error);
    let mode = fs::metadata(path).map_err(change)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(mode & 0o700)).map_err(change)?;
        *tightened += 1;
    }
    Ok(())
}

/// Refuses a journal that has become something else than files in a directory, and one that is gone while what came of it is
/// still there.
pub(super) fn refuse_what_is_odd(dir: &Path) -> Result<(), OpenError> {
    let mut segments = 0;
    for name in names(&journal_dir(dir))?.iter().filter(|name| !name.starts_with('.')) {
        let path = journal_dir(dir).join(name);
        if path.is_symlink() || !path.is_file() {
            return Err(OpenError::Odd { path: path.display().to_string() });
        }
        segments += u32::from(name.ends_with(".log"));
    }
    if segments > 0 {
        return Ok(());
    }
    match ["recordings", "views", "http-token"].iter().find(|name| dir.join(name).exists()) {
        Some(witness) => Err(gone(&format!("`{witness}` is there, and no file journal/journal-*.log"))),
        None => Ok(()),
    }
}

/// Refuses a journal without an entry beside recordings: they are named after contacts of it.
pub(super) fn refuse_recordings_without_entries(dir: &Path) -> Result<(), OpenError> {
    if names(&dir.join("recordings"))?.is_empty() {
        return Ok(());
    }
    Err(gone("there are recordings, and not one entry"))
}

/// The refusal of a journal that has been emptied.
pub(super) fn gone(what: &str) -> OpenError {
    LogError::Incomplete { what: what.to_owned(), remedy: RESTORE_OR_BEGIN }.into()
}

/// What lies in a directory; nothing when it is not there.
fn names(dir: &Path) -> Result<Vec<String>, DiskError> {
    let list = |error: &io::Error| told(DiskOp::List, dir, error);
    let items = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        items => items.map_err(|error| list(&error))?,
    };
    let name = |item: io::Result<fs::DirEntry>| {
        item.map(|item| item.file_name().to_string_lossy().into_owned()).map_err(|error| list(&error))
    };
    items.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn directory_that_others_may_look_into_is_tightened_down_to_the_files_of_the_views() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("data");
        let (file, note) = (dir.join("views/blobs/1"), dir.join("note.txt"));
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::create_dir(journal_dir(&dir)).unwrap();
        fs::write(&file, "x").unwrap();
        fs::write(&note, "x").unwrap();
        fs::set_permissions(&note, Permissions::from_mode(0o644)).unwrap();
        fs::write(dir.join("http-token"), "x").unwrap();
        for open in [&dir, &dir.join("views"), &dir.join("views/blobs")] {
            fs::set_permissions(open, Permissions::from_mode(0o755)).unwrap();
        }
        tighten(&dir).unwrap();
        assert_eq!((mode(&dir), mode(&dir.join("views/blobs"))), (0o700, 0o700));
        assert_eq!((mode(&file), mode(&dir.join("http-token"))), (0o600, 0o600));
        assert_eq!(mode(&note), 0o644, "what is not ours is left alone");
    }

    #[test]
    fn directory_in_which_others_have_their_things_is_left_to_them() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("theirs"), "x").unwrap();
        fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
        tighten(root.path()).unwrap();
        assert_eq!(mode(root.path()), 0o755);
        fs::remove_file(root.path().join("theirs")).unwrap();
        tighten(root.path()).unwrap();
        assert_eq!(mode(root.path()), 0o700);
    }

    #[test]
    fn file_in_the_place_of_the_directory_is_told_as_such() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("data");
        fs::write(&file, "x").unwrap();
        let errors = [make(&file).map_err(OpenError::from).unwrap_err(), lock(&file).map(drop).unwrap_err()];
        for error in errors.map(|error| error.to_string()) {
            assert!(error.contains("data: a file stands where a directory belongs"), "{error}");
        }
    }

    #[test]
    fn link_in_the_place_of_a_journal_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let journal = journal_dir(root.path());
        fs::create_dir(&journal).unwrap();
        symlink("/nowhere", journal.join("journal-00000000000000000001.log")).unwrap();
        let error = refuse_what_is_odd(root.path()).unwrap_err().to_string();
        assert!(error.contains("00001.log is not a file"), "{error}");
    }

    #[test]
    fn journal_that_is_gone_is_not_begun_anew_beside_what_came_of_it() {
        for witness in ["views", "recordings", "http-token"] {
            let root = tempfile::tempdir().unwrap();
            assert!(refuse_what_is_odd(root.path()).is_ok(), "an empty directory is a new one");
            fs::create_dir(root.path().join(witness)).unwrap();
            let error = refuse_what_is_odd(root.path()).unwrap_err().to_string();
            assert!(error.contains(witness) && error.contains("restore the directory `journal`"), "{error}");
        }
    }
}
