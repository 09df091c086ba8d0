//! The same rule under two ids: in two groups it counts twice.

use std::collections::HashMap;

use super::Report;
use crate::diagnostic::Code;
use crate::rules::rule::{Rule, Then};

pub(super) fn check(rules: &[&Rule], report: &mut Report<'_>) {
    let mut seen: HashMap<String, &Rule> = HashMap::new();
    for &rule in rules {
        let Then::Fixed(outcome) = &rule.then else { continue };
        // A guard is code: whether two of them agree cannot be told.
        if rule.when.is_some() || !rule.has_words() {
            continue;
        }
        let Rule { verb, any, all, unless, within_sentence, facets, valid, .. } = rule;
        let content = format!("{verb:?}{any:?}{all:?}{unless:?}{within_sentence}{facets:?}{valid:?}{outcome:?}");
        match seen.get(content.as_str()) {
            None => _ = seen.insert(content, rule),
            Some(first) => {
                let effect = if first.group == rule.group {
                    "多写一遍没有作用"
                } else {
                    "分在两组，会算成两票"
                };
                let message = format!("和 {}（{}:{}）的条件、结果完全一样，{effect}", first.id, first.file, first.line);
                report.say(rule, Code::SameRuleTwice, &[], &message, "删去其中一条");
            }
        }
    }
}
