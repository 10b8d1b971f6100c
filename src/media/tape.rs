//! What the plane asks of a recorder: to open, close and remove files, and to lay down frames.

use std::sync::Arc;
use std::time::Duration;

use super::rtp::RtpTime;
use super::{Codec, LegId, Recording};
use crate::time::Mono;

/// A file being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TapeId(pub u64);

/// The channel of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The citizen; in a mono file the only one.
    Left,
    /// The operator, and whoever else the citizen hears.
    Right,
}

/// What is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A talk: both sides, in a file of its own.
    Talk,
    /// A take: the caller alone, in a file of its own.
    Take,
    /// What a built-in phone hears: mono; the next trial takes the place of the last.
    Phone,
}

impl Form {
    /// Channels of the file.
    pub fn channels(self) -> u16 {
        match self {
            Form::Talk => 2,
            Form::Take | Form::Phone => 1,
        }
    }
}

/// What was said in a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// How long the caller spoke, pauses left out.
    pub spoken: Duration,
    /// It may have to be played back.
    pub replay: bool,
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
        /// What it will hold.
        form: Form,
        /// Where its timeline begins.
        at: Mono,
    },
    /// Close it.
    Stop {
        /// Which.
        tape: TapeId,
        /// Where its timeline ends.
        at: Mono,
        /// What was said, when it is a take.
        said: Option<Spoken>,
    },
    /// Remove a file that was closed before.
    Discard {
        /// Below the recordings directory.
        file: Arc<str>,
    },
}

/// A received frame, for the recorder.
#[derive(Clone, Copy, Debug)]
pub struct Taped<'a> {
    /// Onto which tape.
    pub tape: TapeId,
    /// Which channel.
    pub side: Side,
    /// Who says it: several may be on one side.
    pub leg: LegId,
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
