//! `/v1/pre-notices`: what units foresee and file beforehand (提前报备, 湖南 第十七条).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Server;
use super::extract::{Params, Sent, Who};
use super::problem::Problem;
use super::views::EntryView;
use crate::access::Operation;
use crate::app::Notice;
use crate::knowledge::Entry;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeWish {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
    /// The notice that this one replaces; absent for a new one.
    #[serde(default)]
    id: String,
    /// What people will ask about it, in their words.
    question: String,
    #[serde(default)]
    similar: Vec<String>,
    /// What the seat says.
    answer: String,
    /// What it rests on.
    basis: String,
    #[serde(default)]
    source: String,
    /// The unit that files it, by name, alias or id.
    owner: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    topic: String,
    /// First and last day, `YYYY-MM-DD`.
    valid_from: String,
    valid_until: String,
}

/// Files a notice: at once it stands above entries that fit about as well, until its last day
///
/// It answers by itself only a 咨询; to everything else it is attached for the seat. Filed again with the same content it is
/// the same notice.
#[utoipa::path(post, path = "/v1/pre-notices", tag = "entries", request_body = NoticeWish, responses((status = 201, body = EntryView)))]
pub(super) async fn post(
    State(server): State<Server>,
    who: Who,
    Sent(wish): Sent<NoticeWish>,
) -> Result<(StatusCode, Json<EntryView>), Problem> {
    let caller = who.may(Operation::FileNotice)?;
    let filed = server.app.file_notice(&caller, wish.into()).await?;
    Ok((StatusCode::CREATED, Json(filed.into())))
}

impl From<NoticeWish> for Notice {
    fn from(wish: NoticeWish) -> Self {
        let NoticeWish { jurisdiction, id, question, similar, answer, basis, source, owner, .. } = wish;
        let NoticeWish { category, topic, valid_from, valid_until, .. } = wish;
        let entry = Entry {
            id,
            question,
            similar,
            answer,
            basis,
            source,
            owner,
            category,
            topic,
            valid_from,
            valid_until,
            pre_notice: true,
            ..Entry::default()
        };
        Self { jurisdiction, entry }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct NoticeParams {
    /// Needed unless the token fixes it.
    #[serde(default)]
    jurisdiction: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct NoticeList {
    /// By id; those of past days too.
    notices: Vec<EntryView>,
}

/// Lists the notices of a jurisdiction
#[utoipa::path(get, path = "/v1/pre-notices", tag = "entries", params(NoticeParams), responses((status = 200, body = NoticeList)))]
pub(super) async fn list(
    State(server): State<Server>,
    who: Who,
    Params(params): Params<NoticeParams>,
) -> Result<Json<NoticeList>, Problem> {
    let caller = who.may(Operation::ReadEntries)?;
    let notices = server.app.notices(&caller, &params.jurisdiction)?;
    Ok(Json(NoticeList { notices: notices.into_iter().map(EntryView::from).collect() }))
}
