//! Transactions (RFC 3261 section 17, RFC 6026): one request, its retransmissions and its responses.
//!
//! Four machines without bytes: each is a state, [`handle`](InviteClient::handle) takes (now, event) and says what to do, and
//! `poll_timeout` says when to come back. The endpoint keeps the bytes beside the machine, sends them when told to, and drops
//! both when the machine [is over](InviteClient::is_over). An [`InviteServer`] begins when an INVITE is let in and a
//! [`Server`] when another request is; [`InviteClient`] and [`Client`] begin with the first sending.
//!
//! Requests that are refused at the door (challenged, malformed, unknown) never get here: they are answered without state
//! (RFC 3261 section 8.2.7), so that a flood of them costs no memory.

mod client;
mod invite_client;
mod invite_server;
mod server;

use std::time::Duration;

pub(crate) use client::Client;
pub(crate) use invite_client::InviteClient;
pub(crate) use invite_server::InviteServer;
pub(crate) use server::Server;

use crate::time::Mono;

pub(crate) mod event {
    //! What happens to each kind of transaction.
    pub(crate) use super::client::Event as Client;
    pub(crate) use super::invite_client::Event as InviteClient;
    pub(crate) use super::invite_server::Event as InviteServer;
    pub(crate) use super::server::Event as Server;
}

pub(crate) mod action {
    //! What each kind of transaction asks for.
    pub(crate) use super::client::Action as Client;
    pub(crate) use super::invite_client::Action as InviteClient;
    pub(crate) use super::invite_server::Action as InviteServer;
    pub(crate) use super::server::Action as Server;
}

/// Estimate of the round-trip time: the first gap between resends (RFC 3261 section 17.1.1.1).
pub(crate) const T1: Duration = Duration::from_millis(500);

/// Longest gap between resends of a non-INVITE request, or of a final response to INVITE: T2, 4 s
/// (RFC 3261 sections 17.1.2.2 and 17.2.1).
pub(crate) const T2: Duration = Duration::from_secs(4);

/// How long a message may stay in the network: T4 (RFC 3261 section 17.1.2.2).
pub(crate) const T4: Duration = Duration::from_secs(5);

/// How long either side tries before it gives up: 64*T1, 32 s (timers B, F, H, J, L, M and D of RFC 3261 and 6026).
pub(crate) const GIVE_UP: Duration = Duration::from_secs(32);

/// The next moment of a message that is sent again at growing gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resend {
    /// When.
    pub(crate) at: Mono,
    gap: Duration,
}

impl Resend {
    /// First after `gap`.
    pub(crate) fn after(now: Mono, gap: Duration) -> Resend {
        Resend { at: now + gap, gap }
    }

    /// It has been sent again: the next gap is double, up to `longest`.
    pub(crate) fn again(&mut self, now: Mono, longest: Duration) {
        *self = Resend::after(now, self.gap.saturating_mul(2).min(longest));
    }
}

/// Waiting for stray copies makes sense only where the network can lose or repeat: zero on streams.
fn linger(reliable: bool, time: Duration) -> Duration {
    if reliable { Duration::ZERO } else { time }
}
