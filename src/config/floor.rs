//! `queues.toml` and `seats.toml`: where callers wait, and who serves them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::callbacks;
use super::dialling::{location, may_call};
use super::directory::is_digits;
use super::extensions;
use super::fault::Fault;
use super::names::Names;
use super::overflow::{self, Overflowing};
use super::reader::{Table, Word};
use super::span::parse_span;
use super::{AnnounceRules, Queue, Seat, Secret, WaitsSince};
use crate::acd::{
    AfterTalk, LONGEST_KEPT, Needs, Pauses, People, QueueRules, SeatRules, Serving, Skills, Strategy,
    TaskRules,
};
use crate::ids::{QueueId, SeatId, SkillId};
use crate::words::{skill_and_level, waiver};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The names that queues use.
pub(super) struct Used<'n> {
    pub(super) entities: &'n Names,
    pub(super) topics: &'n Names,
    pub(super) schedules: &'n Names,
}

/// What seats use of other files.
pub(super) struct UsedBySeats<'n> {
    pub(super) queues: &'n Names,
    pub(super) skills: &'n Names,
    pub(super) pauses: &'n Arc<Pauses>,
    pub(super) operators: &'n Names,
    pub(super) people: &'n Arc<People>,
}

/// Read `[[queue]]`, the `skills` that there are, and the `[dispositions]` that all queues share.
pub(super) fn queues(
    table: Table<'_>,
    names: &mut Names,
    extensions: &mut Names,
    used: &Used<'_>,
) -> (BTreeMap<QueueId, Queue>, Names) {
    let shared = dispositions(&table, "[dispositions]").unwrap_or_default();
    let mut skills = Names::new("skill", "queues.toml");
    table.texts("skills").iter().for_each(|word| _ = skills.add(&table.file, word));
    let mut queues = BTreeMap::new();
    let mut helpers = Vec::new();
    for queue in table.tables("queue", "[[queue]]") {
        let (id, name) = (names.take(&queue, "id"), queue.need("name"));
        let Overflowing { helps, sends_on, sent_on } = overflow::read(&queue, &mut helpers);
        let read = Queue {
            name: name.map_or_else(String::new, |name| name.text.to_owned()),
            extension: extensions::read(&queue, extensions),
            rules: QueueRules {
                overflow: helps,
                sends_on,
                ..rules(&queue, id.as_ref().map_or("", |id| id.text), &skills)
            },
            schedule: used.schedules.used(&queue, "schedule").map(|word| word.text.into()),
            entity: used.entities.used(&queue, "entity").map(|word| word.text.into()),
            topic: used.topics.used(&queue, "topic").map(|word| word.text.into()),
            record: queue.flag("record", true),
            announce: announce(&queue),
            music: music(&queue),
            waits_since: waits_since(&queue),
            keeps_place: queue.span("keeps_place", 5 * MINUTE, Duration::ZERO..=LONGEST_KEPT),
            callback: callbacks::callback(&queue),
            sent_on,
            dispositions: dispositions(&queue, "[queue.dispositions]").unwrap_or_else(|| shared.clone()),
        };
        if let Some(id) = id {
            queues.insert(id.text.into(), read);
        }
        queue.finish();
    }
    helpers.iter().for_each(|word| _ = names.check(&table.file, word));
    table.finish();
    (queues, skills)
}

/// `inglese`, or `inglese 3`: a skill and its level, 1 when it is left out.
pub(super) fn skills(table: &Table<'_>, names: &Names) -> Skills {
    let mut levels = Vec::new();
    for word in table.texts("skills") {
        let Some((name, level)) = skill_and_level(word.text) else {
            table.not(&word, "a skill and its level, 1 to 9", "inglese 3");
            continue;
        };
        if names.check(&table.file, &Word { text: name, span: word.span }) {
            levels.push((SkillId::from(name), level));
        }
    }
    levels.into_iter().collect()
}

/// `after 30s drop inglese`: what is done without, and from when on.
fn waivers(queue: &Table<'_>, names: &Names) -> Vec<(Duration, SkillId)> {
    let mut waivers = Vec::new();
    for word in queue.texts("widen") {
        let read = waiver(word.text).and_then(|(span, skill)| Some((parse_span(span)?, skill)));
        let Some((after, skill)) = read else {
            queue.not(&word, "a rule for those who wait", "after 30s drop inglese");
            continue;
        };
        if names.check(&queue.file, &Word { text: skill, span: word.span }) {
            waivers.push((after, skill.into()));
        }
    }
    waivers
}

/// Sounds are not known here: one that is missing is told in the story of the contact, and passed over.
fn announce(queue: &Table<'_>) -> AnnounceRules {
    AnnounceRules {
        places_up_to: queue.number("announce_up_to", 10, 1..=100),
        tells_wait: queue.flag("announce_wait", true),
        messages: queue.texts("messages").iter().map(|word| word.text.to_owned()).collect(),
        message_every: queue.span("message_every", MINUTE, 10 * SECOND..=HOUR),
    }
}

fn waits_since(queue: &Table<'_>) -> WaitsSince {
    match queue.text("waits_since") {
        None => WaitsSince::default(),
        Some(Word { text: "entry", .. }) => WaitsSince::Entry,
        Some(Word { text: "arrival", .. }) => WaitsSince::Arrival,
        Some(Word { text: "key", .. }) => WaitsSince::Key,
        Some(word) => {
            queue.not(&word, "entry, arrival or key", "entry");
            WaitsSince::default()
        }
    }
}

const STRATEGIES: [(&str, Strategy); 7] = [
    ("longest_idle", Strategy::LongestIdle),
    ("round_robin", Strategy::RoundRobin),
    ("fewest_calls", Strategy::FewestCalls),
    ("least_talk_time", Strategy::LeastTalkTime),
    ("linear", Strategy::Linear),
    ("skill_level", Strategy::SkillLevel),
    ("ring_all", Strategy::RingAll),
];

fn strategy(queue: &Table<'_>) -> Strategy {
    let Some(word) = queue.text("strategy") else { return Strategy::default() };
    let found = STRATEGIES.into_iter().find(|(name, _)| *name == word.text);
    if found.is_none() {
        let names =
            "longest_idle, round_robin, fewest_calls, least_talk_time, linear, skill_level or ring_all";
        queue.not(&word, names, "longest_idle");
    }
    found.map_or(Strategy::default(), |(_, strategy)| strategy)
}

/// The limits keep a slip of the pen from stopping the floor: a ring too short to be answered, a seat paused for ever.
fn rules(queue: &Table<'_>, id: &str, names: &Names) -> QueueRules {
    QueueRules {
        id: id.into(),
        max_waiting: queue.number("max_waiting", 50, 1..=10_000),
        max_wait: queue.span("max_wait", 15 * MINUTE, SECOND..=24 * HOUR),
        ring_for: queue.span("ring_for", 15 * SECOND, 3 * SECOND..=5 * MINUTE),
        reject_delay: queue.span("reject_delay", 10 * SECOND, SECOND..=HOUR),
        busy_delay: queue.span("busy_delay", 10 * SECOND, SECOND..=HOUR),
        max_rejects: queue.number("max_rejects", 3, 1..=100),
        max_misses: queue.number("max_misses", 2, 1..=100),
        wrap_up: queue.span("wrap_up", 10 * SECOND, Duration::ZERO..=HOUR),
        after_talk: after_talk(queue),
        announce_every: queue.span("announce_every", 45 * SECOND, Duration::ZERO..=HOUR),
        offset: queue.number("offset", 0, -60..=60),
        strategy: strategy(queue),
        ring_at_most: queue.number("ring_at_most", 10, 1..=50),
        needs: Needs { skills: skills(queue, names), waivers: waivers(queue, names) },
        overflow: Vec::new(),
        sends_on: Vec::new(),
        tasks: tasks(queue),
    }
}

/// `[queue.tasks]`: when its seats may do something else than take calls.
fn tasks(queue: &Table<'_>) -> Option<TaskRules> {
    let tasks = queue.table("tasks", "[queue.tasks]")?;
    let usual = TaskRules::default();
    let read = TaskRules {
        at_most_waiting: tasks.number("at_most_waiting", usual.at_most_waiting, 0..=10_000),
        free_seats: tasks.number("free_seats", usual.free_seats, 1..=1_000),
    };
    tasks.finish();
    Some(read)
}

/// The music of those who wait: a sound below `sounds/music/`.
pub(super) fn music(table: &Table<'_>) -> Option<String> {
    table.text("music").map(|word| word.text.to_owned())
}

/// What the wrap-up grants and asks for beside its time.
fn after_talk(queue: &Table<'_>) -> AfterTalk {
    let within = queue.span("outcome_within", Duration::ZERO, Duration::ZERO..=24 * HOUR);
    AfterTalk {
        extend_by: queue.span("extend_by", 30 * SECOND, Duration::ZERO..=HOUR),
        max_extensions: queue.number("max_extensions", 3, 0..=100),
        outcome_needed: queue.flag("outcome_needed", false),
        outcome_within: Some(within).filter(|within| !within.is_zero()),
    }
}

/// Digits dialled in wrap-up, and what they mean.
fn dispositions(table: &Table<'_>, kind: &'static str) -> Option<BTreeMap<String, String>> {
    let pairs = table.pairs("dispositions", kind)?;
    let mut codes = BTreeMap::new();
    for (code, meaning) in pairs {
        if is_digits(code.text) {
            codes.insert(code.text.to_owned(), meaning.text.to_owned());
        } else {
            table.not(&code, "a code of digits", "1");
        }
    }
    Some(codes)
}

/// Read `[[seat]]`.
pub(super) fn seats(
    table: Table<'_>,
    names: &mut Names,
    extensions: &mut Names,
    used: &UsedBySeats<'_>,
) -> BTreeMap<SeatId, Seat> {
    let mut seats = BTreeMap::new();
    for seat in table.some_tables("seat", "[[seat]]") {
        let (id, password) = (names.take(&seat, "id"), seat.need("password"));
        let mut served = served(&seat, used.queues);
        served.extend(profile(&seat, used.queues));
        let skills = skills(&seat, used.skills);
        let extension = extensions::read(&seat, extensions);
        let auto_login = seat.flag("auto_login", false);
        let supervisor = seat.flag("supervisor", false);
        let usual = used.operators.used(&seat, "operator").map(|word| word.text.into());
        let (location, may_call) = (location(&seat), may_call(&seat));
        if let (Some(id), Some(password)) = (id, password) {
            if password.text.trim().is_empty() {
                seat.file.fault(&password.span, Fault::EmptyPassword { seat: id.text.to_owned() });
            }
            let rules = SeatRules {
                id: id.text.into(),
                queues: served,
                skills,
                auto_login,
                pauses: used.pauses.clone(),
                people: used.people.clone(),
                usual,
            };
            let password = Secret::new(password.text.to_owned());
            seats.insert(id.text.into(), Seat { password, extension, rules, location, supervisor, may_call });
        }
        seat.finish();
    }
    table.finish();
    seats
}

/// The queues that a seat or a person names; `["*"]` is all of them.
pub(super) fn served(seat: &Table<'_>, queues: &Names) -> BTreeMap<QueueId, Serving> {
    let words = seat.need_texts("queues");
    if let [Word { text: "*", .. }] = words[..] {
        return queues.all().map(|queue| (queue.into(), Serving::default())).collect();
    }
    let known = words.into_iter().filter(|word| queues.check(&seat.file, word));
    known.map(|word| (word.text.into(), Serving::default())).collect()
}

/// How it serves some of them otherwise than the rest, and perhaps others.
pub(super) fn profile(seat: &Table<'_>, queues: &Names) -> BTreeMap<QueueId, Serving> {
    let mut profile = BTreeMap::new();
    for entry in seat.tables("profile", "[[profile]]") {
        let priority = entry.number("priority", 0, -60..=60);
        let delay = entry.span("delay", Duration::ZERO, Duration::ZERO..=HOUR);
        if let Some(queue) = entry.need("queue").filter(|word| queues.check(&entry.file, word)) {
            profile.insert(queue.text.into(), Serving { priority, delay });
        }
        entry.finish();
    }
    profile
}
