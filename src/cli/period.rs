//! Figures over a period: every contact that arrived in it is counted, and what comes of it is a table or lines of JSON.

use serde::Serialize;

use super::exchange::Exchange;
use super::failure::Failure;
use super::moment::{End, parse_moment};
use super::out::{self, Column, Format};
use super::records::page_through;
use crate::crm::ContactLine;
use crate::io::control::Clock;
use crate::io::records::Wanted;

/// Which calls, and for whom the figures are.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Period {
    #[command(flatten)]
    exchange: Exchange,
    /// Calls that arrived at this moment or later: 2026-11-22T08:30, 2026-11-22, today, or 7d for seven days ago.
    #[arg(long, visible_alias = "from", value_name = "MOMENT")]
    since: Option<String>,
    /// Calls that arrived before this moment; a day is within.
    #[arg(long, visible_alias = "to", value_name = "MOMENT")]
    until: Option<String>,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Period {
    /// Each contact of that time.
    pub(super) fn count(&self, mut count: impl FnMut(&ContactLine)) -> Result<(), Failure> {
        let now = Clock::start().now().wall;
        let read =
            |text: &Option<String>, end| text.as_deref().map(|text| parse_moment(text, end, now)).transpose();
        let wanted = Wanted {
            from_ms: read(&self.since, End::Since)?,
            to_ms: read(&self.until, End::Until)?,
            ..Wanted::default()
        };
        let records = self.exchange.records()?;
        let page = |wanted: &Wanted| records.contacts(wanted).map(|page| (page.contacts, page.next));
        page_through(wanted, usize::MAX, page, |contact| {
            count(&contact);
            Ok(())
        })
        .map(drop)
    }

    /// What came of it.
    pub(super) fn tell<T: Serialize>(
        &self,
        columns: &[Column],
        lines: &[T],
        row: impl Fn(&T) -> Vec<String>,
        none: &str,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Json => lines.iter().try_for_each(out::json),
            Format::Table => out::table(columns, lines.iter().map(row), none),
        }
    }
}
