//! `contact code`, `contact note`, `seat code`, and `case close`, `reopen` and `note`: what people write into the record.

use serde::Serialize;

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Format};
use crate::engine::{ByHand, Coding};
use crate::ids::{CaseId, TopicId};

/// Who writes, and to which exchange.
#[derive(Debug, clap::Args)]
pub(super) struct Writer {
    /// Who says so; written down. Left out: whoever is logged in at this machine.
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    #[command(flatten)]
    exchange: Exchange,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How a contact is coded.
#[derive(Debug, clap::Args)]
pub(super) struct CodeArgs {
    /// What it was about, as topics.toml names it: tributi/tari.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
    /// How it ended, as `dispositions` of its queue name it.
    #[arg(long)]
    outcome: Option<String>,
    /// What else there is to say; kept sealed, like the citizen's number.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["topic", "outcome"])]
    note: Option<String>,
    #[command(flatten)]
    writer: Writer,
}

/// A note, and nothing else.
#[derive(Debug, clap::Args)]
pub(super) struct NoteArgs {
    /// The words; kept sealed, like the citizen's number.
    text: String,
    #[command(flatten)]
    writer: Writer,
}

/// The end of a case.
#[derive(Debug, clap::Args)]
pub(super) struct CloseArgs {
    /// How it ended, as `dispositions` of a queue name it.
    #[arg(long)]
    outcome: Option<String>,
    /// What else there is to say; kept sealed, like the citizen's number.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    writer: Writer,
}

/// Why a case goes on.
#[derive(Debug, clap::Args)]
pub(super) struct ReopenArgs {
    /// Why; kept sealed, like the citizen's number.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    writer: Writer,
}

/// What was written down, for scripts.
#[derive(Debug, Serialize)]
struct Written<'a, T: Serialize> {
    /// About what.
    of: &'a str,
    /// What was done.
    done: &'static str,
    /// What was said.
    #[serde(flatten)]
    said: &'a T,
}

/// Codes the contact that `path` leads to.
pub(super) fn code(whose: &str, path: &str, args: &CodeArgs) -> Result<(), Failure> {
    let coding = Coding {
        topic: args.topic.as_deref().map(TopicId::from),
        outcome: args.outcome.clone(),
        note: args.note.clone(),
        by: args.writer.by(),
    };
    args.writer.write(path, whose, "coded", &coding)
}

/// Writes a note about the contact that `path` leads to.
pub(super) fn note(whose: &str, path: &str, args: &NoteArgs) -> Result<(), Failure> {
    let coding = Coding { note: Some(args.text.clone()), by: args.writer.by(), ..Coding::default() };
    args.writer.write(path, whose, "noted", &coding)
}

/// Closes a case.
pub(super) fn close(case: CaseId, args: &CloseArgs) -> Result<(), Failure> {
    let said = ByHand { outcome: args.outcome.clone(), note: args.note.clone(), by: args.writer.by() };
    args.writer.on_case(case, "close", "closed", &said)
}

/// Opens a case again.
pub(super) fn reopen(case: CaseId, args: &ReopenArgs) -> Result<(), Failure> {
    let said = ByHand { outcome: None, note: args.note.clone(), by: args.writer.by() };
    args.writer.on_case(case, "reopen", "open again", &said)
}

/// Writes a note about a case.
pub(super) fn note_case(case: CaseId, args: &NoteArgs) -> Result<(), Failure> {
    let said = ByHand { outcome: None, note: Some(args.text.clone()), by: args.writer.by() };
    args.writer.on_case(case, "note", "noted", &said)
}

impl Writer {
    fn by(&self) -> Option<String> {
        self.by.clone().or_else(super::exchange::user)
    }

    fn on_case(&self, case: CaseId, act: &str, done: &'static str, said: &ByHand) -> Result<(), Failure> {
        self.write(&format!("/api/cases/{case}/{act}"), &format!("case {case}"), done, said)
    }

    fn write(
        &self,
        path: &str,
        whose: &str,
        done: &'static str,
        said: &impl Serialize,
    ) -> Result<(), Failure> {
        self.exchange.client()?.post(path, said).map_err(Failure::other)?;
        match self.format {
            Format::Json => out::json(&Written { of: whose, done, said }),
            Format::Table => out::line(&out::printable(&format!("{whose}: {done}"))),
        }
    }
}
