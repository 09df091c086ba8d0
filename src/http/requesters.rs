//! `/v1/requesters`: what a person may ask to be done with what is known of them.

use axum::Json;
use axum::extract::State;

use super::Server;
use super::extract::{Sent, Who};
use super::problem::Problem;
use crate::access::Operation;
use crate::app::{Erasure, ErasureWish};

/// Destroys the personal data of a requester's ended tickets
///
/// Only in an encrypted store, and not where the regulation wants the record kept for good: `kept` says which tickets
/// stay and why. States, counts and the history of events remain; what was personal in them can never be read again.
#[utoipa::path(post, path = "/v1/requesters/erase", tag = "tickets", request_body = ErasureWish, responses((status = 200, body = Erasure)))]
pub(super) async fn erase(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<ErasureWish>,
) -> Result<Json<Erasure>, Problem> {
    let caller = who.may(Operation::ErasePersonal)?;
    Ok(Json(server.app.erase(&caller, wish).await?))
}
