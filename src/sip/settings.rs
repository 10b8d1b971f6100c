//! What the owner gives to an [`Endpoint`](super::Endpoint): who may call, what to dial, as whom to register, and how much
//! may be going on at once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use super::Link;

/// How an endpoint is set up, once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Realm of the challenges; phones show it to people.
    pub realm: String,
    /// Token for User-Agent and Server.
    pub server: String,
    /// Who may register and call, with passwords.
    pub users: BTreeMap<Arc<str>, String>,
    /// Who may call without a password, by source address; the first range that holds the address names the trunk.
    pub trunks: Vec<(Arc<str>, IpNet)>,
    /// The address to write into Via and Contact instead of the socket's.
    pub advertise: Option<IpAddr>,
    /// Bounds.
    pub limits: Limits,
}

impl Default for Settings {
    /// An endpoint without users and trunks: nobody may call.
    fn default() -> Settings {
        Settings {
            realm: "centralino".to_owned(),
            server: "centralino".to_owned(),
            users: BTreeMap::new(),
            trunks: Vec::new(),
            advertise: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds against floods. Beyond them requests get 503, or silence where even that would need memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Server transactions at once. Each short call leaves two of them for 32 s.
    pub server_transactions: usize,
    /// Dialogs at once, both directions.
    pub dialogs: usize,
    /// Streams at once; each may hold one unfinished message of up to 64 KiB.
    pub streams: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { server_transactions: 65_536, dialogs: 16_384, streams: 1_024 }
    }
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A registered user, at the contact refreshed last.
    User(Arc<str>),
    /// Any URI, over this link.
    Uri {
        /// The Request-URI, such as `sip:055055@192.0.2.1`.
        uri: String,
        /// Where to send it.
        link: Link,
    },
}

/// A call to be made.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Whom to call.
    pub to: Target,
    /// User part of From.
    pub from_user: String,
    /// Display name of From.
    pub from_display: Option<String>,
    /// SDP offer.
    pub offer: Vec<u8>,
    /// User and password, should the other side challenge.
    pub credentials: Option<(String, String)>,
}

/// A call could not even be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// No phone of this user is registered.
    #[error("the user is not registered; wait for the phone to come back")]
    NotRegistered,
    /// [`Limits::dialogs`] is reached.
    #[error("too many dialogs at once; try again later or raise the limit")]
    NoRoom,
    /// The target is no `sip:`, `sips:` or `tel:` URI.
    #[error("the target is not a SIP URI; write it like sip:055055@192.0.2.1")]
    BadUri,
}

/// A registration to be kept up, as a phone does.
#[derive(Clone, Debug)]
pub struct Registration {
    /// Address of record, and user of the credentials.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Where the registrar listens, and from where we speak.
    pub registrar: Link,
    /// How long each registration should last; the registrar has the last word.
    pub expires: Duration,
}

/// A registration of ours, by the endpoint's own count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationId(pub u64);

/// What an endpoint has refused since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Answers to a challenge that were wrong.
    pub wrong_passwords: u64,
    /// Answers not looked at, because their source had given too many wrong ones.
    pub guesses_refused: u64,
    /// Calls of somebody who is no user and in no trunk, and registrations of unknown users.
    pub strangers: u64,
    /// Messages that cannot be read, or contradict themselves.
    pub bad_messages: u64,
    /// Requests for which there was no room.
    pub busy: u64,
}

/// What an endpoint holds at a moment: for gauges, and for tests that nothing outlives its call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Server transactions.
    pub server_transactions: usize,
    /// Client transactions.
    pub client_transactions: usize,
    /// Dialogs, early and being ended included.
    pub dialogs: usize,
    /// Streams known to be open.
    pub streams: usize,
    /// Bindings of the registrar.
    pub bindings: usize,
    /// Nonce counts remembered.
    pub nonces: usize,
    /// Alarms set.
    pub alarms: usize,
}
