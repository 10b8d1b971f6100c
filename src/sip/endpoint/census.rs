//! What the endpoint holds: counts, and, for checks that nothing outlives its call, each thing with the dialog it belongs to.

use super::Endpoint;
use super::alarms::Alarm;
use super::clients::ClientId;
use crate::sip::{Census, DialogId, Holding};

impl Endpoint {
    /// What is held.
    pub fn census(&self) -> Census {
        Census {
            server_transactions: self.servers.len(),
            client_transactions: self.clients.len(),
            dialogs: self.dialogs.len(),
            streams: self.streams.len(),
            bindings: self.registrar.count(),
            nonces: self.guard.counts(),
            alarms: self.alarms.len(),
        }
    }

    /// Everything that is held for a time, in order, with the dialog that it belongs to. What belongs to none comes from
    /// registrations, farewells and refusals.
    pub fn holdings(&self) -> Vec<(Holding, Option<DialogId>)> {
        let mut held: Vec<_> =
            self.dialogs.keys().map(|dialog| (Holding::Dialog(*dialog), Some(*dialog))).collect();
        held.extend(self.servers.dialogs().map(|(id, dialog)| (Holding::ServerTransaction(id), dialog)));
        held.extend(self.clients.iter().map(|(id, transaction)| {
            let ClientId { branch, is_cancel } = *id;
            (Holding::ClientTransaction { branch, is_cancel }, transaction.dialog())
        }));
        held.extend(self.streams.keys().map(|link| (Holding::Stream(*link), None)));
        held.extend(self.alarms.sleepers().filter(|alarm| !self.has(*alarm)).map(|_| (Holding::Alarm, None)));
        held.sort();
        held
    }

    /// Whoever is to be woken by this alarm is there.
    fn has(&self, alarm: Alarm) -> bool {
        match alarm {
            Alarm::Server(id) => self.servers.by_id(id).is_some(),
            Alarm::Client(id) => self.clients.contains_key(&id),
            Alarm::Dialog(id) => self.dialogs.contains_key(&id),
            Alarm::Phone(id) => self.phones.contains_key(&id),
            Alarm::Stream(link) => self.streams.contains_key(&link),
        }
    }
}
