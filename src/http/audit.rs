//! `/v1/audit`: who did what and who read whose data, for those who watch over it (LH-62, HN-50).

use std::ops::ControlFlow;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Who};
use super::problem::{Code, Problem};
use super::tickets::page;
use crate::access::{Caller, Operation};
use crate::app::Error;
use crate::audit::{self, Audit, Line, Query};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditParams {
    /// At or after (RFC 3339).
    from: Option<DateTime<Utc>>,
    /// Before (RFC 3339).
    until: Option<DateTime<Utc>>,
    /// Name of a token or login, exactly.
    client: Option<String>,
    person: Option<String>,
    jurisdiction: Option<String>,
    /// Part of what it was about: the number of a ticket, or a path.
    target: Option<String>,
    /// true: only readings of personal data.
    #[serde(default)]
    personal: bool,
    /// `next` of the page before.
    after: Option<u64>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// Oldest first.
    lines: Vec<Line>,
    /// Give it as `after` for what comes next; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Lists who did what, and who read whose personal data
#[utoipa::path(get, path = "/v1/audit", tag = "audit", params(AuditParams), responses((status = 200, body = AuditPage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<AuditParams>,
) -> Result<Json<AuditPage>, Problem> {
    let caller = who.may(Operation::ReadAudit)?;
    let limit = page(params.limit)?;
    let query = query_of(&caller, params)?;
    let audit = log_of(&server).await?;
    let read = move || {
        let mut lines = Vec::new();
        audit::read(audit.dir(), &query, &mut |line| {
            lines.push(line);
            if lines.len() <= limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok::<_, std::io::Error>(lines)
    };
    let mut lines = blocking(read).await?;
    let more = lines.len() > limit;
    lines.truncate(limit);
    let next = lines.last().filter(|_| more).map(|line| line.n);
    Ok(Json(AuditPage { lines, next }))
}

/// A caller bound to a jurisdiction sees what was done in its name only.
fn query_of(caller: &Caller, params: AuditParams) -> Result<Query, Problem> {
    let AuditParams { from, until, client, person, mut jurisdiction, target, personal, after, .. } = params;
    if !caller.jurisdiction.is_empty() {
        let own = caller.jurisdiction.clone();
        if jurisdiction.as_ref().is_some_and(|named| *named != own) {
            return Err(Error::OtherJurisdiction { own }.into());
        }
        jurisdiction = Some(own);
    }
    Ok(Query { from, until, client, person, jurisdiction, target, personal, after: after.unwrap_or_default() })
}

#[derive(Serialize, ToSchema)]
pub(super) struct Verdict {
    /// Every line is as it was written, none is missing.
    whole: bool,
    files: usize,
    lines: u64,
    /// Number of the first line that is kept.
    first: u64,
    /// SM3 of the last line.
    last: String,
    seals: Vec<Seal>,
    /// Where the chain does not hold (Chinese).
    faults: Vec<String>,
}

/// The end of a day: compare it with what was kept elsewhere.
#[derive(Serialize, ToSchema)]
pub(super) struct Seal {
    day: NaiveDate,
    sm3: String,
}

/// Checks the chain of the audit log from its first line to its last
#[utoipa::path(get, path = "/v1/audit/verify", tag = "audit", responses((status = 200, body = Verdict)))]
pub(super) async fn verify(State(server): State<Server>, who: Who) -> Result<Json<Verdict>, Problem> {
    who.may(Operation::ReadAudit)?;
    let audit = log_of(&server).await?;
    let checked = blocking(move || audit::verify(audit.dir())).await?;
    let faults = checked.faults.iter().map(|fault| {
        let file = fault.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        format!("{file}第{}行：{}", fault.line, fault.what)
    });
    Ok(Json(Verdict {
        whole: checked.faults.is_empty(),
        files: checked.files,
        lines: checked.lines,
        first: checked.first,
        last: checked.last.clone(),
        faults: faults.collect(),
        seals: checked.seals.into_iter().map(|(day, sm3)| Seal { day, sm3 }).collect(),
    }))
}

/// With everything noted so far in it. One that cannot be written is read as it stands.
async fn log_of(server: &Server) -> Result<Audit, Problem> {
    let missing = || Problem::new(Code::AuditFailed, "审计日志没有打开，请查看服务日志");
    let audit = server.audit.clone().ok_or_else(missing)?;
    let _ = audit.settle().await;
    Ok(audit)
}

async fn blocking<T: Send + 'static>(read: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Problem> {
    let read = tokio::task::spawn_blocking(read).await.map_err(|_| Error::Panicked)?;
    read.map_err(|cause| {
        tracing::error!(%cause, "reading the audit log failed");
        Problem::new(Code::AuditFailed, "审计日志无法读取，请联系运维人员")
    })
}
