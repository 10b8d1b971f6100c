//! Bulletins and emergencies: a supervisor turns a switch, and every call meets it at its next node; whoever waits in what is closed is
//! told so at once.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::acd;
use crate::call::Phase;
use crate::flow::{self, hours::Emergencies};
use crate::ids::{CallId, QueueId};
use crate::journal::Lsn;
use crate::journal::entry::Fact;
use crate::switches::{Bulletin, Closing, Scope, Switch};
use crate::time::Now;
use crate::words::QueueExit;

use super::Engine;

/// Longest reason of a closing: it is written down and shown in lists.
const MAX_REASON: usize = 100;

/// The switches at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Every slot that a flow has, and what is still on of those that none has any more.
    pub bulletins: Vec<SlotState>,
    /// What is closed.
    pub closings: Vec<Closing>,
}

/// One slot for bulletins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// As flows name it.
    pub slot: String,
    /// What is heard there; `None`: nothing.
    pub on: Option<Bulletin>,
}

impl Engine {
    /// Turn a switch: it is in force at once; the entry that says so is for whoever answers. An error says why it cannot be turned.
    pub(super) fn command_switch(&mut self, now: Now, switch: &Switch) -> Result<Lsn, String> {
        self.check_switch(now, switch)?;
        let lsn =
            self.append_as(now, Fact::Switched { switch: switch.clone(), by: "command".to_owned() }, true);
        self.switches.apply(switch);
        self.publish_switches();
        self.dismiss_closed(now);
        Ok(lsn)
    }

    /// Only what exists can be switched on, and only for a time to come; what is on can be switched off.
    fn check_switch(&self, now: Now, switch: &Switch) -> Result<(), String> {
        let until_ms = match switch {
            Switch::BulletinOn { slot, bulletin } => {
                self.check_slot(slot)?;
                self.check_sound(bulletin.sound.as_deref())?;
                bulletin.until_ms
            }
            Switch::BulletinOff { slot } if self.switches.bulletins.contains_key(slot) => None,
            Switch::BulletinOff { slot } => return self.check_slot(slot),
            Switch::Close(closing) => {
                self.check_scope(&closing.scope)?;
                let reason = closing.reason.as_deref().unwrap_or_default();
                if reason.chars().count() > MAX_REASON || reason.contains(char::is_control) {
                    return Err(format!("a reason is at most {MAX_REASON} letters on one line"));
                }
                closing.until_ms
            }
            Switch::Open { scope } if self.switches.has_closed(scope) => None,
            Switch::Open { scope } => {
                return Err(format!("{scope} is not closed by an emergency; `emergency list` shows what is"));
            }
        };
        match until_ms {
            Some(until_ms) if until_ms <= now.wall_ms() => Err("that time is over already".to_owned()),
            _ => Ok(()),
        }
    }

    fn check_slot(&self, slot: &str) -> Result<(), String> {
        let slots = self.slots();
        if slots.contains(slot) {
            return Ok(());
        }
        let known: Vec<&str> = slots.into_iter().collect();
        Err(format!("no flow has a bulletin slot `{slot}`; there is: {}", known.join(", ")))
    }

    /// A sound must be there in every language that is spoken.
    fn check_sound(&self, sound: Option<&str>) -> Result<(), String> {
        let Some(sound) = sound else { return Ok(()) };
        let languages: BTreeSet<_> = self.flows.values().flat_map(|flow| flow.languages()).collect();
        let missing =
            languages.into_iter().find(|language| self.sounds.find(&format!("{language}/{sound}")).is_none());
        let hint = |language| {
            format!("there is no sounds/{language}/{sound}.wav among the sounds read at the start")
        };
        missing.map_or(Ok(()), |language| Err(hint(language)))
    }

    fn check_scope(&self, scope: &Scope) -> Result<(), String> {
        match scope {
            Scope::Entity(entity) if !self.config.entities.contains_key(entity) => {
                Err(format!("there is no Ente `{entity}`; entities.toml has the list"))
            }
            Scope::Queue(queue) if !self.config.queues.contains_key(queue) => {
                Err(format!("there is no queue `{queue}`; queues.toml has the list"))
            }
            _ => Ok(()),
        }
    }

    fn slots(&self) -> BTreeSet<&str> {
        self.flows.values().flat_map(|flow| flow.bulletin_slots()).collect()
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
        let mut slots = self.slots();
        slots.extend(self.switches.bulletins.keys().map(String::as_str));
        let slot =
            |slot: &str| SlotState { slot: slot.to_owned(), on: self.switches.bulletins.get(slot).cloned() };
        SwitchState {
            bulletins: slots.into_iter().map(slot).collect(),
            closings: self.switches.closings.clone(),
        }
    }
}
