//! `/v1/enterprises`: 一企一档, with those who serve the enterprise and with its tickets.

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::{Code, Problem};
use super::tickets::page;
use crate::access::{Caller, Operation};
use crate::app::EnterpriseWish;
use crate::store::Enterprise;
use crate::ticket::{Officer, Phase, Ticket};
use crate::triage::Warning;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnterpriseBody {
    name: String,
    /// 服务专员, 项目管家 and others; up to 20.
    #[serde(default)]
    officers: Vec<Officer>,
    /// What it is (高新技术企业, 专精特新 …): policies with one of these tags are for it. Up to 100.
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhereParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// `next` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// The record of an enterprise.
#[derive(Serialize, ToSchema)]
pub(super) struct EnterpriseView {
    jurisdiction: String,
    id: String,
    name: String,
    /// Their telephone numbers only for roles that may see personal data, or may write the record.
    officers: Vec<Officer>,
    tags: Vec<String>,
    /// 1, and one more with every change.
    version: u32,
    updated_at: DateTime<Utc>,
}

impl EnterpriseView {
    fn new(enterprise: Enterprise, caller: &Caller) -> Self {
        let Enterprise { jurisdiction, id, name, mut officers, tags, version, updated_at } = enterprise;
        if !caller.may(Operation::ReadPersonal) && !caller.may(Operation::ManageEnterprises) {
            officers = officers.iter().map(Officer::covered).collect();
        }
        Self { jurisdiction, id, name, officers, tags, version, updated_at }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct EnterprisePage {
    /// In a fixed order that means nothing.
    enterprises: Vec<EnterpriseView>,
    /// Give it as `cursor` for what comes next; absent at the end.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct EnterpriseDetail {
    /// Absent: nobody wrote one yet; shown then only to roles that may see personal data.
    record: Option<EnterpriseView>,
    /// Newest first.
    tickets: Vec<TicketLine>,
    /// Give it as `cursor` for what comes next; absent at the end.
    next: Option<String>,
}

/// A ticket of an enterprise.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketLine {
    id: String,
    reference: String,
    received_at: DateTime<Utc>,
    summary: String,
    category: String,
    topic: String,
    phase: Phase,
    /// The phase in Chinese.
    stage: &'static str,
    lead: String,
    /// Of the main clock; absent: it does not run yet.
    due: Option<DateTime<Utc>>,
    warning: Warning,
    overdue: bool,
}

impl From<Ticket> for TicketLine {
    fn from(ticket: Ticket) -> Self {
        let (due, overdue) = (ticket.life.main().map(|clock| clock.due), ticket.overdue());
        Self {
            id: ticket.id.to_string(),
            reference: ticket.reference,
            received_at: ticket.received_at,
            summary: ticket.summary,
            category: ticket.category,
            topic: ticket.topic,
            phase: ticket.phase,
            stage: ticket.phase.title(),
            lead: ticket.lead,
            due,
            warning: ticket.warning,
            overdue,
        }
    }
}

/// Writes the record of an enterprise
///
/// It takes the place of what is there. Its officers are named on every later ticket of this id (`requester.id`) whose topic
/// is theirs; who of them is told what, the notices of the regulation say (`to = ["officers"]`).
#[utoipa::path(put, path = "/v1/enterprises/{id}", tag = "enterprises", request_body = EnterpriseBody,
    params(("id" = String, Path, description = "统一社会信用代码"), WhereParams), responses((status = 200, body = EnterpriseView)))]
pub(super) async fn put(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(WhereParams { jurisdiction }): Params<WhereParams>,
    Sent(EnterpriseBody { name, officers, tags }): Sent<EnterpriseBody>,
) -> Result<Json<EnterpriseView>, Problem> {
    let caller = who.may(Operation::ManageEnterprises)?;
    let wish = EnterpriseWish { jurisdiction, id, name, officers, tags };
    let stored = server.app.put_enterprise(&caller, wish).await?;
    Ok(Json(EnterpriseView::new(stored, &caller)))
}

/// Shows everything about an enterprise: its record and its tickets, newest first
#[utoipa::path(get, path = "/v1/enterprises/{id}", tag = "enterprises",
    params(("id" = String, Path, description = "统一社会信用代码"), PageParams), responses((status = 200, body = EnterpriseDetail)))]
pub(super) async fn get(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<PageParams>,
) -> Result<Json<EnterpriseDetail>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let limit = page(params.limit)?;
    let bad = || Problem::new(Code::BadParameter, "cursor 不是上一页给出的 next，请去掉后从第一页取起");
    let cursor = params.cursor.map(|cursor| cursor.parse().map_err(|_| bad())).transpose()?;
    let file = server.app.enterprise(&caller, &params.jurisdiction, &id, cursor, limit).await?;
    Ok(Json(EnterpriseDetail {
        record: file.record.map(|record| EnterpriseView::new(record, &caller)),
        tickets: file.tickets.tickets.into_iter().map(Into::into).collect(),
        next: file.tickets.next.map(|next| next.to_string()),
    }))
}

/// Lists the records of a jurisdiction
#[utoipa::path(get, path = "/v1/enterprises", tag = "enterprises", params(PageParams), responses((status = 200, body = EnterprisePage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<PageParams>,
) -> Result<Json<EnterprisePage>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let limit = page(params.limit)?;
    let found = server.app.enterprises(&caller, &params.jurisdiction, params.cursor.as_deref(), limit).await?;
    let next = found.last().filter(|_| found.len() == limit).map(|last| last.id.clone());
    let enterprises = found.into_iter().map(|it| EnterpriseView::new(it, &caller)).collect();
    Ok(Json(EnterprisePage { enterprises, next }))
}
