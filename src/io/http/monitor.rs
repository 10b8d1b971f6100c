//! `POST /api/monitor`: what a supervisor wants of a talk.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Pages, Refusal, stopped};
use crate::engine::{Command, MonitorOrder, Reply};

pub(super) async fn monitor(
    Shared(pages): Shared<Arc<Pages>>,
    order: Result<Json<MonitorOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    match pages.control.ask(Command::Monitor(order)).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}
