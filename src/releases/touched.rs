//! The cases that a difference between two releases can touch: the others decide as they did. Sound, not exact.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::rules::{Rule, RuleSet, fingerprints};
use crate::text::normalise;
use crate::triage::{Case, Files, Release};

/// The cases of `new` that may go otherwise than in `old`, in their order.
pub fn touched<'a>(old: &Release, new: &'a Release) -> Vec<&'a Case> {
    let all = || new.cases.iter().collect();
    if other_files(&old.files, &old.jurisdiction) != other_files(&new.files, &new.jurisdiction)
        || old.jurisdiction != new.jurisdiction
        || old.suspended != new.suspended
    {
        return all();
    }
    let changed = changed(old, new);
    let (Some(before), Some(after)) = (old.rules.triggers_of(&changed), new.rules.triggers_of(&changed)) else {
        return all();
    };
    let words: BTreeSet<&str> = before.into_iter().chain(after).collect();
    let mut known: BTreeMap<&str, Vec<&Case>> = BTreeMap::new();
    old.cases.iter().for_each(|case| known.entry(&case.name).or_default().push(case));
    let same = |case: &Case| known.get(case.name.as_str()).is_some_and(|list| list.iter().any(|it| case.same_as(it)));
    let speaks_of = |case: &Case| {
        let text = normalise(&case.whole_text()).text;
        words.iter().any(|word| text.contains(word))
    };
    new.cases.iter().filter(|case| !same(case) || speaks_of(case)).collect()
}

/// Everything that is neither a rule nor a case.
fn other_files<'a>(files: &'a Files, jurisdiction: &str) -> BTreeMap<&'a String, &'a String> {
    let cases = format!("rules/{jurisdiction}/cases/");
    let other = |path: &str| !is_rules(path) && !path.starts_with(&cases);
    files.iter().filter(|(path, _)| other(path)).collect()
}

fn is_rules(path: &str) -> bool {
    path.ends_with(".rhai") || path.ends_with(".csv") && !path.contains("/cases/")
}

/// Ids of rules that were added, removed or changed.
fn changed(old: &Release, new: &Release) -> BTreeSet<String> {
    let before: BTreeMap<&str, &Rule> = by_id(&old.rules);
    let after: BTreeMap<&str, &Rule> = by_id(&new.rules);
    let mut prints = Prints { old, new, known: BTreeMap::new() };
    let ids: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let same = |id: &str, prints: &mut Prints<'_>| match (before.get(id), after.get(id)) {
        (Some(before), Some(after)) => before.file == after.file && prints.same(&after.file, id),
        _ => false,
    };
    ids.into_iter().filter(|id| !same(id, &mut prints)).map(str::to_owned).collect()
}

fn by_id(rules: &RuleSet) -> BTreeMap<&str, &Rule> {
    rules.rules().iter().map(|rule| (rule.id.as_str(), &**rule)).collect()
}

type ById = BTreeMap<String, Digest>;

struct Prints<'a> {
    old: &'a Release,
    new: &'a Release,
    /// File → what its rules were and are; `None`: the file did not change.
    known: BTreeMap<String, Option<(ById, ById)>>,
}

impl Prints<'_> {
    /// Whether a rule of a file is written as it was.
    fn same(&mut self, file: &str, id: &str) -> bool {
        let (old, new) = (self.old.files.get(file), self.new.files.get(file));
        let prints = self.known.entry(file.to_owned()).or_insert_with(|| match (old, new) {
            (before, after) if before == after => None,
            (Some(before), Some(after)) if file.ends_with(".rhai") => Some((fingerprints(before), fingerprints(after))),
            _ => Some((ById::new(), ById::new())),
        });
        match prints {
            None => true,
            Some((before, after)) => before.get(id).is_some_and(|print| after.get(id) == Some(print)),
        }
    }
}
