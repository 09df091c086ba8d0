//! `/v1/knowledge/campaigns`: sets of entries that are on for a time (专题, HK-06).

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::access::Operation;
use crate::app::CampaignWish;
use crate::http::Server;
use crate::http::extract::{Params, Sent, Who};
use crate::http::problem::Problem;
use crate::knowledge::links::Campaign;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CampaignParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct CampaignList {
    /// By name.
    campaigns: Vec<Campaign>,
}

/// Lists the campaigns: entries that carry one name, and when they are in force
#[utoipa::path(get, path = "/v1/knowledge/campaigns", tag = "knowledge", params(CampaignParams), responses((status = 200, body = CampaignList)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<CampaignParams>,
) -> Result<Json<CampaignList>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    Ok(Json(CampaignList { campaigns: server.app.campaigns(&caller, &params.jurisdiction)? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignDays {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// First day, `YYYY-MM-DD`; empty: open.
    #[serde(default)]
    valid_from: String,
    /// Last day; a day that is past switches the campaign off.
    #[serde(default)]
    valid_until: String,
}

/// Switches a campaign on or off: gives all its entries their first and last day, at once
#[utoipa::path(put, path = "/v1/knowledge/campaigns/{name}", tag = "knowledge", params(("name" = String, Path)), request_body = CampaignDays, responses((status = 200, body = Campaign)))]
pub(super) async fn switch(
    State(server): State<Server>,
    who: Who,
    Path(name): Path<String>,
    Sent(days): Sent<CampaignDays>,
) -> Result<Json<Campaign>, Problem> {
    let caller = who.may(Operation::TendKnowledge)?;
    let CampaignDays { jurisdiction, valid_from, valid_until } = days;
    Ok(Json(server.app.switch_campaign(&caller, CampaignWish { jurisdiction, name, valid_from, valid_until }).await?))
}
