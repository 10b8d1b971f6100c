//! The sync thread: it does one sync after another, as the write thread hands them out, and says how each went.

use std::sync::mpsc::{Receiver, Sender};

use super::writer::ToWriter;
use crate::io::disk::RealDisk;
use crate::journal::log::SyncWork;

/// Syncs until the write thread is gone.
pub(super) fn run(work: &Receiver<SyncWork<RealDisk>>, to_writer: &Sender<ToWriter>) {
    while let Ok(work) = work.recv() {
        if to_writer.send(ToWriter::Synced(work.run())).is_err() {
            return;
        }
    }
}
