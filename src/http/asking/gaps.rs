//! `/v1/knowledge/gaps`: what the knowledge base does not answer, or answers wrong.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Operation;
use crate::app;
use crate::http::Server;
use crate::http::extract::{Params, Who};
use crate::http::problem::{Code, Problem};
use crate::knowledge::gaps::Gap;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct GapParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// Only those of this unit; a unit sees its own alone.
    #[serde(default)]
    unit: String,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
    /// Those too that the knowledge of now answers.
    #[serde(default)]
    closed: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct GapView {
    #[serde(flatten)]
    gap: Gap,
    /// The best entry for the newest question now, and its confidence in thousandths.
    now_entry: String,
    now_confidence: i32,
    /// It is answered now.
    closed: bool,
}

#[derive(Serialize, ToSchema)]
pub(super) struct GapList {
    /// Tickets received before are not looked at.
    since: DateTime<Utc>,
    /// Questions found, before they were put together.
    asked: usize,
    /// There are more questions than are looked at at once (2,000): the oldest were left out.
    cut: bool,
    /// The most asked first, then the oldest. Texts are masked.
    gaps: Vec<GapView>,
}

/// Lists the gaps: 咨询 that no entry answered, and answers that were called wrong, put together by likeness
///
/// Made anew at each call out of the tickets of the last 90 days and the questions of the public endpoint.
#[utoipa::path(get, path = "/v1/knowledge/gaps", tag = "knowledge", params(GapParams), responses((status = 200, body = GapList)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<GapParams>,
) -> Result<Json<GapList>, Problem> {
    // A unit sees what it should answer.
    let all = who.0.may(Operation::TendKnowledge);
    let caller = who.may(if all { Operation::TendKnowledge } else { Operation::EditEntries })?;
    let GapParams { jurisdiction, unit, limit, closed } = params;
    let unit = if all { unit } else { caller.unit.clone() };
    let limit = limit.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err(Problem::new(Code::BadParameter, "limit 应在1至200之间"));
    }
    let found = server.app.gaps(&caller, app::GapsWish { jurisdiction, unit, limit, closed }).await?;
    let view = |line: app::GapLine| {
        let app::GapLine { gap, now_entry, now_confidence, closed } = line;
        GapView { gap, now_entry, now_confidence, closed }
    };
    let gaps = found.gaps.into_iter().map(view).collect();
    Ok(Json(GapList { since: found.since, asked: found.asked, cut: found.cut, gaps }))
}
