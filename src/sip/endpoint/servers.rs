//! The requests that we answer: how their copies, ACKs and CANCELs find them, and what was answered.

use std::collections::HashMap;
use std::net::IpAddr;

use super::Endpoint;
use super::alarms::Alarm;
use super::screen::response;
use crate::sip::message::{Builder, Host, Message, Method, Name};
use crate::sip::transaction::{InviteServer, Server, action, event};
use crate::sip::{DialogId, Link, Transport};
use crate::time::Mono;

/// A request that we answer.
#[derive(Debug)]
pub(super) struct ServerTransaction {
    key: Box<[u8]>,
    /// Call-ID, From tag and CSeq of an INVITE that began here, to notice the same one come another way.
    merge_key: Option<Box<[u8]>>,
    machine: ServerMachine,
    pub(super) link: Link,
    /// Until it has its final answer.
    request: Option<Box<Message>>,
    /// Our To tag.
    pub(super) tag: u64,
    response: Vec<u8>,
    pub(super) dialog: Option<DialogId>,
}

#[derive(Debug)]
enum ServerMachine {
    Invite(InviteServer),
    Other(Server),
}

impl ServerTransaction {
    pub(super) fn request(&self) -> Option<&Message> {
        self.request.as_deref()
    }

    /// An INVITE without final answer.
    pub(super) fn is_pending_invite(&self) -> bool {
        matches!(&self.machine, ServerMachine::Invite(machine) if machine.is_pending())
    }

    fn poll_timeout(&self) -> Option<Mono> {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.poll_timeout(),
            ServerMachine::Other(machine) => machine.poll_timeout(),
        }
    }

    fn is_over(&self) -> bool {
        match &self.machine {
            ServerMachine::Invite(machine) => machine.is_over(),
            ServerMachine::Other(machine) => machine.is_over(),
        }
    }
}

/// Server transactions, by number, by what their requests have in common, and by what merged requests have.
#[derive(Debug, Default)]
pub(super) struct Servers {
    by_id: HashMap<u64, ServerTransaction>,
    by_key: HashMap<Box<[u8]>, u64>,
    merging: HashMap<Box<[u8]>, u64>,
    last: u64,
}

impl Servers {
    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Each, with the dialog that it belongs to.
    #[expect(clippy::disallowed_methods, reason = "whoever asks puts them in order")]
    pub(super) fn dialogs(&self) -> impl Iterator<Item = (u64, Option<DialogId>)> {
        self.by_id.iter().map(|(id, transaction)| (*id, transaction.dialog))
    }

    pub(super) fn find(&self, key: &[u8]) -> Option<u64> {
        self.by_key.get(key).copied()
    }

    pub(super) fn by_id(&self, id: u64) -> Option<&ServerTransaction> {
        self.by_id.get(&id)
    }

    /// The request has come another way too (RFC 3261 section 8.2.2.2).
    pub(super) fn is_merged(&self, request: &Message) -> bool {
        self.merging.contains_key(&*merge_key(request))
    }

    fn insert(&mut self, transaction: ServerTransaction) -> u64 {
        self.last += 1;
        if let Some(key) = &transaction.merge_key {
            self.merging.insert(key.clone(), self.last);
        }
        self.by_key.insert(transaction.key.clone(), self.last);
        self.by_id.insert(self.last, transaction);
        self.last
    }

    fn remove(&mut self, id: u64) {
        let Some(gone) = self.by_id.remove(&id) else { return };
        self.by_key.remove(&gone.key);
        if let Some(key) = gone.merge_key {
            self.merging.remove(&key);
        }
    }
}

impl Endpoint {
    /// There is room for one more request to answer.
    pub(super) fn has_room(&self) -> bool {
        self.servers.len() < self.limits.server_transactions
    }

    /// Takes charge of a request. `tag` goes into the To of our answers.
    pub(super) fn begin_server(
        &mut self,
        link: Link,
        request: Message,
        tag: u64,
        dialog: Option<DialogId>,
    ) -> u64 {
        let is_invite = request.method() == Method::Invite;
        let reliable = link.transport == Transport::Tcp;
        let machine = match is_invite {
            true => ServerMachine::Invite(InviteServer::new(reliable)),
            false => ServerMachine::Other(Server::new(reliable)),
        };
        let key = server_key(&request);
        let begins = is_invite && request.to().is_ok_and(|to| to.tag().is_none());
        let merge_key = begins.then(|| merge_key(&request));
        let request = Some(Box::new(request));
        let transaction =
            ServerTransaction { key, merge_key, machine, link, request, tag, response: Vec::new(), dialog };
        self.servers.insert(transaction)
    }

    /// A copy of a request, or the ACK to our refusal. `true`: the ACK concerns the dialog.
    pub(super) fn on_copy(&mut self, now: Mono, id: u64, is_ack: bool) -> bool {
        use {action::InviteServer as A, event::InviteServer as E};
        let Some(transaction) = self.servers.by_id.get_mut(&id) else { return is_ack };
        let sends = match &mut transaction.machine {
            ServerMachine::Invite(machine) => {
                match machine.handle(now, if is_ack { E::Ack } else { E::Invite }) {
                    A::Send => true,
                    A::Nothing => false,
                    A::PassAck => return true,
                }
            }
            ServerMachine::Other(machine) => {
                machine.handle(now, event::Server::Request) == action::Server::Send
            }
        };
        self.after_server(id, sends);
        false
    }

    pub(super) fn on_server_timeout(&mut self, now: Mono, id: u64) {
        let Some(transaction) = self.servers.by_id.get_mut(&id) else { return };
        let sends = match &mut transaction.machine {
            ServerMachine::Invite(machine) => {
                machine.handle(now, event::InviteServer::Timeout) == action::InviteServer::Send
            }
            ServerMachine::Other(machine) => {
                machine.handle(now, event::Server::Timeout) == action::Server::Send
            }
        };
        self.after_server(id, sends);
    }

    fn after_server(&mut self, id: u64, sends: bool) {
        let Some(transaction) = self.servers.by_id.get(&id) else { return };
        let (link, at, is_over) = (transaction.link, transaction.poll_timeout(), transaction.is_over());
        if sends && !transaction.response.is_empty() {
            let bytes = transaction.response.clone();
            self.send(link, bytes);
        }
        self.alarms.set(Alarm::Server(id), at);
        if is_over {
            self.servers.remove(id);
        }
    }

    /// Answers a request that is in our charge; `add` gives headers and body. Gives back the bytes of a 2xx to INVITE, which
    /// the dialog repeats and the transaction does not.
    pub(super) fn respond(
        &mut self,
        now: Mono,
        id: u64,
        status: u16,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Option<Vec<u8>> {
        let transaction = self.servers.by_id.get_mut(&id)?;
        let request = transaction.request.as_deref()?;
        let tag = (status > 100).then_some(transaction.tag);
        let builder = response(request, transaction.link, status, tag);
        let bytes = add(builder.header(Name::Server, &self.server)).finish();
        let (sends, keeps) = match &mut transaction.machine {
            ServerMachine::Invite(machine) => {
                let event = match status {
                    100..200 => event::InviteServer::Provisional,
                    200..300 => event::InviteServer::Success,
                    _ => event::InviteServer::Failure,
                };
                let sends = machine.handle(now, event) == action::InviteServer::Send;
                (sends, event != event::InviteServer::Success)
            }
            ServerMachine::Other(machine) => {
                (machine.handle(now, event::Server::Final) == action::Server::Send, true)
            }
        };
        if status >= 200 {
            transaction.request = None;
        }
        let link = transaction.link;
        if keeps {
            transaction.response = bytes;
            self.after_server(id, sends);
            return None;
        }
        transaction.response = Vec::new();
        self.after_server(id, false);
        if sends {
            self.send(link, bytes.clone());
        }
        Some(bytes)
    }
}

/// What all copies of a request, the CANCEL of an INVITE and the ACK to its failure have in common
/// (RFC 3261 section 17.2.3).
pub(super) fn server_key(request: &Message) -> Box<[u8]> {
    let method = match request.method() {
        Method::Ack | Method::Cancel => Method::Invite,
        method => method,
    };
    let mut key = Vec::with_capacity(96);
    if let Ok(via) = request.top_via()
        && let Some(branch) = via.unique_branch()
    {
        key.extend_from_slice(branch);
        key.push(0);
        match via.host {
            Host::Ip(IpAddr::V4(ip)) => key.extend(ip.octets()),
            Host::Ip(IpAddr::V6(ip)) => key.extend(ip.octets()),
            Host::Name(name) => key.extend_from_slice(name),
        }
        key.push(0);
        key.extend(via.port.unwrap_or(0).to_be_bytes());
        key.extend_from_slice(method.as_bytes());
        return key.into();
    }
    // As RFC 2543 did it, but for the Request-URI and To, which an ACK may have changed.
    let via = request.headers(Name::Via).next().unwrap_or_default();
    for part in [via, &merge_key(request), method.as_bytes()] {
        key.extend_from_slice(part);
        key.push(0);
    }
    key.into()
}

fn merge_key(request: &Message) -> Box<[u8]> {
    let tag = request.from().ok().and_then(|from| from.tag()).unwrap_or_default();
    let cseq = request.cseq().map_or(0, |cseq| cseq.number);
    let call_id = request.call_id().unwrap_or_default();
    [call_id, b"\0", tag, b"\0", &cseq.to_be_bytes()].concat().into()
}
