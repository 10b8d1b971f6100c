//! A phone asks us to join its talk with somebody else (REFER, RFC 3515), or to replace one talk by another (RFC 3891).
//!
//! The owner is told what is wanted and says how far it is, by [`Endpoint::tell_refer`]: its first word answers the REFER, 202
//! and from then on notifications of how far it is, or a refusal that leaves nothing behind; the last word ends the
//! subscription. One at a time in each dialog; a dialog that ends ends it too. The phone may not want to be notified
//! (`Refer-Sub: false`, RFC 4488), and is not.

use super::Endpoint;
use super::clients::{ClientId, Purpose};
use super::screen::reason;
use crate::sip::admission::user_of;
use crate::sip::dialog::{Phase, own_address, unhex64};
use crate::sip::message::{Builder, Message, Method, Name, NameAddr, Params, Scheme, unescape};
use crate::sip::{DialogId, Event, Link, Referral};
use crate::time::Mono;

/// How long we say that we shall notify: longer than anybody rings.
const EXPIRES_S: u32 = 180;

/// What a dialog knows of the REFER under way in it.
#[derive(Debug)]
pub(crate) struct Refer {
    /// Its server transaction, until the first word.
    server: Option<u64>,
    /// Count of the REFER: the name of the subscription.
    cseq: u32,
    is_notified: bool,
}

impl Endpoint {
    pub(super) fn on_refer(&mut self, now: Mono, link: Link, request: Message, id: DialogId) {
        let Some(dialog) = self.dialogs.get(&id) else { return };
        let (tag, cseq) = (dialog.path.local_tag, request.cseq().map_or(0, |cseq| cseq.number));
        let may = matches!(dialog.phase, Phase::Confirmed) && dialog.refer.is_none() && !dialog.is_abandoned;
        let wanted = if may { self.referral(&request) } else { Err(491) };
        let is_notified = !request
            .header_other("Refer-Sub")
            .is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"false"));
        let server = self.begin_server(link, request, tag, Some(id));
        match wanted {
            Ok(referral) => {
                if let Some(dialog) = self.dialogs.get_mut(&id) {
                    dialog.refer = Some(Refer { server: Some(server), cseq, is_notified });
                }
                self.events.push_back(Event::Referred { dialog: id, referral: Box::new(referral) });
            }
            Err(status) => drop(self.respond(now, server, status, |builder| builder)),
        }
    }

    /// What a REFER wants; or the status that refuses it. 481 would tell the phone that its own talk is gone.
    fn referral(&self, request: &Message) -> Result<Referral, u16> {
        let mut targets = request.headers(Name::ReferTo);
        let (Some(target), None) = (targets.next(), targets.next()) else { return Err(400) };
        let address = NameAddr::parse(target).ok_or(400u16)?;
        let uri = address.uri().ok_or(400u16)?;
        if matches!(uri.scheme, Scheme::Other(_)) {
            return Err(416);
        }
        if uri.params.get("method").is_some_and(|method| !method.eq_ignore_ascii_case(b"INVITE")) {
            return Err(501);
        }
        let replaces = match uri.headers.and_then(replaces_in) {
            Some(value) => Some(self.replaced(&value).ok_or(404u16)?),
            None => None,
        };
        let by = request.header(Name::ReferredBy).and_then(NameAddr::parse);
        let by = by.and_then(|by| by.uri()).as_ref().and_then(user_of);
        Ok(Referral { to: user_of(&uri).unwrap_or_default(), replaces, by })
    }

    /// The dialog that an INVITE is to take the place of; or the status that refuses it.
    pub(super) fn wants_to_replace(&self, invite: &Message) -> Result<Option<DialogId>, u16> {
        let mut values = invite.headers(Name::Replaces);
        let (first, second) = (values.next(), values.next());
        let Some(value) = first else { return Ok(None) };
        if second.is_some() {
            return Err(400);
        }
        let id = self.replaced(value).ok_or(481u16)?;
        // Nobody picks up what only rings: those who called would be answered by a stranger.
        let is_confirmed =
            self.dialogs.get(&id).is_some_and(|dialog| matches!(dialog.phase, Phase::Confirmed));
        if !is_confirmed {
            return Err(481);
        }
        let is_early_only = value.to_ascii_lowercase().ends_with(b";early-only");
        if is_early_only { Err(486) } else { Ok(Some(id)) }
    }

    /// The dialog of ours that a Replaces names: their To tag is ours (RFC 3891 section 3).
    pub(super) fn replaced(&self, value: &[u8]) -> Option<DialogId> {
        let end = value.iter().position(|&byte| byte == b';').unwrap_or(value.len());
        let (call_id, params) = (value[..end].trim_ascii(), Params::parse(&value[end..])?);
        let id = *self.tags.get(&params.get("to-tag").and_then(unhex64)?)?;
        let path = &self.dialogs.get(&id).filter(|dialog| !dialog.is_abandoned)?.path;
        let is_it = path.call_id == call_id && path.remote_tag.as_deref() == params.get("from-tag");
        is_it.then_some(id)
    }

    /// How far what the phone asked for is, as the status that a call to there has by now. A final one is the last word; given at once,
    /// one from 300 on refuses.
    pub fn tell_refer(&mut self, now: Mono, id: DialogId, status: u16) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        let Some(refer) = &mut dialog.refer else { return };
        let (server, is_notified, cseq) = (refer.server.take(), refer.is_notified, refer.cseq);
        let is_last = status >= 200;
        if is_last {
            dialog.refer = None;
        }
        if let Some(server) = server {
            let contact = dialog.path.contact.clone();
            let is_refused = status >= 300;
            let answer = if is_refused { status } else { 202 };
            self.respond(now, server, answer, |builder| match is_notified || is_refused {
                true => builder.header(Name::Contact, contact),
                false => builder.header(Name::Contact, contact).header_other("Refer-Sub", "false"),
            });
            if is_refused {
                return;
            }
        }
        if is_notified {
            self.notify(now, id, cseq, status, is_last);
        }
    }

    fn notify(&mut self, now: Mono, id: DialogId, cseq: u32, status: u16, is_last: bool) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        dialog.path.local_cseq = dialog.path.local_cseq.saturating_add(1);
        let path = dialog.path.clone();
        let (link, branch) = (self.link_of(&path), self.random());
        let builder =
            path.request(Method::Notify, path.local_cseq, own_address(self.advertise, link), branch);
        let builder = builder
            .header(Name::Contact, &path.contact)
            .format_header(Name::Event, format_args!("refer;id={cseq}"))
            .header(Name::UserAgent, &self.server);
        let bytes = subscription(builder, is_last)
            .body("message/sipfrag;version=2.0", format!("SIP/2.0 {status} {}\r\n", reason(status)))
            .finish();
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Farewell);
    }

    /// Asks the far end, as a phone does, to join this call with somebody else: `to` is the value of Refer-To.
    pub fn refer(&mut self, now: Mono, id: DialogId, to: &str) {
        let Some(dialog) = self.dialogs.get_mut(&id) else { return };
        dialog.path.local_cseq = dialog.path.local_cseq.saturating_add(1);
        let path = dialog.path.clone();
        let (link, branch) = (self.link_of(&path), self.random());
        let own = own_address(self.advertise, link);
        let request = path.request(Method::Refer, path.local_cseq, own, branch);
        let bytes = request.header(Name::Contact, &path.contact).header(Name::ReferTo, to).finish();
        self.begin_client(now, ClientId { branch, is_cancel: false }, link, bytes, Purpose::Farewell);
    }

    /// The dialog is over: a REFER that has no answer yet gets one.
    pub(super) fn drop_refer(&mut self, now: Mono, refer: Option<Refer>) {
        if let Some(server) = refer.and_then(|refer| refer.server) {
            self.respond(now, server, 487, |builder| builder);
        }
    }
}

fn subscription(builder: Builder, is_last: bool) -> Builder {
    match is_last {
        true => builder.header_other("Subscription-State", "terminated;reason=noresource"),
        false => {
            let value = format!("active;expires={EXPIRES_S}");
            builder.header_other("Subscription-State", value)
        }
    }
}

/// The Replaces among the headers of a URI, unescaped; of several the first.
fn replaces_in(headers: &[u8]) -> Option<Vec<u8>> {
    headers.split(|&byte| byte == b'&').find_map(|header| {
        let end = header.iter().position(|&byte| byte == b'=')?;
        header[..end].eq_ignore_ascii_case(b"replaces").then(|| unescape(&header[end + 1..]).into_owned())
    })
}
