//! The calls of the past that `flow heat` and `flow replay` read, and the flow that they came to.

use std::path::PathBuf;
use std::sync::Arc;

use super::Lang;
use crate::cli::exchange::Exchange;
use crate::cli::failure::Failure;
use crate::cli::moment::{End, parse_moment};
use crate::flow::Flow;
use crate::ids::FlowId;
use crate::io::control::Clock;
use crate::io::records::{ContactStory, Wanted};
use crate::io::setup::Surroundings;
use crate::io::versions::{Text, Versions};

/// Which calls.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Past {
    /// Calls that arrived at this moment or later: 2026-11-22T08:30, 2026-11-22, yesterday, or 7d for seven days ago.
    #[arg(long, visible_alias = "since", value_name = "MOMENT")]
    from: Option<String>,
    /// Calls that arrived before this moment; a day is within. [default: the end of the day that --from names, or now]
    #[arg(long, visible_alias = "until", value_name = "MOMENT")]
    to: Option<String>,
    /// The configuration beside which the flows lie.
    #[arg(long, value_name = "DIR", default_value = "config")]
    config: PathBuf,
    /// The language in which faults of a flow are told.
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    #[command(flatten)]
    exchange: Exchange,
}

impl Past {
    /// Tells every call that came to this flow, the newest first.
    pub(super) fn each(&self, flow: &FlowId, mut tell: impl FnMut(&ContactStory)) -> Result<(), Failure> {
        let records = self.exchange.records()?;
        let mut wanted = self.wanted()?;
        loop {
            let page = records.stories(&wanted)?;
            page.stories.iter().filter(|story| story.line.flow.as_ref() == Some(flow)).for_each(&mut tell);
            // Without progress there would be no end.
            if page.next.is_none() || page.next == wanted.after {
                return Ok(());
            }
            wanted.after = page.next;
        }
    }

    fn wanted(&self) -> Result<Wanted, Failure> {
        let now = Clock::start().now().wall;
        let read = |text: Option<&str>, end| text.map(|text| parse_moment(text, end, now)).transpose();
        // A day that is named alone is that day.
        let is_day = |text: &&str| {
            matches!(*text, "today" | "yesterday")
                || text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10
        };
        let to = self.to.as_deref().or(self.from.as_deref().filter(is_day));
        Ok(Wanted {
            from_ms: read(self.from.as_deref(), End::Since)?,
            to_ms: read(to, End::Until)?,
            ..Wanted::default()
        })
    }

    /// What flows are checked against, with the published texts of the exchange.
    pub(super) fn surroundings(&self) -> Result<Surroundings, Failure> {
        let published = Versions::of(self.exchange.data()).in_force().map_err(Failure::found_lines)?;
        Surroundings::read(&self.config, published).map_err(Failure::found_lines)
    }

    /// That there is no such flow, if so. Calls may have come to one that is gone.
    pub(super) fn no_such_flow(&self, flow: &FlowId) -> Option<Failure> {
        super::no_such_flow(&self.config, &self.versions(), flow.as_str())
    }

    /// The versions of the exchange.
    pub(super) fn versions(&self) -> Versions {
        Versions::of(self.exchange.data())
    }

    /// The flow that callers meet now.
    pub(super) fn in_force(&self, at: &Surroundings, flow: &FlowId) -> Result<Arc<Flow>, Failure> {
        let text = at.text(flow).map_err(|(file, error)| {
            self.no_such_flow(flow)
                .unwrap_or_else(|| Failure::misuse(format_args!("{file} cannot be read ({error})")))
        })?;
        self.compiled(at, &text)
    }

    /// This text as a flow without faults.
    pub(super) fn compiled(&self, at: &Surroundings, text: &Text) -> Result<Arc<Flow>, Failure> {
        let flow = Flow::parse(&text.text, &text.file, &at.known);
        flow.map(Arc::new).map_err(|errors| {
            Failure::found_lines(errors.iter().map(|error| error.said(self.lang.tongue())).collect())
        })
    }
}
