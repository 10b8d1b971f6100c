//! Alarms: one moment per sleeper, the earliest first.

use std::collections::{BTreeSet, HashMap};

use super::clients::ClientId;
use crate::sip::{DialogId, Link, RegistrationId};
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

    pub(super) fn sleepers(&self) -> impl Iterator<Item = Alarm> {
        self.moments.iter().map(|(_, alarm)| *alarm)
    }

    pub(super) fn len(&self) -> usize {
        self.moments.len()
    }
}
