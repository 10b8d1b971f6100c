//! From the texts of all files to a [`Config`], or to every fault in them.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::{ConfigError, Fault, Place};
use super::floor::{Used, UsedBySeats};
use super::names::Names;
use super::reader::{Faults, File, Table};
use super::{Config, calendars, callers, connectors, directory, engine, floor, knowledge, operators, trunks};
use crate::hint::Hint;
use crate::ids::{FlowId, SeatId, SkillId};

/// The files of a configuration.
pub const FILES: [&str; 8] = [
    "engine.toml",
    "entities.toml",
    "topics.toml",
    "calendars.toml",
    "numbers.toml",
    "queues.toml",
    "seats.toml",
    "trunks.toml",
];

/// Files that a configuration may do without.
pub const OPTIONAL_FILES: [&str; 4] = ["callers.toml", "connectors.toml", "knowledge.toml", "operators.toml"];

impl Config {
    /// Read all `files` (name to text). Every fault is told at once, in the order of files and lines.
    pub fn parse(files: &BTreeMap<String, String>) -> Result<Config, Vec<ConfigError>> {
        let faults = Faults::default();
        for name in files.keys().filter(|name| !known().any(|file| file == *name)) {
            let fault = Fault::UnknownFile { hint: Hint::nearest(name, known()) };
            faults.borrow_mut().push(ConfigError { at: Place::whole(name), fault });
        }
        let config = read_all(&Texts { files, faults: &faults });
        let mut faults = faults.into_inner();
        faults.extend(config.iter().flat_map(super::overflow::faults));
        faults.sort_by(|one, other| one.at.cmp(&other.at));
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults),
        }
    }

    /// The numbers that lead to none of these flows.
    pub fn check_flows(&self, flows: &BTreeSet<FlowId>) -> Vec<ConfigError> {
        let missing = self.flow_places.iter().filter(|(flow, _)| !flows.contains(*flow));
        let error = |(flow, at): (&FlowId, &Place)| {
            let hint = Hint::nearest(flow.as_str(), flows.iter().map(FlowId::as_str));
            ConfigError { at: at.clone(), fault: Fault::UnknownFlow { name: flow.to_string(), hint } }
        };
        missing.map(error).collect()
    }

    /// Seats that still have a password everybody can read in the documentation: `demo-` and something. They must not be
    /// reachable from other machines.
    pub fn demo_passwords(&self) -> Vec<SeatId> {
        let demo = self.seats.iter().filter(|(_, seat)| seat.password.reveal().starts_with("demo-"));
        demo.map(|(id, _)| id.clone()).collect()
    }
}

fn known() -> impl Iterator<Item = &'static str> {
    FILES.into_iter().chain(OPTIONAL_FILES)
}

/// The texts to be read, and where faults go.
struct Texts<'a> {
    files: &'a BTreeMap<String, String>,
    faults: &'a Faults,
}

impl<'a> Texts<'a> {
    /// Read one file; `None`, with the fault told, when it is missing or not TOML.
    fn read<T>(&self, name: &'static str, read: impl FnOnce(Table<'_>) -> T) -> Option<T> {
        let none = OPTIONAL_FILES.contains(&name).then_some("");
        let Some(text) = self.files.get(name).map(String::as_str).or(none) else {
            let missing = ConfigError { at: Place::whole(name), fault: Fault::MissingFile };
            self.faults.borrow_mut().push(missing);
            return None;
        };
        let file = File { name, text, faults: self.faults };
        let root = file.parse()?;
        Some(read(Table::root(file, &root)))
    }

    /// Read one file that gives names to things.
    fn read_names<T>(
        &self,
        what: &'static str,
        name: &'static str,
        read: impl FnOnce(Table<'_>, &mut Names) -> T,
    ) -> (Option<T>, Names) {
        let mut names = Names::new(what, name);
        let things = self.read(name, |table| read(table, &mut names));
        if things.is_none() {
            names = names.unread();
        }
        (things, names)
    }
}

/// Read the files so that names are known before they are used. Nothing stops early: all faults are wanted.
fn read_all(texts: &Texts<'_>) -> Option<Config> {
    let engine = texts.read("engine.toml", engine::read);
    let (entities, entity_names) = texts.read_names("entity", "entities.toml", directory::entities);
    let (topics, topic_names) = texts.read_names("topic", "topics.toml", directory::topics);
    let (calendars, schedules) = texts.read_names("schedule", "calendars.toml", calendars::read);
    let used = Used { entities: &entity_names, topics: &topic_names, schedules: &schedules };
    let mut extensions = Names::new("extension", "queues.toml and seats.toml");
    let (queues, queue_names) = texts.read_names("queue", "queues.toml", |table, names| {
        floor::queues(table, names, &mut extensions, &used)
    });
    let (queues, skills) = queues.map_or_else(
        || (None, Names::new("skill", "queues.toml").unread()),
        |(queues, skills)| (Some(queues), skills),
    );
    let mut operator_names = Names::new("operator", "operators.toml");
    let operators = texts
        .read("operators.toml", |table| operators::read(table, &mut operator_names, &queue_names, &skills));
    let (pauses, people) = operators.as_ref().map(operators::rules).unwrap_or_default();
    let used = UsedBySeats {
        queues: &queue_names,
        skills: &skills,
        pauses: &pauses,
        operators: &operator_names,
        people: &people,
    };
    let (seats, seat_names) = texts
        .read_names("seat", "seats.toml", |table, names| floor::seats(table, names, &mut extensions, &used));
    let callers = texts.read("callers.toml", |table| callers::read(table, &seat_names));
    let numbers = texts.read("numbers.toml", |table| directory::numbers(table, &entity_names, &topic_names));
    let trunks = texts.read("trunks.toml", |table| trunks::trunks(table, &queue_names, &entity_names));
    let (connectors, _) = texts.read_names("connector", "connectors.toml", connectors::connectors);
    let (knowledge, _) = texts.read_names("article", "knowledge.toml", knowledge::articles);
    let (numbers, flow_places) = numbers?;
    let (trunks, destinations, dialling) = trunks?;
    Some(Config {
        engine: engine?,
        entities: entities?,
        topics: topics?,
        numbers,
        flow_places,
        queues: queues?,
        skills: skills.all().map(SkillId::from).collect(),
        seats: seats?,
        operators: operators?,
        callers: callers?,
        trunks,
        destinations,
        dialling,
        calendars: calendars?,
        connectors: connectors?,
        knowledge: knowledge?,
    })
}
