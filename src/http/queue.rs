//! `/v1/queue`: the manual dispatch queue. A claim gives a number (`fence`); every later step carries it.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{IdempotencyKey, Params, Sent, Who};
use super::problem::Problem;
use super::tickets::page;
use super::views::{ClaimView, Detail, QueueItem, QueuePage, listed, shown};
use super::witness::About;
use crate::access::Operation;
use crate::app::{Claimed, Use, Wish};
use crate::digest::Digest;
use crate::store::{QueueFilter, Queued};
use crate::suggest::Suggestions;
use crate::ticket::Ticket;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct QueueParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// Tickets for this seat (坐席) and those that any seat may take.
    skill: Option<String>,
    /// Leave out what somebody holds.
    #[serde(default)]
    unclaimed: bool,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// Lists the waiting tickets in the order in which they are offered
#[utoipa::path(get, path = "/v1/queue", tag = "queue", params(QueueParams), responses((status = 200, body = QueuePage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<QueueParams>,
) -> Result<Json<QueuePage>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let limit = page(params.limit)?;
    let QueueParams { jurisdiction, skill, unclaimed, .. } = params;
    let filter = QueueFilter { jurisdiction, skill, unclaimed, viewer: None };
    let viewer = caller.viewer();
    let queued = server.app.queue(&caller, filter, limit).await?;
    let item = |it: Queued| QueueItem { ticket: listed(it.ticket, &viewer), lease_left_s: it.lease_left_s };
    let tickets = queued.into_iter().map(item);
    Ok(Json(QueuePage { tickets: tickets.collect() }))
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ClaimWish {
    /// Needed unless the token fixes it or `ticket` is given.
    #[serde(default)]
    jurisdiction: String,
    /// Seat (坐席); absent: any.
    skill: Option<String>,
    /// This ticket and no other.
    ticket: Option<String>,
    /// Seconds, up to a day; the configured length if absent.
    lease_s: Option<u32>,
}

/// Takes the next ticket: by risk, every fourth time the one that waits longest
///
/// Two people who claim at once get two tickets. 204: nothing is left. With `Idempotency-Key`, a repeated call gives the
/// same ticket.
#[utoipa::path(post, path = "/v1/queue/claim", tag = "queue", request_body = ClaimWish,
    params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, body = ClaimView), (status = 204, description = "Nothing is left")))]
pub(super) async fn claim(
    State(server): State<Server>,
    who: Who,
    IdempotencyKey(key): IdempotencyKey,
    Sent(wish): Sent<ClaimWish>,
) -> Result<Response, Problem> {
    let caller = who.may(Operation::WorkQueue)?;
    let used = used(key, &wish, "claim");
    let ClaimWish { jurisdiction, skill, ticket, lease_s } = wish;
    let Some(claimed) = server.app.claim(&caller, &jurisdiction, skill, ticket, lease_s, used).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let Claimed { dossier, fence, lease_s } = claimed;
    let about = About(dossier.ticket.id.to_string());
    let (dossier, suggestions) = server.app.suggestions_for(dossier).await?;
    let detail = Detail::new(dossier, &caller.viewer());
    Ok((Extension(about), Json(ClaimView { fence, lease_s, suggestions, detail })).into_response())
}

/// Shows units that a ticket may belong to, with what speaks for each, and decided tickets that are alike
///
/// The same comes with a claim. It proposes; the person decides.
#[utoipa::path(get, path = "/v1/queue/{id}/suggestions", tag = "queue",
    params(("id" = String, Path)), responses((status = 200, body = Suggestions)))]
pub(super) async fn suggestions(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<Suggestions>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    Ok(Json(server.app.suggestions(&caller, &id).await?))
}

/// A key stands for what was asked, of which ticket.
fn used(key: Option<String>, body: &impl Serialize, target: &str) -> Option<Use> {
    let body = || Digest::of(&serde_json::to_vec(&(target, body)).unwrap_or_default());
    key.map(|key| Use { key, body: body() })
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenewWish {
    /// Number of the claim.
    fence: u64,
    /// Seconds from now, up to a day; the configured length if absent.
    lease_s: Option<u32>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReleaseWish {
    /// Number of the claim.
    fence: u64,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SkipWish {
    /// Number of the claim.
    fence: u64,
    /// Why; at most 500 characters.
    reason: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DispatchWish {
    /// Number of the claim.
    fence: u64,
    /// The lead unit, by name, alias or id.
    lead: String,
    #[serde(default)]
    assists: Vec<String>,
    #[serde(default)]
    followers: Vec<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswerWish {
    /// Number of the claim.
    fence: u64,
    /// The entry that answers it; without it `text` is needed.
    entry: Option<String>,
    /// Own words; instead of the entry's, if both are given.
    #[serde(default)]
    text: String,
    #[serde(default)]
    basis: String,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefuseWish {
    /// Number of the claim.
    fence: u64,
    /// Refusal class of the jurisdiction; its article is added.
    code: u16,
    /// Said to the requester.
    reason: String,
}

/// A step on a claimed ticket: all handlers below differ in their wish only.
macro_rules! step {
    ($name:ident, $path:literal, $wish:ident, $summary:literal, $sent:ident => $to:expr) => {
        #[doc = $summary]
        #[utoipa::path(post, path = $path, tag = "queue", request_body = $wish,
                                            params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
                                            responses((status = 200, body = Ticket)))]
        pub(super) async fn $name(
            State(server): State<Server>,
            who: Who,
            Path(id): Path<String>,
            IdempotencyKey(key): IdempotencyKey,
            Sent($sent): Sent<$wish>,
        ) -> Result<Json<Ticket>, Problem> {
            let caller = who.may(Operation::WorkQueue)?;
            let used = used(key, &$sent, &format!("{id}/{}", stringify!($name)));
            let fence = $sent.fence;
            let ticket = server.app.act(&caller, &id, fence, $to, used).await?;
            Ok(Json(shown(ticket, &caller.viewer())))
        }
    };
}

step!(renew, "/v1/queue/{id}/renew", RenewWish, "Holds a claim longer", sent => Wish::Renew { lease_s: sent.lease_s });
step!(release, "/v1/queue/{id}/release", ReleaseWish, "Gives a ticket back to the queue", sent => Wish::Release);
step!(skip, "/v1/queue/{id}/skip", SkipWish, "Gives a ticket back, with a reason, and sees it again last",
    sent => Wish::Skip { reason: sent.reason });
step!(dispatch, "/v1/queue/{id}/dispatch", DispatchWish, "Dispatches a ticket to a lead, with assists", sent => Wish::Dispatch {
    lead: sent.lead, assists: sent.assists, followers: sent.followers, reason: sent.reason
});
step!(answer, "/v1/queue/{id}/answer", AnswerWish, "Answers a ticket, by an entry or in own words", sent => Wish::Answer {
    entry: sent.entry, text: sent.text, basis: sent.basis
});
step!(refuse, "/v1/queue/{id}/refuse", RefuseWish, "Refuses a ticket by an article (不予受理)",
    sent => Wish::Refuse { code: sent.code, reason: sent.reason });
