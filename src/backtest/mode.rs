//! Stored facts or texts: which of the two shows what a new release changes.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use crate::triage::Files;

/// What the releases decide on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BacktestMode)]
pub enum Mode {
    /// The facts as they are stored.
    Facts,
    /// The text, analysed anew under each release.
    Text,
}

/// The mode for two releases by the files that differ, and why (Chinese).
pub fn choose(old: &Files, new: &Files) -> (Mode, Vec<String>) {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    let mut because: Vec<String> =
        differing.filter_map(|path| Some(format!("{path} 变了：{}", touched(path)?))).collect();
    if because.is_empty() {
        because.push("只有规则或规定变了：按存下来的事实重新研判".to_owned());
        return (Mode::Facts, because);
    }
    because.push("所以从原文重新分析".to_owned());
    (Mode::Text, because)
}

/// The facts that a file makes, in words; `None`: none.
fn touched(path: &str) -> Option<&'static str> {
    if path.starts_with("dictionaries/places/") {
        Some("地点会认得不一样")
    } else if path.starts_with("dictionaries/") {
        Some("词会切得不一样")
    } else if path.ends_with("/units.toml") {
        Some("单位的名称、职责、地点是事实的来源")
    } else if path.starts_with("rules/calendar/") {
        Some("是不是工作日会不一样")
    } else {
        None
    }
}
