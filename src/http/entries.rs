//! `/v1/entries`: the knowledge base as it answers now.

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::{Code, Problem};
use super::tickets::page;
use super::views::{EntryPage, EntryView, SearchResult};
use crate::access::Operation;
use crate::app::Search;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EntryParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// `next` of the page before.
    #[serde(default)]
    cursor: String,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// Lists published entries by id
#[utoipa::path(get, path = "/v1/entries", tag = "entries", params(EntryParams), responses((status = 200, body = EntryPage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<EntryParams>,
) -> Result<Json<EntryPage>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let limit = page(params.limit)?;
    let found = server.app.entries(&caller, &params.jurisdiction, &params.cursor, limit)?;
    let next = found.last().filter(|_| found.len() == limit).map(|last| last.entry.id.clone());
    Ok(Json(EntryPage { entries: found.into_iter().map(EntryView::from).collect(), next }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OneParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

/// Shows an entry
#[utoipa::path(get, path = "/v1/entries/{id}", tag = "entries", params(("id" = String, Path), OneParams), responses((status = 200, body = EntryView)))]
pub(super) async fn get(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<OneParams>,
) -> Result<Json<EntryView>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    Ok(Json(server.app.entry(&caller, &params.jurisdiction, &id)?.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SearchWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// A question, as people ask it; at most 64 KiB.
    text: String,
    /// 1 to 20, 5 if absent.
    limit: Option<usize>,
}

/// Searches the knowledge base exactly as a triage does
#[utoipa::path(post, path = "/v1/entries/search", tag = "entries", request_body = SearchWish, responses((status = 200, body = SearchResult)))]
pub(super) async fn search(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<SearchWish>,
) -> Result<Json<SearchResult>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let limit = wish.limit.unwrap_or(5);
    if !(1..=20).contains(&limit) {
        return Err(Problem::new(Code::BadParameter, "limit 应在1至20之间"));
    }
    let search = Search { jurisdiction: wish.jurisdiction, text: wish.text, limit };
    let found = server.app.search(&caller, search).await?;
    let (answer, abstained) = match found.answer {
        Ok(answer) => (Some(answer), None),
        Err(why) => (None, Some(why)),
    };
    Ok(Json(SearchResult { matches: found.matches, answer, abstained, knowledge: found.knowledge }))
}
