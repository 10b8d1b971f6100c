//! Call-backs that are due: they take their place in line.

use crate::ids::{CallbackId, QueueId, SeatId};
use crate::time::Now;

use super::Engine;

/// Those that have a place in line.
#[derive(Debug, Default)]
pub(super) struct Line {}

impl Line {
    /// How far one is that waits, in a word, and the seats that ring for it.
    pub(super) fn stage(&self, _id: CallbackId) -> (&'static str, Vec<SeatId>) {
        ("waiting", Vec::new())
    }
}

impl Engine {
    /// One is due.
    pub(super) fn enter_recall(&mut self, now: Now, id: CallbackId, _queue: QueueId, _place: (i64, i32)) {
        self.recalling.callbacks.on_no_place(now.wall_ms(), id);
    }

    /// It is ahead of others by so many minutes more.
    pub(super) fn advance_recall(&mut self, _now: Now, _id: CallbackId, _minutes: i32) {}

    /// It leaves the line.
    pub(super) fn leave_recall(&mut self, _now: Now, _id: CallbackId) {}
}
