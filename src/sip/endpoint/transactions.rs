//! The transactions in progress: how messages find them, their bytes, their alarms.

use std::collections::{BTreeSet, HashMap};
use std::io::Write as _;

use super::Endpoint;
use crate::sip::message::{Builder, Message, Method, Name};
use crate::sip::transaction::{Client, InviteClient, InviteServer, Server, action, event};
use crate::sip::{DialogId, Link, RegistrationId, Transport};
use crate::time::Mono;

/// Who wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Alarm {
    Server(u64),
    Client(ClientId),
    Dialog(DialogId),
    Phone(RegistrationId),
    Stream(Link),
}

/// One moment per sleeper.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    moments: BTreeSet<(Mono, Alarm)>,
    by_alarm: HashMap<Alarm, Mono>,
}

impl Alarms {
    pub(super) fn set(&mut self, alarm: Alarm, at: Option<Mono>) {
        let old = match at {
            Some(at) => self.by_alarm.insert(alarm, at),
            None => self.by_alarm.remove(&alarm),
        };
        if old == at {
            return;
        }
        if let Some(old) = old {
            self.moments.remove(&(old, alarm));
        }
        if let Some(at) = at {
            self.moments.insert((at, alarm));
        }
    }

    pub(super) fn take_due(&mut self, now: Mono) -> Option<Alarm> {
        let &(at, alarm) = self.moments.first().filter(|(at, _)| *at <= now)?;
        self.moments.remove(&(at, alarm));
        self.by_alarm.remove(&alarm);
        Some(alarm)
    }

    pub(super) fn next(&self) -> Option<Mono> {
        self.moments.first().map(|(at, _)| *at)
    }

    pub(super) fn len(&self) -> usize {
        self.moments.len()
    }
}

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
    tag: u64,
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

    fn remove(&mut self, id: u64) {
        let Some(gone) = self.by_id.remove(&id) else { return };
        self.by_key.remove(&gone.key);
        if let Some(key) = gone.merge_key {
            self.merging.remove(&key);
        }
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
        write!(key, "\0{}:{}\0", via.host, via.port.unwrap_or(0)).expect("a Vec takes what it is given");
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

/// A request of ours: the random part of its branch. A CANCEL shares its INVITE's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ClientId {
    pub(super) branch: u64,
    pub(super) is_cancel: bool,
}

/// What the answer to a request of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A call that we make.
    Call(DialogId),
    /// To learn whether the far end knows the dialog.
    Probe(DialogId),
    /// A registration of ours.
    Register(RegistrationId),
    /// To have said so: CANCEL and BYE.
    Farewell,
}

/// A request that we sent.
#[derive(Debug)]
pub(super) struct ClientTransaction {
    machine: ClientMachine,
    pub(super) link: Link,
    pub(super) request: Vec<u8>,
    purpose: Purpose,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(InviteClient),
    Other(Client),
}

impl ClientTransaction {
    pub(super) fn can_cancel(&self) -> bool {
        matches!(&self.machine, ClientMachine::Invite(machine) if machine.can_cancel())
    }

    fn poll_timeout(&self) -> Option<Mono> {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.poll_timeout(),
            ClientMachine::Other(machine) => machine.poll_timeout(),
        }
    }

    fn is_over(&self) -> bool {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.is_over(),
            ClientMachine::Other(machine) => machine.is_over(),
        }
    }

    fn handle(&mut self, now: Mono, news: News) -> Reply {
        match &mut self.machine {
            ClientMachine::Invite(machine) => {
                use {action::InviteClient as A, event::InviteClient as E};
                let event = match news {
                    News::Response(100..200) => E::Provisional,
                    News::Response(200..300) => E::Success,
                    News::Response(_) => E::Failure,
                    News::Cancel => E::Cancel,
                    News::Broken => E::Broken,
                    News::Timeout => E::Timeout,
                };
                match machine.handle(now, event) {
                    A::Nothing => Reply::Nothing,
                    A::Resend => Reply::Resend,
                    A::Deliver => Reply::Deliver,
                    A::AckAndDeliver => Reply::AckAndDeliver,
                    A::AckAgain => Reply::Ack,
                    A::TimedOut => Reply::Failed(408),
                    A::Unreachable => Reply::Failed(503),
                }
            }
            ClientMachine::Other(machine) => {
                use {action::Client as A, event::Client as E};
                let event = match news {
                    News::Response(100..200) => E::Provisional,
                    News::Response(_) => E::Final,
                    News::Cancel => return Reply::Nothing,
                    News::Broken => E::Broken,
                    News::Timeout => E::Timeout,
                };
                match machine.handle(now, event) {
                    A::Nothing => Reply::Nothing,
                    A::Resend => Reply::Resend,
                    A::Deliver => Reply::Deliver,
                    A::TimedOut => Reply::Failed(408),
                    A::Unreachable => Reply::Failed(503),
                }
            }
        }
    }
}

/// What happens to a client transaction of either kind.
#[derive(Clone, Copy, Debug)]
pub(super) enum News {
    Response(u16),
    Cancel,
    Broken,
    Timeout,
}

/// What a client transaction of either kind asks for.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Nothing,
    Resend,
    Deliver,
    AckAndDeliver,
    Ack,
    /// As if this status had come.
    Failed(u16),
}

fn is_reliable(link: Link) -> bool {
    link.transport == Transport::Tcp
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
        let reliable = is_reliable(link);
        let machine = match is_invite {
            true => ServerMachine::Invite(InviteServer::new(reliable)),
            false => ServerMachine::Other(Server::new(reliable)),
        };
        self.servers.last += 1;
        let id = self.servers.last;
        let key = server_key(&request);
        let begins = is_invite && request.to().is_ok_and(|to| to.tag().is_none());
        let merge_key = begins.then(|| merge_key(&request));
        if let Some(key) = &merge_key {
            self.servers.merging.insert(key.clone(), id);
        }
        self.servers.by_key.insert(key.clone(), id);
        let request = Some(Box::new(request));
        let transaction =
            ServerTransaction { key, merge_key, machine, link, request, tag, response: Vec::new(), dialog };
        self.servers.by_id.insert(id, transaction);
        id
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
        let builder = super::screen::response(request, transaction.link, status, tag);
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

    /// Sends a request of ours and waits for its answer.
    pub(super) fn begin_client(
        &mut self,
        now: Mono,
        id: ClientId,
        link: Link,
        request: Vec<u8>,
        purpose: Purpose,
    ) {
        let reliable = is_reliable(link);
        let machine = match purpose {
            Purpose::Call(_) => ClientMachine::Invite(InviteClient::new(now, reliable)),
            _ => ClientMachine::Other(Client::new(now, reliable)),
        };
        let is_open = !reliable || self.open_stream(now, link);
        self.send(link, request.clone());
        self.clients.insert(id, ClientTransaction { machine, link, request, purpose });
        if is_open {
            self.rearm_client(id);
        } else {
            self.tell_client(now, id, News::Broken, None);
        }
    }

    fn rearm_client(&mut self, id: ClientId) {
        let Some(transaction) = self.clients.get(&id) else { return };
        if transaction.is_over() {
            self.clients.remove(&id);
            return self.alarms.set(Alarm::Client(id), None);
        }
        self.alarms.set(Alarm::Client(id), transaction.poll_timeout());
    }

    pub(super) fn on_client_timeout(&mut self, now: Mono, id: ClientId) {
        self.tell_client(now, id, News::Timeout, None);
    }

    /// The link's stream is gone, and with it the hope of an answer.
    pub(super) fn break_clients(&mut self, now: Mono, link: Link) {
        let broken: Vec<_> =
            self.clients.iter().filter(|(_, client)| client.link == link).map(|(id, _)| *id).collect();
        for id in broken {
            self.tell_client(now, id, News::Broken, None);
        }
    }

    pub(super) fn on_response(&mut self, now: Mono, response: &Message) {
        let branch =
            response.top_via().ok().and_then(|via| via.unique_branch()).and_then(|branch| branch.get(7..));
        let Some(branch) = branch.and_then(crate::sip::dialog::unhex64) else { return };
        let id = ClientId { branch, is_cancel: response.method() == Method::Cancel };
        self.tell_client(now, id, News::Response(response.status()), Some(response));
    }

    pub(super) fn tell_client(&mut self, now: Mono, id: ClientId, news: News, response: Option<&Message>) {
        let Some(transaction) = self.clients.get_mut(&id) else { return };
        if response.is_some_and(|response| !transaction.request.starts_with(response.method().as_bytes())) {
            return;
        }
        let reply = transaction.handle(now, news);
        let (link, purpose) = (transaction.link, transaction.purpose);
        match (reply, response) {
            (Reply::Resend, _) => {
                let bytes = transaction.request.clone();
                self.send(link, bytes);
            }
            (Reply::Ack | Reply::AckAndDeliver, Some(response)) => {
                if let Some(ack) = failure_ack(&transaction.request, response) {
                    self.send(link, ack);
                }
            }
            _ => {}
        }
        self.rearm_client(id);
        match (reply, response) {
            (Reply::Deliver | Reply::AckAndDeliver, Some(response)) => {
                self.on_outcome(now, purpose, response.status(), Some(response));
            }
            (Reply::Failed(status), _) => self.on_outcome(now, purpose, status, None),
            _ => {}
        }
    }

    fn on_outcome(&mut self, now: Mono, purpose: Purpose, status: u16, response: Option<&Message>) {
        match purpose {
            Purpose::Call(dialog) => self.on_call_outcome(now, dialog, status, response),
            Purpose::Probe(dialog) => self.on_probe_outcome(dialog, status, response.is_some()),
            Purpose::Register(phone) => self.on_register_outcome(now, phone, status, response),
            Purpose::Farewell => {}
        }
    }
}

/// The ACK to a refusal: the INVITE's own Via, URI and route (RFC 3261 section 17.1.1.3).
fn failure_ack(invite: &[u8], response: &Message) -> Option<Vec<u8>> {
    let invite = Message::parse_datagram(invite).ok()?;
    let to = response.header(Name::To)?;
    Some(of_invite(&invite, Method::Ack, to)?.finish())
}

/// The CANCEL of an INVITE of ours (RFC 3261 section 9.1).
pub(super) fn cancel_of(invite: &[u8]) -> Option<Vec<u8>> {
    let invite = Message::parse_datagram(invite).ok()?;
    Some(of_invite(&invite, Method::Cancel, invite.header(Name::To)?)?.finish())
}

fn of_invite(invite: &Message, method: Method<'_>, to: &[u8]) -> Option<Builder> {
    let cseq = invite.cseq().ok()?.number;
    let builder = Builder::request(method, invite.request_uri())
        .copy(invite, Name::Via)
        .header(Name::MaxForwards, "70")
        .copy(invite, Name::Route)
        .copy(invite, Name::From)
        .header(Name::To, to)
        .copy(invite, Name::CallId);
    Some(builder.format_header(Name::CSeq, format_args!("{cseq} {method}")))
}
