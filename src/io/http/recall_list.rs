//! `/api/recall`: who called in vain, worked by hand.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Pages, Refusal, answer, read, stopped};
use crate::engine::{BookOrder, CallbackOrder, Command, InVainState, MOST_LISTED, Page, RecallOrder, Reply};
use crate::ids::CitizenId;
use crate::io::records;
use crate::letters::{LONGEST_NAME, is_line};

/// Who asks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Who {
    by: String,
}

/// Which of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    skip: Option<usize>,
    limit: Option<usize>,
}

pub(super) async fn list(
    Shared(pages): Shared<Arc<Pages>>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(Which { skip, limit }) = which.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let page = Page { skip: skip.unwrap_or(0), most: limit.unwrap_or(MOST_LISTED) };
    Ok(Json(on_list(&pages, RecallOrder::List(page)).await?).into_response())
}

/// Somebody has taken care of one.
pub(super) async fn done(
    Shared(pages): Shared<Arc<Pages>>,
    Path(citizen): Path<String>,
    who: Result<Json<Who>, JsonRejection>,
) -> Result<Response, Refusal> {
    let by = name(who)?;
    let citizen: CitizenId = read(&citizen)?;
    match pages.control.ask(Command::Recall(RecallOrder::Done { citizen, by })).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}

/// One is promised a call, as soon as may be: at the number of the promise that was not kept, or the one that called last.
pub(super) async fn call(
    Shared(pages): Shared<Arc<Pages>>,
    Path(citizen): Path<String>,
    who: Result<Json<Who>, JsonRejection>,
) -> Result<Response, Refusal> {
    let by = name(who)?;
    let citizen: CitizenId = read(&citizen)?;
    let conflict = |why: &str| Refusal(StatusCode::CONFLICT, why.to_owned());
    let one = on_list(&pages, RecallOrder::One(citizen)).await?.pop();
    let one = one.ok_or_else(|| conflict("not on the recall list; `callback recall list` shows who is"))?;
    let contact = one.contact;
    let story = answer(&pages, move |views, keys| Ok(records::contact(views, keys, contact)?)).await?;
    let number = one.number.or_else(|| story?.line.from).ok_or_else(|| {
        conflict("the number is not on record with the contact; `callback book` calls one that you know")
    })?;
    let order = BookOrder {
        entity: Some(one.entity),
        topic: one.topic,
        language: Some(one.language),
        by: Some(by),
        ..BookOrder::new(number, one.queue)
    };
    match pages.control.ask(Command::Callback(CallbackOrder::Book(Box::new(order)))).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        // In force, and to be written once the store is back: accepted, and not more.
        Ok(Reply::Unwritten) => Ok(StatusCode::ACCEPTED.into_response()),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}

async fn on_list(pages: &Pages, order: RecallOrder) -> Result<Vec<InVainState>, Refusal> {
    match pages.control.ask(Command::Recall(order)).await {
        Ok(Reply::InVain(all)) => Ok(all),
        _ => Err(stopped()),
    }
}

/// What is written down is short.
fn name(who: Result<Json<Who>, JsonRejection>) -> Result<String, Refusal> {
    let Json(Who { by }) = who.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    if !is_line(&by, LONGEST_NAME) {
        let why = format!("`by` is a name of at most {LONGEST_NAME} letters on one line");
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    Ok(by)
}
