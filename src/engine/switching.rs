//! Bulletins and emergencies: a supervisor turns a switch, and every call meets it at its next node; whoever waits in what is closed is
//! told so at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::acd;
use crate::call::Phase;
use crate::flow::{self, hours::Emergencies};
use crate::ids::{CallId, EntityId, Language, QueueId};
use crate::journal::Lsn;
use crate::journal::entry::Fact;
use crate::switches::{Bulletin, Closing, Known, Scope, Switch};
use crate::time::Now;
use crate::time::rome;
use crate::words::QueueExit;

use super::Engine;

/// The switches at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Every slot that a flow has, and what is still on of those that none has any more.
    pub bulletins: Vec<SlotState>,
    /// What is closed.
    pub closings: Vec<ClosingState>,
}

/// One slot for bulletins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// As flows name it.
    pub slot: String,
    /// What is heard there; `None`: nothing.
    pub on: Option<BulletinState>,
}

/// A bulletin as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinState {
    /// Another recording than the flow's own.
    pub sound: Option<String>,
    /// The call ends after it.
    pub closing: bool,
    /// When it is over, RFC 3339 in Rome's time; `None`: when it is switched off.
    pub until: Option<String>,
}

/// A closing as people and scripts read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingState {
    /// What is closed.
    pub scope: Scope,
    /// When it is over, RFC 3339 in Rome's time; `None`: when it is opened.
    pub until: Option<String>,
    /// For the people who read the list.
    pub reason: Option<String>,
}

impl From<&Bulletin> for BulletinState {
    fn from(bulletin: &Bulletin) -> BulletinState {
        let Bulletin { sound, closing, until_ms } = bulletin;
        BulletinState { sound: sound.clone(), closing: *closing, until: until_ms.map(rome) }
    }
}

impl From<&Closing> for ClosingState {
    fn from(closing: &Closing) -> ClosingState {
        let Closing { scope, until_ms, reason } = closing;
        ClosingState { scope: scope.clone(), until: until_ms.map(rome), reason: reason.clone() }
    }
}

impl Engine {
    /// Turn a switch: it is in force at once; the entry that says so is for whoever answers. An error says why it cannot be turned.
    pub(super) fn command_switch(&mut self, now: Now, switch: &Switch) -> Result<Lsn, String> {
        self.switches.check(now.wall_ms(), switch, self).map_err(|fault| fault.to_string())?;
        let lsn =
            self.append_as(now, Fact::Switched { switch: switch.clone(), by: "command".to_owned() }, true);
        self.switches.apply(switch);
        self.publish_switches();
        self.dismiss_closed(now);
        Ok(lsn)
    }

    /// What is switched on, as flows see it.
    pub(super) fn publish_switches(&mut self) {
        let heard = |(slot, bulletin): (&String, &Bulletin)| {
            let heard = flow::Bulletin { sound: bulletin.sound.clone(), closing: bulletin.closing };
            (slot.clone(), heard)
        };
        self.bulletins = self.switches.bulletins.iter().map(heard).collect();
        self.calendars.emergencies = Emergencies {
            everything: self.switches.has_closed(&Scope::Everything),
            entities: self.switches.closed_entities().cloned().collect(),
        };
    }

    /// Switch off what is over; asked before the switches are.
    pub(super) fn expire_switches(&mut self, now: Now) {
        if self.switches.expire(now.wall_ms()) {
            self.publish_switches();
        }
    }

    /// Nobody is left to wait for what an emergency has closed.
    fn dismiss_closed(&mut self, now: Now) {
        let waits = |call: &crate::call::Call| match &call.phase {
            Phase::Waiting(queue) if self.switches.close_queue(queue, &call.entity) => {
                Some((call.id, queue.clone()))
            }
            _ => None,
        };
        let closed: Vec<(CallId, QueueId)> = self.calls.values().filter_map(waits).collect();
        for (id, queue) in closed {
            self.acd.handle_input(now.mono, acd::Input::Leave(id));
            self.settle_distribution(now); // a seat that rings for it is stopped by this
            self.on_left_queue(now, id, queue, QueueExit::Closed);
        }
    }

    pub(super) fn switch_state(&mut self, now: Now) -> SwitchState {
        self.expire_switches(now);
        let slots = self.switches.slots(self);
        let on = |slot: &str| self.switches.bulletins.get(slot).map(BulletinState::from);
        let slot = |slot: &str| SlotState { slot: slot.to_owned(), on: on(slot) };
        SwitchState {
            bulletins: slots.into_iter().map(slot).collect(),
            closings: self.switches.closings.iter().map(ClosingState::from).collect(),
        }
    }
}

impl Known for Engine {
    fn slots(&self) -> BTreeSet<&str> {
        self.flows.values().flat_map(|flow| flow.bulletin_slots()).collect()
    }

    fn has_entity(&self, entity: &EntityId) -> bool {
        self.config.entities.contains_key(entity)
    }

    fn has_queue(&self, queue: &QueueId) -> bool {
        self.config.queues.contains_key(queue)
    }

    fn lacks(&self, sound: &str) -> Option<Language> {
        let languages: BTreeSet<_> = self.flows.values().flat_map(|flow| flow.languages()).collect();
        let lacks = |language: &&Language| self.sounds.find(&format!("{language}/{sound}")).is_none();
        languages.into_iter().find(lacks).cloned()
    }
}
