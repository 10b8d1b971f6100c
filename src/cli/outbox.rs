//! `centralino outbox`: what flows have queued to be sent to citizens.

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Column, Format, moment, moments, numbers, prose, word, words};
use super::records::{page_through, rows_of};
use crate::crm::MessageLine;
use crate::io::records::Wanted;

/// Arguments of `outbox`.
#[derive(Debug, clap::Args)]
pub(super) struct OutboxArgs {
    #[command(subcommand)]
    command: OutboxCommand,
}

#[derive(Debug, clap::Subcommand)]
enum OutboxCommand {
    /// List messages, the newest first. Nothing sends them yet: a gateway can take them from here.
    ///
    /// Examples:
    ///   centralino outbox list
    ///   centralino outbox list --format json
    #[command(verbatim_doc_comment)]
    List {
        #[command(flatten)]
        exchange: Exchange,
        /// At most so many, the newest; 0 for all [default: 100 in a table, all in JSON].
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
        /// For people or for scripts.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Runs it.
pub(super) fn run(args: &OutboxArgs) -> Result<(), Failure> {
    let OutboxCommand::List { exchange, limit, format } = &args.command;
    let records = exchange.records()?;
    let page = |wanted: &_| {
        let page = records.outbox(wanted)?;
        Ok((page.messages, page.next))
    };
    let (wanted, rows_wanted) = (Wanted::default(), rows_of(*limit, *format));
    if *format == Format::Json {
        return page_through(wanted, rows_wanted, page, |message| out::json(&message)).map(drop);
    }
    let mut rows = Vec::new();
    let more = page_through(wanted, rows_wanted, page, |message| {
        rows.push(row(&message));
        Ok(())
    })?;
    out::table(&COLUMNS, rows, "no messages")?;
    if more && limit.is_none() {
        eprintln!("older ones are left out; --limit 0 shows all");
    }
    Ok(())
}

const COLUMNS: [Column; 6] =
    [numbers("message"), moments("queued (Rome)"), words("contact"), words("by"), words("to"), prose("text")];

fn row(message: &MessageLine) -> Vec<String> {
    let erased = || "(erased)".to_owned();
    vec![
        message.message.0.to_string(),
        moment(&message.queued),
        message.contact.to_string(),
        word(&message.channel),
        message.to.clone().unwrap_or_else(erased),
        message.text.clone().unwrap_or_else(erased),
    ]
}
