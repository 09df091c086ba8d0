//! `/v1/knowledge/questions`, `/regress`, `/regressions`: questions that are asked again at each change.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ListParams;
use crate::access::Operation;
use crate::app;
use crate::http::Server;
use crate::http::extract::{Params, Sent, Who};
use crate::http::problem::Problem;
use crate::knowledge::regression::{Moved, Outcome, Question, Tally};
use crate::store::{KeptQuestion, Run};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhereParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct QuestionList {
    /// Those of the packs.
    shipped: Vec<Question>,
    /// Those that people keep; one with the same text stands in the place of a shipped one.
    kept: Vec<KeptQuestion>,
}

/// Lists the regression questions
#[utoipa::path(get, path = "/v1/knowledge/questions", tag = "knowledge", params(WhereParams), responses((status = 200, body = QuestionList)))]
pub(super) async fn questions(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<WhereParams>,
) -> Result<Json<QuestionList>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let (shipped, kept) = server.app.questions(&caller, &params.jurisdiction).await?;
    Ok(Json(QuestionList { shipped, kept }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// As people ask it; at most 500 characters.
    text: String,
    /// The entry that answers it; empty: none does, and a person has to.
    #[serde(default)]
    entry: String,
}

/// Keeps a regression question, in the place of one with the same text
#[utoipa::path(post, path = "/v1/knowledge/questions", tag = "knowledge", request_body = QuestionWish, responses((status = 201, body = KeptQuestion)))]
pub(super) async fn keep(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<QuestionWish>,
) -> Result<(StatusCode, Json<KeptQuestion>), Problem> {
    let caller = who.may(Operation::TendKnowledge)?;
    let QuestionWish { jurisdiction, text, entry } = wish;
    let kept = server.app.keep_question(&caller, &jurisdiction, Question { text, entry }).await?;
    Ok((StatusCode::CREATED, Json(kept)))
}

/// Drops a regression question that somebody kept
#[utoipa::path(delete, path = "/v1/knowledge/questions/{id}", tag = "knowledge", params(("id" = String, Path), WhereParams), responses((status = 204)))]
pub(super) async fn remove(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<WhereParams>,
) -> Result<StatusCode, Problem> {
    let caller = who.may(Operation::TendKnowledge)?;
    server.app.drop_question(&caller, &params.jurisdiction, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RegressWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Regression {
    tally: Tally,
    outcomes: Vec<Outcome>,
    /// Against the last run that was kept; the worst first.
    moved: Vec<Moved>,
    /// Version of the knowledge that was asked.
    knowledge: String,
}

/// Asks all regression questions now, and keeps nothing
#[utoipa::path(post, path = "/v1/knowledge/regress", tag = "knowledge", request_body = RegressWish, responses((status = 200, body = Regression)))]
pub(super) async fn regress(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<RegressWish>,
) -> Result<Json<Regression>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let done = server.app.regress(&caller, &wish.jurisdiction).await?;
    let app::Regressed { tally, outcomes, moved, knowledge } = done;
    Ok(Json(Regression { tally, outcomes, moved, knowledge }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Runs {
    /// One for each change that went live, newest first; the last 50 are kept.
    runs: Vec<Run>,
}

/// Lists what each change of knowledge or words moved
#[utoipa::path(get, path = "/v1/knowledge/regressions", tag = "knowledge", params(ListParams), responses((status = 200, body = Runs)))]
pub(super) async fn runs(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<ListParams>,
) -> Result<Json<Runs>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let runs = server.app.regressions(&caller, &params.jurisdiction, params.limit()?).await?;
    Ok(Json(Runs { runs }))
}
