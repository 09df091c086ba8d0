//! `/v1/knowledge/import` and `/v1/knowledge/export`: entries as TOML, CSV, XLSX or JSON lines.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Server;
use super::extract::{Params, Who, whole};
use super::problem::Problem;
use crate::access::Operation;
use crate::app::{ImportReport, ImportWish};
use crate::editorial::exchange::Format;

/// Bytes of a file of entries.
const LARGEST: usize = 32 << 20;
/// For a file that comes over a slow line.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// toml, csv, xlsx or jsonl.
    #[param(inline)]
    format: Format,
    /// Name of the file, for messages.
    #[serde(default)]
    file: String,
    /// Make drafts; else only say what would change.
    #[serde(default)]
    apply: bool,
    /// Submit the drafts for review.
    #[serde(default)]
    submit: bool,
    /// Also what would undo what people did since.
    #[serde(default)]
    overwrite: bool,
}

/// Says what a file of entries would change, and with `apply` makes drafts of it
///
/// The body is the file itself; CSV may be UTF-8, UTF-16 or GB 18030. Nothing goes live without its review.
#[utoipa::path(post, path = "/v1/knowledge/import", tag = "knowledge", params(ImportParams), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = ImportReport)))]
pub(super) async fn import(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<ImportParams>,
    body: Body,
) -> Result<Json<ImportReport>, Problem> {
    let caller = who.may(Operation::EditEntries)?;
    let bytes = whole(body, LARGEST, PATIENCE).await?.to_vec();
    let ImportParams { jurisdiction, format, file, apply, submit, overwrite } = params;
    let file = if file.is_empty() { format!("entries.{}", format.ending()) } else { file };
    let wish = ImportWish { format, file, bytes, apply, submit, overwrite };
    Ok(Json(server.app.import(&caller, &jurisdiction, wish).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExportParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// toml, csv, xlsx or jsonl.
    #[param(inline)]
    format: Format,
}

/// Sends all live entries as one file
#[utoipa::path(get, path = "/v1/knowledge/export", tag = "knowledge", params(ExportParams), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream")))]
pub(super) async fn export(
    State(server): State<Server>,
    who: Who,
    Params(ExportParams { jurisdiction, format }): Params<ExportParams>,
) -> Result<Response, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let bytes = server.app.export(&caller, &jurisdiction, format).await?;
    Ok(([(header::CONTENT_TYPE, format.media_type())], bytes).into_response())
}
