//! `/api/calls`: a seat is to call somebody.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Pages, Refusal, stopped};
use crate::engine::{Command, DialOrder, Reply};
use crate::letters::{LONGEST_NAME, is_line};

/// Rings the seat, then the number; answers with the call, which is also the contact.
pub(super) async fn dial(
    Shared(pages): Shared<Arc<Pages>>,
    order: Result<Json<DialOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let texts = [Some(&order.number), order.by.as_ref()];
    if texts.into_iter().flatten().any(|text| !is_line(text, LONGEST_NAME)) {
        let why = format!("`number` and `by` are at most {LONGEST_NAME} letters on one line");
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    match pages.control.ask(Command::Dial(order)).await {
        Ok(Reply::Calling(call)) => Ok((StatusCode::ACCEPTED, Json(json!({ "call": call }))).into_response()),
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        _ => Err(stopped()),
    }
}
