//! Switches: what supervisors turn on and off during the day, without publishing a flow.
//!
//! A *bulletin* fills a slot that flows have (`type: bulletin`) with a message; an *emergency* closes an Ente, a queue or everything,
//! whatever the calendar says. Each holds until it is switched off or its time is over. [`Switches`] is the fold of every [`Switch`]
//! on record, at the start as in the running exchange; who asks it first drops what is over ([`Switches::expire`]).
//!
//! Scopes and slots are names of the configuration and of flows ([`Known`]), asked for before a switch is turned ([`Switches::check`]):
//! so there are few of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::ids::{EntityId, Language, QueueId};

/// Longest reason of a closing: it is written down and shown in lists.
const MAX_REASON: usize = 100;

/// One turn of a switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// Callers who pass the slot hear this.
    BulletinOn {
        /// As flows name it.
        slot: String,
        /// What is heard.
        #[serde(flatten)]
        bulletin: Bulletin,
    },
    /// They hear nothing there any more.
    BulletinOff {
        /// As flows name it.
        slot: String,
    },
    /// Nobody is served there any more.
    Close(Closing),
    /// It follows its hours again.
    Open {
        /// What was closed.
        scope: Scope,
    },
}

/// A message that is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// `sounds/<language>/<sound>.wav`; `None`: what the flow itself says in this slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// The call ends after it.
    #[serde(default)]
    pub closing: bool,
    /// Milliseconds since the Unix epoch at which it is over; `None`: when it is switched off.
    #[serde(default, alias = "until", deserialize_with = "moment")]
    pub until_ms: Option<i64>,
}

/// An emergency closing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// What is closed.
    pub scope: Scope,
    /// Milliseconds since the Unix epoch at which it is over; `None`: when it is opened.
    #[serde(default, alias = "until", deserialize_with = "moment")]
    pub until_ms: Option<i64>,
    /// For the people who read the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Journals have milliseconds; people and scripts write `until` as RFC 3339.
fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Moment {
        Ms(i64),
        Rfc3339(String),
    }
    Option::deserialize(from)?.map_or(Ok(None), |moment| match moment {
        Moment::Ms(ms) => Ok(Some(ms)),
        Moment::Rfc3339(text) => text.parse().map(|at: Timestamp| Some(at.as_millisecond())).map_err(|_| {
            D::Error::custom(format_args!("`{text}` is no moment; write it as 2026-12-01T18:00:00+01:00"))
        }),
    })
}

/// What an emergency closes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole exchange.
    Everything,
    /// One body of the federation.
    Entity(EntityId),
    /// One queue.
    Queue(QueueId),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Everything => f.write_str("everything"),
            Scope::Entity(entity) => write!(f, "entity {entity}"),
            Scope::Queue(queue) => write!(f, "queue {queue}"),
        }
    }
}

/// The names that there are, told by whoever has the configuration, the flows and the sounds.
pub trait Known {
    /// Slots for bulletins that flows have.
    fn slots(&self) -> BTreeSet<&str>;
    /// There is such a body.
    fn has_entity(&self, entity: &EntityId) -> bool;
    /// There is such a queue.
    fn has_queue(&self, queue: &QueueId) -> bool;
    /// A language that flows speak and that has no such sound.
    fn lacks(&self, sound: &str) -> Option<Language>;
}

/// Why a switch cannot be turned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SwitchFault {
    /// Nobody would hear it.
    #[error("no flow has a bulletin slot `{slot}`; there is: {known}")]
    NoSlot {
        /// As asked for.
        slot: String,
        /// Those that there are.
        known: String,
    },
    /// Somebody would hear nothing.
    #[error("there is no sounds/{language}/{sound}.wav among the sounds read at the start")]
    NoSound {
        /// Where it is missing.
        language: Language,
        /// As asked for.
        sound: String,
    },
    /// No such body.
    #[error("there is no Ente `{0}`; entities.toml has the list")]
    NoEntity(EntityId),
    /// No such queue.
    #[error("there is no queue `{0}`; queues.toml has the list")]
    NoQueue(QueueId),
    /// Too long for a list.
    #[error("a reason is at most {MAX_REASON} letters on one line")]
    LongReason,
    /// It would be over before it begins.
    #[error("that time is over already")]
    Over,
    /// There is nothing to open.
    #[error("{0} is not closed by an emergency; `emergency list` shows what is")]
    NotClosed(Scope),
}

/// What is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// By slot.
    pub bulletins: BTreeMap<String, Bulletin>,
    /// One for each scope, in the order of scopes.
    pub closings: Vec<Closing>,
}

impl Switches {
    /// A switch is turned; what was there is replaced.
    pub fn apply(&mut self, switch: &Switch) {
        match switch {
            Switch::BulletinOn { slot, bulletin } => {
                self.bulletins.insert(slot.clone(), bulletin.clone());
            }
            Switch::BulletinOff { slot } => drop(self.bulletins.remove(slot)),
            Switch::Close(closing) => {
                self.open(&closing.scope);
                let at = self.closings.partition_point(|other| other.scope < closing.scope);
                self.closings.insert(at, closing.clone());
            }
            Switch::Open { scope } => self.open(scope),
        }
    }

    /// Only what exists can be switched on, and only for a time to come; what is on can always be switched off.
    ///
    /// # Errors
    /// Why not, and what there is.
    pub fn check(&self, now_ms: i64, switch: &Switch, known: &impl Known) -> Result<(), SwitchFault> {
        let until_ms = match switch {
            Switch::BulletinOn { slot, bulletin } => {
                check_slot(slot, known)?;
                check_sound(bulletin.sound.as_deref(), known)?;
                bulletin.until_ms
            }
            Switch::BulletinOff { slot } if self.bulletins.contains_key(slot) => None,
            Switch::BulletinOff { slot } => return check_slot(slot, known),
            Switch::Close(closing) => {
                check_scope(&closing.scope, known)?;
                check_reason(closing.reason.as_deref().unwrap_or_default())?;
                closing.until_ms
            }
            Switch::Open { scope } if self.has_closed(scope) => None,
            Switch::Open { scope } => return Err(SwitchFault::NotClosed(scope.clone())),
        };
        if until_ms.is_some_and(|until_ms| until_ms <= now_ms) { Err(SwitchFault::Over) } else { Ok(()) }
    }

    /// The slots to be listed: those of flows, and those of bulletins that are on though no flow has their slot any more.
    pub fn slots<'a>(&'a self, known: &'a impl Known) -> BTreeSet<&'a str> {
        known.slots().into_iter().chain(self.bulletins.keys().map(String::as_str)).collect()
    }

    fn open(&mut self, scope: &Scope) {
        self.closings.retain(|closing| closing.scope != *scope);
    }

    /// Drop what is over at `now_ms`; true when there was something.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let lasts = |until_ms: Option<i64>| until_ms.is_none_or(|until| now_ms < until);
        let before = self.bulletins.len() + self.closings.len();
        self.bulletins.retain(|_, bulletin| lasts(bulletin.until_ms));
        self.closings.retain(|closing| lasts(closing.until_ms));
        before != self.bulletins.len() + self.closings.len()
    }

    /// This scope is closed by itself, whatever else is.
    pub fn has_closed(&self, scope: &Scope) -> bool {
        self.closings.iter().any(|closing| closing.scope == *scope)
    }

    /// Nobody may wait in `queue` for `entity`.
    pub fn close_queue(&self, queue: &QueueId, entity: &EntityId) -> bool {
        self.closings.iter().any(|closing| match &closing.scope {
            Scope::Everything => true,
            Scope::Entity(closed) => closed == entity,
            Scope::Queue(closed) => closed == queue,
        })
    }

    /// The bodies that are closed each by itself.
    pub fn closed_entities(&self) -> impl Iterator<Item = &EntityId> {
        self.closings.iter().filter_map(|closing| match &closing.scope {
            Scope::Entity(entity) => Some(entity),
            Scope::Everything | Scope::Queue(_) => None,
        })
    }
}

fn check_slot(slot: &str, known: &impl Known) -> Result<(), SwitchFault> {
    let slots = known.slots();
    if slots.contains(slot) {
        return Ok(());
    }
    let known = slots.into_iter().collect::<Vec<_>>().join(", ");
    Err(SwitchFault::NoSlot { slot: slot.to_owned(), known })
}

/// A sound must be there in every language that is spoken.
fn check_sound(sound: Option<&str>, known: &impl Known) -> Result<(), SwitchFault> {
    let Some(sound) = sound else { return Ok(()) };
    match known.lacks(sound) {
        Some(language) => Err(SwitchFault::NoSound { language, sound: sound.to_owned() }),
        None => Ok(()),
    }
}

fn check_scope(scope: &Scope, known: &impl Known) -> Result<(), SwitchFault> {
    match scope {
        Scope::Entity(entity) if !known.has_entity(entity) => Err(SwitchFault::NoEntity(entity.clone())),
        Scope::Queue(queue) if !known.has_queue(queue) => Err(SwitchFault::NoQueue(queue.clone())),
        _ => Ok(()),
    }
}

fn check_reason(reason: &str) -> Result<(), SwitchFault> {
    let is_short = reason.chars().count() <= MAX_REASON && !reason.contains(char::is_control);
    if is_short { Ok(()) } else { Err(SwitchFault::LongReason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One slot, one body, one queue, one sound.
    struct OneOfEach;

    impl Known for OneOfEach {
        fn slots(&self) -> BTreeSet<&str> {
            ["neve"].into()
        }

        fn has_entity(&self, entity: &EntityId) -> bool {
            entity.as_str() == "empoli"
        }

        fn has_queue(&self, queue: &QueueId) -> bool {
            queue.as_str() == "tributi"
        }

        fn lacks(&self, sound: &str) -> Option<Language> {
            (sound != "neve").then(|| "en".into())
        }
    }

    #[test]
    fn only_what_exists_is_switched_on_and_whatever_is_on_can_be_switched_off() {
        let mut switches = Switches::default();
        let on = |slot: &str, sound: &str| Switch::BulletinOn {
            slot: slot.to_owned(),
            bulletin: Bulletin { sound: Some(sound.to_owned()), ..Bulletin::default() },
        };
        let off = |slot: &str| Switch::BulletinOff { slot: slot.to_owned() };
        let why = |reason: &str| {
            let reason = Some(reason.to_owned());
            Switch::Close(Closing { scope: Scope::Everything, until_ms: None, reason })
        };
        switches.apply(&on("grandine", "neve")); // its slot is gone since
        let no_slot = || SwitchFault::NoSlot { slot: "sole".to_owned(), known: "neve".to_owned() };
        let no_sound = SwitchFault::NoSound { language: "en".into(), sound: "sole".to_owned() };
        for (switch, expected) in [
            (on("neve", "neve"), Ok(())),
            (on("sole", "neve"), Err(no_slot())),
            (on("neve", "sole"), Err(no_sound)),
            (off("grandine"), Ok(())),
            (off("neve"), Ok(())),
            (off("sole"), Err(no_slot())),
            (close(Scope::Queue("tributi".into()), Some(11)), Ok(())),
            (close(Scope::Queue("altro".into()), None), Err(SwitchFault::NoQueue("altro".into()))),
            (close(Scope::Entity("siena".into()), None), Err(SwitchFault::NoEntity("siena".into()))),
            (close(Scope::Everything, Some(10)), Err(SwitchFault::Over)),
            (why(&"x".repeat(MAX_REASON)), Ok(())),
            (why(&"x".repeat(MAX_REASON + 1)), Err(SwitchFault::LongReason)),
            (why("one\ntwo"), Err(SwitchFault::LongReason)),
            (Switch::Open { scope: Scope::Everything }, Err(SwitchFault::NotClosed(Scope::Everything))),
        ] {
            assert_eq!(switches.check(10, &switch, &OneOfEach), expected, "{switch:?}");
        }
        assert_eq!(switches.slots(&OneOfEach).into_iter().collect::<Vec<_>>(), ["grandine", "neve"]);
    }

    fn close(scope: Scope, until_ms: Option<i64>) -> Switch {
        Switch::Close(Closing { scope, until_ms, reason: None })
    }

    #[test]
    fn emergency_closes_what_it_names_until_its_time_is_over() {
        let mut switches = Switches::default();
        switches.apply(&close(Scope::Queue("tributi".into()), Some(2_000)));
        switches.apply(&close(Scope::Entity("empoli".into()), None));
        for (queue, entity, closed) in
            [("tributi", "firenze", true), ("anagrafe", "firenze", false), ("anagrafe", "empoli", true)]
        {
            assert_eq!(switches.close_queue(&queue.into(), &entity.into()), closed, "{queue} {entity}");
        }
        assert_eq!((switches.expire(1_999), switches.expire(2_000)), (false, true));
        assert!(!switches.close_queue(&"tributi".into(), &"firenze".into()));
        switches.apply(&close(Scope::Everything, None));
        assert!(switches.close_queue(&"tributi".into(), &"firenze".into()));
        assert_eq!(switches.closed_entities().map(EntityId::as_str).collect::<Vec<_>>(), ["empoli"]);
        switches.apply(&Switch::Open { scope: Scope::Everything });
        assert!(!switches.close_queue(&"tributi".into(), &"firenze".into()));
    }

    #[test]
    fn last_turn_of_a_switch_counts() {
        let mut switches = Switches::default();
        let on = |sound: Option<&str>| Switch::BulletinOn {
            slot: "neve".to_owned(),
            bulletin: Bulletin { sound: sound.map(str::to_owned), closing: false, until_ms: Some(10) },
        };
        switches.apply(&on(None));
        switches.apply(&on(Some("neve_forte")));
        switches.apply(&close(Scope::Everything, Some(5)));
        switches.apply(&close(Scope::Everything, None));
        assert_eq!(switches.bulletins["neve"].sound.as_deref(), Some("neve_forte"));
        assert_eq!((switches.closings.len(), switches.closings[0].until_ms), (1, None));
        assert!(switches.expire(10) && switches.bulletins.is_empty());
        switches.apply(&on(None));
        switches.apply(&Switch::BulletinOff { slot: "neve".to_owned() });
        assert!(switches.bulletins.is_empty());
    }

    /// The journal keeps these words for ever.
    #[test]
    fn switches_are_written_in_words_that_stay() {
        for (switch, json) in [
            (
                Switch::BulletinOn {
                    slot: "neve".to_owned(),
                    bulletin: Bulletin { sound: Some("neve".to_owned()), closing: true, until_ms: Some(7) },
                },
                r#"{"bulletin_on":{"slot":"neve","sound":"neve","closing":true,"until_ms":7}}"#,
            ),
            (Switch::BulletinOff { slot: "neve".to_owned() }, r#"{"bulletin_off":{"slot":"neve"}}"#),
            (
                close(Scope::Entity("empoli".into()), None),
                r#"{"close":{"scope":{"entity":"empoli"},"until_ms":null}}"#,
            ),
            (Switch::Open { scope: Scope::Everything }, r#"{"open":{"scope":"everything"}}"#),
        ] {
            assert_eq!(serde_json::to_string(&switch).expect("plain data"), json);
            assert_eq!(serde_json::from_str::<Switch>(json).expect("as it was written"), switch);
        }
        let short = r#"{"close":{"scope":"everything"}}"#;
        assert_eq!(serde_json::from_str::<Switch>(short).expect("enough"), close(Scope::Everything, None));
    }

    #[test]
    fn end_is_read_as_people_and_scripts_write_it_and_as_journals_do() {
        let until = |text: &str| {
            let json = format!(r#"{{"close":{{"scope":"everything",{text}}}}}"#);
            serde_json::from_str(&json).map(|switch| match switch {
                Switch::Close(closing) => closing.until_ms,
                other => panic!("{other:?}"),
            })
        };
        for (text, expected) in [
            (r#""until_ms":1795510800000"#, Some(1_795_510_800_000)),
            (r#""until":"2026-11-24T10:00:00+01:00""#, Some(1_795_510_800_000)),
            (r#""until":null"#, None),
            (r#""reason":"neve""#, None),
        ] {
            assert_eq!(until(text).expect(text), expected);
        }
        let wrong = until(r#""until":"domani""#).expect_err("no moment").to_string();
        assert!(wrong.contains("2026-12-01T18:00:00+01:00"), "{wrong}");
    }
}
