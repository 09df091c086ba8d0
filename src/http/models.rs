//! `/v1/rules/{jurisdiction}/models`: text models out of decided tickets. Training never changes what decides; a person does.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::extract::{Sent, SentFiles, Who};
use super::problem::Problem;
use crate::access::Operation;
use crate::app::{MineWish, ModelList, TrainWish, Training};
use crate::course::{InUse, Target, Trained};
use crate::lesson::Given;
use crate::mining::{Mined, Wanted};
use crate::releases::Draft;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrainBody {
    /// `unit` (absent) or `nature`.
    #[serde(default)]
    target: Target,
    /// Labelled texts of the city's own history; absent: the decided tickets of the store.
    lines: Option<Vec<LineBody>>,
}

/// A text, and what people made of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LineBody {
    #[serde(default)]
    title: String,
    text: String,
    /// A unit by any of its names, or a nature.
    label: String,
}

impl From<LineBody> for Given {
    fn from(LineBody { title, text, label }: LineBody) -> Self {
        Self { title, text, label }
    }
}

/// Starts training a model beside the service
///
/// It ends within seconds to minutes; `training` of the list tells how. The model that comes of it decides nothing until
/// somebody puts it into use.
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/models", tag = "rules", request_body = TrainBody,
    params(("jurisdiction" = String, Path)), responses((status = 202, body = Training)))]
pub(super) async fn train(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(TrainBody { target, lines }): SentFiles<TrainBody>,
) -> Result<(StatusCode, Json<Training>), Problem> {
    let caller = who.may(Operation::EditRules)?;
    let lines = lines.map(|lines| lines.into_iter().map(Given::from).collect());
    let training = server.app.train(&caller, &jurisdiction, TrainWish { target, lines }).await?;
    Ok((StatusCode::ACCEPTED, Json(training)))
}

/// Lists models with what each is worth, which decide, and the last training
#[utoipa::path(get, path = "/v1/rules/{jurisdiction}/models", tag = "rules",
    params(("jurisdiction" = String, Path)), responses((status = 200, body = ModelList)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
) -> Result<Json<ModelList>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    Ok(Json(server.app.models(&caller, &jurisdiction).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UseBody {
    /// `unit` (absent) or `nature`.
    #[serde(default)]
    target: Target,
    /// Which model decides from now on; absent: none. An older one is a rollback.
    number: Option<u64>,
}

/// Puts a model into use, goes back to an older one, or uses none
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/models/use", tag = "rules", request_body = UseBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = InUse)))]
pub(super) async fn put_to_use(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Sent(UseBody { target, number }): Sent<UseBody>,
) -> Result<Json<InUse>, Problem> {
    let caller = who.may(Operation::ApproveRules)?;
    Ok(Json(server.app.use_model(&caller, &jurisdiction, target, number).await?))
}

/// Marks a model that nobody wants any more; its record stays
#[utoipa::path(delete, path = "/v1/rules/{jurisdiction}/models/{number}", tag = "rules",
    params(("jurisdiction" = String, Path), ("number" = u64, Path)), responses((status = 200, body = Trained)))]
pub(super) async fn discard(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, number)): Path<(String, String)>,
) -> Result<Json<Trained>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let number = number.parse().map_err(|_| Problem::field("number", "写模型的序号，例如 3"))?;
    Ok(Json(server.app.discard_model(&caller, &jurisdiction, number).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MineBody {
    /// `unit` (absent) or `nature`.
    #[serde(default)]
    target: Target,
    /// Labelled texts of the city's own history; absent: the decided tickets of the store.
    lines: Option<Vec<LineBody>>,
    /// Labels of the history → names of the jurisdiction.
    #[serde(default)]
    map: BTreeMap<String, String>,
    /// So often a word has to be right on texts that it was not found on: 0.5 to 1, 0.9 if absent.
    precision: Option<f64>,
    /// In so many of these texts it has to stand: at least 2, 5 if absent.
    support: Option<usize>,
}

/// What was found, and where it can be edited.
#[derive(Serialize, ToSchema)]
pub(super) struct MinedView {
    mined: Mined,
    /// Absent: nothing was found.
    draft: Option<Draft>,
}

/// Proposes rules out of history and writes them down as a draft
///
/// Words, and pairs of words, with precision and support measured on texts that they were not found on. Nothing goes live:
/// somebody reads the draft and publishes it.
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/mine", tag = "rules", request_body = MineBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = MinedView)))]
pub(super) async fn mine(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(body): SentFiles<MineBody>,
) -> Result<Json<MinedView>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let MineBody { target, lines, map, precision, support } = body;
    let given = precision.unwrap_or(0.9);
    if !(0.5..=1.0).contains(&given) {
        return Err(Problem::field("precision", "0.5 到 1 之间，例如 0.9"));
    }
    let support = support.unwrap_or(Wanted::default().support);
    if support < 2 {
        return Err(Problem::field("support", "至少 2"));
    }
    let wanted = Wanted { precision: (given * 1_000.0).round() as i32, support, ..Wanted::default() };
    let lines = lines.map(|lines| lines.into_iter().map(Given::from).collect());
    let (mined, draft) = server.app.mine(&caller, &jurisdiction, MineWish { target, lines, map, wanted }).await?;
    Ok(Json(MinedView { mined, draft }))
}
