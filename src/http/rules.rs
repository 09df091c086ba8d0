//! `/v1/rules` and `/v1/units`: what decides, and how the last loading went.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::Server;
use super::extract::{Params, Who};
use super::problem::Problem;
use super::views::{RuleList, RuleView, StandingView, Standings};
use crate::access::Operation;
use crate::regulation::Unit;

/// Shows how the rules stand: what decides, what the files say, what is wrong with them
#[utoipa::path(get, path = "/v1/rules", tag = "rules", responses((status = 200, body = Standings)))]
pub(super) async fn standings(State(server): State<Server>, who: Who) -> Result<Json<Standings>, Problem> {
    let caller = who.may(Operation::ReadRules)?;
    let reports = server.app.live().reports.load();
    let standings = server.app.standings(&caller).into_iter();
    Ok(Json(Standings {
        jurisdictions: standings.map(|(name, standing)| (name, StandingView::from(standing))).collect(),
        entries: reports.entries.clone(),
        round: reports.round,
    }))
}

/// Lists the rules that decide now
#[utoipa::path(get, path = "/v1/rules/{jurisdiction}", tag = "rules", params(("jurisdiction" = String, Path)), responses((status = 200, body = RuleList)))]
pub(super) async fn rules(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
) -> Result<Json<RuleList>, Problem> {
    let caller = who.may(Operation::ReadRules)?;
    let (release, rules) = server.app.rules(&caller, &jurisdiction)?.unwrap_or_default();
    Ok(Json(RuleList { jurisdiction, release, rules: rules.into_iter().map(RuleView::from).collect() }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UnitParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

/// Lists the units of a jurisdiction
#[utoipa::path(get, path = "/v1/units", tag = "rules", params(UnitParams), responses((status = 200, body = [Unit])))]
pub(super) async fn units(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<UnitParams>,
) -> Result<Json<Vec<Unit>>, Problem> {
    let caller = who.may(Operation::ReadRules)?;
    Ok(Json(server.app.units(&caller, &params.jurisdiction)?))
}
