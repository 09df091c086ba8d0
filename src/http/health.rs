//! `/healthz`, `/readyz`, `/metrics`: for machines that watch; open, without personal data.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::Server;
use super::problem::Problem;
use crate::store::Health;

#[derive(Serialize, ToSchema)]
pub(super) struct Alive {
    status: &'static str,
    version: &'static str,
}

/// Says that the process lives
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Alive)))]
pub(super) async fn healthz() -> Json<Alive> {
    Json(Alive { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// `ready`, `degraded` (it serves, and something needs mending), `not_ready` or `starting`.
    status: &'static str,
    /// opening, writable, read_only or failed.
    store: &'static str,
    /// What has to be mended (Chinese).
    problems: Vec<String>,
    /// Jurisdiction → digest of the release that decides; empty: none, its requests go to the queue.
    releases: BTreeMap<String, String>,
    /// While it starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    starting: Option<Starting>,
}

/// What is done before requests are taken.
#[derive(Serialize, ToSchema)]
pub(super) struct Starting {
    /// For people (Chinese).
    doing: &'static str,
    percent: u64,
}

/// What `readyz` says while there is no service yet.
pub(super) fn starting(doing: &'static str, percent: u64) -> Readiness {
    Readiness {
        status: "starting",
        store: "opening",
        problems: vec![format!("正在启动：{doing}（{percent}%）")],
        releases: BTreeMap::new(),
        starting: Some(Starting { doing, percent }),
    }
}

/// Says whether requests are taken, and what needs mending
///
/// A jurisdiction without rules is `degraded`, not `not_ready`: the others must go on.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness)))]
pub(super) async fn readyz(State(server): State<Server>) -> Response {
    let mut problems = Vec::new();
    let (store, writable) = match server.app.store().health() {
        Health::Writable => ("writable", true),
        Health::ReadOnly { .. } => ("read_only", false),
        Health::Failed { .. } => ("failed", false),
    };
    if !writable {
        problems.push("存储不可写，暂不受理新诉求，请查看服务日志".to_owned());
    }
    if let (Some((free, true)), true) = (server.app.store().room(), writable) {
        let free_mib = free >> 20;
        problems.push(format!("数据目录所在磁盘只剩{free_mib}MiB，暂不受理新诉求，已受理的照常办理，请腾出空间"));
    }
    let stopping = server.is_stopping();
    if stopping {
        problems.push("正在停止".to_owned());
    }
    let releases = releases(&server, &mut problems);
    if releases.is_empty() {
        problems.push("没有任何辖区，请检查规则目录".to_owned());
    }
    for year in server.app.unpublished_years().await.unwrap_or_default() {
        problems.push(format!(
            "有工单的期限落在{year}年，该年放假安排尚未公布，暂按周一至周五计算；公布后请补上 rules/calendar/{year}.toml，期限将自动重算"
        ));
    }
    let serves = writable && !stopping && !releases.is_empty();
    let status = if !serves {
        "not_ready"
    } else if problems.is_empty() {
        "ready"
    } else {
        "degraded"
    };
    let code = if serves { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (code, Json(Readiness { status, store, problems, releases, starting: None })).into_response()
}

fn releases(server: &Server, problems: &mut Vec<String>) -> BTreeMap<String, String> {
    let snapshot = server.app.live().snapshot();
    let reports = server.app.live().reports.load();
    for (name, release) in &snapshot.releases {
        let stale = reports.jurisdictions.get(name).is_some_and(|report| !report.current);
        match release {
            None => problems.push(format!("{name}：还没有可用的规则，诉求全部转人工，见 GET /v1/rules")),
            Some(_) if stale => problems.push(format!("{name}：规则文件有误，沿用上一个版本，见 GET /v1/rules")),
            Some(release) if !release.suspended.is_empty() => {
                problems.push(format!("{name}：有{}条规则已停用，见 GET /v1/rules", release.suspended.len()));
            }
            Some(_) => {}
        }
    }
    let digest = |release: &Option<_>| release.as_ref().map_or_else(String::new, digest_of);
    snapshot.releases.iter().map(|(name, release)| (name.clone(), digest(release))).collect()
}

fn digest_of(release: &std::sync::Arc<crate::triage::Release>) -> String {
    release.digest.to_string()
}

/// Shows what is counted, in the text format of Prometheus
#[utoipa::path(get, path = "/metrics", tag = "health", responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(server): State<Server>) -> Result<Response, Problem> {
    let text = server.app.exposition().await?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
