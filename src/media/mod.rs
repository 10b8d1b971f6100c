//! The media plane: RTP legs that play, listen for keys, hear each other and are recorded.
//!
//! Control gives [`Command`]s and hears [`Event`]s; it never touches a packet. A leg is opened (a port is bound and
//! reported), told the peer's address and codec, plays [`Sound`]s or is bridged with another leg, and is closed. One pure
//! machine ([`leg::Leg`]) holds what a leg knows; the shard in `io` runs it on real sockets, the simulator at event level.
//!
//! The path of a packet: [`rtp`] reads it, [`source`] says whether it is the peer's, [`dtmf`] makes digits of key events,
//! [`plane`] carries it to the bridge partner, whose [`stream`] numbers it and [`g711`] changes its law, and [`mixer`] lays
//! it into the recording. Where more than two hear each other, it waits in a [`jitter`] buffer for the beat of their [`mix`]. What a caller says to the exchange itself is a [`take`]; who has answered a call of ours, a person or a machine, [`answerer`] tells. Prompts and music come from the leg's
//! [`player`], a frame on each beat; [`level`] says how loud a prompt is, for whoever makes them.

pub mod answerer;
pub mod dtmf;
pub mod g711;
pub mod jitter;
pub mod leg;
pub mod level;
pub mod library;
pub mod mix;
pub mod mixer;
pub mod plane;
pub mod player;
pub mod rtp;
pub mod source;
pub mod stream;
pub mod take;
pub mod tape;
pub mod voice;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use self::answerer::AnsweredBy;
use self::mix::Member;
use self::take::TakeRules;

/// A media leg; the owner chooses the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// One `Play` command, so that its end can be told from an earlier one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId(pub u64);

/// The codecs spoken (RFC 3551): 8 kHz, 20 ms, 160 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// G.711 A-law, static payload type 8.
    Pcma,
    /// G.711 mu-law, static payload type 0.
    Pcmu,
}

/// A prompt, a piece or music, kept encoded in both laws so that playing is copying.
#[derive(PartialEq, Eq)]
pub struct Sound {
    /// `language/name`, or `music/name`.
    pub name: Box<str>,
    /// A-law octets at 8 kHz.
    pub pcma: Box<[u8]>,
    /// Mu-law octets at 8 kHz, as many.
    pub pcmu: Box<[u8]>,
}

impl Sound {
    /// Encodes 16-bit samples at 8 kHz, once for all plays.
    pub fn encode(name: &str, samples: &[i16]) -> Sound {
        let (pcma, pcmu) = (Codec::Pcma.encode_all(samples), Codec::Pcmu.encode_all(samples));
        Sound { name: name.into(), pcma, pcmu }
    }

    /// How long it lasts.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.pcma.len() as u64 * 125)
    }
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sound({}, {:?})", self.name, self.duration())
    }
}

/// What the peer's SDP says of its side, and which way sound may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where to send RTP; `None` while the peer gave no usable address (0.0.0.0, port 0).
    pub addr: Option<SocketAddr>,
    /// The address its signalling comes from: the only other source that may be learnt.
    pub signalling: IpAddr,
    /// Sound may go to `addr` though it is not `signalling` and nothing has come from there.
    pub trusted: bool,
    /// What both speak.
    pub codec: Codec,
    /// Payload type of telephone-event to send and expect (RFC 4733); `None`: the peer offers none.
    pub dtmf: Option<u8>,
    /// We may send.
    pub send: bool,
    /// The peer may send. False on hold: silence from it is then no sign of death.
    pub receive: bool,
}

/// A file: of a talk in stereo, citizen left, operator right; of a take or a built-in phone in mono.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Path below the recordings directory, `2026/11/24/1.3.42.wav`.
    pub file: Arc<str>,
}

/// What a caller said in a take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// How long the caller spoke, pauses left out.
    pub spoken: Duration,
    /// The whole of it, when it may have to be played back.
    pub sound: Option<Arc<Sound>>,
}

/// What control asks of the media plane.
#[derive(Clone, Debug)]
pub enum Command {
    /// Bind a port. Answered by `Opened` or `OpenFailed`.
    Open {
        /// The new leg.
        leg: LegId,
    },
    /// The peer's side, at first and after every new SDP.
    SetRemote {
        /// The leg.
        leg: LegId,
        /// Its peer.
        remote: Remote,
    },
    /// Play these one after another, replacing what plays.
    Play {
        /// The leg.
        leg: LegId,
        /// Named in `Played`.
        play: PlayId,
        /// In order.
        sounds: Vec<Arc<Sound>>,
        /// Start again at the end, for ever (music).
        repeat: bool,
        /// A key stops it at once.
        barge_in: bool,
    },
    /// Stop what plays; no `Played` follows.
    Stop {
        /// The leg.
        leg: LegId,
    },
    /// Let two legs hear each other and nobody else. `a` is recorded left, `b` right. What plays on them stops, unless they were
    /// joined with each other already.
    Bridge {
        /// The citizen.
        a: LegId,
        /// The operator.
        b: LegId,
        /// Record from now on; the file of a recording of theirs that is under way is gone on with.
        record: Option<Recording>,
    },
    /// Let up to [`mix::MAX_MEMBERS`] legs hear each other as they should; one alone hears nobody and may be recorded. They leave
    /// whomever they were joined with. What plays on one of them goes on, and is heard instead of the others.
    Mix {
        /// The legs.
        members: Vec<Member>,
        /// As in `Bridge`.
        record: Option<Recording>,
    },
    /// Part two bridged legs, or take one out of its mix; a recording ends with the last leg that is on it.
    Unbridge {
        /// Either of the two, or the one.
        leg: LegId,
    },
    /// Press a key: sent as telephone-event, if the peer takes them. For the built-in phones.
    SendDigit {
        /// The leg.
        leg: LegId,
        /// `0-9 * # A-D`.
        digit: char,
    },
    /// Record what this leg's peer sends, as a mono file, until the leg is closed. For the built-in phones.
    Record {
        /// The leg.
        leg: LegId,
        /// Where to.
        recording: Recording,
    },
    /// Record what this leg's peer says, and nothing else, until it has said all, as a mono file. Answered by `Recorded` or
    /// `RecordingFailed`. A take under way ends.
    Take {
        /// The leg.
        leg: LegId,
        /// Where to.
        recording: Recording,
        /// When it has said all.
        rules: TakeRules,
    },
    /// The peer has said all: its take ends. Nothing, when it has none.
    EndTake {
        /// The leg.
        leg: LegId,
    },
    /// Remove a recording that is closed, or being closed.
    Discard {
        /// The leg that it was taken from.
        leg: LegId,
        /// Its file.
        file: Arc<str>,
    },
    /// Who answers on this leg, a person or a machine? Told by `AnsweredBy`.
    Identify {
        /// The leg.
        leg: LegId,
    },
    /// Has the peer been sending? Answered by `Listened`.
    Listen {
        /// The leg.
        leg: LegId,
        /// So long ago at most.
        within: Duration,
    },
    /// The peer has told a key by the signalling. It counts unless its keys come in its sound.
    Key {
        /// The leg.
        leg: LegId,
        /// `0-9 * # A-D`.
        digit: char,
    },
    /// Tell the silence of this leg after so long, unless it is on hold or has put us on hold.
    Heed {
        /// The leg.
        leg: LegId,
        /// How long.
        silent_after: Duration,
    },
    /// Close the leg and its port.
    Close {
        /// The leg.
        leg: LegId,
    },
}

/// What the media plane tells control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The port is bound.
    Opened {
        /// The leg.
        leg: LegId,
        /// Port on the media address.
        port: u16,
    },
    /// No port could be bound.
    OpenFailed {
        /// The leg.
        leg: LegId,
        /// Why, for the log.
        error: String,
    },
    /// One key was pressed (once per press).
    Digit {
        /// The leg.
        leg: LegId,
        /// `0-9 * # A-D`.
        digit: char,
    },
    /// A `Play` came to its end, or a key stopped it.
    Played {
        /// The leg.
        leg: LegId,
        /// Which.
        play: PlayId,
    },
    /// A bridged leg that had been sending has sent nothing for the limit (30 s, or as `Heed` says; longer on hold). Told again each time
    /// the limit passes.
    Silent {
        /// The leg.
        leg: LegId,
    },
    /// Answer to `Identify`.
    AnsweredBy {
        /// The leg.
        leg: LegId,
        /// Who.
        by: AnsweredBy,
    },
    /// Answer to `Listen`.
    Listened {
        /// The leg.
        leg: LegId,
        /// Something came within the time, bridged or not.
        heard: bool,
    },
    /// Sound to a third address has stopped: nothing has come from there. Told once for each leg.
    Unconfirmed {
        /// The leg.
        leg: LegId,
        /// The address.
        addr: SocketAddr,
    },
    /// A recording was closed.
    Recorded {
        /// Its file.
        file: Arc<str>,
        /// Its length.
        length: Duration,
        /// What was said, when it is a take. One that a crash cut off tells nothing of it.
        said: Option<Said>,
    },
    /// A recording could not be written; the call goes on.
    RecordingFailed {
        /// Its file.
        file: Arc<str>,
        /// Why.
        error: String,
    },
}
