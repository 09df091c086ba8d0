//! `POST /v1/triage`: a decision without a record.

use axum::Json;
use axum::extract::State;

use super::Server;
use super::extract::{Sent, Who};
use super::problem::Problem;
use crate::access::Operation;
use crate::ticket::Request;
use crate::triage::Decision;

/// Decides a request without recording anything
///
/// Explains itself completely: facts, votes, evidence.
#[utoipa::path(post, path = "/v1/triage", tag = "triage", request_body = Request, responses((status = 200, body = Decision)))]
pub(super) async fn triage(
    State(server): State<Server>,
    who: Who,
    Sent(request): Sent<Request>,
) -> Result<Json<Decision>, Problem> {
    let caller = who.may(Operation::Triage)?;
    Ok(Json(server.app.triage(&caller, request).await?))
}
