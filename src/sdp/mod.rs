//! SDP (RFC 8866) and offer/answer (RFC 3264) for legs of telephone sound.
//!
//! A description is read tolerantly into a [`Description`]: only what decides about audio over plain RTP is looked into,
//! the rest is passed over. [`Local`] is our side of one leg: it offers, answers what the peer offers, and reads the
//! answer to its own offer. What comes of a round is a [`Negotiated`]: codec, keys, address, and which way sound may go.
//!
//! We speak G.711 in both laws and telephone-event. Of a peer's media lines the first audio line that we can use is
//! answered, and the others are refused in their places. Each new offer within the dialog is a new round with the same
//! `Local`, whose version counts up only when what it says has changed.

mod description;
mod local;

use std::net::{IpAddr, SocketAddr};

use crate::media::{Codec, Remote};

pub use description::{Connection, Description, Direction, Media, RtpMap};
pub use local::Local;

/// The content type of SDP.
pub const CONTENT_TYPE: &str = "application/sdp";

/// What both sides have agreed on, from our point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Negotiated {
    /// The codec, under its static payload type.
    pub codec: Codec,
    /// Payload type of telephone-event, if the peer takes it.
    pub dtmf: Option<u8>,
    /// Where the peer wants its sound; `None` when it gave no usable address.
    pub addr: Option<SocketAddr>,
    /// We may send. False while the peer has us on hold.
    pub send: bool,
    /// The peer may send.
    pub receive: bool,
}

impl Negotiated {
    /// For the media plane. `signalling` is where the peer's SIP comes from; `trusted`: its word on the address is enough.
    pub fn remote(&self, signalling: IpAddr, trusted: bool) -> Remote {
        Remote {
            addr: self.addr,
            signalling,
            trusted,
            codec: self.codec,
            dtmf: self.dtmf,
            send: self.send,
            receive: self.receive,
        }
    }
}

/// Why a description leads to no sound.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// It is not SDP, or a line that decides cannot be read.
    #[error("line {line} of the SDP cannot be read")]
    Malformed {
        /// Counted from 1.
        line: usize,
    },
    /// It exceeds a bound.
    #[error("the SDP has too many {0}")]
    TooMany(&'static str),
    /// No audio line in use.
    #[error("the SDP has no audio line in use")]
    NoAudio,
    /// Audio only over a transport that we do not speak, such as DTLS-SRTP.
    #[error("audio over {0} is not spoken here, only RTP/AVP")]
    Profile(String),
    /// Audio over RTP, but neither PCMA nor PCMU at 8000 Hz.
    #[error("no codec in common: PCMA and PCMU are spoken here")]
    NoCodec,
    /// It wants our sound at an address or a port where no phone is.
    #[error("the SDP wants the sound at a multicast, broadcast or reserved address, or at a port below 1024")]
    Address,
    /// An answer that refuses our audio line.
    #[error("the answer refuses the audio line")]
    Refused,
}

impl SdpError {
    /// The SIP status that tells the peer: 400 for what cannot be read, 488 for what cannot be agreed on.
    pub fn status(&self) -> u16 {
        match self {
            SdpError::Malformed { .. } | SdpError::TooMany(_) => 400,
            SdpError::NoAudio
            | SdpError::Profile(_)
            | SdpError::NoCodec
            | SdpError::Address
            | SdpError::Refused => 488,
        }
    }
}
