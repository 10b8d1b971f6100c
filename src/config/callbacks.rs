//! `[queue.callback]` in `queues.toml`: that citizens of this queue may be called back, and by which rules.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Config;
use super::reader::{Table, Word};
use super::span::parse_span;
use crate::callback::{CallbackRules, Capacity, First, Retry, Unreached};
use crate::flow::hours::Calendars;
use crate::hint::Hint;
use crate::ids::QueueId;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// How the ways of not being reached are written.
const FAILURES: [(&str, Unreached); 7] = [
    ("busy", Unreached::Busy),
    ("no_answer", Unreached::NoAnswer),
    ("machine", Unreached::Machine),
    ("refused", Unreached::Refused),
    ("unreachable", Unreached::Unreachable),
    ("trunk_failure", Unreached::TrunkFailure),
    ("abandoned", Unreached::Abandoned),
];

/// The rules of a queue, if it calls back at all. Its hours and its seats are added by [`Config::callback_rules`].
pub(super) fn callback(queue: &Table<'_>) -> Option<CallbackRules> {
    let table = queue.table("callback", "[queue.callback]")?;
    let usual = CallbackRules::default();
    let slot = table.span("slot", 15 * MINUTE, MINUTE..=4 * HOUR);
    let rules = CallbackRules {
        hours: None,
        first: first(&table),
        slot_minutes: u16::try_from(slot.as_secs() / 60).unwrap_or(usual.slot_minutes),
        capacity: capacity(&table),
        lead: table.span("lead", usual.lead, Duration::ZERO..=DAY),
        horizon: table.span("horizon", usual.horizon, HOUR..=60 * DAY),
        grace: table.span("grace", usual.grace, Duration::ZERO..=DAY),
        keep_for: table.span("keep_for", usual.keep_for, 5 * MINUTE..=DAY),
        retries: retries(&table, usual.retries),
        most_attempts: table.number("most_attempts", usual.most_attempts, 1..=20),
        escalate_after: table.span("escalate_after", usual.escalate_after, Duration::ZERO..=DAY),
        escalate_by: table.number("escalate_by", usual.escalate_by, 0..=600),
        recalls: table.flag("recalls", usual.recalls),
        most_a_day: table.number("most_a_day", usual.most_a_day, 1..=1_000),
        spare_seats: table.number("spare_seats", usual.spare_seats, 0..=1_000),
    };
    table.finish();
    Some(rules)
}

fn first(table: &Table<'_>) -> First {
    let Some(word) = table.text("first") else { return First::default() };
    match word.text {
        "operator" => First::Operator,
        "citizen" => First::Citizen,
        _ => {
            table.not(&word, "operator or citizen", "operator");
            First::default()
        }
    }
}

/// A number, or a share of the time of those who serve the queue.
fn capacity(table: &Table<'_>) -> Capacity {
    let handle = table.span("handle", 4 * MINUTE, 10 * Duration::from_secs(1)..=4 * HOUR);
    if table.has("share_percent") {
        let percent: u8 = table.number("share_percent", 20, 1..=100);
        return Capacity::Share { seats: 0, share: f64::from(percent) / 100.0, handle };
    }
    Capacity::Fixed(table.number("capacity", 2, 1..=1_000))
}

/// `busy = "after 5m, 4 times"`.
fn retries(table: &Table<'_>, usual: BTreeMap<Unreached, Retry>) -> BTreeMap<Unreached, Retry> {
    let mut retries = usual;
    for (name, text) in table.pairs("retry", "[queue.callback.retry]").unwrap_or_default() {
        let Some((_, why)) = FAILURES.iter().find(|(word, _)| *word == name.text) else {
            let hint = Hint::nearest(name.text, FAILURES.iter().map(|(word, _)| *word));
            let (table_name, key) = ("[queue.callback.retry]", name.text.to_owned());
            table.file.fault(&name.span, super::fault::Fault::UnknownKey { table: table_name, key, hint });
            continue;
        };
        match retry(&text) {
            Some(retry) => drop(retries.insert(*why, retry)),
            None => table.not(&text, "a pause and how often, at most 50 times", "after 5m, 4 times"),
        }
    }
    retries
}

fn retry(text: &Word<'_>) -> Option<Retry> {
    let (after, times) = text.text.split_once(',')?;
    let after = parse_span(after.trim().strip_prefix("after ")?).filter(|after| *after <= DAY)?;
    let most = times.trim().strip_suffix("times")?.trim().parse().ok();
    Some(Retry { after, most: most.filter(|most| (1..=50).contains(most))? })
}

impl Config {
    /// By which rules each queue that calls back does so, with its hours as `calendars` has them now.
    pub fn callback_rules(&self, calendars: &Calendars) -> BTreeMap<QueueId, CallbackRules> {
        let rules = self.queues.iter().filter_map(|(id, queue)| {
            let mut rules = queue.callback.clone()?;
            rules.hours = queue.schedule.as_ref().and_then(|name| calendars.schedule(name));
            if let Capacity::Share { seats, .. } = &mut rules.capacity {
                let serves = self.seats.values().filter(|seat| seat.rules.queues.contains_key(id));
                *seats = u32::try_from(serves.count()).unwrap_or(u32::MAX);
            }
            Some((id.clone(), rules))
        });
        rules.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::{Faults, File};
    use super::*;

    fn read(text: &str) -> Result<Option<CallbackRules>, Vec<String>> {
        let faults = Faults::default();
        let file = File { name: "queues.toml", text, faults: &faults };
        let root = file.parse().unwrap();
        let rules = callback(&Table::root(file, &root));
        let told: Vec<_> = faults.borrow().iter().map(ToString::to_string).collect();
        if told.is_empty() { Ok(rules) } else { Err(told) }
    }

    #[test]
    fn queue_calls_back_by_the_rules_that_are_written() {
        assert_eq!(read("").unwrap().map(|_| ()), None);
        let rules = read(
            "[callback]\nslot = \"30m\"\nshare_percent = 25\nhandle = \"5m\"\n[callback.retry]\nbusy = \"after 2m, 9 times\"",
        );
        let rules = rules.unwrap().unwrap();
        assert_eq!(rules.slot_minutes, 30);
        assert_eq!(rules.capacity, Capacity::Share { seats: 0, share: 0.25, handle: 5 * MINUTE });
        assert_eq!(rules.retries[&Unreached::Busy], Retry { after: 2 * MINUTE, most: 9 });
        assert_eq!(rules.retries[&Unreached::NoAnswer], Retry { after: HOUR, most: 3 });
    }

    #[test]
    fn slips_are_told_with_what_was_meant() {
        for (text, expected) in [
            ("[callback]\nslott = \"15m\"", "slot"),
            ("[callback.retry]\nbussy = \"after 5m, 4 times\"", "busy"),
            ("[callback.retry]\nbusy = \"4 times\"", "after 5m, 4 times"),
            ("[callback.retry]\nbusy = \"after 5m, 0 times\"", "after 5m, 4 times"),
            ("[callback]\ncapacity = 0", "1"),
            ("[callback]\nfirst = \"nobody\"", "operator or citizen"),
        ] {
            let faults = read(text).unwrap_err();
            assert!(faults.iter().any(|fault| fault.contains(expected)), "{text}: {faults:?}");
        }
    }
}
