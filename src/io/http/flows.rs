//! Published flows: `GET /api/flows`, `POST /api/flows` to publish, `GET /api/flows/{flow}/versions` and `.../versions/{version}`,
//! `POST /api/flows/{flow}/rollback` and `.../retire`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use serde::{Deserialize, Serialize};

use super::{Pages, Refusal, stopped};
use crate::flow::published::Version;
use crate::ids::FlowId;
use crate::io::publishing::{Order, PublishError, Wish};
use crate::io::versions::Versions;
use crate::letters::{LONGEST_NAME, is_line};

/// Where flows are.
pub const FLOWS: &str = "/api/flows";
/// Largest body that publishes: the longest text of a flow, each letter of it escaped.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// Longest path that faults are told with: each of them begins with it.
const MAX_PATH: usize = 500;
/// Longest comment: it is in the journal.
const MAX_COMMENT: usize = 500;

/// What is to be published.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The text of the flow.
    pub text: String,
    /// The file in which faults are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The version that it was written from, if its first line does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// Why.
    pub comment: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// To which version, or none for a retirement; by whom and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// The version whose text is to count again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Why.
    pub comment: String,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A flow that was published.
#[derive(Clone, Debug, Serialize)]
struct Listed {
    flow: FlowId,
    /// The version in force; none: the file beside the configuration counts.
    in_force: Option<u32>,
    last: Option<Version>,
}

/// A version with its text.
#[derive(Clone, Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    version: Version,
    text: Option<String>,
}

type Asked<T> = Result<Json<T>, JsonRejection>;

pub(super) fn flows() -> MethodRouter<Arc<Pages>> {
    get(list).merge(post(publish).layer(DefaultBodyLimit::max(MAX_BODY)))
}

async fn list(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    read(&pages, |versions| {
        let listed = |flow: FlowId| {
            let history = versions.history(&flow)?;
            let in_force = history.in_force().map(|version| version.version);
            Ok(Listed { flow, in_force, last: history.last().cloned() })
        };
        versions.flows()?.into_iter().map(listed).collect::<Result<Vec<_>, String>>().map(Some)
    })
    .await
}

pub(super) async fn history(
    Shared(pages): Shared<Arc<Pages>>,
    Path(flow): Path<String>,
) -> Result<Response, Refusal> {
    read(&pages, move |versions| {
        let history = versions.history(&flow.into())?;
        Ok(Some(history.versions().to_vec()).filter(|versions| !versions.is_empty()))
    })
    .await
}

pub(super) async fn version(
    Shared(pages): Shared<Arc<Pages>>,
    Path((flow, number)): Path<(String, u32)>,
) -> Result<Response, Refusal> {
    read(&pages, move |versions| {
        let history = versions.history(&flow.into())?;
        let Some(version) = history.version(number).cloned() else { return Ok(None) };
        let text = version.sha256.is_some().then(|| versions.text(&version)).transpose()?;
        Ok(Some(Shown { version, text: text.map(|text| text.text) }))
    })
    .await
}

/// On a thread of its own: a disk may take its time.
async fn read<T: Serialize + Send + 'static>(
    pages: &Pages,
    question: impl FnOnce(&Versions) -> Result<Option<T>, String> + Send + 'static,
) -> Result<Response, Refusal> {
    let versions = Versions::of(&pages.reloader.data);
    match tokio::task::spawn_blocking(move || question(&versions)).await {
        Ok(Ok(Some(found))) => Ok(Json(found).into_response()),
        Ok(Ok(None)) => {
            Err(Refusal(StatusCode::NOT_FOUND, "there is no such published flow or version".to_owned()))
        }
        Ok(Err(damage)) => Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, damage)),
        Err(_) => Err(stopped()),
    }
}

async fn publish(Shared(pages): Shared<Arc<Pages>>, asked: Asked<Publish>) -> Result<Response, Refusal> {
    let Publish { text, file, after, comment, by } = asked_for(asked)?;
    let file = file.filter(|file| is_line(file, MAX_PATH)).unwrap_or_else(|| "flow".to_owned());
    change(&pages, Order { wish: Wish::Publish { text, file, after }, comment, by }).await
}

pub(super) async fn roll_back(
    Shared(pages): Shared<Arc<Pages>>,
    Path(flow): Path<String>,
    asked: Asked<Back>,
) -> Result<Response, Refusal> {
    let Back { version, comment, by } = asked_for(asked)?;
    let Some(to) = version else {
        let why = "`version` says which version's text is to count again".to_owned();
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    };
    change(&pages, Order { wish: Wish::RollBack { flow: flow.into(), to }, comment, by }).await
}

pub(super) async fn retire(
    Shared(pages): Shared<Arc<Pages>>,
    Path(flow): Path<String>,
    asked: Asked<Back>,
) -> Result<Response, Refusal> {
    let Back { comment, by, .. } = asked_for(asked)?;
    change(&pages, Order { wish: Wish::Retire { flow: flow.into() }, comment, by }).await
}

fn asked_for<T>(asked: Asked<T>) -> Result<T, Refusal> {
    asked.map(|Json(asked)| asked).map_err(|bad| Refusal(bad.status(), bad.body_text()))
}

/// In a task of its own: whoever does not wait for the answer does not stop it halfway.
async fn change(pages: &Pages, order: Order) -> Result<Response, Refusal> {
    if order.comment.trim().is_empty()
        || !is_line(&order.comment, MAX_COMMENT)
        || order.by.as_ref().is_some_and(|by| !is_line(by, LONGEST_NAME))
    {
        let why = format!(
            "a comment says why, in at most {MAX_COMMENT} letters on one line; a name has at most {LONGEST_NAME}"
        );
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    let reloader = pages.reloader.clone();
    let status = match tokio::spawn(async move { reloader.change_flow(order).await }).await {
        Ok(Ok(changed)) => return Ok(Json(changed).into_response()),
        Ok(Err(error)) => (status(&error), error.to_string()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("it broke off: {error}")),
    };
    Err(Refusal(status.0, status.1))
}

fn status(error: &PublishError) -> StatusCode {
    match error {
        PublishError::Faults(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PublishError::Conflict(_) => StatusCode::CONFLICT,
        PublishError::Unknown(_) => StatusCode::NOT_FOUND,
        PublishError::NotKept(_) => StatusCode::INSUFFICIENT_STORAGE,
        PublishError::Gone { .. } => StatusCode::SERVICE_UNAVAILABLE,
    }
}
