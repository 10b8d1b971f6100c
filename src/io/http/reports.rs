//! `/api/reports/...` and `/api/flows/{flow}/heat`: figures over a period, as `centralino report` and `flow heat` print them.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State as Shared};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

use super::{Pages, Refusal, answer};
use crate::crm::Heat;
use crate::crm::survey::{By, SurveyReport};
use crate::ids::FlowId;
use crate::io::records::{self, Wanted};

/// The query string.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// Calls that arrived at this moment or later, in milliseconds since the Unix epoch.
    from_ms: Option<i64>,
    /// Calls that arrived before this moment.
    to_ms: Option<i64>,
    #[serde(default)]
    by: By,
}

/// What citizens said when they were asked. Page by page, so that others are answered in between.
pub(super) async fn survey(
    Shared(pages): Shared<Arc<Pages>>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = query.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let mut report = SurveyReport::new(asked.by);
    let mut wanted = Wanted { from_ms: asked.from_ms, to_ms: asked.to_ms, ..Wanted::default() };
    // Ends at the list's end, or with the time that a request may take.
    loop {
        let part = wanted.clone();
        let page = answer(&pages, move |views, keys| records::contacts(views, keys, &part)).await?;
        page.contacts.iter().for_each(|contact| report.count(contact));
        wanted.after = page.next;
        if wanted.after.is_none() {
            return Ok(Json(report.lines()).into_response());
        }
    }
}

/// A time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Within {
    /// Calls that arrived at this moment or later, in milliseconds since the Unix epoch.
    from_ms: Option<i64>,
    /// Calls that arrived before this moment.
    to_ms: Option<i64>,
}

/// Where citizens went in a flow, page by page like the others.
pub(super) async fn heat(
    Shared(pages): Shared<Arc<Pages>>,
    Path(flow): Path<String>,
    query: Result<Query<Within>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(asked) = query.map_err(|bad| Refusal(bad.status(), bad.body_text()))?;
    let (flow, mut heat) = (FlowId::from(flow), Heat::default());
    let mut wanted = Wanted { from_ms: asked.from_ms, to_ms: asked.to_ms, ..Wanted::default() };
    loop {
        let part = wanted.clone();
        let page = answer(&pages, move |views, keys| records::stories(views, keys, &part)).await?;
        let of_flow = page.stories.iter().filter(|story| story.line.flow.as_ref() == Some(&flow));
        of_flow.for_each(|story| heat.count(story.facts()));
        wanted.after = page.next;
        if wanted.after.is_none() {
            return Ok(Json(heat.lines()).into_response());
        }
    }
}
