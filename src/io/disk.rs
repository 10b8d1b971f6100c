//! The real disk under the journal: one directory, files of mode 0600, fdatasync.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::journal::disk::{Disk, DiskError, DiskFault, DiskFile, DiskOp};

/// A directory on a real disk.
#[derive(Clone, Debug)]
pub struct RealDisk {
    dir: Arc<Path>,
}

/// A file of a [`RealDisk`].
#[derive(Clone, Debug)]
pub struct RealFile {
    file: Arc<File>,
    path: Arc<Path>,
}

impl RealDisk {
    /// The directory `dir`, made if it is not there (mode 0700).
    pub fn new(dir: impl Into<PathBuf>) -> Result<RealDisk, DiskError> {
        let dir = dir.into();
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|error| told(DiskOp::Open, &dir, &error))?;
        Ok(RealDisk { dir: dir.into() })
    }

    /// The directory `dir` as it is, for reading.
    pub fn existing(dir: impl Into<PathBuf>) -> RealDisk {
        RealDisk { dir: dir.into().into() }
    }

    fn on(&self, op: DiskOp, name: &str, result: io::Result<()>) -> Result<(), DiskError> {
        result.map_err(|error| told(op, &self.dir.join(name), &error))
    }
}

/// The system's error in our words.
pub(crate) fn told(op: DiskOp, path: &Path, error: &io::Error) -> DiskError {
    let kind = match error.kind() {
        ErrorKind::NotFound => DiskFault::NotFound,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => DiskFault::Full,
        ErrorKind::ReadOnlyFilesystem => DiskFault::ReadOnly,
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => DiskFault::NotADirectory,
        ErrorKind::PermissionDenied => DiskFault::Denied,
        _ => DiskFault::Failed,
    };
    DiskError { op, file: path.display().to_string(), kind, detail: error.to_string() }
}

impl Disk for RealDisk {
    type File = RealFile;

    fn list(&self) -> Result<Vec<String>, DiskError> {
        let names = || -> io::Result<Vec<String>> {
            let mut names = Vec::new();
            for item in std::fs::read_dir(&self.dir)? {
                let item = item?;
                if item.file_type()?.is_file() {
                    names.extend(item.file_name().into_string());
                }
            }
            names.sort();
            Ok(names)
        };
        names().map_err(|error| told(DiskOp::List, &self.dir, &error))
    }

    fn open(&self, name: &str) -> Result<RealFile, DiskError> {
        let path = self.dir.join(name);
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&path);
        let file = file.map_err(|error| told(DiskOp::Open, &path, &error))?;
        Ok(RealFile { file: Arc::new(file), path: path.into() })
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
        let path = self.dir.join(name);
        std::fs::read(&path).map_err(|error| told(DiskOp::Read, &path, &error))
    }

    fn truncate(&self, name: &str, len: u64) -> Result<(), DiskError> {
        let cut = || OpenOptions::new().write(true).open(self.dir.join(name))?.set_len(len);
        self.on(DiskOp::Change, name, cut())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
        self.on(DiskOp::Change, from, std::fs::rename(self.dir.join(from), self.dir.join(to)))
    }

    fn remove(&self, name: &str) -> Result<(), DiskError> {
        self.on(DiskOp::Change, name, std::fs::remove_file(self.dir.join(name)))
    }

    fn sync_dir(&self) -> Result<(), DiskError> {
        let sync = || File::open(&self.dir)?.sync_all();
        sync().map_err(|error| told(DiskOp::Sync, &self.dir, &error))
    }
}

impl DiskFile for RealFile {
    fn append(&self, bytes: &[u8]) -> Result<(), DiskError> {
        (&*self.file).write_all(bytes).map_err(|error| told(DiskOp::Write, &self.path, &error))
    }

    fn sync(&self) -> Result<(), DiskError> {
        self.file.sync_data().map_err(|error| told(DiskOp::Sync, &self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::conformance::suite;
    use crate::journal::file_journal::FileJournal;
    use rand::{SeedableRng, rngs::ChaCha20Rng};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn journal_conforms_on_the_real_disk_and_is_for_its_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(dir.path().join("journal")).unwrap();
        suite(|| FileJournal::open(disk.clone(), ChaCha20Rng::seed_from_u64(1), 2000).unwrap().0);
        for name in disk.list().unwrap() {
            let mode =
                std::fs::metadata(dir.path().join("journal").join(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}
