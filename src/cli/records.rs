//! Contacts and cases, read from a running exchange or from a data directory at rest, and which are asked for.

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::failure::Failure;
use super::moment::{End, parse_moment};
use super::out::Format;
use crate::crm::CaseStatus;
use crate::ids::{CaseId, ContactId, QueueId};
use crate::io::client::Client;
use crate::io::control::Clock;
use crate::io::records::{
    self, CasePage, CaseStory, ContactPage, ContactStory, MAX_PAGE, OutboxPage, StoryPage, Wanted,
};
use crate::io::store::AtRest;
use crate::words::{Direction, Outcome};

/// Rows of a table when nobody says how many: what a person looks through.
const SHORT_LIST: usize = 100;

/// Which of a list.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Filter {
    /// Calls that arrived at this moment or later: 2026-11-22T08:30, 2026-11-22, today, or 2h for two hours ago.
    #[arg(long, value_name = "MOMENT")]
    since: Option<String>,
    /// Calls that arrived before this moment; a day is within.
    #[arg(long, value_name = "MOMENT")]
    until: Option<String>,
    /// Calls that were last in this queue.
    #[arg(long)]
    queue: Option<String>,
    /// Calls that ended so.
    #[arg(long, value_parser = outcomes())]
    outcome: Option<Outcome>,
    /// Calls from this number, or to it when an operator called, whatever way it is written.
    #[arg(long)]
    number: Option<String>,
    /// Calls that came in, that operators made (out), or from seat to seat (internal).
    #[arg(long, value_parser = directions())]
    direction: Option<Direction>,
    /// At most so many, the newest; 0 for all [default: 100 in a table, all in JSON].
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

const OUTCOMES: [(&str, Outcome); 11] = [
    ("answered", Outcome::Answered),
    ("transferred", Outcome::Transferred),
    ("callback", Outcome::Callback),
    ("unserved", Outcome::Unserved),
    ("abandoned", Outcome::Abandoned),
    ("contained", Outcome::Contained),
    ("left", Outcome::Left),
    ("refused", Outcome::Refused),
    ("failed", Outcome::Failed),
    ("interrupted", Outcome::Interrupted),
    ("unreached", Outcome::Unreached),
];

fn outcomes() -> impl TypedValueParser<Value = Outcome> {
    PossibleValuesParser::new(OUTCOMES.map(|(word, _)| word)).try_map(|text| {
        let known = OUTCOMES.iter().find(|(word, _)| *word == text);
        known.map(|(_, outcome)| *outcome).ok_or("no such outcome")
    })
}

const DIRECTIONS: [(&str, Direction); 3] =
    [("in", Direction::In), ("out", Direction::Out), ("internal", Direction::Internal)];

fn directions() -> impl TypedValueParser<Value = Direction> {
    PossibleValuesParser::new(DIRECTIONS.map(|(word, _)| word)).try_map(|text| {
        let known = DIRECTIONS.iter().find(|(word, _)| *word == text);
        known.map(|(_, direction)| *direction).ok_or("no such direction")
    })
}

impl Filter {
    /// As the exchange understands it.
    pub(super) fn wanted(&self, status: Option<CaseStatus>) -> Result<Wanted, Failure> {
        let now = Clock::start().now().wall;
        let read =
            |text: &Option<String>, end| text.as_deref().map(|text| parse_moment(text, end, now)).transpose();
        Ok(Wanted {
            from_ms: read(&self.since, End::Since)?,
            to_ms: read(&self.until, End::Until)?,
            queue: self.queue.as_deref().map(QueueId::from),
            outcome: self.outcome,
            number: self.number.clone(),
            direction: self.direction,
            status,
            voicemail: false,
            limit: None,
            after: None,
        })
    }

    /// How many rows to print.
    pub(super) fn limit(&self, format: Format) -> usize {
        rows_of(self.limit, format)
    }

    /// Says why a list may be empty: a queue that nobody knows.
    pub(super) fn tell_nothing(&self, records: &Records) {
        let Some(queue) = &self.queue else { return };
        match records.queues() {
            Some(known) if known.contains(queue) => {}
            Some(known) => eprintln!("there is no queue `{queue}`; there is: {}", known.join(", ")),
            None => eprintln!("no call was last in queue `{queue}`; config/queues.toml has the names"),
        }
    }

    /// Says that there is more than was printed, when nobody asked for so few.
    pub(super) fn tell_more(&self, more: bool) {
        if more && self.limit.is_none() {
            eprintln!("older ones are left out; --limit 0 shows all, --since and --until a time");
        }
    }
}

/// How many rows to print when `limit` is asked for.
pub(super) fn rows_of(limit: Option<usize>, format: Format) -> usize {
    match (limit, format) {
        (Some(0), _) | (None, Format::Json) => usize::MAX,
        (Some(limit), _) => limit,
        (None, Format::Table) => SHORT_LIST,
    }
}

/// Contacts and cases, wherever they are.
pub(super) enum Records {
    Running(Client),
    AtRest(Box<AtRest>),
}

impl Records {
    /// The queues of a running exchange.
    fn queues(&self) -> Option<Vec<String>> {
        let Records::Running(client) = self else { return None };
        let state: serde_json::Value = client.get("/api/state", &()).ok()?;
        let queues = state.get("queues")?.as_array()?;
        Some(queues.iter().filter_map(|queue| Some(queue.get("id")?.as_str()?.to_owned())).collect())
    }

    pub(super) fn contact(&self, id: ContactId) -> Result<ContactStory, Failure> {
        let found = match self {
            Records::Running(client) => {
                client.find(&format!("/api/contacts/{id}")).map_err(Failure::other)?
            }
            Records::AtRest(at) => records::contact(&at.views, &at.keys, id).map_err(Failure::other)?,
        };
        found.ok_or_else(|| {
            Failure::other(format_args!("there is no contact {id}; `centralino contact list` has them"))
        })
    }

    pub(super) fn case(&self, id: CaseId) -> Result<CaseStory, Failure> {
        let found = match self {
            Records::Running(client) => client.find(&format!("/api/cases/{id}")).map_err(Failure::other)?,
            Records::AtRest(at) => records::case(&at.views, &at.keys, id).map_err(Failure::other)?,
        };
        found.ok_or_else(|| {
            Failure::other(format_args!("there is no case {id}; `centralino case list` has them"))
        })
    }

    pub(super) fn contacts(&self, wanted: &Wanted) -> Result<ContactPage, Failure> {
        match self {
            Records::Running(client) => client.get("/api/contacts", wanted).map_err(Failure::other),
            Records::AtRest(at) => records::contacts(&at.views, &at.keys, wanted).map_err(Failure::other),
        }
    }

    pub(super) fn stories(&self, wanted: &Wanted) -> Result<StoryPage, Failure> {
        match self {
            Records::Running(client) => client.get("/api/stories", wanted).map_err(Failure::other),
            Records::AtRest(at) => records::stories(&at.views, &at.keys, wanted).map_err(Failure::other),
        }
    }

    pub(super) fn outbox(&self, wanted: &Wanted) -> Result<OutboxPage, Failure> {
        match self {
            Records::Running(client) => client.get("/api/outbox", wanted).map_err(Failure::other),
            Records::AtRest(at) => records::outbox(&at.views, &at.keys, wanted).map_err(Failure::other),
        }
    }

    pub(super) fn cases(&self, wanted: &Wanted) -> Result<CasePage, Failure> {
        match self {
            Records::Running(client) => client.get("/api/cases", wanted).map_err(Failure::other),
            Records::AtRest(at) => records::cases(&at.views, &at.keys, wanted).map_err(Failure::other),
        }
    }
}

/// Goes through a list page by page until `limit` rows are told; true when there were more.
pub(super) fn page_through<T>(
    mut wanted: Wanted,
    limit: usize,
    mut page: impl FnMut(&Wanted) -> Result<(Vec<T>, Option<String>), Failure>,
    mut tell: impl FnMut(T) -> Result<(), Failure>,
) -> Result<bool, Failure> {
    let mut left = limit;
    loop {
        wanted.limit = Some(left.clamp(1, MAX_PAGE));
        let (rows, next) = page(&wanted)?;
        for row in rows {
            if left == 0 {
                return Ok(true);
            }
            tell(row)?;
            left -= 1;
        }
        match next {
            Some(_) if left == 0 => return Ok(true),
            // Without progress there would be no end.
            next if next.is_none() || next == wanted.after => return Ok(false),
            next => wanted.after = next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list of numbers, given in parts.
    fn count_to(last: usize) -> impl FnMut(&Wanted) -> Result<(Vec<usize>, Option<String>), Failure> {
        move |wanted| {
            let from = wanted.after.as_deref().map_or(0, |after| after.parse().expect("ours"));
            let until = last.min(from + wanted.limit.expect("always given"));
            Ok(((from..until).collect(), (until < last).then(|| until.to_string())))
        }
    }

    #[test]
    fn list_is_read_to_its_end_or_to_the_limit() {
        for (last, limit, told, more) in [
            (0, 10, 0, false),
            (2500, usize::MAX, 2500, false),
            (2500, 100, 100, true),
            (100, 100, 100, false),
        ] {
            let mut rows = Vec::new();
            let tell = |row| {
                rows.push(row);
                Ok(())
            };
            let left_out = page_through(Wanted::default(), limit, count_to(last), tell);
            assert_eq!((left_out, rows.len()), (Ok(more), told), "{last} {limit}");
            assert!(rows.iter().enumerate().all(|(place, row)| place == *row));
        }
    }

    #[test]
    fn every_outcome_can_be_asked_for_by_its_word() {
        for (word, outcome) in OUTCOMES {
            assert_eq!(super::super::out::word(&outcome), word);
        }
    }
}
