//! `/v1/rules/{jurisdiction}/why` and its likes: seeing through decisions and rules, and what a change would do.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, SentFiles, Who};
use super::problem::{Code, Problem};
use crate::access::Operation;
use crate::app::{BacktestWish, Job, Which};
use crate::backtest::{Drill, Report};
use crate::insight::{Covered, Overlaps, Refs, Why, WhyNot};
use crate::releases::Edits;
use crate::ticket::{Request, Requester};

/// Which rules are meant; nothing: those that are live.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WhichBody {
    /// A release: its number, or six or more characters of its digest.
    release: Option<String>,
    /// Or a draft.
    draft: Option<String>,
    /// Path → text on top; `null` removes the file.
    files: Edits,
}

impl From<WhichBody> for Which {
    fn from(WhichBody { release, draft, files }: WhichBody) -> Self {
        Self { release, draft, edits: files }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhyBody {
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    channel: String,
    /// Kind of requester.
    #[serde(default)]
    requester: String,
    #[serde(default)]
    section: String,
    #[serde(default)]
    rules: WhichBody,
}

impl WhyBody {
    fn split(self, jurisdiction: String) -> (Request, Which) {
        let Self { title, text, channel, requester, section, rules } = self;
        let requester = Requester { kind: requester, ..Requester::default() };
        (Request { jurisdiction, title, text, channel, section, requester, ..Request::default() }, rules.into())
    }
}

/// Says why a text is decided as it is: every vote, words marked, runners-up, margins, thresholds
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/why", tag = "rules", request_body = WhyBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Why)))]
pub(super) async fn why(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(body): SentFiles<WhyBody>,
) -> Result<Json<Why>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let (request, which) = body.split(jurisdiction);
    Ok(Json(server.app.why(&caller, request, which).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WhyNotBody {
    /// Id of the rule.
    rule: String,
    /// The text.
    request: WhyBody,
}

/// Says why a rule does not fire on a text, or why its vote did not count
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/why-not", tag = "rules", request_body = WhyNotBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = WhyNot)))]
pub(super) async fn why_not(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(WhyNotBody { rule, request }): SentFiles<WhyNotBody>,
) -> Result<Json<WhyNot>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let (request, which) = request.split(jurisdiction);
    Ok(Json(server.app.why_not(&caller, request, which, rule).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RefParams {
    /// A unit, a word, a rule id, a place, a category.
    name: String,
    release: Option<String>,
    draft: Option<String>,
}

/// Shows where a name is used: rules, cases, entries, duties, synonyms
#[utoipa::path(get, path = "/v1/rules/{jurisdiction}/refs", tag = "rules",
    params(("jurisdiction" = String, Path), RefParams), responses((status = 200, body = Refs)))]
pub(super) async fn refs(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Params(RefParams { name, release, draft }): Params<RefParams>,
) -> Result<Json<Refs>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let which = Which { release, draft, ..Which::default() };
    Ok(Json(server.app.refs(&caller, &jurisdiction, which, name).await?))
}

/// Counts over the cases which rules fire, decide, are always outvoted
///
/// Over tickets that were taken, `GET /v1/rules/{jurisdiction}/numbers` counts.
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/coverage", tag = "rules", request_body = WhichBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Covered)))]
pub(super) async fn coverage(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(which): SentFiles<WhichBody>,
) -> Result<Json<Covered>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    Ok(Json(server.app.coverage(&caller, &jurisdiction, which.into()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OverlapBody {
    #[serde(default)]
    rules: WhichBody,
    /// Pairs; 100 if absent.
    limit: Option<usize>,
}

/// Finds rules that conflict, repeat or shadow each other, each pair with a text that shows it
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/overlaps", tag = "rules", request_body = OverlapBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Overlaps)))]
pub(super) async fn overlaps(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(OverlapBody { rules, limit }): SentFiles<OverlapBody>,
) -> Result<Json<Overlaps>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let limit = limit.unwrap_or(100).min(1_000);
    Ok(Json(server.app.overlaps(&caller, &jurisdiction, rules.into(), limit).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BacktestBody {
    /// What is live, if absent.
    #[serde(default)]
    old: WhichBody,
    new: WhichBody,
    /// Tickets received from here …
    from: DateTime<Utc>,
    /// … until here; until now if absent.
    until: Option<DateTime<Utc>>,
}

/// How far a backtest is.
#[derive(Serialize, ToSchema)]
pub(super) struct BacktestView {
    id: u64,
    jurisdiction: String,
    running: bool,
    /// Tickets looked at, of how many.
    done: u64,
    total: u64,
    /// When it has ended well.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
    /// When it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<String>,
}

impl From<&Job> for BacktestView {
    fn from(job: &Job) -> Self {
        let result = job.result();
        let (report, failed) = match result.clone() {
            Some(Ok(report)) => (Some(Report::clone(&report)), None),
            Some(Err(failed)) => (None, Some(failed)),
            None => (None, None),
        };
        Self {
            id: job.id,
            jurisdiction: job.jurisdiction.clone(),
            running: result.is_none(),
            done: job.done.load(Ordering::Relaxed),
            total: job.total.load(Ordering::Relaxed),
            report,
            failed,
        }
    }
}

/// Starts a backtest: stored tickets once more under two sets of rules
///
/// It runs beside the service. What it finds about a draft goes with the draft.
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/backtests", tag = "rules", request_body = BacktestBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = BacktestView)))]
pub(super) async fn start_backtest(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(BacktestBody { old, new, from, until }): SentFiles<BacktestBody>,
) -> Result<Json<BacktestView>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let until = until.unwrap_or(DateTime::<Utc>::MAX_UTC);
    let wish = BacktestWish { old: old.into(), new: new.into(), from, until };
    let job = server.app.start_backtest(&caller, &jurisdiction, wish).await?;
    Ok(Json(BacktestView::from(&*job)))
}

/// Shows how far a backtest is, and what it found
#[utoipa::path(get, path = "/v1/backtests/{backtest}", tag = "rules",
    params(("backtest" = u64, Path)), responses((status = 200, body = BacktestView)))]
pub(super) async fn backtest(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Json<BacktestView>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let job = server.app.backtest(&caller, number(&id)?)?;
    Ok(Json(BacktestView::from(&*job)))
}

/// Shows one ticket of a backtest in full: both decisions, and the votes that make the difference
#[utoipa::path(get, path = "/v1/backtests/{backtest}/tickets/{id}", tag = "rules",
    params(("backtest" = u64, Path), ("id" = String, Path)), responses((status = 200, body = Drill)))]
pub(super) async fn drill(
    State(server): State<Server>,
    who: Who,
    Path((backtest, id)): Path<(String, String)>,
) -> Result<Json<Drill>, Problem> {
    // It shows the text as it was sent.
    let caller = who.may(Operation::ReadPersonal)?;
    Ok(Json(server.app.drill(&caller, number(&backtest)?, &id).await?))
}

fn number(id: &str) -> Result<u64, Problem> {
    id.parse().map_err(|_| Problem::new(Code::UnknownBacktest, "没有这次回测，编号是开始时给出的数字"))
}
