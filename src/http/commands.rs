//! `/v1/tickets/{id}/commands` and `/clocks`: what people do with a ticket, and why it is due when it is.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Server;
use super::extract::{IdempotencyKey, Sent, Who};
use super::problem::Problem;
use super::views::{EventView, shown};
use crate::access::Operation;
use crate::app::Use;
use crate::clocks::Explained;
use crate::digest::Digest;
use crate::ticket::{Command, Ticket};

/// A command, and the version of the ticket that the person has seen.
#[derive(Serialize, Deserialize, ToSchema)]
pub(super) struct Order {
    /// Absent: whatever the ticket is at now. A stale one is a 409 that says what happened meanwhile.
    #[serde(default)]
    version: Option<u32>,
    #[serde(flatten)]
    command: Command,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Done {
    ticket: Ticket,
    /// Everything that the command caused, first event first; empty for a repeated `Idempotency-Key`.
    events: Vec<EventView>,
}

/// Gives a command to a ticket
///
/// Who may give which command, when, and with what is set by the regulation of the jurisdiction; a refusal has a stable
/// code and names the article. With `Idempotency-Key`, a repeated call does nothing more.
#[utoipa::path(post, path = "/v1/tickets/{id}/commands", tag = "tickets", request_body = Order,
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)), responses((status = 200, body = Done)))]
pub(super) async fn command(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    Sent(order): Sent<Order>,
) -> Result<Json<Done>, Problem> {
    let caller = who.may(Operation::ActOnTickets)?;
    let body = || Digest::of(&serde_json::to_vec(&(&id, &order)).unwrap_or_default());
    let used = key.map(|key| Use { key, body: body() });
    let viewer = caller.viewer();
    let done = server.app.command(&caller, &id, order.version, order.command, used).await?;
    let sight = viewer.sight(&done.ticket);
    let events = done.events.into_iter().map(|event| EventView::new(event, &viewer, sight)).collect();
    Ok(Json(Done { ticket: shown(done.ticket, &viewer), events }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct ClockList {
    ticket: String,
    version: u32,
    /// Running ones first, then by due instant.
    clocks: Vec<Explained>,
}

/// Explains every clock of a ticket: why it is due then, and who is told next
#[utoipa::path(get, path = "/v1/tickets/{id}/clocks", tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = ClockList)))]
pub(super) async fn clocks(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<ClockList>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let (ticket, clocks) = server.app.clocks(&caller, &id).await?;
    Ok(Json(ClockList { ticket: ticket.id.to_string(), version: ticket.version, clocks }))
}
