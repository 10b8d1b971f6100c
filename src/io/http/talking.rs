//! `POST /api/calls/{id}/talk`: what is done with a talk in course.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{Pages, Refusal, read, stopped};
use crate::call::Move;
use crate::engine::{Command, Reply, TalkAct, TalkOrder};
use crate::ids::CallId;
use crate::letters::{LONGEST_NAME, is_line};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    act: Act,
    by: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    Transfer(String),
    Consult(String),
    Complete,
    Merge,
    Swap,
    Return,
    Hold,
    Unhold,
}

impl From<Act> for TalkAct {
    fn from(act: Act) -> TalkAct {
        match act {
            Act::Transfer(to) => TalkAct::Give(to),
            Act::Consult(to) => TalkAct::Consult(to),
            Act::Complete => TalkAct::Move(Move::Complete),
            Act::Merge => TalkAct::Move(Move::Merge),
            Act::Swap => TalkAct::Move(Move::Swap),
            Act::Return => TalkAct::Move(Move::Back),
            Act::Hold => TalkAct::Hold(true),
            Act::Unhold => TalkAct::Hold(false),
        }
    }
}

pub(super) async fn talk(
    Shared(pages): Shared<Arc<Pages>>,
    Path(call): Path<String>,
    order: Result<Json<Order>, JsonRejection>,
) -> Result<Response, Refusal> {
    let call: CallId = read(&call)?;
    let Json(Order { act, by }) = order.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let act = TalkAct::from(act);
    let target = match &act {
        TalkAct::Give(to) | TalkAct::Consult(to) => to.as_str(),
        TalkAct::Move(_) | TalkAct::Hold(_) => "",
    };
    if [target, &by].into_iter().any(|word| !is_line(word, LONGEST_NAME)) {
        let why = format!("a target and a name are at most {LONGEST_NAME} letters on one line");
        return Err(Refusal(StatusCode::UNPROCESSABLE_ENTITY, why));
    }
    match pages.control.ask(Command::Talk(TalkOrder { call, act, by })).await {
        Ok(Reply::Refused(why)) => Err(Refusal(StatusCode::CONFLICT, why)),
        Ok(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(_) => Err(stopped()),
    }
}
