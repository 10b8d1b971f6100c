//! What the exchange holds, for checks that nothing outlives its call.

use super::gate::Held;
use super::{Engine, Owner};
use crate::acd::Distribution;
use crate::ids::CallId;
use crate::media::LegId;
use crate::sip::{self, DialogId};

/// How many of each thing live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Census {
    /// Calls of citizens.
    pub calls: usize,
    /// Feature codes being served.
    pub services: usize,
    /// Media legs, each with a port.
    pub legs: usize,
    /// Dialogs with an owner, those that a crash would have us end, and those asked for a sign of life.
    pub dialogs: usize,
    /// Flows in course.
    pub runs: usize,
    /// Questions to the world outside.
    pub asked: usize,
    /// What citizens are asked to say.
    pub takes: usize,
    /// Alarms of flows.
    pub alarms: usize,
    /// The endpoint's own.
    pub sip: sip::Census,
}

/// Something whose call is over, or that never belonged to one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Orphan {
    /// A flow in course.
    Run(CallId),
    /// A question to the world outside.
    Asked(CallId),
    /// What a citizen was asked to say.
    Take(CallId),
    /// An alarm of a flow.
    Alarm(CallId),
    /// A media leg, with its port.
    Leg(LegId),
    /// A dialog that has an owner.
    Dialog(DialogId),
    /// A dialog that a crash would have us end.
    Journalled(DialogId),
    /// An act that waits for the store.
    Held(String),
    /// A place in a queue.
    Place(CallId),
    /// A seat that rings for a call or talks with it.
    Seat(String, CallId),
    /// Something of the endpoint's.
    Sip(sip::Holding),
}

impl Engine {
    /// Counts of everything that must not outlive its call.
    pub fn census(&self) -> Census {
        Census {
            calls: self.calls.len(),
            services: self.services.len(),
            legs: self.legs.len(),
            dialogs: self.dialogs.len() + self.journalled.len() + self.pulses.count(),
            runs: self.runs.len(),
            asked: self.asked.len(),
            takes: self.takes.len(),
            alarms: self.alarms.len(),
            sip: self.sip.census(),
        }
    }

    /// The distribution, for checks of its invariants.
    pub fn distribution(&self) -> &Distribution {
        &self.acd
    }

    /// The leg belongs to a call.
    pub fn holds_leg(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg)
    }

    /// Everything whose call is over: a little of it is normal, such as the transaction of the last BYE, but not for long.
    pub fn orphans(&self) -> Vec<Orphan> {
        let mut found = Vec::new();
        let is_over = |call: &CallId| !self.is_held(*call);
        found.extend(self.runs.keys().filter(|call| is_over(call)).map(|call| Orphan::Run(*call)));
        found.extend(self.asked.keys().filter(|call| is_over(call)).map(|call| Orphan::Asked(*call)));
        let takes = self.takes.keys().map(|id| id.call);
        found.extend(takes.filter(is_over).map(Orphan::Take));
        found.extend(
            self.alarms.iter().filter(|(_, call)| is_over(call)).map(|(_, call)| Orphan::Alarm(*call)),
        );
        found.extend(
            self.legs.iter().filter(|(_, owner)| !self.lives(owner)).map(|(leg, _)| Orphan::Leg(*leg)),
        );
        let dialogs = self.dialogs.iter().filter(|(_, owner)| !self.lives(owner));
        found.extend(dialogs.map(|(dialog, _)| Orphan::Dialog(*dialog)));
        let journalled = self.journalled.iter().filter(|dialog| !self.is_owned(**dialog));
        found.extend(journalled.map(|dialog| Orphan::Journalled(*dialog)));
        let held = self.gate.held().filter(|held| match held {
            Held::Answer(call) | Held::Bridge(call) => is_over(call),
            Held::Call(leg) => !self.legs.contains_key(leg),
            Held::Message(id) | Held::Promise(id) => is_over(&id.call),
            Held::Confirm(dialog) => !self.services.contains_key(dialog),
            Held::Reply(_) | Held::Callback(_) => false, // of no call
        });
        found.extend(held.map(|held| Orphan::Held(format!("{held:?}"))));
        let places = self.acd.queues().flat_map(|queue| queue.waiting).map(|waiting| waiting.call);
        found.extend(places.filter(is_over).map(Orphan::Place));
        let seats = self.acd.seats().filter(|seat| seat.view.work.is_engaged());
        let seats = seats.filter_map(|seat| Some((seat.id, seat.view.call?)));
        found.extend(
            seats.filter(|(_, call)| is_over(call)).map(|(seat, call)| Orphan::Seat(seat.to_string(), call)),
        );
        let sip = self.sip.holdings().into_iter();
        let sip = sip.filter(|(_, dialog)| !dialog.is_some_and(|dialog| self.is_owned(dialog)));
        found.extend(sip.map(|(holding, _)| Orphan::Sip(holding)));
        found
    }

    /// It is a call, or a call-back in line.
    pub(super) fn is_held(&self, call: CallId) -> bool {
        self.calls.contains_key(&call) || self.recalling.line.has(call)
    }

    fn is_owned(&self, dialog: DialogId) -> bool {
        self.dialogs.get(&dialog).is_some_and(|owner| self.lives(owner))
    }

    fn lives(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Ringing(call, _) => self.is_held(*call),
            Owner::Citizen(call)
            | Owner::Seat(call)
            | Owner::Line(call)
            | Owner::Callee(call)
            | Owner::Watch(call) => self.calls.contains_key(call),
            Owner::Service(dialog) => self.services.contains_key(dialog),
        }
    }
}
