//! `/v1/subscriptions`: who is told what happens, what could not be delivered, what was confirmed.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::{Code, Problem};
use super::tickets::page;
use crate::access::Operation;
use crate::app::NewSubscription;
use crate::store::{Checkpoint, Confirmation, DeadLetter, Subscription};
use crate::ticket::Role;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriptionWish {
    /// `http://` or `https://`, without user and password.
    #[schema(example = "https://example.gov.cn/paidan")]
    url: String,
    /// Signs every delivery; made if absent. 24 to 256 bytes.
    secret: Option<String>,
    /// What the receiver may see, by the name of a role; `auditor` if absent: personal data covered.
    #[schema(value_type = Option<String>)]
    role: Option<Role>,
    /// With the role `unit`: which one, by its name; it is told of tickets that it has or had to do with, and of no others.
    #[serde(default)]
    unit: String,
    /// Only this jurisdiction; absent: all that the caller may see.
    #[serde(default)]
    jurisdiction: String,
    /// Only these kinds of events; absent: all.
    #[serde(default)]
    kinds: Vec<String>,
    /// Only tickets of these categories; absent: all.
    #[serde(default)]
    categories: Vec<String>,
    /// Only policies of these topics, and with one of these tags; absent: all. With no `kinds`, policies are all that is told.
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    tags: Vec<String>,
}

/// A subscription, without its secret.
#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionView {
    id: String,
    url: String,
    #[schema(value_type = String)]
    role: Role,
    /// Empty unless the role is `unit`.
    unit: String,
    /// Empty: all.
    jurisdiction: String,
    kinds: Vec<String>,
    categories: Vec<String>,
    /// Of policies; empty: all.
    topics: Vec<String>,
    tags: Vec<String>,
    created_at: DateTime<Utc>,
    /// False: nothing is sent any more.
    active: bool,
    /// Why it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
}

impl From<Subscription> for SubscriptionView {
    fn from(subscription: Subscription) -> Self {
        let Subscription { id, url, role, unit, jurisdiction, kinds, categories, topics, tags, .. } = subscription;
        let Subscription { created_at, ended, .. } = subscription;
        let (active, ended) = (ended.is_none(), ended.map(|ended| ended.reason));
        Self { id, url, role, unit, jurisdiction, kinds, categories, topics, tags, created_at, active, ended }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct NewSubscriptionView {
    #[serde(flatten)]
    subscription: SubscriptionView,
    /// Shown now and never again.
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionList {
    /// Oldest first.
    subscriptions: Vec<SubscriptionView>,
}

/// A subscription and how far it is, as of its last checkpoint (about a second ago).
#[derive(Serialize, ToSchema)]
pub(super) struct SubscriptionState {
    #[serde(flatten)]
    subscription: SubscriptionView,
    /// Everything up to this event was delivered, waits, or was given up.
    cursor: String,
    /// Tickets with events that were not delivered yet.
    waiting: Vec<WaitingView>,
    /// Why the last try failed; empty after a success.
    trouble: String,
}

/// The first undelivered event of a ticket; later ones wait behind it.
#[derive(Serialize, ToSchema)]
pub(super) struct WaitingView {
    ticket: String,
    event: String,
    /// Failed tries so far.
    attempts: u32,
    next_try: DateTime<Utc>,
}

impl SubscriptionState {
    fn new(subscription: Subscription, checkpoint: Checkpoint) -> Self {
        let waiting = checkpoint.waiting.into_iter().map(|waiting| WaitingView {
            ticket: waiting.ticket.to_string(),
            event: waiting.event.to_string(),
            attempts: waiting.attempts,
            next_try: waiting.next,
        });
        let waiting = waiting.collect();
        let (cursor, trouble) = (checkpoint.cursor.to_string(), checkpoint.trouble);
        Self { subscription: subscription.into(), cursor, waiting, trouble }
    }
}

/// Subscribes a URL to what happens
///
/// Policies that go live (kind `policy_published`) are told to those who name the kind, topics or tags. Every event of a ticket from now on is posted to it as a CloudEvent, signed, at least once, in order per ticket. The
/// secret is shown in this answer only.
#[utoipa::path(post, path = "/v1/subscriptions", tag = "subscriptions", request_body = SubscriptionWish,
    responses((status = 201, body = NewSubscriptionView)))]
pub(super) async fn post(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<SubscriptionWish>,
) -> Result<(StatusCode, Json<NewSubscriptionView>), Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let SubscriptionWish { url, secret, role, unit, jurisdiction, kinds, categories, topics, tags } = wish;
    let role = role.unwrap_or(Role::Auditor);
    let new = NewSubscription { url, secret, role, unit, jurisdiction, kinds, categories, topics, tags };
    let subscription = server.app.subscribe(&caller, new).await?;
    let secret = subscription.secret.0.clone();
    Ok((StatusCode::CREATED, Json(NewSubscriptionView { subscription: subscription.into(), secret })))
}

/// Lists subscriptions, oldest first
#[utoipa::path(get, path = "/v1/subscriptions", tag = "subscriptions", responses((status = 200, body = SubscriptionList)))]
pub(super) async fn list(State(server): State<Server>, who: Who) -> Result<Json<SubscriptionList>, Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let subscriptions = server.app.subscriptions(&caller).await?;
    Ok(Json(SubscriptionList { subscriptions: subscriptions.into_iter().map(Into::into).collect() }))
}

/// Shows a subscription and how far it is
#[utoipa::path(get, path = "/v1/subscriptions/{id}", tag = "subscriptions", params(("id" = String, Path)),
    responses((status = 200, body = SubscriptionState)))]
pub(super) async fn get(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<SubscriptionState>, Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let (subscription, checkpoint) = server.app.subscription(&caller, &id).await?;
    Ok(Json(SubscriptionState::new(subscription, checkpoint)))
}

/// Ends a subscription and forgets it, its dead letters and its confirmations
#[utoipa::path(delete, path = "/v1/subscriptions/{id}", tag = "subscriptions", params(("id" = String, Path)),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn delete(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    server.app.unsubscribe(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeadParams {
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// An event that was given up.
#[derive(Serialize, ToSchema)]
pub(super) struct DeadView {
    event: String,
    ticket: String,
    kind: String,
    /// Failed tries.
    attempts: u32,
    first_try: DateTime<Utc>,
    died_at: DateTime<Utc>,
    reason: String,
    /// It is being sent again.
    resend: bool,
}

impl From<DeadLetter> for DeadView {
    fn from(letter: DeadLetter) -> Self {
        let DeadLetter { ticket, event, kind, attempts, since, died_at, reason, resend } = letter;
        let (event, ticket) = (event.to_string(), ticket.to_string());
        Self { event, ticket, kind, attempts, first_try: since, died_at, reason, resend }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct DeadPage {
    /// By ticket.
    dead: Vec<DeadView>,
    /// Give it as `cursor` for what comes next; absent at the end.
    next: Option<String>,
}

/// Lists what could not be delivered and was given up
#[utoipa::path(get, path = "/v1/subscriptions/{id}/dead", tag = "subscriptions", params(("id" = String, Path), DeadParams),
    responses((status = 200, body = DeadPage)))]
pub(super) async fn dead(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<DeadParams>,
) -> Result<Json<DeadPage>, Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let limit = page(params.limit)?;
    let bad = || Problem::new(Code::BadParameter, "cursor 不是上一页给出的 next，请去掉后从第一页取起");
    let place = |cursor: String| {
        let (ticket, event) = cursor.split_once('.')?;
        Some((ticket.parse().ok()?, event.parse().ok()?))
    };
    let after = params.cursor.map(|cursor| place(cursor).ok_or_else(bad)).transpose()?;
    let letters = server.app.dead_letters(&caller, &id, after, limit).await?;
    let next = letters.last().filter(|_| letters.len() == limit).map(|it| format!("{}.{}", it.ticket, it.event));
    Ok(Json(DeadPage { dead: letters.into_iter().map(Into::into).collect(), next }))
}

/// How many dead letters are sent again.
#[derive(Serialize, ToSchema)]
pub(super) struct Resent {
    letters: usize,
}

/// Sends a dead letter again
///
/// By the same back-off as before; when it is given up once more it is back among the dead letters.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/dead/{event}/resend", tag = "subscriptions",
    params(("id" = String, Path), ("event" = String, Path)), responses((status = 202, body = Resent)))]
pub(super) async fn resend(
    State(server): State<Server>,
    who: Who,
    Path((id, event)): Path<(String, String)>,
) -> Result<(StatusCode, Json<Resent>), Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let letters = server.app.resend(&caller, &id, Some(&event)).await?;
    Ok((StatusCode::ACCEPTED, Json(Resent { letters })))
}

/// Sends all dead letters again
#[utoipa::path(post, path = "/v1/subscriptions/{id}/dead/resend", tag = "subscriptions", params(("id" = String, Path)),
    responses((status = 202, body = Resent)))]
pub(super) async fn resend_all(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Resent>), Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let letters = server.app.resend(&caller, &id, None).await?;
    Ok((StatusCode::ACCEPTED, Json(Resent { letters })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveryParams {
    /// Only this ticket.
    ticket: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// A delivery that the receiver confirmed with a reference of its own.
#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryView {
    event: String,
    ticket: String,
    /// The receiver's.
    confirmation: String,
    confirmed_at: DateTime<Utc>,
}

impl From<Confirmation> for DeliveryView {
    fn from(confirmed: Confirmation) -> Self {
        let Confirmation { ticket, event, reference, at } = confirmed;
        Self { event: event.to_string(), ticket: ticket.to_string(), confirmation: reference, confirmed_at: at }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct DeliveryPage {
    /// The newest tickets first.
    deliveries: Vec<DeliveryView>,
}

/// Lists the deliveries that the receiver confirmed
///
/// A receiver confirms by answering `{"confirmation": "<its own reference>"}`.
#[utoipa::path(get, path = "/v1/subscriptions/{id}/deliveries", tag = "subscriptions",
    params(("id" = String, Path), DeliveryParams), responses((status = 200, body = DeliveryPage)))]
pub(super) async fn deliveries(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<DeliveryParams>,
) -> Result<Json<DeliveryPage>, Problem> {
    let caller = who.may(Operation::ManageSubscriptions)?;
    let limit = page(params.limit)?;
    let confirmed = server.app.confirmations(&caller, &id, params.ticket.as_deref(), limit).await?;
    Ok(Json(DeliveryPage { deliveries: confirmed.into_iter().map(Into::into).collect() }))
}
