//! The history of a jurisdiction's releases: what went live, when, by whom, on whose word.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::trial::Tried;
use crate::digest::Digest;
use crate::triage::Files;

/// How a release came to be live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The files on the disk were saved so.
    #[default]
    Disk,
    /// A draft, or a whole folder, was published.
    Published,
    /// An earlier release was brought back.
    RolledBack,
}

/// What is said about a release that goes live, beyond its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Note {
    pub way: Way,
    pub message: String,
    /// The release that it took the place of; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub parent: Option<Digest>,
    /// The second person, where approval is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    pub rules: usize,
    pub cases: usize,
    /// Names of cases that failed; a release goes live with them only where somebody with the right forced it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed_cases: Vec<String>,
    /// Who forced it, despite failing cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_by: Option<String>,
    /// Files that differ from the parent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<FileChange>,
    /// What the last backtest of it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backtest: Option<Tried>,
}

/// One release that went live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Record {
    pub jurisdiction: String,
    /// 1, 2, 3 … within the jurisdiction. Given by the store.
    pub number: u64,
    /// Content address of the files.
    #[schema(value_type = String)]
    pub digest: Digest,
    pub at: DateTime<Utc>,
    /// Who published; empty: files on the disk, whose author is not known here.
    pub author: String,
    #[serde(flatten)]
    pub note: Note,
}

/// One file that differs between two releases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileChange {
    pub path: String,
    pub change: Change,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Added,
    Removed,
    Changed,
}

/// The files that differ, by path.
pub fn changes(old: &Files, new: &Files) -> Vec<FileChange> {
    let paths: BTreeMap<&String, ()> = old.keys().chain(new.keys()).map(|path| (path, ())).collect();
    let change = |path: &String| match (old.get(path), new.get(path)) {
        (None, Some(_)) => Some(Change::Added),
        (Some(_), None) => Some(Change::Removed),
        (before, after) if before != after => Some(Change::Changed),
        _ => None,
    };
    let changed = |path: &String| change(path).map(|change| FileChange { path: path.clone(), change });
    paths.into_keys().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_between_two_sets_of_files() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
        };
        let found =
            changes(&files(&[("a", "1"), ("b", "1"), ("c", "1")]), &files(&[("b", "2"), ("c", "1"), ("d", "1")]));
        let found: Vec<(&str, Change)> = found.iter().map(|it| (it.path.as_str(), it.change)).collect();
        assert_eq!(found, [("a", Change::Removed), ("b", Change::Changed), ("d", Change::Added)]);
    }
}
