//! HTTP on loopback: health, metrics, state, and what the command line asks of a running exchange.
//!
//! On a thread of its own ([`server`]), so that a slow page or a long list never delays a call. Everything but `/health/*` needs the
//! [`token`] that `serve` writes into the data directory (mode 0600); `guard` checks Host and Origin too, so that no web page can use
//! a browser on this machine to ask in its owner's name. Requests are bounded in size and in time.

mod callbacks;
mod calls;
mod coding;
mod floor;
pub mod flows;
mod guard;
mod metrics;
mod monitor;
mod queues;
mod recall_list;
mod reports;
pub mod server;
mod skills;
mod talking;
pub mod token;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;

use super::control::ControlHandle;
use super::health::{Health, Readiness};
use super::records::{self, RecordsError, Wanted};
use super::reload::{ReloadError, Reloader};
use super::store::ViewsHandle;
use super::views_sled::SledViews;
use crate::engine::{Command, Reply};
use crate::ids::{CaseId, ContactId};
use crate::journal::seal::Keys;
use crate::switches::Switch;

/// Largest body taken: the longest is a bulletin with its text in several languages.
const MAX_BODY: usize = 16 * 1024;
/// How long one request may take, from its head to its answer.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// Where a reload is asked for.
pub const RELOAD: &str = "/api/reload";
/// How long its answer may take: it reads every sound, and a name service that is away answers late for each trunk.
const RELOAD_WITHIN: Duration = Duration::from_secs(60);

/// What the pages are made from.
pub struct Pages {
    /// The running engine.
    pub control: ControlHandle,
    /// The views.
    pub views: ViewsHandle,
    /// Reads the files again.
    pub reloader: Arc<Reloader>,
    /// How the exchange is.
    pub health: Arc<Health>,
    /// What must be shown to be let in.
    pub token: String,
    /// Where we listen: the only names that Host may have.
    pub address: SocketAddr,
}

/// A failure as the asker sees it: what, and what to do.
#[derive(Debug)]
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

fn stopped() -> Refusal {
    Refusal(StatusCode::SERVICE_UNAVAILABLE, "the exchange is stopping".to_owned())
}

/// Everything that is served.
pub fn router(pages: Pages) -> Router {
    let pages = Arc::new(pages);
    let guarded = Router::new()
        .route("/metrics", get(figures))
        .route("/api/state", get(state))
        .route("/api/contacts", get(contacts))
        .route("/api/contacts/{id}", get(contact))
        .route("/api/stories", get(stories))
        .route("/api/cases", get(cases))
        .route("/api/cases/{id}", get(case))
        .route("/api/contacts/{id}/code", post(coding::contact))
        .route("/api/seats/{seat}/code", post(coding::seat))
        .route("/api/cases/{id}/close", post(coding::close))
        .route("/api/cases/{id}/reopen", post(coding::reopen))
        .route("/api/cases/{id}/note", post(coding::note))
        .route("/api/outbox", get(outbox))
        .route("/api/recall", get(recall_list::list))
        .route("/api/recall/{citizen}/call", post(recall_list::call))
        .route("/api/recall/{citizen}/done", post(recall_list::done))
        .route("/api/reports/survey", get(reports::survey))
        .route("/api/seats/{seat}", post(floor::seat_order))
        .route("/api/seats/{seat}/status", post(floor::seat_status))
        .route("/api/seats/{seat}/skills", get(skills::show).post(skills::change))
        .route("/api/calls", post(calls::dial))
        .route("/api/callbacks", get(callbacks::list).post(callbacks::book))
        .route("/api/callbacks/slots", get(callbacks::slots))
        .route("/api/callbacks/report", get(callbacks::report))
        .route("/api/callbacks/{id}", get(callbacks::show))
        .route("/api/callbacks/{id}/move", post(callbacks::move_to))
        .route("/api/callbacks/{id}/cancel", post(callbacks::cancel))
        .route("/api/monitor", post(monitor::monitor))
        .route("/api/calls/{id}/talk", post(talking::talk))
        .route("/api/calls/{id}/wait", post(queues::change_wait))
        .route("/api/queues/{queue}", get(queues::show))
        .route("/api/switches", get(switches).post(switch))
        .route(flows::FLOWS, flows::flows())
        .route("/api/flows/{flow}/versions", get(flows::history))
        .route("/api/flows/{flow}/versions/{version}", get(flows::version))
        .route("/api/flows/{flow}/heat", get(reports::heat))
        .route("/api/flows/{flow}/rollback", post(flows::roll_back))
        .route("/api/flows/{flow}/retire", post(flows::retire))
        .route(RELOAD, post(reload))
        .fallback(nothing_here)
        .layer(middleware::from_fn_with_state(pages.clone(), guard::guard));
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .merge(guarded)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(in_time))
        .with_state(pages)
}

/// Answers in time, and marks answers as nobody else's business.
async fn in_time(request: Request, next: Next) -> Response {
    let (within, end) = match request.uri().path() {
        path if path == RELOAD || path.starts_with(flows::FLOWS) => {
            (RELOAD_WITHIN, "; it goes on, and the exchange's log tells how it ends")
        }
        _ => (REQUEST_WITHIN, ""),
    };
    let answer = tokio::time::timeout(within, next.run(request)).await;
    let mut answer = answer.unwrap_or_else(|_| {
        let why = format!("the request was not done within {} s{end}", within.as_secs());
        Refusal(StatusCode::REQUEST_TIMEOUT, why).into_response()
    });
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

async fn nothing_here() -> Refusal {
    let hint = "there is nothing here; see /api/state, /api/contacts, /api/cases, /api/outbox, /api/callbacks, /api/recall, /api/reports/survey, /api/monitor, /api/switches, /api/flows, /metrics, /health/ready";
    Refusal(StatusCode::NOT_FOUND, hint.to_owned())
}

/// Without a token, so without work: nothing is asked of the control loop. Views that are behind keep no call waiting, so they are
/// told and make nobody unready.
async fn ready(Shared(pages): Shared<Arc<Pages>>) -> (StatusCode, &'static str) {
    let unready = StatusCode::SERVICE_UNAVAILABLE;
    match pages.health.readiness() {
        Readiness::Starting => (unready, "starting: no calls are let in yet\n"),
        Readiness::Stopping => (unready, "stopping: no more calls are let in\n"),
        Readiness::Degraded => (unready, "degraded: calls are served, the store does not keep up\n"),
        Readiness::Ready if pages.health.views_behind() => (
            StatusCode::OK,
            "ready, views behind: contacts and cases cannot be listed until they are made anew\n",
        ),
        Readiness::Ready if pages.health.mended() > 0 => (
            StatusCode::OK,
            "ready, and the distribution was mended: see centralino_distribution_mended_total and the log\n",
        ),
        Readiness::Ready => (StatusCode::OK, "ready\n"),
    }
}

async fn state(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    match pages.control.ask(Command::State).await {
        Ok(Reply::State(state)) => Ok(Json(state).into_response()),
        _ => Err(stopped()),
    }
}

async fn figures(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Metrics).await {
        Ok(Reply::Metrics(told)) => Ok((
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
            metrics::exposition(&told, pages.health.views_behind()),
        )
            .into_response()),
        _ => Err(stopped()),
    }
}

async fn contacts(
    Shared(pages): Shared<Arc<Pages>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = wanted(query)?;
    ask_views(&pages, move |views, keys| records::contacts(views, keys, &wanted)).await
}

/// As contacts, each with all that happened: what `flow heat` and `flow replay` read.
async fn stories(
    Shared(pages): Shared<Arc<Pages>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = wanted(query)?;
    ask_views(&pages, move |views, keys| records::stories(views, keys, &wanted)).await
}

async fn contact(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: ContactId = read(&id)?;
    find(&pages, "contact", move |views, keys| Ok(records::contact(views, keys, id)?)).await
}

async fn cases(
    Shared(pages): Shared<Arc<Pages>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = wanted(query)?;
    ask_views(&pages, move |views, keys| records::cases(views, keys, &wanted)).await
}

async fn case(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: CaseId = read(&id)?;
    find(&pages, "case", move |views, keys| Ok(records::case(views, keys, id)?)).await
}

async fn outbox(
    Shared(pages): Shared<Arc<Pages>>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Refusal> {
    let wanted = wanted(query)?;
    ask_views(&pages, move |views, keys| records::outbox(views, keys, &wanted)).await
}

fn wanted(query: Result<Query<Wanted>, QueryRejection>) -> Result<Wanted, Refusal> {
    query.map(|Query(wanted)| wanted).map_err(|bad| Refusal(bad.status(), bad.body_text()))
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error| Refusal(StatusCode::BAD_REQUEST, format!("{error}")))
}

/// Ask the view thread; this one goes on serving meanwhile.
async fn ask_views<T: Serialize + Send + 'static>(
    pages: &Pages,
    question: impl FnOnce(&SledViews, &Keys) -> Result<T, RecordsError> + Send + 'static,
) -> Result<Response, Refusal> {
    answer(pages, question).await.map(|found| Json(found).into_response())
}

/// The same for one thing, which need not be there.
async fn find<T: Serialize + Send + 'static>(
    pages: &Pages,
    what: &str,
    question: impl FnOnce(&SledViews, &Keys) -> Result<Option<T>, RecordsError> + Send + 'static,
) -> Result<Response, Refusal> {
    let missing = || Refusal(StatusCode::NOT_FOUND, format!("there is no such {what}"));
    answer(pages, question).await?.map(|found| Json(found).into_response()).ok_or_else(missing)
}

async fn answer<T: Send + 'static>(
    pages: &Pages,
    question: impl FnOnce(&SledViews, &Keys) -> Result<T, RecordsError> + Send + 'static,
) -> Result<T, Refusal> {
    match pages.views.ask(question).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error @ (RecordsError::After(_) | RecordsError::AfterMessage(_)))) => {
            Err(Refusal(StatusCode::BAD_REQUEST, error.to_string()))
        }
        Ok(Err(error)) => Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(_) => {
            let why = "the views are busy or cannot be used; ask again, or look at the exchange's log";
            Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, why.to_owned()))
        }
    }
}

async fn switches(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Switches).await {
        Ok(Reply::Switches(switches)) => Ok(Json(switches).into_response()),
        _ => Err(stopped()),
    }
}

async fn switch(
    Shared(pages): Shared<Arc<Pages>>,
    asked: Result<Json<serde_json::Value>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(asked) = asked.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let switch = Switch::read(&asked).map_err(|why| Refusal(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    match pages.control.ask(Command::Switch(switch)).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why)),
        // In force, and to be written once the store is back: accepted, and not more.
        Ok(Reply::Unwritten) => Ok(StatusCode::ACCEPTED.into_response()),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}

/// In a task of its own: whoever does not wait for the answer does not stop it halfway.
async fn reload(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    let reloader = pages.reloader.clone();
    match tokio::spawn(async move { reloader.reload().await }).await {
        Ok(Ok(reloaded)) => Ok(Json(reloaded).into_response()),
        Ok(Err(ReloadError::Faults(faults))) => {
            Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, faults.join("\n")))
        }
        Ok(Err(ReloadError::Gone(_))) => Err(stopped()),
        Err(error) => {
            Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, format!("the reload broke off: {error}")))
        }
    }
}
