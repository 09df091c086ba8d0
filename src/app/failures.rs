//! Counts failures of rules: one that overran, or that failed 20 times in 10 minutes, leaves service.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::triage::{FailedRule, Release, Snapshot};

const WINDOW: TimeDelta = TimeDelta::minutes(10);
const MOST: usize = 20;

/// Recent failures. As large as there are failing rules.
#[derive(Default)]
pub(super) struct Failures(Mutex<HashMap<RuleOf, VecDeque<DateTime<Utc>>>>);

/// Digest of a release, and a rule of it.
type RuleOf = (String, String);

impl Failures {
    /// Notes failures of one decision; the rules that have to leave service.
    pub(super) fn note<'a>(&self, release: &str, failed: &'a [FailedRule], now: DateTime<Utc>) -> Vec<&'a str> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let leaves = |rule: &&FailedRule| {
            let recent = counts.entry((release.to_owned(), rule.rule.clone())).or_default();
            recent.push_back(now);
            while recent.front().is_some_and(|&at| now - at > WINDOW) {
                recent.pop_front();
            }
            rule.overrun || recent.len() >= MOST
        };
        let leaving: Vec<&str> = failed.iter().filter(leaves).map(|rule| rule.rule.as_str()).collect();
        counts.retain(|_, recent| recent.back().is_some_and(|&at| now - at <= WINDOW));
        leaving
    }
}

/// The same world with rules out of service; `None` when they are out already or the release is another one by now.
pub(super) fn without(snapshot: &Snapshot, jurisdiction: &str, digest: &str, rules: &[&str]) -> Option<Snapshot> {
    let release = snapshot.releases.get(jurisdiction)?.as_ref()?;
    let still: Vec<&&str> = rules.iter().filter(|rule| !release.suspended.contains(**rule)).collect();
    if still.is_empty() || release.digest.as_str() != digest {
        return None;
    }
    let mut next = Release::without_rule(release, still[0]);
    for rule in &still[1..] {
        next = next.without_rule(rule);
    }
    let mut releases = snapshot.releases.clone();
    releases.insert(jurisdiction.to_owned(), Some(Arc::new(next)));
    Some(Snapshot { releases, ..snapshot.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(overrun: bool) -> [FailedRule; 1] {
        [FailedRule { rule: "a.one".into(), overrun, timed_out: false, message: String::new() }]
    }

    fn at(s: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(s)
    }

    #[test]
    fn an_overrun_leaves_at_once_and_an_error_after_twenty() {
        let failures = Failures::default();
        assert_eq!(failures.note("r", &failed(true), at(0)), ["a.one"]);
        let failures = Failures::default();
        let noted = (1..=20).map(|s| failures.note("r", &failed(false), at(s)).len()).collect::<Vec<_>>();
        assert_eq!((noted[18], noted[19]), (0, 1));
    }

    #[test]
    fn old_failures_do_not_count() {
        let failures = Failures::default();
        let leaves = |s: i64| !failures.note("r", &failed(false), at(s)).is_empty();
        assert!((0..100).all(|n| !leaves(n * 60)));
    }
}
