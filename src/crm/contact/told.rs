//! How long a caller was told that the wait would be, and how long it was.

use serde::{Deserialize, Serialize};

use super::seconds;
use crate::ids::QueueId;
use crate::time::rome;

/// The first range told to a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldWait {
    /// Waiting there.
    pub queue: QueueId,
    /// At this moment.
    pub at_ms: i64,
    /// From so many seconds.
    pub low_s: u64,
    /// To so many.
    pub high_s: u64,
    /// How long it took from then until an operator answered; nothing, if none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_to_ms: Option<i64>,
}

/// The same for people and scripts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldWaitLine {
    /// Waiting there.
    pub queue: QueueId,
    /// When it was told, RFC 3339 in Rome's time.
    pub at: String,
    /// From so many seconds.
    pub low_s: u64,
    /// To so many.
    pub high_s: u64,
    /// Seconds from then until an operator answered; nothing, if none did.
    pub came_to_s: Option<f64>,
}

impl ToldWait {
    /// An operator has answered.
    pub(super) fn on_joined(&mut self, at_ms: i64) {
        self.came_to_ms.get_or_insert(at_ms.saturating_sub(self.at_ms).max(0));
    }

    pub(super) fn line(&self) -> ToldWaitLine {
        let ToldWait { queue, at_ms, low_s, high_s, came_to_ms } = self.clone();
        ToldWaitLine { queue, at: rome(at_ms), low_s, high_s, came_to_s: came_to_ms.map(seconds) }
    }
}
