//! Bulletins and emergencies: a supervisor turns a switch, and every call meets it at its next node; whoever waits in what is closed is
//! told so at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd;
use crate::call::Phase;
use crate::flow::{self, hours::Emergencies};
use crate::ids::{CallId, EntityId, Language, QueueId};
use crate::journal::entry::Fact;
use crate::media::Sound;
use crate::switches::{
    Bulletin, Closing, Known, Scope, Switch, queue_of_slot, slot_of_closed, slot_of_queue,
};
use crate::time::{Mono, Now, rome};
use crate::words::QueueExit;

use super::gate::Held;
use super::{Engine, Output, Reply, RequestId};

/// The longest that a switch yet to begin is waited for without a look at the clock on the wall, which may be set meanwhile.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// The switches at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchState {
    /// Every slot that a flow has, and what is still on of those that none has any more.
    pub bulletins: Vec<SlotState>,
    /// What is closed.
    pub closings: Vec<ClosingState>,
}

/// One slot for bulletins, and what is on there: for everybody, or for the callers of an Ente.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotState {
    /// As flows name it.
    pub slot: String,
    /// What is on there; `None`: nothing.
    pub on: Option<BulletinState>,
}

/// A bulletin as people and scripts read it. Moments are RFC 3339 in Rome's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulletinState {
    /// Another recording than the flow's own.
    pub sound: Option<String>,
    /// A text that is spoken, by language.
    pub text: BTreeMap<Language, String>,
    /// Only for callers of this Ente.
    pub entity: Option<EntityId>,
    /// The call ends after it.
    pub closing: bool,
    /// When it begins; `None`: it has begun when it was switched on.
    pub from: Option<String>,
    /// When it is over; `None`: when it is switched off.
    pub until: Option<String>,
    /// Who switched it on.
    pub by: Option<String>,
    /// When it was switched on.
    pub turned_on: Option<String>,
    /// It has begun.
    pub begun: bool,
    /// Callers hear it now: it has begun, and its sound is there.
    pub heard: bool,
}

/// A closing as people and scripts read it. Moments are RFC 3339 in Rome's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosingState {
    /// What is closed.
    pub scope: Scope,
    /// When it begins; `None`: when it was closed.
    pub from: Option<String>,
    /// When it is over; `None`: when it is opened.
    pub until: Option<String>,
    /// For the people who read the list.
    pub reason: Option<String>,
    /// Who closed it.
    pub by: Option<String>,
    /// When it was closed.
    pub turned_on: Option<String>,
}

impl BulletinState {
    /// A bulletin at this moment, and whether its sound is there.
    pub fn of(bulletin: &Bulletin, now_ms: i64, has_sound: bool) -> BulletinState {
        let Bulletin { sound, text, entity, closing, from_ms, until_ms, turned } = bulletin.clone();
        let begun = bulletin.has_begun(now_ms);
        BulletinState {
            sound,
            text,
            entity,
            closing,
            from: from_ms.map(rome),
            until: until_ms.map(rome),
            by: turned.by,
            turned_on: turned.at_ms.map(rome),
            begun,
            heard: begun && has_sound,
        }
    }
}

impl From<&Closing> for ClosingState {
    fn from(closing: &Closing) -> ClosingState {
        let Closing { scope, from_ms, until_ms, reason, turned } = closing.clone();
        ClosingState {
            scope,
            from: from_ms.map(rome),
            until: until_ms.map(rome),
            reason,
            by: turned.by,
            turned_on: turned.at_ms.map(rome),
        }
    }
}

impl Engine {
    /// Turn a switch: one that is allowed is in force at once, or as soon as its text is spoken.
    pub(super) fn command_switch(&mut self, now: Now, request: RequestId, switch: Switch) {
        if let Err(fault) = self.switches.check(now.wall_ms(), &switch, self) {
            return self.outputs.push_back(Output::Reply(request, Reply::Refused(fault.to_string())));
        }
        let switch = switch.turned_at(now.wall_ms());
        match &switch {
            Switch::BulletinOn { bulletin, .. } if !bulletin.text.is_empty() => {
                self.speak_for(now, request, switch);
            }
            _ => {
                self.overtake(&switch);
                self.turn(now, request, &switch);
            }
        }
    }

    /// It is in force now; the answer waits until it is written down.
    pub(super) fn turn(&mut self, now: Now, request: RequestId, switch: &Switch) {
        let lsn =
            self.append_as(now, Fact::Switched { switch: switch.clone(), by: "command".to_owned() }, true);
        self.switches.apply(switch);
        self.publish_switches(now);
        self.dismiss_closed(now);
        self.gate.hold_until_written(lsn, Held::Reply(request));
    }

    /// What is switched on, as flows see it, and when that changes by itself.
    pub(super) fn publish_switches(&mut self, now: Now) {
        let now_ms = now.wall_ms();
        let (mut bulletins, mut own) = (BTreeMap::new(), BTreeMap::<EntityId, BTreeMap<_, _>>::new());
        for (slot, bulletin) in self.switches.heard(now_ms) {
            if self.speaking.can_say(slot, bulletin) {
                let heard = flow::Bulletin { sound: bulletin.sound(slot), closing: bulletin.closing };
                match &bulletin.entity {
                    None => bulletins.insert(slot.to_owned(), heard),
                    Some(entity) => own.entry(entity.clone()).or_default().insert(slot.to_owned(), heard),
                };
            }
        }
        let everybodys = |heard: &mut BTreeMap<String, flow::Bulletin>| {
            for (slot, bulletin) in &bulletins {
                heard.entry(slot.clone()).or_insert_with(|| bulletin.clone());
            }
        };
        own.values_mut().for_each(everybodys);
        (self.bulletins, self.own_bulletins) = (bulletins, own);
        self.calendars.emergencies = Emergencies {
            everything: self.switches.has_closed(&Scope::Everything, now_ms),
            entities: self.switches.closed_entities(now_ms).cloned().collect(),
        };
        self.next_switch = self.switches.next_begin_ms(now_ms).map(|begin| {
            let away = u64::try_from(begin.saturating_sub(now_ms)).unwrap_or_default();
            (begin, now.mono + Duration::from_millis(away).min(LOOK_EVERY))
        });
    }

    /// Switch off what is over and on what has begun; asked before the switches are.
    pub(super) fn expire_switches(&mut self, now: Now) {
        let begins = self.next_switch.filter(|(begin, _)| *begin <= now.wall_ms());
        if self.switches.expire(now.wall_ms()) || begins.is_some() {
            self.publish_switches(now);
            // Whoever waits in what closes now is told at the alarm, not in the middle of another call's step.
            self.next_switch = begins.or(self.next_switch);
        }
    }

    /// When somebody has to be told of a switch that begins.
    pub(super) fn switches_timeout(&self) -> Option<Mono> {
        self.next_switch.map(|(_, at)| at)
    }

    /// A switch that was to begin by now does. The clock on the wall may have been set back meanwhile: then it is waited for again.
    pub(super) fn on_switches_timeout(&mut self, now: Now) {
        if self.next_switch.is_some_and(|(begin, at)| at <= now.mono || begin <= now.wall_ms()) {
            self.publish_switches(now);
            self.dismiss_closed(now);
        }
    }

    /// What a caller hears who enters this queue, before anything else there.
    pub(super) fn sounds_of_queue(&mut self, now: Now, id: CallId, queue: &QueueId) -> Vec<Arc<Sound>> {
        self.sounds_of_slot(now, id, &slot_of_queue(queue))
    }

    /// What a caller hears whom this queue lets out because it is closed, before whatever the flow says.
    pub(super) fn sounds_of_closed(&mut self, now: Now, id: CallId, queue: &QueueId) -> Vec<Arc<Sound>> {
        self.sounds_of_slot(now, id, &slot_of_closed(queue))
    }

    fn sounds_of_slot(&mut self, now: Now, id: CallId, slot: &str) -> Vec<Arc<Sound>> {
        let Some(call) = self.calls.get(&id) else { return Vec::new() };
        let bulletins = self.own_bulletins.get(&call.entity).unwrap_or(&self.bulletins);
        let Some(sound) = bulletins.get(slot).and_then(|bulletin| bulletin.sound.clone()) else {
            return Vec::new();
        };
        let say = flow::Say::Prompt(call.language.clone(), sound);
        self.sounds_of(now, id, &[say])
    }

    /// Nobody is left to wait for what an emergency has closed, on the line or for a call-back.
    fn dismiss_closed(&mut self, now: Now) {
        let waits = |call: &crate::call::Call| match &call.phase {
            Phase::Waiting(queue) if self.switches.close_queue(queue, &call.entity, now.wall_ms()) => {
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
        self.clear_closed(now);
    }

    pub(super) fn switch_state(&mut self, now: Now) -> SwitchState {
        self.expire_switches(now);
        let mut bulletins = Vec::new();
        for slot in self.switches.slots(self) {
            let on =
                self.switches.all_bulletins().filter(|(of, _)| *of == slot).map(|(_, bulletin)| bulletin);
            let state = |bulletin: &Bulletin| {
                BulletinState::of(bulletin, now.wall_ms(), self.speaking.can_say(slot, bulletin))
            };
            let states: Vec<_> = on.map(|bulletin| Some(state(bulletin))).collect();
            let states = if states.is_empty() { vec![None] } else { states };
            bulletins.extend(states.into_iter().map(|on| SlotState { slot: slot.to_owned(), on }));
        }
        let closings = self.switches.closings.iter().map(ClosingState::from).collect();
        SwitchState { bulletins, closings }
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

    fn languages(&self, slot: &str) -> BTreeSet<&Language> {
        let in_queue = queue_of_slot(slot).is_some();
        let having = self.flows.values().filter(|flow| in_queue || flow.bulletin_slots().contains(slot));
        having.flat_map(|flow| flow.languages()).collect()
    }

    fn has_sound(&self, language: &Language, sound: &str) -> bool {
        self.sounds.find(&format!("{language}/{sound}")).is_some()
    }
}
