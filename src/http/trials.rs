//! `/v1/trials`: a release beside the live one, in its shadow or for a share of the tickets; and the numbers of rules.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::Problem;
use crate::access::Operation;
use crate::app::{TrialWish, Which};
use crate::calendar::local_date;
use crate::clock;
use crate::releases::{Kind, Limits, Trial};
use crate::store::RuleCount;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TrialBody {
    /// A release: its number, or six or more characters of its digest.
    release: Option<String>,
    /// Or a draft.
    draft: Option<String>,
    /// Tickets that it decides for good, in thousandths; absent: none, it runs in the shadow of the live one.
    share: Option<u32>,
    /// When it stops itself.
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    message: String,
}

/// Puts a release or a draft on trial
#[utoipa::path(post, path = "/v1/trials/{jurisdiction}", tag = "rules", request_body = TrialBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Trial)))]
pub(super) async fn post(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Sent(body): Sent<TrialBody>,
) -> Result<Json<Trial>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let TrialBody { release, draft, share, limits, message } = body;
    if release.is_none() && draft.is_none() {
        return Err(Problem::field("release", "请写明要试运行的版本（release）或草稿（draft）"));
    }
    let kind = share.map_or(Kind::Shadow, |share| Kind::Gradual { share });
    let wish = TrialWish { which: Which { release, draft, ..Which::default() }, kind, limits, message };
    Ok(Json(server.app.try_release(&caller, &jurisdiction, wish).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct TrialList {
    jurisdiction: String,
    /// Oldest first; at most one has not ended.
    trials: Vec<Trial>,
}

/// Lists trials with their counts
#[utoipa::path(get, path = "/v1/trials/{jurisdiction}", tag = "rules",
    params(("jurisdiction" = String, Path)), responses((status = 200, body = TrialList)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
) -> Result<Json<TrialList>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let trials = server.app.trials(&caller, &jurisdiction).await?;
    Ok(Json(TrialList { jurisdiction, trials }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct StopBody {
    #[serde(default)]
    reason: String,
}

/// Ends the trial: from the next request on the live release decides all
#[utoipa::path(post, path = "/v1/trials/{jurisdiction}/stop", tag = "rules", request_body = StopBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Trial)))]
pub(super) async fn stop(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Sent(StopBody { reason }): Sent<StopBody>,
) -> Result<Json<Trial>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    Ok(Json(server.app.stop_trial(&caller, &jurisdiction, reason).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NumberParams {
    /// First day; 30 days ago if absent.
    from: Option<NaiveDate>,
    /// Last day, included; today if absent.
    until: Option<NaiveDate>,
    /// Only this rule.
    rule: Option<String>,
}

/// What a rule did.
#[derive(Serialize, ToSchema)]
pub(super) struct RuleNumbersView {
    rule: String,
    #[serde(flatten)]
    total: RuleCount,
    /// Nanoseconds per call of its functions; 0 for a rule without.
    mean_ns: u64,
    /// Only days on which it fired.
    days: BTreeMap<NaiveDate, RuleCount>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NumberList {
    jurisdiction: String,
    from: NaiveDate,
    until: NaiveDate,
    /// By id; rules that never fired are not here.
    rules: Vec<RuleNumbersView>,
}

/// Shows what each rule did, by day: fired, decided, overruled by a person, time
///
/// Counted tickets are those that were taken. What the last minute brought comes a minute later.
#[utoipa::path(get, path = "/v1/rules/{jurisdiction}/numbers", tag = "rules",
    params(("jurisdiction" = String, Path), NumberParams), responses((status = 200, body = NumberList)))]
pub(super) async fn numbers(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Params(NumberParams { from, until, rule }): Params<NumberParams>,
) -> Result<Json<NumberList>, Problem> {
    let caller = who.may(Operation::ReadRules)?;
    let until = until.unwrap_or_else(|| local_date(clock::now()));
    let from = from.or_else(|| until.checked_sub_days(Days::new(30))).unwrap_or(until);
    let numbers = server.app.rule_numbers(&caller, &jurisdiction, from, until).await?;
    let wanted = |id: &String| rule.as_ref().is_none_or(|rule| rule == id);
    let view = |(rule, numbers): (String, crate::app::RuleNumbers)| RuleNumbersView {
        rule,
        mean_ns: numbers.total.nanoseconds / numbers.total.calls.max(1),
        total: numbers.total,
        days: numbers.days.into_iter().collect(),
    };
    let rules = numbers.into_iter().filter(|(id, _)| wanted(id)).map(view).collect();
    Ok(Json(NumberList { jurisdiction, from, until, rules }))
}
