//! `/v1/knowledge`: entries as maintainers work on them, from draft to the next review (先审核后发布).

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::Problem;
use super::tickets::page;
use crate::access::Operation;
use crate::app::{ArticleFile, ArticleFilter, ArticleLine, EntryCheck, EntryWish};
use crate::editorial::{self, Due, FieldChange, Version};
use crate::knowledge::Entry;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ArticleParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// draft, in_review, published, due, expired or withdrawn.
    state: Option<editorial::State>,
    /// A unit, as the jurisdiction writes its name.
    #[serde(default)]
    owner: String,
    /// Only what waits for a review.
    #[serde(default)]
    waiting: bool,
    /// `next` of the page before.
    #[serde(default)]
    cursor: String,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ArticlePage {
    /// By id.
    articles: Vec<ArticleLine>,
    /// Give it as `cursor` for what comes next; absent at the end.
    next: Option<String>,
}

/// Lists entries with their state, drafts and withdrawn ones too
#[utoipa::path(get, path = "/v1/knowledge/articles", tag = "knowledge", params(ArticleParams), responses((status = 200, body = ArticlePage)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<ArticleParams>,
) -> Result<Json<ArticlePage>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let limit = page(params.limit)?;
    let ArticleParams { jurisdiction, state, owner, waiting, cursor, .. } = params;
    let filter = ArticleFilter { state, owner, waiting };
    let articles = server.app.articles(&caller, &jurisdiction, filter, &cursor, limit).await?;
    let next = articles.last().filter(|_| articles.len() == limit).map(|last| last.article.id.clone());
    Ok(Json(ArticlePage { articles, next }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct OneParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

/// Shows an entry: what answers, what is being written and changes, what happened to it
#[utoipa::path(get, path = "/v1/knowledge/articles/{id}", tag = "knowledge", params(("id" = String, Path), OneParams), responses((status = 200, body = ArticleFile)))]
pub(super) async fn get(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<OneParams>,
) -> Result<Json<ArticleFile>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    Ok(Json(server.app.article(&caller, &params.jurisdiction, &id).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// The revision that was edited; 0 for a new entry. When somebody else was faster, 409 says what they did.
    #[serde(default)]
    revision: u32,
    /// What the change is for.
    #[serde(default)]
    message: String,
    /// The whole entry; its id is the one of the path.
    entry: Entry,
}

/// Writes a draft: a new version that nobody gets told before it is reviewed
#[utoipa::path(put, path = "/v1/knowledge/articles/{id}/draft", tag = "knowledge", request_body = DraftWish, params(("id" = String, Path)), responses((status = 200, body = ArticleFile)))]
pub(super) async fn put_draft(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Sent(wish): Sent<DraftWish>,
) -> Result<Json<ArticleFile>, Problem> {
    let caller = who.may(Operation::EditEntries)?;
    let DraftWish { jurisdiction, revision, message, entry } = wish;
    if entry.id != id {
        return Err(Problem::field("entry.id", format!("应与地址里的编号“{id}”相同")));
    }
    Ok(Json(server.app.write_entry(&caller, &jurisdiction, revision, entry, message).await?))
}

#[derive(Deserialize, ToSchema)]
pub(super) struct ActWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// The revision that was looked at.
    revision: u32,
    #[serde(flatten)]
    act: ArticleAct,
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case")]
pub(super) enum ArticleAct {
    /// To a second person.
    Submit,
    /// By somebody who wrote none of it: it goes live at once.
    Approve,
    /// Back to its authors.
    Return { reason: String },
    /// Out of service.
    Withdraw { reason: String },
    /// The wording of an earlier version as a draft.
    Restore { version: u32 },
    /// 复核: still right; the next review is due a whole interval later.
    Confirm,
    /// Gives the draft up; its versions stay.
    Drop,
}

/// Submits, approves, sends back, withdraws, restores, confirms or drops
///
/// Approving publishes: the entry answers when this returns, in one commit. Nobody approves what they wrote themselves.
#[utoipa::path(post, path = "/v1/knowledge/articles/{id}/acts", tag = "knowledge", request_body = ActWish, params(("id" = String, Path)), responses((status = 200, body = ArticleFile)))]
pub(super) async fn act(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Sent(wish): Sent<ActWish>,
) -> Result<Json<ArticleFile>, Problem> {
    let ActWish { jurisdiction, revision, act } = wish;
    let (operation, act) = match act {
        ArticleAct::Submit => (Operation::EditEntries, EntryWish::Submit),
        ArticleAct::Approve => (Operation::ReviewEntries, EntryWish::Approve),
        ArticleAct::Return { reason } => (Operation::ReviewEntries, EntryWish::Return { reason }),
        ArticleAct::Withdraw { reason } => (Operation::EditEntries, EntryWish::Withdraw { reason }),
        ArticleAct::Restore { version } => (Operation::EditEntries, EntryWish::Restore { version }),
        ArticleAct::Confirm => (Operation::EditEntries, EntryWish::Confirm),
        ArticleAct::Drop => (Operation::EditEntries, EntryWish::Drop),
    };
    let caller = who.may(operation)?;
    Ok(Json(server.app.act_on_entry(&caller, &jurisdiction, &id, revision, act).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct VersionList {
    /// Oldest first.
    versions: Vec<Version>,
}

/// Lists all versions of an entry, with their wording
#[utoipa::path(get, path = "/v1/knowledge/articles/{id}/versions", tag = "knowledge", params(("id" = String, Path), OneParams), responses((status = 200, body = VersionList)))]
pub(super) async fn versions(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(params): Params<OneParams>,
) -> Result<Json<VersionList>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let versions = server.app.entry_versions(&caller, &params.jurisdiction, &id).await?;
    Ok(Json(VersionList { versions }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DiffParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// Numbers of two versions.
    from: u32,
    to: u32,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DiffView {
    from: u32,
    to: u32,
    /// Field by field; what is the same is left out.
    changes: Vec<FieldChange>,
}

/// Compares two versions of an entry
#[utoipa::path(get, path = "/v1/knowledge/articles/{id}/diff", tag = "knowledge", params(("id" = String, Path), DiffParams), responses((status = 200, body = DiffView)))]
pub(super) async fn diff(
    State(server): State<Server>,
    who: Who,
    Path(id): Path<String>,
    Params(DiffParams { jurisdiction, from, to }): Params<DiffParams>,
) -> Result<Json<DiffView>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let changes = server.app.entry_difference(&caller, &jurisdiction, &id, (from, to)).await?;
    Ok(Json(DiffView { from, to, changes }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    entry: Entry,
}

/// Says what is wrong with an entry, and which live ones it repeats or contradicts
#[utoipa::path(post, path = "/v1/knowledge/check", tag = "knowledge", request_body = CheckWish, responses((status = 200, body = EntryCheck)))]
pub(super) async fn check(
    State(server): State<Server>,
    who: Who,
    Sent(CheckWish { jurisdiction, entry }): Sent<CheckWish>,
) -> Result<Json<EntryCheck>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    Ok(Json(server.app.check_entry(&caller, &jurisdiction, entry).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DueParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// Only this unit's, by name, alias or id.
    #[serde(default)]
    owner: String,
    /// Also what will be due in so many days.
    #[serde(default)]
    within_days: u16,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DueList {
    /// By owner, the longest overdue first.
    due: Vec<Due>,
}

/// Lists what units have to review (复核到期) or renew
#[utoipa::path(get, path = "/v1/knowledge/due", tag = "knowledge", params(DueParams), responses((status = 200, body = DueList)))]
pub(super) async fn due(
    State(server): State<Server>,
    who: Who,
    Params(DueParams { jurisdiction, owner, within_days }): Params<DueParams>,
) -> Result<Json<DueList>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    Ok(Json(DueList { due: server.app.entries_due(&caller, &jurisdiction, &owner, within_days.into())? }))
}
