//! What an import would change, before anything is changed.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Placed;
use crate::editorial::{Article, FieldChange, Version, difference};
use crate::knowledge::Entry;

/// What is known of an entry that a file holds.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub article: Article,
    pub live: Option<Entry>,
    /// Oldest first.
    pub versions: Vec<Version>,
}

/// What would become of one entry of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    New,
    Changed,
    Unchanged,
    /// It would undo what people did since: left alone unless it is asked for.
    Conflict,
}

impl Fate {
    pub const fn title(self) -> &'static str {
        match self {
            Self::New => "新增",
            Self::Changed => "改动",
            Self::Unchanged => "相同",
            Self::Conflict => "冲突",
        }
    }
}

/// One entry of a file, and what would become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Planned {
    /// Row of a table, line of another file.
    pub row: u32,
    pub id: String,
    pub question: String,
    pub fate: Fate,
    /// What it changes of the draft, or else of what is live.
    pub changes: Vec<FieldChange>,
    /// False: whoever asks may not write this entry, overwriting or not.
    pub may: bool,
    /// Why it is a conflict, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// Compares an entry of a file with what is known; `None`: nothing is.
pub fn plan(placed: &Placed, known: Option<&Known>) -> Planned {
    let entry = &placed.entry;
    let planned = |fate, changes, why| {
        let (row, id, question) = (placed.row, entry.id.clone(), entry.question.clone());
        Planned { row, id, question, fate, changes, may: true, why }
    };
    let Some(known) = known else { return planned(Fate::New, Vec::new(), String::new()) };
    let draft = known.article.draft.as_ref();
    let written = draft.and_then(|draft| known.versions.iter().find(|version| version.number == draft.version));
    let standing = written.map(|version| &version.entry).or(known.live.as_ref());
    let Some(standing) = standing else {
        let why = known.article.withdrawn.as_ref().map(|it| format!("已撤下：{}", it.reason)).unwrap_or_default();
        return planned(Fate::Conflict, Vec::new(), why);
    };
    let changes: Vec<FieldChange> = difference(standing, entry).into_iter().filter(FieldChange::is_real).collect();
    if changes.is_empty() {
        return planned(Fate::Unchanged, changes, String::new());
    }
    if let Some(draft) = written {
        let why = format!("{}正在改第{}版草稿", draft.author, draft.number);
        return planned(Fate::Conflict, changes, why);
    }
    match changes.iter().find_map(|change| undone(change, known)) {
        Some(why) => planned(Fate::Conflict, changes, why),
        None => planned(Fate::Changed, changes, String::new()),
    }
}

/// The edit of a person that a change would undo: the file says what an earlier version said.
fn undone(change: &FieldChange, known: &Known) -> Option<String> {
    let says = |version: &Version, value| {
        let fields = serde_json::to_value(&version.entry).unwrap_or_default();
        crate::editorial::same_value(&fields[&change.field], value)
    };
    let before = known.versions.iter().rposition(|version| says(version, &change.after))?;
    let since = known.versions.get(before + 1..)?;
    let edit = since.iter().find(|version| !version.author.is_empty() && says(version, &change.before))?;
    Some(format!(
        "文件里的“{}”是第{}版的旧内容，{}已在第{}版改过",
        change.title, known.versions[before].number, edit.author, edit.number
    ))
}
