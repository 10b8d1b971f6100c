//! Names of things, as types of their own so that they cannot be confused.
//!
//! Two families. *Stamps* number what happens (calls, contacts, citizens): unique across nodes and restarts, because each
//! carries node, boot epoch and a counter. *Names* are the words a person writes in configuration and flows
//! (`seat01`, `tributi`, `firenze`): cheap to clone, ordered, printed as they are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Node, boot epoch, counter: unique without asking anybody. Printed `node.epoch.count`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The engine node, from 1.
    pub node: u16,
    /// How many times this node has started on its journal, from 1.
    pub epoch: u32,
    /// Counts up within one epoch, from 1.
    pub count: u32,
}

/// Room for the longest stamp.
type StampText = [u8; 27];

impl Stamp {
    /// As printed. Every entry has some, and written here they cost a tenth of what `fmt` takes for them.
    fn print(self, text: &mut StampText) -> &str {
        const DIGITS: &[u8; 10] = b"0123456789";
        let mut at = text.len();
        for (place, mut number) in [self.count, self.epoch, self.node.into()].into_iter().enumerate() {
            if place > 0 {
                at -= 1;
                text[at] = b'.';
            }
            loop {
                at -= 1;
                text[at] = DIGITS[(number % 10) as usize];
                number /= 10;
                if number == 0 {
                    break;
                }
            }
        }
        str::from_utf8(&text[at..]).expect("digits and points are text")
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.print(&mut [0; 27]))
    }
}

/// The text is not `node.epoch.count`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id like 1.3.42 (node.epoch.count)")]
pub struct BadStamp(pub String);

impl FromStr for Stamp {
    type Err = BadStamp;
    fn from_str(text: &str) -> Result<Stamp, BadStamp> {
        let bad = || BadStamp(text.to_owned());
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or_else(bad);
        let (node, epoch, count) = (next()?, next()?, next()?);
        let stamp = Stamp {
            node: node.parse().map_err(|_| bad())?,
            epoch: epoch.parse().map_err(|_| bad())?,
            count: count.parse().map_err(|_| bad())?,
        };
        if parts.next().is_some() { Err(bad()) } else { Ok(stamp) }
    }
}

macro_rules! stamped {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Stamp);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = BadStamp;
            fn from_str(text: &str) -> Result<Self, BadStamp> {
                text.parse().map($name)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.0.print(&mut [0; 27]))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

stamped! {
    /// One telephone call through the exchange: all legs of one conversation.
    CallId;
    /// One interaction with a citizen on any channel. A call and its contact share one stamp.
    ContactId;
    /// A known person or firm.
    CitizenId;
    /// A promise to call somebody back.
    CallbackId;
}

impl From<CallId> for ContactId {
    fn from(call: CallId) -> ContactId {
        ContactId(call.0)
    }
}

impl From<ContactId> for CallId {
    fn from(contact: ContactId) -> CallId {
        CallId(contact.0)
    }
}

/// The number of a case, short enough to be spoken to a citizen; given out in blocks per node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CaseId(pub u64);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CaseId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<CaseId, Self::Err> {
        text.parse().map(CaseId)
    }
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> $name {
                $name(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> $name {
                $name(text.into())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

named! {
    /// A workplace: one SIP registration, such as `seat01`.
    SeatId;
    /// Who sits at a seat. Until operators log in by name it is the seat's own name.
    OperatorId;
    /// A waiting line, such as `tributi`.
    QueueId;
    /// What an operator knows, such as `inglese`.
    SkillId;
    /// A body of the federation (an Ente), such as `empoli`.
    EntityId;
    /// What a contact is about, as a path in the tree of topics: `tributi/tari/rimborsi`.
    TopicId;
    /// A flow, such as `055055`.
    FlowId;
    /// A node of a flow.
    NodeId;
    /// A schedule of opening hours.
    ScheduleId;
    /// A language as flows and `sounds/` name it: `it`, `en`.
    Language;
}

impl TopicId {
    /// `other` is this topic, or one below it: topics are a tree, written as paths.
    pub fn covers(&self, other: &TopicId) -> bool {
        other.0.strip_prefix(&*self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Hands out stamps of one node and epoch.
#[derive(Clone, Debug)]
pub struct Stamps {
    node: u16,
    epoch: u32,
    last: u32,
}

impl Stamps {
    /// Stamps of `node` in its start number `epoch`.
    pub fn new(node: u16, epoch: u32) -> Stamps {
        Stamps { node, epoch, last: 0 }
    }

    /// The next one.
    pub fn next_stamp(&mut self) -> Stamp {
        self.last = self.last.checked_add(1).expect("four thousand million stamps within one start");
        Stamp { node: self.node, epoch: self.epoch, count: self.last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_and_longest_stamps_read_back_as_printed() {
        for (node, epoch, count, printed) in [
            (0, 0, 0, "0.0.0"),
            (1, 3, 42, "1.3.42"),
            (u16::MAX, u32::MAX, u32::MAX, "65535.4294967295.4294967295"),
        ] {
            let stamp = Stamp { node, epoch, count };
            assert_eq!(stamp.to_string(), printed);
            assert_eq!(printed.parse(), Ok(stamp));
            assert_eq!(serde_json::to_string(&CallId(stamp)).unwrap(), format!("\"{printed}\""));
        }
    }
}
