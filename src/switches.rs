//! Switches: what supervisors turn on and off during the day, without publishing a flow.
//!
//! A *bulletin* fills a slot with a message, for all callers or for those of one Ente: a slot that flows have (`type: bulletin`), or a
//! queue (`queue:tributi`), whose callers hear it when they enter; or `closed:tributi`, heard by those whom the queue lets out because it is
//! closed. An *emergency* closes an Ente, a queue or everything, whatever the
//! calendar says. Each may begin later, and holds until it is switched off or its time is over. [`Switches`] is the fold of every
//! [`Switch`] on record, at the start as in the running exchange; who asks it first drops what is over ([`Switches::expire`]), and what
//! has not begun is passed over.
//!
//! Scopes and slots are names of the configuration and of flows ([`Known`]), asked for before a switch is turned ([`Switches::check`]):
//! so there are few of them.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::hint::Hint;
use crate::ids::{EntityId, Language, QueueId};

pub use check::{Known, SwitchFault};

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
        /// The one of this Ente; `None`: the one for everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<EntityId>,
    },
    /// Nobody is served there any more.
    Close(Closing),
    /// It follows its hours again.
    Open {
        /// What was closed.
        scope: Scope,
        /// Who opened it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// What for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

/// What each turn may say. Scripts turn switches too, and a slip such as `untill` would close an Ente for ever: a key that is unknown is
/// refused before it is read as left out.
const KEYS: [(&str, &[&str]); 4] = [
    (
        "bulletin_on",
        &["slot", "sound", "text", "entity", "closing", "from", "from_ms", "until", "until_ms", "by"],
    ),
    ("bulletin_off", &["slot", "entity"]),
    ("close", &["scope", "from", "from_ms", "until", "until_ms", "reason", "by"]),
    ("open", &["scope", "by", "reason"]),
];

impl Switch {
    /// Reads what somebody asks for.
    ///
    /// # Errors
    /// It is no switch, or says more than a switch can mean; with the reason.
    pub fn read(asked: &serde_json::Value) -> Result<Switch, String> {
        for (turn, said) in asked.as_object().into_iter().flatten() {
            let known = KEYS.iter().find(|(name, _)| name == turn).map_or(&[][..], |(_, keys)| keys);
            let mut keys = said.as_object().into_iter().flat_map(|said| said.keys());
            if let Some(key) = keys.find(|key| !known.is_empty() && !known.contains(&key.as_str())) {
                let hint = Hint::nearest(key, known.iter().copied());
                return Err(format!("`{turn}` has no `{key}`; it has {}{hint}", known.join(" ")));
            }
        }
        Switch::deserialize(asked).map_err(|error| error.to_string())
    }
}

/// A message that is switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    /// `sounds/<language>/<sound>.wav`; without it and without a text, what the flow itself says in this slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<String>,
    /// Spoken by the synthesiser, in each language.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub text: BTreeMap<Language, String>,
    /// Only callers of this Ente hear it, in the place of the one for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityId>,
    /// The call ends after it.
    #[serde(default)]
    pub closing: bool,
    /// Milliseconds since the Unix epoch at which it begins; `None`: when it is switched on.
    #[serde(default, alias = "from", skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub from_ms: Option<i64>,
    /// Milliseconds since the Unix epoch at which it is over; `None`: when it is switched off.
    #[serde(default, alias = "until", deserialize_with = "moment")]
    pub until_ms: Option<i64>,
    /// Who switched it on, and when.
    #[serde(flatten)]
    pub turned: Turned,
}

/// An emergency closing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// What is closed.
    pub scope: Scope,
    /// Milliseconds since the Unix epoch at which it begins; `None`: when it is closed.
    #[serde(default, alias = "from", skip_serializing_if = "Option::is_none", deserialize_with = "moment")]
    pub from_ms: Option<i64>,
    /// Milliseconds since the Unix epoch at which it is over; `None`: when it is opened.
    #[serde(default, alias = "until", deserialize_with = "moment")]
    pub until_ms: Option<i64>,
    /// For the people who read the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who closed it, and when.
    #[serde(flatten)]
    pub turned: Turned,
}

/// Whose hand was at a switch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// As they called themselves: there are no users yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Milliseconds since the Unix epoch, by the exchange's own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

/// Journals have milliseconds; people and scripts write `from` and `until` as RFC 3339.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole exchange.
    #[default]
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

/// Before the name of a queue that is a slot.
const QUEUE: &str = "queue:";
/// Before the name of a queue that is closed.
const CLOSED: &str = "closed:";

/// The slot that a queue is: flows' own slots have no colon in their names.
pub fn slot_of_queue(queue: &QueueId) -> String {
    format!("{QUEUE}{queue}")
}

/// The slot heard by those whom this queue lets out because it is closed.
pub fn slot_of_closed(queue: &QueueId) -> String {
    format!("{CLOSED}{queue}")
}

/// The queue that this slot belongs to.
pub fn queue_of_slot(slot: &str) -> Option<QueueId> {
    slot.strip_prefix(QUEUE).or_else(|| slot.strip_prefix(CLOSED)).map(QueueId::from)
}

/// What is switched on, or will be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switches {
    /// For everybody, by slot.
    pub bulletins: BTreeMap<String, Bulletin>,
    /// For the callers of one Ente, by slot.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own_bulletins: BTreeMap<EntityId, BTreeMap<String, Bulletin>>,
    /// One for each scope, in the order of scopes.
    pub closings: Vec<Closing>,
}

impl Switch {
    /// The exchange notes when it was turned on, whatever the asker said of it.
    pub fn turned_at(mut self, at_ms: i64) -> Switch {
        match &mut self {
            Switch::BulletinOn { bulletin, .. } => bulletin.turned.at_ms = Some(at_ms),
            Switch::Close(closing) => closing.turned.at_ms = Some(at_ms),
            Switch::BulletinOff { .. } | Switch::Open { .. } => {}
        }
        self
    }
}

impl Bulletin {
    /// What flows are to say for it, in this slot; `None`: what they say themselves. A text has a sound of its own, made for it.
    pub fn sound(&self, slot: &str) -> Option<String> {
        match (&self.sound, &self.entity) {
            (Some(sound), _) => Some(sound.clone()),
            (None, _) if self.text.is_empty() => None,
            (None, None) => Some(format!("bollettini/acceso/{slot}")),
            (None, Some(entity)) => Some(format!("bollettini/acceso/{slot}.{entity}")),
        }
    }

    /// Its time has come.
    pub fn has_begun(&self, now_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= now_ms)
    }
}

impl Closing {
    /// Its time has come.
    pub fn has_begun(&self, now_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= now_ms)
    }

    /// Its time has come, and is not over.
    pub fn is_in_force(&self, now_ms: i64) -> bool {
        self.has_begun(now_ms) && self.until_ms.is_none_or(|until| until > now_ms)
    }
}

impl Switches {
    /// A switch is turned; what was there is replaced.
    pub fn apply(&mut self, switch: &Switch) {
        match switch {
            Switch::BulletinOn { slot, bulletin } => {
                let place = match &bulletin.entity {
                    Some(entity) => self.own_bulletins.entry(entity.clone()).or_default(),
                    None => &mut self.bulletins,
                };
                place.insert(slot.clone(), bulletin.clone());
            }
            Switch::BulletinOff { slot, entity: None } => drop(self.bulletins.remove(slot)),
            Switch::BulletinOff { slot, entity: Some(entity) } => {
                if let Some(own) = self.own_bulletins.get_mut(entity) {
                    own.remove(slot);
                }
            }
            Switch::Close(closing) => {
                self.open(&closing.scope);
                let at = self.closings.partition_point(|other| other.scope < closing.scope);
                self.closings.insert(at, closing.clone());
            }
            Switch::Open { scope, .. } => self.open(scope),
        }
    }

    fn open(&mut self, scope: &Scope) {
        self.closings.retain(|closing| closing.scope != *scope);
    }

    /// Drop what is over at `now_ms`; true when there was something.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let lasts = |until_ms: Option<i64>| until_ms.is_none_or(|until| now_ms < until);
        let before = self.len();
        self.bulletins.retain(|_, bulletin| lasts(bulletin.until_ms));
        self.own_bulletins.values_mut().for_each(|own| own.retain(|_, bulletin| lasts(bulletin.until_ms)));
        self.own_bulletins.retain(|_, own| !own.is_empty());
        self.closings.retain(|closing| lasts(closing.until_ms));
        before != self.len()
    }

    fn len(&self) -> usize {
        self.all_bulletins().count() + self.closings.len()
    }

    /// When the next of those that have not begun does.
    pub fn next_begin_ms(&self, now_ms: i64) -> Option<i64> {
        let bulletins = self.all_bulletins().filter_map(|(_, bulletin)| bulletin.from_ms);
        let closings = self.closings.iter().filter_map(|closing| closing.from_ms);
        bulletins.chain(closings).filter(|from| now_ms < *from).min()
    }

    /// Every bulletin and its slot, those of Enti last.
    pub fn all_bulletins(&self) -> impl Iterator<Item = (&str, &Bulletin)> {
        let own = self.own_bulletins.values().flatten();
        self.bulletins.iter().chain(own).map(|(slot, bulletin)| (slot.as_str(), bulletin))
    }

    /// Those that are heard now.
    pub fn heard(&self, now_ms: i64) -> impl Iterator<Item = (&str, &Bulletin)> {
        self.all_bulletins().filter(move |(_, bulletin)| bulletin.has_begun(now_ms))
    }

    /// The slots to be listed: those of flows, and those of bulletins that are on though no flow has their slot any more.
    pub fn slots<'a>(&'a self, known: &'a impl Known) -> BTreeSet<&'a str> {
        known.slots().into_iter().chain(self.all_bulletins().map(|(slot, _)| slot)).collect()
    }

    fn in_force(&self, now_ms: i64) -> impl Iterator<Item = &Scope> {
        self.closings.iter().filter(move |closing| closing.has_begun(now_ms)).map(|closing| &closing.scope)
    }

    /// This scope is closed by itself, whatever else is.
    pub fn has_closed(&self, scope: &Scope, now_ms: i64) -> bool {
        self.in_force(now_ms).any(|closed| closed == scope)
    }

    /// Nobody may wait in `queue` for `entity`.
    pub fn close_queue(&self, queue: &QueueId, entity: &EntityId, now_ms: i64) -> bool {
        self.in_force(now_ms).any(|scope| match scope {
            Scope::Everything => true,
            Scope::Entity(closed) => closed == entity,
            Scope::Queue(closed) => closed == queue,
        })
    }

    /// The bodies that are closed each by itself.
    pub fn closed_entities(&self, now_ms: i64) -> impl Iterator<Item = &EntityId> {
        self.in_force(now_ms).filter_map(|scope| match scope {
            Scope::Entity(entity) => Some(entity),
            Scope::Everything | Scope::Queue(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(scope: Scope, until_ms: Option<i64>) -> Switch {
        Switch::Close(Closing { scope, until_ms, ..Closing::default() })
    }

    #[test]
    fn emergency_closes_what_it_names_until_its_time_is_over() {
        let mut switches = Switches::default();
        switches.apply(&close(Scope::Queue("tributi".into()), Some(2_000)));
        switches.apply(&close(Scope::Entity("empoli".into()), None));
        for (queue, entity, closed) in
            [("tributi", "firenze", true), ("anagrafe", "firenze", false), ("anagrafe", "empoli", true)]
        {
            assert_eq!(switches.close_queue(&queue.into(), &entity.into(), 0), closed, "{queue} {entity}");
        }
        assert_eq!((switches.expire(1_999), switches.expire(2_000)), (false, true));
        assert!(!switches.close_queue(&"tributi".into(), &"firenze".into(), 0));
        switches.apply(&close(Scope::Everything, None));
        assert!(switches.close_queue(&"tributi".into(), &"firenze".into(), 0));
        assert_eq!(switches.closed_entities(0).map(EntityId::as_str).collect::<Vec<_>>(), ["empoli"]);
        switches.apply(&Switch::Open { scope: Scope::Everything, by: None, reason: None });
        assert!(!switches.close_queue(&"tributi".into(), &"firenze".into(), 0));
    }

    #[test]
    fn last_turn_of_a_switch_counts() {
        let mut switches = Switches::default();
        let on = |sound: Option<&str>| Switch::BulletinOn {
            slot: "neve".to_owned(),
            bulletin: Bulletin { sound: sound.map(str::to_owned), until_ms: Some(10), ..Bulletin::default() },
        };
        switches.apply(&on(None));
        switches.apply(&on(Some("neve_forte")));
        switches.apply(&close(Scope::Everything, Some(5)));
        switches.apply(&close(Scope::Everything, None));
        assert_eq!(switches.bulletins["neve"].sound.as_deref(), Some("neve_forte"));
        assert_eq!((switches.closings.len(), switches.closings[0].until_ms), (1, None));
        assert!(switches.expire(10) && switches.bulletins.is_empty());
        switches.apply(&on(None));
        switches.apply(&Switch::BulletinOff { slot: "neve".to_owned(), entity: None });
        assert!(switches.bulletins.is_empty());
    }

    /// The journal keeps these words for ever.
    #[test]
    fn switches_are_written_in_words_that_stay() {
        for (switch, json) in [
            (
                Switch::BulletinOn {
                    slot: "neve".to_owned(),
                    bulletin: Bulletin {
                        sound: Some("neve".to_owned()),
                        closing: true,
                        until_ms: Some(7),
                        ..Bulletin::default()
                    },
                },
                r#"{"bulletin_on":{"slot":"neve","sound":"neve","closing":true,"until_ms":7}}"#,
            ),
            (
                Switch::BulletinOn {
                    slot: "neve".to_owned(),
                    bulletin: Bulletin {
                        text: [("it".into(), "Nevica.".to_owned())].into(),
                        entity: Some("empoli".into()),
                        from_ms: Some(5),
                        turned: Turned { by: Some("Anna".to_owned()), at_ms: Some(3) },
                        ..Bulletin::default()
                    },
                },
                r#"{"bulletin_on":{"slot":"neve","text":{"it":"Nevica."},"entity":"empoli","closing":false,"from_ms":5,"until_ms":null,"by":"Anna","at_ms":3}}"#,
            ),
            (
                Switch::BulletinOff { slot: "neve".to_owned(), entity: None },
                r#"{"bulletin_off":{"slot":"neve"}}"#,
            ),
            (
                close(Scope::Entity("empoli".into()), None),
                r#"{"close":{"scope":{"entity":"empoli"},"until_ms":null}}"#,
            ),
            (
                Switch::Open { scope: Scope::Everything, by: None, reason: None },
                r#"{"open":{"scope":"everything"}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&switch).expect("plain data"), json);
            assert_eq!(serde_json::from_str::<Switch>(json).expect("as it was written"), switch);
        }
        let short = r#"{"close":{"scope":"everything"}}"#;
        assert_eq!(serde_json::from_str::<Switch>(short).expect("enough"), close(Scope::Everything, None));
    }

    #[test]
    fn slip_in_a_key_is_refused_and_not_passed_over() {
        let read = |text: &str| Switch::read(&serde_json::from_str(text).expect("JSON"));
        let until = r#"{"close":{"scope":{"queue":"tributi"},"untill":"2026-12-26T00:00:00+01:00"}}"#;
        let error = read(until).expect_err("it would be closed for ever");
        assert!(
            error.contains("`close` has no `untill`") && error.contains("did you mean `until`"),
            "{error}"
        );
        assert!(read(r#"{"bulletin_on":{"slot":"neve","txt":{"it":"ciao"}}}"#).is_err());
        assert!(read(r#"{"shut":{"scope":"everything"}}"#).is_err() && read("[]").is_err());
        let everything = [
            r#"{"bulletin_on":{"slot":"neve","sound":"a","text":{"it":"b"},"entity":"c","closing":true,"from_ms":1,"until":null,"by":"d"}}"#,
            r#"{"bulletin_off":{"slot":"neve","entity":"c"}}"#,
            r#"{"close":{"scope":"everything","from":null,"until_ms":2,"reason":"e","by":"d"}}"#,
            r#"{"open":{"scope":{"entity":"c"}}}"#,
        ];
        for turn in everything {
            assert!(read(turn).is_ok(), "{turn}: {:?}", read(turn));
        }
        let closing = Closing { reason: Some("e".to_owned()), from_ms: Some(1), ..Closing::default() };
        for ours in [Switch::Close(closing), Switch::BulletinOff { slot: "neve".to_owned(), entity: None }] {
            let said = serde_json::to_value(&ours).expect("switches are JSON");
            assert_eq!(Switch::read(&said), Ok(ours), "the command line asks so");
        }
    }

    #[test]
    fn begin_and_end_are_read_as_people_and_scripts_write_them_and_as_journals_do() {
        let read = |text: &str| {
            let json = format!(r#"{{"close":{{"scope":"everything",{text}}}}}"#);
            serde_json::from_str(&json).map(|switch| match switch {
                Switch::Close(closing) => (closing.from_ms, closing.until_ms),
                other => panic!("{other:?}"),
            })
        };
        let ten = Some(1_795_510_800_000);
        for (text, expected) in [
            (r#""until_ms":1795510800000"#, (None, ten)),
            (r#""until":"2026-11-24T10:00:00+01:00""#, (None, ten)),
            (r#""from":"2026-11-24T10:00:00+01:00","until":null"#, (ten, None)),
            (r#""from_ms":1795510800000"#, (ten, None)),
            (r#""reason":"neve""#, (None, None)),
        ] {
            assert_eq!(read(text).expect(text), expected);
        }
        let wrong = read(r#""until":"domani""#).expect_err("no moment").to_string();
        assert!(wrong.contains("2026-12-01T18:00:00+01:00"), "{wrong}");
    }

    #[test]
    fn what_has_not_begun_is_kept_and_not_in_force() {
        let mut switches = Switches::default();
        let from = |from_ms| Closing { from_ms: Some(from_ms), until_ms: Some(20), ..Closing::default() };
        switches.apply(&Switch::Close(from(10)));
        let bulletin = Bulletin { from_ms: Some(15), ..Bulletin::default() };
        switches.apply(&Switch::BulletinOn { slot: "neve".to_owned(), bulletin });
        for (now_ms, closed, heard, next) in
            [(9, false, 0, Some(10)), (10, true, 0, Some(15)), (15, true, 1, None)]
        {
            assert!(!switches.expire(now_ms));
            assert_eq!(switches.has_closed(&Scope::Everything, now_ms), closed, "{now_ms}");
            assert_eq!(switches.heard(now_ms).count(), heard, "{now_ms}");
            assert_eq!(switches.next_begin_ms(now_ms), next, "{now_ms}");
        }
        assert!(switches.expire(20));
    }

    #[test]
    fn bulletin_of_an_ente_stands_beside_the_one_for_everybody() {
        let mut switches = Switches::default();
        let on = |entity: Option<&str>| Switch::BulletinOn {
            slot: "neve".to_owned(),
            bulletin: Bulletin { entity: entity.map(Into::into), ..Bulletin::default() },
        };
        switches.apply(&on(None));
        switches.apply(&on(Some("empoli")));
        assert_eq!(switches.heard(0).count(), 2);
        switches.apply(&Switch::BulletinOff { slot: "neve".to_owned(), entity: Some("empoli".into()) });
        assert_eq!((switches.heard(0).count(), switches.bulletins.len()), (1, 1));
    }
}
