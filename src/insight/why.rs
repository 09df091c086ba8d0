//! Why a text was decided as it was: every vote, every runner-up, what stands in the way, who kept silent.

use std::cmp::Reverse;

use serde::Serialize;
use utoipa::ToSchema;

use super::ballot::{Ballot, Question, Remarked};
use super::marked::marked;
use super::reason::{closeness, short};
use super::sight::Sight;
use crate::rules::{AXES, Verb};
use crate::triage::{FailedRule, Hit, Obstacle, Outcome, Special, Warning, so_far};

/// A decision, seen through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Why {
    pub jurisdiction: String,
    /// Content address of the release that decided.
    pub release: String,
    /// Title and text as sent: what the offsets of hits refer to.
    pub text: String,
    /// The same with every word that a rule found in 【】.
    pub marked: String,
    pub outcome: Outcome,
    pub special: Special,
    pub warning: Warning,
    pub assists: Vec<String>,
    pub followers: Vec<String>,
    /// Special matters, proposed refusals, requests for a person, assists without a lead.
    pub remarks: Vec<Remarked>,
    /// The axes in their order.
    pub axes: Vec<Question>,
    pub lead: Question,
    pub warnings: Vec<Ballot>,
    pub thresholds: Thresholds,
    pub obstacles: Vec<InWords>,
    /// Rules that failed: they cast no vote.
    pub failed: Vec<FailedRule>,
    /// Rules that were looked at and say nothing, the closest first.
    pub silent: Vec<SilentRule>,
    /// How many more there are.
    pub more_silent: usize,
}

/// What a lead needs, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightThresholds)]
pub struct Thresholds {
    pub least_weight: i32,
    pub least_margin: i32,
    pub answer_threshold: i32,
}

/// An obstacle with what to say to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightInWords)]
pub struct InWords {
    #[serde(flatten)]
    pub obstacle: Obstacle,
    pub words: String,
}

/// A rule that was a candidate and did not fire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SilentRule {
    pub rule: String,
    pub verb: &'static str,
    pub file: String,
    pub line: u32,
    /// The first reason, in words.
    pub reason: String,
}

/// Silent rules that are shown.
const SHOWN: usize = 20;

/// Sees a decision through.
pub fn why(sight: &Sight<'_>) -> Why {
    let (release, decision) = (sight.release, sight.decision);
    let (mut silent, mut more) = (silent(sight), 0);
    if silent.len() > SHOWN {
        more = silent.len() - SHOWN;
        silent.truncate(SHOWN);
    }
    let axes = AXES.iter().filter_map(|axis| Some(sight.question(axis, decision.axes.get(*axis)?))).collect();
    let in_words = |obstacle: &Obstacle| InWords { obstacle: obstacle.clone(), words: obstacle.in_words() };
    let mut found = Why {
        jurisdiction: decision.jurisdiction.clone(),
        release: release.digest.to_string(),
        text: sight.text.to_owned(),
        marked: String::new(),
        outcome: decision.outcome,
        special: decision.special,
        warning: decision.warning,
        assists: decision.assists.clone(),
        followers: decision.followers.clone(),
        remarks: sight.remarks(),
        axes,
        lead: sight.question("lead", &decision.lead),
        warnings: sight.ballots(&decision.warnings),
        thresholds: Thresholds {
            least_weight: release.least_weight(),
            least_margin: release.least_margin(),
            answer_threshold: release.answer_threshold(),
        },
        obstacles: decision.obstacles.iter().map(in_words).collect(),
        failed: decision.failed_rules.clone(),
        silent,
        more_silent: more,
    };
    found.marked = marked(sight.text, found.hits());
    found
}

impl Why {
    /// The votes of all questions.
    pub fn votes(&self) -> impl Iterator<Item = &Ballot> {
        self.axes.iter().flat_map(|axis| &axis.votes).chain(&self.lead.votes).chain(&self.warnings)
    }

    fn hits(&self) -> impl Iterator<Item = &Hit> {
        let votes = self.votes().flat_map(|ballot| &ballot.vote.hits);
        votes.chain(self.remarks.iter().flat_map(|remarked| &remarked.remark.hits))
    }
}

fn silent(sight: &Sight<'_>) -> Vec<SilentRule> {
    let ask = sight.ask();
    let mut found = Vec::new();
    for verb in Verb::ALL {
        let before = so_far(verb, sight.decision);
        for (rule, silence) in sight.release.rules.silent(verb, &ask, &before) {
            let line = SilentRule {
                rule: rule.id.clone(),
                verb: verb.name(),
                file: rule.file.to_string(),
                line: rule.line,
                reason: short(rule, &silence, &ask, &before),
            };
            found.push((Reverse(closeness(rule, &silence)), line));
        }
    }
    // Stable: of those that are as close the order of phases, then of files.
    found.sort_by_key(|(closeness, _)| *closeness);
    found.into_iter().map(|(_, line)| line).collect()
}
