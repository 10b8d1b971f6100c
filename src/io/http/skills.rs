//! `GET /api/seats/{seat}/skills`: what whoever sits there knows; `POST` changes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Pages, Refusal, stopped};
use crate::engine::{Command, Reply, SkillsOrder};
use crate::ids::SeatId;

pub(super) async fn show(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
) -> Result<Response, Refusal> {
    ask(&pages, seat, SkillsOrder::default()).await
}

pub(super) async fn change(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
    order: Result<Json<SkillsOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    ask(&pages, seat, order).await
}

async fn ask(pages: &Pages, seat: String, order: SkillsOrder) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Skills(SeatId::from(seat), order)).await {
        Ok(Reply::Skills(page)) => Ok(Json(page).into_response()),
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::NOT_FOUND, why)),
        _ => Err(stopped()),
    }
}
