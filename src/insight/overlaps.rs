//! Rules that get in each other's way: two that speak for different candidates on the same words, one that never counts
//! beside another. Each with a text that shows it, decided by the rules themselves; a real text where there is one.
//!
//! Only `classify` and `route` rules compete. Pairs are found by the words they share, not by trying all.

mod pairs;
mod shadow;
mod synthetic;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rayon::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use self::pairs::Pair;
use crate::rules::{Rule, Verb};
use crate::ticket::Request;
use crate::triage::{Decision, History, Outcome, Probe, Release, Ruling, Snapshot, Vote, triage};

/// How two rules get in each other's way, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = InsightTrouble)]
pub enum Trouble {
    /// Different candidates, and neither is ahead by the margin: a person has to decide.
    Tie,
    /// The weaker fires only where the stronger fires, for the same candidate in the same group: it never counts.
    Shadowed,
    /// Different candidates; the stronger wins.
    Conflict,
    /// Same candidate and same group: one of them does not count.
    Redundant,
}

/// One pair, the stronger rule first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overlap {
    pub trouble: Trouble,
    /// `lead`, or an axis.
    pub question: String,
    pub first: Voter,
    pub second: Voter,
    /// Real texts on which both fire.
    pub texts: usize,
    pub witness: Witness,
}

/// A rule of a pair, and what it says of the witness.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightVoter)]
pub struct Voter {
    pub rule: String,
    pub file: String,
    pub line: u32,
    pub candidate: String,
    pub weight: i32,
}

/// A text on which both rules fire: decided, not guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = InsightWitness)]
pub struct Witness {
    /// Where it comes from; empty: made up of words of both rules.
    pub source: String,
    pub text: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub channel: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub requester: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub section: String,
    pub outcome: Outcome,
    /// What the question came to with all rules; empty: undecided.
    pub value: String,
}

/// All that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Overlaps {
    /// The worst first.
    pub overlaps: Vec<Overlap>,
    /// Pairs for which a text was made up and decided.
    pub tried: usize,
    /// Pairs for which no text makes both fire: their exceptions or functions keep them apart.
    pub apart: usize,
    /// Pairs that share words and were not tried: there are too many.
    pub left_out: u64,
}

/// A real text: where it comes from, what was sent, what it was decided.
pub struct Known {
    pub source: String,
    pub request: Request,
    pub decision: Decision,
}

/// Looks for pairs. `known` are real texts under this release. Runs on the threads of the caller's rayon pool.
pub fn overlaps(release: &Arc<Release>, known: &[Known], now: DateTime<Utc>) -> Overlaps {
    let seen = on_real_texts(release, known);
    let found = pairs::find(release, |pair| seen.contains_key(pair));
    let releases = [(release.jurisdiction.clone(), Some(release.clone()))].into();
    let snapshot = Snapshot { releases, ..Snapshot::default() };
    let made: Vec<Option<Overlap>> =
        found.pairs.par_iter().map(|pair| synthetic::witness(&snapshot, release, pair, now)).collect();
    let tried = made.len();
    let mut overlaps: Vec<Overlap> = made.into_iter().flatten().collect();
    let apart = tried - overlaps.len();
    overlaps.extend(seen.into_values());
    overlaps.sort_by(|a, b| (a.rank(), &a.first.rule, &a.second.rule).cmp(&(b.rank(), &b.first.rule, &b.second.rule)));
    Overlaps { overlaps, tried, apart, left_out: found.left_out }
}

/// Pairs that fire on the same real texts; the first text is the witness.
fn on_real_texts(release: &Release, known: &[Known]) -> HashMap<Pair, Overlap> {
    let places: HashMap<&str, u32> =
        release.rules.rules().iter().zip(0..).map(|(rule, at)| (rule.id.as_str(), at)).collect();
    let mut found: HashMap<Pair, Overlap> = HashMap::new();
    for it in known {
        for (question, ruling) in questions(&it.decision) {
            for (at, one) in ruling.votes.iter().enumerate() {
                for other in &ruling.votes[at + 1..] {
                    let (Some(&a), Some(&b)) = (places.get(&*one.rule), places.get(&*other.rule)) else { continue };
                    let pair = Pair::of(a, b);
                    if let Some(overlap) = found.get_mut(&pair) {
                        overlap.texts += 1;
                        // A text that stays undecided shows more.
                        if ruling.value.is_empty() && !overlap.witness.value.is_empty() {
                            overlap.witness = it.witness(ruling);
                        }
                        continue;
                    }
                    let judged = judged(release, question, one, other);
                    found.extend(judged.map(|judged| (pair, judged.overlap(question, 1, it.witness(ruling)))));
                }
            }
        }
    }
    found
}

fn questions(decision: &Decision) -> impl Iterator<Item = (&str, &Ruling)> {
    decision.axes.iter().map(|(axis, ruling)| (axis.as_str(), ruling)).chain([("lead", &decision.lead)])
}

/// What two votes make of each other.
struct Judged {
    trouble: Trouble,
    first: Voter,
    second: Voter,
}

/// `None`: they get along.
fn judged(release: &Release, question: &str, one: &Vote, other: &Vote) -> Option<Judged> {
    let (first, second) = if one.weight >= other.weight { (one, other) } else { (other, one) };
    if second.veto || first.veto || second.weight <= 0 {
        return None;
    }
    let rule = |vote: &Vote| release.rules.find(&vote.rule);
    let (stronger, weaker) = (rule(first)?, rule(second)?);
    let margin = if question == "lead" { release.least_margin().max(1) } else { 1 };
    let trouble = if first.candidate != second.candidate {
        if first.weight - second.weight < margin { Trouble::Tie } else { Trouble::Conflict }
    } else if stronger.group != weaker.group {
        return None;
    } else if shadow::covers(stronger, weaker) {
        Trouble::Shadowed
    } else {
        Trouble::Redundant
    };
    Some(Judged { trouble, first: voter(stronger, first), second: voter(weaker, second) })
}

impl Judged {
    fn overlap(self, question: &str, texts: usize, witness: Witness) -> Overlap {
        let Self { trouble, first, second } = self;
        Overlap { trouble, question: question.to_owned(), first, second, texts, witness }
    }
}

fn voter(rule: &Rule, vote: &Vote) -> Voter {
    Voter {
        rule: rule.id.clone(),
        file: rule.file.to_string(),
        line: rule.line,
        candidate: vote.candidate.clone(),
        weight: vote.weight,
    }
}

impl Overlap {
    /// The worst first: what a person had to decide, on many texts, between strong votes.
    fn rank(&self) -> (Trouble, bool, Reverse<usize>, Reverse<i32>) {
        (self.trouble, !self.witness.value.is_empty(), Reverse(self.texts), Reverse(self.second.weight))
    }
}

impl Known {
    fn witness(&self, ruling: &Ruling) -> Witness {
        witness(&self.source, &self.request, &self.decision, ruling)
    }
}

fn witness(source: &str, request: &Request, decision: &Decision, ruling: &Ruling) -> Witness {
    Witness {
        source: source.to_owned(),
        text: request.whole_text(),
        channel: request.channel.clone(),
        requester: request.requester.kind.clone(),
        section: request.section.clone(),
        outcome: decision.outcome,
        value: ruling.value.clone(),
    }
}

fn decided(snapshot: &Snapshot, request: &Request, now: DateTime<Utc>) -> Decision {
    triage(snapshot, request, &History::default(), now, Probe::Off).0
}

/// Whether rules of this verb compete for one answer.
fn competes(verb: Verb) -> bool {
    matches!(verb, Verb::Classify | Verb::Route)
}
