//! How an owner speaks with its phones: by SIP, or by being [told](Told) what they do.
//!
//! The methods are those of [`Endpoint`]; each says there what it does. What has no meaning without a network is nothing here.

use std::sync::Arc;
use std::time::Duration;

use super::settings::{Census, InviteError, Outgoing, Settings, Tally};
use super::told::{Tell, Told};
use super::{DialogId, DialogRecord, Endpoint, Event, Holding, Link, Reason, Transmit};
use crate::time::Mono;

/// See the module.
pub enum Signalling {
    /// Bytes on a wire.
    Wire(Box<Endpoint>),
    /// Phones of a rehearsal.
    Told(Told),
}

use Signalling::{Told as T, Wire as W};

#[expect(missing_docs, reason = "they are the methods of `Endpoint`, documented there")]
impl Signalling {
    // -- in

    pub fn handle_datagram(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        if let W(sip) = self {
            sip.handle_datagram(now, link, bytes);
        }
    }

    pub fn handle_stream(&mut self, now: Mono, link: Link, bytes: &[u8]) {
        if let W(sip) = self {
            sip.handle_stream(now, link, bytes);
        }
    }

    pub fn handle_stream_closed(&mut self, now: Mono, link: Link) {
        if let W(sip) = self {
            sip.handle_stream_closed(now, link);
        }
    }

    pub fn handle_timeout(&mut self, now: Mono) {
        if let W(sip) = self {
            sip.handle_timeout(now);
        }
    }

    /// What the other side tells, where nothing goes over a wire.
    pub fn hear(&mut self, tell: Tell) {
        if let T(told) = self {
            told.hear(tell);
        }
    }

    // -- out

    pub fn poll_timeout(&self) -> Option<Mono> {
        if let W(sip) = self { sip.poll_timeout() } else { None }
    }

    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        if let W(sip) = self { sip.poll_transmit() } else { None }
    }

    pub fn poll_close(&mut self) -> Option<Link> {
        if let W(sip) = self { sip.poll_close() } else { None }
    }

    pub fn poll_event(&mut self) -> Option<Event> {
        match self {
            W(sip) => sip.poll_event(),
            T(told) => told.poll_event(),
        }
    }

    /// What the other side is to be told.
    pub fn poll_tell(&mut self) -> Option<Tell> {
        if let T(told) = self { told.poll_tell() } else { None }
    }

    // -- calls

    pub fn invite(&mut self, now: Mono, call: Outgoing) -> Result<DialogId, InviteError> {
        match self {
            W(sip) => sip.invite(now, call),
            T(told) => told.invite(call),
        }
    }

    pub fn ring(&mut self, now: Mono, id: DialogId) {
        match self {
            W(sip) => sip.ring(now, id),
            T(told) => told.ring(id),
        }
    }

    pub fn answer(&mut self, now: Mono, id: DialogId, sdp: Vec<u8>) {
        match self {
            W(sip) => sip.answer(now, id, sdp),
            T(told) => told.answer(id, sdp),
        }
    }

    pub fn reject(&mut self, now: Mono, id: DialogId, status: u16, retry_after: Option<Duration>) {
        match self {
            W(sip) => sip.reject(now, id, status, retry_after),
            T(told) => told.reject(id, status),
        }
    }

    pub fn bye(&mut self, now: Mono, id: DialogId) {
        match self {
            W(sip) => sip.bye(now, id),
            T(told) => told.bye(id),
        }
    }

    pub fn cancel(&mut self, now: Mono, id: DialogId, reason: Option<Reason>) {
        match self {
            W(sip) => sip.cancel(now, id, reason),
            T(told) => told.bye(id),
        }
    }

    pub fn accept_offer(&mut self, now: Mono, id: DialogId, sdp: Vec<u8>) {
        if let W(sip) = self {
            sip.accept_offer(now, id, sdp);
        }
    }

    pub fn refuse_offer(&mut self, now: Mono, id: DialogId, status: u16) {
        if let W(sip) = self {
            sip.refuse_offer(now, id, status);
        }
    }

    pub fn tell_refer(&mut self, now: Mono, id: DialogId, status: u16) {
        if let W(sip) = self {
            sip.tell_refer(now, id, status);
        }
    }

    pub fn probe(&mut self, now: Mono, id: DialogId) {
        match self {
            W(sip) => sip.probe(now, id),
            T(told) => told.probe(id),
        }
    }

    pub fn link(&self, id: DialogId) -> Option<Link> {
        match self {
            W(sip) => sip.link(id),
            T(told) => told.link(id),
        }
    }

    pub fn is_heard(&self, id: DialogId) -> bool {
        if let W(sip) = self { sip.is_heard(id) } else { true }
    }

    pub fn record(&self, id: DialogId) -> Option<DialogRecord> {
        match self {
            W(sip) => sip.record(id),
            T(told) => told.record(id),
        }
    }

    pub fn end_recorded(&mut self, now: Mono, record: &DialogRecord) {
        if let W(sip) = self {
            sip.end_recorded(now, record);
        }
    }

    // -- phones

    pub fn reach(&self, user: &str) -> Option<Link> {
        match self {
            W(sip) => sip.reach(user),
            T(told) => told.reach(user),
        }
    }

    pub fn ask(&mut self, now: Mono, user: &Arc<str>) -> bool {
        match self {
            W(sip) => sip.ask(now, user),
            T(told) => told.ask(user),
        }
    }

    pub fn trust(&mut self, settings: Settings) {
        if let W(sip) = self {
            sip.trust(settings);
        }
    }

    // -- what is held

    pub fn is_waiting(&self) -> bool {
        if let W(sip) = self { sip.is_waiting() } else { false }
    }

    pub fn tally(&self) -> Tally {
        if let W(sip) = self { sip.tally() } else { Tally::default() }
    }

    pub fn census(&self) -> Census {
        match self {
            W(sip) => sip.census(),
            T(told) => Census { dialogs: told.dialogs().count(), ..Census::default() },
        }
    }

    pub fn holdings(&self) -> Vec<(Holding, Option<DialogId>)> {
        match self {
            W(sip) => sip.holdings(),
            T(told) => told.dialogs().map(|id| (Holding::Dialog(id), Some(id))).collect(),
        }
    }
}
