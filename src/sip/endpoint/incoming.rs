//! Calls that come in: from the INVITE over our owner's answer to the ACK, and all the ways in which it may not come to that.

use std::time::Duration;

use super::Endpoint;
use super::screen::{self, sdp_of};
use crate::sip::admission::{Demand, user_of};
use crate::sip::dialog::{Dialog, Path, Phase, Unacked, contact, own_address};
use crate::sip::message::{Message, Name, Uri};
use crate::sip::transaction::T2;
use crate::sip::{DialogId, Ended, Event, Incoming, Link, Peer};
use crate::time::Mono;

impl Endpoint {
    pub(super) fn on_invite(&mut self, now: Mono, link: Link, invite: Message) {
        if self.servers.is_merged(&invite) {
            return self.answer_stateless(link, &invite, 482, |builder| builder);
        }
        if !self.has_room() || self.dialogs.len() >= self.limits.dialogs {
            return self.answer_busy(now, link, &invite);
        }
        let user = match self.admission.demand(&invite, link.remote.ip()) {
            Demand::Nothing(peer) => return self.admit(now, link, invite, peer),
            Demand::Proof(user) => user,
        };
        if let Some(user) = self.prove(now, link, &invite, &user) {
            self.admit(now, link, invite, Peer::User(user));
        }
    }

    fn admit(&mut self, now: Mono, link: Link, invite: Message, peer: Peer) {
        let (from, display) = self.admission.identity(&invite, &peer);
        let dialled = Uri::parse(invite.request_uri());
        let to = dialled.as_ref().and_then(user_of).unwrap_or_default();
        let replaces = match self.wants_to_replace(&invite) {
            Ok(replaces) => replaces,
            Err(status) => return self.answer_stateless(link, &invite, status, |builder| builder),
        };
        let incoming = Incoming { peer, link, to, from, display, offer: sdp_of(&invite), replaces };
        let user = dialled.and_then(|uri| uri.user).unwrap_or_default();
        let own = contact(user, own_address(self.advertise, link), link.transport);
        let tag = self.random();
        let path = Path::of_request(&invite, link, tag, own);
        let dialog = self.insert_dialog(Dialog::new(path, Phase::Incoming { server: 0 }));
        let server = self.begin_server(link, invite, tag, Some(dialog));
        if let Some(new) = self.dialogs.get_mut(&dialog) {
            new.phase = Phase::Incoming { server };
        }
        self.respond(now, server, 100, |builder| builder);
        self.events.push_back(Event::Incoming { dialog, invite: Box::new(incoming) });
    }

    /// The server transaction of a call that has no final answer yet.
    fn incoming(&self, id: DialogId) -> Option<u64> {
        match self.dialogs.get(&id)?.phase {
            Phase::Incoming { server } => Some(server),
            _ => None,
        }
    }

    /// Tells the caller that it rings.
    pub fn ring(&mut self, now: Mono, id: DialogId) {
        let Some(server) = self.incoming(id) else { return };
        let contact = self.dialogs[&id].path.contact.clone();
        self.respond(now, server, 180, |builder| builder.header(Name::Contact, contact));
    }

    /// Takes the call, with an SDP answer (or an offer, if the INVITE had none).
    pub fn answer(&mut self, now: Mono, id: DialogId, sdp: Vec<u8>) {
        let Some(server) = self.incoming(id) else { return };
        let contact = self.dialogs[&id].path.contact.clone();
        let bytes = self.respond(now, server, 200, |builder| {
            let builder = builder.header(Name::Contact, contact).header(Name::Allow, screen::ALLOW);
            builder.header(Name::Supported, screen::SUPPORTED).body("application/sdp", sdp)
        });
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            let cseq = dialog.path.remote_cseq.unwrap_or_default();
            dialog.phase = Phase::Confirmed;
            dialog.unacked = bytes.map(|bytes| Unacked::new(now, bytes, cseq, true));
        }
        self.rearm_dialog(id);
    }

    /// Refuses the call with a status from 300 to 699, perhaps saying when to try again. The dialog is gone.
    pub fn reject(&mut self, now: Mono, id: DialogId, status: u16, retry_after: Option<Duration>) {
        let Some(server) = self.incoming(id) else { return };
        self.remove_dialog(id);
        let status = if (300..700).contains(&status) { status } else { 500 };
        self.respond(now, server, status, |builder| match retry_after {
            Some(time) => builder.format_header(Name::RetryAfter, format_args!("{}", time.as_secs().max(1))),
            None => builder,
        });
    }

    /// A CANCEL whose INVITE is known (RFC 3261 section 9.2). Once there is a final answer it changes nothing.
    pub(super) fn on_cancel(&mut self, now: Mono, link: Link, cancel: &Message, server: u64) {
        self.answer_stateless(link, cancel, 200, |builder| builder);
        let Some(transaction) = self.servers.by_id(server).filter(|known| known.is_pending_invite()) else {
            return;
        };
        let Some(id) = transaction.dialog else { return };
        if self.incoming(id) == Some(server) {
            return self.cancel_incoming(now, id);
        }
        if let Some(dialog) = self.dialogs.get_mut(&id) {
            dialog.reoffer = dialog.reoffer.filter(|reoffer| *reoffer != server);
        }
        self.respond(now, server, 487, |builder| builder);
    }

    /// The caller has given up.
    pub(super) fn cancel_incoming(&mut self, now: Mono, id: DialogId) {
        let Some(server) = self.incoming(id) else { return };
        self.remove_dialog(id);
        self.respond(now, server, 487, |builder| builder);
        self.events.push_back(Event::Cancelled { dialog: id });
    }

    /// The ACK to a 200 of ours. Others are strays.
    pub(super) fn on_ack(&mut self, now: Mono, ack: &Message) {
        let Some(id) = self.dialog_of(ack) else { return };
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let cseq = ack.cseq().map_or(0, |cseq| cseq.number);
        let Some(unacked) = dialog.unacked.take_if(|unacked| unacked.cseq == cseq) else { return };
        let is_abandoned = dialog.is_abandoned;
        self.rearm_dialog(id);
        let answer = sdp_of(ack);
        if is_abandoned {
            self.end(now, id);
        } else if unacked.is_first || answer.is_some() {
            self.events.push_back(Event::Established { dialog: id, answer });
        }
    }

    /// A 200 has not been acknowledged: say it again, or give up.
    pub(super) fn on_dialog_timeout(&mut self, now: Mono, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let Some(unacked) = &mut dialog.unacked else { return };
        if unacked.until <= now {
            let is_abandoned = dialog.is_abandoned;
            self.end(now, id);
            if !is_abandoned {
                self.events.push_back(Event::Ended { dialog: id, how: Ended::NoAck });
            }
            return;
        }
        if unacked.resend.at <= now {
            unacked.resend.again(now, T2);
            let (link, bytes) = (dialog.path.link, unacked.bytes.clone());
            self.send(link, bytes);
        }
        self.rearm_dialog(id);
    }
}
