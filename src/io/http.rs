//! HTTP on loopback: health, metrics, state, and what the command line asks of a running exchange.
//!
//! On a thread of its own, so that a slow page or a long list never delays a call. Everything but `/health/*` needs the token that
//! `serve` writes into the data directory (mode 0600); Host and Origin are checked, so that no web page can use a browser on this
//! machine to ask in its owner's name.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use serde_json::json;
use subtle::ConstantTimeEq;

use super::control::ControlHandle;
use crate::engine::{Command, Metrics, Reply};
use crate::ids::SeatId;
use crate::views::{ContactFilter, Views};
use crate::words::StatusChange;

/// What the pages are made from.
pub struct Pages {
    /// The running engine.
    pub control: ControlHandle,
    /// The views.
    pub views: Arc<dyn Views + Send + Sync>,
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
    Ok(next.run(request).await)
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

async fn contacts(
    Shared(pages): Shared<Arc<Pages>>,
    Query(filter): Query<ContactFilter>,
) -> Result<Response, Refusal> {
    ask_views(pages, move |views| views.contacts(&filter)).await
}

async fn contact(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let id = id.parse().map_err(|error| Refusal(StatusCode::BAD_REQUEST, format!("{error}")))?;
    ask_views(pages, move |views| views.contact(id)).await
}

async fn cases(Shared(pages): Shared<Arc<Pages>>) -> Result<Response, Refusal> {
    ask_views(pages, |views| views.cases(&Default::default())).await
}

async fn case(Shared(pages): Shared<Arc<Pages>>, Path(id): Path<u64>) -> Result<Response, Refusal> {
    ask_views(pages, move |views| views.case(crate::ids::CaseId(id))).await
}

/// Views may read the disk: off this thread, so that health is answered meanwhile.
async fn ask_views<T: Serialize + Send + 'static, E: std::fmt::Display + Send + 'static>(
    pages: Arc<Pages>,
    ask: impl FnOnce(&dyn Views) -> Result<T, E> + Send + 'static,
) -> Result<Response, Refusal> {
    let found = tokio::task::spawn_blocking(move || ask(&*pages.views)).await;
    match found {
        Ok(Ok(rows)) => Ok(Json(rows).into_response()),
        Ok(Err(error)) => Err(Refusal(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())),
        Err(_) => Err(stopped()),
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
