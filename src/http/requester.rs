//! `/v1/tickets/{id}/receipt` and `/timeline`: what a platform shows to the requester.

use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::extract::Who;
use super::problem::Problem;
use crate::access::Operation;
use crate::clocks::Acceptance;
use crate::ticket::{Node, stage};

/// Shows the receipt of a ticket (受理告知书): who received it, what is promised, whether the requester was told
///
/// Before the dispatch `promise` says what will hold from then on. The requester confirms it by the command `acknowledge`.
#[utoipa::path(get, path = "/v1/tickets/{id}/receipt", tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = Acceptance)))]
pub(super) async fn receipt(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Acceptance>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    Ok(Json(server.app.receipt(&caller, &id).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Timeline {
    ticket: String,
    /// Where it stands, in words.
    stage: &'static str,
    /// In the order in which they happened.
    nodes: Vec<Node>,
}

/// Shows the nodes of a ticket that its requester may see
///
/// Without names of persons and without what goes on between the offices.
#[utoipa::path(get, path = "/v1/tickets/{id}/timeline", tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = Timeline)))]
pub(super) async fn timeline(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Timeline>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let (ticket, nodes) = server.app.timeline(&caller, &id).await?;
    Ok(Json(Timeline { ticket: ticket.id.to_string(), stage: stage(ticket.phase), nodes }))
}
