//! `/v1/tickets`: post, list, look at.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Server;
use super::extract::{IdempotencyKey, Params, Sent, Who};
use super::problem::{Code, Problem};
use super::views::{Detail, EventView, Receipt, TicketPage, listed};
use super::witness::About;
use crate::access::Operation;
use crate::app::Lane;
use crate::store::Filter;
use crate::ticket::{Phase, Request};
use crate::triage::Warning;

const LONGEST_PAGE: usize = 200;

/// Takes a request as a ticket
///
/// Acknowledged when it is durable. With `Idempotency-Key`, posting again within 30 days gives the first ticket (200).
#[utoipa::path(post, path = "/v1/tickets", tag = "tickets", request_body = Request,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 bytes; one per request, the client's own")),
    responses((status = 201, body = Receipt), (status = 200, body = Receipt, description = "The key was used before: the first ticket")))]
pub(super) async fn post(
    State(server): State<Server>,
    who: Who,
    IdempotencyKey(key): IdempotencyKey,
    Sent(request): Sent<Request>,
) -> Result<(StatusCode, Extension<About>, Json<Receipt>), Problem> {
    let caller = who.may(Operation::Intake)?;
    let taken = server.app.take(&caller, request, key, Lane::Intake).await?;
    let status = if taken.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let about = About(taken.ticket.id.to_string());
    Ok((status, Extension(about), Json(taken.into())))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParams {
    jurisdiction: Option<String>,
    phase: Option<Phase>,
    /// Lead unit, exactly.
    lead: Option<String>,
    category: Option<String>,
    warning: Option<Warning>,
    /// The platform's own reference, exactly; with `jurisdiction` it is found at once.
    reference: Option<String>,
    /// Received at or after (RFC 3339).
    from: Option<DateTime<Utc>>,
    /// Received before (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

impl From<ListParams> for Filter {
    fn from(params: ListParams) -> Self {
        let ListParams { jurisdiction, phase, lead, category, warning, reference, from, until, .. } = params;
        Self { jurisdiction, phase, lead, category, warning, reference, from, until, viewer: None }
    }
}

/// Lists tickets, newest first
///
/// A unit sees only those that it has or had to do with. Confidential ones stand in the list without text.
#[utoipa::path(get, path = "/v1/tickets", tag = "tickets", params(ListParams), responses((status = 200, body = TicketPage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<ListParams>,
) -> Result<Json<TicketPage>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let limit = page(params.limit)?;
    let cursor = match &params.cursor {
        Some(cursor) => Some(cursor.parse().map_err(|_| bad_cursor())?),
        None => None,
    };
    let page = server.app.list(&caller, params.into(), cursor, limit).await?;
    let viewer = caller.viewer();
    let tickets = page.tickets.into_iter().map(|ticket| listed(ticket, &viewer)).collect();
    Ok(Json(TicketPage { tickets, next: page.next.map(|next| next.to_string()) }))
}

/// A page length within its limits.
pub(super) fn page(limit: Option<usize>) -> Result<usize, Problem> {
    match limit.unwrap_or(50) {
        limit @ 1..=LONGEST_PAGE => Ok(limit),
        _ => Err(Problem::new(Code::BadParameter, format!("limit 应在1至{LONGEST_PAGE}之间"))),
    }
}

fn bad_cursor() -> Problem {
    Problem::new(Code::BadParameter, "cursor 不是上一页给出的 next，请去掉后从第一页取起")
}

/// Shows a ticket with everything known about it
///
/// Personal data only for roles that need them; a unit sees only tickets that it has or had to do with (else 404). Of a
/// confidential ticket those who do not handle it see neither text nor decision.
#[utoipa::path(get, path = "/v1/tickets/{id}", tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = Detail)))]
pub(super) async fn get(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Detail>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let dossier = server.app.find(&caller, &id).await?;
    Ok(Json(Detail::new(dossier, &caller.viewer())))
}

/// Lists everything that happened to a ticket, first event first
#[utoipa::path(get, path = "/v1/tickets/{id}/events", tag = "tickets", params(("id" = String, Path)), responses((status = 200, body = [EventView])))]
pub(super) async fn events(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Vec<EventView>>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let viewer = caller.viewer();
    let (ticket, events) = server.app.events(&caller, &id).await?;
    let sight = viewer.sight(&ticket);
    Ok(Json(events.into_iter().map(|event| EventView::new(event, &viewer, sight)).collect()))
}
