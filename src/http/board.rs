//! `/v1/warnings`: the board.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Who};
use super::problem::Problem;
use super::tickets::page;
use crate::access::Operation;
use crate::app::BoardLine;
use crate::triage::Warning;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardParams {
    /// All that the caller may see, if absent.
    #[serde(default)]
    jurisdiction: String,
    /// This colour only.
    level: Option<Warning>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Board {
    /// Red first, then what is due first.
    warnings: Vec<BoardLine>,
}

/// Shows the board: open tickets with a colour, with the time they have left and who is told next
#[utoipa::path(get, path = "/v1/warnings", tag = "tickets", params(BoardParams), responses((status = 200, body = Board)))]
pub(super) async fn board(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<BoardParams>,
) -> Result<Json<Board>, Problem> {
    let caller = who.may(Operation::ReadTickets)?;
    let limit = page(params.limit)?;
    let warnings = server.app.board(&caller, &params.jurisdiction, params.level, limit).await?;
    Ok(Json(Board { warnings }))
}
