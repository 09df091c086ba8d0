//! `/v1/knowledge/hit`: why a text hits an entry or does not (命中测试).

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ListParams;
use crate::access::Operation;
use crate::app;
use crate::http::Server;
use crate::http::extract::{Params, Sent, Who};
use crate::http::problem::{Code, Problem};
use crate::knowledge::Explained;
use crate::store;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HitTestWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// A question, as people ask it; at most 64 KiB.
    text: String,
    /// 1 to 20, 5 if absent.
    limit: Option<usize>,
    /// Keep it in the history of hit tests.
    #[serde(default)]
    keep: bool,
}

/// Tries a text: the matches and confidences of a triage, and why they come out so
#[utoipa::path(post, path = "/v1/knowledge/hit", tag = "knowledge", request_body = HitTestWish, responses((status = 200, body = Explained)))]
pub(super) async fn test(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<HitTestWish>,
) -> Result<Json<Explained>, Problem> {
    let operation = if wish.keep { Operation::TendKnowledge } else { Operation::ReadEntries };
    let caller = who.may(operation)?;
    let HitTestWish { jurisdiction, text, limit, keep } = wish;
    let limit = limit.unwrap_or(5);
    if !(1..=20).contains(&limit) {
        return Err(Problem::new(Code::BadParameter, "limit 应在1至20之间"));
    }
    let wish = app::HitWish { jurisdiction, text, limit, keep };
    Ok(Json(server.app.hit_test(&caller, wish).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct HitTests {
    /// Newest first; the last 200 are kept.
    hits: Vec<store::HitTest>,
}

/// Lists the hit tests that were kept
#[utoipa::path(get, path = "/v1/knowledge/hits", tag = "knowledge", params(ListParams), responses((status = 200, body = HitTests)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<ListParams>,
) -> Result<Json<HitTests>, Problem> {
    let caller = who.may(Operation::TendKnowledge)?;
    let hits = server.app.hit_tests(&caller, &params.jurisdiction, params.limit()?).await?;
    Ok(Json(HitTests { hits }))
}
