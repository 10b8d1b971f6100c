//! What a draft would have changed for many calls, counted.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Effect, NotReplayed};
use crate::flow::replay::Why;
use crate::ids::{ContactId, NodeId, QueueId};

/// Most contacts named for one effect.
const MOST_EXAMPLES: usize = 5;

/// Effects counted.
#[derive(Clone, Debug, Default)]
pub struct Report {
    effects: BTreeMap<Effect, Cell>,
    left_out: BTreeMap<NotReplayed, Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    calls: usize,
    examples: Vec<ContactId>,
}

/// One effect, and how many calls it would have had.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportLine {
    /// `same`, `other_way`, `other_queue`, `contained`, `no_longer_contained`, `falls_off`, `unknown`, `not_replayed`.
    pub effect: &'static str,
    /// Where, for what is bound to a node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// The queue then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_queue: Option<QueueId>,
    /// The queue now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_queue: Option<QueueId>,
    /// Why: `never_asked`, `keys_ran_out`, `wrong_key`; `no_flow`, `in_course`, `too_long`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// The key that means nothing there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
    /// How many.
    pub calls: usize,
    /// The same of a hundred that were replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// Some of them, the newest first.
    pub examples: Vec<ContactId>,
}

impl Report {
    /// One more call.
    pub fn count(&mut self, contact: ContactId, effect: Result<Effect, NotReplayed>) {
        let cell = match effect {
            Ok(effect) => self.effects.entry(effect).or_default(),
            Err(why) => self.left_out.entry(why).or_default(),
        };
        cell.calls += 1;
        if cell.examples.len() < MOST_EXAMPLES {
            cell.examples.push(contact);
        }
    }

    /// Calls that were replayed.
    pub fn calls(&self) -> usize {
        self.effects.values().map(|cell| cell.calls).sum()
    }

    /// Calls for which nothing would have changed.
    pub fn same(&self) -> usize {
        self.effects.get(&Effect::Same).map_or(0, |cell| cell.calls)
    }

    /// Every effect, from nothing to what is not known, and of one kind the most frequent first; then what was left out.
    pub fn lines(&self) -> Vec<ReportLine> {
        let all = self.calls();
        let mut lines: Vec<(usize, ReportLine)> =
            self.effects.iter().map(|(effect, cell)| (rank(effect), line(effect, cell, all))).collect();
        lines.sort_by(|(rank, a), (other, b)| rank.cmp(other).then(b.calls.cmp(&a.calls)));
        let left_out = self.left_out.iter().map(|(why, cell)| ReportLine {
            why: Some(match why {
                NotReplayed::NoFlow => "no_flow",
                NotReplayed::InCourse => "in_course",
                NotReplayed::Cut => "too_long",
            }),
            ..plain("not_replayed", cell)
        });
        lines.into_iter().map(|(_, line)| line).chain(left_out).collect()
    }
}

fn rank(effect: &Effect) -> usize {
    match effect {
        Effect::Same => 0,
        Effect::OtherWay => 1,
        Effect::OtherQueue(..) => 2,
        Effect::Contained(_) => 3,
        Effect::NoLongerContained(_) => 4,
        Effect::FallsOff(..) => 5,
        Effect::Unknown(_) => 6,
    }
}

fn plain(effect: &'static str, cell: &Cell) -> ReportLine {
    ReportLine {
        effect,
        node: None,
        from_queue: None,
        to_queue: None,
        why: None,
        key: None,
        calls: cell.calls,
        percent: None,
        examples: cell.examples.clone(),
    }
}

fn line(effect: &Effect, cell: &Cell, all: usize) -> ReportLine {
    let line = match effect {
        Effect::Same => plain("same", cell),
        Effect::OtherWay => plain("other_way", cell),
        Effect::OtherQueue(from, to) => {
            ReportLine { from_queue: from.clone(), to_queue: to.clone(), ..plain("other_queue", cell) }
        }
        Effect::Contained(from) => ReportLine { from_queue: from.clone(), ..plain("contained", cell) },
        Effect::NoLongerContained(to) => {
            ReportLine { to_queue: to.clone(), ..plain("no_longer_contained", cell) }
        }
        Effect::FallsOff(node, why) => {
            let (why, key) = match why {
                Why::NeverAsked => ("never_asked", None),
                Why::KeysRanOut => ("keys_ran_out", None),
                Why::WrongKey(key) => ("wrong_key", Some(*key)),
            };
            ReportLine { node: Some(node.clone()), why: Some(why), key, ..plain("falls_off", cell) }
        }
        Effect::Unknown(node) => ReportLine { node: Some(node.clone()), ..plain("unknown", cell) },
    };
    let float = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
    let percent = (all > 0).then(|| (float(cell.calls) * 1000.0 / float(all)).round() / 10.0);
    ReportLine { percent, ..line }
}
