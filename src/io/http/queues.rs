//! `/api/queues/{queue}`: who waits there; `POST /api/calls/{id}/wait`: what a supervisor wants of one who waits.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Pages, Refusal, read, stopped};
use crate::engine::{Command, Reply, WaitingAct, WaitingOrder};
use crate::ids::{CallId, QueueId};

pub(super) async fn show(
    Shared(pages): Shared<Arc<Pages>>,
    Path(queue): Path<String>,
) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Waiting(WaitingOrder::Show(QueueId::from(queue)))).await {
        Ok(Reply::Queue(page)) => Ok(Json(page).into_response()),
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::NOT_FOUND, why)),
        _ => Err(stopped()),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    act: WaitingAct,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    why: Option<String>,
}

pub(super) async fn change_wait(
    Shared(pages): Shared<Arc<Pages>>,
    Path(call): Path<String>,
    order: Result<Json<Order>, JsonRejection>,
) -> Result<Response, Refusal> {
    let call: CallId = read(&call)?;
    let Json(Order { act, by, why }) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    match pages.control.ask(Command::Waiting(WaitingOrder::Change { call, act, by, why })).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}
