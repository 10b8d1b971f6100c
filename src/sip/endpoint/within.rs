//! Steps within a call: BYE, offers of new media, probes.

use super::Endpoint;
use super::clients::{ClientId, Purpose};
use super::screen::{self, capabilities, sdp_of};
use crate::sip::dialog::{Phase, Unacked, own_address, unhex64};
use crate::sip::message::{Builder, Message, Method, Name};
use crate::sip::{DialogId, DialogRecord, Ended, Event, Link, Probe};
use crate::time::Mono;

impl Endpoint {
    /// The dialog that a message claims to belong to, if it does.
    pub(super) fn dialog_of(&self, request: &Message) -> Option<DialogId> {
        let tag = request.to().ok().and_then(|to| to.tag()).and_then(unhex64)?;
        let id = *self.tags.get(&tag)?;
        self.dialogs.get(&id)?.path.owns(request).then_some(id)
    }

    /// A request with a To tag.
    pub(super) fn on_within(&mut self, now: Mono, link: Link, request: Message) {
        let Some(id) = self.dialog_of(&request) else {
            return self.answer_stateless(link, &request, 481, |builder| builder);
        };
        if !self.has_room() {
            return self.answer_busy(now, link, &request);
        }
        let is_alive = self.dialogs.get(&id).is_some_and(|dialog| self.is_alive(dialog.path.link));
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        if dialog.path.remote_cseq.is_some_and(|last| cseq <= last) {
            // Out of order (RFC 3261 section 12.2.2).
            return self.answer_stateless(link, &request, 500, |builder| builder);
        }
        dialog.path.remote_cseq = Some(cseq);
        if !is_alive {
            dialog.path.link = link;
        }
        let tag = dialog.path.local_tag;
        let method = request.method();
        match method {
            Method::Bye => {
                let server = self.begin_server(link, request, tag, Some(id));
                self.respond(now, server, 200, |builder| builder);
                self.on_bye(now, id);
            }
            Method::Invite | Method::Update => self.on_reoffer(now, link, request, id),
            Method::Refer => self.on_refer(now, link, request, id),
            Method::Info => self.on_info(now, link, request, id),
            _ => {
                let server = self.begin_server(link, request, tag, Some(id));
                self.respond(now, server, 200, capabilities);
            }
        }
    }

    fn on_bye(&mut self, now: Mono, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        match &dialog.phase {
            Phase::Incoming { .. } => self.cancel_incoming(now, id),
            // It has overtaken the 200 to our INVITE, which will be acknowledged all the same.
            Phase::Calling(_) => {
                let is_told = !std::mem::replace(&mut dialog.is_abandoned, true);
                self.send_cancel(now, id);
                if is_told {
                    self.events.push_back(Event::Rejected { dialog: id, status: 487 });
                }
            }
            Phase::Confirmed => {
                let Some(dialog) = self.remove_dialog(id) else { return };
                if let Some(server) = dialog.reoffer {
                    self.respond(now, server, 487, |builder| builder);
                }
                self.drop_refer(now, dialog.refer);
                if !dialog.is_abandoned {
                    self.events.push_back(Event::Ended { dialog: id, how: Ended::Bye });
                }
            }
        }
    }

    /// A re-INVITE, or an UPDATE (RFC 3311), which may also come only to refresh.
    fn on_reoffer(&mut self, now: Mono, link: Link, request: Message, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let is_invite = request.method() == Method::Invite;
        let offer = sdp_of(&request);
        // RFC 3261 section 14.2: theirs again before we answered gets 500; one that crosses our own offer, 491.
        let glare = match &dialog.phase {
            Phase::Incoming { .. } => Some(500),
            Phase::Calling(_) => Some(491),
            Phase::Confirmed if dialog.reoffer.is_some() => Some(500),
            Phase::Confirmed if is_invite && dialog.unacked.is_some() => Some(491),
            Phase::Confirmed => None,
        };
        if glare.is_none() {
            dialog.path.refresh_target(&request);
            dialog.path.link = link; // a phone that has moved says so by a new target, and is reached where it spoke from
        }
        let (tag, is_abandoned) = (dialog.path.local_tag, dialog.is_abandoned);
        let server = self.begin_server(link, request, tag, Some(id));
        match glare {
            Some(status) => {
                let wait_s = self.random() % 10;
                self.respond(now, server, status, |builder| {
                    builder.format_header(Name::RetryAfter, format_args!("{wait_s}"))
                });
            }
            None if is_abandoned => drop(self.respond(now, server, 487, |builder| builder)),
            None if is_invite || offer.is_some() => {
                if is_invite {
                    self.respond(now, server, 100, |builder| builder);
                }
                if let Some(dialog) = self.dialogs.get_mut(&id) {
                    dialog.reoffer = Some(server);
                }
                self.events.push_back(Event::Reoffer { dialog: id, offer });
            }
            None => drop(self.respond(now, server, 200, |builder| builder)),
        }
    }

    /// Answers an offer within the dialog (or offers, if they asked us to).
    pub fn accept_offer(&mut self, now: Mono, id: DialogId, sdp: Vec<u8>) {
        let Some((server, contact)) = self.take_reoffer(id) else { return };
        let request = self.servers.by_id(server).and_then(|transaction| transaction.request());
        let cseq = request.and_then(|request| request.cseq().ok()).map_or(0, |cseq| cseq.number);
        let add = |builder: Builder| {
            let builder = builder.header(Name::Contact, contact).header(Name::Allow, screen::ALLOW);
            builder.header(Name::Supported, screen::SUPPORTED).body("application/sdp", sdp)
        };
        let bytes = self.respond(now, server, 200, add);
        if let (Some(bytes), Some(dialog)) = (bytes, self.dialogs.get_mut(&id)) {
            dialog.unacked = Some(Unacked::new(now, bytes, cseq, false));
        }
        self.rearm_dialog(id);
    }

    /// Refuses an offer within the dialog; all stays as it was.
    pub fn refuse_offer(&mut self, now: Mono, id: DialogId, status: u16) {
        let Some((server, _)) = self.take_reoffer(id) else { return };
        let status = if (300..700).contains(&status) { status } else { 488 };
        self.respond(now, server, status, |builder| builder);
    }

    /// The way to the far end of a dialog, as it was used last.
    pub fn link(&self, id: DialogId) -> Option<Link> {
        Some(self.dialogs.get(&id)?.path.link)
    }

    fn take_reoffer(&mut self, id: DialogId) -> Option<(u64, Vec<u8>)> {
        let dialog = self.dialogs.get_mut(&id)?;
        Some((dialog.reoffer.take()?, dialog.path.contact.clone()))
    }

    /// Makes a new offer within the dialog, by UPDATE (RFC 3311), as a phone does to hold. The answer is not waited for.
    pub fn reoffer(&mut self, now: Mono, id: DialogId, sdp: Vec<u8>) {
        let Some(dialog) =
            self.dialogs.get_mut(&id).filter(|dialog| matches!(dialog.phase, Phase::Confirmed))
        else {
            return;
        };
        dialog.path.local_cseq = dialog.path.local_cseq.saturating_add(1);
        let path = dialog.path.clone();
        let (link, branch) = (self.link_of(&path), self.random());
        let own = own_address(self.advertise, link);
        let request =
            path.request(Method::Update, path.local_cseq, own, branch).header(Name::Contact, &path.contact);
        let bytes = request.body("application/sdp", sdp).finish();
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Farewell);
    }

    /// Asks the far end whether it still knows the dialog; [`Event::Probed`] tells.
    pub fn probe(&mut self, now: Mono, id: DialogId) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        if !matches!(dialog.phase, Phase::Confirmed) {
            return;
        }
        dialog.path.local_cseq = dialog.path.local_cseq.saturating_add(1);
        let path = dialog.path.clone();
        self.send_within(now, &path, Method::Options, Purpose::Probe(id));
    }

    /// `heard`: a response came, whatever it says.
    pub(super) fn on_probe_outcome(&mut self, id: DialogId, status: u16, heard: bool) {
        if self.dialogs.get(&id).is_some_and(|dialog| !dialog.is_abandoned) {
            let found = match status {
                481 if heard => Probe::Gone,
                408 => Probe::Unanswered, // a proxy says so for the phone behind it
                _ if heard => Probe::Alive,
                _ => Probe::Unanswered,
            };
            self.events.push_back(Event::Probed { dialog: id, found });
        }
    }

    /// What a journal needs to end this dialog after a crash. A call that comes in has it before it is answered, so that it can be
    /// safe before the 200 goes out; one that we make, once it is confirmed.
    pub fn record(&self, id: DialogId) -> Option<DialogRecord> {
        let dialog = self.dialogs.get(&id)?;
        matches!(dialog.phase, Phase::Incoming { .. } | Phase::Confirmed).then(|| dialog.path.to_record())
    }
}
