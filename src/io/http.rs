//! HTTP on loopback: health, metrics, state, and what the command line asks of a running exchange.
//!
//! On a thread of its own, so that a slow page or a long list never delays a call. Everything but `/health/*` needs the token that
//! `serve` writes into the data directory (mode 0600); Host and Origin are checked, so that no web page can use a browser on this
//! machine to ask in its owner's name.

pub mod server;
pub mod token;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::control::ControlHandle;
use crate::engine::{Command, Metrics, Reply};
use super::store::ViewsHandle;
use super::views_sled::SledViews;
use crate::crm::{CaseStatus, ContactLine};
use crate::ids::{CaseId, CitizenId, ContactId, QueueId, SeatId};
use crate::journal::seal::Keys;
use crate::views::{CaseFilter, ContactFilter, Cursor, Page, ViewError, Views};
use crate::words::{Outcome, StatusChange};

/// The most rows in one answer; the next ones are a question of their own.
const MAX_PAGE: usize = 1_000;

/// What the pages are made from.
pub struct Pages {
    /// The running engine.
    pub control: ControlHandle,
    /// The views.
    pub views: ViewsHandle,
    /// What must be shown to be let in.
    pub token: String,
    /// Where we listen: the only names that Host may have.
    pub address: SocketAddr,
}

/// A failure as the asker sees it: what, and what to do.
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
        .route("/metrics", get(metrics))
        .route("/api/state", get(state))
        .route("/api/contacts", get(contacts))
        .route("/api/contacts/{id}", get(contact))
        .route("/api/cases", get(cases))
        .route("/api/cases/{id}", get(case))
        .route("/api/seats/{seat}/status", post(seat_status))
        .route_layer(middleware::from_fn_with_state(pages.clone(), guard));
    Router::new()
        .route("/health/live", get(async || "live\n"))
        .route("/health/ready", get(ready))
        .merge(guarded)
        .with_state(pages)
}

/// The token, and no other site's page.
async fn guard(Shared(pages): Shared<Arc<Pages>>, request: Request, next: Next) -> Result<Response, Refusal> {
    check(&pages, &request)?;
    Ok(next.run(request).await)
}

fn check(pages: &Pages, request: &Request) -> Result<(), Refusal> {
    let field = |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
    if !field(header::HOST).is_some_and(|host| is_ours(host, pages.address)) {
        let hint = format!("ask for this server by its address, {}", pages.address);
        return Err(Refusal(StatusCode::MISDIRECTED_REQUEST, hint));
    }
    if let Some(origin) = field(header::ORIGIN)
        && !origin.strip_prefix("http://").is_some_and(|host| is_ours(host, pages.address))
    {
        return Err(Refusal(StatusCode::FORBIDDEN, "this server does not serve pages of other sites".to_owned()));
    }
    let shown = field(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !bool::from(shown.as_bytes().ct_eq(pages.token.as_bytes())) {
        let hint = "send `Authorization: Bearer TOKEN`; the token is in the file http-token of the data directory";
        return Err(Refusal(StatusCode::UNAUTHORIZED, hint.to_owned()));
    }
    Ok(())
}

fn is_ours(host: &str, address: SocketAddr) -> bool {
    host == address.to_string() || host == format!("localhost:{}", address.port())
}

async fn ready(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    let Reply::Metrics(metrics) = pages.control.ask(Command::Metrics).await.map_err(|_| stopped())? else {
        return Err(stopped());
    };
    let (status, word) = if metrics.degraded {
        (StatusCode::SERVICE_UNAVAILABLE, "degraded: calls are served, the store does not keep up\n")
    } else {
        (StatusCode::OK, "ready\n")
    };
    Ok((status, word).into_response())
}

async fn state(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    match pages.control.ask(Command::State).await {
        Ok(Reply::State(state)) => Ok(Json(state).into_response()),
        _ => Err(stopped()),
    }
}

async fn metrics(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Metrics).await {
        Ok(Reply::Metrics(metrics)) => {
            Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], exposition(&metrics)).into_response())
        }
        _ => Err(stopped()),
    }
}

/// The text format of Prometheus.
fn exposition(metrics: &Metrics) -> String {
    let mut text = String::new();
    let mut gauge = |name: &str, help: &str, kind: &str, rows: &[(String, f64)]| {
        let _ = writeln!(text, "# HELP centralino_{name} {help}\n# TYPE centralino_{name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(text, "centralino_{name}{labels} {value}");
        }
    };
    let plain = |value: f64| vec![(String::new(), value)];
    gauge("calls", "Calls in course.", "gauge", &plain(count(metrics.calls)));
    gauge("seats_ready", "Seats reachable and ready.", "gauge", &plain(count(metrics.seats_ready)));
    let waiting: Vec<_> =
        metrics.waiting.iter().map(|(queue, n)| (format!("{{queue=\"{queue}\"}}"), count(*n))).collect();
    gauge("waiting", "Callers waiting, by queue.", "gauge", &waiting);
    let closed: Vec<_> = metrics
        .closed
        .iter()
        .map(|(outcome, n)| (format!("{{outcome={}}}", json!(outcome)), total(*n)))
        .collect();
    gauge("contacts_closed_total", "Contacts closed, by outcome.", "counter", &closed);
    gauge("calls_shed_total", "Calls not let in for want of room.", "counter", &plain(total(metrics.shed)));
    gauge("store_spooled", "Entries that wait for the store.", "gauge", &plain(count(metrics.spooled)));
    gauge("store_degraded", "1 while the store does not keep up.", "gauge", &plain(f64::from(u8::from(metrics.degraded))));
    let help = "Calls answered without the promise to be on record.";
    gauge("calls_answered_degraded_total", help, "counter", &plain(total(metrics.answered_degraded)));
    text
}

fn count(n: usize) -> f64 {
    n as f64
}

fn total(n: u64) -> f64 {
    n as f64
}

/// Filters of `/api/contacts`; times in milliseconds since the Unix epoch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactQuery {
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    queue: Option<QueueId>,
    outcome: Option<Outcome>,
    number: Option<String>,
    limit: Option<usize>,
    after: Option<String>,
}

/// Part of the list of contacts; `next` goes into `after`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ContactPage {
    /// Newest first.
    pub contacts: Vec<ContactLine>,
    /// Where the list goes on.
    pub next: Option<String>,
}

async fn contacts(
    Shared(pages): Shared<Arc<Pages>>,
    Query(query): Query<ContactQuery>,
) -> Result<Json<ContactPage>, Refusal> {
    let after = query.after.as_deref().map(str::parse::<Cursor>).transpose();
    let after = after.map_err(|error| Refusal(StatusCode::BAD_REQUEST, error.to_string()))?;
    let page = Page { limit: query.limit.unwrap_or(MAX_PAGE).min(MAX_PAGE), after };
    ask_views(&pages, move |views, keys| {
        let filter = ContactFilter {
            from_ms: query.from_ms,
            to_ms: query.to_ms,
            queue: query.queue,
            outcome: query.outcome,
            number: query.number.map(|number| keys.hash(&number)),
        };
        let listing = views.contacts(&filter, &page)?;
        let contacts = listing.contacts.iter().map(|contact| contact.line(keys)).collect();
        Ok(ContactPage { contacts, next: listing.next.map(|cursor| cursor.to_string()) })
    })
    .await
}

async fn contact(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: ContactId = read(&id)?;
    let found = ask_views(&pages, move |views, keys| Ok(views.contact(id)?.map(|contact| contact.line(keys)))).await?;
    or_missing(found, "contact")
}

/// Filters of `/api/cases`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseQuery {
    status: Option<CaseStatus>,
    citizen: Option<CitizenId>,
    limit: Option<usize>,
    before: Option<CaseId>,
}

async fn cases(Shared(pages): Shared<Arc<Pages>>, Query(query): Query<CaseQuery>) -> Result<Response, Refusal> {
    let filter = CaseFilter { status: query.status, citizen: query.citizen };
    let limit = query.limit.unwrap_or(MAX_PAGE).min(MAX_PAGE);
    let cases = ask_views(&pages, move |views, _| {
        Ok(views.cases(&filter, limit, query.before)?.iter().map(|case| case.line()).collect::<Vec<_>>())
    });
    Ok(cases.await?.into_response())
}

async fn case(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id: CaseId = read(&id)?;
    let found = ask_views(&pages, move |views, _| Ok(views.case(id)?.map(|case| case.line()))).await?;
    or_missing(found, "case")
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|error| Refusal(StatusCode::BAD_REQUEST, format!("{error}")))
}

fn or_missing<T: Serialize>(Json(found): Json<Option<T>>, what: &str) -> Result<Response, Refusal> {
    let missing = || Refusal(StatusCode::NOT_FOUND, format!("there is no such {what}"));
    found.map(|row| Json(row).into_response()).ok_or_else(missing)
}

/// Ask the view thread; this one goes on serving meanwhile.
async fn ask_views<T: Send + 'static>(
    pages: &Pages,
    question: impl FnOnce(&SledViews, &Keys) -> Result<T, ViewError> + Send + 'static,
) -> Result<Json<T>, Refusal> {
    match pages.views.ask(question).await {
        Ok(Ok(rows)) => Ok(Json(rows)),
        Ok(Err(error)) => Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(_) => Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, "the views are busy or stopped; ask again".to_owned())),
    }
}

async fn seat_status(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
    Json(change): Json<StatusChange>,
) -> Result<Response, Refusal> {
    match pages.control.ask(Command::SeatStatus(SeatId::from(seat), change)).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::NOT_FOUND, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}
