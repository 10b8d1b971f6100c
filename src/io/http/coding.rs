//! What people write into the record: `/api/contacts/{id}/code`, `/api/seats/{seat}/code`, and `/api/cases/{id}/close`, `reopen` and
//! `note`. The views say what there is; the exchange judges, and writes it down.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::{Pages, Refusal, answer, read, stopped};
use crate::engine::{ByHand, CaseAct, Coding, CodingOrder, Command, KnownCase, KnownContact, Reply};
use crate::ids::{CaseId, ContactId, SeatId};
use crate::io::records;

/// A call in course may not be in the views yet: the exchange knows it then.
pub(super) async fn contact(
    Shared(pages): Shared<Arc<Pages>>,
    Path(id): Path<String>,
    coding: Result<Json<Coding>, JsonRejection>,
) -> Result<Response, Refusal> {
    let contact: ContactId = read(&id)?;
    let Json(coding) = coding.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let story = answer(&pages, move |views, keys| Ok(records::contact(views, keys, contact)?)).await?;
    let on_record = story.is_some();
    let queue = story.and_then(|story| story.line.queue);
    order(&pages, CodingOrder::Contact(KnownContact { contact, on_record, queue }, coding)).await
}

pub(super) async fn seat(
    Shared(pages): Shared<Arc<Pages>>,
    Path(seat): Path<String>,
    coding: Result<Json<Coding>, JsonRejection>,
) -> Result<Response, Refusal> {
    let Json(coding) = coding.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    order(&pages, CodingOrder::Seat(SeatId::from(seat), coding)).await
}

pub(super) async fn close(
    pages: Shared<Arc<Pages>>,
    id: Path<String>,
    said: Result<Json<ByHand>, JsonRejection>,
) -> Result<Response, Refusal> {
    case(pages, id, CaseAct::Close, said).await
}

pub(super) async fn reopen(
    pages: Shared<Arc<Pages>>,
    id: Path<String>,
    said: Result<Json<ByHand>, JsonRejection>,
) -> Result<Response, Refusal> {
    case(pages, id, CaseAct::Reopen, said).await
}

pub(super) async fn note(
    pages: Shared<Arc<Pages>>,
    id: Path<String>,
    said: Result<Json<ByHand>, JsonRejection>,
) -> Result<Response, Refusal> {
    case(pages, id, CaseAct::Note, said).await
}

async fn case(
    Shared(pages): Shared<Arc<Pages>>,
    Path(id): Path<String>,
    act: CaseAct,
    said: Result<Json<ByHand>, JsonRejection>,
) -> Result<Response, Refusal> {
    let case: CaseId = read(&id)?;
    let Json(said) = said.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let story = answer(&pages, move |views, keys| Ok(records::case(views, keys, case)?)).await?;
    let contacts = story.map(|story| story.line.contacts).unwrap_or_default();
    order(&pages, CodingOrder::Case(KnownCase { case, contacts }, act, said)).await
}

async fn order(pages: &Pages, order: CodingOrder) -> Result<Response, Refusal> {
    match pages.control.ask(Command::Coding(order)).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why)),
        // In force, and to be written once the store is back: accepted, and not more.
        Ok(Reply::Unwritten) => Ok(StatusCode::ACCEPTED.into_response()),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}
