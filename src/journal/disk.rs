//! What the journal asks of a disk: a flat directory of files that are appended to, read whole, and now and then cut or
//! replaced. `io::disk` gives the real one; [`super::sim_disk`] gives the simulator's, with written, synced and torn states.
//!
//! Handles are cheap to clone and take `&self`, because one thread writes while another syncs the same file.

use std::fmt;

/// A directory of append-only files.
pub trait Disk: Clone + fmt::Debug {
    /// An open file.
    type File: DiskFile;

    /// Names of all files, sorted.
    fn list(&self) -> Result<Vec<String>, DiskError>;

    /// Opens for appending; creates an empty file when there is none.
    fn open(&self, name: &str) -> Result<Self::File, DiskError>;

    /// The whole file.
    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError>;

    /// Cuts the file to `len` bytes.
    fn truncate(&self, name: &str, len: u64) -> Result<(), DiskError>;

    /// Gives the file another name, replacing what had it.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError>;

    /// Removes the file.
    fn remove(&self, name: &str) -> Result<(), DiskError>;

    /// Makes creations, renames and removals last through a power cut.
    fn sync_dir(&self) -> Result<(), DiskError>;
}

/// A file open for appending.
pub trait DiskFile: Clone + fmt::Debug {
    /// Adds `bytes` at the end. After an error any prefix of them may be there.
    fn append(&self, bytes: &[u8]) -> Result<(), DiskError>;

    /// Makes what was appended last through a power cut (fdatasync). After an error nothing is known about what was not
    /// synced before, and a second success proves nothing: kernels drop the dirty pages of a failed sync.
    fn sync(&self) -> Result<(), DiskError>;
}

/// Replaces `name` by `bytes` so that after a crash there is the old content or the new, never a mixture.
pub fn replace<D: Disk>(disk: &D, name: &str, bytes: &[u8]) -> Result<(), DiskError> {
    let fresh = format!("{name}.new");
    if disk.list()?.contains(&fresh) {
        disk.remove(&fresh)?;
    }
    let file = disk.open(&fresh)?;
    if let Err(error) = file.append(bytes).and_then(|()| file.sync()) {
        // On a full disk half a file would be in the way of what matters more. Should it stay, the next replacement removes it.
        let _ = disk.remove(&fresh);
        return Err(error);
    }
    disk.rename(&fresh, name)?;
    disk.sync_dir()
}

/// Keeps `bytes` beside the others as `name`, or `name.1` and so on where that is taken, and gives the name. What is kept there
/// already is not kept twice.
pub fn keep_aside<D: Disk>(disk: &D, name: &str, bytes: &[u8]) -> Result<String, DiskError> {
    let names = disk.list()?;
    let mut aside = name.to_owned();
    let mut number = 0u64;
    while names.contains(&aside) {
        if disk.read(&aside)? == bytes {
            return Ok(aside);
        }
        number += 1;
        aside = format!("{name}.{number}");
    }
    replace(disk, &aside, bytes)?;
    Ok(aside)
}

/// The disk did not do as asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {op} {file}: {kind}{}", if .detail.is_empty() { String::new() } else { format!(" ({})", .detail) })]
pub struct DiskError {
    /// What was asked.
    pub op: DiskOp,
    /// Of which file.
    pub file: String,
    /// What is wrong, as far as a caller decides by it.
    pub kind: DiskFault,
    /// The system's own words.
    pub detail: String,
}

/// What was asked of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskOp {
    /// List the directory.
    List,
    /// Open or create.
    Open,
    /// Read.
    Read,
    /// Append.
    Write,
    /// Sync a file or the directory.
    Sync,
    /// Truncate, rename or remove.
    Change,
}

impl fmt::Display for DiskOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DiskOp::List => "list",
            DiskOp::Open => "open",
            DiskOp::Read => "read",
            DiskOp::Write => "write to",
            DiskOp::Sync => "sync",
            DiskOp::Change => "change",
        })
    }
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// There is no such file.
    NotFound,
    /// No room (ENOSPC, or a quota).
    Full,
    /// Mounted read-only.
    ReadOnly,
    /// The rights do not allow it.
    Denied,
    /// A file stands where a directory belongs.
    NotADirectory,
    /// Anything else (EIO).
    Failed,
}

impl fmt::Display for DiskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DiskFault::NotFound => "there is no such file",
            DiskFault::Full => "the disk is full; free some space",
            DiskFault::ReadOnly => {
                "the file system is read-only; mount it writable or choose another data directory"
            }
            DiskFault::Denied => {
                "permission denied; the directory must belong to the user that runs the exchange"
            }
            DiskFault::NotADirectory => {
                "a file stands where a directory belongs; name another directory, or move the file away"
            }
            DiskFault::Failed => "the disk failed; look at the system's log and at the disk's health",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::sim_disk::SimDisk;

    #[test]
    fn replacement_that_does_not_fit_leaves_the_old_content_and_no_rest() {
        let disk = SimDisk::new();
        replace(&disk, "checkpoint", b"old").unwrap();
        disk.limit_room(Some(2));
        assert_eq!(replace(&disk, "checkpoint", b"new and longer").unwrap_err().kind, DiskFault::Full);
        assert_eq!(disk.list().unwrap(), ["checkpoint"]);
        assert_eq!(disk.read("checkpoint").unwrap(), b"old");
    }

    #[test]
    fn what_is_kept_aside_replaces_nothing_and_is_kept_once() {
        let disk = SimDisk::new();
        let names = [b"one", b"two", b"one"].map(|bytes| keep_aside(&disk, "keys.cut-9", bytes).unwrap());
        assert_eq!(names, ["keys.cut-9", "keys.cut-9.1", "keys.cut-9"]);
        assert_eq!(disk.read("keys.cut-9.1").unwrap(), b"two");
    }
}
