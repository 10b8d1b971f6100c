//! `/api/callbacks`: who was promised a call, promises by people and programs, and what became of them.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use serde::Deserialize;

use super::{Pages, Refusal, read, stopped};
use crate::engine::{
    BookOrder, CallbackOrder, CallbackReply, Command, MOST_LISTED, MOST_SLOTS, MoveOrder, Page, Reply,
};
use crate::ids::{QueueId, TopicId};
use crate::letters::{LONGEST_NAME, is_line};

/// Whose.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whose {
    number: Option<String>,
    topic: Option<TopicId>,
    skip: Option<usize>,
    limit: Option<usize>,
}

/// Which slots.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Free {
    queue: QueueId,
    #[serde(default)]
    after_ms: i64,
    limit: Option<usize>,
}

/// Which days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Days {
    from: Date,
    to: Date,
}

/// Who asks that it ends.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Who {
    #[serde(default)]
    by: Option<String>,
}

pub(super) async fn list(
    Shared(pages): Shared<Arc<Pages>>,
    whose: Result<Query<Whose>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Whose { number, topic, skip, limit }) =
        whose.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    match number {
        Some(number) => ask(&pages, CallbackOrder::Find { number, topic }).await,
        None => {
            let page = Page { skip: skip.unwrap_or(0), most: limit.unwrap_or(MOST_LISTED) };
            ask(&pages, CallbackOrder::List(page)).await
        }
    }
}

pub(super) async fn show(
    Shared(pages): Shared<Arc<Pages>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    ask(&pages, CallbackOrder::Show(read(&id)?)).await
}

pub(super) async fn slots(
    Shared(pages): Shared<Arc<Pages>>,
    which: Result<Query<Free>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Free { queue, after_ms, limit }) =
        which.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    ask(&pages, CallbackOrder::Slots { queue, after_ms, most: limit.unwrap_or(MOST_SLOTS) }).await
}

pub(super) async fn report(
    Shared(pages): Shared<Arc<Pages>>,
    days: Result<Query<Days>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Days { from, to }) = days.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    ask(&pages, CallbackOrder::Report { from, to }).await
}

pub(super) async fn book(
    Shared(pages): Shared<Arc<Pages>>,
    order: Result<Json<BookOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    check([Some(&order.number), order.by.as_ref()])?;
    ask(&pages, CallbackOrder::Book(Box::new(order))).await
}

pub(super) async fn move_to(
    Shared(pages): Shared<Arc<Pages>>,
    Path(id): Path<String>,
    order: Result<Json<MoveOrder>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(order) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    check([order.by.as_ref(), None])?;
    ask(&pages, CallbackOrder::Move(read(&id)?, order)).await
}

pub(super) async fn cancel(
    Shared(pages): Shared<Arc<Pages>>,
    Path(id): Path<String>,
    who: Result<Json<Who>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(Who { by }) = who.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    check([by.as_ref(), None])?;
    ask(&pages, CallbackOrder::Cancel { id: read(&id)?, by }).await
}

/// What is written down at every change is short.
fn check(texts: [Option<&String>; 2]) -> Result<(), Refusal> {
    if texts.into_iter().flatten().any(|text| !is_line(text, LONGEST_NAME)) {
        let why = format!("`number` and `by` are at most {LONGEST_NAME} letters on one line");
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    Ok(())
}

async fn ask(pages: &Pages, order: CallbackOrder) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Callback(order)).await {
        Ok(Reply::Callbacks(CallbackReply::Open(open))) => Ok(Json(open).into_response()),
        Ok(Reply::Callbacks(CallbackReply::One(one))) => Ok(Json(one).into_response()),
        Ok(Reply::Callbacks(CallbackReply::Slots(slots))) => Ok(Json(slots).into_response()),
        Ok(Reply::Callbacks(CallbackReply::Report(report))) => Ok(Json(report).into_response()),
        // In force, and to be written once the store is back: accepted, and not more.
        Ok(Reply::Unwritten) => Ok(StatusCode::ACCEPTED.into_response()),
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        _ => Err(stopped()),
    }
}
