//! `/v1/releases` and `/v1/drafts`: what went live, what is being written, and the way from one to the other.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, SentFiles, Who};
use super::problem::Problem;
use super::tickets::page;
use crate::access::Operation;
use crate::app::{Checked, DraftWish, Which};
use crate::releases::{Act, Draft, Edits, Record, Terms};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecordParams {
    /// Only releases with a smaller number: `next` of the page before.
    below: Option<u64>,
    /// 1 to 200, 50 if absent.
    limit: Option<usize>,
}

/// What went live in a jurisdiction.
#[derive(Serialize, ToSchema)]
pub(super) struct RecordPage {
    jurisdiction: String,
    /// Where its rules are edited, and whether a second person approves.
    terms: Terms,
    /// Newest first.
    releases: Vec<Record>,
    /// Give it as `below` for what comes next; absent at the end.
    next: Option<u64>,
}

/// Lists what went live, newest first
#[utoipa::path(get, path = "/v1/releases/{jurisdiction}", tag = "rules",
    params(("jurisdiction" = String, Path), RecordParams), responses((status = 200, body = RecordPage)))]
pub(super) async fn records(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Params(params): Params<RecordParams>,
) -> Result<Json<RecordPage>, Problem> {
    let caller = who.may(Operation::ReadRules)?;
    let limit = page(params.limit)?;
    let releases = server.app.records(&caller, &jurisdiction, params.below, limit).await?;
    let next = releases.last().filter(|_| releases.len() == limit).map(|last| last.number);
    let terms = server.app.terms(&jurisdiction);
    Ok(Json(RecordPage { jurisdiction, terms, releases, next }))
}

/// Which files are meant; nothing: those that are live.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichParams {
    /// A release: its number, or six or more characters of its digest.
    release: Option<String>,
    /// A draft.
    draft: Option<String>,
    /// Only this file.
    path: Option<String>,
}

/// The files of a release.
#[derive(Serialize, ToSchema)]
pub(super) struct FilesView {
    jurisdiction: String,
    /// Digest of the release; of a draft, the release that it edits. Name it as `parent` when publishing.
    release: String,
    /// Path → text.
    files: BTreeMap<String, String>,
}

/// Shows the files of what is live, of an earlier release, or of a draft
#[utoipa::path(get, path = "/v1/releases/{jurisdiction}/files", tag = "rules",
    params(("jurisdiction" = String, Path), WhichParams), responses((status = 200, body = FilesView)))]
pub(super) async fn files(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    Params(params): Params<WhichParams>,
) -> Result<Json<FilesView>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let WhichParams { release, draft, path } = params;
    let which = Which { release, draft, ..Which::default() };
    let (digest, mut files) = server.app.files(&caller, &jurisdiction, which).await?;
    if let Some(path) = path {
        files.retain(|known, _| *known == path);
    }
    Ok(Json(FilesView { jurisdiction, release: digest.to_string(), files }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollBackBody {
    /// Number of a release, or six or more characters of its digest.
    to: String,
    #[serde(default)]
    message: String,
}

/// Brings an earlier release back
///
/// In one call, without approval: it was live before. What fails of its cases today is recorded.
#[utoipa::path(post, path = "/v1/releases/{jurisdiction}/rollback", tag = "rules", request_body = RollBackBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Record)))]
pub(super) async fn roll_back(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(RollBackBody { to, message }): SentFiles<RollBackBody>,
) -> Result<Json<Record>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    Ok(Json(server.app.roll_back(&caller, &jurisdiction, &to, message).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ForceBody {
    /// The release that waits: `wanted` in `GET /v1/rules`.
    digest: String,
    /// Why.
    message: String,
}

/// That it was noted.
#[derive(Serialize, ToSchema)]
pub(super) struct ForceView {
    /// Cases that fail; the files go live at the next look at the folder, within seconds.
    failed_cases: Vec<String>,
}

/// Lets files that were saved on the disk go live though cases fail; it is recorded
#[utoipa::path(post, path = "/v1/releases/{jurisdiction}/force", tag = "rules", request_body = ForceBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = ForceView)))]
pub(super) async fn force(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(ForceBody { digest, message }): SentFiles<ForceBody>,
) -> Result<Json<ForceView>, Problem> {
    let caller = who.may(Operation::ForceRules)?;
    if message.trim().is_empty() {
        return Err(Problem::field("message", "请写明为什么在用例没有通过时强制生效"));
    }
    let report = server.app.force(&caller, &jurisdiction, &digest, message)?;
    Ok(Json(ForceView { failed_cases: report.failed_cases.into_iter().map(|case| case.name).collect() }))
}

#[derive(Serialize, ToSchema)]
pub(super) struct DraftList {
    jurisdiction: String,
    /// Last changed first.
    drafts: Vec<Draft>,
}

/// Lists drafts
#[utoipa::path(get, path = "/v1/drafts/{jurisdiction}", tag = "rules",
    params(("jurisdiction" = String, Path)), responses((status = 200, body = DraftList)))]
pub(super) async fn drafts(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
) -> Result<Json<DraftList>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let drafts = server.app.drafts(&caller, &jurisdiction).await?;
    Ok(Json(DraftList { jurisdiction, drafts }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DraftBody {
    /// What the change is for.
    message: Option<String>,
    /// Path → text; `null` removes the file. What is not named stays as the release has it.
    #[serde(default)]
    files: Edits,
    /// The files are all there is: what the release has beside them is removed.
    #[serde(default)]
    whole: bool,
}

/// Writes a new draft on what is live
#[utoipa::path(post, path = "/v1/drafts/{jurisdiction}", tag = "rules", request_body = DraftBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Draft)))]
pub(super) async fn post_draft(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(DraftBody { message, files, whole }): SentFiles<DraftBody>,
) -> Result<Json<Draft>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let wish = DraftWish { id: None, version: 0, message, edits: files, whole };
    Ok(Json(server.app.write_draft(&caller, &jurisdiction, wish).await?))
}

/// A draft with its edits.
#[derive(Serialize, ToSchema)]
pub(super) struct DraftView {
    #[serde(flatten)]
    draft: Draft,
    /// Path → text; `null`: the file is removed.
    files: Edits,
}

/// Shows a draft
#[utoipa::path(get, path = "/v1/drafts/{jurisdiction}/{draft}", tag = "rules",
    params(("jurisdiction" = String, Path), ("draft" = String, Path)), responses((status = 200, body = DraftView)))]
pub(super) async fn draft(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, id)): Path<(String, String)>,
) -> Result<Json<DraftView>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let (draft, files) = server.app.draft(&caller, &jurisdiction, &id).await?;
    Ok(Json(DraftView { draft, files }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EditBody {
    /// The version that was edited: when somebody else was faster, 409 says so.
    version: u32,
    message: Option<String>,
    /// All edits of the draft, in the place of those before.
    files: Edits,
    #[serde(default)]
    whole: bool,
}

/// Edits a draft; what was approved no longer is
#[utoipa::path(put, path = "/v1/drafts/{jurisdiction}/{draft}", tag = "rules", request_body = EditBody,
    params(("jurisdiction" = String, Path), ("draft" = String, Path)), responses((status = 200, body = Draft)))]
pub(super) async fn put_draft(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, id)): Path<(String, String)>,
    SentFiles(EditBody { version, message, files, whole }): SentFiles<EditBody>,
) -> Result<Json<Draft>, Problem> {
    let caller = who.may(Operation::EditRules)?;
    let wish = DraftWish { id: Some(id), version, message, edits: files, whole };
    Ok(Json(server.app.write_draft(&caller, &jurisdiction, wish).await?))
}

/// Says what would go live: every problem, every failing case, every file that differs
#[utoipa::path(post, path = "/v1/drafts/{jurisdiction}/{draft}/check", tag = "rules",
    params(("jurisdiction" = String, Path), ("draft" = String, Path)), responses((status = 200, body = Checked)))]
pub(super) async fn check_draft(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, id)): Path<(String, String)>,
) -> Result<Json<Checked>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let which = Which { draft: Some(id), ..Which::default() };
    Ok(Json(server.app.check_rules(&caller, &jurisdiction, which).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckBody {
    /// A release to edit: its number, or six or more characters of its digest; absent: what is live.
    release: Option<String>,
    /// Path → text on top of it; `null` removes the file.
    #[serde(default)]
    files: Edits,
}

/// Says what edits would do, without keeping them
#[utoipa::path(post, path = "/v1/rules/{jurisdiction}/check", tag = "rules", request_body = CheckBody,
    params(("jurisdiction" = String, Path)), responses((status = 200, body = Checked)))]
pub(super) async fn check_files(
    State(server): State<Server>,
    who: Who,
    Path(jurisdiction): Path<String>,
    SentFiles(CheckBody { release, files }): SentFiles<CheckBody>,
) -> Result<Json<Checked>, Problem> {
    let caller = who.may(Operation::StudyRules)?;
    let which = Which { release, edits: files, ..Which::default() };
    Ok(Json(server.app.check_rules(&caller, &jurisdiction, which).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ActBody {
    /// To a second person.
    Submit {
        version: u32,
    },
    /// By somebody who did not edit it.
    Approve {
        version: u32,
    },
    /// Back to its author.
    Reject {
        version: u32,
        reason: String,
    },
    Drop {
        version: u32,
    },
}

/// Submits, approves, gives back or drops a draft
#[utoipa::path(post, path = "/v1/drafts/{jurisdiction}/{draft}/acts", tag = "rules", request_body = ActBody,
    params(("jurisdiction" = String, Path), ("draft" = String, Path)), responses((status = 200, body = Draft)))]
pub(super) async fn act(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, id)): Path<(String, String)>,
    SentFiles(body): SentFiles<ActBody>,
) -> Result<Json<Draft>, Problem> {
    let (version, act, operation) = match body {
        ActBody::Submit { version } => (version, Act::Submit, Operation::EditRules),
        ActBody::Approve { version } => (version, Act::Approve, Operation::ApproveRules),
        ActBody::Reject { version, reason } => (version, Act::Reject { reason }, Operation::ApproveRules),
        ActBody::Drop { version } => (version, Act::Drop, Operation::EditRules),
    };
    let caller = who.may(operation)?;
    Ok(Json(server.app.act_on_draft(&caller, &jurisdiction, &id, version, act).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishBody {
    /// The version that was looked at.
    version: u32,
    /// Though cases fail: only with the right to, and it is recorded.
    #[serde(default)]
    force: bool,
}

/// Makes a draft live
///
/// Refused with 409 where rules are edited on the disk, where somebody else published meanwhile, where a second person has
/// not approved, where cases fail; with 422 and every place where rules are wrong.
#[utoipa::path(post, path = "/v1/drafts/{jurisdiction}/{draft}/publish", tag = "rules", request_body = PublishBody,
    params(("jurisdiction" = String, Path), ("draft" = String, Path)), responses((status = 200, body = Record)))]
pub(super) async fn publish(
    State(server): State<Server>,
    who: Who,
    Path((jurisdiction, id)): Path<(String, String)>,
    SentFiles(PublishBody { version, force }): SentFiles<PublishBody>,
) -> Result<Json<Record>, Problem> {
    let mut caller = who.may(Operation::EditRules)?;
    if force {
        caller = Who(caller).may(Operation::ForceRules)?;
    }
    Ok(Json(server.app.publish(&caller, &jurisdiction, &id, version, force).await?))
}
