//! Says every kind of value once, and tells where a piece has no text: a hole that a caller would hear.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time, date, time};

use super::grammar::Grammar;
use super::notice::Notice;
use super::{MAX_NUMBER, MAX_ORDINAL, Unit};

/// Faults told of one grammar; what is behind them is usually the same slip.
const MAX_TOLD: usize = 20;

/// What is missing, each piece once; the first of many.
pub(super) fn holes(grammar: &Grammar) -> Vec<String> {
    let mut holes = BTreeSet::new();
    let mut hear = |what: &str, said: Vec<String>| {
        if said.is_empty() {
            holes.insert((what.to_owned(), None));
        }
        let missing = said.into_iter().filter(|piece| !grammar.texts.contains_key(piece));
        holes.extend(missing.map(|piece| (what.to_owned(), Some(piece))));
    };
    let forms: BTreeSet<Option<&str>> = grammar.units.values().map(|unit| unit.form.as_deref()).collect();
    for form in forms.into_iter().chain([None]) {
        numbers().for_each(|n| hear("numbers", grammar.number(n, form)));
    }
    (1..=MAX_ORDINAL).for_each(|n| hear("ordinals", grammar.ordinal(Some(n), None)));
    (1..=MAX_ORDINAL).for_each(|n| hear("positions", grammar.position(Some(n))));
    if grammar.waiting.is_some() {
        (1..=100).for_each(|n| hear("numbers of those who wait", grammar.more_waiting(n)));
        (0..60).for_each(|low| hear("waits", grammar.wait(low, low + 1)));
    }
    days().for_each(|day| hear("dates", grammar.date(day)));
    (0..=9999).step_by(7).chain(1900..=2100).for_each(|year| hear("dates", grammar.date(date(year, 1, 1))));
    for time in times() {
        hear("times", grammar.time(time));
        hear("slots", grammar.slot(date(2026, 5, 1), time, None));
        hear("slots", grammar.slot(date(2026, 5, 2), time, Some(time)));
    }
    for unit in Unit::ALL {
        [0, 1, 2, 21, 1_000_000].into_iter().for_each(|n| hear("units", grammar.counted(unit, n)));
    }
    "0123456789+*#".chars().for_each(|key| hear("keys", grammar.key(key).into_iter().collect()));
    let told = |(what, piece)| match piece {
        Some(piece) => {
            format!("{what} are said with `{piece}`, which has no text; add it to a series or to [pieces]")
        }
        None => format!("some {what} are not said at all; add a rule without conditions as the last one"),
    };
    let lacks = |notice: &Notice| !grammar.notices.contains_key(notice.key());
    let notices = Notice::ALL.into_iter().filter(lacks);
    let notices = notices.map(|notice| format!("[notices] has no `{}`; give its text", notice.key()));
    holes.into_iter().map(told).chain(notices).take(MAX_TOLD).collect()
}

/// All small ones, the corners of the large ones.
fn numbers() -> impl Iterator<Item = u64> {
    let thousands = (1..1000).flat_map(|n| [n * 1000, n * 1000 + 1, n * 1000 + 999]);
    let millions = (1..1000).step_by(37).flat_map(|n| [n * 1_000_000, n * 1_000_000 + 21_001]);
    (0..1000).chain(thousands).chain(millions).chain([MAX_NUMBER])
}

fn days() -> impl Iterator<Item = Date> {
    date(2024, 1, 1).series(jiff::Span::new().days(1)).take(366)
}

fn times() -> impl Iterator<Item = Time> {
    (0..24).flat_map(|hour| (0..60).map(move |minute| time(hour, minute, 0, 0)))
}
