//! `queues.toml` and `seats.toml`: where callers wait, and who serves them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::directory::is_digits;
use super::fault::Fault;
use super::names::Names;
use super::reader::{Table, Word};
use super::{Queue, Seat, Secret};
use crate::acd::{QueueRules, SeatRules};
use crate::ids::{QueueId, SeatId};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The names that queues use.
pub(super) struct Used<'n> {
    pub(super) entities: &'n Names,
    pub(super) topics: &'n Names,
    pub(super) schedules: &'n Names,
}

/// Read `[[queue]]` and the `[dispositions]` that all queues share.
pub(super) fn queues(table: Table<'_>, names: &mut Names, used: &Used<'_>) -> BTreeMap<QueueId, Queue> {
    let shared = dispositions(&table, "[dispositions]").unwrap_or_default();
    let mut queues = BTreeMap::new();
    for queue in table.tables("queue", "[[queue]]") {
        let (id, name) = (names.take(&queue, "id"), queue.need("name"));
        let read = Queue {
            name: name.map_or_else(String::new, |name| name.text.to_owned()),
            rules: rules(&queue, id.as_ref().map_or("", |id| id.text)),
            schedule: used.schedules.used(&queue, "schedule").map(|word| word.text.into()),
            entity: used.entities.used(&queue, "entity").map(|word| word.text.into()),
            topic: used.topics.used(&queue, "topic").map(|word| word.text.into()),
            record: queue.flag("record", true),
            dispositions: dispositions(&queue, "[queue.dispositions]").unwrap_or_else(|| shared.clone()),
        };
        if let Some(id) = id {
            queues.insert(id.text.into(), read);
        }
        queue.finish();
    }
    table.finish();
    queues
}

/// The limits keep a slip of the pen from stopping the floor: a ring too short to be answered, a seat paused for ever.
fn rules(queue: &Table<'_>, id: &str) -> QueueRules {
    QueueRules {
        id: id.into(),
        max_waiting: queue.number("max_waiting", 50, 1..=10_000),
        max_wait: queue.span("max_wait", 15 * MINUTE, SECOND..=24 * HOUR),
        ring_for: queue.span("ring_for", 15 * SECOND, 3 * SECOND..=5 * MINUTE),
        reject_delay: queue.span("reject_delay", 10 * SECOND, SECOND..=HOUR),
        max_rejects: queue.number("max_rejects", 3, 1..=100),
        max_misses: queue.number("max_misses", 2, 1..=100),
        wrap_up: queue.span("wrap_up", 10 * SECOND, Duration::ZERO..=HOUR),
        announce_every: queue.span("announce_every", 45 * SECOND, Duration::ZERO..=HOUR),
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
pub(super) fn seats(table: Table<'_>, names: &mut Names, queues: &Names) -> BTreeMap<SeatId, Seat> {
    let mut seats = BTreeMap::new();
    for seat in table.some_tables("seat", "[[seat]]") {
        let (id, password) = (names.take(&seat, "id"), seat.need("password"));
        let served = served(&seat, queues);
        let auto_login = seat.flag("auto_login", false);
        if let (Some(id), Some(password)) = (id, password) {
            if password.text.trim().is_empty() {
                seat.file.fault(&password.span, Fault::EmptyPassword { seat: id.text.to_owned() });
            }
            let rules = SeatRules { id: id.text.into(), queues: served, auto_login };
            seats.insert(id.text.into(), Seat { password: Secret::new(password.text.to_owned()), rules });
        }
        seat.finish();
    }
    table.finish();
    seats
}

/// The queues that a seat names; `["*"]` is all of them.
fn served(seat: &Table<'_>, queues: &Names) -> Vec<QueueId> {
    let words = seat.need_texts("queues");
    if let [Word { text: "*", .. }] = words[..] {
        return queues.all().map(QueueId::from).collect();
    }
    let known = words.into_iter().filter(|word| queues.check(&seat.file, word));
    known.map(|word| word.text.into()).collect()
}
