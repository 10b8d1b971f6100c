//! The requests that we send: how their answers find them, and what those are for.

use super::Endpoint;
use super::alarms::Alarm;
use crate::planted::{self, Fault};
use crate::sip::dialog::unhex64;
use crate::sip::message::{Builder, MAGIC_COOKIE, Message, Method, Name};
use crate::sip::transaction::{Client, InviteClient, action, event};
use crate::sip::{DialogId, Link, Reason, RegistrationId, Transport};
use crate::time::Mono;

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
    /// To learn whether a registered phone is there; the branch.
    Presence(u64),
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

    /// The dialog that it is for.
    pub(super) fn dialog(&self) -> Option<DialogId> {
        match self.purpose {
            Purpose::Call(dialog) | Purpose::Probe(dialog) => Some(dialog),
            Purpose::Presence(_) | Purpose::Register(_) | Purpose::Farewell => None,
        }
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

    fn is_answered(&self) -> bool {
        match &self.machine {
            ClientMachine::Invite(machine) => machine.is_answered(),
            ClientMachine::Other(machine) => machine.is_answered(),
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

impl Endpoint {
    /// Sends a request of ours and waits for its answer.
    pub(super) fn begin_client(
        &mut self,
        now: Mono,
        id: ClientId,
        link: Link,
        request: Vec<u8>,
        purpose: Purpose,
    ) {
        let reliable = link.transport == Transport::Tcp;
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

    /// Requests of ours wait for their final answers, or a BYE for the ACK before it: a phone that goes away waits for these.
    pub fn is_waiting(&self) -> bool {
        let waits = |client: &ClientTransaction| {
            !client.is_answered() && !matches!(client.purpose, Purpose::Presence(_))
        };
        self.clients.values().any(waits) || self.dialogs.values().any(|dialog| dialog.is_abandoned)
    }

    fn rearm_client(&mut self, id: ClientId) {
        let Some(transaction) = self.clients.get(&id) else { return };
        if transaction.is_over() {
            if !planted::is(Fault::KeptTransaction) {
                self.clients.remove(&id);
            }
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
        let branch = response
            .top_via()
            .ok()
            .and_then(|via| via.unique_branch())
            .and_then(|branch| branch.get(MAGIC_COOKIE.len()..));
        let Some(branch) = branch.and_then(unhex64) else { return };
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
            Purpose::Presence(branch) => self.on_presence_outcome(branch, response),
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

/// The CANCEL of an INVITE of ours (RFC 3261 section 9.1), with its reason (RFC 3326).
pub(super) fn cancel_of(invite: &[u8], reason: Option<Reason>) -> Option<Vec<u8>> {
    let invite = Message::parse_datagram(invite).ok()?;
    let cancel = of_invite(&invite, Method::Cancel, invite.header(Name::To)?)?;
    Some(match reason {
        Some(reason) => cancel.header(Name::Reason, reason.as_str()).finish(),
        None => cancel.finish(),
    })
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
