//! `config/`: text to a checked [`Config`], with every fault told at once, each with file, line and remedy.
//!
//! [`Config::parse`] takes the texts of all files. Each is read table by table; a key that is unknown, missing or of the wrong
//! shape is a fault at its place, and so is a name that no other file gives. Reading goes on after a fault, so that a person
//! mends everything in one go; only a configuration without any fault becomes a `Config`.

mod calendars;
mod callbacks;
mod callers;
mod coding;
mod connectors;
mod destinations;
mod dialling;
mod directory;
mod engine;
mod extensions;
mod fault;
mod floor;
mod knowledge;
mod names;
mod operators;
mod overflow;
mod parse;
mod reader;
mod span;
mod talk_codes;
mod trunks;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

pub use self::coding::CodingMistake;
pub use self::destinations::{Destinations, Route};
pub use self::dialling::{Callable, Dialled, Dialling, NotDialled};
pub use self::extensions::Target;
pub use self::fault::{ConfigError, Fault, Place};
pub use self::overflow::{SentOn, SentTo};
pub use self::parse::{FILES, OPTIONAL_FILES};
pub use self::talk_codes::TalkCodes;
use crate::acd::{PauseRule, Person, QueueRules, SeatRules};
use crate::callback::CallbackRules;
use crate::flow::hours::{Calendars, Hours};
use crate::ids::{EntityId, FlowId, Language, OperatorId, QueueId, SeatId, SkillId, TopicId};
use crate::sip::{Link, Transport};
use crate::survey::SurveyRules;

/// Everything the exchange is told at start.
#[derive(Clone, Debug)]
pub struct Config {
    /// `engine.toml`.
    pub engine: EngineConfig,
    /// `entities.toml`: the bodies of the federation.
    pub entities: BTreeMap<EntityId, Entity>,
    /// `topics.toml`: full paths, `tributi/tari`, with their Italian titles.
    pub topics: BTreeMap<TopicId, Topic>,
    /// `numbers.toml`: by the number dialled.
    pub numbers: BTreeMap<String, DialledNumber>,
    /// Where `numbers.toml` first names each flow, for [`Config::check_flows`].
    pub flow_places: BTreeMap<FlowId, Place>,
    /// `queues.toml`.
    pub queues: BTreeMap<QueueId, Queue>,
    /// `queues.toml`: what operators may know.
    pub skills: BTreeSet<SkillId>,
    /// `seats.toml`.
    pub seats: BTreeMap<SeatId, Seat>,
    /// `operators.toml`: people, and why they may pause.
    pub operators: Operators,
    /// `callers.toml`, by number as it is received.
    pub callers: BTreeMap<String, ListedCaller>,
    /// `trunks.toml`.
    pub trunks: Vec<Trunk>,
    /// `trunks.toml`: which numbers may be called.
    pub destinations: Destinations,
    /// `trunks.toml`: the calls that operators make.
    pub dialling: Dialling,
    /// `calendars.toml`.
    pub calendars: Calendars,
    /// `connectors.toml`.
    pub connectors: BTreeMap<String, Connector>,
    /// `knowledge.toml`: by key.
    pub knowledge: BTreeMap<String, Article>,
}

impl Config {
    /// As whose callers they count who dial a number that nobody answers: the first number's.
    pub fn stranger(&self) -> Option<&DialledNumber> {
        self.numbers.values().next()
    }

    /// What an operator's phone shows of a call: in whose name it is, where there are several Enti, and what it is.
    pub fn shown(&self, entity: Option<&EntityId>, what: &str) -> String {
        let entity = entity.filter(|_| self.entities.len() > 1).and_then(|id| self.entities.get(id));
        entity.map_or_else(|| what.to_owned(), |entity| format!("{} · {what}", entity.short))
    }
}

/// `engine.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// This node's number, from 1.
    pub node: u16,
    /// Realm of the digest, such as `centralino`.
    pub realm: String,
    /// Address written into SDP and Contact; `None`: the address the peer reached us at.
    pub advertise: Option<IpAddr>,
    /// First and last RTP port (even ports are used).
    pub rtp_ports: (u16, u16),
    /// Calls at once; further ones get 503 with Retry-After.
    pub max_calls: usize,
    /// New calls a second above which 503 is given.
    pub max_calls_per_second: u32,
    /// Entries kept in memory while the store does not answer.
    pub max_spooled: usize,
    /// A hang-up in queue within this is a short abandon.
    pub short_abandon: Duration,
    /// A bridged leg that had been sending and sends nothing for this long is probed.
    pub dead_media: Duration,
    /// The same while on hold.
    pub dead_media_on_hold: Duration,
    /// How often the phone of a seat is asked whether it is there; zero: never.
    pub presence_every: Duration,
    /// How long sound goes to an address that nobody vouches for and that sends nothing itself.
    pub third_party_grace: Duration,
    /// Recordings are deleted after so many days.
    pub retention_days: u32,
    /// Feature codes dialled from a seat.
    pub feature_codes: FeatureCodes,
    /// Codes keyed in a talk.
    pub talk_codes: TalkCodes,
    /// Who speaks the texts of bulletins.
    pub voice: VoiceConfig,
}

/// The synthesiser that is there unless another is named.
pub const ESPEAK: &str = "espeak-ng -v {voice} -s 165 --stdin -w {output}";

/// The command that speaks the texts of bulletins, as `prompts build` has them spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoiceConfig {
    /// Program and arguments, with `{voice}` and `{output}`.
    pub command: String,
    /// It reads Latin-1, as Festival does.
    pub latin1: bool,
}

/// Numbers that a seat dials to tell the exchange something. Defaults: `*11` to `*19`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeatureCodes {
    /// Log in.
    pub log_in: String,
    /// Log out.
    pub log_out: String,
    /// Pause; the digits of a reason may follow.
    pub pause: String,
    /// Ready again (also ends a wrap-up).
    pub ready: String,
    /// Code the last contact: `*15` + topic code + `*` + outcome code, such as `*1512*1`.
    pub code: String,
    /// One call only.
    pub one_call: String,
    /// Pause once the call in course and its wrap-up are over; a reason's digits may follow.
    pub next: String,
    /// A longer wrap-up.
    pub extend: String,
    /// Listen to the talk at a seat: `*8` + its extension. For supervisors.
    pub monitor: String,
    /// Call somebody about a case of before: `*17` + case number + `*` + number, such as `*17100001*3331234567`.
    pub case: String,
}

/// A body of the federation.
#[derive(Clone, Debug)]
pub struct Entity {
    /// As people call it: "Comune di Empoli".
    pub name: String,
    /// What its callers hear while they wait, where neither the flow nor the queue says: `sounds/music/<name>.wav`.
    pub music: Option<String>,
    /// As a phone's display has room for: "Empoli".
    pub short: String,
    /// How often its callers are asked after the call.
    pub survey: SurveyRules,
}

/// What a contact is about.
#[derive(Clone, Debug)]
pub struct Topic {
    /// In Italian.
    pub title: String,
    /// Digits dialled to code it in wrap-up.
    pub code: Option<String>,
}

/// A number that citizens dial.
#[derive(Clone, Debug)]
pub struct DialledNumber {
    /// The body answered for.
    pub entity: EntityId,
    /// The flow.
    pub flow: FlowId,
    /// The language at first; `None`: the flow's first.
    pub language: Option<Language>,
    /// The topic at first.
    pub topic: Option<TopicId>,
}

/// A waiting line.
#[derive(Clone, Debug)]
pub struct Queue {
    /// As operators see it: "Tributi".
    pub name: String,
    /// What operators dial to give a call to it.
    pub extension: Option<String>,
    /// What the distribution needs.
    pub rules: QueueRules,
    /// Schedule of opening hours in `calendars.toml`; `None`: always open.
    pub schedule: Option<crate::ids::ScheduleId>,
    /// Given to the contact when it enters, unless the flow has tagged it.
    pub entity: Option<EntityId>,
    /// Likewise.
    pub topic: Option<TopicId>,
    /// Talks are recorded.
    pub record: bool,
    /// What those who wait are told.
    pub announce: AnnounceRules,
    /// What those who wait hear, where the flow says nothing of it: `sounds/music/<name>.wav`; `None`: the Ente's.
    pub music: Option<String>,
    /// From when on waiting counts.
    pub waits_since: WaitsSince,
    /// How long the place of a caller who was cut off is kept.
    pub keeps_place: Duration,
    /// Citizens may be called back, and how; none: they are not.
    pub callback: Option<CallbackRules>,
    /// Where callers are sent on to, one for each of the rules' `sends_on`.
    pub sent_on: Vec<SentOn>,
    /// Outcome codes for wrap-up: digits to disposition.
    pub dispositions: BTreeMap<String, String>,
}

/// What those who wait are told, each time that the queue's rules have something told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnounceRules {
    /// The last place told as a number; those behind hear that there are more than so many.
    pub places_up_to: usize,
    /// The expected wait is told with the place.
    pub tells_wait: bool,
    /// Told in turn: names of sounds, in every language.
    pub messages: Vec<String>,
    /// A message comes no sooner after the one before.
    pub message_every: Duration,
}

/// From when on waiting counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitsSince {
    /// The call entered the queue.
    #[default]
    Entry,
    /// The call came in.
    Arrival,
    /// The citizen pressed the last key.
    Key,
}

/// A number that is served otherwise than others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListedCaller {
    /// Minutes of advantage.
    pub priority: i32,
    /// A seat that is rung alone at first, and for how long.
    pub prefers: Option<(SeatId, Duration)>,
}

impl Queue {
    /// Its own hours let callers in; without a schedule it is always open.
    pub fn is_open(&self, calendars: &Calendars, wall: jiff::Timestamp) -> bool {
        let hours = |schedule| calendars.at(schedule, wall) == Some(Hours::Open);
        self.schedule.as_ref().is_none_or(hours)
    }
}

/// A workplace.
#[derive(Clone, Debug)]
pub struct Seat {
    /// SIP password.
    pub password: Secret,
    /// What colleagues dial to reach it.
    pub extension: Option<String>,
    /// What the distribution needs.
    pub rules: SeatRules,
    /// Where it is, for those who are called to help.
    pub location: Option<String>,
    /// A supervisor sits here, who may watch over talks.
    pub supervisor: bool,
    /// Whom it may call, beside emergency numbers.
    pub may_call: BTreeSet<Callable>,
}

/// The people at the seats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// By id.
    pub people: BTreeMap<OperatorId, Operator>,
    /// Reasons of pauses, by id.
    pub pauses: BTreeMap<String, Pause>,
}

/// Somebody who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    /// As colleagues call them.
    pub name: String,
    /// Dialled to log in at any seat; none: by command only.
    pub code: Option<Secret>,
    /// What the distribution needs.
    pub person: Person,
    /// May be asked to decide; shown in the list.
    pub supervisor: bool,
}

/// Why an operator may pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// As people say it.
    pub name: String,
    /// Dialled after the feature code of the pause.
    pub code: Option<String>,
    /// How long it may last.
    pub rule: Option<PauseRule>,
}

/// A source of calls that is trusted by its address.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Its name.
    pub name: Arc<str>,
    /// Addresses it calls from.
    pub from: Vec<IpNet>,
    /// Where its media servers are: sound goes there on the word of its SDP alone. The addresses above are among them.
    pub media: Arc<[IpNet]>,
    /// The way out by it; `None`: calls only come in.
    pub outgoing: Option<Gateway>,
}

/// Where calls go out by a trunk.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its host as it is written: a name, or an address (IPv6 in brackets).
    pub host: String,
    /// Its port.
    pub port: u16,
    /// What carries SIP there.
    pub transport: Transport,
    /// Where that is, and from where we speak: found at the start or a reload; `None`: not found.
    pub link: Option<Link>,
    /// The number that whoever is called sees.
    pub number: String,
    /// The name beside it.
    pub display: Option<String>,
    /// User and password, should it ask.
    pub credentials: Option<(String, Secret)>,
    /// How numbers begin that go this way; none: all that no other trunk takes.
    pub prefixes: Vec<String>,
    /// Numbers are dialled as in Italy, without `+39`.
    pub dials_national: bool,
    /// Talks are recorded.
    pub record: bool,
    /// Emergency calls go this way first.
    pub emergency: bool,
}

/// A system of an Ente that flows may ask over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// How every address asked begins; no `/` at its end.
    pub address: String,
    /// What it wants to see.
    pub credential: Option<Credential>,
    /// Certificates it is trusted by, as PEM; `None`: those of the public authorities.
    pub ca_file: Option<String>,
    /// Largest answer taken.
    pub max_answer_bytes: u64,
    /// Longest time for one try, whatever a flow allows.
    pub max_time: Duration,
    /// Requests at once.
    pub max_requests: usize,
}

/// What the Enti have written down for everybody about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Article {
    /// As people know it.
    pub title: String,
    /// What there is to say, by language.
    pub say: BTreeMap<Language, String>,
    /// First day on which it holds, in Rome.
    pub from: Option<jiff::civil::Date>,
    /// Last day.
    pub until: Option<jiff::civil::Date>,
}

/// How we prove to be let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// User and password (RFC 7617) instead of a token (RFC 6750).
    pub basic: bool,
    /// Where it is.
    pub place: SecretPlace,
}

/// Where a secret is, outside the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretPlace {
    /// A variable of the environment.
    Environment(String),
    /// A file.
    File(String),
}

/// A password. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wrap it.
    pub fn new(text: String) -> Secret {
        Secret(text)
    }

    /// The password itself; never to a log.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
