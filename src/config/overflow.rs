//! `[[queue.overflow]]`: what becomes of callers when a queue's own seats do not suffice.
//!
//! `to` names another queue whose seats help, and those who wait keep their places. The others send the caller on: into another
//! `queue`, which may be another Ente's; to the flow of a `line` of ours; to a `number` outside, judged as those of flows are.

use std::time::Duration;

use super::fault::{ConfigError, Fault, Place};
use super::reader::{Table, Word};
use super::{Config, Queue};
use crate::acd::{Overflow, Pressure};
use crate::hint::Hint;
use crate::ids::QueueId;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Where the callers of one rule are sent on to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentOn {
    /// Where.
    pub to: SentTo,
    /// Where this stands.
    pub at: Place,
}

/// Who takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentTo {
    /// Those of this queue, in whose line they stand with the waiting they have.
    Queue(QueueId),
    /// The flow of this number of ours, as if it had been dialled.
    Line(String),
    /// Whoever answers at this number outside.
    Number {
        /// As it is dialled.
        number: String,
        /// For how long it rings; then the caller has the old place back.
        ring_for: Duration,
        /// Calls there at once, ringing and talking: an office must be able to make calls of its own.
        at_once: usize,
    },
}

/// All the overflow of a queue.
pub(super) struct Overflowing {
    pub(super) helps: Vec<Overflow>,
    /// When callers are sent on.
    pub(super) sends_on: Vec<Pressure>,
    /// And where to, one for each.
    pub(super) sent_on: Vec<SentOn>,
}

/// The names of queues are checked when all of them are known, and what stands in other files when these are ([`faults`]).
pub(super) fn read<'a>(queue: &Table<'a>, helpers: &mut Vec<Word<'a>>) -> Overflowing {
    let mut read = Overflowing { helps: Vec::new(), sends_on: Vec::new(), sent_on: Vec::new() };
    for entry in queue.tables("overflow", "[[queue.overflow]]") {
        let when = pressure(&entry);
        if let Some(to) = sent_to(&entry, helpers) {
            read.sends_on.push(when);
            read.sent_on.push(to);
        } else if let Some(to) = entry.need("to") {
            read.helps.push(Overflow { to: to.text.into(), when });
            helpers.push(to);
        }
        entry.finish();
    }
    read
}

fn pressure(entry: &Table<'_>) -> Pressure {
    let over_wait = || entry.span("over_wait", Duration::ZERO, Duration::ZERO..=24 * HOUR);
    Pressure {
        after: entry.span("after", Duration::ZERO, Duration::ZERO..=HOUR),
        over_waiting: entry.has("over_waiting").then(|| entry.number("over_waiting", 0, 0..=10_000)),
        over_wait: entry.has("over_wait").then(over_wait),
    }
}

fn sent_to<'a>(entry: &Table<'a>, helpers: &mut Vec<Word<'a>>) -> Option<SentOn> {
    let words = ["queue", "line", "number"].map(|key| entry.text(key));
    let ways = usize::from(entry.has("to")) + words.iter().flatten().count();
    let (to, word) = match words {
        [Some(queue), ..] => {
            helpers.push(Word { text: queue.text, span: queue.span.clone() });
            (SentTo::Queue(queue.text.into()), queue)
        }
        [_, Some(line), _] => (SentTo::Line(line.text.to_owned()), line),
        [.., Some(number)] => {
            let ring_for = entry.span("ring_for", 20 * SECOND, 3 * SECOND..=120 * SECOND);
            let at_once = entry.number("at_once", 1, 1..=100);
            (SentTo::Number { number: number.text.to_owned(), ring_for, at_once }, number)
        }
        [None, None, None] => return None,
    };
    let at = entry.file.place(&word.span);
    if ways > 1 {
        entry.file.fault(&word.span, Fault::OverflowsTwice);
    }
    Some(SentOn { to, at })
}

/// What is wrong with where callers are sent on to, now that numbers and trunks are known.
pub(super) fn faults(config: &Config) -> Vec<ConfigError> {
    let sent = config.queues.iter().flat_map(|(id, queue)| queue.sent_on.iter().map(move |sent| (id, sent)));
    let faults = sent.filter_map(|(id, sent)| {
        let fault = fault(config, id, &sent.to)?;
        Some(ConfigError { at: sent.at.clone(), fault })
    });
    faults.collect()
}

fn fault(config: &Config, own: &QueueId, to: &SentTo) -> Option<Fault> {
    match to {
        SentTo::Queue(queue) => (queue == own).then(|| Fault::OverflowsToItself { name: own.to_string() }),
        SentTo::Line(line) if config.numbers.contains_key(line) => None,
        SentTo::Line(line) => {
            let hint = Hint::nearest(line, config.numbers.keys().map(String::as_str));
            Some(Fault::Unknown { what: "line", name: line.clone(), file: "numbers.toml", hint })
        }
        SentTo::Number { number, .. } => {
            config.route(number).err().map(|why| Fault::NotReached { number: number.clone(), why })
        }
    }
}

impl Queue {
    /// Where callers are sent on to by this of its rules.
    pub fn sent_to(&self, rule: usize) -> Option<&SentTo> {
        self.sent_on.get(rule).map(|sent| &sent.to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::small_with;
    use super::*;

    const TRUNK: &str = "[[trunk]]\nname = \"world\"\nfrom = [\"192.0.2.1\"]\n[trunk.outgoing]\nto = \"sip:192.0.2.1\"\nnumber = \"055276\"";

    fn read_with(overflow: &str) -> Result<Config, Vec<ConfigError>> {
        let queues = format!(
            "[[queue]]\nid = \"generale\"\nname = \"G\"\n[[queue.overflow]]\n{overflow}\n[[queue]]\nid = \"altra\"\nname = \"A\""
        );
        let mut files = small_with("queues.toml", &queues);
        files.insert("trunks.toml".to_owned(), TRUNK.to_owned());
        Config::parse(&files)
    }

    #[test]
    fn callers_are_sent_to_a_queue_a_line_or_a_number() {
        let (ring_for, at_once) = (30 * SECOND, 1);
        for (overflow, to) in [
            ("queue = \"altra\"\nafter = \"2m\"", SentTo::Queue("altra".into())),
            ("line = \"055055\"\nafter = \"2m\"", SentTo::Line("055055".to_owned())),
            (
                "number = \"0557954\"\nring_for = \"30s\"\nafter = \"2m\"",
                SentTo::Number { number: "0557954".to_owned(), ring_for, at_once },
            ),
        ] {
            let config = read_with(overflow).unwrap_or_else(|faults| panic!("{overflow}: {faults:#?}"));
            let queue = &config.queues["generale"];
            assert_eq!(queue.sent_to(0), Some(&to));
            assert_eq!(queue.rules.sends_on, [Pressure { after: 120 * SECOND, ..Pressure::default() }]);
            assert_eq!(queue.rules.overflow, []);
        }
    }

    #[test]
    fn whoever_cannot_be_sent_there_is_told_with_place_and_remedy() {
        for (overflow, told) in [
            ("", "lacks `to`"),
            ("queue = \"altro\"", "did you mean `altra`?"),
            ("queue = \"generale\"", "overflows to itself"),
            ("line = \"055056\"", "did you mean `055055`?"),
            ("number = \"055055\"", "one of ours"),
            ("number = \"899123456\"", "may not be called"),
            ("number = \"ufficio\"", "is not a telephone number"),
            ("number = \"0557954\"\nto = \"altra\"", "one overflow leads to one place"),
            ("number = \"0557954\"\nring_for = \"1s\"", "from 3s to 2m"),
        ] {
            let faults = read_with(overflow).expect_err(overflow);
            let all: Vec<_> = faults.iter().map(ToString::to_string).collect();
            let placed = faults.iter().all(|fault| fault.at.file == "queues.toml" && fault.at.line.is_some());
            assert!(placed && all.iter().any(|fault| fault.contains(told)), "{overflow}: {all:?}");
        }
    }
}
