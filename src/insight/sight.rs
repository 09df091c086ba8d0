//! A decision with the release that made it, so that its rules can be asked again.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::calendar::local_date;
use crate::rules::Ask;
use crate::triage::{Decision, Facts, Release};

/// What is looked at.
pub struct Sight<'a> {
    pub release: &'a Release,
    pub decision: &'a Decision,
    /// Title and text as they were sent: what the offsets of hits refer to.
    pub text: &'a str,
    facts: Arc<Facts>,
}

impl<'a> Sight<'a> {
    pub fn new(release: &'a Release, decision: &'a Decision, text: &'a str) -> Self {
        Self { release, decision, text, facts: Arc::new(decision.facts.clone()) }
    }

    /// The text looked over as it was for the decision.
    pub(super) fn ask(&self) -> Ask<'_> {
        let rules = &self.release.rules;
        let ask = rules.look(&self.facts, local_date(self.decision.decided_at), &self.suspended());
        rules.but_for(ask, &self.decision.made_with.timed_out)
    }

    /// Rules that were out of service, or are now.
    pub(super) fn suspended(&self) -> BTreeSet<String> {
        self.decision.made_with.suspended.iter().chain(&self.release.suspended).cloned().collect()
    }

    /// The source of a rule file.
    pub(super) fn source(&self, file: &str) -> &'a str {
        self.release.files.get(file).map_or("", String::as_str)
    }
}
