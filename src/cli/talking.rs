//! `centralino call transfer`, `consult` and the like: what is done with a talk in course.

use serde::Serialize;
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::failure::Failure;
use super::out::{self, Format};
use crate::ids::CallId;

#[derive(Debug, clap::Subcommand)]
pub(super) enum TalkCommand {
    /// Give the citizen to somebody at once; comes back to the operator when nobody takes the call.
    ///
    /// A target is the extension of a seat or of a queue, a number of numbers.toml, or a number outside that may be called.
    ///
    /// Examples:
    ///   centralino call transfer 1.4.17 202
    ///   centralino call transfer 1.4.17 0552768224 --by ada
    #[command(verbatim_doc_comment)]
    Transfer(Towards),
    /// Let the operator ask a colleague or an office, while the citizen hears music.
    Consult(Towards),
    /// Leave the citizen with whoever is asked.
    Complete(OneTalk),
    /// Bring operator, citizen and whoever is asked together.
    Merge(OneTalk),
    /// Let the operator go from the citizen to whoever is asked, or back; the other one hears music.
    Swap(OneTalk),
    /// Let the operator go back to the citizen alone.
    Return(OneTalk),
    /// Put the citizen on hold, with music.
    Hold(OneTalk),
    /// Take the citizen back from hold.
    Unhold(OneTalk),
}

#[derive(Debug, clap::Args)]
pub(super) struct OneTalk {
    /// The call, such as 1.4.17: `call list` shows them.
    call: CallId,
    /// Who wants it; written down.
    #[arg(long, value_name = "WHO", default_value = "command", hide_default_value = true)]
    by: String,
    /// For people or for scripts.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    exchange: Exchange,
}

#[derive(Debug, clap::Args)]
pub(super) struct Towards {
    #[command(flatten)]
    talk: OneTalk,
    /// Whom to ask, or to whom to give the call.
    target: String,
}

/// What `/api/calls/{id}/talk` takes.
#[derive(Debug, Serialize)]
struct Order<'a> {
    act: Value,
    by: &'a str,
}

pub(super) fn run(command: &TalkCommand) -> Result<(), Failure> {
    let (talk, act) = match command {
        TalkCommand::Transfer(to) => (&to.talk, json!({ "transfer": to.target })),
        TalkCommand::Consult(to) => (&to.talk, json!({ "consult": to.target })),
        TalkCommand::Complete(talk) => (talk, json!("complete")),
        TalkCommand::Merge(talk) => (talk, json!("merge")),
        TalkCommand::Swap(talk) => (talk, json!("swap")),
        TalkCommand::Return(talk) => (talk, json!("return")),
        TalkCommand::Hold(talk) => (talk, json!("hold")),
        TalkCommand::Unhold(talk) => (talk, json!("unhold")),
    };
    let order = Order { act, by: &talk.by };
    let path = format!("/api/calls/{}/talk", talk.call);
    talk.exchange.client()?.post(&path, &order).map_err(Failure::other)?;
    let done = json!({ "call": talk.call, "act": order.act, "by": talk.by });
    out::done(talk.format, &done, &format!("call {}: {}", talk.call, command.done()))
}

impl TalkCommand {
    /// What has become of the talk.
    fn done(&self) -> String {
        match self {
            TalkCommand::Transfer(to) => format!("{} rings for the citizen", to.target),
            TalkCommand::Consult(to) => {
                format!("{} rings for the operator, and the citizen hears music", to.target)
            }
            TalkCommand::Complete(_) => "the citizen is left with whoever was asked".to_owned(),
            TalkCommand::Merge(_) => "operator, citizen and whoever was asked hear each other".to_owned(),
            TalkCommand::Swap(_) => "the operator has gone over to the other one".to_owned(),
            TalkCommand::Return(_) => "the operator is back with the citizen alone".to_owned(),
            TalkCommand::Hold(_) => "the citizen is on hold".to_owned(),
            TalkCommand::Unhold(_) => "the citizen is back from hold".to_owned(),
        }
    }
}
