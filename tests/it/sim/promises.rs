//! Call-backs, as the facts tell: promised before anything else, talked to at most once, and over once.

use std::collections::BTreeMap;

use centralino::callback::Change;
use centralino::ids::{CallbackId, ContactId};

/// One that was promised.
#[derive(Debug, Default)]
struct Tale {
    calling: Option<ContactId>,
    /// It is on record that they talk.
    joined: Option<ContactId>,
    /// They have heard each other.
    heard: bool,
    over: bool,
    /// When the citizen may be called: from then on, and no later.
    window_ms: (i64, i64),
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Promises {
    tales: BTreeMap<CallbackId, Tale>,
    /// The contacts that are attempts.
    attempts: BTreeMap<ContactId, CallbackId>,
}

impl Promises {
    /// The next change of one of them.
    pub(crate) fn follow(&mut self, at_ms: i64, id: CallbackId, what: &Change) -> Result<(), String> {
        if let Change::Promised { promise } = what {
            let window_ms = (promise.from_ms(at_ms), promise.until_ms);
            let before = self.tales.insert(id, Tale { window_ms, ..Tale::default() });
            return before.map_or(Ok(()), |_| Err(format!("call-back {id} is promised twice")));
        }
        let tale =
            self.tales.get_mut(&id).ok_or_else(|| format!("{what:?} of {id}, which was not promised"))?;
        if tale.over {
            return Err(format!("{what:?} of {id}, which is over"));
        }
        match what {
            Change::Moved { slot, until_ms } => tale.window_ms = (slot.from_ms(), *until_ms),
            Change::Attempted { .. } if !(tale.window_ms.0..tale.window_ms.1).contains(&at_ms) => {
                return Err(format!("{id} is called outside the time that was agreed"));
            }
            Change::Attempted { contact } if tale.calling.is_none() && tale.joined.is_none() => {
                tale.calling = Some(*contact);
                self.attempts.insert(*contact, id);
            }
            Change::Attempted { .. } => {
                return Err(format!("{id} is called while it is called, or was talked to"));
            }
            Change::NotReached { .. } if tale.calling.take().is_none() => {
                return Err(format!("{id} is not reached, and was not called"));
            }
            Change::NotReached { .. } if tale.heard => {
                return Err(format!("{id} is not reached, and was talked to"));
            }
            Change::NotReached { .. } => tale.joined = None,
            Change::Joined { contact } if tale.calling == Some(*contact) && tale.joined.is_none() => {
                tale.joined = Some(*contact);
            }
            Change::Joined { .. } => return Err(format!("{id} is talked to twice, or without a call")),
            Change::Ended { .. } => tale.over = true,
            _ => {}
        }
        Ok(())
    }

    /// Citizen and operator hear each other in this contact: if it keeps a promise, that is on record before.
    pub(crate) fn on_joined(&mut self, contact: ContactId) -> Result<(), String> {
        let Some(id) = self.attempts.get(&contact) else { return Ok(()) };
        match self.tales.get_mut(id) {
            Some(tale) if tale.joined == Some(contact) => {
                tale.heard = true;
                Ok(())
            }
            _ => Err(format!("the talk of call-back {id} is heard before it is on record")),
        }
    }

    /// How many are not over.
    pub(crate) fn open(&self) -> usize {
        self.tales.values().filter(|tale| !tale.over).count()
    }

    /// How many were talked to.
    pub(crate) fn kept(&self) -> usize {
        self.tales.values().filter(|tale| tale.joined.is_some()).count()
    }

    /// It is on record.
    pub(crate) fn has(&self, id: CallbackId) -> bool {
        self.tales.contains_key(&id)
    }
}
