//! Items that an edit of rules cannot touch: no edited rule has a say on them, before or after. They are decided as they
//! were, and finding that out takes one look at the text instead of all rules' functions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::changed::{Edit, rule_changes};
use crate::calendar::local_date;
use crate::rules::Silence;
use crate::triage::{Decision, Release, so_far};

/// What two releases differ in, where that is nothing but rules.
#[derive(Clone, Debug)]
pub(super) struct Edited {
    /// Rules of the old release that are removed, edited, or stand elsewhere.
    old: BTreeSet<String>,
    /// Rules of the new one that are added, edited, or stand elsewhere.
    new: Vec<String>,
}

impl Edited {
    /// `None`: more than rules differs, so that any item may change.
    pub(super) fn between(old: &Release, new: &Release) -> Option<Self> {
        let paths: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
        let differing = paths.into_iter().filter(|path| old.files.get(*path) != new.files.get(*path));
        let is_rules = |path: &str| path.ends_with(".rhai") || path.contains("/cases/");
        if !differing.into_iter().all(|path| is_rules(path)) {
            return None;
        }
        let mut edited = Self { old: BTreeSet::new(), new: Vec::new() };
        for change in rule_changes(old, new) {
            if change.how != Edit::Added {
                edited.old.insert(change.rule.clone());
            }
            if change.how != Edit::Removed {
                edited.new.push(change.rule);
            }
        }
        // Votes of one weight are told apart by the order of files.
        let moved = old.rules.rules().iter().filter(|rule| {
            new.rules.find(&rule.id).is_some_and(|now| now.file != rule.file) && !edited.old.contains(&rule.id)
        });
        let moved: Vec<String> = moved.map(|rule| rule.id.clone()).collect();
        edited.old.extend(moved.iter().cloned());
        edited.new.extend(moved);
        Some(edited)
    }

    /// Whether `new` decides as the old release has decided. Phase after phase the rest says the same: what the phases before
    /// decided is the same, and no edited rule speaks or fails.
    pub(super) fn spares(&self, decided: &Decision, new: &Release) -> bool {
        let spoke = decided.fired_rules().into_iter().any(|rule| self.old.contains(rule));
        let failed = decided.failed_rules.iter().any(|failed| self.old.contains(&failed.rule));
        !spoke && !failed && self.is_silent(decided, new)
    }

    fn is_silent(&self, decided: &Decision, new: &Release) -> bool {
        if self.new.is_empty() {
            return true;
        }
        let facts = Arc::new(decided.facts.clone());
        let ask = new.rules.look(&facts, local_date(decided.decided_at), &new.suspended);
        self.new.iter().filter_map(|id| new.rules.find(id)).all(|rule| {
            let heard = new.rules.hear_one(&rule.id, &ask, &so_far(rule.verb, decided));
            matches!(heard, Some(Err(silence)) if !matches!(silence, Silence::Failed(_)))
        })
    }
}
