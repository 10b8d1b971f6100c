//! How the exchange is, told by those who know and read by whoever asks, without a way through the control loop: a monitor that
//! asks ten times a second must cost no call anything.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

/// Whether calls are taken, and on what terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Not yet: the start itself is not on the disk.
    Starting,
    /// Yes.
    Ready,
    /// Yes, and the store does not keep up.
    Degraded,
    /// Not any more.
    Stopping,
}

/// The control loop keeps the readiness, the view thread the views' state.
#[derive(Debug, Default)]
pub struct Health {
    readiness: AtomicU8,
    views_behind: AtomicBool,
    mended: AtomicU64,
    helping: AtomicBool,
}

impl Health {
    /// How the exchange is.
    pub fn readiness(&self) -> Readiness {
        match self.readiness.load(Ordering::Relaxed) {
            1 => Readiness::Ready,
            2 => Readiness::Degraded,
            3 => Readiness::Stopping,
            _ => Readiness::Starting,
        }
    }

    /// It is so now.
    pub fn is(&self, readiness: Readiness) {
        let number = match readiness {
            Readiness::Starting => 0,
            Readiness::Ready => 1,
            Readiness::Degraded => 2,
            Readiness::Stopping => 3,
        };
        self.readiness.store(number, Ordering::Relaxed);
    }

    /// Somebody calls for help: an end has to wait.
    pub fn is_helping(&self) -> bool {
        self.helping.load(Ordering::Relaxed)
    }

    /// Somebody does, or nobody any more.
    pub fn helps(&self, helping: bool) {
        self.helping.store(helping, Ordering::Relaxed);
    }

    /// How often the distribution had to be mended since the start.
    pub fn mended(&self) -> u64 {
        self.mended.load(Ordering::Relaxed)
    }

    /// So often.
    pub fn has_mended(&self, count: u64) {
        self.mended.store(count, Ordering::Relaxed);
    }

    /// Contacts and cases cannot be listed, or not all of them.
    pub fn views_behind(&self) -> bool {
        self.views_behind.load(Ordering::Relaxed)
    }

    /// They cannot be listed, or can again.
    pub fn views_are_behind(&self, behind: bool) {
        self.views_behind.store(behind, Ordering::Relaxed);
    }
}
