//! `/v1/admin/verify`: for whoever operates the service.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::extract::Who;
use super::problem::Problem;
use crate::access::Operation;
use crate::app::Verification;
use crate::store::Verified;

/// How far a verification is, and what it found.
#[derive(Serialize, ToSchema)]
pub(super) struct VerificationView {
    /// Absent: none was started since the service was.
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    running: bool,
    /// Of the journal.
    percent: u64,
    /// Everything is there and says the same.
    good: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Verified>,
    /// Where the knowledge index says otherwise than the store (Chinese).
    knowledge: Vec<String>,
    /// Why it could not be done (Chinese).
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

impl From<Verification> for VerificationView {
    fn from(it: Verification) -> Self {
        let good = it.verified.as_ref().is_some_and(Verified::is_good) && it.knowledge.is_empty();
        Self {
            started_at: Some(it.started_at),
            running: it.running,
            percent: it.opening.percent(),
            good: good && !it.running && it.failed.is_none(),
            verified: it.verified,
            knowledge: it.knowledge,
            failed: it.failed,
        }
    }
}

/// Starts to compare what is served with what the journal says
///
/// It makes a second view from the journal beside the service and compares; one at a time, a second call shows the first.
#[utoipa::path(post, path = "/v1/admin/verify", tag = "health", responses((status = 202, body = VerificationView)))]
pub(super) async fn verify(
    State(server): State<Server>,
    who: Who,
) -> Result<(StatusCode, Json<VerificationView>), Problem> {
    who.may(Operation::Maintain)?;
    Ok((StatusCode::ACCEPTED, Json(server.app.start_verification().into())))
}

/// Shows how far the verification is, and what it found
#[utoipa::path(get, path = "/v1/admin/verify", tag = "health", responses((status = 200, body = VerificationView)))]
pub(super) async fn verified(State(server): State<Server>, who: Who) -> Result<Json<VerificationView>, Problem> {
    who.may(Operation::Maintain)?;
    let none = || VerificationView {
        started_at: None,
        running: false,
        percent: 0,
        good: false,
        verified: None,
        knowledge: Vec::new(),
        failed: None,
    };
    Ok(Json(server.app.verification().map_or_else(none, VerificationView::from)))
}
