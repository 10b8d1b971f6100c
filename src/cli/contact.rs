//! `centralino contact`: the calls on record.

use super::coding;
use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, clock, moment, moments, numbers, or_dash, prose, word, words};
use super::records::{Filter, page_through};
use super::story;
use crate::crm::ContactLine;
use crate::ids::ContactId;
use crate::io::records::ContactStory;

/// Arguments of `contact`.
#[derive(Debug, clap::Args)]
pub(super) struct ContactArgs {
    #[command(subcommand)]
    command: ContactCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ContactCommand {
    /// List contacts, the newest first.
    ///
    /// Examples:
    ///   centralino contact list --since today
    ///   centralino contact list --outcome abandoned --queue tributi --since 7d
    ///   centralino contact list --number "055 276 8224" --format json
    #[command(verbatim_doc_comment)]
    List {
        #[command(flatten)]
        exchange: Exchange,
        #[command(flatten)]
        filter: Filter,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Tell the whole story of one contact.
    ///
    /// Example:
    ///   centralino contact show 1.3.42
    #[command(verbatim_doc_comment)]
    Show {
        /// As `contact list` names it: node.epoch.count.
        id: ContactId,
        #[command(flatten)]
        exchange: Exchange,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Code a contact: what it was about and how it ended. A wrap-up that waits for the outcome is over then.
    ///
    /// Example:
    ///   centralino contact code 1.3.42 --topic tributi/tari --outcome risolto --note "richiede la ricevuta" --by anna
    #[command(verbatim_doc_comment)]
    Code {
        /// As `contact list` names it: node.epoch.count.
        id: ContactId,
        #[command(flatten)]
        args: coding::CodeArgs,
    },
    /// Write something down about a contact.
    ///
    /// Example:
    ///   centralino contact note 1.3.42 "ha mandato i documenti" --by anna
    #[command(verbatim_doc_comment)]
    Note {
        /// As `contact list` names it: node.epoch.count.
        id: ContactId,
        #[command(flatten)]
        args: coding::NoteArgs,
    },
}

/// Runs it.
pub(super) fn run(args: &ContactArgs) -> Result<(), Failure> {
    match &args.command {
        ContactCommand::List { exchange, filter, format } => list(exchange, filter, *format),
        ContactCommand::Show { id, exchange, format } => {
            let contact = exchange.records()?.contact(*id)?;
            match format {
                Format::Json => out::json(&contact),
                Format::Table => show(&contact),
            }
        }
        ContactCommand::Code { id, args } => {
            coding::code(&format!("contact {id}"), &format!("/api/contacts/{id}/code"), args)
        }
        ContactCommand::Note { id, args } => {
            coding::note(&format!("contact {id}"), &format!("/api/contacts/{id}/code"), args)
        }
    }
}

fn list(exchange: &Exchange, filter: &Filter, format: Format) -> Result<(), Failure> {
    let wanted = filter.wanted(None)?;
    let records = exchange.records()?;
    let page = |wanted: &_| records.contacts(wanted).map(|page| (page.contacts, page.next));
    let limit = filter.limit(format);
    if format == Format::Json {
        return page_through(wanted, limit, page, |contact| out::json(&contact)).map(drop);
    }
    let mut rows = Vec::new();
    let more = page_through(wanted, limit, page, |contact| {
        rows.push(contact);
        Ok(())
    })?;
    table(&rows)?;
    if rows.is_empty() {
        filter.tell_nothing(&records);
    }
    filter.tell_more(more);
    Ok(())
}

const COLUMNS: [Column; 11] = [
    words("contact"),
    words("case").spare(3),
    moments("opened (Rome)"),
    words("dir").spare(4),
    words("from"),
    words("to").spare(2),
    words("queue"),
    words("operator").spare(1),
    words("outcome"),
    numbers("wait"),
    numbers("talk"),
];

/// Contacts as a table.
pub(super) fn table(contacts: &[ContactLine]) -> Result<(), Failure> {
    out::table(&COLUMNS, contacts.iter().map(row), "no contacts")
}

fn row(contact: &ContactLine) -> Vec<String> {
    vec![
        contact.contact.to_string(),
        or_dash(contact.case),
        moment(&contact.opened),
        word(&contact.direction),
        contact.from.clone().unwrap_or_else(erased),
        contact.to.clone().unwrap_or_else(erased),
        or_dash(contact.queue.as_ref()),
        or_dash(contact.operator.as_ref()),
        outcome(contact),
        clock(contact.wait_s),
        clock(contact.talk_s),
    ]
}

fn erased() -> String {
    "(erased)".to_owned()
}

/// `abandoned (short)`; what still lasts is told so.
fn outcome(contact: &ContactLine) -> String {
    match &contact.outcome {
        None => "in course".to_owned(),
        Some(outcome) if contact.short => format!("{} (short)", word(outcome)),
        Some(outcome) => word(outcome),
    }
}

fn show(contact: &ContactStory) -> Result<(), Failure> {
    out::line(&heading(&contact.line))?;
    let steps = story::steps(&contact.story);
    out::table(
        &[moments("time (Rome)"), numbers("after"), prose("what happened")],
        steps,
        "nothing is known of it",
    )
}

/// The facts at a glance, one a line; what does not apply is left out.
fn heading(line: &ContactLine) -> String {
    let ended = line.ended_by.map(|by| format!("{}, ended by {}", outcome(line), word(&by)));
    let times = format!(
        "wait {}, ring {}, talk {}, hold {}, wrap-up {}",
        clock(line.wait_s),
        clock(line.ring_s),
        clock(line.talk_s),
        clock(line.hold_s),
        clock(line.wrap_up_s)
    );
    let about = match &line.topic {
        Some(topic) => format!("{}, {topic}", line.entity),
        None => line.entity.to_string(),
    };
    let path = line.path.iter().map(ToString::to_string).collect::<Vec<_>>().join(" > ");
    let case = line.case.map_or_else(|| "no case".to_owned(), |case| format!("case {case}"));
    let called = line.to.clone().unwrap_or_else(erased);
    let to = match &line.flow {
        Some(flow) => format!("{called}, flow {flow}"),
        None => format!("{called}, called by an operator"),
    };
    let lines = [
        ("contact", Some(format!("{}, {case}", line.contact))),
        ("from", Some(line.from.clone().unwrap_or_else(erased))),
        ("citizen", line.citizen.map(|citizen| citizen.to_string())),
        ("to", Some(to)),
        ("language", Some(language(line.language.as_str()))),
        ("about", Some(about)),
        ("opened", Some(format!("{} (Rome)", moment(&line.opened)))),
        ("closed", line.closed.as_deref().map(moment)),
        ("outcome", Some(ended.unwrap_or_else(|| outcome(line)))),
        ("why", line.why.clone()),
        ("queue", line.queue.as_ref().map(ToString::to_string)),
        ("operator", line.operator.as_ref().map(ToString::to_string)),
        ("given to", line.transferred_to.clone()),
        ("coded", line.disposition.clone()),
        ("times", Some(times)),
        ("talks", Some(talks(line)).filter(|_| line.talks.len() > 1)),
        ("path", Some(path).filter(|path| !path.is_empty())),
        ("keys", Some(line.keys.clone()).filter(|keys| !keys.is_empty())),
        ("recording", line.recording.clone()),
        ("degraded", line.degraded.then(|| "it arrived while the store did not keep up".to_owned())),
    ];
    let takes = line.takes.iter().map(|take| (take.kind(), take.told()));
    let notes = line.notes.iter().map(|note| ("note", note.told()));
    let told = lines.into_iter().filter_map(|(name, text)| Some((name, text?))).chain(takes).chain(notes);
    told.map(|(name, text)| format!("{name:<10} {}", out::printable(&text))).collect::<Vec<_>>().join("\n")
}

/// Each operator's part, when there are several.
fn talks(line: &ContactLine) -> String {
    let told = line.talks.iter().map(|talk| format!("{} {}", talk.operator, clock(talk.talk_s)));
    told.collect::<Vec<_>>().join(", ")
}

/// Its name; for one that has none here, the code.
fn language(code: &str) -> String {
    match code {
        "it" => "Italian",
        "en" => "English",
        "de" => "German",
        "fr" => "French",
        "es" => "Spanish",
        other => other,
    }
    .to_owned()
}
