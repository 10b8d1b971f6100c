//! `centralino case`: the needs of citizens, each with its contacts.

use std::collections::BTreeSet;

use super::coding;
use super::contact;
use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, moment, moments, numbers, or_dash, word, words};
use super::records::{Filter, page_through};
use crate::crm::{CaseLine, CaseStatus, ClosingLine, NoteLine, ReminderLine};
use crate::ids::{CaseId, ContactId};
use crate::io::records::{CaseStory, Wanted};

/// Arguments of `case`.
#[derive(Debug, clap::Args)]
pub(super) struct CaseArgs {
    #[command(subcommand)]
    command: CaseCommand,
}

#[derive(Debug, clap::Subcommand)]
enum CaseCommand {
    /// List cases, the one with the newest contact first; the filters are about its contacts.
    ///
    /// Examples:
    ///   centralino case list --status new --since today
    ///   centralino case list --number "055 276 8224"
    ///   centralino case list --voicemail
    #[command(verbatim_doc_comment)]
    List {
        #[command(flatten)]
        exchange: Exchange,
        #[command(flatten)]
        filter: Filter,
        /// Only cases whose need is not met yet, or only those whose need is.
        #[arg(long, value_enum)]
        status: Option<Status>,
        /// Only cases with a message that operators have to listen to.
        #[arg(long)]
        voicemail: bool,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show one case with its contacts.
    ///
    /// Example:
    ///   centralino case show 17
    #[command(verbatim_doc_comment)]
    Show {
        /// Its number, as it is spoken to citizens.
        id: CaseId,
        #[command(flatten)]
        exchange: Exchange,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Close a case: the need is met, whatever its contacts say. Call-backs that were promised for it end.
    ///
    /// Example:
    ///   centralino case close 17 --outcome risolto --by ada
    #[command(verbatim_doc_comment)]
    Close {
        /// Its number, as it is spoken to citizens.
        id: CaseId,
        #[command(flatten)]
        args: coding::CloseArgs,
    },
    /// Open a case again: it stays open until somebody closes it.
    Reopen {
        /// Its number, as it is spoken to citizens.
        id: CaseId,
        #[command(flatten)]
        args: coding::ReopenArgs,
    },
    /// Write something down about a case.
    ///
    /// Example:
    ///   centralino case note 17 "l'ufficio tributi richiama domani" --by ada
    #[command(verbatim_doc_comment)]
    Note {
        /// Its number, as it is spoken to citizens.
        id: CaseId,
        #[command(flatten)]
        args: coding::NoteArgs,
    },
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Status {
    New,
    Closed,
}

impl From<Status> for CaseStatus {
    fn from(status: Status) -> CaseStatus {
        match status {
            Status::New => CaseStatus::New,
            Status::Closed => CaseStatus::Closed,
        }
    }
}

/// Runs it.
pub(super) fn run(args: &CaseArgs) -> Result<(), Failure> {
    match &args.command {
        CaseCommand::List { exchange, filter, status, voicemail, format } => {
            let wanted = filter.wanted(status.map(CaseStatus::from))?;
            list(exchange, filter, Wanted { voicemail: *voicemail, ..wanted }, *format)
        }
        CaseCommand::Show { id, exchange, format } => {
            let case = exchange.records()?.case(*id)?;
            match format {
                Format::Json => out::json(&case),
                Format::Table => show(&case),
            }
        }
        CaseCommand::Close { id, args } => coding::close(*id, args),
        CaseCommand::Reopen { id, args } => coding::reopen(*id, args),
        CaseCommand::Note { id, args } => coding::note_case(*id, args),
    }
}

fn list(exchange: &Exchange, filter: &Filter, wanted: Wanted, format: Format) -> Result<(), Failure> {
    let records = exchange.records()?;
    let mut seen = BTreeSet::new();
    let page = |wanted: &_| {
        let mut page = records.cases(wanted)?;
        page.cases.retain(|case| seen.insert(case.case));
        Ok((page.cases, page.next))
    };
    let limit = filter.limit(format);
    if format == Format::Json {
        return page_through(wanted, limit, page, |case| out::json(&case)).map(drop);
    }
    let mut rows = Vec::new();
    let more = page_through(wanted, limit, page, |case| {
        rows.push(row(&case));
        Ok(())
    })?;
    out::table(&COLUMNS, rows, "no cases")?;
    filter.tell_more(more);
    Ok(())
}

const COLUMNS: [Column; 8] = [
    words("case"),
    moments("opened (Rome)"),
    words("citizen").spare(1),
    words("entity"),
    words("topic"),
    words("status"),
    numbers("contacts"),
    numbers("voicemail"),
];

fn row(case: &CaseLine) -> Vec<String> {
    vec![
        case.case.to_string(),
        moment(&case.opened),
        or_dash(case.citizen),
        case.entity.to_string(),
        or_dash(case.topic.as_ref()),
        word(&case.status),
        case.contacts.len().to_string(),
        or_dash(Some(case.voicemails()).filter(|count| *count > 0)),
    ]
}

fn show(case: &CaseStory) -> Result<(), Failure> {
    let line = &case.line;
    let about = line.topic.as_ref().map_or_else(String::new, |topic| format!(", {topic}"));
    out::line(&format!("case       {}, {}", line.case, word(&line.status)))?;
    out::line(&format!(
        "citizen    {}",
        line.citizen.map_or_else(|| "not known".to_owned(), |id| id.to_string())
    ))?;
    out::line(&format!("about      {}{about}", line.entity))?;
    out::line(&format!("opened     {} (Rome)", moment(&line.opened)))?;
    if let Some(ClosingLine { at, by, outcome }) = &line.closing {
        let outcome = outcome.as_ref().map_or_else(String::new, |outcome| format!(": {outcome}"));
        let closed = format!("closed     {} (Rome), by {by}{outcome}", moment(at));
        out::line(&out::printable(&closed))?;
    }
    for reminder in &line.reminders {
        let ReminderLine { at, contact, plea } = reminder;
        out::line(&format!("{:<10} {} (Rome), contact {contact}", word(plea), moment(at)))?;
    }
    for take in &line.takes {
        let when = moment(&take.at);
        out::line(&format!("{:<10} {when} (Rome), contact {}: {}", take.kind(), take.contact, take.told()))?;
    }
    for note in &line.notes {
        out::line(&out::printable(&format!("note       {} (Rome), {}", moment(&note.at), note.told())))?;
    }
    for (contact, note) in notes_of_contacts(case) {
        let told = format!("note       {} (Rome), contact {contact}, {}", moment(&note.at), note.told());
        out::line(&out::printable(&told))?;
    }
    contact::table(&case.contact_lines)
}

fn notes_of_contacts(case: &CaseStory) -> impl Iterator<Item = (ContactId, &NoteLine)> {
    case.contact_lines.iter().flat_map(|line| line.notes.iter().map(|note| (line.contact, note)))
}
