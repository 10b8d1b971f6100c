//! What is asked of a seat: `POST /api/seats/{seat}` with an act, and perhaps by whom and what for.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Pages, Refusal, stopped};
use crate::engine::{Command, Reply, SeatAct, SeatOrder};
use crate::ids::SeatId;
use crate::letters::{LONGEST_REASON, is_line};
use crate::words::{Status, StatusChange};

pub(super) async fn seat_order(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
    order: Result<Json<SeatOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    ask(&pages, seat, order).await
}

/// The status alone, as scripts asked for it at first.
pub(super) async fn seat_status(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
    change: Result<Json<StatusChange>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(change) = change.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    ask(&pages, seat, change.into()).await
}

async fn ask(pages: &Pages, seat: String, order: SeatOrder) -> Result<Response, Refusal> {
    let mut texts = reason(&order.act).into_iter().chain(&order.by).chain(&order.why);
    if texts.any(|text| !is_line(text, LONGEST_REASON)) {
        let why = format!("a reason and a name have at most {LONGEST_REASON} letters on one line");
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    match pages.control.ask(Command::Seat(SeatId::from(seat), order)).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::NOT_FOUND, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}

fn reason(act: &SeatAct) -> Option<&String> {
    match act {
        SeatAct::Status(StatusChange::Pause(reason) | StatusChange::Next(Status::Paused(reason))) => {
            Some(reason)
        }
        _ => None,
    }
}
