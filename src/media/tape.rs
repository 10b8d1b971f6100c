//! What the plane asks of a recorder: to open and close files, and to lay down frames.

use super::rtp::RtpTime;
use super::{Codec, Recording};
use crate::time::Mono;

/// A file being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TapeId(pub u64);

/// The channel of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The citizen; in a mono file the only one.
    Left,
    /// The operator.
    Right,
}

/// What the recorder has to do, when packets are real.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapeOrder {
    /// Open a file.
    Start {
        /// Named in what follows.
        tape: TapeId,
        /// The file.
        recording: Recording,
        /// Both sides, or the left one alone.
        stereo: bool,
        /// Where its timeline begins.
        at: Mono,
    },
    /// Close it.
    Stop {
        /// Which.
        tape: TapeId,
        /// Where its timeline ends.
        at: Mono,
    },
}

/// A received frame, for the recorder.
#[derive(Clone, Copy, Debug)]
pub struct Taped<'a> {
    /// Onto which tape.
    pub tape: TapeId,
    /// Which channel.
    pub side: Side,
    /// When it came.
    pub at: Mono,
    /// Whose stream, to tell a new one.
    pub ssrc: u32,
    /// Its place in the stream.
    pub time: RtpTime,
    /// Its law.
    pub codec: Codec,
    /// One octet a sample.
    pub payload: &'a [u8],
}
