//! Cases run on all cores, and what is shown of those that fail: the differences and the votes that made them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::parallel;
use crate::triage::{Case, CaseFailure, Decision, Hit, Release, Remark, Vote, run_case};

/// A case that the files as they stand do not pass.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct FailedCase {
    pub name: String,
    pub file: String,
    pub line: u32,
    pub differences: Vec<String>,
    /// Rules that spoke, for finding the culprit.
    pub fired: Vec<String>,
    /// What was said about the keys that differ.
    pub votes: Vec<CaseVote>,
    /// Why the ticket would have waited for a person, Chinese.
    pub obstacles: Vec<String>,
}

/// One rule's voice in a failed case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CaseVote {
    /// The key of the case that it bears upon: lead, nature, warning …
    pub about: String,
    pub rule: String,
    pub file: String,
    pub line: u32,
    /// What it speaks for: a unit, a nature, a level; empty for remarks.
    pub candidate: String,
    /// Thousandths, negative against.
    pub weight: i32,
    pub veto: bool,
    /// False when a stronger vote of the same group speaks for the same candidate.
    pub counted: bool,
    /// The words that made the rule fire.
    pub words: Vec<String>,
    pub why: String,
}

/// The cases that a release does not pass.
pub fn failed_cases(release: &Release) -> Vec<FailedCase> {
    run_cases(release, &release.cases.iter().collect::<Vec<_>>())
}

/// Runs cases on all cores; the failures in the order of the cases.
pub fn run_cases(release: &Release, cases: &[&Case]) -> Vec<FailedCase> {
    parallel::map(cases, |case| run_case(release, case).1.map(FailedCase::from)).into_iter().flatten().collect()
}

impl From<CaseFailure> for FailedCase {
    fn from(failure: CaseFailure) -> Self {
        let CaseFailure { name, file, line, differences, decision } = failure;
        let mut votes = Vec::new();
        for difference in &differences {
            let about = about(difference.key, &decision);
            let named = |vote: &CaseVote| difference.rules.is_empty() || difference.rules.contains(&vote.rule);
            votes.extend(about.into_iter().filter(named));
        }
        let mut seen = Vec::new();
        votes.retain(|vote| {
            let new = !seen.contains(vote);
            if new {
                seen.push(vote.clone());
            }
            new
        });
        Self {
            name,
            file,
            line,
            differences: differences.into_iter().map(|it| it.message).collect(),
            fired: decision.fired_rules().into_iter().map(str::to_owned).collect(),
            votes,
            obstacles: decision.obstacles.iter().map(|it| it.in_words()).collect(),
        }
    }
}

/// Everything that was said about a key.
fn about(key: &str, decision: &Decision) -> Vec<CaseVote> {
    let axis = |name: &str| decision.axes.get(name).into_iter().flat_map(|ruling| &ruling.votes);
    let votes = |about: &str, votes: &[Vote]| votes.iter().map(|vote| of_vote(about, vote)).collect::<Vec<_>>();
    match key {
        // The category follows the nature where no rule names one.
        "category" => {
            let own = axis("category").map(|vote| of_vote("category", vote));
            own.chain(axis("nature").map(|vote| of_vote("nature", vote))).collect()
        }
        "nature" | "topic" | "urgency" | "impact" | "skill" => axis(key).map(|vote| of_vote(key, vote)).collect(),
        "lead" | "second" | "assists" | "obstacles" => votes("lead", &decision.lead.votes),
        "followers" => decision.side_remarks.iter().map(|it| of_remark("followers", it, "")).collect(),
        "warning" => votes("warning", &decision.warnings),
        "special" => decision.specials.iter().map(|it| of_remark("special", it, "")).collect(),
        "refuse" => refusals(decision),
        "outcome" => [votes("lead", &decision.lead.votes), refusals(decision)].concat(),
        "fires" | "not_fires" => everything(decision),
        _ => Vec::new(),
    }
}

fn refusals(decision: &Decision) -> Vec<CaseVote> {
    let said = decision.refusals.iter().flat_map(|refusal| refusal.said_by.iter().map(move |it| (refusal, it)));
    said.map(|(refusal, it)| of_remark("refuse", it, &refusal.code.to_string())).collect()
}

fn everything(decision: &Decision) -> Vec<CaseVote> {
    let axes = decision.axes.iter().flat_map(|(axis, ruling)| ruling.votes.iter().map(|vote| of_vote(axis, vote)));
    let lead = decision.lead.votes.iter().map(|vote| of_vote("lead", vote));
    let warnings = decision.warnings.iter().map(|vote| of_vote("warning", vote));
    let specials = decision.specials.iter().map(|it| of_remark("special", it, ""));
    let remarks = decision.side_remarks.iter().map(|it| of_remark("followers", it, ""));
    axes.chain(lead).chain(warnings).chain(specials).chain(remarks).chain(refusals(decision)).collect()
}

fn of_vote(about: &str, vote: &Vote) -> CaseVote {
    CaseVote {
        about: about.to_owned(),
        rule: vote.rule.clone(),
        file: vote.file.clone(),
        line: vote.line,
        candidate: vote.candidate.clone(),
        weight: vote.weight,
        veto: vote.veto,
        counted: vote.counted,
        words: words(&vote.hits),
        why: vote.why.clone(),
    }
}

fn of_remark(about: &str, remark: &Remark, candidate: &str) -> CaseVote {
    CaseVote {
        about: about.to_owned(),
        rule: remark.rule.clone(),
        file: remark.file.clone(),
        line: remark.line,
        candidate: candidate.to_owned(),
        weight: 0,
        veto: false,
        counted: true,
        words: words(&remark.hits),
        why: remark.why.clone(),
    }
}

fn words(hits: &[Hit]) -> Vec<String> {
    let mut words: Vec<String> = hits.iter().map(|hit| hit.word.clone()).collect();
    words.sort();
    words.dedup();
    words
}
