//! SIP (RFC 3261) without sockets or clock: messages, transactions, dialogs, registrations, digest.
//!
//! Bytes come in with the [`Link`] they arrived on; [`Endpoint`] frames and parses them, runs the transaction and dialog
//! machines, challenges those who must identify themselves, keeps the registrations, and gives back [`Event`]s for its owner
//! and [`Transmit`]s for the wire. The owner answers with the methods of [`Endpoint`], by [`DialogId`].
//!
//! Life of an incoming call: `Incoming` (100 has gone out) -> [`Endpoint::ring`] -> [`Endpoint::answer`] -> `Established`
//! (their ACK) -> perhaps `Reoffer` -> `Ended`. Of an outgoing one: [`Endpoint::invite`] -> `Ringing` -> `Answered` (we
//! have sent ACK) or `Rejected` -> `Ended`.
//!
//! [`Signalling`] is an endpoint, or [`Told`] in its place, which speaks with the phones of a rehearsal without bytes.

mod admission;
mod dialog;
mod digest;
mod endpoint;
pub mod message;
mod registrar;
mod settings;
mod signalling;
mod told;
mod transaction;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use endpoint::Endpoint;
pub use settings::{
    Census, InviteError, Limits, Outgoing, Registration, RegistrationId, Settings, Tally, Target,
};
pub use signalling::Signalling;
pub use told::{Tell, Told};

/// The transports of RFC 3261 section 18 that are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    Udp,
    /// Streams, framed by Content-Length.
    Tcp,
}

/// A way to one peer: transport and both addresses. For TCP it names one connection while that lives
/// (the "flow" of RFC 5626, a word that here belongs to the IVR).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// UDP or TCP.
    pub transport: Transport,
    /// Our socket's address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
}

/// Who is behind an address: the address itself, or with IPv6 its network of 64 bits, since whoever has one address of that has
/// them all.
pub(crate) fn host_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

/// Bytes for the wire. On TCP the owner uses the link's connection, or opens one to `link.remote` when there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Where to.
    pub link: Link,
    /// One whole message.
    pub bytes: Vec<u8>,
}

/// A dialog (or a dialog to be), by the endpoint's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DialogId(pub u64);

/// Who sent a request, as far as the endpoint could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Proved by digest to be this user.
    User(Arc<str>),
    /// A trunk: the address is in the trusted ranges.
    Trunk(Arc<str>),
}

/// A new call arriving.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Who calls, in the sense of authentication.
    pub peer: Peer,
    /// Where the INVITE came from.
    pub link: Link,
    /// User part of the Request-URI, unescaped: the number dialled.
    pub to: String,
    /// User part of From (or of P-Asserted-Identity from a trunk), unescaped; empty when anonymous (RFC 3323).
    pub from: String,
    /// Display name of From, if any.
    pub display: Option<String>,
    /// The SDP offer, or `None` when the INVITE had none (we then offer in the 200).
    pub offer: Option<Vec<u8>>,
    /// It is to take the place of this dialog of ours (RFC 3891).
    pub replaces: Option<DialogId>,
}

/// What a phone asks for by REFER: that whom it talks with be joined with somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// User part of Refer-To, unescaped, or the number of a `tel:`: as if dialled.
    pub to: String,
    /// The dialog of ours that the new talk takes the place of: an attended transfer.
    pub replaces: Option<DialogId>,
    /// User part of Referred-By, if given: a claim.
    pub by: Option<String>,
}

/// Why a call of ours is taken back (RFC 3326).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Somebody else has answered it.
    CompletedElsewhere,
}

impl Reason {
    /// As it stands in the header.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::CompletedElsewhere => r#"SIP;cause=200;text="Call completed elsewhere""#,
        }
    }
}

/// What the endpoint tells its owner.
#[derive(Clone, Debug)]
pub enum Event {
    /// A new INVITE that may call; 100 has gone out. Answer, ring or reject it.
    Incoming {
        /// Its dialog from now on.
        dialog: DialogId,
        /// What was asked.
        invite: Box<Incoming>,
    },
    /// The caller gave up before a final answer; 487 has gone out. The dialog is gone.
    Cancelled {
        /// The dialog that was to be.
        dialog: DialogId,
    },
    /// The ACK to our 200 has come. It may carry the SDP answer to our offer.
    Established {
        /// The dialog.
        dialog: DialogId,
        /// SDP in the ACK.
        answer: Option<Vec<u8>>,
    },
    /// Our INVITE got a provisional response other than 100.
    Ringing {
        /// The dialog.
        dialog: DialogId,
    },
    /// Our INVITE got a 200; ACK has gone out.
    Answered {
        /// The dialog.
        dialog: DialogId,
        /// SDP of the 200.
        answer: Option<Vec<u8>>,
    },
    /// Our INVITE failed; the dialog is gone. 408 stands for silence, 503 for a transport failure.
    Rejected {
        /// The dialog that was to be.
        dialog: DialogId,
        /// 300 to 699.
        status: u16,
    },
    /// A re-INVITE (or UPDATE) within the dialog; reply with `accept_offer` or `refuse_offer`.
    Reoffer {
        /// The dialog.
        dialog: DialogId,
        /// `None`: they ask us to offer.
        offer: Option<Vec<u8>>,
    },
    /// A REFER within the dialog; say how far it is by [`Endpoint::tell_refer`], at once and at last.
    Referred {
        /// The dialog of who asks.
        dialog: DialogId,
        /// What for.
        referral: Box<Referral>,
    },
    /// The dialog is over.
    Ended {
        /// The dialog.
        dialog: DialogId,
        /// How.
        how: Ended,
    },
    /// A key that the far end tells by INFO.
    Key {
        /// The dialog.
        dialog: DialogId,
        /// `0-9 * # A-D`.
        key: char,
    },
    /// The connection of a confirmed dialog is closed. The far end may still be there, and come back by another.
    Unlinked {
        /// The dialog.
        dialog: DialogId,
    },
    /// A user's set of bindings became non-empty, changed or was refreshed.
    Registered {
        /// The user.
        user: Arc<str>,
        /// Not registered just before.
        first: bool,
    },
    /// A user's last binding is gone.
    Unregistered {
        /// The user.
        user: Arc<str>,
        /// Ran out, rather than taken back.
        expired: bool,
    },
    /// A registration of ours was granted, refused or taken back. Refreshes that change nothing are not told.
    RegistrationChanged {
        /// Which.
        registration: RegistrationId,
        /// The registrar's answer; 408 stands for silence, 503 for a transport failure.
        status: u16,
        /// Calls can reach us.
        registered: bool,
    },
    /// The phone of a registered user answers to [`Endpoint::ask`].
    Present {
        /// The user.
        user: Arc<str>,
    },
    /// Answer to [`Endpoint::probe`].
    Probed {
        /// The dialog.
        dialog: DialogId,
        /// What came of it.
        found: Probe,
    },
}

/// What came of asking whether the far end still knows a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It answered: it is there.
    Alive,
    /// It does not know the dialog any more.
    Gone,
    /// Nothing came back, or the question could not be delivered. That says nothing of the sound, which goes another way.
    Unanswered,
}

/// Something that the endpoint holds for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// A dialog.
    Dialog(DialogId),
    /// A request of a peer.
    ServerTransaction(u64),
    /// A request of ours.
    ClientTransaction {
        /// The random part of its branch.
        branch: u64,
        /// It takes the INVITE of the same branch back.
        is_cancel: bool,
    },
    /// A connection.
    Stream(Link),
    /// An alarm that wakes nobody: whoever set it is gone.
    Alarm,
}

/// How a dialog ended without our doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The peer sent BYE.
    Bye,
    /// No ACK came to our 200 within 32 s (64*T1); BYE has gone out.
    NoAck,
    /// The peer no longer knows the dialog (481, 408 within it) or its transport is gone for good.
    Lost,
}

/// Enough of a dialog to end it after a crash: written to the journal when the dialog is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogRecord {
    /// Call-ID.
    pub call_id: String,
    /// Our URI with tag, as it goes into From.
    pub local: String,
    /// Their URI with tag, as it goes into To.
    pub remote: String,
    /// Their Contact: the Request-URI.
    pub target: String,
    /// Route headers in order.
    pub routes: Vec<String>,
    /// Our last CSeq; a BYE after a crash leaves a gap above it.
    pub cseq: u32,
    /// Where requests go.
    pub link: Link,
}
