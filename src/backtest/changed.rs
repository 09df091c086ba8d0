//! Which rules differ between two releases.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use utoipa::ToSchema;

use crate::rules::{Rule, Script};
use crate::triage::Release;

/// One rule that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BacktestRuleChange)]
pub struct RuleChange {
    pub rule: String,
    pub how: Edit,
    /// Where it stands, in the new release unless it was removed.
    pub file: String,
    pub line: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BacktestEdit)]
pub enum Edit {
    Added,
    Removed,
    Edited,
}

/// Rules that are new, gone or mean something else, by id. A rule that only moved is the same.
pub fn rule_changes(old: &Release, new: &Release) -> Vec<RuleChange> {
    if old.digest == new.digest {
        return Vec::new();
    }
    let (before, after) = (by_id(old), by_id(new));
    let ids: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let (mut old_scripts, mut new_scripts) = (Scripts::new(old), Scripts::new(new));
    let mut found = Vec::new();
    for id in ids {
        let (rule, how) = match (before.get(id), after.get(id)) {
            (Some(rule), None) => (rule, Edit::Removed),
            (None, Some(rule)) => (rule, Edit::Added),
            (Some(was), Some(is)) if !same(was, is, &mut old_scripts, &mut new_scripts) => (is, Edit::Edited),
            _ => continue,
        };
        found.push(RuleChange { rule: id.to_owned(), how, file: rule.file.to_string(), line: rule.line });
    }
    found
}

fn by_id(release: &Release) -> BTreeMap<&str, &Rule> {
    release.rules.rules().iter().map(|rule| (rule.id.as_str(), &**rule)).collect()
}

fn same<'a>(was: &Rule, is: &Rule, old: &mut Scripts<'a>, new: &mut Scripts<'a>) -> bool {
    was.same_data(is) && (!was.computes() || old.of(was).functions_source(was) == new.of(is).functions_source(is))
}

/// The scripts of a release, each read once.
struct Scripts<'a> {
    release: &'a Release,
    read: BTreeMap<String, Script<'a>>,
}

impl<'a> Scripts<'a> {
    fn new(release: &'a Release) -> Self {
        Self { release, read: BTreeMap::new() }
    }

    fn of(&mut self, rule: &Rule) -> &Script<'a> {
        let release = self.release;
        self.read
            .entry(rule.file.to_string())
            .or_insert_with_key(|file| Script::read(release.files.get(file).map_or("", String::as_str)))
    }
}
