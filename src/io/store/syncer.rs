//! The sync thread: it does one sync after another, as the write thread hands them out, and says how each went.

use std::sync::mpsc::{Receiver, Sender};

use super::writer::ToWriter;
use crate::io::disk::RealDisk;
use crate::journal::Lsn;
use crate::journal::disk::{DiskError, DiskFault, DiskOp};
use crate::journal::log::SyncWork;

/// Syncs until the write thread is gone.
pub(super) fn run(work: &Receiver<SyncWork<RealDisk>>, to_writer: &Sender<ToWriter>) {
    while let Ok(work) = work.recv() {
        if to_writer.send(ToWriter::Synced(told(|| work.run()))).is_err() {
            return;
        }
    }
}

/// How a sync went. A panic in it is a failure like another: the write thread waits for the answer, and the end for the write
/// thread.
fn told(sync: impl FnOnce() -> Result<Lsn, DiskError>) -> Result<Lsn, DiskError> {
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(sync));
    done.unwrap_or_else(|_| Err(gone()))
}

/// The failure of a sync that nobody did.
pub(super) fn gone() -> DiskError {
    let (op, kind) = (DiskOp::Sync, DiskFault::Failed);
    DiskError { op, file: "the journal".to_owned(), kind, detail: "the sync thread gave up".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_in_a_sync_is_told_as_its_failure() {
        assert_eq!(told(|| panic!("a fault of ours")), Err(gone()));
        assert_eq!(told(|| Ok(Lsn(7))), Ok(Lsn(7)));
    }
}
